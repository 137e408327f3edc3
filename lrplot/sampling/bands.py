"""Where cycles are finer than pixels: the band between the least and the largest value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lrplot.sampling.window import Window
    from lrplot.schedules.base import Rates

__all__ = ["Band", "bands"]

_LOOK = 9  # columns in which turns are counted
_TURNS = 6  # in those columns: a cycle of three columns or less
_HEIGHT = 0.01  # of the line's own, below which a turn is not seen


class Band(NamedTuple):
    """The least and the largest value around each x."""

    x: Rates
    low: Rates
    high: Rates


def bands(x: Rates, y: Rates, window: Window) -> tuple[Rates, Rates, tuple[Band, ...]]:
    """Return the line with NaN where bands stand in for it, and the bands."""
    if window.stairs or len(x) < _TURNS:
        return x, y, ()
    column = window.column_of(x)
    found, inside = [], np.zeros(len(x), dtype=bool)
    for first, stop in _busy(column, y, window.columns):
        found.append(_band(y, column, window.edges[first : stop + 1], first))
        inside |= (column >= first) & (column < stop)
    inner = inside & np.append(False, inside[:-1]) & np.append(inside[1:], False)
    return x, np.where(inner, np.nan, y), tuple(found)


def _busy(column: NDArray[np.int64], y: Rates, columns: int) -> list[tuple[int, int]]:
    """Return the columns, from and up to, in which the line turns too often to be followed."""
    height = np.nanmax(y) - np.nanmin(y)
    change = np.diff(y)
    turns = np.flatnonzero(change[1:] * change[:-1] < 0) + 1
    size = np.minimum(np.abs(change[turns]), np.abs(change[turns - 1]))
    seen = turns[size > _HEIGHT * height]
    counted = np.bincount(column[seen], minlength=columns)
    around = np.pad(counted, _LOOK // 2, mode="reflect")
    near = np.convolve(around, np.ones(_LOOK, dtype=np.int64), mode="valid")
    edges = np.flatnonzero(np.diff(near >= _TURNS, prepend=False, append=False))
    return [(a, b) for a, b in edges.reshape(-1, 2).tolist() if b - a >= _LOOK]


def _band(y: Rates, column: NDArray[np.int64], edges: Rates, first: int) -> Band:
    """Return the band over the columns that begin and end at the edges.

    The line leaves a column for the first point of the next, which so counts for both. A cycle may
    take three columns: each has the least and the largest of its neighbours too.
    """
    start, stop = np.searchsorted(column, [first, first + len(edges) - 1])
    parts = start + np.flatnonzero(np.diff(column[start:stop], prepend=-1))
    following = y[np.append(parts[1:], min(stop, len(y) - 1))]
    low = np.fmin(np.fmin.reduceat(y[:stop], parts), following)
    high = np.fmax(np.fmax.reduceat(y[:stop], parts), following)
    middle = ((edges[:-1] + edges[1:]) / 2)[column[parts] - first]
    middle[0], middle[-1] = edges[0], edges[-1]
    return Band(middle, _around(low, np.fmin), _around(high, np.fmax))


def _around(values: Rates, worst: Callable[[Rates, Rates], Rates]) -> Rates:
    padded = np.pad(values, 1, mode="edge")
    return worst(worst(padded[:-2], padded[2:]), values)
