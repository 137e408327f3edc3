"""What is pointed out on a figure: marked steps, and the phases of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.path import Path

from lrplot.render.figure.names import mixed
from lrplot.render.figure.scales import in_words
from lrplot.render.figure.sheet import Box, crosses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from lrplot.plan import Plan
    from lrplot.render.figure.panels import Panel
    from lrplot.render.figure.sheet import Sheet
    from lrplot.render.figure.view import View

__all__ = [
    "LEADING",
    "StepName",
    "Stretch",
    "point_out",
    "rows_of",
    "shade",
    "step_names",
    "stretches",
]

LEADING = 12.0  # points of a row of names along the top
_SIZE = 8.5
_MOST_ROWS = 3
_DOT = 5.0
_NEAR = 20.0  # points above or below a dot, beyond which a line leads from it to its rate
_BESIDE = ((6, 5), (-6, 5), (6, -5), (-6, -5), (0, 9), (0, -9))
_AROUND = (*_BESIDE, *((x, y) for up in range(16, 72, 11) for y in (up, -up) for x in (6, -6)))


# -- marks ----------------------------------------------------------------------------------------


class StepName(NamedTuple):
    """The name of a marked step: where the step is, where the name begins, and its row."""

    text: str
    x: float
    left: float
    row: int


def step_names(sheet: Sheet, panel: Panel, view: View, width: float) -> list[StepName]:
    """Return the names of the marked steps, in rows from the top in which none meets another.

    The line to a step reaches up to its name. A name is in a row above which no line goes on, and
    so none goes through it.
    """
    steps = {(mark.x, mark.step) for line in panel.lines for mark in line.marks}
    until: list[float] = []
    found = []
    for x, said in sorted(steps):
        wide = sheet.measure(said, _SIZE)
        at = (x - view.low) / (view.high - view.low) * width
        left = at + 3 if at + 3 + wide <= width else at - 3 - wide
        clear = min(at, left)
        row = next(row for row in range(len(until) + 1) if all(u <= clear for u in until[row:]))
        until = [*until[:row], left + wide + 3]
        found.append(StepName(said, x, left, row))
    return found


def point_out(sheet: Sheet, axes: Axes, panel: Panel, box: Box, names: Sequence[StepName]) -> None:
    """Put a dot, and the rate beside it, wherever a line is marked, and name the steps on top.

    The box is what of the axes' own is left below other names.
    """
    low, high = axes.get_ylim()
    marked = [(line, mark) for line in panel.lines for mark in line.marks if low <= mark.y <= high]
    marked.sort(key=lambda each: -each[1].x)  # rates go to the right: the last has its place first
    dots = [_dot(sheet, axes, mark.x, mark.y) for _, mark in marked]
    pointer = _Pointer(sheet, axes, box, sheet.paths(axes), [])
    for name in names:
        here = [dot for dot, (_, mark) in zip(dots, marked, strict=True) if mark.x == name.x]
        pointer.name(name, here)
    for number, (dot, (line, mark)) in enumerate(zip(dots, marked, strict=True)):
        axes.plot([mark.x], [mark.y], "o", ms=_DOT * sheet.unit, color=line.pen.colour, zorder=4)
        said = f"{mark.y:.4g}%" if panel.percent else in_words(float(f"{mark.y:.6g}"))
        others = [*dots[:number], *dots[number + 1 :]]
        pointer.say(dot, said, mixed(line.pen.colour, sheet.style.ink), others)


def _dot(sheet: Sheet, axes: Axes, x: float, y: float) -> Box:
    """Return the place of a dot on the sheet."""
    across, up = axes.transData.transform((x, y)) * 72 / float(sheet.figure.dpi)
    size = _DOT * sheet.unit
    return Box(float(across) - size / 2, float(up) - size / 2, size, size)


def _placed(
    middle: tuple[float, float], right: float, up: float, width: float, height: float
) -> Box:
    """Return the place of a text so far from a dot: to its right or left, or above or below it."""
    x, y = middle
    aside = width * (0.5 if not right else right < 0)
    return Box(x + right - aside, y + up - height * (up < 0), width, height)


class _Pointer(NamedTuple):
    """A panel on which something is pointed out, and what is in the way there."""

    sheet: Sheet
    axes: Axes
    box: Box
    paths: list[Path]
    taken: list[Box]

    def name(self, name: StepName, dots: Sequence[Box]) -> None:
        """Write a step's name, and lead from the lowest dot at it up to there."""
        if not dots:
            return
        sheet, box, unit = self.sheet, self.box, self.sheet.unit
        y = box.y + box.height - (name.row + 0.85) * LEADING * unit
        place = Box(box.x + name.left, y, sheet.measure(name.text, _SIZE), _SIZE * unit)
        sheet.write(place.x, place.y, name.text, _SIZE, color=sheet.style.muted)
        self.taken.append(place.grown(0, 2 * unit))
        lowest = min(dots, key=lambda dot: dot.y).middle
        self._lead(lowest, place.y + place.height, color=sheet.style.muted, ls=(0, (1, 2)))

    def say(self, dot: Box, text: str, colour: str, others: Sequence[Box]) -> None:
        """Write a rate near its dot where nothing else is, or else where it meets the least.

        Far from its dot, a line leads to it. Beside another dot it would be taken for that one's.
        """
        sheet, unit = self.sheet, self.sheet.unit
        width, height = sheet.measure(text, _SIZE), _SIZE * unit
        taken = [*self.taken, *(other.grown(2 * unit, 8 * unit) for other in others)]

        def trouble(place: Box) -> int:
            meets = sum(
                each.meets(other) for each in (place, self._way(dot, place)) for other in taken
            )
            outside = not place.within(self.box)
            return 4 * outside + 2 * meets + crosses(place, self.paths)

        around = ((right * unit, up * unit) for right, up in _AROUND)
        places = [_placed(dot.middle, right, up, width, height) for right, up in around]
        best = min(places, key=trouble)
        self.taken.append(best.grown(0, unit))
        sheet.write(best.x, best.y + 0.15 * height, text, _SIZE, color=colour, zorder=6)
        way = self._way(dot, best)
        if way.height > _NEAR * unit:
            x, y = dot.middle
            self._lead((x, y), best.middle[1], color=colour)

    @staticmethod
    def _way(dot: Box, place: Box) -> Box:
        """Return the upright way from a dot to the height of a place."""
        (x, y), (_, to) = dot.middle, place.middle
        return Box(x - 0.5, min(y, to), 1, abs(to - y))

    def _lead(self, start: tuple[float, float], to: float, **pen: Any) -> None:
        """Draw a thin upright line."""
        (x, y), inches = start, self.sheet.figure.dpi_scale_trans
        self.axes.plot([x / 72] * 2, [y / 72, to / 72], lw=0.8, zorder=1, transform=inches, **pen)
        self.paths.append(Path([(x, y), (x, to)]))


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
    """Return how many rows the phases' names take."""
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
            y = box.y + box.height - (stretch.row + 0.85) * LEADING * sheet.unit
            sheet.write(x, y, stretch.name, _SIZE, color=sheet.style.muted)
