"""Schedules with a memory: plateau against the rule written out, and the step-by-step scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lrplot
from lrplot.errors import InputError
from lrplot.schedules.base import Phase
from lrplot.schedules.scan import Recursive, Scan

if TYPE_CHECKING:
    from lrplot.schedules.base import Knots, Rates, Steps


class ReduceOnPlateau:
    """The rule as its users know it, one metric at a time, with the optimizer's rate in hand."""

    def __init__(self, rate: float, rule: lrplot.Plateau) -> None:
        self.rate, self.rule = rate, rule
        self.best = float("inf") if rule.mode == "min" else float("-inf")
        self.bad = self.cooling = 0

    def improves(self, metric: float) -> bool:
        part = self.rule.threshold
        if self.rule.mode == "min":
            if self.rule.threshold_mode == "rel":
                return metric < self.best * (1 - part)
            return metric < self.best - part
        if self.rule.threshold_mode == "rel":
            return metric > self.best * (1 + part)
        return metric > self.best + part

    def step(self, metric: float) -> None:
        if self.improves(metric):
            self.best = metric
            self.bad = 0
        else:
            self.bad += 1
        if self.cooling > 0:
            self.cooling -= 1
            self.bad = 0
        if self.bad > self.rule.patience:
            self.reduce()
            self.cooling = self.rule.cooldown
            self.bad = 0

    def reduce(self) -> None:
        lowered = max(self.rate * self.rule.factor, self.rule.min_lr)
        if self.rate - lowered > self.rule.eps:
            self.rate = lowered


@st.composite
def plateaus(draw: st.DrawFn) -> lrplot.Plateau:
    # few different values, so that ties and returns to the best are common
    metrics = draw(st.lists(st.sampled_from([0.0, 0.5, 0.9, 0.99, 1.0, 1.1, -1.0]), min_size=1))
    return lrplot.Plateau(
        metrics=tuple(metrics),
        mode=draw(st.sampled_from(("min", "max"))),
        factor=draw(st.sampled_from([0.1, 0.5, 0.9])),
        patience=draw(st.integers(0, 4)),
        threshold=draw(st.sampled_from([0.0, 1e-4, 0.1])),
        threshold_mode=draw(st.sampled_from(("rel", "abs"))),
        cooldown=draw(st.integers(0, 4)),
        min_lr=draw(st.sampled_from([0.0, 0.01, 0.2])),
        eps=draw(st.sampled_from([0.0, 1e-8, 0.05])),
    )


@given(plateaus(), st.sampled_from([1.0, 0.3, 0.1]))
def test_plateau_follows_the_rule_metric_by_metric(rule: lrplot.Plateau, base: float) -> None:
    running = ReduceOnPlateau(base, rule)
    expected = [base]
    for metric in rule.metrics:
        running.step(metric)
        expected.append(running.rate)

    plan = lrplot.Plan(schedule=rule, base_lr=base, max_iters=len(rule.metrics))

    assert plan.lr(range(len(expected))).tolist() == expected
    assert plan.lr(len(expected) + 1000) == expected[-1]


@given(plateaus())
def test_each_drop_of_a_plateau_is_a_knot(rule: lrplot.Plateau) -> None:
    knots = {step for knot in rule.knots(len(rule.metrics)) for step in knot}

    assert knots == set(rule.drops())


def test_plateau_has_torch_s_defaults() -> None:
    rule = lrplot.Plateau(metrics=(1.0,))

    assert (rule.mode, rule.factor, rule.patience) == ("min", 0.1, 10)
    assert (rule.threshold, rule.threshold_mode, rule.cooldown) == (1e-4, "rel", 0)
    assert (rule.min_lr, rule.eps) == (0.0, 1e-8)


def test_no_drop_goes_below_the_floor_or_is_smaller_than_eps() -> None:
    rule = lrplot.Plateau(metrics=(1.0,) * 9, patience=0, factor=0.5, min_lr=0.2, eps=0.06)
    plan = lrplot.Plan(schedule=rule, base_lr=1.0, max_iters=9)

    # 0.5, 0.25, then 0.2 would lower it by less than eps
    assert plan.lr(range(6)).tolist() == [1.0, 1.0, 0.5, 0.25, 0.25, 0.25]


