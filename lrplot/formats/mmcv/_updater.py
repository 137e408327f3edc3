"""mmcv 1.x's LrUpdaterHook: a policy by epochs or by iterations, with a warm-up by iterations.

The hook sets the rate before each iteration. So after the last one the optimizer still holds the
rate of that, and a run that ends at T stands at the rate of update T - 1.
Source: mmcv 1.7.2, mmcv/runner/hooks/lr_updater.py and momentum_updater.py.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.formats.mmcv._policies import StepDown
from lrplot.schedules.base import Knots, Phase, Schedule, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["MomentumUpdater", "Updater"]

_NAMED_LEVELS = 12


class Updater(Schedule, frozen=True, kw_only=True, tag="mmcv.lr_updater"):
    """The policy's rate at each iteration, times a factor while the warm-up lasts.

        constant    ratio
        linear      1 - (1 - t/warmup_iters) * (1 - ratio)
        exp         ratio^(1 - t/warmup_iters)
        quadratic   ratio * ((t + 1)/warmup_iters)^2, of the base rate: YOLOX's

    Attributes:
        policy: the rate by progress.
        tick: iterations in a step of progress: those of an epoch, or 1.
        warmup: the form of the warm-up, "" for none.
        warmup_iters: how long it lasts.
        ratio: the factor at its start.
        length: the iterations of the run.
        beside: the curve of the momentum, where a hook sets it.
    """

    policy: Schedule
    tick: Annotated[int, Meta(ge=1)] = 1
    warmup: Literal["", "constant", "linear", "exp", "quadratic"] = ""
    warmup_iters: Annotated[int, Meta(ge=0, le=2**53)] = 0
    ratio: Annotated[float, Meta(gt=0, le=1)] = 0.1
    length: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    beside: Schedule | None = None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate policy and warm-up; see the class."""
        if self.length is not None:
            steps = np.minimum(steps, self.length - 1)
        rates = self.policy.lr(steps // self.tick, base)
        if not self.warmup:
            return rates
        return np.where(steps < self.warmup_iters, self.warmed(steps, rates, base), rates)

    def warmed(self, at: Steps, rates: Rates, base: Rates) -> Rates:
        """Return the rates with the warm-up's factor."""
        if self.warmup == "quadratic":
            return base * self.factor(at)
        return rates * self.factor(at)

    def factor(self, at: Steps) -> Rates:
        """Return the warm-up's factor at an iteration."""
        if self.warmup == "constant":
            return np.full(at.shape, self.ratio)
        if self.warmup == "linear":
            return 1 - (1 - at / self.warmup_iters) * (1 - self.ratio)
        if self.warmup == "exp":
            return np.power(self.ratio, 1 - at / self.warmup_iters)
        return self.ratio * np.square((at + 1) / self.warmup_iters)

    def uses_base(self) -> bool:
        """Say whether the policy does, or the warm-up."""
        return self.policy.uses_base() or self.warmup == "quadratic"

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up, the policy's knots and, by epochs, each epoch's start."""
        stop = end if self.length is None else min(end, self.length)
        if self.tick > 1:
            inner: Knots = (range(self.tick, stop + 1, self.tick),)
        else:
            inner = self.policy.knots(stop)
        last = () if self.length is None else (self.length - 1, self.length)
        return (*inner, *points(end, *filter(None, (self.warmup_iters, *last))))

    def momentum(self) -> Schedule | None:
        """Return the curve of the momentum."""
        return self.beside

    def extent(self) -> int:
        """Return the length of the run."""
        return self.length or 1000

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the policy."""
        warm = min(end, self.warmup_iters)
        title = getattr(self.policy, "title", self.policy.name)()
        edges = [warm, *(edge for edge in self._levels() if warm < edge < end), end]
        found = [Phase(f"{self.warmup} warm-up", 0, warm)]
        found += [Phase(title, start, stop) for start, stop in pairwise(edges)]
        return tuple(phase for phase in found if phase.start < phase.end)

    def _levels(self) -> list[int]:
        """Return where the levels of a policy of drops begin, if they are few."""
        if not isinstance(self.policy, StepDown) or self.length is None:
            return []
        knots = self.policy.knots(self.length // self.tick)
        few = sum(map(len, knots)) < _NAMED_LEVELS
        return sorted({step * self.tick for knot in knots for step in knot}) if few else []


class MomentumUpdater(Updater, frozen=True, kw_only=True, tag="mmcv.momentum_updater"):
    """The same on the momentum, which a warm-up divides by its factor."""

    def warmed(self, at: Steps, rates: Rates, base: Rates) -> Rates:
        """Return the momenta with the warm-up's factor."""
        del base
        return rates / self.factor(at)
