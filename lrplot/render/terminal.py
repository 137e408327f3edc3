"""Curves in a terminal: in braille dots, or in letters where a terminal has no braille."""

from __future__ import annotations

from itertools import groupby
from math import isnan
from operator import itemgetter
from string import ascii_letters
from typing import TYPE_CHECKING, Any, NamedTuple

from plotille import Canvas
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from lrplot.render import ticks
from lrplot.render.brackets import EDGE, Brackets, Signs, Start, bracketed
from lrplot.render.figure.panels import panels_of
from lrplot.render.figure.scales import TINY, across, up
from lrplot.render.figure.view import view_of
from lrplot.render.numbers import rounded
from lrplot.render.palette import COLOURS, Pen, colour

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from lrplot.plan import Plan
    from lrplot.render.figure.panels import Line, Panel
    from lrplot.render.figure.scales import Scale
    from lrplot.render.figure.view import Above, View
    from lrplot.render.look import Look

    Cells = list[list[tuple[str, str]]]  # row by row, each character and its style

__all__ = ["draw", "print_curves"]

_BLANK = "\u2800"
_FEWEST_COLUMNS, _FEWEST_ROWS = 12, 4  # that the axes of all panels have, whatever the window
_NAMES = 3  # rows at most that the names of phases take
_LETTERS = 3  # how often a line bears its letter
_CHARACTER = 6.0  # points that one is wide, as the axis of a figure measures


class _Glyphs(NamedTuple):
    """What a terminal can show."""

    side: str
    mark: str
    corner: str
    below: str
    mark_below: str
    point: str
    start: str  # of a phase, in the picture
    names: Signs
    braille: bool


_UNICODE = _Glyphs("│", "┤", "└", "─", "┬", "●", "┊", Signs("┌", "┐", "├", "│"), braille=True)
_ASCII = _Glyphs("|", "+", "+", "-", "+", "@", ":", Signs("+", "+", "+", "|"), braille=False)


class _Frame(NamedTuple):
    """The axes of a panel, and the characters they have."""

    view: View
    scale: Scale
    labels: tuple[str, ...]  # of the scale's marks
    gutter: int
    columns: int
    rows: int

    def dot(self, x: float, y: float) -> tuple[int, int] | None:
        """Return a point in dots from the lower left, two across a character and four up it.

        None where the axes have no place for it: what is no number, or 0 on a logarithmic axis.
        """
        if isnan(y) or (self.scale.log and y <= TINY):
            return None
        high = min(max(self.scale.place(y), -1.0), 2.0)  # no longer way than can be seen of it
        return self.across(x), round(high * (4 * self.rows - 1))

    def across(self, x: float) -> int:
        """Return dots from the left."""
        part = (x - self.view.low) / (self.view.high - self.view.low)
        return round(part * (2 * self.columns - 1))

    def row(self, y: float) -> int:
        """Return the row of a rate that the axis has, counted from the top."""
        return self.rows - 1 - round(self.scale.place(y) * (4 * self.rows - 1)) // 4


