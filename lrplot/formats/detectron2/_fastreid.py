"""fast-reid's SOLVER, detectron2's dialect for runs that are counted in epochs.

The warm-up counts updates; the decay counts the epochs that end once it is over, and after
DELAY_EPOCHS. Source: fastreid 1.4, fastreid/solver/build.py, config/defaults.py and the LRScheduler
of engine/hooks.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import per_gpu, told
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import defaulted, numbers, placed
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.formats._shared.keys import Section
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["SIGN", "loading_of", "read_solver"]

SIGN = "MAX_EPOCH"  # where detectron2 has MAX_ITER

_RATE, _EPOCHS, _IMAGES = 3e-4, 120, 64
_RULE = Rule(name="fast-reid", divisions=(Division(("gpus", "batch_size"), "down"),))
_SCHEDULERS = ("MultiStepLR", "CosineAnnealingLR")
_SHAPING = (
    SIGN,
    "BASE_LR",
    "SCHED",
    "STEPS",
    "GAMMA",
    "ETA_MIN_LR",
    "DELAY_EPOCHS",
    "WARMUP_FACTOR",
    "WARMUP_ITERS",
    "WARMUP_METHOD",
    "BIAS_LR_FACTOR",
    "HEADS_LR_FACTOR",
)
_BESIDE = (
    "OPT",
    "MOMENTUM",
    "NESTEROV",
    "WEIGHT_DECAY",
    "WEIGHT_DECAY_NORM",
    "WEIGHT_DECAY_BIAS",
    "FREEZE_ITERS",
    "CHECKPOINT_PERIOD",
    "IMS_PER_BATCH",
    "CLIP_GRADIENTS",
    "AMP",
)
_KEY_OF = {
    "milestones": "STEPS",
    "gamma": "GAMMA",
    "t_max": SIGN,
    "T_max": SIGN,
    "warmup_ratio": "WARMUP_FACTOR",
}


def loading_of(section: Section, given: Given) -> dict[str, Any]:
    """Return how images are dealt out to the GPUs: whole batches, with none left over."""
    total = told(section, "IMS_PER_BATCH", _IMAGES)
    each = per_gpu(section, "IMS_PER_BATCH", total, given)
    return {"batch_size": each, "of_all_gpus": total, "rule": _RULE}


def read_solver(section: Section, given: Given, notes: list[str]) -> Plan:
    """Return the plan of a SOLVER that has MAX_EPOCH; raise InputError."""
    section.refuse_others(*_SHAPING, *_BESIDE)
    rate = section.number("BASE_LR", _RATE) if given.base_lr is None else given.base_lr
    epochs = epochs_of(section, SIGN, given, _EPOCHS)
    name = section.choice("SCHED", _SCHEDULERS, "MultiStepLR")
    why = "fast-reid, which warms up by updates and decays by epochs,"
    per_epoch = given.need("iters_per_epoch", why)
    with placed(section, _KEY_OF):
        schedule = _schedule(section, name, epochs, per_epoch)
    plan = Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=given.max_iters or epochs * per_epoch,
        iters_per_epoch=per_epoch,
        convention=f"fast-reid 1.4 {name}",
        notes=(*notes, *_defaults(section, name)),
    )
    return msgspec.structs.replace(plan, groups=_groups(plan, section))


def _schedule(section: Section, name: str, epochs: int, per_epoch: int) -> Schedule:
    from lrplot.schedules.combine import Chain, PerEpoch, Sequence
    from lrplot.schedules.decay import Constant

    warmup = section.count("WARMUP_ITERS", 1000)
    warming, delay = -(-warmup // per_epoch), section.count("DELAY_EPOCHS", 0)
    decay = _decay(section, name, epochs - max(warming, delay))
    held = max(warming - 1, delay)  # the epoch in which the warm-up ends counts already
    if held:
        decay = Sequence(schedules=(Constant(), decay), milestones=(held,))
    clocked = PerEpoch(schedule=decay, iters_per_epoch=per_epoch)
    if not warmup:
        return clocked
    return Chain(schedules=(_warmup(section, warmup), clocked))


def _decay(section: Section, name: str, epochs: int) -> Schedule:
    """Return the decay, whose steps are the epochs that it counts."""
    from lrplot.frameworks import torch
    from lrplot.frameworks.calls import OPTIMIZER

    if name == "CosineAnnealingLR":
        if epochs < 1:
            raise section.wrong(SIGN, "leaves no epoch for the cosine")
        return torch.CosineAnnealingLR(OPTIMIZER, epochs, section.number("ETA_MIN_LR", 1e-7))
    steps = numbers(section, "STEPS", (30, 55))
    return torch.MultiStepLR(OPTIMIZER, [*steps], section.number("GAMMA", 0.1))


def _warmup(section: Section, updates: int) -> Schedule:
    from lrplot.schedules.warmup import ConstantWarmup, ExpWarmup, LinearWarmup

    kinds = {"linear": LinearWarmup, "constant": ConstantWarmup, "exp": ExpWarmup}
    kind = kinds[section.choice("WARMUP_METHOD", kinds, "linear")]
    return kind(warmup_steps=updates, warmup_ratio=section.number("WARMUP_FACTOR", 0.1))


def _defaults(section: Section, name: str) -> list[str]:
    shaping: dict[str, dict[str, object]] = {
        "MultiStepLR": {"STEPS": "[30, 55]", "GAMMA": 0.1},
        "CosineAnnealingLR": {"ETA_MIN_LR": 1e-7},
    }
    warmup: dict[str, object] = {"WARMUP_ITERS": 1000, "WARMUP_FACTOR": 0.1}
    return defaulted(section, {"BASE_LR": _RATE, **shaping[name], **warmup}, "fast-reid")


def _groups(plan: Plan, section: Section) -> tuple[Plan, ...]:
    """Return the curves of the biases and the heads, where a factor sets them apart."""
    keys = {"bias": "BIAS_LR_FACTOR", "heads": "HEADS_LR_FACTOR"}
    factors = {name: section.number(key, 1.0) for name, key in keys.items()}
    return tuple(
        msgspec.structs.replace(plan, name=name, base_lr=plan.base_lr * factor)
        for name, factor in factors.items()
        if factor != 1.0
    )
