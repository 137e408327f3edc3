"""What part of the run a figure shows, in the units its axes have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lrplot.durations import UnitError
from lrplot.errors import InputError, ParameterError
from lrplot.sampling import peak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan
    from lrplot.render.look import Look

__all__ = ["Above", "Span", "View", "larger_unit", "roundings", "step_of", "view_of"]


class Span(NamedTuple):
    """The steps of a plan that are drawn, and what turns them and rates to the axes' units."""

    low: int
    high: int
    x: float
    y: float


class Above(NamedTuple):
    """A second horizontal axis: what it counts, and how many steps one of that takes."""

    unit: str
    steps: float


class View(NamedTuple):
    """The horizontal axis: its ends, what it counts, and what an axis above it counts, if any."""

    low: float
    high: float
    unit: str
    above: Above | None
    spans: tuple[Span, ...]


def view_of(plans: Sequence[Plan], look: Look) -> View:
    """Return what of the run the plans show. Raises ParameterError where that is nothing."""
    scales = [_scale(plan, look) for plan in plans]
    low, high = (_end(plans, scales, text, last) for last, text in enumerate(look.limits("xlim")))
    if low >= high and "" not in look.limits("xlim"):
        raise ParameterError("xlim", f"'{look.xlim}' is empty: it ends before it begins")
    spans = tuple(_span(plan, x, y, low, high) for plan, (x, y) in zip(plans, scales, strict=True))
    if all(span.low >= span.high for span in spans):
        last = max(plan.max_iters for plan in plans)
        raise ParameterError("xlim", f"'{look.xlim}' has no line: the run ends at {last:,}")
    return View(low, high, _unit(plans, look), _above(plans, look), spans)


def roundings(plans: Sequence[Plan], look: Look) -> tuple[str, ...]:
    """Return a sentence for each duration of the look that falls between two steps."""
    texts = [*look.mark, *filter(None, look.limits("xlim"))]
    said = (plan.horizon.rounding(text) for text in texts for plan in plans)
    return tuple(dict.fromkeys(filter(None, said)))


def step_of(plan: Plan, key: str, text: str) -> int:
    """Return the step a text stands for on a plan's horizon; key is the option it came from."""
    try:
        return plan.horizon.steps(text)
    except UnitError as error:
        (problem,) = error.problems
        raise ParameterError(key, problem.message, problem.hint) from None


def _scale(plan: Plan, look: Look) -> tuple[float, float]:
    """Return what a step and a rate are multiplied by."""
    if not look.percent:
        return 1.0, 1.0
    most = peak(plan)
    if most == 0:
        raise InputError(f"{plan.name} has no peak to take percent of: its rate is 0 throughout")
    return 100 / plan.max_iters, 100 / most


def _end(
    plans: Sequence[Plan], scales: Sequence[tuple[float, float]], text: str, last: int
) -> float:
    """Return where the axis begins or ends: where it is said, else with the longest run."""
    if not text:
        ends = [plan.max_iters * x for plan, (x, _) in zip(plans, scales, strict=True)]
        return max(ends) if last else 0.0
    found = {step_of(plan, "xlim", text) * x for plan, (x, _) in zip(plans, scales, strict=True)}
    if len(found) > 1:
        raise ParameterError("xlim", f"'{text}' is not the same for each line", "give plain steps")
    return found.pop()


def _span(plan: Plan, x: float, y: float, low: float, high: float) -> Span:
    end = round(high / x) if plan.open_end else min(round(high / x), plan.max_iters)
    return Span(round(low / x), end, x, y)


def _unit(plans: Sequence[Plan], look: Look) -> str:
    if look.percent:
        return "part of the run"
    return "epoch" if all(plan.in_epochs for plan in plans) else "iteration"


def _above(plans: Sequence[Plan], look: Look) -> Above | None:
    """Return what else the axis can count, where all agree and it is not the step itself."""
    (first, *others) = [None if look.percent else larger_unit(plan) for plan in plans]
    return first if all(other == first for other in others) else None


def larger_unit(plan: Plan) -> Above | None:
    """Return what is counted beside updates: epochs, or where nobody says how long one is, tokens.

    Within an epoch of known length samples say no more than its part; tokens have no epochs.
    """
    if plan.iters_per_epoch is not None:
        return None if plan.in_epochs else Above("epoch", plan.iters_per_epoch)
    samples, tokens = plan.horizon.samples_per_iter, plan.horizon.seq_len
    if samples is None or samples * (tokens or 1) == 1:
        return None
    return Above("tokens", 1 / (samples * tokens)) if tokens else Above("samples", 1 / samples)
