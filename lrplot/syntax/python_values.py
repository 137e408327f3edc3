"""Values while a Python config is being read: Nodes whose lists and dicts may still change.

Here a Node's `value` is a scalar, a `list` or `tuple` of Nodes, a `dict` of Nodes (`ConfigDict`
where mmengine would hold its own kind), a `Named`, a `Code` or an `Unknown`. One container is held
by one Node, so two names for one list share its Node and see each other's changes. `freeze` ends
that and gives the plain tree of `lrplot.syntax.tree`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import force_setattr

from lrplot.errors import InputError, Where
from lrplot.syntax.tree import Code, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

__all__ = [
    "FAILURES",
    "Budget",
    "ConfigDict",
    "Named",
    "NotKnown",
    "TooMuch",
    "as_config",
    "copy_deep",
    "distinct",
    "elements",
    "forget",
    "freeze",
    "known",
    "plain",
    "put",
    "separate",
    "thaw",
    "truth",
    "why",
    "wrap",
]

MAX_STEPS = 300_000  # the longest of 9,000 configs of public projects takes 19,000
MAX_DEPTH = 64
MAX_KEY = 2**53
CHARACTERS_PER_STEP = 8


class NotKnown(Exception):  # noqa: N818 - not an error: the value becomes Unknown
    """What is asked for cannot be told without running the file."""


class TooMuch(Exception):  # noqa: N818 - becomes an InputError where its place is known
    """Reading on would take more time or memory than any config needs."""


FAILURES = (
    NotKnown, TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError,
    RecursionError,
)  # fmt: skip
MAX_REASON = 100


def why(error: Exception) -> str:
    """Say in one line why a value is unknown."""
    if isinstance(error, (NotKnown, TooMuch)):
        return str(error)
    if isinstance(error, RecursionError):
        return "nests too deeply"
    return f"{type(error).__name__}: {error}"[:MAX_REASON]


class Named(msgspec.Struct, frozen=True):
    """A class, function or module of which only the dotted name is known."""

    name: str


class ConfigDict(dict[Any, Node]):
    """A dict that mmengine holds as its ConfigDict: attribute access, and `update` that merges."""


class Budget:
    """What reading one config, bases included, may cost: a step per node visited or built."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take steps off, refusing before the work is done rather than after."""
        self.left -= steps
        if self.left < 0:
            raise TooMuch(f"takes more than {MAX_STEPS:,} steps or values to work out")

    def text(self, length: int) -> None:
        """Pay for building a string of so many characters."""
        self.spend(length // CHARACTERS_PER_STEP)


def known(node: Node) -> Any:
    """Return a Node's own value (a container still holds Nodes), or raise NotKnown."""
    if isinstance(node.value, Unknown):
        raise NotKnown(node.value.reason)
    return node.value


def plain(node: Node, budget: Budget) -> Any:
    """Return a value without its Nodes; raise NotKnown where any part of it is unknown."""
    budget.spend(1)
    value = known(node)
    if isinstance(value, dict):
        return {key: plain(item, budget) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item, budget) for item in value)
    if isinstance(value, (Named, Code)):
        raise NotKnown(f"what {getattr(value, 'name', 'a lambda')} gives")
    budget.text(len(value) if isinstance(value, str) else 0)
    return value


def wrap(value: Any, where: Where, text: str = "") -> Node:
    """Wrap what an operator or a function gave: a Node, a scalar, or a container of either."""
    if isinstance(value, Node):
        return value
    if isinstance(value, (list, tuple)):
        return Node(type(value)(wrap(item, where) for item in value), where)
    if value is None or isinstance(value, (str, int, float, dict, Named, Code)):
        return Node(value, where, text=text)
    return Node(Unknown(f"a value of type {type(value).__name__}"), where)


def truth(node: Node) -> bool:
    """Return what `if value:` would see."""
    return bool(known(node))


def elements(node: Node, budget: Budget) -> list[Node]:
    """Return what iterating over a value gives: its items, keys or characters."""
    value = known(node)
    if isinstance(value, (list, tuple)):
        found = list(value)
    elif isinstance(value, (dict, str)):
        found = [wrap(key, node.keys.get(key, node.where)) for key in value]
    else:
        raise NotKnown("what iterating over it gives")
    budget.spend(len(found))
    return found


def put(node: Node, key: Hashable, value: Node, where: Where, budget: Budget) -> None:
    """Set a dict's item; a ConfigDict takes dicts in as its own kind."""
    held = node.value
    _refuse_collisions(key)
    held[key] = as_config(value, budget) if isinstance(held, ConfigDict) else value
    node.keys[key] = where  # type: ignore[index]


def distinct(nodes: Iterable[Node], budget: Budget) -> tuple[Node, ...]:
    """Return a set's items: of equal ones the first."""
    found: dict[Any, Node] = {}
    for node in nodes:
        value = plain(node, budget)
        _refuse_collisions(value)
        found.setdefault(value, node)
    return tuple(found.values())


