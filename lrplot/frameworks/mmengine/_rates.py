"""mmengine's schedulers as rules: those that aim at a rate, be it a floor, a peak or a line.

Source: mmengine 0.10.7, mmengine/optim/scheduler/param_scheduler.py, and for QuadraticWarmupLR
mmdet 3.3 and mmpose 1.3, for PolyLRRatio mmseg 1.2, for LinearLrInterval mmagic 1.2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._openmmlab_curves import OneCycleCurve
from lrplot.frameworks.mmengine._factors import Factor, Failure, Rule, Span
from lrplot.schedules.base import Knots, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "CosineRestartRule",
    "CosineRule",
    "LinearIntervalRule",
    "OneCycleRule",
    "PolyRule",
    "QuadraticWarmupRule",
]


class _Floored(Rule, frozen=True, kw_only=True):
    """A rule with a floor: a rate, or a part of the value the optimizer was built with."""

    eta_min: float | None = None
    eta_min_ratio: float | None = None

    def floor(self, base: float) -> float:
        """Return the floor."""
        if self.eta_min_ratio is not None:
            return base * self.eta_min_ratio
        return self.eta_min or 0.0

    def multiplies(self, last: int, base: float) -> bool:
        """Say whether the floor is 0."""
        del last
        return self.floor(base) == 0


class PolyRule(_Floored, frozen=True, kw_only=True, tag="mmengine.PolyLR"):
    """v <- (v - eta_min) * (1 - 1/(span - s + 1))^power + eta_min, but not at 0.

    From the value v0 that it finds: eta_min + (v0 - eta_min) * ((span - s)/span)^power.
    """

    power: float
    span: Span

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Evaluate the product of all updates between; see the class."""
        done = np.maximum(since, 0)
        left = np.where(self.span == done, 1.0, self.span - done)
        a = np.where(steps > done, np.power((self.span - steps) / left, self.power), 1.0)
        return a, self.floor(base) * (1 - a)

    def fails(self) -> Failure | None:
        """Fail at the end where the power is negative: 0 has no such power."""
        if self.power >= 0 or self.span < 1 or self.span % 1:
            return None
        return int(self.span), "0 has no negative power"

    def title(self) -> str:
        """Say the power."""
        return f"poly power {self.power:g}"


