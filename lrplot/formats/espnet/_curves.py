"""The schedules that ESPnet has beside torch's: stepped at every update.

Source: ESPnet 202511, espnet2/schedulers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.formats.fairseq import _curves as fairseq
from lrplot.schedules.base import Knots, Period, Phase, Rate, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineCycles", "ExponentialDecay", "PiecewiseWarmup", "TriStage", "WarmupStep"]

_MANY = 10_000  # cycles of different lengths


class CosineCycles(Schedule, frozen=True, kw_only=True, tag="espnet.cosine_cycles"):
    """Cycles of a straight rise over W and half a cosine down; the optimizer's rate plays no part.

        lr(t) = low + (high - low) * u / W                                   u < W
        lr(t) = low + (high - low)/2 * (1 + cos(pi * (u - W) / (L - W)))     from there on

    u is the step within cycle i, high = max_lr * gamma^i, low = min_lr, L = first_cycle_steps, then
    int((L - W) * cycle_mult) + W. lr(0) is min_lr, even where there is no rise.
    """

    first_cycle_steps: Period
    cycle_mult: Annotated[float, Meta(ge=1)] = 1.0
    max_lr: Rate = 0.1
    min_lr: Rate = 0.001
    warmup_steps: Annotated[int, Meta(ge=0, le=2**53)] = 0
    gamma: Annotated[float, Meta(ge=0)] = 1.0

    def check(self) -> None:
        """Refuse a rise that is as long as a cycle."""
        if self.warmup_steps >= self.first_cycle_steps:
            raise ParameterError("warmup_steps", "must be below first_cycle_steps")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; base plays no part."""
        del base
        cycle, since, length = self._cycle_of(steps)
        span = self.max_lr * np.float64(self.gamma) ** cycle - self.min_lr
        rising = since / max(1, self.warmup_steps)
        late = (since - self.warmup_steps) / (length - self.warmup_steps)
        falling = (1 + np.cos(math.pi * late)) / 2
        part = np.where(since < self.warmup_steps, rising, falling)
        return np.where(steps == 0, self.min_lr, self.min_lr + span * part)

    def _cycle_of(self, steps: Steps) -> tuple[Steps, Steps, Steps]:
        """Return each step's cycle, how far into it the step is, and the cycle's length."""
        if self.cycle_mult == 1:
            cycle, since = np.divmod(steps, self.first_cycle_steps)
            return cycle, since, np.full_like(steps, self.first_cycle_steps)
        starts = np.array(self._starts(int(steps.max(initial=0))))
        cycle = np.searchsorted(starts, steps, side="right") - 1
        return cycle, steps - starts[cycle], np.diff(starts)[cycle]

    def _starts(self, end: int) -> list[int]:
        """Return where each cycle begins, up to the first that begins beyond end."""
        starts, length = [0], self.first_cycle_steps
        while starts[-1] <= end:
            if len(starts) > _MANY:
                raise InputError(
                    f"more than {_MANY:,} cycles of different lengths up to step {end}"
                )
            starts.append(starts[-1] + length)
            length = int((length - self.warmup_steps) * self.cycle_mult) + self.warmup_steps
        return starts

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return where each cycle begins, the step before, and its peak."""
        if self.cycle_mult == 1:
            size = self.first_cycle_steps
            edges = (range(at, end + 1, size) for at in (size - 1, 0, self.warmup_steps))
            return (*points(end, 1), *edges)
        near = (-1, 0, self.warmup_steps)
        places = {start + by for start in self._starts(end) for by in near}
        return points(end, 1, *places)

    def extent(self) -> int:
        """Three cycles."""
        return 3 * self.first_cycle_steps


class WarmupStep(Schedule, frozen=True, kw_only=True, tag="espnet.warmup_step"):
    """A straight rise over W, then a factor every so many epochs of a length that is given.

        lr(t) = base_lr * n / W                                              n <= W
        lr(t) = base_lr * gamma^((n // E - W // E) // step_size)             from there on

    n = t + 1, E = steps_per_epoch.
    """

    warmup_steps: Annotated[float, Meta(gt=0, le=2**53)] = 25_000
    steps_per_epoch: Period = 10_000
    step_size: Period = 1
    gamma: Annotated[float, Meta(ge=0)] = 0.1

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        n = steps + 1
        epochs = n // self.steps_per_epoch - self.warmup_steps // self.steps_per_epoch
        decay = np.float64(self.gamma) ** (np.maximum(epochs, 0) // self.step_size)
        return base * np.where(n <= self.warmup_steps, n / self.warmup_steps, decay)

    def knots(self, end: int) -> Knots:
        """Return the end of the rise and each epoch's begin."""
        epochs = range(self.steps_per_epoch - 1, end + 1, self.steps_per_epoch)
        return (*points(end, self.warmup_steps - 1, self.warmup_steps), epochs)

    def extent(self) -> int:
        """Four times the rise."""
        return extent_past(4 * self.warmup_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise and the steps."""
        return named_stretches(("warm-up", "steps"), (0, self.warmup_steps, end), end)


class PiecewiseWarmup(Schedule, frozen=True, kw_only=True, tag="espnet.piecewise_warmup"):
    """Straight lines between given rates at given updates, then the inverse root of the updates.

        lr(t) = the line from rates[i] to rates[i + 1]            steps[i] <= n <= steps[i + 1]
        lr(t) = base_lr * sqrt(W / n)                             n > W, the last of the steps

    n = t + 1. The base rate plays no part up to W, so the curve may jump there.
    """

    warmup_steps_list: tuple[Annotated[float, Meta(ge=0, le=2**53)], ...] = (0, 25_000)
    warmup_lr_list: tuple[Rate, ...] = (0.0, 0.001)

    def check(self) -> None:
        """Refuse lists that do not go together, and steps out of order."""
        if len(self.warmup_steps_list) != len(self.warmup_lr_list):
            raise ParameterError("warmup_lr_list", "must have a rate for each of the steps")
        if not self.warmup_steps_list or list(self.warmup_steps_list) != sorted(
            set(self.warmup_steps_list)
        ):
            raise ParameterError("warmup_steps_list", "must rise from step to step")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        n, last = steps + 1.0, self.warmup_steps_list[-1]
        within = np.interp(n, self.warmup_steps_list, self.warmup_lr_list)
        rates: Rates = np.where(n <= last, within, base * last**0.5 * n**-0.5)
        return rates

    def knots(self, end: int) -> Knots:
        """Return the ends of the lines, and the step after the last."""
        last = self.warmup_steps_list[-1]
        return points(end, *(step - 1 for step in self.warmup_steps_list), last)

    def extent(self) -> int:
        """Five times the warm-up."""
        return extent_past(4 * self.warmup_steps_list[-1])

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise and the decay."""
        edges = (0, self.warmup_steps_list[-1], end)
        return named_stretches(("warm-up", "inverse sqrt"), edges, end)


class TriStage(fairseq.TriStage, frozen=True, kw_only=True, tag="espnet.tri_stage"):
    """fairseq's stages, counting updates from 1."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula an update ahead."""
        return super().lr(steps + 1, base)

    def knots(self, end: int) -> Knots:
        """Return the ends of the stages, an update ahead."""
        return points(end, *self._earlier())

    def _earlier(self) -> tuple[int, ...]:
        return tuple(max(0, edge - 1) for edge in self._edges())

    def extent(self) -> int:
        """A quarter past the end."""
        return extent_past(self._edges()[-1])

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the stages, an update ahead, and what follows them."""
        names = ("warm-up", "hold", "decay", "constant")
        return named_stretches(names, (0, *self._earlier(), end), end)


class ExponentialDecay(Schedule, frozen=True, kw_only=True, tag="espnet.exponential_decay"):
    """A rise over W, or the optimizer's rate, then an exponential decay that goes on for ever.

        lr(0) = 0, or high where the rise is not from zero
        lr(t) = high * (t + 1) / W, or base_lr                     t < W
        lr(t) = high * (low / high)^((t - W) / (T - W))            from there on

    high = max_lr, low = min_lr, T = total_steps. Source: as the class sets them when it is made,
    the first rate is that of the first update, even with W = 0.
    """

    max_lr: Annotated[float, Meta(gt=0)]
    min_lr: Annotated[float, Meta(gt=0)]
    total_steps: Period
    warmup_steps: Annotated[int, Meta(ge=0, le=2**53)] = 0
    warm_from_zero: bool = False

    def check(self) -> None:
        """Refuse a warm-up that is as long as the run."""
        if self.warmup_steps >= self.total_steps:
            raise ParameterError("warmup_steps", "must be below total_steps")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        warmup, high = self.warmup_steps, self.max_lr
        late = np.maximum(steps - warmup, 0) / (self.total_steps - warmup)
        decayed = high * np.exp(math.log(self.min_lr / high) * late)
        early = high * (steps + 1) / max(1, warmup) if self.warm_from_zero else base
        first = 0.0 if self.warm_from_zero else high
        return np.where(steps == 0, first, np.where(steps < warmup, early, decayed))

    def knots(self, end: int) -> Knots:
        """Return the first updates, the end of the rise and the step before it."""
        return points(end, 1, self.warmup_steps - 1, self.warmup_steps)

    def extent(self) -> int:
        """Return the length of the decay."""
        return self.total_steps

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise and the decay."""
        return named_stretches(("warm-up", "decay"), (0, self.warmup_steps, end), end)