def _refuse_collisions(key: Hashable) -> None:
    """Large numbers can be chosen to share one hash, which makes a dict take quadratic time."""
    if isinstance(key, (int, float)) and abs(key) >= MAX_KEY:
        raise NotKnown("what a dict with such large numbers for keys holds")


def forget(node: Node, reason: str, budget: Budget) -> None:
    """Make a container and those in it unknown for all who hold them: they may have changed."""
    waiting = [node]
    while waiting:
        budget.spend(1)
        last = waiting.pop()
        value = last.value
        if isinstance(value, (list, tuple, dict)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
        if isinstance(value, (list, dict)):
            force_setattr(last, "value", Unknown(reason))


def as_config(node: Node, budget: Budget) -> Node:
    """Turn plain dicts into ConfigDicts; as in mmengine, the lists around them are built anew."""
    value = node.value
    if type(value) is dict:
        budget.spend(1 + len(value))
        inner = {key: as_config(item, budget) for key, item in value.items()}
        return Node(ConfigDict(inner), node.where, keys=dict(node.keys))
    if isinstance(value, (list, tuple)):
        budget.spend(1 + len(value))
        return Node(type(value)(as_config(item, budget) for item in value), node.where)
    return node


def separate(node: Node, budget: Budget) -> Node:
    """Copy a value so that nothing within it is held twice, with ConfigDicts for dicts."""
    if _is_leaf(node):
        return node
    value = node.value
    budget.spend(1 + len(value))
    if isinstance(value, dict):
        inner = {key: separate(item, budget) for key, item in value.items()}
        return Node(ConfigDict(inner), node.where, keys=dict(node.keys))
    return Node(type(value)(separate(item, budget) for item in value), node.where)


def _is_leaf(node: Node) -> bool:
    return not isinstance(node.value, (list, tuple, dict))


def copy_deep(node: Node, budget: Budget, memo: dict[int, Node] | None = None) -> Node:
    """Copy a value with everything in it, as `copy.deepcopy` does."""
    memo = {} if memo is None else memo
    if _is_leaf(node) or id(node) in memo:
        return memo.get(id(node), node)
    budget.spend(1 + len(node.value))
    copied = memo[id(node)] = Node(type(node.value)(), node.where, keys=dict(node.keys))
    if isinstance(node.value, dict):
        copied.value.update((k, copy_deep(v, budget, memo)) for k, v in node.value.items())
    else:
        parts = [copy_deep(item, budget, memo) for item in node.value]
        force_setattr(copied, "value", type(node.value)(parts))
    return copied


def thaw(node: Node, budget: Budget) -> Node:
    """Return a document's tree as values that may change: its lists are lists again."""
    budget.spend(1)
    if isinstance(node.value, dict):
        held = {key: thaw(item, budget) for key, item in node.value.items()}
        return Node(held, node.where, tag=node.tag, keys=dict(node.keys))
    if isinstance(node.value, tuple):
        return Node([thaw(item, budget) for item in node.value], node.where, tag=node.tag)
    return node


class _Frozen(msgspec.Struct):
    node: Node
    size: int  # of the tree as a reader walks it, where a value held twice counts twice


def freeze(node: Node) -> Node:
    """Return the plain tree: tuples for lists, the last part of a name for a class."""
    return _freeze(node, {}, 0).node


def _freeze(node: Node, done: dict[int, _Frozen], depth: int) -> _Frozen:
    if _is_leaf(node):
        return _Frozen(_freeze_leaf(node), 1)
    if depth > MAX_DEPTH:
        raise InputError(f"nests more than {MAX_DEPTH} levels deep", where=node.where)
    if id(node) not in done:
        done[id(node)] = _Frozen(Node(Unknown("a value that holds itself"), node.where), 1)
        done[id(node)] = _freeze_container(node, done, depth)
    return done[id(node)]


def _freeze_container(node: Node, done: dict[int, _Frozen], depth: int) -> _Frozen:
    held = node.value.values() if isinstance(node.value, dict) else node.value
    parts = [_freeze(item, done, depth + 1) for item in held]
    size = 1 + sum(part.size for part in parts)
    if size > MAX_STEPS:
        raise InputError(f"holds more than {MAX_STEPS:,} values", where=node.where)
    nodes = tuple(part.node for part in parts)
    if not isinstance(node.value, dict):
        return _Frozen(Node(nodes, node.where), size)
    if not all(key is None or isinstance(key, (str, int, float)) for key in node.value):
        return _Frozen(Node(Unknown("a dict with a tuple for a key"), node.where), 1)
    return _Frozen(
        Node(dict(zip(node.value, nodes, strict=True)), node.where, keys=node.keys), size
    )


def _freeze_leaf(node: Node) -> Node:
    if not isinstance(node.value, Named):
        return node
    return Node(node.value.name.rpartition(".")[2], node.where, text=node.value.name)
