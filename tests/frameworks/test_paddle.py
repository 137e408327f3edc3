from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError, UsageError
from lrplot.frameworks import paddle
from lrplot.source import load
from tests.frameworks.soundness import recorded_plans, unnamed_turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="paddle", **{"max_iters": 20, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def complaint(call: str, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        plan(call, **options)
    return str(caught.value)


# -- worked values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("NoamDecay(100, 4)", {0: 0.0, 1: 0.1 / 8, 4: 0.05, 16: 0.025, FAR: 1e-7}),
        ("PiecewiseDecay([3, 6], [1.0, 0.5, 0.1])", {0: 1, 2: 1, 3: 0.5, 5: 0.5, 6: 0.1, FAR: 0.1}),
        ("NaturalExpDecay(2.0, 0.5)", {0: 2, 2: 2 / math.e, FAR: 0}),
        ("InverseTimeDecay(1.0, 0.5)", {0: 1, 2: 0.5, 6: 0.25, FAR: 2e-12}),
        ("PolynomialDecay(1.0, 10, end_lr=0.0, power=2.0)", {0: 1, 5: 0.25, 10: 0, 11: 0, FAR: 0}),
        ("PolynomialDecay(1.0, 10, 0.0, cycle=True)", {10: 0, 11: 0.45, 15: 0.25, 20: 0, 21: 0.3}),
        ("ExponentialDecay(1.0, 0.5)", {0: 1, 3: 0.125, FAR: 0}),
        ("MultiStepDecay(1.0, [2, 4], 0.5)", {1: 1, 2: 0.5, 3: 0.5, 4: 0.25, FAR: 0.25}),
        ("StepDecay(1.0, 3, 0.5)", {2: 1, 3: 0.5, 6: 0.25, FAR: 0}),
        ("LambdaDecay(2.0, lambda epoch: 1 / (1 + epoch))", {0: 2, 1: 1, 3: 0.5}),
        (
            "MultiplicativeDecay(1.0, lambda e: 0.5 if e == 2 else 1.0)",
            {0: 1, 1: 1, 2: 0.5, 9: 0.5},
        ),
        ("CosineAnnealingDecay(1.0, 10, 0.2)", {0: 1, 5: 0.6, 10: 0.2, 15: 0.6, 20: 1, 30: 0.2}),
        ("CosineAnnealingWarmRestarts(1.0, 4, 2)", {0: 1, 2: 0.5, 4: 1, 8: 0.5, 12: 1, 20: 0.5}),
        ("CyclicLR(1.0, 3.0, 4, 2)", {0: 1, 2: 2, 4: 3, 5: 2, 6: 1, 10: 3}),
        ("CyclicLR(0.0, 1.0, 2, mode='triangular2')", {2: 1, 6: 0.5, 10: 0.25}),
        ("CyclicLR(0.0, 1.0, 2, mode='exp_range', exp_gamma=0.5)", {2: 0.25, 6: 2**-6}),
        ("CyclicLR(0.0, 1.0, 2, mode='?', scale_fn=lambda x: 1 / x)", {2: 1, 6: 0.5, 10: 1 / 3}),
        ("LinearLR(1.0, 10, 0.5)", {0: 0.5, 5: 0.75, 10: 1, 11: 1, FAR: 1}),
        ("LinearWarmup(0.3, 4, 0.0, 0.4)", {0: 0, 2: 0.2, 3: 0.3, 4: 0.3, FAR: 0.3}),
    ],
)
def test_values_are_those_of_the_formula(call: str, wanted: dict[int, float]) -> None:
    assert rates(call, *wanted) == pytest.approx([*wanted.values()], rel=1e-12, abs=1e-16)


def test_one_cycle_turns_between_two_steps_and_ends_one_early() -> None:
    call = "OneCycleLR(1.0, 10, divide_factor=10, end_learning_rate=0.0, anneal_strategy='linear')"
    assert rates(call, 0, 2, 9) == pytest.approx([0.1, 1.0, 0.0])
    assert plan(call).lr(10) == pytest.approx(-1 / 7)  # the last line goes on


