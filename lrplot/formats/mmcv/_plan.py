"""The plan of an mmcv 1.x config: its optimizer's rate, its run and its hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.openmmlab import (
    ON_EPOCHS,
    Batches,
    choose_optimizer,
    epoch_needed,
    held_momentum,
    loading_with,
    place,
    refuse_choice,
    scaled_rate,
)
from lrplot.formats.mmcv._config import Run, by_epoch, lr_updater, momentum_updater
from lrplot.plan import Plan
from lrplot.schedules.combine import Chain
from lrplot.schedules.steps import Piecewise
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["loading_of", "plan_of"]

CONVENTION = "mmcv 1.7.2"


def loading_of(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the config's loader makes batches of samples."""
    return loading_with(_batches(Section(tree)), given, tree)


def plan_of(tree: Node, given: Given) -> Plan:
    """Return the plan of an mmcv 1.x config; raise InputError at what it does not tell."""
    top = Section(tree)
    optimizer = _optimizer(top, given)
    batches = _batches(top)
    config = _config(top, "lr_config")
    run, shown = _run(top, config, given)
    schedule = lr_updater(config, run, _momentum(top, optimizer, run))
    rate, scaling = _rate(schedule, optimizer, top, given, batches)
    policy = config.text("policy", "fixed")
    return Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=run.iters,
        iters_per_epoch=run.epoch_length,
        convention=f"{CONVENTION} {policy}",
        notes=tuple(filter(None, (scaling, *shown, *_notes(top, config, run)))),
        details=tuple(_details(top, optimizer, config, given)),
    )


# -- optimizer and rate -------------------------------------------------------------------------


def _optimizer(top: Section, given: Given) -> Section:
    """Return the section of the optimizer, of the one that --optimizer names where several are."""
    section = top.section(top.first("optimizer", "optimizers"))
    named = {
        str(key): section.section(str(key))
        for key, node in section.entries.items()
        if isinstance(node.value, dict) and "type" in node.value
    }
    if named and "type" not in section:
        return choose_optimizer(named, given, top.node)[1]
    refuse_choice(given)
    return section


def _rate(
    schedule: Schedule, optimizer: Section, top: Section, given: Given, batches: Batches
) -> tuple[float, str]:
    """Return the rate the optimizer is built with, scaled where the config has it so."""
    if given.base_lr is not None:
        return given.base_lr, ""
    if "lr" not in optimizer and not schedule.uses_base():
        return 0.0, ""
    if "lr" not in optimizer:
        hint = "say which rate the optimizer has: --base-lr RATE"
        raise optimizer.wrong("lr", "is missing", hint)
    return scaled_rate(optimizer.number("lr"), top, given, batches)


def _batches(top: Section) -> Batches:
    data = top.section("data")
    loader = data.section("train_dataloader") if "train_dataloader" in data else data
    for section in (loader, data):
        node = section.get("samples_per_gpu")
        if node is not None and isinstance(node.value, int):
            return Batches(node.value, section.join("samples_per_gpu"))
    return Batches(None, "data.samples_per_gpu")


# -- the run ------------------------------------------------------------------------------------


