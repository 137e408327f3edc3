"""Options over a document: each value put where its option says, before the tree is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import UsageError, Where, option, suggest
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.syntax.documents import parse_document
from lrplot.syntax.tree import Node, refuse_repeats, to_data, to_tree
from lrplot.units import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lrplot.schedules.base import Field

__all__ = ["FILE_OPTIONS", "RUN_OPTIONS", "parameters", "put", "with_options", "with_sets"]

RUN_OPTIONS = ("base_lr", "max_iters", "max_epochs", "iters_per_epoch")
FILE_OPTIONS = ("config_root", "from_", "set")


def parameters(names: Iterable[str] = by_name) -> dict[str, Field]:
    """Return the plain fields of the named schedules, or of all: what an option can set."""
    fields: dict[str, Field] = {}
    for name in names:
        for field in fields_of(by_name[name]):
            if field.holds == "value" and field.name not in {*RUN_OPTIONS, "metrics"}:
                fields.setdefault(field.name, field)
    return fields


def with_options(tree: Node, given: Mapping[str, Any], source: str) -> Node:
    """Return the tree with each given value in the place the option names."""
    if {"max_iters", "max_epochs"} <= given.keys():
        both = f"{given['max_epochs']}, beside --max-iters {given['max_iters']}"
        raise UsageError(f"--max-epochs: is {both}: give one of them")
    for key, value in given.items():
        where = Where(option(key))
        if key == "metrics":
            tree = put(tree, ["metrics"], to_tree(value, where), option(key))
        elif key in RUN_OPTIONS:
            tree = put(_without_rivals(tree, key), [key], _node(value, None, where), option(key))
        elif key == "warmup":
            tree = put(tree, [key], _node(value, None, where), option(key))
        elif key in SIZES:
            tree = put(tree, ["run", key], _node(value, None, where), option(key))
        elif key not in FILE_OPTIONS:
            path, field = _home(tree, key, source)
            tree = put(tree, path, _node(value, field, where), option(key))
    return tree


_LENGTHS = {"max_iters", "max_epochs", "epochs"}


def _without_rivals(tree: Node, key: str) -> Node:
    """Drop the keys that this one stands in place of, those of the `run` section too."""
    rivals = {key, *(_LENGTHS if key in _LENGTHS else ())}
    if not isinstance(tree.value, dict):
        return tree
    kept = {name: node for name, node in tree.value.items() if name not in rivals}
    if "run" in kept and isinstance(kept["run"].value, dict):
        section = kept["run"]
        sizes = {name: node for name, node in section.value.items() if name not in rivals}
        kept["run"] = msgspec.structs.replace(section, value=sizes)
    return msgspec.structs.replace(tree, value=kept)


def _home(tree: Node, key: str, source: str) -> tuple[list[str], Field]:
    """Return where in the tree a schedule's parameter goes, and its field."""
    top = tree.value if isinstance(tree.value, dict) else {}
    named = top.get("schedule")
    path = [key]
    if named is not None and isinstance(named.value, dict):
        named, path = named.value.get("type"), ["schedule", key]
    cls = by_name.get(str(named.value)) if named is not None else None
    if cls is None:
        hint = f"--set PATH.{key}=VALUE reaches any key of a file"
        raise UsageError(f"{source} has no one schedule that {option(key)} belongs to", hint)
    fields = {field.name: field for field in fields_of(cls)}
    if key not in fields:
        options = [option(name) for name in fields]
        hint = suggest(option(key), options) or f"it has {', '.join(options)}"
        raise UsageError(f"{cls.name()} has no {option(key)}", hint)
    return path, fields[key]


def _node(value: Any, field: Field | None, where: Where) -> Node:
    """Return an option's value as a file would hold it: text is read, lists may lack brackets."""
    if not isinstance(value, str):
        return to_tree(value, where)
    if field is not None and field.type_is(str):
        return Node(value, where, text=value)
    if field is not None and field.type_is(tuple) and not value.lstrip().startswith("["):
        value = f"[{value}]"
    tree = parse_document(value, where.source)
    refuse_repeats(tree)
    return to_tree(to_data(tree), where)


def with_sets(tree: Node, given: Mapping[str, Any]) -> Node:
    """Return the tree with what each --set KEY.KEY=VALUE says."""
    for text in given.get("set", ()):
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise UsageError(f"--set {text} is not KEY=VALUE", "as --set schedule.0.power=2")
        where = Where(f"--set {path}")
        tree = put(tree, path.split("."), _node(value, None, where), f"--set {path}")
    return tree


def put(node: Node, path: list[str], new: Node, said: str) -> Node:
    """Return the tree with a node at a path of keys and list positions."""
    if not path:
        return new
    key, *rest = path
    if isinstance(node.value, tuple):
        if key not in map(str, range(len(node.value))):
            raise UsageError(f"{said}: no item {key}; the list has {len(node.value)}")
        items = list(node.value)
        items[int(key)] = put(items[int(key)], rest, new, said)
        return msgspec.structs.replace(node, value=tuple(items))
    if not isinstance(node.value, dict):
        raise UsageError(f"{said}: there is no {key} in {node.text!r}")
    empty = Node({}, new.where)
    inner = put(node.value.get(key, empty), rest, new, said)
    keys = {**node.keys, key: node.keys.get(key, new.where)}
    return msgspec.structs.replace(node, value={**node.value, key: inner}, keys=keys)