def test_one_cycle_has_no_rate_past_total_steps() -> None:
    call = "OneCycleLR(0.1, total_steps=10)"
    assert plan(call).max_iters == 20
    with pytest.raises(InputError, match=r"no rate at step 11: .* total_steps is 10"):
        plan(call).lr(range(21))


def test_three_phases_come_by_the_first_rate_again() -> None:
    call = "OneCycleLR(1.0, 21, 10.0, 0.0, 1 / 3, 'linear', three_phase=True)"
    assert rates(call, 0, 6, 12, 20) == pytest.approx([0.1, 1.0, 0.1, 0.0])


# -- oddities -----------------------------------------------------------------------------------


def stepped_cosine(rate: float, t_max: int, floor: float) -> Iterator[float]:
    first, now, step = rate, rate, 0
    while True:
        yield now
        step += 1
        if (step - 1 - t_max) % (2 * t_max) == 0:
            now += (first - floor) * (1 - math.cos(math.pi / t_max)) / 2
        else:
            wave = [1 + math.cos(math.pi * k / t_max) for k in (step, step - 1)]
            now = wave[0] / wave[1] * (now - floor) + floor


@pytest.mark.parametrize("t_max", [1, 2, 7, 50])
def test_a_cosine_is_that_of_the_recurrence_to_the_last_bit(t_max: int) -> None:
    found = plan(f"CosineAnnealingDecay(0.3, {t_max}, 0.01)").lr(range(500))
    assert found.tolist() == [r for r, _ in zip(stepped_cosine(0.3, t_max, 0.01), range(500))]  # noqa: B905  it has no end


@pytest.mark.parametrize(("t_max", "floor"), [(2000, 0.0), (2000, 1e-3), (6000, 1e-4)])
def test_a_long_cosine_is_that_of_the_recurrence(t_max: int, floor: float) -> None:
    steps = 3 * t_max
    found = plan(f"CosineAnnealingDecay(0.1, {t_max}, {floor})").lr(range(steps))
    wanted = [r for r, _ in zip(stepped_cosine(0.1, t_max, floor), range(steps))]  # noqa: B905
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-19)


def test_a_line_to_zero_leaves_what_its_last_factor_leaves() -> None:
    factor, rate = 0.1, 0.1 * 0.1
    for step in range(1, 5001):
        rate *= 1.0 - factor / (5000 * factor - (step - 1) * factor)
    found = rates("LinearLR(0.1, 5000, 0.1, 0)", 5000, 5001, FAR)
    assert 0 < abs(rate) < 1e-15
    assert found == pytest.approx([rate] * 3, rel=1e-9)


def test_a_line_of_less_than_a_step_stays_at_its_start() -> None:
    assert rates("LinearLR(1.0, 0.5, 0.25)", 0, 1, 5000) == [0.25, 0.25, 0.25]


def test_boundaries_that_do_not_rise_are_passed_over() -> None:
    values = "values=[0.4, 0.3, 0.2, 0.1]"
    assert rates(f"PiecewiseDecay([6, 3, 8], {values})", 0, 5, 6, 7, 8) == [0.4, 0.4, 0.2, 0.2, 0.1]


def test_of_too_many_values_the_last_is_the_last() -> None:
    assert rates("PiecewiseDecay([3], [0.4, 0.3, 0.2])", 2, 3) == [0.4, 0.2]


def test_a_boundary_between_two_steps_acts_at_the_later_one() -> None:
    assert rates("PiecewiseDecay([2.5], [0.4, 0.3])", 2, 3) == [0.4, 0.3]


def test_rates_below_zero_are_given() -> None:
    assert rates("MultiStepDecay(1.0, [3], gamma=-0.5)", 3) == [-0.5]
    assert rates("StepDecay(1.0, 2, gamma=-0.5)", 2, 4) == [-0.5, 0.25]
    assert rates("PolynomialDecay(1.0, 10, end_lr=-1.0)", 10) == [-1.0]


def test_a_pole_has_no_rate() -> None:
    with pytest.raises(InputError, match="no finite rate at step 2"):
        plan("InverseTimeDecay(0.1, gamma=-0.5)").lr(range(5))


