"""What a training loop does to a schedule: the rate scaled, the scheduler stepped otherwise."""

from __future__ import annotations

from typing import Any

import pytest

import lrplot
from lrplot.errors import InputError, UsageError
from lrplot.source import load_each

LINEAR = {"base_lr": 1.0, "max_iters": 1000, "power": 1}


def load(**options: Any) -> lrplot.Plan:
    return lrplot.load("poly", **{**LINEAR, **options})


def test_a_scheduler_stepped_at_every_batch_is_over_early() -> None:
    plan = load(accumulate=8, stepped_per="micro-batch")

    assert plan.lr([0, 1, 100, 125, 1000]).tolist() == [1.0, 1 - 0.008, pytest.approx(0.2), 0, 0]
    assert plan.notes[-1] == (
        "stepped at each batch, 8 times an update, the schedule is over at 12.5 % of the run, "
        "update 125"
    )


def test_the_last_update_of_an_epoch_may_have_fewer_batches() -> None:
    sizes = {"dataset_size": 70, "batch_size": 10, "accumulate": 4, "max_epochs": 5}
    counted = {**LINEAR, **sizes}
    del counted["max_iters"]
    plan = lrplot.load("poly", **counted, stepped_per="micro-batch")

    assert plan.iters_per_epoch == 2
    assert plan.max_iters == 10
    assert plan.lr([0, 1, 2, 3]).tolist() == pytest.approx([1, 0.6, 0.3, 0])


def test_a_scheduler_stepped_once_an_epoch_hardly_moves() -> None:
    plan = load(iters_per_epoch=100, stepped_per="epoch")

    assert plan.lr([0, 99, 100, 1000]).tolist() == pytest.approx([1, 1, 0.999, 0.99])
    assert "has come 1 % of its way at the end of the run, step 10 of 1,000" in plan.notes[-1]
    assert "the rate is 0.99 where 0 was meant" in plan.notes[-1]
    twice = load(iters_per_epoch=100, stepped_per="epoch", scheduler_steps_times=2)
    assert twice.lr(1000) == pytest.approx(0.98)
    assert "stepped 2 times an epoch" in twice.notes[-1]


def test_a_scheduler_stepped_for_each_process_is_over_early() -> None:
    plan = load(scheduler_steps_times=4)

    assert plan.lr([0, 125, 250]).tolist() == [1.0, 0.5, 0.0]
    assert "4 times at each update, the schedule is over at 25 %" in plan.notes[-1]


def test_as_it_was_meant_nothing_changes() -> None:
    assert load(scheduler_steps_times=1) == load()
    assert load(stepped_per="update") == load()
    once = load(accumulate=1, stepped_per="micro-batch")
    assert once.schedule == load().schedule


def test_what_happens_is_drawn_beside_what_was_meant() -> None:
    plans = load_each(["poly"], {**LINEAR, "power": ("1", "2"), "scheduler_steps_times": ("4",)})

    assert [plan.name for plan in plans] == [
        "power=1 as meant",
        "power=1 as stepped",
        "power=2 as meant",
        "power=2 as stepped",
    ]
    assert [plan.lr(125) for plan in plans[:2]] == [0.875, 0.5]


def test_momentum_is_stepped_with_its_rate() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=400)"
    meant = lrplot.load(call, base_lr=0.1)
    real = lrplot.load(call, base_lr=0.1, max_iters=100, scheduler_steps_times=4)
    assert real.of("momentum").lr(50) == meant.of("momentum").lr(200)


@pytest.mark.parametrize(
    ("rule", "rate"), [("linear", 0.1 * (2048 / 256)), ("sqrt", 0.1 * (2048 / 256) ** 0.5)]
)
def test_the_rate_is_scaled_to_the_batch(rule: str, rate: float) -> None:
    sizes = {"batch_size": 64, "gpus": 8, "accumulate": 4}
    plan = load(base_lr=0.1, eta_min=0.01, scale_lr=rule, from_batch=256, **sizes)

    assert plan.base_lr == rate
    assert plan.lr([0, 1000]).tolist() == [rate, 0.01]
    assert f"scaled from 0.1 to {rate:.6g} ({rule}: a batch of 2,048, from 256)" in plan.notes[-1]


def test_rates_that_need_no_base_are_all_scaled() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=100)"
    scaled = lrplot.load(call, batch_size=512, scale_lr="linear", from_batch=256)
    meant = lrplot.load(call)

    assert scaled.lr([0, 30, 99]).tolist() == (meant.lr([0, 30, 99]) * 2).tolist()
    assert "every rate is scaled by 2" in scaled.notes[-1]


def test_the_rate_of_a_file_of_a_framework_is_scaled_too() -> None:
    plan = lrplot.load(
        "sample_configs/mmseg_poly_160k.py",
        gpus=4,
        batch_size=8,
        scale_lr="linear",
        from_batch="16",
    )
    assert plan.base_lr == 6e-05 * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stepped_per": "micro-batch"}, "needs --accumulate"),
        ({"stepped_per": "epoch"}, "needs an epoch's length"),
        ({"stepped_per": "epochs"}, "there is no 'epochs'\n  did you mean 'epoch'?"),
        ({"scheduler_steps_times": "0"}, "must be a whole number >= 1, got 0"),
        ({"scheduler_steps_times": "many"}, "'many' is not a step"),
        ({"scheduler_steps_times": 2000}, "must be a whole number <= 1024, got 2000"),
        ({"scale_lr": "linear"}, "--scale-lr needs --from-batch"),
        ({"from_batch": 256}, "--from-batch needs --scale-lr"),
        ({"scale_lr": "linear", "from_batch": 256}, "--scale-lr needs the batch"),
        ({"scale_lr": "cubic", "from_batch": 256}, "there is no 'cubic'\n  known: linear, sqrt"),
        (
            {"iters_per_epoch": 11, "dataset_size": 100, "batch_size": 10},
            "--iters-per-epoch: is 11, where 100 samples / 10 per batch = 10 iterations",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(**options)
    assert message in str(caught.value)


def test_sizes_of_a_call_give_its_epochs() -> None:
    call = "CosineAnnealingLR(optimizer, T_max=300)"
    sizes = {"dataset_size": 1005, "batch_size": 10, "gpus": 2, "max_epochs": 3}
    plan = lrplot.load(call, base_lr=0.1, as_="torch", **sizes)

    assert (plan.iters_per_epoch, plan.max_iters) == (51, 153)
    assert plan.horizon.derivation[-1] == "x 3 epochs = 153 updates"
    with pytest.raises(UsageError, match="--iters-per-epoch: is 7"):
        lrplot.load(call, base_lr=0.1, as_="torch", iters_per_epoch=7, **sizes)


def test_a_dataset_without_a_whole_batch_has_no_epoch() -> None:
    with pytest.raises((InputError, UsageError), match="no whole batch"):
        load(dataset_size=3, batch_size=8, drop_last=True)
