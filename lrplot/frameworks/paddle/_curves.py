"""The curves of paddle.optimizer.lr that fall, or rise, once.

Fields have Paddle's names and bounds; operations come in Paddle's order.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate, count
from operator import mul
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._absolute import Absolute, Positive
from lrplot.schedules.base import Knots, Period, Phase, Rate, extent_past, points
from lrplot.schedules.expression import compile_expression
from lrplot.schedules.scan import Recursive, Scan
from lrplot.schedules.shift import named_stretches
from lrplot.schedules.steps import level_phases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "ExponentialCurve",
    "InverseTimeCurve",
    "LambdaCurve",
    "LinearCurve",
    "NaturalExpCurve",
    "NoamCurve",
    "PolynomialCurve",
    "ProductCurve",
    "StepCurve",
    "Stepped",
]

_NEAR = 2**12  # steps that are gone through one by one
_SHORTEST = 1e-200  # of a warm-up: its power -1.5 is finite


class Stepped(Absolute, frozen=True, kw_only=True):
    """A curve that Paddle works out step by step.

    The first few thousand steps are gone through as it does, which gives them to the last bit;
    what is beyond comes by a formula.
    """

    def rates(self, steps: Steps) -> Rates:
        """Look up the steps that are near, and evaluate the formula for the others."""
        rates, near = self.formula(steps), steps < _NEAR
        if near.any():
            size = 1 << int(steps[near].max()).bit_length()
            rates[near] = _gone_through(self, size)[steps[near]]
        return rates

    def formula(self, steps: Steps) -> Rates:
        """Return the rate at each step."""
        raise NotImplementedError

    def stepped(self) -> Iterator[float]:
        """Yield the rate of one step after the other, without end."""
        raise NotImplementedError


@lru_cache(maxsize=16)
def _gone_through(curve: Stepped, size: int) -> Rates:
    return np.fromiter(curve.stepped(), np.float64, size)


class NoamCurve(Absolute, frozen=True, kw_only=True, tag="noam"):
    """lr(t) = learning_rate * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5), 0 at 0."""

    d_model: Positive
    warmup_steps: Positive
    learning_rate: Rate

    def check(self) -> None:
        """Refuse a warm-up so short that Paddle cannot work out its power."""
        if self.warmup_steps < _SHORTEST:
            raise ParameterError("warmup_steps", f"is too near 0, got {self.warmup_steps:g}")

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        falling = np.float_power(np.maximum(steps, 1), -0.5)
        rising = self.warmup_steps**-1.5 * steps
        rates: Rates = self.learning_rate * self.d_model**-0.5 * np.minimum(falling, rising)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the peak."""
        return points(end, self.warmup_steps)

    def extent(self) -> int:
        """Ten times the warm-up."""
        return extent_past(8 * self.warmup_steps)


class ExponentialCurve(Absolute, frozen=True, kw_only=True, tag="exponential"):
    """lr(t) = learning_rate * gamma^t."""

    learning_rate: Rate
    gamma: Annotated[float, Meta(gt=0, lt=1)]

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        return self.learning_rate * np.float_power(self.gamma, steps)


