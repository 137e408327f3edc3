"""The schedules that ESPnet has beside torch's: stepped at every update.

Source: ESPnet 202511, espnet2/schedulers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.schedules.base import Knots, Period, Phase, Rate, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineCycles", "WarmupStep"]

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
