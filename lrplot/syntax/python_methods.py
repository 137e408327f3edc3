"""The methods of lists, dicts and strings a config may call; they change the Node's own container.

mmengine's ConfigDict differs from a dict: its `update` merges dicts inside dicts, `merge` heeds
`_delete_`, `pop` needs no default, and dicts put into it become ConfigDicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lrplot.syntax.python_builtins import FUNCTIONS, Given, pairs, sort, update
from lrplot.syntax.python_format import braces
from lrplot.syntax.python_values import (
    ConfigDict,
    NotKnown,
    copy_deep,
    elements,
    known,
    plain,
    put,
    truth,
)
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.syntax.python_values import Budget

__all__ = ["DELETE", "MUTATORS", "call_method", "has_method"]

Method: TypeAlias = "Callable[[Node, Given], Any]"
DELETE = "_delete_"
ELEMENTS_PER_STEP = 256  # that a method may have to move or look through
MUTATORS = frozenset(
    [
        "append",
        "extend",
        "insert",
        "remove",
        "reverse",
        "sort",
        "clear",
        "pop",
        "popitem",
        "update",
        "merge",
        "setdefault",
        "__setitem__",
        "__delitem__",
        "__setattr__",
    ]
)


def has_method(node: Node, name: str) -> bool:
    """Tell whether such a value has a method of this name."""
    return any(name in METHODS.get(kind, {}) for kind in type(node.value).__mro__)


def call_method(node: Node, name: str, given: Given) -> Any:
    """Return what `node.name(...)` gives, having done to the value what it does."""
    held = known(node)
    given.budget.spend(len(held) // ELEMENTS_PER_STEP if hasattr(held, "__len__") else 0)
    for kind in type(held).__mro__:
        if name in METHODS.get(kind, {}):
            return METHODS[kind][name](node, given)
    raise NotKnown(f"what .{name}() gives")


def _key(given: Given) -> Any:
    return plain(given.args[0], given.budget)


def _default(given: Given) -> Node:
    if len(given.args) > 1:
        return given.args[1]
    return given.kwargs.get("default", Node(None, given.where))


def _get(node: Node, given: Given) -> Node:
    found = node.value.get(_key(given))
    return _default(given) if found is None else found


def _pop_item(node: Node, given: Given) -> Node:
    key = _key(given)
    if key not in node.value and len(given.args) == 1 and not isinstance(node.value, ConfigDict):
        raise KeyError(key)
    node.keys.pop(key, None)
    found: Node | None = node.value.pop(key, None)
    return _default(given) if found is None else found


def _setdefault(node: Node, given: Given) -> Node:
    found: Node | None = node.value.get(_key(given))
    if found is None:
        found = _default(given)
        put(node, _key(given), found, given.where, given.budget)
    return found


def _clear(node: Node, _: Given) -> None:
    node.value.clear()
    node.keys.clear()


def _copy(node: Node, given: Given) -> Node:
    copied: Node = FUNCTIONS["copy.copy"](_with(given, node))
    return copied


def _with(given: Given, *args: Node) -> Given:
    return Given(list(args), {}, {}, given.where, given.budget)


def _items(node: Node, given: Given) -> tuple[Node, ...]:
    return tuple(
        Node((key, node.value[key.value]), key.where) for key in elements(node, given.budget)
    )


def _keys(node: Node, given: Given) -> tuple[Node, ...]:
    return tuple(elements(node, given.budget))


def _values(node: Node, given: Given) -> tuple[Node, ...]:
    given.budget.spend(len(node.value))
    return tuple(node.value.values())


def _update_config(node: Node, given: Given) -> None:
    """Update as ConfigDict does: a dict over a dict is merged, at every depth."""
    other = Node({}, given.where)
    update(other, given)
    for key, value, where in pairs(other, given.budget):
        mine = node.value.get(key)
        if mine is not None and isinstance(mine.value, dict) and isinstance(value.value, dict):
            call_method(mine, "update", _with(given, value))
        else:
            put(node, key, value, where, given.budget)


def _merge(node: Node, given: Given) -> None:
    over, under = (copy_deep(each, given.budget) for each in (given.only(), node))
    merged = _merged(over, under, given.budget)
    _clear(node, given)
    for key, value, where in pairs(merged, given.budget):
        put(node, key, value, where, given.budget)


def _merged(over: Node, under: Node | None, budget: Budget) -> Node:
    """Return `under` with `over` laid over it, as `ConfigDict.merge` does."""
    if not isinstance(over.value, dict):
        return over
    budget.spend(1 + len(over.value))
    delete = over.value.pop(DELETE, None)
    if under is None or not isinstance(known(under), dict):
        return over
    if delete is not None and truth(delete):
        under = Node({}, over.where)
    parts = {**under.value}
    for key, value in over.value.items():
        parts[key] = _merged(value, parts.get(key), budget)
    return Node(parts, over.where, keys={**under.keys, **over.keys})


def _append(node: Node, given: Given) -> None:
    node.value.append(given.only())


def _extend(node: Node, given: Given) -> None:
    node.value.extend(given.items())


def _insert(node: Node, given: Given) -> None:
    where, what = given.args
    node.value.insert(plain(where, given.budget), what)


def _pop_element(node: Node, given: Given) -> Node:
    found: Node = node.value.pop(*given.plain())
    return found


def _index(node: Node, given: Given) -> int:
    values: list[Any] = plain(node, given.budget)
    return values.index(*given.plain())


def _count(node: Node, given: Given) -> int:
    values: list[Any] = plain(node, given.budget)
    return values.count(*given.plain())


def _remove(node: Node, given: Given) -> None:
    del node.value[_index(node, given)]


def _reverse(node: Node, _: Given) -> None:
    node.value.reverse()


def _sort(node: Node, given: Given) -> None:
    node.value[:] = sort(node.value, given)


def _join(node: Node, given: Given) -> str:
    parts = plain(given.only(), given.budget)
    given.budget.text(len(node.value) * len(parts))
    return str(node.value.join(parts))


def _replace(node: Node, given: Given) -> str:
    old, new, *rest = given.plain()
    given.budget.text(len(node.value) + len(new) * (node.value.count(old) + 1))
    return str(node.value.replace(old, new, *rest))


def _format(node: Node, given: Given) -> str:
    args = [plain(arg, given.budget) for arg in given.args]
    kwargs = {name: plain(value, given.budget) for name, value in given.kwargs.items()}
    return braces(node.value, args, kwargs, given.budget)


def _text(name: str) -> Method:
    return lambda node, given: getattr(node.value, name)(*given.plain())


TEXT = [
    "split",
    "rsplit",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "startswith",
    "endswith",
]
SEQUENCE: dict[str, Method] = {"index": _index, "count": _count}

METHODS: dict[type[Any], dict[str, Method]] = {
    dict: {
        "get": _get,
        "pop": _pop_item,
        "setdefault": _setdefault,
        "clear": _clear,
        "copy": _copy,
        "items": _items,
        "keys": _keys,
        "values": _values,
        "update": update,
    },
    ConfigDict: {"update": _update_config, "merge": _merge},
    list: {
        **SEQUENCE,
        "append": _append,
        "extend": _extend,
        "insert": _insert,
        "pop": _pop_element,
        "remove": _remove,
        "reverse": _reverse,
        "sort": _sort,
        "clear": _clear,
        "copy": _copy,
    },
    tuple: SEQUENCE,
    str: {
        **{name: _text(name) for name in TEXT},
        "join": _join,
        "replace": _replace,
        "format": _format,
    },
}
