"""The curves of optax.schedules, in count; it may be a fraction, where one is joined at a fraction.

Operations come in optax's order, in float64: optax's own results under jax_enable_x64.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from lrplot._lazy import np
from lrplot.frameworks._absolute import (
    Absolute,
    Positive,
    Size,
    floor_knots,
    moved_knots,
    moved_phases,
)
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineCurve", "ExponentialCurve", "InterpolatedCurve", "Joined", "PolynomialCurve"]


class PolynomialCurve(Absolute, frozen=True, kw_only=True, tag="polynomial"):
    """A power of what is left of the way from init_value to end_value, then end_value.

    lr(t) = (init_value - end_value) * (1 - x / transition_steps)^power + end_value
    x     = t - transition_begin, held between 0 and transition_steps
    """

    init_value: float
    end_value: float
    power: float
    transition_steps: Positive
    transition_begin: Size

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        since = np.clip(steps - self.transition_begin, 0, self.transition_steps)
        left = np.float_power(1 - since / self.transition_steps, self.power)
        rates: Rates = (self.init_value - self.end_value) * left + self.end_value
        return rates

    def _edges(self) -> tuple[float, float]:
        return self.transition_begin, self.transition_begin + self.transition_steps

    def knots(self, end: int) -> Knots:
        """Return where the transition begins and ends."""
        return points(end, *self._edges())

    def extent(self) -> int:
        """A quarter past the end of the transition."""
        return extent_past(*self._edges())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the transition, and what stands before and after it."""
        names = ("constant", self.name(), "constant")
        return named_stretches(names, (0, *self._edges(), end), end)


