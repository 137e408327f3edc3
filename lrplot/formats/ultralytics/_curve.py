"""How the YOLO trainers of Ultralytics, YOLOv5 and YOLOv7 move the rate of their weights."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["YoloCurve"]

_MANY = 10_000  # knots named one by one
_LONGEST = 5_000_000  # batches gone through one by one

Many = Annotated[int, Meta(ge=1, le=2**53)]
Some = Annotated[int, Meta(ge=0, le=2**53)]


class YoloCurve(Schedule, frozen=True, kw_only=True, tag="ultralytics.train"):
    """A rate for each epoch, and a straight line up to it over the first batches.

        lr(t) = base_lr * f(epoch)                                     epoch = floor(i / batches)
        lr(t) = start + (base_lr * f(epoch) - start) * i / W           i <= W = warmup
        f(e)  = (1 - e / span) * (1 - lrf) + lrf                       a straight line, or
        f(e)  = (1 - cos(pi * e / span)) / 2 * (lrf - 1) + 1           half a cosine

    i is the batch that update t ends with: t itself, unless gradients accumulate. They do so over
    round(nominal) batches, over fewer while the warm-up lasts. The line aims at the rate of the
    epoch it is in, so it bends at each. start at 0; lrf * base_lr would be reached after the last
    epoch.

    Attributes:
        batches: batches in an epoch.
        span: epochs that the decay is spread over.
        warmup: batches of the warm-up (W).
        lrf: the part of the base rate that the decay leads to.
        cosine: whether it is half a cosine.
        start: the rate at 0 where there is a warm-up.
        nominal: batches in an update once the warm-up is over, before rounding.
        lag: epochs that f is behind once an epoch begins without warm-up: 1 where the trainer
            steps its scheduler at the end of an epoch, having set it back by one at the start.
        counts_from_zero: whether updates fall on multiples of the batches in an update, not
            that many after the last.
    """

    batches: Many
    span: Many
    warmup: Some
    lrf: float
    cosine: bool = False
    start: float = 0.0
    nominal: Annotated[float, Meta(gt=0)] = 1.0
    lag: Some = 0
    counts_from_zero: bool = False

    def check(self) -> None:
        """Refuse a warm-up whose updates would take too long to find."""
        if self.accumulate > 1 and self.warmup > _LONGEST:
            raise ParameterError("warmup", f"must be at most {_LONGEST:,} batches, to count them")

    @property
    def accumulate(self) -> int:
        """Return the batches in an update once the warm-up is over."""
        return max(1, round(self.nominal))

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        batch = self.batch(steps)
        epoch = batch // self.batches
        warm = (epoch * self.batches <= self.warmup) & (self.warmup > 0)
        late = np.where(warm, epoch, np.maximum(epoch - self.lag, 0))
        target = base * self.factor(late)
        slope = (target - self.start) / max(1, self.warmup)
        return np.where(batch < self.warmup, slope * batch + self.start, target)

    def factor(self, epoch: Steps) -> Rates:
        """Return the part of the base rate that an epoch has."""
        if self.cosine:
            risen = np.maximum((1 - np.cos(epoch * math.pi / self.span)) / 2, 0)
            rates: Rates = risen * (self.lrf - 1) + 1
            return rates
        return np.maximum(1 - epoch / self.span, 0) * (1.0 - self.lrf) + self.lrf

    def batch(self, steps: Steps) -> Steps:
        """Return the batch that each update ends with."""
        if self.accumulate == 1:
            return steps
        early, last = _early_updates(self.warmup, self.nominal, self.counts_from_zero)
        later: Steps = last + self.accumulate * (steps - early.size + 1)
        if not early.size:
            return later
        found: Steps = early[np.minimum(steps, early.size - 1)]
        return np.where(steps < early.size, found, later)

    def updates(self, batches: int) -> int:
        """Return how many updates so many batches make."""
        if self.accumulate == 1:
            return batches
        early, last = _early_updates(self.warmup, self.nominal, self.counts_from_zero)
        if batches <= self.warmup:
            return int(np.searchsorted(early, batches, side="left"))
        return int(early.size + max(0, batches - 1 - last) // self.accumulate)

    def knots(self, end: int) -> Knots:
        """Return the first update of each epoch, and the end of the warm-up."""
        settled = self.updates(self.warmup)
        if self.accumulate == 1:
            first = range(self.batches, end + 1, self.batches)
            return (first, *points(end, settled, settled + 1))
        rising = range(min(end, settled + 1) + 1)  # more and more batches in an update
        last = int(self.batch(np.array([end]))[0])
        if last // self.batches > _MANY:
            return (range(end + 1),)
        firsts = map(self.updates, range(self.batches, last + 1, self.batches))
        return (*points(end, *firsts), rising)

    def extent(self) -> int:
        """Return the updates of the whole decay."""
        return max(1, self.updates(self.span * self.batches))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the decay."""
        return named_stretches(("warm-up", "decay"), (0, self.updates(self.warmup), end), end)


@lru_cache(maxsize=8)
def _early_updates(warmup: int, nominal: float, from_zero: bool) -> tuple[Any, int]:  # noqa: FBT001  a cache's key
    """Return the batches that updates end with during the warm-up, and the last before it is over.

    From 1 batch in an update to `nominal`, along a straight line, rounded.
    """
    if not warmup:
        return np.empty(0, dtype=np.int64), -1
    batch = np.arange(warmup + 1)
    each = np.maximum(1, np.interp(batch, [0, warmup], [1, nominal]).round()).astype(np.int64)
    if from_zero:
        found = batch[batch % each == 0]
        return found, warmup - warmup % int(each[-1])
    taken, last = [], -1
    for i, count in enumerate(each.tolist()):
        if i - last >= count:
            taken.append(i)
            last = i
    return np.array(taken, dtype=np.int64), last
