"""The schedules of transformers.optimization, by their own names and signatures.

W is num_warmup_steps, T num_training_steps, base the rate that the optimizer holds.
"""
# ruff: noqa: ARG001, PLR0913, PLR0917  the signatures are the framework's own

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, ParameterError, suggest
from lrplot.frameworks.transformers._curves import (
    CosineDecay,
    EarlyCosineDecay,
    HardRestarts,
    HeldRate,
    InverseRoot,
    LinearDecay,
    PolynomialDecay,
    StableDecay,
)
from lrplot.frameworks.transformers._native import NATIVE
from lrplot.frameworks.transformers._watching import (
    get_greedy_schedule,
    get_reduce_on_plateau_schedule,
)
from lrplot.schedules.base import check_value
from lrplot.schedules.decay import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["CONSTRUCTORS", "CONVENTION", "KINDS", "MEMBERS", "MODULES", "NATIVE", "NOTES"]

CONVENTION = "transformers 5.23"
MODULES = ("transformers", "transformers.optimization", "optimization")

NOTES = {
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate": (
        "the warm-up ends and the floor is reached one update early"
    ),
    "get_cosine_with_hard_restarts_schedule_with_warmup": (
        "a restart is found by a float's remainder and may come one update late"
    ),
}


def get_constant_schedule(optimizer: Optimizer, last_epoch: int = -1) -> Schedule:
    """The optimizer's rate, unchanged.

    Source: transformers 5.23, transformers/optimization.py; so for all here.
    """
    _from_the_start(last_epoch)
    return Constant()


def get_constant_schedule_with_warmup(
    optimizer: Optimizer, num_warmup_steps: float, last_epoch: int = -1
) -> Schedule:
    """The warm-up, base * t / max(1, W), from 0 at 0; then base, for ever."""
    _from_the_start(last_epoch)
    return HeldRate(num_warmup_steps=num_warmup_steps)


def get_linear_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    last_epoch: int = -1,
) -> Schedule:
    """The warm-up, then base * (T - t) / max(1, T - W): 0 at T and beyond."""
    _from_the_start(last_epoch)
    return LinearDecay(num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps)


def get_cosine_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
) -> Schedule:
    """The warm-up, then base * (1 + cos(2 pi * num_cycles * (t - W) / (T - W))) / 2.

    With half a cycle, 0 at T; beyond T the cosine goes on, up again.
    """
    _from_the_start(last_epoch)
    return CosineDecay(
        num_warmup_steps=num_warmup_steps,
        num_training_steps=num_training_steps,
        num_cycles=num_cycles,
    )


def get_cosine_with_hard_restarts_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    num_cycles: float = 1,
    last_epoch: int = -1,
) -> Schedule:
    """The warm-up, then num_cycles half cosines from base to 0: 0 from T on.

    Where a float's remainder decides, a cycle may begin a step late, with a 0 before it.
    """
    _from_the_start(last_epoch)
    return HardRestarts(
        num_warmup_steps=num_warmup_steps,
        num_training_steps=num_training_steps,
        num_cycles=num_cycles,
    )


def get_polynomial_decay_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    lr_end: float = 1e-7,
    power: float = 1.0,
    last_epoch: int = -1,
    *,
    given: Given,
) -> Schedule:
    """The warm-up, then (base - lr_end) * (1 - (t - W) / (T - W))^power + lr_end.

    lr_end at T (base there with power 0) and beyond. The base rate must be above lr_end.
    """
    _from_the_start(last_epoch)
    base = _base(optimizer, given)
    if base is not None and not base > check_value("lr_end", float, lr_end):
        raise ParameterError("lr_end", f"must be below the optimizer's rate, {base:g}: {lr_end:g}")
    return PolynomialDecay(
        num_warmup_steps=num_warmup_steps,
        num_training_steps=num_training_steps,
        lr_end=lr_end,
        power=power,
    )


def get_inverse_sqrt_schedule(
    optimizer: Optimizer,
    num_warmup_steps: float,
    timescale: float | None = None,
    last_epoch: int = -1,
) -> Schedule:
    """The warm-up, then base / sqrt((t + timescale - W) / timescale): base at W, never 0.

    The timescale is W unless given, and 10,000 where W is 0. With 0 there is no rate from W on.
    """
    _from_the_start(last_epoch)
    scale = (num_warmup_steps or 10_000) if timescale is None else timescale
    return InverseRoot(num_warmup_steps=num_warmup_steps, timescale=scale)


