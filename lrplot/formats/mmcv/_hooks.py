"""The updater hooks of mmcv 1.x by policy: each a function with that hook's own parameters.

`lr_config = dict(policy="step", step=[8, 11])` is StepLrUpdaterHook(step=[8, 11]): a name written
all in lower case has its first letter raised, any other is taken as it is.
"""

# ruff: noqa: FBT001, FBT002, PLR0913, PLR0917  the signatures are mmcv's own

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, ParameterError, suggest
from lrplot.formats.mmcv._policies import (
    Anneal,
    CosineRestart,
    Cyclic,
    Inverse,
    OneCycle,
    Poly,
    StepDown,
    Tin,
    Yolox,
)
from lrplot.schedules.decay import Constant, Exponential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.schedules.base import Schedule

    Hook = Callable[..., Schedule]

__all__ = ["LR_HOOKS", "MOMENTUM_HOOKS", "Progress", "hook_of"]


class Progress(NamedTuple):
    """What a policy goes by: `length` is the run's epochs, or its iterations."""

    by_epoch: bool
    length: int
    max_iters: int
    epoch_length: int | None = None
    warmup_iters: int = 0
    warmup: str = ""


def hook_of(policy: str, hooks: Mapping[str, Hook], kind: str) -> Hook:
    """Return the hook of a policy.

    Raises ParameterError where mmcv knows none of that name.
    """
    name = policy.title() if policy == policy.lower() else policy
    if name not in hooks:
        lower = {known.lower(): known for known in hooks}
        near = f"did you mean '{lower[name.lower()]}'?" if name.lower() in lower else ""
        hint = near or suggest(name, hooks) or f"known: {', '.join(hooks)}"
        raise ParameterError("policy", f"mmcv has no {name}{kind}UpdaterHook", hint)
    return hooks[name]


def fixed(*, run: Progress) -> Schedule:
    """FixedLrUpdaterHook: the base rate."""
    del run
    return Constant()


def by_steps(
    step: int | list[int], gamma: float = 0.1, min_lr: float | None = None, *, run: Progress
) -> Schedule:
    """StepLrUpdaterHook: a drop by gamma at each step of a list, or every so many."""
    del run
    if isinstance(step, bool) or not isinstance(step, (int, list)):
        raise ParameterError("step", f"must be a whole number or a list of them, got {step!r}")
    every, marks = (step, ()) if isinstance(step, int) else (None, step)
    return StepDown(every=every, marks=marks, gamma=gamma, min_lr=min_lr)  # type: ignore[arg-type]


def exp(gamma: float, *, run: Progress) -> Schedule:
    """ExpLrUpdaterHook: base * gamma^p."""
    del run
    return Exponential(gamma=gamma)


def poly(power: float = 1.0, min_lr: float = 0.0, *, run: Progress) -> Schedule:
    """PolyLrUpdaterHook: (base - min_lr) * (1 - p/length)^power + min_lr."""
    return Poly(power=power, min_lr=min_lr, length=run.length)


def inv(gamma: float, power: float = 1.0, *, run: Progress) -> Schedule:
    """InvLrUpdaterHook: base * (1 + gamma * p)^-power."""
    del run
    return Inverse(gamma=gamma, power=power)


def cosine(
    min_lr: float | None = None, min_lr_ratio: float | None = None, *, run: Progress
) -> Schedule:
    """CosineAnnealingLrUpdaterHook: half a cosine to the floor over the whole run."""
    return Anneal(min_lr=min_lr, min_lr_ratio=min_lr_ratio, end=run.length)


def flat_cosine(
    start_percent: float = 0.75,
    min_lr: float | None = None,
    min_lr_ratio: float | None = None,
    *,
    run: Progress,
) -> Schedule:
    """FlatCosineAnnealingLrUpdaterHook: level up to start_percent, then half a cosine."""
    if not isinstance(start_percent, float) or not 0 <= start_percent <= 1:
        raise ParameterError("start_percent", f"must be a float from 0 to 1, got {start_percent!r}")
    start = round(run.length * start_percent)
    return Anneal(min_lr=min_lr, min_lr_ratio=min_lr_ratio, start=start, end=run.length)


