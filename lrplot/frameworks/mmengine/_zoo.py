"""Schedulers that mmdet, mmpose, mmseg and mmagic add to mmengine's, by their own names."""
# ruff: noqa: ARG001, FBT001, FBT002, N802, PLR0913, PLR0917  the signatures are the frameworks' own

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot.errors import ParameterError
from lrplot.frameworks.mmengine._factors import ConstantRule
from lrplot.frameworks.mmengine._list import UNLIMITED, Schedulers
from lrplot.frameworks.mmengine._rates import LinearIntervalRule, PolyRule, QuadraticWarmupRule
from lrplot.frameworks.mmengine._window import window_of

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given

__all__ = ["AnyConstantLR", "LinearLrInterval", "PolyLRRatio", "QuadraticWarmupLR"]


def AnyConstantLR(
    optimizer: Optimizer,
    factor: float = 1.0 / 3,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """ConstantLR as mmpose has it: any factor.

    Source: mmpose 1.3, engine/schedulers/constant_lr.py.
    """
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(ConstantRule(factor=factor, span=end - begin - 1, any=True), given)


def QuadraticWarmupLR(
    optimizer: Optimizer,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A parabola up to the optimizer's rate: base * ((s+1)/N)^2, base itself at s = N-1.

    Source: mmdet 3.3 and mmpose 1.3, engine/schedulers/quadratic_warmup.py.
    """
    window = window_of(begin, end, last_step, by_epoch)
    if end >= UNLIMITED:
        raise ParameterError("end", "must be given: it is where the warm-up ends")
    return window.acting(QuadraticWarmupRule(steps=end - begin), given)


def PolyLRRatio(
    optimizer: Optimizer,
    eta_min_ratio: float | None = None,
    eta_min: float = 0,
    power: float = 1.0,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """PolyLR down to eta_min_ratio times the optimizer's rate, or to eta_min.

    Source: mmseg 1.2, engine/schedulers/poly_ratio_scheduler.py.
    """
    window = window_of(begin, end, last_step, by_epoch)
    span = end - begin - 1
    rule = PolyRule(eta_min=eta_min, eta_min_ratio=eta_min_ratio, power=power, span=span)
    return window.acting(rule, given)


def LinearLrInterval(
    optimizer: Optimizer,
    start_factor: float = 1.0 / 3,
    end_factor: float = 1.0,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    interval: int = 1,
    *,
    given: Given,
) -> Schedulers:
    """A stair from start_factor to end_factor, which are the rates: the optimizer's plays no part.

    Only its first step multiplies: v0 * start_factor. Then start_factor + (end_factor -
    start_factor) * floor((t-1-begin)/interval) / floor(N/interval), t counting from 0.
    Source: mmagic 1.2, engine/schedulers/linear_lr_scheduler_with_interval.py.
    """
    window = window_of(begin, end, last_step, by_epoch)
    rule = LinearIntervalRule(
        start_factor=start_factor, end_factor=end_factor, begin=begin, end=end, interval=interval
    )
    return window.acting(rule, given)
