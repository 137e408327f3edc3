"""Native schedules as mmengine has them: the param_scheduler its users would write."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import lacking, part, refusal, warmup_parts, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lrplot.plan import Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NATIVE"]

_MOST_PERIODS = 1000
_NEARLY = "linear_warmup with --warmup-ratio 1e-3 is near it"

_refuse = partial(refusal, "mmengine")


def _poly(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    if schedule.cycle:
        raise _refuse("PolyLR does not start again; leave --cycle out")
    line = {"power": schedule.power, "eta_min": schedule.eta_min}
    return {"type": "PolyLR", **line, "end": schedule.max_iters}


def _linear(schedule: Any, plan: Plan) -> dict[str, Any]:
    end = part(schedule.end_lr, plan.base_lr)
    if end > 1:
        raise _refuse("LinearLR does not rise above the base rate")
    factors = {"start_factor": 1.0, "end_factor": end}
    return {"type": "LinearLR", **factors, "end": schedule.max_iters}


def _cosine(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    line = {"T_max": schedule.max_iters, "eta_min": schedule.eta_min}
    return {"type": "CosineAnnealingLR", **line, "end": schedule.max_iters}


def _cosine_restarts(schedule: Any, plan: Plan) -> dict[str, Any]:
    periods = [schedule.t_0]
    while sum(periods) < plan.max_iters:
        periods.append(periods[-1] * schedule.t_mult)
        if len(periods) > _MOST_PERIODS:
            raise _refuse(f"CosineRestartLR lists its periods, here more than {_MOST_PERIODS}")
    weights = [1.0] * len(periods)
    line = {"periods": periods, "restart_weights": weights, "eta_min": schedule.eta_min}
    return {"type": "CosineRestartLR", **line}


def _exponential(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    return {"type": "ExponentialLR", "gamma": schedule.gamma}


def _natural_exp(schedule: Any, plan: Plan) -> dict[str, Any]:
    del plan
    return {"type": "ExponentialLR", "gamma": math.exp(-schedule.gamma)}


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


_KINDS: dict[str, Callable[[Any, Plan], dict[str, Any]]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "onecycle": _onecycle,
}


def _listed(schedule: Any, plan: Plan) -> str:
    """Return the list of a schedule: one, several in turn, or several at once."""
    return f"[{', '.join(_dicts(schedule, plan, 0, plan.max_iters))}]"


def _dicts(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    """Return the dicts of a schedule that runs from begin on, up to stop at most."""
    if schedule.name() in _SEVERAL:
        return _SEVERAL[schedule.name()](schedule, plan, begin, stop)
    if schedule.name() not in _KINDS:
        raise lacking("mmengine", schedule)
    given = _KINDS[schedule.name()](schedule, plan)
    end = min(begin + given.pop("end", stop), max(begin + 1, stop))
    return [_dict(given, begin, end)]


def _dict(given: dict[str, Any], begin: int, end: int) -> str:
    return written("dict", **given, begin=begin, end=end, by_epoch=False)


def _linear_warmup(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    start, end = warmup_parts(schedule, plan)
    if end != 1:
        raise _refuse("what follows starts from the warm-up's end; leave --end-lr out")
    if not start and schedule.warmup_steps:
        raise _refuse("LinearLR does not rise from 0", _NEARLY)
    rise = {"type": "LinearLR", "start_factor": start, "end_factor": end}
    return _warmed(rise, schedule, plan, begin, stop)


def _constant_warmup(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    level = {"type": "ConstantLR", "factor": warmup_parts(schedule, plan)[0]}
    return _warmed(level, schedule, plan, begin, stop)


def _warmed(rise: dict[str, Any], schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    if schedule.warmup_steps == 1:
        raise _refuse("a warm-up of one step never ends there; --warmup-steps 2 does")
    end = begin + schedule.warmup_steps
    first = [_dict(rise, begin, end)] if schedule.warmup_steps else []
    return [*first, *_dicts(schedule.then, plan, end, stop)]


def _wsd(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    """Write the decay alone: before it the rate stands."""
    del stop
    if schedule.warmup_steps:
        raise _refuse("LinearLR does not rise from 0", _NEARLY)
    if schedule.decay == "1-sqrt" or not schedule.decay_steps:
        raise _refuse("nothing decays by 1-sqrt, or at once; linear and cosine are there")
    fall = {"type": "CosineAnnealingLR", "T_max": schedule.decay_steps, "eta_min": schedule.eta_min}
    if schedule.decay == "linear":
        end = part(schedule.eta_min, plan.base_lr)
        fall = {"type": "LinearLR", "start_factor": 1.0, "end_factor": end}
    end_at = begin + schedule.max_iters
    return [_dict(fall, end_at - schedule.decay_steps, end_at)]


def _sequence(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    if schedule.hand_over == "base":
        raise _refuse("a scheduler goes on from the rate that stands", "hand_over: carry is that")
    _refuse_afresh(schedule.schedules[1:])
    edges = [begin, *(begin + mark for mark in schedule.milestones), stop]
    parts = zip(schedule.schedules, pairwise(edges), strict=True)
    return [line for inner, (start, end) in parts for line in _dicts(inner, plan, start, end)]


def _chain(schedule: Any, plan: Plan, begin: int, stop: int) -> list[str]:
    _refuse_afresh(schedule.schedules)
    return [line for inner in schedule.schedules for line in _dicts(inner, plan, begin, stop)]


def _refuse_afresh(schedules: Iterable[Schedule]) -> None:
    for inner in schedules:
        if inner.name() in {"cosine_restarts", "onecycle"}:
            raise _refuse(f"{inner.name()} does not go on from the rate that stands")


_SEVERAL: dict[str, Callable[[Any, Plan, int, int], list[str]]] = {
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
    "wsd": _wsd,
    "sequence": _sequence,
    "chain": _chain,
}


def _plateau(schedule: Any, plan: Plan) -> str:
    del plan
    return written(
        "ReduceOnPlateauLR",
        "optimizer",
        rule={"min": "less", "max": "greater"}[schedule.mode],
        factor=schedule.factor,
        patience=schedule.patience,
        threshold=schedule.threshold,
        threshold_rule=schedule.threshold_mode,
        cooldown=schedule.cooldown,
        min_value=schedule.min_lr,
        eps=schedule.eps,
    )


NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    **dict.fromkeys([*_KINDS, *_SEVERAL], _listed),
    "plateau": _plateau,
}
