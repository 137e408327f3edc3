"""timm's training arguments (`args.yaml`, `--config FILE`), as its train.py has them.

Sources: timm 1.0.31, timm/scheduler/scheduler_factory.py and the train.py of that release.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import defaulted, numbers, placed
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "timm"
NEEDS = "a timm args file has sched, or lr, epochs, opt and warmup_epochs"

_CYCLES = ("cosine", "tanh", "poly")
_SCHEDULES = (*_CYCLES, "step", "multistep", "plateau", "wsd", "rsqrt", "constant", "none")
_OURS = ("sched_on_updates", "warmup_prefix", "lr_base_size", "lr_cycle_mul", "lr_k_decay")
_SHAPING = (
    "sched",
    "sched_on_updates",
    "lr",
    "lr_base",
    "lr_base_size",
    "lr_base_scale",
    "lr_noise",
    "lr_noise_pct",
    "lr_noise_std",
    "lr_cycle_mul",
    "lr_cycle_decay",
    "lr_cycle_limit",
    "lr_k_decay",
    "lr_decay_fn",
    "lr_stable_timescale",
    "warmup_lr",
    "warmup_epochs",
    "warmup_prefix",
    "min_lr",
    "epochs",
    "decay_epochs",
    "decay_milestones",
    "decay_rate",
    "cooldown_epochs",
    "patience_epochs",
)
_SHAPING_PREFIXES = ("lr_", "sched_", "warmup_", "decay_", "cooldown_", "patience_")
_WARM_STABLE = ("wsd", "rsqrt")
_KEY_OF = {
    "t_initial": "epochs",
    "lr_min": "min_lr",
    "cycle_mul": "lr_cycle_mul",
    "cycle_decay": "lr_cycle_decay",
    "cycle_limit": "lr_cycle_limit",
    "k_decay": "lr_k_decay",
    "decay_t": "decay_epochs",
    "patience_t": "patience_epochs",
    "warmup_t": "warmup_epochs",
    "warmup_lr_init": "warmup_lr",
    "stable_timescale": "lr_stable_timescale",
    "decay_fn": "lr_decay_fn",
}


class _Clock(NamedTuple):
    """How many steps of the scheduler make an epoch, and the lengths counted in them."""

    per_epoch: int
    epochs: int
    warmup: float
    cooldown: float

    def steps(self, epochs: float) -> float:
        return epochs * self.per_epoch


RULE = Rule(
    name="timm's train.py",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",), "down"),
        Division(("accumulate",), "up"),
    ),
)


def detect(tree: Node) -> str | None:
    """Say why the tree is a timm args file; None where it is not."""
    keys, sched = set(Section(tree)), _sched(tree)
    if sched in _SCHEDULES:
        return f"a timm args file: it has sched: {sched}"
    ours = [key for key in _OURS if key in keys]
    if ours and {"lr", "epochs", "warmup_epochs", "lr_base"} & keys:
        return f"a timm args file: it has {ours[0]}"
    if {"lr", "epochs", "opt"} <= keys and {"warmup_epochs", "cooldown_epochs"} & keys:
        return "a timm args file: it has lr, epochs and opt beside warmup_epochs or cooldown_epochs"
    return None


def _sched(tree: Node) -> str | None:
    """Return the scheduler's name as it was written: "none" is nothing to YAML, but a name here."""
    node = tree.value.get("sched") if isinstance(tree.value, dict) else None
    return None if node is None else node.text


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how train.py makes updates of samples."""
    del given
    args = Section(tree)
    return {
        "batch_size": args.count("batch_size", 128, least=1),
        "accumulate": args.count("grad_accum_steps", 1, least=1),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of an args file; raise InputError."""
    args = Section(tree)
    _refuse_unknown(args)
    notes: list[str] = []
    base_lr = _base_lr(args, given, notes)
    sched = "none" if _sched(tree) == "none" else args.choice("sched", _SCHEDULES, "cosine")
    axis = _axis(args, sched, given)
    if args.number("layer_decay", 1.0) != 1.0:
        notes.append("layer_decay gives each layer a rate of its own; this is the last layer's")
    return Plan(
        schedule=axis.schedule,
        base_lr=base_lr,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"timm 1.0.31 train.py, sched {sched}",
        notes=(*notes, *_missing(args, sched), *axis.notes),
    )


