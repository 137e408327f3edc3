"""Native schedules as mmengine has them: the param_scheduler its users would write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import UsageError
from lrplot.frameworks.native import warmup_parts, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]

_MOST_PERIODS = 1000


def _poly(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    if schedule.cycle:
        raise UsageError("--as mmengine: PolyLR does not start again; leave --cycle out")
    line = {"power": schedule.power, "eta_min": schedule.eta_min}
    return {"type": "PolyLR", **line, "end": schedule.max_iters}


def _linear(schedule: Any, plan: Plan) -> dict[str, Any]:
    end = schedule.end_lr / plan.base_lr if plan.base_lr else 0.0
    factors = {"start_factor": 1.0, "end_factor": end}
    return {"type": "LinearLR", **factors, "end": schedule.max_iters}


def _cosine(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    line = {"T_max": schedule.max_iters, "eta_min": schedule.eta_min}
    return {"type": "CosineAnnealingLR", **line, "end": schedule.max_iters}


def _cosine_restarts(schedule: Any, plan: Plan) -> dict[str, Any]:
    periods = [schedule.t_0]
    while sum(periods) < plan.max_iters and len(periods) < _MOST_PERIODS:
        periods.append(periods[-1] * schedule.t_mult)
    weights = [1.0] * len(periods)
    line = {"periods": periods, "restart_weights": weights, "eta_min": schedule.eta_min}
    return {"type": "CosineRestartLR", **line}


def _exponential(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    return {"type": "ExponentialLR", "gamma": schedule.gamma}


def _step(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    return {"type": "StepLR", "step_size": schedule.step_size, "gamma": schedule.gamma}


def _multistep(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    marks = list(schedule.milestones)
    return {"type": "MultiStepLR", "milestones": marks, "gamma": schedule.gamma}


def _onecycle(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    return {
        "type": "OneCycleLR",
        "eta_max": schedule.max_lr,
        "total_steps": schedule.max_iters,
        "pct_start": schedule.pct_start,
        "anneal_strategy": schedule.anneal,
        "div_factor": schedule.div_factor,
        "final_div_factor": schedule.final_div_factor,
        "three_phase": schedule.three_phase,
    }


def _constant(schedule: Any, plan: Plan) -> dict[str, Any]:
    del schedule, plan
    return {"type": "ConstantLR", "factor": 1.0}


def _linear_warmup(schedule: Any, plan: Plan) -> dict[str, Any]:
    start, end = warmup_parts(schedule, plan)
    return {"type": "LinearLR", "start_factor": start, "end_factor": end}


def _constant_warmup(schedule: Any, plan: Plan) -> dict[str, Any]:
    return {"type": "ConstantLR", "factor": warmup_parts(schedule, plan)[0]}


_KINDS: dict[str, Callable[[Any, Plan], dict[str, Any]]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "onecycle": _onecycle,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
}


def _listed(schedule: Any, plan: Plan) -> str:
    """Return the list of a schedule, one after another where it is a warm-up over others."""
    return f"[{', '.join(_dicts(schedule, plan, 0))}]"


def _dicts(schedule: Any, plan: Plan, begin: int) -> list[str]:
    write = _KINDS.get(schedule.name())
    if write is None:
        raise UsageError(f"--as mmengine: mmengine has no {schedule.name()}")
    given = write(schedule, plan)
    steps = getattr(schedule, "warmup_steps", None)
    if steps == 0:
        return _dicts(schedule.then, plan, begin)
    length = given.pop("end", max(1, plan.max_iters - begin)) if steps is None else steps
    end = begin + length
    window = {"begin": begin, "end": end, "by_epoch": False}
    after = [] if steps is None else _dicts(schedule.then, plan, end)
    return [written("dict", **given, **window), *after]


NATIVE: dict[str, Callable[[Any, Plan], str]] = dict.fromkeys(_KINDS, _listed)
