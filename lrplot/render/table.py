"""A rich table of the rate per step: as much beside it as the terminal has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lrplot.render.export import Grid, columns_of
from lrplot.render.numbers import rounded
from lrplot.render.palette import colour
from lrplot.sampling import peak
from lrplot.schedules.base import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from lrplot.plan import Plan

__all__ = ["print_table"]

_GAP = 3  # characters between two columns, that the box of the table makes
_EDGES = 2  # at both sides of a table
_BAR = 12  # characters of the longest bar
_HEADER = 24  # characters of a curve's name before it is broken into lines

# What is left out where it does not fit, the first of these before all others. What is not among
# them is never left out, and no number is ever cut.
_SPARE = ("% run", "bar", "samples", "tokens", "% peak", "phase", "epoch")


class _Glyphs(NamedTuple):
    """What a terminal can show."""

    parts: str  # of a bar's last character, from none of it to all
    rule: box.Box
    between: str


_UNICODE = _Glyphs(" ▏▎▍▌▋▊▉█", box.SIMPLE_HEAD, "·")
_ASCII = _Glyphs(" #", box.Box(str(box.SIMPLE_HEAD).replace("─", "-"), ascii=True), "-")


class _Column(NamedTuple):
    """A column: its name, and its cells, all of one width if they are numbers."""

    name: str
    cells: list[str]
    text: bool = False  # words, to be set from the left

    @property
    def width(self) -> int:
        """The characters that keep every cell whole; a long name is broken."""
        return max([min(cell_len(self.name), _HEADER), *map(cell_len, self.cells)])


def print_table(grid: Grid, out: TextIO, *, unicode: bool = True) -> None:
    """Print the table; where it is wider than the terminal, in parts that repeat the steps."""
    console = Console(file=out, highlight=False, emoji=False)
    room, glyphs = console.width, _UNICODE if unicode else _ASCII
    title = Text(grid.plans[0].name) if len(grid.plans) == 1 else None
    for columns in _parts(grid, room, glyphs):
        console.width = max(room, _width(columns))
        _print(_table(columns, title, glyphs), console)
    console.width = room
    _print(Text(_caption(grid, glyphs), "dim"), console)


# -- which columns --------------------------------------------------------------------------------


def _positions(grid: Grid, values: Sequence[list[Any]]) -> list[_Column]:
    """Return the step, and where it lies: the epoch, samples and tokens, where they are known."""
    names = grid.header
    steps = _Column("step", [f"{step:,}" for step in values[0]])
    others = zip(names[1 + len(grid.plans) :], values[1 + len(grid.plans) :], strict=True)
    return [steps, *(_position(name, column) for name, column in others)]


def _position(name: str, values: Sequence[float]) -> _Column:
    if name == "percent":
        return _Column("% run", _aligned(map(_percent, values)))
    whole = all(isinstance(value, int) for value in values)
    return _Column(name, _aligned(f"{value:,}" if whole else rounded(value) for value in values))


def _percent(value: float) -> str:
    return f"{value:.3g}"


def _rates(grid: Grid, values: Sequence[list[Any]]) -> list[_Column]:
    """Return a column for each curve."""
    count = len(grid.plans)
    return [
        _Column(name, _aligned(map(rounded, rates)))
        for name, rates in zip(grid.header[1 : count + 1], values[1 : count + 1], strict=True)
    ]


def _beside(plan: Plan, values: Sequence[list[Any]], glyphs: _Glyphs) -> list[_Column]:
    """Return what stands beside a single curve: how high it is, and what the run does there."""
    steps, rates = values[:2]
    found = []
    most = max([peak(plan), *rates], default=0.0)
    if most > 0 and min(rates) < most:
        parts = [rate / most for rate in rates]
        found.append(_Column("% peak", _aligned(_percent(100 * part) for part in parts)))
        found.append(_Column("bar", [_bar(part, glyphs.parts) for part in parts], text=True))
    if len({phase.name for phase in plan.phases}) > 1:
        found.append(_Column("phase", list(_phases(plan, steps)), text=True))
    return found


def _bar(part: float, signs: str) -> str:
    each = len(signs) - 1
    whole, left = divmod(round(part * _BAR * each), each)
    return (signs[-1] * whole + signs[left]).rstrip()


def _phases(plan: Plan, steps: Iterable[int]) -> Iterator[str]:
    """Yield the name of each phase at the first step that is shown of it, "end" past the last."""
    before = None
    for step in steps:
        inside = (phase for phase in plan.phases if phase.start <= step < phase.end)
        phase = next(inside, Phase("end", plan.max_iters, plan.max_iters))
        yield phase.name if phase != before else ""
        before = phase


def _aligned(numbers: Iterable[str]) -> list[str]:
    """Fill numbers up with blanks so that their points stand below each other."""
    cells = list(numbers)
    points = [
        min((at for at in map(cell.find, ".e") if at >= 0), default=len(cell)) for cell in cells
    ]
    left = max(points, default=0)
    moved = [" " * (left - point) + cell for point, cell in zip(points, cells, strict=True)]
    width = max(map(len, moved), default=0)
    return [cell.ljust(width) for cell in moved]


# -- what fits ------------------------------------------------------------------------------------


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1) + _EDGES


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    """Leave out what there is no room for."""
    for spare in _SPARE:
        if _width(columns) <= width:
            break
        columns = [column for column in columns if column.name != spare]
    return columns


def _parts(grid: Grid, width: int, glyphs: _Glyphs) -> Iterator[list[_Column]]:
    """Split the curves so that each part fits the width, with one curve at least."""
    values = columns_of(grid)
    first, rates = _positions(grid, values), _rates(grid, values)
    if len(rates) == 1:
        beside = _beside(grid.plans[0], values, glyphs)
        yield _fitting([*first, *rates, *beside], width)
        return
    first = _fitting([*first, max(rates, key=lambda column: column.width)], width)[:-1]
    start = 0
    while start < len(rates):
        stop = start + 1
        while stop < len(rates) and _width([*first, *rates[start : stop + 1]]) <= width:
            stop += 1
        yield [*first, *rates[start:stop]]
        start = stop


# -- the table ------------------------------------------------------------------------------------


def _table(columns: Sequence[_Column], title: Text | None, glyphs: _Glyphs) -> Table:
    table = Table(title=title, box=glyphs.rule, title_justify="left", pad_edge=False)
    for column in columns:
        bar = column.name == "bar"
        header = Text("" if bar else column.name, justify="left" if column.text else "right")
        table.add_column(header, style=colour(0) if bar else None, no_wrap=True, width=column.width)
        header.no_wrap = False
    for cells in zip(*map(_cells, columns), strict=True):
        table.add_row(*map(Text, cells))
    return table


def _print(what: Table | Text, console: Console) -> None:
    """Print lines that end where they say no more: rich fills them up with blanks."""
    for parts in console.render_lines(what):
        line = Text.assemble(*((part.text, part.style or "") for part in parts))
        line.rstrip()
        console.print(line, soft_wrap=True)


def _cells(column: _Column) -> list[str]:
    """Set numbers, which are of one width, to the right of their column as they are."""
    width = column.width
    return column.cells if column.text else [cell.rjust(width) for cell in column.cells]


def _caption(grid: Grid, glyphs: _Glyphs) -> str:
    conventions = dict.fromkeys(plan.convention for plan in grid.plans)
    count = max(plan.max_iters for plan in grid.plans) + 1
    steps = f"{len(grid.steps):,} of {count:,} steps"
    return f"{steps} {glyphs.between} convention: {', '.join(conventions)}"
