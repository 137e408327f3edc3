"""Configs of mmengine and mmcv as files: what is read from where, asked for, and said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError, UsageError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lrplot.plan import Plan

    Write = Callable[[str, str], Path]

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_configs"
WRAPPER = "optim_wrapper = dict(optimizer=dict(type='SGD', lr=1.0, momentum=0.9))\n"
ITERS = "train_cfg = dict(type='IterBasedTrainLoop', max_iters=100)\n"
EPOCHS = "train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=10)\n"
MULTI_STEP = "param_scheduler = dict(type='MultiStepLR', milestones=[8], gamma=0.5)\n"
WARM = "param_scheduler = dict(type='LinearLR', start_factor=0.5, by_epoch=False, end=5)\n"


@pytest.fixture
def plan(write: Write) -> Callable[..., Plan]:
    """Return a function that reads a config of these lines."""

    def plan(*lines: str, name: str = "config.py", **options: Any) -> Plan:
        return load(write(name, "".join(lines)), **options)

    return plan


# -- recorded -------------------------------------------------------------------------------------


def recorded() -> Iterator[Any]:
    path = ROOT / "tests" / "parity" / "openmmlab.json.gz"
    for case in json.loads(gzip.decompress(path.read_bytes())):
        yield pytest.param(case, id=case["id"])


@pytest.mark.parametrize("case", list(recorded()))
def test_a_recorded_config_gives_the_rates_of_the_real_hooks(
    case: dict[str, Any], write: Write
) -> None:
    path = write("config.py", case["text"])
    if "error" in case:
        with pytest.raises(InputError):
            load(path, iters_per_epoch=case["iters_per_epoch"]).lr(range(4001))
        return
    found = load(path, iters_per_epoch=case["iters_per_epoch"])
    wanted = np.array([float.fromhex(value) for value in case["lr"]])
    assert found.max_iters == len(wanted) - 1
    if case["param"] == "momentum" and found.schedule.momentum() is None:
        assert set(wanted) == {0.9}
        return
    given = found.of(case["param"]).lr(range(len(wanted)))
    close = 1e-9 * np.maximum(abs(wanted), 1e-9 * abs(wanted).max())
    off = np.flatnonzero(~(abs(given - wanted) <= close))
    assert not off.size, f"step {off[0]}: {given[off[0]]!r}, recorded {wanted[off[0]]!r}"


# -- samples --------------------------------------------------------------------------------------


def test_the_mmengine_sample_warms_up_then_decays_to_nothing() -> None:
    found = load(SAMPLES / "mmseg_poly_160k.py")
    steps = [0, 1499, 1500, 80_000, 159_999, 160_000]
    half = 6e-5 * (1 - (80_000 - 1500) / (160_000 - 1500 - 1))
    assert found.lr(steps).tolist() == pytest.approx([6e-11, 6e-5, 6e-5, half, 0, 0], abs=1e-18)
    assert found.max_iters == 160_000
    assert found.name == "mmseg_poly_160k"


def test_the_mmcv_sample_is_mmdetections_1x() -> None:
    found = load(SAMPLES / "mmdet_1x_mmcv.py", iters_per_epoch=7330)
    steps = [0, 500, 8 * 7330 - 1, 8 * 7330, 11 * 7330]
    assert found.lr(steps).tolist() == pytest.approx([0.00002, 0.02, 0.02, 0.002, 0.0002])


# -- which format ---------------------------------------------------------------------------------


def test_what_shows_the_format_is_said(plan: Any) -> None:
    found = plan(WRAPPER, ITERS)
    assert "read as an mmengine config: it has optim_wrapper and train_cfg" in found.notes
    found = plan("optimizer = dict(lr=1.0)\nlr_config = dict(policy='fixed')\ntotal_iters = 9\n")
    assert "read as an mmcv 1.x config: it has lr_config and optimizer" in found.notes


def test_what_is_left_over_from_mmcv_does_not_make_it_one(plan: Any) -> None:
    found = plan(WRAPPER, ITERS, "lr_config = dict(policy='step', step=[3])\ntotal_iters = 9\n")
    assert found.convention.startswith("mmengine")
    assert found.max_iters == 100


def test_a_file_with_no_schedule_is_in_no_format(plan: Any) -> None:
    with pytest.raises(InputError, match="in no format"):
        plan("model = dict(type='ResNet')\n")


def test_from_names_the_format(plan: Any) -> None:
    text = "optimizer = dict(lr=0.5)\nlr_config = dict(policy='fixed')\ntotal_iters = 9\n"
    assert plan(text, from_="mmcv").lr(3) == 0.5
    with pytest.raises(UsageError, match="--from mmvc"):
        plan(text, from_="mmvc")


# -- optimizers -----------------------------------------------------------------------------------


def test_the_rate_stands_in_optim_wrapper_or_in_optimizer(plan: Any) -> None:
    assert plan(WRAPPER, ITERS, WARM).lr(0) == 0.5
    assert plan("optimizer = dict(type='SGD', lr=0.2)\n", ITERS, WARM).lr(0) == 0.1
    assert plan(WRAPPER, ITERS, WARM, base_lr=0.4).lr(0) == 0.2


def test_without_param_scheduler_the_rate_stays(plan: Any) -> None:
    assert plan(WRAPPER, ITERS).lr([0, 100]).tolist() == [1, 1]
    assert plan(WRAPPER, EPOCHS, "param_scheduler = None\n").max_iters == 10


def test_a_rate_that_nobody_wrote_is_asked_for(plan: Any) -> None:
    wrapper = "optim_wrapper = dict(optimizer=dict(type='Adam'))\n"
    with pytest.raises(InputError) as refusal:
        plan(wrapper, ITERS, WARM)
    assert "optim_wrapper.optimizer.lr: is missing: Adam takes its own default" in str(
        refusal.value
    )
    assert "--base-lr" in str(refusal.value)
    assert plan(wrapper, ITERS, WARM, base_lr=0.4).lr(0) == 0.2


def test_a_rate_that_only_running_could_tell_matters_only_where_it_is_needed(plan: Any) -> None:
    wrapper = "from mine import rate\noptim_wrapper = dict(optimizer=dict(type='SGD', lr=rate()))\n"
    assert plan(wrapper, ITERS, base_lr=0.5).lr(0) == 0.5
    with pytest.raises(InputError, match=r"config\.py:2:.*optim_wrapper\.optimizer\.lr: "):
        plan(wrapper, ITERS)


SEVERAL = (
    "optim_wrapper = dict(constructor='MultiOptimWrapperConstructor', "
    "generator=dict(optimizer=dict(type='Adam', lr=0.5)), "
    "discriminator=dict(optimizer=dict(type='Adam', lr=0.25)))\n"
)


def test_of_several_optimizers_one_is_named(plan: Any) -> None:
    with pytest.raises(InputError, match="has several optimizers: generator, discriminator"):
        plan(SEVERAL, ITERS)
    assert plan(SEVERAL, ITERS, optimizer="discriminator").lr(0) == 0.25
    with pytest.raises(UsageError, match="did you mean 'generator'"):
        plan(SEVERAL, ITERS, optimizer="generatr")


def test_each_optimizer_may_have_schedulers_of_its_own(plan: Any) -> None:
    own = "dict(type='StepLR', step_size=10, by_epoch=False)"
    lines = (SEVERAL, ITERS, f"param_scheduler = dict(generator={own}, discriminator=[])\n")
    assert plan(*lines, optimizer="generator").lr(10) == pytest.approx(0.05)
    assert plan(*lines, optimizer="discriminator").lr(10) == 0.25


def test_of_mmcvs_several_optimizers_one_is_named(plan: Any) -> None:
    text = (
        "optimizer = dict(generator=dict(type='Adam', lr=0.5), "
        "discriminator=dict(type='Adam', lr=0.25))\n"
        "lr_config = dict(policy='fixed')\ntotal_iters = 9\n"
    )
    assert plan(text, optimizer="generator").lr(0) == 0.5
    with pytest.raises(InputError, match="has several optimizers"):
        plan(text)


# -- loops and epochs -----------------------------------------------------------------------------


def test_what_counts_only_epochs_is_answered_on_epochs(plan: Any) -> None:
    found = plan(WRAPPER, EPOCHS, MULTI_STEP)
    assert (found.max_iters, found.iters_per_epoch) == (10, 1)
    assert found.lr([7, 8]).tolist() == [1, 0.5]
    assert any("steps here are epochs" in note for note in found.notes)
    assert plan(WRAPPER, EPOCHS, MULTI_STEP, iters_per_epoch=7).lr([55, 56]).tolist() == [1, 0.5]


def test_iterations_in_a_run_of_epochs_ask_for_the_length_of_an_epoch(plan: Any) -> None:
    with pytest.raises(InputError) as refusal:
        plan(WRAPPER, EPOCHS, WARM, name="rtmdet_s_8xb32-300e_coco.py")
    said = str(refusal.value)
    assert "config" not in said
    assert "param_scheduler: LinearLR counts iterations, and the run epochs" in said
    assert "8xb32: 8 GPUs with 32 samples each" in said


def test_a_config_whose_name_says_nothing_is_given_no_hint(plan: Any) -> None:
    with pytest.raises(InputError) as refusal:
        plan(WRAPPER, EPOCHS, WARM, name="r50_fpn_1x_512x1024_coco.py")
    assert "GPUs with" not in str(refusal.value)


def test_the_data_set_gives_the_length_of_an_epoch(plan: Any) -> None:
    loader = "train_dataloader = dict(batch_size=2, drop_last={})\n"
    options = {"dataset_size": 101, "gpus": 2}
    assert plan(WRAPPER, EPOCHS, WARM, loader.format("False"), **options).iters_per_epoch == 26
    assert plan(WRAPPER, EPOCHS, WARM, loader.format("True"), **options).iters_per_epoch == 25
    assert plan(WRAPPER, EPOCHS, WARM, batch_size=3, **options).iters_per_epoch == 17
    with pytest.raises(InputError, match="--gpus"):
        plan(WRAPPER, EPOCHS, WARM, loader.format("False"), dataset_size=101)
    with pytest.raises(InputError, match="--batch-size"):
        plan(WRAPPER, EPOCHS, WARM, **options)
    with pytest.raises(UsageError, match="makes no update in an epoch"):
        plan(WRAPPER, EPOCHS, WARM, loader.format("True"), dataset_size=1, gpus=2)


def test_a_batch_sampler_may_drop_the_last_batch(plan: Any) -> None:
    sampler = "dict(type='BatchSampler', drop_last=True)"
    loader = f"train_dataloader = dict(batch_size=2, batch_sampler={sampler})\n"
    found = plan(WRAPPER, EPOCHS, WARM, loader, dataset_size=101, gpus=2)
    assert found.iters_per_epoch == 25


@pytest.mark.parametrize(
    ("sampler", "drop", "length"),
    [("Default", "False", 3), ("Infinite", "False", 5), ("Infinite", "True", 4)],
)
def test_an_infinite_samplers_epoch_has_all_samples_on_each_gpu(
    plan: Any, sampler: str, drop: str, length: int
) -> None:
    """Its length is the data set's, and what is converted takes that of the loader."""
    scheduler = WARM.replace("by_epoch=False", "convert_to_iter_based=True").replace(
        "end=5", "end=2"
    )
    loader = (
        f"train_dataloader = dict(batch_size=2, drop_last={drop}, "
        f"sampler=dict(type='{sampler}Sampler'))\n"
    )
    found = plan(WRAPPER, ITERS, scheduler, loader, dataset_size=9, gpus=2)
    assert found.iters_per_epoch == length
    assert found.lr([0, 1, 2 * length - 1]).tolist() == pytest.approx(
        [0.5, 0.5 + 0.5 / (2 * length - 1), 1]
    )


