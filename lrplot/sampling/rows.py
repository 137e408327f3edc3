"""The steps of a table: exactly these, every n, or a readable few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot._lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lrplot.plan import Plan
    from lrplot.schedules.base import Steps

__all__ = ["BLOCK", "blocks", "readable"]

BLOCK = 2**15  # steps per block of a stream
_READABLE = 21
_SHOWN_TURNS = 60
_TRIED_KNOTS = 10_000


def blocks(steps: Sequence[int]) -> Iterator[Steps]:
    """Yield a range or a list of steps as arrays of bounded size."""
    for start in range(0, len(steps), BLOCK):
        part = steps[start : start + BLOCK]
        if isinstance(part, range):
            yield np.arange(part.start, part.stop, part.step, dtype=np.int64)
        else:
            yield np.asarray(part, dtype=np.int64)


def readable(plan: Plan, rows: int | None = None) -> list[int]:
    """Return steps for a table a person reads: all of a short run, else some, and every turn.

    Args:
        plan: the curve.
        rows: about how many evenly spaced steps to show (21 unless given), the ends among them.
    """
    count = min(rows or _READABLE, plan.max_iters + 1)
    if plan.max_iters < 2 * _READABLE and rows is None:
        return list(range(plan.max_iters + 1))
    spaced = {_spaced(plan.max_iters, i, count) for i in range(count)}
    turns = _turns(plan)
    return sorted(spaced | turns if len(turns) <= _SHOWN_TURNS else spaced)


def _turns(plan: Plan) -> set[int]:
    """Return the knots where the rate turns; at the others, as of epochs, it goes on as it is."""
    end, knots = plan.max_iters, plan.schedule.knots(plan.max_iters)
    if sum(map(len, knots)) > _TRIED_KNOTS:
        return set()
    steps = np.array(sorted({step for knot in knots for step in knot}), dtype=np.int64)
    before, here, after = (plan.lr(np.clip(steps + by, 0, end)) for by in (-1, 0, 1))
    return set(steps[(before != here) | (here != after)].tolist())


def _spaced(end: int, index: int, count: int) -> int:
    return end * index // (count - 1) if count > 1 else 0
