"""What PaddleClas and PaddleOCR have beside Paddle's own schedulers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Period, Phase, Rate, Schedule, extent_past, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Advanced", "TwoStepCosine"]


class Advanced(Schedule, frozen=True, kw_only=True, tag="paddle_lr.advanced"):
    """A schedule that has been stepped before the first update, as last_epoch: 0 makes it.

    lr(t) = schedule(t + by)
    """

    schedule: Schedule
    by: Period

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule further on."""
        return self.schedule.lr(steps + self.by, base)

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    def knots(self, end: int) -> Knots:
        """Return the schedule's, moved back; those before the start are none."""
        found = self.schedule.knots(end + self.by)
        moved = (range(k.start - self.by, k.stop - self.by, k.step) for k in found)
        return tuple(k[-(-max(0, -k.start) // k.step) :] for k in moved)

    def extent(self) -> int:
        """Return the schedule's."""
        return self.schedule.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's, moved back."""
        return tuple(
            Phase(phase.name, max(0, phase.start - self.by), phase.end - self.by)
            for phase in self.schedule.phases(end + self.by)
            if phase.end > self.by
        )


class TwoStepCosine(Schedule, frozen=True, kw_only=True, tag="paddleocr.TwoStepCosine"):
    """Half a cosine over 200 epochs, then the one over the whole run where it stands.

        lr(t) = learning_rate/2 * (1 + cos(pi * t/T1))        t <= T1
        lr(t) = learning_rate/2 * (1 + cos(pi * t/T2))        beyond: a jump, unless T1 = T2

    Stepped on its own, without a warm-up around it, it goes on from the rate it has reached: 0.
    Source: PaddleOCR 2.10, ppocr/optimizer/lr_scheduler.py, TwoStepCosineDecay.
    """

    learning_rate: Rate
    first: Period
    second: Period
    alone: bool

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; base plays no part."""
        del base
        early, late = self._cosine(steps, self.first), self._cosine(steps, self.second)
        return np.where(steps <= self.first, early, 0.0 if self.alone else late)

    def _cosine(self, steps: Steps, period: int) -> Rates:
        rates: Rates = self.learning_rate / 2 * (1 + np.cos(math.pi * steps / period))
        return rates

    def uses_base(self) -> bool:
        """Return false: the rate stands in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the end of the first cosine, the jump after it, and the end of the second."""
        return points(end, self.first, self.first + 1, self.second)

    def extent(self) -> int:
        """A quarter past both."""
        return extent_past(self.first, self.second)
