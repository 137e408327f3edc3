"""nanoGPT's configs: Python files of plain assignments, over the defaults of its train.py.

    learning_rate = 6e-4
    max_iters = 600000
    lr_decay_iters = 600000

Source: nanoGPT, train.py: get_lr and the training loop. In older copies the rise is it / warmup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot.formats._shared.batches import told
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import updates_of
from lrplot.formats._shared.llm_curves import WarmedDecay
from lrplot.formats._shared.places import defaulted
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.formats._shared.batches import Batches
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "nanogpt"
NEEDS = "a nanoGPT config is a .py file of assignments, as learning_rate and max_iters"
CONVENTION = "nanoGPT train.py"

_LR, _MAX_ITERS = 6e-4, 600_000
_WARMUP, _DECAY, _MIN_LR = 2000, 600_000, 6e-5
_STEPS, _BATCH, _BLOCK = 40, 12, 1024
_TIMED = {"learning_rate", "max_iters", "lr_decay_iters", "warmup_iters", "min_lr", "decay_lr"}
_OTHERS = {"optimizer", "optim_wrapper", "param_scheduler", "lr_config"}  # OpenMMLab's
_BESIDE = {
    "out_dir",
    "init_from",
    "dataset",
    "eval_interval",
    "eval_iters",
    "wandb_log",
    "gradient_accumulation_steps",
    "block_size",
    "n_layer",
    "n_embd",
    "always_save_checkpoint",
    "batch_size",
    "beta2",
    "compile",
    "device",
    "eval_only",
    "grad_clip",
    "log_interval",
    "n_head",
    "wandb_project",
}


def detect(tree: Node) -> str | None:
    """Say why the tree is a nanoGPT config; None where it is not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    if not tree.where.source.endswith(".py"):
        return None  # train.py executes its configs: they are Python, whatever their keys
    plain = {key for key, node in top.items() if not isinstance(node.value, (dict, tuple))}
    timed, beside = sorted(_TIMED & plain), sorted(_BESIDE & plain)
    if not timed or not beside or _OTHERS & top.keys():
        return None
    return f"a nanoGPT config: it has {timed[0]} and {beside[0]}"


def loading(tree: Node, given: Given) -> Batches:
    """Return how train.py makes updates of blocks; the accumulation is that of all GPUs."""
    top, gpus = Section(tree), given.gpus
    steps = told(top, "gradient_accumulation_steps", _STEPS)
    if steps is not None and gpus is not None and given.accumulate is None and steps % gpus:
        message = f"is {steps:,}, over all GPUs, which {gpus:,} GPUs do not share evenly"
        raise top.wrong("gradient_accumulation_steps", message)
    return {
        "batch_size": told(top, "batch_size", _BATCH),
        "accumulate": steps // gpus if steps is not None and gpus is not None else None,
        "seq_len": told(top, "block_size", _BLOCK),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    last = updates_of(top, "max_iters", given, _MAX_ITERS)
    base = top.number("learning_rate", _LR) if given.base_lr is None else given.base_lr
    one_more = given.max_iters is None  # the loop ends when its count is above max_iters
    return Plan(
        schedule=_schedule(top),
        base_lr=base,
        max_iters=last + one_more,
        iters_per_epoch=given.iters_per_epoch,
        convention=CONVENTION,
        notes=tuple(_notes(top, given)),
    )


def _schedule(top: Section) -> Schedule:
    if not top.flag("decay_lr", default=True):
        return WarmedDecay(warmup=0, end=0, shape="constant")
    return WarmedDecay(
        warmup=top.count("warmup_iters", _WARMUP),
        end=top.count("lr_decay_iters", _DECAY),
        floor_lr=top.number("min_lr", _MIN_LR),
        lead=1,
    )


def _notes(top: Section, given: Given) -> list[str]:
    """Say which values are train.py's, and how long its loop is."""
    wanted: dict[str, object] = {} if given.base_lr is not None else {"learning_rate": f"{_LR:g}"}
    wanted |= {} if given.max_iters is not None else {"max_iters": _MAX_ITERS}
    if top.flag("decay_lr", default=True):
        wanted |= {"warmup_iters": _WARMUP, "lr_decay_iters": _DECAY, "min_lr": f"{_MIN_LR:g}"}
    notes = defaulted(top, wanted, "nanoGPT")
    if given.max_iters is None:
        notes.append("nanoGPT's loop makes max_iters + 1 updates")
    return notes
