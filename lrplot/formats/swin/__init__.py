"""Swin Transformer's YAML configs: TRAIN over the defaults of config.py, scaled by the batch.

Sources: Swin-Transformer, config.py, lr_scheduler.py and main.py, with the timm 0.4.12 it asks for.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import defaulted, numbers, placed
from lrplot.frameworks.axis import by_update
from lrplot.plan import Plan
from lrplot.syntax.includes import with_bases

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "swin"
NEEDS = "a Swin config has MODEL.TYPE: swin, or TRAIN with BASE_LR and WARMUP_EPOCHS"

_MODELS = ("swin", "swinv2", "swin_mlp", "swin_moe")
_EVIDENCE = ("BASE_LR", "WARMUP_LR", "WARMUP_EPOCHS", "MIN_LR")
_SHAPING = ("EPOCHS", *_EVIDENCE, "ACCUMULATION_STEPS", "LR_SCHEDULER", "LAYER_DECAY")
_BESIDE = (
    "START_EPOCH",
    "WEIGHT_DECAY",
    "CLIP_GRAD",
    "AUTO_RESUME",
    "USE_CHECKPOINT",
    "OPTIMIZER",
    "MOE",
)
_SCHEDULER = ("NAME", "DECAY_EPOCHS", "DECAY_RATE", "WARMUP_PREFIX", "GAMMA", "MULTISTEPS")
_DECAYING = ("cosine", "linear")  # over what the warm-up leaves
_WHOLE = ("EPOCHS", "WARMUP_EPOCHS", "ACCUMULATION_STEPS", "DECAY_EPOCHS")
_FLOATS = ("BASE_LR", "WARMUP_LR", "MIN_LR", "DECAY_RATE", "GAMMA")
_TYPES: dict[str, type] = {**dict.fromkeys(_WHOLE, int), **dict.fromkeys(_FLOATS, float)}
_KEY_OF = {
    "t_initial": "EPOCHS",
    "max_iters": "EPOCHS",
    "warmup_t": "WARMUP_EPOCHS",
    "warmup_steps": "WARMUP_EPOCHS",
    "warmup_lr_init": "WARMUP_LR",
    "start_lr": "WARMUP_LR",
    "lr_min": "MIN_LR",
    "decay_t": "LR_SCHEDULER.DECAY_EPOCHS",
    "decay_rate": "LR_SCHEDULER.DECAY_RATE",
    "gamma": "LR_SCHEDULER.GAMMA",
    "milestones": "LR_SCHEDULER.MULTISTEPS",
}


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run in updates, and its rates as the batch scales them."""

    per_epoch: int
    steps: int
    warmup: int
    base_lr: float
    warmup_lr: float
    min_lr: float


RULE = Rule(
    name="Swin's main.py",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",), "down"),
        Division(("accumulate",), "down"),
    ),
)


