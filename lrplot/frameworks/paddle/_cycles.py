"""The curves of paddle.optimizer.lr that turn: cosines, restarts, cycles, one cycle.

Fields have Paddle's names and bounds; operations come in Paddle's order.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import count
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.frameworks._absolute import Absolute, Positive
from lrplot.frameworks._openmmlab_curves import OneCycleCurve as _Arcs
from lrplot.frameworks.paddle._curves import Stepped
from lrplot.schedules.base import Knots, Period, Phase, Rate, points
from lrplot.schedules.cycles import CosineRestarts
from lrplot.schedules.expression import compile_expression
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "CosineCurve",
    "CyclicCurve",
    "OneCycleCurve",
    "RestartsCurve",
    "SteppedCosineCurve",
    "SteppedRestartsCurve",
]

_MOST_HALVINGS = 1024  # 2.0 to this power is no float


class CosineCurve(Absolute, frozen=True, kw_only=True, tag="cosine"):
    """lr(t) = eta_min + (learning_rate - eta_min) * (1 + cos(pi * t / T_max)) / 2, up and down."""

    learning_rate: Rate
    T_max: Period
    eta_min: float

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the formula."""
        return self.eta_min + (self.learning_rate - self.eta_min) * self.wave(steps) / 2

    def wave(self, steps: Steps) -> Rates:
        """Return 1 + cos(pi * t / T_max)."""
        return 1 + np.cos(math.pi * steps / self.T_max)

    def knots(self, end: int) -> Knots:
        """Return each foot and each top, and the step after a foot."""
        return (
            range(self.T_max, end + 1, self.T_max),
            range(self.T_max + 1, end + 1, 2 * self.T_max),
        )

    def extent(self) -> int:
        """Return the first foot: most runs end there."""
        return self.T_max

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the fall and what follows it."""
        edges = (0, self.T_max, end)
        return named_stretches((self.name(), f"{self.name()}, past T_max"), edges, end)


class SteppedCosineCurve(Stepped, frozen=True, kw_only=True, tag="cosine"):
    """The same, each step worked out from the rate of the step before.

    What is rounded in the first step of a rise, where the cosine is flattest, is then part of the
    whole of it: its height is off by a part of about 1e-16 * T_max^2.
    """

    learning_rate: Rate
    T_max: Period
    eta_min: float

    @property
    def plain(self) -> CosineCurve:
        """The curve that this one follows."""
        return CosineCurve(learning_rate=self.learning_rate, T_max=self.T_max, eta_min=self.eta_min)

    def stepped(self) -> Iterator[float]:
        """Yield the rates, each by Paddle's step from the one before."""
        rate, wave = self.learning_rate, 2.0
        yield rate
        for step in count(1):
            before, wave = wave, 1 + math.cos(math.pi * step / self.T_max)
            if (step - 1 - self.T_max) % (2 * self.T_max) == 0:
                rate += self._first_rise()
            else:
                rate = wave / before * (rate - self.eta_min) + self.eta_min
            yield rate

    def _first_rise(self) -> float:
        height = self.learning_rate - self.eta_min
        return height * (1 - math.cos(math.pi / self.T_max)) / 2

    def formula(self, steps: Steps) -> Rates:
        """Evaluate the fall, and the height of each rise from its first step."""
        wave = self.plain.wave
        rise = (steps - self.T_max - 1) // (2 * self.T_max)  # -1 in the fall
        first = (2 * np.maximum(rise, 0) + 1) * self.T_max + 1
        begun = self.eta_min + self._first_rise()
        height = (self.learning_rate - self.eta_min) / 2
        scale = np.where(rise < 0, height, (begun - self.eta_min) / wave(first))
        return self.eta_min + scale * wave(steps)

    def knots(self, end: int) -> Knots:
        """Return each foot and each top, and the step after a foot."""
        return self.plain.knots(end)

    def extent(self) -> int:
        """Return the first foot: most runs end there."""
        return self.plain.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the fall and what follows it."""
        return self.plain.phases(end)


class SteppedRestartsCurve(CosineRestarts, frozen=True, kw_only=True, tag="cosine_restarts"):
    """lr = eta_min + (learning_rate - eta_min) * (1 + cos(pi * u / L)) / 2, u steps into a cycle.

    L, the length of a cycle, is t_0, then t_0 * t_mult, and so on.
    """

    learning_rate: Rate
    eta_min: float

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; base plays no part."""
        del base
        since, length = self._cycle_of(steps)
        wave = 1 + np.cos(math.pi * since / length)
        return self.eta_min + (self.learning_rate - self.eta_min) * wave / 2

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False


