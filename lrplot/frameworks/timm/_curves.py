"""The curves of timm.scheduler, in t: the number of the step() or step_update() call.

What the constructor leaves is the rate of update 0; the formulas hold from t = 1 on.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._plateau import AnyPlateau
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.shift import named_stretches, shifted_knots

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "MANY",
    "LevelSteps",
    "MilestoneSteps",
    "Period",
    "Rate",
    "Size",
    "WarmPlateau",
    "WarmStableDecay",
    "Warmed",
]

MANY = 10_000  # knots named one by one

Size = Annotated[float, Meta(ge=-(2**53), le=2**53)]
Period = Annotated[float, Meta(gt=0, le=2**53)]
Rate = Annotated[float, Meta(ge=0)]
Natural = Annotated[int, Meta(ge=0, le=2**53)]


class Warmed(Schedule, frozen=True, kw_only=True):
    """warmup_lr_init + t * slope up to warmup_t, then what a subclass says of the time since.

    The time is t - warmup_t with warmup_prefix, else t itself. A warmup_t below 0 only sets the
    rate of update 0.
    """

    warmup_t: Size = 0
    warmup_lr_init: float = 0.0
    warmup_prefix: bool = False

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the warm-up, and the formula after it."""
        with np.errstate(all="ignore"):  # each branch also sees the steps that are not its own
            time = steps.astype(np.float64)
            after = self.decayed(time - self.delay, base)
            rates = np.where(time < self.warmup_t, self.rising(time, base), after)
        return np.where(steps == 0, self.warmup_lr_init if self.warmup_t else base, rates)

    def rising(self, time: Rates, base: Rates) -> Rates:
        """Return the rate of the warm-up."""
        slope = (self.peak(base) - self.warmup_lr_init) / (self.warmup_t or 1)
        return self.warmup_lr_init + time * slope

    def peak(self, base: Rates) -> Rates:
        """Return the rate that the warm-up leads to."""
        return base

    def decayed(self, time: Rates, base: Rates) -> Rates:
        """Return the rate once the warm-up is over."""
        raise NotImplementedError

    @property
    def delay(self) -> float:
        """Return when the time begins to count."""
        return self.warmup_t if self.warmup_prefix else 0

    def knots(self, end: int) -> Knots:
        """Return the first step, the end of the warm-up and what the formula has."""
        return (*points(end, 1, self.warmup_t), *self.turns(end))

    def turns(self, end: int) -> Knots:
        """Return the knots of the formula."""
        raise NotImplementedError

    def length(self) -> float:
        """Return how long the formula takes."""
        raise NotImplementedError

    def extent(self) -> int:
        """A quarter past the end."""
        return min(2**53, extent_past(self.delay + self.length(), self.warmup_t))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and what follows."""
        edges = (0, max(0, self.warmup_t), self.delay + self.length(), end)
        return named_stretches(("warm-up", "decay", "past the end"), edges, end)


class LevelSteps(Warmed, frozen=True, kw_only=True, tag="timm.StepLRScheduler"):
    """base * decay_rate^floor(time / decay_t)."""

    decay_t: Size
    decay_rate: float = 1.0
    warmup_prefix: bool = True

    def decayed(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        drops = np.floor_divide(time, self.decay_t or math.nan)  # by 0 the framework fails
        return np.where(np.isnan(drops), np.nan, base * np.power(self.decay_rate, drops))

    def turns(self, end: int) -> Knots:
        """Return each drop; every step where they do not fall on whole steps."""
        if not self.decay_t:  # there the framework fails, at every step
            return ()
        size, start = abs(self.decay_t), max(0.0, self.delay)
        if size.is_integer() and start.is_integer() and self.delay >= 0:
            first = int(start) + (1 if self.decay_t < 0 else 0)
            return (range(first, end + 1, int(size)),)
        if end / size > MANY or self.delay < 0:
            return (range(end + 1),)
        return points(end, *(start + i * size for i in range(math.floor(end / size) + 2)))

    def length(self) -> float:
        """Four levels."""
        return 4 * abs(self.decay_t)


class MilestoneSteps(Warmed, frozen=True, kw_only=True, tag="timm.MultiStepLRScheduler"):
    """base * decay_rate^(how many of decay_t are <= time + 1): each acts one step early.

    They are counted by bisection, so a list out of order counts as bisection finds it.
    """

    decay_t: tuple[Size, ...]
    decay_rate: float = 1.0
    warmup_prefix: bool = True

    def decayed(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        cuts = sorted(set(self.decay_t))
        counts = [bisect_right(self.decay_t, cut) for cut in (-math.inf, *cuts)]
        levels: Rates = np.asarray([self.decay_rate**count for count in counts])
        passed = np.searchsorted(np.asarray(cuts, dtype=np.float64), time + 1, side="right")
        return base * levels[passed]

    def turns(self, end: int) -> Knots:
        """Return the step before each milestone."""
        return points(end, *(self.delay + mark - 1 for mark in self.decay_t))

    def length(self) -> float:
        """Return the last milestone."""
        return max(self.decay_t, default=0)


class WarmStableDecay(Warmed, frozen=True, kw_only=True, tag="timm.WSDLRScheduler"):
    """lr_min + (max(base * stable(time), lr_min) - lr_min) * decay(part of the last decay_t).

    stable is 1 or (1 + time / stable_timescale)^-stable_power; decay is 1 - x, 1 - sqrt(x),
    (1 + cos(pi x)) / 2, 1 - x^decay_power or (r^x - r) / (1 - r). lr_min at t_initial and beyond.
    """

    t_initial: Period
    decay_t: Period
    lr_min: Rate
    stable_fn: Literal["constant", "rsqrt", "power"]
    stable_timescale: float
    stable_power: Annotated[float, Meta(gt=0)]
    decay_fn: Literal["linear", "1-sqrt", "cosine", "power", "exp"]
    decay_power: Annotated[float, Meta(gt=0)]
    decay_ratio: Annotated[float, Meta(gt=0, lt=1)]
    warmup_prefix: bool = True

    def check(self) -> None:
        """Refuse what timm refuses."""
        if self.decay_t > self.t_initial:
            raise ParameterError("decay_t", f"must not exceed t_initial, {self.t_initial:g}")
        if self.stable_fn != "constant" and self.stable_timescale <= 0:
            message = (
                f"must be above 0 for stable_fn='{self.stable_fn}'; it is warmup_t unless given"
            )
            raise ParameterError("stable_timescale", message)

    def decayed(self, time: Rates, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        stable = np.maximum(base * self._stable(time), self.lr_min)
        late = time - (self.t_initial - self.decay_t)
        left = self._left(np.clip(late / self.decay_t, 0.0, 1.0))
        return np.where(late <= 0, stable, self.lr_min + (stable - self.lr_min) * left)

    def _stable(self, time: Rates) -> Rates:
        if self.stable_fn == "constant":
            return np.ones(np.shape(time))
        power = 0.5 if self.stable_fn == "rsqrt" else self.stable_power
        factor: Rates = (1.0 + time / self.stable_timescale) ** -power
        return factor

    def _left(self, x: Rates) -> Rates:
        ratio = self.decay_ratio
        shapes = {
            "linear": lambda: 1.0 - x,
            "1-sqrt": lambda: 1.0 - np.sqrt(x),
            "cosine": lambda: 0.5 * (1.0 + np.cos(math.pi * x)),
            "power": lambda: 1.0 - x**self.decay_power,
            "exp": lambda: (ratio**x - ratio) / (1.0 - ratio),
        }
        left: Rates = shapes[self.decay_fn]()
        return left

    def turns(self, end: int) -> Knots:
        """Return the start and the end of the decay; every step where lr_min may cut the rate."""
        start = self.delay + self.t_initial - self.decay_t
        edges = points(end, start, start + 1, self.delay + self.t_initial)
        cut = self.stable_fn != "constant" and self.lr_min > 0
        return (range(end + 1),) if cut else edges

    def length(self) -> float:
        """Return t_initial."""
        return self.t_initial

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the hold, the decay and the end."""
        stop = self.delay + self.t_initial
        edges = (0, max(0, self.warmup_t), stop - self.decay_t, stop, end)
        return named_stretches(("warm-up", "stable", "decay", "past the end"), edges, end)


