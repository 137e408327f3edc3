"""keras.optimizers.schedules, by their own names and signatures.

A `name` only names. Source: keras 3.15, keras/src/optimizers/schedules/learning_rate_schedule.py.
"""
# ruff: noqa: ARG001, FBT001, FBT002, N802, PLR0913, PLR0917  the framework's own signatures

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._absolute import Size, levels
from lrplot.frameworks.keras._curves import (
    CosineCurve,
    ExponentialCurve,
    InverseTimeCurve,
    KerasCurve,
    PolynomialCurve,
    RestartsCurve,
)
from lrplot.frameworks.keras._native import NATIVE
from lrplot.schedules.base import check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lrplot.schedules.base import Schedule

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "notes"]

CONVENTION = "keras 3.15"
MODULES = (
    "keras.optimizers.schedules",
    "tf.keras.optimizers.schedules",
    "tensorflow.keras.optimizers.schedules",
    "optimizers.schedules",
    "schedules",
)


def ExponentialDecay(
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
    name: str | None = "ExponentialDecay",
) -> Schedule:
    """initial_learning_rate * decay_rate^(t / decay_steps), the quotient floored in a staircase.

    initial_learning_rate at 0; it never ends.
    """
    given = _cast(initial_learning_rate, decay_steps=decay_steps, decay_rate=decay_rate)
    return ExponentialCurve(staircase=staircase, **given)


def InverseTimeDecay(
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
    name: str | None = "InverseTimeDecay",
) -> Schedule:
    """initial_learning_rate / (1 + decay_rate * t / decay_steps), floored in a staircase.

    initial_learning_rate at 0; it never ends.
    """
    given = _cast(initial_learning_rate, decay_steps=decay_steps, decay_rate=decay_rate)
    return InverseTimeCurve(staircase=staircase, **given)


def PiecewiseConstantDecay(
    boundaries: Sequence[float],
    values: Sequence[float],
    name: str | None = "PiecewiseConstant",
) -> Schedule:
    """values[i] while boundaries[i-1] < t <= boundaries[i].

    values[0] up to and with boundaries[0], the last value after the last boundary. Where boundaries
    do not rise, a step can be in several such stretches, and has the sum of their values, or in
    none, and has 0. A boundary's fraction is cut off.
    """
    ends = [math.trunc(end) for end in check_value("boundaries", tuple[Size, ...], boundaries)]
    given = check_value("values", tuple[float, ...], values)
    if not ends:
        raise ParameterError("boundaries", "needs at least one boundary")
    if len(given) != len(ends) + 1:
        message = f"must be one more than boundaries: {len(ends) + 1}, got {len(given)}"
        raise ParameterError("values", message)
    starts = [0, *sorted(end + 1 for end in ends)]
    rates = [_sum_at(start, ends, given) for start in starts]
    return levels(_sum_at(0, ends, given), zip(starts, rates, strict=True))


def _sum_at(step: int, ends: list[int], values: Sequence[float]) -> float:
    """Return the sum of the values whose stretch a step is in: the two outer ones come first."""
    low = np.array([-math.inf, ends[-1], *ends[:-1]])
    high = np.array([ends[0], math.inf, *ends[1:]])
    ordered = np.array([values[0], values[-1], *values[1:-1]])
    return float(sum(ordered[(low < step) & (step <= high)].tolist()))


def PolynomialDecay(
    initial_learning_rate: float,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
    name: str | None = "PolynomialDecay",
) -> Schedule:
    """From initial_learning_rate to end_learning_rate along a power of what is left.

    (initial - end) * (1 - t / decay_steps)^power + end: end_learning_rate at decay_steps and
    beyond. With cycle, beyond it decay_steps grows to its next multiple, so the rate jumps up a
    step after each multiple.
    """
    given = _cast(
        initial_learning_rate,
        decay_steps=decay_steps,
        end_learning_rate=end_learning_rate,
        power=power,
    )
    return PolynomialCurve(cycle=cycle, **given)


def CosineDecay(
    initial_learning_rate: float,
    decay_steps: float,
    alpha: float = 0.0,
    name: str | None = "CosineDecay",
    warmup_target: float | None = None,
    warmup_steps: float = 0,
) -> Schedule:
    """A straight line from initial_learning_rate to warmup_target, then half a cosine.

    warmup_target at warmup_steps, alpha * warmup_target at warmup_steps + decay_steps and beyond.
    Without a warmup_target there is no warm-up, whatever warmup_steps says: initial_learning_rate
    at 0, alpha of it at decay_steps.
    """
    warm = {} if warmup_target is None else {"warmup_target": warmup_target}
    given = _cast(initial_learning_rate, decay_steps=decay_steps, warmup_steps=warmup_steps, **warm)
    return CosineCurve(alpha=alpha, **{"warmup_target": None, **given})


def CosineDecayRestarts(
    initial_learning_rate: float,
    first_decay_steps: float,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
    name: str | None = "SGDRDecay",
) -> Schedule:
    """Half cosines from initial_learning_rate * m_mul^i down to alpha * initial_learning_rate.

    The first takes first_decay_steps, each one after it t_mul times as long as the one before. It
    never ends; but with a t_mul below 1 there is no rate past the sum of the cycles.
    """
    given = _cast(
        initial_learning_rate,
        first_decay_steps=first_decay_steps,
        t_mul=t_mul,
        m_mul=m_mul,
        alpha=alpha,
    )
    return RestartsCurve(**given)


def _cast(initial_learning_rate: float, **numbers: float) -> dict[str, Any]:
    """Return the numbers in the type of initial_learning_rate, as Keras casts them."""
    whole = isinstance(initial_learning_rate, int)
    checked = {key: check_value(key, float, number) for key, number in numbers.items()}
    cast = {key: math.trunc(number) if whole else number for key, number in checked.items()}
    return {"initial_learning_rate": initial_learning_rate, "whole": whole, **cast}


def notes(schedule: Schedule) -> tuple[str, ...]:
    """Say where Keras is less exact than its formulas, or passes something over."""
    found = []
    if isinstance(schedule, KerasCurve) and schedule.whole:
        found.append(
            "initial_learning_rate is a whole number, so Keras cuts the other numbers to whole "
            "ones, and pi to 3; write it with a decimal point"
        )
    if isinstance(schedule, (CosineCurve, RestartsCurve)):
        found.append("Keras has its cosines in float32, which shows where they come down to 0")
    if (
        isinstance(schedule, CosineCurve)
        and schedule.warmup_target is None
        and schedule.warmup_steps
    ):
        found.append("without a warmup_target, warmup_steps does nothing")
    return tuple(found)


CONSTRUCTORS: tuple[Callable[..., Schedule], ...] = (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
    CosineDecay,
    CosineDecayRestarts,
)
