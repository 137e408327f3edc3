"""The rates of mmcv 1.x's policies, by progress: the epoch or the iteration a run is in.

Source: mmcv 1.7.2, mmcv/runner/hooks/lr_updater.py and momentum_updater.py (the same formulas on
the momentum); YOLOX: mmdet 2.28, core/hook/yolox_lrupdater_hook.py; CosineAnnealingCooldown: mmcls
0.25, core/hook/lr_updater.py; TIN: mmaction2 0.24, core/scheduler/lr_updater.py.
"""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.frameworks._openmmlab_curves import OneCycleCurve, annealed
from lrplot.schedules.base import Knots, Schedule, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "Anneal",
    "CosineRestart",
    "Cyclic",
    "Inverse",
    "OneCycle",
    "Poly",
    "StepDown",
    "Tin",
    "Yolox",
]

Count = Annotated[int, Meta(ge=1, le=2**53)]


class Policy(Schedule, frozen=True, kw_only=True):
    """A rate by progress; what a person calls it is the last part of its tag."""

    def title(self) -> str:
        """Return what a person calls it."""
        return self.name().rpartition(".")[2]


class StepDown(Policy, frozen=True, kw_only=True, tag="mmcv.step"):
    """base * gamma^n, n drops having come, but not below min_lr.

    n is how many steps of `every` have passed, or the place of the first of `marks` that has not
    been reached.
    """

    every: Count | None = None
    marks: tuple[Count, ...] = ()
    gamma: float
    min_lr: float | None = None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        if self.every is not None:
            drops = steps // self.every
        else:
            highest = np.asarray(list(accumulate(self.marks, max)), dtype=np.int64)
            drops = np.searchsorted(highest, steps, side="right")
        rates: Rates = base * np.power(self.gamma, drops.astype(np.float64))
        if self.min_lr is not None:
            np.maximum(rates, self.min_lr, out=rates)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the drops."""
        if self.every is not None:
            return (range(self.every, end + 1, self.every),)
        return points(end, *self.marks)

    def title(self) -> str:
        """Say the factor."""
        return f"step x{self.gamma:g}"


class Inverse(Policy, frozen=True, kw_only=True, tag="mmcv.inv"):
    """base * (1 + gamma * p)^-power."""

    gamma: float
    power: float

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rates: Rates = base * np.power(1 + self.gamma * steps, -self.power)
        return rates


class _Floored(Policy, frozen=True, kw_only=True):
    """A policy with a floor: a rate, or a part of the base rate."""

    min_lr: float | None = None
    min_lr_ratio: float | None = None

    def check(self) -> None:
        """Refuse both floors, and none."""
        if (self.min_lr is None) == (self.min_lr_ratio is None):
            raise ParameterError("min_lr", "give min_lr or min_lr_ratio, and only one of them")

    def floor(self, base: Rates) -> Rates:
        """Return the floor at each step."""
        if self.min_lr_ratio is not None:
            return base * self.min_lr_ratio
        return np.full(base.shape, self.min_lr or 0.0)


class Anneal(_Floored, frozen=True, kw_only=True, tag="mmcv.anneal"):
    """base up to `start`, then half a cosine (or a line) towards the floor, reached at `end`.

    With a cool-down, floor * cool_down_ratio from the step after `end` on.
    """

    start: int = 0
    end: int
    cosine: bool = True
    cool_down_ratio: float | None = None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        floor = self.floor(base)
        done = np.maximum(steps - self.start, 0) / (self.end - self.start or 1)
        rates = annealed(base, floor, done, cosine=self.cosine)
        if self.cool_down_ratio is not None:
            rates = np.where(steps > self.end, floor * self.cool_down_ratio, rates)
        return np.where(steps < self.start, base, rates)

    def knots(self, end: int) -> Knots:
        """Return where it begins to fall, and where it is down."""
        return points(end, self.start, self.end, self.end + 1)

    def title(self) -> str:
        """Say its form."""
        return "cosine" if self.cosine else "linear decay"


class Tin(Anneal, frozen=True, kw_only=True, tag="mmcv.TIN"):
    """A cosine that counts from the end of the warm-up, also before it."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        done = (steps - self.start) / (self.end - self.start or 1)
        return annealed(base, self.floor(base), done, cosine=True)


class Poly(_Floored, frozen=True, kw_only=True, tag="mmcv.poly"):
    """(base - min_lr) * (1 - p/length)^power + min_lr."""

    length: Count
    power: float

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        floor = self.floor(base)
        return (base - floor) * np.power(1 - steps / self.length, self.power) + floor

    def title(self) -> str:
        """Say the power."""
        return f"poly power {self.power:g}"


