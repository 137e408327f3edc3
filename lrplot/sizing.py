"""What the sizes of a run make of a source: how long its epochs are, and where its steps lie."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import EACH_SHARE
from lrplot.errors import InputError, ParameterError, Problem, UsageError, Where, option
from lrplot.frameworks.options import read_given
from lrplot.units import LENGTHS, SIZES, Horizon

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.accounting import Rule
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["plan_of_call", "plan_of_file"]

_OF_RUN = (*LENGTHS, *SIZES)
_TOTAL = "of_all_gpus"  # a file's batch over all GPUs, which no horizon needs where they are known


# -- a call, which holds no sizes ----------------------------------------------------------------


def plan_of_call(text: str, options: Mapping[str, Any], origin: str) -> Plan:
    """Return the plan of a call in a run of the sizes that are given.

    Raises UsageError where they contradict each other, InputError where the call is wrong.
    """
    from lrplot.frameworks.calls import read_call

    said = read_given({key: value for key, value in options.items() if key in _OF_RUN})
    run = said.horizon(max_epochs=said.part_epochs)
    if said.part_epochs and run.max_iters is None:
        said.need("iters_per_epoch", f"--max-epochs {said.part_epochs:g}")
    whole = {"max_epochs": said.max_epochs} if said.max_epochs else {"max_iters": run.max_iters}
    lengths = {**whole, "iters_per_epoch": run.iters_per_epoch}
    known = {key: value for key, value in lengths.items() if value is not None}
    others = {key: value for key, value in options.items() if key not in _OF_RUN}
    return _sized(read_call(text, others | known, origin), run)


# -- a file, which may hold some -----------------------------------------------------------------


def plan_of_file(reader: Any, tree: Node, options: Mapping[str, Any]) -> Plan:
    """Return the plan of a file, as its format's module reads it in a run of these sizes.

    Raises UsageError where the options contradict the file, InputError where it is wrong.
    """
    said = _with_gpus(read_given(options), reader, tree)
    if not getattr(getattr(reader, "RULE", None), "part_epochs", None):
        said.refuse_part(reader.NAME)
    of_file = _of_file(reader, tree, said)
    run = _run(reader, of_file, said)
    epoch = said.iters_per_epoch or run.iters_per_epoch
    plan: Plan = reader.read(tree, _with_epoch(said, epoch, run))
    if said.epochs and of_file is not None and _counts_updates(plan, run):
        said.need("iters_per_epoch", "--max-epochs")
    if plan.iters_per_epoch is None:
        plan = msgspec.structs.replace(plan, iters_per_epoch=epoch)
    return plan if plan.in_epochs and epoch is None else _sized(plan, run)


def _counts_updates(plan: Plan, run: Horizon) -> bool:
    """Say whether the run is so many updates, of which no epochs make a number."""
    told = plan.iters_per_epoch or run.updates_per_epoch
    return told is None and not plan.open_end


def _with_gpus(said: Given, reader: Any, tree: Node) -> Given:
    """Return what is given, with the number of GPUs where the file alone tells it."""
    if said.gpus is not None or not hasattr(reader, "gpus"):
        return said
    return msgspec.structs.replace(said, gpus=reader.gpus(tree))


def _with_epoch(said: Given, epoch: int | None, run: Horizon) -> Given:
    """Return what is given once it is known how long an epoch is: the run's length too."""
    length = said.max_iters or (run.max_iters if said.epochs else None)
    return msgspec.structs.replace(said, iters_per_epoch=epoch, max_iters=length)


def _run(reader: Any, of_file: dict[str, Any] | None, said: Given) -> Horizon:
    """Return how samples become updates, as the file says and over it the user.

    Without the number of GPUs, which no file holds, a file's batch on each says nothing yet.
    """
    counts = said if of_file is not None else msgspec.structs.replace(said, dataset_size=None)
    of_file = of_file or {}
    if said.max_iters is not None or said.epochs is not None:
        of_file = {**of_file, "max_epochs": said.epochs}
    if counts.dataset_size is not None:
        said.need("gpus", "--dataset-size")
        if said.batch_size is None and of_file.get("batch_size") is None:
            said.need("batch_size", "--dataset-size")
    elif said.gpus is None:
        counts, of_file = _of_all_gpus(counts, of_file)
    known = {"rule": getattr(reader, "RULE", None) or _unnamed(reader), **of_file}
    known.pop(_TOTAL, None)
    return msgspec.structs.replace(counts, max_iters=None, max_epochs=None).horizon(**known)


def _of_all_gpus(said: Given, of_file: dict[str, Any]) -> tuple[Given, dict[str, Any]]:
    """Return sizes without the number of GPUs: an update's, where the file has all together."""
    total = of_file.get(_TOTAL) if said.accumulate is None else None
    if total is None:
        each = {} if said.batch_size is not None else {"batch_size": None}
        return said, {**of_file, **each}
    if said.batch_size is not None and total % said.batch_size:
        message = f"is {said.batch_size:,}, where the file has {total:,} over all GPUs"
        raise UsageError([Problem(message=message, where=Where(option("batch_size")))])
    sizes = {"batch_size": total, "accumulate": None}
    return msgspec.structs.replace(said, batch_size=None), {**of_file, **sizes}


def _unnamed(reader: Any) -> Rule:
    """Return the rule of a trainer that counts as most do."""
    name = f"{reader.NAME}: {EACH_SHARE.name}"
    return msgspec.structs.replace(EACH_SHARE, name=name, part_epochs=None)


def _of_file(reader: Any, tree: Node, said: Given) -> dict[str, Any] | None:
    """Return what a file says of its batches; a wrong one matters only where a size is given."""
    if not hasattr(reader, "loading"):
        return {}
    try:
        found: dict[str, Any] | None = reader.loading(tree, said)
    except InputError:
        if any(getattr(said, name) is not None for name in SIZES):
            raise
        return {}
    return found


# -- the plan in its run -------------------------------------------------------------------------


def _sized(plan: Plan, run: Horizon) -> Plan:
    """Return the plan of a source that has no sizes with those of the run.

    An epoch that the source counts otherwise stays as long as the source has it.
    """
    sizes = {key: getattr(run, key) for key in (*SIZES, "rule")}
    for epochs in (run.max_epochs, _epochs(plan), None):
        with suppress(ParameterError):
            return _counted(plan, {**sizes, "max_epochs": epochs})
    with suppress(ParameterError):
        return _counted(plan, {**sizes, "dataset_size": None})
    return plan


def _counted(plan: Plan, sizes: dict[str, Any]) -> Plan:
    horizon = msgspec.structs.replace(plan.horizon, **sizes)
    return msgspec.structs.replace(plan, horizon=horizon)


def _epochs(plan: Plan) -> int | None:
    """Return the epochs of a run that ends with one."""
    epochs, rest = divmod(plan.max_iters, plan.iters_per_epoch or plan.max_iters)
    return None if rest or plan.iters_per_epoch is None else epochs
