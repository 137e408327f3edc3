"""What really happens where a scheduler is not stepped once at each update, as it was meant to be.

A loop may step it at every batch though several make an update, once an epoch, or several times at
each update, as a library does that steps it once for every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import UsageError
from lrplot.schedules.combine import PerEpoch
from lrplot.schedules.faster import Faster

if TYPE_CHECKING:
    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["STEPPED_PER", "stepped"]

STEPPED_PER = ("update", "micro-batch", "epoch")


def stepped(plan: Plan, per: str = "update", times: int = 1) -> Plan:
    """Return the plan of a run whose loop steps the scheduler so, with a note of what that does.

    Args:
        plan: what was meant: a step of the schedule at each update.
        per: what the loop steps the scheduler at: "update", "micro-batch" (each batch of those that
            an update accumulates) or "epoch".
        times: how many steps it takes each time.

    Raises:
        UsageError: `per` needs a size that is not known.
    """
    clock, said = _CLOCKS[per](plan, times)
    if clock is plan.schedule:
        return plan
    notes = (*plan.notes, f"stepped {said}, {_outcome(plan, clock)}")
    return msgspec.structs.replace(plan, schedule=clock, notes=notes)


def _per_update(plan: Plan, times: int) -> tuple[Schedule, str]:
    if times == 1:
        return plan.schedule, ""
    return Faster(schedule=plan.schedule, times=times), f"{times} times at each update"


def _per_batch(plan: Plan, times: int) -> tuple[Schedule, str]:
    """Return the schedule at each update's batches; those left over in an epoch step it too."""
    batches = plan.horizon.accumulate
    if batches is None:
        raise UsageError("--stepped-per micro-batch needs --accumulate", "add --accumulate N")
    if batches * times == 1:
        return plan.schedule, ""
    epoch: dict[str, Any] = {}
    per_epoch = plan.horizon.batches_per_epoch
    if per_epoch is not None and per_epoch != batches * (plan.iters_per_epoch or 0):
        epoch = {"iters_per_epoch": plan.iters_per_epoch, "steps_per_epoch": per_epoch * times}
    said = "at each batch" + (f" {times} times" if times > 1 else "")
    schedule = Faster(schedule=plan.schedule, times=batches * times, **epoch)
    return schedule, f"{said}, {batches * times} times an update"


def _per_epoch(plan: Plan, times: int) -> tuple[Schedule, str]:
    if plan.iters_per_epoch is None:
        hint = "add --iters-per-epoch N, or --dataset-size and --batch-size"
        raise UsageError("--stepped-per epoch needs an epoch's length", hint)
    inner, _ = _per_update(plan, times)
    said = "once an epoch" if times == 1 else f"{times} times an epoch"
    return PerEpoch(schedule=inner, iters_per_epoch=plan.iters_per_epoch), said


_CLOCKS = {"update": _per_update, "micro-batch": _per_batch, "epoch": _per_epoch}


def _outcome(plan: Plan, clock: Schedule) -> str:
    """Say where the schedule stands when the run is over, or when it was over before the run."""
    end = plan.max_iters
    if isinstance(clock, Faster):
        over = clock.when(end)
        return f"the schedule is over at {_percent(over, end)} of the run, update {over:,}"
    stands = msgspec.structs.replace(plan, schedule=clock).lr(end)
    assert isinstance(clock, PerEpoch)  # noqa: S101  the other clock there is
    inner = clock.schedule
    done = end // clock.iters_per_epoch * (inner.times if isinstance(inner, Faster) else 1)
    return (
        f"the schedule has come {_percent(done, end)} of its way at the end of the run, step "
        f"{done:,} of {end:,}: the rate is {stands:.6g} where {plan.lr(end):.6g} was meant"
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %"
