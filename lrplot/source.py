"""What the user typed, to a Plan: a schedule's name with options, a call, or a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot import spec
from lrplot.errors import InputError, UsageError, Where, suggest
from lrplot.plan import Given
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.syntax.documents import parse_document, read_text
from lrplot.syntax.series import read_series
from lrplot.syntax.tree import Node, to_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.plan import Plan
    from lrplot.schedules.base import Field

__all__ = ["RUN_OPTIONS", "is_call", "load", "option"]

RUN_OPTIONS = ("base_lr", "max_iters", "max_epochs", "iters_per_epoch")
FILE_OPTIONS = ("config_root", "from_", "set")

_ASSUMED_BASE_LR = 0.1
_ASSUMED_MAX_ITERS = 1000

_CALL = re.compile(r"(?:#.*\n\s*)*(?:[\w.]+\s*(?::[^=\n]+)?=\s*)?\[?\s*[A-Za-z_][\w.]*\s*\(")


def load(source: str | Path, **options: Any) -> Plan:
    """Return the plan of a schedule's name, of a call or of a file.

    Args:
        source: a native schedule's name ("poly"), a framework's constructor call
            ("StepLR(optimizer, 30)"), or the path of a file that holds a spec or a call; "-" is
            standard input.
        options: what overrides it: base_lr, max_iters, max_epochs, iters_per_epoch, the
            schedule's parameters, `metrics` (a path, or numbers), `set` (a list of
            "key.key=value"), `from_` (a file's format), `as_` (a framework's name) and
            `config_root` (folders of packages that a Python config inherits from). Text is read
            as a file would have it; other values are taken as they are.

    Raises:
        UsageError: an option that does not go with the source.
        InputError: what the source says is wrong.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if "metrics" in given:
        given["metrics"] = _series(given["metrics"])
    if "from_" in given and (str(source) in by_name or is_call(source)):
        raise UsageError(f"--from names the format of a file; {source} is none")
    if str(source) in by_name:
        return _load_name_as(str(source), given)
    if is_call(source):
        return _load_call(str(source), given, "call")
    origin = "standard input" if str(source) == "-" else str(source)
    path = _existing(source)
    text = None if origin.endswith(".py") else read_text(path)
    if text is not None and _CALL.match(text.lstrip()):
        return _load_call(text, given, origin)
    if "as_" in given:
        raise UsageError(f"--as goes with a schedule's name or a call; {origin} is neither")
    tree = _read_python(Path(path), given) if text is None else parse_document(text, origin)
    plan = _read_file(tree, given, str(source))
    if plan.name == plan.schedule.name() and str(source) != "-":
        plan = msgspec.structs.replace(plan, name=Path(source).stem)
    return plan


def _read_python(path: Path, given: Mapping[str, Any]) -> Node:
    """Read a Python config and what it inherits, as syntax: none of it is executed."""
    from lrplot.syntax.python_config import read_config

    return read_config(path, [Path(root) for root in given.get("config_root", ())])


def _read_file(tree: Node, given: Mapping[str, Any], source: str) -> Plan:
    """Read a document in the format it shows itself to be in, or in the one --from names."""
    from lrplot.frameworks.formats import find

    reader, evidence = find(_with_sets(tree, given), given.get("from_"), source)
    if reader is None:
        return spec.read(_with_sets(_with_options(tree, given, source), given))
    from lrplot.frameworks.options import read_given

    foreign = given.keys() - {*FILE_OPTIONS, *Given.__struct_fields__}
    if foreign:
        hint = "--set KEY=VALUE reaches any key of a file"
        raise UsageError(f"{option(min(foreign))} does not go with {source}", hint)
    plan: Plan = reader.read(_with_sets(tree, given), read_given(given))
    notes = (f"read as {evidence}",) if evidence else ()
    return msgspec.structs.replace(plan, notes=(*notes, *plan.notes))


def _series(metrics: Any) -> list[Any]:
    """Return the metrics of a file, of a list or of an array."""
    if isinstance(metrics, (str, Path)):
        return list(read_series(metrics))
    return list(metrics.tolist() if hasattr(metrics, "tolist") else metrics)


def is_call(source: str | Path) -> bool:
    """Say whether the word is a call, not the name of a file with brackets in it."""
    text = str(source)
    if not ("(" in text or "\n" in text or text.startswith("[")):
        return False
    try:
        return not Path(text).exists()
    except (OSError, ValueError):  # no file can be called so
        return True


def _load_call(text: str, given: Mapping[str, Any], origin: str) -> Plan:
    from lrplot.frameworks.calls import read_call

    foreign = given.keys() - {*RUN_OPTIONS, "metrics", "as_"}
    if foreign:
        key = option(min(foreign))
        raise UsageError(f"{key} does not go with a call", "write the value in the call")
    return read_call(text, given, origin)


