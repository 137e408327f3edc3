"""Hugging Face's trainer_state.json: how long the run was and what it logged, not its schedule.

The rate and the kind of schedule are not in the file, so they are asked for; the rates that were
logged say whether they are right. Source: transformers 5.23, transformers/trainer_callback.py
(TrainerState), and the Trainer's log, which holds the rate after as many updates as its `step`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.formats import hf_trainer
from lrplot.formats._shared.batches import told
from lrplot.formats._shared.keys import Section
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.errors import InputError
    from lrplot.plan import Given, Plan

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "trainer-state"
NEEDS = "a trainer_state.json has log_history and max_steps"

_RUN = ("max_steps", "num_train_epochs")
_SCHEDULE = (
    "learning_rate",
    "lr_scheduler_type",
    "lr_scheduler_kwargs",
    "warmup_steps",
    "warmup_ratio",
)
_BATCHES = ("train_batch_size", "per_device_train_batch_size")
_CLOSE = 1e-6  # logs are written with all their digits, and read back as they were


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a trainer_state.json; None where it does not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    logged = "log_history" in top and isinstance(top["log_history"].value, tuple)
    return "a trainer_state.json: it has log_history and max_steps" if logged else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the Trainer made updates of samples; how many batches each took is not kept."""
    top = Section(tree)
    times = told(top, "gradient_accumulation_steps")
    if times is None and given.dataset_size is not None:
        given.need("accumulate", "a trainer_state.json, which does not keep it, and --dataset-size")
    return {
        "batch_size": told(top, top.first(*_BATCHES)),
        "accumulate": times,
        "rule": hf_trainer.RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of the run, its schedule told by options; raise InputError without them."""
    top = Section(tree)
    if given.base_lr is None and "learning_rate" not in top:
        raise _not_kept(top, "learning_rate", "--base-lr RATE")
    if "lr_scheduler_type" not in top:
        raise _not_kept(top, "lr_scheduler_type", "--set lr_scheduler_type=linear, say")
    kept = {key: node for key, node in tree.value.items() if key in (*_RUN, *_SCHEDULE)}
    plan = hf_trainer.of_arguments(Node(kept, tree.where, keys=tree.keys), given)
    return msgspec.structs.replace(plan, notes=(*plan.notes, _verdict(plan, top)))


def _not_kept(top: Section, key: str, option: str) -> InputError:
    message = "is not among what a trainer_state.json keeps: the run's length, and its log"
    return top.wrong(key, message, f"add {option} (and --set warmup_steps=N, where it had one)")


def _verdict(plan: Plan, top: Section) -> str:
    """Say whether the rates that were logged are those of this schedule."""
    logged = list(_logged(top.node.value["log_history"]))
    for step, rate in logged:
        here = plan.lr(step)
        if not math.isclose(here, rate, rel_tol=_CLOSE, abs_tol=1e-12):
            return f"the log has {rate:g} at step {step}, where this schedule has {here:g}"
    return f"the {len(logged)} rates that were logged are this schedule's"


def _logged(history: Node) -> Iterator[tuple[int, float]]:
    """Yield the step and the rate of each entry of the log that has both."""
    for entry in history.value:
        values: dict[Any, Node] = entry.value if isinstance(entry.value, dict) else {}
        step, rate = (values[key].value if key in values else None for key in _ENTRY)
        if type(step) is int and step >= 0 and isinstance(rate, (int, float)):
            yield step, float(rate)


_ENTRY = ("step", "learning_rate")
