from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lrplot.errors import InputError, UsageError
from lrplot.frameworks import optax
from lrplot.frameworks.native import as_framework
from lrplot.plan import Plan
from lrplot.schedules.combine import Sequence
from lrplot.schedules.decay import Cosine, Exponential, Linear
from lrplot.schedules.warmup import LinearWarmup
from lrplot.source import load
from tests.frameworks.soundness import recorded_plans, unnamed_turns

if TYPE_CHECKING:
    from lrplot.schedules.base import Schedule

FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="optax", **{"max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def complaint(call: str) -> str:
    with pytest.raises(InputError) as caught:
        plan(call)
    return str(caught.value)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("constant_schedule(0.3)", {0: 0.3, FAR: 0.3}),
        ("linear_schedule(1.0, 0.2, 8)", {0: 1, 4: 0.6, 8: 0.2, FAR: 0.2}),
        ("linear_schedule(1.0, 0.2, 8, 5)", {5: 1, 9: 0.6, 13: 0.2}),
        ("polynomial_schedule(1.0, 0.0, 2, 10)", {0: 1, 5: 0.25, 10: 0}),
        ("exponential_decay(1.0, 4, 0.25)", {0: 1, 2: 0.5, 8: 0.0625, FAR: 0}),
        ("exponential_decay(1.0, 4, 0.25, 3, True)", {6: 1, 7: 0.25, 10: 0.25, 11: 0.0625}),
        ("exponential_decay(1.0, 4, 0.25, end_value=0.1)", {4: 0.25, 8: 0.1, FAR: 0.1}),
        ("exponential_decay(1.0, 4, 2.0, end_value=3.0)", {4: 2, 8: 3, FAR: 3}),
        ("cosine_decay_schedule(1.0, 10, 0.2)", {0: 1, 5: 0.6, 10: 0.2, FAR: 0.2}),
        ("cosine_decay_schedule(1.0, 10, exponent=2)", {5: 0.25, 10: 0}),
        ("piecewise_constant_schedule(1.0, {5: 0.1, 2: 0.5})", {1: 1, 2: 0.5, 4: 0.5, 5: 0.05}),
        ("piecewise_interpolate_schedule('linear', 1.0, {4: 0.5, 8: 0.5})", {2: 0.75, 6: 0.375}),
        ("piecewise_interpolate_schedule('cosine', 1.0, {4: 0.0})", {0: 1, 2: 0.5, 4: 0, FAR: 0}),
        ("linear_onecycle_schedule(20, 1.0, 0.25, 0.5, 10, 10)", {0: 0.1, 5: 1, 10: 0.1, 20: 0.01}),
        ("cosine_onecycle_schedule(20, 1.0, 0.5, 10, 10)", {0: 0.1, 5: 0.55, 10: 1, 20: 0.01}),
        ("warmup_constant_schedule(0.0, 1.0, 4)", {0: 0, 2: 0.5, 4: 1, FAR: 1}),
        ("warmup_cosine_decay_schedule(0.0, 1.0, 4, 14, 0.2)", {2: 0.5, 4: 1, 9: 0.6, 14: 0.2}),
        (
            "warmup_exponential_decay_schedule(0.0, 1.0, 4, 2, 0.25)",
            {2: 0.5, 4: 1, 5: 0.5, 6: 0.25},
        ),
    ],
)
def test_values_are_those_of_the_formula(call: str, wanted: dict[int, float]) -> None:
    assert rates(call, *wanted) == pytest.approx([*wanted.values()], rel=1e-12, abs=1e-16)


def test_each_cycle_of_sgdr_has_its_own_numbers() -> None:
    first = "dict(init_value=0.0, peak_value=1.0, warmup_steps=2, decay_steps=6)"
    second = "{'init_value': 0.2, 'peak_value': 0.4, 'warmup_steps': 4, 'decay_steps': 8}"
    call = f"sgdr_schedule([{first}, {second}])"
    assert rates(call, 0, 1, 2, 4, 6, 8, 10, 14, FAR) == pytest.approx(
        [0.0, 0.5, 1.0, 0.5, 0.2, 0.3, 0.4, 0.0, 0.0]
    )


