from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

RATE = "optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 1.0}}\n"
TUNE = "checkpoint_dir: x\n" + RATE
PRETRAIN = "tokenizer_dir: x\ndevices: 2\n" + RATE
SIZES = "global_batch_size: 16, micro_batch_size: 2"  # on 2 devices: 4 micro-batches an update


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads keys of train after others of the file."""

    def read(train: str, top: str, **options: Any) -> Plan:
        return load(write("run.yaml", f"{top}train: {{{SIZES}, {train}}}\n"), **options)

    return read


def test_finetuning_rises_from_nothing_and_ends_at_it(read: Callable[..., Plan]) -> None:
    plan = read("lr_warmup_steps: 20, epochs: 2, max_steps: null", TUNE, iters_per_epoch=50)
    assert plan.lr([0, 10, 20, 60, 100]).tolist() == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert (plan.max_iters, plan.convention) == (100, "litgpt 0.5.13 finetune")


def test_a_limit_of_steps_shortens_the_schedule(read: Callable[..., Plan]) -> None:
    plan = read("lr_warmup_steps: 5, epochs: 2, max_steps: 25", TUNE, iters_per_epoch=50)
    assert plan.max_iters == 25
    assert plan.lr([15, 25]).tolist() == pytest.approx([0.5, 0])


def test_finetuning_needs_the_length_of_an_epoch(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read("lr_warmup_steps: 20, epochs: 2", TUNE)
    assert read("lr_warmup_steps: 20, epochs: 2", TUNE, max_iters=30).max_iters == 30


def test_an_update_of_pretraining_uses_the_rate_of_its_last_micro_batch(
    read: Callable[..., Plan],
) -> None:
    train = "lr_warmup_steps: 5, max_tokens: 6400, max_seq_length: 8, min_lr: 0.2"
    plan = read(train, PRETRAIN)
    assert plan.max_iters == 50
    assert plan.lr([0, 1, 4]).tolist() == pytest.approx([3 / 20, 7 / 20, 19 / 20])
    assert plan.lr(100) == pytest.approx(0.2)
    assert read(train, PRETRAIN, gpus=1).max_iters == 50
    assert read(train, PRETRAIN + "num_nodes: 2\n").max_iters == 50


def test_without_a_length_of_its_own_a_sample_is_as_long_as_the_model_takes(
    read: Callable[..., Plan],
) -> None:
    model = PRETRAIN + "model_config: {block_size: 8}\n"
    assert read("lr_warmup_steps: 5, max_tokens: 6400, max_seq_length: null", model).max_iters == 50


def test_pretraining_has_no_limit_of_steps(read: Callable[..., Plan]) -> None:
    train = "lr_warmup_steps: null, max_steps: 5, max_tokens: 6400, max_seq_length: 8"
    plan = read(train, PRETRAIN)
    assert plan.max_iters == 50
    assert plan.lr(0) == pytest.approx(1, rel=1e-3)
    assert "does not end litgpt's pretraining" in plan.notes[-1]


def test_a_config_is_told_by_two_keys_of_train(write: Callable[..., Path]) -> None:
    text = f"{PRETRAIN}train: {{max_tokens: 409600, max_seq_length: 8}}\n"
    assert load(write("run.yaml", text)).max_iters == 100


def test_devices_that_nobody_counted_are_asked_for(read: Callable[..., Plan]) -> None:
    train = "lr_warmup_steps: 5, max_tokens: 6400, max_seq_length: 8"
    with pytest.raises(InputError, match="needs --gpus"):
        read(train, "tokenizer_dir: x\ndevices: auto\n" + RATE)


def test_a_warm_up_may_be_a_part_of_an_epoch(read: Callable[..., Plan]) -> None:
    train = "lr_warmup_fraction: 0.5, lr_warmup_steps: 0, max_tokens: 6400, max_seq_length: 8"
    plan = read(train, PRETRAIN, iters_per_epoch=20)
    assert plan.lr(4) == pytest.approx(19 / 40)
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(train, PRETRAIN)


def test_a_rate_that_is_not_in_the_file_is_said(read: Callable[..., Plan]) -> None:
    plan = read("lr_warmup_steps: 5", "checkpoint_dir: x\n", max_iters=10)
    assert plan.base_lr == 1e-3
    assert "torch's default for AdamW is 0.001" in plan.notes[1]
    old = read("lr_warmup_steps: 5, learning_rate: 2", "checkpoint_dir: x\n", max_iters=10)
    assert old.base_lr == 2
    galore = "checkpoint_dir: x\noptim: {optimizer: galore_adamw, learning_rate: 3}\n"
    assert read("lr_warmup_steps: 5", galore, max_iters=10).base_lr == 3
    bare = "checkpoint_dir: x\noptimizer: {class_path: torch.optim.NAdam, init_args: {}}\n"
    assert read("lr_warmup_steps: 5", bare, max_iters=10).base_lr == 2e-3
    with pytest.raises(InputError, match="does not tell the rate"):
        read("lr_warmup_steps: 5", "checkpoint_dir: x\noptimizer: GaLore\n", max_iters=10)


@pytest.mark.parametrize(
    ("train", "top", "said"),
    [
        ("lr_warmup: 5, lr_warmup_steps: 5", TUNE, "train.lr_warmup: is not a key"),
        ("lr_warmup_steps: 0, epochs: 1", TUNE, "train.lr_warmup_steps: must be at least 1"),
        ("lr_warmup_fraction: 0.1, epochs: 1", TUNE, "is not supported by litgpt finetune"),
        (
            "lr_warmup_fraction: 0.1, lr_warmup_steps: 5, max_tokens: 9, max_seq_length: 1",
            PRETRAIN,
            "train.lr_warmup_fraction: goes without lr_warmup_steps",
        ),
        ("lr_warmup_fraction: 0.1, max_seq_length: 8", PRETRAIN, "set lr_warmup_steps to null"),
        ("lr_warmup_steps: 5, epochs: 5", PRETRAIN, "is not supported by litgpt pretrain"),
        ("lr_warmup_steps: 5, max_tokens: null", PRETRAIN, "train.max_tokens: must not be null"),
        ("lr_warmup_steps: null", TUNE, "train.lr_warmup_steps: must not be null"),
        ("lr_warmup_steps: 5, max_norm: 1", TUNE, "train.max_norm: is not supported by litgpt"),
        (
            "lr_warmup_steps: 5",
            "checkpoint_dir: x\noptimizer: {class_path: torch.optim.SGD}\n",
            "optimizer.init_args: is missing",
        ),
        ("lr_warmup_steps: 5", TUNE + "devices: 9\n", "is too small for 9 devices"),
        ("lr_warmup_steps: 5, max_tokens: 99", PRETRAIN, "add --set train.max_seq_length=N"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], train: str, top: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(train, top, iters_per_epoch=10)
    assert said in str(caught.value)
