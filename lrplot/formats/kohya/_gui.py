"""The JSON that kohya_ss' GUI saves, as the options that it hands on to sd-scripts.

    {"lr_scheduler": "cosine", "lr_warmup": 10, "epoch": 15, "max_train_steps": "", "unet_lr": 0}

What is empty or 0 there is left out; lr_warmup is in percent of the run, which is as many epochs
as the GUI counts its images for unless max_train_steps or max_train_epochs says how long it is.
Source: kohya_ss 25, kohya_gui/lora_gui.py and its siblings.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot.formats._shared.batches import told
from lrplot.formats._shared.keys import Section
from lrplot.syntax.tree import Node, to_tree

if TYPE_CHECKING:
    from lrplot.plan import Given

__all__ = ["MARKS", "handed_on"]

MARKS = ("lr_warmup", "LoRA_type", "num_cpu_threads_per_process")  # no options of sd-scripts

_LENGTHS = ("max_train_steps", "max_train_epochs")
_RATES = ("unet_lr", "text_encoder_lr")  # both 0: learning_rate is that of both networks
_LISTS = ("optimizer_args", "lr_scheduler_args")


def handed_on(saved: Section, given: Given) -> Section:
    """Return the options of sd-scripts that the GUI makes of what it has saved."""
    gui = _without(saved, {key for key, node in saved.entries.items() if node.value == ""})
    unset = {key for key in (*_LENGTHS, "lr_warmup_steps") if not gui.count(key, 0)}
    if not any(gui.number(key, 0.0) for key in _RATES):
        unset |= {*_RATES}
    gui = _without(gui, unset)
    made = _lists(gui) | _length(gui, given) | _warmup(gui)
    if "optimizer" in gui:
        made["optimizer_type"] = gui.entries["optimizer"]
    options = gui.entries | made
    options.pop("lr_warmup", None)
    return Section(Node(options, saved.node.where, keys=saved.node.keys))


def _without(section: Section, unset: set[str]) -> Section:
    kept = {key: node for key, node in section.entries.items() if key not in unset}
    return Section(Node(kept, section.node.where, keys=section.node.keys))


def _lists(gui: Section) -> dict[str, Node]:
    """Return the lists that the GUI holds as a text: "relative_step=False warmup_init=False"."""
    texts = {key: gui.entries[key] for key in _LISTS if key in gui}
    return {
        key: to_tree(node.value.replace('"', "").split(), node.where)
        for key, node in texts.items()
        if isinstance(node.value, str)
    }


def _length(gui: Section, given: Given) -> dict[str, Node]:
    """Return the epochs that make the run, and as many cycles, where nothing else is said."""
    epochs = to_tree(gui.count("epoch", 1), gui.where("epoch"))
    made = {} if "lr_scheduler_num_cycles" in gui else {"lr_scheduler_num_cycles": epochs}
    if not any(key in gui for key in (*_LENGTHS, "dataset_config")):
        made |= {"max_train_epochs": epochs} | _updates(gui, epochs, given)
    return made


def _updates(gui: Section, epochs: Node, given: Given) -> dict[str, Node]:
    """Return the updates that the GUI makes of its images, on however many GPUs they are."""
    each = given.batch_size or told(gui, "train_batch_size", 1)
    times = given.accumulate or told(gui, "gradient_accumulation_steps", 1)
    if given.dataset_size is None or given.max_epochs or not (each and times):
        return {}
    updates = math.ceil(given.dataset_size / each / times * epochs.value)
    return {
        "max_train_steps": to_tree(updates, epochs.where),
        "max_train_epochs": Node(None, epochs.where),
    }


def _warmup(gui: Section) -> dict[str, Node]:
    """Return the warm-up: a part of the run, none where the scheduler is constant."""
    if gui.text("lr_scheduler") == "constant":
        return {"lr_warmup_steps": to_tree(0, gui.where("lr_scheduler"))}
    if "lr_warmup_steps" in gui or "lr_warmup" not in gui:
        return {}
    return {"lr_warmup_steps": to_tree(gui.number("lr_warmup") / 100, gui.where("lr_warmup"))}
