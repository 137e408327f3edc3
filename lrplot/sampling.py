"""Which steps to evaluate: exactly these, every n, a readable few, or what a figure needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot._lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lrplot.plan import Plan
    from lrplot.schedules.base import Knots, Rates, Steps

__all__ = ["blocks", "polyline", "readable"]

BLOCK = 2**15  # steps per block of a stream
_READABLE = 21
_SHOWN_KNOTS = 60
_MOST_PER_COLUMN = 32


def blocks(steps: Sequence[int]) -> Iterator[Steps]:
    """Yield a range or a list of steps as arrays of bounded size."""
    for start in range(0, len(steps), BLOCK):
        part = steps[start : start + BLOCK]
        if isinstance(part, range):
            yield np.arange(part.start, part.stop, part.step, dtype=np.int64)
        else:
            yield np.asarray(part, dtype=np.int64)


def readable(plan: Plan, rows: int | None = None) -> list[int]:
    """Return steps for a table a person reads: all of a short run, else some, and every knot.

    Args:
        plan: the curve.
        rows: about how many evenly spaced steps to show (21 unless given), the ends among them.
    """
    count = min(rows or _READABLE, plan.max_iters + 1)
    if plan.max_iters < 2 * _READABLE and rows is None:
        return list(range(plan.max_iters + 1))
    spaced = {_spaced(plan.max_iters, i, count) for i in range(count)}
    knots = plan.schedule.knots(plan.max_iters)
    if sum(map(len, knots)) <= _SHOWN_KNOTS:
        spaced |= {step for knot in knots for step in knot}
    return sorted(spaced)


def _spaced(end: int, index: int, count: int) -> int:
    return end * index // (count - 1) if count > 1 else 0


def polyline(plan: Plan, columns: int) -> tuple[Rates, Rates]:
    """Return the x and y of the line to draw over about this many pixel columns.

    About one step per column is evaluated, and each knot with the steps around it (where knots
    outnumber columns, the first and last few in each column: their line is the band between the
    least and the largest). A jump becomes a vertical stroke at the step where it takes force.
    """
    end = plan.max_iters
    knots = plan.schedule.knots(end)
    spaced = np.linspace(0, end, min(end, columns) + 1).astype(np.int64)
    near = _around(_chosen(knots, end, columns), end)
    steps = np.unique(np.concatenate([spaced, near]))
    return _with_strokes(steps, plan.lr(steps), _chosen(knots, end, columns))


def _chosen(knots: Knots, end: int, columns: int) -> Steps:
    """Return the knots themselves, or the first and last two in each column where too many.

    Where the ranges themselves are too many, only some of them, spread evenly.
    """
    edges = np.linspace(0, end, columns + 1).astype(np.int64)
    most = sum(min(len(knot), 4 * len(edges)) for knot in knots)
    every = max(1, most // (_MOST_PER_COLUMN * len(edges)))
    parts = [_in_columns(knot, edges) for knot in knots[::every] if len(knot)]
    return np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)


def _in_columns(knot: range, edges: Steps) -> Steps:
    if len(knot) <= 4 * len(edges):
        return np.arange(knot.start, knot.stop, knot.step, dtype=np.int64)
    first = -(-(edges - knot.start) // knot.step)  # index of the first knot at or past each edge
    near = (first[:, None] + np.arange(-2, 2)).ravel()
    chosen: Steps = knot.start + np.clip(near, 0, len(knot) - 1) * knot.step
    return chosen


def _around(knots: Steps, end: int) -> Steps:
    """Return each knot, the two steps before it and the one after."""
    near = (knots[:, None] + np.arange(-2, 2)).ravel()
    inside: Steps = np.clip(near, 0, end)
    return inside


def _with_strokes(steps: Steps, rates: Rates, knots: Steps) -> tuple[Rates, Rates]:
    """Draw each jump as a vertical stroke: hold the rate before it up to the knot."""
    at = np.searchsorted(steps, knots[knots > 0])
    jump = at[_is_jump(rates, at)]
    x = np.insert(steps.astype(np.float64), jump, steps[jump])
    return x, np.insert(rates, jump, rates[jump - 1])


def _is_jump(rates: Rates, at: Steps) -> NDArrayBool:
    """Tell a jump from a kink: the change into the knot dwarfs the changes beside it."""
    change = np.abs(rates[at] - rates[at - 1])
    before = np.abs(rates[at - 1] - rates[np.maximum(at - 2, 0)])
    after = np.abs(rates[np.minimum(at + 1, len(rates) - 1)] - rates[at])
    jumps: NDArrayBool = change > 3 * np.maximum(before, after)
    return jumps


if TYPE_CHECKING:
    from numpy.typing import NDArray

    NDArrayBool = NDArray[np.bool_]
