"""PaddleClas's YAML configs: Optimizer.lr over Global.epochs, stepped per update or per epoch.

Source: PaddleClas 2.6, ppcls/optimizer/learning_rate.py, ppcls/engine/engine.py and train/train.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import EACH_SHARE, Division
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.paddle_lr import Recipe
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "paddleclas"
NEEDS = "a PaddleClas config has Global.epochs and Optimizer with an lr"

_EVERY = 30  # epochs between the drops of Piecewise, where learning_rate is set
_IGNORED = (
    "with learning_rate set, PaddleClas ignores decay_epochs and values: the rate falls to a tenth "
    f"every {_EVERY} epochs"
)


RULE = msgspec.structs.replace(
    EACH_SHARE,
    name="PaddleClas",
    divisions=(*EACH_SHARE.divisions[:2], Division(("accumulate",), "down")),
    part_epochs=None,
)


def detect(tree: Node) -> str | None:
    """Say why the tree is a PaddleClas config; None where it is not."""
    top = Section(tree)
    run, optimizer = top.get("Global"), top.get("Optimizer")
    if run is None or not isinstance(run.value, dict) or "epochs" not in run.value:
        return None
    if optimizer is None or _rates(optimizer) is None:
        return None
    return "a PaddleClas config: it has Global.epochs and Optimizer with an lr"


def _rates(optimizer: Node) -> list[tuple[str, Node]] | None:
    """Return each optimizer's path and mapping; None where one of them has no lr."""
    if isinstance(optimizer.value, dict):
        found = [("Optimizer", optimizer)]
    elif isinstance(optimizer.value, tuple):
        items = [(i, item.value) for i, item in enumerate(optimizer.value)]
        found = [
            (f"Optimizer[{i}].{name}", node)
            for i, item in items
            if isinstance(item, dict)
            for name, node in item.items()
        ]
    else:
        return None
    has = [isinstance(node.value, dict) and "lr" in node.value for _, node in found]
    return found if found and all(has) else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how PaddleClas makes batches of samples."""
    del given
    top = Section(tree)
    sampler = top.section("DataLoader").section("Train").section("sampler")
    return {
        "accumulate": top.section("Global").count("update_freq", 1, least=1),
        "rule": RULE,
        "batch_size": sampler.count("batch_size", None, least=1),
        "drop_last": sampler.flag("drop_last", default=False),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    run = top.section("Global")
    optimizers = _rates(top.get("Optimizer") or tree)
    if optimizers is None:
        raise top.wrong("Optimizer", "must be an optimizer with an lr, or a list of them")
    path, node = optimizers[0]
    section = Section(node, path).section("lr")
    recipe = Recipe(section, epochs_of(run, "epochs", given), _with_epoch(run, given))
    axis = _axis(recipe)
    return Plan(
        schedule=axis.schedule,
        base_lr=recipe.rate,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"PaddleClas 2.6 {recipe.name or 'constant rate'}",
        notes=(
            *recipe.notes,
            *recipe.ignored("PaddleClas"),
            *(f"{other} has a schedule of its own, not shown here" for other, _ in optimizers[1:]),
            *axis.notes,
        ),
    )


def _with_epoch(run: Section, given: Given) -> Given:
    """Return what is given, an epoch's length from Global.iter_per_epoch where it stands there."""
    batches = run.count("iter_per_epoch", None, least=1)
    if given.iters_per_epoch is not None or batches is None:
        return given
    updates = max(1, batches // run.count("update_freq", 1, least=1))
    return msgspec.structs.replace(given, iters_per_epoch=updates)


class _Clock:
    """What a scheduler of PaddleClas counts in: updates, or epochs with by_epoch."""

    def __init__(self, recipe: Recipe) -> None:
        self.by_epoch = recipe.flag("by_epoch")
        self.unit = 1 if self.by_epoch else recipe.per_epoch
        self.warmup_epochs = recipe.number("warmup_epoch", 0)
        if self.warmup_epochs >= recipe.epochs:
            self.warmup_epochs = recipe.epochs
            recipe.notes.append(f"warmup_epoch is cut to the {recipe.epochs} epochs of the run")
        steps = self.warmup_epochs * self.unit
        recipe.warmup = recipe.whole("warmup_epoch", steps) if self.by_epoch else round(steps)

    def rest(self, recipe: Recipe) -> int:
        """Return the steps after the warm-up."""
        left = recipe.epochs - self.warmup_epochs
        return recipe.whole("warmup_epoch", left * self.unit) if left else 0


def _axis(recipe: Recipe) -> Axis:
    if not recipe.name:
        return by_epoch(_constant(recipe.peak()), recipe.epochs, recipe.given)
    recipe.section.choice("name", _BUILDERS)
    if recipe.name == "Constant":  # Paddle's own class, without a warm-up
        return by_epoch(_constant(recipe.peak()), recipe.epochs, recipe.given)
    clock = _Clock(recipe)
    inner = _BUILDERS[recipe.name](recipe, clock)
    schedule = recipe.warmed(inner, recipe.number("warmup_start_lr", 0.0))
    if clock.by_epoch:
        return by_epoch(schedule, recipe.epochs, recipe.given)
    return by_update(schedule, recipe.epochs, recipe.per_epoch, recipe.given)


def _constant(rate: float) -> Schedule:
    from lrplot.frameworks._absolute import constant

    return constant(rate)


def _const(recipe: Recipe, clock: _Clock) -> Schedule:
    del clock
    return _constant(recipe.peak())


def _linear(recipe: Recipe, clock: _Clock) -> Schedule:
    """Return the poly curve after the warm-up, whose length counts updates even with by_epoch."""
    rate, steps = recipe.peak(), clock.rest(recipe)
    end_lr, power, cycle = (
        recipe.number("end_lr", 0.0),
        recipe.number("power", 1.0),
        recipe.flag("cycle"),
    )
    if clock.warmup_epochs:
        recipe.warmup = round(clock.warmup_epochs * recipe.per_epoch)
    if steps <= 0:
        return _constant(rate)
    return recipe.make(
        "PolynomialDecay",
        learning_rate=rate,
        decay_steps=steps,
        end_lr=end_lr,
        power=power,
        cycle=cycle,
    )


def _cosine(recipe: Recipe, clock: _Clock) -> Schedule:
    rate, steps, eta_min = recipe.peak(), clock.rest(recipe), recipe.number("eta_min", 0.0)
    if steps <= 0:
        return _constant(rate)
    return recipe.make("CosineAnnealingDecay", learning_rate=rate, T_max=steps, eta_min=eta_min)


def _cyclic(recipe: Recipe, clock: _Clock) -> Schedule:
    """Return the triangles, whose sides count the scheduler's steps."""
    del clock
    recipe.section.refuse_others(
        "name",
        "base_learning_rate",
        "max_learning_rate",
        "warmup_epoch",
        "warmup_start_lr",
        "step_size_up",
        "step_size_down",
        "mode",
        "exp_gamma",
        "by_epoch",
        "last_epoch",
        "verbose",
        "scale_mode",
    )
    recipe.asked |= {"verbose", "scale_mode"}
    for key in ("warmup_epoch", "warmup_start_lr"):  # which have no defaults here
        recipe.number(key)
    return recipe.make(
        "CyclicLR",
        base_learning_rate=recipe.peak("base_learning_rate"),
        max_learning_rate=recipe.number("max_learning_rate"),
        step_size_up=recipe.count("step_size_up", least=1),
        step_size_down=recipe.count("step_size_down", None, least=1),
        mode=recipe.text("mode", "triangular"),
        exp_gamma=recipe.number("exp_gamma", 1.0),
    )


def _step(recipe: Recipe, clock: _Clock) -> Schedule:
    size = recipe.number("step_size") * clock.unit
    return recipe.make(
        "StepDecay",
        learning_rate=recipe.peak(),
        step_size=recipe.whole("step_size", size) if clock.by_epoch else int(size),
        gamma=recipe.number("gamma"),
    )


def _piecewise(recipe: Recipe, clock: _Clock) -> Schedule:
    """Return the written levels; with learning_rate set, a tenth of it after every 30 epochs."""
    if recipe.number("learning_rate", 0.0):
        rate = recipe.peak()
        recipe.asked |= {"decay_epochs", "values"}
        recipe.notes.append(_IGNORED)
        epochs: list[float] = [*range(_EVERY, recipe.epochs, _EVERY)] or [recipe.epochs]
        values = [rate * 0.1**i for i in range(len(epochs) + 1)]
        values = [rate, rate] if recipe.epochs <= _EVERY else values
    else:
        epochs, values = recipe.numbers("decay_epochs"), recipe.levels("values")
    return recipe.make(
        "PiecewiseDecay", boundaries=[epoch * clock.unit for epoch in epochs], values=values
    )


def _milestones(recipe: Recipe, clock: _Clock) -> Schedule:
    return recipe.make(
        "MultiStepDecay",
        learning_rate=recipe.peak(),
        milestones=[mark * clock.unit for mark in recipe.numbers("milestones")],
        gamma=recipe.number("gamma", 0.1),
    )


def _fixmatch(recipe: Recipe, clock: _Clock) -> Schedule:
    """Return a rise and a part of a cosine, over the updates of the run even with by_epoch."""
    from lrplot.schedules.combine import Chain
    from lrplot.schedules.lambdas import Lambda

    del clock
    known = ("name", "learning_rate", "num_warmup_steps", "num_cycles", "last_epoch", "by_epoch")
    recipe.section.refuse_others(*known)
    rise = recipe.count("num_warmup_steps")
    cycles, total = recipe.number("num_cycles", 7 / 16), recipe.epochs * recipe.per_epoch
    part = f"pi * {cycles!r} * (t - {rise}) / {max(1, total - rise)}"
    factor = f"t / {max(1, rise)} if t < {rise} else max(0, cos({part}))"
    return Chain(schedules=(_constant(recipe.peak()), Lambda(factor=factor)))


def _one_cycle(recipe: Recipe, clock: _Clock) -> Schedule:
    del clock
    known = (
        "name",
        "max_learning_rate",
        "warmup_epoch",
        "warmup_start_lr",
        "divide_factor",
        "end_learning_rate",
        "phase_pct",
        "anneal_strategy",
        "three_phase",
        "by_epoch",
        "last_epoch",
        "verbose",
    )
    recipe.section.refuse_others(*known)
    recipe.asked.add("verbose")
    return recipe.make(
        "OneCycleLR",
        max_learning_rate=recipe.peak("max_learning_rate"),
        total_steps=recipe.epochs * recipe.per_epoch,
        divide_factor=recipe.number("divide_factor", 25.0),
        end_learning_rate=recipe.number("end_learning_rate", 1e-10),
        phase_pct=recipe.number("phase_pct", 0.3),
        anneal_strategy=recipe.text("anneal_strategy", "cos"),
        three_phase=recipe.flag("three_phase"),
    )


def _plateau(recipe: Recipe, clock: _Clock) -> Schedule:
    """Return what a metric a step makes of the rate; a warm-up around it Paddle cannot step."""
    if recipe.warmup:
        message = "does not go with ReduceOnPlateau, which Paddle cannot step inside a warm-up"
        raise recipe.section.wrong("warmup_epoch", message)
    if not clock.by_epoch:
        message = "must be True for ReduceOnPlateau: a metric is known once an epoch"
        raise recipe.section.wrong("by_epoch", message)
    recipe.given.need("metrics", "ReduceOnPlateau, which watches a metric,")
    return recipe.make(
        "ReduceOnPlateau",
        learning_rate=recipe.peak(),
        mode=recipe.text("mode", "min"),
        factor=recipe.number("factor", 0.1),
        patience=recipe.count("patience", 10),
        threshold=recipe.number("threshold", 1e-4),
        threshold_mode=recipe.text("threshold_mode", "rel"),
        cooldown=recipe.count("cooldown", 0),
        min_lr=recipe.number("min_lr", 0.0),
        epsilon=recipe.number("epsilon", 1e-8),
        given=recipe.given,
    )


_BUILDERS: dict[str, Callable[[Recipe, _Clock], Schedule]] = {
    "Constant": _const,
    "ConstLR": _const,
    "Linear": _linear,
    "Cosine": _cosine,
    "Cyclic": _cyclic,
    "Step": _step,
    "Piecewise": _piecewise,
    "MultiStepDecay": _milestones,
    "ReduceOnPlateau": _plateau,
    "CosineFixmatch": _fixmatch,
    "OneCycleLR": _one_cycle,
}
