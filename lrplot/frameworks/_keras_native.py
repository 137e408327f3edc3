"""Native schedules as Keras has them: the calls its users would write."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.errors import UsageError
from lrplot.frameworks._absolute import warmup_ends
from lrplot.frameworks.native import call_for, written
from lrplot.schedules.decay import Cosine

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]


def _poly(schedule: Any, plan: Plan) -> str:
    return written(
        "PolynomialDecay",
        repr(plan.base_lr),
        decay_steps=schedule.max_iters,
        end_learning_rate=schedule.eta_min,
        power=schedule.power,
        cycle=schedule.cycle,
    )


def _linear(schedule: Any, plan: Plan) -> str:
    line = {"decay_steps": schedule.max_iters, "end_learning_rate": schedule.end_lr}
    return written("PolynomialDecay", repr(plan.base_lr), **line)


def _exponential(schedule: Any, plan: Plan) -> str:
    decay = {"decay_steps": 1, "decay_rate": schedule.gamma}
    return written("ExponentialDecay", repr(plan.base_lr), **decay)


def _natural_exp(schedule: Any, plan: Plan) -> str:
    decay = {"decay_steps": 1, "decay_rate": math.exp(-schedule.gamma)}
    return written("ExponentialDecay", repr(plan.base_lr), **decay)


def _inverse_time(schedule: Any, plan: Plan) -> str:
    decay = {"decay_steps": 1, "decay_rate": schedule.gamma}
    return written("InverseTimeDecay", repr(plan.base_lr), **decay)


def _step(schedule: Any, plan: Plan) -> str:
    decay = {"decay_steps": schedule.step_size, "decay_rate": schedule.gamma}
    return written("ExponentialDecay", repr(plan.base_lr), **decay, staircase=True)


def _piecewise(schedule: Any, plan: Plan) -> str:
    del plan
    levels = {"boundaries": list(schedule.boundaries), "values": list(schedule.values)}
    return written("PiecewiseConstantDecay", **levels)


def _multistep(schedule: Any, plan: Plan) -> str:
    marks = list(schedule.milestones)
    values = [plan.base_lr * schedule.gamma**i for i in range(len(marks) + 1)]
    return written("PiecewiseConstantDecay", boundaries=marks, values=values)


def _cosine(schedule: Any, plan: Plan) -> str:
    fall = {"decay_steps": schedule.max_iters, "alpha": _part(schedule.eta_min, plan.base_lr)}
    return written("CosineDecay", repr(plan.base_lr), **fall)


def _cosine_restarts(schedule: Any, plan: Plan) -> str:
    return written(
        "CosineDecayRestarts",
        repr(plan.base_lr),
        first_decay_steps=schedule.t_0,
        t_mul=float(schedule.t_mult),
        alpha=_part(schedule.eta_min, plan.base_lr),
    )


def _linear_warmup(schedule: Any, plan: Plan) -> str:
    """Write the warm-up that CosineDecay has; nothing else of Keras's has one."""
    after = schedule.then
    if not schedule.warmup_steps:
        return call_for(after, plan, "keras")
    if not isinstance(after, Cosine):
        raise UsageError("--as keras: only CosineDecay has a warm-up; let a cosine follow it")
    start, end = warmup_ends(schedule, plan.base_lr)
    fall = {"decay_steps": after.max_iters, "alpha": _part(after.eta_min, end)}
    warm = {"warmup_target": end, "warmup_steps": schedule.warmup_steps}
    return written("CosineDecay", repr(start), **fall, **warm)


def _part(floor: float, rate: float) -> float:
    return floor / rate if rate else 0.0


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "inverse_time": _inverse_time,
    "piecewise": _piecewise,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "linear_warmup": _linear_warmup,
}
