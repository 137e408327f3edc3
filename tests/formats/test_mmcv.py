"""mmcv 1.x's lr_config: worked values of every policy, runners, warm-ups, refusals."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Write = Callable[[str, str], Path]

FAR = 10**12
ITERS = "runner = dict(type='IterBasedRunner', max_iters=100)\n"
EPOCHS = "runner = dict(type='EpochBasedRunner', max_epochs=10)\n"


@pytest.fixture
def plan(write: Write) -> Callable[..., Plan]:
    """Return a function that reads a config of an lr_config and a runner."""

    def plan(hook: str, runner: str = ITERS, *, lr: str = "lr=1.0", **options: Any) -> Plan:
        text = f"optimizer = dict(type='SGD', {lr})\nlr_config = dict({hook})\n{runner}"
        return load(write("config.py", text), **options)

    return plan


def half_cosine(done: float) -> float:
    return (1 + math.cos(math.pi * done)) / 2


BY_ITERATION: dict[str, dict[int, float]] = {
    "policy='fixed'": {0: 1, 99: 1},
    "policy='step', step=[10, 30], gamma=0.5": {9: 1, 10: 0.5, 29: 0.5, 30: 0.25},
    "policy='step', step=[30, 10], gamma=0.5": {29: 1, 30: 0.25},
    "policy='step', step=40": {39: 1, 40: 0.1, 80: 0.01},
    "policy='step', step=40, min_lr=0.05": {40: 0.1, 80: 0.05},
    "policy='exp', gamma=0.5": {0: 1, 2: 0.25},
    "policy='poly', power=2, min_lr=0.2": {0: 1, 50: 0.4},
    "policy='poly'": {75: 0.25},
    "policy='inv', gamma=0.5, power=2": {2: 0.25},
    "policy='CosineAnnealing', min_lr=0.2": {0: 1, 50: 0.6},
    "policy='CosineAnnealing', min_lr_ratio=0.2": {50: 0.6},
    "policy='FlatCosineAnnealing', start_percent=0.5, min_lr=0": {49: 1, 50: 1, 75: 0.5},
    "policy='LinearAnnealing', min_lr_ratio=0.5": {0: 1, 50: 0.75},
    "policy='CosineRestart', periods=[40, 60], restart_weights=[1, 0.5], min_lr=0.2": {
        20: 0.6,
        40: 0.6,
        70: 0.4,
    },
    "policy='cyclic', target_ratio=(10, 0.5), step_ratio_up=0.4": {0: 1, 20: 5.5, 40: 10, 70: 5.25},
    "policy='cyclic', target_ratio=(3.0,), cyclic_times=2, anneal_strategy='linear'": {
        10: 2,
        20: 3,
        50: 1,
    },
    "policy='OneCycle', max_lr=5.0, pct_start=0.21": {0: 0.2, 20: 5.0, 99: 0.2e-4},
    "policy='CosineAnnealingCooldown', min_lr=0.2, cool_down_time=20, cool_down_ratio=0.5": {
        40: 0.6,
        80: 0.2,
        81: 0.1,
    },
    "policy='TIN', min_lr=0.2, warmup='constant', warmup_iters=20": {19: 0.1 * 1.0, 60: 0.6},
}


@pytest.mark.parametrize(("hook", "wanted"), BY_ITERATION.items())
def test_a_policy_by_iterations(hook: str, wanted: dict[int, float], plan: Any) -> None:
    found = plan(hook).lr([*wanted]).tolist()
    if "TIN" in hook:  # its cosine counts from the end of the warm-up, also before it
        assert found[1:] == pytest.approx([*wanted.values()][1:])
        return
    assert found == pytest.approx([*wanted.values()])


def test_the_iteration_runner_has_the_hook_go_by_iterations(plan: Any) -> None:
    assert plan("policy='step', step=[10]").lr([9, 10]).tolist() == [1, 0.1]
    found = plan("policy='step', step=[3]", EPOCHS, iters_per_epoch=7)
    assert found.lr([20, 21]).tolist() == [1, 0.1]
    assert found.max_iters == 70


def test_by_epochs_under_the_iteration_runner_nothing_is_ever_set(plan: Any) -> None:
    found = plan("policy='step', step=[1], by_epoch=True, warmup='linear', warmup_iters=5")
    assert found.lr([0, 50]).tolist() == [1, 1]
    assert any("never sets the rate" in note for note in found.notes)


def test_cyclic_and_one_cycle_go_by_iterations_under_either_runner(plan: Any) -> None:
    hook = "policy='cyclic', target_ratio=(10, 0.5), step_ratio_up=0.4"
    assert plan(hook, EPOCHS, iters_per_epoch=10).lr(40) == pytest.approx(10)
    with pytest.raises(InputError, match=r"lr_config\.by_epoch: must be False"):
        plan(f"{hook}, by_epoch=True", EPOCHS, iters_per_epoch=10)


def test_one_cycle_needs_no_rate_of_the_optimizer(plan: Any) -> None:
    assert plan("policy='OneCycle', max_lr=5.0", lr="momentum=0.9").lr(0) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("form", "wanted"),
    {"constant": [0.2, 0.2], "linear": [0.2, 0.6], "exp": [0.2, math.sqrt(0.2)]}.items(),
)
def test_a_warm_up_starts_at_its_ratio_and_is_over_at_warmup_iters(
    form: str, wanted: list[float], plan: Any
) -> None:
    hook = f"policy='fixed', warmup='{form}', warmup_iters=10, warmup_ratio=0.2"
    assert plan(hook).lr([0, 5, 10]).tolist() == pytest.approx([*wanted, 1])


def test_the_ratio_is_a_tenth_unless_given(plan: Any) -> None:
    assert plan("policy='fixed', warmup='constant', warmup_iters=10").lr(0) == 0.1


def test_a_warm_up_by_epochs_lasts_as_many_iterations(plan: Any) -> None:
    hook = "policy='fixed', warmup='constant', warmup_iters=2, warmup_by_epoch=True"
    found = plan(hook, EPOCHS, iters_per_epoch=7)
    assert found.lr([13, 14]).tolist() == [0.1, 1]


def test_yolox_warms_up_by_a_parabola_and_ends_level(plan: Any) -> None:
    hook = (
        "policy='YOLOX', warmup='exp', by_epoch=False, warmup_by_epoch=True, warmup_ratio=1, "
        "warmup_iters=2, num_last_epochs=3, min_lr_ratio=0.1"
    )
    found = plan(hook, EPOCHS, iters_per_epoch=10)
    assert found.lr([0, 9, 19]).tolist() == pytest.approx([(1 / 20) ** 2, 0.25, 1])
    assert found.lr([44, 69, 99]).tolist() == pytest.approx(
        [0.1 + 0.9 * half_cosine(0.5), 0.1, 0.1]
    )


def test_after_the_last_update_the_optimizer_still_holds_its_rate(plan: Any) -> None:
    found = plan("policy='poly'")
    assert found.lr([99, 100, FAR]).tolist() == pytest.approx([0.01, 0.01, 0.01])


def test_a_name_in_lower_case_has_its_first_letter_raised(plan: Any) -> None:
    raised, lower = plan("policy='Step', step=[5]"), plan("policy='step', step=[5]")
    assert raised.schedule == lower.schedule
    with pytest.raises(InputError, match="did you mean 'CosineAnnealing'"):
        plan("policy='cosineannealing', min_lr=0")


def test_total_epochs_and_total_iters_stand_for_a_runner(plan: Any) -> None:
    assert plan("policy='step', step=[3]", "total_epochs = 10", iters_per_epoch=2).lr(6) == 0.1
    assert plan("policy='step', step=[3]", "total_iters = 10").lr(3) == 0.1


def test_without_lr_config_the_rate_stays(write: Write) -> None:
    text = "optimizer = dict(type='SGD', lr=0.5)\ntotal_epochs = 3\nlr_config = None\n"
    assert load(write("config.py", text)).lr([0, 3]).tolist() == [0.5, 0.5]


# -- epochs ---------------------------------------------------------------------------------------


def test_what_counts_only_epochs_is_answered_on_epochs(plan: Any) -> None:
    found = plan("policy='step', step=[8]", EPOCHS)
    assert (found.max_iters, found.iters_per_epoch) == (10, 1)
    assert found.lr([7, 8]).tolist() == [1, 0.1]
    assert any("steps here are epochs" in note for note in found.notes)


@pytest.mark.parametrize(
    "hook",
    [
        "policy='step', step=[8], warmup='linear', warmup_iters=5",
        "policy='CosineAnnealing', min_lr=0, by_epoch=False",
        "policy='OneCycle', max_lr=5.0",
    ],
)
def test_what_needs_the_length_of_an_epoch_asks_for_it(hook: str, plan: Any) -> None:
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(hook, EPOCHS)


def test_the_length_of_an_epoch_follows_from_the_data_set(plan: Any) -> None:
    hook = "policy='step', step=[8], warmup='linear', warmup_iters=5"
    runner = f"{EPOCHS}data = dict(samples_per_gpu=2)\n"
    found = plan(hook, runner, dataset_size=117_266, gpus=8)
    assert found.iters_per_epoch == 7330
    assert found.horizon.derivation[0].startswith(
        "117,266 samples / (8 GPUs x 2 per GPU) = 7,329.1"
    )


def test_a_longer_run_is_asked_for_in_iterations_or_epochs(plan: Any) -> None:
    hook = "policy='poly'"
    assert plan(hook, max_iters=200).lr(100) == 0.5
    assert plan(hook, EPOCHS, iters_per_epoch=10, max_epochs=20).max_iters == 200
    assert plan(hook, EPOCHS, iters_per_epoch=10, max_iters=195).lr(100) == 0.5
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(hook, EPOCHS, max_iters=195)


# -- momentum -------------------------------------------------------------------------------------


def test_momentum_config_is_drawn_when_it_is_asked_for(plan: Any) -> None:
    runner = f"{ITERS}momentum_config = dict(policy='step', step=[10], by_epoch=False)\n"
    found = plan("policy='fixed'", runner, lr="lr=1.0, momentum=0.8")
    assert found.lr(50) == 1
    assert found.of("momentum").lr([9, 10]).tolist() == [0.8, 0.4]


def test_a_warm_up_divides_the_momentum(plan: Any) -> None:
    runner = (
        f"{ITERS}momentum_config = dict(policy='CosineAnnealing', min_momentum=0.4, "
        "by_epoch=False, warmup='constant', warmup_iters=10)\n"
    )
    found = plan("policy='fixed'", runner, lr="lr=1.0, betas=(0.8, 0.999)").of("momentum")
    assert found.lr([0, 50]).tolist() == pytest.approx([0.8 / 0.9, 0.6])


# -- refusals -------------------------------------------------------------------------------------

REFUSED = {
    "policy='polly'": "lr_config.policy: mmcv has no PollyLrUpdaterHook",
    "step=[8]": "lr_config.policy: is missing",
    "policy='step'": "lr_config.step: is missing",
    "policy='step', step=[8], stepp=3": "lr_config.stepp: mmcv's policy step has no such parameter",
    "policy='step', step='8'": "lr_config.step: must be a whole number or a list",
    "policy='step', step=[0]": "lr_config.step: ",
    "policy='CosineAnnealing'": "lr_config.min_lr: give min_lr or min_lr_ratio",
    "policy='CosineAnnealing', min_lr=0, step=[3]": "no such parameter",
    "policy='CosineRestart', periods=[9, 9], min_lr=0": "restart_weights: must be 2",
    "policy='FlatCosineAnnealing', min_lr=0, start_percent=1": "start_percent: ",
    "policy='cyclic', target_ratio=10": "target_ratio: ",
    "policy='cyclic', step_ratio_up=1.0": "step_ratio_up: ",
    "policy='cyclic', cyclic_times=0": "cyclic_times: ",
    "policy='OneCycle', max_lr=[0.1]": "max_lr: must be one number",
    "policy='OneCycle', max_lr=0.1, total_steps=9": "total_steps: must be at least",
    "policy='OneCycle', max_lr=0.1, pct_start=0.01": "pct_start: ",
    "policy='fixed', warmup='slow', warmup_iters=5": "lr_config.warmup: has no option 'slow'",
    "policy='fixed', warmup='linear'": "lr_config.warmup_iters: must be above 0",
    "policy='fixed', warmup='linear', warmup_iters=2.5": "warmup_iters: must be a whole number",
    "policy='fixed', warmup='linear', warmup_iters=5, warmup_ratio=0": "warmup_ratio: ",
    "policy='fixed', warmup='linear', warmup_iters=5, warmup_by_epoch=True": "warmup_by_epoch: ",
    "policy='exp', gamma=decay()": "lr_config.gamma: ",
}


@pytest.mark.parametrize(("hook", "said"), REFUSED.items())
def test_what_mmcv_refuses_is_refused_at_its_key(hook: str, said: str, plan: Any) -> None:
    with pytest.raises(InputError) as refusal:
        plan(hook)
    assert said in str(refusal.value)
    assert "config.py:2:" in str(refusal.value)


def test_yolox_asks_for_the_length_of_an_epoch(plan: Any) -> None:
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan("policy='YOLOX', num_last_epochs=3, min_lr=0")


def test_past_the_last_period_mmcv_stops_and_so_does_the_curve(plan: Any) -> None:
    found = plan("policy='CosineRestart', periods=[40], restart_weights=[1], min_lr=0")
    assert found.lr(39) > 0
    with pytest.raises(InputError, match="stops with an error at 40"):
        found.lr(40)


def test_a_run_without_a_length_asks_for_it(plan: Any) -> None:
    with pytest.raises(InputError, match="--max-epochs"):
        plan("policy='fixed'", "runner = dict(type='EpochBasedRunner')\n")
    with pytest.raises(InputError, match="--max-iters"):
        plan("policy='fixed'", "runner = dict(type='IterBasedRunner')\n")


# -- what the reader is told ----------------------------------------------------------------------


def test_a_step_past_the_run_is_said(plan: Any) -> None:
    notes = plan("policy='step', step=[50, 100]").notes
    assert any(note == "step 100 never comes: the run ends at 100" for note in notes)


def test_batches_between_updates_are_said(plan: Any) -> None:
    hook = "optimizer_config = dict(type='GradientCumulativeOptimizerHook', cumulative_iters=4)\n"
    assert any("updates every 4" in note for note in plan("policy='fixed'", ITERS + hook).notes)


def test_where_the_config_says_what_is_told(plan: Any) -> None:
    assert plan("policy='step', step=[8]", EPOCHS).details == (
        "rate 1  config.py:1",
        "max_epochs 10  config.py:3",
        "policy step (epochs by default)  config.py:2",
    )


def test_phases_are_the_warm_up_and_each_level(plan: Any) -> None:
    hook = "policy='step', step=[3, 5], warmup='linear', warmup_iters=5"
    phases = plan(hook, EPOCHS, iters_per_epoch=10).phases
    assert [(phase.name, phase.start, phase.end) for phase in phases] == [
        ("linear warm-up", 0, 5),
        ("step x0.1", 5, 30),
        ("step x0.1", 30, 50),
        ("step x0.1", 50, 100),
    ]


@pytest.mark.parametrize("hook", BY_ITERATION)
def test_every_jump_is_at_a_knot(hook: str, plan: Any) -> None:
    found = plan(hook)
    rates = found.lr(range(101)).tolist()
    knots = {step for knot in found.schedule.knots(100) for step in knot}
    change = [abs(b - a) for a, b in pairwise(rates)]
    for step in range(1, 99):
        beside = max(change[step - 1], change[step + 1])
        assert change[step] <= 4 * beside + 1e-12 or {step, step + 1} & knots
