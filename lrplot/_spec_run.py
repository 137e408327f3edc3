"""How long a native spec's run is: its own keys, and the sizes in its `run` section.

max_iters: 160k           or  max_epochs: 12 with iters_per_epoch: 7330, or the sizes:
run: {dataset_size: 117266, batch_size: 2, gpus: 8, epochs: 12}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.durations import UnitError, UnknownError, count_of, epochs_of
from lrplot.errors import ParameterError, Problem, suggest
from lrplot.schedules.base import Period, as_field, check_value
from lrplot.syntax.tree import Key, Node, to_data
from lrplot.units import LENGTHS, SIZES, Epochs, Horizon, length_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.errors import Where

__all__ = ["LENGTHS", "RUN_SIZES", "in_steps", "read_count", "read_horizon"]

RUN_SIZES = {
    "epochs": "epochs in the run",
    "dataset_size": "samples in an epoch",
    "batch_size": "samples in a batch, on each GPU",
    "gpus": "GPUs that train together",
    "accumulate": "batches whose gradients make an update",
    "drop_last": "whether the last partial batch of an epoch is left out",
    "seq_len": "tokens in a sample",
}
_COUNT = as_field("steps", Period)
_ALIASES = {"epochs": "max_epochs"}


def read_horizon(tree: Node, problems: list[Problem], notes: list[str]) -> Horizon:
    """Return the horizon that a document's own keys and its `run` section give."""
    found = _found(tree, problems)
    before = len(problems)
    values: dict[str, Any] = {}
    for name in SIZES:
        kind, read = (bool, None) if name == "drop_last" else (Period, _reader_of(name))
        values[name] = _number(found, name, kind, read, problems)
    epoch = _number(found, "iters_per_epoch", Period, _reader_of("iters_per_epoch"), problems)
    values = {name: value for name, value in values.items() if value is not None}
    if len(problems) > before:
        return Horizon()
    sized = _built({**values, "iters_per_epoch": epoch}, found, tree, problems)
    if len(problems) > before:
        return sized
    max_iters = _count(found, "max_iters", sized, problems, notes)
    epochs = _number(found, "max_epochs", Epochs, epochs_of, problems)
    if epochs is not None and max_iters is not None:
        key, node = found["max_epochs"]
        message = f"is {epochs:g}, beside max_iters {max_iters:,}: give one of them"
        problems.append(Problem(message, key, _key_place(tree, key, node)))
        return sized
    if epochs is not None and sized.iters_per_epoch is None and not problems:
        key, node = found["max_epochs"]
        hint = "give it, or run: with dataset_size and batch_size"
        message = "needs iters_per_epoch: how long an epoch is"
        problems.append(Problem(message, key, _key_place(tree, key, node), hint))
    return _built(
        {**values, "iters_per_epoch": epoch, "max_iters": max_iters, "max_epochs": epochs},
        found,
        tree,
        problems,
    )


def _reader_of(name: str) -> Callable[[str], int]:
    return lambda text: count_of(text, name)


def _found(tree: Node, problems: list[Problem]) -> dict[str, tuple[str, Node]]:
    """Return each length and size by its name, with the key it stands under."""
    top: Mapping[Key, Node] = tree.value if isinstance(tree.value, dict) else {}
    found = {name: (name, top[name]) for name in LENGTHS if name in top}
    section = top.get("run")
    if section is None:
        return found
    if not isinstance(section.value, dict):
        problems.append(Problem("must be a mapping of sizes", "run", section.where))
        return found
    for key, node in section.value.items():
        name = _ALIASES.get(str(key), str(key))
        where = section.keys[key]
        if name not in (*LENGTHS, *SIZES):
            known = [*LENGTHS, *RUN_SIZES]
            hint = suggest(str(key), known) or f"known: {', '.join(known)}"
            problems.append(Problem("is not a size of a run", f"run.{key}", where, hint))
        elif name in found:
            message = f"says again what {found[name][0]} says: leave one out"
            problems.append(Problem(message, f"run.{key}", where))
        else:
            found[name] = f"run.{key}", node
    return found


def _key_place(tree: Node, key: str, node: Node) -> Where:
    return tree.keys.get(key, node.where)


def _said_at(key: str, node: Node, problem: Problem) -> Problem:
    """Return what is wrong with a value, said at its key and place."""
    return Problem(problem.message, key, node.where, problem.hint)


def _number(
    found: dict[str, tuple[str, Node]],
    name: str,
    kind: Any,
    read: Callable[[str], float] | None,
    problems: list[Problem],
) -> Any:
    """Return what is no length in steps: a size, a number of epochs, a flag."""
    if name not in found:
        return None
    key, node = found[name]
    value = to_data(node)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e6
    try:
        return check_value(key, kind, read(value) if read and isinstance(value, str) else value)
    except (UnitError, ParameterError) as error:
        problems.append(_said_at(key, node, error.problems[0]))
        return None


def _count(
    found: dict[str, tuple[str, Node]],
    name: str,
    horizon: Horizon,
    problems: list[Problem],
    notes: list[str],
) -> int | None:
    if name not in found:
        return None
    key, node = found[name]
    if isinstance(node.value, str):
        try:
            length_of(node.value, horizon)
        except UnitError as error:
            problems.append(_said_at(key, node, error.problems[0]))
            return None
    return read_count(node, horizon, key, problems, notes)


def _built(
    values: dict[str, Any],
    found: dict[str, tuple[str, Node]],
    tree: Node,
    problems: list[Problem],
) -> Horizon:
    """Return the horizon; what contradicts itself is said at the key that it is said of."""
    try:
        return Horizon(**values)
    except ParameterError as error:
        for problem in error.problems:
            key, node = found.get(problem.key, (problem.key, tree))
            problems.append(_said_at(key, node, problem))
        return Horizon()


def read_count(
    node: Node, horizon: Horizon, key: str, problems: list[Problem], notes: list[str]
) -> int | None:
    """Return a length in steps, or None where it is none, which becomes a problem.

    Raises UnknownError where its unit needs what is not known.
    """
    said: list[str] = []
    try:
        count = int(_COUNT.check(in_steps(to_data(node), horizon, said)))
    except UnknownError:
        raise
    except (UnitError, ParameterError) as error:
        problem = error.problems[0]
        problems.append(Problem(problem.message, key, node.where, problem.hint or "".join(said)))
        return None
    notes.extend(said)
    return count


def in_steps(value: Any, horizon: Horizon, notes: list[str]) -> Any:
    """Turn durations ("8ep") into steps; leave what is a number, or no duration, to the checks."""
    if isinstance(value, list):
        return [in_steps(item, horizon, notes) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    steps = horizon.steps(value)
    notes.extend(filter(None, [horizon.rounding(value)]))
    return steps
