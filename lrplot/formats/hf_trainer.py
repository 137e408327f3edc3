"""Hugging Face TrainingArguments in a flat YAML or JSON file, as the Trainer takes them.

    learning_rate: 2e-5
    lr_scheduler_type: cosine
    warmup_steps: 0.03              from 1 on a number of updates, below 1 a part of them all
    num_train_epochs: 3             or max_steps: 1000

The run has max_steps updates, or ceil(num_train_epochs * updates per epoch); a warm-up that is a
part of it has ceil(updates * part). What is not written has TrainingArguments' default. Source:
transformers 5.23, transformers/training_args.py, trainer.py and optimization.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule, many
from lrplot.durations import LARGEST_STEP
from lrplot.formats._shared.batches import per_gpu, within
from lrplot.formats._shared.config import construct, make_plan
from lrplot.formats._shared.keys import Section, plain
from lrplot.syntax.documents import parse_document
from lrplot.syntax.tree import Node, to_tree
from lrplot.syntax.yaml11 import text_to_yaml11

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lrplot.errors import InputError
    from lrplot.plan import Given, Plan

__all__ = ["NAME", "NEEDS", "RULE", "detect", "loading", "read"]

NAME = "hf"
NEEDS = (
    "a Hugging Face TrainingArguments file has lr_scheduler_type or num_train_epochs, and "
    "learning_rate, max_steps or another of its keys"
)

_DIALECTS = ("finetuning_type", "micro_batch_size", "log_history")  # read elsewhere
_OWN = ("lr_scheduler_type", "lr_scheduler_kwargs", "num_train_epochs")
_SHARED = (
    "per_device_train_batch_size",
    "learning_rate",
    "max_steps",
    "warmup_ratio",
    "warmup_steps",
    "gradient_accumulation_steps",
    "output_dir",
)
_SCHEDULE = (
    "learning_rate",
    "lr_scheduler_type",
    "lr_scheduler_kwargs",
    "warmup_steps",
    "warmup_ratio",
)
_PREFIXES = ("learning_rate", "lr_sched", "warmup")
_PARSER = "HfArgumentParser, unlike TrlParser,"
_COMPARED = ("learning_rate", "warmup_steps", "max_steps")  # with numbers, which text fails at
_STEPPED_BY_METRIC = ("reduce_lr_on_plateau", "greedy")
_NEEDS_NO_LENGTH = ("constant", "constant_with_warmup", "inverse_sqrt")

# accelerate makes the batches first and deals them out to the processes.
RULE = Rule(
    name="transformers' Trainer",
    divisions=(
        Division(("batch_size",)),
        Division(("gpus",)),
        Division(("accumulate",), "up"),
    ),
    part_epochs="up",
)
# With split_batches a batch is for all processes, each of which gets a part of it.
_SPLIT_RULE = msgspec.structs.replace(
    RULE, divisions=(Division(("gpus", "batch_size")), Division(("accumulate",), "up"))
)

_DEFAULT_RATE = 5e-5
_DEFAULT_TYPE = "linear"
_DEFAULT_EPOCHS = 3.0


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be TrainingArguments; None where it does not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    if any(key in top for key in _DIALECTS) or _is_axolotls(tree):
        return None
    own = [key for key in _OWN if key in top and top[key].value != ""]  # a GUI writes them all
    shared = [key for key in _SHARED if key in top]
    if len(own) + len(shared) > 1 and (own or _SHARED[0] in top):
        evidence = " and ".join([*own, *shared][:2])
        return f"a Hugging Face TrainingArguments file: it has {evidence}"
    return None


def _is_axolotls(tree: Node) -> bool:
    """Say whether axolotl's reader takes the file; a base_model alone may be anyone's."""
    if "base_model" not in Section(tree):
        return False
    from lrplot.formats import axolotl

    return axolotl.detect(tree) is not None


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a TrainingArguments file; raise InputError at what it does not tell."""
    plan, top = of_arguments(tree, given), Section(tree)
    notes = _in_quotes(top)
    if not tree.where.source.endswith(".json"):
        notes += text_to_yaml11(top.starting(*_PREFIXES).node, "", _PARSER)
    return msgspec.structs.replace(plan, notes=(*plan.notes, *notes))


def _in_quotes(top: Section) -> list[str]:
    """Return a note for each number that is written as text."""
    found = {key: top.get(key) for key in _COMPARED}
    return [
        f"{key} is written in quotes, as text, where {_PARSER} stops: write {node.value}"
        for key, node in found.items()
        if node is not None and isinstance(node.value, str)
    ]


def of_arguments(tree: Node, given: Given) -> Plan:
    """Return the plan of TrainingArguments, whoever read them."""
    from lrplot.frameworks import transformers
    from lrplot.frameworks.calls import OPTIMIZER

    top = Section(tree)
    _refuse_others(top)
    kind = _kind(top, transformers.KINDS)
    base = _base(top, given)
    length = updates_of_run(top, given)
    if length is None and _needs_length(top, kind):
        raise _no_length(top, given)
    more = _more(top)
    arguments = {
        "name": kind,
        "optimizer": OPTIMIZER,
        "num_warmup_steps": updates_of_warmup(top, length or 0),
        "num_training_steps": length,
        "scheduler_specific_kwargs": _values(more),
        "given": msgspec.structs.replace(given, base_lr=base),
    }
    schedule = construct(
        transformers.get_scheduler, arguments, more, prefix="scheduler_specific_kwargs."
    )
    said = transformers.NOTES.get(transformers.KINDS[kind].function.__name__, "")
    return make_plan(
        schedule,
        given,
        base=base,
        length=length,
        convention=f"{transformers.CONVENTION} Trainer, {kind}",
        notes=tuple(filter(None, (*_notes(top, given), said))),
    )


