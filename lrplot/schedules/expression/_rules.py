"""The rules of the knots: what each function makes of the shapes of its arguments.

A method `_op_name` for each function of the table; a function without one is neither smooth nor
understood.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from itertools import combinations, product
from typing import TYPE_CHECKING

import msgspec

from lrplot.schedules.expression import _linear as linear
from lrplot.schedules.expression._nodes import Apply, Const, Node
from lrplot.schedules.expression._shape import Ground, Shape, span

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.schedules.expression._linear import Linear, Ranges

__all__ = ["Rules"]


def _product(left: float, right: float) -> float:
    return 0.0 if 0 in (left, right) else left * right


def _quiet(function: Callable[..., float], *args: float) -> float:
    try:
        value = function(*args)
    except (ArithmeticError, ValueError):
        return math.nan
    return value if isinstance(value, float) else math.nan


def _scaled(shape: Shape, number: Fraction) -> tuple[float, float]:
    """Return the bounds of shape / number."""
    return span((shape.low / float(number), shape.high / float(number)))


class Rules(Ground):
    """Sums, products, roundings, powers, extremes and the smooth functions."""

    def _op_add(self, node: Node, left: Shape, right: Shape) -> Shape:
        trends = {left.trend, right.trend} - {0}
        trend = trends.pop() if len(trends) == 1 else None if trends else 0
        bounds = span((left.low + right.low, left.high + right.high))
        shape = self.arithmetic(node, left, right, trend=trend, span=bounds)
        pairs = product(left.pieces, right.pieces)
        return self.with_pieces(shape, (a.plus(b) for a, b in pairs))

    def _op_sub(self, node: Node, left: Shape, right: Shape) -> Shape:
        return self._op_add(node, left, self._op_neg(node, right))

    def _op_neg(self, node: Node, arg: Shape) -> Shape:
        trend = None if arg.trend is None else -arg.trend
        shape = self.arithmetic(node, arg, trend=trend, span=(-arg.high, -arg.low))
        lines = tuple(line.scaled(Fraction(-1)) for line in arg.pieces)
        return msgspec.structs.replace(shape, pieces=lines)

    def _op_pos(self, node: Node, arg: Shape) -> Shape:
        return msgspec.structs.replace(arg, node=node)

    _op_float = _op_pos

    def _op_mul(self, node: Node, left: Shape, right: Shape) -> Shape:
        corners = product((left.low, left.high), (right.low, right.high))
        bounds = span(_product(a, b) for a, b in corners)
        trend = self.product_trend(left, right)
        shape = self.arithmetic(node, left, right, trend=trend, span=bounds)
        return self.with_pieces(
            shape, (self.times(*pair) for pair in product(left.pieces, right.pieces))
        )

    def times(self, left: Linear, right: Linear) -> Linear | None:
        if not left.fixed:
            left, right = right, left
        return right.scaled(left.shift) if left.fixed and not left.err else None

    def product_trend(self, left: Shape, right: Shape) -> int | None:
        if left.trend is None or right.trend is None:
            return None
        if left.trend == 0 or right.trend == 0:
            fixed, trend = (left, right.trend) if left.trend == 0 else (right, left.trend)
            sign = (fixed.low > 0) - (fixed.high < 0)
            return trend * sign if sign or fixed.low == fixed.high == 0 else None
        return left.trend if left.trend == right.trend and min(left.low, right.low) >= 0 else None

    def _op_div(self, node: Node, left: Shape, right: Shape) -> Shape:
        number = right.number
        if number:
            return self.divided(node, left, right, number)
        shape = self.any_of(
            node, left, right, extra=() if right.clear else self.zeros(right, "kink")
        )
        if not right.clear or right.trend is None or right.high < 0:
            return shape
        over = [math.inf if bound == 0 else 1 / bound for bound in (right.high, right.low)]
        inverse = Shape(node=node, trend=-right.trend, low=over[0], high=over[1])
        corners = product((left.low, left.high), over)
        low, high = span(_product(a, b) for a, b in corners)
        trend = self.product_trend(left, inverse)
        return msgspec.structs.replace(shape, trend=trend, low=low, high=high)

    def divided(self, node: Node, left: Shape, right: Shape, number: Fraction) -> Shape:
        """Divide by a constant."""
        sign = 1 if number > 0 else -1
        trend = None if left.trend is None else left.trend * sign
        shape = self.arithmetic(node, left, right, trend=trend, span=_scaled(left, number))
        whole = number.denominator == 1
        lines = (
            msgspec.structs.replace(line.scaled(1 / number), lattice=whole and line.whole)
            for line in left.pieces
        )
        return self.with_pieces(shape, lines)

    def _op_floordiv(self, node: Node, left: Shape, right: Shape) -> Shape:
        number = right.number
        if not number:
            return self.any_of(node, left, right, extra=None)
        shape = self.arithmetic(
            node,
            left,
            trend=None if left.trend is None else left.trend * (1 if number > 0 else -1),
            span=_scaled(left, number),
        )
        # Not rounded: Python's // is the floor of the exact quotient, of floats too.
        lines = tuple(line.scaled(1 / number) for line in left.pieces)
        quotient = msgspec.structs.replace(shape, pieces=lines)
        return self.floored(node, quotient)

    def floored(self, node: Node, arg: Shape) -> Shape:
        """Sum up floor(arg)."""
        if arg.pieces and all(line.whole for line in arg.pieces):
            return self._op_pos(node, arg)
        if not arg.pieces:
            return self.any_of(node, arg, extra=None)
        steps = self.union(*(linear.floor_steps(line, self.end) for line in arg.pieces))
        floors = [linear.floor(line) for line in arg.pieces]
        flat = all(not line or line.flat for line in floors)
        shape = Shape(
            node=node,
            knots=arg.knots if arg.steady else self.union(steps, arg.knots),
            steady=arg.steady or flat,
            trend=arg.trend,
            low=arg.low - 1,
            high=arg.high,
        )
        return self.with_pieces(shape, floors)

    def _op_floor(self, node: Node, arg: Shape) -> Shape:
        return self.floored(node, arg)

    def _op_ceil(self, node: Node, arg: Shape) -> Shape:
        return self._op_neg(node, self.floored(node, self._op_neg(node, arg)))

    def _op_int(self, node: Node, arg: Shape) -> Shape:
        if arg.low >= 0 or all(line.whole for line in arg.pieces):
            return msgspec.structs.replace(self.floored(node, arg), low=max(arg.low - 1, 0.0))
        if arg.high <= 0:
            return self._op_ceil(node, arg)
        return self.either(node, arg, self.floored(node, arg), self._op_ceil(node, arg))

    def either(self, node: Node, arg: Shape, down: Shape, up: Shape) -> Shape:
        """Sum up a rounding that steps where one of two others does."""
        joined = self.union(down.knots, up.knots)
        steady = down.steady and up.steady
        return Shape(
            node=node,
            knots=joined if steady else self.every,
            steady=True,
            trend=arg.trend,
            low=down.low,
            high=up.high + 1,
        )

    def _op_round(self, node: Node, arg: Shape, *digits: Shape) -> Shape:
        if digits:
            return self.any_of(node, arg, *digits, extra=None)
        half = self._const(Const(0.5))
        down, up = self._op_add(node, arg, half), self._op_sub(node, arg, half)
        return self.either(node, arg, self.floored(node, down), self._op_ceil(node, up))

    def _op_mod(self, node: Node, left: Shape, right: Shape) -> Shape:
        number = right.number
        if not number or number < 0:
            return self.any_of(node, left, right, extra=None)
        whole = self._op_floordiv(node, left, right)
        rest = self._op_sub(node, left, self._op_mul(node, right, whole))
        shape = self.any_of(node, left) if left.steady else rest
        return msgspec.structs.replace(
            shape, pieces=rest.pieces, trend=None, low=0.0, high=right.high
        )

    def _op_fmod(self, node: Node, left: Shape, right: Shape) -> Shape:
        if left.low >= 0:
            return self._op_mod(node, left, right)
        return self.any_of(node, left, right, extra=None)

    def _op_pow(self, node: Node, base: Shape, power: Shape) -> Shape:
        number = power.number
        if number is not None and number >= 0 and number.denominator == 1:
            extra: Ranges | None = ()
        elif base.low > 0 or (base.clear and base.low >= 0 and number is not None):
            extra = ()
        else:
            extra = self.zeros(base, "kink") if number is not None else None
        shape = self.any_of(node, base, power, extra=extra)
        if base.low < 0:
            return shape
        corners = product((base.low, base.high), (power.low, power.high))
        low, high = span(_quiet(math.pow, a, b) for a, b in corners)
        trend = self.power_trend(base, power)
        return msgspec.structs.replace(shape, trend=trend, low=max(low, 0.0), high=high)

    def power_trend(self, base: Shape, power: Shape) -> int | None:
        """Return the trend of base ** power for a base that is not negative."""
        if power.trend == 0 and base.trend is not None and power.low == power.high:
            return base.trend * ((power.low > 0) - (power.low < 0))
        if base.trend == 0 and power.trend is not None and base.low == base.high:
            return power.trend * ((base.low > 1) - (base.low < 1))
        return None

    def _op_abs(self, node: Node, arg: Shape) -> Shape:
        if arg.low >= 0:
            return self._op_pos(node, arg)
        lines = [part for line in arg.pieces for part in (line, line.scaled(Fraction(-1)))]
        kinks = () if arg.high <= 0 else self.zeros(arg, "kink")
        shape = self.any_of(node, arg, extra=kinks)
        high = max(-arg.low, arg.high)
        return msgspec.structs.replace(shape, pieces=self.few(lines), low=0.0, high=high)

    def extreme(self, node: Node, args: tuple[Shape, ...], pick: Callable[..., float]) -> Shape:
        kinks = self.union(*(self.crossing(a, b, "kink") for a, b in combinations(args, 2)))
        trends = {arg.trend for arg in args} - {0}
        known = all(arg.pieces for arg in args)
        return msgspec.structs.replace(
            self.any_of(node, *args, extra=kinks),
            pieces=self.few(line for arg in args for line in arg.pieces) if known else (),
            trend=trends.pop() if len(trends) == 1 else None if trends else 0,
            low=pick(arg.low for arg in args),
            high=pick(arg.high for arg in args),
        )

    def _op_min(self, node: Node, *args: Shape) -> Shape:
        return self.extreme(node, args, min)

    def _op_max(self, node: Node, *args: Shape) -> Shape:
        return self.extreme(node, args, max)

    _op_minimum, _op_maximum = _op_min, _op_max

    def _op_clip(self, node: Node, arg: Shape, low: Shape, high: Shape) -> Shape:
        raised = Apply("max", (arg.node, low.node))
        return self._op_min(node, self._op_max(raised, arg, low), high)

    def _op_sum(self, node: Node, *args: Shape) -> Shape:
        return reduce(lambda total, arg: self._op_add(node, total, arg), args)

    def _op_len(self, node: Node, *args: Shape) -> Shape:
        return msgspec.structs.replace(self._const(Const(len(args))), node=node)

    # smooth functions of one argument

    def rising(self, node: Apply, arg: Shape) -> Shape:
        function = getattr(math, node.name.rpartition(".")[2])
        low, high = (_quiet(function, bound) for bound in (arg.low, arg.high))
        shape = self.any_of(node, arg)
        low = -math.inf if math.isnan(low) else low
        high = math.inf if math.isnan(high) else high
        return msgspec.structs.replace(shape, trend=arg.trend, low=low, high=high)

    _op_exp = _op_sinh = _op_tanh = rising

    def _op_sqrt(self, node: Apply, arg: Shape) -> Shape:
        if arg.clear:
            return self.rising(node, arg)
        return self.any_of(node, arg, extra=self.zeros(arg, "kink"))

    def _op_log(self, node: Apply, arg: Shape, *base: Shape) -> Shape:
        return self.any_of(node, arg, *base, extra=None) if base else self._op_sqrt(node, arg)

    _op_log2 = _op_log10 = _op_sqrt

    def _op_cos(self, node: Apply, arg: Shape) -> Shape:
        return self.arithmetic(node, arg, trend=None, span=(-1.0, 1.0))

    _op_sin = _op_cos

    def _op_cosh(self, node: Apply, arg: Shape) -> Shape:
        return self.arithmetic(node, arg, trend=None, span=(1.0, math.inf))

    def _op_tan(self, node: Apply, arg: Shape) -> Shape:
        within = -math.pi / 2 < arg.low and arg.high < math.pi / 2
        return self.rising(node, arg) if within else self.any_of(node, arg, extra=None)
