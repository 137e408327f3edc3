"""mmengine's parameter schedulers, by their own names and signatures.

Each acts on the value that stands, in its window begin <= step < end, on its own clock: epochs
(by_epoch=True, the default) or iterations. It counts its steps from begin, does its first thing
there and its last at end - 1; so what is reached "at the end" is reached one step before `end`.
Outside the window the value stays. A list of schedulers is what all of them do to one value.

The schedulers of mmdet, mmpose, mmseg, mmagic and mmpretrain that stand in their configs are here
as well. Source: mmengine 0.10.7, mmengine/optim/scheduler/; so for all where nothing else is said.
In the docstrings s counts from begin, v0 is the value found there, and N = end - begin.
"""
# ruff: noqa: ARG001, FBT001, FBT002, N802, N803, PLR0913, PLR0917  the signatures are the framework's own

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, ParameterError
from lrplot.frameworks.mmengine._dicts import Run, build
from lrplot.frameworks.mmengine._factors import (
    ConstantRule,
    ExponentialRule,
    LinearRule,
    MultiStepRule,
    StepRule,
)
from lrplot.frameworks.mmengine._list import UNLIMITED, Schedulers, joined
from lrplot.frameworks.mmengine._native import NATIVE
from lrplot.frameworks.mmengine._plateau import ReduceOnPlateauLR
from lrplot.frameworks.mmengine._rates import (
    CosineRestartRule,
    CosineRule,
    OneCycleRule,
    PolyRule,
)
from lrplot.frameworks.mmengine._twins import (
    converted,
    momentum_of,
    param_scheduler_of,
    weight_decay_of,
)
from lrplot.frameworks.mmengine._window import refuse_text, window_of
from lrplot.frameworks.mmengine._zoo import (
    AnyConstantLR,
    LinearLrInterval,
    PolyLRRatio,
    QuadraticWarmupLR,
)
from lrplot.schedules.decay import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = [
    "CONSTRUCTORS",
    "CONVENTION",
    "MODULES",
    "NATIVE",
    "NOTES",
    "notes",
    "of_list",
]

CONVENTION = "mmengine 0.10.7"
MODULES = ("mmengine.optim", "mmengine.optim.scheduler")

NOTES = {
    "LinearLR": "LinearLR reaches its end one step before `end`, where its last action is",
    "PolyLR": "PolyLR reaches eta_min one step before `end`, where its last action is",
    "ConstantLR": "ConstantLR gives the rate back one step before `end`, where its last action is",
    "LinearLrInterval": (
        "after the first step of LinearLrInterval its factors are the rates themselves, whatever "
        "the optimizer holds"
    ),
}