def test_converted_epochs_may_be_fractions(plan: Any) -> None:
    scheduler = (
        "param_scheduler = [dict(type='LinearLR', start_factor=0.5, by_epoch=True, begin=0, "
        "end=0.35 * 2, convert_to_iter_based=True)]\n"
    )
    found = plan(WRAPPER, EPOCHS, scheduler, iters_per_epoch=10)
    assert found.lr([0, 5, 6, 7]).tolist() == pytest.approx([0.5, 0.5 + 0.5 * 5 / 6, 1, 1])
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(WRAPPER, EPOCHS, scheduler)


def test_an_iteration_loop_is_one_epoch_to_what_counts_epochs(plan: Any) -> None:
    found = plan(WRAPPER, ITERS, MULTI_STEP.replace("[8]", "[1]").replace("gamma", "end=9, gamma"))
    assert found.lr([99, 100]).tolist() == [1, 0.5]
    assert any("to mmengine the whole run is one epoch" in note for note in found.notes)


def test_xtuners_loop_counts_iterations_of_its_epochs(plan: Any) -> None:
    loop = "train_cfg = dict(type='TrainLoop', max_epochs=2)\n"
    scheduler = (
        "param_scheduler = dict(type='CosineAnnealingLR', by_epoch=True, begin=0, end=2, "
        "convert_to_iter_based=True)\n"
    )
    found = plan(WRAPPER, loop, scheduler, iters_per_epoch=10)
    assert found.max_iters == 20
    assert found.lr(10) == pytest.approx(0.5)
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(WRAPPER, loop, scheduler)


