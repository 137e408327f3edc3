"""The curves of ppdet: tables of the rate of each step there, formulas here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Period, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineToPlateau", "Warmed"]

Stretch = Annotated[int, Meta(ge=0, le=2**53)]


class Warmed(Schedule, frozen=True, kw_only=True, tag="paddledetection.warmup"):
    """A warm-up, and a schedule that counts from step 0, under it, too.

        lr(t) = base_lr * (start_factor * (1 - x) + x^power)        t < W = warmup_steps, x = t/W
        lr(t) = then(t)                                             from there on

    LinearWarmup has power 1, ExpWarmup start_factor 0. Source: ppdet 2.6,
    ppdet/optimizer/optimizer.py.
    """

    warmup_steps: Period
    start_factor: float = 0.0
    power: float = 1.0
    then: Schedule

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the warm-up, and the schedule after it."""
        done = np.minimum(steps, self.warmup_steps) / self.warmup_steps
        rising = base * (self.start_factor * (1 - done) + done**self.power)
        return np.where(steps < self.warmup_steps, rising, self.then.lr(steps, base))

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and the schedule's own knots."""
        return (*points(end, self.warmup_steps), *self.then.knots(end))

    def extent(self) -> int:
        """Return what the schedule needs."""
        return max(self.warmup_steps, self.then.extent())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, and the schedule's phases from there on."""
        rest = [
            Phase(phase.name, max(phase.start, self.warmup_steps), phase.end)
            for phase in self.then.phases(end)
            if phase.end > self.warmup_steps
        ]
        return (*named_stretches(("warm-up",), (0, self.warmup_steps), end), *rest)


class CosineToPlateau(Schedule, frozen=True, kw_only=True, tag="paddledetection.CosineDecay"):
    """Half a cosine from the end of the warm-up, then level: ppdet's CosineDecay.

        lr(t) = low + (base_lr - low)/2 * (1 + cos(pi * (t - W) / (T - P - W)))    t < T - P
        lr(t) = low                                                                from there on

    low = min_lr_ratio * base_lr, W = begin, T = max_iters, P = plateau. Without a plateau the last
    rate, of step T - 1, is held from there on; with nothing left after the warm-up, base_lr.
    Source: ppdet 2.6, ppdet/optimizer/optimizer.py.
    """

    begin: Stretch
    max_iters: Period
    plateau: Stretch = 0
    min_lr_ratio: float = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        if self.begin >= self.max_iters:
            return np.array(base)
        low, stop = base * self.min_lr_ratio, self.max_iters - self.plateau
        at = np.minimum(steps, self.max_iters - 1)
        angle = (np.minimum(at, stop) - self.begin) * math.pi / max(1, stop - self.begin)
        falling = low + (base - low) * 0.5 * (np.cos(angle) + 1)
        return np.where(at < stop, falling, low)

    def knots(self, end: int) -> Knots:
        """Return the start of the plateau and the end."""
        return points(end, self.max_iters - self.plateau, self.max_iters - 1)

    def extent(self) -> int:
        """A quarter past the end."""
        return extent_past(self.max_iters)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the decay and the plateau."""
        edges = (0, self.max_iters - self.plateau, max(end, self.max_iters))
        return named_stretches(("cosine", "plateau"), edges, end)
