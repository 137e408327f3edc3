"""What one step of a torch scheduler does to the rate, and what many of them lead to."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lrplot._lazy import np
from lrplot.errors import InputError

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["BLOCK", "NAN", "UNCHANGED", "Scan", "Update", "absolute", "one", "power", "powers"]

BLOCK = 2**12  # steps from the start that are followed one by one, exact to the last bit
_WIDE = 2**15  # steps followed at a time beyond them, where no formula reaches
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
        if isinstance(self.scale, float) and not self.scale:
            return self.shift  # whatever the rate was
        return (rate - self.centre) / self.over * self.scale + self.shift

    def once(self, rate: float) -> float:
        """Return the rate after an update of one step."""
        return float(np.ravel(self.of(np.array([rate])))[0])

    def scales(self) -> bool:
        """Say whether it multiplies the rate by a number, and no more."""
        return not np.any(self.centre) and not np.any(self.shift) and bool(np.all(self.over == 1.0))


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
    found: Rates = np.float_power(base, exponents.astype(np.float64))
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
        block = np.maximum((count - 1 - BLOCK) // _WIDE + 1, 0)
        for number in np.flatnonzero(np.bincount(block.ravel())).tolist():
            here = block == number
            self.start_of(number, last)
            rates[here] = self._values(number, last)[count[here] - _done(number)]
        return rates

    def start_of(self, number: int, last: int) -> float:
        """Return the rate before a block of steps, of which nobody asks for more than the last."""
        while len(self.starts) <= number:
            self.starts.append(float(self._values(len(self.starts) - 1, last)[-1]))
        return self.starts[number]

    def _values(self, number: int, last: int) -> Rates:
        if self.latest is not None and self.latest[0] == number:
            return self.latest[1]
        first, end = _done(number) + 1, _done(number + 1) + 1
        try:
            steps = np.arange(first, end)
            updates = self.stepped.updates(steps)
        except InputError:  # an expression without a value further on than anybody asked
            steps = np.arange(first, min(end, last + 1))
            return _followed(self.starts[number], self.stepped.updates(steps), steps.size)
        self.latest = number, _followed(self.starts[number], updates, steps.size)
        return self.latest[1]


def _done(number: int) -> int:
    """Return how many steps there are before a block."""
    return BLOCK + (number - 1) * _WIDE if number else 0


def _followed(start: float, updates: list[Update], size: int) -> Rates:
    """Return the rate before the first of so many steps, and after each."""
    columns = [_interleaved(parts, size) for parts in zip(*updates, strict=True)]
    if all(update.scales() for update in updates):
        with np.errstate(all="ignore"):
            rates = np.multiply.accumulate(np.concatenate([[start], columns[0]]))
        return rates[:: len(updates)]
    steps = zip(*(column.tolist() for column in columns), strict=True)
    every = accumulate(steps, lambda v, u: (v - u[1]) / u[2] * u[0] + u[3], initial=start)
    return np.fromiter(every, np.float64, len(updates) * size + 1)[:: len(updates)]


def _interleaved(parts: tuple[Any, ...], size: int) -> Rates:
    """Return one part of several updates, all those of a step side by side."""
    found = np.empty((size, len(parts)))
    for i, part in enumerate(parts):
        found[:, i] = part
    return found.ravel()
