from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

RUN = "learning_rate = 1.0\nmax_train_steps = 100\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads options beside 100 steps at a rate of 1."""

    def read(text: str, run: str = RUN, **options: Any) -> Plan:
        return load(write("c.toml", run + text), **options)

    return read


@pytest.mark.parametrize(
    ("text", "steps", "rates"),
    [
        ('"constant"', [0, 100], [1, 1]),
        ('"constant_with_warmup"\nlr_warmup_steps = 10', [0, 5, 10, 100], [0, 0.5, 1, 1]),
        ('"linear"\nlr_warmup_steps = 0.2', [10, 20, 60, 100], [0.5, 1, 0.5, 0]),
        ('"cosine"', [0, 50, 100], [1, 0.5, 0]),
        ('"cosine_with_restarts"\nlr_scheduler_num_cycles = 2', [0, 25, 50, 75], [1, 0.5, 1, 0.5]),
        ('"polynomial"\nlr_scheduler_power = 2.0', [0, 50, 100], [1, 0.25, 1e-7]),
        ('"inverse_sqrt"\nlr_warmup_steps = 4', [2, 4, 16], [0.5, 1, 0.5]),
        ('"cosine_with_min_lr"\nlr_scheduler_min_lr_ratio = 0.5', [0, 50, 100], [1, 0.75, 0.5]),
        ('"warmup_stable_decay"\nlr_decay_steps = 0.2', [0, 80, 90, 100], [1, 1, 0.5, 0]),
    ],
)
def test_each_scheduler_gets_what_the_script_hands_on(
    read: Callable[..., Plan], text: str, steps: list[int], rates: list[float]
) -> None:
    plan = read(f"lr_scheduler = {text}\n")
    assert plan.max_iters == 100
    assert plan.lr(steps).tolist() == pytest.approx(rates, rel=1e-6, abs=1e-12)


def test_tables_only_group_the_options(read: Callable[..., Plan]) -> None:
    text = '[a]\nlearning_rate = 1.0\nmax_train_steps = 10\n[b]\nlr_scheduler = "linear"\n'
    assert read(text, run="").lr([0, 5, 10]).tolist() == [1, 0.5, 0]


def test_epochs_come_before_steps_and_need_their_length(read: Callable[..., Plan]) -> None:
    text = 'lr_scheduler = "linear"\nmax_train_epochs = 3\n'
    assert read(text, iters_per_epoch=10).max_iters == 30
    with pytest.raises(InputError, match="a run of 3 epochs needs --iters-per-epoch"):
        read(text)


def test_a_warm_up_in_steps_is_shared_by_the_gpus(read: Callable[..., Plan]) -> None:
    text = 'lr_scheduler = "constant_with_warmup"\nlr_warmup_steps = '
    assert read(f"{text}20\n", gpus=2).lr([5, 10]).tolist() == [0.5, 1]
    assert read(f"{text}0.2\n", gpus=2).lr([5, 20]).tolist() == [0.25, 1]


def test_defaults_and_other_rates_are_said(read: Callable[..., Plan]) -> None:
    plan = read('lr_scheduler = "cosine"\nlr_warmup_steps = 0\nunet_lr = 1e-4\n', run="")
    assert (plan.base_lr, plan.max_iters) == (2e-6, 1600)
    assert "max_train_steps 1600" in plan.notes[-2]
    assert "unet_lr" in plan.notes[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lr_scheduler = "cosin"', "lr_scheduler: has no option 'cosin'"),
        ('lr_scheduler = "constant"\nlr_warmup_steps = 3', "lr_warmup_steps: must be 0"),
        ('lr_scheduler = "cosine"\nlr_scheduler_args = ["a=1"]', "lr_scheduler_args: is not read"),
        ('lr_scheduler = "cosine"\nlr_scheduler_cycles = 2', "lr_scheduler_cycles: is not a key"),
        ('lr_scheduler = "cosine_with_min_lr"', "lr_scheduler_min_lr_ratio: is missing"),
        ('lr_scheduler = "cosine"\noptimizer_type = "Adafactor"', "optimizer_type: is not read"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{text}\n")
    assert said in str(caught.value)
