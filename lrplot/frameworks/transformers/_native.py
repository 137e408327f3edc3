"""Native schedules as transformers has them: the calls its users would write.

Its warm-ups rise from 0; where the native one starts higher, it has that before a cosine alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import Warm, part, refusal, with_warmups, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]


def _constant(schedule: Any, plan: Plan, warm: Warm) -> str:
    del schedule, plan
    if not warm.steps:
        return written("get_constant_schedule", "optimizer")
    return written("get_constant_schedule_with_warmup", "optimizer", num_warmup_steps=warm.steps)


def _poly(schedule: Any, plan: Plan, warm: Warm) -> str:
    if schedule.cycle:
        raise refusal("transformers", "its polynomial does not start again; leave --cycle out")
    return _polynomial(plan, _lengths(schedule, warm), schedule.eta_min, schedule.power)


def _linear(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write the straight line to 0, or a polynomial of power 1, which has an end of its own."""
    lengths = _lengths(schedule, warm)
    if not schedule.end_lr:
        return written("get_linear_schedule_with_warmup", "optimizer", **lengths)
    return _polynomial(plan, lengths, schedule.end_lr, 1.0)


def _polynomial(plan: Plan, lengths: dict[str, int], end: float, power: float) -> str:
    if end >= plan.base_lr:
        message = f"its polynomial ends below the rate it starts from, {plan.base_lr:g}: {end:g}"
        raise refusal("transformers", message)
    name = "get_polynomial_decay_schedule_with_warmup"
    return written(name, "optimizer", **lengths, lr_end=end, power=power)


def _cosine(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write the cosine that has a floor, and the warm-up that starts above 0, where they are."""
    lengths = _lengths(schedule, warm)
    if warm.steps and warm.start:
        name = "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
        more = {"min_lr": schedule.eta_min, "warmup_lr_rate": part(warm.start, plan.base_lr)}
        return written(name, "optimizer", **lengths, **more)
    if not schedule.eta_min:
        return written("get_cosine_schedule_with_warmup", "optimizer", **lengths)
    name = "get_cosine_with_min_lr_schedule_with_warmup"
    return written(name, "optimizer", **lengths, min_lr=schedule.eta_min)


def _cosine_restarts(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write as many cycles as the run has; they come down to 0, whatever the floor."""
    if schedule.t_mult != 1:
        raise refusal("transformers", "its cycles are all of one length; leave --t-mult out")
    cycles = max(1, -(-(plan.max_iters - warm.steps) // schedule.t_0))
    name = "get_cosine_with_hard_restarts_schedule_with_warmup"
    steps = warm.steps + cycles * schedule.t_0
    lengths = {"num_warmup_steps": warm.steps, "num_training_steps": steps}
    return written(name, "optimizer", **lengths, num_cycles=cycles)


def _inverse_sqrt(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    steps = _warmup(schedule, warm)
    scale = schedule.timescale or schedule.warmup_steps or 10_000
    name = "get_inverse_sqrt_schedule"
    return written(name, "optimizer", num_warmup_steps=steps, timescale=scale)


def _wsd(schedule: Any, plan: Plan, warm: Warm) -> str:
    return written(
        "get_wsd_schedule",
        "optimizer",
        num_warmup_steps=_warmup(schedule, warm),
        num_decay_steps=schedule.decay_steps,
        num_training_steps=warm.steps + schedule.max_iters,
        decay_type=schedule.decay,
        min_lr_ratio=part(schedule.eta_min, plan.base_lr),
    )


def _warmup(schedule: Any, warm: Warm) -> int:
    if warm.steps and schedule.warmup_steps:
        raise refusal("transformers", "one warm-up before another is nothing it has")
    return int(warm.steps or schedule.warmup_steps)


def _lengths(schedule: Any, warm: Warm) -> dict[str, int]:
    whole = warm.steps + schedule.max_iters
    return {"num_warmup_steps": warm.steps, "num_training_steps": whole}


def _plateau(schedule: Any, plan: Plan) -> str:
    del plan
    rule = {
        key: getattr(schedule, key)
        for key in ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown")
    }
    ends = {"min_lr": schedule.min_lr, "eps": schedule.eps}
    return written("get_reduce_on_plateau_schedule", "optimizer", **rule, **ends)


_KINDS: dict[str, Callable[[Any, Plan, Warm], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "inverse_sqrt": _inverse_sqrt,
    "wsd": _wsd,
}

NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    **with_warmups("transformers", _KINDS),
    "plateau": _plateau,
}
