from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats.paddleocr import detect
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
        lr: str, *, epochs: int = 40, iters_per_epoch: int | None = 10, **options: Any
    ) -> Plan:
        text = f"Global: {{epoch_num: {epochs}}}\nOptimizer: {{name: Adam, lr: {{{lr}}}}}\n"
        return load(write("ocr.yml", text), iters_per_epoch=iters_per_epoch, **options)

    return read


def test_the_cosine_is_as_long_as_the_run_and_begins_after_the_warm_up(read: Read) -> None:
    plan = read("name: Cosine, learning_rate: 0.001, warmup_epoch: 4")
    assert [plan.lr(step) for step in (0, 20, 40, 240)] == pytest.approx([0, 5e-4, 1e-3, 5e-4])
    assert plan.lr(400) == pytest.approx(0.0005 * (1 + math.cos(math.pi * 0.9)))
    assert "it ends above 0" in plan.notes[1]
    assert (plan.base_lr, plan.max_iters) == (0.001, 400)


@pytest.mark.parametrize(
    ("lr", "rates"),
    [
        ("name: Cosine, learning_rate: 0.1", [0.1, 0.05, 0.0]),
        ("name: Linear, learning_rate: 0.1, end_lr: 0.02", [0.1, 0.06, 0.02]),
        ("name: Linear, learning_rate: 0.1, power: 2", [0.1, 0.025, 0.0]),
        ("name: DecayLearningRate, learning_rate: 0.1, factor: 1, end_lr: 5", [0.1, 0.05, 0.0]),
        ("name: Step, learning_rate: 0.1, step_size: 15, gamma: 0.1", [0.1, 0.01, 0.001]),
        ("name: MultiStepDecay, learning_rate: 0.1, milestones: [9, 20, 30], gamma: 0.5",
         [0.1, 0.025, 0.0125]),
        ("name: Piecewise, decay_epochs: [20], values: [0.1, 0.01]", [0.1, 0.01, 0.01]),
        ("name: Const, learning_rate: 0.1", [0.1, 0.1, 0.1]),
        ("name: CyclicalCosine, learning_rate: 0.1, cycle: 40", [0.1, 0.05, 0.1]),
        ("name: TwoStepCosine, learning_rate: 0.1",
         [0.1, 0.05 * (1 + math.cos(0.1 * math.pi)), 0.05 * (1 + math.cos(0.2 * math.pi))]),
        ("learning_rate: 0.1", [0.1, 0.1, 0.1]),
    ],
)  # fmt: skip
def test_each_of_its_schedulers_is_known(read: Read, lr: str, rates: list[float]) -> None:
    plan = read(lr)
    assert [plan.lr(step) for step in (0, 200, 400)] == pytest.approx(rates)


def test_one_cycle_ends_as_torchs_does(read: Read) -> None:
    plan = read("name: OneCycle, max_lr: 0.1")
    assert [plan.lr(step) for step in (0, 119, 399)] == pytest.approx([0.004, 0.1, 4e-7])


def test_two_step_cosine_jumps_after_200_epochs_or_stays_at_0(read: Read) -> None:
    lr = "name: TwoStepCosine, learning_rate: 0.1"
    alone, warmed = read(lr, epochs=400), read(f"{lr}, warmup_epoch: 10", epochs=400)
    assert [alone.lr(step) for step in (1000, 2000, 2001)] == pytest.approx([0.05, 0, 0], abs=1e-12)
    assert warmed.lr(2100) == pytest.approx(0, abs=1e-12)
    assert warmed.lr(2101) == pytest.approx(0.05 * (1 + math.cos(math.pi * 2001 / 4000)))


def test_a_constant_rate_is_exact_without_an_epochs_length(read: Read) -> None:
    assert read("learning_rate: 0.05", iters_per_epoch=None).max_iters == 40
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read("name: Cosine, learning_rate: 0.05", iters_per_epoch=None)


def test_what_its_class_does_not_look_at_is_said(read: Read) -> None:
    lr = "name: DecayLearningRate, learning_rate: 1e-3, epochs: 9, end_lr: 1, warmup_epoch: 2"
    end, warmup, text = read(lr).notes[1:]
    assert end == "Optimizer.lr.end_lr is not looked at by PaddleOCR's DecayLearningRate"
    assert warmup == "Optimizer.lr.warmup_epoch is not looked at by PaddleOCR's DecayLearningRate"
    assert text.endswith("which PyYAML reads as text, where PaddleOCR stops: write 1.0e-3")


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        ("name: Cosinus, learning_rate: 0.1", "did you mean 'Cosine'"),
        ("name: Step, learning_rate: 0.1, gamma: 0.1", "Optimizer.lr.step_size: is missing"),
        ("name: Step, learning_rate: 0.1, gamma: 2, step_size: 1", "Optimizer.lr.gamma: "),
        ("name: Step, learning_rate: 0.1, gamma: 0.1, step_size: 0.25", "makes 2.5 steps"),
        ("name: Piecewise, decay_epochs: [1], values: []", "Optimizer.lr.values: must hold rates"),
    ],
)
def test_what_paddle_refuses_is_said_at_the_key(read: Read, lr: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(lr)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Global: {epoch_num: 3}\nOptimizer: {lr: {learning_rate: 0.1}}", True),
        ("Global: {epoch_num: 3}\nOptimizer: {lr: 0.1}\nLRScheduler: {name: OneCycleLR}", False),
        ("Global: {epochs: 3}\nOptimizer: {lr: {learning_rate: 0.1}}", False),
        ("Global: {epoch_num: 3}", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed
