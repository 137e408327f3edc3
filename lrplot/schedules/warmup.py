"""Warm-ups over any schedule, and warm-up, hold, decay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Length, Rate, Schedule, points
from lrplot.schedules.decay import Constant
from lrplot.schedules.shift import named_stretches, shifted_knots, shifted_phases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.schedules.base import Phase, Rates, Steps

__all__ = ["ConstantWarmup", "ExpWarmup", "LinearWarmup", "Wsd"]

WarmupSteps = Annotated[
    int, Meta(ge=0, le=2**53, description="steps of the warm-up", extra={"unit": "steps"})
]


class _Warmup(Schedule, frozen=True, kw_only=True):
    """A ramp from a first rate to end_lr, then another schedule that counts from its end."""

    warmup_steps: WarmupSteps
    start_lr: Annotated[Rate | None, Meta(description="the rate at step 0")] = None
    warmup_ratio: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="the rate at step 0 as a part of end_lr, in place of start_lr"),
    ] = None
    end_lr: Annotated[
        Rate | None, Meta(description="the rate the warm-up leads to; base_lr unless given")
    ] = None
    then: Annotated[Schedule, Meta(description="what follows, counting from its end")] = Constant()

    def check(self) -> None:
        """Refuse a start given twice."""
        if self.start_lr is not None and self.warmup_ratio is not None:
            raise ParameterError("warmup_ratio", "give start_lr or warmup_ratio, not both")

    def ramp(self, done: Rates, start: Rates, end: Rates) -> Rates:
        """Return the rate of the warm-up where a part `done` of it, 0 to 1, has passed."""
        raise NotImplementedError

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the ramp before warmup_steps and the inner schedule from there on."""
        end = base if self.end_lr is None else np.full_like(base, self.end_lr)
        if self.start_lr is None:
            start = end * (self.warmup_ratio or 0.0)
        else:
            start = np.full_like(base, self.start_lr)
        done = np.minimum(steps, self.warmup_steps) / max(1, self.warmup_steps)
        after = self.then.lr(np.maximum(steps - self.warmup_steps, 0), base)
        return np.where(steps < self.warmup_steps, self.ramp(done, start, end), after)

    def uses_base(self) -> bool:
        """Say whether the warm-up leads to the base rate, or what follows starts from it."""
        return self.then.uses_base() or (self.warmup_steps > 0 and self.end_lr is None)

    @classmethod
    def room(cls, given: Mapping[str, Any], end: int, index: int) -> int:
        """Return what is left of the run after the warm-up."""
        del index
        return max(1, end - int(given.get("warmup_steps", 0)))

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and the inner schedule's knots, moved."""
        inner = shifted_knots(self.then, self.warmup_steps, end)
        return (*points(end, self.warmup_steps), *inner)

    def extent(self) -> int:
        """Return the warm-up and what the inner schedule needs."""
        return self.warmup_steps + self.then.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, then the inner schedule's phases."""
        ramp = named_stretches(("warm-up",), (0, self.warmup_steps), end)
        return (*ramp, *shifted_phases(self.then, self.warmup_steps, end))


class LinearWarmup(_Warmup, frozen=True, kw_only=True, tag="linear_warmup"):
    """A straight line up to the rate, then another schedule.

        lr(t) = start_lr + (end_lr - start_lr) * t / warmup_steps  t < warmup_steps
        lr(t) = then(t - warmup_steps)                             from there on

    start_lr at 0: 0 unless given, or warmup_ratio * end_lr. The inner schedule counts from the
    end of the warm-up and starts from base_lr, as Paddle's LinearWarmup has it.
    """

    example: ClassVar[dict[str, Any]] = {"warmup_steps": 500, "warmup_ratio": 0.001}

    def ramp(self, done: Rates, start: Rates, end: Rates) -> Rates:
        """Return the straight line."""
        return start + (end - start) * done


class ConstantWarmup(_Warmup, frozen=True, kw_only=True, tag="constant_warmup"):
    """A level first rate, then another schedule.

        lr(t) = start_lr                          t < warmup_steps
        lr(t) = then(t - warmup_steps)      from there on

    start_lr is given, or is warmup_ratio * end_lr.
    """

    example: ClassVar[dict[str, Any]] = {"warmup_steps": 500, "warmup_ratio": 0.1}

    def check(self) -> None:
        """Refuse a start that is missing or given twice."""
        super().check()
        if self.start_lr is None and self.warmup_ratio is None:
            raise ParameterError("start_lr", "is missing; give it or warmup_ratio")

    def ramp(self, done: Rates, start: Rates, end: Rates) -> Rates:
        """Return the first rate."""
        del done, end
        return start


class ExpWarmup(_Warmup, frozen=True, kw_only=True, tag="exp_warmup"):
    """An exponential rise to the rate, then another schedule.

        lr(t) = start_lr * (end_lr / start_lr)^(t / warmup_steps)  t < warmup_steps
        lr(t) = then(t - warmup_steps)                             from there on

    start_lr at 0, given and above 0, or warmup_ratio * end_lr.
    """

    example: ClassVar[dict[str, Any]] = {"warmup_steps": 500, "warmup_ratio": 0.001}

    def check(self) -> None:
        """Refuse a start that is missing, zero or given twice."""
        super().check()
        if not (self.start_lr or self.warmup_ratio):
            key = "start_lr" if self.warmup_ratio is None else "warmup_ratio"
            raise ParameterError(key, "must be above 0: an exponential never leaves 0")
        if self.end_lr == 0:
            raise ParameterError("end_lr", "must be above 0: an exponential never gets to 0")

    def ramp(self, done: Rates, start: Rates, end: Rates) -> Rates:
        """Return the exponential."""
        return start ** (1 - done) * end**done


class Wsd(Schedule, frozen=True, kw_only=True, tag="wsd"):
    """Warm up, hold, decay.

        lr(t) = base_lr * t / warmup_steps                 t < warmup_steps
        lr(t) = base_lr                                    up to T - decay_steps
        lr(t) = eta_min + (base_lr - eta_min) * f(x)       up to T = max_iters
        f(x)  = 1 - x (linear), (1 + cos(pi * x)) / 2 (cosine), 1 - sqrt(x) (1-sqrt)
        x     = (t - (T - decay_steps)) / decay_steps

    0 at 0 (base_lr without a warm-up), eta_min at T and beyond.
    """

    example: ClassVar[dict[str, Any]] = {"warmup_steps": 100, "decay_steps": 200}

    max_iters: Length
    decay_steps: Annotated[
        int, Meta(ge=0, le=2**53, description="steps of the decay", extra={"unit": "steps"})
    ]
    warmup_steps: WarmupSteps = 0
    decay: Annotated[
        Literal["linear", "cosine", "1-sqrt"], Meta(description="the shape of the decay")
    ] = "linear"
    eta_min: Annotated[Rate, Meta(description="the rate it comes down to")] = 0.0

    def check(self) -> None:
        """Refuse a warm-up and decay that do not fit into the run."""
        if self.warmup_steps + self.decay_steps > self.max_iters:
            raise ParameterError(
                "decay_steps",
                f"warm-up and decay take {self.warmup_steps + self.decay_steps} steps, "
                f"more than max_iters, {self.max_iters}",
            )

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        done = np.clip(steps - (self.max_iters - self.decay_steps), 0, self.decay_steps)
        left = self._left(done / max(1, self.decay_steps))
        if not self.decay_steps:
            left = np.where(steps < self.max_iters, 1.0, 0.0)
        risen = np.minimum(steps, self.warmup_steps) / self.warmup_steps if self.warmup_steps else 1
        return np.where(
            steps < self.warmup_steps, base * risen, self.eta_min + (base - self.eta_min) * left
        )

    def _left(self, done: Rates) -> Rates:
        if self.decay == "linear":
            return 1 - done
        if self.decay == "cosine":
            return (1 + np.cos(math.pi * done)) / 2
        return 1 - np.sqrt(done)

    def knots(self, end: int) -> Knots:
        """Return the ends of the three stretches."""
        return points(end, self.warmup_steps, self.max_iters - self.decay_steps, self.max_iters)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the hold and the decay, those that last."""
        edges = (0, self.warmup_steps, self.max_iters - self.decay_steps, self.max_iters)
        return named_stretches(("warm-up", "hold", "decay"), edges, end)
