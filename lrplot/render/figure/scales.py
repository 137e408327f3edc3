"""Where a figure's axes begin and end, and what is written along them."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, log10
from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.render import ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lrplot.render.figure.panels import Panel
    from lrplot.render.figure.view import View
    from lrplot.render.look import Look
    from lrplot.schedules.base import Rates

__all__ = ["TINY", "Scale", "above", "across", "in_words", "raised", "up"]

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TIMES_TEN = "\u00d710"
_CLOSE = 0.45  # of the way between two ticks: nearer than this, one of two is left out
_SHORT = 6  # characters of a step that is written in brief
_DECADES = 6  # below the peak, that are shown even if the rate is there for an instant only
_INSTANT = 0.01  # of the width
_NEXT_TO_0 = 1e-100  # of the peak, below which a logarithmic axis has no place
TINY, _HUGE = 1e-300, 1e300  # what is beyond cannot be reckoned with
_NOTHING = 1e-9  # of the peak, below which a rate is 0 but for rounding
_LARGE = 10_000  # the count from which on it is written in brief
_SMALL = 2e-3  # the peak below which rates are written as powers of ten


class Scale(NamedTuple):
    """One axis: its ends, its marks and what is written at them."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies: 0 at the low end, 1 at the high one."""
        if self.log:
            return log10(value / self.low) / log10(self.high / self.low) if value > 0 else -1.0
        return (value - self.low) / (self.high - self.low)


# -- across ---------------------------------------------------------------------------------------


def across(view: View, room: float, width_of: Callable[[str], float]) -> Scale:
    """Return the horizontal axis: as many marks as have room, the last step among them."""
    percent = view.unit == "part of the run"
    for most in range(8, 0, -1):
        values = ticks.evenly(view.low, view.high, most, whole=not percent)
        texts = [f"{value:g}%" for value in values] if percent else _steps(values)
        marks = list(zip(values, texts, strict=True))
        widest = max(map(width_of, texts), default=0.0)
        gap = (widest + 10) * (view.high - view.low) / room
        if len(values) < 2 or values[1] - values[0] >= gap:  # noqa: PLR2004  two to have a gap
            last = width_of(ticks.short(view.high)) * (view.high - view.low) / room
            near = max(gap, (gap + last) / 2)
            return Scale(view.low, view.high, _with_last(marks, view.high, near))
    return Scale(view.low, view.high, ())


def _steps(values: list[float]) -> list[str]:
    """Write steps briefly, or in full where they would look alike."""
    brief = [ticks.short(value) for value in values]
    exact = all(
        len(text) <= _SHORT and _read(text) == value
        for text, value in zip(brief, values, strict=True)
    )
    return brief if exact else [f"{value:,.0f}" for value in values]


def _read(text: str) -> float:
    power = "kMGTP".find(text[-1]) + 1
    return round(float(text[:-1]) * 1000**power) if power else float(text)


def _with_last(
    marks: Sequence[tuple[float, str]], last: float, gap: float
) -> tuple[tuple[float, str], ...]:
    """Put a mark at the end, in place of those too near to it, if it is short to write."""
    text = ticks.short(last)
    if not marks or set("%,") & set(marks[-1][1]) or len(text) > _SHORT or _read(text) != last:
        return tuple(marks)
    return (*((x, said) for x, said in marks if last - x >= gap), (last, text))


def above(
    view: View, each: float, room: float, width_of: Callable[[str], float]
) -> tuple[tuple[float, str], ...]:
    """Return marks at round numbers of what takes so many steps each, placed in steps.

    Where the run ends with a whole number of them, the last is marked.
    """
    length = float(each)
    low, high = view.low / length, view.high / length
    for most in range(8, 0, -1):
        found = ticks.evenly(low, high, most)
        texts = _counts(found)
        gap = (max(map(width_of, texts), default=0.0) + 10) * (high - low) / room
        if len(found) < 2 or found[1] - found[0] >= gap:  # noqa: PLR2004  two to have a gap
            marks = tuple(zip(found, texts, strict=True))
            if high.is_integer() and high < _LARGE:
                marks = _with_last(marks, high, gap)
            return tuple((value * length, text) for value, text in marks)
    return ()


def _counts(values: list[float]) -> list[str]:
    """Write epochs, samples or tokens: large ones briefly, with B for billions as people say it."""
    if max(values, default=0.0) < _LARGE or not all(value.is_integer() for value in values):
        return [f"{value:,.10g}" for value in values]
    return [text.replace("G", "B") for text in _steps(values)]


# -- up -------------------------------------------------------------------------------------------


