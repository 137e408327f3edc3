"""Hydra configs that instantiate a torch or transformers scheduler: `_target_`, and ${...}.

    optimizer: {_target_: torch.optim.AdamW, _partial_: true, lr: 1e-3}
    scheduler: {_target_: torch.optim.lr_scheduler.StepLR, _partial_: true, step_size: 30}

Only the program knows when it steps the scheduler. Where the config does not say (`interval:
epoch`, as Lightning has it, beside the scheduler), the steps shown are the scheduler's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lrplot.formats._shared.batches import devices, of_lightning, refuse_size, told, within
from lrplot.formats._shared.components import TARGET, as_call, component, refuse_unknown_owner
from lrplot.formats._shared.keys import Section
from lrplot.frameworks.axis import by_epoch
from lrplot.syntax.interpolation import interpolated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.errors import InputError
    from lrplot.formats._shared.batches import Batches
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "gpus", "loading", "read"]

NAME = "hydra"
NEEDS = "a Hydra config has a scheduler with a _target_"

_SCHEDULER = re.compile(
    r"(?:.*\.)?(?:lr_schedulers?\.\w+|get_\w*schedule\w*|\w*(?:LR|LRScheduler))"
)
_OPTIMIZER = re.compile(r"(?:.*\.)?optim(?:izers?)?\.(?!lr_scheduler)[\w.]+")
_UNTARGETED = ("optimizer", "optim")  # of programs that know the optimizer's class
_UNCLOCKED = "is missing, and only the program's code says whether a step is an update"
_DATA = ("data", "datamodule")
_OWN_STEPS = (
    "steps are the scheduler's own: whether it is stepped at each update or each epoch is in the "
    "program's code"
)


class _Found(NamedTuple):
    """A component, and the section that holds it."""

    section: Section
    parent: Section


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a Hydra config; None where it does not."""
    for found in _components(Section(tree), Section(tree), _SCHEDULER):
        name = component(found.section, TARGET)
        return f"a Hydra config: {found.section.path or 'it'} has _target_: {name}"
    return None


def _components(section: Section, parent: Section, pattern: re.Pattern[str]) -> Iterator[_Found]:
    """Find the outermost components whose name is of a kind, in the order of the file."""
    if pattern.fullmatch(component(section, TARGET)):
        yield _Found(section, parent)
        return
    for key, node in section.entries.items():
        if isinstance(node.value, dict):
            yield from _components(Section(node, section.join(str(key))), section, pattern)


def loading(tree: Node, given: Given) -> Batches | None:
    """Return how Lightning's Trainer makes updates.

    Whether a batch_size is that of each GPU or of all is in the program's code: on one it is both.
    """
    top = Section(interpolated(tree))
    for found in _components(top, top, _SCHEDULER):
        if "interval" not in found.parent:
            refuse_size(found.parent, "interval", given, _UNCLOCKED)
            return None
    sizes = [size for key in _DATA if (size := told(within(top, key), "batch_size"))]
    return {
        "batch_size": sizes[0] if sizes and given.gpus == 1 else None,
        "accumulate": of_lightning(top, given),
    }


def gpus(tree: Node) -> int | None:
    """Return the devices of Lightning's Trainer, on all nodes."""
    return devices(within(Section(interpolated(tree)), "trainer"))


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of the scheduler that a config has; raise InputError."""
    from lrplot.frameworks.calls import read_node

    top = Section(interpolated(tree))
    schedulers = list(_components(top, top, _SCHEDULER))
    if len(schedulers) != 1:
        raise _not_one(top, schedulers)
    scheduler = schedulers[0]
    refuse_unknown_owner(scheduler.section, TARGET)
    _refuse_unfilled(scheduler.section)
    base = given.base_lr if given.base_lr is not None else _rate(top, scheduler)
    supplied = {"base_lr": base, "iters_per_epoch": None}
    plan = read_node(as_call(scheduler.section, TARGET), msgspec.structs.replace(given, **supplied))
    plan = msgspec.structs.replace(plan, name="")  # the file's, not the call's
    return _on_its_clock(plan, scheduler.parent, given)


def _not_one(top: Section, schedulers: list[_Found]) -> InputError:
    names = " and ".join(found.section.path for found in schedulers)
    message = f"has several schedulers: {names}" if names else "has no scheduler with a _target_"
    return top.wrong("", message, "leave the one to show" if names else "")


def _refuse_unfilled(scheduler: Section) -> None:
    """Refuse what stands for a number that the program's code works out."""
    if scheduler.number("num_training_steps", 1) < 1:
        message = "is for the program's code to fill in"
        hint = f"add --set {scheduler.join('num_training_steps')}=N"
        raise scheduler.wrong("num_training_steps", message, hint)
    if 0 < scheduler.number("num_warmup_steps", 0) < 1:
        message = "is a part of the run, which the program's code makes a number of"
        hint = f"add --set {scheduler.join('num_warmup_steps')}=N"
        raise scheduler.wrong("num_warmup_steps", message, hint)


def _rate(top: Section, scheduler: _Found) -> float | None:
    """Return the lr of the optimizer beside the scheduler, or of the only one in the file."""
    near = [*_components(scheduler.parent, scheduler.parent, _OPTIMIZER)]
    found = [each.section for each in near or _components(top, top, _OPTIMIZER)]
    beside = (scheduler.parent.get(key) for key in _UNTARGETED)
    found = found or [Section(node) for node in beside if node is not None]
    rate: float | None = found[0].number("lr", None) if len(found) == 1 else None
    return rate


def _on_its_clock(plan: Plan, parent: Section, given: Given) -> Plan:
    """Return the plan on updates, where the config says when the scheduler is stepped."""
    interval = parent.choice("interval", ("epoch", "step"), None)
    if interval is None:
        return msgspec.structs.replace(plan, notes=(*plan.notes, _OWN_STEPS))
    if interval == "step":
        return plan
    epochs = given.max_epochs or plan.max_iters
    axis = by_epoch(plan.schedule, epochs, given)
    return msgspec.structs.replace(
        plan,
        name="",
        schedule=axis.schedule,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        notes=(*plan.notes, *axis.notes),
    )
