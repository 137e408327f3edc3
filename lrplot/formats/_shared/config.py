"""How the readers of config files end: a constructor called with what the file says, and a Plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, ParameterError
from lrplot.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.formats._shared.keys import Section
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["construct", "make_plan"]


def construct(
    constructor: Callable[..., Schedule],
    arguments: Mapping[str, Any],
    places: Section,
    prefix: str = "",
) -> Schedule:
    """Call a constructor; what it refuses is said at the key of the section it stands under.

    prefix is what the constructor has before the section's names ("scheduler_specific_kwargs.").
    """
    try:
        return constructor(**arguments)
    except ParameterError as error:
        problems = []
        for problem in error.problems:
            key = problem.key.removeprefix(prefix)
            problems.append(problem._replace(key=places.join(key), where=places.where(key)))
        raise InputError(problems) from None


def make_plan(
    schedule: Schedule, given: Given, *, base: float | None, length: int | None, **more: Any
) -> Plan:
    """Return the plan of a config: base and length are what it says, if it does.

    Without a base rate the schedule must need none; without a length its own extent is shown.
    """
    plan = Plan(
        schedule=schedule,
        base_lr=base or 0.0,
        max_iters=length or min(schedule.extent(), LARGEST_STEP),
        open_end=length is None,
        **{"iters_per_epoch": given.iters_per_epoch, **more},
    )
    if base is None:  # the rates stand in the schedule
        plan = msgspec.structs.replace(plan, base_lr=max(0.0, plan.lr(0)))
    return plan
