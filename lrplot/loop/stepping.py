"""What really happens where a scheduler is not stepped once at each update, as it was meant to be.

A loop may step it at every batch though several make an update, once an epoch, or several times at
each update, as a library does that steps it once for every process.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot._lazy import np
from lrplot.durations import LARGEST_STEP
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
    """A schedule as it is stepped, how to say so, and the steps it has taken at an update."""

    schedule: Schedule
    said: str
    taken: Callable[[int], int]


def stepped(plan: Plan, per: str = "update", times: int = 1) -> Plan:
    """Return the plan of a run whose loop steps the scheduler so, with a note of what that does.

    Where the scheduler gives no rate past its end, a loop that steps it several times stops
    stepping it there, as prepared schedulers do; in any other the plan ends with the last rate.

    Args:
        plan: what was meant: a step of the schedule at each update, or each epoch where it says so.
        per: what the loop steps the scheduler at: "update", "micro-batch" (each batch of those that
            an update accumulates) or "epoch".
        times: how many steps it takes each time.

    Raises:
        UsageError: `per` needs a size that is not known.
    """
    clock = _CLOCKS[per](plan, times, None)
    if clock.schedule == plan.schedule:
        return _noted(plan, f"stepped {clock.said}, the rate is the same")
    rated = _last_with_a_rate(_at_the_pace(plan, clock))
    stops = plan.max_iters
    if rated < plan.max_iters:
        last = _last_step(plan, clock)
        clock = _CLOCKS[per](plan, times, last)
        if times == 1:
            stops = max(1, rated, bisect_left(range(stops), last, key=clock.taken))
    real = _at_the_pace(plan, clock)
    if stops == plan.max_iters:
        return _noted(real, f"stepped {clock.said}, {_outcome(plan, real, clock)}")
    no_more = f"it gives no rate from update {rated + 1:,} on: training stops"
    ended = msgspec.structs.replace(real, max_iters=stops)
    return _noted(ended, f"stepped {clock.said}, {no_more}")


def _at_the_pace(plan: Plan, clock: _Clock) -> Plan:
    return msgspec.structs.replace(plan, schedule=clock.schedule)


def _noted(plan: Plan, note: str) -> Plan:
    return msgspec.structs.replace(plan, notes=(*plan.notes, note))


# -- the clocks ---------------------------------------------------------------------------------


def _counts_epochs(plan: Plan) -> bool:
    """Say whether the schedule is stepped once an epoch as it is."""
    return plan.in_epochs or (
        isinstance(plan.schedule, PerEpoch)
        and plan.schedule.iters_per_epoch == plan.iters_per_epoch
    )


def _own(plan: Plan) -> Schedule:
    """Return the schedule on its own steps, whatever it was meant to be stepped at."""
    if _counts_epochs(plan) and isinstance(plan.schedule, PerEpoch):
        return plan.schedule.schedule
    return plan.schedule


def _hurried(schedule: Schedule, times: int, last: int | None, **epoch: Any) -> Schedule:
    return schedule if times == 1 else Faster(schedule=schedule, times=times, last=last, **epoch)


def _per_update(plan: Plan, times: int, last: int | None) -> _Clock:
    if plan.in_epochs:
        raise UsageError("--stepped-per update needs an epoch's length", "add --iters-per-epoch N")
    said = "at each update" if times == 1 else f"{times} times at each update"
    return _Clock(_hurried(_own(plan), times, last), said, lambda update: update * times)


def _per_batch(plan: Plan, times: int, last: int | None) -> _Clock:
    """Return the schedule at each update's batches; those left over in an epoch step it too.

    An update comes before the steps of its last batch, and after the run's last none are taken.
    """
    batches = plan.horizon.accumulate
    if batches is None:
        raise UsageError("--stepped-per micro-batch needs --accumulate", "add --accumulate N")
    if batches * times == 1:
        return _per_update(plan, 1, last)._replace(said="at each batch")
    epoch: dict[str, Any] = {}
    per_epoch = plan.horizon.batches_per_epoch
    if per_epoch is not None and per_epoch != batches * (plan.iters_per_epoch or 0):
        epoch = {"iters_per_epoch": plan.iters_per_epoch, "steps_per_epoch": per_epoch * times}
    said = "at each batch" + (f" {times} times" if times > 1 else "")
    after_all = Faster(schedule=_own(plan), times=batches * times, **epoch)
    done = None if plan.open_end else int(after_all.steps(plan.max_iters))
    faster = msgspec.structs.replace(after_all, at_once=times, last=last or done)
    return _Clock(
        faster, f"{said}, {batches * times} times an update", lambda at: int(after_all.steps(at))
    )


def _per_epoch(plan: Plan, times: int, last: int | None) -> _Clock:
    length = plan.iters_per_epoch
    if length is None:
        hint = "add --iters-per-epoch N, or --dataset-size and --batch-size"
        raise UsageError("--stepped-per epoch needs an epoch's length", hint)
    said = "once an epoch" if times == 1 else f"{times} times an epoch"
    inner = _hurried(_own(plan), times, last)
    whole = inner if plan.in_epochs else PerEpoch(schedule=inner, iters_per_epoch=length)
    return _Clock(whole, said, lambda update: update // length * times)


def _as_it_counts(plan: Plan, times: int, last: int | None) -> _Clock:
    """Return the schedule stepped where it is meant to be: at each update, or once an epoch."""
    return (_per_epoch if _counts_epochs(plan) else _per_update)(plan, times, last)


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


def _last_step(plan: Plan, clock: _Clock) -> int:
    """Return the last of the schedule's own steps that has a rate."""
    steps = clock.taken(plan.max_iters)
    alone = msgspec.structs.replace(plan, schedule=_own(plan), max_iters=steps)
    return max(1, _last_with_a_rate(alone))