def test_last_epoch_begins_after_it() -> None:
    call = "PolynomialDecay(1.0, 10, 0.0"
    shifted = plan(f"{call}, last_epoch=4)")
    assert shifted.lr(range(9)).tolist() == plan(f"{call})").lr(range(5, 14)).tolist()
    assert [*shifted.schedule.knots(9)] == [range(5, 6)]


# -- inside a warm-up ---------------------------------------------------------------------------


def test_what_follows_a_warmup_counts_from_its_end() -> None:
    call = "LinearWarmup(StepDecay(0.5, 3, 0.1), 4, 0, 0.8)"
    assert rates(call, 3, 4, 6, 7) == pytest.approx([0.6, 0.5, 0.5, 0.05])


def test_a_warmup_in_a_warmup() -> None:
    call = "LinearWarmup(LinearWarmup(0.1, 5, 0.2, 0.7), 5, 0, 1)"
    assert rates(call, 4, 5, 9, 10) == pytest.approx([0.8, 0.2, 0.6, 0.1])


def test_a_cosine_in_a_warmup_is_the_plain_one() -> None:
    found = plan("LinearWarmup(CosineAnnealingDecay(0.3, 7, 0.01), 1, 0, 1)").lr(range(1, 40))
    wanted = [0.01 + (0.3 - 0.01) * (1 + math.cos(math.pi * k / 7)) / 2 for k in range(39)]
    assert found.tolist() == wanted


def test_a_logarithm_decides_on_the_cycle_in_a_warmup() -> None:
    cycles = "CosineAnnealingWarmRestarts(1.0, 3, 3, 0.125)"
    assert rates(cycles, 363) == [1.0]
    warmed = plan(f"LinearWarmup({cycles}, 10, 0, 1)")
    assert warmed.lr([372, 373]).tolist() == pytest.approx([0.125, 0.125], rel=1e-3)
    assert warmed.lr(373) == 0.125
    assert any("due at step 373 begins a step late" in note for note in warmed.notes)
    assert {373, 374} <= {step for knot in warmed.schedule.knots(400) for step in knot}


