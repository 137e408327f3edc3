"""`lrplot table`: the rate per step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.at import resolve_steps
from lrplot.cli.options import SourceCommand, load_plans, print_notes, source_argument
from lrplot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan

__all__ = ["table"]

_FORMATS = ("rich", "csv", "tsv", "json", "jsonl", "markdown")


@click.command(cls=SourceCommand, short_help="Print the rate per step.")
@source_argument
@click.option("--every", type=click.IntRange(min=1), metavar="N", help="Every Nth step.")
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    metavar="N",
    help="About N evenly spaced steps, and each step where the rate changes course.",
)
@click.option("--steps", metavar="LIST", help="Exactly these: 0,500,8ep,50%,end.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(_FORMATS),
    default="rich",
    show_default=True,
    help="How to write it; all but rich and markdown hold every digit.",
)
@click.option(
    "--param",
    type=click.Choice(["lr", "momentum"]),
    default="lr",
    show_default=True,
    help="Which parameter to print.",
)
def table(  # noqa: PLR0913  a command's parameters are its options
    sources: tuple[str, ...],
    *,
    every: int | None,
    rows: int | None,
    steps: str | None,
    kind: str,
    param: str,
    **given: Any,
) -> None:
    """Print the rate of each SOURCE, a schedule's name or a file, per step.

    A short run is shown whole, a long one at about twenty steps and wherever the rate changes
    course. An option given several times makes a column for each value.
    """
    if sum(option is not None for option in (every, rows, steps)) > 1:
        raise UsageError("--every, --rows and --steps exclude each other: give one")
    from lrplot.render.export import FORMATS, Grid

    plans = [plan.of(param) for plan in load_plans(sources, given)]
    grid = Grid(tuple(plans), _steps(plans, every, rows, steps), param)
    if kind == "rich":
        from lrplot.render.table import print_table

        print_table(grid, sys.stdout)
    else:
        FORMATS[kind](grid, sys.stdout)
    print_notes(plans)


def _steps(
    plans: list[Plan], every: int | None, rows: int | None, steps: str | None
) -> Sequence[int]:
    if steps is not None:
        return resolve_steps(steps, plans)
    longest = max(plans, key=lambda plan: plan.max_iters)
    if every is not None:
        return range(0, longest.max_iters + 1, min(every, longest.max_iters + 1))
    from lrplot.sampling import readable

    return sorted({step for plan in plans for step in readable(plan, rows)})
