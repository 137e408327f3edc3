"""Which steps of a window to evaluate, for a line over so many pixel columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np

if TYPE_CHECKING:
    from lrplot.schedules.base import Knots, Rates, Steps

__all__ = ["Window"]

_ALL = 16  # steps in a column up to which every one of them is evaluated
_SPREAD = 8  # steps in a column that are evaluated where they are more
_MOST_KNOTS = 32  # in a column
_FEW = 50  # knots, after each of which a closer look is taken
_WIDE = 6  # columns that a step takes which is seen as one
_GOLDEN = 0.6180339887498949


class Window(NamedTuple):
    """The steps low..high, both drawn, over so many columns of pixels."""

    low: int
    high: int
    columns: int

    @property
    def edges(self) -> Rates:
        """Where the columns begin and end, in steps."""
        found: Rates = np.linspace(self.low, self.high, self.columns + 1)
        return found

    @property
    def stairs(self) -> bool:
        """Whether a step is wide enough to be seen as one."""
        return _WIDE * (self.high - self.low) <= self.columns

    def column_of(self, x: Rates) -> Steps:
        """Return the column each x lies in, counted from 0."""
        found: Steps = np.searchsorted(self.edges[1:-1], x, side="right")
        return found

    def steps(self, knots: Knots) -> tuple[Steps, Steps]:
        """Return the steps to evaluate, in order, and which of them are knots.

        After the start, and each knot of few, ever wider apart: what begins there may soon be over.
        """
        inside = self._knots(knots)
        near = (inside[:, None] + np.arange(-2, 2)).ravel()
        few = inside if len(inside) <= _FEW else inside[:0]
        after = (np.append(few, self.low)[:, None] + 2 ** np.arange(53)).ravel()
        near = np.concatenate([near, after])
        near = near[(near >= self.low) & (near <= self.high)]
        return np.union1d(self._spread(), near), inside

    def _spread(self) -> Steps:
        """Return every step where that is cheap, else some apart by uneven gaps, with both ends.

        Even gaps could keep time with the schedule's own cycles, and see none of them.
        """
        if self.high - self.low <= _ALL * self.columns:
            return np.arange(self.low, self.high + 1)
        count = _SPREAD * self.columns
        place = (np.arange(count) + np.arange(count) * _GOLDEN % 1) / count
        within = self.low + (place * (self.high - self.low)).astype(np.int64)
        return np.concatenate([within, self.edges.astype(np.int64)])

    def _knots(self, knots: Knots) -> Steps:
        """Return the knots, or the first and last two in each column where too many.

        Where the ranges themselves are too many, only some of them, spread evenly.
        """
        inside = [part for knot in knots if (part := _clipped(knot, self.low, self.high))]
        most = sum(min(len(knot), 4 * self.columns) for knot in inside)
        every = max(1, most // (_MOST_KNOTS * self.columns))
        parts = [self._of_range(knot) for knot in inside[::every]]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)

    def _of_range(self, knot: range) -> Steps:
        if len(knot) <= 4 * self.columns:
            return np.arange(knot.start, knot.stop, knot.step, dtype=np.int64)
        edges = self.edges.astype(np.int64)
        first = -(-(edges - knot.start) // knot.step)  # the first knot at or past each edge
        near = (first[:, None] + np.arange(-2, 2)).ravel()
        chosen: Steps = knot.start + np.clip(near, 0, len(knot) - 1) * knot.step
        return chosen


def _clipped(knot: range, low: int, high: int) -> range:
    """Return the part of a rising range that lies in low..high."""
    first = max(0, -(-(low - knot.start) // knot.step))
    return knot[first : max(first, (high - knot.start) // knot.step + 1)]
