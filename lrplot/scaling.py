"""A rate tuned for one batch, scaled to another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import UsageError
from lrplot.schedules.combine import Chain, Scale

if TYPE_CHECKING:
    from lrplot.plan import Plan

__all__ = ["SCALES", "scaled"]

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
    batch = plan.horizon.samples_per_iter
    if batch is None:
        hint = "add --batch-size N (with --gpus and --accumulate)"
        raise UsageError("--scale-lr needs the batch that the rate is scaled to", hint)
    factor = SCALES[rule](batch / from_batch)
    said = f"({rule}: a batch of {batch:,}, from {from_batch:,})"
    if not plan.schedule.uses_base():
        schedule = Chain(schedules=(plan.schedule, Scale(factor=factor)))
        notes = (*plan.notes, f"every rate is scaled by {factor:.6g} {said}")
        return msgspec.structs.replace(plan, schedule=schedule, notes=notes)
    base = plan.base_lr * factor
    note = f"base_lr is scaled from {plan.base_lr:.6g} to {base:.6g} {said}; {_UNSCALED}"
    return msgspec.structs.replace(plan, base_lr=base, notes=(*plan.notes, note))


_UNSCALED = "a warm-up that is a part of it follows, floors and lengths stay"
