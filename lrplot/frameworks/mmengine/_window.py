"""The arguments that all of mmengine's schedulers have: the window they act in, and its clock."""
# ruff: noqa: FBT001  by_epoch is the framework's own argument

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.durations import LARGEST_STEP
from lrplot.errors import ParameterError
from lrplot.frameworks.mmengine._list import Scheduler, Schedulers

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["Window", "refuse_text", "window_of"]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments that all of them have."""

    begin: float
    end: float
    last_step: int
    by_epoch: bool

    def acting(self, rule: Schedule, given: Given) -> Schedulers:
        """Return a rule in this window; an epoch of unknown length is one step."""
        if self.last_step != -1:
            raise ParameterError("last_step", "must be -1: a run is followed from its start")
        scheduler = Scheduler(
            rule=rule,
            begin=self.begin,
            end=self.end,
            by_epoch=self.by_epoch,
            tick=(given.iters_per_epoch or 1) if self.by_epoch else 1,
        )
        return Schedulers(schedulers=(scheduler,))


def window_of(begin: float, end: float, last_step: int, by_epoch: bool) -> Window:
    refuse_text(begin=begin, end=end)
    if end <= begin:
        raise ParameterError("end", f"must be larger than begin: {begin:g}, {end:g}")
    return Window(begin=begin, end=end, last_step=last_step, by_epoch=by_epoch)


def refuse_text(**numbers: Any) -> None:
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ParameterError(key, f"must be a number, got {value!r}")
        if not abs(value) <= LARGEST_STEP:
            raise ParameterError(key, "must be a number of at most 2^53")
