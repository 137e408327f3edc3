"""torch's schedulers that go from one rate to another, and stay there or come back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks.torch._scheduler import NEVER, Scaling, Scheduler
from lrplot.frameworks.torch._update import NAN, UNCHANGED, Update, absolute, power
from lrplot.schedules.base import Knots, extent_past, points

if TYPE_CHECKING:
    from lrplot.frameworks.torch._nodes import Group
    from lrplot.schedules.base import Rates, Steps

__all__ = ["SWALR", "ConstantLR", "CosineAnnealingLR", "LinearLR", "PolynomialLR"]

_TINY = 1e-290  # of a T_max: below it pi over it is no number


class ConstantLR(Scaling, frozen=True, kw_only=True, tag="torch.ConstantLR"):
    """v(0) = factor * v, v(total_iters) = v(total_iters - 1) * (1 / factor)."""

    factor: float
    total_iters: float

    def check(self) -> None:
        if not 0 <= self.factor <= 1:
            raise ParameterError("factor", f"must be between 0 and 1, got {self.factor:g}")

    def _undo(self) -> float:
        return 1.0 / (self.factor or 1.0)

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        later = np.where(clock == self.total_iters, self._undo(), 1.0)
        return Update(np.where(clock == 0, self.factor, later))

    def hand_over(self, base: float) -> Update:
        return absolute(base * (self.factor + (self.total_iters <= 0) * (1 - self.factor)))

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        undone = (since < self.total_iters) & (clock >= self.total_iters)
        return rate * np.where(undone & self.total_iters.is_integer(), self._undo(), 1.0)

    def raises_at(self) -> float:
        late = self.total_iters > 0 and self.total_iters.is_integer()
        return self.total_iters if late and not self.factor else math.inf

    def trouble(self) -> str:
        return "" if self.factor else "ConstantLR divides by its factor, 0, at total_iters"

    def knots(self, end: int) -> Knots:
        return points(end, self.total_iters)

    def extent(self) -> int:
        return extent_past(self.total_iters)


class LinearLR(Scaling, frozen=True, kw_only=True, tag="torch.LinearLR"):
    """v(0) = start_factor * v, then v(k) = v(k-1) * (1 + rise / (T*start_factor + (k-1)*rise)).

    rise is end_factor - start_factor, and T total_iters; v is held beyond it.
    """

    start_factor: float
    end_factor: float
    total_iters: float

    def check(self) -> None:
        if not 0 < self.start_factor <= 1:
            got = f"got {self.start_factor:g}"
            raise ParameterError("start_factor", f"must be above 0 and at most 1, {got}")
        if not 0 <= self.end_factor <= 1:
            raise ParameterError("end_factor", f"must be between 0 and 1, got {self.end_factor:g}")

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        rise = self.end_factor - self.start_factor
        over = self.total_iters * self.start_factor + (clock - 1) * rise
        with np.errstate(all="ignore"):  # it is 0 past total_iters, where the rate is held
            scale = 1.0 + rise / over
        scale = np.where(clock > self.total_iters, 1.0, scale)
        return Update(np.where(clock == 0, self.start_factor, scale))

    def hand_over(self, base: float) -> Update:
        if not self.total_iters:
            return absolute(NAN)
        rise = self.end_factor - self.start_factor
        done = rise * min(self.total_iters, 0) / self.total_iters
        return absolute(base * (self.start_factor + done))

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        last = math.floor(min(self.total_iters, NEVER))
        if since >= last:
            return np.full(clock.shape, rate)
        rise = self.end_factor - self.start_factor
        first = self.total_iters * self.start_factor
        return rate * ((first + np.minimum(clock, last) * rise) / (first + since * rise))

    def trouble(self) -> str:
        return (
            ""
            if self.total_iters
            else "LinearLR divides by its total_iters, 0, when handed over to"
        )

    def knots(self, end: int) -> Knots:
        return points(end, self.total_iters)

    def extent(self) -> int:
        return extent_past(self.total_iters)


class PolynomialLR(Scaling, frozen=True, kw_only=True, tag="torch.PolynomialLR"):
    """v(k) = v(k-1) * ((1 - k/T) / (1 - (k-1)/T))^power, up to T = total_iters."""

    total_iters: float
    power: float

    def initial(self, base: float) -> Update:
        del base
        return UNCHANGED

    def _left(self, clock: Steps) -> Rates:
        left: Rates = 1.0 - clock / self.total_iters
        return left

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        here = clock <= self.total_iters
        scale = np.ones(clock.shape)
        if self.total_iters:
            ratio = self._left(clock[here]) / self._left(clock[here] - 1)
            scale[here] = [power(x, self.power) for x in ratio.tolist()]
        else:
            scale[here] = NAN
        return Update(scale)

    def hand_over(self, base: float) -> Update:
        if not self.total_iters:
            return absolute(NAN)
        left = 1.0 - min(self.total_iters, 0) / self.total_iters
        return absolute(base * power(left, self.power))

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        last = math.floor(min(self.total_iters, NEVER))
        if since >= last:
            return np.full(clock.shape, rate)
        ratio = self._left(np.minimum(clock, last)) / self._left(np.array([since]))
        found: Rates = rate * np.power(ratio, self.power)
        return found

    def raises_at(self) -> float:
        late = self.total_iters > 0 and self.total_iters.is_integer()
        return self.total_iters if late and self.power < 0 else math.inf

    def trouble(self) -> str:
        return "" if math.isinf(self.raises_at()) else "PolynomialLR divides by 0 at total_iters"

    def knots(self, end: int) -> Knots:
        return points(end, self.total_iters)

    def extent(self) -> int:
        return extent_past(self.total_iters)


class CosineAnnealingLR(Scheduler, frozen=True, kw_only=True, tag="torch.CosineAnnealingLR"):
    """v(k) - eta_min is (1 + cos(pi*k/T)) / (1 + cos(pi*(k-1)/T)) times what it was.

    One step past T and every 2T from there on, (base - eta_min) * (1 - cos(pi/T)) / 2 is added.
    """

    t_max: float
    eta_min: float

    def check(self) -> None:
        if 0 < abs(self.t_max) < _TINY:
            raise ParameterError("T_max", f"is too near 0 to divide by, got {self.t_max:g}")

    def initial(self, base: float) -> Update:
        del base
        return UNCHANGED

    @property
    def half(self) -> float:
        """Steps of half a cosine; where there are none, torch raises before they count."""
        return self.t_max or 1.0

    def _height(self, clock: Steps) -> Rates:
        height: Rates = 1 + np.cos(math.pi * clock / self.half)
        return height

    def _bounce(self, base: float) -> float:
        return (base - self.eta_min) * (1 - math.cos(math.pi / self.half)) / 2

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count
        before = self._height(clock - 1)
        ratio = self._height(clock) / np.where(before == 0, NAN, before)
        bounces = (clock - 1 - self.half) % (2 * self.half) == 0
        return Update(
            scale=np.where(bounces, 1.0, ratio),
            centre=np.where(bounces, 0.0, self.eta_min),
            shift=np.where(bounces, self._bounce(base), self.eta_min),
        )

    def hand_over(self, base: float) -> Update:
        if not self.t_max:
            return absolute(NAN)
        return absolute(self.eta_min + (base - self.eta_min) * (1 + math.cos(0.0)) / 2)

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        unit = float((rate - self.eta_min) / self._height(np.array([since]))[0])
        if not self.half.is_integer():
            return self.eta_min + unit * self._height(clock)
        length = min(abs(int(self.half)), NEVER)
        next_one = max(0, (since - 1 - length) // (2 * length) + 1)
        bounce = np.maximum((clock - 1 - length) // (2 * length), next_one - 1)
        low, high = int(bounce.min()), int(bounce.max())
        few = high - low < bounce.size
        every = np.arange(low, high + 1) if few else bounce
        after = self._bounce(base) / self._height((2 * every + 1) * length + 1)  # eta_min before it
        units = np.where(every < next_one, unit, after)
        return self.eta_min + (units[bounce - low] if few else units) * self._height(clock)

    def raises_at(self) -> float:
        return math.inf if self.t_max else 1

    def trouble(self) -> str:
        return "" if self.t_max else "CosineAnnealingLR divides by its T_max, 0"

    def knots(self, end: int) -> Knots:
        if not self.half.is_integer():
            return (range(end + 1),)
        length = min(abs(int(self.half)), NEVER)
        return (range(length, end + 1, length),)

    def extent(self) -> int:
        return math.ceil(abs(self.half))


class SWALR(Scheduler, frozen=True, kw_only=True, tag="torch.SWALR"):
    """v(n) = swa_lr * a(n) + v0 * (1 - a(n)), n counting its own steps, v0 recovered from v(n-1).

    a(n) = (1 - cos(pi*x)) / 2 (cos) or x (linear), x = n / anneal_epochs, at most 1
    """

    swa_lr: float
    anneal_epochs: int
    linear: bool

    def begin(self, group: Group) -> None:
        group.shared["swa_lr"] = self.swa_lr

    def settled(self, group: Group) -> Scheduler:
        return SWALR(
            swa_lr=group.shared["swa_lr"], anneal_epochs=self.anneal_epochs, linear=self.linear
        )

    def _done(self, count: Steps) -> Rates:
        done: Rates = np.clip(count / max(1, self.anneal_epochs), 0, 1)
        return done if self.linear else (1 - np.cos(math.pi * done)) / 2

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del clock, base
        count = np.maximum(count, 0 if self.anneal_epochs else 1)
        now, before = self._done(count), self._done(count - 1)
        over = before == 1  # nothing of the first rate is left
        return Update(
            scale=np.where(over, 0.0, 1 - now),
            centre=before * self.swa_lr,
            over=np.where(over, 1.0, 1 - before),
            shift=np.where(over, self.swa_lr * now + self.swa_lr * (1 - now), self.swa_lr * now),
        )

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base
        now, before = self._done(clock), self._done(np.array([since]))
        first = (rate - before * self.swa_lr) / np.where(before == 1, 1.0, 1 - before)
        return self.swa_lr * now + np.where(before == 1, self.swa_lr, first) * (1 - now)

    def knots(self, end: int) -> Knots:
        return points(end, self.anneal_epochs)

    def extent(self) -> int:
        return extent_past(self.anneal_epochs)
