"""Sizes beside a source: runs that end within an epoch, and what a file leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import lrplot
from lrplot.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COSINE = "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)"
SIZES: dict[str, Any] = {"dataset_size": 1003, "batch_size": 8, "gpus": 2}
AUTO = """
train_micro_batch_size_per_gpu: auto
gradient_accumulation_steps: auto
zero_optimization: {stage: 2}
scheduler: {type: WarmupLR, params: {warmup_num_steps: 100, warmup_max_lr: 0.1}}
"""


def hf(write: Callable[..., Path], text: str = "", **options: Any) -> lrplot.Plan:
    path = write("args.yaml", f"lr_scheduler_type: linear\nlearning_rate: 1e-3\n{text}")
    return lrplot.load(path, **{**SIZES, **options})


@pytest.mark.parametrize(("epochs", "updates"), [(1.5, 95), ("0.5", 32), (0.01, 1), (2, 126)])
def test_a_run_of_the_trainer_may_end_within_an_epoch(
    write: Callable[..., Path], epochs: float | str, updates: int
) -> None:
    said = hf(write, max_epochs=epochs)  # 63 updates in an epoch; a part of one is rounded up
    written = hf(write, f"num_train_epochs: {epochs}")

    assert said.max_iters == written.max_iters == updates
    assert said.lr(range(updates)).tolist() == written.lr(range(updates)).tolist()
    assert said.horizon.derivation == written.horizon.derivation
    assert said.horizon.derivation[-1].startswith(f"x {epochs} epoch")


def test_steps_that_a_file_says_are_no_epochs(write: Callable[..., Path]) -> None:
    plan = hf(write, "max_steps: 100\nnum_train_epochs: 7")
    assert plan.max_iters == 100
    assert len(plan.horizon.derivation) == 1
    assert hf(write, "max_steps: 100", max_epochs=1.5).max_iters == 95


@pytest.mark.parametrize("name", ["swin", "lightning_cli", "detectron2", "openpcdet", "timm"])
def test_trainers_that_count_whole_epochs_refuse_a_part(name: str) -> None:
    with pytest.raises(UsageError, match=r"--max-epochs: must be whole for .*, got 1\.5"):
        lrplot.load(f"sample_configs/{name}.yaml", max_epochs=1.5, iters_per_epoch=10)


def test_a_part_of_an_epoch_needs_its_length(write: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"how many updates there are in 1\.5 epochs is not in the file"):
        hf(write, max_epochs=1.5, dataset_size=None, batch_size=None)
    with pytest.raises(InputError, match=r"--max-epochs 1\.5 needs --iters-per-epoch"):
        lrplot.load(COSINE, base_lr=0.1, max_epochs=1.5)


@pytest.mark.parametrize("sizes", [{"iters_per_epoch": 63}, SIZES])
def test_a_call_may_run_for_a_part_of_an_epoch(sizes: dict[str, int]) -> None:
    plan = lrplot.load(COSINE, base_lr=0.1, max_epochs="1.5ep", **sizes)
    assert plan.max_iters == 95
    assert plan.horizon.derivation[-1].endswith("x 1.5 epochs = 94.5 -> 95 updates")


def test_a_rule_of_whole_epochs_takes_no_part() -> None:
    rule = lrplot.Horizon().rule
    whole = type(rule)(name="ours", divisions=rule.divisions)

    assert lrplot.Horizon(max_epochs=2, iters_per_epoch=10, rule=whole).max_iters == 20
    with pytest.raises(lrplot.errors.ParameterError, match=r"1\.5, where ours counts whole epochs"):
        lrplot.Horizon(max_epochs=1.5, iters_per_epoch=10, rule=whole)


def test_what_a_script_fills_in_is_asked_for_where_it_counts(write: Callable[..., Path]) -> None:
    path = write("ds.yaml", AUTO)

    assert lrplot.load(path).lr(200) == 0.1
    with pytest.raises(InputError, match=r"ds\.yaml:3:.*gradient_accumulation_steps: is auto"):
        lrplot.load(path, **SIZES)
    assert lrplot.load(path, **SIZES, accumulate=2).iters_per_epoch == 31  # 63 batches, in pairs
