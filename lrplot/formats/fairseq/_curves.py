"""fairseq's schedules, as functions of the number of updates that have been made.

Source: fairseq 0.12.2, fairseq/optim/lr_scheduler.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.frameworks._absolute import floor_knots
from lrplot.schedules.base import Knots, Phase, Rate, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Cosine", "Fixed", "InverseSqrt", "PolynomialDecay", "Step", "TriStage", "Triangular"]

Updates = Annotated[int, Meta(ge=0, le=2**53)]
Positive = Annotated[float, Meta(gt=0, le=2**53)]

_MANY = 10_000  # restarts named one by one


class TriStage(Schedule, frozen=True, kw_only=True, tag="fairseq.tri_stage"):
    """A straight rise over W, a hold of H, an exponential decay over D, and its end for ever.

        lr(t) = base_lr * (a + (1 - a) * t / W)              t < W
        lr(t) = base_lr                                      t < W + H
        lr(t) = base_lr * b^((t - W - H) / D)                t <= W + H + D
        lr(t) = base_lr * b                                  from there on

    a = init_lr_scale, b = final_lr_scale.
    """

    warmup_steps: Updates = 0
    hold_steps: Updates = 0
    decay_steps: Annotated[int, Meta(ge=1, le=2**53)]
    init_lr_scale: float = 0.01
    final_lr_scale: Annotated[float, Meta(gt=0)] = 0.01

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rising = self.init_lr_scale + (1 - self.init_lr_scale) * (steps / max(1, self.warmup_steps))
        late = np.clip(steps - self.warmup_steps - self.hold_steps, 0, self.decay_steps)
        falling = np.exp(math.log(self.final_lr_scale) / self.decay_steps * late)
        return base * np.where(steps < self.warmup_steps, rising, falling)

    def _edges(self) -> tuple[int, int, int]:
        held = self.warmup_steps + self.hold_steps
        return (self.warmup_steps, held, held + self.decay_steps)

    def knots(self, end: int) -> Knots:
        """Return the ends of the stages."""
        return points(end, *self._edges())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the stages, and what follows them."""
        names = ("warm-up", "hold", "decay", "constant")
        return named_stretches(names, (0, *self._edges(), end), end)


class PolynomialDecay(Schedule, frozen=True, kw_only=True, tag="fairseq.polynomial_decay"):
    """A straight rise from 0 over W, then a polynomial to an end at T.

        lr(t) = base_lr * t / W                                            t <= W, W > 0
        lr(t) = end                                                        t >= T
        lr(t) = end + (base_lr - end) * (1 - (t - W) / (T - W))^power      between

    T = total_num_update, end = end_learning_rate.
    """

    warmup_updates: Updates = 0
    total_num_update: Positive
    end_learning_rate: Rate = 0.0
    power: float = 1.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        warmup, total, end = self.warmup_updates, self.total_num_update, self.end_learning_rate
        between = np.clip(steps, warmup, max(warmup, total))
        left = 1 - (between - warmup) / ((total - warmup) or 1)
        falling = np.where(steps >= total, end, (base - end) * left**self.power + end)
        return np.where((steps <= warmup) & (warmup > 0), base * steps / max(1, warmup), falling)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up, the step after it, and the end of the decay."""
        return points(end, self.warmup_updates, self.warmup_updates + 1, self.total_num_update)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay and what follows it."""
        ends = math.ceil(max(self.warmup_updates, self.total_num_update))
        names = ("warm-up", "decay", "constant")
        return named_stretches(names, (0, self.warmup_updates, ends, end), end)


