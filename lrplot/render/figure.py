"""Figures, through matplotlib's Figure: no pyplot, no global state."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

from lrplot._lazy import np
from lrplot.errors import InputError
from lrplot.sampling import polyline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from lrplot.plan import Plan

__all__ = ["COLOURS", "EXTENSIONS", "draw", "draw_line", "new_axes", "save"]

EXTENSIONS = (".png", ".svg", ".pdf")

# Okabe and Ito's colours without the yellow, which is too light on white; told apart by people
# with any of the common colour-blindnesses. Dashes tell further curves from the first seven.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_DASHES = ("-", "--", ":", "-.")
_INK, _GRID = "#222222", "#DDDDDD"

# The same figure is the same to the byte: no random ids, no text turned into paths.
_STYLE: Any = {
    "svg.hashsalt": "lrplot",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "font.size": 10.0,
    "axes.edgecolor": _INK,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_ALWAYS_WRITTEN = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def new_axes(size: tuple[float, float] = (7.2, 4.2), dpi: int = 150) -> Axes:
    """Return the axes of a new figure of this size in inches."""
    return Figure(figsize=size, dpi=dpi, layout="constrained").add_subplot()


def draw_line(axes: Axes, plan: Plan, **line: Any) -> None:
    """Draw one curve on axes, evaluated where their pixels need it."""
    x, y = polyline(plan, columns=max(100, int(axes.get_window_extent().width)))
    axes.plot(x, y, **{"label": _no_formula(plan.name), "solid_joinstyle": "round", **line})


def _no_formula(text: str) -> str:
    """Return a name as matplotlib takes it: no formula between dollars, no half characters."""
    return text.replace("$", r"\$").encode(errors="replace").decode()


def draw(  # noqa: PLR0913  a figure's looks are its options
    plans: Sequence[Plan],
    *,
    title: str,
    size: tuple[float, float] = (7.2, 4.2),
    dpi: int = 150,
    log: bool = False,
    param: str = "lr",
) -> Figure:
    """Return a figure of all the curves, with a legend where there are several."""
    with mpl.rc_context(_STYLE):
        axes = new_axes(size, dpi)
        for number, plan in enumerate(plans):
            dash = _DASHES[number // len(COLOURS) % len(_DASHES)]
            draw_line(axes, plan, color=COLOURS[number % len(COLOURS)], linestyle=dash, lw=1.8)
        _dress(axes, max(plan.max_iters for plan in plans), log=log)
        axes.set_xlabel("epoch" if all(plan.in_epochs for plan in plans) else "iteration")
        axes.set_title(_no_formula(title), loc="left", fontweight="bold", wrap=True)
        axes.set_ylabel("learning rate" if param == "lr" else param)
        if len(plans) > 1:
            _legend(axes, len(plans))
        figure = axes.get_figure()
    assert isinstance(figure, Figure)  # noqa: S101  new_axes made it
    return figure


def _dress(axes: Axes, end: int, *, log: bool) -> None:
    axes.set_xlim(0, end)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(visible=True, axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    if log and not any(np.any(np.asarray(line.get_ydata()) > 0) for line in axes.lines):
        raise InputError("no rate is above 0: a logarithmic axis has no place for them")
    if log:
        axes.set_yscale("log", nonpositive="mask")
    else:
        axes.yaxis.set_major_formatter(FuncFormatter(_rate))
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def _rate(value: float, _position: int | None) -> str:
    """Write a tick as people write a rate: 0.02, 5e-5."""
    if value == 0 or abs(value) >= 1e-3:  # noqa: PLR2004  as %g switches, but earlier
        return f"{value:.6g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def _legend(axes: Axes, count: int) -> None:
    """Put the legend inside where it is small, beside the axes where it is long."""
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    names = [str(line.get_label()) for line in axes.lines]
    few = count <= 8  # noqa: PLR2004  more entries would cover the curves
    axes.legend(axes.lines, names, frameon=False, **({} if few else place))


def save(figure: Figure, path: Path) -> None:
    """Write the figure whole or not at all, in the format the extension names."""
    from lrplot.files import written_whole

    kind = path.suffix.lower().lstrip(".")
    with mpl.rc_context(_STYLE), written_whole(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the box in its place says it
        figure.savefig(temporary, format=kind, metadata=_ALWAYS_WRITTEN[kind])
