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
_SHOWN_KNOTS = 60


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
