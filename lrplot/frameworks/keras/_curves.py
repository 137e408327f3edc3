"""The curves of keras.optimizers.schedules.

Keras computes in float32 unless it is told otherwise, and has its cosines, floors and ceilings in
float32 even then. So these come in float64, but for what stays float32 there too: near the foot of
a cosine, and far out in a staircase, it shows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.frameworks._absolute import Absolute, Positive, Size, floor_knots
from lrplot.schedules.base import Knots, Phase, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "CosineCurve",
    "ExponentialCurve",
    "InverseTimeCurve",
    "KerasCurve",
    "PolynomialCurve",
    "RestartsCurve",
]

_SINGLE = 2**24  # up to here, float32 tells whole numbers apart
_MANY = 10_000  # knots named one by one


def _single(values: Rates) -> Rates:
    """Return values as float32 has them."""
    return values.astype(np.float32).astype(np.float64)


def _wave(angle: Rates) -> NDArray[np.float32]:
    """Return 1 + cos(angle), in float32: 2 at 0, 0 at pi."""
    wave: NDArray[np.float32] = 1 + np.cos(_single(angle)).astype(np.float32)
    return wave


def _stairs(period: float, end: int) -> Knots:
    """Return where the floor or ceiling of t / period rises, in float32."""
    near = floor_knots(period, 0, min(end, _SINGLE))
    return (*near, range(_SINGLE + 1, end + 1))


class KerasCurve(Absolute, frozen=True, kw_only=True):
    """A curve that is computed in the type of initial_learning_rate.

    In whole numbers, where that is written as one: the other numbers are cut to whole ones, and so
    is pi.
    """

    initial_learning_rate: float
    whole: bool

    @property
    def pi(self) -> float:
        """Pi, as good as the type has it."""
        return 3.0 if self.whole else math.pi


class _Decay(KerasCurve, frozen=True, kw_only=True):
    """A decay whose progress is t / decay_steps, floored in a staircase."""

    decay_steps: Positive
    decay_rate: float
    staircase: bool

    def progress(self, steps: Steps) -> Rates:
        """Return how many decay_steps have passed."""
        passed = steps / self.decay_steps
        return np.floor(_single(passed)) if self.staircase else passed

    def knots(self, end: int) -> Knots:
        """Return each stair."""
        return _stairs(self.decay_steps, end) if self.staircase else ()

    def extent(self) -> int:
        """Four times decay_steps."""
        return math.ceil(4 * self.decay_steps)


class ExponentialCurve(_Decay, frozen=True, kw_only=True, tag="exponential"):
    """lr(t) = initial_learning_rate * decay_rate^progress."""

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        return self.initial_learning_rate * np.float_power(self.decay_rate, self.progress(steps))


class InverseTimeCurve(_Decay, frozen=True, kw_only=True, tag="inverse_time"):
    """lr(t) = initial_learning_rate / (1 + decay_rate * progress)."""

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        return self.initial_learning_rate / (1.0 + self.decay_rate * self.progress(steps))

    def knots(self, end: int) -> Knots:
        """Return each stair, and the pole that a decay_rate below 0 has."""
        pole = (-self.decay_steps / self.decay_rate,) if self.decay_rate < 0 else ()
        return (*super().knots(end), *points(end, *(step for step in pole if step <= end)))


class PolynomialCurve(KerasCurve, frozen=True, kw_only=True, tag="poly"):
    """lr(t) = (initial_learning_rate - end_learning_rate) * (1 - t/D)^power + end_learning_rate.

    D is decay_steps, and t held there; with cycle, decay_steps * ceil(t / decay_steps).
    """

    decay_steps: Positive
    end_learning_rate: float
    power: float
    cycle: bool

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        if self.cycle:
            cycles = np.ceil(_single(steps / self.decay_steps))
            done = steps / (self.decay_steps * np.where(steps == 0, 1.0, cycles))
        else:
            done = np.minimum(steps, self.decay_steps) / self.decay_steps
        height = self.initial_learning_rate - self.end_learning_rate
        return height * np.float_power(1 - done, self.power) + self.end_learning_rate

    def knots(self, end: int) -> Knots:
        """Return decay_steps; with cycle each multiple of it, and the jump a step later."""
        if not self.cycle:
            return points(end, self.decay_steps)
        stairs = _stairs(self.decay_steps, end)
        return (*stairs, *(range(k.start + 1, min(k.stop, end) + 1, k.step) for k in stairs))

    def extent(self) -> int:
        """A quarter past decay_steps, or three cycles."""
        return math.ceil(3 * self.decay_steps) if self.cycle else extent_past(self.decay_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the decay and what follows."""
        last = end if self.cycle else self.decay_steps
        return named_stretches((self.name(), "constant"), (0, last, end), end)