# -- oddities -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "linear_schedule(0.3, 0.0, 0)",
        "polynomial_schedule(0.3, 0.0, 2, -5)",
        "exponential_decay(0.3, 0, 0.5)",
        "exponential_decay(0.3, 10, 0)",
    ],
)
def test_a_transition_of_no_length_is_no_transition(call: str) -> None:
    assert rates(call, 0, 7, FAR) == [0.3, 0.3, 0.3]


def test_a_begin_below_zero_is_zero() -> None:
    assert rates("linear_schedule(1.0, 0.0, 10, -5)", 0, 5) == [1.0, 0.5]


def test_an_end_value_already_passed_holds_from_the_start() -> None:
    assert rates("exponential_decay(0.1, 10, 0.5, 4, end_value=0.5)", 0, 3, 9) == [0.5, 0.5, 0.5]


def test_a_boundary_at_zero_counts_at_once() -> None:
    assert rates("piecewise_constant_schedule(1.0, {0: 0.5, -3: 0.5})", 0) == [0.25]
    assert rates("piecewise_interpolate_schedule('linear', 1.0, {0: 0.5})", 0, 9) == [0.5, 0.5]


def test_boundaries_before_the_start_have_begun() -> None:
    call = "piecewise_interpolate_schedule('linear', 1.0, {-10: 0.5, 10: 0.5})"
    assert rates(call, 0, 10) == [0.375, 0.25]


def test_of_two_points_at_one_step_the_later_counts_alone() -> None:
    call = "cosine_onecycle_schedule(20, 0.1, pct_start=1.0, div_factor=10)"
    assert max(rates(call, *range(25))) == pytest.approx(0.01)


def test_a_peak_of_zero_has_no_end_value() -> None:
    assert rates("warmup_cosine_decay_schedule(0.0, 0.0, 5, 10, end_value=0.1)", 3, 12) == [0, 0]


def test_an_end_past_the_run_takes_fractions() -> None:
    call = "cosine_decay_schedule(1.0, 10.5)"
    assert rates(call, 10) == pytest.approx([(1 + math.cos(math.pi * 10 / 10.5)) / 2])


# -- joined -------------------------------------------------------------------------------------

PARTS = "[linear_schedule(0.0, 1.0, 10), constant_schedule(5.0), linear_schedule(9.0, 8.0, 10)]"


@pytest.mark.parametrize(
    ("boundaries", "wanted"),
    [
        ("[4, 8]", {3: 0.3, 4: 5, 7: 5, 8: 9, 13: 8.5}),
        ("[8, 4]", {3: 0.3, 4: 9, 8: 8.6, 9: 8.5}),
        ("[4, 4]", {3: 0.3, 4: 9}),
        ("[0, 4]", {0: 5, 4: 9}),
        ("[-3, 4]", {0: 5, 4: 9}),
        ("[2, -5]", {0: 8.5, 2: 8.3, 9: 8.0}),
        ("[4]", {3: 0.3, 4: 5, FAR: 5}),
        ("[]", {4: 0.4, FAR: 1}),
        ("[4, 8, 12]", {8: 9, 12: 8.6}),
        ("[2.5, 8.5]", {2: 0.2, 3: 5, 8: 5, 9: 8.95}),
    ],
)
def test_the_last_boundary_come_to_says_which_schedule_runs(
    boundaries: str, wanted: dict[int, float]
) -> None:
    found = rates(f"join_schedules({PARTS}, {boundaries})", *wanted)
    assert found == pytest.approx([*wanted.values()])


