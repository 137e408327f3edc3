"""Schedules that stay level between the steps where they change."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import (
    Knots,
    Period,
    Phase,
    Schedule,
    extent_past,
    points,
)

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["MultiStep", "Piecewise", "Step", "Table", "level_phases"]

Milestones = Annotated[
    tuple[Annotated[int, Meta(ge=0, le=2**53)], ...],
    Meta(description="steps from which the rate changes, in order", extra={"unit": "steps"}),
]
Values = Annotated[
    tuple[Annotated[float, Meta(ge=0)], ...],
    Meta(min_length=1, extra={"unit": "rate"}),
]

_NAMED_LEVELS = 12


def level_phases(name: str, knots: Knots, end: int) -> tuple[Phase, ...]:
    """Return a phase for each level between knots; one for all of them where they are many."""
    edges = {0, end}
    if sum(map(len, knots)) < _NAMED_LEVELS:
        edges |= {step for knot in knots for step in knot if step < end}
    return tuple(Phase(name, start, stop) for start, stop in pairwise(sorted(edges)))


class Piecewise(Schedule, frozen=True, kw_only=True, tag="piecewise"):
    """Given rates between given steps.

        lr(t) = values[i]        boundaries[i-1] <= t < boundaries[i]

    values[0] at 0; the last value from the last boundary on, for ever. One value more than
    boundaries; the base rate plays no part. Paddle's PiecewiseDecay.
    """

    example: ClassVar[dict[str, Any]] = {"boundaries": [100, 200], "values": [1.0, 0.5, 0.1]}

    boundaries: Milestones
    values: Annotated[Values, Meta(description="the rates, one more than boundaries")]

    def check(self) -> None:
        """Refuse boundaries out of order, or a number of values that does not fit them."""
        _refuse_disorder("boundaries", self.boundaries, strictly=True)
        wanted = len(self.boundaries) + 1
        if len(self.values) != wanted:
            raise ParameterError(
                "values",
                f"must hold one value more than boundaries: {wanted}, got {len(self.values)}",
            )

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Look up the level of each step; base plays no part."""
        del base
        levels = np.asarray(self.values, dtype=np.float64)
        level: Rates = levels[np.searchsorted(self.boundaries, steps, side="right")]
        return level

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the boundaries."""
        return points(end, *self.boundaries)

    def extent(self) -> int:
        """A quarter past the last boundary."""
        return extent_past(*self.boundaries)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level."""
        return level_phases(self.name(), self.knots(end), end)


class Step(Schedule, frozen=True, kw_only=True, tag="step"):
    """A drop by a factor every so many steps.

        lr(t) = base_lr * gamma^floor(t / step_size)

    base_lr for the first step_size steps; it never ends. Torch's StepLR, Paddle's StepDecay.
    """

    example: ClassVar[dict[str, Any]] = {"step_size": 30, "gamma": 0.1}

    step_size: Annotated[Period, Meta(description="steps between drops")]
    gamma: Annotated[float, Meta(ge=0, description="the factor of each drop")] = 0.1

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        return base * np.power(self.gamma, (steps // self.step_size).astype(np.float64))

    def knots(self, end: int) -> Knots:
        """Return every multiple of step_size."""
        return (range(self.step_size, end + 1, self.step_size),)

    def extent(self) -> int:
        """Four levels."""
        return 4 * self.step_size

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level, where they are few."""
        return level_phases(self.name(), self.knots(end), end)


class MultiStep(Schedule, frozen=True, kw_only=True, tag="multistep"):
    """A drop by a factor at each milestone.

        lr(t) = base_lr * gamma^(number of milestones <= t)

    base_lr before the first milestone; level for ever after the last. A milestone written twice
    counts twice. Torch's MultiStepLR, Paddle's MultiStepDecay.
    """

    example: ClassVar[dict[str, Any]] = {"milestones": [30, 50], "gamma": 0.1}

    milestones: Milestones
    gamma: Annotated[float, Meta(ge=0, description="the factor of each drop")] = 0.1

    def check(self) -> None:
        """Refuse milestones out of order."""
        _refuse_disorder("milestones", self.milestones, strictly=False)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        passed = np.searchsorted(self.milestones, steps, side="right")
        return base * np.power(self.gamma, passed.astype(np.float64))

    def knots(self, end: int) -> Knots:
        """Return the milestones."""
        return points(end, *self.milestones)

    def extent(self) -> int:
        """A quarter past the last milestone."""
        return extent_past(*self.milestones)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level."""
        return level_phases(self.name(), self.knots(end), end)


class Table(Schedule, frozen=True, kw_only=True, tag="table"):
    """Recorded rates, one per step.

        lr(t) = values[t]

    values[0] at 0; beyond the last value it holds that one. The base rate plays no part.
    """

    example: ClassVar[dict[str, Any]] = {"values": [0.1, 0.08, 0.05, 0.01]}

    values: Annotated[Values, Meta(description="the rate of each step, from step 0")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Look each step up; base plays no part."""
        del base
        recorded: Rates = np.asarray(self.values, dtype=np.float64)
        found: Rates = recorded[np.minimum(steps, len(recorded) - 1)]
        return found

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return every recorded step."""
        return (range(min(end + 1, len(self.values))),)

    def extent(self) -> int:
        """Return the last recorded step."""
        return max(1, len(self.values) - 1)


def _refuse_disorder(name: str, steps: tuple[int, ...], *, strictly: bool) -> None:
    for earlier, later in pairwise(steps):
        if later < earlier or (strictly and later == earlier):
            order = "rise" if strictly else "not fall"
            raise ParameterError(name, f"must {order} from one to the next: {earlier}, {later}")
