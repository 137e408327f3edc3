from __future__ import annotations

import pytest

from lrplot.plan import Plan
from lrplot.render.parting import parting
from lrplot.schedules import Anneal, Constant, Cosine, Exponential, Poly, Schedule, Step


def curve(schedule: Schedule, end: int = 100, convention: str = "native") -> Plan:
    return Plan(schedule=schedule, base_lr=0.1, max_iters=end, convention=convention)


def test_equal_curves_do_not_part() -> None:
    one, other = curve(Cosine(max_iters=100)), curve(Cosine(max_iters=100), convention="theirs")
    assert parting(one, other) == "native cosine and theirs are the same at every step."


def test_roundings_are_no_difference() -> None:
    one = curve(Exponential(gamma=0.5), 2000)
    other = curve(Anneal(milestones=(0,), values=(0.1,)), 2000)
    assert "part at step 1: 0.05 and 0.1" in parting(one, other)
    assert "the same" in parting(one, curve(Exponential(gamma=0.5 * (1 + 1e-16)), 2000))


def test_the_first_step_that_differs_is_told_with_both_rates() -> None:
    sentence = parting(curve(Step(step_size=30)), curve(Step(step_size=31)))
    assert "part at step 30: 0.01 and 0.1" in sentence


def test_rates_that_look_alike_are_written_out() -> None:
    one, other = (curve(Anneal(milestones=(0,), values=(rate,))) for rate in (0.1, 0.1000000001))
    assert "part at step 0: 0.1 and 0.1000000001" in parting(one, other)


def test_a_floor_that_is_reached_at_another_step_is_told() -> None:
    sentence = parting(curve(Poly(max_iters=100)), curve(Poly(max_iters=99)))
    assert sentence.endswith("; they come down to 0 at step 100 and at step 99.")


def test_a_floor_that_one_has_not_is_told() -> None:
    floored = curve(Poly(max_iters=100, eta_min=0.01), convention="floored")
    sentence = parting(floored, curve(Poly(max_iters=100)))
    assert "floored comes down to 0.01 at step 100, native poly to 0 at step 100." in sentence


def test_a_peak_that_is_reached_at_another_step_is_told() -> None:
    early = curve(Anneal(milestones=(0, 9, 100), values=(0.0, 0.1, 0.0)), convention="early")
    late = curve(Anneal(milestones=(0, 10, 100), values=(0.0, 0.1, 0.0)), convention="late")
    sentence = parting(early, late)
    assert "early peaks at step 9 with 0.1, late at step 10 with 0.1" in sentence


def test_a_floor_is_none_where_a_curve_never_comes_down() -> None:
    early = curve(Anneal(milestones=(0, 9), values=(0.0, 0.1)), convention="early")
    late = curve(Anneal(milestones=(0, 10), values=(0.0, 0.1)), convention="late")
    assert parting(early, late).endswith("late at step 10 with 0.1.")


@pytest.mark.parametrize("step", [3, 12_345, 500_000_001, 999_999_999])
def test_a_long_run_is_looked_at_where_it_may_differ(step: int) -> None:
    end = 10**9
    sentence = parting(curve(Constant(), end), curve(Step(step_size=step), end))
    assert f"part at step {step:,}: 0.1 and 0.01" in sentence
