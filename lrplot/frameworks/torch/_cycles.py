"""torch's schedulers that go up and down; each sets the rate by itself at every step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks.torch._momentum import Cyclic
from lrplot.frameworks.torch._scheduler import NEVER, Scheduler, compiled
from lrplot.frameworks.torch._update import NAN, Update, absolute, powers
from lrplot.schedules.base import Knots, Phase, points
from lrplot.schedules.expression import compile_expression
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.frameworks.torch._nodes import Group
    from lrplot.schedules.base import Rates, Steps

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


class CosineAnnealingWarmRestarts(
    Scheduler, frozen=True, kw_only=True, tag="torch.CosineAnnealingWarmRestarts"
):
    """v(k) = eta_min + (base - eta_min) * (1 + cos(pi * u/L)) / 2, u steps into a cycle of L."""

    absolute = True
    earliest = -1  # its first step goes to 0 from wherever it is

    t_0: int
    t_mult: int
    eta_min: float

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count
        since, length = self._cycle(clock)
        height = 1 + np.cos(math.pi * since / length)
        return absolute(self.eta_min + (base - self.eta_min) * height / 2)

    def initial(self, base: float) -> Update:
        return absolute(self.eta_min + (base - self.eta_min) * (1 + math.cos(0.0)) / 2)

    def _cycle(self, clock: Steps) -> tuple[Steps, Rates]:
        """Return how far into its cycle each step is, and that cycle's length."""
        if self.t_mult == 1:
            return clock % min(self.t_0, NEVER), np.full(clock.shape, float(self.t_0))
        starts = self.starts(int(clock.max(initial=0)))
        cycle = np.maximum(np.searchsorted(starts, clock, side="right") - 1, 0)
        lengths = np.array([float(self.t_0 * self.t_mult**i) for i in range(len(starts))])
        return clock - np.array(starts)[cycle], lengths[cycle]

    def starts(self, end: int) -> list[int]:
        """Return the first step of each cycle that begins by end."""
        starts, length = [0], self.t_0
        while starts[-1] + length <= end:
            starts.append(starts[-1] + length)
            length *= self.t_mult
        return starts

    def late_restart(self) -> int | None:
        """Return the first start of a cycle that torch's formula for step(epoch) puts later.

        It finds the cycle by a logarithm, which comes out a little below a whole number there.
        """
        if self.t_mult == 1:
            return None
        for cycle, start in enumerate(self.starts(2**53)[1:], start=1):
            found = math.log(start / self.t_0 * (self.t_mult - 1) + 1, self.t_mult)
            if int(found) < cycle:
                return start
        return None

    def knots(self, end: int) -> Knots:
        if self.t_mult == 1:
            return (range(self.t_0, end + 1, self.t_0),)
        return points(end, *self.starts(end)[1:])

    def extent(self) -> int:
        return self.t_0 * (1 + self.t_mult + self.t_mult**2)


class CyclicLR(Cyclic, frozen=True, kw_only=True, tag="torch.CyclicLR"):
    """v(k) = base_lr + (max_lr - base_lr) * x * scale, x from 0 to 1 and back."""

    absolute = True

    base_lr: float
    max_lr: float
    up: float
    down: float
    mode: str
    gamma: float
    scale_fn: str | None
    by_cycle: bool

    def check(self) -> None:
        if self.scale_fn is not None:
            compiled("scale_fn", self.scale_fn)
        with np.errstate(all="ignore"):
            if not np.isfinite(self._height(np.array([0]))).all():
                raise ParameterError("step_size_up", "is 0: torch divides by it")

    def begin(self, group: Group) -> None:
        group.rate = self.base_lr

    def built(self, base: float) -> Update:
        return absolute(base)  # its own base_lr only where it is the first that is built

    def uses_base(self) -> bool:
        return False

    def _height(self, clock: Steps) -> Rates:
        """Return the part of the way up, before it is scaled by the cycle or the step."""
        total = self.up + self.down
        ratio = np.float64(self.up) / total
        x = 1.0 + clock / np.float64(total) - self._number(clock)
        return np.where(x <= ratio, x / ratio, (x - 1) / (ratio - 1))

    def _number(self, clock: Steps) -> Rates:
        return np.floor(1 + clock / np.float64(self.up + self.down))

    def _scale(self, clock: Steps) -> Rates | float:
        number = self._number(clock)
        if self.scale_fn is not None:
            scale = compile_expression(self.scale_fn)
            return scale(number.astype(np.int64) if self.by_cycle else clock)
        if self.mode == "triangular2":
            halvings = np.clip(number - 1, -(2.0**10), 2.0**10).astype(np.int32)
            return np.ldexp(1.0, -halvings)
        return powers(self.gamma, clock) if self.mode == "exp_range" else 1.0

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        with np.errstate(all="ignore"):
            height = (self.max_lr - self.base_lr) * self._height(clock)
            return absolute(self.base_lr + height * self._scale(clock))

    def momentum_at(self, clock: Steps) -> Rates:
        """Return the momentum, which goes the other way: max_momentum at the foot."""
        low, high = self.momenta or (0.0, 0.0)
        with np.errstate(all="ignore"):
            rates: Rates = high - (high - low) * self._height(clock) * self._scale(clock)
        return rates

    def raises_at(self) -> float:
        return math.ceil(2.0**10 * (self.up + self.down)) if self.trouble() else math.inf

    def trouble(self) -> str:
        if self.mode != "triangular2" or self.scale_fn is not None:
            return ""
        return "CyclicLR's triangular2 raises 2.0 to a power that no float holds"

    def knots(self, end: int) -> Knots:
        total = self.up + self.down
        if self.scale_fn is not None or not (self.up.is_integer() and total.is_integer()):
            return (range(end + 1),)
        if min(self.up, self.down) < 0:
            return (range(end + 1),)
        length = int(total)
        return (range(int(self.up), end + 1, length), range(length, end + 1, length))

    def extent(self) -> int:
        return max(1, math.ceil(4 * (self.up + self.down)))


