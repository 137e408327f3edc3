"""The curves of fvcore.common.param_scheduler, in progress: w = t / max_iters."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.schedules.base import Knots, Schedule, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "CompositeValue",
    "ConstantValue",
    "CosineValue",
    "ExponentialValue",
    "LinearValue",
    "MilestoneValue",
    "PolynomialValue",
    "TableValue",
    "Values",
]

_EPSILON = 1e-6  # what fvcore adds to progress before it compares

Values = Annotated[tuple[float, ...], Meta(min_length=1)]


class _Progress(Schedule, frozen=True, kw_only=True):
    """A value as a function of progress, t / max_iters; the base rate plays no part."""

    max_iters: Annotated[int, Meta(ge=1, le=2**53)]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the function; base plays no part."""
        del base
        with np.errstate(all="ignore"):
            return self.value(steps / self.max_iters)

    def value(self, where: Rates) -> Rates:
        """Return the value at each place of 0..1."""
        raise NotImplementedError

    def edges(self) -> tuple[float, ...]:
        """Return the places where the value may jump or kink."""
        return ()

    def uses_base(self) -> bool:
        """Return false: the rates stand in the call."""
        return False

    def knots(self, end: int) -> Knots:
        """Return the steps beside each edge, as a rounding decides its side; all past the run."""
        steps = [edge * self.max_iters for edge in self.edges() if edge * self.max_iters <= end + 1]
        near = points(end, *(step + beside for step in steps for beside in (-1, 0, 1)))
        return (*near, range(self.max_iters, end + 1))

    def extent(self) -> int:
        """Return the run's length."""
        return self.max_iters


