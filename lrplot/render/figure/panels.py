"""The panels of a figure, and the lines in each: values, no drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.render.figure.scales import TINY
from lrplot.render.figure.typed import as_typed
from lrplot.render.figure.view import step_of
from lrplot.sampling import Band, Trace, curve_of, ratio, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan
    from lrplot.render.figure.view import Span, View
    from lrplot.render.look import Look
    from lrplot.render.palette import Pen
    from lrplot.sampling import Curve
    from lrplot.schedules.base import Rates

__all__ = ["Line", "Mark", "Panel", "names_of", "panels_of"]


_FAR = 30  # times, that ratios are apart on a logarithmic axis


class Mark(NamedTuple):
    """A point of a line that is pointed out: where, and what its step was called."""

    x: float
    y: float
    step: str


class Line(NamedTuple):
    """One curve, in the axes' units."""

    name: str
    trace: Trace
    pen: Pen
    marks: tuple[Mark, ...]

    @property
    def values(self) -> Rates:
        """Every value that is drawn."""
        parts = [self.trace.y, *(part for band in self.trace.bands for part in band[1:])]
        found = np.concatenate(parts)
        values: Rates = found[~np.isnan(found)]
        return values


class Panel(NamedTuple):
    """Lines that share a vertical axis, which counts from 0 or not, and is linear or not."""

    label: str
    lines: tuple[Line, ...]
    height: float
    from_zero: bool
    log: bool
    percent: bool


def panels_of(
    plans: Sequence[Plan], look: Look, view: View, pens: Sequence[Pen], columns: int
) -> list[Panel]:
    """Return a panel for each parameter, and one for the ratio where it is asked for."""
    names = names_of(plans, look)
    panels = []
    for param in look.param:
        curves = [curve_of(plan.of(param)) for plan in plans]
        spans = view.spans if param == "lr" else [span._replace(y=1.0) for span in view.spans]
        lines = [
            Line(name, _traced(curve, span, columns), pen, _marks(plan, curve, span, look))
            for name, plan, curve, span, pen in zip(names, plans, curves, spans, pens, strict=True)
            if span.low < span.high
        ]
        panels.append(_panel(param, tuple(lines), look))
    if look.diff:
        panels.append(_ratios(plans, look, view, names, pens, columns))
    return panels


def names_of(plans: Sequence[Plan], look: Look) -> list[str]:
    """Return the lines' names. Raises ParameterError where others are given, but not for each."""
    if look.label and len(look.label) != len(plans):
        said = f"names {len(look.label)} of {len(plans)} lines: give one for each"
        raise ParameterError("label", said)
    return [as_typed(name) for name in look.label or (plan.name for plan in plans)]


def _panel(param: str, lines: tuple[Line, ...], look: Look) -> Panel:
    rate = param == "lr"
    if rate and look.log and not any((line.values > TINY).any() for line in lines):
        raise InputError("no rate is above 0: a logarithmic axis has no place for them")
    label = "learning rate" if rate else param
    return Panel(
        label=f"{label}, part of the peak" if rate and look.percent else label,
        lines=lines,
        height=1.0 if rate else 0.55,
        from_zero=rate,
        log=rate and look.log,
        percent=rate and look.percent,
    )


def _traced(curve: Curve, span: Span, columns: int) -> Trace:
    """Return what to draw of a curve, in the axes' units."""
    reach = curve._replace(end=max(curve.end, span.high))
    found = trace(reach, span.low, span.high, columns)
    bands = (Band(b.x * span.x, b.low * span.y, b.high * span.y) for b in found.bands)
    return Trace(found.x * span.x, found.y * span.y, tuple(bands))


def _marks(plan: Plan, curve: Curve, span: Span, look: Look) -> tuple[Mark, ...]:
    found = []
    for text in look.mark:
        step = step_of(plan, "mark", text)
        if not span.low <= step <= span.high:
            shown = f"{span.low:,} to {span.high:,}"
            raise ParameterError("mark", f"step {step:,} is not drawn: {plan.name} is, {shown}")
        rate = float(curve.at(np.array([step]))[0])
        said = f"step {step:,}" if text.isdigit() else text.strip()
        found.append(Mark(step * span.x, rate * span.y, said))
    return tuple(found)


def _ratios(  # noqa: PLR0913, PLR0917  what all panels are made of
    plans: Sequence[Plan],
    look: Look,
    view: View,
    names: Sequence[str],
    pens: Sequence[Pen],
    columns: int,
) -> Panel:
    """Return the panel of each line's ratio to the first."""
    if len(plans) == 1:
        raise ParameterError("diff", "needs a second line to compare with the first")
    if look.percent and len({plan.max_iters for plan in plans}) > 1:
        raise ParameterError(
            "diff",
            "compares step by step: runs of different lengths in percent have none in common",
        )
    first, lines = plans[0].of(look.param[0]), []
    for plan, name, span, pen in zip(plans, names, view.spans, pens, strict=True):
        curve = ratio(plan.of(look.param[0]), first)
        part = span._replace(high=min(span.high, curve.end), y=1.0)
        if part.low < part.high:
            lines.append(Line(name, _traced(curve, part, columns), pen, ()))
    if not any(line.values.size for line in lines):
        raise InputError(f"{names[0]} is 0 wherever it is drawn: there is no ratio to it")
    return Panel(
        label=f"ratio to {names[0]}" if len(names[0]) < 16 else "ratio to the first",  # noqa: PLR2004
        lines=tuple(lines),
        height=0.5,
        from_zero=False,
        log=_spreads(lines),
        percent=False,
    )


def _spreads(lines: Sequence[Line]) -> bool:
    """Say whether ratios lie so far apart that only a logarithmic axis shows them."""
    values = np.concatenate([line.values for line in lines])
    least, middle, most = np.quantile(values, (0.05, 0.5, 0.95))
    return bool(least > 0 and (most > _FAR * least or values.max() > _FAR * middle))
