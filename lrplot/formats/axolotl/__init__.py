"""axolotl's configs: the Trainer underneath, with names, defaults and schedules of its own.

    learning_rate: 2e-4     lr_scheduler: cosine (the default)     num_epochs: 3     max_steps: 1000
    warmup_ratio: 0.1       or warmup_steps; without either min(floor(0.03 * updates), 100)

A part of the run is rounded down, and a warm-up of 1 becomes 2. cosine_min_lr_ratio and
cosine_constant_lr_ratio act on a cosine alone. Source: axolotl 0.19,
axolotl/core/builders/base.py, core/trainers/mixins/scheduler.py and utils/trainer.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.accounting import Division, Rule, many
from lrplot.formats._shared.config import construct, make_plan
from lrplot.formats._shared.keys import Section, plain

if TYPE_CHECKING:
    from lrplot.errors import InputError
    from lrplot.plan import Given, Plan
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "axolotl"
NEEDS = "an axolotl config has base_model, and micro_batch_size, num_epochs or lr_scheduler"
CONVENTION = "axolotl 0.19"

RULE = Rule(
    name="axolotl",
    divisions=(Division(("gpus", "batch_size", "accumulate"), "up"),),
    part_epochs="up",
)

_OWN = ("micro_batch_size", "num_epochs", "lr_scheduler", "sequence_len", "datasets", "adapter")
_SCHEDULE = (
    "learning_rate",
    "lr_scheduler",
    "lr_scheduler_kwargs",
    "lr_quadratic_warmup",
    "lr_div_factor",
    "lr_groups",
    "warmup_steps",
    "warmup_ratio",
    "cosine_min_lr_ratio",
    "cosine_constant_lr_ratio",
    "jagged_restart_steps",
    "jagged_restart_warmup_steps",
    "jagged_restart_anneal_steps",
)
_PREFIXES = ("learning_rate", "lr_", "warmup", "cosine_", "jagged_", "relora_")
_OF_RELORA = ("relora_prune_ratio", "relora_prune_method", "relora_cpu_offload")
_GROUPS = ("lr_groups", "embedding_lr", "embedding_lr_scale", "loraplus_lr_ratio", "dion_lr")
_ALONE = ("grpo", "ebft")  # trainers that are not told how long the run is
_ENDLESS = ("constant_with_warmup", "inverse_sqrt")
_METRIC = ("reduce_lr_on_plateau", "greedy")
_ONE_CYCLE = (
    "pct_start",
    "anneal_strategy",
    "cycle_momentum",
    "base_momentum",
    "max_momentum",
    "div_factor",
    "final_div_factor",
    "three_phase",
)
_LEAST_PART, _MOST_WARMUP = 0.03, 100


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be an axolotl config; None where it does not."""
    top = Section(tree)
    found = [key for key in _OWN if key in top]
    if "base_model" in top and found:
        return f"an axolotl config: it has base_model and {found[0]}"
    return None


class _Run(NamedTuple):
    """How long the run is, as far as the file and the options tell.

    Attributes:
        length: the updates it makes; None where nobody tells and nothing depends on it.
        counted: the updates that the warm-up is a part of; None where axolotl leaves the part to
            the Trainer.
        epoch: the updates in an epoch.
    """

    length: int | None
    counted: int | None
    epoch: int | None


def loading(tree: Node, given: Given) -> dict[str, Any] | None:
    """Return how axolotl makes updates of samples; packed, their number tells nothing."""
    top = Section(tree)
    if top.flag("sample_packing", default=False):
        return None
    each, steps = _per_device(top, given)
    epochs = None if top.count("max_steps", 0) else _epochs(top, given)
    return {"max_epochs": epochs, "batch_size": each, "accumulate": steps, "rule": RULE}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError at what it does not tell."""
    top = Section(tree)
    top.starting(*_PREFIXES).refuse_others(*_SCHEDULE, *_OF_RELORA)
    base = top.number("learning_rate") if given.base_lr is None else given.base_lr
    run = _run(top, given)
    given = msgspec.structs.replace(given, base_lr=base)
    schedule, name = _schedule(top, given, run, _warmup(top, run))
    return make_plan(
        _jagged(top, schedule),
        given,
        base=base,
        length=run.length,
        iters_per_epoch=run.epoch,
        convention=f"{CONVENTION}, {name}",
        notes=(*_notes(top, given, name), *_at_once(top, given, run)),
    )


# -- how long -----------------------------------------------------------------------------------


def _run(top: Section, given: Given) -> _Run:
    """Return the run's length: max_steps, or what the epochs make."""
    epoch, of_epochs = _of_epochs(top, given)
    steps = (given.max_iters or top.count("max_steps", 0)) if given.epochs is None else 0
    length = steps or of_epochs
    if length is None:
        if _needs_length(top):
            raise _no_length(top, given)
        return _Run(None, None, epoch)
    alone = top.text("rl", "") in _ALONE
    counted = of_epochs if of_epochs is not None and top.get("rl") is not None else None
    if counted is None:
        counted = min(length, of_epochs or length)
    return _Run(max(1, length), None if alone else counted, epoch)


