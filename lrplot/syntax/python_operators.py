"""Python's operators on values that are known, each refused before it could cost too much."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from lrplot.syntax.python_format import percent
from lrplot.syntax.python_values import Budget, NotKnown, TooMuch, known, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.syntax.tree import Node

__all__ = ["MAX_BITS", "binary", "bounded_power", "compare", "unary"]

MAX_BITS = 4096  # of an integer: 1,233 decimal digits

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.RShift: operator.rshift,
}
UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, held: item in held,
    ast.NotIn: lambda item, held: item not in held,
}


def binary(kind: type[ast.operator], left: Node, right: Node, budget: Budget) -> Any:
    """Return `left kind right`; containers keep the very Nodes they hold."""
    first, second = known(left), known(right)
    if kind is ast.Mod and isinstance(first, str):
        return percent(first, plain(right, budget), budget)
    if _is_sequence(first) or _is_sequence(second):
        return _on_sequences(kind, first, second, budget)
    if isinstance(first, dict) and isinstance(second, dict) and kind is ast.BitOr:
        budget.spend(len(first) + len(second))
        return first | second
    return arithmetic(kind, _number(first), _number(second))


def _is_sequence(value: object) -> bool:
    return isinstance(value, (list, tuple, str))


def _on_sequences(kind: type[ast.operator], first: Any, second: Any, budget: Budget) -> Any:
    if kind is ast.Add and type(first) is type(second):
        _pay(first, len(first) + len(second), budget)
        return first + second
    if kind is ast.Mult:
        held, times = (first, second) if _is_sequence(first) else (second, first)
        if isinstance(times, int):
            _pay(held, len(held) * max(times, 0), budget)
            return held * times
    raise TypeError("such values do not go with this operator")


def _pay(held: object, length: int, budget: Budget) -> None:
    (budget.text if isinstance(held, str) else budget.spend)(length)


def _number(value: object) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise TypeError("such values do not go with this operator")


def arithmetic(kind: type[ast.operator], first: float, second: float) -> Any:
    """Return a sum, product or the like of two numbers."""
    if kind is ast.Pow:
        return bounded_power(first, second)
    if kind is ast.Mult:
        _bound(_bits(first) + _bits(second))
    if kind is ast.LShift and isinstance(first, int) and isinstance(second, int):
        _bound(_bits(first) + second)
        return first << second
    if kind not in BINARY:
        raise NotKnown("what this operator gives")
    return BINARY[kind](first, second)


def bounded_power(base: float, exponent: float) -> Any:
    """Return `base ** exponent`, refused where an integer would outgrow MAX_BITS."""
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        _bound(_bits(base) * exponent)
    return base**exponent


def _bits(value: float) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _bound(bits: int) -> None:
    if bits > MAX_BITS:
        raise TooMuch(f"makes an integer of more than {MAX_BITS} bits")


def unary(kind: type[ast.unaryop], operand: Node) -> Any:
    """Return `kind operand`."""
    value = known(operand)
    return UNARY[kind](value if kind is ast.Not else _number(value))


def compare(kind: type[ast.cmpop], left: Node, right: Node, budget: Budget) -> bool:
    """Return `left kind right`, comparing whole values."""
    return bool(COMPARE[kind](plain(left, budget), plain(right, budget)))
