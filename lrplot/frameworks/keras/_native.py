"""Native schedules as Keras has them: the calls its users would write."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import call_for, levels_of, neat, part, refusal, warmup_ends, written
from lrplot.schedules.decay import Constant, Cosine

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]


def _constant(schedule: Any, plan: Plan) -> str:
    """Write a decay by nothing; a number would do, but is no schedule."""
    del schedule
    return written("ExponentialDecay", repr(plan.base_lr), decay_steps=1, decay_rate=1.0)


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


def _table(schedule: Any, plan: Plan) -> str:
    return _piecewise(levels_of(schedule), plan)


def _step(schedule: Any, plan: Plan) -> str:
    decay = {"decay_steps": schedule.step_size, "decay_rate": schedule.gamma}
    return written("ExponentialDecay", repr(plan.base_lr), **decay, staircase=True)


def _piecewise(schedule: Any, plan: Plan) -> str:
    del plan
    levels = {"boundaries": list(schedule.boundaries), "values": list(schedule.values)}
    return written("PiecewiseConstantDecay", **levels)


def _multistep(schedule: Any, plan: Plan) -> str:
    marks = list(schedule.milestones)
    values = [neat(plan.base_lr * schedule.gamma**i) for i in range(len(marks) + 1)]
    return written("PiecewiseConstantDecay", boundaries=marks, values=values)


def _cosine(schedule: Any, plan: Plan) -> str:
    fall = {"decay_steps": schedule.max_iters, "alpha": part(schedule.eta_min, plan.base_lr)}
    return written("CosineDecay", repr(plan.base_lr), **fall)


def _cosine_restarts(schedule: Any, plan: Plan) -> str:
    return written(
        "CosineDecayRestarts",
        repr(plan.base_lr),
        first_decay_steps=schedule.t_0,
        t_mul=float(schedule.t_mult),
        alpha=part(schedule.eta_min, plan.base_lr),
    )


def _linear_warmup(schedule: Any, plan: Plan) -> str:
    """Write the warm-up that CosineDecay has; nothing else of Keras's has one."""
    after = schedule.then
    if not schedule.warmup_steps:
        return call_for(after, plan, "keras")
    if not isinstance(after, (Constant, Cosine)):
        message = "only CosineDecay has a warm-up; let a cosine, or nothing, follow it"
        raise refusal("keras", message)
    start, end = warmup_ends(schedule, plan.base_lr)
    if end != plan.base_lr:
        raise refusal("keras", "CosineDecay goes on from where its warm-up led; leave --end-lr out")
    fall = {"decay_steps": 1, "alpha": 1.0}  # a cosine that falls to where it is
    if isinstance(after, Cosine):
        fall = {"decay_steps": after.max_iters, "alpha": part(after.eta_min, end)}
    warm = {"warmup_target": end, "warmup_steps": schedule.warmup_steps}
    return written("CosineDecay", repr(start), **fall, **warm)


def _constant_warmup(schedule: Any, plan: Plan) -> str:
    if not schedule.warmup_steps:
        return call_for(schedule.then, plan, "keras")
    if not isinstance(schedule.then, Constant):
        raise refusal("keras", "no schedule leads to another")
    start, _ = warmup_ends(schedule, plan.base_lr)
    levels = {"boundaries": [schedule.warmup_steps], "values": [start, plan.base_lr]}
    return written("PiecewiseConstantDecay", **levels)


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "inverse_time": _inverse_time,
    "piecewise": _piecewise,
    "table": _table,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
}
