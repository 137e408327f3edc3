"""The curves of transformers.optimization: a warm-up, then a factor of the optimizer's rate.

All are torch LambdaLRs: the rate is base_lr times a factor of the update's number, computed here in
the same order of operations. Lengths may be fractions or negative, as they may be there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "CosineDecay",
    "EarlyCosineDecay",
    "HardRestarts",
    "HeldRate",
    "InverseRoot",
    "LinearDecay",
    "PolynomialDecay",
    "StableDecay",
]

_MANY = 10_000  # knots named one by one

Length = Annotated[float, Meta(ge=-(2**53), le=2**53)]
Shape = Literal["linear", "cosine", "1-sqrt"]


class _Warmed(Schedule, frozen=True, kw_only=True):
    """A linear rise from 0 over num_warmup_steps, then a factor that a subclass gives."""

    num_warmup_steps: Length

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Multiply base by the factor of the warm-up or of what follows."""
        with np.errstate(all="ignore"):  # each branch also sees the steps that are not its own
            time = steps.astype(np.float64)
            after = self.after(time, base)
            factor = np.where(time < self.num_warmup_steps, self.ramp(time), after)
            rates: Rates = base * factor
        return rates

    def ramp(self, time: Rates) -> Rates:
        """Return the factor of the warm-up."""
        rising: Rates = time / max(1.0, self.num_warmup_steps)
        return rising

    def after(self, time: Rates, base: Rates) -> Rates:
        """Return the factor from num_warmup_steps on."""
        raise NotImplementedError

    def knots(self, end: int) -> Knots:
        """Return the edges of the stretches."""
        return points(end, *self.edges())

    def edges(self) -> tuple[float, ...]:
        """Return where the stretches after the first begin."""
        return (self.num_warmup_steps,)

    def extent(self) -> int:
        """A quarter past the last edge."""
        return extent_past(*self.edges())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the stretches that follow."""
        return named_stretches(self.stretches(), (0, *map(_upward, self.edges()), end), end)

    def stretches(self) -> tuple[str, ...]:
        """Return the stretches' names, the warm-up's first."""
        return ("warm-up", "hold")


def _upward(edge: float) -> float:
    return max(0.0, edge)


class HeldRate(_Warmed, frozen=True, kw_only=True, tag="transformers.constant_with_warmup"):
    """After the warm-up, the optimizer's rate."""

    def after(self, time: Rates, base: Rates) -> Rates:
        """Return 1."""
        del base
        return np.ones(np.shape(time))


class InverseRoot(_Warmed, frozen=True, kw_only=True, tag="transformers.inverse_sqrt"):
    """After the warm-up, 1 / sqrt((t + timescale - W) / timescale): it never ends."""

    timescale: Length

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        del base
        shift = self.timescale - self.num_warmup_steps
        scale = self.timescale or math.nan  # the framework divides by 0 there: no rate
        factor: Rates = 1.0 / np.sqrt((time + shift) / scale)
        return factor

    def stretches(self) -> tuple[str, ...]:
        """Return the warm-up and the decay."""
        return ("warm-up", "decay")

    def extent(self) -> int:
        """Return what shows the warm-up and some of the decay."""
        return max(super().extent(), math.ceil(10 * abs(self.num_warmup_steps)), 1000)


class _Timed(_Warmed, frozen=True, kw_only=True):
    """A curve whose decay reaches to num_training_steps."""

    num_training_steps: Length

    @property
    def span(self) -> float:
        """Return the length of the decay: at least 1."""
        return max(1.0, self.num_training_steps - self.num_warmup_steps)

    def edges(self) -> tuple[float, ...]:
        """Return the end of the warm-up and the end of the training."""
        return (self.num_warmup_steps, self.num_training_steps)

    def stretches(self) -> tuple[str, ...]:
        """Return the warm-up, the decay and what lies past the end."""
        return ("warm-up", "decay", "past the end")

    def extent(self) -> int:
        """Return the length of the training."""
        return max(1, math.ceil(self.num_training_steps))


class LinearDecay(_Timed, frozen=True, kw_only=True, tag="transformers.linear"):
    """After the warm-up, max(0, (T - t) / (T - W))."""

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        del base
        factor: Rates = np.maximum(0.0, (self.num_training_steps - time) / self.span)
        return factor


