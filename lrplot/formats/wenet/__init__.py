"""wenet's YAML configs: warmuplr or NoamHoldAnnealing, stepped at every update.

    optim_conf: {lr: 0.002}
    scheduler: warmuplr
    scheduler_conf: {warmup_steps: 25000}

The trainer sets the scheduler's clock back by one before it begins, so the first two updates have
the same rate and the curve is one update late. Source: wenet, wenet/utils/scheduler.py and
train_utils.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import placed
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "planned", "read"]

NAME = "wenet"
NEEDS = "a wenet config has scheduler: warmuplr, optim_conf and dataset_conf"

_SCHEDULERS = ("warmuplr", "NoamHoldAnnealing")
_WARMUP = 25_000
_EPOCHS = 100
RULE = Rule(  # an epoch ends with the GPU that has the least; what is left over makes no update
    name="wenet",
    divisions=(
        Division(("gpus",), "down"),
        Division(("batch_size",), "up"),
        Division(("accumulate",), "down"),
    ),
)
_OPEN_END = (
    "the run counts epochs: --iters-per-epoch N (updates, after accumulation) shows its end; "
    "the rates do not depend on it"
)
_LATE = "wenet's first two updates have the same rate: the curve is one update late"


def detect(tree: Node) -> str | None:
    """Say why the tree is a wenet config; None where it is not."""
    top = Section(tree)
    scheduler, optimizer = top.get("scheduler"), top.get("optim_conf")
    if scheduler is None or not isinstance(scheduler.value, str):
        return None
    if optimizer is None or not isinstance(optimizer.value, dict) or "dataset_conf" not in top:
        return None
    return f"a wenet config: it has scheduler: {scheduler.value}, optim_conf and dataset_conf"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how wenet makes updates of samples; batches filled by length tell none."""
    del given
    top = Section(tree)
    dataset = within(top, "dataset_conf")
    batch = within(dataset, "batch_conf") if "batch_conf" in dataset else dataset
    counted = batch.text("batch_type", "static") == "static"
    return {
        "batch_size": told(batch, "batch_size") if counted else None,
        "accumulate": told(top, "accum_grad", 1),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    from lrplot.formats.swin._curves import Belated

    top = Section(tree)
    name = top.choice("scheduler", _SCHEDULERS)
    section = top.section("scheduler_conf")
    rate, modules = _rates(top.section("optim_conf"), name)
    rate = rate if given.base_lr is None else given.base_lr
    with placed(section, {}):
        own = _warmup(section, len(modules)) if name == "warmuplr" else _noam_hold(section)
    epochs = epochs_of(top, "max_epoch", given, _EPOCHS)
    plan = planned(
        Belated(schedule=own),
        given,
        rate=rate,
        epochs=epochs,
        per_epoch=given.iters_per_epoch,
        convention=f"wenet {name}",
        notes=(_LATE,),
    )
    groups = tuple(
        msgspec.structs.replace(
            plan, name=key, base_lr=own_rate, schedule=Belated(schedule=_warmup(section, place))
        )
        for place, (key, own_rate) in enumerate(modules.items())
    )
    return msgspec.structs.replace(plan, groups=groups)


def _rates(section: Section, scheduler: str) -> tuple[float, dict[str, float]]:
    """Return the model's rate, the last of a list, and those of the modules that have their own."""
    written = section.get("lr")
    if written is None or not isinstance(written.value, tuple):
        return section.number("lr"), {}
    rates = section.numbers("lr")
    modules = section.get("modules")
    names = modules.value if modules is not None and isinstance(modules.value, tuple) else ()
    if scheduler != "warmuplr" or len(names) + 1 != len(rates):
        message = "is a list only for warmuplr, with a rate more than there are modules"
        raise section.wrong("lr", message)
    return float(rates[-1]), {
        str(each.value): float(r) for each, r in zip(names, rates, strict=False)
    }


def planned(  # noqa: PLR0913  the parts of a Plan
    schedule: Schedule,
    given: Given,
    *,
    rate: float,
    epochs: int,
    per_epoch: int | None,
    convention: str,
    notes: tuple[str, ...] = (),
) -> Plan:
    """Return the plan of a schedule that counts updates, open-ended where no epoch is known."""
    end = given.max_iters or (per_epoch and epochs * per_epoch)
    return Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=end or schedule.extent(),
        iters_per_epoch=per_epoch,
        convention=convention,
        notes=notes if end else (*notes, _OPEN_END),
        open_end=not end,
    )


def _warmup(section: Section, group: int) -> Schedule:
    """Return the curve of a parameter group; without a rise it is as with one of an update."""
    from lrplot.formats.wenet._curves import WarmupRoot

    section.refuse_others("warmup_steps")
    node = section.get("warmup_steps")
    if node is not None and isinstance(node.value, tuple):
        warmups = section.numbers("warmup_steps")
        if group >= len(warmups):
            raise section.wrong("warmup_steps", "has fewer values than there are rates")
        warmup = warmups[group]
    else:
        warmup = section.number("warmup_steps", _WARMUP)
    if warmup < 0:
        raise section.wrong("warmup_steps", f"must not be below 0, got {warmup:g}")
    return WarmupRoot(warmup_steps=warmup or 1, factor=math.sqrt(warmup or 1))


def _noam_hold(section: Section) -> Schedule:
    from lrplot.formats.wenet._curves import NoamHold

    parts = ("warmup_steps", "warmup_ratio", "hold_steps", "hold_ratio")
    section.refuse_others(*parts, "max_steps", "decay_rate", "min_lr")
    total = section.count("max_steps", least=1)
    for what in ("warmup", "hold"):
        if f"{what}_steps" in section and f"{what}_ratio" in section:
            raise section.wrong(f"{what}_ratio", f"does not go with {what}_steps")
    return NoamHold(
        warmup_steps=_part(section, "warmup", total),
        hold_steps=_part(section, "hold", total),
        max_steps=total,
        decay_rate=section.number("decay_rate", 0.5),
        min_lr=section.number("min_lr", 0.0),
    )


def _part(section: Section, what: str, total: int) -> int:
    """Return a stretch in updates, which may be written as a part of the total."""
    if f"{what}_steps" in section:
        return int(section.count(f"{what}_steps"))
    return int(section.number(f"{what}_ratio", 0.0) * total)