def _existing(source: str | Path) -> str | Path:
    """Return the path of a file, or say what the word may have been meant to be."""
    if str(source) == "-" or _exists(Path(source)):
        return source
    near = _near_file(Path(source))
    hint = (Path(source).suffix and near) or suggest(str(source), by_name) or near
    message = f"'{source}' is neither a file nor a schedule"
    raise UsageError(message, hint or "`lrplot list` names the schedules")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _near_file(path: Path) -> str:
    try:
        return suggest(path.name, [entry.name for entry in path.parent.iterdir()])
    except (OSError, ValueError):
        return ""


# -- a schedule's name --------------------------------------------------------------------------


def _load_name_as(name: str, given: dict[str, Any]) -> Plan:
    """Read a schedule's name, and turn it into what a framework has for it where one is named."""
    framework = given.pop("as_", None)
    plan = _load_name(name, given)
    if framework is None:
        return plan
    from lrplot.frameworks.native import as_framework

    return as_framework(plan, framework)


def _load_name(name: str, given: Mapping[str, Any]) -> Plan:
    """Build the tree that a file would hold, with what a command may leave out, and read it."""
    tree = to_tree({"schedule": name}, Where(name))
    assumed = _assumed(name, given)
    for key, value in assumed.items():
        tree = _put(tree, [key], to_tree(value, Where(name)), option(key))
    try:
        plan = spec.read(_with_sets(_with_options(tree, given, name), given))
    except InputError as error:
        raise UsageError(_as_options(error)) from None
    notes = [
        f"{key} is not given; {value:g} is assumed"
        for key, value in assumed.items()
        if key != "base_lr" or plan.schedule.uses_base() or _takes(name, "base_lr", given)
    ]
    return msgspec.structs.replace(plan, notes=(*plan.notes, *notes))


def _assumed(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    assumed: dict[str, Any] = {}
    if "base_lr" not in given:
        assumed["base_lr"] = by_name[name].example.get("base_lr", _ASSUMED_BASE_LR)
    if _takes(name, "max_iters", given) and "max_epochs" not in given:
        assumed["max_iters"] = _ASSUMED_MAX_ITERS
    return assumed


def _takes(name: str, supply: str, given: Mapping[str, Any]) -> bool:
    """Say whether the schedule takes a field from this supply, and nobody gave either."""
    sources = {field.source: field.name for field in fields_of(by_name[name])}
    return supply in sources and not {supply, sources[supply]} & given.keys()


def _as_options(error: InputError) -> list[Any]:
    """Say the problems of a command as its user wrote it: options, no file."""
    return [
        problem._replace(
            key="" if str(problem.where).startswith("--") else _missing(problem.key),
        )
        for problem in error.problems
    ]


def _missing(key: str) -> str:
    return option(key) if key and "[" not in key else key


# -- options over a tree ------------------------------------------------------------------------


def option(key: str) -> str:
    """Return the option that sets a key: --eta-min for eta_min."""
    return f"--{key.replace('_', '-')}"


def _with_options(tree: Node, given: Mapping[str, Any], source: str) -> Node:
    """Return the tree with each given value in the place the option names."""
    for key, value in given.items():
        where = Where(option(key))
        if key == "metrics":
            tree = _put(tree, ["metrics"], to_tree(value, where), option(key))
        elif key in RUN_OPTIONS:
            tree = _put(_without_rival(tree, key), [key], _node(value, None, where), option(key))
        elif key not in FILE_OPTIONS:
            path, field = _home(tree, key, source)
            tree = _put(tree, path, _node(value, field, where), option(key))
    return tree


def _without_rival(tree: Node, key: str) -> Node:
    """Drop the key that this one stands in place of."""
    rival = {"max_iters": "max_epochs", "max_epochs": "max_iters"}.get(key)
    if not isinstance(tree.value, dict) or rival not in tree.value:
        return tree
    kept = {name: node for name, node in tree.value.items() if name != rival}
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
    return to_tree(_data(parse_document(value, where.source)), where)


def _data(node: Node) -> Any:
    if isinstance(node.value, tuple):
        return [_data(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: _data(item) for key, item in node.value.items()}
    return node.value


def _with_sets(tree: Node, given: Mapping[str, Any]) -> Node:
    for text in given.get("set", ()):
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise UsageError(f"--set {text} is not KEY=VALUE", "as --set schedule.0.power=2")
        where = Where(f"--set {path}")
        tree = _put(tree, path.split("."), _node(value, None, where), f"--set {path}")
    return tree


def _put(node: Node, path: list[str], new: Node, said: str) -> Node:
    """Return the tree with a node at a path of keys and list positions."""
    if not path:
        return new
    key, *rest = path
    if isinstance(node.value, tuple):
        if key not in map(str, range(len(node.value))):
            raise UsageError(f"{said}: no item {key}; the list has {len(node.value)}")
        items = list(node.value)
        items[int(key)] = _put(items[int(key)], rest, new, said)
        return msgspec.structs.replace(node, value=tuple(items))
    if not isinstance(node.value, dict):
        raise UsageError(f"{said}: there is no {key} in {node.text!r}")
    empty = Node({}, new.where)
    inner = _put(node.value.get(key, empty), rest, new, said)
    keys = {**node.keys, key: node.keys.get(key, new.where)}
    return msgspec.structs.replace(node, value={**node.value, key: inner}, keys=keys)
