"""timm's curves that come in cycles: cosine, polynomial and tanh."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks.timm._curves import MANY, Period, Rate, Size, Warmed
from lrplot.schedules.base import Knots, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates

__all__ = ["CosineCycles", "PolyCycles", "TanhCycles"]

_NEAR = 1e-9  # how near to a whole number a logarithm must be for its rounding to matter


class _Cycles(Warmed, frozen=True, kw_only=True):
    """Cycles of t_initial, t_initial * cycle_mul, ..., each starting from cycle_decay of the last.

    lr_min after cycle_limit of them. Which cycle a step is in is decided by a floating-point
    logarithm, so a cycle may begin a step late.
    """

    t_initial: Period
    lr_min: Rate = 0.0
    cycle_mul: Period = 1.0
    cycle_decay: float = 1.0
    cycle_limit: Size = 1

    def decayed(self, time: Rates, base: Rates) -> Rates:
        """Return the rate within the cycle, lr_min after the last."""
        index, since, length = self._cycle_of(time)
        peak = base * self.cycle_decay**index
        rates = np.where(index < self.cycle_limit, self.within(since, length, peak), self.lr_min)
        return np.where(np.isnan(index), np.nan, rates)

    def within(self, since: Rates, length: Rates, peak: Rates) -> Rates:
        """Return the rate this far into a cycle of this length."""
        raise NotImplementedError

    def _cycle_of(self, time: Rates) -> tuple[Rates, Rates, Rates]:
        """Return each step's cycle, how far into it the step is, and the cycle's length."""
        if self.cycle_mul == 1:
            index: Rates = np.floor_divide(time, self.t_initial)
            return index, time - self.t_initial * index, np.full_like(index, self.t_initial)
        index = self._index(1 - time / self.t_initial * (1 - self.cycle_mul))
        grown = self.cycle_mul**index
        start = (1 - grown) / (1 - self.cycle_mul) * self.t_initial
        return index, time - start, grown * self.t_initial

    def _index(self, growth: Rates) -> Rates:
        """Return floor(log(growth, cycle_mul)), rounded as Python's logarithm has it.

        Cycles that shrink come to an end: past it there is no logarithm, and no rate.
        """
        power = np.log(np.where(growth > 0, growth, np.nan)) / math.log(self.cycle_mul)
        index: Rates = np.floor(power)
        for at in np.argwhere(np.abs(power - np.rint(power)) < _NEAR):
            place = tuple(at)
            index[place] = math.floor(math.log(growth[place], self.cycle_mul))
        return index

    def turns(self, end: int) -> Knots:
        """Return where each cycle begins and the steps beside it; all, where they are many."""
        edges = self._edges(end)
        if len(edges) <= MANY:
            return points(end, *(edge + step for edge in edges for step in (-1, 0, 1)))
        start, size = float(self.delay), self.t_initial
        if self.cycle_mul != 1 or not (start.is_integer() and size.is_integer()):
            return (range(end + 1),)
        stop = min(end, int(start + size * self.cycle_limit))
        return (range(int(start if start >= 0 else start % size), stop + 1, int(size)),)

    def _edges(self, end: int) -> list[float]:
        """Return where cycles begin, the end of the last among them, as far as they are few."""
        edges, length = [float(self.delay)], self.t_initial
        while len(edges) <= min(self.cycle_limit, MANY + 1) and edges[-1] <= end and length > 0:
            edges.append(edges[-1] + length)
            length *= self.cycle_mul
        return edges

    def length(self) -> float:
        """Return the length of all cycles, of four where there are more."""
        return sum(self.t_initial * self.cycle_mul**i for i in range(int(min(self.cycle_limit, 4))))


class CosineCycles(_Cycles, frozen=True, kw_only=True, tag="timm.CosineLRScheduler"):
    """lr_min + (peak - lr_min) * (1 + cos(pi * u^k / L^k)) / 2, u steps into a cycle of L."""

    k_decay: float = 1.0

    def within(self, since: Rates, length: Rates, peak: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        k = self.k_decay
        angle = math.pi * since**k / length**k
        rates: Rates = self.lr_min + 0.5 * (peak - self.lr_min) * (1 + np.cos(angle))
        return rates


class PolyCycles(_Cycles, frozen=True, kw_only=True, tag="timm.PolyLRScheduler"):
    """lr_min + (peak - lr_min) * (1 - u^k / L^k)^power, u steps into a cycle of L."""

    power: float = 0.5
    k_decay: float = 1.0

    def within(self, since: Rates, length: Rates, peak: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        k = self.k_decay
        left: Rates = 1 - since**k / length**k
        return self.lr_min + (peak - self.lr_min) * left**self.power


class TanhCycles(_Cycles, frozen=True, kw_only=True, tag="timm.TanhLRScheduler"):
    """lr_min + (peak - lr_min) * (1 - tanh(lb * (1 - x) + ub * x)) / 2, x of a cycle passed.

    The ends are those of the tanh: not exactly the peak, and above lr_min. Without warmup_prefix
    the warm-up leads to where the curve stands at warmup_t.
    """

    lb: float = -7.0
    ub: float = 3.0

    def check(self) -> None:
        """Refuse what timm asserts."""
        if not self.lb < self.ub:
            raise ParameterError("lb", f"must be below ub, {self.ub:g}")
        for key in ("cycle_limit", "warmup_t", "warmup_lr_init"):
            if getattr(self, key) < 0:
                raise ParameterError(key, "must not be below 0")

    def within(self, since: Rates, length: Rates, peak: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        x = since / length
        falling = 1 - np.tanh(self.lb * (1.0 - x) + self.ub * x)
        rates: Rates = self.lr_min + 0.5 * (peak - self.lr_min) * falling
        return rates

    def peak(self, base: Rates) -> Rates:
        """Return the rate that the warm-up leads to."""
        if self.warmup_prefix or not self.warmup_t:
            return base
        return self.decayed(np.full_like(base, self.warmup_t), base)