class CosineRule(_Floored, frozen=True, kw_only=True, tag="mmengine.CosineAnnealingLR"):
    """v <- (v - eta_min) * c(s)/c(s-1) + eta_min, c(s) = 1 + cos(pi * s/T_max), but not at 0.

    Where c(s-1) is 0 (T_max, 3 * T_max, ...), v <- v + (base - eta_min) * (1 - cos(pi/T_max))/2
    instead: past T_max it rises again, towards the value the optimizer was built with.
    """

    T_max: float

    @property
    def foot(self) -> int:
        """The first step at which the cosine is down, or 0 where it never exactly is."""
        return int(abs(self.T_max)) if self.T_max % 1 == 0 else 0

    def _height(self, steps: Steps) -> Rates:
        height: Rates = 1 + np.cos(math.pi * steps / self.T_max)
        return height

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Evaluate the product of all updates between; see the class."""
        done, floor = np.maximum(since, 0), self.floor(base)
        height, at = self._height(steps), self._height(done)
        a = np.where(steps > done, height / np.where(at == 0, 1.0, at), 1.0)
        if not 0 < self.foot < steps.max(initial=0):
            return a, floor * (1 - a)
        # Of the value that stood before the last foot nothing is left after it; of one that was
        # put there by another scheduler at the foot itself, its part of the rise that follows.
        rising = self._feet(steps - 1) > self._feet(done - 1)
        from_foot = (self._feet(done) > self._feet(done - 1)) & (
            self._feet(steps - 1) == self._feet(done)
        )
        kept = height / (1 - math.cos(math.pi / self.foot))
        a = np.where(rising, np.where(from_foot, kept, 0.0), a)
        return a, floor * (1 - a) + np.where(rising, (base - floor) * height / 2, 0.0)

    def _feet(self, steps: Steps) -> Steps:
        """Count the feet up to each step, which is -1 or more."""
        feet: Steps = (steps + self.foot) // (2 * self.foot)
        return feet

    def multiplies(self, last: int, base: float) -> bool:
        """Say whether the floor is 0 and the cosine does not rise again."""
        return self.floor(base) == 0 and not 0 < self.foot < last

    def knots(self, end: int) -> Knots:
        """Return the feet and tops, and the steps after them."""
        size = max(1, self.foot or round(abs(self.T_max)))
        return range(size, end + 1, size), range(size + 1, end + 1, size)

    def extent(self) -> int:
        """A quarter past the foot."""
        return max(1, math.ceil(1.25 * abs(self.T_max)))

    def title(self) -> str:
        """Say what it is."""
        return "cosine"


class CosineRestartRule(_Floored, frozen=True, kw_only=True, tag="mmengine.CosineRestartLR"):
    """base * weight where a period begins, then the cosine's update towards the floor within it.

    The floor itself is never reached; after the last period the value stays.
    """

    periods: tuple[float, ...]
    restart_weights: tuple[float, ...] = (1.0,)

    def check(self) -> None:
        """Refuse lists of different lengths, and periods that are no number of steps."""
        if len(self.periods) != len(self.restart_weights):
            raise ParameterError("restart_weights", f"must be {len(self.periods)}, as periods")
        if any(period < 1 or period % 1 for period in self.periods):
            raise ParameterError("periods", "must be whole numbers of steps, 1 or more")

    def _starts(self) -> Steps:
        return np.cumsum([0, *map(int, self.periods)], dtype=np.int64)

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Start from the last restart, where one lies between; see the class."""
        starts, floor = self._starts(), self.floor(base)
        steps, done = (np.minimum(at, starts[-1] - 1) for at in (steps, since))
        period, height = self._cosine(steps)
        rise = (base * np.asarray(self.restart_weights) - floor)[period] * height / 2
        fresh = done < starts[period]
        if fresh.all():
            return np.zeros(steps.shape), rise + floor
        a = np.where(fresh, 0.0, height / self._cosine(np.maximum(done, 0))[1])
        return a, floor * (1 - a) + np.where(fresh, rise, 0.0)

    def _cosine(self, steps: Steps) -> tuple[Steps, Rates]:
        """Return the period each step is in, and 1 + cos there, which is never 0."""
        starts = self._starts()
        period = np.searchsorted(starts, steps, side="right") - 1
        length = np.asarray(self.periods)[period]
        height: Rates = 1 + np.cos(math.pi * (steps - starts[period]) / length)
        return period, height

    def multiplies(self, last: int, base: float) -> bool:
        """Return false: a restart forgets what stands."""
        del last, base
        return False

    def knots(self, end: int) -> Knots:
        """Return the restarts, and where the last period ends."""
        starts = self._starts().tolist()
        return points(end, *starts[1:], starts[-1] - 1)

    def extent(self) -> int:
        """Return the sum of the periods."""
        return int(self._starts()[-1])

    def title(self) -> str:
        """Say what it is."""
        return "cosine with restarts"


