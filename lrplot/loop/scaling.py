"""A rate tuned for one batch, scaled to another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import UsageError
from lrplot.schedules.base import fields_of
from lrplot.schedules.combine import Chain, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule
    from lrplot.units import Horizon

__all__ = ["SCALES", "batch_of", "scaled", "scaled_steps", "with_kept_warmup"]

SCALES = {"linear": float, "sqrt": math.sqrt}


def scaled(plan: Plan, rule: str, from_batch: int) -> Plan:
    """Return the plan with its rate scaled from a batch to its own, and a note with old and new.

        base_lr * (batch / from_batch)          linear
        base_lr * sqrt(batch / from_batch)      sqrt

    batch is all the samples of an update. Rates that the schedule states by themselves (a floor, a
    warm-up's start) stay as they are where it also has a base rate; where it has none, all of its
    rates are scaled.

    Raises:
        UsageError: the samples of an update are not known.
    """
    batch = batch_of(plan.horizon)
    factor = SCALES[rule](batch / from_batch)
    said = f"({rule}: a batch of {batch:,}, from {from_batch:,})"
    base = plan.base_lr * factor
    if not plan.schedule.uses_base():
        schedule = Chain(schedules=(plan.schedule, Scale(factor=factor)))
        notes = (*plan.notes, f"every rate is scaled by {factor:.6g} {said}")
        return msgspec.structs.replace(plan, schedule=schedule, base_lr=base, notes=notes)
    rates = dict.fromkeys(f"{name} {rate:.6g}" for name, rate in _rates_of(plan.schedule))
    stays = f"; {', '.join(rates)} {'stay' if len(rates) > 1 else 'stays'}" if rates else ""
    note = f"base_lr is scaled from {plan.base_lr:.6g} to {base:.6g} {said}{stays}"
    return msgspec.structs.replace(plan, base_lr=base, notes=(*plan.notes, note))


def batch_of(horizon: Horizon) -> int:
    """Return the samples of an update; raise UsageError where they are not known."""
    if horizon.samples_per_iter is None:
        hint = "add --batch-size N (with --gpus and --accumulate)"
        raise UsageError("--scale-lr needs the batch that the rate is scaled to", hint)
    return horizon.samples_per_iter


def with_kept_warmup(plan: Plan, from_batch: int) -> Plan:
    """Return the plan with a note of the samples in its warm-up, now and before, if it has one."""
    lengths = [phase.end - phase.start for phase in plan.phases if "warm-up" in phase.name]
    if not lengths or plan.in_epochs:
        return plan
    steps, batch = lengths[0], batch_of(plan.horizon)
    alike = scaled_steps(steps, from_batch, batch)
    note = (
        f"the warm-up's {steps:,} steps have {steps * batch:,} samples; at a batch of "
        f"{from_batch:,} as many steps had {steps * from_batch:,}, as {alike:,} have now"
    )
    return msgspec.structs.replace(plan, notes=(*plan.notes, note))


def scaled_steps(steps: int, from_batch: int, batch: int) -> int:
    """Return how many updates of a batch use the samples of so many of another, at least 1."""
    return max(1, (2 * steps * from_batch + batch) // (2 * batch))


def _rates_of(schedule: Schedule) -> Iterator[tuple[str, float]]:
    """Yield the rates that a schedule, or one in it, states by itself."""
    for field in fields_of(type(schedule)):
        value = getattr(schedule, field.name)
        if field.holds != "value":
            inner = value if isinstance(value, tuple) else (value,)
            for each in filter(None, inner):
                yield from _rates_of(each)
        elif field.unit == "rate" and isinstance(value, float) and value:
            yield field.name, value
