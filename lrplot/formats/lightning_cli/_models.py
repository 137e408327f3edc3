"""What models that are configured through LightningCLI make of their own arguments.

Where no optimizer stands at the top of a config, the model's configure_optimizers has the say. It
is code: two projects' is known here, and of any other's Lightning's defaults are taken.
"""

from __future__ import annotations

import math
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from lrplot.formats._shared.components import (
    CLASS_PATH,
    arguments,
    as_call,
    component,
    refuse_unknown_owner,
)
from lrplot.syntax.tree import Call, Code, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.formats._shared.keys import Section

__all__ = ["Stepped", "of_model", "stepped_by_cli"]

_TERRATORCH_LR = 0.001
_EPOCH, _STEP = "epoch", "step"
_OF_CODE = (
    "the model's code is taken to return its lr_scheduler as it is, so that Lightning steps it "
    "once an epoch; add --set interval=step if it does otherwise"
)
_WARMUP_KINDS = {
    "CosineWithWarmup": "get_cosine_schedule_with_warmup",
    "ConstantWithWarmup": "get_constant_schedule_with_warmup",
    "LinearWithWarmup": "get_linear_schedule_with_warmup",
}


class Stepped(NamedTuple):
    """An optimizer's rate, and a scheduler as a call with the interval it is stepped at.

    `call` makes it of the updates that the run has, which some need.
    """

    base_lr: float | None
    call: Callable[[int], Node] | None
    interval: str = _EPOCH
    needs_length: bool = False
    notes: tuple[str, ...] = ()


def stepped_by_cli(top: Section, base_lr: float | None) -> Stepped:
    """Return what an optimizer and an lr_scheduler beside each other say.

    LightningCLI steps the scheduler once an epoch, whatever its class.
    """
    rate = _rate(top.section("optimizer"), base_lr)
    scheduler = top.section("lr_scheduler")
    if not scheduler.entries:
        return Stepped(rate, None)
    if not component(scheduler, CLASS_PATH):
        raise scheduler.wrong("class_path", "is missing: which scheduler?")
    return Stepped(rate, lambda _: _bare_call(scheduler))


def _rate(optimizer: Section, base_lr: float | None) -> float | None:
    if base_lr is not None:
        return base_lr
    inner = arguments(optimizer, CLASS_PATH)
    rate: float | None = inner.number("lr", None)
    return rate


def _bare_call(scheduler: Section) -> Node:
    """Return a scheduler as a call; that of a plateau has a monitor in Lightning, not in torch."""
    refuse_unknown_owner(scheduler, CLASS_PATH)
    watching = component(scheduler, CLASS_PATH).endswith("ReduceLROnPlateau")
    return as_call(scheduler, CLASS_PATH, *(("monitor",) if watching else ()))


def of_model(top: Section, base_lr: float | None) -> Stepped:
    """Return what the model's init_args say, as its project's code takes them."""
    model = top.section("model")
    inner = arguments(model, CLASS_PATH)
    name = component(model, CLASS_PATH)
    if name.startswith("terratorch."):
        return _of_terratorch(inner, base_lr)
    stepped = stepped_by_cli(inner, base_lr)
    interval = top.choice("interval", (_EPOCH, _STEP), _EPOCH)
    if name.startswith("modelgenerator.") or _is_modelgenerator(inner):
        return _of_modelgenerator(inner, stepped)
    known = "interval" in top or stepped.call is None
    return stepped._replace(interval=interval, notes=() if known else (_OF_CODE,))


# -- ModelGenerator: modelgenerator/tasks/base.py and lr_schedulers.py ----------------------------


def _is_modelgenerator(inner: Section) -> bool:
    return component(inner.section("lr_scheduler"), CLASS_PATH).startswith("modelgenerator.")


def _of_modelgenerator(inner: Section, stepped: Stepped) -> Stepped:
    """Return its schedulers: stepped at every update, its own over all of the run's."""
    scheduler = inner.section("lr_scheduler")
    name = component(scheduler, CLASS_PATH).rpartition(".")[2]
    if name not in _WARMUP_KINDS:
        return stepped._replace(interval=_STEP)
    own = arguments(scheduler, CLASS_PATH)
    own.refuse_others("warmup_ratio", "num_warmup_steps", "last_epoch", "verbose")
    steps, ratio = own.count("num_warmup_steps", None), own.number("warmup_ratio", None)
    if steps is None and ratio is None:
        raise own.wrong("warmup_ratio", "is missing: give it or num_warmup_steps")

    def call(length: int) -> Node:
        warmup = steps if steps is not None else int(ratio * length)
        numbers = {"num_warmup_steps": warmup}
        if name != "ConstantWithWarmup":
            numbers["num_training_steps"] = length
        return _made(f"transformers.{_WARMUP_KINDS[name]}", numbers, scheduler)

    return stepped._replace(call=call, interval=_STEP, needs_length=True)


def _made(name: str, numbers: dict[str, int], place: Section) -> Node:
    where = place.node.where
    kwargs = {key: Node(value, where, text=str(value)) for key, value in numbers.items()}
    return Node(Call(name, (), kwargs), where, text=name)


# -- TerraTorch: terratorch/tasks/optimizer_factory.py --------------------------------------------


def _of_terratorch(inner: Section, base_lr: float | None) -> Stepped:
    """Return what optimizer_factory makes of lr, scheduler and scheduler_hparams."""
    rate = base_lr if base_lr is not None else inner.number("lr", _TERRATORCH_LR)
    scheduler = inner.text("scheduler", None)
    if scheduler is None:
        return Stepped(rate, None)
    hparams = inner.section("scheduler_hparams")
    interval = hparams.choice("interval", (_EPOCH, _STEP), _EPOCH)
    return Stepped(rate, lambda _: _torch_call(scheduler, hparams), interval)


def _torch_call(name: str, hparams: Section) -> Node:
    kwargs = {str(key): node for key, node in hparams.entries.items() if key != "interval"}
    if name == "SequentialLR":
        ends = hparams.numbers("milestones", ())
        parts = hparams.section("schedulers")
        calls = tuple(
            _part(str(key), parts.section(str(key)), end)
            for key, end in zip(parts.entries, chain(ends, repeat(math.inf)), strict=False)
        )
        kwargs["schedulers"] = Node(calls, parts.node.where)
    return Node(Call(f"torch.optim.lr_scheduler.{name}", (), kwargs), hparams.node.where, text=name)


def _part(name: str, hparams: Section, milestone: float) -> Node:
    """Return a scheduler of a sequence; LambdaLR is a linear warm-up to its milestone."""
    kwargs = {str(key): node for key, node in hparams.entries.items()}
    if name == "LambdaLR":
        warmup = Code(f"lambda current_step: (current_step + 1) / {milestone:.17g}")
        kwargs["lr_lambda"] = Node(warmup, hparams.node.where)
    return Node(Call(f"torch.optim.lr_scheduler.{name}", (), kwargs), hparams.node.where, text=name)
