"""The curves of DeepSpeed's schedules, in t: how often the schedule has been stepped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "MomentumCycle",
    "OneCycleCurve",
    "RangeTestCurve",
    "WarmupCosineCurve",
    "WarmupCurve",
    "WarmupDecayCurve",
]

Count = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Natural = Annotated[int, Meta(ge=1, le=2**53)]
Size = Annotated[float, Meta(ge=-(2**53), le=2**53)]


class RangeTestCurve(Schedule, frozen=True, kw_only=True, tag="deepspeed.LRRangeTest"):
    """lr_range_test_min_lr * (1 + step_rate * t / step_size), t / step_size floored in stairs."""

    lr_range_test_min_lr: float
    lr_range_test_step_size: Natural
    lr_range_test_step_rate: float
    lr_range_test_staircase: bool

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; base plays no part."""
        del base
        passed: Rates = steps / self.lr_range_test_step_size
        if self.lr_range_test_staircase:
            passed = np.floor(passed)
        return self.lr_range_test_min_lr * (1 + self.lr_range_test_step_rate * passed)

    def uses_base(self) -> bool:
        """Return false: the rates stand in the call."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the stairs."""
        size = self.lr_range_test_step_size
        return (range(size, end + 1, size),) if self.lr_range_test_staircase else ()

    def extent(self) -> int:
        """Five intervals."""
        return 5 * self.lr_range_test_step_size


class Cycle(Schedule, frozen=True, kw_only=True):
    """A rise from low to high and back, in stairs or not; then a decay of the last value.

    x = t / cycle_first_step_size on the way up, and so down; the value at 0 is `first`. After the
    cycle it is `after(d)`, d counting intervals of decay_step_size.
    """

    low: float
    high: float
    cycle_first_step_size: Annotated[float, Meta(gt=0, le=2**53)]
    cycle_second_step_size: Annotated[float, Meta(ge=0, le=2**53)]
    cycle_first_stair_count: float
    cycle_second_stair_count: float
    decay_step_size: Size
    decay_rate: float

    @property
    def length(self) -> float:
        """Return the steps of the cycle."""
        return self.cycle_first_step_size + self.cycle_second_step_size

    @property
    def decays(self) -> bool:
        """Return whether the value moves once the cycle is over."""
        return self.decay_step_size != 0 and self.decay_rate != 0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the cycle, and the decay after it; base plays no part."""
        del base
        time = steps.astype(np.float64)
        with np.errstate(all="ignore"):  # each branch also sees the steps that are not its own
            intervals = (time - self.length) / self.decay_step_size if self.decays else 0 * time
            heights = self._height(time)
            rates = np.where(time - 1 < self.length, self.cycled(heights), self.after(intervals))
        return np.where(steps == 0, self.low, rates)

    def cycled(self, height: Rates) -> Rates:
        """Return the value at a height of the cycle, 0 to 1."""
        return self.low + (self.high - self.low) * height

    def after(self, intervals: Rates) -> Rates:
        """Return the value this many intervals after the cycle."""
        fallen: Rates = self.low / (1 + self.decay_rate * intervals)
        return fallen

    def _height(self, time: Rates) -> Rates:
        """Return the height within the cycle, 0 to 1."""
        passed = time / self.length
        x = 1.0 + passed - np.floor(1 + passed)
        ratio = self.cycle_first_step_size / self.length
        rising = x <= ratio
        heights = np.where(rising, x / ratio, (x - 1) / (ratio - 1))
        for way, count in zip((rising, ~rising), self._stairs(), strict=True):
            if count > 0:
                heights = np.where(way, np.floor(self._stair(time, count)) / count, heights)
        return heights

    def _stairs(self) -> tuple[float, float]:
        return (self.cycle_first_stair_count, self.cycle_second_stair_count)

    def _stair(self, time: Rates, count: float) -> Rates:
        """Return how many stairs have been climbed, from the whole steps of the cycle."""
        since: Rates = time % self.length
        up = since * count / self.cycle_first_step_size
        down = (self.length - since) * count / self.cycle_second_step_size
        return np.where(since <= self.cycle_first_step_size, up, down)

    def uses_base(self) -> bool:
        """Return false: the rates stand in the call."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the first step, the top and the end; every step of a cycle in stairs."""
        edges = points(end, 1, self.cycle_first_step_size, self.length, self.length + 1)
        stairs = max(self._stairs()) > 0
        return (*edges, range(min(end, math.ceil(self.length)) + 1)) if stairs else edges

    def extent(self) -> int:
        """A quarter past the cycle."""
        return extent_past(self.length)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the way up, the way down and what follows."""
        edges = (0, self.cycle_first_step_size, self.length, end)
        return named_stretches(("rise", "fall", "decay" if self.decays else "hold"), edges, end)


class MomentumCycle(Cycle, frozen=True, kw_only=True, tag="deepspeed.OneCycle.momentum"):
    """The momentum of a OneCycle: from high down to low and back, low at update 0 all the same."""

    def cycled(self, height: Rates) -> Rates:
        """Return the value at a height of the rate's cycle, 0 to 1."""
        return self.high - (self.high - self.low) * height

    def after(self, intervals: Rates) -> Rates:
        """Return the value this many intervals after the cycle."""
        return self.high * (1 + self.decay_rate * intervals)


