"""Native schedules as torch has them: the calls its users would write."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from lrplot.errors import UsageError
from lrplot.frameworks.native import call_for, warmup_parts, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]

_STEPS = ("epoch", "step", "steps", "it", "iter", "iteration", "x", "s", "t")


def _refuse(wrong: bool, message: str) -> None:  # noqa: FBT001  reads as a sentence
    if wrong:
        raise UsageError(f"--as torch: {message}")


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
    end = schedule.end_lr / plan.base_lr if plan.base_lr else 0.0
    ends = {"start_factor": 1.0, "end_factor": end}
    return written("LinearLR", "optimizer", **ends, total_iters=schedule.max_iters)


def _exponential(schedule: Any, plan: Plan) -> str:
    del plan
    return written("ExponentialLR", "optimizer", gamma=schedule.gamma)


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


def _then(warm: str, schedule: Any, plan: Plan) -> str:
    after = call_for(schedule.then, plan, "torch")
    if not schedule.warmup_steps:
        return after
    listed = f"schedulers=[{warm}, {after}]"
    return written("SequentialLR", "optimizer", listed, milestones=[schedule.warmup_steps])


def _sequence(schedule: Any, plan: Plan) -> str:
    _refuse(schedule.hand_over == "carry", "SequentialLR hands over the base rate")
    inner = ", ".join(call_for(part, plan, "torch") for part in schedule.schedules)
    marks = list(schedule.milestones)
    return written("SequentialLR", "optimizer", f"schedulers=[{inner}]", milestones=marks)


def _chain(schedule: Any, plan: Plan) -> str:
    inner = ", ".join(call_for(part, plan, "torch") for part in schedule.schedules)
    return written("ChainedScheduler", f"[{inner}]")


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
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
    "sequence": _sequence,
    "chain": _chain,
}
