"""What is pointed out on a figure: marked steps, and the phases of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot.render.figure.names import mixed
from lrplot.render.figure.scales import in_words
from lrplot.render.figure.sheet import Box, crosses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.path import Path

    from lrplot.plan import Plan
    from lrplot.render.figure.panels import Mark, Panel
    from lrplot.render.figure.sheet import Sheet
    from lrplot.render.figure.view import View

__all__ = ["PHASE_LEADING", "Stretch", "point_out", "rows_of", "shade", "stretches"]

PHASE_LEADING = 12.0
_SIZE = 8.5
_MOST_ROWS = 3
_AROUND = (
    (6, 5),
    (-6, 5),
    (6, -5),
    (-6, -5),
    (0, 9),
    (0, -9),
    (6, 16),
    (-6, 16),
    (6, -16),
    (-6, -16),
)


# -- marks ----------------------------------------------------------------------------------------


def point_out(sheet: Sheet, axes: Axes, panel: Panel, box: Box, top: float) -> None:
    """Put a dot, and the rate beside it, wherever a line is marked, and name the steps on top."""
    paths, taken = sheet.paths(axes), _name_steps(sheet, axes, panel, box, top)
    for line in panel.lines:
        colour = mixed(line.pen.colour, sheet.style.ink)
        for mark in line.marks:
            if not axes.get_ylim()[0] <= mark.y <= axes.get_ylim()[1]:
                continue
            axes.plot([mark.x], [mark.y], "o", ms=5 * sheet.unit, color=line.pen.colour, zorder=4)
            said = f"{mark.y:.4g}%" if panel.percent else in_words(float(f"{mark.y:.6g}"))
            taken.append(_beside(sheet, axes, mark, said, colour, box, paths, taken))


def _name_steps(sheet: Sheet, axes: Axes, panel: Panel, box: Box, top: float) -> list[Box]:
    """Draw a thin line at each marked step, with its name at the top."""
    steps = dict.fromkeys((mark.x, mark.step) for line in panel.lines for mark in line.marks)
    taken: list[Box] = []
    for x, said in steps:
        axes.axvline(x, color=sheet.style.muted, lw=0.8, ls=(0, (1, 2)), zorder=1)
        width, height = sheet.measure(said, _SIZE), _SIZE * sheet.unit
        left, right = axes.get_xlim()
        at = box.x + (x - left) / (right - left) * box.width
        start = at + 3 if at + 3 + width <= box.x + box.width else at - 3 - width
        place = Box(start, box.y + box.height - top - height - 1, width, height)
        while any(place.meets(other) for other in taken):
            place = place._replace(y=place.y - 1.3 * height)
        sheet.write(place.x, place.y, said, _SIZE, color=sheet.style.muted)
        taken.append(place)
    return taken


def _beside(  # noqa: PLR0913, PLR0917  all that a free place depends on
    sheet: Sheet,
    axes: Axes,
    mark: Mark,
    said: str,
    colour: str,
    box: Box,
    paths: Sequence[Path],
    taken: Sequence[Box],
) -> Box:
    """Write a rate near its point where nothing else is, or else where it meets the least."""
    x, y = axes.transData.transform((mark.x, mark.y)) * 72 / float(sheet.figure.dpi)
    width, height = sheet.measure(said, _SIZE), _SIZE * sheet.unit
    places = [
        Box(
            x + right - width * (0.5 if not right else right < 0),
            y + up - height * (up < 0),
            width,
            height,
        )
        for right, up in ((a * sheet.unit, b * sheet.unit) for a, b in _AROUND)
    ]

    def trouble(place: Box) -> int:
        meets = sum(place.meets(other) for other in taken)
        return 4 * (not place.within(box)) + 2 * meets + crosses(place, paths)

    best = min(places, key=trouble)
    sheet.write(best.x, best.y + 0.15 * height, said, _SIZE, color=colour, zorder=6)
    return best


# -- phases ---------------------------------------------------------------------------------------


class Stretch(NamedTuple):
    """A phase of the run where it is drawn: its name, its ends in the axis's unit, its row."""

    name: str
    start: float
    end: float
    row: int


def stretches(sheet: Sheet, plan: Plan, view: View, room: float) -> list[Stretch]:
    """Return the phases in view; each name in the first row where it is clear of those before."""
    span = view.spans[0]
    scale = room / (view.high - view.low)
    until = [0.0] * _MOST_ROWS
    found = []
    for phase in plan.phases:
        start, end = max(phase.start * span.x, view.low), min(phase.end * span.x, view.high)
        if start >= end:
            continue
        width = sheet.measure(phase.name, _SIZE) + 8 * sheet.unit
        left = min((start - view.low) * scale, room - width)
        row = next((row for row, taken in enumerate(until) if left >= taken), -1)
        if row >= 0 and left >= 0:
            until[row] = left + width
        found.append(Stretch(phase.name if left >= 0 and row >= 0 else "", start, end, max(row, 0)))
    return found


def rows_of(found: Sequence[Stretch]) -> int:
    """Return how many rows the names take."""
    return max((stretch.row + 1 for stretch in found if stretch.name), default=0)


def shade(sheet: Sheet, axes: Axes, found: Sequence[Stretch], box: Box, *, named: bool) -> None:
    """Shade every other phase, and write their names along the top."""
    low, high = axes.get_xlim()
    for number, stretch in enumerate(found):
        if number % 2 == 0 and len(found) > 1:
            axes.axvspan(
                stretch.start, stretch.end, color=sheet.style.ink, alpha=0.05, lw=0, zorder=0
            )
        if named and stretch.name:
            width = sheet.measure(stretch.name, _SIZE)
            x = box.x + (stretch.start - low) / (high - low) * box.width + 4 * sheet.unit
            x = min(x, box.x + box.width - width - 4 * sheet.unit)
            y = box.y + box.height - (stretch.row + 0.85) * PHASE_LEADING * sheet.unit
            sheet.write(x, y, stretch.name, _SIZE, color=sheet.style.muted)
