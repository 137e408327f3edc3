"""ESPnet2's YAML configs: scheduler and scheduler_conf, of ESPnet's own or torch's.

    optim_conf: {lr: 0.0025}
    scheduler: warmuplr
    scheduler_conf: {warmup_steps: 40000}
    max_epoch: 50

ESPnet's own are stepped at every update, most of torch's once an epoch. Source: ESPnet 202511,
espnet2/schedulers, espnet2/tasks/abs_task.py and espnet2/train/trainer.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import per_gpu, refuse_size, told
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import placed
from lrplot.formats.wenet import planned
from lrplot.frameworks.axis import by_epoch
from lrplot.plan import Plan
from lrplot.syntax.tree import Call, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "espnet"
NEEDS = "an ESPnet config has optim_conf and scheduler, or optim_conf, optim and max_epoch"

_BESIDE = ("best_model_criterion", "keep_nbest_models", "batch_bins", "batch_type")
_COUNTED = ("unsorted", "sorted")  # the other types of batch go by the samples' lengths
_EPOCHS, _BATCH = 40, 20
RULE = Rule(  # the samples left over go to the batches before them
    name="ESPnet",
    divisions=(Division(("gpus", "batch_size"), "down"), Division(("accumulate",), "down")),
)
_WARMUP = 25_000
_RATES = {"adadelta": 1.0, "sgd": 0.1, "adam": 0.001, "adamw": 0.001, "adamax": 0.002}
_PER_EPOCH = {
    "reducelronplateau": "ReduceLROnPlateau",
    "steplr": "StepLR",
    "multisteplr": "MultiStepLR",
    "exponentiallr": "ExponentialLR",
    "cosineannealinglr": "CosineAnnealingLR",
}
_WATCHING = ("warmupreducelronplateau",)
_PER_UPDATE = {
    "cycliclr": "CyclicLR",
    "onecyclelr": "OneCycleLR",
    "cosineannealingwarmrestarts": "CosineAnnealingWarmRestarts",
}


def detect(tree: Node) -> str | None:
    """Say why the tree is an ESPnet config; None where it is not (wenet's has dataset_conf)."""
    top = Section(tree)
    optimizer, name = top.get("optim_conf"), top.get("scheduler")
    if "dataset_conf" in top or (optimizer is not None and not isinstance(optimizer.value, dict)):
        return None
    if name is None:
        return _without_scheduler(top)
    if optimizer is None or not isinstance(name.value, str):
        return None
    return f"an ESPnet config: it has optim_conf and scheduler: {name.value}"


def _without_scheduler(top: Section) -> str | None:
    """Say why it is a config all the same, which trains at one rate."""
    if "optim" not in top or "max_epoch" not in top:
        return None
    beside = next((key for key in ("optim_conf", *_BESIDE) if key in top), None)
    return f"an ESPnet config: it has optim, {beside} and max_epoch" if beside else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how ESPnet makes updates of samples, of whose batches each GPU has a part."""
    top = Section(tree)
    if "num_iters_per_epoch" in top:
        refuse_size(top, "num_iters_per_epoch", given, "is the length of an epoch")
    total, times = told(top, "batch_size", _BATCH), told(top, "accum_grad", 1)
    sizes: dict[str, Any] = {"accumulate": times, "rule": RULE}
    if total is None or top.text("batch_type", "folded") not in _COUNTED:
        return sizes
    each = per_gpu(top, "batch_size", total, given)
    return {**sizes, "batch_size": each, "of_all_gpus": total * times if times else None}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    notes: list[str] = []
    rate = _rate(top, notes) if given.base_lr is None else given.base_lr
    epochs, per_epoch = epochs_of(top, "max_epoch", given, _EPOCHS), _per_epoch(top, given)
    if "max_epoch" not in top and given.max_epochs is None:
        notes.append(f"max_epoch is not in the file; ESPnet's default is {_EPOCHS}")
    if "scheduler2" in top:
        notes.append("optim2 has a schedule of its own (scheduler2), which is not shown")
    written = str(top.text("scheduler", "")).lower()
    given = msgspec.structs.replace(given, base_lr=rate, iters_per_epoch=per_epoch)
    if written and written not in _OWN:
        return _torch(top, written, given, epochs, notes)
    section = top.section("scheduler_conf")
    with placed(section, {}):
        schedule = _OWN[written](section)
    return planned(
        schedule,
        given,
        rate=rate,
        epochs=epochs,
        per_epoch=per_epoch,
        convention=f"ESPnet 202511 {written or 'without a scheduler'}",
        notes=tuple(notes),
    )


def _rate(top: Section, notes: list[str]) -> float:
    """Return the optimizer's rate, which torch's default stands in for."""
    section, optimizer = top.section("optim_conf"), str(top.text("optim", "adadelta")).lower()
    if "lr" in section or optimizer not in _RATES:
        return float(section.number("lr"))
    notes.append(
        f"optim_conf.lr is not in the file; {optimizer}'s default is {_RATES[optimizer]:g}"
    )
    return _RATES[optimizer]


def _per_epoch(top: Section, given: Given) -> int | None:
    """Return the updates in an epoch: of its batches, those that complete an accumulation."""
    if given.iters_per_epoch is not None or "num_iters_per_epoch" not in top:
        return given.iters_per_epoch
    batches = top.count("num_iters_per_epoch", least=1)
    return max(1, int(batches // (given.accumulate or top.count("accum_grad", 1, least=1))))


def _torch(top: Section, written: str, given: Given, epochs: int, notes: list[str]) -> Plan:
    """Return the plan of a scheduler of torch's, by epochs or updates as the trainer steps it."""
    from lrplot.frameworks.calls import read_node

    if written in _WATCHING:
        message = f"{written} is stepped by what each validation finds, so no file tells its rate"
        raise top.wrong("scheduler", message)
    name = {**_PER_EPOCH, **_PER_UPDATE}.get(written)
    if name is None:
        known = [*filter(None, _OWN), *_PER_EPOCH, *_PER_UPDATE]
        raise top.wrong("scheduler", f"{written} is not read", f"known: {', '.join(known)}")
    section = top.section("scheduler_conf")
    arguments = {str(key): _number(node) for key, node in section.entries.items()}
    call = Node(Call(f"torch.optim.lr_scheduler.{name}", (), arguments), section.node.where)
    if written in _PER_UPDATE:
        length = given.max_iters or (given.iters_per_epoch and epochs * given.iters_per_epoch)
        plan = read_node(call, msgspec.structs.replace(given, max_iters=length))
        return msgspec.structs.replace(plan, name="", notes=(*notes, *plan.notes))
    own = {"max_iters": epochs, "max_epochs": None, "iters_per_epoch": None}
    plan = read_node(call, msgspec.structs.replace(given, **own))
    axis = by_epoch(plan.schedule, epochs, given)
    return Plan(
        schedule=axis.schedule,
        base_lr=plan.base_lr,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"ESPnet 202511, {plan.convention}, once an epoch",
        notes=(*notes, *plan.notes, *axis.notes),
    )


def _number(node: Node) -> Node:
    """Return a text that spells a number ("2e-5") as that number."""
    if not isinstance(node.value, str):
        return node
    try:
        return msgspec.structs.replace(node, value=float(node.value))
    except ValueError:
        return node


def _constant(section: Section) -> Schedule:
    from lrplot.schedules.decay import Constant

    del section
    return Constant()


def _warmup(section: Section) -> float:
    warmup = float(section.number("warmup_steps", _WARMUP))
    if warmup <= 0:
        raise section.wrong("warmup_steps", f"must be above 0, got {warmup:g}")
    return warmup


def _warmup_root(section: Section) -> Schedule:
    from lrplot.formats.wenet._curves import WarmupRoot

    section.refuse_others("warmup_steps")
    return WarmupRoot(warmup_steps=_warmup(section), factor=math.sqrt(_warmup(section)))


def _noam(section: Section) -> Schedule:
    from lrplot.formats.wenet._curves import WarmupRoot

    section.refuse_others("warmup_steps", "model_size")
    size = section.number("model_size", 320.0)
    if size <= 0:
        raise section.wrong("model_size", f"must be above 0, got {size:g}")
    return WarmupRoot(warmup_steps=_warmup(section), factor=size**-0.5)


def _warmup_step(section: Section) -> Schedule:
    from lrplot.formats.espnet._curves import WarmupStep

    section.refuse_others("warmup_steps", "steps_per_epoch", "step_size", "gamma")
    return WarmupStep(
        warmup_steps=_warmup(section),
        steps_per_epoch=section.count("steps_per_epoch", 10_000),
        step_size=section.count("step_size", 1),
        gamma=section.number("gamma", 0.1),
    )


def _cosine_cycles(section: Section) -> Schedule:
    from lrplot.formats.espnet._curves import CosineCycles

    rates = ("max_lr", "min_lr", "warmup_steps", "gamma")
    section.refuse_others("first_cycle_steps", "cycle_mult", *rates)
    return CosineCycles(
        first_cycle_steps=section.count("first_cycle_steps"),
        cycle_mult=section.number("cycle_mult", 1.0),
        max_lr=section.number("max_lr", 0.1),
        min_lr=section.number("min_lr", 0.001),
        warmup_steps=section.count("warmup_steps", 0),
        gamma=section.number("gamma", 1.0),
    )


def _piecewise_warmup(section: Section) -> Schedule:
    from lrplot.formats.espnet._curves import PiecewiseWarmup

    section.refuse_others("warmup_steps_list", "warmup_lr_list")
    return PiecewiseWarmup(
        warmup_steps_list=section.numbers("warmup_steps_list", (0, 25_000)),
        warmup_lr_list=section.numbers("warmup_lr_list", (0.0, 0.001)),
    )


def _tri_stage(section: Section) -> Schedule:
    from lrplot.formats.espnet._curves import TriStage

    ratios = {"warmup_ratio": 0.1, "hold_ratio": 0.4, "decay_ratio": 0.5}
    scales = ("init_lr_scale", "final_lr_scale")
    section.refuse_others("max_steps", *ratios, *scales)
    total = section.count("max_steps", 25_000, least=1)
    shares = {key: section.number(key, default) for key, default in ratios.items()}
    if not math.isclose(sum(shares.values()), 1.0):
        message = "warmup_ratio, hold_ratio and decay_ratio must make 1 together"
        raise section.wrong("decay_ratio", message)
    warmup, hold = (int(total * shares[key]) for key in ("warmup_ratio", "hold_ratio"))
    with placed(section, {"decay_steps": "decay_ratio"}):
        return TriStage(
            warmup_steps=warmup,
            hold_steps=hold,
            decay_steps=total - warmup - hold,
            **{key: section.number(key, 0.01) for key in scales},
        )


def _exponential_decay(section: Section) -> Schedule:
    from lrplot.formats.espnet._curves import ExponentialDecay

    rates = ("max_lr", "min_lr")
    section.refuse_others(*rates, "total_steps", "warmup_steps", "warm_from_zero")
    return ExponentialDecay(
        total_steps=section.count("total_steps"),
        warmup_steps=section.count("warmup_steps", 0),
        warm_from_zero=section.flag("warm_from_zero", default=False),
        **{key: section.number(key) for key in rates},
    )


_OWN: dict[str, Callable[[Section], Schedule]] = {
    "": _constant,
    "warmuplr": _warmup_root,
    "noamlr": _noam,
    "warmupsteplr": _warmup_step,
    "cosineannealingwarmuprestarts": _cosine_cycles,
    "piecewiselinearwarmuplr": _piecewise_warmup,
    "tristagelr": _tri_stage,
    "exponentialdecaywarmup": _exponential_decay,
}