@pytest.mark.parametrize("t_mult", [2, 3, 5, 7, 10])
def test_every_cycle_in_a_warmup_is_that_of_the_logarithm(t_mult: int) -> None:
    def at(epoch: int) -> float:
        n = int(math.log(epoch / 2 * (t_mult - 1) + 1, t_mult)) if epoch >= 2 else 0
        since = epoch - 2 * (t_mult**n - 1) / (t_mult - 1)
        return (1 + math.cos(math.pi * since / (2 * t_mult**n))) / 2

    starts = [2 * (t_mult**n - 1) // (t_mult - 1) for n in range(1, 12)]
    epochs = [epoch for start in starts for epoch in (start - 1, start, start + 1)]
    warmed = plan(f"LinearWarmup(CosineAnnealingWarmRestarts(1.0, 2, {t_mult}), 1, 0, 1)")
    found = warmed.lr([epoch + 1 for epoch in epochs])
    assert found == pytest.approx([at(epoch) for epoch in epochs], rel=1e-9, abs=1e-17)


def test_a_plateau_in_a_warmup_watches_the_epochs_go_by() -> None:
    warmed = plan("LinearWarmup(ReduceOnPlateau(0.8, patience=1, factor=0.5), 3, 0, 1)")
    assert warmed.lr(range(3, 9)).tolist() == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    assert any("number of the epoch" in note for note in warmed.notes)
    assert 0 < warmed.lr(FAR) < 1e-6  # where no drop is larger than epsilon


def test_one_that_is_never_at_rest_is_followed_so_far_only() -> None:
    rising = plan("LinearWarmup(ReduceOnPlateau(0.8, 'max', threshold=0), 3, 0, 1)")
    assert rising.lr(500_000) == 0.8
    with pytest.raises(InputError, match="followed for 1,000,000 steps"):
        rising.lr(FAR)


def test_last_epoch_means_nothing_inside_a_warmup() -> None:
    inner = plan("LinearWarmup(StepDecay(0.5, 3, last_epoch=7), 4, 0, 1)")
    assert inner.lr(range(12)).tolist() == rates(
        "LinearWarmup(StepDecay(0.5, 3), 4, 0, 1)", *range(12)
    )


# -- plateau ------------------------------------------------------------------------------------


def test_a_plateau_passes_over_the_metrics_while_it_cools_down() -> None:
    metrics = (1.0, 1.0, 0.5, 0.9, 0.9)  # the 0.5 is seen by nobody: 0.9 is better than 1
    call = "ReduceOnPlateau(0.8, factor=0.5, patience=0, cooldown=1)"
    assert rates(call, *range(6), metrics=metrics) == [0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


def test_the_first_metric_is_the_best_so_far_whatever_it_is() -> None:
    call = "ReduceOnPlateau(0.8, 'max', 0.5, patience=0, threshold_mode='ABS')"
    assert rates(call, 1, 2, metrics=(-1e9, -1e9)) == [0.8, 0.4]


def test_a_drop_of_no_more_than_epsilon_is_not_made() -> None:
    call = "ReduceOnPlateau(0.8, factor=0.5, patience=0, epsilon=0.2)"
    assert rates(call, *range(5), metrics=(1.0,) * 4) == [0.8, 0.8, 0.4, 0.4, 0.4]


def test_a_negative_patience_drops_at_every_metric() -> None:
    call = "ReduceOnPlateau(0.8, 'MIN', 0.5, patience=-1)"
    assert rates(call, *range(4), metrics=(3.0, 2.0, 1.0)) == [0.8, 0.4, 0.2, 0.1]


def test_a_plateau_asks_for_its_metrics() -> None:
    assert "--metrics" in complaint("ReduceOnPlateau(0.1)")


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("NoamDecay(64, 1e-320)", "warmup_steps: is too near 0"),
        ("ExponentialDecay(0.1, 1.0)", "gamma: must be a number < 1.0"),
        ("NaturalExpDecay(0.1, 0)", "gamma: must be a number > 0.0"),
        ("StepDecay(-0.1, 3)", "learning_rate: must be a number >= 0.0"),
        ("StepDecay(0.1, 3.0)", "step_size: must be a whole number, got a fraction"),
        ("StepDecay(0.1, 3, last_epoch=-2)", "last_epoch: must be a whole number >= -1"),
        ("MultiStepDecay(0.1, [3, 3])", "milestones: must rise"),
        ("MultiStepDecay(0.1, 3)", "milestones: must be a list"),
        ("PiecewiseDecay([], [0.1])", "boundaries: needs at least one"),
        (
            "PiecewiseDecay([3], [0.1])",
            "values: must hold one value more than boundaries: 2, got 1",
        ),
        ("PolynomialDecay(0.1, 0)", "decay_steps: must be a whole number >= 1"),
        ("LinearWarmup(0.1, 5, 0.1, 0.1)", "end_lr: must be above start_lr, 0.1, got 0.1"),
        ("LinearWarmup('0.1', 5, 0, 0.1)", "learning_rate: must be a number, or a scheduler"),
        ("LambdaDecay(0.1, 0.5)", "lr_lambda: must be a lambda"),
        ("CosineAnnealingWarmRestarts(0.1, 0)", "T_0: must be a whole number >= 1"),
        ("CosineAnnealingDecay(0.1, 9, last_epoch=3)", "last_epoch: must be -1"),
        ("OneCycleLR(0.1, 20, phase_pct=1)", "phase_pct: must be written as a float"),
        ("OneCycleLR(0.1, 10, phase_pct=0.1)", "phase_pct: makes the rise 0 steps long"),
        (
            "OneCycleLR(0.1, 20, phase_pct=0.5, three_phase=True)",
            "phase_pct: must be less than 0.5",
        ),
        ("OneCycleLR(0.1, 20, anneal_strategy='exp')", "anneal_strategy: must be cos or linear"),
        ("CyclicLR(0.1, 0.2, 5, mode='up')", "mode: must be triangular, triangular2 or exp_range"),
        ("CyclicLR(0.1, 0.2, 5, exp_gamma=1)", "exp_gamma: must be written as a float"),
        ("CyclicLR(0.1, 0.2, 5, scale_fn=lambda x: y)", "y"),
        ("LinearLR(0.1, 5, start_factor=0)", "start_factor: must be a number > 0.0"),
        ("ReduceOnPlateau(0.1, mode='auto')", "mode: must be min or max"),
        ("ReduceOnPlateau(0.1, mode=1)", "mode: must be min or max"),
        ("ExponentialDecay(0.1, gama=0.9)", "did you mean 'gamma'?"),
    ],
)
def test_what_paddle_refuses_is_refused(call: str, reason: str) -> None:
    assert reason in complaint(call)


