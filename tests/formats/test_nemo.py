from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a sched in a run of some length, at a rate of 1."""

    def read(sched: str, trainer: str = "max_steps: 100", **options: Any) -> Plan:
        model = f"model: {{width: 4, optim: {{name: adam, lr: 1.0, sched: {{{sched}}}}}}}\n"
        return load(write("run.yaml", f"{model}trainer: {{{trainer}}}\n"), **options)

    return read


@pytest.mark.parametrize(
    ("sched", "rates"),
    [
        ("name: WarmupPolicy", [0.5, 1, 1, 0]),
        ("name: WarmupHoldPolicy, hold_steps: 10", [0.5, 1, 1, 0]),
        (
            "name: CosineAnnealing, min_lr: 0.2",
            [0.5, 1, 0.2 + 0.4 * (1 + math.cos(math.pi * 41 / 81)), 0.2],
        ),
        ("name: WarmupAnnealing, min_lr: 0.2", [0.5, 1, 0.2 + 0.8 * 40 / 81, 0.2]),
        ("name: SquareAnnealing", [0.5, 1, (40 / 81) ** 2, 1e-5]),
        ("name: SquareRootAnnealing", [0.5, 1, 0.4**0.5, 0]),
        ("name: InverseSquareRootAnnealing", [0.5, 1, (20 / 61) ** 0.5, 0]),
        ("name: PolynomialDecayAnnealing, power: 2", [0.5, 1, (40 / 81) ** 2, 0]),
        ("name: PolynomialHoldDecayAnnealing, hold_steps: 21", [0.5, 1, 1 - 20 / 60, 0]),
        ("name: NoamHoldAnnealing, hold_steps: 11, decay_rate: 1", [0.5, 1, 19 / 49, 0]),
        ("name: NoamHoldAnnealing", [0.5, 1, (19 / 60) ** 0.5, 0]),
    ],
)
def test_each_policy_has_its_curve(
    read: Callable[..., Plan], sched: str, rates: list[float]
) -> None:
    found = read(f"{sched}, warmup_steps: 19").lr([9, 19, 60, 101]).tolist()
    assert found == pytest.approx(rates)


def test_noam_is_a_multiplier_and_its_peak_is_at_the_warm_up(read: Callable[..., Plan]) -> None:
    plan = read("name: NoamAnnealing, d_model: '${model.width}', warmup_steps: 25, min_lr: 0.06")
    assert plan.lr([0, 1, 25, 64, 100]).tolist() == pytest.approx(
        [0.5 / 125, 0.5 / 125, 0.1, 0.0625, 0.06]
    )


@pytest.mark.parametrize("trainer", ["max_epochs: 3", "max_steps: -1"])
def test_noam_does_not_depend_on_the_run(read: Callable[..., Plan], trainer: str) -> None:
    plan = read("name: NoamAnnealing, d_model: 4, warmup_steps: 25", trainer)
    assert plan.open_end
    assert plan.lr([25, 100]).tolist() == pytest.approx([0.1, 0.05])
    with pytest.raises(InputError, match="needs --"):
        read("name: NoamAnnealing, d_model: 4, warmup_ratio: 0.1", trainer)


def test_constant_steps_change_the_rise_as_well(read: Callable[..., Plan]) -> None:
    plan = read("name: CosineAnnealing, warmup_steps: 20, constant_steps: 20, min_lr: 0.2")
    assert plan.lr([0, 10, 50, 80, 100]).tolist() == pytest.approx([0, 0.5, 0.6, 0.2, 0.2])


def test_a_stretch_may_be_a_part_of_the_policy(read: Callable[..., Plan]) -> None:
    sched = "name: PolynomialHoldDecayAnnealing, warmup_ratio: 0.195, hold_ratio: 0.21"
    assert read(sched).lr([9, 39, 70]).tolist() == pytest.approx([0.5, 1, 0.5])


def test_the_trainers_steps_come_before_the_policys(read: Callable[..., Plan]) -> None:
    sched = "name: WarmupAnnealing, max_steps: 200"
    assert read(sched).lr(50) == pytest.approx(0.5)
    plan = read(sched, "max_steps: -1, max_epochs: 2", iters_per_epoch=50)
    assert (plan.max_iters, plan.lr(50)) == (100, 0.75)


def test_epochs_are_counted_in_updates(read: Callable[..., Plan]) -> None:
    sched = "name: WarmupAnnealing"
    assert read(sched, "max_epochs: 2", iters_per_epoch=50).lr(50) == pytest.approx(0.5)
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(sched, "max_epochs: 2")
    with pytest.raises(InputError, match="needs --max-iters"):
        read(sched, "devices: 1")


def test_a_policy_without_a_length_is_left_out(read: Callable[..., Plan]) -> None:
    sched = "name: WarmupAnnealing, max_steps: -1"
    plan = read(sched, "max_epochs: 2", iters_per_epoch=50)
    assert plan.lr([0, 50, 99]).tolist() == [1, 1, 1]
    assert "leaves the scheduler out" in plan.notes[-1]
    assert read(sched).lr(50) == pytest.approx(0.5)


def test_a_run_with_two_limits_ends_at_the_first(read: Callable[..., Plan]) -> None:
    both = "max_steps: 100, max_epochs: 3"
    assert read("name: WarmupAnnealing", both, iters_per_epoch=20).max_iters == 60
    assert "3 epochs are shorter" in read("name: WarmupAnnealing", both).notes[-1]


def test_the_models_steps_come_before_the_trainers(write: Callable[..., Path]) -> None:
    text = (
        "model: {max_steps: 200, optim: {lr: 1.0, sched: {name: WarmupAnnealing}}}\n"
        "trainer: {max_steps: 100}\n"
    )
    path = write("gan.yaml", text)
    assert load(path).max_iters == 100
    assert load(path).lr(100) == pytest.approx(0.5)
    assert load(path, max_iters=400).lr(100) == pytest.approx(0.75)


def test_without_a_sched_the_rate_stays(write: Callable[..., Path]) -> None:
    text = "model: {optim: {name: adam, lr: 0.5}}\ntrainer:\n  max_epochs: ???\nexp_manager: {}\n"
    path = write("glow.yaml", text)
    plan = load(path, max_epochs=3, iters_per_epoch=10)
    assert (plan.max_iters, plan.lr([0, 29]).tolist()) == (30, [0.5, 0.5])
    assert load(path, max_iters=7).max_iters == 7
    assert load(path).open_end
    assert "--max-iters N shows its end" in load(path).notes[-1]
    with pytest.raises(InputError, match="in no format"):
        load(write("other.yaml", text.replace("exp_manager", "paths")), max_iters=7)


def test_vits_calls_the_factor_lr_decay(read: Callable[..., Plan]) -> None:
    assert read("name: ExponentialLR, lr_decay: 0.5", "max_epochs: 3").lr(2) == 0.25
    with pytest.raises(InputError, match="needs --max-epochs"):
        read("name: ExponentialLR, lr_decay: 0.5", "devices: 1")


def test_torchs_own_are_stepped_as_nemo_does(read: Callable[..., Plan]) -> None:
    assert read("name: StepLR, step_size: 10, gamma: 0.5").lr([9, 10]).tolist() == [1, 0.5]
    plan = read("name: ExponentialLR, gamma: 0.5", "max_epochs: 3", iters_per_epoch=10)
    assert (plan.lr(9), plan.lr(10), plan.max_iters) == (1, 0.5, 30)
    assert read("name: ExponentialLR, gamma: 0.5", "max_epochs: 3").lr(2) == 0.25


@pytest.mark.parametrize(
    ("sched", "said"),
    [
        ("name: CosineAnneal", "model.optim.sched.name: has no option 'CosineAnneal'"),
        ("name: ReduceLROnPlateau, patience: 5", "stepped by what each validation finds"),
        ("name: WarmupPolicy, hold_steps: 5", "model.optim.sched.hold_steps: is not a key"),
        ("name: WarmupPolicy, warmup_steps: 1, warmup_ratio: 0.1", "goes without warmup_steps"),
        ("name: WarmupPolicy, warmup_ratio: 5", "must lie between 0 and 1"),
        ("name: NoamAnnealing, d_model: 0", "d_model: must be above 0"),
        ("name: NoamHoldAnnealing", "must be above 0 for NoamHoldAnnealing"),
        ("name: CosineAnnealing, min_lr: 2", "must not be above the learning rate"),
        ("name: PolynomialDecayAnnealing, cycle: true", "cycle: is not followed"),
        ("name: WarmupPolicy, last_epoch: 5", "last_epoch: must be -1"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], sched: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(sched)
    assert said in str(caught.value)
