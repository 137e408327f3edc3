"""The curve that trainers of language models share: a linear rise, then a decay to a floor.

They differ in what they count (updates, tokens, micro-batches) and in where they count from.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Highest", "RootDecay", "WarmedDecay"]

Ticks = Annotated[float, Meta(ge=0, le=2.0**63)]
Stride = Annotated[int, Meta(ge=1, le=2**53)]


class _Warmed(Schedule, frozen=True, kw_only=True):
    """A rise over W ticks of the trainer's clock, of which update t sees k = first + stride * t.

    lr(t) = start + (peak * base_lr - start) * (k + lead) / (W + lead)       k < W
    """

    warmup: Ticks
    peak: float = 1.0
    start: float = 0.0
    start_lr: float = 0.0
    lead: Literal[0, 1] = 0
    first: Ticks = 0
    stride: Stride = 1

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the rise, and what follows it."""
        ticks = self.first + self.stride * steps.astype(np.float64)
        start = self.start * base + self.start_lr
        risen = np.minimum(ticks + self.lead, self.warmup + self.lead)
        rising = start + (self.peak * base - start) * risen / max(self.warmup + self.lead, 1e-300)
        rates: Rates = np.where(ticks < self.warmup, rising, self._after(ticks, base))
        return rates

    def _after(self, ticks: Rates, base: Rates) -> Rates:
        raise NotImplementedError

    def _edges(self) -> tuple[float, ...]:
        """Return the ticks at which the rise, and each stretch after it, is over."""
        raise NotImplementedError

    def _steps(self) -> list[float]:
        return [max(0.0, (edge - self.first) / self.stride) for edge in self._edges()]

    def knots(self, end: int) -> Knots:
        """Return the ends of the stretches, and the steps beside them."""
        return points(end, *(edge + near for edge in self._steps() for near in (-1, 0, 1)))


class WarmedDecay(_Warmed, frozen=True, kw_only=True, tag="llm.warmed_decay"):
    """A linear rise, then a decay until the clock's tick E to a floor, which is held.

        lr(t) = floor + (peak * base_lr - floor) * f(p)        p = (k - W) / (E - W), within 0..1
        f(p)  = 1 (constant), 1 - p (linear), (1 + cos(pi * p)) / 2 (cosine),
                (1 - p) * (1 + cos(pi * p)) / 2 (cosine x linear)

    Where floor = floor * base_lr + floor_lr. With E <= W the decay has no length: the trainers
    hold the peak there (`over` says what counts from E on: "peak" or "floor").
    Sources: composer 0.32.1 optim/scheduler.py; olmo 0.6.0 optim.py; litgpt 0.5.13 pretrain.py;
    nanoGPT train.py.
    """

    end: Ticks
    shape: Literal["constant", "linear", "cosine", "cosine x linear"] = "cosine"
    floor: float = 0.0
    floor_lr: float = 0.0
    over: Literal["peak", "floor"] = "floor"

    def _after(self, ticks: Rates, base: Rates) -> Rates:
        peak, floor = self.peak * base, self.floor * base + self.floor_lr
        if self.end <= self.warmup:
            ended = ticks >= (self.end if self.over == "floor" else math.inf)
            return np.where(ended & (self.shape != "constant"), floor, peak)
        progress = np.clip((ticks - self.warmup) / (self.end - self.warmup), 0.0, 1.0)
        rates: Rates = floor + (peak - floor) * self._left(progress)
        return rates

    def _left(self, progress: Rates) -> Rates:
        if self.shape == "constant":
            return np.ones(progress.shape)
        if self.shape == "linear":
            return 1.0 - progress
        left: Rates = (1.0 + np.cos(math.pi * progress)) / 2
        return left if self.shape == "cosine" else (1.0 - progress) * left

    def _edges(self) -> tuple[float, ...]:
        return (self.warmup, max(self.warmup, self.end))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay and what is held after it, those that last."""
        decay = "constant" if self.shape == "constant" else f"{self.shape} decay"
        return named_stretches(("warm-up", decay, "hold"), (0, *self._steps(), end), end)


class RootDecay(_Warmed, frozen=True, kw_only=True, tag="llm.root_decay"):
    """A linear rise, then one over the square root of time, and at the end a line to a floor.

        lr(t) = base_lr * g(k)                                                    k < E
        lr(t) = base_lr * (g(E) + (floor - g(E)) * min(1, (k - E) / cooldown))    from there on
        g(k)  = limit + (1 - limit) / sqrt((k - W + scale) / scale)

    g is 1 at W and nears limit. Without a cooldown it goes on, or is held from E on where E is
    given. Sources: llm-foundry 0.22.0 optim/scheduler.py; olmo 0.6.0 optim.py.
    """

    scale: Ticks
    limit: float = 0.0
    cooldown_start: Ticks | None = None
    cooldown: Ticks = 0
    floor: float = 0.0

    def _after(self, ticks: Rates, base: Rates) -> Rates:
        if self.cooldown_start is None:
            return base * self._root(ticks)
        begin = max(self.warmup, self.cooldown_start)
        reached = self._root(np.asarray([begin], dtype=np.float64))[0]
        rates: Rates = base * np.where(ticks < begin, self._root(ticks), reached)
        if not self.cooldown:
            return rates
        part: Rates = np.clip((ticks - begin) / self.cooldown, 0.0, 1.0)
        cooled: Rates = rates + base * (self.floor - reached) * part
        return cooled

    def _root(self, ticks: Rates) -> Rates:
        late = np.maximum(ticks - self.warmup, 0.0) + self.scale
        rates: Rates = self.limit + (1.0 - self.limit) / np.sqrt(late / self.scale)
        return rates

    def _edges(self) -> tuple[float, ...]:
        if self.cooldown_start is None:
            return (self.warmup,)
        begin = max(self.warmup, self.cooldown_start)
        return (self.warmup, begin, begin + self.cooldown)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay, the cool-down and the hold, those that last."""
        names = ("warm-up", "inverse square root", "cool-down", "hold")
        return named_stretches(names, (0, *self._steps(), end, end), end)


class Highest(Schedule, frozen=True, kw_only=True, tag="llm.highest"):
    """The higher of several curves at each step. Source: olmo 0.6.0 optim.py, MaxScheduler."""

    parts: tuple[Schedule, ...]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return the highest rate at each step."""
        rates: Rates = np.max([part.lr(steps, base) for part in self.parts], axis=0)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the knots of all of them; where two cross, the curve goes on downwards."""
        return tuple(knot for part in self.parts for knot in part.knots(end))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the phases of the first."""
        return self.parts[0].phases(end)