class _Warmed(Schedule, frozen=True, kw_only=True):
    """A straight rise from one rate over W updates, and then what the subclass says.

        lr(t) = warmup_init_lr + (base_lr - warmup_init_lr) * t / W        t < W
        lr(t) = after(t)                                                   from there on

    The rise heads for base_lr at W.
    """

    warmup_updates: Updates = 0
    warmup_init_lr: Rate = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        start, warmup = self.warmup_init_lr, self.warmup_updates
        rising = start + steps * ((base - start) / max(1, warmup))
        return np.where(steps < warmup, rising, self.after(np.maximum(steps, warmup), base))

    def after(self, steps: Steps, base: Rates) -> Rates:
        """Return the rates at steps that are not in the warm-up."""
        raise NotImplementedError

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and what follows it."""
        what = self.name().partition(".")[2]
        return named_stretches(("warm-up", what), (0, self.warmup_updates, end), end)


class Cosine(_Warmed, frozen=True, kw_only=True, tag="fairseq.cosine"):
    """A warm-up, then half a cosine per period; each begins lr_shrink times as high as the last.

        after(t) = s * (low + (base_lr - low)/2 * (1 + cos(pi * c / L)))

    s = lr_shrink^i, low = min_lr, in the period i of length L = period * t_mult^i, c updates
    after its begin; the first begins at W. At its end, the next begins.
    """

    period: Positive
    t_mult: Annotated[float, Meta(ge=1)] = 1.0
    min_lr: Rate = 0.0
    lr_shrink: Rate = 0.1

    def after(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        late, grown = steps - self.warmup_updates, self.t_mult
        if grown == 1:
            i = np.floor(late / self.period)
            into = late / self.period - i
        else:
            i = np.floor(np.log(1 - late / self.period * (1 - grown)) / math.log(grown))
            since = late - (1 - grown**i) / (1 - grown) * self.period
            into = since / (grown**i * self.period)
        half = 0.5 * (base - self.min_lr) * (1 + np.cos(math.pi * into))
        rates: Rates = np.float64(self.lr_shrink) ** i * (self.min_lr + half)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and each restart."""
        first = points(end, self.warmup_updates)
        if self.t_mult == 1:
            return (*first, *floor_knots(self.period, self.warmup_updates, end))
        starts, length = [self.warmup_updates + self.period], self.period
        while starts[-1] <= end:
            if len(starts) > _MANY:
                return (range(end + 1),)
            length *= self.t_mult
            starts.append(starts[-1] + length)
        return (*first, *points(end, *(start + near for start in starts for near in (-1, 0, 1))))


class InverseSqrt(_Warmed, frozen=True, kw_only=True, tag="fairseq.inverse_sqrt"):
    """A warm-up, then the inverse square root of the updates.

    after(t) = base_lr * sqrt(W / t)
    """

    def after(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        warmup = max(1, self.warmup_updates)
        rates: Rates = base * np.sqrt(warmup / np.maximum(steps, 1))
        return rates

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up."""
        return points(end, self.warmup_updates)


class Step(_Warmed, frozen=True, kw_only=True, tag="fairseq.step"):
    """A warm-up, then a factor every so many updates, down to a floor.

        after(t) = max(base_lr * lr_decay^floor((t - W) / lr_deacy_period), min_lr)

    The key is spelled so in fairseq.
    """

    lr_deacy_period: Annotated[int, Meta(ge=1, le=2**53)] = 25_000
    lr_decay: Annotated[float, Meta(ge=0, le=1)] = 0.5
    min_lr: Rate = 0.0

    def after(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        count = (steps - self.warmup_updates) // self.lr_deacy_period
        return np.maximum(base * np.float64(self.lr_decay) ** count, self.min_lr)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and each step."""
        start = self.warmup_updates
        return (*points(end, start), range(start, end + 1, self.lr_deacy_period))


class Fixed(Schedule, frozen=True, kw_only=True, tag="fairseq.fixed"):
    """A straight rise over W, then one rate.

    lr(t) = base_lr * min((t + 1) / W, 1)
    """

    warmup_updates: Updates = 0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        return base * np.minimum((steps + 1) / max(1, self.warmup_updates), 1.0)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up."""
        return points(end, self.warmup_updates - 1)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the rest."""
        return named_stretches(("warm-up", "constant"), (0, self.warmup_updates, end), end)


class Triangular(Schedule, frozen=True, kw_only=True, tag="fairseq.triangular"):
    """Up to a rate and down again, in half a period each; the peaks shrink from cycle to cycle.

        lr(t) = low + (s * max_lr - low) * max(0, 1 - |t / H - 2 * c - 1|)
        low   = base_lr, or s * base_lr with shrink_min

    s = lr_shrink^c in the cycle c = floor(t / (2 * H)), of twice H = floor(lr_period_updates / 2).
    """

    max_lr: Rate
    half: Positive
    lr_shrink: float = 0.1
    shrink_min: bool = False

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        cycle = np.floor(steps / (2 * self.half))
        shrink = np.float64(self.lr_shrink) ** cycle
        low = base * shrink if self.shrink_min else base
        near = np.maximum(0, 1 - np.abs(steps / self.half - 2 * (cycle + 1) + 1))
        rates: Rates = low + (self.max_lr * shrink - low) * near
        return rates

    def knots(self, end: int) -> Knots:
        """Return the turns, at the bottom and at the top."""
        return floor_knots(self.half, 0, end)