def test_options_make_another_run(plan: Any) -> None:
    linear = "param_scheduler = dict(type='LinearLR', start_factor=0.5, by_epoch=False)\n"
    assert plan(WRAPPER, ITERS, linear, max_iters=11).lr(5) == pytest.approx(0.75)
    found = plan(WRAPPER, EPOCHS, linear, iters_per_epoch=2, max_epochs=3)
    assert (found.max_iters, found.lr(5)) == (6, pytest.approx(1))
    assert plan(WRAPPER, EPOCHS, linear, iters_per_epoch=4, max_iters=11).max_iters == 11
    with pytest.raises(InputError, match="--iters-per-epoch"):
        plan(WRAPPER, EPOCHS, MULTI_STEP, max_iters=11)


def test_a_run_without_a_length_is_shown_as_far_as_its_schedule_goes(plan: Any) -> None:
    found = plan(WRAPPER, "default_scope = 'mmseg'\n", WARM)
    assert found.open_end
    assert found.max_iters == 5


# -- schedulers -----------------------------------------------------------------------------------


def test_a_scheduler_of_the_momentum_is_skipped_and_drawn_when_asked_for(plan: Any) -> None:
    scheduler = (
        "param_scheduler = [dict(type='StepLR', step_size=10, by_epoch=False), "
        "dict(type='StepMomentum', step_size=20, gamma=0.5, by_epoch=False), "
        "dict(type='CosineAnnealingParamScheduler', param_name='weight_decay', by_epoch=False)]\n"
    )
    found = plan(WRAPPER, ITERS, scheduler)
    assert found.lr([9, 10]).tolist() == pytest.approx([1, 0.1])
    assert found.of("momentum").lr([19, 20]).tolist() == [0.9, 0.45]
    assert found.convention == "mmengine 0.10.7 StepLR"