def _missing(args: Section, sched: str) -> list[str]:
    """Say which of the keys that shape most schedules are train.py's own."""
    if sched == "none":
        return []
    warm = args.number("warmup_epochs", 5)
    warmup = {"warmup_epochs": 5, "warmup_lr": 1e-05} if warm else {}
    return defaulted(args, {"sched": "cosine", "epochs": 300, **warmup}, "train.py")


def _refuse_unknown(args: Section) -> None:
    """Refuse keys that by their names shape the rate, but are none of train.py's."""
    if "lr_noise" in args:
        message = "is not shown: the noise comes from torch's own random numbers"
        raise args.wrong("lr_noise", message, "leave it out to see the rate without noise")
    shaping = {
        key: node for key, node in args.entries.items() if str(key).startswith(_SHAPING_PREFIXES)
    }
    Section(msgspec.structs.replace(args.node, value=shaping)).refuse_others(*_SHAPING)


def _base_lr(args: Section, given: Given, notes: list[str]) -> float:
    """Return lr, or lr_base scaled by the batch over all GPUs where there is none."""
    if given.base_lr is not None:
        return given.base_lr
    rate = args.number("lr", 0.0)
    if rate:
        return float(rate)
    gpus = given.need("gpus", "lr, which is lr_base scaled by the batch over all GPUs,")
    each = given.batch_size or args.count("batch_size", 128, least=1)
    batch = each * gpus * (given.accumulate or args.count("grad_accum_steps", 1, least=1))
    ratio = batch / args.count("lr_base_size", 256, least=1)
    scale = args.text("lr_base_scale", "") or _scale_of(args.text("opt", "sgd"))
    rate = args.number("lr_base", 0.1) * (math.sqrt(ratio) if scale == "sqrt" else ratio)
    notes.append(f"lr is {rate:g}: lr_base scaled ({scale}) to a batch of {batch}")
    return float(rate)


def _scale_of(optimizer: str) -> str:
    """Return how train.py scales for an optimizer."""
    return "sqrt" if any(part in optimizer.lower() for part in ("ada", "lamb")) else "linear"


def _axis(args: Section, sched: str, given: Given) -> Axis:
    """Return the schedule on its steps: epochs, or updates with sched_on_updates."""
    epochs = epochs_of(args, "epochs", given, 300)
    warmup, cooldown = args.number("warmup_epochs", 5), args.number("cooldown_epochs", 0)
    if sched == "none":
        from lrplot.schedules.decay import Constant

        return by_epoch(Constant(), epochs, given)
    if not args.flag("sched_on_updates", default=False):
        clock = _Clock(1, epochs, warmup, cooldown)
        return by_epoch(_schedule(args, sched, clock, given), _total(args, sched, clock), given)
    if sched == "plateau":
        raise args.wrong("sched_on_updates", "does not go with sched: plateau, which counts epochs")
    per_epoch = given.need("iters_per_epoch", "sched_on_updates, a schedule in updates,")
    clock = _Clock(per_epoch, epochs, warmup * per_epoch, cooldown * per_epoch)
    total = _total(args, sched, clock) // per_epoch
    return by_update(_schedule(args, sched, clock, given), total, per_epoch, given)


def _total(args: Section, sched: str, clock: _Clock) -> float:
    """Return how many steps train.py trains: cycles, a cool-down, a warm-up that is a prefix."""
    prefix = args.flag("warmup_prefix", default=False)
    length, more = clock.steps(clock.epochs), clock.warmup if prefix else 0
    if sched in _WARM_STABLE:
        return length + more + clock.cooldown
    if sched not in _CYCLES:
        return length + more
    return _cycled(args, length) + more + clock.cooldown


def _cycled(args: Section, length: float) -> float:
    """Return how long the cycles take together."""
    cycles: int = max(1, args.count("lr_cycle_limit", 1))
    growth: float = args.number("lr_cycle_mul", 1.0)
    try:
        if growth == 1.0:
            return length * float(cycles)
        return math.floor(-length * (growth**cycles - 1) / (1 - growth))
    except OverflowError:
        raise args.wrong("lr_cycle_limit", "makes a run without end") from None