class _Held(_Progress, frozen=True, kw_only=True):
    """A function that is not asked beyond the run: its value at the end is held.

    Inside a composite it is asked wherever rounding puts the end of its stretch, as fvcore does.
    """

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the function up to the end of the run; base plays no part."""
        return super().lr(np.minimum(steps, self.max_iters), base)


class ConstantValue(_Progress, frozen=True, kw_only=True, tag="fvcore.ConstantParamScheduler"):
    """The same value everywhere."""

    constant: float

    def value(self, where: Rates) -> Rates:
        """Return the value."""
        return np.full_like(where, self.constant)


class CosineValue(_Progress, frozen=True, kw_only=True, tag="fvcore.CosineParamScheduler"):
    """end_value + (start_value - end_value) * (1 + cos(pi w)) / 2."""

    start_value: float
    end_value: float

    def value(self, where: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        height = 0.5 * (self.start_value - self.end_value)
        return self.end_value + height * (1 + np.cos(math.pi * where))


class LinearValue(_Progress, frozen=True, kw_only=True, tag="fvcore.LinearParamScheduler"):
    """end_value * w + start_value * (1 - w)."""

    start_value: float
    end_value: float

    def value(self, where: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        return self.end_value * where + self.start_value * (1 - where)


class ExponentialValue(
    _Progress, frozen=True, kw_only=True, tag="fvcore.ExponentialParamScheduler"
):
    """start_value * decay^w."""

    start_value: float
    decay: float

    def value(self, where: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        value: Rates = self.start_value * np.power(self.decay, where)
        return value

    def edges(self) -> tuple[float, ...]:
        """Return the start, where a decay by 0 leaves nothing of it."""
        return (0.0,) if self.decay == 0 else ()


class PolynomialValue(_Held, frozen=True, kw_only=True, tag="fvcore.PolynomialDecayParamScheduler"):
    """base_value * (1 - w)^power, held from w = 1 on."""

    base_value: float
    power: float

    def value(self, where: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        left: Rates = 1 - where
        return self.base_value * left**self.power

    def edges(self) -> tuple[float, ...]:
        """Return the end."""
        return (1.0,)


class TableValue(_Progress, frozen=True, kw_only=True, tag="fvcore.StepParamScheduler"):
    """As many stretches of the same length as there are values; the last is held."""

    values: Values

    def value(self, where: Rates) -> Rates:
        """Look up the stretch of each place."""
        stretch = np.trunc((where + _EPSILON) * len(self.values))
        return _looked_up(self.values, np.minimum(stretch, len(self.values) - 1))

    def edges(self) -> tuple[float, ...]:
        """Return where each stretch after the first begins."""
        return tuple(i / len(self.values) - _EPSILON for i in range(1, len(self.values)))


class MilestoneValue(_Progress, frozen=True, kw_only=True, tag="fvcore.MultiStepParamScheduler"):
    """values[how many milestones are <= floor((w + 1e-6) * num_updates)], held from w = 1 on."""

    values: Values
    num_updates: Annotated[float, Meta(le=2**53)]
    milestones: tuple[float, ...]

    def check(self) -> None:
        """Refuse what the framework refuses."""
        if self.num_updates < len(self.values):
            raise ParameterError("num_updates", f"must not be below the {len(self.values)} values")
        for earlier, later in pairwise((0.0, *self.milestones)):
            if later >= self.num_updates:
                message = f"must lie below num_updates, {self.num_updates:g}: {later:g}"
                raise ParameterError("milestones", message)
            if later <= earlier:
                message = f"must rise from one to the next, above 0: {earlier:g}, {later:g}"
                raise ParameterError("milestones", message)

    def value(self, where: Rates) -> Rates:
        """Look up the stretch of each place."""
        updates = np.trunc((np.minimum(where, 1.0) + _EPSILON) * self.num_updates)
        return _looked_up(self.values, np.searchsorted(self.milestones, updates, side="right"))

    def edges(self) -> tuple[float, ...]:
        """Return where each stretch after the first begins."""
        return tuple(mark / self.num_updates - _EPSILON for mark in self.milestones)


class CompositeValue(_Held, frozen=True, kw_only=True, tag="fvcore.CompositeParamScheduler"):
    """One function after another, over lengths that sum to 1; the last has the rest.

    A "rescaled" one gets the part of its own stretch that has passed, a "fixed" one w itself; one
    that interval_scaling says nothing of has no values. Each takes over 1e-6 before its stretch
    begins.
    """

    schedulers: tuple[_Progress, ...]
    lengths: tuple[float, ...]
    interval_scaling: tuple[Literal["rescaled", "fixed"], ...]

    def check(self) -> None:
        """Refuse what the framework refuses, and what is no function of progress."""
        if not all(isinstance(inner, _Progress) for inner in self.schedulers):
            raise ParameterError("schedulers", "must be fvcore's own, functions of progress")
        if len(self.lengths) != len(self.schedulers):
            message = f"must be one per scheduler: {len(self.schedulers)}, got {len(self.lengths)}"
            raise ParameterError("lengths", message)
        if abs(sum(self.lengths) - 1.0) >= 1e-3:  # noqa: PLR2004  fvcore's own tolerance
            raise ParameterError("lengths", f"must sum to 1, not {sum(self.lengths):g}")

    def _lengths(self) -> tuple[float, ...]:
        """Return the lengths, the last of them mended so that they sum to 1."""
        if sum(self.lengths) == 1.0:
            return self.lengths
        return (*self.lengths[:-1], 1.0 - sum(self.lengths[:-1]))

    def value(self, where: Rates) -> Rates:
        """Evaluate each function where its turn is."""
        lengths = self._lengths()
        totals = list(accumulate(lengths))
        turn = np.zeros(np.shape(where), dtype=np.int64)
        for i, total in enumerate(totals[:-1]):
            turn += (turn == i) & (where + _EPSILON > total)
        values = np.full(np.shape(where), np.nan)
        for i, (inner, scaling) in enumerate(
            zip(self.schedulers, self.interval_scaling, strict=False)
        ):
            here = turn == i
            part = where[here]
            if scaling == "rescaled":
                part = (part - (totals[i] - lengths[i])) / np.float64(lengths[i])
            values[here] = inner.value(part)
        return values

    def edges(self) -> tuple[float, ...]:
        """Return where each function takes over, and its own edges within its stretch."""
        lengths = self._lengths()
        totals = list(accumulate(lengths))
        found = [total - _EPSILON for total in totals[:-1]]
        for i, (inner, scaling) in enumerate(
            zip(self.schedulers, self.interval_scaling, strict=False)
        ):
            own = (totals[i] - lengths[i], lengths[i])
            start, scale = own if scaling == "rescaled" else (0.0, 1.0)
            found += [start + edge * scale for edge in inner.edges()]
        return tuple(found)


def _looked_up(values: tuple[float, ...], index: Any) -> Rates:
    found: Rates = np.asarray(values, dtype=np.float64)[np.asarray(index).astype(np.int64)]
    return found
