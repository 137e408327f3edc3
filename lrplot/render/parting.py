"""Where two curves part, in a sentence that is found by evaluating both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np
from lrplot.render.numbers import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan
    from lrplot.schedules.base import Rates, Steps

__all__ = ["parting"]

_SAME = 1e-12  # relative: rates nearer than this are the same rate in other roundings
_REACHED = 1e-9  # of the peak: nearer to its lowest rate, a curve has come down to it
_ALL = 2**18  # of a run no longer than this, every step is looked at
_BLOCK = 2**15


class _Shape(NamedTuple):
    """What a person would say of a curve: where it peaks, and where it first is at its lowest."""

    peak: float
    peak_at: int
    floor: float
    floor_at: int


def parting(one: Plan, other: Plan) -> str:
    """Return a sentence: the first step at which two curves differ, their peaks and floors.

    Longer runs than 2^18 steps are looked at in part: their ends, the knots of both, and 2^18 steps
    evenly spread.
    """
    names = f"{_name(one)} and {_name(other)}"
    steps = _looked_at(one, other)
    first = _first_difference(one, other, steps)
    if first is None:
        return f"{names} are the same at every step."
    rates = _told_apart(one.lr(first), other.lr(first))
    shapes = _shape(one, steps), _shape(other, steps)
    clauses = [f"{names} part at step {first:,}: {rates}", *_peaks(one, other, *shapes)]
    return "; ".join([*clauses, *_floors(one, other, *shapes)]) + "."


def _told_apart(one: float, other: float) -> str:
    """Return both rates, in as many digits as it takes to see that they differ."""
    first, second = rounded(one), rounded(other)
    return f"{one!r} and {other!r}" if first == second else f"{first} and {second}"


def _name(plan: Plan) -> str:
    return f"native {plan.schedule.name()}" if plan.convention == "native" else plan.convention


def _looked_at(one: Plan, other: Plan) -> Steps:
    end = min(one.max_iters, other.max_iters)
    if end <= _ALL:
        return np.arange(end + 1)
    spread = np.linspace(0, end, _ALL).astype(np.int64)
    ends = np.concatenate([np.arange(_BLOCK), end - np.arange(_BLOCK)])
    knots = [
        step for plan in (one, other) for knot in plan.schedule.knots(end) for step in knot[:9]
    ]
    near = [step + by for step in knots for by in (-1, 0, 1) if 0 <= step + by <= end]
    return np.unique(np.concatenate([spread, ends, np.array(near, dtype=np.int64)]))


def _first_difference(one: Plan, other: Plan, steps: Steps) -> int | None:
    """Return the first step that differs, where need be by a closer look at the gap before it."""
    for block in _blocks(steps):
        found = _differing(one, other, block)
        if found.size:
            before = steps[steps < found[0]]
            low = int(before[-1]) + 1 if before.size else int(found[0])
            gap = np.arange(low, min(int(found[0]), low + _ALL) + 1)
            closer = _differing(one, other, gap)
            return int(closer[0] if closer.size else found[0])
    return None


def _blocks(steps: Steps) -> Iterator[Steps]:
    for start in range(0, steps.size, _BLOCK):
        yield steps[start : start + _BLOCK]


def _differing(one: Plan, other: Plan, steps: Steps) -> Steps:
    a, b = one.lr(steps), other.lr(steps)
    size = np.maximum(np.abs(a), np.abs(b))
    size = np.maximum(size, size.max() / 1000)  # where both are next to nothing, so are roundings
    found: Steps = steps[np.abs(a - b) > _SAME * size]
    return found


def _shape(plan: Plan, steps: Steps) -> _Shape:
    rates: Rates = plan.lr(steps)
    peak = float(rates.max())
    top = int(np.argmax(rates >= peak - _REACHED * abs(peak)))
    after = rates[top:]
    floor = float(after.min())
    bottom = top + int(np.argmax(after <= floor + _REACHED * abs(peak)))
    return _Shape(peak, int(steps[top]), floor, int(steps[bottom]))


def _peaks(one: Plan, other: Plan, a: _Shape, b: _Shape) -> list[str]:
    if a.peak_at == b.peak_at and abs(a.peak - b.peak) <= _REACHED * abs(a.peak):
        return []
    first = f"{_name(one)} peaks at step {a.peak_at:,} with {rounded(a.peak)}"
    return [f"{first}, {_name(other)} at step {b.peak_at:,} with {rounded(b.peak)}"]


def _floors(one: Plan, other: Plan, a: _Shape, b: _Shape) -> list[str]:
    if a.floor_at == a.peak_at and b.floor_at == b.peak_at:  # neither ever comes down
        return []
    near = abs(a.floor - b.floor) <= _REACHED * max(abs(a.peak), abs(b.peak))
    if near and a.floor_at == b.floor_at:
        return []
    if near:
        at = f"at step {a.floor_at:,} and at step {b.floor_at:,}"
        return [f"they come down to {rounded(a.floor)} {at}"]
    first = f"{_name(one)} comes down to {rounded(a.floor)} at step {a.floor_at:,}"
    return [f"{first}, {_name(other)} to {rounded(b.floor)} at step {b.floor_at:,}"]
