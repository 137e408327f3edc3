"""torch's schedulers that multiply the rate, at some steps or at all, or set it by a function."""

from __future__ import annotations

import ast
import math
from bisect import bisect_right
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.frameworks.torch._scheduler import Scaling, Scheduler, compiled
from lrplot.frameworks.torch._update import NAN, UNCHANGED, Update, absolute, power
from lrplot.schedules.base import Knots, Phase, Schedule, extent_past, points
from lrplot.schedules.expression import compile_expression
from lrplot.schedules.steps import level_phases

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["ExponentialLR", "Foreign", "LambdaLR", "MultiStepLR", "MultiplicativeLR", "StepLR"]

_FAR = 2**53


class StepLR(Scaling, frozen=True, kw_only=True, tag="torch.StepLR"):
    """v(k) = gamma * v(k-1) where step_size divides k, which it may as a fraction or negative."""

    step_size: float
    gamma: float = 0.1

    @property
    def period(self) -> int:
        """How many steps there are from drop to drop."""
        return min(_FAR, abs(Fraction(self.step_size).numerator)) or 1

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        return Update(np.where((clock != 0) & (clock % self.period == 0), self.gamma, 1.0))

    def hand_over(self, base: float) -> Update:
        return absolute(base if self.step_size else NAN)

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        return rate * _far_power(self.gamma, clock // self.period - since // self.period)

    def raises_at(self) -> float:
        return math.inf if self.step_size else 1

    def trouble(self) -> str:
        return "" if self.step_size else "StepLR divides by its step_size, 0"

    def knots(self, end: int) -> Knots:
        return (range(self.period, end + 1, self.period),) if self.step_size else ()

    def extent(self) -> int:
        return max(1, 4 * self.period)

    def phases(self, end: int) -> tuple[Phase, ...]:
        return level_phases(self.name(), self.knots(end), end)


class MultiStepLR(Scaling, frozen=True, kw_only=True, tag="torch.MultiStepLR"):
    """v(k) = gamma^(how often k is a milestone) * v(k-1)."""

    milestones: tuple[float, ...]
    gamma: float = 0.1

    def _marks(self) -> dict[int, float]:
        """Return the factor of each step that has one."""
        found = Counter(int(mark) for mark in self.milestones if mark == int(mark))
        return {mark: power(self.gamma, found[mark]) for mark in sorted(found) if abs(mark) <= _FAR}

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        marks = np.array([*self._marks(), _FAR + 1])
        factors = np.array([*self._marks().values(), 1.0])
        place = np.searchsorted(marks, clock)
        return Update(np.where(marks[place] == clock, factors[place], 1.0))

    def hand_over(self, base: float) -> Update:
        return absolute(base * power(self.gamma, bisect_right(sorted(self.milestones), 0)))

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        marks = sorted(mark for mark in self.milestones if mark == int(mark))
        passed = np.searchsorted(marks, clock, side="right") - bisect_right(marks, since)
        return rate * _far_power(self.gamma, passed)

    def knots(self, end: int) -> Knots:
        return points(end, *self._marks())

    def extent(self) -> int:
        return extent_past(*self._marks())

    def phases(self, end: int) -> tuple[Phase, ...]:
        return level_phases(self.name(), self.knots(end), end)


class ExponentialLR(Scaling, frozen=True, kw_only=True, tag="torch.ExponentialLR"):
    """v(k) = gamma * v(k-1)."""

    gamma: float

    def initial(self, base: float) -> Update:
        del base
        return UNCHANGED

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del clock, count, base
        return Update(self.gamma)

    def hand_over(self, base: float) -> Update:
        return absolute(base)

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        return rate * _far_power(self.gamma, clock - since)

    def knots(self, end: int) -> Knots:
        return (range(end + 1),) if self.gamma <= 0 else ()


class LambdaLR(Scheduler, frozen=True, kw_only=True, tag="torch.LambdaLR"):
    """v(k) = base * lr_lambda(k)."""

    absolute = True

    lr_lambda: str

    def check(self) -> None:
        compiled("lr_lambda", self.lr_lambda)

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count
        return absolute(base * compile_expression(self.lr_lambda)(clock))

    def knots(self, end: int) -> Knots:
        return compile_expression(self.lr_lambda).knots(end)


class MultiplicativeLR(Scaling, frozen=True, kw_only=True, tag="torch.MultiplicativeLR"):
    """v(k) = v(k-1) * lr_lambda(k)."""

    lr_lambda: str

    def check(self) -> None:
        compiled("lr_lambda", self.lr_lambda)

    def initial(self, base: float) -> Update:
        del base
        return UNCHANGED

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        return Update(compile_expression(self.lr_lambda)(clock))

    def hand_over(self, base: float) -> Update:
        del base
        return Update(compile_expression(self.lr_lambda)(np.array([0])))

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        if not _is_constant(self.lr_lambda):
            return None
        return rate * _far_power(
            float(compile_expression(self.lr_lambda)(np.array([0]))[0]), clock - since
        )

    def knots(self, end: int) -> Knots:
        return compile_expression(self.lr_lambda).knots(end)


class Foreign(Scheduler, frozen=True, kw_only=True, tag="torch.Foreign"):
    """A scheduler that another library builds on torch's LambdaLR."""

    absolute = True

    schedule: Schedule

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count
        return absolute(self.schedule.lr(clock, np.full(clock.shape, base)))

    def uses_base(self) -> bool:
        return self.schedule.uses_base()

    def knots(self, end: int) -> Knots:
        return self.schedule.knots(end)

    def extent(self) -> int:
        return self.schedule.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        return self.schedule.phases(end)


def _far_power(base: float, exponent: Steps) -> Rates:
    found: Rates = np.power(base, exponent.astype(np.float64))
    return found


def _is_constant(text: str) -> bool:
    """Say whether a lambda never looks at its step."""
    function = ast.parse(text.strip(), mode="eval").body
    if not isinstance(function, ast.Lambda):
        return False
    names = {node.id for node in ast.walk(function.body) if isinstance(node, ast.Name)}
    return not names & {argument.arg for argument in function.args.args}
