"""torchtune's recipe configs, with OmegaConf's ${...}.

    optimizer: {_component_: torch.optim.AdamW, lr: 2e-5}
    lr_scheduler:
      _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup
      num_warmup_steps: 100
    epochs: 1       max_steps_per_epoch: null       gradient_accumulation_steps: 8

The scheduler steps at every update, over epochs * the updates in one; these are the batches
divided by the accumulation, rounded down, and at most max_steps_per_epoch. Without a scheduler
the rate stays. Source: torchtune 0.6.1, torchtune/training/lr_schedulers.py and the recipes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.components import (
    COMPONENT,
    arguments,
    as_call,
    component,
    refuse_unknown_owner,
)
from lrplot.formats._shared.config import construct, make_plan
from lrplot.formats._shared.keys import Section
from lrplot.syntax.interpolation import interpolated
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given, Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NAME", "NEEDS", "detect", "get_cosine_schedule_with_warmup", "loading", "read"]

NAME = "torchtune"
NEEDS = "a torchtune config has an optimizer with a _component_"
CONVENTION = "torchtune 0.6"

_NEEDS_LENGTH = "the schedule, which ends with the run,"


def get_cosine_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
) -> Schedule:
    """A linear rise from 0, then half a cosine to 0 at num_training_steps; transformers' own."""
    from lrplot.frameworks.transformers import get_cosine_schedule_with_warmup as theirs

    return theirs(optimizer, num_warmup_steps, num_training_steps, num_cycles, last_epoch)


RULE = Rule(
    name="torchtune's recipes",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",), "down"),
        Division(("accumulate",), "down"),
    ),
)


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a torchtune config; None where it does not."""
    top = Section(tree)
    for key in ("lr_scheduler", "optimizer"):
        node = top.get(key)
        name = component(Section(node), COMPONENT) if node is not None else ""
        if name:
            return f"a torchtune config: its {key} has _component_: {name}"
    return None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how torchtune's recipes make updates of samples."""
    del given
    top = Section(interpolated(tree))
    return {
        "batch_size": top.count("batch_size", None, least=1),
        "accumulate": top.count("gradient_accumulation_steps", 1, least=1),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a recipe's config; raise InputError at what it does not tell."""
    top = Section(interpolated(tree))
    base = given.base_lr
    if base is None:
        base = top.section("optimizer").number("lr")
    epoch, notes = _epoch(top, given)
    length = _length(top, given, epoch)
    scheduler = top.section("lr_scheduler")
    if not scheduler.entries:
        return _constant(given, base, length, epoch, notes)
    if length is None:
        given.need("iters_per_epoch", _NEEDS_LENGTH)
    if component(scheduler, COMPONENT).startswith("torchtune."):
        return _own(scheduler, given, base=base, length=length, iters_per_epoch=epoch, notes=notes)
    return _theirs(scheduler, given, base=base, length=length or 1, epoch=epoch)


def _epoch(top: Section, given: Given) -> tuple[int | None, tuple[str, ...]]:
    """Return the updates in an epoch, and what should be known of them."""
    known = given.iters_per_epoch
    most = top.count("max_steps_per_epoch", None, least=1)
    if most is None:
        return known, ()
    if known is None:
        said = f"an epoch is taken to have max_steps_per_epoch, {most:,}, updates: it has no more"
        return most, (said,)
    return min(known, most), ()


def _length(top: Section, given: Given, epoch: int | None) -> int | None:
    """Return how many updates the run makes; None where that is not told."""
    if given.max_iters is not None and given.max_epochs is None:
        return given.max_iters
    epochs = given.max_epochs or top.count("epochs", 1, least=1)
    return None if epoch is None else epochs * epoch


def _constant(
    given: Given, base: float, length: int | None, epoch: int | None, notes: tuple[str, ...]
) -> Plan:
    from lrplot.schedules.decay import Constant

    return make_plan(
        Constant(),
        given,
        base=base,
        length=length,
        iters_per_epoch=epoch,
        convention=f"{CONVENTION}, no lr_scheduler",
        notes=("there is no lr_scheduler, so the rate stays", *notes),
    )


def _own(scheduler: Section, given: Given, **more: Any) -> Plan:
    """Return the plan of torchtune's own schedule."""
    from lrplot.frameworks.calls import OPTIMIZER

    name = component(scheduler, COMPONENT).rpartition(".")[2]
    if name != get_cosine_schedule_with_warmup.__name__:
        raise scheduler.wrong("_component_", f"torchtune has no scheduler called '{name}'")
    scheduler.refuse_others("_component_", "num_warmup_steps", "num_cycles")
    shape = {
        "optimizer": OPTIMIZER,
        "num_warmup_steps": scheduler.count("num_warmup_steps"),
        "num_training_steps": more["length"],
        "num_cycles": scheduler.number("num_cycles", 0.5),
    }
    schedule = construct(get_cosine_schedule_with_warmup, shape, scheduler)
    return make_plan(schedule, given, convention=f"{CONVENTION} {name}", **more)


def _theirs(
    scheduler: Section, given: Given, *, base: float, length: int, epoch: int | None
) -> Plan:
    """Return the plan of another framework's schedule, called as torchtune calls its own."""
    from lrplot.frameworks.calls import read_node

    refuse_unknown_owner(scheduler, COMPONENT)
    for key in ("num_training_steps", "last_epoch"):
        if key in arguments(scheduler, COMPONENT):
            raise scheduler.wrong(key, "is what the recipe passes itself")
    call = as_call(scheduler, COMPONENT)
    steps = Node(length, scheduler.node.where, text=str(length))
    kwargs = {**call.value.kwargs, "num_training_steps": steps}
    call = msgspec.structs.replace(call, value=msgspec.structs.replace(call.value, kwargs=kwargs))
    supplied = {"base_lr": base, "max_iters": length, "iters_per_epoch": epoch}
    plan = read_node(call, msgspec.structs.replace(given, **supplied))
    return msgspec.structs.replace(plan, name="")