def linear(
    min_lr: float | None = None, min_lr_ratio: float | None = None, *, run: Progress
) -> Schedule:
    """LinearAnnealingLrUpdaterHook: a straight line to the floor over the whole run."""
    return Anneal(min_lr=min_lr, min_lr_ratio=min_lr_ratio, end=run.length, cosine=False)


def cooldown(
    min_lr: float | None = None,
    min_lr_ratio: float | None = None,
    cool_down_ratio: float = 0.1,
    cool_down_time: int = 10,
    *,
    run: Progress,
) -> Schedule:
    """CosineAnnealingCooldownLrUpdaterHook: mmcls's; floor * cool_down_ratio for the last steps."""
    return Anneal(
        min_lr=min_lr,
        min_lr_ratio=min_lr_ratio,
        end=run.length - _whole("cool_down_time", cool_down_time),
        cool_down_ratio=cool_down_ratio,
    )


def tin(min_lr: float, *, run: Progress) -> Schedule:
    """TINLrUpdaterHook: mmaction2's; half a cosine that counts from the end of the warm-up."""
    start = run.warmup_iters if run.warmup else 0
    return Tin(min_lr=min_lr, start=start, end=run.length)


def restart(
    periods: list[int],
    restart_weights: list[float] | tuple[float, ...] = (1,),
    min_lr: float | None = None,
    min_lr_ratio: float | None = None,
    *,
    run: Progress,
) -> Schedule:
    """CosineRestartLrUpdaterHook: half a cosine in each period, from its weight down."""
    del run
    return CosineRestart(
        periods=periods,  # type: ignore[arg-type]
        restart_weights=restart_weights,  # type: ignore[arg-type]
        min_lr=min_lr,
        min_lr_ratio=min_lr_ratio,
    )


def cyclic(
    target_ratio: float | list[float] | tuple[float, ...] = (10, 1e-4),
    cyclic_times: int = 1,
    step_ratio_up: float = 0.4,
    anneal_strategy: str = "cos",
    gamma: float = 1,
    *,
    run: Progress,
) -> Schedule:
    """CyclicLrUpdaterHook: cyclic_times rises and falls of half cosines."""
    _only_by_iteration(run)
    ratios = [target_ratio] if isinstance(target_ratio, float) else target_ratio
    if not isinstance(ratios, (list, tuple)) or not 1 <= len(ratios) <= 2:  # noqa: PLR2004  high, low
        raise ParameterError("target_ratio", f"must be a float or two, got {target_ratio!r}")
    high = ratios[0]
    if not 0 <= step_ratio_up < 1:
        raise ParameterError("step_ratio_up", f"must be in [0, 1), got {step_ratio_up!r}")
    times = _whole("cyclic_times", cyclic_times)
    if not 0 < times <= run.max_iters:
        raise ParameterError("cyclic_times", f"must be from 1 to the run's {run.max_iters:,}")
    length = run.max_iters // times
    return Cyclic(
        length=length,
        up=int(step_ratio_up * length),
        high=high,
        low=ratios[1] if len(ratios) > 1 else high / 1e5,
        gamma=gamma,
        anneal_strategy=anneal_strategy,  # type: ignore[arg-type]
    )


def one_cycle(
    max_lr: float,
    total_steps: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    div_factor: float = 25,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
    *,
    run: Progress,
) -> Schedule:
    """OneCycleLrUpdaterHook: one rise and one fall; the optimizer's rate plays no part."""
    _only_by_iteration(run)
    if isinstance(max_lr, bool) or not isinstance(max_lr, (int, float)):
        raise ParameterError("max_lr", f"must be one number here, got {max_lr!r}")
    if total_steps is not None and _whole("total_steps", total_steps) < run.max_iters:
        raise ParameterError("total_steps", f"must be at least the run's {run.max_iters:,}")
    first = max_lr / div_factor
    return OneCycle(
        rates=(first, first * div_factor, first * (1 / final_div_factor)),
        total_steps=total_steps or run.max_iters,
        pct_start=_fraction(pct_start),
        anneal_strategy=anneal_strategy,  # type: ignore[arg-type]
        three_phase=three_phase,
    )


