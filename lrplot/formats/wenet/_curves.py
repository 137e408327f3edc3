"""The curves that wenet and ESPnet share: a linear rise, then the inverse root of the updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Phase, Rate, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["NoamHold", "WarmupRoot"]

Warmup = Annotated[float, Meta(gt=0, le=2**53)]


class WarmupRoot(Schedule, frozen=True, kw_only=True, tag="wenet.warmup_root"):
    """The Transformer paper's shape, counting updates from 1, times a factor.

        lr(t) = base_lr * factor * min(n^-0.5, n * W^-1.5)            n = t + 1

    With factor = sqrt(W) the peak, at n = W, is base_lr. It never ends. Source: WarmupLR of wenet
    and ESPnet, and ESPnet's NoamLR.
    """

    warmup_steps: Warmup
    factor: Annotated[float, Meta(gt=0)]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        n = steps + 1.0
        shape: Rates = np.minimum(n**-0.5, n * self.warmup_steps**-1.5)
        return base * self.factor * shape

    def knots(self, end: int) -> Knots:
        """Return the peak."""
        return points(end, self.warmup_steps - 1)

    def extent(self) -> int:
        """Five times the warm-up."""
        return extent_past(4 * self.warmup_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise and the decay."""
        return named_stretches(("warm-up", "inverse sqrt"), (0, self.warmup_steps, end), end)


class NoamHold(Schedule, frozen=True, kw_only=True, tag="wenet.noam_hold"):
    """A straight rise over W, a hold of H, then a power of the steps since, down to a floor.

        lr(t) = base_lr * (t + 1) / (W + 1)                            t <= W
        lr(t) = base_lr                                                t < W + H
        lr(t) = max(base_lr * W^d / (t - H)^d, min_lr)                 t <= T
        lr(t) = min_lr                                                 from there on

    d = decay_rate, T = max_steps. Source: wenet, wenet/utils/scheduler.py, after NeMo.
    """

    warmup_steps: Annotated[int, Meta(ge=1, le=2**53)]
    hold_steps: Annotated[int, Meta(ge=0, le=2**53)] = 0
    max_steps: Annotated[int, Meta(ge=1, le=2**53)]
    decay_rate: float = 0.5
    min_lr: Rate = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        warmup, held = self.warmup_steps, self.warmup_steps + self.hold_steps
        top = np.maximum(1.0, np.float64(warmup) ** self.decay_rate)  # infinite, not an error
        since = np.maximum(steps - self.hold_steps, 1).astype(np.float64)
        falling = np.maximum(base * top / np.maximum(1, since**self.decay_rate), self.min_lr)
        late = np.where(steps > self.max_steps, self.min_lr, falling)
        after = np.where(steps < held, base, late)
        return np.where(steps <= warmup, base * (steps + 1) / (warmup + 1), after)

    def _edges(self) -> tuple[int, int, int]:
        return (self.warmup_steps, self.warmup_steps + self.hold_steps, self.max_steps)

    def knots(self, end: int) -> Knots:
        """Return the ends of the stretches, and the steps after them."""
        return points(end, *(edge + near for edge in self._edges() for near in (0, 1)))

    def extent(self) -> int:
        """A quarter past the end."""
        return extent_past(self.max_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise, the hold, the decay and what follows."""
        names = ("warm-up", "hold", "decay", "constant")
        return named_stretches(names, (0, *self._edges(), end), end)