class NaturalExpCurve(Stepped, frozen=True, kw_only=True, tag="natural_exp"):
    """lr(t) = learning_rate * exp(-gamma * t)."""

    learning_rate: Rate
    gamma: Annotated[float, Meta(gt=0)]

    def formula(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        rates: Rates = self.learning_rate * np.exp(-self.gamma * steps)
        return rates

    def stepped(self) -> Iterator[float]:
        """Yield the formula's value, with the exponential that Paddle has."""
        return (self.learning_rate * math.exp(-self.gamma * step) for step in count())


class InverseTimeCurve(Absolute, frozen=True, kw_only=True, tag="inverse_time"):
    """lr(t) = learning_rate / (1 + gamma * t); a gamma below 0 has a pole."""

    learning_rate: Rate
    gamma: float

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        rates: Rates = np.divide(self.learning_rate, 1 + self.gamma * steps)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the pole."""
        return points(end, -1 / self.gamma) if self.gamma * end <= -1 else ()


class PolynomialCurve(Absolute, frozen=True, kw_only=True, tag="poly"):
    """lr(t) = (learning_rate - end_lr) * (1 - t/D)^power + end_lr.

    D is decay_steps, and t held there; with cycle, decay_steps * ceil(t / decay_steps).
    """

    learning_rate: Rate
    decay_steps: Period
    end_lr: float
    power: Annotated[float, Meta(gt=0)]
    cycle: bool

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        if self.cycle:
            cycles = np.maximum(1, -(-steps // self.decay_steps))
            done = steps / (self.decay_steps * cycles)
        else:
            done = np.minimum(steps, self.decay_steps) / self.decay_steps
        left = np.float_power(1 - done, self.power)
        rates: Rates = (self.learning_rate - self.end_lr) * left + self.end_lr
        return rates

    def knots(self, end: int) -> Knots:
        """Return decay_steps; with cycle each multiple of it, and the jump a step later."""
        if not self.cycle:
            return points(end, self.decay_steps)
        return (
            range(self.decay_steps, end + 1, self.decay_steps),
            range(self.decay_steps + 1, end + 1, self.decay_steps),
        )

    def extent(self) -> int:
        """A quarter past decay_steps, or three cycles."""
        return 3 * self.decay_steps if self.cycle else extent_past(self.decay_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the decay and what follows."""
        last = end if self.cycle else self.decay_steps
        return named_stretches((self.name(), "constant"), (0, last, end), end)


class StepCurve(Absolute, frozen=True, kw_only=True, tag="step"):
    """lr(t) = learning_rate * gamma^floor(t / step_size)."""

    learning_rate: Rate
    step_size: Period
    gamma: Annotated[float, Meta(lt=1)]

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        return self.learning_rate * np.float_power(self.gamma, steps // self.step_size)

    def knots(self, end: int) -> Knots:
        """Return every multiple of step_size."""
        return (range(self.step_size, end + 1, self.step_size),)

    def extent(self) -> int:
        """Four levels."""
        return 4 * self.step_size

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level, where they are few."""
        return level_phases(self.name(), self.knots(end), end)


class LambdaCurve(Absolute, frozen=True, kw_only=True, tag="lambda"):
    """lr(t) = learning_rate * lr_lambda(t)."""

    learning_rate: Rate
    lr_lambda: str

    def check(self) -> None:
        """Refuse what is no expression."""
        compile_expression(self.lr_lambda)

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the expression and multiply."""
        return self.learning_rate * compile_expression(self.lr_lambda)(steps)

    def knots(self, end: int) -> Knots:
        """Return those of the expression."""
        return compile_expression(self.lr_lambda).knots(end)


class _Factor(Recursive, frozen=True, kw_only=True, tag="factor"):
    """v(t) = v(t-1) * factor(t)."""

    factor: str

    def update(self, steps: Steps) -> tuple[Rates, Rates]:
        """Return the factors, and nothing to add."""
        return compile_expression(self.factor)(steps), np.zeros(steps.shape)


class ProductCurve(LambdaCurve, frozen=True, kw_only=True, tag="multiplicative"):
    """lr(t) = learning_rate * lr_lambda(1) * ... * lr_lambda(t), one step after the other."""

    def rates(self, steps: Steps) -> Rates:
        """Multiply up to the last of the steps."""
        scan = Scan(schedules=(_Factor(factor=self.lr_lambda),))
        return scan.lr(steps, np.full(steps.shape, self.learning_rate))


class LinearCurve(Stepped, frozen=True, kw_only=True, tag="linear"):
    """lr(t) = learning_rate * (start_factor + (end_factor - start_factor) * t / total_steps).

    Level from the last step that is within total_steps. Paddle multiplies the rate of the step
    before; where end_factor is 0, what its last factor leaves is not quite 0.
    """

    learning_rate: Rate
    total_steps: Positive
    start_factor: Annotated[float, Meta(gt=0, le=1)]
    end_factor: Annotated[float, Meta(ge=0, le=1)]

    @property
    def last(self) -> int:
        """The last step at which the rate changes."""
        return int(self.total_steps)

    def _factor(self, step: int) -> float:
        """Return what the rate of the step before is multiplied by."""
        slope = self.end_factor - self.start_factor
        return 1.0 + slope / (self.total_steps * self.start_factor + (step - 1) * slope)

    def stepped(self) -> Iterator[float]:
        """Yield the first rate, multiplied step by step."""
        factors = (self._factor(step) if step <= self.last else 1.0 for step in count(1))
        return accumulate(factors, mul, initial=self.learning_rate * self.start_factor)

    def formula(self, steps: Steps) -> Rates:
        """Evaluate the formula, and the last factor as Paddle does."""
        slope = self.end_factor - self.start_factor
        done = np.minimum(steps, max(0, self.last - 1)) / self.total_steps
        rates = self.learning_rate * (self.start_factor + slope * done)
        last = self._factor(self.last) if self.last else 1.0
        return np.where(steps < self.last, rates, rates * last)

    def knots(self, end: int) -> Knots:
        """Return the end of the line."""
        return points(end, self.last)

    def extent(self) -> int:
        """A quarter past the end."""
        return extent_past(self.last)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the line and what follows."""
        return named_stretches((self.name(), "constant"), (0, self.last, end), end)