# -- as a whole ---------------------------------------------------------------------------------


def test_jumps_and_kinks_are_at_knots() -> None:
    unsound = {
        call: turns
        for call, found in recorded_plans("paddle")
        if (turns := unnamed_turns(found, 2 * found.max_iters))
    }
    assert not unsound


FAST = [
    "PolynomialDecay(0.1, 1000, cycle=True)",
    "CosineAnnealingDecay(0.1, 1000)",
    "CosineAnnealingWarmRestarts(0.1, 1000, 2)",
    "CyclicLR(0.01, 0.1, 2000, 30)",
    "LinearWarmup(CosineAnnealingWarmRestarts(0.1, 1000, 2), 10, 0, 0.1)",
    "StepDecay(0.1, 7, last_epoch=3)",
]


@pytest.mark.parametrize("call", FAST)
def test_knots_of_an_endless_run_are_not_listed_one_by_one(call: str) -> None:
    schedule = plan(call).schedule
    assert len(schedule.knots(FAR)) < 100
    assert np.isfinite(plan(call).lr([FAR - 1, FAR])).all()
    assert [p.end for p in schedule.phases(FAR)][-1] == FAR


def test_every_constructor_says_where_its_end_is() -> None:
    for constructor in paddle.CONSTRUCTORS:
        assert inspect.getdoc(constructor)
        names = list(inspect.signature(constructor).parameters)
        assert names[-2:] in (["last_epoch", "verbose"], ["verbose", "given"])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("constant", {}),
        ("poly", {"power": 2, "eta_min": 0.01, "cycle": True, "max_iters": 30}),
        ("linear", {"end_lr": 0.2}),
        ("exponential", {"gamma": 0.9}),
        ("natural_exp", {"gamma": 0.1}),
        ("inverse_time", {"gamma": 0.1}),
        ("piecewise", {"boundaries": [3, 9], "values": [0.3, 0.2, 0.1]}),
        ("step", {"step_size": 7, "gamma": 0.5}),
        ("multistep", {"milestones": [3, 9], "gamma": 0.5}),
        ("cosine", {"eta_min": 0.01}),
        ("cosine_restarts", {"t_0": 10, "t_mult": 2, "eta_min": 0.01}),
        ("noam", {"d_model": 64, "warmup_steps": 9}),
        ("lambda", {"factor": "1 / (1 + step)"}),
        ("lambda", {"factor": "lambda epoch: 0.5 ** epoch"}),
        ("cyclic", {"max_lr": 0.5, "step_size_up": 4, "mode": "triangular2"}),
        ("plateau", {"metrics": [1.0] * 9, "patience": 1}),
        ("linear_warmup", {"warmup_steps": 9, "start_lr": 0.01}),
        ("linear_warmup", {"warmup_steps": 0}),
    ],
)
def test_a_native_schedule_has_a_twin(name: str, options: dict[str, Any]) -> None:
    given = {"max_iters": 100, "base_lr": 0.1, **options}
    native, twin = load(name, **given), load(name, as_="paddle", **given)
    assert twin.convention.startswith("paddle 3.3 ")
    assert twin.lr(range(101)) == pytest.approx(native.lr(range(101)), rel=1e-12, abs=1e-17)


def test_one_cycle_as_paddle_ends_a_step_early() -> None:
    twin = load("onecycle", max_iters=100, max_lr=1.0, as_="paddle")
    assert twin.lr(99) == pytest.approx(load("onecycle", max_iters=100, max_lr=1.0).lr(100))


def test_a_lambda_of_two_names_for_the_step_has_no_twin() -> None:
    with pytest.raises(UsageError, match="epoch and t both name the step"):
        load("lambda", factor="t / epoch", as_="paddle")