def up(panel: Panel, look: Look, most: int) -> Scale:
    """Return a panel's vertical axis, with marks at the peak and the floor among the round ones."""
    values = np.concatenate([line.values for line in panel.lines])
    if values.max() > _HUGE:
        raise InputError(f"rates above {_HUGE:g} cannot be drawn")
    given = _given(look) if panel.from_zero else (None, None)
    low, high = _log_ends(values) if panel.log else _ends(values, from_zero=panel.from_zero)
    low = low if given[0] is None else given[0]
    high = high if given[1] is None else given[1]
    _refuse_empty(panel.label, values, low, high, look.ylim)
    scale = Scale(low, high, (), panel.log)
    found = (ticks.powers if panel.log else ticks.evenly)(low, high, most)
    extremes = _extremes(panel, values[values > TINY] if panel.log else values)
    marks = _among(scale, *([y for y in each if low <= y <= high] for each in (found, extremes)))
    write = _percent if panel.percent else _powers if _is_deep(scale) else in_words
    largest = max(map(abs, marks), default=0.0)
    return scale._replace(marks=tuple((mark, write(mark, largest)) for mark in marks))


def _extremes(panel: Panel, values: Rates) -> list[float]:
    """Return the peak and the floor; no floor that is 0 but for rounding, or on its way there."""
    floor, most = float(values.min()), float(values.max())
    if panel.log:
        on_its_way = float(f"{floor:.2e}") != float(f"{floor:.9e}")
        return [most] if on_its_way else [floor, most]
    return [0.0 if panel.from_zero and floor < _NOTHING * most else floor, most]


def _is_deep(scale: Scale) -> bool:
    return scale.log and scale.low < _SMALL / 2


def _given(look: Look) -> tuple[float | None, float | None]:
    low, high = (_number(text) if text else None for text in look.limits("ylim"))
    if low is not None and high is not None and low >= high:
        raise ParameterError("ylim", f"'{look.ylim}' is empty: it ends before it begins")
    if look.log and ((low is not None and low <= 0) or (high is not None and high <= 0)):
        raise ParameterError("ylim", f"'{look.ylim}' reaches 0, which no logarithmic axis does")
    return low, high


def _number(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ParameterError("ylim", f"'{text}' is not a number")
    return value


def _ends(values: Rates, *, from_zero: bool) -> tuple[float, float]:
    """Return ends a little beyond the values, so that a line along an edge is seen."""
    low, high = float(values.min()), float(values.max())
    low = min(0.0, low) if from_zero else low
    if high - low <= 1e-3 * abs(high):  # what differs by less is drawn as level
        low, high = (low, high or 0.1) if from_zero else (low - 0.05, high + 0.05)
    return low - 0.03 * (high - low), high + 0.05 * (high - low)


def _log_ends(values: Rates) -> tuple[float, float]:
    """Return ends that hold the rates above 0, but for plunges that take no width to speak of."""
    positive = np.sort(values[values > max(float(values.max()) * _NEXT_TO_0, TINY)])
    high = float(positive[-1])
    steady = float(positive[int(_INSTANT * len(positive))])
    low = max(float(positive[0]), min(steady, high / 10**_DECADES))
    span = max(log10(high / low), 0.3)
    return low / 10 ** (0.04 * span), high * 10 ** (0.05 * span)


def _refuse_empty(label: str, values: Rates, low: float, high: float, said: str) -> None:
    if low >= high or values.min() > high or values.max() < low:
        least, most = f"{values.min():.4g}", f"{values.max():.4g}"
        message = f"'{said}' has no line: the {label} goes from {least} to {most}"
        raise ParameterError("ylim", message)


def _among(scale: Scale, marks: Iterable[float], extremes: Iterable[float]) -> list[float]:
    """Put the extremes among the marks, in place of those too near to them."""
    found = sorted(marks)
    gap = _CLOSE * min((scale.place(b) - scale.place(a) for a, b in pairwise(found)), default=1)

    def apart(value: float, others: Iterable[float]) -> bool:
        return all(abs(scale.place(value) - scale.place(other)) > gap for other in others)

    told: list[float] = []
    for extreme in sorted(extremes, reverse=True):  # the peak before the floor
        if scale.place(extreme) >= 0 and apart(extreme, told):
            told.append(extreme)
    return sorted([*told, *(mark for mark in found if apart(mark, told))])


def in_words(value: float, largest: float | None = None) -> str:
    """Write a rate as people do: 0.02, a small one as a power of ten; beside a larger as that."""
    size = abs(value if largest is None else largest)
    if value == 0 or (_SMALL <= size < 1 / _NOTHING and abs(value) >= _SMALL / 4):
        return f"{float(f'{value:.4g}'):,.8f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}{_TIMES_TEN}{str(int(exponent)).translate(_RAISED)}"


def _powers(value: float, _largest: float) -> str:
    """Write a mark of a logarithmic axis that reaches far down: all as powers, 10⁻⁴."""
    return in_words(value, 0.0).removeprefix(f"1{_TIMES_TEN[0]}")


def _percent(value: float, _largest: float) -> str:
    return f"{value:.4g}%"


def raised(scale: Scale, part: float) -> Scale:
    """Return the axis with so much of its height free on top."""
    if part <= 0:
        return scale
    more = 1 / (1 - min(part, 0.6))
    if scale.log:
        return scale._replace(high=scale.low * (scale.high / scale.low) ** more)
    return scale._replace(high=scale.low + (scale.high - scale.low) * more)
