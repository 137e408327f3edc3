"""The one-cycle curve that mmengine and mmcv share."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["OneCycleCurve", "annealed"]


def annealed(start: Rates | float, end: Rates | float, done: Rates, *, cosine: bool) -> Rates:
    """Return what lies between two rates: half a cosine, or a straight line, by part done."""
    rates: Rates = (
        end + (start - end) / 2.0 * (np.cos(math.pi * done) + 1)
        if cosine
        else (end - start) * done + start
    )
    return rates


class OneCycleCurve(msgspec.Struct, frozen=True, kw_only=True):
    """One rise and one fall (with three_phase, one more), joined by half cosines or lines.

    The ends of the phases are pct_start * total_steps - 1 (with three_phase also twice that) and
    total_steps - 1, fractions as they are; the last phase is followed past its end as well.
    """

    rates: tuple[float, float, float]
    total_steps: float
    pct_start: float
    cosine: bool
    three_phase: bool

    @property
    def edges(self) -> tuple[float, ...]:
        """Where the phases begin, and where the last one ends."""
        up = float(self.pct_start * self.total_steps) - 1
        mirror = (float(2 * self.pct_start * self.total_steps) - 2,) if self.three_phase else ()
        return (0.0, up, *mirror, self.total_steps - 1)

    def at(self, steps: Steps) -> Rates:
        """Return the rate at each step: that of the first phase which has not ended before it."""
        first, top, last = self.rates
        values = (first, top, first, last) if self.three_phase else (first, top, last)
        found = np.full(steps.shape, np.nan)
        ends = np.asarray(self.edges[1:-1])
        phase = np.searchsorted(np.maximum.accumulate(ends), steps, side="left")
        phases = zip(pairwise(self.edges), pairwise(values), strict=True)
        for index, ((start, end), (low, high)) in enumerate(phases):
            here = phase == index
            done = np.asarray((steps[here] - start) / (end - start or math.nan))
            found[here] = annealed(low, high, done, cosine=self.cosine)
        return found

    @property
    def last_step(self) -> int:
        """The last step that has a rate; -1 where not even the first has one."""
        if self.edges[1] == 0:
            return -1
        return int(self.total_steps) - (self.edges[-2] == self.edges[-1])
