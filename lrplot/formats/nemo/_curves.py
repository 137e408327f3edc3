"""NeMo's policies, as nemo/core/optim/lr_scheduler.py has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Annealing", "Noam"]

Stretch = Annotated[int, Meta(ge=0, le=2**53)]
Shape = Literal[
    "constant", "square", "square root", "inverse square root", "polynomial", "noam hold"
]


class Annealing(Schedule, frozen=True, kw_only=True, tag="nemo.annealing"):
    """A linear rise over W, a hold until H, a decay until M; beyond M the floor.

        lr(t) = base_lr * (t + 1) / (W + 1)                              t <= W, where W > 0
        lr(t) = base_lr                                                  t < H
        lr(t) = base_lr                                                  constant
        lr(t) = max(min_lr, base_lr * (1 - (t - W) / (M - W))^2)         square
        lr(t) = max(min_lr, base_lr * sqrt((M - t) / M))                 square root
        lr(t) = base_lr / sqrt((t + 1) / (W + 1))                        inverse square root
        lr(t) = min_lr + (base_lr - min_lr) * (1 - q)^power              polynomial
        lr(t) = max(min_lr, base_lr * (W / (t - h))^decay_rate)          noam hold
        lr(t) = min_lr                                                   t > M

    q = (t - start) / (M - max(W, H)), at most 1; h = H - W, or 0 without a hold; neither power in
    "noam hold" is below 1. Source: nemo_toolkit 2.4.0, nemo/core/optim/lr_scheduler.py.
    """

    shape: Shape
    max_steps: Stretch
    warmup_steps: Stretch = 0
    hold_until: Stretch = 0
    start: Stretch = 0
    min_lr: float = 0.0
    power: float = 1.0
    decay_rate: float = 0.5

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        count = steps.astype(np.float64)
        rates: Rates = np.where(count > self.max_steps, self.min_lr, self._decayed(count, base))
        rates = np.where(count < self.hold_until, base, rates)
        if not self.warmup_steps:
            return rates
        rising = base * (count + 1) / (self.warmup_steps + 1)
        return np.where(count <= self.warmup_steps, rising, rates)

    def _decayed(self, count: Rates, base: Rates) -> Rates:
        rates: Rates = base
        if self.shape == "inverse square root":
            rates = base / np.sqrt((count + 1) / (self.warmup_steps + 1))
        elif self.shape == "polynomial":
            whole = max(1, self.max_steps - max(self.warmup_steps, self.hold_until))
            part = np.clip((count - self.start) / whole, 0.0, 1.0)
            rates = (base - self.min_lr) * (1.0 - part) ** self.power + self.min_lr
        elif self.shape != "constant":
            rates = np.maximum(base * self._factor(count), self.min_lr)
        return rates

    def _factor(self, count: Rates) -> Rates:
        left = np.maximum(self.max_steps - count, 0.0)
        if self.shape == "square":
            factor: Rates = (left / max(1, self.max_steps - self.warmup_steps)) ** 2
            return factor
        if self.shape == "square root":
            return np.sqrt(left / max(1, self.max_steps))
        held = max(0, self.hold_until - self.warmup_steps)
        late: Rates = np.maximum(np.maximum(count - held, 1.0) ** self.decay_rate, 1.0)
        reached: float = max(1.0, float(self.warmup_steps) ** self.decay_rate)
        return reached / late

    def _edges(self) -> tuple[int, int, int]:
        held = max(self.warmup_steps, self.hold_until)
        return (self.warmup_steps, held, max(held, self.max_steps))

    def knots(self, end: int) -> Knots:
        """Return the ends of the stretches, and the steps beside them."""
        return points(end, *(edge + near for edge in self._edges() for near in (-1, 0, 1)))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the hold, the decay and the floor, those that last."""
        decay = "constant" if self.shape == "constant" else f"{self.shape} decay"
        return named_stretches(("warm-up", "hold", decay, "floor"), (0, *self._edges(), end), end)


class Noam(Schedule, frozen=True, kw_only=True, tag="nemo.noam"):
    """The Transformer's schedule, of which base_lr is a multiplier, not the peak.

        lr(t) = base_lr * d_model^-0.5 * min(k^-0.5, k * W^-1.5)         k = max(1, t)

    At least min_lr where k > W; without a warm-up the first of the two counts. The peak, at W, is
    base_lr / sqrt(d_model * W). Source: nemo_toolkit 2.4.0, nemo/core/optim/lr_scheduler.py.
    """

    d_model: Annotated[float, Meta(gt=0)]
    warmup_steps: Stretch = 0
    min_lr: float = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        count = np.maximum(steps, 1).astype(np.float64)
        factor = count**-0.5
        if self.warmup_steps:
            factor = np.minimum(factor, count * float(self.warmup_steps) ** -1.5)
        rates: Rates = base * self.d_model**-0.5 * factor
        return np.where(count > self.warmup_steps, np.maximum(rates, self.min_lr), rates)

    def knots(self, end: int) -> Knots:
        """Return where the rise starts to count and where it ends."""
        return points(end, 0, 1, *(self.warmup_steps + near for near in (-1, 0, 1)))

    def extent(self) -> int:
        """Five times the warm-up."""
        return extent_past(4 * (self.warmup_steps or 250))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the decay, those that last."""
        return named_stretches(("warm-up", "decay"), (0, self.warmup_steps, end), end)
