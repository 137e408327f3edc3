"""torch.optim.lr_scheduler: the rates that its step() loop gives, to the last bit where it can be.

In the formulas k is how many times the scheduler has been stepped (last_epoch), v the rate that the
optimizer holds, and base what it held when the first scheduler was built on it (initial_lr), which
is --base-lr. Read from torch 2.13: torch/optim/lr_scheduler.py, torch/optim/swa_utils.py.
"""
# ruff: noqa: N802, N803, PLR0913, PLR0917  the framework's own names and parameters

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot.errors import ParameterError
from lrplot.frameworks.torch import _compose as compose
from lrplot.frameworks.torch import _cycles as cycles
from lrplot.frameworks.torch import _decay as decay
from lrplot.frameworks.torch import _steps as steps
from lrplot.frameworks.torch._arguments import (
    anneal,
    divisor,
    fresh,
    lambda_text,
    number,
    numbers,
    only,
    positive,
    several,
    total,
)
from lrplot.frameworks.torch._native import NATIVE
from lrplot.frameworks.torch._plateau import ReduceLROnPlateau

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.frameworks.calls import Optimizer
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Code

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "NOTES", "notes"]

CONVENTION = "torch 2.13"
MODULES = (
    "torch.optim.lr_scheduler",
    "optim.lr_scheduler",
    "lr_scheduler",
    "torch.optim.swa_utils",
    "optim.swa_utils",
    "swa_utils",
)


# -- one scheduler ------------------------------------------------------------------------------


def LambdaLR(optimizer: Optimizer, lr_lambda: Code | list[Code], last_epoch: int = -1) -> Schedule:
    """A function of the step times the base rate.

        lr(k) = base * lr_lambda(k)

    base * lr_lambda(0) at 0; what the lambda says, for ever. A list holds one lambda, as one
    parameter group is drawn.
    """
    fresh(optimizer, last_epoch)
    return steps.LambdaLR(lr_lambda=lambda_text("lr_lambda", lr_lambda))


def MultiplicativeLR(
    optimizer: Optimizer, lr_lambda: Code | list[Code], last_epoch: int = -1
) -> Schedule:
    """The rate that stands, times a function of the step, at every step.

        lr(0) = base,  lr(k) = lr(k-1) * lr_lambda(k)

    lr_lambda(0) plays no part, unless SequentialLR hands over to it. No formula gives step k
    without those before it, unless the lambda is constant: more than 10^8 steps are refused.
    """
    fresh(optimizer, last_epoch)
    return steps.MultiplicativeLR(lr_lambda=lambda_text("lr_lambda", lr_lambda))


def StepLR(
    optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
) -> Schedule:
    """A drop by a factor every so many steps.

        lr(0) = base,  lr(k) = lr(k-1) * gamma where step_size divides k, else lr(k-1)

    It never ends. A step_size of 0 raises at the first step.
    """
    fresh(optimizer, last_epoch)
    return steps.StepLR(step_size=number("step_size", step_size), gamma=number("gamma", gamma))


def MultiStepLR(
    optimizer: Optimizer, milestones: list[int], gamma: float = 0.1, last_epoch: int = -1
) -> Schedule:
    """A drop by a factor at each milestone.

        lr(k) = lr(k-1) * gamma^(how often k is among the milestones)

    Milestones may come in any order and repeat; one at 0 counts from the start. Level after the
    last.
    """
    fresh(optimizer, last_epoch)
    marks = numbers("milestones", milestones)
    return steps.MultiStepLR(milestones=marks, gamma=number("gamma", gamma))


def ConstantLR(
    optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1
) -> Schedule:
    """A lower rate for a while.

        lr(0) = base * factor,  lr(total_iters) = lr(total_iters - 1) * (1 / factor)

    Level from there on, at base but for rounding. With total_iters 0 it stays at base * factor; a
    factor of 0 raises at total_iters. factor is in [0, 1].
    """
    fresh(optimizer, last_epoch)
    return decay.ConstantLR(
        factor=number("factor", factor),
        total_iters=number("total_iters", total_iters),
    )


def LinearLR(
    optimizer: Optimizer,
    start_factor: float = 1.0 / 3,
    end_factor: float = 1.0,
    total_iters: int = 5,
    last_epoch: int = -1,
) -> Schedule:
    """A straight line between two parts of the base rate.

        lr(k) = base * (start_factor + (end_factor - start_factor) * k/total_iters)

    base * start_factor at 0, base * end_factor at total_iters and beyond. torch gets there by
    factors, each from the rate before. start_factor is in (0, 1], end_factor in [0, 1].
    """
    fresh(optimizer, last_epoch)
    return decay.LinearLR(
        start_factor=number("start_factor", start_factor),
        end_factor=number("end_factor", end_factor),
        total_iters=number("total_iters", total_iters),
    )


