from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.frameworks.transformers import CONSTRUCTORS, KINDS
from lrplot.source import load

if TYPE_CHECKING:
    from lrplot.plan import Plan

FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="transformers", **{"base_lr": 1.0, "max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def test_constant_with_warmup_rises_from_zero_and_stays() -> None:
    call = "get_constant_schedule_with_warmup(optimizer, 4)"
    assert rates(call, 0, 1, 3, 4, FAR) == [0.0, 0.25, 0.75, 1.0, 1.0]


def test_without_a_warmup_the_first_update_has_the_whole_rate() -> None:
    assert rates("get_linear_schedule_with_warmup(optimizer, 0, 10)", 0, 5) == [1.0, 0.5]


def test_linear_reaches_zero_at_the_end_and_stays() -> None:
    call = "get_linear_schedule_with_warmup(optimizer, 4, 20)"
    assert rates(call, 4, 12, 20, 21, FAR) == [1.0, 0.5, 0.0, 0.0, 0.0]


def test_cosine_rises_again_past_the_end() -> None:
    call = "get_cosine_schedule_with_warmup(optimizer, 0, 10)"
    assert rates(call, 0, 5, 10, 15, 20) == pytest.approx([1.0, 0.5, 0.0, 0.5, 1.0])


def test_a_warmup_as_long_as_the_run_leaves_a_cosine_that_flips_at_every_update() -> None:
    call = "get_cosine_schedule_with_warmup(optimizer, 5, 5)"
    assert rates(call, 5, 6, 7, 8) == pytest.approx([1.0, 0.0, 1.0, 0.0])


def test_restarts_begin_anew_and_end_at_zero() -> None:
    call = "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 0, 20, num_cycles=2)"
    assert rates(call, 0, 5, 10, 15, 20, FAR) == pytest.approx([1, 0.5, 1, 0.5, 0, 0])


def test_polynomial_ends_at_lr_end_and_stays() -> None:
    call = "get_polynomial_decay_schedule_with_warmup(optimizer, 0, 10, lr_end=0.2, power=2)"
    assert rates(call, 0, 5, 10, 11, FAR) == pytest.approx([1.0, 0.4, 0.2, 0.2, 0.2])


def test_polynomial_has_no_rate_where_warmup_and_run_end_together() -> None:
    found = plan("get_polynomial_decay_schedule_with_warmup(optimizer, 10, 10)")
    assert found.lr([9, 11]).tolist() == pytest.approx([0.9, 1e-7])
    with pytest.raises(InputError, match="no finite rate at step 10"):
        found.lr(10)


def test_inverse_sqrt_takes_the_warmup_for_its_timescale() -> None:
    assert rates("get_inverse_sqrt_schedule(optimizer, 4)", 2, 4, 16, 400) == [0.5, 1.0, 0.5, 0.1]


def test_inverse_sqrt_without_a_warmup_has_a_timescale_of_ten_thousand() -> None:
    assert rates("get_inverse_sqrt_schedule(optimizer, 0)", 0, 30_000) == [1.0, 0.5]


def test_a_floor_given_as_a_rate_is_one_whatever_the_base() -> None:
    call = "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 0, 10, min_lr=0.05)"
    assert rates(call, 0, 10, base_lr=0.5) == pytest.approx([0.5, 0.05])


def test_the_early_cosine_peaks_and_ends_one_update_early() -> None:
    name = "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
    call = f"{name}(optimizer, 4, 20, min_lr_rate=0.1)"
    assert rates(call, 0, 3, 19) == pytest.approx([0.25, 1.0, 0.1])
    call = f"{name}(optimizer, 5, 20, min_lr_rate=0.1, warmup_lr_rate=0.2)"
    assert rates(call, 0, 2, 4) == pytest.approx([0.2, 0.6, 1.0])


@pytest.mark.parametrize(
    ("decay", "half"), [("linear", 0.55), ("cosine", 0.55), ("1-sqrt", 0.1 + 0.9 * (1 - 0.5**0.5))]
)
def test_wsd_holds_then_decays_to_its_floor(decay: str, half: float) -> None:
    call = f"get_wsd_schedule(optimizer, 4, 8, 20, decay_type='{decay}', min_lr_ratio=0.1)"
    assert rates(call, 0, 4, 11, 16, 20, FAR) == pytest.approx([0.1, 1, 1, half, 0.1, 0.1])


def test_wsd_that_does_not_fit_starts_part_of_the_way_down() -> None:
    call = "get_wsd_schedule(optimizer, 5, 10, 12, decay_type='linear')"
    assert rates(call, 5, 11, 12) == pytest.approx([0.7, 0.1, 0.0])


def test_stable_steps_win_over_the_length_of_the_run() -> None:
    call = "get_wsd_schedule(optimizer, 0, 4, 100, num_stable_steps=2, decay_type='linear')"
    assert rates(call, 1, 4, 6) == [1.0, 0.5, 0.0]


def test_plateau_is_torchs() -> None:
    call = "get_reduce_on_plateau_schedule(optimizer, factor=0.5, patience=1)"
    metrics = (3.0, 3.0, 3.0, 1.0)
    assert rates(call, 0, 2, 3, 4, 9, metrics=metrics) == [1.0, 1.0, 0.5, 0.5, 0.5]


def test_greedy_rises_while_the_metric_improves_and_falls_while_it_does_not() -> None:
    call = "get_greedy_schedule(optimizer, factor=0.5, patience=0, min_lr=0.1, max_lr=3)"
    metrics = (5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0)
    found = rates(call, *range(9), metrics=metrics)
    assert found == [1.0, 2.0, 3.0, 1.5, 0.75, 0.375, 0.1875, 0.1, 0.1]


def test_greedy_starts_afresh_after_enough_drops_at_its_least() -> None:
    call = "get_greedy_schedule(optimizer, factor=0.1, patience=0, min_lr=0.1, reset_start=2)"
    assert rates(call, *range(6), metrics=(1.0, *[2.0] * 4)) == [1.0, 1.0, 0.1, 1.0, 1.0, 0.1]


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("greedy", "constant")])
def test_get_scheduler_gives_what_the_function_of_that_name_gives(name: str) -> None:
    kind = KINDS[name]
    if name == "reduce_lr_on_plateau":
        assert plan(f"get_scheduler('{name}', optimizer)", metrics=(1.0,)).schedule.extent() == 1
        return
    more = {
        "cosine_with_min_lr": ", min_lr_rate=0.1",
        "cosine_warmup_with_min_lr": ", min_lr_rate=0.1",
        "warmup_stable_decay": ", num_decay_steps=4",
    }.get(name, "")
    length = ", num_training_steps=20" if "num_training_steps" in kind.passes else ""
    own = f"{kind.function.__name__}(optimizer, num_warmup_steps=3{length}{more})"
    kwargs = f"dict({more.removeprefix(', ')})" if more else "None"
    by_name = f"get_scheduler('{name}', optimizer, 3, 20, scheduler_specific_kwargs={kwargs})"
    assert plan(by_name).schedule == plan(own).schedule


