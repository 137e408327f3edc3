"""How samples become updates, by each format's own rule, from what its file says and the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lrplot
from lrplot.errors import InputError, LrplotError, UsageError

SAMPLES = Path(__file__).parents[2] / "sample_configs"

# 1,001 samples over 2 GPUs are shares of 501; batches of 10 leave a part of one over.
KEPT, DROPPED = 51, 50
STATE = {"learning_rate": 0.1, "lr_scheduler_type": "linear"}
SIZES = {"dataset_size": 1001, "gpus": 2}
SPLIT = {"accelerator_config": "{split_batches: true}"}
SPLIT_BY_20 = [
    "accelerator_config={split_batches: true}",
    "per_device_train_batch_size=20",
    "gradient_accumulation_steps=1",
]
DROP_LAST = {"dataloader_drop_last": "true"}


def text_of(options: dict[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in options.items()]


@pytest.mark.parametrize(
    ("sample", "batch", "said", "updates"),
    [
        ("alignment_handbook.yaml", "per_device_train_batch_size", {"max_steps": -1}, KEPT),
        ("alignment_handbook.yaml", None, {"max_steps": -1, "dataloader_drop_last": "true"}, 50),
        ("alignment_handbook.yaml", None, {"max_steps": -1, **SPLIT}, KEPT),
        ("alignment_handbook.yaml", None, {"max_steps": -1, **SPLIT, **DROP_LAST}, DROPPED),
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
        ("lightning_cli.yaml", "data.batch_size", {}, KEPT),
        ("lightning_cli.yaml", "data.init_args.batch_size", {"data.class_path": "my.Data"}, KEPT),
        ("lightning_cli.yaml", "data.batch_size", {"data.drop_last": "true"}, DROPPED),
        ("lightning_cli.yaml", "data.batch_size", {"trainer.overfit_batches": 0.0}, KEPT),
        ("fairseq.yaml", "dataset.batch_size", {"dataset.required_batch_size_multiple": 2}, KEPT),
        ("litgpt.yaml", "train.micro_batch_size", {}, KEPT),
        ("ds_config.json", "train_micro_batch_size_per_gpu", {"train_batch_size": 20}, KEPT),
        ("ds_config.json", None, {"train_batch_size": 20, "dataloader_drop_last": "true"}, DROPPED),
        ("wenet.yaml", "dataset_conf.batch_conf.batch_size", {}, DROPPED),
        ("kohya.toml", "training_arguments.train_batch_size", {}, KEPT),
        ("gpt_neox.yaml", "train_micro_batch_size_per_gpu", {}, DROPPED),
        ("torchtitan.toml", "training.local_batch_size", {}, KEPT),
        ("nemo.yaml", "model.train_ds.batch_size", {}, KEPT),
        ("nemo.yaml", "model.train_ds.batch_size", {"model.train_ds.drop_last": "true"}, DROPPED),
        ("openocr.yaml", "Train.loader.batch_size_per_card", {}, KEPT),
        ("openocr.yaml", None, {"Train.loader.drop_last": "true"}, DROPPED),
        ("trainer_state.json", "train_batch_size", STATE, KEPT),
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


# Batches of 10 on each of 2 GPUs, 4 of them to an update: 51 / 4 is 12.75, 50 / 4 is 12.5.
@pytest.mark.parametrize(
    ("sample", "said", "updates"),
    [
        ("fairseq.yaml", ["optimization.update_freq=[4]"], 13),
        ("fairseq.yaml", ["optimization.update_freq=4"], 13),
        ("litgpt.yaml", ["train.global_batch_size=80"], 12),
        ("ds_config.json", ["train_batch_size=80", "gradient_accumulation_steps=4"], 12.75),
        ("ds_config.json", ["train_batch_size=80", "gradient_accumulation_steps=null"], 12.75),
        ("ds_config.json", ["train_batch_size=auto", "gradient_accumulation_steps=4"], 12.75),
        ("lightning_cli.yaml", ["trainer.accumulate_grad_batches=4"], 13),
        ("hydra.yaml", ["trainer.accumulate_grad_batches=4", "model.interval=epoch"], 13),
        ("wenet.yaml", ["accum_grad=4"], 12),
        ("espnet.yaml", ["batch_size=20", "accum_grad=4", "num_iters_per_epoch=null"], 12),
        ("kohya.toml", ["training_arguments.gradient_accumulation_steps=4"], 13),
        ("gpt_neox.yaml", ["gradient-accumulation-steps=4"], 12),
        ("torchtitan.toml", ["training.global_batch_size=80"], 13),
        ("nemo.yaml", ["trainer.accumulate_grad_batches=4"], 13),
        ("nemo.yaml", ["model.micro_batch_size=10", "model.global_batch_size=80"], 13),
        ("nanogpt.py", ["gradient_accumulation_steps=8"], 13),
    ],
)
def test_what_completes_no_accumulation_is_rounded_as_its_trainer_has_it(
    sample: str, said: list[str], updates: float
) -> None:
    plan = lrplot.load(SAMPLES / sample, set=said, batch_size=10, **SIZES)
    assert plan.horizon.updates_per_epoch == updates
    assert plan.horizon.samples_per_iter == 80


@pytest.mark.parametrize(
    ("sample", "said", "updates"),
    [
        ("olmo.yaml", ["global_train_batch_size=20"], DROPPED),
        ("olmo.yaml", ["global_train_batch_size=20", "data.drop_last=true"], DROPPED),
        ("llm_foundry.yaml", ["global_train_batch_size=20"], KEPT),
        ("llm_foundry.yaml", ["global_train_batch_size=20", "train_loader.drop_last=true"], 50),
        ("detectron2.yaml", ["SOLVER.IMS_PER_BATCH=20"], KEPT),
        ("detectron2.yaml", ["SOLVER.IMS_PER_BATCH=80", "SOLVER.REFERENCE_WORLD_SIZE=8"], KEPT),
        ("ds_config.json", ["train_batch_size=20"], KEPT),
        ("espnet.yaml", ["batch_size=20", "num_iters_per_epoch=null"], DROPPED),
        ("torchtitan.toml", ["training.local_batch_size=10"], KEPT),
        ("llama_factory.yaml", [*SPLIT_BY_20, "max_steps=-1"], KEPT),
    ],
)
def test_a_batch_of_all_gpus_is_dealt_out(sample: str, said: list[str], updates: int) -> None:
    plan = lrplot.load(SAMPLES / sample, set=said, **SIZES)
    assert (plan.horizon.batch_size, plan.iters_per_epoch) == (10, updates)


@pytest.mark.parametrize(
    ("sample", "said", "options", "message"),
    [
        ("detectron2.yaml", [], {"gpus": 8, "batch_size": 16}, "is 16, .* 8 GPUs x 16 .* = 128"),
        ("detectron2.yaml", [], {"gpus": 3}, "IMS_PER_BATCH: is 16, .* 3 GPUs x 5 .* = 15"),
        ("olmo.yaml", [], {"gpus": 8, "batch_size": 4, "accumulate": 2}, "2,048.* x 2 acc.* = 64"),
        ("llm_foundry.yaml", [], {"gpus": 512}, "global_train_batch_size: is 256"),
        ("ds_config.json", ["train_micro_batch_size_per_gpu=5"], {"gpus": 2}, "is 32, .* = 10"),
        ("espnet.yaml", [], {"gpus": 3}, "batch_size: is 64"),
        ("torchtitan.toml", ["training.global_batch_size=9"], {"gpus": 2}, "is 9, .* = 8"),
        ("litgpt.yaml", [], {"gpus": 8, "batch_size": 128}, "too small for 8 devices"),
        ("nanogpt.py", [], {"gpus": 3}, "is 40, .* 3 GPUs do not share evenly"),
        ("dinov2.yaml", [], {"gpus": 2, "dataset_size": 9}, "train.OFFICIAL_EPOCH_LENGTH"),
        ("espnet.yaml", [], {"gpus": 2, "dataset_size": 9}, "num_iters_per_epoch: is the length"),
        ("fairseq.yaml", ["optimization.update_freq=[4, 2]"], SIZES, "changes from epoch to epoch"),
        ("lightning_cli.yaml", ["trainer.limit_train_batches=1"], SIZES, "cuts each epoch short"),
        ("lightning_cli.yaml", ["trainer.overfit_batches=2"], SIZES, "cuts each epoch short"),
        ("lightning_cli.yaml", ["trainer.overfit_batches=1"], SIZES, "cuts each epoch short"),
        ("llama_factory.yaml", SPLIT_BY_20, {**SIZES, "gpus": 3}, "is 20, .* 3 GPUs x 6 .* = 18"),
        ("hydra.yaml", [], SIZES, "model.interval: is missing"),
        ("gpt_neox.yaml", ["model-parallel-size=2"], SIZES, "model-parallel-size: lets several"),
        ("torchtitan.toml", ["parallelism.tensor_parallel_degree=2"], SIZES, "lets several GPUs"),
        ("nemo.yaml", ["model.pipeline_model_parallel_size=2"], SIZES, "lets several GPUs"),
    ],
)
def test_sizes_that_do_not_go_together_are_refused(
    sample: str, said: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(LrplotError, match=message):
        lrplot.load(SAMPLES / sample, set=said, **options)


@pytest.mark.parametrize(
    ("sample", "said", "asked"),
    [
        ("fairseq.yaml", ["dataset.batch_size=8", "dataset.max_tokens=4096"], "--batch-size"),
        ("fairseq.yaml", ["dataset.batch_size=12"], "--batch-size"),
        ("ds_config.json", ["train_batch_size=auto"], "--batch-size"),
        ("hydra.yaml", ["data.batch_size=64", "model.interval=step"], "--batch-size"),
        ("wenet.yaml", ["dataset_conf.batch_conf.batch_type=dynamic"], "--batch-size"),
        ("espnet.yaml", ["batch_type=folded", "num_iters_per_epoch=null"], "--batch-size"),
        ("nemo.yaml", ["model.train_ds={batch_size: 8, batch_duration: 360}"], "--batch-size"),
        ("openocr.yaml", ["Train={sampler: {name: RatioSampler}}"], "--batch-size"),
        ("trainer_state.json", text_of(STATE), "--accumulate"),
    ],
)
def test_a_size_that_the_file_does_not_tell_is_asked_for(
    sample: str, said: list[str], asked: str
) -> None:
    with pytest.raises(InputError, match=f"--dataset-size needs {asked}"):
        lrplot.load(SAMPLES / sample, set=said, **SIZES)


def test_what_a_file_leaves_open_does_not_stand_in_the_way() -> None:
    auto = ["train_batch_size=auto", "train_micro_batch_size_per_gpu=auto"]
    plan = lrplot.load(SAMPLES / "ds_config.json", set=auto, batch_size=10, **SIZES)
    assert plan.iters_per_epoch == KEPT

    left = ["trainer.accumulate_grad_batches=${oc.env:STEPS}", "data.batch_size=???"]
    plan = lrplot.load(SAMPLES / "lightning_cli.yaml", set=left, batch_size=10, **SIZES)
    assert plan.iters_per_epoch == KEPT


def test_a_batch_size_of_a_program_of_its_own_is_taken_on_one_gpu() -> None:
    said = ["data.batch_size=10", "model.interval=epoch"]
    plan = lrplot.load(SAMPLES / "hydra.yaml", set=said, dataset_size=1001, gpus=1)
    assert plan.iters_per_epoch == 101


@pytest.mark.parametrize(
    ("sample", "said", "tokens"),
    [
        ("nanogpt.py", [], 40 * 64 * 256),
        ("litgpt.yaml", [], 512 * 2048),
        ("olmo.yaml", [], 2048 * 2048),
        ("llm_foundry.yaml", [], 256 * 2048),
        ("torchtitan.toml", [], 4 * 8192),
        ("gpt_neox.yaml", ["seq_length=2048"], 4 * 4 * 2048),
    ],
)
def test_the_tokens_of_an_update_are_told(sample: str, said: list[str], tokens: int) -> None:
    plan = lrplot.load(SAMPLES / sample, set=said, gpus=4)
    assert plan.horizon.position(1).tokens == tokens


def test_fast_reid_has_whole_batches_only() -> None:
    plan = lrplot.load("SOLVER: {MAX_EPOCH: 9, BASE_LR: 0.1, IMS_PER_BATCH: 20}", **SIZES)
    assert (plan.horizon.batch_size, plan.iters_per_epoch, plan.max_iters) == (10, 50, 450)


def test_the_epochs_of_sd_scripts_are_rounded_up_one_by_one() -> None:
    # 1,001 images in batches of 4 are 251, two to an update 126, 3 epochs 378.
    said = ["training_arguments={max_train_epochs: 3, gradient_accumulation_steps: 2}"]
    sizes = {"dataset_size": 1001, "gpus": 1, "batch_size": 4}
    plan = lrplot.load(SAMPLES / "kohya.toml", set=said, **sizes)
    assert (plan.iters_per_epoch, plan.max_iters) == (126, 378)
    assert plan.lr(18 // 2) == pytest.approx(1e-4 / 2)  # a warm-up of int(0.05 * 378)


def test_the_gui_of_sd_scripts_rounds_the_run_and_leaves_out_the_gpus() -> None:
    text = "lr_scheduler: cosine\nlr_warmup: 10\nepoch: 15\ntrain_batch_size: 10\n"
    plan = lrplot.load(text, **SIZES)
    assert (plan.iters_per_epoch, plan.max_iters) == (51, 1502)  # ceil(1001 / 10 * 15)


def test_gpt_neox_rounds_the_accumulations_of_the_whole_run() -> None:
    # 1,013 sequences are 253 whole batches of 4, and 4 times these 337 updates of 3.
    said = ["gradient_accumulation_steps=3", "train_iters=null", "train_epochs=4"]
    plan = lrplot.load(SAMPLES / "gpt_neox.yaml", set=said, dataset_size=1013, gpus=1)
    assert (plan.iters_per_epoch, plan.max_iters) == (84, 337)


def test_axolotl_counts_all_epochs_samples_at_once() -> None:
    said = [
        "micro_batch_size=10",
        "gradient_accumulation_steps=1",
        "num_epochs=3",
        "max_steps=null",
    ]
    sizes = {"dataset_size": 1001, "gpus": 2}
    plan = lrplot.load(SAMPLES / "axolotl.yaml", set=[*said, "sample_packing=false"], **sizes)

    assert (plan.iters_per_epoch, plan.max_iters) == (51, 151)
    with pytest.raises(LrplotError, match="the number of samples does not tell"):
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
