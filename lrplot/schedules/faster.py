"""A schedule that takes several steps at each update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Period, Phase, Schedule, points

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from lrplot.schedules.base import Rates, Steps

__all__ = ["Faster"]

_MANY_KNOTS = 10_000
_FAR = 2**62  # steps further than any run goes; the schedule stands there


class Faster(Schedule, frozen=True, kw_only=True, tag="faster"):
    """A schedule whose scheduler takes several steps at each update.

        lr(t) = schedule(times * t)

    As where it is stepped once for each process. Where it is stepped at every batch of those whose
    gradients make an update, all but the last of these steps, those taken at_once, come before it:

        lr(t) = schedule(times * t + times - at_once)

    Where an epoch's last update has fewer batches, say how many steps an epoch has:

        lr(t) = schedule(e * steps_per_epoch + max(times * r, s - at_once))
                where t = e * iters_per_epoch + r
                and s = min(times * (r + 1), steps_per_epoch)

    A loop may step it no further than its last step: the schedule stands there from then on.
    """

    schedule: Annotated[Schedule, Meta(description="the schedule, counting its own steps")]
    times: Annotated[int, Meta(ge=1, le=2**31, description="steps that it takes at each update")]
    at_once: Annotated[
        Period | None, Meta(description="steps that it takes after the update; all, unless said")
    ] = None
    iters_per_epoch: Annotated[Period | None, Meta(description="updates in an epoch")] = None
    steps_per_epoch: Annotated[
        Period | None, Meta(description="steps that it takes in an epoch")
    ] = None
    last: Annotated[
        Period | None, Meta(description="the step after which it is stepped no more")
    ] = None

    def check(self) -> None:
        """Refuse half of what says how an epoch ends, and more steps at once than there are."""
        if (self.iters_per_epoch is None) != (self.steps_per_epoch is None):
            raise ParameterError("steps_per_epoch", "goes with iters_per_epoch: give both")
        if self.at_once is not None and self.at_once > self.times:
            raise ParameterError("at_once", f"must be at most times, {self.times}")

    @property
    def _before(self) -> int:
        """The steps that it takes before an update, of those that come with it."""
        return self.times - (self.at_once or self.times)

    def steps(self, updates: Any) -> Any:
        """Return the steps that the schedule has taken at an update, or at each of an array."""
        return np.minimum(self._asked(updates), _FAR if self.last is None else self.last)

    def _asked(self, updates: Any) -> Any:
        """Return the steps that the loop has asked it to take."""
        if self.iters_per_epoch is None or self.steps_per_epoch is None:
            return np.minimum(updates, _FAR // self.times) * self.times + self._before
        updates = np.minimum(updates, _FAR // max(self.times, self.steps_per_epoch))
        epochs, rest = np.divmod(updates, self.iters_per_epoch)
        begun = rest * self.times
        done = np.minimum(begun + self.times, self.steps_per_epoch)
        at_once = self.at_once or self.times
        return epochs * self.steps_per_epoch + np.maximum(begun, done - at_once)

    def when(self, step: int) -> int:
        """Return the first update at which the schedule has taken so many steps."""
        if self.iters_per_epoch is None or self.steps_per_epoch is None:
            return self._within(step)
        epochs, rest = divmod(step, self.steps_per_epoch)
        begins = epochs * self.iters_per_epoch
        if rest > self.steps_per_epoch - (self.at_once or self.times):
            return begins - (-rest // self.times)  # they are taken after the epoch's last update
        return begins + self._within(rest)

    def _within(self, step: int) -> int:
        return max(0, -((self._before - step) // self.times))

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule at the steps it has taken."""
        return self.schedule.lr(self.steps(steps), base)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    @classmethod
    def clock(cls, given: Mapping[str, Any]) -> Fraction:
        """Return the updates in a step of the schedule: a part of one."""
        from fractions import Fraction

        return Fraction(1, int(given.get("times", 1)))

    def knots(self, end: int) -> Knots:
        """Return the first update at or past each knot of the schedule; all, where too many."""
        inner = self.schedule.knots(int(self.steps(end)))
        if sum(map(len, inner)) > _MANY_KNOTS:
            return (range(end + 1),)
        last = [] if self.last is None else [self.when(self.last)]
        return points(end, *{self.when(step) for knot in inner for step in knot}, *last)

    def extent(self) -> int:
        """Return the updates in which the schedule shows what it does."""
        inner = self.schedule.extent()
        return max(1, self.when(inner if self.last is None else min(inner, self.last)))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's own, in updates; those shorter than one are left out."""
        inner = self.schedule.phases(int(self.steps(end)))
        edges = [(each.name, self.when(each.start), self.when(each.end)) for each in inner]
        over = edges[-1][2] if edges else 0
        edges.append(("past its end", over, end))
        return tuple(Phase(name, a, min(b, end)) for name, a, b in edges if a < min(b, end))

    def momentum(self) -> Schedule | None:
        """Return the momentum's schedule, stepped as this one."""
        inner = self.schedule.momentum()
        if inner is None:
            return None
        return msgspec.structs.replace(self, schedule=inner)
