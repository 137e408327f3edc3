"""Native schedules as DeepSpeed has them: the calls its users would write.

Those that decay begin with a warm-up, of two steps where none is asked for; a straight line comes
down to the rate that its warm-up rose from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import Warm, neat, part, refusal, with_warmups, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]


def _constant(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write a warm-up that stays where it leads to, or that never leaves it."""
    del schedule
    if not warm.steps:
        return written(
            "WarmupLR", "optimizer", warmup_min_lr=plan.base_lr, warmup_max_lr=plan.base_lr
        )
    return _risen("WarmupLR", plan, warm)


def _risen(name: str, plan: Plan, warm: Warm, **given: Any) -> str:
    """Write a linear rise to the base rate, and what else the call is given."""
    ends = {"warmup_min_lr": warm.start, "warmup_max_lr": plan.base_lr}
    rise = {"warmup_num_steps": max(1, warm.steps), "warmup_type": "linear"}
    return written(name, "optimizer", **given, **ends, **rise)


def _linear(schedule: Any, plan: Plan, warm: Warm) -> str:
    return _line(plan, warm, schedule.max_iters, schedule.end_lr)


def _poly(schedule: Any, plan: Plan, warm: Warm) -> str:
    if schedule.power != 1 or schedule.cycle:
        raise refusal("deepspeed", "it decays once, along a straight line; --power 1 is one")
    return _line(plan, warm, schedule.max_iters, schedule.eta_min)


def _line(plan: Plan, warm: Warm, steps: int, end: float) -> str:
    """Write the decay, or the range test, which rises for ever, where the line goes up."""
    rises = end > plan.base_lr
    if rises and (warm.steps or not plan.base_lr):
        raise refusal("deepspeed", "only its range test rises to a rate above the base rate")
    if rises:
        test = {
            "lr_range_test_step_size": steps,
            "lr_range_test_step_rate": neat(end / plan.base_lr - 1),
        }
        return written("LRRangeTest", "optimizer", lr_range_test_min_lr=plan.base_lr, **test)
    before = warm if warm.steps else Warm(0, end)
    return _risen("WarmupDecayLR", plan, before, total_num_steps=warm.steps + steps)


def _cosine(schedule: Any, plan: Plan, warm: Warm) -> str:
    return written(
        "WarmupCosineLR",
        "optimizer",
        total_num_steps=warm.steps + schedule.max_iters,
        warmup_min_ratio=part(warm.start, plan.base_lr),
        warmup_num_steps=max(1, warm.steps),
        cos_min_ratio=part(schedule.eta_min, plan.base_lr),
        warmup_type="linear",
    )


def _onecycle(schedule: Any, plan: Plan) -> str:
    """Write the cycle, and a decay that comes to the last rate where the native one does."""
    del plan
    if schedule.anneal != "linear" or not schedule.three_phase:
        hint = "--anneal linear --three-phase is its cycle"
        raise refusal("deepspeed", "OneCycle goes up and down by straight lines, then decays", hint)
    up, low = schedule.pct_start * schedule.max_iters, schedule.max_lr / schedule.div_factor
    return written(
        "OneCycle",
        "optimizer",
        cycle_min_lr=low,
        cycle_max_lr=schedule.max_lr,
        decay_lr_rate=(schedule.final_div_factor - 1) / (schedule.max_iters - 2 * up),
        cycle_first_step_size=up,
        decay_step_size=1,
        cycle_min_mom=schedule.base_momentum,
        cycle_max_mom=schedule.max_momentum,
    )


_KINDS: dict[str, Callable[[Any, Plan, Warm], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "cosine": _cosine,
}

NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    **with_warmups("deepspeed", _KINDS),
    "onecycle": _onecycle,
}
