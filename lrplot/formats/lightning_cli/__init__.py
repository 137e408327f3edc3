"""LightningCLI configs: an optimizer and an lr_scheduler, each a class_path with init_args.

    optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 1.0e-4}}
    lr_scheduler: {class_path: CosineAnnealingLR, init_args: {T_max: 20}}
    trainer: {max_epochs: 100}

At the top of the file LightningCLI itself puts them together, and the scheduler is stepped once an
epoch, whatever its class. Under model.init_args the model's own code does. Source: lightning
2.6.6, lightning/pytorch/cli.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import InputError, Problem
from lrplot.formats._shared.batches import devices, of_lightning, told, within
from lrplot.formats._shared.components import CLASS_PATH, arguments, component
from lrplot.formats._shared.config import make_plan
from lrplot.formats._shared.keys import Section
from lrplot.formats.lightning_cli._models import Stepped, of_model, stepped_by_cli
from lrplot.syntax.interpolation import interpolated

if TYPE_CHECKING:
    from lrplot.formats._shared.batches import Batches
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "gpus", "loading", "read"]

NAME = "lightning"
NEEDS = "a LightningCLI config has an optimizer or lr_scheduler with a class_path"
CONVENTION = "lightning 2.6"

_DEFAULT_EPOCHS = 1000  # where neither max_epochs nor max_steps is set
_SECTIONS = ("optimizer", "lr_scheduler")
_MODEL_KEYS = ("lr", "scheduler", "optimizer")


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a LightningCLI config; None where it does not."""
    top = _top(Section(tree))
    if "train" in top and "trainer" not in top:
        return None  # LitGPT's, which has an optimizer with a class_path, too
    for key in _SECTIONS:
        if _has_class(top, key):
            return f"a LightningCLI config: its {key} has a class_path"
    model = top.get("model")
    if model is None or not _has_class(top, "model"):
        return None
    inner = model.value.get("init_args")
    under = Section(inner) if inner is not None else Section(model)
    for key in _SECTIONS:
        if _has_class(under, key):
            return f"a LightningCLI config: model.init_args.{key} has a class_path"
    if "trainer" in top and any(key in under for key in _MODEL_KEYS):
        return "a LightningCLI config: it has trainer and a model with a class_path"
    return None


def _top(top: Section) -> Section:
    """Return where the config stands: under `fit` where the subcommands have one each."""
    node = top.get("fit")
    inside = node is not None and isinstance(node.value, dict)
    return top.section("fit") if inside else top


def _has_class(section: Section, key: str) -> bool:
    node = section.get(key)
    return node is not None and bool(component(Section(node), CLASS_PATH))


def loading(tree: Node, given: Given) -> Batches:
    """Return how the Trainer makes updates of what the data module's loaders hold on each GPU."""
    top = _top(Section(interpolated(tree)))
    data = within(top, "data")
    data = within(data, "init_args") if "init_args" in data else data
    return {
        "batch_size": told(data, "batch_size"),
        "accumulate": of_lightning(top, given),
        "drop_last": data.flag("drop_last", default=False),
    }


def gpus(tree: Node) -> int | None:
    """Return the devices of the Trainer, on all nodes."""
    return devices(within(_top(Section(interpolated(tree))), "trainer"))


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError at what it does not tell."""
    top = _top(Section(interpolated(tree)))
    at_top = any(key in top for key in _SECTIONS)
    stepped = (stepped_by_cli if at_top else of_model)(top, given.base_lr)
    if stepped.base_lr is None and stepped.call is None:
        raise _no_rate(top, at_top=at_top)
    if stepped.call is None:
        return _constant(top, given, stepped)
    if stepped.interval == "step":
        return _by_update(top, given, stepped)
    return _by_epoch(top, given, stepped)


def _no_rate(top: Section, *, at_top: bool) -> InputError:
    if at_top:
        inner = arguments(top.section("optimizer"), CLASS_PATH)
        return inner.wrong("lr", "is missing", "add --base-lr, the optimizer's default")
    message = "neither the file's optimizer nor its model's tells a rate"
    hint = "add --base-lr"
    return InputError([Problem(message=message, where=top.node.where, hint=hint)])


# -- how long -----------------------------------------------------------------------------------


def _limits(top: Section, given: Given) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Return the most epochs and the most updates of the run, None where there is no such limit."""
    trainer = top.section("trainer")
    _refuse_trial(trainer)
    steps = given.max_iters or trainer.count("max_steps", -1, least=-1)
    epochs = given.max_epochs or trainer.count("max_epochs", None, least=-1)
    notes: tuple[str, ...] = ()
    if epochs is None and steps < 0:
        epochs = _DEFAULT_EPOCHS
        notes = (f"neither max_epochs nor max_steps is set: {epochs:,} epochs, the default",)
    given_steps = given.max_iters is not None and given.max_epochs is None
    if given_steps or (epochs is not None and epochs < 0):
        epochs = None
    return epochs, None if steps < 0 else steps, notes


