"""fairseq's hydra configs: lr_scheduler over optimization.lr and optimization.max_update.

    optimization: {max_update: 80000, lr: [0.00003]}
    lr_scheduler: {_name: tri_stage, phase_ratio: [0.1, 0.4, 0.5], final_lr_scale: 0.05}

Where lr_scheduler is pass_through, each group of optimizer.groups has a schedule of its own: the
first group's is shown, the others are named groups. Source: fairseq 0.12.2,
fairseq/optim/lr_scheduler and optim/composite.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import EACH_SHARE
from lrplot.formats._shared.batches import refuse_size, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.places import defaulted, placed
from lrplot.plan import Plan
from lrplot.syntax.interpolation import interpolated
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "fairseq"
NEEDS = "a fairseq config has optimization, and lr_scheduler with a _name"

_DELEGATED = "pass_through"
_LR = 0.25  # of fairseq's OptimizationConfig
_RATIO_OFF = 1e-9
_PHASES = 3
_MULTIPLE = 8  # required_batch_size_multiple: a batch is no more than it, or a multiple
RULE = msgspec.structs.replace(EACH_SHARE, name="fairseq", part_epochs=None)  # all of it rounded up


def detect(tree: Node) -> str | None:
    """Say why the tree is a fairseq config; None where it is not."""
    top = Section(tree)
    optimization, scheduler = top.get("optimization"), top.get("lr_scheduler")
    if scheduler is None or optimization is None or not isinstance(optimization.value, dict):
        return None
    if isinstance(scheduler.value, dict) and "_name" in scheduler.value:
        return "a fairseq config: it has optimization and lr_scheduler._name"
    if scheduler.value in (_DELEGATED, *_BUILDERS):
        return f"a fairseq config: it has optimization and lr_scheduler {scheduler.value}"
    return None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how fairseq makes updates of samples; batches filled up to max_tokens tell none."""
    top = Section(interpolated(tree))
    dataset = within(top, "dataset")
    size = told(dataset, "batch_size")
    multiple = told(dataset, "required_batch_size_multiple", _MULTIPLE) or 1
    counted = size is not None and (size < multiple or size % multiple == 0)
    return {
        "batch_size": size if counted and "max_tokens" not in dataset else None,
        "accumulate": _update_freq(within(top, "optimization"), given),
        "rule": RULE,
    }


def _update_freq(optimization: Section, given: Given) -> int | None:
    """Return the batches in an update: one number, or a list of them for the epochs to come."""
    node = optimization.get("update_freq")
    items = node.value if node is not None and isinstance(node.value, tuple) else (node,)
    if len(items) > 1:
        refuse_size(optimization, "update_freq", given, "changes from epoch to epoch")
    listed: dict[Any, Node] = {"update_freq": items[0]} if items[0] is not None else {}
    return told(Section(Node(listed, optimization.node.where), optimization.path), "update_freq", 1)


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(interpolated(tree))
    optimization, scheduler = top.section("optimization"), _scheduler(top)
    if scheduler.text("_name") != _DELEGATED:
        return _plan(optimization, optimization, scheduler, given)
    first, *others = [
        msgspec.structs.replace(
            _plan(optimization, group, _scheduler(group), given),
            name=group.path.rpartition(".")[2],
        )
        for group in _groups(top)
    ]
    shown = f"the rate shown is that of optimizer.groups.{first.name}"
    return msgspec.structs.replace(
        first, name="", groups=tuple(others), notes=(*first.notes, *([shown] if others else []))
    )


def _scheduler(section: Section) -> Section:
    """Return an lr_scheduler, which may be no more than its name."""
    node = section.get("lr_scheduler")
    if node is None or not isinstance(node.value, str):
        return section.section("lr_scheduler")
    return Section(Node({"_name": node}, node.where), section.join("lr_scheduler"))


def _groups(top: Section) -> list[Section]:
    """Return the groups of a composite optimizer that have a schedule."""
    groups = top.section("optimizer").section("groups")
    found = [group for name in groups if "lr_scheduler" in (group := groups.section(name))]
    if not found:
        message = "pass_through leaves the rate to optimizer.groups, which have no lr_scheduler"
        raise _scheduler(top).wrong("_name", message)
    return found


def _plan(optimization: Section, rates: Section, scheduler: Section, given: Given) -> Plan:
    """Return the plan of a scheduler, whose rate stands beside it or in rates."""
    name = scheduler.choice("_name", _BUILDERS)
    run = _max_update(optimization, given)
    notes: list[str] = []
    base_lr = given.base_lr
    if base_lr is None:
        base_lr = _base_lr(scheduler, rates, optimization, notes)
    builder, keys = _BUILDERS[name]
    scheduler.refuse_others("_name", "lr", *keys)
    with placed(scheduler, {"period": "lr_period_updates"}):
        schedule = builder(scheduler, run)
    return Plan(
        schedule=schedule,
        base_lr=base_lr,
        max_iters=_end(optimization, run, given),
        iters_per_epoch=given.iters_per_epoch,
        convention=f"fairseq 0.12.2 {name}",
        notes=tuple(notes),
    )


