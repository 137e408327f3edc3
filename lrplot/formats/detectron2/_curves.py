"""The curves of detectron2: fvcore's functions of progress, and DeepLab's own poly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Length, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Multiplied", "WarmupPoly"]

Stretch = Annotated[int, Meta(ge=0, le=2**53)]


class Multiplied(Schedule, frozen=True, kw_only=True, tag="detectron2.LRMultiplier"):
    """The base rate times a function of progress.

        lr(t) = base_lr * multiplier(t / max_iters)

    From max_iters on, where the function ends, it holds. Source: detectron2 0.6,
    detectron2/solver/lr_scheduler.py.
    """

    multiplier: Schedule
    max_iters: Length
    warmup_iters: Stretch

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the function, and multiply."""
        return base * self.multiplier.lr(np.minimum(steps, self.max_iters), base)

    def knots(self, end: int) -> Knots:
        """Return the function's, and the end."""
        return (*self.multiplier.knots(end), *points(end, self.max_iters))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and what follows."""
        edges = (0, min(self.warmup_iters, self.max_iters), end)
        return named_stretches(("warm-up", "decay"), edges, end)


class WarmupPoly(Schedule, frozen=True, kw_only=True, tag="detectron2.WarmupPolyLR"):
    """A poly curve over the whole run, times a warm-up factor.

        lr(t) = base_lr * w(t) * max((1 - t/T)^power, constant_ending)        T = max_iters
        w(t)  = warmup_factor * (1 - t/W) + t/W   (or warmup_factor)          t < W = warmup_iters
        w(t)  = 1                                                             from there on

    The floor constant_ending holds only where w is 1. 0 (or the floor) at T, and beyond. Source:
    detectron2 0.6, projects/DeepLab/deeplab/lr_scheduler.py.
    """

    max_iters: Length
    warmup_factor: float
    warmup_iters: Stretch
    warmup_method: Literal["linear", "constant"]
    power: float
    constant_ending: float

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        left = (1.0 - np.minimum(steps, self.max_iters) / self.max_iters) ** self.power
        warm = self._warm(steps)
        if self.constant_ending > 0:
            left = np.where(warm == 1.0, np.maximum(left, self.constant_ending), left)
        rates: Rates = base * warm * left
        return rates

    def _warm(self, steps: Steps) -> Rates:
        done = steps / max(1, self.warmup_iters)
        if self.warmup_method == "constant":
            rising: Rates = np.full(steps.shape, self.warmup_factor)
        else:
            rising = self.warmup_factor * (1 - done) + done
        return np.where(steps >= self.warmup_iters, 1.0, rising)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up, the end, and where the floor begins."""
        return points(end, self.warmup_iters, self.max_iters, *self._floor())

    def _floor(self) -> tuple[float, ...]:
        if self.constant_ending <= 0 or self.power <= 0:
            return ()
        return ((1 - self.constant_ending ** (1 / self.power)) * self.max_iters,)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the decay."""
        return named_stretches(("warm-up", "decay"), (0, self.warmup_iters, end), end)
