"""What really happens where a scheduler is not stepped once at each update, as it was meant to be.

A loop may step it at every batch though several make an update, once an epoch, or several times at
each update, as a library does that steps it once for every process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot._lazy import np
from lrplot.errors import InputError, UsageError
from lrplot.schedules.combine import PerEpoch
from lrplot.schedules.faster import Faster

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["STEPPED_PER", "stepped"]

STEPPED_PER = ("update", "micro-batch", "epoch")
_LOOKS = 1000  # updates at which two curves are compared


class _Clock(NamedTuple):
    """A schedule as it is stepped, how to say so, and how many updates some of its steps take."""

    schedule: Schedule
    said: str
    when: Callable[[int], int]


def stepped(plan: Plan, per: str = "update", times: int = 1) -> Plan:
    """Return the plan of a run whose loop steps the scheduler so, with a note of what that does.

    Where the scheduler then gives no rate before the run is over, the plan ends there.

    Args:
        plan: what was meant: a step of the schedule at each update, or each epoch where it says so.
        per: what the loop steps the scheduler at: "update", "micro-batch" (each batch of those that
            an update accumulates) or "epoch".
        times: how many steps it takes each time.

    Raises:
        UsageError: `per` needs a size that is not known.
    """
    clock = _CLOCKS[per](plan, times)
    if clock.schedule == plan.schedule:
        return plan
    real = msgspec.structs.replace(plan, schedule=clock.schedule)
    end = _last_with_a_rate(real)
    if end < plan.max_iters:
        real = msgspec.structs.replace(real, max_iters=max(1, end))
        note = f"stepped {clock.said}, it gives no rate from update {end + 1:,} on: training stops"
    else:
        note = f"stepped {clock.said}, {_outcome(plan, real, clock)}"
    return msgspec.structs.replace(real, notes=(*plan.notes, note))


# -- the clocks ---------------------------------------------------------------------------------


def _counts_epochs(plan: Plan) -> bool:
    """Say whether the schedule is stepped once an epoch as it is."""
    return plan.in_epochs or (
        isinstance(plan.schedule, PerEpoch)
        and plan.schedule.iters_per_epoch == plan.iters_per_epoch
    )


def _per_update(plan: Plan, times: int) -> _Clock:
    if plan.in_epochs:
        raise UsageError("--stepped-per update needs an epoch's length", "add --iters-per-epoch N")
    inner = plan.schedule
    if _counts_epochs(plan) and isinstance(inner, PerEpoch):
        inner = inner.schedule
    if times == 1:
        return _Clock(inner, "at each update", int)
    faster = Faster(schedule=inner, times=times)
    return _Clock(faster, f"{times} times at each update", faster.when)


def _per_batch(plan: Plan, times: int) -> _Clock:
    """Return the schedule at each update's batches; those left over in an epoch step it too."""
    batches = plan.horizon.accumulate
    if batches is None:
        raise UsageError("--stepped-per micro-batch needs --accumulate", "add --accumulate N")
    once = _per_update(plan, 1).schedule
    if batches * times == 1:
        return _Clock(once, "at each batch", int)
    epoch: dict[str, Any] = {}
    per_epoch = plan.horizon.batches_per_epoch
    if per_epoch is not None and per_epoch != batches * (plan.iters_per_epoch or 0):
        epoch = {"iters_per_epoch": plan.iters_per_epoch, "steps_per_epoch": per_epoch * times}
    said = "at each batch" + (f" {times} times" if times > 1 else "")
    faster = Faster(schedule=once, times=batches * times, **epoch)
    return _Clock(faster, f"{said}, {batches * times} times an update", faster.when)


def _per_epoch(plan: Plan, times: int) -> _Clock:
    length = plan.iters_per_epoch
    if length is None:
        hint = "add --iters-per-epoch N, or --dataset-size and --batch-size"
        raise UsageError("--stepped-per epoch needs an epoch's length", hint)
    said = "once an epoch" if times == 1 else f"{times} times an epoch"
    once = _per_update(plan, 1).schedule if not plan.in_epochs else plan.schedule
    inner = once if times == 1 else Faster(schedule=once, times=times)
    whole = inner if plan.in_epochs else PerEpoch(schedule=inner, iters_per_epoch=length)
    return _Clock(whole, said, lambda step: -(-step // times) * length)


def _as_it_counts(plan: Plan, times: int) -> _Clock:
    """Return the schedule stepped where it is meant to be: at each update, or once an epoch."""
    return (_per_epoch if _counts_epochs(plan) else _per_update)(plan, times)


_CLOCKS = {"": _as_it_counts, "update": _per_update, "micro-batch": _per_batch, "epoch": _per_epoch}


# -- what comes of it ---------------------------------------------------------------------------


def _last_with_a_rate(plan: Plan) -> int:
    """Return the last update up to the run's end that has a rate."""
    fine, failing = -1, plan.max_iters + 1
    while failing - fine > 1:
        middle = plan.max_iters if fine < 0 and failing > plan.max_iters else (fine + failing) // 2
        try:
            plan.lr(middle)
        except InputError:
            failing = middle
        else:
            fine = middle
    return fine


def _outcome(meant: Plan, real: Plan, clock: _Clock) -> str:
    """Say when the schedule has taken all its steps, if it does, and which rate that makes."""
    end = meant.max_iters
    looks = np.unique(np.linspace(0, end, _LOOKS).astype(np.int64))
    if np.array_equal(meant.lr(looks), real.lr(looks)):
        return "the rate is the same"
    if meant.open_end:
        return (
            f"the rate is {real.lr(end):.6g} at update {end:,}, where {meant.lr(end):.6g} is meant"
        )
    rates = f"at the end the rate is {real.lr(end):.6g} where {meant.lr(end):.6g} is meant"
    steps = _steps_of(meant)
    over = clock.when(steps)
    if over > end:
        return f"the schedule does not come to its end, step {steps:,}, in the run; {rates}"
    unit = "epoch" if meant.in_epochs else "update"
    said = f"the schedule is over at {100 * over / end:.3g} % of the run, {unit} {over:,}"
    after = real.lr(looks[looks >= over])
    if np.all(after == meant.lr(end)):
        return f"{said}; the rate stays at {real.lr(end):.6g} from there"
    return f"{said}; {rates}"


def _steps_of(plan: Plan) -> int:
    """Return the steps that the schedule takes in the run as it is meant."""
    if isinstance(plan.schedule, PerEpoch) and _counts_epochs(plan) and not plan.in_epochs:
        return -(-plan.max_iters // plan.schedule.iters_per_epoch)
    return plan.max_iters
