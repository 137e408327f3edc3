"""What one step of a torch scheduler does to the rate, and what many of them lead to."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lrplot._lazy import np
from lrplot.errors import InputError

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["BLOCK", "NAN", "UNCHANGED", "Scan", "Update", "absolute", "one", "power", "powers"]

BLOCK = 2**12  # steps followed at a time; as many from the start are exact to the last bit
NAN = float("nan")
_MOST = 10**8


class Update(NamedTuple):
    """What a step does to the rate v: (v - centre) / over * scale + shift; NaN where it raises."""

    scale: Any
    centre: Any = 0.0
    over: Any = 1.0
    shift: Any = 0.0

    def of(self, rate: Any) -> Any:
        """Return the rate after the update."""
        return (rate - self.centre) / self.over * self.scale + self.shift

    def once(self, rate: float) -> float:
        """Return the rate after an update of one step."""
        return float(np.ravel(self.of(np.array([rate])))[0])

    def at_each(self, steps: Steps) -> Update:
        """Return the update with an array of the steps' shape in each place."""
        return Update(*(np.broadcast_to(np.asarray(x, np.float64), steps.shape) for x in self))


UNCHANGED = Update(1.0)


def absolute(value: Any) -> Update:
    """Return the update to a value, whatever the rate was."""
    return Update(0.0, shift=value)


def one(number: int) -> Steps:
    """Return an array of one step."""
    return np.array([number], dtype=np.int64)


def power(base: float, exponent: float) -> float:
    """Return Python's power; NaN where it raises or has no real value."""
    try:
        found = base**exponent
    except ArithmeticError:
        return NAN
    return NAN if isinstance(found, complex) else float(found)


def powers(base: float, exponents: Steps) -> Rates:
    """Return a number's powers, the smaller ones to the last bit of Python's."""
    found: Rates = np.power(base, exponents.astype(np.float64))
    near = exponents < BLOCK
    found[near] = [power(base, exponent) for exponent in exponents[near].tolist()]
    return found


class _Stepped(Protocol):
    def updates(self, count: Steps) -> list[Update]:
        """Return what the steps of these numbers, >= 1, do, in order."""


class Scan:
    """The rates that a scheduler's updates, one after the other, lead to.

    Done in blocks of bounded memory, each from the last rate of the one before.
    """

    def __init__(self, stepped: _Stepped, start: float) -> None:
        self.stepped = stepped
        self.starts = [start]  # of each block reached so far
        self.latest: tuple[int, Rates] | None = None

    def at(self, count: Steps) -> Rates:
        """Return the rates after these numbers of steps; refuse more than 10^8."""
        last = int(count.max(initial=0))
        if not last:
            return np.full(count.shape, self.starts[0])
        if last > _MOST:
            raise InputError(
                f"step {last:,} can only be reached one step at a time here, as each step depends "
                f"on the rate before it; {_MOST:,} steps are the most that is done"
            )
        rates = np.empty(count.shape)
        block = np.maximum(count - 1, 0) // BLOCK
        for number in np.unique(block).tolist():
            here = block == number
            rates[here] = self._block(number, last)[count[here] - number * BLOCK]
        return rates

    def _block(self, number: int, last: int) -> Rates:
        while len(self.starts) <= number:
            self.starts.append(float(self._values(len(self.starts) - 1, last)[-1]))
        return self._values(number, last)

    def _values(self, number: int, last: int) -> Rates:
        if self.latest is not None and self.latest[0] == number:
            return self.latest[1]
        first = number * BLOCK + 1
        try:
            updates = self.stepped.updates(np.arange(first, first + BLOCK))
        except InputError:  # an expression without a value further on than anybody asked
            updates = self.stepped.updates(np.arange(first, min(first + BLOCK, last + 1)))
            return _followed(self.starts[number], updates)
        self.latest = number, _followed(self.starts[number], updates)
        return self.latest[1]


def _followed(start: float, updates: list[Update]) -> Rates:
    """Return the rate before the first of the steps, and after each."""
    scale, centre, over, shift = (
        np.stack(parts, axis=1).ravel() for parts in zip(*updates, strict=True)
    )
    if not centre.any() and not shift.any() and (over == 1.0).all():
        with np.errstate(all="ignore"):
            rates = np.multiply.accumulate(np.concatenate([[start], scale]))
        return rates[:: len(updates)]
    steps = zip(scale.tolist(), centre.tolist(), over.tolist(), shift.tolist(), strict=True)
    every = accumulate(steps, lambda v, u: (v - u[1]) / u[2] * u[0] + u[3], initial=start)
    return np.fromiter(every, np.float64, len(scale) + 1)[:: len(updates)]