# -- scan -----------------------------------------------------------------------------------------


class Halve(Recursive, frozen=True, kw_only=True, tag="halve"):
    """Halve the rate at some steps."""

    at: tuple[int, ...]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        return base * 0.5 ** np.searchsorted(self.at, steps, side="right")

    def update(self, steps: Steps) -> tuple[Rates, Rates]:
        return np.where(np.isin(steps, self.at), 0.5, 1.0), np.zeros(steps.shape)

    def knots(self, end: int) -> Knots:
        return tuple(range(at, at + 1) for at in self.at if at <= end)


class Add(Recursive, frozen=True, kw_only=True, tag="add"):
    """Add to the rate at every step, and start from the double of it."""

    term: float

    def first(self, base: float) -> float:
        return 2 * base

    def lr(self, steps: Steps, base: Rates) -> Rates:
        return 2 * base + self.term * steps

    def update(self, steps: Steps) -> tuple[Rates, Rates]:
        return np.ones(steps.shape), np.full(steps.shape, self.term)

    def extent(self) -> int:
        return 50


def by_hand(start: float, steps: int, halved: set[int], term: float) -> list[float]:
    rates = [start]
    for step in range(1, steps + 1):
        halved_rate = rates[-1] * (0.5 if step in halved else 1.0)
        rates.append(halved_rate + term)
    return rates


def ask(scan: Scan, steps: Any, base: float = 1.0) -> list[float]:
    asked = np.asarray(steps, dtype=np.int64)
    rates: list[float] = scan.lr(asked, np.full(asked.shape, base)).tolist()
    return rates


def test_one_recursion_alone_is_its_closed_form() -> None:
    halve = Halve(at=(3, 7))
    steps = np.arange(10)

    assert ask(Scan(schedules=(halve,)), steps) == halve.lr(steps, np.ones(10)).tolist()


def test_each_acts_on_the_rate_that_stands() -> None:
    scan = Scan(schedules=(Halve(at=(3, 7)), Add(term=0.25)))

    assert ask(scan, range(12)) == by_hand(2.0, 11, {3, 7}, 0.25)


def test_the_order_of_the_schedules_counts() -> None:
    one = Scan(schedules=(Halve(at=(1,)), Add(term=1.0)))
    other = Scan(schedules=(Add(term=1.0), Halve(at=(1,))))

    assert ask(one, [1]) == [2.0]  # 2 / 2 + 1
    assert ask(other, [1]) == [1.5]  # (2 + 1) / 2


def test_blocks_join_without_a_seam() -> None:
    edges = [2**14 - 1, 2**14, 2**14 + 1, 2**15 - 1, 2**15, 40_000]
    scan = Scan(schedules=(Add(term=0.25),))  # exact in floats

    assert ask(scan, edges) == [2 + 0.25 * step for step in edges]


def test_steps_of_any_order_and_shape_are_answered() -> None:
    scan = Scan(schedules=(Add(term=0.25),))

    assert ask(scan, [40_000, 0, 5, 40_000]) == [10_002.0, 2.0, 3.25, 10_002.0]
    assert np.size(ask(scan, [[40_000, 0], [5, 6], [7, 8]]), axis=1) == 2
    assert ask(scan, []) == []


def test_a_step_that_takes_too_long_to_reach_is_refused_at_once() -> None:
    scan = Scan(schedules=(Add(term=0.25),))

    with pytest.raises(InputError, match="100,000,001 can only be reached one step at a time"):
        ask(scan, [10**8 + 1])


def test_a_scan_shows_what_its_schedules_show() -> None:
    scan = Scan(schedules=(Halve(at=(3, 70)), Add(term=0.25)))

    assert scan.knots(50) == (range(3, 4),)
    assert scan.extent() == 1000
    assert scan.phases(10) == (Phase("halve x add", 0, 10),)
