"""mmengine's schedulers as rules: what a rule is, and those that multiply the value that stands.

A rule counts its own steps, s = 0, 1, ..., from where its window begins: s = 0 is what it does
there first, and s - 1 -> s is one update of the value, v(s) = a * v(s-1) + b. `between` is that
update over many steps at once, in closed form, so that a rule can take over a value at any step.

Source: mmengine 0.10.7, mmengine/optim/scheduler/param_scheduler.py.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.durations import LARGEST_STEP
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Schedule, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "ConstantRule",
    "ExponentialRule",
    "Factor",
    "Failure",
    "LinearRule",
    "MultiStepRule",
    "Rule",
    "Span",
    "StepRule",
]

Failure = tuple[int, str]
Factor = Annotated[float, Meta(ge=0, le=1)]
Span = Annotated[float, Meta(description="the window's steps less one: where the end is reached")]


class Rule(Schedule, frozen=True, kw_only=True):
    """What a scheduler does to the value that stands, step after step of its own clock."""

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Return a and b of v(steps) = a * v(since) + b, where steps > since >= -1.

        Args:
            since: the last step done, -1 where none is; of the steps' shape, or one for all.
            steps: the step to arrive at.
            base: the value the optimizer was built with ("initial_lr").
        """
        raise NotImplementedError

    def between(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Return a and b of v(steps) = a * v(since) + b; nothing moves where steps <= since."""
        still = steps <= since
        if not still.any():
            return self.moves(since, steps, base)
        a, b = self.moves(np.where(still, -1, since), np.where(still, 0, steps), base)
        return np.where(still, 1.0, a), np.where(still, 0.0, b)

    def multiplies(self, last: int, base: float) -> bool:
        """Say whether the rule only multiplies what stands (b = 0) up to a step."""
        del last, base
        return True

    def fails(self) -> Failure | None:
        """Return the first step at which mmengine raises an error, and its reason."""
        return None

    def title(self) -> str:
        """Return what a person calls it."""
        return self.name().rpartition(".")[2]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return the curve of the rule alone, from its own start; base is one rate throughout."""
        a, b = self.between(np.asarray([-1]), steps, float(base.flat[0]) if base.size else 0.0)
        return a * base + b


def _plain(a: Rates) -> tuple[Rates, Rates]:
    return a, np.zeros(a.shape)


class StepRule(Rule, frozen=True, kw_only=True, tag="mmengine.StepLR"):
    """v <- v * gamma wherever s is a multiple of step_size, but not at 0."""

    step_size: float
    gamma: float = 0.1

    @property
    def period(self) -> int:
        """The multiples of step_size that are whole are those of this number."""
        return min(abs(Fraction(self.step_size).numerator), LARGEST_STEP) or 1

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Count the drops between; see the class."""
        del base
        drops = steps // self.period - np.maximum(since, 0) // self.period
        return _plain(np.power(self.gamma, drops.astype(np.float64)))

    def fails(self) -> Failure | None:
        """Fail where step_size is 0, as every step after the first is divided by it."""
        return None if self.step_size else (1, "step_size is 0, and the step is divided by it")

    def knots(self, end: int) -> Knots:
        """Return each drop."""
        return (range(self.period, end + 1, self.period),)

    def extent(self) -> int:
        """Four levels."""
        return 4 * self.period

    def title(self) -> str:
        """Say the factor."""
        return f"step x{self.gamma:g}"


class MultiStepRule(Rule, frozen=True, kw_only=True, tag="mmengine.MultiStepLR"):
    """v <- v * gamma at each milestone, once for each time it is written."""

    milestones: tuple[float, ...]
    gamma: float = 0.1

    @property
    def marks(self) -> tuple[int, ...]:
        """The milestones that the clock can meet, in order."""
        met = (mark for mark in self.milestones if 0 <= mark <= LARGEST_STEP and mark % 1 == 0)
        return tuple(sorted(map(int, met)))

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Count the milestones between; see the class."""
        del base
        marks = np.asarray(self.marks, dtype=np.int64)
        met = np.searchsorted(marks, steps, side="right")
        met -= np.searchsorted(marks, since, side="right")
        return _plain(np.power(self.gamma, met.astype(np.float64)))

    def knots(self, end: int) -> Knots:
        """Return the milestones."""
        return points(end, *self.marks)

    def extent(self) -> int:
        """A quarter past the last milestone."""
        return max(1, math.ceil(1.25 * max(self.marks, default=0)))

    def title(self) -> str:
        """Say the factor."""
        return f"step x{self.gamma:g}"


class ConstantRule(Rule, frozen=True, kw_only=True, tag="mmengine.ConstantLR"):
    """v <- v * factor at 0, and v <- v / factor at the last step of the window."""

    factor: float
    span: Span
    any: bool = False

    def check(self) -> None:
        """Refuse a factor outside 0 to 1, unless any is allowed."""
        if not self.any and not 0 <= self.factor <= 1:
            raise ParameterError("factor", f"must be between 0 and 1, got {self.factor:g}")

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Multiply and give back; see the class."""
        del base
        down = np.where(since < 0, self.factor, 1.0)
        back = (steps >= self.span) & (since < self.span) & (self.span >= 1) & (self.span % 1 == 0)
        return _plain(down * np.where(back, 1.0 / self.factor if self.factor else 1.0, 1.0))

    def fails(self) -> Failure | None:
        """Fail where a factor of 0 is to be taken back."""
        if self.factor or self.span < 1 or self.span % 1:
            return None
        return int(self.span), "factor is 0, and cannot be taken back"

    def knots(self, end: int) -> Knots:
        """Return the step that gives back."""
        return points(end, self.span) if self.span % 1 == 0 else ()

    def title(self) -> str:
        """Say the factor."""
        return "constant" if self.factor == 1 else f"constant x{self.factor:g}"


class ExponentialRule(Rule, frozen=True, kw_only=True, tag="mmengine.ExponentialLR"):
    """v <- v * gamma at every step but 0."""

    gamma: float

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Count the steps between; see the class."""
        del base
        passed = steps - np.maximum(since, 0)
        return _plain(np.power(self.gamma, passed.astype(np.float64)))

    def title(self) -> str:
        """Say the factor."""
        return f"exponential x{self.gamma:g}"


class LinearRule(Rule, frozen=True, kw_only=True, tag="mmengine.LinearLR"):
    """v * start_factor at 0, then in equal steps to v * end_factor at span, where the window ends.

    With f(s) = span * start_factor + s * (end_factor - start_factor), v <- v * f(s) / f(s-1).
    """

    start_factor: Factor
    end_factor: Factor
    span: Span

    def _line(self, steps: Steps) -> Rates:
        slope = self.end_factor - self.start_factor
        return np.asarray(self.span * self.start_factor + steps * slope, dtype=np.float64)

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Divide the line at both steps; see the class."""
        del base
        done = np.maximum(since, 0)
        at = self._line(done)
        passed = np.where(steps > done, self._line(steps) / np.where(at == 0, 1.0, at), 1.0)
        return _plain(np.where(since < 0, self.start_factor, 1.0) * passed)

    def fails(self) -> Failure | None:
        """Fail where the first factor is 0, as the next is found by dividing by it."""
        return None if self.start_factor else (1, "start_factor is 0, and is divided by")

    def title(self) -> str:
        """Say whether it rises."""
        return "linear warm-up" if self.end_factor > self.start_factor else "linear decay"
