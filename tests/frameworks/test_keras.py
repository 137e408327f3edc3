from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from lrplot.errors import InputError, UsageError
from lrplot.frameworks.native import as_framework
from lrplot.plan import Plan
from lrplot.schedules.decay import Cosine
from lrplot.schedules.warmup import LinearWarmup
from lrplot.source import load
from tests.frameworks.soundness import recorded_plans, unnamed_turns

FAR = 10**12
SINGLE = 2**24  # beyond, float32 does not know all whole numbers


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="keras", **{"max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def knots(call: str, end: int) -> set[int]:
    return {step for knot in plan(call).schedule.knots(end) for step in knot}


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("ExponentialDecay(1.0, 4, 0.25)", {0: 1, 2: 0.5, 4: 0.25, 8: 0.0625, FAR: 0}),
        ("ExponentialDecay(1.0, 4, 0.25, staircase=True)", {3: 1, 4: 0.25, 7: 0.25, 8: 0.0625}),
        ("ExponentialDecay(1.0, 2.5, 0.5, staircase=True)", {2: 1, 3: 0.5, 4: 0.5, 5: 0.25}),
        ("InverseTimeDecay(1.0, 4, 0.5)", {0: 1, 4: 2 / 3, 8: 0.5, FAR: 8e-12}),
        ("InverseTimeDecay(1.0, 4, 1.0, True)", {3: 1, 4: 0.5, 7: 0.5, 8: 1 / 3}),
        ("PolynomialDecay(1.0, 10, 0.0, power=2.0)", {0: 1, 5: 0.25, 10: 0, FAR: 0}),
        ("PolynomialDecay(1.0, 10, 0.0, cycle=True)", {10: 0, 11: 0.45, 20: 0, 21: 0.3}),
        ("PolynomialDecay(1.0, 10)", {10: 1e-4}),
        ("CosineDecay(1.0, 10, alpha=0.2)", {0: 1, 5: 0.6, 10: 0.2, FAR: 0.2}),
        (
            "CosineDecay(0.0, 10, 0.2, 'x', 1.0, 4)",
            {0: 0, 3: 0.75, 4: 1, 9: 0.6, 14: 0.2, FAR: 0.2},
        ),
        ("CosineDecayRestarts(1.0, 4)", {0: 1, 2: 0.5, 4: 1, 8: 0.5, 12: 1, 20: 0.5}),
        ("CosineDecayRestarts(1.0, 4, 1.0, 0.5, 0.1)", {0: 1, 4: 0.55, 6: 0.325, 8: 0.325}),
    ],
)
def test_values_are_those_of_the_formula(call: str, wanted: dict[int, float]) -> None:
    assert rates(call, *wanted) == pytest.approx([*wanted.values()], rel=1e-6, abs=1e-16)


def test_a_boundary_belongs_to_the_stretch_before_it() -> None:
    call = "PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])"
    assert rates(call, 0, 2, 3, 4, 5, FAR) == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1]


def test_boundaries_that_fall_add_and_leave_out() -> None:
    call = "PiecewiseConstantDecay([6, 3], [1.0, 0.5, 0.1])"
    assert rates(call, 3, 4, 6, 7) == [1.0, 1.1, 1.1, 0.1]


def test_the_fraction_of_a_boundary_is_cut_off() -> None:
    assert rates("PiecewiseConstantDecay([2.9], [1.0, 0.5])", 2, 3) == [1.0, 0.5]
    assert rates("PiecewiseConstantDecay([-0.5], [1.0, 0.5])", 0, 1) == [1.0, 0.5]


def test_without_a_target_there_is_no_warmup() -> None:
    found = plan("CosineDecay(1.0, 10, warmup_steps=4)")
    assert found.lr(5) == pytest.approx(0.5)
    assert any("warmup_steps does nothing" in note for note in found.notes)


def test_a_cosine_near_its_foot_is_as_coarse_as_float32() -> None:
    cosine = np.float32(math.cos(np.float32(math.pi * 181 / 182)))
    wanted = 0.5 * float(1 + cosine)
    exact = (1 + math.cos(math.pi * 181 / 182)) / 2
    assert rates("CosineDecay(1.0, 182)", 181) == [wanted]
    assert abs(wanted / exact - 1) > 1e-4


def test_a_restart_is_where_the_logarithm_rounded_to_float32_has_it() -> None:
    assert math.log(243) / math.log(3) < 5  # in float64 the fifth cycle would be late
    edges = [(3**n - 1) // 2 for n in range(1, 14)]
    found = rates("CosineDecayRestarts(1.0, 1, t_mul=3.0)", *edges)
    assert found == pytest.approx([1.0] * 13)


def test_cycles_that_shrink_end() -> None:
    found = plan("CosineDecayRestarts(1.0, 8, t_mul=0.5)")
    assert found.lr([8, 12]) == pytest.approx([1.0, 1.0])
    with pytest.raises(InputError, match="no finite rate at step 17"):
        found.lr(17)


def test_far_out_a_stair_comes_as_early_as_float32_rounds() -> None:
    call = "ExponentialDecay(1.0, 1000, 0.9999, staircase=True)"
    step = 40_000_000
    assert rates(call, step - 1) == rates(call, step)
    assert rates(call, 10_000_000 - 1) != rates(call, 10_000_000)
    assert step - 1 in knots(call, step)
    assert 10_000_000 - 1 not in knots(call, SINGLE)


# -- whole numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("ExponentialDecay(1, 5, 0.9)", [1, 0, 0, 0]),
        ("InverseTimeDecay(1, 5, 0.5)", [1, 1, 1, 1]),
        ("PolynomialDecay(1, 10, 0.1)", [1, 0.9, 0.8, 0.7]),
        ("CosineDecay(0, 10, warmup_target=0.1, warmup_steps=5)", [0, 0, 0, 0]),
        ("CosineDecayRestarts(1, 5)", [1, 0.91266781, 0.68117887, 0.38639891]),
        ("CosineDecay(1, 10)", [1, 0.97766823, 0.91266781, 0.81080496]),
    ],
)
def test_a_whole_first_rate_makes_keras_compute_in_whole_numbers(
    call: str, wanted: list[float]
) -> None:
    found = plan(call)
    assert found.lr(range(4)) == pytest.approx(wanted, rel=1e-6)
    assert any("write it with a decimal point" in note for note in found.notes)


