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
    with pytest.raises(
        InputError, match=r"how many updates there are in 1\.5 epochs is not in the file"
    ):
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
    plan = lrplot.load(path, **SIZES, accumulate=2)
    assert plan.horizon.updates_per_epoch == 31.5  # 63 batches, in pairs


LIGHTNING = """
trainer: {max_epochs: 10, devices: DEVICES, num_nodes: 2}
model: {class_path: my.Model}
data: {batch_size: 8}
optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1}}
lr_scheduler: {class_path: torch.optim.lr_scheduler.StepLR, init_args: {step_size: 3}}
"""


@pytest.mark.parametrize(
    ("devices", "gpus"), [("4", 8), ('"4"', 8), ("[0, 1]", 4), ('"0,1,"', 4), ("auto", None)]
)
def test_a_file_may_say_how_many_gpus_there_are(
    write: Callable[..., Path], devices: str, gpus: int | None
) -> None:
    path = write("fit.yaml", LIGHTNING.replace("DEVICES", devices))

    if gpus is None:
        with pytest.raises(InputError, match="--dataset-size needs --gpus"):
            lrplot.load(path, dataset_size=1000)
    else:
        plan = lrplot.load(path, dataset_size=1000)
        assert plan.iters_per_epoch == -(-1000 // (8 * gpus))
        assert plan.horizon.samples_per_iter == 8 * gpus
    assert lrplot.load(path, dataset_size=1000, gpus=5).iters_per_epoch == 25


@pytest.mark.parametrize(
    ("source", "samples"),
    [("detectron2.yaml", 16), ("olmo.yaml", 2048), ("ds_config.json", 32), ("litgpt.yaml", 512)],
)
def test_a_batch_of_all_gpus_is_an_updates_samples(source: str, samples: int) -> None:
    plan = lrplot.load(f"sample_configs/{source}", scale_lr="linear", from_batch=samples // 2)
    assert plan.horizon.samples_per_iter == samples
    assert any("linear" in note for note in plan.notes)


@pytest.mark.parametrize("source", ["detectron2", "nanogpt", "paddleseg", "fairseq", "olmo"])
@pytest.mark.parametrize("sizes", [{"iters_per_epoch": 50}, {"dataset_size": 10_007, "gpus": 2}])
def test_epochs_that_are_asked_for_are_the_run(source: str, sizes: dict[str, int]) -> None:
    ending = "py" if source == "nanogpt" else "yaml"
    batch = {"batch_size": 8} if source == "fairseq" and "dataset_size" in sizes else {}
    plan = lrplot.load(f"sample_configs/{source}.{ending}", **sizes, **batch, max_epochs=3)
    assert plan.max_iters == 3 * (plan.iters_per_epoch or 0)


def test_a_cool_down_comes_after_the_epochs_that_are_asked_for() -> None:
    for sizes in ({"iters_per_epoch": 39}, {"dataset_size": 10_007, "gpus": 2}):
        plan = lrplot.load("sample_configs/timm.yaml", max_epochs=20, **sizes)
        assert plan.max_iters == 30 * 39


def test_an_epoch_of_one_update_is_one(write: Callable[..., Path]) -> None:
    text = "dataloader_drop_last: true\ngradient_accumulation_steps: 4\nnum_train_epochs: 2.5"
    plan = hf(write, text, dataset_size=90, batch_size=8, gpus=3)

    assert (plan.max_iters, plan.iters_per_epoch) == (3, 1)
    assert not plan.in_epochs
    assert plan.horizon.position(2).samples == 2 * 72  # 3 whole batches of 24, not 4
    assert plan.horizon.derivation[-1] == "x 2.5 epochs = 2.5 -> 3 updates"


def test_whose_rule_it_is_is_named(write: Callable[..., Path]) -> None:
    plan = lrplot.load("sample_configs/openpcdet.yaml", dataset_size=1000, gpus=2)
    assert plan.horizon.rule.name == (
        "openpcdet: each device's share of the samples, rounded up, in batches"
    )
    assert hf(write).horizon.rule.name == "transformers' Trainer"


@pytest.mark.parametrize(
    "source", ["mmseg_poly_160k.py", "ds_config.json", "torchtitan.toml", "fairseq.yaml"]
)
def test_epochs_of_unknown_length_are_asked_for(source: str) -> None:
    with pytest.raises(InputError, match="--max-epochs needs --iters-per-epoch") as caught:
        lrplot.load(f"sample_configs/{source}", max_epochs=3)
    assert caught.value.exit_code == 2


def test_deepspeed_counts_parts_of_epochs() -> None:
    run = {"iters_per_epoch": 101, "epochs": 1.5}  # as `run:` in a spec has it
    assert lrplot.load("sample_configs/ds_config.json", **run).max_iters == 151


def test_a_gpus_batch_is_part_of_that_of_all() -> None:
    for batch in (8, 16):
        plan = lrplot.load("sample_configs/detectron2.yaml", batch_size=batch)
        assert plan.horizon.samples_per_iter == 16
    with pytest.raises(UsageError, match="is 5, where the file has 16 over all GPUs"):
        lrplot.load("sample_configs/detectron2.yaml", batch_size=5)


def test_axolotl_says_how_it_counts_epochs() -> None:
    sizes: dict[str, Any] = {"dataset_size": 10_001, "gpus": 2, "max_epochs": 10}
    plan = lrplot.load("sample_configs/axolotl.yaml", set=["sample_packing=false"], **sizes)

    assert plan.max_iters == 12_502
    assert "10,001 samples x 10 / 8 = 12,502 updates" in plan.notes[-1]
    packed = lrplot.load("sample_configs/axolotl.yaml", max_epochs=1.5, iters_per_epoch=101)
    assert packed.max_iters == 151


def test_no_warmup_is_none() -> None:
    swept = lrplot.load("cosine", base_lr=0.1, max_iters=100, warmup=0)
    assert swept.schedule == lrplot.load("cosine", base_lr=0.1, max_iters=100).schedule
