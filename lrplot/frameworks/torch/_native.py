"""Native schedules as torch has them: the calls its users would write."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any

from lrplot.frameworks._native_factors import FACTORS, lambda_of, ramp_of
from lrplot.frameworks.native import call_for, part, refusal, warmup_parts, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NATIVE"]

_AFRESH = {"lambda", "cyclic", "cosine_restarts", "piecewise", *FACTORS}
_STEPS = ("epoch", "step", "steps", "it", "iter", "iteration", "x", "s", "t")


def _refuse(wrong: bool, message: str) -> None:  # noqa: FBT001  reads as a sentence
    if wrong:
        raise refusal("torch", message)


def _constant(schedule: Any, plan: Plan) -> str:
    del schedule, plan
    return written("ConstantLR", "optimizer", factor=1.0, total_iters=0)


def _poly(schedule: Any, plan: Plan) -> str:
    del plan
    _refuse(schedule.cycle, "PolynomialLR does not start again; leave --cycle out")
    return written(
        "PolynomialLR", "optimizer", total_iters=schedule.max_iters, power=schedule.power
    )


def _linear(schedule: Any, plan: Plan) -> str:
    end = part(schedule.end_lr, plan.base_lr)
    _refuse(end > 1, "LinearLR does not rise above the base rate")
    ends = {"start_factor": 1.0, "end_factor": end}
    return written("LinearLR", "optimizer", **ends, total_iters=schedule.max_iters)


def _exponential(schedule: Any, plan: Plan) -> str:
    del plan
    return written("ExponentialLR", "optimizer", gamma=schedule.gamma)


def _natural_exp(schedule: Any, plan: Plan) -> str:
    del plan
    return written("ExponentialLR", "optimizer", gamma=math.exp(-schedule.gamma))


def _by_formula(schedule: Any, plan: Plan) -> str:
    """Write a lambda, as users do for what torch has no class for."""
    return written("LambdaLR", "optimizer", lambda_of(schedule, plan, "step"))


def _piecewise(schedule: Any, plan: Plan) -> str:
    """Write a lambda of the rates as parts of the base rate."""
    _refuse(not plan.base_lr, "rates are parts of the base rate, and 0 has none")
    *factors, last = [part(value, plan.base_lr) for value in schedule.values]
    marks = zip(factors, schedule.boundaries, strict=True)
    levels = "".join(f"{factor!r} if step < {mark} else " for factor, mark in marks)
    return written("LambdaLR", "optimizer", f"lambda step: {levels}{last!r}")


def _step(schedule: Any, plan: Plan) -> str:
    del plan
    return written("StepLR", "optimizer", step_size=schedule.step_size, gamma=schedule.gamma)


def _multistep(schedule: Any, plan: Plan) -> str:
    del plan
    marks = list(schedule.milestones)
    return written("MultiStepLR", "optimizer", milestones=marks, gamma=schedule.gamma)


def _cosine(schedule: Any, plan: Plan) -> str:
    del plan
    return written(
        "CosineAnnealingLR", "optimizer", T_max=schedule.max_iters, eta_min=schedule.eta_min
    )


def _cosine_restarts(schedule: Any, plan: Plan) -> str:
    del plan
    cycle = {"T_0": schedule.t_0, "T_mult": schedule.t_mult, "eta_min": schedule.eta_min}
    return written("CosineAnnealingWarmRestarts", "optimizer", **cycle)


def _lambda(schedule: Any, plan: Plan) -> str:
    del plan
    text = schedule.factor.strip()
    if not text.startswith("lambda"):
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        found = [name for name in _STEPS if name in names] or ["t"]
        _refuse(len(found) > 1, f"{' and '.join(found)} both name the step; write one of them")
        text = f"lambda {found[0]}: {text}"
    return written("LambdaLR", "optimizer", text)


def _cyclic(schedule: Any, plan: Plan) -> str:
    return written(
        "CyclicLR",
        "optimizer",
        base_lr=plan.base_lr,
        max_lr=schedule.max_lr,
        step_size_up=schedule.step_size_up,
        step_size_down=schedule.step_size_down,
        mode=schedule.mode,
        gamma=schedule.gamma,
        cycle_momentum=False,
    )


def _onecycle(schedule: Any, plan: Plan) -> str:
    del plan
    return written(
        "OneCycleLR",
        "optimizer",
        max_lr=schedule.max_lr,
        total_steps=schedule.max_iters,
        pct_start=schedule.pct_start,
        anneal_strategy=schedule.anneal,
        base_momentum=schedule.base_momentum,
        max_momentum=schedule.max_momentum,
        div_factor=schedule.div_factor,
        final_div_factor=schedule.final_div_factor,
        three_phase=schedule.three_phase,
    )


def _plateau(schedule: Any, plan: Plan) -> str:
    del plan
    return written(
        "ReduceLROnPlateau",
        "optimizer",
        mode=schedule.mode,
        factor=schedule.factor,
        patience=schedule.patience,
        threshold=schedule.threshold,
        threshold_mode=schedule.threshold_mode,
        cooldown=schedule.cooldown,
        min_lr=schedule.min_lr,
        eps=schedule.eps,
    )


def _linear_warmup(schedule: Any, plan: Plan) -> str:
    """Write LinearLR, or a lambda where the rate rises from 0, which LinearLR cannot."""
    start, end = warmup_parts(schedule, plan)
    steps = schedule.warmup_steps
    ends = {"start_factor": start, "end_factor": end}
    if start:
        warm = written("LinearLR", "optimizer", **ends, total_iters=steps)
    else:
        whole = "" if end == 1.0 else f"{end!r} * "
        warm = written("LambdaLR", "optimizer", f"lambda step: {whole}step / {steps}")
    return _then(warm, schedule, plan)


def _constant_warmup(schedule: Any, plan: Plan) -> str:
    start, _ = warmup_parts(schedule, plan)
    steps = schedule.warmup_steps
    return _then(
        written("ConstantLR", "optimizer", factor=start, total_iters=steps), schedule, plan
    )


def _exp_warmup(schedule: Any, plan: Plan) -> str:
    ramp = f"lambda step: {ramp_of(schedule, plan, 'step')}" if schedule.warmup_steps else ""
    return _then(written("LambdaLR", "optimizer", ramp), schedule, plan)


def _then(warm: str, schedule: Any, plan: Plan) -> str:
    if not schedule.warmup_steps:
        return call_for(schedule.then, plan, "torch")
    after = _inner(schedule.then, plan)
    listed = f"schedulers=[{warm}, {after}]"
    return written("SequentialLR", "optimizer", listed, milestones=[schedule.warmup_steps])


def _inner(schedule: Schedule, plan: Plan) -> str:
    inside = "a scheduler inside another is given no metric, which ReduceLROnPlateau needs"
    _refuse(schedule.name() == "plateau", inside)
    _refuse(schedule.name() == "onecycle", "OneCycleLR changes the rate that the others start from")
    return call_for(schedule, plan, "torch")


def _sequence(schedule: Any, plan: Plan) -> str:
    _refuse(schedule.hand_over == "carry", "SequentialLR hands over the base rate")
    inner = ", ".join(_inner(part, plan) for part in schedule.schedules)
    marks = list(schedule.milestones)
    return written("SequentialLR", "optimizer", f"schedulers=[{inner}]", milestones=marks)


def _chain(schedule: Any, plan: Plan) -> str:
    """Write what multiplies the rate that stands; the rest would forget it."""
    for each in schedule.schedules:
        message = f"{each.name()} sets the rate afresh at each step, and forgets the others' part"
        _refuse(each.name() in _AFRESH, message)
    inner = ", ".join(_inner(part, plan) for part in schedule.schedules)
    return written("ChainedScheduler", f"[{inner}]")


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "piecewise": _piecewise,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "lambda": _lambda,
    "cyclic": _cyclic,
    "onecycle": _onecycle,
    "plateau": _plateau,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
    "exp_warmup": _exp_warmup,
    "sequence": _sequence,
    "chain": _chain,
    **dict.fromkeys(FACTORS, _by_formula),
}
