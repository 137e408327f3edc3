"""A native schedule as a framework has it: by way of the call that its users would write.

A framework's module may define

    NATIVE    by a native schedule's name, a function (schedule, plan) -> the text of the
              framework's own call for it, as close as the framework comes
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.errors import InputError, Problem, UsageError, suggest
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.frameworks.calls import read_node
from lrplot.plan import Given
from lrplot.schedules.steps import Piecewise
from lrplot.syntax.calls import parse_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = [
    "Warm",
    "as_framework",
    "call_for",
    "lacking",
    "levels_of",
    "neat",
    "part",
    "refusal",
    "warmup_ends",
    "warmup_parts",
    "with_warmups",
    "written",
]


def as_framework(plan: Plan, name: str) -> Plan:
    """Return the plan with the framework's own schedule in place of the native one.

    Raises UsageError where no framework is called so, or it has no such schedule.
    """
    if name not in FRAMEWORKS:
        hint = suggest(name, FRAMEWORKS) or f"known: {', '.join(FRAMEWORKS)}"
        raise UsageError(f"--as {name}: no framework is called so", hint)
    text = call_for(plan.schedule, plan, name)
    twin = _read(text, plan, name)
    notes = (*plan.notes, f"{name} has it as {text}", *twin.notes)
    run = plan.horizon.lasting(twin.max_iters, twin.iters_per_epoch)
    return msgspec.structs.replace(
        twin, name=plan.name, notes=notes, open_end=plan.open_end, horizon=run
    )


def _read(text: str, plan: Plan, name: str) -> Plan:
    """Read the call; what the framework refuses of it is a command that it cannot follow."""
    given = Given(
        base_lr=plan.base_lr,
        max_iters=plan.max_iters,
        iters_per_epoch=plan.iters_per_epoch,
        metrics=getattr(plan.schedule, "metrics", None),
    )
    try:
        return read_node(parse_call(text, name), given, name)
    except InputError as error:
        raise UsageError([_of_command(problem, text, name) for problem in error.problems]) from None


def _of_command(problem: Problem, text: str, name: str) -> Problem:
    key = f"{problem.key} " if problem.key else ""
    hint = problem.hint or f"it would be {text}"
    return Problem(message=f"--as {name}: {key}{problem.message}", hint=hint)


def call_for(schedule: Schedule, plan: Plan, name: str) -> str:
    """Return the call with which a framework has a native schedule, one inside another too."""
    write = _natives(name).get(schedule.name())
    if write is None:
        raise lacking(name, schedule)
    text: str = write(schedule, plan)
    return text


def _natives(name: str) -> dict[str, Any]:
    return getattr(framework(name), "NATIVE", {})


def lacking(name: str, schedule: Schedule) -> UsageError:
    """Return the error that says that a framework lacks a schedule, and which have it."""
    others = [other for other in FRAMEWORKS if schedule.name() in _natives(other)]
    hint = f"these have: {', '.join(others)}" if others else "no framework has one"
    return refusal(name, f"{framework(name).CONVENTION} has no {schedule.name()}", hint)


def refusal(name: str, message: str, hint: str = "") -> UsageError:
    """Return the error that says what a framework's schedules cannot do."""
    return UsageError(f"--as {name}: {message}", hint)


def written(call: str, *args: str, **kwargs: Any) -> str:
    """Return a call's text: args are text already, kwargs are values; those that are None go."""
    named = [f"{key}={value!r}" for key, value in kwargs.items() if value is not None]
    return f"{call}({', '.join([*args, *named])})"


def part(rate: float, base: float) -> float:
    """Return a rate as a part of another."""
    return neat(rate / base) if base else 0.0


def neat(number: float) -> float:
    """Return a computed number as a person would write it: 0.1, not 0.09999999999999999."""
    return float(f"{number:.15g}")


def levels_of(table: Any) -> Piecewise:
    """Return the levels of a native table, from change to change."""
    changes = [i for i, (a, b) in enumerate(pairwise(table.values), 1) if a != b]
    values = (table.values[0], *(table.values[i] for i in changes))
    return Piecewise(boundaries=tuple(changes), values=values)


def warmup_parts(schedule: Any, plan: Plan) -> tuple[float, float]:
    """Return the rates at the ends of a native warm-up, as parts of the base rate."""
    base = plan.base_lr or 1.0
    end = 1.0 if schedule.end_lr is None else part(schedule.end_lr, base)
    if schedule.start_lr is not None:
        return part(schedule.start_lr, base), end
    return neat(end * (schedule.warmup_ratio or 0.0)), end


def warmup_ends(schedule: Any, base: float) -> tuple[float, float]:
    """Return the rates that a native warm-up leads from and to."""
    end = base if schedule.end_lr is None else schedule.end_lr
    if schedule.start_lr is not None:
        return schedule.start_lr, end
    return neat(end * (schedule.warmup_ratio or 0.0)), end


class Warm(NamedTuple):
    """The warm-up that a framework's schedule begins with by itself: its steps, its first rate."""

    steps: int
    start: float


_COLD = Warm(0, 0.0)


def with_warmups(
    name: str, kinds: Mapping[str, Callable[[Any, Plan, Warm], str]]
) -> dict[str, Callable[[Any, Plan], str]]:
    """Return the NATIVE of a framework whose schedules, these kinds, warm up by themselves."""

    def cold(schedule: Any, plan: Plan) -> str:
        return kinds[schedule.name()](schedule, plan, _COLD)

    def warmed(schedule: Any, plan: Plan) -> str:
        after = schedule.then.name()
        if not schedule.warmup_steps:
            return call_for(schedule.then, plan, name)
        if after not in kinds:
            hint = f"it has one before {', '.join(kinds)}"
            raise refusal(name, f"{framework(name).CONVENTION} has no warm-up before {after}", hint)
        return kinds[after](schedule.then, plan, _warm(schedule, plan, name))

    return {**dict.fromkeys(kinds, cold), "linear_warmup": warmed}


def _warm(schedule: Any, plan: Plan, name: str) -> Warm:
    start, end = warmup_ends(schedule, plan.base_lr)
    if end != plan.base_lr:
        raise refusal(name, "a warm-up leads to the optimizer's rate; leave --end-lr out")
    return Warm(schedule.warmup_steps, start)
