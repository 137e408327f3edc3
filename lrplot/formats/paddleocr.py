"""PaddleOCR's YAML configs: Optimizer.lr over Global.epoch_num, stepped at every update.

Source: PaddleOCR 2.10, ppocr/optimizer/learning_rate.py, lr_scheduler.py and __init__.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.paddle_lr import Recipe
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan
from lrplot.syntax.yaml11 import text_to_yaml11

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "paddleocr"
NEEDS = "a PaddleOCR config has Global.epoch_num and Optimizer.lr"

_FIRST_EPOCHS = 200  # of TwoStepCosine, whatever the run's length
_CUT_SHORT = "the cosine is as long as the run but begins after the warm-up: it ends above 0"


def detect(tree: Node) -> str | None:
    """Say why the tree is a PaddleOCR config; None where it is not."""
    top = Section(tree)
    parts = [top.get(key) for key in ("Global", "Optimizer")]
    if not all(part is not None and isinstance(part.value, dict) for part in parts):
        return None
    lr = top.section("Optimizer").get("lr")
    if "epoch_num" not in top.section("Global") or lr is None or not isinstance(lr.value, dict):
        return None
    return "a PaddleOCR config: it has Global.epoch_num and Optimizer.lr"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how PaddleOCR makes batches of samples."""
    del given
    loader = Section(tree).section("Train").section("loader")
    return {
        "batch_size": loader.count("batch_size_per_card", None, least=1),
        "drop_last": loader.flag("drop_last", default=False),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    section = top.section("Optimizer").section("lr")
    epochs = epochs_of(top.section("Global"), "epoch_num", given)
    recipe = Recipe(section, epochs, given)
    axis = _axis(recipe)
    return Plan(
        schedule=axis.schedule,
        base_lr=recipe.rate,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"PaddleOCR 2.10 {recipe.name or 'constant rate'}",
        notes=(
            *recipe.notes,
            *recipe.ignored("PaddleOCR"),
            *text_to_yaml11(section.node, section.path, "PaddleOCR"),
            *axis.notes,
        ),
    )


def _axis(recipe: Recipe) -> Axis:
    if not recipe.name:
        return by_epoch(_constant(recipe.peak()), recipe.epochs, recipe.given)
    recipe.section.choice("name", _BUILDERS)
    builder = _BUILDERS[recipe.name]
    if builder is _decay_learning_rate:  # it knows no warm-up
        schedule = builder(recipe)
    else:
        recipe.warmup = round(recipe.number("warmup_epoch", 0) * recipe.per_epoch)
        schedule = recipe.warmed(builder(recipe))
    return by_update(schedule, recipe.epochs, recipe.per_epoch, recipe.given)


def _steps(recipe: Recipe) -> int:
    """Return the updates in the run."""
    return recipe.epochs * recipe.per_epoch


def _decay_learning_rate(recipe: Recipe) -> Schedule:
    return recipe.make(
        "PolynomialDecay",
        learning_rate=recipe.peak(),
        decay_steps=_steps(recipe),
        end_lr=0.0,  # whatever the config says
        power=recipe.number("factor", 0.9),
    )


def _linear(recipe: Recipe) -> Schedule:
    return recipe.make(
        "PolynomialDecay",
        learning_rate=recipe.peak(),
        decay_steps=_steps(recipe),
        end_lr=recipe.number("end_lr", 0.0),
        power=recipe.number("power", 1.0),
    )


def _cosine(recipe: Recipe) -> Schedule:
    if recipe.warmup:
        recipe.notes.append(_CUT_SHORT)
    return recipe.make("CosineAnnealingDecay", learning_rate=recipe.peak(), T_max=_steps(recipe))


def _step(recipe: Recipe) -> Schedule:
    size = recipe.number("step_size") * recipe.per_epoch
    return recipe.make(
        "StepDecay",
        learning_rate=recipe.peak(),
        step_size=recipe.whole("step_size", size),
        gamma=recipe.number("gamma"),
    )


def _milestones(recipe: Recipe) -> Schedule:
    return recipe.make(
        "MultiStepDecay",
        learning_rate=recipe.peak(),
        milestones=[mark * recipe.per_epoch for mark in recipe.numbers("milestones")],
        gamma=recipe.number("gamma"),
    )


def _piecewise(recipe: Recipe) -> Schedule:
    return recipe.make(
        "PiecewiseDecay",
        boundaries=[mark * recipe.per_epoch for mark in recipe.numbers("decay_epochs")],
        values=recipe.levels("values"),
    )


def _cyclical_cosine(recipe: Recipe) -> Schedule:
    from lrplot.schedules.combine import Chain
    from lrplot.schedules.cycles import CosineRestarts

    cycle = max(1, round(recipe.number("cycle") * recipe.per_epoch))
    return Chain(schedules=(_constant(recipe.peak()), CosineRestarts(t_0=cycle)))


def _one_cycle(recipe: Recipe) -> Schedule:
    """Return the class's own copy of torch's: Paddle's is the same once the last rate is said."""
    peak = recipe.peak("max_lr")
    return recipe.make(
        "OneCycleLR",
        max_learning_rate=peak,
        total_steps=_steps(recipe),
        divide_factor=25.0,
        end_learning_rate=peak / 25.0 / 1e4,
        phase_pct=0.3,
        anneal_strategy=recipe.text("anneal_strategy", "cos"),
        three_phase=recipe.flag("three_phase"),
    )


def _two_step_cosine(recipe: Recipe) -> Schedule:
    from lrplot.frameworks.paddle._lr_curves import TwoStepCosine

    return TwoStepCosine(
        learning_rate=recipe.peak(),
        first=_FIRST_EPOCHS * recipe.per_epoch,
        second=_steps(recipe),
        alone=not recipe.warmup,
    )


def _constant(rate: float) -> Schedule:
    from lrplot.frameworks._absolute import constant

    return constant(rate)


def _const(recipe: Recipe) -> Schedule:
    return _constant(recipe.peak())


_BUILDERS: dict[str, Callable[[Recipe], Schedule]] = {
    "Linear": _linear,
    "Cosine": _cosine,
    "Step": _step,
    "Piecewise": _piecewise,
    "CyclicalCosine": _cyclical_cosine,
    "OneCycle": _one_cycle,
    "Const": _const,
    "DecayLearningRate": _decay_learning_rate,
    "MultiStepDecay": _milestones,
    "TwoStepCosine": _two_step_cosine,
}
