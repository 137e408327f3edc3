from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from lrplot.plan import Plan


def plan(call: str, max_iters: int | None = 10, **options: Any) -> Plan:
    return load(call, as_="fvcore", max_iters=max_iters, **options)


def rates(call: str, *steps: int, max_iters: int = 10) -> list[float]:
    found: list[float] = plan(call, max_iters).lr(steps).tolist()
    return found


def test_progress_is_a_part_of_the_run() -> None:
    call = "LinearParamScheduler(1.0, 0.0)"
    assert rates(call, 0, 3, 10) == pytest.approx([1.0, 0.7, 0.0])
    assert rates(call, 30, max_iters=100) == pytest.approx([0.7])


def test_a_schedule_of_progress_asks_how_long_the_run_is() -> None:
    with pytest.raises(InputError, match="CosineParamScheduler, a function of progress, needs"):
        plan("CosineParamScheduler(1, 0)", None)


def test_the_rates_stand_in_the_call() -> None:
    assert plan("CosineParamScheduler(0.5, 0)").base_lr == 0.5


def test_cosine_ends_where_it_says() -> None:
    assert rates("CosineParamScheduler(1.0, 0.2)", 0, 5, 10) == pytest.approx([1.0, 0.6, 0.2])


def test_exponential_falls_to_its_decay() -> None:
    call = "ExponentialParamScheduler(2.0, 0.25)"
    assert rates(call, 0, 5, 10) == pytest.approx([2.0, 1.0, 0.5])


def test_polynomial_has_no_floor_and_stays_at_nothing() -> None:
    call = "PolynomialDecayParamScheduler(1.0, power=2)"
    assert rates(call, 0, 5, 10, 20) == pytest.approx([1.0, 0.25, 0.0, 0.0])


def test_what_fvcore_has_no_value_for_at_the_end_is_held_and_said() -> None:
    for call in ("ConstantParamScheduler(0.1)", "StepParamScheduler(10, [0.3, 0.1])"):
        found = plan(call)
        assert found.lr([9, 10, 99]).tolist() == [0.1, 0.1, 0.1]
        assert "no value at the end" in found.notes[0]


def test_steps_share_the_run_evenly_whatever_num_updates_says() -> None:
    call = "StepParamScheduler(num_updates=7, values=[4, 3, 2, 1])"
    assert rates(call, 0, 2, 3, 4, 5, 7, 8) == [4, 4, 3, 3, 2, 2, 1]


def test_drops_by_gamma_are_multiplied_one_after_another() -> None:
    call = "StepWithFixedGammaParamScheduler(1.0, num_decays=4, gamma=0.1, num_updates=9)"
    assert rates(call, 0, 2, 4, 8) == [1.0, 0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1 * 0.1]


@pytest.mark.parametrize(
    "arguments",
    [
        "[3, 2, 1], 9, [3, 6]",
        "[3, 2, 1], num_updates=9",
        "[3, 2, 1], milestones=[3, 6, 9]",
        "[3, 2, 1], milestones=[1, 2, 3]",
    ],
)
def test_milestones_are_scaled_to_the_run(arguments: str) -> None:
    call = f"MultiStepParamScheduler({arguments})"
    assert rates(call, 29, 30, 59, 60, 90, max_iters=90) == [3, 2, 2, 1, 1]


def test_a_milestone_far_out_acts_a_millionth_of_the_run_early() -> None:
    call = "MultiStepParamScheduler([2, 1], milestones=[5_000_000, 10_000_000])"
    assert rates(call, 4_999_989, 4_999_990, max_iters=10**7) == [2, 1]
    assert {4_999_990} <= {
        step for knot in plan(call, 10**7).schedule.knots(10**7) for step in knot
    }


COMPOSITE = (
    "CompositeParamScheduler([LinearParamScheduler(0.0, 1.0), CosineParamScheduler(1.0, 0.0)], "
    "[0.5, 0.5], ['rescaled', '{}'])"
)


