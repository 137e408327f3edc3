"""`lrplot at`: the rate at one step or several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.messages import say_notes
from lrplot.cli.options import (
    SourceCommand,
    conventions_of,
    load_plans,
    print_notes,
    source_argument,
)
from lrplot.errors import UsageError
from lrplot.render.numbers import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.errors import InputError, Problem
    from lrplot.plan import Plan

__all__ = ["at", "at_option", "resolve_steps", "say_past_end", "say_rounding"]


@click.command(cls=SourceCommand, short_help="Say the rate at one step or several.")
@click.argument("steps", metavar="STEPS")
@source_argument
@click.option(
    "--param",
    type=click.Choice(["lr", "momentum"]),
    default="lr",
    show_default=True,
    help="Which parameter to say.",
)
def at(steps: str, sources: tuple[str, ...], *, param: str, **given: Any) -> None:
    """Say the rate of SOURCE, a schedule's name or a file, at STEPS.

    STEPS is a step or several with commas: 500, 0,500,1500, 8ep, 50%, end. Step 0 is the first
    update. One step prints just its rate, so that lr=$(lrplot at 500 config.yaml) works; several
    print a line each, with the epoch, samples and percent of the run where the length of an epoch
    or the size of a batch is known. Six significant digits; `lrplot table --steps ... --format csv`
    prints all.
    """
    plans = [plan.of(param) for plan in load_plans(sources, given)]
    wanted = resolve_steps(steps, plans)
    rates = [plan.lr(wanted).tolist() for plan in plans]
    say_notes(conventions_of(plans))
    print_notes(plans, whole_run=_names_the_end(steps))
    say_rounding(steps, plans)
    say_past_end(wanted, plans)
    if len(wanted) == 1 and len(plans) == 1:
        click.echo(rounded(rates[0][0]))
        return
    lies = _positions(plans, wanted)
    columns = [*rates, *lies.values()]
    rows = [list(map(_said, row)) for row in zip(wanted, *columns, strict=True)]
    if len(plans) > 1 or lies:
        names = [plan.name for plan in plans] if len(plans) > 1 else [param]
        rows.insert(0, ["step", *names, *lies])
    click.echo(_aligned(rows))


def _said(value: float) -> str:
    return str(value) if isinstance(value, int) else rounded(value)


def _positions(plans: list[Plan], steps: list[int]) -> dict[str, list[float]]:
    """Return where steps lie in epochs, samples and parts of the run, where more is known."""
    from lrplot.render.export import Grid

    found = Grid(tuple(plans), steps).positions(steps)
    return {name: at.tolist() for name, at in found.items()}


def at_option(option: str, error: InputError) -> list[Problem]:
    """Return what is wrong with an option's value, said of the option."""
    from lrplot.errors import Where

    return [each._replace(where=Where(option)) if option else each for each in error.problems]


def resolve_steps(text: str, plans: list[Plan], option: str = "") -> list[int]:
    """Return the steps a list of durations stands for; the plans must agree on them."""
    from lrplot.durations import UnitError

    parts = _parts(text)
    if not parts:
        raise UsageError("no step is given", "write 500, 0,500,1500, 8ep, 50% or end")
    try:
        found = {tuple(plan.horizon.steps(part) for part in parts) for plan in plans}
    except UnitError as error:
        raise UsageError(at_option(option, error)) from None
    if len(found) > 1:
        raise UsageError(f"'{text}' is not the same step for each source", "give plain steps")
    return list(found.pop())


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()]


def say_rounding(text: str, plans: list[Plan]) -> None:
    """Say how durations were rounded that fall between two steps."""
    said = (plan.horizon.rounding(part) for part in _parts(text) for plan in plans)
    told = {note for plan in plans for note in plan.notes}
    say_notes(note for note in dict.fromkeys(said) if note and note not in told)


def say_past_end(steps: Sequence[int], plans: list[Plan]) -> None:
    """Say where a step lies past the end of the run, if somebody said how long it is."""
    ends = {plan.max_iters for plan in plans if not plan.open_end}
    if ends and max(steps) > min(ends):
        say_notes([f"step {max(steps):,} is past the end of the run, {min(ends):,}"])


def _names_the_end(steps: str) -> bool:
    return "%" in steps or "end" in steps


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(lines)