def test_get_scheduler_constant_ignores_the_warmup() -> None:
    assert rates("get_scheduler('constant', optimizer, 5, 20)", 0, 5) == [1.0, 1.0]


def test_a_name_may_stand_in_a_scheduler_type() -> None:
    call = "transformers.get_scheduler(SchedulerType('linear'), opt, 0, 10)"
    assert rates(call, 5) == [0.5]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("get_scheduler('cosin', optimizer, 5, 20)", "did you mean 'cosine'?"),
        ("get_scheduler('exp', optimizer, 5, 20)", "known: linear, cosine, "),
        ("get_scheduler('cosine', optimizer, 5)", "num_training_steps: is missing"),
        (
            "get_scheduler('cosine', optimizer, num_training_steps=9)",
            "num_warmup_steps: is missing",
        ),
        ("get_scheduler('linear', optimizer, 5, 20, {'power': 2})", "power: is nothing get_linear"),
        (
            "get_scheduler('linear', optimizer, 5, 20, {'num_warmup_steps': 2})",
            "num_warmup_steps: is given twice",
        ),
        ("get_scheduler('warmup_stable_decay', optimizer, 5, 20)", "num_decay_steps: is missing"),
        ("get_scheduler('cosine', optimizer, 5, 20, 7)", "must be a dict"),
        ("get_scheduler(['cosine'], optimizer, 5, 20)", "has no option"),
        ("get_linear_schedule_with_warmup(optimizer, 5, 20, last_epoch=3)", "must be -1"),
        ("get_linear_schedule_with_warmup(optimizer, 'x', 20)", "num_warmup_steps: must be a numb"),
        ("get_cosine_with_min_lr_schedule_with_warmup(optimizer, 5, 20)", "exactly one of min_lr"),
        ("get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, 1)", "below the optimizer's"),
        ("get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, '1')", "must be a number"),
        ("get_wsd_schedule(optimizer, 5, 10)", "give it or num_stable_steps"),
        ("get_wsd_schedule(optimizer, 5, 10, 25, decay_type='exp')", "decay_type: must be linear"),
        ("get_wsd_schedule(optimizer, 'x', 10, 25)", "num_warmup_steps: must be a number"),
        ("get_wsd_schedule(optimizer, 0, 9e15, num_stable_steps=9e15)", "longer than 2^53"),
        ("get_greedy_schedule(optimizer)", "needs --metrics"),
        ("get_adafactor_schedule(optimizer)", "gives no rates of its own"),
    ],
)
def test_what_transformers_refuses_is_refused_in_words(call: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(call)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("factor=1.0", "factor: must be a number < 1"),
        ("factor=0", "factor: must not be 0"),
        ("smooth=True, window_size=0", "window_size: must be at least 1"),
        ("mode='auto'", "mode: must be min or max"),
        ("min_lr=[0.1, 0.2]", "one rate, for one parameter group, got 2"),
    ],
)
def test_greedy_refuses_what_its_rule_cannot_use(arguments: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(f"get_greedy_schedule(optimizer, {arguments})", metrics=(1.0,))
    assert said in str(caught.value)


def test_knots_of_endless_waves_are_not_expanded() -> None:
    waves = plan("get_cosine_schedule_with_warmup(optimizer, 10, 20)").schedule
    assert sum(map(len, waves.knots(FAR))) == FAR // 10 + 2
    odd = plan("get_cosine_schedule_with_warmup(optimizer, 10, 20, num_cycles=0.7)").schedule
    assert len(odd.knots(FAR)) < 10
    flips = plan("get_cosine_schedule_with_warmup(optimizer, 10, 20, 1e6)").schedule
    assert range(10, FAR + 1) in flips.knots(FAR)


def test_a_floor_below_zero_makes_every_step_a_knot() -> None:
    call = "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 2, 9, min_lr_rate=-0.5)"
    found = plan(call)
    assert min(found.lr(range(10))) == 0.0
    assert range(2, 10) in found.schedule.knots(9)


def test_phases_name_the_stretches() -> None:
    phases = plan("get_linear_schedule_with_warmup(optimizer, 4, 20)", max_iters=30).phases
    names = [(phase.name, phase.start, phase.end) for phase in phases]
    assert names == [("warm-up", 0, 4), ("decay", 4, 20), ("past the end", 20, 30)]


def test_without_a_length_the_schedule_shows_its_own() -> None:
    names = {constructor.__name__ for constructor in CONSTRUCTORS}
    assert "get_wsd_schedule" in names
    found = load("get_wsd_schedule(optimizer, 5, 10, num_stable_steps=7)", base_lr=1.0)
    assert found.max_iters == math.ceil(22)
