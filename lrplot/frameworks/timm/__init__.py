"""timm.scheduler's schedulers, by their own names and signatures.

t counts the calls of step(), which timm makes once an epoch (of step_update(), once an update, with
t_in_epochs=False): the axis of the answer is in those. Source: timm 1.0.31, timm/scheduler/.
"""
# ruff: noqa: ARG001, FBT001, FBT002, N802, PLR0913, PLR0917  the framework's own signatures

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from lrplot.errors import ParameterError
from lrplot.frameworks.timm._curves import (
    LevelSteps,
    MilestoneSteps,
    WarmPlateau,
    WarmStableDecay,
)
from lrplot.frameworks.timm._cycles import CosineCycles, PolyCycles, TanhCycles
from lrplot.frameworks.timm._native import NATIVE

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "NOTES"]

CONVENTION = "timm 1.0.31"
MODULES = ("timm.scheduler",)

_CLOCK = (
    "t counts calls of step(), which timm makes once an epoch unless t_in_epochs=False; the steps "
    "here are those"
)
NOTES = {
    "CosineLRScheduler": _CLOCK,
    "PolyLRScheduler": _CLOCK,
    "TanhLRScheduler": f"{_CLOCK}; the ends are those of the tanh, neither the rate nor lr_min",
    "StepLRScheduler": _CLOCK,
    "MultiStepLRScheduler": f"{_CLOCK}; a milestone acts one step early, at decay_t - 1",
    "WSDLRScheduler": _CLOCK,
    "PlateauLRScheduler": f"{_CLOCK}; metrics during the warm-up are not looked at",
}

Noise: TypeAlias = "list[float] | float | None"


def CosineLRScheduler(
    optimizer: Optimizer,
    t_initial: float,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: float = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    k_decay: float = 1.0,
    initialize: bool = True,
) -> Schedule:
    """Half cosines from the rate to lr_min, cycle_limit of them, then lr_min.

    lr_min + (peak - lr_min) * (1 + cos(pi * u^k / L^k)) / 2 with k = k_decay, u steps into a cycle
    of L; L grows by cycle_mul and the peak falls by cycle_decay from cycle to cycle. A linear
    warm-up from warmup_lr_init comes before it with warmup_prefix, else it hides its first steps.
    """
    _refuse(noise_range_t, initialize=initialize)
    return CosineCycles(
        t_initial=t_initial,
        lr_min=lr_min,
        cycle_mul=cycle_mul,
        cycle_decay=cycle_decay,
        cycle_limit=cycle_limit,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
        warmup_prefix=warmup_prefix,
        k_decay=k_decay,
    )


def PolyLRScheduler(
    optimizer: Optimizer,
    t_initial: float,
    power: float = 0.5,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: float = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    k_decay: float = 1.0,
    initialize: bool = True,
) -> Schedule:
    """As CosineLRScheduler, with lr_min + (peak - lr_min) * (1 - u^k / L^k)^power."""
    _refuse(noise_range_t, initialize=initialize)
    return PolyCycles(
        t_initial=t_initial,
        power=power,
        lr_min=lr_min,
        cycle_mul=cycle_mul,
        cycle_decay=cycle_decay,
        cycle_limit=cycle_limit,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
        warmup_prefix=warmup_prefix,
        k_decay=k_decay,
    )


