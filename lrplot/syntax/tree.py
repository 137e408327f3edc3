"""The plain tree every document becomes: values with the place they were written at.

A tree holds data only. What a file says that cannot be known without running it is `Unknown`, and
matters only to a reader that needs it.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from lrplot.errors import InputError, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "Call",
    "Code",
    "Key",
    "Node",
    "Repeat",
    "Unknown",
    "Value",
    "refuse_repeats",
    "repeat_notes",
    "repeats",
    "to_data",
    "to_tree",
]

Key: TypeAlias = "str | int | float | bool | None"


class Node(msgspec.Struct, frozen=True):
    """A value and where it stands.

    `value` is a scalar (str, int, float, bool, None), a tuple of Nodes, a dict from keys to Nodes,
    or a `Call`, `Code` or `Unknown`. `text` is a scalar as it was written (`1e-4`, `0x10`), `tag`
    an explicit YAML tag (`!PiecewiseDecay`), `keys` the place of each key of a dict. A key that is
    written again counts as it was written last; `first` is where it stood before.
    """

    value: Value
    where: Where
    text: str = ""
    tag: str = ""
    keys: dict[Key, Where] = {}
    first: dict[Key, Where] = {}


class Repeat(NamedTuple):
    """A key that a mapping holds twice: its path, and where it stands first and last."""

    path: str
    first: Where
    last: Where


class Call(msgspec.Struct, frozen=True):
    """A call that was written, not made: `torch.optim.lr_scheduler.StepLR(optimizer, 30)`."""

    name: str
    args: tuple[Node, ...] = ()
    kwargs: dict[str, Node] = {}


class Code(msgspec.Struct, frozen=True):
    """A lambda's text, for the expression compiler: `lambda epoch: 0.95 ** epoch`."""

    text: str


class Unknown(msgspec.Struct, frozen=True):
    """Something only running the file could tell, and why: "a call of get_rate()"."""

    reason: str


Value: TypeAlias = Any  # msgspec cannot hold the recursive union; the docstring of Node is its type


def to_tree(value: Any, where: Where) -> Node:
    """Wrap plain data (dicts, lists, scalars) into a tree that stands at one place."""
    if isinstance(value, Node):
        return value
    if isinstance(value, dict):
        keys = dict.fromkeys(value, where)
        return Node({key: to_tree(item, where) for key, item in value.items()}, where, keys=keys)
    if isinstance(value, (list, tuple)):
        return Node(tuple(to_tree(item, where) for item in value), where)
    return Node(value, where, text=str(value))


def to_data(node: Node) -> Any:
    """Return a tree as plain data: lists, dicts and what stands in them, without the places."""
    if isinstance(node.value, tuple):
        return [to_data(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: to_data(item) for key, item in node.value.items()}
    return node.value


def repeats(tree: Node) -> list[Repeat]:
    """Return the keys that are written twice in one mapping of a tree, in the order of its keys."""
    return list(_repeats(tree, "", set()))


def _repeats(node: Node, path: str, seen: set[int]) -> Iterator[Repeat]:
    if id(node) in seen:  # what an alias repeats is one place in the file
        return
    seen.add(id(node))
    if isinstance(node.value, tuple):
        for i, item in enumerate(node.value):
            yield from _repeats(item, f"{path}[{i}]", seen)
    elif isinstance(node.value, dict):
        for key, item in node.value.items():
            inner = f"{path}.{key}" if path else str(key)
            if key in node.first:
                yield Repeat(inner, node.first[key], node.keys[key])
            yield from _repeats(item, inner, seen)


def refuse_repeats(tree: Node) -> None:
    """Raise InputError where a mapping of a tree holds a key twice."""
    problems = [
        Problem(f"is written twice; first in line {found.first.line}", found.path, found.last)
        for found in repeats(tree)
    ]
    if problems:
        raise InputError(problems)


def repeat_notes(tree: Node) -> list[str]:
    """Return a note for each key that a mapping of a tree holds twice."""
    return [
        f"{found.path} is written twice, in lines {found.first.line} and {found.last.line} of "
        f"{PurePath(found.last.source).name}: the last counts"
        for found in repeats(tree)
    ]