class PolynomialDecay(_Timed, frozen=True, kw_only=True, tag="transformers.polynomial"):
    """After the warm-up, ((base - lr_end) * (1 - (t - W) / (T - W))^power + lr_end) / base.

    lr_end beyond T. Where W is T, there is no value at T: the framework divides by zero there.
    """

    lr_end: float
    power: float

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        length = np.float64(self.num_training_steps - self.num_warmup_steps)
        left = 1 - (time - self.num_warmup_steps) / length
        part = np.where(np.isnan(left), np.nan, left**self.power)  # nan**0 is 1
        decayed = (base - self.lr_end) * part + self.lr_end
        factor: Rates = np.where(time > self.num_training_steps, self.lr_end, decayed) / base
        return factor

    def edges(self) -> tuple[float, ...]:
        """Return the end of the warm-up, the end of the training and the first step past it."""
        return (*super().edges(), math.floor(self.num_training_steps) + 1)


class CosineDecay(_Timed, frozen=True, kw_only=True, tag="transformers.cosine"):
    """After the warm-up, r + (1 - r) * (1 + cos(2 pi * num_cycles * p)) / 2, not below 0.

    p = (t - W) / (T - W) is not bounded by 1, so beyond T the curve goes on as the cosine does.
    The floor r is min_lr_rate, or min_lr over the base rate.
    """

    num_cycles: float
    min_lr: float | None = None
    min_lr_rate: float | None = 0.0

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        factor = 0.5 * (1.0 + np.cos(math.pi * self.num_cycles * 2.0 * self.progress(time)))
        rate = (self.min_lr_rate or 0.0) if self.min_lr is None else self.min_lr / base
        factor = factor * (1 - rate) + rate
        return np.maximum(0.0, factor)

    def progress(self, time: Rates) -> Rates:
        """Return p at each step."""
        part: Rates = (time - self.num_warmup_steps) / self.span
        return part

    def knots(self, end: int) -> Knots:
        """Return the edges and the turning points; every step where the cosine is cut off at 0."""
        start = max(0, math.floor(self.num_warmup_steps))
        if (self.min_lr or self.min_lr_rate or 0.0) < 0:
            return (*super().knots(end), range(start, end + 1))
        half_wave = self.span / abs(2 * self.num_cycles) if self.num_cycles else math.inf
        return (*super().knots(end), *_spaced(self.num_warmup_steps, half_wave, end))


class EarlyCosineDecay(
    CosineDecay, frozen=True, kw_only=True, tag="transformers.cosine_warmup_with_min_lr"
):
    """The cosine one step early: p = (t - W + 1) / (T - W), at the floor at T - 1.

    The warm-up is (t + 1) / W, or r + (1 - r) * t / (W - 1) with r = warmup_lr_rate: it reaches 1
    at W - 1.
    """

    warmup_lr_rate: float | None = None

    def ramp(self, time: Rates) -> Rates:
        """Return the factor of the warm-up."""
        start = self.warmup_lr_rate
        if start is None:
            early: Rates = (time + 1.0) / max(1.0, self.num_warmup_steps)
            return early
        rising: Rates = start + (1.0 - start) * time / max(1.0, self.num_warmup_steps - 1)
        return rising

    def progress(self, time: Rates) -> Rates:
        """Return p at each step."""
        part: Rates = (time - self.num_warmup_steps + 1.0) / self.span
        return part

    def knots(self, end: int) -> Knots:
        """Return those of the cosine, and each one's step before."""
        plain = super().knots(end + 1)
        early = [range(k.start - 1, k.stop - 1, k.step) for k in plain]
        return tuple(_within(k, end) for k in (*plain, *early))


class HardRestarts(_Timed, frozen=True, kw_only=True, tag="transformers.cosine_with_restarts"):
    """After the warm-up, (1 + cos(pi * (num_cycles * p mod 1))) / 2 with p = (t - W) / (T - W).

    0 from T on. The remainder is a float's, so a restart may come a step late.
    """

    num_cycles: float

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        del base
        part = (time - self.num_warmup_steps) / self.span
        factor = np.maximum(0.0, 0.5 * (1.0 + np.cos(math.pi * ((self.num_cycles * part) % 1.0))))
        return np.where(part >= 1.0, 0.0, factor)

    def knots(self, end: int) -> Knots:
        """Return the edges, and each restart with the step after it."""
        stop = min(end, math.ceil(self.num_warmup_steps + self.span))
        cycle = self.span / abs(self.num_cycles) if self.num_cycles else math.inf
        restarts = _spaced(self.num_warmup_steps, cycle, stop)
        late = (range(k.start + 1, k.stop + 1, k.step) for k in restarts)
        found = (*super().knots(end), *points(end, stop), *restarts, *late)
        return tuple(_within(k, end) for k in found)


