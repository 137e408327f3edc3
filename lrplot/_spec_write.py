"""A Plan back to the plain data of a native spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.units import SIZES

if TYPE_CHECKING:
    from lrplot.plan import Plan
    from lrplot.schedules import Schedule

__all__ = ["write"]


def write(plan: Plan) -> dict[str, Any]:
    """Return the native spec of a plan as plain data, which reads back to an equal plan.

    Raises InputError for a framework's schedule that the native ones cannot say.
    """
    run: dict[str, Any] = {"base_lr": plan.base_lr, "max_iters": plan.max_iters}
    if plan.iters_per_epoch is not None and plan.horizon.loading is None:
        run["iters_per_epoch"] = plan.iters_per_epoch
    run |= _sizes(plan)
    if plan.name != plan.schedule.name():
        run["name"] = plan.name
    own = _write(plan.schedule)
    if own.get("max_iters", plan.max_iters) == plan.max_iters and not _nested(plan.schedule):
        return {"schedule": own.pop("type"), **run, **own}
    return {**run, "schedule": own}


def _sizes(plan: Plan) -> dict[str, Any]:
    """Return the `run` section, where a size is known."""
    sizes = {name: getattr(plan.horizon, name) for name in SIZES}
    known = {name: value for name, value in sizes.items() if value not in (None, False)}
    return {"run": known} if known else {}


def _write(schedule: Schedule) -> dict[str, Any]:
    if by_name.get(schedule.name()) is not type(schedule):
        raise InputError(f"{schedule.name()} follows a rule that no native schedule has")
    written: dict[str, Any] = {"type": schedule.name()}
    for field in fields_of(type(schedule)):
        value = getattr(schedule, field.name)
        if value == field.default:
            continue
        if field.holds == "schedule":
            value = _write(value)
        elif field.holds == "schedules":
            value = [_write(inner) for inner in value]
        written[field.name] = list(value) if isinstance(value, tuple) else value
    return written


def _nested(schedule: Schedule) -> bool:
    return any(field.holds != "value" for field in fields_of(type(schedule)))