def ExponentialLR(optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> Schedule:
    """A drop by a factor at every step.

        lr(0) = base,  lr(k) = lr(k-1) * gamma

    It never ends.
    """
    fresh(optimizer, last_epoch)
    return steps.ExponentialLR(gamma=number("gamma", gamma))


def PolynomialLR(
    optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
) -> Schedule:
    """Polynomial decay to 0.

        lr(k) = base * (1 - k/total_iters)^power

    base at 0, 0 at total_iters and beyond; there is no floor. torch gets there by factors, each
    from the rate before.
    """
    fresh(optimizer, last_epoch)
    return decay.PolynomialLR(
        total_iters=number("total_iters", total_iters),
        power=number("power", power),
    )


def CosineAnnealingLR(
    optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
) -> Schedule:
    """Half a cosine down, and up again.

        lr(k) = eta_min + (base - eta_min) * (1 + cos(pi * k/T_max)) / 2

    base at 0, eta_min at T_max, base again at 2*T_max, and so on. torch gets there by factors, each
    from the rate before.
    """
    fresh(optimizer, last_epoch)
    return decay.CosineAnnealingLR(t_max=number("T_max", T_max), eta_min=number("eta_min", eta_min))


def CosineAnnealingWarmRestarts(
    optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
) -> Schedule:
    """Cosine decay that starts again.

        lr(k) = eta_min + (base - eta_min) * (1 + cos(pi * u/L)) / 2

    u is the step within its cycle and L the cycle's length: T_0, then T_mult times longer each.
    base at the first step of each; eta_min is never reached. It never ends.
    """
    fresh(optimizer, last_epoch)
    return cycles.CosineAnnealingWarmRestarts(
        t_0=positive("T_0", T_0),
        t_mult=positive("T_mult", T_mult),
        eta_min=number("eta_min", eta_min),
    )


def CyclicLR(
    optimizer: Optimizer,
    base_lr: float | list[float],
    max_lr: float | list[float],
    step_size_up: int = 2000,
    step_size_down: int | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    scale_fn: Code | None = None,
    scale_mode: str = "cycle",
    cycle_momentum: bool = True,  # noqa: FBT001, FBT002  torch's
    base_momentum: float | list[float] = 0.8,
    max_momentum: float | list[float] = 0.9,
    last_epoch: int = -1,
) -> Schedule:
    """Up to max_lr and back to base_lr, over and over.

        lr(k) = base_lr + (max_lr - base_lr) * x * scale
        x     = 0 to 1 in step_size_up steps, then back to 0 in step_size_down
        scale = 1 (triangular), 1/2^(cycle - 1) (triangular2), gamma^k (exp_range), or scale_fn of
                the cycle, from 1 on, or (scale_mode "iterations") of k

    base_lr at 0, whatever the optimizer held. It never ends. Momentum goes the other way, between
    max_momentum at the foot and base_momentum at the top.
    """
    fresh(optimizer, last_epoch)
    modes = ("triangular", "triangular2", "exp_range")
    if scale_fn is None and mode not in modes:
        raise ParameterError("mode", f"must be one of {', '.join(modes)}, got {mode!r}")
    up = number("step_size_up", step_size_up)
    low, high = (
        only("base_momentum", base_momentum),
        only("max_momentum", max_momentum),
    )
    return cycles.CyclicLR(
        base_lr=only("base_lr", base_lr),
        max_lr=only("max_lr", max_lr),
        up=up,
        down=up if step_size_down is None else number("step_size_down", step_size_down),
        mode=str(mode),
        gamma=number("gamma", gamma),
        scale_fn=None if scale_fn is None else lambda_text("scale_fn", scale_fn),
        by_cycle=scale_mode == "cycle",
        momenta=(low, high) if cycle_momentum else None,
    )


def OneCycleLR(
    optimizer: Optimizer,
    max_lr: float | list[float],
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    cycle_momentum: bool = True,  # noqa: FBT001, FBT002  torch's
    base_momentum: float | list[float] = 0.85,
    max_momentum: float | list[float] = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,  # noqa: FBT001, FBT002  torch's
    last_epoch: int = -1,
) -> Schedule:
    """One rise to max_lr, then a long fall: the 1cycle policy.

        0                            max_lr / div_factor
        pct_start*total_steps - 1    max_lr, a fraction of a step: no step may hit it
        total_steps - 1              max_lr / div_factor / final_div_factor

    Half cosines (or straight lines) join them. With three_phase the fall mirrors the rise, back to
    the first rate at 2*pct_start*total_steps - 2. At total_steps the curve overshoots: a cosine
    goes up again; one step later torch raises. Momentum goes the other way. Whatever the optimizer
    held plays no part.
    """
    fresh(optimizer, last_epoch)
    if isinstance(pct_start, bool) or not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
        raise ParameterError("pct_start", f"must be a float between 0 and 1, got {pct_start!r}")
    annealed = anneal(anneal_strategy)
    peak = only("max_lr", max_lr)
    first = peak / divisor("div_factor", div_factor)
    low, high = (
        only("base_momentum", base_momentum),
        only("max_momentum", max_momentum),
    )
    return cycles.OneCycleLR(
        first=first,
        peak=peak,
        floor=first / divisor("final_div_factor", final_div_factor),
        total_steps=total(total_steps, epochs, steps_per_epoch),
        pct_start=pct_start,
        anneal=annealed,
        three_phase=bool(three_phase),
        momenta=(low, high) if cycle_momentum else None,
    )


def SWALR(
    optimizer: Optimizer,
    swa_lr: float | list[float],
    anneal_epochs: int = 10,
    anneal_strategy: str = "cos",
    last_epoch: int = -1,
) -> Schedule:
    """From the rate that stands to swa_lr.

        lr(k) = swa_lr * a + base * (1 - a)
        a     = (1 - cos(pi * x)) / 2 (cos) or x (linear),  x = k/anneal_epochs

    base at 0, swa_lr at anneal_epochs and beyond; at once where anneal_epochs is 0.
    """
    fresh(optimizer, last_epoch)
    linear = anneal(anneal_strategy) == "linear"
    if isinstance(anneal_epochs, bool) or not isinstance(anneal_epochs, int) or anneal_epochs < 0:
        message = f"must be a whole number, 0 or above, got {anneal_epochs!r}"
        raise ParameterError("anneal_epochs", message)
    return decay.SWALR(
        swa_lr=only("swa_lr", swa_lr),
        anneal_epochs=anneal_epochs,
        linear=linear,
    )


# -- several ------------------------------------------------------------------------------------


def SequentialLR(
    optimizer: Optimizer, schedulers: list[Schedule], milestones: list[int], last_epoch: int = -1
) -> Schedule:
    """One scheduler after another, each counting from its milestone.

        lr(k) = schedulers[i](k - milestones[i-1])    milestones[i-1] <= k < milestones[i]

    Each starts from base, not from where the one before it came to; MultiplicativeLR and SWALR go
    on from there. At a milestone of 0 the scheduler before it is skipped.
    """
    fresh(optimizer, last_epoch)
    return compose.SequentialLR(
        **several(schedulers, "SequentialLR"),
        milestones=numbers("milestones", milestones),
    )


def ChainedScheduler(schedulers: list[Schedule], optimizer: Optimizer | None = None) -> Schedule:
    """Several schedulers that change the same rate in turn, at every step.

        lr(k) = each one's update of what the one before it left, from lr(k-1)

    The product, where each only multiplies; one that sets the rate by itself (LambdaLR, CyclicLR,
    OneCycleLR, CosineAnnealingWarmRestarts) forgets those before it. Where neither a product nor
    that gives step k, more than 10^8 steps are refused.
    """
    del optimizer
    return compose.ChainedScheduler(**several(schedulers, "ChainedScheduler"))


def notes(schedule: Schedule) -> tuple[str, ...]:
    """Return what a reader of a schedule's curve should know, where torch contradicts itself."""
    if not isinstance(schedule, cycles.CosineAnnealingWarmRestarts):
        return ()
    step = schedule.late_restart()
    if step is None:
        return ()
    said = f"torch contradicts itself at step {step:,}: step() starts a cycle there"
    return (f"{said}, step({step}) still ends the one before; the values are step()'s",)


CONSTRUCTORS: tuple[Callable[..., Schedule], ...] = (
    LambdaLR,
    MultiplicativeLR,
    StepLR,
    MultiStepLR,
    ConstantLR,
    LinearLR,
    ExponentialLR,
    PolynomialLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    ChainedScheduler,
    SWALR,
)

NOTES = {
    "OneCycleLR": "torch's OneCycleLR comes down to its last rate one step before total_steps, "
    "overshoots at total_steps and raises beyond",
}