def draw(
    plans: Sequence[Plan], look: Look, *, width: int, height: int, unicode: bool = True
) -> Text:
    """Return the curves in this many characters, styled for rich to print.

    Raises what the figure with this look would: ParameterError where it does not fit the plans, and
    InputError where there is nothing to draw.
    """
    view, glyphs = view_of(plans, look), _UNICODE if unicode else _ASCII
    pens = [Pen(colour(number), None) for number in range(len(plans))]
    panels = panels_of(plans, look, view, pens, 2 * width)
    title = [Text(_cut(look.title, width), "bold")] if look.title else []
    words = _shortened(_words(plans, panels, look, glyphs), width, max(1, height // 4))
    frames = _frames(view, panels, look, width, height - len(title) - len(words) - 3)
    phases = _phases(plans[0], frames[0], glyphs) if look.phases else Brackets((), ())
    frames[0] = frames[0]._replace(rows=frames[0].rows - len(phases.rows))
    parts = [*title]
    for number, (panel, frame) in enumerate(zip(panels, frames, strict=True)):
        parts += [Text(_cut(panel.label, width), "dim")] * (len(panels) > 1)
        parts += _above(frame, phases.rows if number == 0 else ())
        parts += _beside(frame, _picture(panel.lines, frame, phases.lines, glyphs), glyphs)
    parts += [*_below(frames[-1], glyphs), _unit(view, width), *words]
    for part in parts:
        part.rstrip()
    return Text("\n").join(parts)


def print_curves(plans: Sequence[Plan], look: Look, out: TextIO, **window: Any) -> None:
    """Print what `draw` returns, in colours where the terminal has them and NO_COLOR is not set."""
    console = Console(file=out, highlight=False, emoji=False)
    console.print(draw(plans, look, **window), soft_wrap=True)


def _frames(
    view: View, panels: Sequence[Panel], look: Look, width: int, height: int
) -> list[_Frame]:
    """Share the window out among the panels."""
    height -= len(panels) * (len(panels) > 1)  # each of several has its name above it
    whole = sum(panel.height for panel in panels)
    rows = [
        max(_FEWEST_ROWS // len(panels), int(height * panel.height / whole)) for panel in panels
    ]
    scales = [up(panel, look, max(1, n // 3)) for panel, n in zip(panels, rows, strict=True)]
    labels = [_labels(*both) for both in zip(panels, scales, strict=True)]
    gutter = max(len(label) for each in labels for label in each)
    columns = max(_FEWEST_COLUMNS, width - gutter - 2)
    return [
        _Frame(view, scale, texts, gutter, columns, n)
        for scale, texts, n in zip(scales, labels, rows, strict=True)
    ]


def _labels(panel: Panel, scale: Scale) -> tuple[str, ...]:
    return tuple(f"{y:.4g}%" if panel.percent else ticks.rate(y) for y, _ in scale.marks)


def _value(panel: Panel, value: float) -> str:
    return f"{value:.4g}%" if panel.percent else rounded(value)


# -- the lines ------------------------------------------------------------------------------------


def _picture(
    lines: Sequence[Line], frame: _Frame, starts: Iterable[int], glyphs: _Glyphs
) -> list[Text]:
    """Return the rows inside the axes: the later of two lines that meet has the character."""
    cells = _ruled(frame, starts, glyphs)
    drawn = [_dots(line, frame) for line in lines]
    for number, (line, rows) in enumerate(zip(lines, drawn, strict=True)):
        letter = _letter(number, lines)
        for row, column, dots in _inked(rows):
            under = cells[row][column][0]
            shown = _joined(under, dots) if glyphs.braille else letter
            cells[row][column] = (shown, _colour(line))
    if glyphs.braille and len(lines) > 1:
        _write_letters(cells, lines, drawn)
    for line in lines:
        for mark in line.marks:
            if (dot := frame.dot(mark.x, mark.y)) and 0 <= dot[1] < 4 * frame.rows:
                cells[frame.row(mark.y)][dot[0] // 2] = (glyphs.point, f"bold {_colour(line)}")
    return [_in_runs(row) for row in cells]


def _ruled(frame: _Frame, starts: Iterable[int], glyphs: _Glyphs) -> Cells:
    """Return blank rows, but for a line wherever a phase begins."""
    row = [(" ", "")] * frame.columns
    for column in starts:
        row[column] = (glyphs.start, "dim")
    return [[*row] for _ in range(frame.rows)]


def _in_runs(row: Iterable[tuple[str, str]]) -> Text:
    """Return a row, each stretch of one style as one: a terminal is told once."""
    runs = groupby(row, key=itemgetter(1))
    return Text.assemble(*(("".join(sign for sign, _ in run), style) for style, run in runs))


def _letter(number: int, lines: Sequence[Line]) -> str:
    return ascii_letters[number % len(ascii_letters)] if len(lines) > 1 else "*"


def _colour(line: Line) -> str:
    """Return a line's colour, but no black: a terminal may be black itself."""
    return "" if line.pen.colour == COLOURS[-1] else line.pen.colour


def _joined(under: str, dots: str) -> str:
    """Return the dots with those that are there; whatever else is there gives way."""
    return chr(ord(under) | ord(dots)) if under >= _BLANK else dots


def _inked(rows: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    for row, text in enumerate(rows):
        yield from ((row, column, dots) for column, dots in enumerate(text) if dots != _BLANK)


def _dots(line: Line, frame: _Frame) -> list[str]:
    """Return a line's braille dots, row by row from the top."""
    canvas = Canvas(frame.columns, frame.rows, 0, 0, 2 * frame.columns, 4 * frame.rows)
    for stroke in dict.fromkeys(_strokes(line, frame)):
        canvas.line(*stroke)
    return str(canvas.plot(linesep="\n")).split("\n")


def _strokes(line: Line, frame: _Frame) -> Iterator[tuple[int, int, int, int]]:
    """Yield the ways from each point to the next that there is, and the bands' from low to high."""
    points = [
        frame.dot(x, y) for x, y in zip(line.trace.x.tolist(), line.trace.y.tolist(), strict=True)
    ]
    for here, there in zip(points, [*points[1:], None], strict=True):
        if here:
            yield *here, *(there or here)
    for band in line.trace.bands:
        for x, low, high in zip(*(part.tolist() for part in band), strict=True):
            top, bottom = frame.dot(x, high), frame.dot(x, low)
            if top:
                yield *top, *(bottom or (top[0], 0))


def _write_letters(cells: Cells, lines: Sequence[Line], drawn: Sequence[list[str]]) -> None:
    """Put each line's letter on it, here and there, at columns that are its own."""
    columns, taken = len(cells[0]), set[tuple[int, int]]()
    for number, (line, rows) in enumerate(zip(lines, drawn, strict=True)):
        for part in range(_LETTERS):
            column = int((part + (number + 1) / (len(lines) + 1)) * columns / _LETTERS)
            on = [(row, column) for row, text in enumerate(rows) if text[column] != _BLANK]
            free = [place for place in on if place not in taken]
            if free:
                row, _ = place = free[len(free) // 2]
                taken.add(place)
                cells[row][column] = (_letter(number, lines), f"bold {_colour(line)}")


# -- the phases -----------------------------------------------------------------------------------


def _phases(plan: Plan, frame: _Frame, glyphs: _Glyphs) -> Brackets:
    """Return the names of a plan's phases, in a quarter of the rows that a panel has at most."""
    most = min(_NAMES, frame.rows // 4)
    return bracketed(list(_starts(plan, frame)), frame.columns, most, glyphs.names)


def _starts(plan: Plan, frame: _Frame) -> Iterator[Start]:
    """Yield the phases in view; what has begun where the axes do, begins at their edge."""
    view = frame.view
    for phase in plan.phases:
        start, end = (step * view.spans[0].x for step in (phase.start, phase.end))
        if max(start, view.low) < min(end, view.high):
            column = frame.across(start) // 2 if start > view.low else EDGE
            yield Start(phase.name, column, frame.across(min(end, view.high)) // 2 - column)


def _above(frame: _Frame, rows: Iterable[str]) -> Iterator[Text]:
    """Yield the rows of names above a panel."""
    yield from (Text(" " * (frame.gutter + 1) + row, "dim") for row in rows)


# -- the axes -------------------------------------------------------------------------------------


def _beside(frame: _Frame, picture: Iterable[Text], glyphs: _Glyphs) -> Iterator[Text]:
    """Yield the rows of a panel, with rates written beside them."""
    marks = zip(frame.scale.marks, frame.labels, strict=True)
    labels = {frame.row(y): label for (y, _), label in marks}
    for row, inside in enumerate(picture):
        edge = glyphs.mark if row in labels else glyphs.side
        yield Text.assemble((f"{labels.get(row, ''):>{frame.gutter}} {edge}", "dim"), inside)


def _below(frame: _Frame, glyphs: _Glyphs) -> tuple[Text, Text]:
    """Return the axis, and the steps written below it."""
    left = frame.gutter + 2
    rule, written = [glyphs.below] * frame.columns, [" "] * (left + frame.columns)
    for column, text in reversed(_steps(frame)):  # the last step has its place before the others
        start = min(left + column - len(text) // 2, len(written) - len(text))
        if "".join(written[start : start + len(text) + 1]).isspace():
            written[start : start + len(text)] = text
            rule[column] = glyphs.mark_below
    axis = f"{' ' * frame.gutter} {glyphs.corner}{''.join(rule)}"
    return Text(axis, "dim"), Text("".join(written), "dim")


def _steps(frame: _Frame) -> list[tuple[int, str]]:
    """Return the columns that bear a step, and what is written there."""
    room = _CHARACTER * frame.columns
    scale = across(frame.view, room, lambda text: _CHARACTER * (len(text) + 1))
    return [(frame.across(x) // 2, text) for x, text in scale.marks]


def _unit(view: View, width: int) -> Text:
    """Say what the axis below counts."""
    return Text(_cut(view.unit + _larger(view.above), width).rjust(width), "dim")


def _larger(above: Above | None) -> str:
    """Say what else there is to count, and how it goes with steps."""
    if above is None:
        return ""
    whole = above.steps >= 1
    return (
        f", {above.steps:,.0f} to an epoch"
        if whole
        else f", {1 / above.steps:,.0f} {above.unit} each"
    )


# -- words ----------------------------------------------------------------------------------------


def _words(
    plans: Sequence[Plan], panels: Sequence[Panel], look: Look, glyphs: _Glyphs
) -> list[Text]:
    """Return what is said below the picture."""
    lines = panels[0].lines
    names = [
        Text.assemble((_letter(number, lines), f"bold {_colour(line)}"), f" {line.name}")
        for number, line in enumerate(lines)
    ]
    points = [
        Text.assemble(
            (glyphs.point, f"bold {_colour(line)}"), f" {whose}{mark.step}: {_value(panel, mark.y)}"
        )
        for panel in panels
        for number, line in enumerate(panel.lines)
        for mark in line.marks
        for whose in [_whose(panels, panel, number)]
    ]
    masked = panels[0].log and any((line.values <= 0).any() for line in lines)
    of_one = look.phases and any(plan.phases != plans[0].phases for plan in plans)
    entries = [*(names if look.legend and len(lines) > 1 else []), *points]
    entries += [Text(f"phases of {_letter(0, lines)}", "dim")] * of_one
    entries += [Text("0 has no place on this axis", "dim")] * masked
    return entries


def _whose(panels: Sequence[Panel], panel: Panel, number: int) -> str:
    """Say which line a marked point is on, and of which panel, where there are several."""
    which = [panel.label] * (len(panels) > 1)
    which += [_letter(number, panel.lines)] * (len(panel.lines) > 1)
    return f"{' '.join(which)} at " if which else ""


def _shortened(entries: Sequence[Text], width: int, most: int) -> list[Text]:
    """Set entries in rows; where they are too many, say how many are left out."""
    for shown in range(len(entries), 0, -1):
        left = len(entries) - shown
        more = [Text(f"and {left} more", "dim")] if left else []
        rows = _filled([*entries[:shown], *more], width)
        if len(rows) <= most:
            return rows
    return []


def _filled(entries: Iterable[Text], width: int) -> list[Text]:
    """Set entries side by side, in rows of at most this width."""
    rows: list[Text] = []
    for entry in entries:
        if rows and rows[-1].cell_len + 2 + entry.cell_len <= width:
            rows[-1] = Text("  ").join([rows[-1], entry])
        else:
            entry.truncate(width)
            rows.append(entry)
    return rows


def _cut(text: str, width: int) -> str:
    """Shorten a text to a width; three points say so."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 3)).rstrip() + "..."
