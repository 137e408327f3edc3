"""Native schedules as optax has them: the calls its users would write."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import call_for, levels_of, part, refusal, warmup_ends, written
from lrplot.schedules.decay import Constant, Cosine

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]

_MANY_CYCLES = 100


_refuse = partial(refusal, "optax")


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


def _table(schedule: Any, plan: Plan) -> str:
    return _piecewise(levels_of(schedule), plan)


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
    alpha = part(schedule.eta_min, plan.base_lr)
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
    ends = {"init_value": start, "peak_value": end, "warmup_steps": steps}
    if steps and isinstance(after, Constant) and end == plan.base_lr:
        return written("warmup_constant_schedule", **ends)
    if not (steps and isinstance(after, Cosine)) or end != plan.base_lr:
        return _then(_line(start, end, steps), schedule, plan)
    fall = {"decay_steps": steps + after.max_iters, "end_value": after.eta_min}
    return written("warmup_cosine_decay_schedule", **ends, **fall)


def _constant_warmup(schedule: Any, plan: Plan) -> str:
    start, _ = warmup_ends(schedule, plan.base_lr)
    return _then(written("constant_schedule", repr(start)), schedule, plan)


def _exp_warmup(schedule: Any, plan: Plan) -> str:
    start, end = warmup_ends(schedule, plan.base_lr)
    rise = {"transition_steps": schedule.warmup_steps, "decay_rate": part(end, start)}
    return _then(written("exponential_decay", init_value=start, **rise), schedule, plan)


def _then(rise: str, schedule: Any, plan: Plan) -> str:
    after, steps = call_for(schedule.then, plan, "optax"), schedule.warmup_steps
    return _joined([rise, after], [steps]) if steps else after


def _anneal(schedule: Any, plan: Plan) -> str:
    """Write each rate as a scale of the one before it, which 0 has not."""
    del plan
    first, *_ = rates = schedule.values
    if 0 in rates[:-1]:
        raise _refuse("each rate scales the one before it, and nothing scales 0")
    scales = [1.0, *(later / earlier for earlier, later in pairwise(rates))]
    bounds = dict(zip(schedule.milestones, scales, strict=True))
    bounds = {at: scale for at, scale in bounds.items() if at}
    shape = {"cos": "cosine"}.get(schedule.shape, schedule.shape)
    given = {"init_value": first, "boundaries_and_scales": bounds}
    return written("piecewise_interpolate_schedule", repr(shape), **given)


def _wsd(schedule: Any, plan: Plan) -> str:
    base, floor, steps = plan.base_lr, schedule.eta_min, schedule.decay_steps
    if schedule.decay == "1-sqrt":
        raise _refuse("nothing decays by 1-sqrt; linear and cosine are there")
    fall = _line(base, floor, steps)
    if schedule.decay == "cosine":
        curve = {"decay_steps": steps, "alpha": part(floor, base)}
        fall = written("cosine_decay_schedule", repr(base), **curve)
    parts, starts = [_constant(schedule, plan), fall], [schedule.max_iters - steps]
    if schedule.warmup_steps:
        rise = _line(0.0, base, schedule.warmup_steps)
        parts, starts = [rise, *parts], [schedule.warmup_steps, *starts]
    return _joined(parts, starts)


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
    "table": _table,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "onecycle": _onecycle,
    "anneal": _anneal,
    "linear_warmup": _linear_warmup,
    "constant_warmup": _constant_warmup,
    "exp_warmup": _exp_warmup,
    "wsd": _wsd,
    "sequence": _sequence,
}