class ExponentialCurve(Absolute, frozen=True, kw_only=True, tag="exponential"):
    """init_value up to transition_begin, then a factor of decay_rate every transition_steps.

    lr(t) = init_value * decay_rate^p,  p = (t - transition_begin) / transition_steps, or its floor

    Never past end_value, on either side of transition_begin.
    """

    init_value: float
    transition_steps: Positive
    decay_rate: float
    transition_begin: Size
    staircase: bool
    end_value: float | None

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        since = steps - self.transition_begin
        part = since / self.transition_steps
        power = np.floor(part) if self.staircase else part
        decayed = self.init_value * np.float_power(self.decay_rate, power)
        rates: Rates = np.where(since <= 0, self.init_value, decayed)
        if self.end_value is None:
            return rates
        clip = np.maximum if self.decay_rate < 1 else np.minimum
        return clip(rates, self.end_value)

    def knots(self, end: int) -> Knots:
        """Return the begin, each stair and where end_value is reached."""
        begin = points(end, self.transition_begin, *self._reached())
        if not self.staircase:
            return begin
        return (*begin, *floor_knots(self.transition_steps, self.transition_begin, end))

    def _reached(self) -> tuple[float, ...]:
        """Return when the decay comes to end_value, if ever."""
        ratio = (self.end_value or 0.0) / (self.init_value or math.inf)
        if ratio <= 0 or self.decay_rate <= 0 or self.decay_rate == 1:
            return ()
        part = math.log(ratio) / math.log(self.decay_rate)
        return (self.transition_begin + part * self.transition_steps,)

    def extent(self) -> int:
        """Four times transition_steps, from where the decay begins."""
        return math.ceil(self.transition_begin + 4 * self.transition_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the decay and what stands before it."""
        return named_stretches(("constant", self.name()), (0, self.transition_begin, end), end)


class CosineCurve(Absolute, frozen=True, kw_only=True, tag="cosine"):
    """Half a cosine, to a power, from init_value to alpha * init_value; level after it.

    lr(t) = init_value * ((1 - alpha) * c^exponent + alpha)
    c     = (1 + cos(pi * min(t, decay_steps) / decay_steps)) / 2
    """

    init_value: float
    decay_steps: Positive
    alpha: float
    exponent: float

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        count = np.minimum(steps, self.decay_steps)
        cosine = 0.5 * (1 + np.cos(math.pi * count / self.decay_steps))
        decayed = (1 - self.alpha) * np.float_power(cosine, self.exponent) + self.alpha
        return self.init_value * decayed

    def knots(self, end: int) -> Knots:
        """Return the end of the cosine."""
        return points(end, self.decay_steps)

    def extent(self) -> int:
        """A quarter past the end of the cosine."""
        return extent_past(self.decay_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the cosine and what follows."""
        return named_stretches((self.name(), "constant"), (0, self.decay_steps, end), end)


class InterpolatedCurve(Absolute, frozen=True, kw_only=True, tag="interpolated"):
    """Given values at 0 and at rising bounds, joined by lines or half cosines; level after them.

    Where the first bound is 0, its value is there at 0.
    """

    shape: Literal["linear", "cosine"]
    bounds: tuple[Size, ...]
    values: tuple[float, ...]

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the stretch that each step is on."""
        starts, values = np.array([0.0, *self.bounds]), np.array([*self.values, self.values[-1]])
        index = np.searchsorted(self.bounds, steps, side="right")
        width = np.append(np.maximum(np.diff(starts), 1), 1)[index]
        done = (steps - starts[index]) / width
        first, last = values[index], values[index + 1]
        if self.shape == "linear":
            rates: Rates = (last - first) * done + first
        else:
            rates = last + (first - last) / 2.0 * (np.cos(math.pi * done) + 1)
        return np.where(index == len(self.bounds), last, rates)

    def knots(self, end: int) -> Knots:
        """Return the bounds."""
        return points(end, *self.bounds)

    def extent(self) -> int:
        """A quarter past the last bound."""
        return extent_past(*self.bounds)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each stretch, and what follows the last."""
        names = (*[self.shape] * len(self.bounds), "constant")
        return named_stretches(names, (0, *(max(0, bound) for bound in self.bounds), end), end)


class Joined(Absolute, frozen=True, kw_only=True, tag="joined"):
    """One schedule after another, each counting from its own start: the last that has started.

    The starts rise; the first may lie before 0, and any of them between two steps.
    """

    schedules: tuple[Schedule, ...]
    starts: tuple[Size, ...]

    def rates(self, steps: Steps) -> Rates:
        """Evaluate each schedule on its own stretch."""
        index = np.searchsorted(self.starts[1:], steps, side="right")
        rates = np.empty(np.shape(steps))
        for i, (start, schedule) in enumerate(zip(self.starts, self.schedules, strict=True)):
            here = index == i
            moved = steps[here] - (int(start) if start.is_integer() else start)
            rates[here] = schedule.lr(moved, np.zeros(moved.shape))
        return rates

    def knots(self, end: int) -> Knots:
        """Return the starts, and each schedule's own knots on its stretch."""
        stretches = zip(pairwise((*self.starts, math.inf)), self.schedules, strict=True)
        inner = [
            knot
            for (start, stop), schedule in stretches
            for by in {math.floor(start), math.ceil(start)}
            for knot in _knots_on(schedule, by, min(stop, end))
        ]
        return (*points(end, *self.starts[1:]), *inner)

    def extent(self) -> int:
        """Return the last start and what the last schedule needs."""
        return max(1, math.ceil(self.starts[-1]) + self.schedules[-1].extent())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each schedule's own phases on its stretch."""
        edges = [*map(math.ceil, self.starts), end]
        return tuple(
            phase
            for (start, stop), schedule in zip(pairwise(edges), self.schedules, strict=True)
            for phase in moved_phases(
                schedule.phases(max(0, stop - start)), start, max(0, start), min(stop, end)
            )
        )


def _knots_on(schedule: Schedule, start: int, stop: float) -> Knots:
    """Return the knots, up to stop, of a schedule that counts from start."""
    last = math.ceil(stop)
    return moved_knots(schedule.knots(last - start), start, last) if last >= start else ()
