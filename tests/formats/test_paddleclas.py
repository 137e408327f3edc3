from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats.paddleclas import detect
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads an lr of a run of 40 epochs, 10 updates each."""

    def read(
        lr: str,
        *,
        epochs: int = 40,
        iters_per_epoch: int | None = 10,
        run: str = "",
        **options: Any,
    ) -> Plan:
        text = f"Global: {{epochs: {epochs}{run}}}\nOptimizer: {{name: Momentum, lr: {{{lr}}}}}\n"
        return load(write("clas.yaml", text), iters_per_epoch=iters_per_epoch, **options)

    return read


def test_the_cosine_runs_over_what_the_warm_up_leaves(read: Read) -> None:
    shape = "name: Cosine, learning_rate: 2e-3, warmup_epoch: 5, warmup_start_lr: 1e-6"
    plan = read(f"{shape}, eta_min: 1e-5")
    rates = [plan.lr(step) for step in (0, 25, 50, 225, 400)]
    assert rates == pytest.approx([1e-6, 1.0005e-3, 2e-3, 1.005e-3, 1e-5])
    assert (plan.base_lr, plan.max_iters, plan.iters_per_epoch) == (2e-3, 400, 10)
    assert len(plan.notes) == 1  # PaddleClas makes numbers of such text


def test_by_epoch_holds_the_rate_for_an_epoch_and_is_exact_without_its_length(read: Read) -> None:
    lr = "name: Cosine, learning_rate: 0.1, warmup_epoch: 4, by_epoch: True"
    updates, epochs = read(lr), read(lr, iters_per_epoch=None)
    assert [updates.lr(step) for step in (9, 10, 19, 20)] == pytest.approx([0, 0.025, 0.025, 0.05])
    assert [updates.lr(10 * epoch) for epoch in range(41)] == [epochs.lr(e) for e in range(41)]
    assert epochs.max_iters == 40


def test_piecewise_has_its_levels(read: Read) -> None:
    plan = read("name: Piecewise, decay_epochs: [10, 20], values: [0.1, 0.05, 0.01]")
    assert [plan.lr(step) for step in (99, 100, 200)] == [0.1, 0.05, 0.01]
    with pytest.raises(InputError, match="--base-lr sets none of them"):
        read("name: Piecewise, decay_epochs: [10], values: [0.1, 0.05]", base_lr=1.0)


@pytest.mark.parametrize(
    ("epochs", "rates"),
    [
        (100, [0.1, 0.1, 0.01, 0.01, 0.001, 0.0001]),
        (31, [0.1, 0.1, 0.01, 0.01, 0.01, 0.01]),
        (30, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
        (26, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
    ],
)
def test_piecewise_with_learning_rate_ignores_what_is_written(
    read: Read, epochs: int, rates: list[float]
) -> None:
    lr = "name: Piecewise, learning_rate: 0.1, decay_epochs: [1], values: [0.1, 0.5]"
    plan = read(lr, epochs=epochs)
    found = [plan.lr(10 * epoch) for epoch in (0, 29, 30, 59, 60, 90)]
    assert found == pytest.approx(rates)
    assert "PaddleClas ignores decay_epochs and values" in plan.notes[1]


def test_a_warm_up_moves_the_milestones(read: Read) -> None:
    lr = "name: MultiStepDecay, learning_rate: 0.1, milestones: [10, 20], gamma: 0.5"
    assert read(lr).lr(100) == 0.05
    assert [read(f"{lr}, warmup_epoch: 2").lr(step) for step in (119, 120)] == [0.1, 0.05]


def test_a_step_of_a_part_of_an_epoch_is_cut_to_updates(read: Read) -> None:
    plan = read("name: Step, learning_rate: 1.0, step_size: 2.45, gamma: 0.5")
    assert [plan.lr(step) for step in (23, 24, 47, 48)] == [1.0, 0.5, 0.5, 0.25]


def test_linear_is_paddles_poly_to_the_end(read: Read) -> None:
    lr = "name: Linear, learning_rate: 0.1, power: 2.0, warmup_epoch: 20, end_lr: 0.01"
    assert [read(lr).lr(step) for step in (100, 300, 400)] == pytest.approx([0.05, 0.0325, 0.01])
    late = read(f"{lr}, by_epoch: True")  # its warm-up counts updates where all else counts epochs
    assert late.lr(399) == pytest.approx(39 / 200 * 0.1)


def test_fixmatchs_cosine_is_a_part_of_one(read: Read) -> None:
    plan = read("name: CosineFixmatch, learning_rate: 0.03, num_warmup_steps: 100")
    assert plan.lr(50) == pytest.approx(0.015)
    assert plan.lr(250) == pytest.approx(0.03 * math.cos(math.pi * 7 / 16 / 2))


def test_one_cycle_and_cyclic_are_paddles(read: Read) -> None:
    plan = read("name: OneCycleLR, max_learning_rate: 0.1, divide_factor: 10.0, phase_pct: 0.25")
    assert [plan.lr(step) for step in (0, 99, 399)] == pytest.approx([0.01, 0.1, 1e-10])
    shape = "base_learning_rate: 0.1, max_learning_rate: 0.3, step_size_up: 50"
    wave = read(f"name: Cyclic, {shape}, warmup_epoch: 0, warmup_start_lr: 0")
    assert [wave.lr(step) for step in (0, 50, 75, 100)] == pytest.approx([0.1, 0.3, 0.2, 0.1])
    with pytest.raises(InputError, match=r"lr\.warmup_start_lr: is missing"):
        read(f"name: Cyclic, {shape}, warmup_epoch: 0")


def test_last_epoch_0_is_a_step_ahead(read: Read) -> None:
    lr = "name: Piecewise, decay_epochs: [4], values: [0.1, 0.01], by_epoch: True, last_epoch: 0"
    plan = read(lr)
    assert [plan.lr(step) for step in (29, 30)] == [0.1, 0.01]
    assert "last_epoch: 0 has the scheduler one step ahead from the start" in plan.notes
    with pytest.raises(InputError, match=r"Optimizer\.lr\.last_epoch: must be -1 or 0"):
        read(lr.replace("last_epoch: 0", "last_epoch: 7"))


def test_a_constant_rate_is_exact_without_an_epochs_length(read: Read) -> None:
    assert read("learning_rate: 0.05", iters_per_epoch=None).lr(39) == 0.05
    assert read("name: ConstLR, learning_rate: 0.05, warmup_epoch: 10").lr(50) == 0.025


def test_plateau_asks_for_a_metric_an_epoch(read: Read) -> None:
    lr = "name: ReduceOnPlateau, learning_rate: 0.1, patience: 1, by_epoch: True"
    with pytest.raises(InputError, match="add --metrics"):
        read(lr)
    plan = read(lr, metrics=[1.0, 1.0, 1.0, 1.0])
    assert [plan.lr(0), plan.lr(399)] == pytest.approx([0.1, 0.01])
    with pytest.raises(InputError, match="must be True for ReduceOnPlateau"):
        read("name: ReduceOnPlateau, learning_rate: 0.1")


def test_what_its_class_does_not_look_at_is_said(read: Read) -> None:
    notes = read("name: Cosine, learning_rate: 0.1, warmup_epochs: 5, step_each_epoch: 1").notes
    ignored = "Optimizer.lr.warmup_epochs is not looked at by PaddleClas's Cosine"
    assert notes[1:] == (f"{ignored} (did you mean 'warmup_epoch'?)",)


def test_an_epochs_length_may_stand_in_the_config(read: Read) -> None:
    lr = "name: Cosine, learning_rate: 0.1"
    assert read(lr, iters_per_epoch=None, run=", iter_per_epoch: 70").max_iters == 2800
    both = ", iter_per_epoch: 70, update_freq: 4"
    assert read(lr, iters_per_epoch=None, run=both).max_iters == 680
    assert read(lr, run=both).max_iters == 400
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read(lr, iters_per_epoch=None)


def test_a_warm_up_longer_than_the_run_is_cut(read: Read) -> None:
    plan = read("name: Cosine, learning_rate: 0.1, warmup_epoch: 60")
    assert plan.lr(200) == pytest.approx(0.05)
    assert "warmup_epoch is cut to the 40 epochs of the run" in plan.notes


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        ("name: Cosin, learning_rate: 0.1", "did you mean 'Cosine'"),
        ("name: Cosine", "Optimizer.lr.learning_rate: is missing"),
        ("name: Cosine, learning_rate: -1", "Optimizer.lr.learning_rate: must not be below 0"),
        ("name: Cosine, learning_rate: 0.1, warmup_epoch: 0.25", "warmup_epoch: makes 397.5 steps"),
        ("name: Step, learning_rate: 0.1, step_size: 0.01, gamma: 0.1", "step_size: "),
        ("name: Piecewise, values: [1]", "Optimizer.lr.decay_epochs: is missing"),
        ("name: CosineFixmatch, learning_rate: 0.1, num_warmup: 3", "num_warmup: is not a key"),
        ("name: Cosine, learning_rate: 0.1, warmup_epoch: 2, warmup_start_lr: 1", "start"),
    ],
)
def test_what_paddle_refuses_is_said_at_the_key(read: Read, lr: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(lr)
    assert message in str(caught.value)
    assert "clas.yaml:2:" in str(caught.value)


def test_the_first_of_several_optimizers_is_shown_and_the_others_said(
    write: Callable[..., Path],
) -> None:
    one = "{scope: RecModel, lr: {name: Cosine, learning_rate: 0.1}}"
    two = "{scope: CenterLoss, lr: {learning_rate: 0.5}}"
    text = f"Global: {{epochs: 4}}\nOptimizer:\n- Momentum: {one}\n- SGD: {two}\n"
    plan = load(write("two.yaml", text), iters_per_epoch=5)
    assert plan.lr(0) == 0.1
    assert "Optimizer[1].SGD has a schedule of its own, not shown here" in plan.notes


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Global: {epochs: 3}\nOptimizer: {lr: {learning_rate: 0.1}}", True),
        ("Global: {epochs: 3}\nOptimizer: {rate: 1}", False),
        ("Global: {epoch_num: 3}\nOptimizer: {lr: {learning_rate: 0.1}}", False),
        ("Global: 3\nOptimizer: {lr: {learning_rate: 0.1}}", False),
        ("Global: {epochs: 3}\nOptimizer: []", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed
