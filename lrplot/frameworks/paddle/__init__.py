"""paddle.optimizer.lr, by its own names and signatures: what its step() loop gives.

`verbose` prints there and does nothing here. A schedule with a `last_epoch` of n begins at epoch
n + 1. Source: paddlepaddle 3.3, python/paddle/optimizer/lr.py.
"""
# ruff: noqa: ARG001, FBT001, FBT002, N802, N803, PLR0913, PLR0917  the framework's own signatures

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot.errors import ParameterError
from lrplot.frameworks._absolute import Size, levels
from lrplot.frameworks.paddle._arguments import (
    after,
    decimal,
    from_the_start,
    lambda_text,
    lowered,
)
from lrplot.frameworks.paddle._curves import (
    ExponentialCurve,
    InverseTimeCurve,
    LambdaCurve,
    LinearCurve,
    NaturalExpCurve,
    NoamCurve,
    PolynomialCurve,
    ProductCurve,
    StepCurve,
)
from lrplot.frameworks.paddle._cycles import (
    CyclicCurve,
    OneCycleCurve,
    SteppedCosineCurve,
    SteppedRestartsCurve,
)
from lrplot.frameworks.paddle._native import NATIVE
from lrplot.frameworks.paddle._plateau import PlateauCurve
from lrplot.frameworks.paddle._warmup import WarmupCurve, told_its_epoch
from lrplot.schedules.base import Period, Rate, Schedule, check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lrplot.plan import Given
    from lrplot.syntax.tree import Code

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "NOTES", "notes"]

CONVENTION = "paddle 3.3"
MODULES = ("paddle.optimizer.lr", "optimizer.lr", "lr")

Drop = Annotated[float, Meta(lt=1)]


def NoamDecay(
    d_model: float,
    warmup_steps: float,
    learning_rate: float = 1.0,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """learning_rate * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5).

    0 at 0, the peak at warmup_steps; it never ends.
    """
    noam = NoamCurve(d_model=d_model, warmup_steps=warmup_steps, learning_rate=learning_rate)
    return after(last_epoch, noam)


def PiecewiseDecay(
    boundaries: Sequence[float],
    values: Sequence[float],
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """values[i] for the first i with t < boundaries[i]; the last value where there is none.

    So a boundary that is not above those before it is passed over, and of too many values the last
    one follows the last boundary.
    """
    ends = check_value("boundaries", tuple[Size, ...], boundaries)
    given = check_value("values", tuple[float, ...], values)
    if not ends:
        raise ParameterError("boundaries", "needs at least one boundary")
    if len(given) <= len(ends):
        message = f"must hold one value more than boundaries: {len(ends) + 1}, got {len(given)}"
        raise ParameterError("values", message)
    changes = zip(accumulate(ends, max), [*given[1 : len(ends)], given[-1]], strict=True)
    return after(last_epoch, levels(given[0], changes))


def NaturalExpDecay(
    learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False
) -> Schedule:
    """learning_rate * exp(-gamma * t), gamma above 0; it never ends."""
    return after(last_epoch, NaturalExpCurve(learning_rate=learning_rate, gamma=gamma))


def InverseTimeDecay(
    learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False
) -> Schedule:
    """learning_rate / (1 + gamma * t); it never ends."""
    return after(last_epoch, InverseTimeCurve(learning_rate=learning_rate, gamma=gamma))


def PolynomialDecay(
    learning_rate: float,
    decay_steps: int,
    end_lr: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """From learning_rate to end_lr along a power of what is left.

    (learning_rate - end_lr) * (1 - t / decay_steps)^power + end_lr: end_lr at decay_steps and
    beyond. With cycle, beyond it decay_steps grows to its next multiple, so the rate jumps up a
    step after each multiple.
    """
    poly = PolynomialCurve(
        learning_rate=learning_rate,
        decay_steps=decay_steps,
        end_lr=end_lr,
        power=power,
        cycle=cycle,
    )
    return after(last_epoch, poly)


def LinearWarmup(
    learning_rate: float | Schedule,
    warmup_steps: int,
    start_lr: float,
    end_lr: float,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """A straight line from start_lr that is to reach end_lr at warmup_steps; then learning_rate.

    start_lr at 0; from warmup_steps on the number that learning_rate is, or what that scheduler
    gives, counting from there: end_lr itself is reached only if that starts with it.
    """
    warmup = WarmupCurve(
        then=told_its_epoch(learning_rate),
        warmup_steps=warmup_steps,
        start_lr=start_lr,
        end_lr=end_lr,
    )
    return after(last_epoch, warmup)


def ExponentialDecay(
    learning_rate: float, gamma: float, last_epoch: int = -1, verbose: bool = False
) -> Schedule:
    """learning_rate * gamma^t, gamma between 0 and 1; it never ends."""
    return after(last_epoch, ExponentialCurve(learning_rate=learning_rate, gamma=gamma))


def MultiStepDecay(
    learning_rate: float,
    milestones: Sequence[float],
    gamma: float = 0.1,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """learning_rate * gamma^(number of milestones <= t), for rising milestones."""
    rate = check_value("learning_rate", Rate, learning_rate)
    marks = check_value("milestones", tuple[Size, ...], milestones)
    factor = check_value("gamma", Drop, gamma)
    if any(later <= earlier for earlier, later in pairwise(marks)):
        raise ParameterError("milestones", "must rise from one to the next")
    changes = ((mark, rate * factor**i) for i, mark in enumerate(marks, 1))
    return after(last_epoch, levels(rate, changes))


def StepDecay(
    learning_rate: float,
    step_size: int,
    gamma: float = 0.1,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """learning_rate * gamma^floor(t / step_size), gamma below 1; it never ends."""
    drops = StepCurve(learning_rate=learning_rate, step_size=step_size, gamma=gamma)
    return after(last_epoch, drops)


def LambdaDecay(
    learning_rate: float, lr_lambda: Code, last_epoch: int = -1, verbose: bool = False
) -> Schedule:
    """learning_rate * lr_lambda(t)."""
    given = LambdaCurve(learning_rate=learning_rate, lr_lambda=lambda_text("lr_lambda", lr_lambda))
    return after(last_epoch, given)


def ReduceOnPlateau(
    learning_rate: float,
    mode: str = "min",
    factor: float = 0.1,
    patience: float = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: float = 0,
    min_lr: float = 0,
    epsilon: float = 1e-8,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedule:
    """max(rate * factor, min_lr) where more than `patience` metrics in a row are not better.

    m is better than the best b where m < b - b * threshold (min, rel), m < b - threshold (min,
    abs), m > b + b * threshold (max, rel) or m > b + threshold (max, abs). The first metric is the
    best so far; after a drop the next `cooldown` metrics are not looked at. A drop of no more than
    epsilon is not made. learning_rate at 0; level after the last metric.
    """
    return PlateauCurve(
        learning_rate=learning_rate,
        mode=lowered(mode),
        factor=factor,
        patience=patience,
        threshold=threshold,
        threshold_mode=lowered(threshold_mode),
        cooldown=cooldown,
        min_lr=min_lr,
        epsilon=epsilon,
        metrics=given.metrics,
    )


def CosineAnnealingDecay(
    learning_rate: float,
    T_max: int,
    eta_min: float = 0,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """eta_min + (learning_rate - eta_min) * (1 + cos(pi * t / T_max)) / 2.

    learning_rate at 0, eta_min at T_max; beyond it the rate rises again, to learning_rate at
    2 * T_max, and so on.
    """
    from_the_start(last_epoch)
    return SteppedCosineCurve(learning_rate=learning_rate, T_max=T_max, eta_min=eta_min)


def MultiplicativeDecay(
    learning_rate: float, lr_lambda: Code, last_epoch: int = -1, verbose: bool = False
) -> Schedule:
    """learning_rate * lr_lambda(1) * ... * lr_lambda(t); learning_rate at 0."""
    given = ProductCurve(learning_rate=learning_rate, lr_lambda=lambda_text("lr_lambda", lr_lambda))
    return after(last_epoch, given)


def OneCycleLR(
    max_learning_rate: float,
    total_steps: int,
    divide_factor: float = 25.0,
    end_learning_rate: float = 0.0001,
    phase_pct: float = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    three_phase: bool = False,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """Up to max_learning_rate, and down to end_learning_rate, by half cosines or straight lines.

    max_learning_rate / divide_factor at 0, max_learning_rate at phase_pct * total_steps - 1 (with
    three_phase the first rate again at twice that), end_learning_rate at total_steps - 1. At
    total_steps the last phase goes on for one step; beyond, Paddle raises an error.
    """
    one_cycle = OneCycleCurve(
        max_learning_rate=max_learning_rate,
        total_steps=total_steps,
        divide_factor=divide_factor,
        end_learning_rate=end_learning_rate,
        phase_pct=decimal("phase_pct", phase_pct),
        anneal_strategy=anneal_strategy,
        three_phase=three_phase,
    )
    return after(last_epoch, one_cycle)


def CyclicLR(
    base_learning_rate: float,
    max_learning_rate: float,
    step_size_up: int,
    step_size_down: int | None = None,
    mode: str = "triangular",
    exp_gamma: float = 1.0,
    scale_fn: Code | None = None,
    scale_mode: Literal["cycle", "iterations"] = "cycle",
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """From base_learning_rate to max_learning_rate and back in straight lines, over and over.

    base_learning_rate at 0; the tops are as high in every cycle (triangular), half as high as the
    last (triangular2), scaled by exp_gamma^t (exp_range), or by scale_fn of the cycle, from 1 on,
    or of t. It never ends.
    """
    up = check_value("step_size_up", Period, step_size_up)
    cyclic = CyclicCurve(
        base_learning_rate=base_learning_rate,
        max_learning_rate=max_learning_rate,
        step_size_up=up,
        step_size_down=up if step_size_down is None else step_size_down,
        mode=mode,
        exp_gamma=decimal("exp_gamma", exp_gamma),
        scale_fn=None if scale_fn is None else lambda_text("scale_fn", scale_fn),
        scale_mode=scale_mode,
    )
    return after(last_epoch, cyclic)


def LinearLR(
    learning_rate: float,
    total_steps: float,
    start_factor: float = 1.0 / 3,
    end_factor: float = 1.0,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """A straight line from learning_rate * start_factor to learning_rate * end_factor.

    The one at 0, the other at total_steps and beyond; a total_steps that is not whole stops short.
    """
    from_the_start(last_epoch)
    return LinearCurve(
        learning_rate=learning_rate,
        total_steps=total_steps,
        start_factor=start_factor,
        end_factor=end_factor,
    )


def CosineAnnealingWarmRestarts(
    learning_rate: float,
    T_0: int,
    T_mult: int = 1,
    eta_min: float = 0,
    last_epoch: int = -1,
    verbose: bool = False,
) -> Schedule:
    """eta_min + (learning_rate - eta_min) * (1 + cos(pi * u / L)) / 2, u steps into a cycle of L.

    L is T_0, then T_0 * T_mult, and so on. learning_rate at the first step of each cycle; eta_min
    is not reached, but inside a LinearWarmup it can be, where a cycle begins a step late.
    """
    from_the_start(last_epoch)
    return SteppedRestartsCurve(
        learning_rate=learning_rate,
        t_0=check_value("T_0", Period, T_0),
        t_mult=check_value("T_mult", Period, T_mult),
        eta_min=eta_min,
    )


NOTES = {
    "OneCycleLR": "Paddle's OneCycleLR comes down to end_learning_rate one step before "
    "total_steps, overshoots at total_steps and raises an error beyond",
}


def notes(schedule: Schedule) -> tuple[str, ...]:
    """Say what surprises inside a LinearWarmup."""
    return schedule.notes() if isinstance(schedule, WarmupCurve) else ()


CONSTRUCTORS: tuple[Callable[..., Schedule], ...] = (
    NoamDecay,
    PiecewiseDecay,
    NaturalExpDecay,
    InverseTimeDecay,
    PolynomialDecay,
    LinearWarmup,
    ExponentialDecay,
    MultiStepDecay,
    StepDecay,
    LambdaDecay,
    ReduceOnPlateau,
    CosineAnnealingDecay,
    MultiplicativeDecay,
    OneCycleLR,
    CyclicLR,
    LinearLR,
    CosineAnnealingWarmRestarts,
)