def yolox(
    num_last_epochs: int,
    min_lr: float | None = None,
    min_lr_ratio: float | None = None,
    *,
    run: Progress,
) -> Schedule:
    """YOLOXLrUpdaterHook: mmdet's; a cosine after the warm-up, the floor for the last epochs."""
    if run.epoch_length is None:
        message = "the policy YOLOX counts its last epochs in iterations: how many has an epoch?"
        raise InputError(f"{message}\n  add --iters-per-epoch N")
    return Yolox(
        min_lr=min_lr,
        min_lr_ratio=min_lr_ratio,
        warmup=run.warmup_iters,
        length=run.length,
        last_epochs=_whole("num_last_epochs", num_last_epochs) * run.epoch_length,
    )


def step_momentum(
    step: int | list[int], gamma: float = 0.5, min_momentum: float | None = None, *, run: Progress
) -> Schedule:
    """StepMomentumUpdaterHook: a drop by gamma at each step of a list, or every so many."""
    return by_steps(step, gamma, min_momentum, run=run)


def cosine_momentum(
    min_momentum: float | None = None, min_momentum_ratio: float | None = None, *, run: Progress
) -> Schedule:
    """CosineAnnealingMomentumUpdaterHook: half a cosine to the floor over the whole run."""
    return cosine(min_momentum, min_momentum_ratio, run=run)


def linear_momentum(
    min_momentum: float | None = None, min_momentum_ratio: float | None = None, *, run: Progress
) -> Schedule:
    """LinearAnnealingMomentumUpdaterHook: a straight line to the floor over the whole run."""
    return linear(min_momentum, min_momentum_ratio, run=run)


def cyclic_momentum(
    target_ratio: float | list[float] | tuple[float, ...] = (0.85 / 0.95, 1.0),
    cyclic_times: int = 1,
    step_ratio_up: float = 0.4,
    anneal_strategy: str = "cos",
    gamma: float = 1.0,
    *,
    run: Progress,
) -> Schedule:
    """CyclicMomentumUpdaterHook: cyclic_times falls and rises of half cosines."""
    return cyclic(target_ratio, cyclic_times, step_ratio_up, anneal_strategy, gamma, run=run)


def one_cycle_momentum(
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    three_phase: bool = False,
    *,
    run: Progress,
) -> Schedule:
    """OneCycleMomentumUpdaterHook: from max_momentum down to base_momentum and back."""
    _only_by_iteration(run)
    return OneCycle(
        rates=(max_momentum, base_momentum, max_momentum),
        total_steps=run.max_iters,
        pct_start=_fraction(pct_start),
        anneal_strategy=anneal_strategy,  # type: ignore[arg-type]
        three_phase=three_phase,
    )


def _only_by_iteration(run: Progress) -> None:
    if run.by_epoch:
        raise ParameterError("by_epoch", "must be False: mmcv's hook has no other way")


def _whole(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ParameterError(key, f"must be a whole number, 0 or more, got {value!r}")
    return value


def _fraction(value: Any) -> float:
    if not isinstance(value, float):
        raise ParameterError("pct_start", f"must be written as a float, got {value!r}")
    return value


LR_HOOKS: dict[str, Hook] = {
    "Fixed": fixed,
    "Step": by_steps,
    "Exp": exp,
    "Poly": poly,
    "Inv": inv,
    "CosineAnnealing": cosine,
    "FlatCosineAnnealing": flat_cosine,
    "CosineRestart": restart,
    "Cyclic": cyclic,
    "OneCycle": one_cycle,
    "LinearAnnealing": linear,
    "YOLOX": yolox,
    "CosineAnnealingCooldown": cooldown,
    "TIN": tin,
}
MOMENTUM_HOOKS: dict[str, Hook] = {
    "Step": step_momentum,
    "CosineAnnealing": cosine_momentum,
    "LinearAnnealing": linear_momentum,
    "Cyclic": cyclic_momentum,
    "OneCycle": one_cycle_momentum,
}