def test_the_first_beta_is_adams_momentum(plan: Any) -> None:
    wrapper = "optim_wrapper = dict(optimizer=dict(type='Adam', lr=1.0, betas=(0.8, 0.99)))\n"
    scheduler = "param_scheduler = dict(type='StepMomentum', step_size=9, by_epoch=False)\n"
    assert plan(wrapper, ITERS, scheduler).of("momentum").lr(0) == 0.8


def test_mmposes_constant_lr_takes_any_factor(plan: Any) -> None:
    window = "by_epoch=False, begin=10, end=11"
    scheduler = f"param_scheduler = dict(type='{{}}ConstantLR', factor=2.5, {window})\n"
    mmpose = "default_scope = 'mmpose'\n"
    assert plan(WRAPPER, ITERS, mmpose, scheduler.format("")).lr(10) == 2.5
    assert plan(WRAPPER, ITERS, scheduler.format("mmpose.")).lr(10) == 2.5
    with pytest.raises(InputError, match="factor: must be between 0 and 1"):
        plan(WRAPPER, ITERS, scheduler.format(""))


def test_a_plateau_asks_for_metrics(plan: Any) -> None:
    scheduler = "param_scheduler = dict(type='ReduceOnPlateauLR', patience=1, factor=0.5)\n"
    with pytest.raises(InputError, match="--metrics"):
        plan(WRAPPER, EPOCHS, scheduler)
    assert plan(WRAPPER, EPOCHS, scheduler, metrics=[1, 2, 2, 2]).lr([2, 3]).tolist() == [1, 0.5]


