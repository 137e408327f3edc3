"""What the names of a pasted text stand for: the values that its earlier lines give them."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Where
from lrplot.syntax.tree import Call, Code, Node, Unknown, to_data

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Names", "dotted", "parts", "size"]

MAX_DEPTH, MAX_NODES = 150, 20_000


class Names:
    """The values that names stand for, so far.

    A value is not copied where its name is used, but it counts as if it were: a text of a few lines
    could write out more than any memory holds.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.sizes: dict[str, int] = {}
        self.spent = 0
        self.captured: set[str] = set()  # by a lambda, which looks when it is called

    def bind(self, name: str, node: Node, where: Where) -> None:
        """Give a name its value, or another."""
        if name in self.captured:
            message = f"'{name}' gets another value after a lambda has used it"
            raise InputError(message, where=where)
        self.sizes[name] = size(node)
        self.nodes[name] = node

    def get(self, name: str) -> Node | None:
        """Return what a name stands for, if an earlier line says so."""
        self.spent += self.sizes.get(name, 0)
        if self.spent > MAX_NODES:
            raise InputError("holds too much to be one call", where=self.nodes[name].where)
        return self.nodes.get(name)

    def filled(self, at: ast.Lambda) -> str:
        """Return a lambda's text with the values of such names in it; "" where it has none."""
        filling = _Filling(self, at)
        tree = filling.visit(copy.deepcopy(at))
        return ast.unparse(tree) if filling.found else ""


class _Filling(ast.NodeTransformer):
    """Puts values in the place of names, those of the lambda's own parameters left alone."""

    def __init__(self, names: Names, at: ast.Lambda) -> None:
        self.names, self.found = names, False
        self.own = {inner.arg for inner in ast.walk(at) if isinstance(inner, ast.arg)}

    def visit_Name(self, at: ast.Name) -> ast.expr:
        return at if at.id in self.own else self._value(at)

    def visit_Attribute(self, at: ast.Attribute) -> ast.expr:
        return self._value(at) if dotted(at) else self.generic_visit(at)  # type: ignore[return-value]

    def _value(self, at: ast.Name | ast.Attribute) -> ast.expr:
        name = dotted(at) or ""
        node = self.names.get(name)
        if node is None or not _is_plain(node):
            return at
        self.found = True
        self.names.captured.add(name)
        return ast.parse(repr(to_data(node)), mode="eval").body


def dotted(at: ast.expr) -> str | None:
    """Return `torch.optim.SGD` of names with dots; None of any other walk."""
    walk: list[str] = []
    while isinstance(at, ast.Attribute):
        walk.append(at.attr)
        at = at.value
    return ".".join([at.id, *reversed(walk)]) if isinstance(at, ast.Name) else None


def parts(node: Node) -> Iterator[Node]:
    """Yield the nodes that stand directly in a node."""
    value: Any = node.value
    if isinstance(value, tuple):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, Call):
        yield from value.args
        yield from value.kwargs.values()


def _is_plain(node: Node) -> bool:
    if isinstance(node.value, (Call, Code, Unknown)):
        return False
    return all(map(_is_plain, parts(node)))


def size(node: Node) -> int:
    """Return how many nodes there are, and refuse what is too deep to walk by recursion."""
    level = [node]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise InputError("holds too much to be one call", where=node.where)
        level = [part for inner in level for part in parts(inner)]
    return count
