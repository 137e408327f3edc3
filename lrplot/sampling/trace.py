"""What a figure needs of a curve: as many steps as its pixels can show, and each jump upright.

A window of few steps is drawn as the stairs it is: the rate of update t holds from t to t + 1. In
a longer one every step is evaluated while that is cheap; beyond, several in each column of pixels,
each knot with the steps around it, and more wherever the rate moves. Of a column the line keeps its
first point, and the extremes that lie off the way to the next column's: what is drawn are rates
that the schedule has, and none that stands out is missed. Where cycles are finer than pixels, a
band stands in for the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np
from lrplot.sampling.bands import Band, bands
from lrplot.sampling.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lrplot.plan import Plan
    from lrplot.schedules.base import Knots, Rates, Steps

    Flags = NDArray[np.bool_]

__all__ = [
    "Curve",
    "Extreme",
    "Trace",
    "curve_of",
    "extremes",
    "peak",
    "polyline",
    "ratio",
    "trace",
]

_PEAK_COLUMNS = 1000
_ROUNDING = 1e-12
_ENDLESS = 1e100  # a ratio from which on it says no more than that the other is next to nothing
_MORE, _AT_ONCE = 16, 8  # in a column, of the steps that a closer look evaluates
_FAR = 0.005  # of the line's height, that two neighbours may be apart
_FEW_STROKES = 2  # in a column, of which each is kept upright


class Curve(NamedTuple):
    """What can be traced: a value at each step, NaN where there is none, and where it may jump."""

    at: Callable[[Steps], Rates]
    knots: Callable[[int], Knots]
    end: int


class Trace(NamedTuple):
    """A line, broken by NaN where it has no value or a band stands in for it, and those bands."""

    x: Rates
    y: Rates
    bands: tuple[Band, ...]


class Extreme(NamedTuple):
    """The least or the largest rate, and the first step that has it, but for rounding."""

    step: int
    rate: float


def curve_of(plan: Plan) -> Curve:
    """Return a plan's rate."""
    return Curve(plan.lr, plan.schedule.knots, plan.max_iters)


def ratio(plan: Plan, first: Plan) -> Curve:
    """Return the one rate over the other while both run, with no value where the other is 0."""

    def at(steps: Steps) -> Rates:
        below = first.lr(steps)
        found: Rates = np.full(steps.shape, np.nan)
        with np.errstate(over="ignore"):
            np.divide(plan.lr(steps), below, out=found, where=below != 0)
        return np.where(np.abs(found) < _ENDLESS, found, np.nan)

    def knots(end: int) -> Knots:
        return (*plan.schedule.knots(end), *first.schedule.knots(end))

    return Curve(at, knots, min(plan.max_iters, first.max_iters))


def polyline(plan: Plan, columns: int) -> tuple[Rates, Rates]:
    """Return the x and y of the line to draw over about this many columns of pixels.

    About a point per column, and more where the rate turns within one. A jump becomes a vertical
    stroke at the step where it takes force. Where cycles are finer than a column the line goes up
    and down in each, between the least and the largest.
    """
    return _line(curve_of(plan), Window(0, plan.max_iters, columns))


def trace(curve: Curve, low: int, high: int, columns: int) -> Trace:
    """Return what to draw of a curve between two steps, over about this many columns of pixels."""
    window = Window(low, high, columns)
    x, y = _line(curve, window)
    return Trace(*bands(x, y, window))


def extremes(plan: Plan) -> tuple[Extreme, Extreme]:
    """Return the least and the largest rate of the whole run."""
    curve, window = curve_of(plan), Window(0, plan.max_iters, _PEAK_COLUMNS)
    steps, rates = _closer(curve, window.steps(curve.knots(curve.end))[0], window.columns)
    least, most = (float(rates[at]) for at in (np.argmin(rates), np.argmax(rates)))
    near = _ROUNDING * max(abs(least), abs(most))
    low, high = (np.argmax(np.abs(rates - rate) <= near) for rate in (least, most))
    return Extreme(int(steps[low]), least), Extreme(int(steps[high]), most)


