"""What an assignment does to a `Frame`: bind names, unpack, store into a list or dict."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lrplot.syntax.python_values import ConfigDict, Named, elements, known, put
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from lrplot.syntax.python_eval import Frame

__all__ = ["assign"]


def assign(frame: Frame, target: ast.expr, node: Node) -> None:
    """Store a value where an assignment, a loop or a comprehension says."""
    if isinstance(target, ast.Name):
        frame.bind(target.id, node, frame.where(target))
    elif isinstance(target, (ast.Tuple, ast.List)):
        _assign_each(frame, target.elts, node)
    elif isinstance(target, (ast.Subscript, ast.Attribute)):
        _assign_within(frame, target, node)


def _assign_each(frame: Frame, targets: list[ast.expr], node: Node) -> None:
    for target, item in zip(targets, _share_out(frame, targets, node), strict=True):
        assign(frame, target.value if isinstance(target, ast.Starred) else target, item)


def _share_out(frame: Frame, targets: list[ast.expr], node: Node) -> list[Node]:
    """Return one Node per target; a starred one takes a list of what is left."""
    items = elements(node, frame.budget)
    stars = [index for index, target in enumerate(targets) if isinstance(target, ast.Starred)]
    if len(items) < len(targets) - len(stars) or (not stars and len(items) != len(targets)):
        raise ValueError("not as many values as names to unpack them into")
    for index in stars:
        end = len(items) - (len(targets) - index - 1)
        items[index:end] = [Node(items[index:end], node.where)]
    return items


def _assign_within(frame: Frame, target: ast.Subscript | ast.Attribute, node: Node) -> None:
    owner = frame.evaluate(target.value)
    if isinstance(known(owner), Named):
        return  # an attribute of a module or class: nothing a config's tree holds
    if isinstance(target, ast.Attribute) and not isinstance(owner.value, ConfigDict):
        raise AttributeError(f"no attribute {target.attr}")  # noqa: TRY004 - what Python raises
    key = frame.index(target.slice) if isinstance(target, ast.Subscript) else target.attr
    if isinstance(owner.value, dict):
        put(owner, key, node, frame.where(target), frame.budget)
    else:
        owner.value[key] = elements(node, frame.budget) if isinstance(key, slice) else node
