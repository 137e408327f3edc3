"""Native schedules as Paddle has them: the calls its users would write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lrplot.frameworks._native_factors import lambda_of, ramp_of
from lrplot.frameworks.native import call_for, levels_of, part, refusal, warmup_ends, written
from lrplot.schedules.decay import Constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NATIVE"]

_STEP = re.compile(r"(?<![\w.])(?:t|epoch|steps?|it|iter|iteration|x|s)(?!\w)")


def _constant(schedule: Any, plan: Plan) -> str:
    del schedule
    return _by_lambda("lambda epoch: 1.0", plan)


def _poly(schedule: Any, plan: Plan) -> str:
    return written(
        "PolynomialDecay",
        learning_rate=plan.base_lr,
        decay_steps=schedule.max_iters,
        end_lr=schedule.eta_min,
        power=schedule.power,
        cycle=schedule.cycle,
    )


def _linear(schedule: Any, plan: Plan) -> str:
    return written(
        "PolynomialDecay",
        learning_rate=plan.base_lr,
        decay_steps=schedule.max_iters,
        end_lr=schedule.end_lr,
        power=1.0,
    )


def _by_gamma(name: str) -> Callable[[Any, Plan], str]:
    """Return the writer of a decay whose one parameter is gamma."""

    def write(schedule: Any, plan: Plan) -> str:
        return written(name, learning_rate=plan.base_lr, gamma=schedule.gamma)

    return write


def _piecewise(schedule: Any, plan: Plan) -> str:
    del plan
    levels = {"boundaries": list(schedule.boundaries), "values": list(schedule.values)}
    return written("PiecewiseDecay", **levels)


def _table(schedule: Any, plan: Plan) -> str:
    return _piecewise(levels_of(schedule), plan)


def _step(schedule: Any, plan: Plan) -> str:
    drops = {"step_size": schedule.step_size, "gamma": schedule.gamma}
    return written("StepDecay", learning_rate=plan.base_lr, **drops)


def _multistep(schedule: Any, plan: Plan) -> str:
    drops = {"milestones": list(schedule.milestones), "gamma": schedule.gamma}
    return written("MultiStepDecay", learning_rate=plan.base_lr, **drops)


def _cosine(schedule: Any, plan: Plan) -> str:
    cosine = {"T_max": schedule.max_iters, "eta_min": schedule.eta_min}
    return written("CosineAnnealingDecay", learning_rate=plan.base_lr, **cosine)


def _cosine_restarts(schedule: Any, plan: Plan) -> str:
    cycle = {"T_0": schedule.t_0, "T_mult": schedule.t_mult, "eta_min": schedule.eta_min}
    return written("CosineAnnealingWarmRestarts", learning_rate=plan.base_lr, **cycle)


def _noam(schedule: Any, plan: Plan) -> str:
    shape = {"d_model": schedule.d_model, "warmup_steps": schedule.warmup_steps}
    return written("NoamDecay", **shape, learning_rate=plan.base_lr)


def _lambda(schedule: Any, plan: Plan) -> str:
    text = schedule.factor.strip()
    if not text.startswith("lambda"):
        names = sorted({*_STEP.findall(text)}) or ["epoch"]
        if len(names) > 1:
            raise refusal("paddle", f"{' and '.join(names)} both name the step; write one of them")
        text = f"lambda {names[0]}: {text}"
    return _by_lambda(text, plan)


def _by_formula(schedule: Any, plan: Plan) -> str:
    """Write a lambda, as users do for what Paddle has no class for."""
    return _by_lambda(lambda_of(schedule, plan, "epoch"), plan)


def _by_lambda(text: str, plan: Plan) -> str:
    return written("LambdaDecay", f"lr_lambda={text}", learning_rate=plan.base_lr)


def _cyclic(schedule: Any, plan: Plan) -> str:
    return written(
        "CyclicLR",
        base_learning_rate=plan.base_lr,
        max_learning_rate=schedule.max_lr,
        step_size_up=schedule.step_size_up,
        step_size_down=schedule.step_size_down,
        mode=schedule.mode,
        exp_gamma=schedule.gamma,
    )


def _onecycle(schedule: Any, plan: Plan) -> str:
    del plan
    return written(
        "OneCycleLR",
        max_learning_rate=schedule.max_lr,
        total_steps=schedule.max_iters,
        divide_factor=schedule.div_factor,
        end_learning_rate=schedule.max_lr / schedule.div_factor / schedule.final_div_factor,
        phase_pct=schedule.pct_start,
        anneal_strategy=schedule.anneal,
        three_phase=schedule.three_phase,
    )


def _plateau(schedule: Any, plan: Plan) -> str:
    return written(
        "ReduceOnPlateau",
        learning_rate=plan.base_lr,
        mode=schedule.mode,
        factor=schedule.factor,
        patience=schedule.patience,
        threshold=schedule.threshold,
        threshold_mode=schedule.threshold_mode,
        cooldown=schedule.cooldown,
        min_lr=schedule.min_lr,
        epsilon=schedule.eps,
    )


def _linear_warmup(schedule: Any, plan: Plan) -> str:
    after = _inside(schedule.then, plan)
    if not schedule.warmup_steps:
        return call_for(schedule.then, plan, "paddle")
    start, end = warmup_ends(schedule, plan.base_lr)
    ends = {"warmup_steps": schedule.warmup_steps, "start_lr": start, "end_lr": end}
    return written("LinearWarmup", f"learning_rate={after}", **ends)


def _constant_warmup(schedule: Any, plan: Plan) -> str:
    start, _ = warmup_ends(schedule, plan.base_lr)
    return _before_constant(repr(part(start, plan.base_lr)), schedule, plan)


def _exp_warmup(schedule: Any, plan: Plan) -> str:
    return _before_constant(
        ramp_of(schedule, plan, "epoch") if schedule.warmup_steps else "1.0", schedule, plan
    )


def _before_constant(ramp: str, schedule: Any, plan: Plan) -> str:
    """Write a lambda: LinearWarmup, the only one that others follow, is a rising line."""
    if not schedule.warmup_steps:
        return call_for(schedule.then, plan, "paddle")
    if not isinstance(schedule.then, Constant):
        raise refusal("paddle", "only a straight line, linear_warmup, leads to another schedule")
    return _by_lambda(f"lambda epoch: {ramp} if epoch < {schedule.warmup_steps} else 1.0", plan)


def _inside(schedule: Schedule, plan: Plan) -> str:
    """Return what stands inside a LinearWarmup: a number, where the rate is constant."""
    if isinstance(schedule, Constant):
        return repr(plan.base_lr)
    return call_for(schedule, plan, "paddle")


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _by_gamma("ExponentialDecay"),
    "natural_exp": _by_gamma("NaturalExpDecay"),
    "inverse_time": _by_gamma("InverseTimeDecay"),
    "piecewise": _piecewise,
    "table": _table,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "noam": _noam,
    "inverse_sqrt": _by_formula,
    "wsd": _by_formula,
    "lambda": _lambda,
    "cyclic": _cyclic,
    "onecycle": _onecycle,
    "plateau": _plateau,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
    "exp_warmup": _exp_warmup,
}