def _max_update(optimization: Section, given: Given) -> int:
    """Return the length the schedules count with: max_update, or what the options say."""
    if given.max_iters:
        return given.max_iters
    node, epochs = optimization.get("max_update"), optimization.count("max_epoch", 0)
    left_out = node is not None and isinstance(node.value, Unknown)
    run = 0 if left_out else optimization.count("max_update", 0)
    if not run and epochs and given.iters_per_epoch:
        run = epochs * given.iters_per_epoch
    if not run:
        given.need("max_iters", "a run without optimization.max_update")
    return int(run)


def _end(optimization: Section, run: int, given: Given) -> int:
    """Return where the run ends: max_epoch may come before max_update."""
    epochs = optimization.count("max_epoch", 0)
    if given.max_iters or not (epochs and given.iters_per_epoch):
        return run
    return int(min(run, epochs * given.iters_per_epoch))


def _base_lr(scheduler: Section, rates: Section, optimization: Section, notes: list[str]) -> float:
    """Return the one rate of a group, of the scheduler, or of the optimization."""
    if "lr_float" in rates:
        return float(rates.number("lr_float"))
    holder = next((held for held in (scheduler, rates) if "lr" in held), optimization)
    node = holder.get("lr")
    if node is None:
        notes.extend(defaulted(optimization, {"lr": f"[{_LR:g}]"}, "fairseq"))
        return _LR
    if not isinstance(node.value, tuple):
        return float(holder.number("lr"))
    if len(node.value) != 1:
        raise holder.wrong(
            "lr", "must hold one rate: a list of them, one for each epoch, is not read"
        )
    return float(holder.numbers("lr")[0])


def _tri_stage(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import TriStage

    parts: Any = [section.count(key, 0) for key in ("warmup_steps", "hold_steps", "decay_steps")]
    ratio = section.numbers("phase_ratio", None)
    if ratio is not None:
        if len(ratio) != _PHASES or abs(sum(ratio) - 1) > _RATIO_OFF or min(ratio) < 0:
            raise section.wrong("phase_ratio", "must be three parts of the run that add up to 1")
        parts = [int(run * part) for part in ratio]
    if parts[2] < 1:
        key = "decay_steps" if ratio is None else "phase_ratio"
        raise section.wrong(key, "leaves no update for the decay, which fairseq divides by")
    return TriStage(
        warmup_steps=parts[0],
        hold_steps=parts[1],
        decay_steps=parts[2],
        init_lr_scale=section.number("init_lr_scale", 0.01),
        final_lr_scale=section.number("final_lr_scale", 0.01),
    )


def _polynomial_decay(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import PolynomialDecay

    return PolynomialDecay(
        warmup_updates=section.count("warmup_updates", 0),
        total_num_update=section.number("total_num_update", float(run)),
        end_learning_rate=section.number("end_learning_rate", 0.0),
        power=section.number("power", 1.0),
    )


def _cosine(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import Cosine

    warmup, period = section.count("warmup_updates", 0), section.number("lr_period_updates", -1.0)
    if period <= 0 and run <= warmup:
        message = f"leaves nothing of the run's {run:,} updates for the cosine"
        raise section.wrong("warmup_updates", message)
    return Cosine(
        **_warmup(section, section.number("min_lr", 0.0)),
        period=period if period > 0 else run - warmup,
        t_mult=section.number("t_mult", 1.0),
        min_lr=section.number("min_lr", 0.0),
        lr_shrink=section.number("lr_shrink", 0.1),
    )


def _warmup(section: Section, start: float, updates: int = 0) -> dict[str, Any]:
    """Return the warm-up; a first rate below 0 is none."""
    first = section.number("warmup_init_lr", -1.0)
    return {
        "warmup_updates": section.count("warmup_updates", updates),
        "warmup_init_lr": start if first < 0 else first,
    }


def _inverse_sqrt(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import InverseSqrt

    del run
    section.count("warmup_updates", 4000, least=1)  # fairseq divides by it
    return InverseSqrt(**_warmup(section, 0.0, 4000))


def _step(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import Step

    del run
    return Step(
        **_warmup(section, section.number("min_lr", 0.0)),
        lr_deacy_period=section.count("lr_deacy_period", 25_000),
        lr_decay=section.number("lr_decay", 0.5),
        min_lr=section.number("min_lr", 0.0),
    )


def _fixed(section: Section, run: int) -> Schedule:
    from lrplot.formats.fairseq._curves import Fixed

    del run
    return Fixed(warmup_updates=section.count("warmup_updates", 0))


_WARMUP = ("warmup_updates", "warmup_init_lr")
_BUILDERS: dict[str, tuple[Callable[[Section, int], Schedule], tuple[str, ...]]] = {
    "tri_stage": (
        _tri_stage,
        (
            *("warmup_steps", "hold_steps", "decay_steps", "phase_ratio"),
            *("init_lr_scale", "final_lr_scale", "max_update"),
        ),
    ),
    "polynomial_decay": (
        _polynomial_decay,
        ("warmup_updates", "total_num_update", "end_learning_rate", "power"),
    ),
    "cosine": (
        _cosine,
        (*_WARMUP, "min_lr", "t_mult", "lr_period_updates", "lr_shrink", "max_update"),
    ),
    "inverse_sqrt": (_inverse_sqrt, _WARMUP),
    "step": (_step, (*_WARMUP, "min_lr", "lr_deacy_period", "lr_decay")),
    "fixed": (_fixed, ("warmup_updates", "lr_shrink")),
}
