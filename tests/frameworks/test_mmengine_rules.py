"""The laws of mmengine's rules: their closed forms are what its updates give, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.frameworks.mmengine._factors import (
    ConstantRule,
    ExponentialRule,
    LinearRule,
    MultiStepRule,
    Rule,
    StepRule,
)
from lrplot.frameworks.mmengine._list import Scheduler, Schedulers
from lrplot.frameworks.mmengine._rates import (
    CosineRestartRule,
    CosineRule,
    PolyRule,
    QuadraticWarmupRule,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def one(rule: Rule, **window: Any) -> Schedulers:
    return Schedulers(schedulers=(Scheduler(rule=rule, **window),))


def _poly(rule: Any, v: float, s: int, base: float) -> float:
    floor: float = rule.floor(base)
    left = 1 - 1 / (float(rule.span) - s + 1)
    return v if s == 0 else (v - floor) * left ** float(rule.power) + floor


def _cosine(rule: Any, v: float, s: int, base: float) -> float:
    floor: float = rule.floor(base)
    top: float = rule.T_max
    if s == 0:
        return v
    if (s - 1 - top) % (2 * top) == 0:
        return v + (base - floor) * (1 - math.cos(math.pi / top)) / 2
    up, down = (1 + math.cos(math.pi * at / top) for at in (s, s - 1))
    return up / down * (v - floor) + floor


def _linear(rule: Any, v: float, s: int, base: float) -> float:
    del base
    slope, first = float(rule.end_factor - rule.start_factor), float(rule.start_factor)
    if s == 0:
        return v * first
    return v * (1 + slope / float(rule.span * first + (s - 1) * slope))


def _constant(rule: Any, v: float, s: int, base: float) -> float:
    del base
    factor: float = rule.factor
    return v * factor if s == 0 else v / factor if s == rule.span else v


def _restart(rule: Any, v: float, s: int, base: float) -> float:
    floor: float = rule.floor(base)
    for period, weight in zip(rule.periods, rule.restart_weights, strict=True):
        if s < period:
            if s == 0:
                return base * float(weight)
            up, down = (1 + math.cos(math.pi * at / period) for at in (s, s - 1))
            return up / down * (v - floor) + floor
        s -= int(period)
    return v


# One update as mmengine writes it, to be gone through step by step.
UPDATES: dict[type[Rule], Callable[[Any, float, int, float], float]] = {
    StepRule: lambda r, v, s, _: v * r.gamma if s and s % r.step_size == 0 else v,
    MultiStepRule: lambda r, v, s, _: v * r.gamma ** r.milestones.count(s),
    ExponentialRule: lambda r, v, s, _: v * r.gamma if s else v,
    ConstantRule: _constant,
    LinearRule: _linear,
    PolyRule: _poly,
    CosineRule: _cosine,
    CosineRestartRule: _restart,
    QuadraticWarmupRule: lambda r, v, s, base: (v if s else 0) + base * (2 * s + 1) / r.steps**2,
}

LENGTH = 24
parts = st.floats(0.05, 1.0)
floors = st.one_of(st.none(), st.floats(0.0, 0.5))
RULES = st.one_of(
    st.builds(StepRule, step_size=st.integers(1, 9), gamma=parts),
    st.builds(
        MultiStepRule,
        milestones=st.lists(st.integers(0, 30), max_size=4).map(tuple),
        gamma=parts,
    ),
    st.builds(ExponentialRule, gamma=parts),
    st.builds(ConstantRule, factor=parts, span=st.just(LENGTH - 1)),
    st.builds(LinearRule, start_factor=parts, end_factor=parts, span=st.just(LENGTH - 1)),
    st.builds(PolyRule, eta_min=floors, power=st.floats(0, 3), span=st.just(LENGTH - 1)),
    st.builds(CosineRule, T_max=st.integers(1, 30), eta_min=floors),
    st.builds(CosineRule, T_max=st.integers(1, 30), eta_min_ratio=parts),
    st.lists(st.integers(1, 9), min_size=1, max_size=4).map(
        lambda periods: CosineRestartRule(
            periods=tuple(periods), restart_weights=(0.7,) * len(periods), eta_min=0.1
        )
    ),
    st.builds(QuadraticWarmupRule, steps=st.just(LENGTH)),
)


def gone_through(rules: list[Rule], begins: list[int], base: float, count: int) -> list[float]:
    """Return the values when each rule updates the value in turn, for LENGTH steps from begin."""
    value, values = base, []
    for step in range(count):
        for rule, begin in zip(rules, begins, strict=True):
            if begin <= step < begin + LENGTH:
                value = UPDATES[type(rule)](rule, value, step - begin, base)
        values.append(value)
    return values


@given(RULES, st.integers(0, 5), st.floats(0.1, 2.0))
def test_a_closed_form_is_what_step_by_step_gives(rule: Rule, begin: int, base: float) -> None:
    curve = one(rule, begin=begin, end=begin + LENGTH)
    steps = np.arange(LENGTH + 10)
    found = curve.lr(steps, np.full(steps.shape, base)).tolist()
    assert found == pytest.approx(gone_through([rule], [begin], base, len(steps)), 1e-9, 1e-12)


@given(st.lists(st.tuples(RULES, st.integers(0, 30)), min_size=2, max_size=4))
def test_a_list_is_what_all_of_them_do_in_turn(drawn: list[tuple[Rule, int]]) -> None:
    curve = Schedulers(
        schedulers=tuple(Scheduler(rule=r, begin=b, end=b + LENGTH) for r, b in drawn)
    )
    steps = np.arange(LENGTH + 40)
    found = curve.lr(steps, np.ones(steps.shape)).tolist()
    rules, begins = zip(*drawn, strict=True)
    wanted = gone_through(list(rules), list(begins), 1.0, len(steps))
    assert found == pytest.approx(wanted, 1e-8, 1e-10)


@given(RULES, st.lists(st.integers(0, LENGTH - 1), min_size=3, max_size=3))
def test_a_rule_taken_over_half_way_goes_on_as_if_it_had_not_been(
    rule: Rule, drawn: list[int]
) -> None:
    first, middle, last = (np.asarray([step]) for step in sorted(drawn))
    a, b = rule.between(first - 1, middle, 0.5)
    c, d = rule.between(middle, last, 0.5)
    a_whole, b_whole = rule.between(first - 1, last, 0.5)
    assert [*(c * a), *(c * b + d)] == pytest.approx([*a_whole, *b_whole], 1e-9, 1e-12)


@given(RULES, st.integers(1, 5))
def test_every_jump_is_at_a_knot(rule: Rule, tick: int) -> None:
    curve = one(rule, begin=2, end=2 + LENGTH, by_epoch=tick > 1, tick=tick)
    end = (LENGTH + 6) * tick
    steps = np.arange(end + 1)
    change = np.abs(np.diff(curve.lr(steps, np.ones(steps.shape))))
    knots = {step for knot in curve.knots(end) for step in knot}
    for step in range(1, end - 1):
        beside = max(change[step - 1], change[step + 1] if step + 1 < end else 0.0)
        assert change[step] <= 4 * beside + 1e-12 or step + 1 in knots