class StableDecay(_Warmed, frozen=True, kw_only=True, tag="transformers.warmup_stable_decay"):
    """Warm up, hold, decay to min_lr_ratio and stay there.

        f = (1 - m) * shape(x) + m, x the part of the stretch that has passed, m = min_lr_ratio
        rising  x, (1 - cos(pi x)) / 2 or 1 - sqrt(1 - x)
        falling 1 - x, (1 + cos(2 pi * num_cycles * x)) / 2 or 1 - sqrt(x)

    Where the three stretches are longer than the training, the decay starts as soon as the
    warm-up ends, already part of the way down.
    """

    num_stable_steps: Length
    num_decay_steps: Length
    warmup_type: Shape = "linear"
    decay_type: Shape = "cosine"
    min_lr_ratio: float = 0.0
    num_cycles: float = 0.5

    def ramp(self, time: Rates) -> Rates:
        """Return the factor of the warm-up."""
        part: Rates = time / max(1.0, self.num_warmup_steps)
        if self.warmup_type == "cosine":
            part = 0.5 * (1.0 - np.cos(math.pi * part))
        elif self.warmup_type == "1-sqrt":
            part = 1.0 - np.sqrt(1.0 - part)
        return self._floored(part)

    def after(self, time: Rates, base: Rates) -> Rates:
        """Return 1, then the factor of the decay, then min_lr_ratio."""
        del base
        _, decay, end = self.edges()
        falling = self._floored(self._decayed(time))
        late = np.where(time < end, falling, self.min_lr_ratio)
        return np.where(time < decay, 1.0, late)

    def _decayed(self, time: Rates) -> Rates:
        part: Rates = time - self.num_warmup_steps - self.num_stable_steps
        part = part / max(1.0, self.num_decay_steps)
        if self.decay_type == "linear":
            return 1.0 - part
        if self.decay_type == "cosine":
            return 0.5 * (1.0 + np.cos(math.pi * self.num_cycles * 2.0 * part))
        return 1.0 - np.sqrt(part)

    def _floored(self, factor: Rates) -> Rates:
        scaled: Rates = factor * (1.0 - self.min_lr_ratio) + self.min_lr_ratio
        return np.maximum(0.0, scaled)

    def edges(self) -> tuple[float, ...]:
        """Return the ends of the warm-up, of the hold and of the decay."""
        stable = self.num_warmup_steps + self.num_stable_steps
        return (self.num_warmup_steps, stable, stable + self.num_decay_steps)

    def knots(self, end: int) -> Knots:
        """Return the edges and a cosine's turning points; every step if it is cut off at 0."""
        _, start, stop = self.edges()
        if self.min_lr_ratio < 0:
            return (range(end + 1),)
        waves = abs(2 * self.num_cycles) if self.decay_type == "cosine" else 0
        half_wave = max(1.0, self.num_decay_steps) / waves if waves else math.inf
        turns = _spaced(start, half_wave, min(end, math.ceil(stop)))
        return (*super().knots(end), *turns)

    def stretches(self) -> tuple[str, ...]:
        """Return the warm-up, the hold, the decay and what lies past it."""
        return ("warm-up", "hold", "decay", "past the end")

    def extent(self) -> int:
        """Return the end of the decay."""
        return max(1, math.ceil(self.edges()[-1]))

    def check(self) -> None:
        """Refuse stretches that nothing fits into."""
        if self.extent() > 2**53:
            raise ParameterError("num_stable_steps", "makes the schedule longer than 2^53 time")


def _spaced(start: float, spacing: float, end: int) -> Knots:
    """Return the steps around start, start + spacing, ... up to end; all, where they are many."""
    if end < start or not math.isfinite(spacing):
        return ()
    if spacing >= 1 and spacing.is_integer() and float(start).is_integer():
        whole = range(int(start), end + 1, int(spacing))
        return (_within(whole, end),)
    if spacing < 1 or (end - max(0.0, start)) / spacing > _MANY:
        return (range(max(0, math.floor(start)), end + 1),)
    first = max(0, math.ceil(-start / spacing))
    last = math.floor((end - start) / spacing) + 1
    return points(end, *(start + i * spacing for i in range(first, last + 1)))


def _within(knot: range, end: int) -> range:
    """Return the part of a range of knots that lies in 0..end."""
    skipped = max(0, -(-(0 - knot.start) // knot.step))
    return range(knot.start + skipped * knot.step, min(knot.stop, end + 1), knot.step)