def test_a_rescaled_part_runs_as_if_it_were_the_whole() -> None:
    call = COMPOSITE.format("rescaled")
    assert rates(call, 0, 4, 5, 15, 20, max_iters=20) == pytest.approx([0, 0.4, 0.5, 0.5, 0])


def test_a_fixed_part_sees_the_progress_of_the_run() -> None:
    call = COMPOSITE.format("fixed")
    half = (1 + math.cos(math.pi * 0.75)) / 2
    assert rates(call, 15, 20, max_iters=20) == pytest.approx([half, 0.0])


def test_lengths_are_mended_to_sum_to_one() -> None:
    call = COMPOSITE.format("rescaled").replace("[0.5, 0.5]", "[0.5, 0.4999]")
    assert rates(call, 20, max_iters=20) == pytest.approx([0.0])


def test_composites_nest() -> None:
    call = f"CompositeParamScheduler([{COMPOSITE.format('rescaled')}], [1.0], ['rescaled'])"
    inner = COMPOSITE.format("rescaled")
    assert rates(call, *range(11)) == pytest.approx(rates(inner, *range(11)))
    near = {step for knot in plan(call).schedule.knots(10) for step in knot}
    assert near >= {4, 5}


def test_a_part_whose_scaling_is_not_said_has_no_values() -> None:
    found = plan(COMPOSITE.format("fixed").replace(", 'fixed'", ""))
    assert found.lr(4) == pytest.approx(0.8)
    with pytest.raises(InputError, match="no finite rate at step 5"):
        found.lr(5)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("ConstantParamScheduler()", "needs 'value'"),
        ("ConstantParamScheduler('x')", "must be a number"),
        ("MultiStepParamScheduler([0.1, 0.01])", "give num_updates or milestones"),
        ("MultiStepParamScheduler([0.1, 0.01], num_updates=1)", "must not be below the 2 values"),
        ("MultiStepParamScheduler([3, 2, 1], milestones=[10, 20])", "milestones: must be 3, got 2"),
        ("MultiStepParamScheduler([3, 2, 1], 30, [20, 10])", "must rise from one to the next"),
        ("MultiStepParamScheduler([3, 2, 1], 30, [10, 30])", "must lie below num_updates"),
        ("MultiStepParamScheduler(3, 5)", "values: must be a list"),
        ("MultiStepParamScheduler([1, 2], milestones=3)", "milestones: must be a list"),
        ("StepParamScheduler(0, [0.1])", "num_updates: must be above 0"),
        ("StepParamScheduler(30, [])", "values: must"),
        ("StepWithFixedGammaParamScheduler(0, 2, 0.1, 30)", "base_value: must be a number above 0"),
        ("StepWithFixedGammaParamScheduler(1, 2.0, 0.1, 30)", "num_decays: must be a whole number"),
        ("StepWithFixedGammaParamScheduler(1, 10**9, 0.1, 30)", "must be below 1,000,000"),
        ("CompositeParamScheduler([], [], [])", "needs at least one schedule"),
        ("CompositeParamScheduler([LinearParamScheduler(0, 1)], [0.5], ['fixed'])", "must sum to"),
        ("CompositeParamScheduler([LinearParamScheduler(0, 1)], [1, 1], ['fixed'])", "one per sch"),
        (
            "CompositeParamScheduler([LinearParamScheduler(0, 1)], [1], ['x'])",
            "must be rescaled or",
        ),
        (
            "CompositeParamScheduler([StepLR(optimizer, 3)], [1.0], ['fixed'])",
            "must be fvcore's own",
        ),
    ],
)
def test_what_fvcore_refuses_is_refused_in_words(call: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(call)
    assert said in str(caught.value)


def test_a_long_run_costs_what_a_short_one_does() -> None:
    far = 10**12
    found = plan(COMPOSITE.format("rescaled"), far)
    assert found.lr([0, far // 4, far]).tolist() == pytest.approx([0.0, 0.5, 0.0])
    assert sum(map(len, found.schedule.knots(far))) < 20
