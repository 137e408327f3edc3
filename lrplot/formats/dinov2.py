"""dinov2's YAML configs: optim over ssl_default_config.yaml, scaled by the batch.

Sources: dinov2, dinov2/train/train.py, utils/config.py, utils/utils.py and
configs/ssl_default_config.yaml.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot.formats._shared.batches import refuse_size, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import defaulted, placed
from lrplot.frameworks.axis import by_update
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.formats._shared.batches import Batches
    from lrplot.plan import Given
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "dinov2"
NEEDS = "a dinov2 config has optim with base_lr or epochs, and student, teacher, dino or ibot"

_OTHERS = ("student", "teacher", "dino", "ibot", "crops")
_SHAPING = ("epochs", "base_lr", "warmup_epochs", "min_lr", "scaling_rule")
_BESIDE = (  # lr is what the scaling rule overwrites
    "lr",
    "weight_decay",
    "weight_decay_end",
    "clip_grad",
    "adamw_beta1",
    "adamw_beta2",
)
_OTHER_RATES = ("freeze_last_layer_epochs", "patch_embed_lr_mult", "layerwise_decay")
_RULE = "sqrt_wrt_1024"
_BATCH, _EPOCH = 64, "OFFICIAL_EPOCH_LENGTH"
_KEY_OF = {"max_iters": "epochs", "warmup_steps": "warmup_epochs", "eta_min": "min_lr"}


def detect(tree: Node) -> str | None:
    """Say why the tree is a dinov2 config; None where it is not."""
    top = Section(tree)
    tables = {key for key, node in top.entries.items() if isinstance(node.value, dict)}
    others = [key for key in _OTHERS if key in tables]
    if "optim" in tables and others:
        found = top.section("optim").first("base_lr", "scaling_rule", "warmup_epochs", "epochs")
        if found in top.section("optim"):
            return f"a dinov2 config: it has optim.{found} and {others[0]}"
    if "train" in tables and others:
        found = top.section("train").first("OFFICIAL_EPOCH_LENGTH", "batch_size_per_gpu")
        if found in top.section("train"):
            return f"a dinov2 config: it has train.{found} and {others[0]}"
    return None


def loading(tree: Node, given: Given) -> Batches:
    """Return a GPU's images; an epoch has as many updates as the file says, whatever the data."""
    train = within(Section(tree), "train")
    refuse_size(train, _EPOCH, given, "is the length of an epoch")
    return {"batch_size": told(train, "batch_size_per_gpu", _BATCH)}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    from lrplot.formats.swin._curves import LinspaceCosine

    top = Section(tree)
    optim, train = top.section("optim"), top.section("train")
    optim.refuse_others(*_SHAPING, *_BESIDE, *_OTHER_RATES)
    epochs = epochs_of(optim, "epochs", given, 100)
    per_epoch = given.iters_per_epoch or train.count(_EPOCH, 1250, least=1)
    notes: list[str] = []
    base_lr = _base_lr(optim, train, given, notes)
    warmup = optim.count("warmup_epochs", 10) * per_epoch
    if warmup > epochs * per_epoch:
        raise optim.wrong("warmup_epochs", f"must not exceed the {epochs} epochs of the run")
    with placed(optim, _KEY_OF):
        schedule = LinspaceCosine(
            max_iters=epochs * per_epoch,
            warmup_steps=warmup,
            eta_min=optim.number("min_lr", 1e-6),
        )
    axis = by_update(schedule, epochs, per_epoch, given)
    return Plan(
        schedule=axis.schedule,
        base_lr=base_lr,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention="dinov2 CosineScheduler",
        notes=(*notes, *_notes(optim, train, given)),
    )


def _base_lr(optim: Section, train: Section, given: Given, notes: list[str]) -> float:
    """Return base_lr, scaled by the square root of the batch over all GPUs by 1024."""
    optim.choice("scaling_rule", (_RULE,), _RULE)
    if given.base_lr is not None:
        return given.base_lr
    gpus = given.need("gpus", "dinov2, which scales base_lr by the batch over all GPUs,")
    each = given.batch_size or train.count("batch_size_per_gpu", _BATCH, least=1)
    written = optim.number("base_lr", 0.004)
    notes.append(f"base_lr, {written:g}, is multiplied by sqrt({each * gpus}/1024); min_lr is not")
    return float(written * math.sqrt(each * gpus / 1024.0))


def _notes(optim: Section, train: Section, given: Given) -> list[str]:
    """Say what is dinov2's default, and which parameters have other rates."""
    defaults: dict[str, object] = {"warmup_epochs": 10, "min_lr": 1e-06}
    defaults |= {"base_lr": 0.004} if given.base_lr is None else {}
    defaults |= {"epochs": 100} if given.max_epochs is None else {}
    notes = defaulted(optim, defaults, "dinov2")
    if given.iters_per_epoch is None:
        notes += defaulted(train, {_EPOCH: 1250}, "dinov2")
    frozen = optim.count("freeze_last_layer_epochs", 1)
    if frozen:
        notes.append(f"the last layer's rate is 0 for the first epochs: {frozen}")
    decay = optim.number("layerwise_decay", 0.9)
    if decay != 1.0:
        notes.append(f"each layer below the last has {decay:g} times the rate of the one above it")
    return notes
