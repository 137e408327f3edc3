from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

HEAD = "max_epoch: 10\noptim: adam\noptim_conf: {lr: 1.0}\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a scheduler and its keys beside 10 epochs at a rate of 1."""

    def read(scheduler: str, conf: str, head: str = HEAD, **options: Any) -> Plan:
        text = f"{head}scheduler: {scheduler}\nscheduler_conf: {{{conf}}}\n"
        return load(write("c.yaml", text), **options)

    return read


@pytest.mark.parametrize(
    ("scheduler", "conf", "steps", "rates"),
    [
        ("warmuplr", "warmup_steps: 16", [0, 7, 15, 63], [1 / 16, 0.5, 1, 0.5]),
        ("noamlr", "model_size: 4, warmup_steps: 16", [7, 15, 63], [1 / 16, 1 / 8, 1 / 16]),
        ("noamlr", "warmup_steps: 5", [4], [1600**-0.5]),
        (
            "warmupsteplr",
            "warmup_steps: 10, steps_per_epoch: 10, step_size: 2, gamma: 0.5",
            [0, 9, 10, 28, 29, 49],
            [0.1, 1, 1, 1, 0.5, 0.25],
        ),
        (
            "CosineAnnealingWarmupRestarts",
            "first_cycle_steps: 20, max_lr: 1.0, min_lr: 0.0, warmup_steps: 10, gamma: 0.5",
            [0, 5, 10, 15, 20, 25, 30],
            [0, 0.5, 1, 0.5, 0, 0.25, 0.5],
        ),
        (
            "CosineAnnealingWarmupRestarts",
            "first_cycle_steps: 20, max_lr: 1.0, min_lr: 0.0, cycle_mult: 2",
            [0, 1, 10, 20, 40, 60],
            [0, (1 + np.cos(np.pi / 20)) / 2, 0.5, 1, 0.5, 1],
        ),
        ("CosineAnnealingWarmRestarts", "T_0: 20", [0, 10, 20], [1, 0.5, 1]),
        ("steplr", "step_size: 2, gamma: 0.5", [19, 20, 40], [1, 0.5, 0.25]),
        ("ExponentialLR", "gamma: '0.5'", [9, 10, 20], [1, 0.5, 0.25]),
        # as espnet2/schedulers of ESPnet 202511 gave them, over torch 2.13
        (
            "piecewiselinearwarmuplr",
            "warmup_steps_list: [0, 4, 10], warmup_lr_list: [0, 0.5, 1.5]",
            [0, 1, 4, 9, 39],
            [0.125, 0.25, 0.6666666666666666, 1.5, 0.5],
        ),
        (
            "piecewiselinearwarmuplr",
            "warmup_steps_list: [3, 6.5], warmup_lr_list: [0.1, 2.0]",
            [0, 2, 4, 5, 25],
            [0.1, 0.1, 1.1857142857142857, 1.7285714285714286, 0.5],
        ),
        (
            "tristagelr",
            "max_steps: 33.0",
            [0, 1, 2, 10, 19, 25, 32, 39],
            [0.34, 0.67, 1, 1, 0.33838551534282346, 0.06660846290809162, 0.01, 0.01],
        ),
        (
            "ExponentialDecayWarmup",
            "max_lr: 0.5, min_lr: 0.005, total_steps: 20, warmup_steps: 5, warm_from_zero: true",
            [0, 1, 4, 5, 9, 20, 25],
            [0, 0.2, 0.5, 0.5, 0.14643222823126185, 0.005, 0.0010772173450159432],
        ),
        (
            "exponentialdecaywarmup",
            "max_lr: 0.5, min_lr: 0.005, total_steps: 20, warmup_steps: 5",
            [0, 1, 4, 5, 20],
            [0.5, 1, 1, 0.5, 0.005],
        ),
    ],
)
def test_each_scheduler_has_its_clock(
    read: Callable[..., Plan], scheduler: str, conf: str, steps: list[int], rates: list[float]
) -> None:
    plan = read(scheduler, conf, iters_per_epoch=10)
    assert plan.max_iters == 100
    assert plan.lr(steps).tolist() == pytest.approx(rates, abs=1e-12)


