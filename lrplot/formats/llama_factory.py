"""LLaMA-Factory's training files: the Trainer's arguments among its own, and its v1 engine's.

    stage: sft     finetuning_type: lora     learning_rate: 1.0e-4     lr_scheduler_type: cosine

They are read as the Trainer reads them, but that warmup_stable_decay has lengths of its own where
none are written: a third of what the warm-up leaves is the hold, the rest the decay. The v1 engine
(micro_batch_size, train_dataset) keeps its rate. Source: llamafactory 0.9.5,
llamafactory/train/trainer_utils.py and llamafactory/v1/core/base_trainer.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot.formats import hf_trainer
from lrplot.formats._shared.config import make_plan
from lrplot.formats._shared.keys import Section
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from lrplot.errors import Where
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Key

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

loading = hf_trainer.loading
RULE = hf_trainer.RULE

NAME = "llama-factory"
NEEDS = "a LLaMA-Factory file has finetuning_type and stage, or micro_batch_size and train_dataset"
CONVENTION = "llamafactory 0.9"

_TRAINING = ("stage", "template", "cutoff_len", "do_train", "model_name_or_path", "learning_rate")
_OF_V1 = ("train_dataset", "dist_config", "model_class", "lr_scheduler_config")
_V1_RATE, _V1_EPOCHS = 1e-4, 3
_PREFIXES = ("learning_rate", "lr_", "warmup")
_WSD = "warmup_stable_decay"


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a file of LLaMA-Factory; None where it does not."""
    top = Section(tree)
    if "finetuning_type" in top:
        found = [key for key in _TRAINING if key in top]
        return f"a LLaMA-Factory file: it has finetuning_type and {found[0]}" if found else None
    if _is_v1(top):
        key = next(key for key in _OF_V1 if key in top)
        return f"a file of LLaMA-Factory's v1 engine: it has micro_batch_size and {key}"
    return None


def _is_v1(top: Section) -> bool:
    mine = any(key in top for key in _OF_V1)
    return mine and "micro_batch_size" in top and "base_model" not in top


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a file; raise InputError at what it does not tell."""
    top = Section(tree)
    if _is_v1(top) and "finetuning_type" not in top:
        return _read_v1(top, given)
    if top.text("lr_scheduler_type", "") == _WSD:
        tree = _with_lengths(top, given)
    plan = hf_trainer.of_arguments(tree, given)
    return msgspec.structs.replace(plan, convention=f"{plan.convention}, in {CONVENTION}")


def _with_lengths(top: Section, given: Given) -> Node:
    """Return the file with the lengths that warmup_stable_decay gets where they are not written."""
    length = hf_trainer.updates_of_run(top, given)
    if length is None:
        return top.node  # the Trainer's reader says what is missing
    left = length - hf_trainer.updates_of_warmup(top, length)
    more = top.section("lr_scheduler_kwargs")
    where = more.node.where
    own = {"num_stable_steps": left // 3, "num_decay_steps": left - left // 3}
    kwargs: dict[Key, Node] = {
        key: Node(value, where, text=str(value)) for key, value in own.items()
    }
    kwargs |= more.entries
    keys: dict[Key, Where] = {**dict.fromkeys(own, where), **more.node.keys}
    values = {**top.entries, "lr_scheduler_kwargs": Node(kwargs, where, keys=keys)}
    return msgspec.structs.replace(top.node, value=values)


# -- the v1 engine ------------------------------------------------------------------------------


def _read_v1(top: Section, given: Given) -> Plan:
    from lrplot.schedules.decay import Constant

    if "lr_scheduler_config" in top:
        message = "names a scheduler of a plugin, whose rates only its code tells"
        raise top.wrong("lr_scheduler_config", message)
    top.starting(*_PREFIXES).refuse_others("learning_rate")
    base = top.number("learning_rate", _V1_RATE) if given.base_lr is None else given.base_lr
    return make_plan(
        Constant(),
        given,
        base=base,
        length=_v1_length(top, given),
        convention=f"{CONVENTION}, v1",
        notes=("the v1 engine has no schedule of its own, so the rate stays",),
    )


def _v1_length(top: Section, given: Given) -> int | None:
    """Return how many updates the run makes; None where that is not told."""
    given.refuse_part("LLaMA-Factory's v1 engine")
    written = top.count("max_steps", 0)
    steps = given.max_iters or (written if given.max_epochs is None else 0)
    if steps:
        return int(steps)
    epochs = given.max_epochs or top.count("num_train_epochs", _V1_EPOCHS, least=1)
    return None if given.iters_per_epoch is None else epochs * given.iters_per_epoch
