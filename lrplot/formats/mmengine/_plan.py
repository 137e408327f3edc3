"""The plan of an mmengine config: its optimizer's rate, its loop and its schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.errors import InputError, Problem
from lrplot.formats._shared.batches import within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.openmmlab import (
    Batches,
    choose_optimizer,
    held_momentum,
    loading_with,
    place,
    refuse_choice,
    scaled_rate,
)
from lrplot.formats._shared.places import placed
from lrplot.formats.mmengine._loop import Clock, Loop, axis_of
from lrplot.formats.mmengine._slips import slips
from lrplot.frameworks.mmengine import BY_NAME, CONVENTION, MMPOSE, NOTES
from lrplot.frameworks.mmengine._dicts import build
from lrplot.frameworks.mmengine._list import joined
from lrplot.plan import Plan
from lrplot.schedules.decay import Constant
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.formats.mmengine._loop import Axis
    from lrplot.frameworks.mmengine._list import Schedulers
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["loading_of", "plan_of"]

_STEPPING = "ParamSchedulerHook"


def loading_of(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the config's loader makes batches of samples."""
    return loading_with(_batches(Section(tree)), given, tree)


def plan_of(tree: Node, given: Given) -> Plan:
    """Return the plan of an mmengine config; raise InputError at what it does not tell."""
    top = Section(tree)
    _refuse_own_hooks(top)
    name, optimizer = _optimizer(top, given)
    items = _items(top, name)
    batches = _batches(top)
    given = _with_own_epoch(top, given, batches)
    loop = Loop.of(tree, given)
    acting = [item for item in items if item.param == "lr"]
    _refuse_sparse_metrics(top, acting)
    axis = axis_of(loop, [item.clock for item in acting], given, tree)
    schedule = _schedule([*acting, *_of_momentum(items, axis)], axis, optimizer)
    rate, scaling = _rate(top, optimizer, given, batches)
    kinds = [item.kind for item in acting]
    return Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=axis.max_iters or schedule.extent(),
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"{CONVENTION} {' + '.join(kinds) or 'without schedulers'}",
        notes=tuple(filter(None, (scaling, *axis.notes, *_notes(top, acting, axis)))),
        open_end=axis.max_iters is None,
        details=tuple(_details(top, optimizer, acting, given)),
    )


# -- the optimizer ------------------------------------------------------------------------------


def _optimizer(top: Section, given: Given) -> tuple[str, Section]:
    """Return the optimizer's name ("" where there is one) and its section."""
    wrapper = top.section("optim_wrapper")
    if "lr_schedule" in wrapper:
        raise wrapper.wrong("lr_schedule", "sets the rates by scale, code of its own")
    if "optim_wrapper" in top.entries and "optim_wrapper" not in top:
        raise top.wrong("optim_wrapper", "is None: this config does not train")
    if "optimizer" in wrapper or "optim_wrapper" not in top:
        refuse_choice(given)
        return "", (wrapper if "optimizer" in wrapper else top).section("optimizer")
    named = {
        str(key): wrapper.section(key).section("optimizer")
        for key, node in wrapper.entries.items()
        if isinstance(node.value, dict) and "optimizer" in node.value
    }
    if not named:
        refuse_choice(given)
        return "", wrapper.section("optimizer")
    return choose_optimizer(named, given, top.node)


def _rate(top: Section, optimizer: Section, given: Given, batches: Batches) -> tuple[float, str]:
    """Return the rate the optimizer is built with, scaled where the config has it so."""
    if given.base_lr is not None:
        return given.base_lr, ""
    if "lr" not in optimizer:
        kind = optimizer.text("type", "the optimizer")
        message = f"is missing: {kind} takes its own default"
        raise optimizer.wrong("lr", message, "say which rate that is: --base-lr RATE")
    return scaled_rate(optimizer.number("lr"), top, given, batches)