class CosineCurve(KerasCurve, frozen=True, kw_only=True, tag="cosine"):
    """A straight line to warmup_target over warmup_steps, then half a cosine over decay_steps.

    Without a warmup_target the cosine begins at once, from initial_learning_rate. It ends at alpha
    of what it began with.
    """

    decay_steps: Positive
    alpha: float
    warmup_target: float | None
    warmup_steps: Size

    @property
    def _start(self) -> float:
        return 0.0 if self.warmup_target is None else self.warmup_steps

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        first, start = self.initial_learning_rate, self._start
        peak = first if self.warmup_target is None else self.warmup_target
        count = np.minimum(steps, self.decay_steps + start)
        cosine = 0.5 * _wave(self.pi * ((count - start) / self.decay_steps))
        left = (1 - self.alpha) * cosine + self.alpha
        if self.warmup_target is None:
            return (peak * left).astype(np.float64)
        rising = (peak - first) * (count / (start or 1)) + first
        return np.where(count < start, rising, np.float64(peak) * left)

    def knots(self, end: int) -> Knots:
        """Return the two ends of the cosine."""
        return points(end, self._start, self._start + self.decay_steps)

    def extent(self) -> int:
        """A quarter past the end of the cosine."""
        return extent_past(self._start + self.decay_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the cosine and what follows."""
        start = max(0.0, self._start)
        edges = (0, start, max(start, self._start + self.decay_steps), end)
        return named_stretches(("warm-up", self.name(), "constant"), edges, end)


class RestartsCurve(KerasCurve, frozen=True, kw_only=True, tag="cosine_restarts"):
    """Half cosines, each t_mul times as long and m_mul times as high as the one before.

    Which cycle a step is in is the floor, in float32, of a logarithm.
    """

    first_decay_steps: Positive
    t_mul: Annotated[float, Meta(ge=-(2**53), le=2**53)]
    m_mul: float
    alpha: float

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        cycle, done = self._cycle_of(steps / self.first_decay_steps)
        cosine = 0.5 * np.float_power(self.m_mul, cycle) * _wave(self.pi * done)
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)

    def _cycle_of(self, passed: Rates) -> tuple[Rates, Rates]:
        """Return the number of the cycle, and the part of it that is done."""
        if self.t_mul == 1:
            cycle = np.floor(_single(passed))
            return cycle, passed - cycle
        grown = 1.0 - passed * (1.0 - self.t_mul)
        grown = np.trunc(grown) if self.whole else grown
        cycle = np.floor(_single(np.log(grown) / np.log(self.t_mul)))
        length = np.float_power(self.t_mul, cycle)
        return cycle, (passed - (1.0 - length) / (1.0 - self.t_mul)) / length

    def knots(self, end: int) -> Knots:
        """Return where each cycle begins, or may begin as float32 has it."""
        if self.t_mul == 1:
            return _stairs(self.first_decay_steps, end)
        if self.t_mul <= 0:
            return (range(end + 1),)
        starts = self._starts(end)
        if len(starts) > _MANY:
            return (range(end + 1),)
        return tuple(
            range(max(0, start - 1 - number * (start // _SINGLE)), min(start + 2, end + 1))
            for number, start in enumerate(starts, 1)
        )

    def _starts(self, end: int) -> list[int]:
        """Return where the cycles after the first begin, up to end."""
        starts: list[int] = []
        start = length = self.first_decay_steps
        while start <= end + 1 and length >= 2**-53 * start and len(starts) <= _MANY:
            starts.append(math.floor(start))
            length *= self.t_mul
            start += length
        return starts

    def extent(self) -> int:
        """Three cycles."""
        return math.ceil(self.first_decay_steps * (1 + self.t_mul + self.t_mul**2))