def detect(tree: Node) -> str | None:
    """Say why the tree is a Swin config; None where it is not."""
    top = Section(tree)
    parts = {key: top.get(key) for key in ("TRAIN", "MODEL")}
    inner = {
        key: Section(node)
        for key, node in parts.items()
        if node is not None and isinstance(node.value, dict)
    }
    if "TRAIN" in inner:
        found = inner["TRAIN"].first(*_EVIDENCE)
        if found in inner["TRAIN"]:
            return f"a Swin config: it has TRAIN.{found}"
    model = inner["MODEL"].get("TYPE") if "MODEL" in inner else None
    if model is not None and model.value in _MODELS:
        return f"a Swin config: it has MODEL.TYPE: {model.value}"
    return None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how Swin makes updates of samples."""
    del given
    top = Section(tree)
    return {
        "batch_size": top.section("DATA").count("BATCH_SIZE", 128, least=1),
        "accumulate": top.section("TRAIN").count("ACCUMULATION_STEPS", 1, least=1),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(with_bases(tree, "BASE"))
    train = top.section("TRAIN")
    train.refuse_others(*_SHAPING, *_BESIDE)
    scheduler = train.section("LR_SCHEDULER")
    scheduler.refuse_others(*_SCHEDULER)
    _as_typed(train)
    _as_typed(scheduler)
    epochs = epochs_of(train, "EPOCHS", given, 300)
    notes: list[str] = []
    run = _run(top, train, epochs, given, notes)
    axis = by_update(_schedule(train, scheduler, run), epochs, run.per_epoch, given)
    if train.number("LAYER_DECAY", 1.0) != 1.0:
        notes.append("LAYER_DECAY gives each layer a rate of its own; this is the last layer's")
    return Plan(
        schedule=axis.schedule,
        base_lr=run.base_lr,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"Swin-Transformer {scheduler.text('NAME', 'cosine')}",
        notes=(*notes, *_missing(train, given), _LATE),
    )


def _as_typed(section: Section) -> None:
    """Refuse a float for a whole number, and the reverse, as yacs does."""
    for key in section:
        wanted, value = _TYPES.get(key), section.entries[key].value
        if wanted and type(value) in {int, float} and type(value) is not wanted:
            message = f"must be {'an int' if wanted is int else 'a float'}, got {value!r}"
            raise section.wrong(key, message, "yacs does not take one for the other")


_LATE = "the rate is set after the update it is meant for: each comes an update late"


def _run(top: Section, train: Section, epochs: int, given: Given, notes: list[str]) -> _Run:
    """Return the run; accumulation makes the batch, and with it the rates, so many times larger."""
    per_epoch = given.need("iters_per_epoch", "Swin, which is stepped at every update,")
    accumulate = given.accumulate or train.count("ACCUMULATION_STEPS", 1, least=1)
    written = train.number("BASE_LR", 5e-4)
    scale = _scale(top, written, accumulate, given, notes)
    if accumulate > 1:
        notes.append("exact where the batches of an epoch are a multiple of ACCUMULATION_STEPS")
    return _Run(
        per_epoch=per_epoch,
        steps=epochs * per_epoch,
        warmup=int(train.number("WARMUP_EPOCHS", 20) * per_epoch),
        base_lr=written * scale if given.base_lr is None else given.base_lr,
        warmup_lr=train.number("WARMUP_LR", 5e-7) * scale,
        min_lr=train.number("MIN_LR", 5e-6) * scale,
    )


def _scale(top: Section, written: float, accumulate: int, given: Given, notes: list[str]) -> float:
    """Return what the three rates are multiplied by: the batch over all GPUs by 512."""
    if given.gpus is None and given.base_lr is not None and written:
        notes.append("WARMUP_LR and MIN_LR are scaled as --base-lr scales BASE_LR")
        return given.base_lr / written
    gpus = given.need("gpus", "Swin, which scales its rates by the batch over all GPUs,")
    each = given.batch_size or top.section("DATA").count("BATCH_SIZE", 128, least=1)
    batch = each * gpus * accumulate
    notes.append(f"BASE_LR, WARMUP_LR and MIN_LR are multiplied by {batch}/512, the batch by 512")
    return float(each * gpus / 512.0 * accumulate)


def _schedule(train: Section, scheduler: Section, run: _Run) -> Schedule:
    from lrplot.formats.swin._curves import Belated

    name = scheduler.choice("NAME", _SCHEDULES, "cosine")
    prefix = name == "linear" or scheduler.flag("WARMUP_PREFIX", default=True)
    if name in _DECAYING and prefix and run.warmup >= run.steps:
        message = f"leaves nothing of the run: {run.warmup:,} of {run.steps:,} updates"
        raise train.wrong("WARMUP_EPOCHS", message)
    with placed(train, _KEY_OF):
        return Belated(schedule=_SCHEDULES[name](scheduler, run))


def _cosine(scheduler: Section, run: _Run) -> Schedule:
    from lrplot.frameworks import timm
    from lrplot.frameworks.calls import OPTIMIZER

    prefix = scheduler.flag("WARMUP_PREFIX", default=True)
    return timm.CosineLRScheduler(
        OPTIMIZER,
        t_initial=run.steps - run.warmup if prefix else run.steps,
        lr_min=run.min_lr,
        warmup_t=run.warmup,
        warmup_lr_init=run.warmup_lr,
        warmup_prefix=prefix,
    )


def _step(scheduler: Section, run: _Run) -> Schedule:
    from lrplot.frameworks import timm
    from lrplot.frameworks.calls import OPTIMIZER

    return timm.StepLRScheduler(
        OPTIMIZER,
        decay_t=int(scheduler.number("DECAY_EPOCHS", 30) * run.per_epoch),
        decay_rate=scheduler.number("DECAY_RATE", 0.1),
        warmup_t=run.warmup,
        warmup_lr_init=run.warmup_lr,
        warmup_prefix=False,  # which that timm did not know
    )


def _linear(scheduler: Section, run: _Run) -> Schedule:
    from lrplot.schedules.decay import Linear

    del scheduler
    return _warmed(Linear(max_iters=run.steps - run.warmup, end_lr=0.01 * run.base_lr), run)


def _multistep(scheduler: Section, run: _Run) -> Schedule:
    from lrplot.schedules.steps import MultiStep

    marks = [mark * run.per_epoch for mark in numbers(scheduler, "MULTISTEPS", ())]
    if not marks or run.warmup > min(marks):
        raise scheduler.wrong("MULTISTEPS", "must hold epochs, none of them within the warm-up")
    gamma = scheduler.number("GAMMA", 0.1)
    milestones = tuple(math.ceil(mark) - run.warmup for mark in marks)
    return _warmed(MultiStep(milestones=milestones, gamma=gamma), run)


def _warmed(then: Schedule, run: _Run) -> Schedule:
    from lrplot.schedules.warmup import LinearWarmup

    return LinearWarmup(warmup_steps=run.warmup, start_lr=run.warmup_lr, then=then)


_SCHEDULES = {"cosine": _cosine, "linear": _linear, "step": _step, "multistep": _multistep}


def _missing(train: Section, given: Given) -> list[str]:
    defaults = {"WARMUP_EPOCHS": 20, "BASE_LR": 0.0005, "WARMUP_LR": 5e-07, "MIN_LR": 5e-06}
    epochs = {"EPOCHS": 300} if given.max_epochs is None else {}
    return defaulted(train, {**epochs, **defaults}, "Swin")