def _outcome(meant: Plan, real: Plan, clock: _Clock) -> str:
    """Say from where on the rate stays, or how many steps are taken, and which rate that makes."""
    end, looks = meant.max_iters, _looks(meant)
    if np.array_equal(meant.lr(looks), real.lr(looks)):
        return "the rate is the same"
    over, due = _rest(real), _rest(meant)
    if over < end and _stands(meant, clock):
        stays = f"the rate stays at {real.lr(end):.6g} from there"
        where = f", where {_unit(meant)} {due:,} is meant" if due < end else ""
        return f"the schedule is over at {_at(meant, over)}; {stays}{where}"
    rates = f"at the end the rate is {real.lr(end):.6g}"
    taken, steps = clock.taken(end), _steps_of(meant)
    if taken == _own(meant).extent():
        once = "an epoch" if _counts_epochs(meant) else "an update"
        all_of_it = f"it takes all of its {taken:,} steps in {_run(meant)}"
        return f"{all_of_it}; {rates}, where once {once} makes {meant.lr(end):.6g}"
    if taken > steps:
        over = bisect_left(range(end), steps, key=clock.taken)
        many = f"the {steps:,} steps that are meant are over at {_at(meant, over)}"
    else:
        many = f"it takes {taken:,} steps in {_run(meant)}, where {steps:,} are meant"
    return f"{many}; {rates} where {meant.lr(end):.6g} is meant"


def _at(plan: Plan, step: int) -> str:
    return f"{100 * step / plan.max_iters:.3g} % of {_run(plan)}, {_unit(plan)} {step:,}"


def _unit(plan: Plan) -> str:
    return "epoch" if plan.in_epochs else "update"


def _run(plan: Plan) -> str:
    return "what is shown" if plan.open_end else "the run"


def _looks(plan: Plan) -> Any:
    return np.unique(np.linspace(0, plan.max_iters, _LOOKS).astype(np.int64))


def _stands(plan: Plan, clock: _Clock) -> bool:
    """Say whether the schedule is over with the steps taken: its rate would stay past them too."""
    taken, own = clock.taken(plan.max_iters), msgspec.structs.replace(plan, schedule=_own(plan))
    far = min(LARGEST_STEP, max(10 * taken, 2 * plan.max_iters, own.schedule.extent()) + 1)
    try:
        later = own.lr(np.unique(np.linspace(taken, far, _LOOKS).astype(np.int64)))
    except InputError:  # no rate there
        return True
    return bool(np.all(later == own.lr(taken)))


def _rest(plan: Plan) -> int:
    """Return the first update from which on the rate stays as it is at the run's end."""
    looks, last = _looks(plan), plan.lr(plan.max_iters)
    moving = np.flatnonzero(plan.lr(looks) != last)
    if not moving.size:
        return 0
    before, after = int(looks[moving[-1]]), int(looks[moving[-1] + 1])
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if plan.lr(middle) == last else (middle, after)
    return after


def _steps_of(plan: Plan) -> int:
    """Return the steps that the schedule takes in the run as it is meant."""
    if _counts_epochs(plan) and not plan.in_epochs:
        return plan.max_iters // (plan.iters_per_epoch or 1)
    return plan.max_iters
