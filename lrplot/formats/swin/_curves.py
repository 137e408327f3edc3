"""The curves of Swin and dinov2, which step their schedulers in ways of their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Length, Phase, Rate, Schedule, points
from lrplot.schedules.shift import named_stretches, shifted_knots, shifted_phases

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Belated", "LinspaceCosine"]


class Belated(Schedule, frozen=True, kw_only=True, tag="swin.belated"):
    """A schedule whose rate is set after the update it is meant for.

        lr(t) = schedule(max(t - 1, 0))

    Swin gives the scheduler the number of the update that has just been made, not of the next.
    """

    schedule: Schedule

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule a step earlier."""
        return self.schedule.lr(np.maximum(steps - 1, 0), base)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    def knots(self, end: int) -> Knots:
        """Return the schedule's, a step later, and the first update."""
        return (*points(end, 1), *shifted_knots(self.schedule, 1, end))

    def extent(self) -> int:
        """Return the schedule's."""
        return self.schedule.extent() + 1

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's, a step later; the first update belongs to the first of them."""
        moved = shifted_phases(self.schedule, 1, end)
        return tuple(
            Phase(phase.name, 0 if i == 0 else phase.start, phase.end)
            for i, phase in enumerate(moved)
        )


class LinspaceCosine(Schedule, frozen=True, kw_only=True, tag="dinov2.CosineScheduler"):
    """A straight rise from 0 whose last step is at the peak, then half a cosine to a floor.

        lr(t) = base_lr * t / (W - 1)                                             t < W
        lr(t) = low + (base_lr - low)/2 * (1 + cos(pi * (t - W) / (T - W)))       t < T
        lr(t) = low                                                               from there on

    So base_lr stands at W - 1 and at W. W = warmup_steps, T = max_iters, low = eta_min. Source:
    dinov2, dinov2/utils/utils.py, CosineScheduler.
    """

    max_iters: Length
    warmup_steps: Annotated[int, Meta(ge=0, le=2**53)]
    eta_min: Rate

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rise, last = base / max(1, self.warmup_steps - 1), self.warmup_steps - 1
        rising = np.where((steps == last) & (last > 0), base, steps * rise)
        done = math.pi * np.clip(steps - self.warmup_steps, 0, None)
        late = done / max(1, self.max_iters - self.warmup_steps)
        falling = self.eta_min + 0.5 * (base - self.eta_min) * (1 + np.cos(late))
        rates = np.where(steps < self.warmup_steps, rising, falling)
        return np.where(steps < self.max_iters, rates, self.eta_min)

    def knots(self, end: int) -> Knots:
        """Return the peak and the end."""
        return points(end, self.warmup_steps - 1, self.warmup_steps, self.max_iters)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the decay."""
        return named_stretches(("warm-up", "cosine"), (0, self.warmup_steps, end), end)