def TanhLRScheduler(
    optimizer: Optimizer,
    t_initial: float,
    lb: float = -7.0,
    ub: float = 3.0,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: float = 1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """As CosineLRScheduler, with (1 - tanh(lb * (1 - u/L) + ub * u/L)) / 2 for the cosine.

    At the ends of a cycle the rate is that of the tanh at lb and ub: near the peak and lr_min.
    """
    _refuse(noise_range_t, initialize=initialize)
    return TanhCycles(
        t_initial=t_initial,
        lb=lb,
        ub=ub,
        lr_min=lr_min,
        cycle_mul=cycle_mul,
        cycle_decay=cycle_decay,
        cycle_limit=cycle_limit,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
        warmup_prefix=warmup_prefix,
    )


def StepLRScheduler(
    optimizer: Optimizer,
    decay_t: float,
    decay_rate: float = 1.0,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """The rate times decay_rate (1 unless given) every decay_t, for ever, after the warm-up."""
    _refuse(noise_range_t, initialize=initialize)
    return LevelSteps(
        decay_t=decay_t,
        decay_rate=decay_rate,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
        warmup_prefix=warmup_prefix,
    )


def MultiStepLRScheduler(
    optimizer: Optimizer,
    decay_t: list[int],
    decay_rate: float = 1.0,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """The rate times decay_rate (1 unless given) one step before each of decay_t."""
    _refuse(noise_range_t, initialize=initialize)
    return MilestoneSteps(
        decay_t=decay_t,  # type: ignore[arg-type]  # a tuple there
        decay_rate=decay_rate,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
        warmup_prefix=warmup_prefix,
    )


def WSDLRScheduler(
    optimizer: Optimizer,
    t_initial: float,
    decay_t: float,
    lr_min: float = 0.0,
    stable_fn: str = "constant",
    stable_timescale: float | None = None,
    stable_power: float = 0.5,
    decay_fn: str = "1-sqrt",
    decay_power: float = 0.5,
    decay_ratio: float = 0.1,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    t_in_epochs: bool = True,
    noise_range_t: Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """Warm up, then t_initial steps: a stable stretch, and over the last decay_t a decay to lr_min.

    lr_min at warmup_t + t_initial and beyond. A stable stretch that falls ("rsqrt", "power") goes
    on falling under the decay.
    """
    _refuse(noise_range_t, initialize=initialize)
    if not isinstance(decay_fn, str):
        raise ParameterError("decay_fn", "must be a name: a function of the part is not read")
    return WarmStableDecay(
        t_initial=t_initial,
        decay_t=decay_t,
        lr_min=lr_min,
        stable_fn=stable_fn,  # type: ignore[arg-type]  # checked there
        stable_timescale=warmup_t if stable_timescale is None else stable_timescale,
        stable_power=stable_power,
        decay_fn=decay_fn,  # type: ignore[arg-type]
        decay_power=decay_power,
        decay_ratio=decay_ratio,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
    )


def PlateauLRScheduler(
    optimizer: Optimizer,
    decay_rate: float = 0.1,
    patience_t: int = 10,
    threshold: float = 1e-4,
    cooldown_t: int = 0,
    warmup_t: float = 0,
    warmup_lr_init: float = 0.0,
    lr_min: float = 0.0,
    mode: str = "max",
    noise_range_t: Noise = None,
    noise_type: str = "normal",
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int | None = None,
    initialize: bool = True,
    *,
    given: Given,
) -> Schedule:
    """A warm-up to the rate at warmup_t, then drops by decay_rate as torch's plateau rule has it.

    More is better unless mode="min". A metric during the warm-up is not looked at.
    """
    _refuse(noise_range_t, initialize=initialize)
    return WarmPlateau(
        metrics=given.need("metrics", "PlateauLRScheduler"),
        mode=mode,  # type: ignore[arg-type]  # checked there
        decay_rate=decay_rate,
        patience_t=patience_t,
        threshold=threshold,
        cooldown_t=cooldown_t,
        lr_min=lr_min,
        warmup_t=warmup_t,
        warmup_lr_init=warmup_lr_init,
    )


def _refuse(noise_range_t: Any, *, initialize: bool) -> None:
    """Refuse what cannot be shown, and what the framework refuses of a new optimizer."""
    if noise_range_t is not None:
        message = "is not shown: the noise comes from torch's own random numbers"
        raise ParameterError("noise_range_t", message, "leave it out to see the rate without noise")
    if not initialize:
        raise ParameterError("initialize", "must be True: a new optimizer has no initial_lr")


CONSTRUCTORS = (
    CosineLRScheduler,
    MultiStepLRScheduler,
    PlateauLRScheduler,
    PolyLRScheduler,
    StepLRScheduler,
    TanhLRScheduler,
    WSDLRScheduler,
)
