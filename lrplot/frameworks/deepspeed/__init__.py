"""DeepSpeed's own schedules, by their own names and signatures.

Each is stepped once per update, after it: t counts those steps. What the constructor leaves is the
rate of update 0, and the first step evaluates the formula at iteration 0, so most of these curves
run one update late.
"""
# ruff: noqa: ARG001, FBT001, FBT002, N802, PLR0913, PLR0917  the framework's own signatures

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from lrplot.errors import ParameterError
from lrplot.frameworks.deepspeed._curves import (
    MomentumCycle,
    OneCycleCurve,
    RangeTestCurve,
    WarmupCosineCurve,
    WarmupCurve,
    WarmupDecayCurve,
)
from lrplot.frameworks.deepspeed._native import NATIVE

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.schedules.base import Schedule

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "NOTES"]

CONVENTION = "deepspeed 0.19.8"
MODULES = ("deepspeed.runtime.lr_schedules", "lr_schedules")

_ONE_LATE = (
    "updates 0 and 1 both have the warm-up's first rate: DeepSpeed steps after the update, so the "
    "curve runs one update late"
)
NOTES = {
    "WarmupLR": _ONE_LATE,
    "WarmupDecayLR": _ONE_LATE,
    "WarmupCosineLR": "update 0 has a rate of 0, whatever warmup_min_ratio says",
    "OneCycle": "the momentum cycles only where the optimizer has betas, as Adam has",
}


def LRRangeTest(
    optimizer: Optimizer,
    lr_range_test_min_lr: float | list[float] = 1e-3,
    lr_range_test_step_size: int = 2000,
    lr_range_test_step_rate: float = 1.0,
    lr_range_test_staircase: bool = False,
    last_batch_iteration: int = -1,
) -> Schedule:
    """A straight line from lr_range_test_min_lr up, without end.

    lr_range_test_min_lr * (1 + step_rate * t / step_size), the quotient floored in a staircase.
    Source: deepspeed 0.19.8, deepspeed/runtime/lr_schedules.py; so for all here.
    """
    _from_the_start(last_batch_iteration)
    return RangeTestCurve(
        lr_range_test_min_lr=_of_one_group("lr_range_test_min_lr", lr_range_test_min_lr),
        lr_range_test_step_size=lr_range_test_step_size,
        lr_range_test_step_rate=lr_range_test_step_rate,
        lr_range_test_staircase=lr_range_test_staircase,
    )


def OneCycle(
    optimizer: Optimizer,
    cycle_min_lr: float | list[float],
    cycle_max_lr: float | list[float],
    decay_lr_rate: float = 0.0,
    cycle_first_step_size: float = 2000,
    cycle_second_step_size: float | None = None,
    cycle_first_stair_count: float = 0,
    cycle_second_stair_count: float | None = None,
    decay_step_size: float = 0,
    cycle_momentum: bool = True,
    cycle_min_mom: float | list[float] = 0.8,
    cycle_max_mom: float | list[float] = 0.9,
    decay_mom_rate: float = 0.0,
    last_batch_iteration: int = -1,
) -> Schedule:
    """One cycle from cycle_min_lr to cycle_max_lr and back, then cycle_min_lr / (1 + rate * d).

    d counts intervals of decay_step_size since the end of the cycle; without a decay_step_size
    (or a rate) cycle_min_lr stays. The momentum goes the other way, from cycle_max_mom, but is
    cycle_min_mom at update 0, and then grows by the factor that the rate is divided by.
    """
    _from_the_start(last_batch_iteration)
    second = cycle_first_step_size if cycle_second_step_size is None else cycle_second_step_size
    stairs = cycle_second_stair_count
    shape: dict[str, Any] = {
        "cycle_first_step_size": cycle_first_step_size,
        "cycle_second_step_size": second,
        "cycle_first_stair_count": cycle_first_stair_count,
        "cycle_second_stair_count": cycle_first_stair_count if stairs is None else stairs,
        "decay_step_size": decay_step_size,
    }
    momentum = MomentumCycle(
        low=_of_one_group("cycle_min_mom", cycle_min_mom),
        high=_of_one_group("cycle_max_mom", cycle_max_mom),
        decay_rate=decay_mom_rate,
        **shape,
    )
    return OneCycleCurve(
        low=_of_one_group("cycle_min_lr", cycle_min_lr),
        high=_of_one_group("cycle_max_lr", cycle_max_lr),
        decay_rate=decay_lr_rate,
        beside=momentum if cycle_momentum else None,
        **shape,
    )


