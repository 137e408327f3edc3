"""How a config and its bases become one, as mmengine's `Config` merges them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from lrplot.errors import InputError, Problem
from lrplot.syntax.python_methods import DELETE
from lrplot.syntax.python_values import Budget, ConfigDict, TooMuch, put, separate, truth, why
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from lrplot.errors import Where

__all__ = ["add_scope", "inherit", "join"]

SCOPE = "_scope_"


def inherit(own: Node, base: Node, budget: Budget) -> Node:
    """Return a ConfigDict of what a base defines with what a file defines itself laid over it.

    A dict is merged into the dict of the same name, at every depth, unless it says
    `_delete_=True`; anything else replaces what the base holds. From here on no two names share a
    list or dict, as in mmengine.
    """
    merged = Node(ConfigDict(base.value), own.where, keys=dict(base.keys))
    for key, value in own.value.items():
        where = own.keys.get(key, value.where)
        try:
            _lay(merged, key, separate(value, budget), where, budget)
        except (TooMuch, RecursionError) as error:
            raise InputError([Problem(message=why(error), key=str(key), where=where)]) from None
    return merged


def _lay(merged: Node, key: Any, value: Node, where: Where, budget: Budget) -> None:
    put(merged, key, _over(key, value, merged.value.get(key), budget), where, budget)


def _over(key: Any, value: Node, base: Node | None, budget: Budget) -> Node:
    if not isinstance(value.value, dict) or base is None:
        return value
    held, places = dict(value.value), dict(value.keys)
    delete = held.pop(DELETE, None)
    places.pop(DELETE, None)
    own = Node(type(value.value)(held), value.where, keys=places)
    if delete is not None and (isinstance(delete.value, Unknown) or truth(delete)):
        return delete if isinstance(delete.value, Unknown) else own
    if isinstance(base.value, Unknown):
        return base
    if not isinstance(base.value, dict):
        _refuse_merge(key, value, base)
    merged = Node(ConfigDict(base.value), own.where, keys=dict(base.keys))
    budget.spend(1 + len(base.value) + len(held))
    for name, item in held.items():
        _lay(merged, name, item, places.get(name, item.where), budget)
    return merged


def _refuse_merge(key: Any, value: Node, base: Node) -> NoReturn:
    message = f"is a dict here and a {type(base.value).__name__} in the base ({base.where})"
    hint = f"write {DELETE}=True into it to replace what the base says"
    problem = Problem(message=message, key=str(key), where=value.where, hint=hint)
    raise InputError([problem]) from None


def join(joined: Node, base: Node, asked: Where, budget: Budget) -> None:
    """Add what one more base defines; a name that another base has defined is refused."""
    for key, value in base.value.items():
        if key in joined.value:
            first = joined.keys.get(key, joined.value[key].where)
            again = base.keys.get(key, value.where)
            message = f"is defined by two bases, at {first} and at {again}"
            raise InputError([Problem(message=message, key=str(key), where=asked)])
        put(joined, key, value, base.keys.get(key, value.where), budget)


def add_scope(node: Node, scope: str) -> None:
    """Mark the outermost dicts with a `type` as another package's (`_scope_='mmdet'`)."""
    if isinstance(node.value, (list, tuple)):
        for item in node.value:
            add_scope(item, scope)
    elif isinstance(node.value, dict):
        if "type" in node.value:
            node.value.setdefault(SCOPE, Node(scope, node.where, text=scope))
            return
        for item in node.value.values():
            add_scope(item, scope)