class OneCycleRule(Rule, frozen=True, kw_only=True, tag="mmengine.OneCycleLR"):
    """The value is what the cycle says, whatever stands: eta_max / div_factor, up, and down.

    `later` holds the first, highest and last rate of a OneCycleLR that was built after this one on
    the same optimizer: from then on this one follows those.
    """

    eta_max: float
    total_steps: float
    pct_start: Annotated[float, Meta(ge=0, le=1)]
    anneal_strategy: Literal["cos", "linear"]
    div_factor: float
    final_div_factor: float
    three_phase: bool
    later: tuple[float, float, float] | None = None
    at_once: bool = True

    @property
    def rates(self) -> tuple[float, float, float]:
        """The first, the highest and the last rate."""
        first = self.eta_max / self.div_factor
        return first, self.eta_max, first / self.final_div_factor

    def _curve(self, rates: tuple[float, float, float]) -> OneCycleCurve:
        return OneCycleCurve(
            rates=rates,
            total_steps=self.total_steps,
            pct_start=self.pct_start,
            cosine=self.anneal_strategy == "cos",
            three_phase=self.three_phase,
        )

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Evaluate the cycle."""
        del since, base
        rates = self._curve(self.later or self.rates).at(steps)
        if self.later and self.at_once:
            rates = np.where(steps == 0, self._curve(self.rates).at(steps), rates)
        return np.zeros(steps.shape), rates

    def multiplies(self, last: int, base: float) -> bool:
        """Return false: it sets the value."""
        del last, base
        return False

    def fails(self) -> Failure | None:
        """Fail past total_steps, as mmengine does, and where a phase has no length."""
        last = self._curve(self.rates).last_step
        why = "a phase has no length" if last < int(self.total_steps) else "the cycle is over"
        return last + 1, f"{why}: total_steps {self.total_steps:g}, pct_start {self.pct_start:g}"

    def knots(self, end: int) -> Knots:
        """Return the ends of the phases, both neighbours of a fraction."""
        return points(end, *(edge for edge in self._curve(self.rates).edges if edge > 0))

    def extent(self) -> int:
        """Return total_steps."""
        return max(1, int(self.total_steps))

    def title(self) -> str:
        """Say what it is."""
        return "one cycle"


class QuadraticWarmupRule(Rule, frozen=True, kw_only=True, tag="mmdet.QuadraticWarmupLR"):
    """base * (s+1)^2/steps^2: v <- v + base * (2s + 1)/steps^2, from nothing at 0.

    base itself is reached at the window's last step.
    """

    steps: Annotated[float, Meta(gt=0)]

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Add what is between; see the class."""
        rise = (steps + 1.0) ** 2 - (since + 1.0) ** 2
        return np.where(since < 0, 0.0, 1.0), base * rise / self.steps**2

    def multiplies(self, last: int, base: float) -> bool:
        """Return false: it adds."""
        del last, base
        return False

    def title(self) -> str:
        """Say what it is."""
        return "quadratic warm-up"


class LinearIntervalRule(Rule, frozen=True, kw_only=True, tag="mmagic.LinearLrInterval"):
    """v * start_factor at 0; from then on the factors themselves are the rates, whatever stands.

    v = start_factor + (end_factor - start_factor) * x
    x = floor((first + s - 1 - begin)/interval) / floor((end - begin)/interval)
    """

    start_factor: Factor
    end_factor: Factor
    begin: float
    end: float
    interval: Annotated[float, Meta(gt=0)] = 1

    @property
    def first(self) -> int:
        """The step of the run at which the window begins."""
        return max(0, math.ceil(self.begin))

    @property
    def intervals(self) -> float:
        """How many intervals the window holds."""
        return (self.end - self.begin) // self.interval

    def moves(self, since: Steps, steps: Steps, base: float) -> tuple[Rates, Rates]:
        """Evaluate the line; see the class."""
        del since, base
        passed = np.maximum(0, self.first + steps - 1 - self.begin) // self.interval
        done = passed / (self.intervals or 1)
        line = self.start_factor + (self.end_factor - self.start_factor) * done
        at_first = steps == 0
        return np.where(at_first, self.start_factor, 0.0), np.where(at_first, 0.0, line)

    def multiplies(self, last: int, base: float) -> bool:
        """Return false: it sets the value."""
        del last, base
        return False

    def fails(self) -> Failure | None:
        """Fail where the window holds not one interval."""
        return None if self.intervals else (1, "the window is shorter than interval")

    def knots(self, end: int) -> Knots:
        """Return each step of the stair; all steps where the intervals are no whole numbers."""
        size, offset = self.interval, self.begin - self.first + 1
        if size % 1 or offset % 1:
            return (range(end + 1),)
        return *points(end, 1), range(int(offset) % int(size), end + 1, int(size))

    def title(self) -> str:
        """Say what it is."""
        return "linear stair"
