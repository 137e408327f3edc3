"""Schedules that act on the rate that stands, step after step, instead of on the base rate."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError
from lrplot.schedules.base import Knots, Phase, Schedule, joined_phases

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Recursive", "Scan"]

_BLOCK = 2**14
_MOST = 10**8


class Recursive(Schedule, frozen=True, kw_only=True):
    """A schedule that can say what it does to the rate that stands.

    Alone it has a closed form, `lr`. Beside others that change the same rate, what counts is each
    one's update, v(t) = a(t) * v(t-1) + b(t), and what it makes of the rate at the start.
    """

    def first(self, base: float) -> float:
        """Return the rate at step 0, when it is handed this rate."""
        return base

    def update(self, steps: Steps) -> tuple[Rates, Rates]:
        """Return a and b of the update that leads to each of these steps, all >= 1."""
        raise NotImplementedError


class Scan(Schedule, frozen=True, kw_only=True, tag="scan"):
    """Several schedules that change the same rate in turn, at every step.

        v(0) = first of each, in turn, from base_lr
        v(t) = a_n * (... (a_1 * v(t-1) + b_1) ...) + b_n

    Evaluated step by step from 0, in blocks of bounded memory; more than 10^8 steps are refused.
    """

    schedules: Annotated[tuple[Recursive, ...], Meta(description="the schedules, first to last")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Scan up to the last of the steps; base is the same at every step."""
        if not steps.size:
            return np.empty(steps.shape)
        last = int(steps.max())
        if last > _MOST:
            raise InputError(
                f"step {last:,} can only be reached one step at a time here, as these schedules "
                f"act on each other's rate; {_MOST:,} steps are the most that is done"
            )
        rates = np.empty(steps.shape)
        block = steps // _BLOCK
        for number in dict.fromkeys(block.ravel().tolist()):
            here = block == number
            values = _block(self, float(base.flat[0]), number)
            rates[here] = values[steps[here] - number * _BLOCK]
        return rates

    def updates(self, steps: Steps) -> tuple[Rates, Rates]:
        """Return a and b of all the schedules' updates together."""
        a, b = np.ones(steps.shape), np.zeros(steps.shape)
        for schedule in self.schedules:
            factor, term = schedule.update(steps)
            a, b = factor * a, factor * b + term
        return a, b

    def start(self, base: float) -> float:
        """Return the rate at step 0."""
        for schedule in self.schedules:
            base = schedule.first(base)
        return base

    def knots(self, end: int) -> Knots:
        """Return the knots of all."""
        return tuple(knot for schedule in self.schedules for knot in schedule.knots(end))

    def extent(self) -> int:
        """Return the longest of all."""
        return max(schedule.extent() for schedule in self.schedules)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Cut the run wherever a phase of any of them begins, and join their names."""
        return joined_phases([schedule.phases(end) for schedule in self.schedules])


def _block(scan: Scan, base: float, number: int) -> Rates:
    """Return the rates of one block, from the last rate of the block before it."""
    for earlier in range(number):  # each is remembered, so this is no recursion
        _last(scan, base, earlier)
    return _scan(scan, base, number)


@lru_cache(maxsize=2 * _MOST // _BLOCK)
def _last(scan: Scan, base: float, number: int) -> float:
    return float(_scan(scan, base, number)[-1])


@lru_cache(maxsize=4)
def _scan(scan: Scan, base: float, number: int) -> Rates:
    before = _last(scan, base, number - 1) if number else scan.start(base)
    first = max(1, number * _BLOCK)  # step 0 is no update
    a, b = scan.updates(np.arange(first, (number + 1) * _BLOCK))
    if not b.any():
        values = np.multiply.accumulate(np.concatenate([[before], a]))
    else:
        pairs = zip(a.tolist(), b.tolist(), strict=True)
        values = np.fromiter(
            accumulate(pairs, lambda v, ab: ab[0] * v + ab[1], initial=before),
            dtype=np.float64,
            count=len(a) + 1,
        )
    return values if number == 0 else values[1:]
