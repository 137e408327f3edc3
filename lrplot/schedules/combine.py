"""Schedules made of schedules: one after another, one through another, on another clock."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Period, Phase, Rate, Schedule, joined_phases, points
from lrplot.schedules.shift import shifted_knots, shifted_phases
from lrplot.schedules.steps import Milestones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.schedules.base import Rates, Steps

__all__ = ["Chain", "Clip", "PerEpoch", "Repeat", "Scale", "Sequence"]

_MANY_KNOTS = 10_000


class Sequence(Schedule, frozen=True, kw_only=True, tag="sequence"):
    """One schedule after another, each counting from its own start.

        lr(t) = schedules[i](t - milestones[i-1])
                where milestones[i-1] <= t < milestones[i]

    One schedule more than milestones; the last goes on for ever. Each starts from the base rate
    (hand_over: base) or from the rate that the one before it has come to (hand_over: carry).
    """

    schedules: Annotated[tuple[Schedule, ...], Meta(description="the schedules, in order")]
    milestones: Annotated[Milestones, Meta(description="where each one after the first starts")]
    hand_over: Annotated[
        Literal["base", "carry"], Meta(description="which rate the next schedule starts from")
    ] = "base"

    def check(self) -> None:
        """Refuse milestones out of order, or a number of them that does not fit."""
        if len(self.milestones) != len(self.schedules) - 1:
            raise ParameterError(
                "milestones",
                f"must be one fewer than schedules: {len(self.schedules) - 1}, "
                f"got {len(self.milestones)}",
            )
        if any(later <= earlier for earlier, later in pairwise((0, *self.milestones))):
            raise ParameterError("milestones", "must rise from one to the next, above 0")

    def _starts(self) -> tuple[int, ...]:
        return (0, *self.milestones)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate each schedule on its own stretch."""
        stretch = np.searchsorted(self.milestones, steps, side="right")
        rates = np.empty(np.shape(steps))
        for i, (start, schedule) in enumerate(zip(self._starts(), self.schedules, strict=True)):
            here = stretch == i
            rates[here] = schedule.lr(steps[here] - start, base[here])
            if self.hand_over == "carry" and i < len(self.milestones):
                handed = np.full_like(steps, self.milestones[i] - start)
                base = schedule.lr(handed, base)
        return rates

    def uses_base(self) -> bool:
        """Say whether any of them needs it."""
        return any(schedule.uses_base() for schedule in self.schedules)

    @classmethod
    def room(cls, given: Mapping[str, Any], end: int, index: int) -> int:
        """Return the length of a schedule's stretch; the last has what is left of the run."""
        starts: tuple[int, ...] = (0, *given.get("milestones", ()))
        if index >= len(starts):
            return end
        stop = starts[index + 1] if index + 1 < len(starts) else end
        return max(1, stop - starts[index])

    def knots(self, end: int) -> Knots:
        """Return the milestones, and each schedule's own knots on its stretch."""
        stops = (*(milestone - 1 for milestone in self.milestones), end)
        inner = [
            knot
            for start, stop, schedule in zip(self._starts(), stops, self.schedules, strict=True)
            for knot in shifted_knots(schedule, start, min(stop, end))
        ]
        return (*points(end, *self.milestones), *inner)

    def extent(self) -> int:
        """Return the last start and what the last schedule needs."""
        return self._starts()[-1] + self.schedules[-1].extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each schedule's own phases on its stretch."""
        stops = (*self.milestones, end)
        return tuple(
            phase
            for start, stop, schedule in zip(self._starts(), stops, self.schedules, strict=True)
            for phase in shifted_phases(schedule, start, min(stop, end))
        )


