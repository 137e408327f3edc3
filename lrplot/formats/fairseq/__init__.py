"""fairseq's hydra configs: lr_scheduler over optimization.lr and optimization.max_update.

    optimization: {max_update: 80000, lr: [0.00003]}
    lr_scheduler: {_name: tri_stage, phase_ratio: [0.1, 0.4, 0.5], final_lr_scale: 0.05}

Where lr_scheduler is pass_through, each group of optimizer.groups has a schedule of its own: the
first group's is shown, the others are named groups. Source: fairseq 0.12.2,
fairseq/optim/lr_scheduler and optim/composite.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.accounting import EACH_SHARE
from lrplot.durations import LARGEST_STEP
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
_PHASES = 3
_MANY = 100_000
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
    end = _end(optimization, given)
    notes: list[str] = []
    rate = given.base_lr
    levels: tuple[float, ...] = () if rate is None else (rate,)
    if rate is None:
        levels = _rates(scheduler, rates, optimization, notes)
    builder, keys = _BUILDERS[name]
    scheduler.refuse_others("_name", "lr", *keys)
    run = _Run(scheduler, optimization, given, levels, end)
    with placed(scheduler, {"period": "lr_period_updates", "half": "lr_period_updates"}):
        schedule = builder(run)
    return Plan(
        schedule=schedule,
        base_lr=levels[0],
        max_iters=end,
        iters_per_epoch=given.iters_per_epoch,
        convention=f"fairseq 0.12.2 {name}",
        notes=tuple(notes),
    )


class _Run(NamedTuple):
    """What a schedule is built from."""

    section: Section
    optimization: Section
    given: Given
    rates: tuple[float, ...]
    end: int

    def max_update(self, key: str) -> int:
        """Return optimization.max_update where a schedule counts with it, in place of a key."""
        most: int = self.given.max_iters or _count(self.optimization, "max_update")
        if not most:
            message = "follows optimization.max_update, which is not set"
            raise self.section.wrong(key, message, "add it, or --max-iters")
        return most

    def rate(self) -> float:
        """Return the one rate of a schedule that takes no more."""
        if len(self.rates) > 1:
            raise self.section.wrong("_name", "takes one rate, and lr holds several")
        return self.rates[0]

    def rate_above(self, key: str, bound: float) -> float:
        """Return the rate, which must be above what stands under a key."""
        rate = self.rate()
        if not rate > bound:
            raise self.section.wrong(key, f"must be below lr, {rate:g}, got {bound:g}")
        return rate


def _end(optimization: Section, given: Given) -> int:
    """Return where the run ends: max_epoch may come before max_update."""
    if given.max_iters:
        return given.max_iters
    epochs, most = optimization.count("max_epoch", 0), _count(optimization, "max_update")
    if epochs and given.iters_per_epoch:
        return int(min(most or LARGEST_STEP, epochs * given.iters_per_epoch))
    if not most:
        given.need("max_iters", "a run without optimization.max_update")
    return most


def _count(optimization: Section, key: str) -> int:
    """Return a whole number, 0 where it is left to the command line ("???")."""
    node = optimization.get(key)
    left_out = node is not None and isinstance(node.value, Unknown)
    return 0 if left_out else int(optimization.count(key, 0))


def _rates(
    scheduler: Section, rates: Section, optimization: Section, notes: list[str]
) -> tuple[float, ...]:
    """Return the rate of a group, of the scheduler, or of the optimization; or those of epochs."""
    if "lr_float" in rates:
        return (float(rates.number("lr_float")),)
    holder = next((held for held in (scheduler, rates) if "lr" in held), optimization)
    node = holder.get("lr")
    if node is None:
        notes.extend(defaulted(optimization, {"lr": f"[{_LR:g}]"}, "fairseq"))
        return (_LR,)
    if not isinstance(node.value, tuple):
        return (float(holder.number("lr")),)
    if not node.value:
        raise holder.wrong("lr", "must hold a rate")
    return tuple(map(float, holder.numbers("lr")))


def _tri_stage(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import TriStage

    run.rate()
    section = run.section
    parts: Any = [section.count(key, 0) for key in ("warmup_steps", "hold_steps", "decay_steps")]
    ratio = section.numbers("phase_ratio", None)
    if ratio is not None:
        parts = [int(run.max_update("phase_ratio") * part) for part in _phases(section, ratio)]
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


def _phases(section: Section, ratio: tuple[float, ...]) -> tuple[float, ...]:
    """Return three parts, whose sum as a float must be 1: fairseq refuses [0.2, 0.7, 0.1]."""
    if len(ratio) != _PHASES or min(ratio) < 0:
        raise section.wrong("phase_ratio", "must be three parts of the run that add up to 1")
    total = ratio[0] + ratio[1] + ratio[2]  # sum() rounds otherwise in later Pythons
    if total != 1:
        message = f"must add up to 1, and as floats these make {total!r}: fairseq refuses them"
        raise section.wrong("phase_ratio", message)
    return ratio


def _polynomial_decay(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import PolynomialDecay

    run.rate()
    section, key = run.section, "total_num_update"
    return PolynomialDecay(
        warmup_updates=section.count("warmup_updates", 0),
        total_num_update=section.number(key) if key in section else run.max_update(key),
        end_learning_rate=section.number("end_learning_rate", 0.0),
        power=section.number("power", 1.0),
    )


def _cosine(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import Cosine

    section = run.section
    floor = section.number("min_lr", 0.0)
    run.rate_above("min_lr", floor)
    return Cosine(
        **_warmup(section, floor),
        period=_period(run),
        t_mult=section.number("t_mult", 1.0),
        min_lr=floor,
        lr_shrink=section.number("lr_shrink", 0.1),
    )


def _period(run: _Run) -> float:
    """Return the length of the first period: what the warm-up leaves of the run, unless told."""
    warmup = run.section.count("warmup_updates", 0)
    period: float = run.section.number("lr_period_updates", -1.0)
    if period > 0:
        return period
    whole = run.max_update("lr_period_updates")
    if whole <= warmup:
        message = f"leaves nothing of the run's {whole:,} updates for the cosine"
        raise run.section.wrong("warmup_updates", message)
    return float(whole - warmup)


def _warmup(section: Section, start: float, updates: int = 0) -> dict[str, Any]:
    """Return the warm-up; a first rate below 0 is none."""
    first = section.number("warmup_init_lr", -1.0)
    return {
        "warmup_updates": section.count("warmup_updates", updates),
        "warmup_init_lr": start if first < 0 else first,
    }


def _inverse_sqrt(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import InverseSqrt

    run.rate()
    run.section.count("warmup_updates", 4000, least=1)  # fairseq divides by it
    return InverseSqrt(**_warmup(run.section, 0.0, 4000))


def _step(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import Step

    section = run.section
    floor = section.number("min_lr", 0.0)
    run.rate_above("min_lr", floor)
    return Step(
        **_warmup(section, floor),
        lr_deacy_period=section.count("lr_deacy_period", 25_000),
        lr_decay=section.number("lr_decay", 0.5),
        min_lr=floor,
    )


def _triangular(run: _Run) -> Schedule:
    from lrplot.formats.fairseq._curves import Triangular

    section = run.section
    top, rate = section.number("max_lr"), run.rate()
    if not top > rate:
        raise section.wrong("max_lr", f"must be above lr, {rate:g}, got {top:g}")
    return Triangular(
        max_lr=top,
        half=section.number("lr_period_updates", 5000.0) // 2,
        lr_shrink=section.number("lr_shrink", 0.1),
        shrink_min=section.flag("shrink_min", default=False),
    )


def _fixed(run: _Run) -> Schedule:
    """Return the warm-up, over the rates of the epochs where there are several."""
    from lrplot.formats.fairseq._curves import Fixed
    from lrplot.schedules.combine import Chain

    rise = Fixed(warmup_updates=run.section.count("warmup_updates", 0))
    if len(run.rates) == 1 and "force_anneal" not in run.section:
        return rise
    return Chain(schedules=(_of_epochs(run), rise))


def _of_epochs(run: _Run) -> Schedule:
    """Return the rate of each epoch: lr's, the last for good; from force_anneal on it shrinks."""
    from lrplot.frameworks._absolute import levels

    each: int = run.given.need("iters_per_epoch", "a rate for each epoch")
    epochs = -(-run.end // each)
    if epochs > _MANY:
        raise run.section.wrong("_name", f"has a rate for each of more than {_MANY:,} epochs")
    start = run.section.count("force_anneal", epochs + 1)
    shrink = run.section.number("lr_shrink", 0.1)
    known = [
        run.rates[min(epoch - 1, len(run.rates) - 1)]
        if epoch < start
        else run.rates[-1] * shrink ** (epoch + 1 - start)
        for epoch in range(1, epochs + 1)
    ]
    return levels(known[0], ((epoch * each, rate) for epoch, rate in enumerate(known)))


_WARMUP = ("warmup_updates", "warmup_init_lr")
_BUILDERS: dict[str, tuple[Callable[[_Run], Schedule], tuple[str, ...]]] = {
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
    "fixed": (_fixed, ("warmup_updates", "lr_shrink", "force_anneal")),
    "triangular": (_triangular, ("max_lr", "lr_period_updates", "lr_shrink", "shrink_min")),
}
