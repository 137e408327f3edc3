"""What the user typed, to a Plan: a schedule's name with options, a call, or a file."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot import spec
from lrplot.errors import InputError, Problem, UsageError, Where, option, suggest
from lrplot.loop import LOOP_OPTIONS, STEPPING_OPTIONS, as_looped, as_meant, from_batch
from lrplot.overrides import FILE_OPTIONS, RUN_OPTIONS, put, with_options, with_sets
from lrplot.plan import Given
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.syntax.documents import parse_document, read_text
from lrplot.syntax.series import read_series
from lrplot.syntax.tree import Node, repeat_notes, to_tree
from lrplot.units import SIZES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lrplot.plan import Plan

__all__ = ["LIST_OPTIONS", "SOURCE_OPTIONS", "is_call", "is_document", "load", "load_each"]

# part_epochs is what --max-epochs becomes.
_GIVEN = tuple(name for name in Given.__struct_fields__ if name != "part_epochs")
# What goes with any source, beside the parameters of a schedule.
SOURCE_OPTIONS = (
    *dict.fromkeys(
        (
            *RUN_OPTIONS,
            *_GIVEN,
            *LOOP_OPTIONS,
            "warmup",
            "group",
            "as_",
            *FILE_OPTIONS,
        )
    ),
)
LIST_OPTIONS = ("set", "config_root")  # of which each source has all, not one each

_ASSUMED_BASE_LR = 0.1
_ASSUMED_MAX_ITERS = 1000

_CALL = re.compile(  # on its first lines comments, assignments, and imports, which are refused
    r"(?:(?:#|(?:import|from)\s|[\w.]+\s*(?::[^=\n]+)?=).*\n\s*)*"
    r"(?:[\w.]+\s*(?::[^=\n]+)?=\s*)?(?:[\[{]\s*)?(?:[\"']\w+[\"']\s*:\s*)?[A-Za-z_][\w.]*\s*\("
)
_DOCUMENT = re.compile(r"\s*(?:#.*\n\s*)*[\w$\"']+\s*:\s")


def load(source: str | Path, **options: Any) -> Plan:
    """Return the plan of a schedule's name, of a call or of a file.

    Args:
        source: a native schedule's name ("poly"), a framework's constructor call
            ("StepLR(optimizer, 30)"), the text of a spec, or the path of a file that holds a spec
            or a call; "-" is standard input.
        options: what overrides it: base_lr, max_iters, max_epochs, iters_per_epoch, the
            schedule's parameters, `metrics` (a path, or numbers), `set` (a list of
            "key.key=value"), `from_` (a file's format), `as_` (a framework's name), `group` (a
            parameter group with a rate of its own, as "bias"), `config_root` (folders of packages
            that a Python config inherits from), the sizes that Horizon takes (dataset_size,
            batch_size, ...), `warmup` (in front of a native schedule) and what a loop does
            (stepped_per, scheduler_steps_times, scale_lr with from_batch and scale_warmup). Text is
            read as a file would have it; other values are taken as they are.

    Raises:
        UsageError: an option that does not go with the source.
        InputError: what the source says is wrong.
    """
    given = {key: value for key, value in options.items() if value is not None}
    group = given.pop("group", "main")
    if "epochs" in given:
        given["max_epochs"] = given.pop("epochs")
    if given.get("auto_scale_lr") and "scale_lr" in given:
        raise UsageError("--auto-scale-lr and --scale-lr both scale the rate: give one of them")
    if given.get("scale_warmup") is False:
        del given["scale_warmup"]
    looped = {key: given.pop(key) for key in LOOP_OPTIONS if key in given}
    if "scale_warmup" in looped:
        given["scale_warmup"] = from_batch(looped)
    try:
        return as_looped(_load(source, given).group(group), looped)
    except InputError as error:
        if all(str(problem.where).startswith("--") for problem in error.problems):
            raise UsageError(error.problems) from None  # it is the command that is wrong
        raise


def load_each(sources: Iterable[str], options: Mapping[str, Any]) -> list[Plan]:
    """Return a plan for each source and each combination of the options that have several values.

    A tuple holds an option's values, each as `load` takes it; what varies names the plan.
    """
    chosen = {key: value for key, value in options.items() if value not in (None, ())}
    fixed = {key: value for key, value in chosen.items() if key in LIST_OPTIONS}
    varied = {
        key: value if isinstance(value, tuple) else (value,)
        for key, value in chosen.items()
        if key not in LIST_OPTIONS
    }
    several = [
        key for key, values in varied.items() if len(values) > 1 and key not in STEPPING_OPTIONS
    ]
    names = list(sources)
    plans = []
    for source, values in product(names, product(*varied.values())):
        each = dict(zip(varied, values, strict=True))
        label = ", ".join(_label(key, each[key]) for key in several)
        for said, chosen in _beside_what_was_meant(each):
            plan = load(source, **chosen, **fixed)
            parts = [plan.name] * (len(names) > 1 or not label) + [label] * bool(label)
            plan = msgspec.structs.replace(plan, name=" ".join([*parts, *said]))
            if not (said and plan in plans):  # what was meant is the same beside each
                plans.append(plan)
    return plans


def _beside_what_was_meant(options: dict[str, Any]) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """Return the options, and before them those of the run as meant, where a loop does otherwise.

    Each comes with what its curve's name says of it.
    """
    found = as_meant(options)
    if found is None:
        return [((), options)]
    meant, real, without = found
    return [((meant,), without), ((real,), options)]


def _label(key: str, value: Any) -> str:
    """Return what a legend says of an option: a framework's name says enough by itself."""
    return str(value) if key == "as_" else f"{key}={value}"


