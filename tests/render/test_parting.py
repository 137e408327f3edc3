from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lrplot.errors import InputError
from lrplot.plan import Plan
from lrplot.render.parting import parting
from lrplot.schedules import Anneal, Constant, Cosine, Exponential, Poly, Schedule, Step

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps


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
    told = "Both come down to 0: native poly at step 100, native poly one step earlier, at step 99."
    assert sentence.endswith(told)


def test_a_floor_that_one_has_not_is_told() -> None:
    floored = curve(Poly(max_iters=100, eta_min=0.01), convention="floored 1.0 Poly")
    told = "native has no floor: it comes down to 0 at step 100, floored to 0.01 at step 100."
    assert parting(floored, curve(Poly(max_iters=100))).endswith(told)
    assert parting(curve(Poly(max_iters=100)), floored).endswith(told)


def test_a_peak_that_is_reached_at_another_step_is_told() -> None:
    early = curve(Anneal(milestones=(0, 9, 100), values=(0.0, 0.1, 0.0)), convention="early")
    late = curve(Anneal(milestones=(0, 10, 100), values=(0.0, 0.1, 0.0)), convention="late")
    sentence = parting(early, late)
    assert "Both peak at 0.1: early at step 9, late one step later, at step 10." in sentence
    lower = curve(Anneal(milestones=(0, 10, 100), values=(0.0, 0.05, 0.0)), convention="lower")
    assert "early peaks at 0.1, at step 9, lower at 0.05, at step 10." in parting(early, lower)


def test_a_floor_is_none_where_a_curve_never_comes_down() -> None:
    early = curve(Anneal(milestones=(0, 9), values=(0.0, 0.1)), convention="early")
    late = curve(Anneal(milestones=(0, 10), values=(0.0, 0.1)), convention="late")
    assert parting(early, late).endswith("late one step later, at step 10.")


@pytest.mark.parametrize("step", [3, 12_345, 500_000_001, 999_999_999])
def test_a_long_run_is_looked_at_where_it_may_differ(step: int) -> None:
    end = 10**9
    sentence = parting(curve(Constant(), end), curve(Step(step_size=step), end))
    assert f"part at step {step:,}: 0.1 and 0.01" in sentence


def points(name: str, *values: tuple[float, float]) -> Plan:
    """Return a curve of straight lines between points, of a convention of this name."""
    steps, rates = zip(*values, strict=True)
    return curve(Anneal(milestones=steps, values=rates), convention=f"{name} 1.0 Curve")


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (
            points("a", (0, 0.0), (10, 0.1)),
            points("b", (0, 0.02), (10, 0.1)),
            "a starts from 0, b from 0.02 (0.2 of its peak).",
        ),
        (
            points("a", (0, 0.1), (100, 0.0)),
            points("b", (0, 0.1), (99, 0.001)),
            "b stops at 0.001 at step 99, one step before a comes down to 0 at step 100.",
        ),
        (
            points("a", (0, 0.1), (90, 0.0)),
            points("b", (0, 0.1), (101, 0.0)),
            "a comes down to 0 at step 90, b is still at 0.000990099 at step 100.",
        ),
        (
            points("a", (0, 0.1), (90, 0.001)),
            points("b", (0, 0.1), (80, 0.01)),
            "a comes down to 0.001 at step 90, b to 0.01 at step 80.",
        ),
        (
            points("a", (0, 0.1), (100, 0.0)),
            points("b", (0, 0.1)),
            "b does not come down.",
        ),
        (
            points("a", (0, 0.0), (10, 0.1), (90, 0.0)),
            points("b", (1, 0.0), (11, 0.1), (91, 0.0)),
            "b is one step behind a throughout.",
        ),
        (
            points("a", (0, 0.1), (50, 0.0)),
            points("b", (0, 0.1), (50, 0.0), (100, 0.02)),
            "b rises again, to 0.02 at the end.",
        ),
        (
            points("a", (0, 0.1), (90, 0.0)),
            points("b", (0, 0.1), (87, 0.0)),
            "Both come down to 0: a at step 90, b 3 steps earlier, at step 87.",
        ),
    ],
)
def test_in_what_two_curves_differ_is_told(one: Plan, other: Plan, told: str) -> None:
    assert parting(one, other).endswith(f". {told}")


def test_one_step_ahead_is_one_step_behind_the_other_way() -> None:
    one, other = points("a", (0, 0.0), (10, 0.1)), points("b", (1, 0.0), (11, 0.1))
    assert "a is one step ahead of b throughout" in parting(other, one)


def test_roundings_of_a_lesser_precision_are_no_difference_of_shape() -> None:
    one = curve(Cosine(max_iters=100))
    other = curve(Cosine(max_iters=100, eta_min=1e-9), convention="single 1.0 Cosine")
    assert parting(one, other).endswith(". They are nowhere further apart than 1e-09.")


class Stopping(Cosine, frozen=True, kw_only=True, tag="stopping"):
    """A curve that has no rate past its end."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        if (steps > self.max_iters).any():
            raise InputError("it is over")
        return super().lr(steps, base)


def test_a_curve_need_not_go_on_past_the_end() -> None:
    one = curve(Stopping(max_iters=100, eta_min=0.01), convention="short 1.0 Curve")
    told = "native has no floor: it comes down to 0 at step 100, short to 0.01 at step 100."
    assert parting(one, curve(Cosine(max_iters=100))).endswith(told)