def peak(plan: Plan) -> float:
    """Return the largest rate of the whole run."""
    return extremes(plan)[1].rate


def _line(curve: Curve, window: Window) -> tuple[Rates, Rates]:
    steps, knots = window.steps(curve.knots(curve.end))
    steps, values = _closer(curve, steps, window.columns)
    has = ~np.isnan(values)
    x, y = steps[has].astype(np.float64), values[has]
    at = np.arange(1, len(x)) if window.stairs else _jumps(steps[has], y, knots)
    at = at[(x[at] - x[at - 1] == 1) & (y[at] != y[at - 1])]
    upright = np.zeros(len(x) + len(at), dtype=bool)
    upright[at + np.arange(len(at))] = True
    x, y = np.insert(x, at, x[at]), np.insert(y, at, y[at - 1])
    keep = _standing_out(x, y, upright, window)
    return _broken(x[keep], y[keep], steps[~has])


def _closer(curve: Curve, steps: Steps, columns: int) -> tuple[Steps, Rates]:
    """Evaluate the steps, and more of them wherever two neighbours lie far apart in value."""
    values = curve.at(steps)
    most = len(steps) + _MORE * columns
    while len(steps) < most:
        height = np.nanmax(values, initial=-np.inf) - np.nanmin(values, initial=np.inf)
        far = np.abs(np.diff(values)) > _FAR * height
        at = np.flatnonzero(far & (np.diff(steps) > 1))
        if not 0 < at.size <= _AT_ONCE * columns:
            break
        parts = 1 + min(_AT_ONCE * columns // at.size, 7)
        gap = steps[at + 1] - steps[at]
        more = steps[at, None] + gap[:, None] * np.arange(1, parts) // parts
        new = np.setdiff1d(more, steps)
        order = np.argsort(np.concatenate([steps, new]), kind="stable")
        steps = np.concatenate([steps, new])[order]
        values = np.concatenate([values, curve.at(new)])[order]
    return steps, values


def _jumps(steps: Steps, values: Rates, knots: Steps) -> Steps:
    """Return where a knot is a jump, no kink: the change into it dwarfs those beside it.

    A change beside it that leads to or from another knot says nothing of the slope.
    """
    is_knot = np.isin(steps, knots, assume_unique=True)
    change = np.abs(np.diff(values, prepend=values[:1], append=values[-1:]))
    slope = np.where(np.append(is_knot, False), 0.0, change)
    at: Steps = np.flatnonzero(is_knot[1:]) + 1
    found: Steps = at[change[at] > 3 * np.maximum(slope[at - 1], slope[at + 1])]
    return found


def _standing_out(x: Rates, y: Rates, upright: Flags, window: Window) -> Flags:
    """Say which points to keep of a line that has many in a column."""
    if len(x) <= 2 * window.columns:
        return np.ones(len(x), dtype=bool)
    column = window.column_of(x)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    group = np.cumsum(np.diff(column, prepend=-1) > 0) - 1
    following = np.append(starts[1:], len(x) - 1)
    keep = np.zeros(len(x), dtype=bool)
    keep[starts] = keep[-1] = True
    order = np.lexsort((y, column))
    ends = np.append(starts[1:], len(x)) - 1
    least, most = order[starts], order[ends]
    off = y[least] < np.minimum(y[starts], y[following])
    off |= y[most] > np.maximum(y[starts], y[following])
    keep[least[off]] = keep[most[off]] = True
    strokes = np.add.reduceat(upright, starts, dtype=np.int64)
    few = upright & (strokes <= _FEW_STROKES)[group]
    found: Flags = keep | few | np.append(False, few[:-1])
    return found


def _broken(x: Rates, y: Rates, none: Steps) -> tuple[Rates, Rates]:
    """Break the line where steps without a value lie between its points."""
    at = np.unique(np.searchsorted(x, none))
    at = at[(at > 0) & (at < len(x))]
    return np.insert(x, at, x[at]), np.insert(y, at, np.nan)