def _run(top: Section, config: Section, given: Given) -> tuple[Run, tuple[str, ...]]:
    """Return the run on the axis that the hook needs, and a note; ask for what is missing."""
    by_iteration, epochs, iters = _length(top, given)
    length = given.iters_per_epoch
    if by_iteration:
        iters = iters or given.need("max_iters", "a config without the length of its run")
        return Run(None, _bounded(iters), length), ()
    epochs = epochs or given.need("max_epochs", "a config without the length of its run")
    if length is None:
        _refuse_iterations(config, given, top.node)
        return Run(epochs, _bounded(epochs), 1), (ON_EPOCHS,)
    if given.max_iters is not None and given.max_epochs is None:
        return Run(-(-given.max_iters // length), given.max_iters, length), ()
    return Run(epochs, _bounded(epochs * length), length), ()


def _length(top: Section, given: Given) -> tuple[bool, int | None, int | None]:
    """Return whether the runner goes by iterations, and its epochs and iterations, if written."""
    runner = top.section("runner")
    epochs = runner.count("max_epochs", None, least=1) or top.count("total_epochs", None, least=1)
    iters = runner.count("max_iters", None, least=1) or top.count("total_iters", None, least=1)
    default = "IterBasedRunner" if iters and not epochs else "EpochBasedRunner"
    by_iteration = "Iter" in runner.text("type", default)
    return by_iteration, given.max_epochs or epochs, given.max_iters or iters


def _refuse_iterations(config: Section, given: Given, tree: Node) -> None:
    """Ask for the length of an epoch where the hook, in a run of epochs, counts iterations."""
    why = ""
    if config.get("warmup") is not None:
        why = "the warm-up counts iterations, and the run epochs"
    elif config.entries and not by_epoch(config, by_iteration=False):
        why = f"the policy {config.text('policy')} counts iterations, and the run epochs"
    elif given.max_iters is not None:
        why = "a run in epochs, and --max-iters"
    if why:
        raise epoch_needed(why, config, tree)


def _bounded(steps: int) -> int:
    if steps > LARGEST_STEP:
        raise InputError("the run has more than 2^53 steps")
    return steps


# -- the hooks ----------------------------------------------------------------------------------


def _config(top: Section, key: str) -> Section:
    """Return the section of a hook, an empty one where there is none."""
    node = top.get(key)
    if node is not None and isinstance(node.value, Unknown):
        raise top.wrong(key, node.value.reason)
    section = top.section(key)
    if section.entries and "policy" not in section:
        raise section.wrong("policy", "is missing: it names the rule")
    return section


def _momentum(top: Section, optimizer: Section, run: Run) -> Schedule | None:
    """Return the curve of the momentum, from what the optimizer is built with."""
    curve = momentum_updater(_config(top, "momentum_config"), run)
    held = held_momentum(optimizer)
    if curve is None or held is None or not curve.uses_base():
        return curve
    return Chain(schedules=(Piecewise(boundaries=(), values=(held,)), curve))


def _notes(top: Section, config: Section, run: Run) -> list[str]:
    """Return what the reader should know: slips, and what is oddly so."""
    notes = []
    if config.entries and run.by_iteration and by_epoch(config, by_iteration=True):
        notes.append(
            "by_epoch=True with a runner that counts iterations: mmcv's hook never sets the rate"
        )
    steps = config.get("step")
    marks = steps.value if steps is not None and isinstance(steps.value, tuple) else ()
    end = run.epochs if by_epoch(config, by_iteration=run.by_iteration) else run.iters
    late = [m.value for m in marks if isinstance(m.value, int) and end and m.value >= end]
    if late:
        notes.append(f"step {late[0]:,} never comes: the run ends at {end:,}")
    hook = top.section("optimizer_config")
    counts = hook.get("cumulative_iters")
    if counts is not None and isinstance(counts.value, int) and counts.value > 1:
        notes.append(
            f"steps are mmcv's iterations, batches; the optimizer updates every {counts.value}"
        )
    return notes


def _details(top: Section, optimizer: Section, config: Section, given: Given) -> Iterator[str]:
    """Yield where the config says what."""
    if given.base_lr is None and "lr" in optimizer:
        yield f"rate {optimizer.number('lr'):g}  {place(optimizer.where('lr'), top.node)}"
    runner = top.section("runner")
    for section, key in ((runner, "max_epochs"), (runner, "max_iters"), (top, "total_epochs")):
        if key in section and getattr(given, key.replace("total", "max")) is None:
            yield f"{key} {section.count(key):,}  {place(section.where(key), top.node)}"
    if config.entries:
        unit = "epochs" if by_epoch(config, by_iteration=_length(top, given)[0]) else "iterations"
        said = "" if "by_epoch" in config else " by default"
        where = place(config.where("policy"), top.node)
        yield f"policy {config.text('policy')} ({unit}{said})  {where}"