def test_schedules_joined_at_fractions_in_joined_schedules() -> None:
    inner = "join_schedules([constant_schedule(1.0), linear_schedule(0.0, 1.0, 4)], [2.5])"
    call = f"join_schedules([constant_schedule(7.0), {inner}], [3.75])"
    since = {4: 7 / 7, 6: 1.0, 7: (7 - 6.25) / 4, 9: (9 - 6.25) / 4, 11: 1.0}
    assert rates(call, *since) == pytest.approx([*since.values()])
    assert unnamed_turns(plan(call), 20) == set()


@given(
    boundaries=st.lists(st.integers(-5, 25) | st.floats(0, 20), max_size=4),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_joining_is_where_after_where(boundaries: list[float], lengths: list[int]) -> None:
    parts = [optax.linear_schedule(i, i + 0.5, length) for i, length in enumerate(lengths)]

    def at(part: int, step: float) -> float:
        done = min(max(step, 0), lengths[part]) / lengths[part]
        return (part - (part + 0.5)) * (1 - done) + part + 0.5

    joined = optax.join_schedules(parts, boundaries)
    for step in range(30):
        wanted = at(0, step)
        for i, boundary in enumerate(boundaries[: len(parts) - 1], 1):
            wanted = wanted if step < boundary else at(i, step - boundary)
        assert joined.lr(np.array([step]), np.zeros(1))[0] == pytest.approx(wanted, abs=1e-12)


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("cosine_decay_schedule(0.1, 0)", "decay_steps: must be a number > 0.0"),
        ("warmup_cosine_decay_schedule(0.0, 0.1, 10, 10)", "decay_steps: must be more than"),
        ("warmup_cosine_decay_schedule(0.0, 0.1, 5)", "needs 'decay_steps'"),
        ("piecewise_constant_schedule(0.1, {5: -0.5})", "scales must not be negative, got -0.5"),
        ("piecewise_constant_schedule(0.1, [5])", "boundaries_and_scales: must map"),
        ("piecewise_interpolate_schedule('cubic', 0.1)", "must be linear or cosine"),
        ("linear_onecycle_schedule(0, 0.1)", "transition_steps: must be a number > 0.0"),
        ("cosine_onecycle_schedule(9, 0.1, div_factor=0)", "div_factor: must be a number > 0.0"),
        ("sgdr_schedule([])", "cosine_kwargs: needs at least one item"),
        ("sgdr_schedule([dict(init_value=0.0)])", "item 1 lacks 'peak_value'"),
        ("sgdr_schedule([dict(init_valu=0.0)])", "did you mean 'init_value'?"),
        ("sgdr_schedule([3])", "item 1 must be a dict"),
        ("join_schedules([], [])", "schedules: must be a list of optax's schedules"),
        ("join_schedules([0.1], [])", "schedules: must be a list of optax's schedules"),
        ("join_schedules([constant_schedule(0.1)], 5)", "boundaries: must be a list"),
        ("linear_schedule('a', 0.0, 5)", "init_value: must be a number"),
    ],
)
def test_what_optax_refuses_is_refused(call: str, reason: str) -> None:
    assert reason in complaint(call)


def test_where_optax_has_no_number_there_is_no_rate() -> None:
    with pytest.raises(InputError, match="no finite rate at step 1"):
        plan("exponential_decay(0.1, 10, -0.5)").lr(range(6))
    with pytest.raises(InputError, match="no finite rate at step 10"):
        plan("polynomial_schedule(0.1, 0.01, -1, 10)").lr(range(11))


# -- as a whole ---------------------------------------------------------------------------------


def test_jumps_and_kinks_are_at_knots() -> None:
    unsound = {
        call: turns
        for call, found in recorded_plans("optax")
        if (turns := unnamed_turns(found, 2 * found.max_iters))
    }
    assert not unsound