class OneCycleLR(Cyclic, frozen=True, kw_only=True, tag="torch.OneCycleLR"):
    """From first to peak to floor, by half cosines or straight lines.

    With three phases it comes by first again. torch's phases end a step before they are through.
    """

    absolute = True

    first: float
    peak: float
    floor: float
    total_steps: int
    pct_start: float
    anneal: Literal["cos", "linear"]
    three_phase: bool

    def check(self) -> None:
        with np.errstate(all="ignore"):
            if np.isnan(self._between(np.array([0]), self._rates())).any():
                raise ParameterError("pct_start", "puts the peak at step 0: torch divides by 0")

    def begin(self, group: Group) -> None:
        group.initial = self.first
        group.shared.update(max_lr=self.peak, min_lr=self.floor)

    def settled(self, group: Group) -> Scheduler:
        first = self.first if group.initial is None else group.initial
        shared = group.shared
        return msgspec.structs.replace(
            self, first=first, peak=shared["max_lr"], floor=shared["min_lr"]
        )

    def uses_base(self) -> bool:
        return False

    def _ends(self) -> tuple[float, ...]:
        up = float(self.pct_start * self.total_steps) - 1
        middle = float(2 * self.pct_start * self.total_steps) - 2
        last = float(self.total_steps - 1)
        return (up, middle, last) if self.three_phase else (up, last)

    def _rates(self) -> tuple[float, ...]:
        middle = (self.first,) if self.three_phase else ()
        return (self.first, self.peak, *middle, self.floor)

    def _between(self, clock: Steps, values: tuple[float, ...]) -> Rates:
        """Return what lies between the values at each step; NaN where torch divides by 0."""
        ends = np.array(self._ends())
        phase = np.full(clock.shape, len(ends) - 1)
        for i in reversed(range(len(ends) - 1)):
            phase = np.where(clock <= ends[i], i, phase)
        begins = np.concatenate([[0.0], ends[:-1]])
        width = (ends - begins)[phase]
        done = (clock - begins[phase]) / np.where(width == 0, NAN, width)
        start, end = np.array(values[:-1])[phase], np.array(values[1:])[phase]
        if self.anneal == "cos":
            rates = end + (start - end) / 2.0 * (np.cos(math.pi * done) + 1)
        else:
            rates = (end - start) * done + start
        return np.asarray(rates)

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        return absolute(self._between(clock, self._rates()))

    def momentum_at(self, clock: Steps) -> Rates:
        """Return the momentum, which goes the other way: base_momentum at the peak."""
        low, high = self.momenta or (0.0, 0.0)
        return self._between(clock, (high, low, *[high] * (len(self._ends()) - 1)))

    def sharing(self, momenta: tuple[float, float]) -> Cyclic:
        return msgspec.structs.replace(self, momenta=momenta)

    def raises_at(self) -> float:
        return self.total_steps + 1

    def trouble(self) -> str:
        return f"OneCycleLR raises past its total_steps, {self.total_steps:,}"

    def knots(self, end: int) -> Knots:
        return points(end, *self._ends(), self.total_steps)

    def extent(self) -> int:
        return self.total_steps

    def phases(self, end: int) -> tuple[Phase, ...]:
        names = ("warm-up", "decay", "annihilation")
        edges = sorted({0.0, *(edge + 1 for edge in self._ends())})
        found = named_stretches(names, edges, end)
        return found if found and found[-1].end >= end else (Phase(self.name(), 0, end),)