def get_cosine_with_min_lr_schedule_with_warmup(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
) -> Schedule:
    """The warm-up from 0, then a cosine to min_lr, or to min_lr_rate * base.

    At the floor at T; beyond T the cosine goes on, up again.
    """
    _from_the_start(last_epoch)
    _one_floor(min_lr, min_lr_rate)
    return CosineDecay(
        num_warmup_steps=num_warmup_steps,
        num_training_steps=num_training_steps,
        num_cycles=num_cycles,
        min_lr=min_lr,
        min_lr_rate=min_lr_rate,
    )


def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_training_steps: float,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
) -> Schedule:
    """A warm-up from base / W (or warmup_lr_rate * base), then a cosine to the floor.

    The warm-up reaches base at W - 1 and the cosine its floor at T - 1: one step early. Beyond
    that it goes on, up again.
    """
    _from_the_start(last_epoch)
    _one_floor(min_lr, min_lr_rate)
    return EarlyCosineDecay(
        num_warmup_steps=num_warmup_steps,
        num_training_steps=num_training_steps,
        num_cycles=num_cycles,
        min_lr=min_lr,
        min_lr_rate=min_lr_rate,
        warmup_lr_rate=warmup_lr_rate,
    )


def get_wsd_schedule(
    optimizer: Optimizer,
    num_warmup_steps: float,
    num_decay_steps: float,
    num_training_steps: float | None = None,
    num_stable_steps: float | None = None,
    warmup_type: str = "linear",
    decay_type: str = "cosine",
    min_lr_ratio: float = 0,
    num_cycles: float = 0.5,
    last_epoch: int = -1,
) -> Schedule:
    """Warm up from min_lr_ratio * base, hold base, decay to min_lr_ratio * base and stay there.

    The hold is num_stable_steps, or what the training leaves of itself: T - W - num_decay_steps.
    """
    _from_the_start(last_epoch)
    if num_stable_steps is None:
        if num_training_steps is None:
            raise ParameterError("num_training_steps", "give it or num_stable_steps")
        lengths = {
            "num_training_steps": num_training_steps,
            "num_warmup_steps": num_warmup_steps,
            "num_decay_steps": num_decay_steps,
        }
        whole, warmup, decay = (check_value(key, float, value) for key, value in lengths.items())
        num_stable_steps = whole - warmup - decay
    return StableDecay(
        num_warmup_steps=num_warmup_steps,
        num_stable_steps=num_stable_steps,
        num_decay_steps=num_decay_steps,
        warmup_type=warmup_type,  # type: ignore[arg-type]  # checked there
        decay_type=decay_type,  # type: ignore[arg-type]
        min_lr_ratio=min_lr_ratio,
        num_cycles=num_cycles,
    )


def get_adafactor_schedule(optimizer: Optimizer, initial_lr: float = 0.0) -> Schedule:
    """Refuse: it only reports the rate that Adafactor makes of its own state while training."""
    raise InputError(
        "get_adafactor_schedule gives no rates of its own: it reports those that Adafactor makes "
        "of the parameters and of its own state as it trains"
    )


class _Kind(NamedTuple):
    """How get_scheduler calls a function: which of its own arguments it passes and needs."""

    function: Callable[..., Schedule]
    passes: tuple[str, ...] = ("num_warmup_steps", "num_training_steps")
    needs: tuple[str, ...] = ("num_warmup_steps", "num_training_steps")
    takes_more: bool = True  # whether scheduler_specific_kwargs reach it


