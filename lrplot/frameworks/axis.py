"""A schedule on the steps it is shown in: updates, or epochs where nobody says how long one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, Problem

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["Axis", "by_epoch", "by_update"]

_IN_EPOCHS = (
    "steps here are epochs, as the rate only changes from one to the next; --iters-per-epoch N "
    "shows updates"
)


class Axis(NamedTuple):
    """A schedule on the steps it is shown in."""

    schedule: Schedule
    max_iters: int
    iters_per_epoch: int
    notes: tuple[str, ...] = ()


def by_update(schedule: Schedule, epochs: float, per_epoch: int, given: Given) -> Axis:
    """Return a schedule that is stepped at every update."""
    return Axis(schedule, _length(epochs, per_epoch, given), per_epoch)


def by_epoch(schedule: Schedule, epochs: float, given: Given) -> Axis:
    """Return a schedule that is stepped once an epoch.

    Where nobody says how long an epoch is, its steps are the epochs.
    """
    per_epoch = given.iters_per_epoch
    if per_epoch is None and given.max_iters is not None:
        given.need("iters_per_epoch", "a rate that changes once an epoch, and --max-iters,")
    if per_epoch is None:
        return Axis(schedule, _end(epochs), 1, (_IN_EPOCHS,))
    from lrplot.schedules.combine import PerEpoch

    whole = PerEpoch(schedule=schedule, iters_per_epoch=per_epoch)
    return Axis(whole, _length(epochs, per_epoch, given), per_epoch)


def _length(epochs: float, per_epoch: int, given: Given) -> int:
    """Return the updates of epochs that may be more than those asked for, as of a cool-down."""
    asked = given.max_iters if given.max_epochs is None else None
    return asked or _end(epochs * per_epoch)


def _end(steps: float) -> int:
    if steps > LARGEST_STEP:
        raise InputError([Problem("the run has more than 2^53 steps")])
    return max(1, int(steps))
