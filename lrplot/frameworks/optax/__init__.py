"""optax.schedules, by their own names and signatures.

The rates are the float64 ones that optax gives under jax_enable_x64; without it, it computes in
float32. Source: optax 0.2.8, optax/schedules/_schedule.py and _join.py.
"""
# ruff: noqa: FBT001, FBT002, PLR0913, PLR0917  the framework's own signatures

from __future__ import annotations

import inspect
import math
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Any, Literal

from lrplot.errors import ParameterError, suggest
from lrplot.frameworks._absolute import Positive, Size, constant, levels
from lrplot.frameworks.optax._curves import (
    CosineCurve,
    ExponentialCurve,
    InterpolatedCurve,
    Joined,
    PolynomialCurve,
)
from lrplot.frameworks.optax._native import NATIVE
from lrplot.schedules.base import Schedule, check_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["CONSTRUCTORS", "CONVENTION", "MODULES", "NATIVE"]

CONVENTION = "optax 0.2.8"
MODULES = ("optax.schedules", "optax")


def constant_schedule(value: float) -> Schedule:
    """value, at every step."""
    return constant(check_value("value", float, value))


def linear_schedule(
    init_value: float, end_value: float, transition_steps: float, transition_begin: float = 0
) -> Schedule:
    """polynomial_schedule with a power of 1."""
    return polynomial_schedule(init_value, end_value, 1, transition_steps, transition_begin)


def polynomial_schedule(
    init_value: float,
    end_value: float,
    power: float,
    transition_steps: float,
    transition_begin: float = 0,
) -> Schedule:
    """From init_value to end_value along a power of what is left.

    (init_value - end_value) * (1 - x / transition_steps)^power + end_value, x = t -
    transition_begin: init_value up to transition_begin, end_value from transition_steps later on.
    Constant where transition_steps <= 0; a transition_begin below 0 counts as 0.
    """
    if check_value("transition_steps", Size, transition_steps) <= 0:
        return constant(check_value("init_value", float, init_value))
    return PolynomialCurve(
        init_value=init_value,
        end_value=end_value,
        power=power,
        transition_steps=transition_steps,
        transition_begin=_begin(transition_begin),
    )