def test_set_reaches_a_scheduler(plan: Any) -> None:
    assert plan(WRAPPER, EPOCHS, MULTI_STEP, set=["param_scheduler.gamma=0.25"]).lr(8) == 0.25


REFUSED = {
    "param_scheduler = dict(type='PolyLRR')\n": "param_scheduler.type: no scheduler of mmengine",
    "param_scheduler = [dict(type='PolyLR', powr=2)]\n": "param_scheduler[0].powr: PolyLR has no",
    "param_scheduler = [dict(type='StepLR')]\n": "param_scheduler[0].step_size: is missing",
    "param_scheduler = [3]\n": "param_scheduler[0]: must be a dict",
    "param_scheduler = make()\n": "param_scheduler: ",
    "param_scheduler = dict(type='StepLR', step_size=n())\n": "param_scheduler.step_size: ",
    "param_scheduler = dict(type='ReduceLR')\n": "ReduceLR follows the loss",
    "param_scheduler = dict(other=[])\n": "param_scheduler: has no schedulers for the optimizer",
    "default_hooks = dict(param_scheduler=dict(type='YOLOv5ParamSchedulerHook'))\n": (
        "default_hooks.param_scheduler: the rate is set by YOLOv5ParamSchedulerHook"
    ),
    "optim_wrapper = None\n": "optim_wrapper: is None: this config does not train",
    "optim_wrapper['lr_schedule'] = dict()\n": "optim_wrapper.lr_schedule: sets the rates by scale",
}


@pytest.mark.parametrize(("line", "said"), REFUSED.items())
def test_what_cannot_be_followed_is_refused_at_its_key(line: str, said: str, plan: Any) -> None:
    with pytest.raises(InputError) as refusal:
        plan(WRAPPER, ITERS, line)
    assert said in str(refusal.value)
    assert "config.py:3:" in str(refusal.value)


# -- scaling with the batch -----------------------------------------------------------------------


def test_auto_scale_lr_scales_where_it_is_enabled_or_asked_for(plan: Any) -> None:
    loader = "train_dataloader = dict(batch_size=4)\n"
    on = "auto_scale_lr = dict(enable=True, base_batch_size=16)\n"
    found = plan(WRAPPER, ITERS, loader, on, gpus=2)
    assert found.base_lr == 0.5
    assert "auto_scale_lr: 1 x 2 GPUs x 4 samples / 16 (base_batch_size) = 0.5" in found.notes
    off = on.replace("True", "False")
    assert plan(WRAPPER, ITERS, loader, off, gpus=2).base_lr == 1
    asked = {"auto_scale_lr": True, "batch_size": 16}
    assert plan(WRAPPER, ITERS, loader, off, gpus=2, **asked).base_lr == 2
    with pytest.raises(InputError, match="--gpus"):
        plan(WRAPPER, ITERS, loader, on)
    with pytest.raises(InputError, match="--batch-size"):
        plan(WRAPPER, ITERS, on, gpus=2)


# -- slips ----------------------------------------------------------------------------------------