@pytest.mark.parametrize("mult", [1, 1.5])
@pytest.mark.parametrize("warmup", [0, 4])
def test_between_two_knots_cycles_do_not_turn(
    read: Callable[..., Plan], mult: float, warmup: int
) -> None:
    conf = f"first_cycle_steps: 15, cycle_mult: {mult}, warmup_steps: {warmup}"
    plan = read("CosineAnnealingWarmupRestarts", conf, max_iters=200)
    change = np.diff(plan.lr(range(201)))
    knots = {step for knot in plan.schedule.knots(200) for step in knot}
    turns = np.flatnonzero(change[:-1] * change[1:] < 0) + 1
    assert len(turns) > 1
    assert set(turns.tolist()) <= knots


def test_the_file_may_say_how_long_an_epoch_is(read: Callable[..., Plan]) -> None:
    head = HEAD + "num_iters_per_epoch: 11\naccum_grad: 2\n"
    assert read("warmuplr", "", head).max_iters == 50
    assert read("warmuplr", "", head, iters_per_epoch=7).max_iters == 70
    open_ended = read("warmuplr", "warmup_steps: 16")
    assert open_ended.open_end
    assert open_ended.lr(15) == 1.0


def test_what_changes_once_an_epoch_is_exact_on_epochs(read: Callable[..., Plan]) -> None:
    plan = read("steplr", "step_size: 2")
    assert plan.max_iters == 10
    assert plan.lr([1, 2]).tolist() == pytest.approx([1, 0.1])


def test_without_a_scheduler_the_rate_stays(write: Callable[..., Path]) -> None:
    plan = load(write("c.yaml", "optim: adam\noptim_conf: {}\nmax_epoch: 3\n"), iters_per_epoch=2)
    assert (plan.max_iters, plan.lr(6)) == (6, 0.001)
    assert any("adam's default is 0.001" in note for note in plan.notes)


def test_an_optimizer_may_have_no_rate_of_its_own(write: Callable[..., Path]) -> None:
    text = "optim: adadelta\nmax_epoch: 3\nbatch_type: folded\n"
    assert load(write("c.yaml", text), iters_per_epoch=2).lr(6) == 1.0
    with pytest.raises(InputError, match="in no format"):
        load(write("d.yaml", text.replace("batch_type", "batches")))


def test_a_second_schedule_is_said(read: Callable[..., Plan]) -> None:
    plan = read("exponentiallr", "gamma: 0.9", HEAD + "scheduler2: exponentiallr\n")
    assert any("scheduler2" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("scheduler", "conf", "said"),
    [
        ("lambdalr", "", "scheduler: lambdalr is not read"),
        ("warmupReducelronplateau", "", "stepped by what each validation finds"),
        ("piecewiselinearwarmuplr", "warmup_steps_list: [0, 5, 5]", "must have a rate for each"),
        (
            "piecewiselinearwarmuplr",
            "warmup_steps_list: [5, 0]",
            "scheduler_conf.warmup_steps_list: must rise from step to step",
        ),
        ("tristagelr", "hold_ratio: 0.5", "scheduler_conf.decay_ratio: warmup_ratio, hold_ratio"),
        (
            "tristagelr",
            "max_steps: 1, warmup_ratio: 1, hold_ratio: 0, decay_ratio: 0",
            "decay_ratio",
        ),
        (
            "exponentialdecaywarmup",
            "max_lr: 1, min_lr: 0.1",
            "scheduler_conf.total_steps: is missing",
        ),
        (
            "exponentialdecaywarmup",
            "max_lr: 1, min_lr: 0.1, total_steps: 5, warmup_steps: 5",
            "scheduler_conf.warmup_steps: must be below total_steps",
        ),
        ("warmuplr", "warmup: 3", "scheduler_conf.warmup: is not a key"),
        ("warmuplr", "warmup_steps: 0", "scheduler_conf.warmup_steps: must be above 0"),
        ("noamlr", "model_size: 0", "scheduler_conf.model_size: must be above 0"),
        ("steplr", "step: 3", "step"),
        (
            "CosineAnnealingWarmupRestarts",
            "first_cycle_steps: 5, warmup_steps: 5",
            "scheduler_conf.warmup_steps: must be below first_cycle_steps",
        ),
        ("reducelronplateau", "patience: 3", "metrics"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, conf: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler, conf, iters_per_epoch=10)
    assert said in str(caught.value)