def _schedule(args: Section, sched: str, clock: _Clock, given: Given) -> Schedule:
    from lrplot.frameworks import timm
    from lrplot.frameworks.calls import OPTIMIZER

    shape, arguments = {
        "cosine": _cycles,
        "tanh": _cycles,
        "poly": _cycles,
        "step": _levels,
        "constant": _levels,
        "multistep": _milestones,
        "plateau": _plateau,
        "wsd": _warm_stable,
        "rsqrt": _warm_stable,
    }[sched](args, sched, clock)
    warmup: dict[str, Any] = {
        "warmup_t": clock.warmup,
        "warmup_lr_init": args.number("warmup_lr", 1e-5),
    }
    if sched == "plateau":
        warmup["given"] = given
    elif sched not in _WARM_STABLE:
        warmup["warmup_prefix"] = args.flag("warmup_prefix", default=False)
    with placed(args, _KEY_OF):
        schedule: Schedule = getattr(timm, f"{shape}LRScheduler")(OPTIMIZER, **warmup, **arguments)
        return schedule


def _cycles(args: Section, sched: str, clock: _Clock) -> tuple[str, dict[str, Any]]:
    arguments: dict[str, Any] = {
        "t_initial": clock.steps(clock.epochs),
        "lr_min": args.number("min_lr", 0.0),
        "cycle_mul": args.number("lr_cycle_mul", 1.0),
        "cycle_decay": args.number("lr_cycle_decay", 0.5),
        "cycle_limit": args.count("lr_cycle_limit", 1),
    }
    if sched != "tanh":
        arguments["k_decay"] = args.number("lr_k_decay", 1.0)
    if sched == "poly":  # decay_rate doubles as the power
        arguments["power"] = args.number("decay_rate", 0.1)
    return {"cosine": "Cosine", "tanh": "Tanh", "poly": "Poly"}[sched], arguments


def _levels(args: Section, sched: str, clock: _Clock) -> tuple[str, dict[str, Any]]:
    if sched == "constant":
        return "Step", {"decay_t": 1, "decay_rate": 1.0}
    decay_t = clock.steps(args.number("decay_epochs", 90.0))
    if decay_t <= 0:
        raise args.wrong("decay_epochs", f"must be above 0, got {decay_t:g}")
    return "Step", {"decay_t": decay_t, "decay_rate": args.number("decay_rate", 0.1)}


def _milestones(args: Section, sched: str, clock: _Clock) -> tuple[str, dict[str, Any]]:
    del sched
    marks = numbers(args, "decay_milestones", (90, 180, 270))
    decay_t = [clock.steps(mark) for mark in marks]
    return "MultiStep", {"decay_t": decay_t, "decay_rate": args.number("decay_rate", 0.1)}


def _plateau(args: Section, sched: str, clock: _Clock) -> tuple[str, dict[str, Any]]:
    del sched, clock
    return "Plateau", {
        "decay_rate": args.number("decay_rate", 0.1),
        "patience_t": args.count("patience_epochs", 10),
        "lr_min": args.number("min_lr", 0.0),
        "mode": "min" if args.text("eval_metric", "top1") == "loss" else "max",
    }


def _warm_stable(args: Section, sched: str, clock: _Clock) -> tuple[str, dict[str, Any]]:
    """Fit the hold and the decay into the epochs, unless the warm-up is a prefix."""
    prefix = args.flag("warmup_prefix", default=False)
    length = clock.steps(clock.epochs) - (0 if prefix else clock.warmup)
    decay = args.number("decay_epochs", 0.2)
    decay_t = round(decay * length if 0 < decay < 1 else clock.steps(decay))
    if not 0 < decay_t <= length:
        raise args.wrong("decay_epochs", f"must lie above 0 and within the epochs, got {decay:g}")
    timescale = args.number("lr_stable_timescale", None)
    return "WSD", {
        "t_initial": length,
        "decay_t": decay_t,
        "lr_min": args.number("min_lr", 0.0),
        "stable_fn": "rsqrt" if sched == "rsqrt" else "constant",
        "stable_timescale": None if timescale is None else clock.steps(timescale),
        "decay_fn": args.text("lr_decay_fn", "linear" if sched == "rsqrt" else "1-sqrt"),
    }