def exponential_decay(
    init_value: float,
    transition_steps: float,
    decay_rate: float,
    transition_begin: float = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """A factor of decay_rate every transition_steps, in stairs or not, without end.

    init_value * decay_rate^((t - transition_begin) / transition_steps); init_value up to
    transition_begin. Held at end_value once past it (or, where init_value already is, from 0 on).
    Constant where transition_steps <= 0 or decay_rate is 0.
    """
    never = check_value("decay_rate", float, decay_rate) == 0
    if never or check_value("transition_steps", Size, transition_steps) <= 0:
        return constant(check_value("init_value", float, init_value))
    return ExponentialCurve(
        init_value=init_value,
        transition_steps=transition_steps,
        decay_rate=decay_rate,
        transition_begin=_begin(transition_begin),
        staircase=staircase,
        end_value=end_value,
    )


def cosine_decay_schedule(
    init_value: float, decay_steps: float, alpha: float = 0.0, exponent: float = 1.0
) -> Schedule:
    """Half a cosine from init_value to alpha * init_value.

    init_value * ((1 - alpha) * ((1 + cos(pi * t / decay_steps)) / 2)^exponent + alpha): init_value
    at 0, alpha * init_value at decay_steps and beyond.
    """
    return CosineCurve(
        init_value=init_value, decay_steps=decay_steps, alpha=alpha, exponent=exponent
    )


def piecewise_constant_schedule(
    init_value: float, boundaries_and_scales: Mapping[float, float] | None = None
) -> Schedule:
    """init_value, multiplied by a scale from each boundary on; a boundary at 0 counts at once."""
    bounds, scales = _bounds_and_scales(boundaries_and_scales)
    first, *rest = accumulate([check_value("init_value", float, init_value), *scales], mul)
    return levels(first, zip(bounds, rest, strict=True))


def piecewise_interpolate_schedule(
    interpolate_type: str,
    init_value: float,
    boundaries_and_scales: Mapping[float, float] | None = None,
) -> Schedule:
    """piecewise_constant_schedule's levels as points, joined by "linear" or "cosine" pieces.

    Each level is reached at its boundary; the last one holds beyond.
    """
    bounds, scales = _bounds_and_scales(boundaries_and_scales)
    shape = check_value("interpolate_type", Literal["linear", "cosine"], interpolate_type)
    values = accumulate([check_value("init_value", float, init_value), *scales], mul)
    return InterpolatedCurve(shape=shape, bounds=tuple(bounds), values=tuple(values))


def linear_onecycle_schedule(
    transition_steps: float,
    peak_value: float,
    pct_start: float = 0.3,
    pct_final: float = 0.85,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Straight lines: up to peak_value, down to where it began, and on to the end.

    peak_value / div_factor at 0, peak_value at int(pct_start * transition_steps), the first rate
    again at int(pct_final * transition_steps), and that / final_div_factor at transition_steps and
    beyond. Of two points at one step the later counts alone.
    """
    first, length = _one_cycle(peak_value, div_factor, final_div_factor, transition_steps)
    scales: dict[float, float] = {
        _part("pct_start", pct_start, length): div_factor,
        _part("pct_final", pct_final, length): 1.0 / div_factor,
        length: 1.0 / final_div_factor,
    }
    return piecewise_interpolate_schedule("linear", first, scales)


def cosine_onecycle_schedule(
    transition_steps: float,
    peak_value: float,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Half cosines: up to peak_value, and down to the end.

    peak_value / div_factor at 0, peak_value at int(pct_start * transition_steps), and peak_value /
    div_factor / final_div_factor at int(transition_steps) and beyond.
    """
    first, length = _one_cycle(peak_value, div_factor, final_div_factor, transition_steps)
    scales: dict[float, float] = {
        _part("pct_start", pct_start, length): div_factor,
        int(length): 1.0 / (div_factor * final_div_factor),
    }
    return piecewise_interpolate_schedule("cosine", first, scales)


def warmup_constant_schedule(init_value: float, peak_value: float, warmup_steps: float) -> Schedule:
    """A straight line from init_value to peak_value at warmup_steps, then level."""
    return _warmup(init_value, peak_value, warmup_steps)


def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: float,
    decay_steps: float,
    end_value: float = 0.0,
    exponent: float = 1.0,
) -> Schedule:
    """A straight line from init_value up to peak_value, then half a cosine to end_value.

    peak_value at warmup_steps, end_value at decay_steps (the warm-up is part of them) and beyond;
    but 0 where peak_value is 0.
    """
    rise = _warmup(init_value, peak_value, warmup_steps)
    end, total = (
        check_value("end_value", float, end_value),
        check_value("decay_steps", Size, decay_steps),
    )
    if total <= warmup_steps:
        message = f"must be more than warmup_steps, {warmup_steps}, which it includes, got {total}"
        raise ParameterError("decay_steps", message)
    alpha = end / peak_value if peak_value else 0.0
    fall = cosine_decay_schedule(peak_value, total - warmup_steps, alpha, exponent)
    return join_schedules([rise, fall], [warmup_steps])


def warmup_exponential_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: float,
    transition_steps: float,
    decay_rate: float,
    transition_begin: float = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """A straight line from init_value up to peak_value, then exponential_decay.

    peak_value at warmup_steps; the decay counts from there.
    """
    rise = _warmup(init_value, peak_value, warmup_steps)
    fall = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return join_schedules([rise, fall], [warmup_steps])


def sgdr_schedule(cosine_kwargs: Iterable[dict[str, Any]]) -> Schedule:
    """warmup_cosine_decay_schedule over and over, each item the arguments of one.

    Each lasts its decay_steps; the last one holds its end_value beyond.
    """
    items = [
        _checked_arguments(i, item)
        for i, item in enumerate(_list("cosine_kwargs", cosine_kwargs), 1)
    ]
    cycles = [warmup_cosine_decay_schedule(**item) for item in items]
    if not cycles:
        raise ParameterError("cosine_kwargs", "needs at least one item")
    ends = list(accumulate(item["decay_steps"] for item in items))
    return join_schedules(cycles, ends[:-1])


def join_schedules(schedules: Iterable[Schedule], boundaries: Iterable[float]) -> Schedule:
    """One schedule after another, each counting from its boundary.

    The last one whose boundary t has come to is the one that runs, so boundaries out of order skip
    a schedule. One too many of either is passed over.
    """
    parts = _list("schedules", schedules)
    if not parts or not all(isinstance(part, Schedule) and not part.uses_base() for part in parts):
        raise ParameterError("schedules", "must be a list of optax's schedules, at least one")
    starts = check_value("boundaries", tuple[Size, ...], _list("boundaries", boundaries))
    running, until = [], math.inf
    for start, part in reversed([*zip((0.0, *starts), parts, strict=False)]):
        if start < until and until > 0:
            running.append((start, part))
            until = start
    found = running[::-1]
    return Joined(
        schedules=tuple(part for _, part in found), starts=tuple(start for start, _ in found)
    )


def _begin(transition_begin: float) -> float:
    """Return the begin of a transition; optax takes one below 0 for 0."""
    return max(0.0, float(check_value("transition_begin", Size, transition_begin)))


def _warmup(init_value: float, peak_value: float, warmup_steps: float) -> Schedule:
    peak = check_value("peak_value", float, peak_value)
    return linear_schedule(init_value, peak, check_value("warmup_steps", Size, warmup_steps))


def _bounds_and_scales(given: Mapping[float, float] | None) -> tuple[list[float], list[float]]:
    """Return the boundaries in order, and the scale of each."""
    key = "boundaries_and_scales"
    if given is not None and not isinstance(given, dict):
        raise ParameterError(key, "must map boundaries to scales: {1000: 0.1, 2000: 0.1}")
    pairs = given or {}
    bounds = check_value(key, tuple[Size, ...], tuple(pairs))
    scales = check_value(key, tuple[float, ...], tuple(pairs.values()))
    if min(scales, default=0) < 0:
        raise ParameterError(key, f"scales must not be negative, got {min(scales)}")
    ordered = sorted(zip(bounds, scales, strict=True))
    return [bound for bound, _ in ordered], [scale for _, scale in ordered]


def _one_cycle(peak: float, div: float, final: float, steps: float) -> tuple[float, float]:
    """Return the first rate and the length of one cycle."""
    check_value("final_div_factor", Positive, final)
    first = check_value("peak_value", float, peak) / check_value("div_factor", Positive, div)
    return first, check_value("transition_steps", Positive, steps)


def _part(name: str, part: float, steps: float) -> int:
    return int(check_value(name, Size, part) * steps)


def _list(name: str, given: Any) -> list[Any]:
    if isinstance(given, (list, tuple)):
        return list(given)
    raise ParameterError(name, f"must be a list, got {given!r}")


def _checked_arguments(number: int, given: Any) -> dict[str, Any]:
    """Return what one item of cosine_kwargs holds, if warmup_cosine_decay_schedule takes it."""
    if not isinstance(given, dict):
        raise ParameterError("cosine_kwargs", f"item {number} must be a dict, got {given!r}")
    parameters = inspect.signature(warmup_cosine_decay_schedule).parameters
    needed = [key for key, p in parameters.items() if p.default is p.empty]
    for key in given:
        if key not in parameters:
            message = f"item {number} has '{key}', which warmup_cosine_decay_schedule does not take"
            raise ParameterError("cosine_kwargs", message, suggest(str(key), parameters))
    for key in needed:
        if key not in given:
            raise ParameterError("cosine_kwargs", f"item {number} lacks '{key}'")
    return given


CONSTRUCTORS: tuple[Callable[..., Schedule], ...] = (
    constant_schedule,
    linear_schedule,
    polynomial_schedule,
    exponential_decay,
    cosine_decay_schedule,
    piecewise_constant_schedule,
    piecewise_interpolate_schedule,
    linear_onecycle_schedule,
    cosine_onecycle_schedule,
    warmup_constant_schedule,
    warmup_cosine_decay_schedule,
    warmup_exponential_decay_schedule,
    sgdr_schedule,
    join_schedules,
)
