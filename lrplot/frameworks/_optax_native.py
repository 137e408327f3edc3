"""Native schedules as optax has them: the calls its users would write."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from lrplot.errors import UsageError
from lrplot.frameworks._absolute import warmup_ends
from lrplot.frameworks.native import call_for, written
from lrplot.schedules.decay import Cosine

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]

_MANY_CYCLES = 100


def _refuse(message: str) -> UsageError:
    return UsageError(f"--as optax: {message}")


def _constant(schedule: Any, plan: Plan) -> str:
    del schedule
    return written("constant_schedule", repr(plan.base_lr))


def _poly(schedule: Any, plan: Plan) -> str:
    if schedule.cycle:
        raise _refuse("polynomial_schedule does not start again; leave --cycle out")
    return written(
        "polynomial_schedule",
        init_value=plan.base_lr,
        end_value=schedule.eta_min,
        power=schedule.power,
        transition_steps=schedule.max_iters,
    )


def _linear(schedule: Any, plan: Plan) -> str:
    return _line(plan.base_lr, schedule.end_lr, schedule.max_iters)


def _line(start: float, end: float, steps: int) -> str:
    ends = {"init_value": start, "end_value": end}
    return written("linear_schedule", **ends, transition_steps=steps)


def _exponential(schedule: Any, plan: Plan) -> str:
    return _decay(plan, 1, schedule.gamma)


def _natural_exp(schedule: Any, plan: Plan) -> str:
    return _decay(plan, 1, math.exp(-schedule.gamma))


def _step(schedule: Any, plan: Plan) -> str:
    return _decay(plan, schedule.step_size, schedule.gamma, staircase=True)


def _decay(plan: Plan, steps: int, rate: float, *, staircase: bool | None = None) -> str:
    if rate == 0:
        raise _refuse("exponential_decay takes a decay_rate of 0 for none")
    decay = {"transition_steps": steps, "decay_rate": rate, "staircase": staircase}
    return written("exponential_decay", init_value=plan.base_lr, **decay)


def _piecewise(schedule: Any, plan: Plan) -> str:
    del plan
    levels = [written("constant_schedule", repr(value)) for value in schedule.values]
    return _joined(levels, list(schedule.boundaries))


def _joined(schedules: list[str], boundaries: list[int]) -> str:
    return written("join_schedules", f"[{', '.join(schedules)}]", boundaries=boundaries)


def _multistep(schedule: Any, plan: Plan) -> str:
    counts = Counter(schedule.milestones)
    scales = {mark: schedule.gamma**count for mark, count in counts.items()}
    return written("piecewise_constant_schedule", repr(plan.base_lr), boundaries_and_scales=scales)


def _cosine(schedule: Any, plan: Plan) -> str:
    alpha = schedule.eta_min / plan.base_lr if plan.base_lr else 0.0
    fall = {"decay_steps": schedule.max_iters, "alpha": alpha}
    return written("cosine_decay_schedule", repr(plan.base_lr), **fall)


def _cosine_restarts(schedule: Any, plan: Plan) -> str:
    """Write as many cycles as the run has: sgdr_schedule has no end to name."""
    lengths: list[int] = []
    while sum(lengths) <= plan.max_iters:
        lengths.append(schedule.t_0 * schedule.t_mult ** len(lengths))
        if len(lengths) > _MANY_CYCLES:
            raise _refuse(f"sgdr_schedule lists its cycles, here more than {_MANY_CYCLES}")
    ends = {"init_value": plan.base_lr, "peak_value": plan.base_lr, "end_value": schedule.eta_min}
    cycles = [{**ends, "warmup_steps": 0, "decay_steps": length} for length in lengths]
    return written("sgdr_schedule", repr(cycles))


def _onecycle(schedule: Any, plan: Plan) -> str:
    del plan
    if schedule.three_phase != (schedule.anneal == "linear"):
        raise _refuse("one cycle has two phases of cosines, or three of straight lines")
    given = {
        "transition_steps": schedule.max_iters,
        "peak_value": schedule.max_lr,
        "pct_start": schedule.pct_start,
        "pct_final": 2 * schedule.pct_start if schedule.three_phase else None,
        "div_factor": schedule.div_factor,
        "final_div_factor": schedule.final_div_factor,
    }
    name = "linear_onecycle_schedule" if schedule.three_phase else "cosine_onecycle_schedule"
    return written(name, **given)


def _linear_warmup(schedule: Any, plan: Plan) -> str:
    after, steps = schedule.then, schedule.warmup_steps
    start, end = warmup_ends(schedule, plan.base_lr)
    if not isinstance(after, Cosine) or end != plan.base_lr:
        rise = _line(start, end, steps)
        return _joined([rise, call_for(after, plan, "optax")], [steps])
    return written(
        "warmup_cosine_decay_schedule",
        init_value=start,
        peak_value=end,
        warmup_steps=steps,
        decay_steps=steps + after.max_iters,
        end_value=after.eta_min,
    )


def _wsd(schedule: Any, plan: Plan) -> str:
    base, floor, steps = plan.base_lr, schedule.eta_min, schedule.decay_steps
    if schedule.decay == "1-sqrt":
        raise _refuse("nothing decays by 1-sqrt; linear and cosine are there")
    alpha = floor / base if base else 0.0
    fall = _line(base, floor, steps)
    if schedule.decay == "cosine":
        fall = written("cosine_decay_schedule", repr(base), decay_steps=steps, alpha=alpha)
    parts = [_line(0.0, base, schedule.warmup_steps), _constant(schedule, plan), fall]
    return _joined(parts, [schedule.warmup_steps, schedule.max_iters - steps])


def _sequence(schedule: Any, plan: Plan) -> str:
    if schedule.hand_over == "carry":
        raise _refuse("join_schedules hands over no rate")
    parts = [call_for(part, plan, "optax") for part in schedule.schedules]
    return _joined(parts, list(schedule.milestones))


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
    "onecycle": _onecycle,
    "linear_warmup": _linear_warmup,
    "wsd": _wsd,
    "sequence": _sequence,
}
