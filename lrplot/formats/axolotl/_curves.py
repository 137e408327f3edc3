"""The schedules that axolotl has beside the Trainer's own.

Source: axolotl 0.19, axolotl/utils/schedulers.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks.transformers._curves import CosineDecay
from lrplot.schedules.base import Knots, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineThenHold", "JaggedRestarts", "QuadraticWarmupCosine", "Rex"]

Part = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1, le=2**53)]
Some = Annotated[int, Meta(ge=0, le=2**53)]


class QuadraticWarmupCosine(CosineDecay, frozen=True, kw_only=True, tag="axolotl.quadratic"):
    """(t / W)^2 up to W, then half a cosine to 0 at T; beyond it the cosine goes on."""

    def ramp(self, time: Rates) -> Rates:
        """Return the factor of the warm-up."""
        rising: Rates = super().ramp(time) ** 2
        return rising


class CosineThenHold(CosineDecay, frozen=True, kw_only=True, tag="axolotl.cosine_then_hold"):
    """A warm-up over W, half a cosine to min_lr_rate of the base at T, and that from there on.

    T, num_training_steps, is only a part of the run: cosine_constant_lr_ratio of it.
    """

    def after(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the cosine up to T."""
        return super().after(np.minimum(time, self.num_training_steps), base)

    def stretches(self) -> tuple[str, ...]:
        """Return the warm-up, the decay and the hold."""
        return ("warm-up", "decay", "hold")


class Rex(Schedule, frozen=True, kw_only=True, tag="axolotl.rex"):
    """A reflected exponential, one step ahead: RexLR takes its first step as it is made.

        lr(t) = base * s / W                                 s = t + 1 <= W
        lr(t) = floor + (base - floor) * z / (0.1 + 0.9 z)   z = (T - s) / (T - W)
        lr(t) = floor                                        s >= T

    base / W at 0 (base without a warm-up), floor from T - 1 on: floor is min_lr_rate of the base.
    """

    total_steps: Count
    num_warmup_steps: Some = 0
    min_lr_rate: Part = 0.0

    def check(self) -> None:
        """Refuse a warm-up longer than the run, as RexLR does."""
        if self.num_warmup_steps > self.total_steps:
            raise ParameterError("num_warmup_steps", "must not be more than the run's updates")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        step = steps + 1
        length = max(1, self.total_steps - self.num_warmup_steps)
        left = np.clip((self.total_steps - step) / length, 0.0, 1.0)
        rate = self.min_lr_rate
        factor = rate + (1.0 - rate) * (left / (0.1 + 0.9 * left))
        rising = base * step / max(1, self.num_warmup_steps)
        falling = np.where(step >= self.total_steps, base * rate, base * factor)
        return np.where(step <= self.num_warmup_steps, rising, falling)

    def knots(self, end: int) -> Knots:
        """Return the top and the end, with the steps beside them."""
        edges = (self.num_warmup_steps - 1, self.total_steps - 1)
        return points(end, *(edge + near for edge in edges for near in (0, 1)))

    def extent(self) -> int:
        """Return the length of the run."""
        return self.total_steps

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay and the hold."""
        edges = (0, max(0, self.num_warmup_steps - 1), self.total_steps - 1, end)
        return named_stretches(("warm-up", "decay", "hold"), edges, end)


class JaggedRestarts(Schedule, frozen=True, kw_only=True, tag="axolotl.jagged"):
    """Another schedule, taken down and up again every restart_steps (R) steps.

        lr(t) = schedule(s) * (x * (1 - floor) + floor)     s = t + 1, u = s mod R
        x     = u / warmup_steps                            right after a restart
        x     = (R - u) / anneal_steps                      right before one
        x     = 1                                           between

    Before the first restart there is no warm-up. It is one step ahead, as it takes its first step
    when it is made; `ahead` is 2 over a schedule that does the same. floor is min_lr_scale.
    """

    schedule: Schedule
    restart_steps: Count
    warmup_steps: Annotated[float, Meta(gt=0)] = 10.0
    anneal_steps: Annotated[float, Meta(gt=0)] = 1.0
    min_lr_scale: float = 0.001
    ahead: Count = 1

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        step = steps + self.ahead
        since: Steps = step % self.restart_steps
        rising = np.minimum(1.0, since / self.warmup_steps)
        falling = np.minimum(1.0, (self.restart_steps - since) / self.anneal_steps)
        ending = since > self.restart_steps - self.anneal_steps
        part = np.where(since < self.warmup_steps, rising, np.where(ending, falling, 1.0))
        scale = part * (1 - self.min_lr_scale) + self.min_lr_scale
        first = step < self.restart_steps - self.anneal_steps
        inner = steps + 1  # what is a step ahead itself says so
        return self.schedule.lr(inner, base) * np.where(first, 1.0, scale)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    def knots(self, end: int) -> Knots:
        """Return the schedule's own, a step early, and the edges of each restart."""
        inner = map(_earlier, self.schedule.knots(end + 1))
        return (*inner, *self._restarts(end))

    def _restarts(self, end: int) -> Knots:
        period = self.restart_steps
        edges = (0, self.warmup_steps, period - self.anneal_steps)
        near = {int(edge) - self.ahead + step for edge in edges for step in (-1, 0, 1, 2)}
        return tuple(range(start % period, end + 1, period) for start in sorted(near))

    def extent(self) -> int:
        """Return the schedule's own."""
        return self.schedule.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's own."""
        return self.schedule.phases(end)


def _earlier(knot: range) -> range:
    """Return the same steps one sooner, those that are left."""
    start = knot.start - 1 if knot.start else knot.step - 1
    return range(start, knot.stop - 1, knot.step)
