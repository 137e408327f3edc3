from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats import ultralytics
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

ARGS = "task: detect\nmode: train\nepochs: 10\nbatch: 64\nlr0: 0.01\nlrf: 0.1\noptimizer: SGD\n"
HYP = "lr0: 0.01\nlrf: 0.1\nwarmup_epochs: 3.0\nwarmup_bias_lr: 0.1\nobj: 1.0\nanchor_t: 4.0\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as args.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("args.yaml", text), **options)

    return read


def test_the_warm_up_aims_at_the_rate_of_its_epoch(read: Callable[..., Plan]) -> None:
    plan = read(f"{ARGS}warmup_epochs: 2.0\n", iters_per_epoch=100)
    second = 0.01 * (0.9 * 0.9 + 0.1)
    assert plan.lr([0, 50, 150]).tolist() == pytest.approx([0, 0.01 / 4, second * 150 / 200])
    assert plan.lr(200) == pytest.approx(0.01 * (0.8 * 0.9 + 0.1))


def test_the_rate_changes_once_an_epoch(read: Callable[..., Plan]) -> None:
    plan = read(ARGS, iters_per_epoch=100)
    assert plan.max_iters == 1000
    assert plan.lr(500) == plan.lr(599) == pytest.approx(0.01 * (0.5 * 0.9 + 0.1))


def test_a_cosine_is_asked_for(read: Callable[..., Plan]) -> None:
    plan = read(f"{ARGS}cos_lr: true\n", iters_per_epoch=100)
    wave = (1 - math.cos(0.7 * math.pi)) / 2
    assert plan.lr(700) == pytest.approx(0.01 * (wave * (0.1 - 1) + 1))


def test_the_last_epoch_has_no_warm_up(read: Callable[..., Plan]) -> None:
    plan = read(f"{ARGS}warmup_epochs: 30\n", iters_per_epoch=10)
    assert plan.phases[0].end == 90


def test_several_batches_make_an_update_after_the_warm_up(read: Callable[..., Plan]) -> None:
    text = ARGS.replace("batch: 64", "batch: 16") + "warmup_epochs: 0.0\n"
    plan = read(text, dataset_size=1600, gpus=1)
    assert plan.max_iters == 250
    assert plan.lr(24) > plan.lr(25)  # the 25th update ends an epoch of 100 batches


def test_without_a_warm_up_the_steps_may_be_epochs(read: Callable[..., Plan]) -> None:
    plan = read(f"{ARGS}warmup_epochs: 0\n")
    assert plan.max_iters == 10
    assert plan.lr(5) == pytest.approx(0.01 * (0.5 * 0.9 + 0.1))
    assert "steps are epochs here, as nothing says how long an epoch is" in plan.notes


def test_an_automatic_optimizer_is_explained(read: Callable[..., Plan]) -> None:
    auto = ARGS.replace("SGD", "auto")
    long = read(auto, iters_per_epoch=2000)
    assert long.base_lr == 0.01
    assert any("MuSGD at 0.01" in note for note in long.notes)
    short = read(f"{auto}nc: 80\n", iters_per_epoch=100)
    assert short.base_lr == round(0.002 * 5 / 84, 6)
    assert read(auto, iters_per_epoch=100, base_lr=0.5).base_lr == 0.5
    with pytest.raises(InputError, match="optimizer: auto makes AdamW's rate of the number of"):
        read(auto, iters_per_epoch=100)


