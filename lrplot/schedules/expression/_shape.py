"""What is known of the parts of an expression on 0..end, and where two of them cross."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np
from lrplot.schedules.expression import _linear as linear
from lrplot.schedules.expression._linear import Linear, Ranges
from lrplot.schedules.expression._nodes import Const, Node
from lrplot.schedules.expression._python import NoValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

__all__ = ["Ground", "Shape", "span"]

MOST_PIECES, MOST_RANGES = 12, 256
GRID = 1024


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a node's value on 0..end."""

    node: Node
    knots: Ranges = ()
    steady: bool = False  # constant between its knots
    pieces: tuple[Linear, ...] = ()  # between its knots it is one of these; empty: unknown
    trend: int | None = None  # never falls (1), never rises (-1), constant (0), unknown
    low: float = -math.inf
    high: float = math.inf

    @property
    def clear(self) -> bool:
        """Whether the value does not pass zero (it may start there, or stay there)."""
        onesided = self.low >= 0 or self.high <= 0
        return self.low > 0 or self.high < 0 or (onesided and self.trend is not None)

    @property
    def number(self) -> Fraction | None:
        """The value, if it is one known number at every step."""
        one = self.pieces[0] if len(self.pieces) == 1 else None
        return one.shift if one and one.fixed and not one.err else None


def span(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return (-math.inf, math.inf) if any(map(math.isnan, found)) else (min(found), max(found))


class Ground:
    """What every rule needs: unions of knots, plain shapes, crossings."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.every = (range(end + 1),)

    def union(self, *groups: Ranges | None) -> Ranges:
        """Join ranges; None, or too many, is every step."""
        found: set[range] = set()
        for group in groups:
            if group is None:
                return self.every
            found.update(group)
        if self.every[0] in found or len(found) > MOST_RANGES:
            return self.every
        return tuple(sorted(found, key=lambda r: (r.start, r.stop, r.step)))

    def any_of(self, node: Node, *args: Shape, extra: Ranges | None = ()) -> Shape:
        """Sum up a node of which only this is known: it is smooth between these knots."""
        steady = all(arg.steady for arg in args)
        joined = self.union(extra if not steady else (), *(arg.knots for arg in args))
        return Shape(node=node, knots=joined, steady=steady or joined == self.every)

    def _const(self, node: Const) -> Shape:
        value = float(node.value)
        pieces = (linear.constant(node.value),) if math.isfinite(value) else ()
        return Shape(node=node, steady=True, pieces=pieces, trend=0, low=value, high=value)

    def few(self, lines: Iterable[Linear]) -> tuple[Linear, ...]:
        kept = tuple(dict.fromkeys(lines))
        return kept if len(kept) <= MOST_PIECES else ()

    def zeros(self, shape: Shape, name: str) -> Ranges | None:
        if not shape.pieces:
            return None
        return self.union(*(linear.crossings(line, name, self.end) for line in shape.pieces))

    def flag(self, node: Node, turns: Ranges) -> Shape:
        pieces = (linear.constant(0), linear.constant(1))
        return Shape(node=node, knots=turns, steady=True, pieces=pieces, low=0.0, high=1.0)

    def arithmetic(
        self, node: Node, *args: Shape, trend: int | None, span: tuple[float, float]
    ) -> Shape:
        shape = self.any_of(node, *args)
        low, high = span
        return msgspec.structs.replace(shape, trend=trend, low=low, high=high)

    def with_pieces(self, shape: Shape, lines: Iterable[Linear | None]) -> Shape:
        found = list(lines)
        kept = self.few(line.rounded(self.end) for line in found if line)
        return msgspec.structs.replace(shape, pieces=kept if None not in found else ())

    # where two values cross

    def crossing(self, left: Shape, right: Shape, name: str) -> Ranges | None:
        """Return where the order of two values turns, apart from their own knots."""
        apart = left.high <= right.low or right.high <= left.low
        if (left.steady and right.steady) or (apart and name == "kink"):
            return ()
        if left.pieces and right.pieces:
            gaps = [self.gap(a, b) for a, b in product(left.pieces, right.pieces)]
            found = [linear.crossings(gap, name, self.end) if gap else None for gap in gaps]
            if None not in found:
                return self.union(*found)
        opposed = None not in (left.trend, right.trend) and left.trend != right.trend
        return self.bisected(left, right, name) if opposed else None

    def gap(self, left: Linear, right: Linear) -> Linear | None:
        return left.plus(right.scaled(Fraction(-1)))

    def bisected(self, left: Shape, right: Shape, name: str) -> Ranges | None:
        """Find where a rising and a falling value cross, with all steps too close to tell."""
        if self.end == 0:
            return ()
        try:
            first, last = self.order(left, right, [0, self.end])
            if first == last != 0:
                return ()
            low = self.last_with(lambda at: self.order(left, right, at) == first) if first else 0
            high = self.last_with(lambda at: self.order(left, right, at) != last) if last else None
        except NoValueError:
            return None
        stop = self.end if high is None else high + 1
        return (range(low if name == "kink" else low + 1, stop + 1),)

    def order(self, left: Shape, right: Shape, at: list[int]) -> NDArray[np.float64]:
        """Return the sign of left - right, 0 where rounding could have turned it."""
        from lrplot.schedules.expression import evaluate

        steps = np.array(at, np.int64)
        a, b = evaluate(left.node, steps), evaluate(right.node, steps)
        near = 16 * 2.0**-53 * np.maximum(np.abs(a), np.abs(b))
        return np.where(np.abs(a - b) <= near, 0.0, np.sign(a - b))

    def last_with(self, holds: Callable[[list[int]], NDArray[np.bool_]]) -> int:
        """Return the last step at which `holds`, which does at 0 and up to some step below end."""
        low, high = 0, self.end
        while high - low > 1:
            width = max(1, (high - low) // GRID)
            grid = [*range(low, high, width), high]
            count = int(np.argmin(holds(grid)))
            low, high = grid[count - 1], grid[count]
        return low