class CosineRestart(_Floored, frozen=True, kw_only=True, tag="mmcv.CosineRestart"):
    """Half a cosine in each period: min_lr + weight * (base - min_lr)/2 * (1 + cos(pi * u/period)).

    Past the last period mmcv stops with an error.
    """

    periods: tuple[Count, ...]
    restart_weights: tuple[float, ...]

    def check(self) -> None:
        """Refuse lists of different lengths."""
        super().check()
        if len(self.periods) != len(self.restart_weights) or not self.periods:
            raise ParameterError("restart_weights", f"must be {len(self.periods)}, as periods")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        starts = np.cumsum([0, *self.periods])
        if steps.max(initial=0) >= starts[-1]:
            raise InputError(
                f"mmcv stops with an error at {int(starts[-1]):,}, where the last of the periods "
                "ends before the run does"
            )
        period = np.searchsorted(starts, steps, side="right") - 1
        done = (steps - starts[period]) / np.asarray(self.periods)[period]
        weight, floor = np.asarray(self.restart_weights)[period], self.floor(base)
        rates: Rates = floor + 0.5 * weight * (base - floor) * (np.cos(math.pi * done) + 1)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the restarts."""
        return points(end, *accumulate(self.periods))

    def title(self) -> str:
        """Say what it is."""
        return "cosine with restarts"


class Cyclic(Policy, frozen=True, kw_only=True, tag="mmcv.cyclic"):
    """From base to base * high and on to base * low, in each cycle of `length` iterations.

    gamma^cycle scales how far high is from 1.
    """

    length: Count
    up: Annotated[int, Meta(ge=0)]
    high: float
    low: float
    gamma: Annotated[float, Meta(gt=0, le=1)]
    anneal_strategy: Literal["cos", "linear"]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        since, scale = steps % self.length, self.gamma ** (steps // self.length)
        cosine = self.anneal_strategy == "cos"
        high = 1 - scale + self.high * scale
        # Without a way up mmcv takes the way down for the first one, and scales its other end.
        top, low = (high, self.low) if self.up else (self.high, 1 - scale + self.low * scale)
        rising = annealed(base, base * high, since / (self.up or 1), cosine=cosine)
        passed = (since - self.up) / (self.length - self.up)
        falling = annealed(base * top, base * low, passed, cosine=cosine)
        return np.where(since < self.up, rising, falling)

    def knots(self, end: int) -> Knots:
        """Return each top and each bottom."""
        starts = (range(first, end + 1, self.length) for first in (self.up, self.length))
        last = range(self.length - 1, end + 1, self.length)
        return (*starts, last)


class OneCycle(Policy, frozen=True, kw_only=True, tag="mmcv.OneCycle"):
    """One rise and one fall between given rates; the base rate plays no part."""

    rates: tuple[float, float, float]
    total_steps: Count
    pct_start: Annotated[float, Meta(ge=0, le=1)]
    anneal_strategy: Literal["cos", "linear"]
    three_phase: bool

    def _curve(self) -> OneCycleCurve:
        return OneCycleCurve(
            rates=self.rates,
            total_steps=self.total_steps,
            pct_start=self.pct_start,
            cosine=self.anneal_strategy == "cos",
            three_phase=self.three_phase,
        )

    def check(self) -> None:
        """Refuse a first phase of no length, by which mmcv divides."""
        if self._curve().last_step < 0:
            raise ParameterError("pct_start", "leaves the first phase without a length")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the cycle; base plays no part."""
        del base
        return self._curve().at(steps)

    def uses_base(self) -> bool:
        """Return false: the rates stand in the policy."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the ends of the phases, both neighbours of a fraction."""
        return points(end, *(edge for edge in self._curve().edges if edge > 0))

    def title(self) -> str:
        """Say what it is."""
        return "one cycle"


class Yolox(_Floored, frozen=True, kw_only=True, tag="mmcv.YOLOX"):
    """A cosine from the end of the warm-up to the floor, which then stays for the last epochs.

    It counts from 1; warmup is the warm-up's length and last_epochs that of the end, in iterations.
    """

    warmup: Annotated[int, Meta(ge=0)]
    length: Count
    last_epochs: Annotated[int, Meta(ge=0)]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        floor, end = self.floor(base), self.length - self.last_epochs
        done = np.asarray((steps + 1 - self.warmup) / (end - self.warmup or 1), dtype=np.float64)
        return np.where(steps + 1 >= end, floor, annealed(base, floor, done, cosine=True))

    def knots(self, end: int) -> Knots:
        """Return where the floor is taken."""
        return points(end, max(0, self.length - self.last_epochs - 1))