def _batches(top: Section) -> Batches:
    loader = within(top, "train_dataloader")
    size = loader.get("batch_size")
    known = size is not None and isinstance(size.value, int)
    drops = (loader.get("drop_last"), within(loader, "batch_sampler").get("drop_last"))
    return Batches(
        size.value if size is not None and known else None,
        "train_dataloader",
        drop_last=any(drop is not None and drop.value is True for drop in drops),
    )


def _with_own_epoch(top: Section, given: Given, batches: Batches) -> Given:
    """Return the given with the length of an epoch that mmengine takes where batches never end.

    Its InfiniteSampler has all the samples for each GPU, and so has the length of its loader.
    """
    kind = within(top, "train_dataloader", "sampler").get("type")
    size = given.batch_size or batches.size
    endless = kind is not None and str(kind.value).rpartition(".")[2] == "InfiniteSampler"
    if not endless or given.dataset_size is None or size is None:
        return given
    drop = batches.drop_last if given.drop_last is None else given.drop_last
    whole, rest = divmod(given.dataset_size, size)
    length = whole + (rest > 0 and not drop)
    return msgspec.structs.replace(given, iters_per_epoch=length or None)


# -- the schedulers -----------------------------------------------------------------------------


class _Item(NamedTuple):
    """One scheduler of the list: its section, its name, and what it acts on."""

    section: Section
    kind: str
    param: str
    scope: str  # the package whose scheduler of that name is meant first

    @property
    def clock(self) -> Clock:
        """What it counts."""
        by_epoch = self.section.flag("by_epoch", default=True)
        converted = self.section.flag("convert_to_iter_based", default=False)
        return Clock(by_epoch, converted, self.kind, self.section)


def _items(top: Section, optimizer: str) -> list[_Item]:
    """Return the schedulers of an optimizer."""
    node, path = top.get("param_scheduler"), "param_scheduler"
    if node is not None and isinstance(node.value, dict) and "type" not in node.value:
        if optimizer not in node.value:
            raise top.wrong(path, f"has no schedulers for the optimizer {optimizer or 'there is'}")
        node, path = node.value[optimizer], f"{path}.{optimizer}"
    if node is None or node.value is None:
        return []
    if isinstance(node.value, Unknown):
        raise InputError([Problem(node.value.reason, path, node.where)])
    nodes = node.value if isinstance(node.value, tuple) else (node,)
    several = isinstance(node.value, tuple)
    scope = top.text("default_scope", "mmengine")
    return [_item(item, f"{path}[{i}]" if several else path, scope) for i, item in enumerate(nodes)]


def _item(node: Node, path: str, scope: str) -> _Item:
    if not isinstance(node.value, dict):
        reason = node.value.reason if isinstance(node.value, Unknown) else "must be a dict"
        raise InputError([Problem(reason, path, node.where)])
    section = Section(node, path)
    kind = section.text("type").rpartition(".")[2]
    if kind == "ReduceLR":
        message = "ReduceLR follows the loss that only the training itself knows"
        raise section.wrong("type", message)
    return _Item(section, kind, _param(section, kind), section.text("_scope_", scope))


def _param(section: Section, kind: str) -> str:
    """Return what a scheduler acts on, by its name."""
    if kind.endswith("ParamScheduler"):
        return str(section.text("param_name"))
    for suffix, param in (("Momentum", "momentum"), ("WeightDecay", "weight_decay")):
        if kind.endswith(suffix):
            return param
    return "lr"


def _of_momentum(items: list[_Item], axis: Axis) -> list[_Item]:
    """Return the schedulers of the momentum; none that needs what the rate does not."""
    known = axis.run.epoch_length is not None
    found = [item for item in items if item.param == "momentum"]
    return [item for item in found if known or not item.clock.converted]


def _schedule(items: list[_Item], axis: Axis, optimizer: Section) -> Schedule:
    if not items:
        return Constant()
    schedule = joined([_built(item, axis) for item in items], axis.run.given)
    return msgspec.structs.replace(schedule, momentum_held=held_momentum(optimizer))


