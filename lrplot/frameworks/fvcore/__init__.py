"""fvcore.common.param_scheduler's schedulers, by their own names and signatures.

Each is a function of progress: w = t / max_iters. Source: fvcore 0.1.5.post20221221,
fvcore/common/param_scheduler.py.
"""
# ruff: noqa: N802  the names are the framework's own

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from lrplot.errors import ParameterError
from lrplot.frameworks.fvcore._curves import (
    CompositeValue,
    ConstantValue,
    CosineValue,
    ExponentialValue,
    LinearValue,
    MilestoneValue,
    PolynomialValue,
    TableValue,
    Values,
)
from lrplot.frameworks.fvcore._native import NATIVE
from lrplot.schedules.base import check_value

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE", "NOTES"]

CONVENTION = "fvcore 0.1.5"
MODULES = ("fvcore.common.param_scheduler", "param_scheduler")

_NO_END = (
    "fvcore itself has no value at the end, where progress is 1; the one before is shown there"
)
NOTES = {
    "ConstantParamScheduler": _NO_END,
    "StepParamScheduler": _NO_END,
    "StepWithFixedGammaParamScheduler": _NO_END,
}

_MOST = 10**6  # values in a table


def ConstantParamScheduler(value: float, *, given: Given) -> Schedule:
    """The same value everywhere; fvcore has none at w = 1, where it is held here."""
    return ConstantValue(constant=value, max_iters=_length(given, "ConstantParamScheduler"))


def CosineParamScheduler(start_value: float, end_value: float, *, given: Given) -> Schedule:
    """Half a cosine from start_value at 0 to end_value at w = 1; beyond it goes on, and back."""
    return CosineValue(
        start_value=start_value,
        end_value=end_value,
        max_iters=_length(given, "CosineParamScheduler"),
    )


def LinearParamScheduler(start_value: float, end_value: float, *, given: Given) -> Schedule:
    """A straight line from start_value at 0 through end_value at w = 1, and on."""
    return LinearValue(
        start_value=start_value,
        end_value=end_value,
        max_iters=_length(given, "LinearParamScheduler"),
    )


def ExponentialParamScheduler(start_value: float, decay: float, *, given: Given) -> Schedule:
    """start_value * decay^w: start_value at 0, start_value * decay at w = 1."""
    return ExponentialValue(
        start_value=start_value, decay=decay, max_iters=_length(given, "ExponentialParamScheduler")
    )


def PolynomialDecayParamScheduler(base_value: float, power: float, *, given: Given) -> Schedule:
    """base_value * (1 - w)^power: base_value at 0, 0 at w = 1, where it is held; no floor."""
    return PolynomialValue(
        base_value=base_value,
        power=power,
        max_iters=_length(given, "PolynomialDecayParamScheduler"),
    )


def MultiStepParamScheduler(
    values: list[float],
    num_updates: float | None = None,
    milestones: list[float] | None = None,
    *,
    given: Given,
) -> Schedule:
    """The values, each up to its milestone of num_updates, scaled to the run.

    Without milestones they share num_updates evenly; without num_updates the last milestone is it.
    A milestone acts 1e-6 of the run early.
    """
    end, marks = _milestones(values, num_updates, milestones)
    return MilestoneValue(
        values=values,  # type: ignore[arg-type]  # a tuple there
        num_updates=end,
        milestones=marks,
        max_iters=_length(given, "MultiStepParamScheduler"),
    )


def StepParamScheduler(num_updates: float, values: list[float], *, given: Given) -> Schedule:
    """The values, each over the same part of the run; num_updates plays no part but must be > 0.

    fvcore has no value at w = 1, where the last is held here.
    """
    if not check_value("num_updates", float, num_updates) > 0:
        raise ParameterError("num_updates", f"must be above 0: {num_updates}")
    return TableValue(
        values=values,  # type: ignore[arg-type]  # a tuple there
        max_iters=_length(given, "StepParamScheduler"),
    )


def StepWithFixedGammaParamScheduler(
    base_value: float, num_decays: int, gamma: float, num_updates: int, *, given: Given
) -> Schedule:
    """base_value, and num_decays drops by gamma, each level over the same part of the run."""
    for name, value in {"base_value": base_value, "gamma": gamma}.items():
        if not (isinstance(value, (int, float)) and value > 0):
            raise ParameterError(name, f"must be a number above 0: {value!r}")
    for name, count in {"num_decays": num_decays, "num_updates": num_updates}.items():
        if not (isinstance(count, int) and count > 0):
            raise ParameterError(name, f"must be a whole number above 0: {count!r}")
    if num_decays >= _MOST:
        raise ParameterError("num_decays", f"must be below {_MOST:,}: {num_decays:,}")
    values = accumulate([base_value, *[gamma] * num_decays], lambda value, factor: value * factor)
    max_iters = _length(given, "StepWithFixedGammaParamScheduler")
    return TableValue(values=tuple(map(float, values)), max_iters=max_iters)


def CompositeParamScheduler(
    schedulers: list[Schedule],
    lengths: list[float],
    interval_scaling: list[str],
    *,
    given: Given,
) -> Schedule:
    """One scheduler after another, each over its length of the run; see interval_scaling.

    "rescaled": it runs as if its stretch were the whole; "fixed": it sees the run's own progress.
    """
    return CompositeValue(
        schedulers=schedulers,  # type: ignore[arg-type]  # a tuple there
        lengths=lengths,  # type: ignore[arg-type]
        interval_scaling=interval_scaling,  # type: ignore[arg-type]
        max_iters=_length(given, "CompositeParamScheduler"),
    )


def _length(given: Given, name: str) -> int:
    """Return what progress is measured by."""
    return int(given.need("max_iters", f"{name}, a function of progress,"))


def _milestones(
    values: list[float], num_updates: float | None, milestones: list[float] | None
) -> tuple[float, tuple[float, ...]]:
    """Return the length that milestones are measured by, and those within it."""
    count = len(check_value("values", Values, values))
    if num_updates is not None:
        num_updates = check_value("num_updates", float, num_updates)
    if milestones is None:
        if num_updates is None:
            raise ParameterError("milestones", "give num_updates or milestones")
        width = math.ceil(num_updates / count)
        return num_updates, tuple(width * i for i in range(1, count))
    marks = check_value("milestones", tuple[float, ...], milestones)
    wanted = count - (num_updates is not None)
    if len(marks) != wanted:
        raise ParameterError("milestones", f"must be {wanted}, got {len(marks)}")
    return (marks[-1], marks[:-1]) if num_updates is None else (num_updates, marks)


CONSTRUCTORS = (
    CompositeParamScheduler,
    ConstantParamScheduler,
    CosineParamScheduler,
    ExponentialParamScheduler,
    LinearParamScheduler,
    MultiStepParamScheduler,
    PolynomialDecayParamScheduler,
    StepParamScheduler,
    StepWithFixedGammaParamScheduler,
)