def test_options_come_before_the_file(read: Callable[..., Plan]) -> None:
    plan = read(ARGS, iters_per_epoch=100, max_epochs=20, base_lr=1.0)
    assert (plan.max_iters, plan.base_lr) == (2000, 1.0)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (ARGS, {}, "needs --iters-per-epoch"),
        (f"{ARGS}time: 2.5\n", {}, "time: ends the run by the clock"),
        (ARGS.replace("batch: 64", "batch: -1"), {}, "batch: -1 leaves the batch to what memory"),
        (ARGS.replace("SGD", "Lion"), {"iters_per_epoch": 9}, "optimizer: has no option 'Lion'"),
        (f"{ARGS}warmup_epoch: 3\n", {"iters_per_epoch": 9}, "warmup_epoch: is not a key"),
        (f"{ARGS}lr_0: 3\n", {"iters_per_epoch": 9}, "lr_0: is not a key"),
        (HYP, {"iters_per_epoch": 9}, "the decay needs --max-epochs"),
    ],
)
def test_what_is_missing_or_not_understood_is_named(
    read: Callable[..., Plan], text: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(text, **options)
    assert said in str(caught.value)


def test_yolov5_is_an_epoch_behind_after_the_warm_up(read: Callable[..., Plan]) -> None:
    plan = read(HYP, iters_per_epoch=100, max_epochs=10)
    assert plan.convention == "YOLOv5 train.py"
    assert plan.lr(350) == pytest.approx(0.01 * (0.7 * 0.9 + 0.1))  # the epoch it ended in
    assert plan.lr(450) == pytest.approx(0.01 * (0.7 * 0.9 + 0.1))
    assert plan.lr(550) == pytest.approx(0.01 * (0.6 * 0.9 + 0.1))


def test_yolov7_has_a_cosine_and_a_longer_warm_up(read: Callable[..., Plan]) -> None:
    plan = read(f"{HYP}paste_in: 0.15\n", iters_per_epoch=100, max_epochs=20)
    assert plan.convention == "YOLOv7 train.py"
    assert plan.phases[0].end == 1000
    wave = (1 - math.cos(0.7 * math.pi)) / 2
    assert plan.lr(1599) == pytest.approx(0.01 * (wave * -0.9 + 1))


@pytest.mark.parametrize(
    ("rest", "whose"),
    [
        ("mosaic: 1.0\nmixup: 0.0\n", "YOLOv7"),  # YOLOv5 up to 5.0, which trained the same
        ("mosaic: 1.0\nmixup: 0.0\ncopy_paste: 0.0\n", "YOLOv5"),
        ("mosaic: 1.0\nmixup: 0.0\ncopy_paste: 0.0\npaste_in: 0.0\n", "YOLOv7"),
    ],
)
def test_a_hyp_file_before_copy_paste_is_trained_as_yolov7_does(
    read: Callable[..., Plan], rest: str, whose: str
) -> None:
    plan = read(f"{HYP}{rest}", iters_per_epoch=100, max_epochs=20)
    assert plan.convention == f"{whose} train.py"


def test_set_stands_for_a_command_lines_option(read: Callable[..., Plan]) -> None:
    options = {"iters_per_epoch": 100, "max_epochs": 20}
    plain, wavy = read(HYP, **options), read(HYP, **options, set=["cos_lr=true"])
    assert plain.schedule != wavy.schedule
    assert plain.lr(1000) != wavy.lr(1000)


def test_a_warm_up_too_long_to_count_is_refused(read: Callable[..., Plan]) -> None:
    text = ARGS.replace("batch: 64", "batch: 16")
    with pytest.raises(InputError, match="must be at most 5,000,000 batches"):
        read(text, dataset_size=10**9, gpus=1)


def test_a_long_run_is_quick(read: Callable[..., Plan]) -> None:
    plan = read(ARGS, iters_per_epoch=10**9)
    assert plan.lr(10**10 - 1) == pytest.approx(0.01 * (0.1 * 0.9 + 0.1))
    assert sum(map(len, plan.schedule.knots(10**10))) < 100


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (ARGS, "an Ultralytics training file: it has lr0 and lrf"),
        ("task: detect\nmode: train\nepochs: 9\n", "an Ultralytics training file: it has task, "),
        ("cos_lr: true\nepochs: 9\nbatch: 64\n", "an Ultralytics training file: it has cos_lr and"),
        (HYP, "a YOLOv5 or v7 hyp file: it has lr0 and lrf"),
    ],
)
def test_the_evidence_is_said(text: str, evidence: str) -> None:
    found = ultralytics.detect(parse_document(text, "args.yaml"))
    assert found is not None
    assert found.startswith(evidence)


@pytest.mark.parametrize("text", ["lr0: 0.1", "mode: train\ntask: x", "epochs: 3\nbatch: 4"])
def test_a_key_that_others_have_too_is_no_evidence(text: str) -> None:
    assert ultralytics.detect(parse_document(text, "args.yaml")) is None


def test_the_runs_length_may_be_given_in_updates(read: Callable[..., Plan]) -> None:
    plan = read(ARGS, iters_per_epoch=100, max_iters=450)
    assert plan.max_iters == 450
    assert plan.lr(400) == pytest.approx(0.01 * (0.2 * 0.9 + 0.1))  # the fifth of five epochs


def test_batches_left_over_are_said(read: Callable[..., Plan]) -> None:
    plan = read(ARGS.replace("batch: 64", "batch: 16"), iters_per_epoch=50)
    assert any("an update is 4 batches, so an epoch is taken to have 200" in n for n in plan.notes)


def test_the_samples_decide_where_the_updates_do_not(read: Callable[..., Plan]) -> None:
    text = f"{ARGS.replace('SGD', 'auto').replace('batch: 64', 'batch: 48')}nc: 80\n"
    with pytest.raises(InputError, match="needs --dataset-size"):
        read(text, iters_per_epoch=1334)
    assert read(text, dataset_size=64_000, gpus=1).base_lr != 0.01
    assert read(text, dataset_size=64_100, gpus=1).base_lr == 0.01


def test_the_biases_come_down_to_the_rate_of_the_weights(read: Callable[..., Plan]) -> None:
    plan = read(f"{ARGS}warmup_epochs: 2.0\nwarmup_bias_lr: 0.1\n", iters_per_epoch=100)
    bias = plan.group("bias")
    assert bias.lr(0) == 0.1
    assert bias.lr(50) == pytest.approx(0.1 + (0.01 - 0.1) * 50 / 200)
    assert bias.lr([200, 500]).tolist() == plan.lr([200, 500]).tolist()


def test_a_group_is_chosen_by_an_option(read: Callable[..., Plan]) -> None:
    assert read(ARGS, iters_per_epoch=100, group="bias").lr(0) == 0.1
    assert read(HYP, iters_per_epoch=100, max_epochs=10, group="bias").lr(0) == 0.1


def test_a_chosen_optimizer_warms_its_biases_up_from_0(read: Callable[..., Plan]) -> None:
    text = f"{ARGS.replace('SGD', 'auto')}nc: 80\n"
    assert read(text, iters_per_epoch=100, max_iters=900, dataset_size=6400).groups == ()