def test_a_first_rate_with_a_point_needs_no_note() -> None:
    assert not plan("ExponentialDecay(1.0, 5, 0.9)").notes


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("ExponentialDecay(0.1, 0, 0.9)", "decay_steps: must be a number > 0.0"),
        ("ExponentialDecay(0.1, 5)", "needs 'decay_rate'"),
        ("ExponentialDecay(0.1, 5, 0.9, gamma=1)", "has no parameter 'gamma'"),
        ("ExponentialDecay('0.1', 5, 0.9)", "initial_learning_rate: must be a number"),
        ("PiecewiseConstantDecay([5, 9], [0.1])", "values: must be one more than boundaries: 3"),
        ("PiecewiseConstantDecay([], [0.1])", "boundaries: needs at least one"),
        ("CosineDecayRestarts(0.1, 0)", "first_decay_steps: must be a number > 0.0"),
    ],
)
def test_what_keras_refuses_is_refused(call: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(call)
    assert reason in str(caught.value)


def test_where_keras_has_no_number_there_is_no_rate() -> None:
    with pytest.raises(InputError, match="no finite rate at step 1"):
        plan("ExponentialDecay(0.1, 5, decay_rate=-0.5)").lr(range(6))
    assert rates("ExponentialDecay(0.1, 5, -0.5, staircase=True)", 5) == [-0.05]


# -- as a whole ---------------------------------------------------------------------------------


def test_jumps_and_kinks_are_at_knots() -> None:
    unsound = {
        call: turns
        for call, found in recorded_plans("keras")
        if (turns := unnamed_turns(found, 2 * found.max_iters))
    }
    assert not unsound


@pytest.mark.parametrize(
    "call",
    [
        "ExponentialDecay(0.1, 1000, 0.9, staircase=True)",
        "ExponentialDecay(0.1, 0.7, 0.9, staircase=True)",
        "PolynomialDecay(0.1, 1000, cycle=True)",
        "CosineDecayRestarts(0.1, 1000)",
        "CosineDecayRestarts(0.1, 1000, t_mul=1.0)",
        "CosineDecayRestarts(0.1, 10, t_mul=1.0001)",
    ],
)
def test_knots_of_an_endless_run_are_not_listed_one_by_one(call: str) -> None:
    found = plan(call)
    assert len(found.schedule.knots(FAR)) <= 10_000
    assert math.isfinite(found.lr(FAR))


def test_a_module_in_front_of_the_name_settles_whose_it_is() -> None:
    call = "tf.keras.optimizers.schedules.PolynomialDecay(0.1, 10, 0.05, 2.0, True)"
    assert load(call, max_iters=30).convention == "keras 3.15 PolynomialDecay"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("poly", {"power": 2, "eta_min": 0.01}),
        ("linear", {"end_lr": 0.2}),
        ("exponential", {"gamma": 0.9}),
        ("natural_exp", {"gamma": 0.1}),
        ("inverse_time", {"gamma": 0.1}),
        ("step", {"step_size": 7, "gamma": 0.5}),
        ("cosine", {"eta_min": 0.01}),
        ("cosine_restarts", {"t_0": 10, "t_mult": 2, "eta_min": 0.01}),
    ],
)
def test_a_native_schedule_has_a_twin(name: str, options: dict[str, Any]) -> None:
    native = load(name, max_iters=100, base_lr=0.1, **options)
    twin = load(name, max_iters=100, base_lr=0.1, as_="keras", **options)
    assert twin.convention.startswith("keras 3.15 ")
    assert twin.lr(range(101)) == pytest.approx(native.lr(range(101)), rel=1e-6)


def test_a_warmup_before_a_cosine_has_a_twin() -> None:
    cosine = Cosine(max_iters=80, eta_min=0.01)
    for steps in (0, 20):
        warmup = LinearWarmup(warmup_steps=steps, start_lr=0.05, then=cosine)
        native = Plan(schedule=warmup, base_lr=0.1, max_iters=100)
        twin = as_framework(native, "keras")
        assert twin.lr(range(101)) == pytest.approx(native.lr(range(101)), rel=1e-5)


def test_only_a_cosine_can_follow_a_warmup() -> None:
    with pytest.raises(UsageError, match="only CosineDecay has a warm-up"):
        load("linear_warmup", warmup_steps=5, max_iters=9, set=["then={type: poly}"], as_="keras")


def test_milestones_act_a_step_later_as_keras() -> None:
    twin = load("multistep", milestones=[3, 9], base_lr=1.0, as_="keras")
    assert twin.lr([3, 4, 9, 10]) == pytest.approx([1.0, 0.1, 0.1, 0.01])