_WARM = ("num_warmup_steps",)
KINDS: Mapping[str, _Kind] = {
    "linear": _Kind(get_linear_schedule_with_warmup),
    "cosine": _Kind(get_cosine_schedule_with_warmup),
    "cosine_with_restarts": _Kind(get_cosine_with_hard_restarts_schedule_with_warmup),
    "polynomial": _Kind(get_polynomial_decay_schedule_with_warmup),
    "constant": _Kind(get_constant_schedule, (), (), takes_more=False),
    "constant_with_warmup": _Kind(
        get_constant_schedule_with_warmup, _WARM, _WARM, takes_more=False
    ),
    "inverse_sqrt": _Kind(get_inverse_sqrt_schedule, _WARM, _WARM),
    "reduce_lr_on_plateau": _Kind(get_reduce_on_plateau_schedule, (), ()),
    "cosine_with_min_lr": _Kind(get_cosine_with_min_lr_schedule_with_warmup),
    "cosine_warmup_with_min_lr": _Kind(get_cosine_with_min_lr_schedule_with_warmup_lr_rate),
    "warmup_stable_decay": _Kind(get_wsd_schedule, needs=_WARM),
    "greedy": _Kind(get_greedy_schedule, (), ()),
}


def get_scheduler(
    name: str,
    optimizer: Optimizer,
    num_warmup_steps: float | None = None,
    num_training_steps: float | None = None,
    scheduler_specific_kwargs: dict[str, Any] | None = None,
    *,
    given: Given,
) -> Schedule:
    """Return the schedule of a name ("cosine"), as the function of that name gives it.

    "constant" ignores the warm-up, and "constant" and "constant_with_warmup" ignore
    scheduler_specific_kwargs, as there.
    """
    kind = KINDS[SchedulerType(name)]
    values = {"num_warmup_steps": num_warmup_steps, "num_training_steps": num_training_steps}
    for key in kind.needs:
        if values[key] is None:
            raise ParameterError(key, f"is missing: '{name}' needs it")
    more = scheduler_specific_kwargs or {} if kind.takes_more else {}
    if not isinstance(more, dict):
        raise ParameterError("scheduler_specific_kwargs", "must be a dict")
    own = {key: values[key] for key in kind.passes}
    _refuse_arguments(kind.function, own, more)
    supplied = {"given": given} if "given" in _parameters(kind.function) else {}
    return kind.function(optimizer, **own, **more, **supplied)


def _parameters(function: Callable[..., Schedule]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def _refuse_arguments(
    function: Callable[..., Schedule], own: Mapping[str, Any], more: Mapping[str, Any]
) -> None:
    """Refuse scheduler_specific_kwargs that the function would not take, or that it misses."""
    known = _parameters(function)
    free = [key for key in known if key not in {"optimizer", "given", *own}]
    for key in more:
        if key not in free:
            problem = "is given twice" if key in own else f"is nothing {function.__name__} takes"
            hint = suggest(str(key), free)
            raise ParameterError(f"scheduler_specific_kwargs.{key}", problem, hint)
    for key in free:
        if known[key].default is inspect.Parameter.empty and key not in more:
            message = f"is missing: {function.__name__} needs it"
            raise ParameterError(f"scheduler_specific_kwargs.{key}", message)


def _from_the_start(last_epoch: int) -> None:
    """Refuse to resume: the framework then wants an initial_lr that a new optimizer lacks."""
    if last_epoch != -1:
        message = "must be -1: a new optimizer has no initial_lr to resume from"
        raise ParameterError("last_epoch", message)


def _base(optimizer: Optimizer, given: Given) -> float | None:
    """Return the optimizer's rate, where the call or an option says it."""
    own = getattr(optimizer, "lr", None)
    return given.base_lr if own is None else own


def _one_floor(min_lr: float | None, min_lr_rate: float | None) -> None:
    if (min_lr is None) == (min_lr_rate is None):
        raise ParameterError("min_lr", "give exactly one of min_lr and min_lr_rate")


def SchedulerType(value: str) -> str:  # noqa: N802  the framework's name
    """Return the name of a schedule, as get_scheduler takes it."""
    if str(value) not in KINDS:
        hint = suggest(str(value), KINDS) or f"known: {', '.join(KINDS)}"
        raise ParameterError("name", f"has no option {value!r}", hint)
    return str(value)


MEMBERS = {f"SchedulerType.{name.replace('reduce_lr', 'reduce').upper()}": name for name in KINDS}

CONSTRUCTORS = (
    *(kind.function for kind in KINDS.values()),
    get_adafactor_schedule,
    get_scheduler,
    SchedulerType,
)