def WarmupLR(
    optimizer: Optimizer,
    warmup_min_lr: float | list[float] = 0.0,
    warmup_max_lr: float | list[float] | None = None,
    warmup_num_steps: int = 1000,
    warmup_type: str = "log",
    last_batch_iteration: int = -1,
) -> Schedule:
    """A logarithmic (or linear) rise to warmup_max_lr, then level.

    warmup_min_lr at 0 and at 1, warmup_max_lr (the optimizer's rate, unless given) from
    warmup_num_steps on. Any other warmup_type counts as "log".
    """
    _from_the_start(last_batch_iteration)
    peak = None if warmup_max_lr is None else _of_one_group("warmup_max_lr", warmup_max_lr)
    return WarmupCurve(
        warmup_min_lr=_of_one_group("warmup_min_lr", warmup_min_lr),
        warmup_max_lr=peak,
        warmup_num_steps=warmup_num_steps,
        warmup_type=_known(warmup_type),
    )


def WarmupDecayLR(
    optimizer: Optimizer,
    total_num_steps: int,
    warmup_min_lr: float | list[float] = 0.0,
    warmup_max_lr: float | list[float] = 0.001,
    warmup_num_steps: int = 1000,
    warmup_type: str = "log",
    last_batch_iteration: int = -1,
) -> Schedule:
    """WarmupLR's rise to warmup_max_lr, then a straight line to warmup_min_lr.

    warmup_max_lr at warmup_num_steps + 1 and warmup_min_lr at total_num_steps + 1, and beyond.
    """
    _from_the_start(last_batch_iteration)
    return WarmupDecayCurve(
        total_num_steps=total_num_steps,
        warmup_min_lr=_of_one_group("warmup_min_lr", warmup_min_lr),
        warmup_max_lr=_of_one_group("warmup_max_lr", warmup_max_lr),
        warmup_num_steps=warmup_num_steps,
        warmup_type=_known(warmup_type),
    )


def WarmupCosineLR(
    optimizer: Optimizer,
    total_num_steps: int,
    warmup_min_ratio: float = 0.0,
    warmup_num_steps: int = 1000,
    cos_min_ratio: float = 0.0001,
    warmup_type: str = "log",
    last_batch_iteration: int = -1,
) -> Schedule:
    """WarmupLR's rise from warmup_min_ratio to the optimizer's rate, then a cosine.

    0 at 0, warmup_min_ratio of the rate at 1, cos_min_ratio of it at total_num_steps and beyond.
    """
    _from_the_start(last_batch_iteration)
    return WarmupCosineCurve(
        total_num_steps=total_num_steps,
        warmup_min_ratio=warmup_min_ratio,
        warmup_num_steps=warmup_num_steps,
        cos_min_ratio=cos_min_ratio,
        warmup_type=_known(warmup_type),
    )


def _known(warmup_type: str) -> Literal["log", "linear"]:
    """Return how the warm-up rises; DeepSpeed takes any other word for "log"."""
    return "linear" if warmup_type == "linear" else "log"


def _from_the_start(last_batch_iteration: int) -> None:
    if last_batch_iteration != -1:
        raise ParameterError(
            "last_batch_iteration", "must be -1: a schedule is shown from its start"
        )


def _of_one_group(name: str, value: float | list[float]) -> float:
    """Return the value of the one parameter group there is; it may be written as a list."""
    if isinstance(value, list):
        if len(value) != 1:
            message = f"must hold one value, for one parameter group, got {len(value)}"
            raise ParameterError(name, message)
        return value[0]
    return value


CONSTRUCTORS = (LRRangeTest, OneCycle, WarmupLR, WarmupDecayLR, WarmupCosineLR)
