"""`lrplot table`: the rate per step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.at import at_option, resolve_steps, say_past_end, say_rounding
from lrplot.cli.messages import say_notes
from lrplot.cli.options import (
    SourceCommand,
    conventions_of,
    load_plans,
    print_notes,
    source_argument,
)
from lrplot.cli.terminal import shows_unicode
from lrplot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan

__all__ = ["table"]

_FORMATS = ("rich", "csv", "tsv", "json", "jsonl", "markdown")


@click.command(cls=SourceCommand, short_help="Print the rate per step.")
@source_argument
@click.option("--every", metavar="STEPS", help="Every so many steps: 100, 1ep, 5%.")
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
    "--columns",
    metavar="LIST",
    help="Which columns, in their order: step,lr,epoch,samples,tokens,percent; not with rich.",
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
    every: str | None,
    rows: int | None,
    steps: str | None,
    kind: str,
    columns: str | None,
    param: str,
    **given: Any,
) -> None:
    """Print the rate of each SOURCE, a schedule's name or a file, per step.

    A short run is shown whole, a long one at about twenty steps and wherever the rate changes
    course. An option given several times makes a column for each value.
    """
    if sum(option is not None for option in (every, rows, steps)) > 1:
        raise UsageError("--every, --rows and --steps exclude each other: give one")
    if columns is not None and kind == "rich":
        raise UsageError("--columns goes with --format csv, tsv, json, jsonl or markdown")
    from lrplot.render.export import FORMATS, Grid

    plans = [plan.of(param) for plan in load_plans(sources, given)]
    shown = _steps(plans, every, rows, steps)
    chosen = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
    grid = Grid(tuple(plans), shown, param, chosen)
    if kind == "rich":
        from lrplot.render.table import print_table

        print_table(grid, sys.stdout, unicode=shows_unicode())
    else:
        FORMATS[kind](grid, sys.stdout)
        say_notes(conventions_of(plans))
    print_notes(plans)
    say_rounding(steps or every or "", plans)
    if steps is not None:
        say_past_end(shown, plans)


def _steps(
    plans: list[Plan], every: str | None, rows: int | None, steps: str | None
) -> Sequence[int]:
    if steps is not None:
        return resolve_steps(steps, plans, "--steps")
    if every is not None:
        return _apart(every, plans)
    from lrplot.sampling import readable

    return sorted({step for plan in plans for step in readable(plan, rows)})


def _apart(text: str, plans: list[Plan]) -> Sequence[int]:
    """Return steps that lie so far apart, up to the longest run's end."""
    from lrplot.durations import UnitError

    end = max(plan.max_iters for plan in plans)
    try:
        first, *others = (plan.horizon.every(text, end) for plan in plans)
    except UnitError as error:
        raise UsageError(at_option("--every", error)) from None
    if any(other != first for other in others):
        raise UsageError(f"--every {text}: is not the same for each source", "give plain steps")
    return first
