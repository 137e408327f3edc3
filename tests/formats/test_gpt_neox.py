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

OPTIMIZER = '"optimizer": {"type": "Adam", "params": {"lr": 1.0, "eps": 1.0e-8,}}'


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads keys beside the optimizer."""

    def read(keys: str, **options: Any) -> Plan:
        return load(write("run.yml", f"{{{OPTIMIZER}, {keys}}}"), **options)

    return read


def test_the_first_two_updates_have_one_rate(read: Callable[..., Plan]) -> None:
    plan = read('"train_iters": 100, "warmup": 0.2, "lr_decay_style": "linear"')
    assert plan.lr([0, 1, 2, 20, 60, 100]).tolist() == pytest.approx([0.05, 0.05, 0.1, 1, 0.5, 0])
    assert [phase.name for phase in plan.phases] == ["warm-up", "linear decay"]


@pytest.mark.parametrize(
    ("style", "rates"),
    [
        ("linear", [0.5, 0.3, 0.3]),
        ("cosine", [0.65, 0.3, 0.65]),
        ("exponential", [math.exp(-0.693 / 2), math.exp(-0.693), math.exp(-0.693 * 1.5)]),
        ("constant", [1, 1, 1]),
    ],
)
def test_each_style_has_its_curve_within_and_beyond_the_decay(
    read: Callable[..., Plan], style: str, rates: list[float]
) -> None:
    plan = read(
        f'"train_iters": 200, "lr_decay_iters": 100, "warmup": 0.2, "min_lr": 0.3,'
        f' "lr_decay_style": "{style}"'
    )
    assert plan.lr([60, 100, 140]).tolist() == pytest.approx(rates)


def test_a_warm_up_need_not_be_whole(read: Callable[..., Plan]) -> None:
    plan = read('"train_iters": 10, "warmup": 0.25')
    assert plan.lr([2, 3]).tolist() == pytest.approx([2 / 2.5, 1 - 0.5 / 7.5])


def test_without_a_warm_up_the_decay_begins_at_once(read: Callable[..., Plan]) -> None:
    plan = read('"train_iters": 10, "warmup": 0')
    assert plan.lr([0, 1, 10]).tolist() == pytest.approx([0.9, 0.9, 0])


def test_the_decay_may_be_a_part_of_the_run(read: Callable[..., Plan]) -> None:
    plan = read('"train-iters": 100, "lr-decay-fraction": 0.5, "warmup": 0')
    assert plan.lr([25, 50]).tolist() == pytest.approx([0.5, 0])


def test_a_run_may_be_counted_in_epochs(read: Callable[..., Plan]) -> None:
    keys = '"train_epochs": 2, "warmup": 0'
    assert read(keys, iters_per_epoch=50).max_iters == 100
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(keys)


def test_a_rate_that_is_not_in_the_file_is_the_programs(write: Callable[..., Path]) -> None:
    text = '{"optimizer": {"type": "Adafactor", "params": {}}, "train-iters": 10, "warmup": 0}'
    path = write("run.yml", text)
    assert load(path).base_lr == 0.001
    assert "GPT-NeoX's defaults count for lr 0.001" in load(path).notes
    assert load(path, base_lr=1.0).lr(1) == pytest.approx(0.9)


def test_onebitadam_has_deepspeeds_schedule(write: Callable[..., Path]) -> None:
    keys = '"train_iters": 100, "warmup": 0.1, "lr_decay_style": "cosine", "min_lr": 0.5'
    text = f'{{"optimizer": {{"type": "OneBitAdam", "params": {{"lr": 1.0}}}}, {keys}}}'
    plan = load(write("run.yml", text))
    assert plan.lr([0, 1, 2, 11, 56, 101]).tolist() == pytest.approx(
        [0, 0, math.log(2) / math.log(10), 1, 0.5, 0]
    )
    assert plan.convention == "gpt-neox OneBitAdam, DeepSpeed's WarmupDecayLR"


def test_defaults_and_other_rates_are_said(read: Callable[..., Plan]) -> None:
    notes = read('"train_iters": 100, "use_mup": true').notes
    assert "GPT-NeoX's defaults count for lr_decay_style linear, warmup 0.01, min_lr 0" in notes
    assert "width_mult" in notes[-1]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('"lr_decay_style": "cosine"', "train_iters: is missing"),
        ('"train_iters": 9, "lr_decay_style": "noam"', "lr_decay_style: has no option 'noam'"),
        ('"train_iters": 9, "warmup": 500', "warmup: must be a part of the decay"),
        ('"train_iters": 9, "lr_decay_fraction": -1', "lr_decay_fraction: must be at least 0"),
        ('"train_iters": 9, "scheduler": {"name": "x"}', "scheduler: is DeepSpeed's"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], keys: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(keys)
    assert said in str(caught.value)
