"""fastai's one cycle as OpenPCDet has it: two half cosines over whole updates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Length, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["OneCycle"]

_LAST = 1e4  # the first rate is so many times the last


class OneCycle(Schedule, frozen=True, kw_only=True, tag="openpcdet.one_cycle"):
    """Half a cosine up to base_lr, and half a cosine down.

        lr(t) = low + (base_lr - low)/2 * (1 - cos(pi * t / P))                  t < P
        lr(t) = end + (base_lr - end)/2 * (1 + cos(pi * (t - P) / (T - P)))      from there on

    low = base_lr / div_factor, end = low / 10^4, P = int(pct_start * T). The cosine goes up again
    beyond T. Source: OpenPCDet, tools/train_utils/optimization/learning_schedules_fastai.py.
    """

    max_iters: Length
    pct_start: Annotated[float, Meta(gt=0, lt=1)]
    div_factor: Annotated[float, Meta(gt=0)]

    def check(self) -> None:
        """Refuse a rise of no update, by whose length OpenPCDet divides."""
        if self.peak < 1:
            raise ParameterError("pct_start", "leaves no update for the rise")

    @property
    def peak(self) -> int:
        """The update with base_lr."""
        return int(self.pct_start * self.max_iters)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        peak, low = self.peak, base / self.div_factor
        rising = _between(low, base, steps / max(1, peak))
        falling = _between(base, low / _LAST, (steps - peak) / (self.max_iters - peak))
        return np.where(steps < peak, rising, falling)

    def knots(self, end: int) -> Knots:
        """Return the peak, and each turn of the cosine from the run's end on."""
        fall = self.max_iters - self.peak
        return (*points(end, self.peak), range(self.max_iters, end + 1, fall))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise and the fall."""
        return named_stretches(("warm-up", "decay"), (0, self.peak, end), end)


def _between(start: Rates, end: Rates, part: Rates) -> Rates:
    rates: Rates = end + (start - end) / 2 * (np.cos(math.pi * part) + 1)
    return rates
