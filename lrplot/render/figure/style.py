"""How figures are dressed: the house's three styles, and matplotlib's own by their names."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl

from lrplot.errors import ParameterError, suggest
from lrplot.render.palette import COLOURS, DARK, DASHES, Pen

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HOUSE", "Style", "applied", "style_of"]

_LINES = tuple((0, dash) if dash else "-" for dash in DASHES)
_PAPER = (COLOURS[-1], *COLOURS[:-1])

# The same figure is the same to the byte: no random ids, no text turned into paths, and nothing
# that the folder or its owner has set up for matplotlib.
_ALWAYS: dict[str, Any] = {
    "svg.hashsalt": "lrplot",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "text.usetex": False,
    "figure.constrained_layout.use": False,
    "figure.autolayout": False,
    "savefig.bbox": None,
    "savefig.dpi": "figure",
}


class Style(NamedTuple):
    """The colours and lines of a figure, and what matplotlib is set to."""

    rc: dict[str, Any]
    ink: str
    muted: str
    grid: str | None  # None where matplotlib's style draws its own grid and spines
    ground: str
    colours: tuple[str, ...]
    dashes: tuple[Any, ...]
    every: int  # lines after which the dash changes
    width: float
    spine: bool = False

    def pen(self, number: int) -> Pen:
        """Return the colour and the dash of a line, counted from 0."""
        dash = self.dashes[number // self.every % len(self.dashes)]
        return Pen(self.colours[number % len(self.colours)], dash)


def _house(ground: str, ink: str, muted: str, *, serif: bool = False, **more: Any) -> Style:
    family, generic = ("DejaVu Serif", "serif") if serif else ("DejaVu Sans", "sans-serif")
    rc = {
        **dict.fromkeys(("text.color", "axes.labelcolor"), ink),
        **dict.fromkeys(("xtick.color", "ytick.color"), muted),
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), ground),
        "axes.edgecolor": muted,
        "axes.linewidth": 0.8,
        "font.family": [family, generic],  # a viewer of an SVG may lack the one, not the other
        f"font.{generic}": [family],
    }
    return Style(rc=rc, ground=ground, ink=ink, muted=muted, **more)


_SCREEN: dict[str, Any] = {
    "dashes": _LINES,
    "every": len(COLOURS),
    "width": 1.8,
}
HOUSE = {
    "light": _house(
        ground="#FFFFFF", ink="#1F2328", muted="#59636E", grid="#E4E7EB", colours=COLOURS, **_SCREEN
    ),
    "dark": _house(
        ground="#0D1117", ink="#E6EDF3", muted="#9AA4AF", grid="#262C36", colours=DARK, **_SCREEN
    ),
    "paper": _house(
        serif=True,
        ground="#FFFFFF",
        ink="#000000",
        muted="#000000",
        grid="#EEEEEE",
        colours=_PAPER,
        dashes=_LINES,  # changes with the colour: it may be printed grey
        every=1,
        width=1.2,
        spine=True,
    ),
}


def style_of(name: str) -> Style:
    """Return the style of this name. Raises ParameterError, with what it may mean, if none."""
    if name in HOUSE:
        return HOUSE[name]
    from matplotlib import style

    if name not in style.library:
        hint = suggest(name, [*HOUSE, *style.library]) or "light, dark, paper, ggplot, bmh, ..."
        raise ParameterError("style", f"'{name}' is no style", hint)
    library: Any = style.library
    return _theirs(dict(library[name]))


def _theirs(rc: dict[str, Any]) -> Style:
    """Return a style of matplotlib, in which the house only writes and draws."""
    with _reset(rc):
        found: Any = mpl.rcParams
        cycle = found["axes.prop_cycle"].by_key()
        family = [*_listed(found["font.family"]), "DejaVu Sans"]
        return Style(
            rc={**rc, "font.family": family},
            ink=str(found["text.color"]),
            muted=str(found["xtick.color"]),
            grid=None,
            ground=str(found["figure.facecolor"]),
            colours=tuple(cycle.get("color", COLOURS)),
            dashes=_LINES,
            every=len(cycle.get("color", COLOURS)),
            width=float(found["lines.linewidth"]),
        )


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@contextmanager
def applied(style: Style) -> Iterator[None]:
    """Draw or write in a style, and leave matplotlib as it was."""
    with _reset({**style.rc, **_ALWAYS}), _quiet():
        yield


@contextmanager
def _reset(rc: dict[str, Any]) -> Iterator[None]:
    """Set matplotlib as it is delivered, and this: no one's own settings play a part."""
    with mpl.rc_context():
        plain = dict.items(mpl.rcParamsDefault)  # as they stand: to ask for each may warn
        settings: Any = mpl.rcParams
        dict.update(settings, {key: value for key, value in plain if "backend" not in key})
        settings.update({key: value for key, value in rc.items() if "backend" not in key})
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Have no complaints of fonts and characters that are not there: a note says which."""
    log = logging.getLogger("matplotlib.font_manager")
    before = log.level
    log.setLevel(logging.ERROR + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")
            yield
    finally:
        log.setLevel(before)