def _built(item: _Item, axis: Axis) -> Schedulers:
    """Return one scheduler; what is refused is said at its key."""
    section = item.section
    arguments = {str(key): _plain(section, str(key), node) for key, node in section.entries.items()}
    written = section.text("type").partition(".")[0] if "." in section.text("type") else ""
    known = MMPOSE if "mmpose" in (written or item.scope) else BY_NAME
    with placed(section, {"any": "factor"}):
        return build(arguments, axis.run, known)


def _plain(section: Section, key: str, node: Node) -> Any:
    if isinstance(node.value, Unknown):
        raise section.wrong(key, node.value.reason, f"--set {section.join(key)}=VALUE says it")
    if isinstance(node.value, tuple):
        return [_plain(section, key, item) for item in node.value]
    if isinstance(node.value, dict):
        return {name: _plain(section, key, item) for name, item in node.value.items()}
    return node.value


# -- what else sets the rate, and what the reader should know -----------------------------------


def _refuse_own_hooks(top: Section) -> None:
    """Refuse a hook in the place of the one that steps the schedulers: it sets the rate itself."""
    hook = top.section("default_hooks").get("param_scheduler")
    kind = hook.value.get("type") if hook is not None and isinstance(hook.value, dict) else None
    if kind is None or str(kind.value).rpartition(".")[2] == _STEPPING:
        return
    message = f"the rate is set by {kind.value}, code of its own, not by param_scheduler"
    raise InputError([Problem(message, "default_hooks.param_scheduler", kind.where)])


def _refuse_sparse_metrics(top: Section, acting: list[_Item]) -> None:
    """Refuse a plateau whose metric is not there after every epoch."""
    loop = top.section("train_cfg")
    every = any(item.kind.startswith("ReduceOnPlateau") for item in acting)
    if every and loop.count("val_interval", 1) != 1:
        message = "must be 1 here: ReduceOnPlateauLR is followed from epoch to epoch"
        raise loop.wrong("val_interval", message)


def _notes(top: Section, acting: list[_Item], axis: Axis) -> list[str]:
    """Return the slips of the schedulers, and what mmengine counts as an iteration."""
    notes = [NOTES[item.kind] for item in acting if item.kind in NOTES]
    notes += slips([item.section for item in acting], axis.run)
    counts = top.section("optim_wrapper").get("accumulative_counts")
    if counts is not None and isinstance(counts.value, int) and counts.value > 1:
        notes.append(
            f"steps are mmengine's iterations, batches; the optimizer updates every {counts.value}"
        )
    return notes


def _details(top: Section, optimizer: Section, acting: list[_Item], given: Given) -> Iterator[str]:
    """Yield where the config says what, and what it leaves to mmengine's defaults."""
    if given.base_lr is None:
        yield f"rate {optimizer.number('lr'):g}  {place(optimizer.where('lr'), top.node)}"
    loop = top.section("train_cfg")
    for key in ("max_epochs", "max_iters"):
        if key in loop and getattr(given, key) is None:
            yield f"{key} {loop.count(key):,}  {place(loop.where(key), top.node)}"
    for item in acting:
        yield f"{item.kind}{_window(item.section)}  {place(item.section.node.where, top.node)}"


def _window(section: Section) -> str:
    """Return a scheduler's window in its own unit, as it is written."""
    by_epoch = section.flag("by_epoch", default=True)
    end = f"{section.number('end'):g}" if "end" in section else "the run's end, by default"
    unit = "epochs" if by_epoch else "iterations"
    said = "" if "by_epoch" in section else " by default"
    converted = section.flag("convert_to_iter_based", default=False)
    made = ", made iterations" if converted else ""
    return f" from {section.number('begin', 0):g} to {end} ({unit}{said}{made})"