class WarmPlateau(Schedule, frozen=True, kw_only=True, tag="timm.PlateauLRScheduler"):
    """A warm-up that sees no metric, up to and with warmup_t; then torch's plateau rule.

    metrics[k] is the one given to step(k + 1), and drops take force there.
    """

    metrics: Annotated[tuple[float, ...], Meta(min_length=1)]
    mode: Literal["min", "max"]
    decay_rate: Annotated[float, Meta(lt=1)]
    patience_t: Annotated[int, Meta(ge=-(2**53), le=2**53)]
    threshold: float
    cooldown_t: Natural
    lr_min: float
    warmup_t: Size
    warmup_lr_init: float

    @property
    def start(self) -> int:
        """Return the last step of the warm-up."""
        return max(0, math.floor(self.warmup_t))

    @property
    def rule(self) -> AnyPlateau | None:
        """Return the rule over the metrics after the warm-up, if there are any."""
        watched = self.metrics[self.start :]
        if not watched:
            return None
        return AnyPlateau(
            metrics=watched,
            mode=self.mode,
            factor=self.decay_rate,
            patience=self.patience_t,
            threshold=self.threshold,
            cooldown=self.cooldown_t,
            min_lr=self.lr_min,
        )

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the warm-up, then the drops from where it ends."""
        rates = self._rising(np.minimum(steps, self.start), base)
        rule = self.rule
        return rates if rule is None else rule.lr(np.maximum(steps - self.start, 0), rates)

    def _rising(self, steps: Steps, base: Rates) -> Rates:
        if not self.warmup_t:
            return np.array(base)
        slope = (base - self.warmup_lr_init) / self.warmup_t
        return self.warmup_lr_init + steps * slope

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and the drops."""
        rule = self.rule
        drops = shifted_knots(rule, self.start, end) if rule else ()
        return (*points(end, self.start, self.start + 1), *drops)

    def extent(self) -> int:
        """Return the steps the metrics cover."""
        return len(self.metrics)