class OneCycleCurve(Cycle, frozen=True, kw_only=True, tag="deepspeed.OneCycle"):
    """The rate of a OneCycle, with its momentum where it cycles that too."""

    beside: MomentumCycle | None = None

    def momentum(self) -> Schedule | None:
        """Return the momentum's cycle."""
        return self.beside


class _Warmup(Schedule, frozen=True, kw_only=True):
    """A rise over warmup_num_steps W of the iterations j = t - 1, then what a subclass says.

    log(j + 1) / log(W), or j / W with a linear warm-up. W is at least 2.
    """

    warmup_num_steps: Natural
    warmup_type: Literal["log", "linear"]

    @property
    def warmup(self) -> int:
        """Return W."""
        return max(2, self.warmup_num_steps)

    def progress(self, steps: Steps) -> Rates:
        """Return the part of the way that each step has come, from iteration 0 on."""
        j: Steps = np.maximum(steps - 1, 0)
        if self.warmup_type == "linear":
            rising: Rates = j / self.warmup
        else:
            rising = (1.0 / math.log(self.warmup)) * np.log(np.minimum(j, self.warmup) + 1)
        return np.where(j < self.warmup, rising, self.settled(j))

    def settled(self, j: Steps) -> Rates:
        """Return the part that is left once the warm-up is over."""
        return np.ones(np.shape(j))

    def edges(self) -> tuple[int, ...]:
        """Return where the stretches after the first begin."""
        return (self.warmup + 1,)

    def knots(self, end: int) -> Knots:
        """Return the first step and the edges of the stretches, with the steps beside them."""
        near = (edge + step for edge in self.edges() for step in (-1, 0, 1))
        return points(end, 1, *near)

    def extent(self) -> int:
        """A quarter past the last edge."""
        return extent_past(*self.edges())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay where there is one, and the hold."""
        names = ("warm-up", "decay", "hold") if len(self.edges()) > 1 else ("warm-up", "hold")
        return named_stretches(names, (0, *self.edges(), end), end)


class WarmupCurve(_Warmup, frozen=True, kw_only=True, tag="deepspeed.WarmupLR"):
    """warmup_min_lr + (warmup_max_lr - warmup_min_lr) * progress; base in place of no max."""

    warmup_min_lr: float
    warmup_max_lr: float | None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        peak = base if self.warmup_max_lr is None else np.full_like(base, self.warmup_max_lr)
        rates = self.warmup_min_lr + (peak - self.warmup_min_lr) * self.progress(steps)
        return np.where(steps == 0, self.warmup_min_lr, rates)

    def uses_base(self) -> bool:
        """Say whether the warm-up leads to the optimizer's rate."""
        return self.warmup_max_lr is None


class WarmupDecayCurve(WarmupCurve, frozen=True, kw_only=True, tag="deepspeed.WarmupDecayLR"):
    """The warm-up, then max(0, (total_num_steps - j) / (total_num_steps - W)) of the way."""

    total_num_steps: Count

    def settled(self, j: Steps) -> Rates:
        """Return the part that is left once the warm-up is over."""
        length = max(1.0, self.total_num_steps - self.warmup)
        left: Rates = np.maximum(0.0, (self.total_num_steps - j) / length)
        return left

    def edges(self) -> tuple[int, ...]:
        """Return the end of the warm-up and the end of the decay."""
        return (self.warmup + 1, max(self.warmup, self.total_num_steps) + 1)


class WarmupCosineCurve(_Warmup, frozen=True, kw_only=True, tag="deepspeed.WarmupCosineLR"):
    """base times the warm-up from warmup_min_ratio, then a cosine to cos_min_ratio; 0 at 0."""

    total_num_steps: Count
    warmup_min_ratio: float
    cos_min_ratio: float

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        risen = self.progress(steps)
        warming = self.warmup_min_ratio + risen * (1.0 - self.warmup_min_ratio)
        ratio = np.where(steps - 1 < self.warmup, warming, risen)
        return base * np.where(steps == 0, 0.0, ratio)

    def settled(self, j: Steps) -> Rates:
        """Return the ratio once the warm-up is over."""
        done = np.minimum(1.0, (j - self.warmup + 1) / max(1, self.total_num_steps - self.warmup))
        ratio = (1 + np.cos(math.pi * done)) / 2
        left: Rates = np.maximum(0.0, self.cos_min_ratio + (1.0 - self.cos_min_ratio) * ratio)
        return left

    def edges(self) -> tuple[int, ...]:
        """Return the end of the warm-up and where the floor is reached."""
        return (self.warmup + 1, max(self.warmup + 1, self.total_num_steps))

    def knots(self, end: int) -> Knots:
        """Return the edges; every step of the decay where a floor below 0 is cut off."""
        plain = super().knots(end)
        return (*plain, range(self.warmup, end + 1)) if self.cos_min_ratio < 0 else plain
