"""Paddle's LinearWarmup, and what its schedulers do inside it.

A LinearWarmup tells the scheduler inside its epoch, where the training loop lets it step on from
the last one; some of them then go another way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._absolute import Absolute, constant
from lrplot.frameworks.paddle._cycles import (
    CosineCurve,
    RestartsCurve,
    SteppedCosineCurve,
    SteppedRestartsCurve,
)
from lrplot.frameworks.paddle._lr_curves import Advanced
from lrplot.frameworks.paddle._plateau import PlateauCurve, WatchingEpochs
from lrplot.schedules.base import (
    Knots,
    Period,
    Phase,
    Rate,
    Schedule,
    check_value,
    extent_past,
    points,
)
from lrplot.schedules.shift import named_stretches, shifted_knots, shifted_phases

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["WarmupCurve", "told_its_epoch"]


class WarmupCurve(Absolute, frozen=True, kw_only=True, tag="linear_warmup"):
    """lr(t) = (end_lr - start_lr) * t / warmup_steps + start_lr, then another schedule.

    The schedule counts from warmup_steps, and starts wherever it starts.
    """

    then: Schedule
    warmup_steps: Period
    start_lr: Rate
    end_lr: float

    def check(self) -> None:
        """Refuse a warm-up that does not rise."""
        if self.end_lr <= self.start_lr:
            message = f"must be above start_lr, {self.start_lr:g}, got {self.end_lr:g}"
            raise ParameterError("end_lr", message)

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the line before warmup_steps, and the schedule from there on."""
        line = (self.end_lr - self.start_lr) * steps / self.warmup_steps + self.start_lr
        since = np.maximum(steps - self.warmup_steps, 0)
        after = self.then.lr(since, np.zeros(steps.shape))
        return np.where(steps < self.warmup_steps, line, after)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and the inner schedule's knots, moved."""
        inner = shifted_knots(self.then, self.warmup_steps, end)
        return (*points(end, self.warmup_steps), *inner)

    def extent(self) -> int:
        """Return the warm-up and what the inner schedule needs."""
        return max(extent_past(self.warmup_steps), self.warmup_steps + self.then.extent())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, then the inner schedule's phases."""
        rise = named_stretches(("warm-up",), (0, self.warmup_steps), end)
        return (*rise, *shifted_phases(self.then, self.warmup_steps, end))

    def notes(self) -> tuple[str, ...]:
        """Return what surprises in the scheduler inside."""
        if isinstance(self.then, WatchingEpochs):
            return ("LinearWarmup hands ReduceOnPlateau the number of the epoch for a metric",)
        late = self.then.late() if isinstance(self.then, RestartsCurve) else None
        if late is None:
            return ()
        step = f"{self.warmup_steps + late:,}"
        said = "in a LinearWarmup, CosineAnnealingWarmRestarts finds its cycle by a logarithm"
        return (f"{said}: the one due at step {step} begins a step late, eta_min stands there",)


def told_its_epoch(learning_rate: float | Schedule) -> Schedule:
    """Return what a LinearWarmup makes of its learning_rate, or raise ParameterError."""
    if isinstance(learning_rate, Advanced):
        return told_its_epoch(learning_rate.schedule)
    if isinstance(learning_rate, SteppedCosineCurve):
        return CosineCurve(**asdict(learning_rate))
    if isinstance(learning_rate, SteppedRestartsCurve):
        return RestartsCurve(**asdict(learning_rate))
    if isinstance(learning_rate, PlateauCurve):
        return WatchingEpochs(**asdict(learning_rate))
    if isinstance(learning_rate, Schedule) and not learning_rate.uses_base():
        return learning_rate
    if isinstance(learning_rate, (int, float)):
        return constant(check_value("learning_rate", float, learning_rate))
    raise ParameterError("learning_rate", "must be a number, or a scheduler of Paddle's")