def _load(source: str | Path, given: dict[str, Any]) -> Plan:
    if "metrics" in given:
        given["metrics"] = _series(given["metrics"])
    if is_document(str(source)):
        return _read_file(parse_document(str(source), "text"), given, "text")
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
    tree = _read_python(Path(path), given) if text is None else parse_document(text, origin)
    plan = _read_file(tree, given, str(source))
    if plan.name == plan.schedule.name() and str(source) != "-":
        plan = msgspec.structs.replace(plan, name=Path(source).stem)
    return plan


def is_document(source: str) -> bool:
    """Say whether the word is the text of a document, not the name of a file or a call."""
    return bool(_DOCUMENT.match(source)) and not _CALL.match(source.lstrip())


def _read_python(path: Path, given: Mapping[str, Any]) -> Node:
    """Read a Python config and what it inherits, as syntax: none of it is executed."""
    from lrplot.syntax.python_config import read_config

    return read_config(path, [Path(root) for root in given.get("config_root", ())])


def _read_file(tree: Node, given: Mapping[str, Any], source: str) -> Plan:
    """Read a document in the format it shows itself to be in, or in the one --from names."""
    if "as_" in given:
        raise UsageError(f"--as goes with a schedule's name or a call; {source} is neither")
    from lrplot.formats import find

    set_tree = with_sets(tree, given)
    reader, evidence = find(set_tree, given.get("from_"), source)
    if reader is None:
        return _read_native(tree, given, source)
    foreign = given.keys() - {*FILE_OPTIONS, *_GIVEN}
    if foreign:
        hint = "--set KEY=VALUE reaches any key of a file"
        raise UsageError(f"{option(min(foreign))} does not go with {source}", hint)
    from lrplot.sizing import plan_of_file

    plan = plan_of_file(reader, set_tree, given)
    notes = [f"read as {evidence}"] if evidence else []
    notes += [*repeat_notes(set_tree), *plan.notes]
    return msgspec.structs.replace(plan, notes=tuple(dict.fromkeys(notes)))


def _read_native(tree: Node, given: Mapping[str, Any], source: str) -> Plan:
    """Read a native spec, its warm-ups scaled from another batch where that is asked for."""
    options = {key: value for key, value in given.items() if key != "scale_warmup"}
    whole = with_sets(with_options(tree, options, source), options)
    plan = spec.read(whole)
    if "scale_warmup" not in given:
        return plan
    from lrplot.loop.warmup import with_scaled_warmups

    whole, notes = with_scaled_warmups(whole, plan.horizon, given["scale_warmup"])
    plan = spec.read(whole)
    return msgspec.structs.replace(plan, notes=(*plan.notes, *notes))


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
    from lrplot.sizing import plan_of_call

    foreign = given.keys() - {*RUN_OPTIONS, *SIZES, "metrics", "as_"}
    if foreign:
        key = option(min(foreign))
        raise UsageError(f"{key} does not go with a call", "write the value in the call")
    return plan_of_call(text, given, origin)


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
        plan = _read_native(tree, given, name)
    except InputError as error:
        raise UsageError(_as_options(error)) from None
    notes = [
        f"{key} is not given; {value:g} is assumed"
        for key, value in assumed.items()
        if key != "base_lr" or plan.schedule.uses_base() or _takes(name, "base_lr", given)
    ]
    return msgspec.structs.replace(plan, name=name, notes=(*plan.notes, *notes))


def _assumed(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    given = {**options, **dict.fromkeys(_set(options))}
    assumed: dict[str, Any] = {}
    if "base_lr" not in given:
        assumed["base_lr"] = by_name[name].example.get("base_lr", _ASSUMED_BASE_LR)
    if _takes(name, "max_iters", given) and "max_epochs" not in given:
        assumed["max_iters"] = _ASSUMED_MAX_ITERS
    return assumed


def _set(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of the document that --set says."""
    for text in given.get("set", ()):
        key = text.partition("=")[0].removeprefix("run.")
        yield "max_epochs" if key == "epochs" else key


def _takes(name: str, supply: str, given: Mapping[str, Any]) -> bool:
    """Say whether the schedule takes a field from this supply, and nobody gave either."""
    sources = {field.source: field.name for field in fields_of(by_name[name])}
    return supply in sources and not {supply, sources[supply]} & given.keys()


def _as_options(error: InputError) -> list[Problem]:
    """Say the problems of a command as its user wrote it: options, no file."""
    return [
        problem
        if str(problem.where).startswith("--")
        else problem._replace(key=_missing(problem.key))
        for problem in error.problems
    ]


def _missing(key: str) -> str:
    return option(key) if key and "[" not in key else key
