"""A rich table of the rate per step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lrplot.render.export import Grid, columns_of
from lrplot.render.numbers import rounded

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["print_table"]


def print_table(grid: Grid, out: TextIO) -> None:
    """Print the table; where it is wider than the terminal, in parts that repeat the steps."""
    console = Console(file=out, highlight=False, emoji=False)
    for part in _parts(grid, console.width):
        console.print(_table(part))
        console.print(_caption(part), style="dim", soft_wrap=True, markup=False)


def _parts(grid: Grid, width: int) -> list[Grid]:
    """Split the curves so that each part fits the width."""
    column = max((len(name) for name in grid.header), default=0)
    room = max(1, (width - 24) // (max(column, 11) + 3))
    groups = [grid.plans[i : i + room] for i in range(0, len(grid.plans), room)]
    return [Grid(group, grid.steps, grid.param) for group in groups] if len(groups) > 1 else [grid]


def _table(grid: Grid) -> Table:
    title = Text(grid.plans[0].name) if len(grid.plans) == 1 else None
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in grid.header:
        table.add_column(Text(name), justify="right", overflow="fold")
    for step, *values in zip(*columns_of(grid), strict=True):
        table.add_row(f"{step:,}", *map(rounded, values))
    return table


def _caption(grid: Grid) -> str:
    conventions = dict.fromkeys(plan.convention for plan in grid.plans)
    end = max(plan.max_iters for plan in grid.plans)
    shown = len(grid.steps)
    return f"{shown:,} of {end + 1:,} steps · convention: {', '.join(conventions)}"