def _refuse_others(top: Section) -> None:
    """Refuse a key that looks as if it meant the schedule and is none of TrainingArguments'."""
    alike = {key: node for key, node in top.entries.items() if str(key).startswith(_PREFIXES)}
    Section(Node(alike, top.node.where, keys=top.node.keys)).refuse_others(*_SCHEDULE)


def _kind(top: Section, known: Iterable[str]) -> str:
    kind: str = top.choice("lr_scheduler_type", known, _DEFAULT_TYPE)
    if kind in _STEPPED_BY_METRIC:
        hint = f"paste get_scheduler('{kind}', optimizer) with --metrics to see it per evaluation"
        message = f"{kind} is stepped by what each evaluation finds, so no file tells its rate"
        raise top.wrong("lr_scheduler_type", message, hint)
    return kind


def _base(top: Section, given: Given) -> float:
    """Return the optimizer's rate: the option's, the file's or the default."""
    if given.base_lr is not None:
        return given.base_lr
    rate: float = top.number("learning_rate", _DEFAULT_RATE)
    if rate < 0:
        raise top.wrong("learning_rate", f"must not be below 0, got {rate:g}")
    return rate


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the Trainer makes updates of samples."""
    top = Section(tree)
    is_split = within(top, "accelerator_config").flag("split_batches", default=False)
    return {
        "max_epochs": _epochs(top),
        "batch_size": _batch_size(top, given, is_split=is_split),
        "accumulate": top.count("gradient_accumulation_steps", 1, least=1),
        "drop_last": top.flag("dataloader_drop_last", default=False),
        "rule": _SPLIT_RULE if is_split else RULE,
    }


def _batch_size(top: Section, given: Given, *, is_split: bool) -> int | None:
    """Return a GPU's batch: what the file has, or its part of that where batches are split."""
    key = "per_device_train_batch_size"
    size: int = top.count(key, 8, least=1)
    return per_gpu(top, key, size, given) if is_split and given.batch_size is None else size


def updates_of_run(top: Section, given: Given) -> int | None:
    """Return how many updates the run makes; None where that is not told."""
    epoch = given.iters_per_epoch
    if given.max_iters is not None:
        return given.max_iters
    epochs = given.epochs or _epochs(top)
    if epochs is None:
        return int(top.count("max_steps"))
    return None if epoch is None else math.ceil(epochs * epoch)


def _epochs(top: Section) -> float | None:
    """Return how many epochs the run has; None where it counts max_steps."""
    max_steps = top.count("max_steps", -1, least=-LARGEST_STEP)
    if max_steps == 0:
        raise top.wrong("max_steps", "is 0: there is no update to show", "-1 means unset")
    if max_steps > 0:
        return None
    epochs: float = top.number("num_train_epochs", _DEFAULT_EPOCHS)
    if epochs <= 0:
        raise top.wrong("num_train_epochs", f"must be above 0, got {epochs:g}")
    return epochs


def _needs_length(top: Section, kind: str) -> bool:
    """Say whether the schedule depends on how long the run is."""
    part = 0 < (top.number("warmup_steps", 0) or top.number("warmup_ratio", 0)) < 1
    return kind not in _NEEDS_NO_LENGTH or (part and kind != "constant")


def _no_length(top: Section, given: Given) -> InputError:
    epochs = many(given.epochs or top.number("num_train_epochs", _DEFAULT_EPOCHS), "epoch")
    default = "" if "num_train_epochs" in top or given.epochs else " (the default)"
    message = f"how many updates there are in {epochs}{default} is not in the file"
    hint = (
        "add --iters-per-epoch N (optimizer updates per epoch), or --dataset-size N --gpus N, or "
        "--max-iters N"
    )
    return top.wrong("num_train_epochs", message, hint)


def updates_of_warmup(top: Section, length: int) -> int:
    """Return how many updates the warm-up has."""
    steps, ratio = top.number("warmup_steps", 0), top.number("warmup_ratio", 0)
    if steps < 0:
        raise top.wrong("warmup_steps", f"must not be below 0, got {steps:g}")
    if not 0 <= ratio <= 1:
        raise top.wrong("warmup_ratio", f"must lie between 0 and 1, got {ratio:g}")
    return int(steps) if steps >= 1 else math.ceil(length * (steps or ratio))


def _more(top: Section) -> Section:
    """Return lr_scheduler_kwargs: a mapping, or JSON in a text."""
    node = top.get("lr_scheduler_kwargs")
    if node is None or not isinstance(node.value, str):
        return top.section("lr_scheduler_kwargs")
    written = plain(parse_document(node.value, "lr_scheduler_kwargs"))
    if not isinstance(written, dict):
        raise top.wrong("lr_scheduler_kwargs", "must be a mapping of keys to values")
    return Section(to_tree(written, node.where), "lr_scheduler_kwargs")


def _values(section: Section) -> dict[str, Any]:
    return {str(key): _number(node) for key, node in section.entries.items()}


def _number(node: Node) -> Any:
    """Return a value, a number where a text spells one."""
    try:
        return float(node.value) if isinstance(node.value, str) else plain(node)
    except ValueError:
        return node.value


def _notes(top: Section, given: Given) -> list[str]:
    notes = []
    if "learning_rate" not in top and given.base_lr is None:
        notes.append(f"learning_rate is not written: {_DEFAULT_RATE:g}, the default, is taken")
    if "lr_scheduler_type" not in top:
        notes.append(f"lr_scheduler_type is not written: {_DEFAULT_TYPE}, the default, is taken")
    if "warmup_ratio" in top:
        notes.append("warmup_ratio is of transformers 4; 5 has it as warmup_steps below 1")
    if "deepspeed" in top:
        notes.append("a scheduler in the DeepSpeed config that is named here would act instead")
    return notes