def StepLR(
    optimizer: Optimizer,
    step_size: int,
    gamma: float = 0.1,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A drop by gamma every step_size steps: v0 * gamma^floor(s/step_size); level after end."""
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(StepRule(step_size=step_size, gamma=gamma), given)


def MultiStepLR(
    optimizer: Optimizer,
    milestones: list[int],
    gamma: float = 0.1,
    last_step: int = -1,
    begin: int = 0,
    end: int = UNLIMITED,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A drop by gamma at each milestone, which counts from begin; one past the window never comes.

    v0 * gamma^(number of milestones <= s); a milestone written twice counts twice.
    """
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(MultiStepRule(milestones=milestones, gamma=gamma), given)  # type: ignore[arg-type]


def ConstantLR(
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
    """v0 * factor up to s = N-2, v0 from s = N-1 on: one step before end.

    Raises ParameterError for a factor outside 0 to 1; a factor of 0 cannot be taken back, at
    which mmengine fails. Over one step (N = 1) it is never taken back.
    """
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(ConstantRule(factor=factor, span=end - begin - 1), given)


def ExponentialLR(
    optimizer: Optimizer,
    gamma: float,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A factor at each step: v0 * gamma^s up to s = N-1, level from there on.

    Built from epochs, gamma is applied at every iteration, as it stands.
    """
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(ExponentialRule(gamma=gamma), given)


def CosineAnnealingLR(
    optimizer: Optimizer,
    T_max: int | None = None,
    eta_min: float | None = None,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    eta_min_ratio: float | None = None,
    *,
    given: Given,
) -> Schedulers:
    """A cosine from v0 to eta_min: eta_min + (v0 - eta_min)/2 * (1 + cos(pi * s/T_max)).

    T_max is N unless given (0 counts as not given), and then eta_min is not reached: s ends at
    N-1. Past T_max the rate rises again, towards the optimizer's own. eta_min is 0, or
    eta_min_ratio times the optimizer's rate; ParameterError where both are given.
    """
    window = window_of(begin, end, last_step, by_epoch)
    if eta_min is not None and eta_min_ratio is not None:
        raise ParameterError("eta_min_ratio", "stands beside eta_min: give one of them")
    rule = CosineRule(T_max=T_max or end - begin, eta_min=eta_min, eta_min_ratio=eta_min_ratio)
    return window.acting(rule, given)


def LinearLR(
    optimizer: Optimizer,
    start_factor: float = 1.0 / 3,
    end_factor: float = 1.0,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A straight line from v0 * start_factor to v0 * end_factor, reached at s = N-1.

    v0 * (start_factor + (end_factor - start_factor) * s/(N-1)), then level; over one step (N = 1)
    it stays at v0 * start_factor for ever. Factors outside 0 to 1 raise ParameterError; from a
    start_factor of 0 mmengine fails at the next step.
    """
    window = window_of(begin, end, last_step, by_epoch)
    rule = LinearRule(start_factor=start_factor, end_factor=end_factor, span=end - begin - 1)
    return window.acting(rule, given)


def PolyLR(
    optimizer: Optimizer,
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
    """Polynomial decay from v0 to eta_min, reached at s = N-1: the "poly policy".

    eta_min + (v0 - eta_min) * (1 - s/(N-1))^power, then level.
    """
    window = window_of(begin, end, last_step, by_epoch)
    return window.acting(PolyRule(eta_min=eta_min, power=power, span=end - begin - 1), given)


def OneCycleLR(
    optimizer: Optimizer,
    eta_max: float = 0,
    total_steps: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """One rise from eta_max/div_factor to eta_max and one fall to eta_max/div_factor/final_div.

    The rise ends at s = pct_start * total_steps - 1, a fraction as it is, the fall at
    total_steps - 1; total_steps is N unless given. The optimizer's rate plays no part, and that of
    schedulers which are listed after this one is eta_max/div_factor. One step past total_steps
    mmengine fails, unless `end` comes first.
    """
    window = window_of(begin, end, last_step, by_epoch)
    if total_steps is not None and (not isinstance(total_steps, int) or total_steps <= 0):
        raise ParameterError("total_steps", f"must be a whole number above 0, got {total_steps!r}")
    if not isinstance(pct_start, float):
        raise ParameterError("pct_start", f"must be written as a float, got {pct_start!r}")
    _refuse_zero(div_factor=div_factor, final_div_factor=final_div_factor)
    rule = OneCycleRule(
        eta_max=eta_max,
        total_steps=end - begin if total_steps is None else total_steps,
        pct_start=pct_start,
        anneal_strategy=anneal_strategy,  # type: ignore[arg-type]
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        three_phase=three_phase,
    )
    return window.acting(rule, given)


def _refuse_zero(**numbers: Any) -> None:
    refuse_text(**numbers)
    for key, value in numbers.items():
        if not value:
            raise ParameterError(key, "must not be 0: rates are divided by it")


def CosineRestartLR(
    optimizer: Optimizer,
    periods: list[int],
    restart_weights: Sequence[float] = (1,),
    eta_min: float | None = None,
    eta_min_ratio: float | None = None,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A cosine in each period, from the optimizer's rate times the period's weight to eta_min.

    eta_min + (base * weight - eta_min)/2 * (1 + cos(pi * u/period)), u counting within the period;
    eta_min itself is not reached, and after the last period the rate stays. Exactly one of eta_min
    and eta_min_ratio must be given, and a weight for each period.
    """
    window = window_of(begin, end, last_step, by_epoch)
    if (eta_min is None) == (eta_min_ratio is None):
        raise ParameterError("eta_min", "give eta_min or eta_min_ratio, and only one of them")
    rule = CosineRestartRule(
        periods=periods,  # type: ignore[arg-type]
        restart_weights=restart_weights,  # type: ignore[arg-type]
        eta_min=eta_min,
        eta_min_ratio=eta_min_ratio,
    )
    return window.acting(rule, given)


_WITH_MOMENTUM: tuple[Callable[..., Schedulers], ...] = (
    StepLR,
    MultiStepLR,
    ConstantLR,
    ExponentialLR,
    CosineAnnealingLR,
    LinearLR,
    PolyLR,
    CosineRestartLR,
    QuadraticWarmupLR,
)
_BUILT: tuple[Callable[..., Schedulers], ...] = (
    *_WITH_MOMENTUM,
    *map(momentum_of, _WITH_MOMENTUM),
    *map(param_scheduler_of, (*_WITH_MOMENTUM, OneCycleLR)),
    weight_decay_of(CosineAnnealingLR),
    OneCycleLR,
    PolyLRRatio,
    LinearLrInterval,
)
CONSTRUCTORS: tuple[Callable[..., Schedulers], ...] = (
    *_BUILT,
    *(converted(one, whole="Quadratic" not in one.__name__) for one in _BUILT),
    ReduceOnPlateauLR,
    momentum_of(ReduceOnPlateauLR),
    param_scheduler_of(ReduceOnPlateauLR),
)
BY_NAME = {constructor.__name__: constructor for constructor in CONSTRUCTORS}
MMPOSE = BY_NAME | {
    "ConstantLR": AnyConstantLR,
    "ConstantLR.build_iter_from_epoch": converted(AnyConstantLR),
}


def notes(schedule: Schedule) -> tuple[str, ...]:
    """Return what the reader of a curve should know of its schedulers."""
    if not isinstance(schedule, Schedulers):
        return ()
    said = []
    if any(found.by_epoch and found.tick == 1 for found in schedule.schedulers):
        said.append("steps are epochs here (by_epoch=True); --iters-per-epoch N tells iterations")
    others = sorted({found.param for found in schedule.schedulers} - {"lr"})
    said += [
        f"a scheduler acts on the {param.replace('_', ' ')}, not on the rate" for param in others
    ]
    return tuple(said)


def of_list(items: Sequence[Any], *, given: Given) -> Schedule:
    """Return the curve under a list of schedulers, or of the dicts that a Runner makes them of.

    Raises ParameterError where an item is neither, or is refused; InputError where iterations and
    epochs are mixed and the length of an epoch is not known.
    """
    run = Run.of(given)
    built = [build(item, run, BY_NAME) if isinstance(item, dict) else item for item in items]
    if any(not isinstance(item, Schedulers) for item in built):
        raise InputError("a list of mmengine's holds its schedulers, or dicts of them")
    return joined(built, given) if built else Constant()
