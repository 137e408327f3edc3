"""Schedules whose rates stand in their own parameters, as Paddle's, Keras's and optax's do.

Their rates may be of either sign: these frameworks take whatever is written.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Phase, Schedule, points
from lrplot.schedules.steps import Piecewise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lrplot.schedules.base import Knots, Rates, Steps

__all__ = [
    "Absolute",
    "Levels",
    "Positive",
    "Size",
    "constant",
    "floor_knots",
    "levels",
    "moved_knots",
    "moved_phases",
]

Size = Annotated[float, Meta(ge=-(2**53), le=2**53)]  # of steps, perhaps not whole
Positive = Annotated[float, Meta(gt=0, le=2**53)]

_MANY = 10_000  # knots named one by one


class Absolute(Schedule, frozen=True, kw_only=True):
    """A schedule in which the base rate plays no part."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return the rate at each step; base plays no part."""
        del base
        return self.rates(steps)

    def rates(self, steps: Steps) -> Rates:
        """Return the rate at each step."""
        raise NotImplementedError

    def uses_base(self) -> bool:
        """Return false: the rates stand in the schedule."""
        return False


class Levels(Piecewise, frozen=True, kw_only=True, tag="piecewise"):
    """Piecewise, of rates of either sign."""

    values: Annotated[tuple[float, ...], Meta(min_length=1)]


def constant(rate: float) -> Levels:
    """Return one rate for ever."""
    return Levels(boundaries=(), values=(rate,))


def levels(first: float, changes: Iterable[tuple[float, float]]) -> Levels:
    """Return a first rate, and the rate from each step on that changes name, in rising order.

    Of several changes at one step the last counts; one before step 0 counts from there.
    """
    found = {0: first}
    for step, rate in changes:
        found[max(0, math.ceil(step))] = rate
    return Levels(boundaries=tuple(found)[1:], values=tuple(found.values()))


def floor_knots(period: float, start: float, end: int) -> Knots:
    """Return, up to end, each step where floor((t - start) / period) has risen.

    Ranges where the period is whole; named one by one where it is not, or every step, if too many.
    """
    if period == period // 1 and start == start // 1:
        return (range(int(start + period), end + 1, int(period)),)
    if (end - start) / period > _MANY:
        return (range(end + 1),)
    risen = np.arange(1, max(0, (end - start) // period) + 2)
    return points(end, *(start + period * risen).tolist())


def moved_knots(knots: Knots, by: int, end: int) -> Knots:
    """Return knots moved by so many steps, forth or back: those in [0, end]."""
    return tuple(_moved(knot, by, end) for knot in knots)


def _moved(knot: range, by: int, end: int) -> range:
    start = knot.start + by
    start += max(0, -(start // knot.step)) * knot.step
    return range(start, min(knot.stop + by, end + 1), knot.step)


def moved_phases(phases: Iterable[Phase], by: int, start: int, end: int) -> tuple[Phase, ...]:
    """Return phases moved by so many steps, and cut to [start, end)."""
    cut = (Phase(p.name, max(start, p.start + by), min(end, p.end + by)) for p in phases)
    return tuple(phase for phase in cut if phase.start < phase.end)
