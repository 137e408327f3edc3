"""A native schedule as a framework has it: by way of the call that its users would write.

A framework's module may define

    NATIVE    by a native schedule's name, a function (schedule, plan) -> the text of the
              framework's own call for it, as close as the framework comes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import UsageError, suggest
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.frameworks.calls import read_node
from lrplot.plan import Given
from lrplot.syntax.calls import parse_call

if TYPE_CHECKING:
    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["as_framework", "call_for", "warmup_parts", "written"]


def as_framework(plan: Plan, name: str) -> Plan:
    """Return the plan with the framework's own schedule in place of the native one.

    Raises UsageError where no framework is called so, or it has no such schedule.
    """
    if name not in FRAMEWORKS:
        hint = suggest(name, FRAMEWORKS) or f"known: {', '.join(FRAMEWORKS)}"
        raise UsageError(f"--as {name}: no framework is called so", hint)
    text = call_for(plan.schedule, plan, name)
    given = Given(
        base_lr=plan.base_lr,
        max_iters=plan.max_iters,
        iters_per_epoch=plan.iters_per_epoch,
        metrics=getattr(plan.schedule, "metrics", None),
    )
    twin = read_node(parse_call(text, name), given, name)
    notes = (*plan.notes, f"{name} has it as {text}", *twin.notes)
    return msgspec.structs.replace(twin, name=plan.name, notes=notes, open_end=plan.open_end)


def call_for(schedule: Schedule, plan: Plan, name: str) -> str:
    """Return the call with which a framework has a native schedule, one inside another too."""
    module = framework(name)
    write = getattr(module, "NATIVE", {}).get(schedule.name())
    if write is None:
        others = [other for other in FRAMEWORKS if schedule.name() in _natives(other)]
        hint = f"these have: {', '.join(others)}" if others else "no framework has"
        raise UsageError(f"--as {name}: {module.CONVENTION} has no {schedule.name()}", hint)
    text: str = write(schedule, plan)
    return text


def _natives(name: str) -> dict[str, Any]:
    return getattr(framework(name), "NATIVE", {})


def written(call: str, *args: str, **kwargs: Any) -> str:
    """Return a call's text: args are text already, kwargs are values; those that are None go."""
    named = [f"{key}={value!r}" for key, value in kwargs.items() if value is not None]
    return f"{call}({', '.join([*args, *named])})"


def warmup_parts(schedule: Any, plan: Plan) -> tuple[float, float]:
    """Return the rates at the ends of a native warm-up, as parts of the base rate."""
    base = plan.base_lr or 1.0
    end = 1.0 if schedule.end_lr is None else schedule.end_lr / base
    ratio = schedule.warmup_ratio or 0.0
    return ratio * end if schedule.start_lr is None else schedule.start_lr / base, end