def _needs_length(top: Section) -> bool:
    """Say whether the schedule depends on how long the run is."""
    kind = top.text("lr_scheduler", "cosine")
    counted = top.number("warmup_steps", 0) >= 1 or top.number("warmup_steps", None) == 0
    return kind != "constant" and not (kind in _ENDLESS and counted)


def _epochs(top: Section, given: Given) -> float:
    """Return the epochs of the run: the option's, the file's or the default."""
    return given.epochs or float(top.number("num_epochs", 1.0))


def _of_epochs(top: Section, given: Given) -> tuple[int | None, int | None]:
    """Return the updates of an epoch and of all epochs; None where they are not told.

    Packed samples make as many whole batches as they fill, others ceil(samples * epochs / batch).
    """
    epochs = _epochs(top, given)
    packed = top.flag("sample_packing", default=False)
    epoch = given.iters_per_epoch
    if epoch is None:
        return None, None
    if given.dataset_size is None or packed:
        return epoch, math.floor(epochs * epoch) if packed else math.ceil(epochs * epoch)
    batch = _batch(top, given)
    return epoch, math.ceil(given.dataset_size * epochs / batch)


def _at_once(top: Section, given: Given, run: _Run) -> list[str]:
    """Say how the run's updates were counted where they are no multiple of an epoch's."""
    epochs = _epochs(top, given)
    if given.dataset_size is None or run.epoch is None or run.length == epochs * run.epoch:
        return []
    if run.length != _of_epochs(top, given)[1]:
        return []
    made = f"{given.dataset_size:,} samples x {epochs:g} / {_batch(top, given):,} = {run.length:,}"
    return [f"axolotl counts the samples of all epochs at once, rounded up: {made} updates"]


def _batch(top: Section, given: Given) -> int:
    """Return the samples of an update, over all devices."""
    gpus: int = given.need("gpus", "the size of a batch over all devices")
    each, steps = _per_device(top, given)
    return each * steps * gpus


def _per_device(top: Section, given: Given) -> tuple[int, int]:
    """Return the samples of a batch on each device, and the batches of an update."""
    if "batch_size" in top and given.batch_size is None and given.accumulate is None:
        return top.count("batch_size", least=1), 1
    each = given.batch_size or top.count("micro_batch_size", 1, least=1)
    return each, given.accumulate or top.count("gradient_accumulation_steps", 1, least=1)


def _no_length(top: Section, given: Given) -> InputError:
    epochs = many(_epochs(top, given), "epoch")
    message = f"how many updates there are in {epochs} is not in the file"
    hint = "add --iters-per-epoch N (optimizer updates per epoch), or --max-iters N"
    if top.flag("sample_packing", default=False):
        hint += "; with sample_packing the number of samples does not tell"
    else:
        hint += ", or --dataset-size N --gpus N"
    return top.wrong("num_epochs", message, hint)


def _warmup(top: Section, run: _Run) -> int:
    """Return how many updates the warm-up has."""
    steps, ratio = top.number("warmup_steps", None), top.number("warmup_ratio", None)
    if steps and ratio:
        raise top.wrong("warmup_ratio", "excludes warmup_steps: give one of them")
    for key, value in (("warmup_steps", steps), ("warmup_ratio", ratio)):
        if value is not None and value < 0:
            raise top.wrong(key, f"must not be below 0, got {value:g}")
    if steps is None:
        steps = _part(ratio, run)
    steps = 2 if steps == 1 else steps
    return int(steps) if steps >= 1 else math.ceil((run.length or 0) * steps)


def _part(ratio: float | None, run: _Run) -> float:
    """Return the warm-up that a part of the run makes; the part itself where nobody counted."""
    if run.counted is None:
        return _LEAST_PART if ratio is None else ratio
    if ratio is None:
        return min(int(_LEAST_PART * run.counted), _MOST_WARMUP)
    return int(ratio * run.counted)


# -- which schedule -----------------------------------------------------------------------------


def _schedule(top: Section, given: Given, run: _Run, warmup: int) -> tuple[Schedule, str]:
    """Return the schedule and its name, in the order in which axolotl's trainer decides."""
    kind = top.text("lr_scheduler", "cosine") or "cosine"
    length = run.length or 0  # unknown only where it plays no part
    floor, hold = top.number("cosine_min_lr_ratio", None), _ratio(top, "cosine_constant_lr_ratio")
    shape = {"num_warmup_steps": warmup, "num_training_steps": length}
    if kind == "one_cycle":
        return _one_cycle(top, given, length, warmup), kind
    if kind == "rex":
        return _rex(top, length, warmup), kind
    if kind == "cosine" and top.flag("lr_quadratic_warmup", default=False):
        return _own("QuadraticWarmupCosine", shape, top), "cosine with a quadratic warm-up"
    if kind == "cosine" and floor:
        part = _ratio(top, "cosine_min_lr_ratio")
        if hold:
            shape["num_training_steps"] = int(length * hold)
            return _own("CosineThenHold", shape, top, part), "cosine, then level"
        return _own("CosineDecay", shape, top, part), "cosine to a floor"
    return _trainers(top, kind, given, shape), kind


