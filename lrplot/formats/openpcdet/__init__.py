"""OpenPCDet's YAML configs: OPTIMIZATION, with a one cycle of fastai's or a step decay.

    OPTIMIZATION: {OPTIMIZER: adam_onecycle, LR: 0.01, NUM_EPOCHS: 80, PCT_START: 0.4, ...}

The one cycle (adam_onecycle) has no use for DECAY_STEP_LIST, LR_DECAY and LR_CLIP, which most
configs hold all the same. Source: OpenPCDet, tools/train_utils/optimization and train_utils.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import placed
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "openpcdet"
NEEDS = "an OpenPCDet config has OPTIMIZATION with OPTIMIZER, LR and NUM_EPOCHS or PCT_START"

_THIRD = ("NUM_EPOCHS", "PCT_START", "DECAY_STEP_LIST")  # older ones leave the epochs to --epochs
_ONE_CYCLE = "adam_onecycle"
_OPTIMIZERS = (_ONE_CYCLE, "adam", "sgd")
_SHAPING = (
    "NUM_EPOCHS",
    "OPTIMIZER",
    "LR",
    "PCT_START",
    "DIV_FACTOR",
    "DECAY_STEP_LIST",
    "LR_DECAY",
    "LR_CLIP",
    "LR_WARMUP",
    "WARMUP_EPOCH",
    "WARMUP_ITER",
)
_STARTING = ("LR", "DECAY", "WARMUP", "PCT", "DIV", "SCHED", "STEP", "NUM_EPOCH", "OPTIM")
_KEY_OF = {
    "pct_start": "PCT_START",
    "div_factor": "DIV_FACTOR",
    "gamma": "LR_DECAY",
    "milestones": "DECAY_STEP_LIST",
    "min_lr": "LR_CLIP",
    "max_iters": "NUM_EPOCHS",
}
_END_NOTE = "there is no rate after the last update: the value at the run's end is the formula's"


def detect(tree: Node) -> str | None:
    """Say why the tree is an OpenPCDet config; None where it is not."""
    node = Section(tree).get("OPTIMIZATION")
    if node is None or not isinstance(node.value, dict):
        return None
    third = next((key for key in _THIRD if key in node.value), None)
    if third is None or not {"OPTIMIZER", "LR"} <= node.value.keys():
        return None
    return f"an OpenPCDet config: it has OPTIMIZATION with OPTIMIZER, LR and {third}"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how OpenPCDet makes batches of samples."""
    del given
    optimization = Section(tree).section("OPTIMIZATION")
    return {"batch_size": optimization.count("BATCH_SIZE_PER_GPU", None, least=1)}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    section = Section(tree).section("OPTIMIZATION")
    section.starting(*_STARTING).refuse_others(*_SHAPING)
    optimizer = section.choice("OPTIMIZER", _OPTIMIZERS)
    rate = section.number("LR") if given.base_lr is None else given.base_lr
    epochs = epochs_of(section, "NUM_EPOCHS", given)
    with placed(section, _KEY_OF):
        if optimizer == _ONE_CYCLE:
            axis = _one_cycle(section, epochs, given)
        else:
            axis = by_epoch(_steps(section), epochs, given)
    return Plan(
        schedule=axis.schedule,
        base_lr=rate,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"OpenPCDet {optimizer}",
        notes=axis.notes,
    )


def _one_cycle(section: Section, epochs: int, given: Given) -> Axis:
    from lrplot.formats.openpcdet._curves import OneCycle

    per_epoch = given.need("iters_per_epoch", f"{_ONE_CYCLE}, which counts updates,")
    schedule = OneCycle(
        max_iters=epochs * per_epoch,
        pct_start=section.number("PCT_START"),
        div_factor=section.number("DIV_FACTOR"),
    )
    unused = ("DECAY_STEP_LIST", "LR_DECAY", "LR_CLIP", "LR_WARMUP", "WARMUP_EPOCH")
    found = ", ".join(key for key in unused if key in section)
    notes = [f"OPTIMIZATION: {found} not used by {_ONE_CYCLE}"] if found else []
    axis = by_update(schedule, epochs, per_epoch, given)
    return axis._replace(notes=(*notes, _END_NOTE))


def _steps(section: Section) -> Schedule:
    """Return the decay at the epochs listed, which ends at LR_CLIP."""
    from lrplot.schedules.combine import Chain, Clip
    from lrplot.schedules.steps import MultiStep

    if section.flag("LR_WARMUP", default=False):
        message = "is not read: OpenPCDet's own code fails at it with any optimizer but"
        raise section.wrong("LR_WARMUP", f"{message} {_ONE_CYCLE}")
    marks = section.numbers("DECAY_STEP_LIST")
    if any(mark != int(mark) or mark < 0 for mark in marks):
        raise section.wrong("DECAY_STEP_LIST", "must hold whole epochs")
    floor = Clip(min_lr=section.number("LR_CLIP"))
    if not marks:
        return floor
    steps = tuple(sorted(map(int, marks)))
    levels = MultiStep(milestones=steps, gamma=section.number("LR_DECAY"))
    return Chain(schedules=(levels, floor))