def _refuse_trial(trainer: Section) -> None:
    """Refuse a run of a few batches that only tries the code."""
    node = trainer.get("fast_dev_run")
    if node is not None and node.value:
        message = "ends the run after a few batches, to try the code"
        raise trainer.wrong(
            "fast_dev_run", message, "--set trainer.fast_dev_run=false shows it all"
        )


def _updates(top: Section, given: Given) -> tuple[int | None, tuple[str, ...]]:
    """Return how many updates the run makes; None where that is not told."""
    epochs, steps, notes = _limits(top, given)
    epoch = given.iters_per_epoch
    if epochs is None:
        return steps, notes
    if epoch is None:
        return None, notes
    return min(epochs * epoch, steps or epochs * epoch), notes


def _constant(top: Section, given: Given, stepped: Stepped) -> Plan:
    from lrplot.schedules.decay import Constant

    length, notes = _updates(top, given)
    said = "there is no lr_scheduler, so the rate stays"
    convention = f"{CONVENTION}, no lr_scheduler"
    return make_plan(
        Constant(),
        given,
        base=stepped.base_lr,
        length=length,
        convention=convention,
        notes=(said, *notes),
    )


def _by_update(top: Section, given: Given, stepped: Stepped) -> Plan:
    length, notes = _updates(top, given)
    if length is None and stepped.needs_length:
        given.need("iters_per_epoch", "a schedule that ends with the run")
    plan = _called(stepped, given, length, length or 1)
    if length is None:
        plan = msgspec.structs.replace(
            plan, max_iters=max(1, plan.schedule.extent()), open_end=True
        )
    notes = (*plan.notes, *stepped.notes, *notes)
    return msgspec.structs.replace(plan, name="", notes=notes)  # the file's name, not the call's


def _by_epoch(top: Section, given: Given, stepped: Stepped) -> Plan:
    from lrplot.frameworks.axis import by_epoch

    epochs, steps, notes = _limits(top, given)
    if steps is not None:
        given.need("iters_per_epoch", "a schedule that counts epochs, in a run that counts steps,")
    if epochs is None:
        epochs = 1 if steps is None else -(-steps // (given.iters_per_epoch or 1))
    plan = _called(stepped, msgspec.structs.replace(given, iters_per_epoch=None), epochs, epochs)
    axis = by_epoch(plan.schedule, epochs, msgspec.structs.replace(given, max_iters=None))
    return msgspec.structs.replace(
        plan,
        name="",
        schedule=axis.schedule,
        max_iters=min(axis.max_iters, steps or axis.max_iters),
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"{plan.convention}, stepped by {CONVENTION} once an epoch",
        notes=(*plan.notes, *stepped.notes, *notes, *axis.notes),
    )


def _called(stepped: Stepped, given: Given, ticks: int | None, updates: int) -> Plan:
    """Return the plan of the scheduler's call, over its own steps."""
    from lrplot.frameworks.calls import read_node

    assert stepped.call is not None  # noqa: S101  who has none has no plan of it
    call = stepped.call(updates)
    theirs = call.value.name.startswith("transformers.")
    supplied = {"base_lr": stepped.base_lr, "max_iters": ticks or 1}
    return read_node(call, msgspec.structs.replace(given, **supplied), None if theirs else "torch")