class RestartsCurve(SteppedRestartsCurve, frozen=True, kw_only=True, tag="cosine_restarts"):
    """The same, as Paddle has it at an epoch that it is told: a logarithm decides on the cycle.

    Rounded, it can be one short where a cycle should begin; eta_min stands there then.
    """

    def _cycle_of(self, steps: Steps) -> tuple[Steps, Rates | int]:
        if self.t_mult == 1:
            return super()._cycle_of(steps)
        starts = self._starts(int(steps.max(initial=0)))
        reached = [0, *(self._reached(i, start) for i, start in enumerate(starts) if i)]
        cycle = np.searchsorted(reached, steps, side="right") - 1
        lengths = np.array([float(self.t_0 * self.t_mult**i) for i in range(len(starts))])
        return steps - np.array(starts)[cycle], lengths[cycle]

    def _reached(self, number: int, start: int) -> int:
        """Return the first step at which the logarithm says that so many cycles have passed."""
        around = range(max(self.t_0, start - 2 - start // 2**40), start + 3 + start // 2**40)
        return around[bisect_left(around, number, key=self._passed)]

    def _passed(self, step: int) -> int:
        return int(math.log(step / self.t_0 * (self.t_mult - 1) + 1, self.t_mult))

    def late(self) -> int | None:
        """Return the first step, of the first billion, at which a cycle is late to begin."""
        starts = self._starts(10**9)[1:] if self.t_mult > 1 else []
        numbered = enumerate(starts, 1)
        return next((start for i, start in numbered if self._reached(i, start) > start), None)

    def knots(self, end: int) -> Knots:
        """Return the first step of each cycle, and where the logarithm has it begin."""
        starts = super().knots(end)
        if self.t_mult == 1:
            return starts
        begun = [self._reached(i, knot.start) for i, knot in enumerate(starts, 1)]
        return (*starts, *points(end, *begun))


class OneCycleCurve(Absolute, frozen=True, kw_only=True, tag="onecycle"):
    """max_learning_rate / divide_factor, up to max_learning_rate, and down to end_learning_rate.

    With three_phase it comes by the first rate again. The phases end a step before they are
    through, at phase_pct * total_steps - 1 and so on, mostly between two steps, and the last one is
    followed past its end at total_steps - 1.
    """

    max_learning_rate: Rate
    total_steps: Period
    divide_factor: Positive
    end_learning_rate: Rate
    phase_pct: Annotated[float, Meta(ge=0, le=1)]
    anneal_strategy: Literal["cos", "linear"]
    three_phase: bool

    def check(self) -> None:
        """Refuse phases that do not fit."""
        if self.three_phase and self.phase_pct >= 0.5:  # noqa: PLR2004  a rise and its mirror
            raise ParameterError("phase_pct", "must be less than 0.5 with three_phase")
        if self.phase_pct * self.total_steps == 1:
            message = "makes the rise 0 steps long, and Paddle divides by that"
            raise ParameterError("phase_pct", message)

    def _arcs(self) -> _Arcs:
        top = self.max_learning_rate
        return _Arcs(
            rates=(top / self.divide_factor, top, self.end_learning_rate),
            total_steps=self.total_steps,
            pct_start=self.phase_pct,
            cosine=self.anneal_strategy == "cos",
            three_phase=self.three_phase,
        )

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the phases, up to total_steps."""
        arcs = self._arcs()
        if steps.size and steps.max() > arcs.last_step:
            step = int(steps[steps > arcs.last_step].min())
            raise InputError(
                f"Paddle's OneCycleLR has no rate at step {step}: it raises an error there, as "
                f"total_steps is {self.total_steps}"
            )
        return arcs.at(steps)

    def knots(self, end: int) -> Knots:
        """Return the ends of the phases."""
        return points(end, *self._arcs().edges[1:])

    def extent(self) -> int:
        """Return total_steps."""
        return self._arcs().last_step

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise, the fall and, with three_phase, the last stretch."""
        *edges, _ = (max(0.0, edge) for edge in self._arcs().edges)
        return named_stretches(("warm-up", "decay", "annihilation"), (*edges, end), end)


class CyclicCurve(Absolute, frozen=True, kw_only=True, tag="cyclic"):
    """From base_learning_rate to max_learning_rate and back, over and over, scaled.

    The scale is 1, or halves from cycle to cycle, or is exp_gamma^t, or what scale_fn says of the
    cycle (from 1 on) or of t.
    """

    base_learning_rate: Rate
    max_learning_rate: Rate
    step_size_up: Period
    step_size_down: Period
    mode: str
    exp_gamma: float
    scale_fn: str | None
    scale_mode: Literal["cycle", "iterations"]

    @property
    def length(self) -> int:
        """Steps of one whole cycle."""
        return self.step_size_up + self.step_size_down

    def check(self) -> None:
        """Refuse a mode that is none, where it is looked at, and a scale_fn that is none."""
        if self.scale_fn is not None:
            compile_expression(self.scale_fn)
        elif self.mode not in {"triangular", "triangular2", "exp_range"}:
            raise ParameterError("mode", "must be triangular, triangular2 or exp_range")

    def rates(self, steps: Steps) -> Rates:
        """Evaluate the way up or down, and the scale."""
        cycle = 1 + steps // self.length
        part, rise = 1.0 + steps / self.length - cycle, self.step_size_up / self.length
        height = np.where(part <= rise, part / rise, (1 - part) / (1 - rise))
        amplitude = self.max_learning_rate - self.base_learning_rate
        return self.base_learning_rate + amplitude * height * self._scale(steps, cycle)

    def _scale(self, steps: Steps, cycle: Steps) -> Rates | float:
        if self.scale_fn is not None:
            scale = compile_expression(self.scale_fn)
            return scale(cycle if self.scale_mode == "cycle" else steps)
        if self.mode == "triangular2":
            halved = np.float_power(0.5, cycle - 1)
            return np.where(cycle > _MOST_HALVINGS, np.nan, halved)
        if self.mode == "exp_range":
            return np.float_power(self.exp_gamma, steps)
        return 1.0

    def knots(self, end: int) -> Knots:
        """Return each top and each foot, and what scale_fn has."""
        turns = (
            range(self.step_size_up, end + 1, self.length),
            range(self.length, end + 1, self.length),
        )
        if self.scale_fn is None or self.scale_mode == "cycle":
            return turns
        return (*turns, *compile_expression(self.scale_fn).knots(end))

    def extent(self) -> int:
        """Four cycles."""
        return 4 * self.length
