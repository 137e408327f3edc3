"""Figures, through matplotlib's Figure: no pyplot, no global state.

plans, look -> view (what of the run) -> panels (values) -> compose (a Figure) -> bytes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.render.figure.panels import panels_of
from lrplot.render.figure.save import encode
from lrplot.render.figure.view import view_of
from lrplot.render.figure.words import described, heading, remarks
from lrplot.render.look import Look
from lrplot.sampling import polyline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lrplot.plan import Plan
    from lrplot.render.figure.style import Style

__all__ = ["Drawing", "draw", "draw_line", "drawing", "new_axes", "render"]

_FEWEST_COLUMNS = 100


class Drawing(NamedTuple):
    """A figure, and what goes with it into a file."""

    figure: Figure
    style: Style
    title: str
    alt: str
    notes: tuple[str, ...]

    def encoded(self, kind: str, command: str = "") -> bytes:
        """Return the bytes of a "png", "svg" or "pdf"; command is what made it."""
        from lrplot.render.figure.style import applied

        with applied(self.style):
            return encode(self.figure, kind, self.title, self.alt, command)


def drawing(plans: Sequence[Plan], look: Look) -> Drawing:
    """Draw the plans' curves into a new figure.

    Raises ParameterError, with the option as its key, where the look does not fit the plans, and
    InputError where there is nothing to draw.
    """
    from lrplot.render.figure.compose import Composer
    from lrplot.render.figure.sheet import new_sheet
    from lrplot.render.figure.style import applied, style_of

    style = style_of(look.style)
    view = view_of(plans, look)
    title, alt = heading(plans, look), described(plans, look)
    with applied(style):
        columns = max(_FEWEST_COLUMNS, int(look.inches[0] * look.resolution))
        pens = [style.pen(number) for number in range(len(plans))]
        panels = panels_of(plans, look, view, pens, columns)
        written = [title, *(line.name for panel in panels for line in panel.lines)]
        sheet = new_sheet(look, style, written)
        Composer(sheet, plans, panels, view, look).compose(title)
        return Drawing(sheet.figure, style, title, alt, remarks(sheet.figure, plans, look))


def draw(plans: Sequence[Plan], look: Look | None = None) -> Figure:
    """Return a figure of the plans' curves; see `drawing` for what is refused."""
    return drawing(plans, look or Look()).figure


def render(plans: Sequence[Plan], look: Look, kind: str, command: str = "") -> bytes:
    """Return a figure's bytes: a "png", "svg" or "pdf", which holds the command that made it."""
    return drawing(plans, look).encoded(kind, command)


def new_axes(size: tuple[float, float] = (7.2, 4.2), dpi: int = 150) -> Axes:
    """Return the axes of a new figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, dpi=dpi, layout="constrained").add_subplot()


def draw_line(axes: Axes, plan: Plan, **line: Any) -> None:
    """Draw one curve on anyone's axes, evaluated where their pixels need it."""
    x, y = polyline(plan, columns=max(_FEWEST_COLUMNS, int(axes.get_window_extent().width)))
    axes.plot(x, y, **{"label": _no_formula(plan.name), "solid_joinstyle": "round", **line})


def _no_formula(text: str) -> str:
    """Return a name as matplotlib takes it: no formula between dollars, no half characters."""
    return text.replace("$", r"\$").encode(errors="replace").decode()
