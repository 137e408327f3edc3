"""Native schedules as timm has them: the calls its users would write, stepped once an update."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.frameworks.native import Warm, refusal, with_warmups, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Plan

__all__ = ["NATIVE"]

_EPS = 1e-8  # of torch's plateau rule, which timm leaves as it is


def _scheduler(name: str, warm: Warm, **given: Any) -> str:
    before = {"warmup_t": warm.steps, "warmup_lr_init": warm.start} if warm.steps else {}
    prefix = {"warmup_prefix": True} if warm.steps and "WSD" not in name else {}
    return written(name, "optimizer", **given, **before, **prefix, t_in_epochs=False)


def _constant(schedule: Any, plan: Plan, warm: Warm) -> str:
    del schedule, plan
    return _scheduler("StepLRScheduler", warm, decay_t=1, decay_rate=1.0)


def _poly(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    if schedule.cycle:
        raise refusal("timm", "its cycles start from other rates; leave --cycle out")
    curve = {"power": schedule.power, "lr_min": schedule.eta_min}
    return _scheduler("PolyLRScheduler", warm, t_initial=schedule.max_iters, **curve)


def _linear(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    line = {"power": 1.0, "lr_min": schedule.end_lr}
    return _scheduler("PolyLRScheduler", warm, t_initial=schedule.max_iters, **line)


def _cosine(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    curve = {"t_initial": schedule.max_iters, "lr_min": schedule.eta_min}
    return _scheduler("CosineLRScheduler", warm, **curve)


def _cosine_restarts(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write as many cycles as the run has begun by its end."""
    restarts = schedule.knots(max(0, plan.max_iters - warm.steps))
    count = 1 + sum(map(len, restarts))
    cycles = {"cycle_mul": float(schedule.t_mult), "cycle_limit": count}
    curve = {"t_initial": schedule.t_0, "lr_min": schedule.eta_min}
    return _scheduler("CosineLRScheduler", warm, **curve, **cycles)


def _step(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    drops = {"decay_t": schedule.step_size, "decay_rate": schedule.gamma}
    return _scheduler("StepLRScheduler", warm, **drops)


def _multistep(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    drops = {"decay_t": list(schedule.milestones), "decay_rate": schedule.gamma}
    return _scheduler("MultiStepLRScheduler", warm, **drops)


def _exponential(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    return _scheduler("StepLRScheduler", warm, decay_t=1, decay_rate=schedule.gamma)


def _natural_exp(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    return _scheduler("StepLRScheduler", warm, decay_t=1, decay_rate=math.exp(-schedule.gamma))


def _wsd(schedule: Any, plan: Plan, warm: Warm) -> str:
    del plan
    warm = _one_warmup(schedule, warm)
    curve = {
        "t_initial": schedule.max_iters - schedule.warmup_steps,
        "decay_t": schedule.decay_steps,
        "lr_min": schedule.eta_min,
        "decay_fn": schedule.decay,
    }
    return _scheduler("WSDLRScheduler", warm, **curve)


def _inverse_sqrt(schedule: Any, plan: Plan, warm: Warm) -> str:
    """Write the stable stretch that falls so, its decay put past the end of the run."""
    scale = schedule.timescale or schedule.warmup_steps or 10_000
    falling = {"stable_fn": "rsqrt", "stable_timescale": scale}
    lengths = {"t_initial": plan.max_iters + 1, "decay_t": 1}
    return _scheduler("WSDLRScheduler", _one_warmup(schedule, warm), **lengths, **falling)


def _one_warmup(schedule: Any, warm: Warm) -> Warm:
    if warm.steps and schedule.warmup_steps:
        raise refusal("timm", "one warm-up before another is nothing it has")
    return warm if warm.steps else Warm(schedule.warmup_steps, 0.0)


def _plateau(schedule: Any, plan: Plan) -> str:
    del plan
    if schedule.threshold_mode != "rel":
        raise refusal("timm", "PlateauLRScheduler has no threshold_mode; it is rel there")
    if schedule.eps != _EPS:
        raise refusal("timm", f"PlateauLRScheduler has no eps; it is {_EPS:g} there")
    return written(
        "PlateauLRScheduler",
        "optimizer",
        decay_rate=schedule.factor,
        patience_t=schedule.patience,
        threshold=schedule.threshold,
        cooldown_t=schedule.cooldown,
        lr_min=schedule.min_lr,
        mode=schedule.mode,
    )


_KINDS: dict[str, Callable[[Any, Plan, Warm], str]] = {
    "constant": _constant,
    "poly": _poly,
    "linear": _linear,
    "exponential": _exponential,
    "natural_exp": _natural_exp,
    "step": _step,
    "multistep": _multistep,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "inverse_sqrt": _inverse_sqrt,
    "wsd": _wsd,
}

NATIVE: dict[str, Callable[[Any, Plan], str]] = {
    **with_warmups("timm", _KINDS),
    "plateau": _plateau,
}