def _ratio(top: Section, key: str) -> float:
    value: float = top.number(key, 0.0)
    if not 0 <= value <= 1:
        raise top.wrong(key, f"must lie between 0 and 1, got {value:g}")
    return value


def _own(name: str, shape: dict[str, int], top: Section, floor: float = 0.0) -> Schedule:
    from lrplot.formats.axolotl import _curves

    curve = getattr(_curves, name)
    return construct(curve, {**shape, "num_cycles": 0.5, "min_lr_rate": floor}, top)


def _rex(top: Section, length: int, warmup: int) -> Schedule:
    from lrplot.formats.axolotl._curves import Rex

    floor = _ratio(top, "cosine_min_lr_ratio")
    shape = {"total_steps": length, "num_warmup_steps": warmup, "min_lr_rate": floor}
    return construct(Rex, shape, top)


def _one_cycle(top: Section, given: Given, length: int, warmup: int) -> Schedule:
    """Return torch's OneCycleLR up to learning_rate, its peak where the warm-up would end."""
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.torch import OneCycleLR

    more = top.section("lr_scheduler_kwargs")
    shape = {
        "optimizer": OPTIMIZER,
        "max_lr": given.base_lr,
        "total_steps": length,
        "pct_start": warmup / length,
        "anneal_strategy": "cos",
    }
    more.refuse_others(*_ONE_CYCLE)
    return construct(OneCycleLR, {**shape, **plain(more.node)}, more)


def _trainers(top: Section, kind: str, given: Given, shape: dict[str, int]) -> Schedule:
    """Return a schedule of the Trainer's own."""
    from lrplot.frameworks import transformers
    from lrplot.frameworks.calls import OPTIMIZER

    top.choice("lr_scheduler", (*transformers.KINDS, "one_cycle", "rex"), kind)
    if kind in _METRIC:
        message = f"{kind} is stepped by what each evaluation finds, so no file tells its rate"
        raise top.wrong("lr_scheduler", message)
    more = top.section("lr_scheduler_kwargs")
    arguments: dict[str, Any] = {
        "name": kind,
        "optimizer": OPTIMIZER,
        **shape,
        "scheduler_specific_kwargs": plain(more.node),
        "given": given,
    }
    return construct(
        transformers.get_scheduler, arguments, more, prefix="scheduler_specific_kwargs."
    )


def _jagged(top: Section, schedule: Schedule) -> Schedule:
    """Put the restarts of jagged_restart_steps over a schedule, where there are any."""
    from lrplot.formats.axolotl._curves import JaggedRestarts, Rex

    every = top.count("jagged_restart_steps", 0)
    if not every:
        return schedule
    shape = {
        "schedule": schedule,
        "restart_steps": every,
        "warmup_steps": _steps(top, "jagged_restart_warmup_steps", 10),
        "anneal_steps": _steps(top, "jagged_restart_anneal_steps", 1),
        "min_lr_scale": top.number("cosine_min_lr_ratio", 0.001) or 0.001,
        "ahead": 2 if isinstance(schedule, Rex) else 1,
    }
    return construct(JaggedRestarts, shape, top)


def _steps(top: Section, key: str, default: int) -> int:
    """Return a number of steps; nothing, false and 0 all mean the default."""
    node = top.get(key)
    return default if node is None or node.value is False else top.count(key) or default


def _notes(top: Section, given: Given, name: str) -> list[str]:
    notes = []
    if top.get("lr_scheduler") is None:
        notes.append("lr_scheduler is not written: cosine, axolotl's default, is taken")
    if "cosine_min_lr_ratio" in top and not name.startswith(("cosine to", "cosine, then", "rex")):
        notes.append(f"cosine_min_lr_ratio plays no part in {name}")
    if not {"warmup_steps", "warmup_ratio"} & set(top.entries):
        notes.append("without warmup_steps and warmup_ratio, 3 % of the run warm up, at most 100")
    part = top.number("warmup_ratio", 0.0) or top.get("warmup_steps") is None
    if part and "max_steps" in top and given.iters_per_epoch is None:
        notes.append("the warm-up is taken to be a part of max_steps: num_epochs may make fewer")
    notes += [f"{key} gives other parameters a rate of their own" for key in _GROUPS if key in top]
    return notes
