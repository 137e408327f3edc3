"""How samples become updates, by each format's own rule, from what its file says and the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lrplot
from lrplot.errors import InputError, UsageError

SAMPLES = Path(__file__).parents[2] / "sample_configs"

# 1,001 samples over 2 GPUs are shares of 501; batches of 10 leave a part of one over.
KEPT, DROPPED = 51, 50


def text_of(options: dict[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in options.items()]


@pytest.mark.parametrize(
    ("sample", "batch", "said", "updates"),
    [
        ("alignment_handbook.yaml", "per_device_train_batch_size", {"max_steps": -1}, KEPT),
        ("alignment_handbook.yaml", None, {"max_steps": -1, "dataloader_drop_last": "true"}, 50),
        ("llama_factory.yaml", "per_device_train_batch_size", {"max_steps": -1}, KEPT),
        ("torchtune.yaml", "batch_size", {}, DROPPED),
        ("timm.yaml", "batch_size", {}, DROPPED),
        ("swin.yaml", "DATA.BATCH_SIZE", {}, DROPPED),
        ("paddledetection.yaml", "TrainReader.batch_size", {}, KEPT),
        ("paddledetection.yaml", None, {"TrainReader.drop_last": "true"}, DROPPED),
        ("paddleclas.yaml", "DataLoader.Train.sampler.batch_size", {}, KEPT),
        ("paddleocr.yaml", "Train.loader.batch_size_per_card", {}, KEPT),
        ("openpcdet.yaml", "OPTIMIZATION.BATCH_SIZE_PER_GPU", {}, KEPT),
        ("mmdet_1x_mmcv.py", None, {}, KEPT),
        ("lightning_cli.yaml", None, {}, KEPT),
    ],
)
def test_an_epoch_is_counted_as_its_trainer_counts(
    sample: str, batch: str | None, said: dict[str, Any], updates: int
) -> None:
    sizes = {"dataset_size": 1001, "gpus": 2, "accumulate": _one(sample)}
    in_file = {batch: 10} if batch else {}
    given = {**sizes, **({} if batch else {"batch_size": 10})}

    plan = lrplot.load(SAMPLES / sample, set=text_of(in_file | said), **given)

    assert plan.iters_per_epoch == updates
    assert plan.horizon.samples_per_iter == 20
    assert plan.horizon.derivation[0].startswith("1,001 samples / ")


def _one(sample: str) -> int | None:
    """Return the accumulation that overrides the sample's; where batches count, none may."""
    return None if sample.endswith(".py") else 1


@pytest.mark.parametrize(
    ("sample", "key", "updates"),
    [
        ("alignment_handbook.yaml", "gradient_accumulation_steps", 17),
        ("torchtune.yaml", "gradient_accumulation_steps", 16),
        ("timm.yaml", "grad_accum_steps", 17),
        ("swin.yaml", "TRAIN.ACCUMULATION_STEPS", 16),
    ],
)
def test_an_accumulation_left_over_makes_an_update_or_none(
    sample: str, key: str, updates: int
) -> None:
    sizes = {"dataset_size": 1001, "gpus": 2, "batch_size": 10}
    said = ["max_steps=-1"] if "alignment" in sample else []
    plan = lrplot.load(SAMPLES / sample, set=[f"{key}=3", *said], **sizes)
    assert plan.iters_per_epoch == updates


def test_axolotl_counts_all_epochs_samples_at_once() -> None:
    said = ["micro_batch_size=10", "gradient_accumulation_steps=1", "num_epochs=3", "max_steps=null"]
    sizes = {"dataset_size": 1001, "gpus": 2}
    plan = lrplot.load(SAMPLES / "axolotl.yaml", set=[*said, "sample_packing=false"], **sizes)

    assert (plan.iters_per_epoch, plan.max_iters) == (51, 151)
    with pytest.raises(InputError, match="the number of samples does not tell"):
        lrplot.load(SAMPLES / "axolotl.yaml", set=[*said, "sample_packing=true"], **sizes)


@pytest.mark.parametrize(
    ("options", "asked"),
    [({"batch_size": 10}, "--gpus"), ({"gpus": 2}, "--batch-size")],
)
def test_what_no_file_says_is_asked_for(options: dict[str, Any], asked: str) -> None:
    with pytest.raises(InputError, match=asked):
        lrplot.load(SAMPLES / "lightning_cli.yaml", dataset_size=1001, **options)


def test_sizes_that_contradict_each_other_are_both_said() -> None:
    sizes = {"dataset_size": 1001, "gpus": 2, "batch_size": 10, "iters_per_epoch": 52}
    with pytest.raises(UsageError, match=r"is 52, where 1,001 samples .* 51 iterations"):
        lrplot.load(SAMPLES / "lightning_cli.yaml", **sizes)
