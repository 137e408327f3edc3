"""mmengine's schedulers by their calls: worked values, lists, refusals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from lrplot.plan import Plan

FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, **{"as_": "mmengine", "base_lr": 1.0, "max_iters": 100, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


# -- one scheduler --------------------------------------------------------------------------------


def test_linear_lr_reaches_its_end_one_step_before_end() -> None:
    call = "LinearLR(optimizer, 0.1, by_epoch=False, end=10)"
    assert rates(call, 0, 8, 9, 10, FAR) == pytest.approx([0.1, 0.9, 1, 1, 1])


def test_linear_lr_over_one_step_stays_at_its_start() -> None:
    assert rates("LinearLR(optimizer, 0.1, by_epoch=False, end=1)", 0, 5) == [0.1, 0.1]


def test_poly_lr_reaches_its_floor_exactly_and_one_step_before_end() -> None:
    call = "PolyLR(optimizer, eta_min=0.25, power=2, by_epoch=False, end=11)"
    assert rates(call, 0, 5, 10, 11) == pytest.approx([1, 0.25 + 0.75 * 0.25, 0.25, 0.25])
    assert rates(call, 10) == [0.25]


def test_constant_lr_gives_the_rate_back_one_step_before_end() -> None:
    call = "ConstantLR(optimizer, factor=0.5, by_epoch=False, end=5)"
    assert rates(call, 0, 3, 4, 5) == [0.5, 0.5, 1.0, 1.0]


def test_milestones_count_from_begin_and_twice_is_twice() -> None:
    call = "MultiStepLR(optimizer, [3, 3, 8], 0.5, begin=10, end=15, by_epoch=False)"
    assert rates(call, 12, 13, 17, 18, 100) == [1, 0.25, 0.25, 0.25, 0.25]


def test_a_milestone_at_0_acts_at_once() -> None:
    assert rates("MultiStepLR(optimizer, [0, 2], 0.5, by_epoch=False)", 0, 1, 2) == [0.5, 0.5, 0.25]


def test_a_step_size_that_is_no_whole_number_acts_where_its_multiples_are() -> None:
    call = "StepLR(optimizer, 2.5, 0.5, by_epoch=False)"
    assert rates(call, 2, 3, 4, 5, 9, 10) == [1, 1, 1, 0.5, 0.5, 0.25]


def test_a_cosine_over_its_window_does_not_reach_its_floor() -> None:
    call = "CosineAnnealingLR(optimizer, by_epoch=False, end=4)"
    last = (1 + math.cos(math.pi * 3 / 4)) / 2
    assert rates(call, 0, 2, 3, 4, FAR) == pytest.approx([1, 0.5, last, last, last])


def test_a_cosine_past_t_max_rises_again() -> None:
    call = "CosineAnnealingLR(optimizer, 4, 0.2, by_epoch=False)"
    assert rates(call, 4, 6, 8, 12) == pytest.approx([0.2, 0.6, 1, 0.2])


def test_a_floor_may_be_a_part_of_the_optimizers_rate() -> None:
    call = "CosineAnnealingLR(optimizer, 4, eta_min_ratio=0.1, by_epoch=False, end=5)"
    assert rates(call, 4, base_lr=0.5) == pytest.approx([0.05])


def test_restarts_start_from_their_weight_and_hold_after_the_last() -> None:
    call = "CosineRestartLR(optimizer, [2, 4], [1, 0.5], eta_min=0, by_epoch=False)"
    last = 0.5 * (1 + math.cos(math.pi * 3 / 4)) / 2
    assert rates(call, 0, 1, 2, 4, 5, 6, FAR) == pytest.approx([1, 0.5, 0.5, 0.25, *[last] * 3])


def test_one_cycle_needs_no_rate_of_the_optimizer() -> None:
    call = "OneCycleLR(optimizer, 0.5, 10, 0.5, 'linear', by_epoch=False)"
    found = load(call, as_="mmengine", max_iters=9)
    assert found.lr([0, 2, 4, 9]).tolist() == pytest.approx([0.02, 0.26, 0.5, 0.02 / 1e4])


def test_the_quadratic_warm_up_is_complete_at_its_last_step() -> None:
    call = "QuadraticWarmupLR(optimizer, by_epoch=False, end=4)"
    assert rates(call, 0, 1, 3, 4) == [1 / 16, 4 / 16, 1, 1]


def test_the_factors_of_linear_lr_interval_are_rates() -> None:
    call = "LinearLrInterval(optimizer, 0.5, 0.0, by_epoch=False, end=8, interval=2)"
    assert rates(call, 0, 1, 3, 5, 7, 8, base_lr=9.0) == [4.5, 0.5, 0.375, 0.25, 0.125, 0.125]
    assert any("rates themselves" in note for note in plan(call).notes)


def test_poly_lr_ratio_takes_its_floor_from_the_optimizers_rate() -> None:
    call = "PolyLRRatio(optimizer, eta_min_ratio=0.1, by_epoch=False, end=5)"
    assert rates(call, 4, base_lr=0.5) == [0.05]


def test_a_window_that_begins_between_two_steps_waits_for_the_next() -> None:
    call = "ExponentialLR(optimizer, 0.5, begin=1.5, end=4.5, by_epoch=False)"
    assert rates(call, 1, 2, 3, 4, 5, 9) == [1, 1, 0.5, 0.25, 0.25, 0.25]


def test_a_window_of_no_whole_step_does_nothing() -> None:
    assert rates("ExponentialLR(optimizer, 0.5, begin=1.2, end=1.5, by_epoch=False)", 9) == [1]


# -- clocks ---------------------------------------------------------------------------------------


def test_by_epoch_acts_where_an_epoch_has_ended() -> None:
    call = "ExponentialLR(optimizer, 0.5)"
    assert rates(call, 0, 9, 10, 19, 20, iters_per_epoch=10) == [1, 1, 0.5, 0.5, 0.25]


def test_without_the_length_of_an_epoch_steps_are_epochs_and_a_note_says_so() -> None:
    found = plan("ExponentialLR(optimizer, 0.5)")
    assert found.lr([1, 2]).tolist() == [0.5, 0.25]
    assert any("steps are epochs" in note for note in found.notes)


def test_what_is_built_from_epochs_counts_iterations() -> None:
    call = "StepLR.build_iter_from_epoch(optimizer, step_size=2, gamma=0.5, epoch_length=3)"
    assert rates(call, 5, 6, 11, 12) == [1, 0.5, 0.5, 0.25]


def test_a_part_of_an_epoch_is_cut_to_whole_iterations() -> None:
    call = (
        "LinearLR.build_iter_from_epoch(optimizer, start_factor=0.5, begin=0.3, end=0.7, "
        "epoch_length=10)"
    )
    assert rates(call, 2, 3, 6, 7) == pytest.approx([1, 0.5, 1, 1])


def test_a_list_of_both_clocks_asks_for_the_length_of_an_epoch() -> None:
    call = "[LinearLR(by_epoch=False, end=5), MultiStepLR(milestones=[8])]"
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(call)


# -- lists ----------------------------------------------------------------------------------------


def test_each_takes_over_the_value_that_stands() -> None:
    call = (
        "[ConstantLR(factor=0.5, by_epoch=False, end=50), "
        "ExponentialLR(0.5, begin=2, end=5, by_epoch=False)]"
    ).replace("(0.5", "(gamma=0.5")
    assert rates(call, 1, 2, 3, 4, 5, 49) == [0.5, 0.5, 0.25, 0.125, 0.125, 0.25]


def test_an_overlap_with_a_floor_is_no_product() -> None:
    call = (
        "[LinearLR(start_factor=0.5, by_epoch=False, end=3), "
        "PolyLR(eta_min=0.5, by_epoch=False, end=5)]"
    )
    first = 0.5 * 1.5
    first = (first - 0.5) * (1 - 1 / 4) + 0.5
    second = first * (1 + 0.5 / 1.5)
    second = (second - 0.5) * (1 - 1 / 3) + 0.5
    assert rates(call, 0, 1, 2) == pytest.approx([0.5, first, second])


def test_all_are_built_in_the_lists_order_then_iterations_come_before_epochs() -> None:
    restart = "CosineRestartLR(periods=[4], eta_min=0, by_epoch=False)"
    drop = "MultiStepLR(milestones=[0, 1], gamma=0.5)"
    assert rates(f"[{drop}, {restart}]", 0, iters_per_epoch=1) == [1.0]
    assert rates(f"[{restart}, {drop}]", 0, iters_per_epoch=1) == [0.5]
    assert rates(f"[{drop}, {restart}]", 1, iters_per_epoch=1) == pytest.approx(
        [0.5 * (1 + math.cos(math.pi / 4)) / 2]
    )


def test_a_one_cycle_sets_the_rate_that_what_follows_in_the_list_starts_from() -> None:
    call = (
        "[OneCycleLR(eta_max=0.5, by_epoch=False, end=9), "
        "CosineRestartLR(periods=[5], eta_min=0, begin=20, by_epoch=False)]"
    )
    assert rates(call, 20, base_lr=3.0) == pytest.approx([0.5 / 25])


def test_of_two_one_cycles_the_later_built_has_its_rates_in_both() -> None:
    call = (
        "[OneCycleLR(eta_max=0.5, total_steps=10, by_epoch=False, end=9), "
        "OneCycleLR(eta_max=2.5, total_steps=10, begin=20, by_epoch=False, end=29)]"
    )
    assert rates(call, 0, 20) == pytest.approx([0.5 / 25, 2.5 / 25])
    assert rates(call, 1)[0] > 2.5 / 25


def test_a_dict_ends_with_the_run_unless_it_says_otherwise() -> None:
    call = "[dict(type='LinearLR', start_factor=0.5, by_epoch=False)]"
    assert rates(call, 98, 99, 100) == pytest.approx([1 - 0.5 / 99, 1, 1])
    with pytest.raises(InputError, match="--max-iters"):
        load(call, as_="mmengine", base_lr=1)


def test_no_scheduler_leaves_the_rate() -> None:
    assert rates("[]", 0, 50) == [1, 1]


# -- momentum and metrics -------------------------------------------------------------------------


def test_a_momentum_scheduler_leaves_the_rate_and_is_asked_for() -> None:
    found = plan("StepMomentum(optimizer, 2, 0.5, by_epoch=False)", base_lr=0.8)
    assert found.lr([0, 2]).tolist() == [0.8, 0.8]
    assert found.of("momentum").lr([0, 2]).tolist() == [0.8, 0.4]
    assert any("momentum" in note for note in found.notes)


def test_a_schedule_without_a_momentum_scheduler_has_none() -> None:
    with pytest.raises(InputError, match="does not schedule the momentum"):
        plan("StepLR(optimizer, 2)").of("momentum")


def test_a_param_scheduler_is_told_its_parameter() -> None:
    call = "StepParamScheduler(optimizer, 'lr', 2, 0.5, by_epoch=False)"
    assert rates(call, 1, 2) == [1, 0.5]
    with pytest.raises(InputError, match="param_name: must be one of"):
        plan(call.replace("'lr'", "'rate'"))


def test_a_plateau_drops_after_patience_bad_epochs_within_its_window() -> None:
    call = "ReduceOnPlateauLR(optimizer, patience=1, factor=0.5, begin=3)"
    options = {"metrics": [1, 2, 2, 2, 2, 2, 2], "iters_per_epoch": 10}
    assert rates(call, 49, 50, 69, 70, **options) == [1, 0.5, 0.5, 0.25]


def test_a_plateau_needs_metrics() -> None:
    with pytest.raises(InputError, match="--metrics"):
        plan("ReduceOnPlateauLR(optimizer)")


def test_a_value_worse_than_1e9_is_never_better() -> None:
    call = "ReduceOnPlateauLR(optimizer, patience=0, factor=0.5)"
    assert rates(call, 1, metrics=[2e9]) == [0.5]
    assert rates(call, 1, metrics=[9e8]) == [1]


# -- what mmengine refuses ------------------------------------------------------------------------

REFUSED = {
    "StepLR(optimizer, step_size=5, begin=6, end=3)": "end: must be larger than begin: 6, 3",
    "StepLR(optimizer, step_size=5, last_step=3)": "last_step: must be -1",
    "StepLR(optimizer, step_size='5')": "step_size: must be a number",
    "StepLR(optimizer, 5, begin='now')": "begin: must be a number",
    "ConstantLR(optimizer, factor=1.5)": "factor: must be between 0 and 1",
    "LinearLR(optimizer, start_factor=1.5)": "start_factor: ",
    "MultiStepLR(optimizer, milestones=5)": "milestones: must be a list",
    "CosineAnnealingLR(optimizer, 9, 0, eta_min_ratio=0.1)": "give one of them",
    "CosineRestartLR(optimizer, [5])": "only one of them",
    "CosineRestartLR(optimizer, [5, 5], eta_min=0)": "restart_weights: must be 2",
    "CosineRestartLR(optimizer, [2.5], eta_min=0)": "periods: must be whole",
    "OneCycleLR(optimizer, 0.1, total_steps=0)": "total_steps: ",
    "OneCycleLR(optimizer, 0.1, 20, pct_start=1)": "pct_start: must be written as a float",
    "OneCycleLR(optimizer, 0.1, 20, div_factor=0)": "div_factor: must not be 0",
    "OneCycleLR(optimizer, 0.1, 20, anneal_strategy='exp')": "anneal_strategy: ",
    "ReduceOnPlateauLR(optimizer, by_epoch=False)": "by_epoch: must be True",
    "ReduceOnPlateauLR(optimizer, rule='min')": "rule: must be less or greater",
    "ReduceOnPlateauLR(optimizer, factor=1.0)": "factor: must be below 1",
    "QuadraticWarmupLR(optimizer)": "end: must be given",
    "StepLR.build_iter_from_epoch(optimizer, step_size=2)": "epoch_length: ",
    "StepLR.build_iter_from_epoch(optimizer, step_size=2, by_epoch=False, epoch_length=2)": (
        "by_epoch: "
    ),
    "StepLR.build_iter_from_epoch(optimizer, step_size='a', epoch_length=2)": "step_size: ",
    "[dict(start_factor=0.1)]": "type: is missing",
    "[dict(type='LinearLRs')]": "did you mean 'LinearLR'?",
    "[dict(type='LinearLR', start_facto=0.1)]": "did you mean 'start_factor'?",
    "[dict(type='StepLR')]": "step_size: is missing",
    "[dict(type='ReduceOnPlateauLR', convert_to_iter_based=True)]": "cannot be converted",
    "[3]": "holds its schedulers, or dicts of them",
}


@pytest.mark.parametrize(("call", "said"), REFUSED.items())
def test_what_mmengine_refuses_is_refused(call: str, said: str) -> None:
    with pytest.raises(InputError) as refusal:
        plan(call, iters_per_epoch=None if "build_iter" in call else 5, metrics=[1.0])
    assert said in str(refusal.value)


STOPS = {
    "StepLR(optimizer, step_size=0, by_epoch=False)": 1,
    "ConstantLR(optimizer, factor=0, end=5, by_epoch=False)": 4,
    "LinearLR(optimizer, start_factor=0, end=5, by_epoch=False)": 1,
    "PolyLR(optimizer, power=-1, end=5, by_epoch=False)": 4,
    "OneCycleLR(optimizer, 0.1, 20, by_epoch=False)": 21,
    "OneCycleLR(optimizer, 0.1, 20, pct_start=1.0, by_epoch=False)": 20,
    "LinearLrInterval(optimizer, end=5, interval=6, by_epoch=False)": 1,
}


@pytest.mark.parametrize(("call", "stop"), STOPS.items())
def test_where_mmengine_stops_with_an_error_there_is_no_rate(call: str, stop: int) -> None:
    found = plan(call)
    assert math.isfinite(found.lr(stop - 1))
    with pytest.raises(InputError, match=f"stops with an error at step {stop}:"):
        found.lr(stop)


# -- far out, and what is shown -------------------------------------------------------------------


def test_knots_are_never_expanded() -> None:
    found = plan("StepLR(optimizer, 3, by_epoch=False)", max_iters=FAR).schedule.knots(FAR)
    assert sum(map(len, found)) < 10**9


def test_a_closed_form_takes_no_time_however_far() -> None:
    call = (
        "[LinearLR(by_epoch=False, end=1000), "
        f"PolyLR(eta_min=0.5, by_epoch=False, begin=0, end={FAR})]"
    )
    assert rates(call, FAR // 2, FAR) == pytest.approx([0.75, 0.5], abs=0.01)


def test_too_many_steps_that_must_be_gone_through_are_refused() -> None:
    call = (
        f"[CosineAnnealingLR(T_max={FAR}, eta_min=0.1, by_epoch=False, end={FAR}), "
        f"PolyLR(eta_min=0.5, by_epoch=False, end={FAR})]"
    )
    with pytest.raises(InputError, match="one step at a time"):
        rates(call, FAR // 2)


def test_the_phases_are_named_and_cut_at_each_drop() -> None:
    call = "[LinearLR(by_epoch=False, end=5), MultiStepLR(milestones=[2, 3], gamma=0.1, end=4)]"
    found = plan(call, iters_per_epoch=10, max_iters=40).phases
    assert [(phase.name, phase.start, phase.end) for phase in found] == [
        ("linear warm-up x step x0.1", 0, 5),
        ("step x0.1", 5, 20),
        ("step x0.1", 20, 30),
        ("step x0.1", 30, 40),
    ]


SHOWN = {
    "StepLR(optimizer, 25, by_epoch=False)": (100, "step x0.1"),
    "MultiStepLR(optimizer, [4, 8], by_epoch=False)": (10, "step x0.1"),
    "ConstantLR(optimizer, by_epoch=False, end=20)": (20, "constant x0.333333"),
    "LinearLR(optimizer, 1.0, 0.5, by_epoch=False, end=20)": (20, "linear decay"),
    "ExponentialLR(optimizer, 0.9, by_epoch=False, end=20)": (20, "exponential x0.9"),
    "PolyLR(optimizer, power=2, by_epoch=False, end=20)": (20, "poly power 2"),
    "CosineAnnealingLR(optimizer, 20, by_epoch=False)": (25, "cosine"),
    "CosineRestartLR(optimizer, [4, 6], [1, 1], 0, by_epoch=False)": (10, "cosine with restarts"),
    "OneCycleLR(optimizer, 0.1, 20, by_epoch=False)": (20, "one cycle"),
    "QuadraticWarmupLR(optimizer, by_epoch=False, end=20)": (20, "quadratic warm-up"),
    "LinearLrInterval(optimizer, by_epoch=False, end=20)": (20, "linear stair"),
    "ReduceOnPlateauLR(optimizer, patience=0)": (4, "plateau"),
}


@pytest.mark.parametrize(("call", "shown"), SHOWN.items())
def test_a_call_alone_shows_what_it_does_and_names_it(call: str, shown: tuple[int, str]) -> None:
    found = plan(call, max_iters=None, metrics=[1, 2, 2])
    assert (found.max_iters, found.phases[0].name) == shown


def test_a_stair_has_a_knot_at_each_step() -> None:
    call = "LinearLrInterval(optimizer, by_epoch=False, begin={}, end=20, interval=5)"
    knots = plan(call.format(0)).schedule.knots(20)
    assert {1, 6, 11, 16} <= {step for knot in knots for step in knot}
    assert plan(call.format(0.5)).schedule.knots(20)


def test_steps_of_any_shape_are_answered_in_that_shape() -> None:
    curve = plan("[LinearLR(by_epoch=False, end=5), PolyLR(by_epoch=False, end=9)]").schedule
    steps = np.arange(12).reshape(3, 4)
    flat = curve.lr(steps.ravel(), np.ones(12))
    assert curve.lr(steps, np.ones((3, 4))).tolist() == flat.reshape(3, 4).tolist()
    assert curve.lr(np.empty(0, dtype=np.int64), np.empty(0)).shape == (0,)


def test_numbers_beyond_any_run_are_refused() -> None:
    for value in ("1e400", "10**300", "float('nan')"):
        with pytest.raises(InputError):
            plan(f"StepLR(optimizer, 3, begin={value})")
        with pytest.raises(InputError):
            plan(f"StepLR.build_iter_from_epoch(optimizer, step_size={value}, epoch_length=3)")
    assert rates("MultiStepLR(optimizer, [2**60, 3.5, -1, 2], by_epoch=False)", 2, FAR) == [0.1] * 2
