"""The functions a config may call: Python's own, and those of `copy` and `math`.

Every function takes a `Given` and returns a value for a Node, or a Node.
"""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from lrplot.errors import Where
from lrplot.syntax.python_operators import bounded_power
from lrplot.syntax.python_values import (
    MAX_STEPS,
    Budget,
    NotKnown,
    TooMuch,
    copy_deep,
    distinct,
    elements,
    known,
    plain,
    put,
    truth,
)
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["BUILTINS", "CONSTANTS", "FUNCTIONS", "PURE", "Function", "Given", "sort", "update"]

MAX_RANGE = MAX_STEPS
MAX_DIGITS = 400  # to round to: beyond it a float holds no digit
BUILTINS = frozenset(dir(builtins))


class Given(msgspec.Struct, frozen=True):
    """What a call hands over: arguments, the place of each keyword, and the place of the call."""

    args: list[Node]
    kwargs: dict[str, Node]
    keys: dict[str, Where]
    where: Where
    budget: Budget

    def plain(self) -> list[Any]:
        """Return the positional arguments without Nodes; keywords are not expected."""
        if self.kwargs:
            raise NotKnown("what such keywords do")
        return [plain(arg, self.budget) for arg in self.args]

    def only(self) -> Node:
        """Return the one argument."""
        (arg,) = self.args
        return arg

    def items(self) -> list[Node]:
        """Iterate over the one argument; none gives nothing."""
        return elements(self.only(), self.budget) if self.args else []


Function: TypeAlias = "Callable[[Given], Any]"


def _scalar(function: Callable[..., Any]) -> Function:
    return lambda given: function(*given.plain())


def update(node: Node, given: Given) -> None:
    """Put arguments and keywords into a dict, as `dict(...)` and `dict.update(...)` do."""
    for arg in given.args:
        for key, value, where in pairs(arg, given.budget):
            put(node, key, value, where, given.budget)
    for name, value in given.kwargs.items():
        put(node, name, value, given.keys.get(name, value.where), given.budget)


def pairs(node: Node, budget: Budget) -> Iterable[tuple[Any, Node, Where]]:
    """Return key, value and place of everything a dict, or a list of pairs, holds."""
    value = known(node)
    if isinstance(value, dict):
        budget.spend(len(value))
        return [(key, item, node.keys.get(key, item.where)) for key, item in value.items()]
    split = [elements(item, budget) for item in elements(node, budget)]
    return [(plain(key, budget), item, key.where) for key, item in split]


def _dict(given: Given) -> Node:
    node = Node({}, given.where)
    update(node, given)
    return node


def _range(given: Given) -> tuple[Node, ...]:
    numbers = range(*given.plain())
    if numbers[MAX_RANGE:]:
        raise TooMuch(f"counts through more than {MAX_RANGE:,} numbers")
    given.budget.spend(len(numbers))
    return tuple(Node(number, given.where) for number in numbers)


def _round(given: Given) -> Any:
    value, *digits = [*given.plain(), *(plain(v, given.budget) for v in given.kwargs.values())]
    if digits and digits[0] is not None and abs(digits[0]) > MAX_DIGITS:
        raise TooMuch(f"rounds to more than {MAX_DIGITS} digits")
    return round(value, *digits)


def _len(given: Given) -> int:
    return len(known(given.only()))


def _extreme(function: Callable[..., Any]) -> Function:
    def choose(given: Given) -> Any:
        values = given.plain()
        return function(values[0] if len(values) == 1 else values)

    return choose


def _sum(given: Given) -> Any:
    items, *start = given.plain()
    if not all(isinstance(item, (int, float)) for item in [*items, *start]):
        raise NotKnown("what a sum of lists gives")
    return sum(items, *start)


def sort(nodes: list[Node], given: Given) -> list[Node]:
    """Return Nodes in the order of their values; `reverse` is the only keyword."""
    if given.kwargs.keys() - {"reverse"}:
        raise NotKnown("what sorting by a key gives")
    values = [plain(node, given.budget) for node in nodes]
    reverse = "reverse" in given.kwargs and truth(given.kwargs["reverse"])
    order = sorted(range(len(nodes)), key=values.__getitem__, reverse=reverse)
    return [nodes[index] for index in order]


def _sorted(given: Given) -> list[Node]:
    return sort(given.items(), given)


def _zip(given: Given) -> tuple[Node, ...]:
    if given.kwargs.keys() - {"strict"}:
        raise NotKnown("what such keywords do")
    rows = zip(*(elements(arg, given.budget) for arg in given.args), strict=False)
    return tuple(Node(row, given.where) for row in rows)


def _enumerate(given: Given) -> tuple[Node, ...]:
    items, *start = [*given.args, *given.kwargs.values()]
    first = plain(start[0], given.budget) if start else 0
    numbered = enumerate(elements(items, given.budget), first)
    return tuple(Node((Node(i, given.where), item), given.where) for i, item in numbered)


def _set(given: Given) -> tuple[Node, ...]:
    return distinct(given.items(), given.budget)


def _copy(given: Given) -> Node:
    node = given.only()
    value = known(node)
    if not isinstance(value, (list, dict)):
        return node
    given.budget.spend(len(value))
    return Node(type(value)(value), node.where, keys=dict(node.keys))


def _deepcopy(given: Given) -> Node:
    return copy_deep(given.args[0], given.budget)


def _nothing(_: Given) -> None:
    return None


MATH = [
    "ceil",
    "floor",
    "trunc",
    "sqrt",
    "log",
    "log2",
    "log10",
    "log1p",
    "exp",
    "cos",
    "sin",
    "tan",
    "hypot",
    "fabs",
    "isclose",
    "gcd",
]

CONSTANTS: dict[str, Any] = {
    "__name__": "builtins",  # what mmengine gives the configs it runs: never "__main__"
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "math.tau": math.tau,
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
}

FUNCTIONS: dict[str, Function] = {
    **{f"math.{name}": _scalar(getattr(math, name)) for name in MATH},
    **{f.__name__: _scalar(f) for f in (int, float, str, bool, abs, divmod, any, all)},
    "math.pow": _scalar(math.pow),
    "pow": _scalar(bounded_power),
    "dict": _dict,
    "collections.OrderedDict": _dict,
    "list": Given.items,
    "tuple": lambda given: tuple(given.items()),
    "set": _set,
    "frozenset": _set,
    "range": _range,
    "len": _len,
    "max": _extreme(max),
    "min": _extreme(min),
    "sum": _sum,
    "round": _round,
    "sorted": _sorted,
    "reversed": lambda given: tuple(reversed(given.items())),
    "zip": _zip,
    "enumerate": _enumerate,
    "copy.copy": _copy,
    "copy.deepcopy": _deepcopy,
    "print": _nothing,
}

# Calls that are not made, but known to leave their arguments as they were.
PURE = frozenset(BUILTINS - {"setattr", "delattr", "next", "map", "filter"}) | {
    "json.dumps", "pprint.pprint", "os.getenv", "numpy.array", "numpy.arange",
}  # fmt: skip
