"""Schedules that rise and fall: cycles, restarts and one-cycle."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import (
    Knots,
    Length,
    Period,
    Phase,
    Rate,
    Schedule,
    extent_past,
    points,
)
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Anneal", "CosineRestarts", "Cyclic", "OneCycle"]

Shape = Annotated[
    Literal["cos", "linear"], Meta(description="half a cosine or a straight line between rates")
]


class Anneal(Schedule, frozen=True, kw_only=True, tag="anneal"):
    """Given rates at given steps, joined by straight lines or half cosines.

        lr(t) = values[i] + (values[i+1] - values[i]) * s(x)
        x = (t - milestones[i]) / (milestones[i+1] - milestones[i])
        s(x) = x (linear) or (1 - cos(pi * x)) / 2 (cos)

    values[0] up to milestones[0]; the last value from the last milestone on, for ever. Milestones
    may be fractions. The base rate plays no part.
    """

    example: ClassVar[dict[str, Any]] = {"milestones": [0, 100, 1000], "values": [0.0, 0.1, 0.01]}

    milestones: Annotated[
        tuple[Annotated[float, Meta(ge=0, le=2**53)], ...],
        Meta(min_length=1, description="where each rate is reached, in order"),
    ]
    values: Annotated[
        tuple[Annotated[float, Meta(ge=0)], ...],
        Meta(min_length=1, description="the rate at each milestone", extra={"unit": "rate"}),
    ]
    shape: Shape = "linear"

    def check(self) -> None:
        """Refuse milestones out of order, or a number of values that does not fit them."""
        if any(later <= earlier for earlier, later in pairwise(self.milestones)):
            raise ParameterError("milestones", "must rise from one to the next")
        if len(self.values) != len(self.milestones):
            raise ParameterError(
                "values",
                f"must be one per milestone: {len(self.milestones)}, got {len(self.values)}",
            )

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; base plays no part."""
        del base
        edges, values = np.asarray(self.milestones), np.asarray(self.values)
        after = np.searchsorted(edges, steps, side="right")
        left, right = np.maximum(after - 1, 0), np.minimum(after, len(edges) - 1)
        width = np.where(left == right, math.inf, edges[right] - edges[left])  # level outside
        done: Rates = np.maximum(steps - edges[left], 0.0) / width
        if self.shape == "cos":
            done = (1 - np.cos(math.pi * done)) / 2
        rates: Rates = values[left] * (1 - done) + values[right] * done
        return rates

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the milestones, both neighbours of a fraction."""
        return points(end, *self.milestones)

    def extent(self) -> int:
        """A quarter past the last milestone."""
        return extent_past(*self.milestones)


class CosineRestarts(Schedule, frozen=True, kw_only=True, tag="cosine_restarts"):
    """Cosine decay that starts again: SGDR.

        lr(t) = eta_min + (base_lr - eta_min)/2 * (1 + cos(pi * u/L))

    u is the step within the cycle and L the cycle's length: t_0, then t_0 * t_mult, and so on.
    base_lr at the first step of each cycle; eta_min is approached, never reached, as the step
    that would reach it starts the next cycle. It never ends. Loshchilov and Hutter, 2017.
    """

    example: ClassVar[dict[str, Any]] = {"t_0": 100, "t_mult": 2}

    t_0: Annotated[Period, Meta(description="steps of the first cycle")]
    t_mult: Annotated[
        int, Meta(ge=1, le=2**53, description="each cycle is this many times longer")
    ] = 1
    eta_min: Annotated[Rate, Meta(description="the rate each cycle comes down to")] = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        since, length = self._cycle_of(steps)
        done: Rates = since / length
        rates: Rates = self.eta_min + (base - self.eta_min) / 2 * (1 + np.cos(math.pi * done))
        return rates

    def _cycle_of(self, steps: Steps) -> tuple[Steps, Rates | int]:
        """Return each step's place within its cycle, found in integers, and the cycle's length."""
        if self.t_mult == 1:
            return steps % self.t_0, self.t_0
        starts = np.asarray(self._starts(int(steps.max(initial=0))), dtype=np.int64)
        lengths = np.asarray([float(self.t_0 * self.t_mult**i) for i in range(len(starts))])
        cycle = np.searchsorted(starts, steps, side="right") - 1
        return steps - starts[cycle], lengths[cycle]

    def _starts(self, end: int) -> list[int]:
        """Return the first step of each cycle that begins by end."""
        starts, length = [0], self.t_0
        while starts[-1] + length <= end:
            starts.append(starts[-1] + length)
            length *= self.t_mult
        return starts

    def knots(self, end: int) -> Knots:
        """Return the first step of each cycle after the first."""
        if self.t_mult == 1:
            return (range(self.t_0, end + 1, self.t_0),)
        return points(end, *self._starts(end)[1:])

    def extent(self) -> int:
        """Three cycles."""
        return self.t_0 * (1 + self.t_mult + self.t_mult**2)


class Cyclic(Schedule, frozen=True, kw_only=True, tag="cyclic"):
    """The rate climbs from base_lr to max_lr and back, over and over.

        lr(t) = base_lr + (max_lr - base_lr) * x * scale
        x     = u / step_size_up                on the way up
        x     = (length - u) / step_size_down   on the way down
        u     = t mod length, the steps of a cycle
        scale = 1 (triangular), 0.5^cycle (triangular2), gamma^t (exp_range)

    base_lr at 0 and wherever a cycle begins, max_lr (scaled) after step_size_up steps of it. It
    never ends. "Cyclical learning rates for training neural networks" (Smith, 2017).
    """

    example: ClassVar[dict[str, Any]] = {"max_lr": 0.5, "step_size_up": 200}

    max_lr: Annotated[Rate, Meta(description="the rate at the top of the first cycle")]
    step_size_up: Annotated[Period, Meta(description="steps on the way up")] = 2000
    step_size_down: Annotated[
        Annotated[int, Meta(ge=1, le=2**53)] | None,
        Meta(
            description="steps on the way down; as many as up unless given", extra={"unit": "steps"}
        ),
    ] = None
    mode: Annotated[
        Literal["triangular", "triangular2", "exp_range"],
        Meta(description="how the cycles' height changes"),
    ] = "triangular"
    gamma: Annotated[float, Meta(ge=0, description="exp_range's factor each step")] = 1.0

    @property
    def length(self) -> int:
        """Steps of one whole cycle."""
        return self.step_size_up + (self.step_size_down or self.step_size_up)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        since = steps % self.length
        height: Rates = np.where(
            since <= self.step_size_up,
            since / self.step_size_up,
            (self.length - since) / (self.length - self.step_size_up),
        )
        return base + (self.max_lr - base) * height * self._scale(steps)

    def _scale(self, steps: Steps) -> Rates | float:
        if self.mode == "triangular":
            return 1.0
        if self.mode == "triangular2":
            return np.power(0.5, (steps // self.length).astype(np.float64))
        return np.power(self.gamma, steps.astype(np.float64))

    def knots(self, end: int) -> Knots:
        """Return each top and each bottom."""
        return (
            range(self.step_size_up, end + 1, self.length),
            range(self.length, end + 1, self.length),
        )

    def extent(self) -> int:
        """Four cycles."""
        return 4 * self.length


class OneCycle(Schedule, frozen=True, kw_only=True, tag="onecycle"):
    """One rise to max_lr, then a long fall: the 1cycle policy.

        0                    max_lr / div_factor
        pct_start * T        max_lr                               T = max_iters
        T                    max_lr / div_factor / final_div_factor, and beyond

    Half cosines (or straight lines) join them. With three_phase the fall mirrors the rise, back
    to max_lr / div_factor at 2 * pct_start * T, and a third phase goes on to the end. Momentum
    cycles the other way, between max_momentum and base_momentum. The base rate plays no part.
    "Super-convergence" (Smith and Topin, 2018); torch's OneCycleLR ends one step earlier.
    """

    example: ClassVar[dict[str, Any]] = {"max_lr": 0.1, "pct_start": 0.3}

    max_iters: Length
    max_lr: Annotated[
        Annotated[float, Meta(gt=0)],
        Meta(description="the peak", extra={"unit": "rate", "from": "base_lr"}),
    ]
    pct_start: Annotated[float, Meta(gt=0, lt=1, description="where the peak is, 0 to 1")] = 0.3
    div_factor: Annotated[float, Meta(gt=0, description="peak over first rate")] = 25.0
    final_div_factor: Annotated[float, Meta(gt=0, description="first rate over last")] = 1e4
    anneal: Shape = "cos"
    three_phase: Annotated[bool, Meta(description="mirror the rise, then go on to the end")] = False
    base_momentum: Annotated[float, Meta(ge=0, le=1, description="momentum at the peak")] = 0.85
    max_momentum: Annotated[float, Meta(ge=0, le=1, description="momentum at the ends")] = 0.95

    def check(self) -> None:
        """Refuse a mirrored rise that does not fit."""
        if self.three_phase and self.pct_start >= 0.5:  # noqa: PLR2004  a rise and its mirror
            raise ParameterError("pct_start", "must be under 0.5 with three_phase")

    def _edges(self) -> tuple[float, ...]:
        up = self.pct_start * self.max_iters
        middle = (2 * up,) if self.three_phase else ()
        return (0.0, up, *middle, float(self.max_iters))

    def curve(self) -> Anneal:
        """Return the rates at the edges of the phases, joined."""
        first = self.max_lr / self.div_factor
        middle = (first,) if self.three_phase else ()
        values = (first, self.max_lr, *middle, first / self.final_div_factor)
        return Anneal(milestones=self._edges(), values=values, shape=self.anneal)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the curve; base plays no part."""
        return self.curve().lr(steps, base)

    def momentum(self) -> Schedule:
        """Return the momentum's curve: max_momentum, base_momentum at the peak, and back."""
        values = [self.max_momentum, self.base_momentum]
        values += [self.max_momentum] * (len(self._edges()) - 2)
        return Anneal(milestones=self._edges(), values=tuple(values), shape=self.anneal)

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the edges of the phases, both neighbours of a fraction."""
        return points(end, *self._edges())

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the rise, the fall and, with three_phase, the last stretch."""
        return named_stretches(("warm-up", "decay", "annihilation"), self._edges(), end)