@pytest.mark.parametrize(
    "call",
    [
        "exponential_decay(0.1, 1000, 0.9, staircase=True, end_value=0.01)",
        "exponential_decay(0.1, 7.3, 0.9, staircase=True)",
        "join_schedules([constant_schedule(0.1), exponential_decay(0.1, 9, 0.9, 0, True)], [777])",
    ],
)
def test_knots_of_an_endless_run_are_not_listed_one_by_one(call: str) -> None:
    found = plan(call)
    assert len(found.schedule.knots(FAR)) < 100
    assert math.isfinite(found.lr(FAR))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("constant", {}),
        ("poly", {"power": 2, "eta_min": 0.01}),
        ("linear", {"end_lr": 0.2}),
        ("exponential", {"gamma": 0.9}),
        ("natural_exp", {"gamma": 0.1}),
        ("piecewise", {"boundaries": [3, 9], "values": [0.3, 0.0, 0.1]}),
        ("step", {"step_size": 7, "gamma": 0.5}),
        ("multistep", {"milestones": [3, 9, 9], "gamma": 0.5}),
        ("cosine", {"eta_min": 0.01}),
        ("cosine_restarts", {"t_0": 10, "t_mult": 2, "eta_min": 0.01}),
        ("onecycle", {"max_lr": 0.5}),
        ("onecycle", {"max_lr": 0.5, "anneal": "linear", "three_phase": True}),
        ("linear_warmup", {"warmup_steps": 9, "start_lr": 0.01}),
        ("linear_warmup", {"warmup_steps": 0}),
        ("wsd", {"warmup_steps": 10, "decay_steps": 30, "eta_min": 0.01}),
        ("wsd", {"warmup_steps": 10, "decay_steps": 30, "decay": "cosine"}),
    ],
)
def test_a_native_schedule_has_a_twin(name: str, options: dict[str, Any]) -> None:
    native = load(name, max_iters=100, base_lr=0.1, **options)
    twin = load(name, max_iters=100, base_lr=0.1, as_="optax", **options)
    assert twin.convention.startswith("optax 0.2.8 ")
    assert twin.lr(range(101)) == pytest.approx(native.lr(range(101)), rel=1e-9, abs=1e-17)


@pytest.mark.parametrize("after", [Cosine(max_iters=80, eta_min=0.01), Exponential(gamma=0.9)])
def test_a_native_warmup_has_a_twin(after: Schedule) -> None:
    warmup = LinearWarmup(warmup_steps=20, warmup_ratio=0.1, then=after)
    native = Plan(schedule=warmup, base_lr=0.1, max_iters=100)
    twin = as_framework(native, "optax")
    assert twin.lr(range(101)) == pytest.approx(native.lr(range(101)), rel=1e-12)


def test_a_native_sequence_has_a_twin() -> None:
    parts = (Linear(max_iters=5, end_lr=0.3), Exponential(gamma=0.9))
    handing = Sequence(schedules=parts, milestones=(7,))
    native = Plan(schedule=handing, base_lr=0.1, max_iters=20)
    assert as_framework(native, "optax").lr(range(21)) == pytest.approx(native.lr(range(21)))
    carrying = replace(handing, hand_over="carry")
    carried = Plan(schedule=carrying, base_lr=0.1, max_iters=20)
    with pytest.raises(UsageError, match="hands over no rate"):
        as_framework(carried, "optax")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("poly", {"cycle": True}, "does not start again"),
        ("exponential", {"gamma": 0.0}, "takes a decay_rate of 0 for none"),
        ("onecycle", {"max_lr": 0.5, "anneal": "linear"}, "three of straight lines"),
        ("wsd", {"decay_steps": 9, "decay": "1-sqrt"}, "nothing decays by 1-sqrt"),
        ("cosine_restarts", {"t_0": 1}, "here more than 100"),
        ("noam", {"d_model": 64, "warmup_steps": 9}, "has no noam"),
    ],
)
def test_what_optax_does_not_have_has_no_twin(
    name: str, options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        load(name, max_iters=1000, base_lr=0.1, as_="optax", **options)
