"""Native schedules as factors of the base rate, in Python, for frameworks that take a lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import neat, part, warmup_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["FACTORS", "lambda_of", "ramp_of"]


def lambda_of(schedule: Any, plan: Plan, step: str) -> str:
    """Return the lambda of a schedule, one of FACTORS, its parameter of this name."""
    return f"lambda {step}: {FACTORS[schedule.name()](schedule, plan, step)}"


def ramp_of(schedule: Any, plan: Plan, step: str) -> str:
    """Return the factor of an exponential warm-up, before its end."""
    start, end = warmup_parts(schedule, plan)
    return f"{start!r} * {neat(end / start)!r} ** ({step} / {schedule.warmup_steps})"


def _inverse_time(schedule: Any, plan: Plan, step: str) -> str:
    del plan
    return f"1 / (1 + {schedule.gamma!r} * {step})"


def _noam(schedule: Any, plan: Plan, step: str) -> str:
    del plan
    warmup = schedule.warmup_steps
    shape = f"min(max({step}, 1) ** -0.5, {step} * {warmup} ** -1.5)"
    return f"{schedule.d_model} ** -0.5 * {shape}"


def _inverse_sqrt(schedule: Any, plan: Plan, step: str) -> str:
    del plan
    warmup = schedule.warmup_steps
    timescale = schedule.timescale or warmup or 10_000
    since = f"({step} + {timescale - warmup})" if timescale != warmup else step
    falling = f"({timescale} / {since}) ** 0.5"
    return f"{step} / {warmup} if {step} < {warmup} else {falling}" if warmup else falling


def _wsd(schedule: Any, plan: Plan, step: str) -> str:
    warmup, length = schedule.warmup_steps, schedule.decay_steps
    start = schedule.max_iters - length
    passed = f"min(1, max(0, {step} - {start}) / {length})"
    left = {
        "linear": f"1 - {passed}",
        "cosine": f"(1 + math.cos(math.pi * {passed})) / 2",
        "1-sqrt": f"1 - {passed} ** 0.5",
    }[schedule.decay]
    floor = part(schedule.eta_min, plan.base_lr)
    left = left if length else f"{step} < {start}"
    falling = f"{floor!r} + {neat(1 - floor)!r} * ({left})" if floor else left
    return f"{step} / {warmup} if {step} < {warmup} else {falling}" if warmup else falling


FACTORS: dict[str, Callable[[Any, Plan, str], str]] = {
    "inverse_time": _inverse_time,
    "noam": _noam,
    "inverse_sqrt": _inverse_sqrt,
    "wsd": _wsd,
}