SLIPS = {
    "type='StepLR', step_size=9, by_epoch=False, end=120": (
        "StepLR ends at iteration 120, past the run's 100 (config.py:3): its end is not reached"
    ),
    "type='MultiStepLR', milestones=[60, 110], by_epoch=False": (
        "milestone 110 of MultiStepLR never comes: its window ends after 100 iterations "
        "(config.py:3)"
    ),
    "type='MultiStepLR', milestones=[60], begin=30, by_epoch=False": (
        "milestones of MultiStepLR count from its begin, 30 (config.py:3)"
    ),
    "type='CosineAnnealingLR', T_max=90, by_epoch=False": (
        "T_max 90 of CosineAnnealingLR is not its window's 100 iterations (config.py:3)"
    ),
    "type='CosineAnnealingLR', by_epoch=False": (
        "CosineAnnealingLR ends one step above its floor: T_max is end - begin, and its last "
        "action is one iteration before that"
    ),
    "type='StepLR', step_size=9, by_epoch=False, begin=20, end=80": (
        "no scheduler acts from iteration 80 to 100: the rate stays"
    ),
}


@pytest.mark.parametrize(("line", "said"), SLIPS.items())
def test_a_slip_is_said(line: str, said: str, plan: Any) -> None:
    assert said in plan(WRAPPER, ITERS, f"param_scheduler = [dict({line})]\n").notes


def test_batches_between_updates_are_said(plan: Any) -> None:
    wrapper = WRAPPER.replace("optimizer=", "accumulative_counts=16, optimizer=")
    assert any("updates every 16" in note for note in plan(wrapper, ITERS).notes)


def test_explain_tells_where_the_config_says_what(write: Write) -> None:
    write("base.py", WRAPPER + EPOCHS)
    own = (
        "_base_ = './base.py'\nparam_scheduler = [dict(type='LinearLR', end=1),\n"
        "    dict(type='CosineAnnealingLR', begin=1, by_epoch=True, convert_to_iter_based=True)]\n"
    )
    found = load(write("config.py", own), iters_per_epoch=3)
    assert found.details == (
        "rate 1  base.py:1",
        "max_epochs 10  base.py:2",
        "LinearLR from 0 to 1 (epochs by default)  config.py:2",
        (
            "CosineAnnealingLR from 1 to the run's end, by default (epochs, made iterations)  "
            "config.py:3"
        ),
    )


# -- nothing is run -------------------------------------------------------------------------------


def test_nothing_of_a_config_is_run(plan: Any, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    lines = f"import os\nos.system('touch {mark}')\nopen({str(mark)!r}, 'w')\n"
    assert plan(lines, WRAPPER, ITERS).lr(0) == 1
    assert not mark.exists()


def test_a_python_file_that_is_none_is_refused_at_its_place(plan: Any) -> None:
    with pytest.raises(InputError, match=r"config\.py:2:"):
        plan(WRAPPER, "param_scheduler = [dict(\n")


def test_a_base_in_another_package_is_found_in_a_config_root(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "roots" / "mmdet" / ".mim" / "configs"
    folder.mkdir(parents=True)
    (folder / "base.py").write_text(WRAPPER + ITERS, encoding="utf-8")
    path = write("config.py", "_base_ = 'mmdet::base.py'\n")
    assert load(path, config_root=[str(tmp_path / "roots")]).lr(0) == 1
    with pytest.raises(InputError, match="was not found"):
        load(path)


def test_an_option_that_has_nothing_to_do_is_refused(plan: Any) -> None:
    with pytest.raises(UsageError, match="--optimizer generator: the config has one optimizer"):
        plan(WRAPPER, ITERS, optimizer="generator")
    with pytest.raises(UsageError, match="--accumulate"):
        plan(WRAPPER, ITERS, accumulate=4)
    text = "optimizer = dict(lr=0.5)\nlr_config = dict(policy='fixed')\ntotal_iters = 9\n"
    with pytest.raises(UsageError, match="--optimizer generator"):
        plan(text, optimizer="generator")


def test_a_plateau_that_is_not_asked_every_epoch_is_refused(plan: Any) -> None:
    loop = EPOCHS.replace("max_epochs", "val_interval=2, max_epochs")
    scheduler = "param_scheduler = dict(type='ReduceOnPlateauLR')\n"
    with pytest.raises(InputError, match=r"train_cfg\.val_interval: must be 1"):
        plan(WRAPPER, loop, scheduler, metrics=[1.0])