class Chain(Schedule, frozen=True, kw_only=True, tag="chain"):
    """One schedule through another: what leaves one is the base of the next.

        lr(t) = ... schedules[1](t, schedules[0](t, base_lr))

    The product, where each multiplies its base by a factor; a floor or a clip acts on what
    reaches it. All run on the same clock.
    """

    schedules: Annotated[tuple[Schedule, ...], Meta(description="the schedules, first to last")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Pass the base through each schedule."""
        for schedule in self.schedules:
            base = schedule.lr(steps, base)
        return base

    def uses_base(self) -> bool:
        """Say whether all of them do; one that does not forgets what stands before it."""
        return all(schedule.uses_base() for schedule in self.schedules)

    def knots(self, end: int) -> Knots:
        """Return the knots of all."""
        return tuple(knot for schedule in self.schedules for knot in schedule.knots(end))

    def extent(self) -> int:
        """Return the longest of all."""
        return max(schedule.extent() for schedule in self.schedules)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Cut the run wherever a phase of any of them begins, and join their names."""
        return joined_phases([schedule.phases(end) for schedule in self.schedules])


class PerEpoch(Schedule, frozen=True, kw_only=True, tag="per_epoch"):
    """A schedule that counts epochs: its rate changes only where an epoch begins.

        lr(t) = schedule(floor(t / iters_per_epoch))

    The lengths inside are in epochs.
    """

    schedule: Annotated[Schedule, Meta(description="the schedule, its steps being epochs")]
    iters_per_epoch: Annotated[
        Period,
        Meta(description="updates in an epoch", extra={"from": "iters_per_epoch"}),
    ]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule at each step's epoch."""
        return self.schedule.lr(steps // self.iters_per_epoch, base)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    @classmethod
    def clock(cls, given: Mapping[str, Any]) -> int:
        """Return the updates in an epoch."""
        return int(given.get("iters_per_epoch", 1))

    def knots(self, end: int) -> Knots:
        """Return the first step of each epoch."""
        return (range(self.iters_per_epoch, end + 1, self.iters_per_epoch),)

    def extent(self) -> int:
        """Return the schedule's own, in epochs."""
        return self.schedule.extent() * self.iters_per_epoch

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's own, from epoch to epoch."""
        size = self.iters_per_epoch
        inner = self.schedule.phases(-(-end // size))
        return tuple(Phase(p.name, p.start * size, min(end, p.end * size)) for p in inner)

    def momentum(self) -> Schedule | None:
        """Return the momentum's schedule, on the same clock."""
        inner = self.schedule.momentum()
        return inner and PerEpoch(schedule=inner, iters_per_epoch=self.iters_per_epoch)


class Repeat(Schedule, frozen=True, kw_only=True, tag="repeat"):
    """A schedule that starts again every so many steps.

    lr(t) = schedule(t mod period)
    """

    schedule: Annotated[Schedule, Meta(description="the schedule of one period")]
    period: Annotated[Period, Meta(description="steps after which it starts again")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule at each step's place within its period."""
        return self.schedule.lr(steps % self.period, base)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    @classmethod
    def room(cls, given: Mapping[str, Any], end: int, index: int) -> int:
        """Return the period."""
        del index
        return int(given.get("period", end))

    def knots(self, end: int) -> Knots:
        """Return the starts, and the schedule's knots in each period (all steps, if too many)."""
        inner = self.schedule.knots(min(end, self.period - 1))
        if sum(map(len, inner)) > _MANY_KNOTS:
            return (range(end + 1),)
        starts = range(self.period, end + 1, self.period)
        return (starts, *(range(step, end + 1, self.period) for knot in inner for step in knot))

    def extent(self) -> int:
        """Three periods."""
        return 3 * self.period


class Scale(Schedule, frozen=True, kw_only=True, tag="scale"):
    """The base rate times a number.

    lr(t) = factor * base_lr
    """

    example: ClassVar[dict[str, Any]] = {"factor": 0.5}

    factor: Annotated[float, Meta(ge=0, description="what the rate is multiplied by")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Multiply base."""
        del steps
        return base * self.factor


class Clip(Schedule, frozen=True, kw_only=True, tag="clip"):
    """The base rate, held between two bounds.

        lr(t) = min(max(base_lr, min_lr), max_lr)

    In a chain, the rate of what stands before it. Without a bound, none applies on that side.
    """

    example: ClassVar[dict[str, Any]] = {"min_lr": 0.001, "max_lr": 0.05}

    min_lr: Annotated[Rate, Meta(description="no rate is below this")] = 0.0
    max_lr: Annotated[Rate | None, Meta(description="no rate is above this")] = None

    def check(self) -> None:
        """Refuse bounds that cross."""
        if self.max_lr is not None and self.max_lr < self.min_lr:
            raise ParameterError("max_lr", f"must not be below min_lr, {self.min_lr}")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Clip base."""
        del steps
        low = np.maximum(base, self.min_lr)
        return low if self.max_lr is None else np.minimum(low, self.max_lr)
