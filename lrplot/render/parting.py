"""Where two curves part, in sentences that are found by evaluating both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np
from lrplot.errors import InputError
from lrplot.render.numbers import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan
    from lrplot.schedules.base import Rates, Steps

__all__ = ["parting"]

_SAME = 1e-12  # relative: rates nearer than this are the same rate in other roundings
_FOOT = 1e-4  # of the peak: down to here, float32 comes
_COARSE = 1e-3  # as near to float64, relative
_REACHED = 1e-9  # of the peak: nearer to its lowest rate, a curve has come down to it
_ALL = 2**18  # of a run no longer than this, every step is looked at
_BLOCK = 2**15


class _Shape(NamedTuple):
    """What a person would say of a curve: its name, where it starts, peaks, comes down and ends."""

    name: str
    start: float
    peak: float
    peak_at: int
    floor: float
    floor_at: int
    last: float

    @property
    def falls(self) -> bool:
        """Whether it comes down from its peak."""
        return self.floor_at != self.peak_at


def parting(one: Plan, other: Plan) -> str:
    """Return sentences: the first step at which two curves differ, and in what their shapes do.

    Longer runs than 2^18 steps are looked at in part: their ends, the knots of both, and 2^18 steps
    evenly spread.
    """
    names = f"{_name(one)} and {_name(other)}"
    steps = _looked_at(one, other)
    first = _first_difference(one, other, steps)
    if first is None:
        return f"{names} are the same at every step."
    rates = _told_apart(one.lr(first), other.lr(first))
    told = [f"{names} part at step {first:,}: {rates}", *_shapes(one, other, steps)]
    return ". ".join(told) + "."


def _shapes(one: Plan, other: Plan, steps: Steps) -> list[str]:
    """Say in what the curves differ as a whole, or that they hardly do."""
    if _hardly(one.lr(steps), other.lr(steps)):
        apart = np.abs(one.lr(steps) - other.lr(steps)).max()
        return [f"They are nowhere further apart than {apart:.1g}"]
    names = _short(one, other)
    a, b = _shape(one, names[0], steps), _shape(other, names[1], steps)
    shifted = _shift(one, other, a, b, steps)
    return shifted or [*_starts(a, b), *_peaks(a, b), *_floors(a, b, one, other), *_ends(a, b)]


def _hardly(one: Rates, other: Rates) -> bool:
    """Say whether two curves are one but for the roundings of a lesser precision."""
    peak = max(np.abs(one).max(), np.abs(other).max())
    size = np.maximum(np.maximum(np.abs(one), np.abs(other)), _FOOT * peak)
    return bool((np.abs(one - other) <= _COARSE * size).all())


def _short(one: Plan, other: Plan) -> tuple[str, str]:
    """Return the names without version and class, where they still tell the curves apart."""
    a, b = (plan.convention.partition(" ")[0] for plan in (one, other))
    return (a, b) if a != b else (_name(one), _name(other))


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


def _differing(one: Plan, other: Plan, steps: Steps, later: int = 0) -> Steps:
    """Return the steps at which one curve is not what the other is so many steps later."""
    a, b = one.lr(steps), other.lr(steps + later)
    size = np.maximum(np.abs(a), np.abs(b))
    size = np.maximum(size, size.max() / 1000)  # where both are next to nothing, so are roundings
    found: Steps = steps[np.abs(a - b) > _SAME * size]
    return found


def _shape(plan: Plan, name: str, steps: Steps) -> _Shape:
    rates: Rates = plan.lr(steps)
    peak = float(rates.max())
    top = int(np.argmax(rates >= peak - _REACHED * abs(peak)))
    after = rates[top:]
    floor = float(after.min())
    start, last = float(rates[0]), float(rates[-1])
    bottom = top + int(np.argmax(after <= floor + _REACHED * abs(peak)))
    return _Shape(name, start, peak, int(steps[top]), floor, int(steps[bottom]), last)


def _shift(one: Plan, other: Plan, a: _Shape, b: _Shape, steps: Steps) -> list[str]:
    """Say that one curve is the other, a step later."""
    before = steps[:-1]
    if not _differing(one, other, before, later=1).size:
        return [f"{b.name} is one step behind {a.name} throughout"]
    if not _differing(other, one, before, later=1).size:
        return [f"{b.name} is one step ahead of {a.name} throughout"]
    return []


def _starts(a: _Shape, b: _Shape) -> list[str]:
    """Say what a warm-up begins with: 0, or a part of the peak."""
    rises = a.start < a.peak or b.start < b.peak
    if _near(a.start, b.start, a, b) or not rises:
        return []
    return [f"{a.name} starts from {_start(a)}, {b.name} from {_start(b)}"]


def _start(shape: _Shape) -> str:
    if not 0 < shape.start < shape.peak:
        return rounded(shape.start)
    return f"{rounded(shape.start)} ({shape.start / shape.peak:.3g} of its peak)"


def _peaks(a: _Shape, b: _Shape) -> list[str]:
    near = _near(a.peak, b.peak, a, b)
    if near and a.peak_at == b.peak_at:
        return []
    if near:
        return [f"Both peak at {rounded(a.peak)}: {_twice(a.name, a.peak_at, b.name, b.peak_at)}"]
    first = f"{a.name} peaks at {rounded(a.peak)}, at step {a.peak_at:,}"
    return [f"{first}, {b.name} at {rounded(b.peak)}, at step {b.peak_at:,}"]


def _floors(a: _Shape, b: _Shape, one: Plan, other: Plan) -> list[str]:
    if a.falls != b.falls:
        return [f"{(b if a.falls else a).name} does not come down"]
    if not a.falls:
        return []
    if not _near(a.floor, b.floor, a, b):
        pairs = ((a, one), (b, other))
        return [_lower(*(pairs if a.floor < b.floor else pairs[::-1]))]
    if a.floor_at == b.floor_at:
        return []
    both = _twice(a.name, a.floor_at, b.name, b.floor_at)
    return [f"Both come down to {rounded(a.floor)}: {both}"]


def _lower(deeper: tuple[_Shape, Plan], other: tuple[_Shape, Plan]) -> str:
    """Say why one curve ends below the other: it goes on a step, or for longer, or has no floor."""
    (low, low_plan), (high, high_plan) = deeper, other
    along = _near(low_plan.lr(high.floor_at), high.floor, low, high)
    down = f"comes down to {rounded(low.floor)} at step {low.floor_at:,}"
    there = f"{rounded(high.floor)} at step {high.floor_at:,}"
    if along and low.floor_at - high.floor_at == 1:
        return f"{high.name} stops at {there}, one step before {low.name} {down}"
    if _falling(high_plan, high):
        return f"{low.name} {down}, {high.name} is still at {there}"
    if not along and _near(low.floor, 0.0, low, high):
        return f"{low.name} has no floor: it {down}, {high.name} to {there}"
    return f"{low.name} {down}, {high.name} to {there}"


def _falling(plan: Plan, shape: _Shape) -> bool:
    """Say whether a curve goes on down after its lowest rate, which is then the run's last."""
    try:
        return plan.lr(shape.floor_at + 1) < shape.floor - _REACHED * shape.peak
    except InputError:  # it has no rate past its end
        return False


def _ends(a: _Shape, b: _Shape) -> list[str]:
    """Say that one curve goes up again where the other stays down."""
    risen = [each for each in (a, b) if each.falls and not _near(each.last, each.floor, a, b)]
    if len(risen) != 1:
        return []
    return [f"{risen[0].name} rises again, to {rounded(risen[0].last)} at the end"]


def _twice(a: str, a_at: int, b: str, b_at: int) -> str:
    """Return at which step each of two curves is somewhere, and which of them is early."""
    steps = "one step" if abs(a_at - b_at) == 1 else f"{abs(a_at - b_at):,} steps"
    way = "earlier" if b_at < a_at else "later"
    return f"{a} at step {a_at:,}, {b} {steps} {way}, at step {b_at:,}"


def _near(one: float, other: float, a: _Shape, b: _Shape) -> bool:
    """Say whether two rates are one, as far as a figure of both curves shows."""
    return abs(one - other) <= _REACHED * max(abs(a.peak), abs(b.peak))
