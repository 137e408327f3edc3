from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from lrplot.plan import Plan

FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="timm", **{"base_lr": 1.0, "max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def test_cosine_stays_at_its_floor_after_the_last_cycle() -> None:
    call = "CosineLRScheduler(optimizer, t_initial=10, lr_min=0.2)"
    assert rates(call, 0, 5, 10, 11, FAR) == pytest.approx([1.0, 0.6, 0.2, 0.2, 0.2])


def test_cycles_grow_and_shrink_in_height() -> None:
    call = "CosineLRScheduler(optimizer, 4, cycle_mul=2, cycle_decay=0.5, cycle_limit=3)"
    assert rates(call, 0, 4, 8, 12, 20, 28) == pytest.approx([1, 0.5, 0.25, 0.25, 0.125, 0])


def test_a_warmup_hides_the_first_steps_of_the_curve() -> None:
    call = "CosineLRScheduler(optimizer, 10, warmup_t=5, warmup_lr_init=0.5)"
    assert rates(call, 0, 1, 4, 5) == pytest.approx([0.5, 0.6, 0.9, 0.5])


def test_a_warmup_as_a_prefix_comes_before_the_curve() -> None:
    call = "CosineLRScheduler(optimizer, 10, warmup_t=5, warmup_lr_init=0.5, warmup_prefix=True)"
    assert rates(call, 4, 5, 10, 15) == pytest.approx([0.9, 1.0, 0.5, 0.0])


def test_a_warmup_below_zero_only_sets_the_first_rate() -> None:
    call = "CosineLRScheduler(optimizer, 10, warmup_t=-3, warmup_lr_init=0.5)"
    assert rates(call, 0, 5) == pytest.approx([0.5, 0.5])
    assert rates(call, 1)[0] > 0.9


def test_no_cycle_at_all_leaves_the_first_rate_alone() -> None:
    assert rates("CosineLRScheduler(optimizer, 10, cycle_limit=0)", 0, 1) == [1.0, 0.0]


def test_the_cycle_of_an_edge_is_that_of_pythons_logarithm() -> None:
    call = "CosineLRScheduler(optimizer, 1, cycle_mul=3, cycle_limit=99)"
    edges = [(3**i - 1) // 2 for i in range(1, 20)]
    late = [math.floor(math.log(1 - t / 1 * (1 - 3), 3)) < i for i, t in enumerate(edges, 1)]
    assert any(late)
    assert rates(call, *edges) == pytest.approx([0.0 if it else 1.0 for it in late])


def test_cycles_that_shrink_leave_no_rate_past_their_sum() -> None:
    found = plan("CosineLRScheduler(optimizer, 10, cycle_mul=0.5, cycle_limit=3)")
    assert found.lr([15, 19]).tolist() == pytest.approx([1.0, 0.0])
    with pytest.raises(InputError, match="no finite rate at step 20"):
        found.lr(20)


def test_k_decay_bends_the_curve() -> None:
    call = "PolyLRScheduler(optimizer, 10, power=1, k_decay=2)"
    assert rates(call, 0, 5, 10) == pytest.approx([1.0, 0.75, 0.0])


def test_poly_is_a_square_root_unless_told_otherwise() -> None:
    assert rates("PolyLRScheduler(optimizer, 16)", 12, 16) == pytest.approx([0.5, 0.0])


def test_tanh_reaches_neither_the_rate_nor_its_floor() -> None:
    call = "TanhLRScheduler(optimizer, 10, cycle_limit=2)"
    first, last = (1 - math.tanh(-7)) / 2, (1 - math.tanh(-7 * 0.1 + 3 * 0.9)) / 2
    assert rates(call, 1, 9, 10) == pytest.approx([rates(call, 11)[0], last, first])


def test_a_tanh_warmup_leads_to_where_the_curve_stands() -> None:
    call = "TanhLRScheduler(optimizer, 10, warmup_t=4)"
    assert rates(call, 2)[0] * 2 == pytest.approx(rates(call, 4)[0])
    prefixed = "TanhLRScheduler(optimizer, 10, warmup_t=4, warmup_prefix=True)"
    assert rates(prefixed, 2) == [0.5]


def test_steps_begin_after_the_warmup() -> None:
    call = "StepLRScheduler(optimizer, 5, 0.5, warmup_t=4, warmup_lr_init=0.2)"
    assert rates(call, 0, 2, 4, 8, 9, 14) == pytest.approx([0.2, 0.6, 1, 1, 0.5, 0.25])


def test_steps_need_not_be_whole() -> None:
    call = "StepLRScheduler(optimizer, 2.4, 0.5)"
    assert rates(call, 2, 3, 4, 5, 7, 8) == [1.0, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert plan(call).schedule.knots(FAR)[-1] == range(FAR + 1)


def test_a_step_of_nothing_fails_at_the_first() -> None:
    found = plan("StepLRScheduler(optimizer, 0)")
    assert found.lr(0) == 1.0
    with pytest.raises(InputError, match="no finite rate at step 1"):
        found.lr(1)


def test_a_milestone_acts_one_step_early() -> None:
    call = "MultiStepLRScheduler(optimizer, [5, 8], 0.5)"
    assert rates(call, 3, 4, 6, 7, FAR) == [1.0, 0.5, 0.5, 0.25, 0.25]


def test_the_first_milestone_cannot_act_before_the_first_step() -> None:
    assert rates("MultiStepLRScheduler(optimizer, [1], 0.5)", 0, 1) == [1.0, 0.5]


def test_milestones_out_of_order_count_as_bisection_finds_them() -> None:
    assert rates("MultiStepLRScheduler(optimizer, [9, 3], 0.5)", 1, 2) == [1.0, 0.25]


@pytest.mark.parametrize(
    ("decay", "half"),
    [
        ("linear", 0.5),
        ("1-sqrt", 1 - 0.5**0.5),
        ("cosine", 0.5),
        ("power", 1 - 0.5**0.5),
        ("exp", (0.1**0.5 - 0.1) / 0.9),
    ],
)
def test_wsd_decays_over_its_last_steps(decay: str, half: float) -> None:
    call = f"WSDLRScheduler(optimizer, 12, 4, decay_fn='{decay}', warmup_t=2)"
    assert rates(call, 1, 2, 10, 12, 14, FAR) == pytest.approx([0.5, 1, 1, half, 0, 0])


def test_a_stable_stretch_may_fall_and_is_kept_above_the_floor() -> None:
    call = "WSDLRScheduler(optimizer, 99, 1, lr_min=0.3, stable_fn='rsqrt', warmup_t=4)"
    assert rates(call, 4, 16, 90) == pytest.approx([1.0, 0.5, 0.3])


def test_plateau_looks_at_no_metric_of_the_warmup() -> None:
    call = "PlateauLRScheduler(optimizer, 0.5, patience_t=1, warmup_t=2, mode='min')"
    metrics = (0.0, 0.0, 3.0, 3.0, 3.0, 3.0)
    found = rates(call, *range(7), metrics=metrics)
    assert found == [0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.5]


def test_plateau_takes_more_for_better() -> None:
    call = "PlateauLRScheduler(optimizer, 0.5, patience_t=0)"
    assert rates(call, 1, 2, 3, metrics=(1.0, 2.0, 1.5)) == [1.0, 1.0, 0.5]


def test_plateau_with_a_warmup_longer_than_the_metrics_only_rises() -> None:
    call = "PlateauLRScheduler(optimizer, warmup_t=4)"
    assert rates(call, 2, 4, 9, metrics=(1.0,)) == [0.5, 1.0, 1.0]


@pytest.mark.parametrize("clock", ["", ", t_in_epochs=False"])
def test_steps_are_calls_whatever_they_count(clock: str) -> None:
    found = plan(f"CosineLRScheduler(optimizer, 10{clock})")
    assert found.lr(5) == pytest.approx(0.5)
    assert "t counts calls of step()" in found.notes[0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("CosineLRScheduler(optimizer)", "needs 't_initial'"),
        ("CosineLRScheduler(optimizer, 0)", "t_initial: must be a number > 0"),
        ("CosineLRScheduler(optimizer, 10, lr_min=-1)", "lr_min: must be a number >= 0"),
        ("CosineLRScheduler(optimizer, 10, cycle_mul=0)", "cycle_mul: must be a number > 0"),
        ("CosineLRScheduler(optimizer, 10, noise_range_t=5)", "torch's own random numbers"),
        ("CosineLRScheduler(optimizer, 10, initialize=False)", "no initial_lr"),
        ("TanhLRScheduler(optimizer, 10, lb=3, ub=-3)", "lb: must be below ub"),
        ("TanhLRScheduler(optimizer, 10, warmup_t=-1)", "warmup_t: must not be below 0"),
        ("MultiStepLRScheduler(optimizer, 5)", "decay_t: must be a list"),
        ("WSDLRScheduler(optimizer, 10, 20)", "decay_t: must not exceed t_initial"),
        ("WSDLRScheduler(optimizer, 10, 5, stable_fn='rsqrt')", "stable_timescale: must be above"),
        ("WSDLRScheduler(optimizer, 10, 5, decay_fn='x')", "decay_fn: must be linear or"),
        ("WSDLRScheduler(optimizer, 10, 5, decay_fn=lambda f: f)", "decay_fn: must be a name"),
        ("PlateauLRScheduler(optimizer)", "needs --metrics"),
    ],
)
def test_what_timm_refuses_is_refused_in_words(call: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(call)
    assert said in str(caught.value)


def test_a_decay_every_no_steps_gives_no_rate() -> None:
    found = plan("StepLRScheduler(optimizer, decay_t=0)", max_iters=9)
    assert list(found.schedule.knots(9)) == [range(1), range(1, 2)]
    with pytest.raises(InputError, match="no finite rate at step 1"):
        found.lr(1)


def test_plateau_refuses_under_timms_own_names() -> None:
    with pytest.raises(InputError, match="decay_rate: must be a number < 1"):
        plan("PlateauLRScheduler(optimizer, 1.0)", metrics=(1.0,))


def test_knots_of_endless_cycles_are_not_expanded() -> None:
    call = "CosineLRScheduler(optimizer, 10, cycle_limit=1e15, warmup_t=5, warmup_prefix=True)"
    assert range(5, FAR + 1, 10) in plan(call).schedule.knots(FAR)
    odd = plan("CosineLRScheduler(optimizer, 2.5, cycle_limit=1e15)").schedule
    assert range(FAR + 1) in odd.knots(FAR)
    growing = plan("CosineLRScheduler(optimizer, 10, cycle_mul=2, cycle_limit=1e15)").schedule
    assert sum(map(len, growing.knots(FAR))) < 200


def test_phases_name_the_warmup() -> None:
    call = "CosineLRScheduler(optimizer, 10, warmup_t=5, warmup_prefix=True)"
    names = [(phase.name, phase.start, phase.end) for phase in plan(call).phases]
    assert names == [("warm-up", 0, 5), ("decay", 5, 15), ("past the end", 15, 20)]
    stretches = plan("WSDLRScheduler(optimizer, 12, 4)").phases
    assert [phase.name for phase in stretches] == ["stable", "decay", "past the end"]
