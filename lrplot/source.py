"""What the user typed, to a Plan: a schedule's name with options, a call, or a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot import spec
from lrplot.errors import InputError, UsageError, Where, option, suggest
from lrplot.overrides import FILE_OPTIONS, RUN_OPTIONS, put, with_options, with_sets
from lrplot.plan import Given
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.syntax.documents import parse_document, read_text
from lrplot.syntax.series import read_series
from lrplot.syntax.tree import Node, to_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.plan import Plan

__all__ = ["is_call", "load"]

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
            "key.key=value"), `from_` (a file's format), `as_` (a framework's name), `group` (a
            parameter group with a rate of its own, as "bias") and `config_root` (folders of
            packages that a Python config inherits from). Text is read
            as a file would have it; other values are taken as they are.

    Raises:
        UsageError: an option that does not go with the source.
        InputError: what the source says is wrong.
    """
    given = {key: value for key, value in options.items() if value is not None}
    group = given.pop("group", "main")
    return _load(source, given).group(group)


def _load(source: str | Path, given: dict[str, Any]) -> Plan:
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

    reader, evidence = find(with_sets(tree, given), given.get("from_"), source)
    if reader is None:
        return spec.read(with_sets(with_options(tree, given, source), given))
    from lrplot.frameworks.options import read_given

    foreign = given.keys() - {*FILE_OPTIONS, *Given.__struct_fields__}
    if foreign:
        hint = "--set KEY=VALUE reaches any key of a file"
        raise UsageError(f"{option(min(foreign))} does not go with {source}", hint)
    plan: Plan = reader.read(with_sets(tree, given), read_given(given))
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
        tree = put(tree, [key], to_tree(value, Where(name)), option(key))
    try:
        plan = spec.read(with_sets(with_options(tree, given, name), given))
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
