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

    before = [1 - 0.007, 1 - 0.015, 1 - 0.807]  # the steps of an update's own batches but the last
    assert plan.lr([0, 1, 100]).tolist() == pytest.approx(before, rel=1e-12)
    assert plan.lr([125, 1000]).tolist() == [0, 0]
    assert plan.notes[-1] == (
        "stepped at each batch, 8 times an update, the schedule is over at 12.5 % of the run, "
        "update 125; the rate stays at 0 from there"
    )


def test_the_last_update_of_an_epoch_may_have_fewer_batches() -> None:
    sizes = {"dataset_size": 70, "batch_size": 10, "accumulate": 4, "max_epochs": 5}
    counted = {**LINEAR, **sizes}
    del counted["max_iters"]
    plan = lrplot.load("poly", **counted, stepped_per="micro-batch")

    assert plan.iters_per_epoch == 2
    assert plan.max_iters == 10
    assert plan.lr([0, 1, 2, 3]).tolist() == pytest.approx([0.7, 0.4, 0, 0])


def test_a_scheduler_stepped_once_an_epoch_hardly_moves() -> None:
    plan = load(iters_per_epoch=100, stepped_per="epoch")

    assert plan.lr([0, 99, 100, 1000]).tolist() == pytest.approx([1, 1, 0.999, 0.99])
    assert plan.notes[-1] == (
        "stepped once an epoch, it takes 10 steps in the run, where 1,000 are meant; "
        "at the end the rate is 0.99 where 0 is meant"
    )
    twice = load(iters_per_epoch=100, stepped_per="epoch", scheduler_steps_times=2)
    assert twice.lr(1000) == pytest.approx(0.98)
    assert "stepped 2 times an epoch" in twice.notes[-1]


def test_a_scheduler_stepped_for_each_process_is_over_early() -> None:
    plan = load(scheduler_steps_times=4)

    assert plan.lr([0, 125, 250]).tolist() == [1.0, 0.5, 0.0]
    assert "4 times at each update, the schedule is over at 25 %" in plan.notes[-1]


def test_as_it_was_meant_nothing_changes() -> None:
    for stepped in ({"scheduler_steps_times": 1}, {"stepped_per": "update"}):
        assert load(**stepped).schedule == load().schedule
        assert load(**stepped).notes == ("stepped at each update, the rate is the same",)
    once = load(accumulate=1, stepped_per="micro-batch")
    assert once.schedule == load().schedule
    assert once.notes == ("stepped at each batch, the rate is the same",)


def test_what_happens_is_drawn_beside_what_was_meant() -> None:
    plans = load_each(["poly"], {**LINEAR, "power": ("1", "2"), "scheduler_steps_times": ("4",)})

    assert [plan.name for plan in plans] == [
        "power=1 as meant",
        "power=1 4 steps each time",
        "power=2 as meant",
        "power=2 4 steps each time",
    ]
    assert [plan.lr(125) for plan in plans[:2]] == [0.875, 0.5]


def test_what_was_meant_is_drawn_once() -> None:
    plans = load_each(["poly"], {**LINEAR, "scheduler_steps_times": ("2", "4")})
    assert [plan.name for plan in plans] == [
        "poly as meant",
        "poly 2 steps each time",
        "poly 4 steps each time",
    ]
    assert len(load_each(["poly", "poly"], dict(LINEAR))) == 2


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("constant", {}, "stepped 8 times at each update, the rate is the same"),
        (
            "linear_warmup",
            {"warmup_steps": 50},
            "over at 0.7 % of the run, update 7; the rate stays at 1 from there, where update 50",
        ),
        (
            "step",
            {"step_size": 300},
            (
                "the 1,000 steps that are meant are over at 12.5 % of the run, update 125; "
                "at the end the rate is 1e-26 where 0.001 is meant"
            ),
        ),
    ],
)
def test_what_comes_of_it_is_told_by_the_rates(
    name: str, options: dict[str, Any], said: str
) -> None:
    run = {"base_lr": 1.0, "max_iters": 1000}
    plan = lrplot.load(name, **run, **options, scheduler_steps_times=8)
    assert said in plan.notes[-1]


def test_a_scheduler_that_raises_past_its_end_stops_the_run() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=400)"
    plan = lrplot.load(call, max_iters=400, accumulate=4, stepped_per="micro-batch")

    assert plan.max_iters == 100
    assert plan.notes[-1].endswith("it gives no rate from update 100 on: training stops")


@pytest.mark.parametrize("times", [3, 4, 8])
def test_a_scheduler_stepped_for_each_process_stops_at_its_last_step(times: int) -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=400)"
    plan = lrplot.load(call, max_iters=400, scheduler_steps_times=times)
    once, last = lrplot.load(call, max_iters=400), -(-400 // times)

    assert plan.max_iters == 400
    assert plan.lr([1, last - 1]).tolist() == once.lr([times, times * (last - 1)]).tolist()
    assert set(plan.lr(range(last, 401)).tolist()) == {once.lr(400)}
    assert f"of the run, update {last}; the rate stays at" in plan.notes[-1]


@pytest.mark.parametrize(
    "call",
    [
        "MultiStepLR(optimizer, milestones=[30000, 60000])",
        "StepLR(optimizer, 30000)",
        "ConstantLR(optimizer, 0.5, total_iters=500)",
    ],
)
def test_a_schedule_that_never_got_anywhere_is_not_over(call: str) -> None:
    run = {"base_lr": 0.1, "as_": "torch", "iters_per_epoch": 7330, "max_epochs": 12}
    plan = lrplot.load(call, **run, stepped_per="epoch")

    assert len(set(plan.lr(range(0, 87_961, 10)).tolist())) == 1
    assert "it takes 12 steps in the run, where 87,960 are meant" in plan.notes[-1]


def test_training_stops_at_the_update_whose_batch_has_no_rate() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=40)"
    plan = lrplot.load(call, as_="torch", max_iters=12, accumulate=4, stepped_per="micro-batch")

    assert plan.max_iters == 10  # updates 0 to 9: that of batch 43 comes after the raise
    assert "it gives no rate from update 10 on: training stops" in plan.notes[-1]


def test_the_length_is_the_schedules_own_not_the_runs() -> None:
    call = "get_cosine_schedule_with_warmup(optimizer, 100, 1000)"
    right = lrplot.load(call, base_lr=1e-3, max_iters=250, scheduler_steps_times=4)
    assert right.notes[-1] == (
        "stepped 4 times at each update, it takes all of its 1,000 steps in the run; "
        "at the end the rate is 0, where once an update makes 0.000933013"
    )
    unsaid = lrplot.load(call, base_lr=1e-3, scheduler_steps_times=4)
    assert (
        "1,000 steps that are meant are over at 25 % of what is shown, update 250"
        in (unsaid.notes[-1])
    )
    linear = "get_linear_schedule_with_warmup(optimizer, 100, 1000)"
    unsaid = lrplot.load(linear, base_lr=1e-3, scheduler_steps_times=4)
    assert "over at 25 % of what is shown, update 250; the rate stays at 0" in unsaid.notes[-1]
    epochs = lrplot.load(
        "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=90)",
        base_lr=0.1,
        iters_per_epoch=16,
        max_epochs=90,
        stepped_per="epoch",
    )
    assert "takes all of its 90 steps in the run; at the end the rate is 0," in epochs.notes[-1]


def test_a_schedule_of_epochs_is_meant_to_be_stepped_once_an_epoch() -> None:
    source, epochs = "sample_configs/lightning_cli.yaml", {"iters_per_epoch": 100}
    meant = lrplot.load(source, **epochs)

    once = lrplot.load(source, **epochs, stepped_per="epoch")
    assert once.schedule == meant.schedule
    assert once.notes[-1] == "stepped once an epoch, the rate is the same"
    hurried = lrplot.load(source, **epochs, stepped_per="update")
    assert hurried.lr([0, 19, 20, 40]).tolist() == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert meant.lr([0, 1999, 2000, 4000]).tolist() == pytest.approx([0.1, 0.1, 0.01, 0.001])
    twice = lrplot.load(source, **epochs, scheduler_steps_times=2)
    assert twice.lr([999, 1000]).tolist() == pytest.approx([0.1, 0.01])


def test_steps_that_are_epochs_are_stepped_as_epochs() -> None:
    plan = lrplot.load("sample_configs/timm.yaml", scheduler_steps_times=4)
    said = (
        "over at 24.2 % of the run, epoch 75; the rate stays at 1e-06 from there, where epoch 300"
    )
    assert said in plan.notes[-1]
    with pytest.raises(UsageError, match="--stepped-per update needs an epoch's length"):
        lrplot.load("sample_configs/timm.yaml", stepped_per="update")


def test_a_warm_up_is_put_in_front() -> None:
    plan = lrplot.load("cosine", base_lr=1.0, max_iters=1000, warmup="10%")

    assert plan.lr([0, 50, 100, 550, 1000]).tolist() == pytest.approx([0, 0.5, 1, 0.5, 0])
    assert plan.name == "cosine"
    with pytest.raises(UsageError, match="--warmup does not go with a call"):
        lrplot.load("StepLR(optimizer, 3)", base_lr=1.0, warmup=3)


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


def test_what_a_scaled_rate_leaves_alone_is_said() -> None:
    said = load(
        base_lr=0.1, warmup=50, eta_min=0.01, batch_size=64, scale_lr="linear", from_batch=32
    )
    assert said.notes[-2].endswith("; eta_min 0.01 stays")
    assert said.notes[-1] == (
        "the warm-up's 50 steps have 3,200 samples; at a batch of 32 as many steps had 1,600, "
        "as 25 have now"
    )


@pytest.mark.parametrize(
    ("warmup", "batch", "steps"),
    [(50, 64, 25), ("50it", 64, 25), ("0.1k", 256, 13), (3, 2**20, 1), (50, 16, 100)],
)
def test_a_warmup_in_steps_is_scaled_to_as_many_samples(
    warmup: str | int, batch: int, steps: int
) -> None:
    scaling = {"scale_lr": "linear", "from_batch": 32, "batch_size": batch, "scale_warmup": True}
    plan = load(warmup=warmup, **scaling)

    assert [phase.end for phase in plan.phases] == [steps, 1000]
    assert plan.lr(steps) == plan.base_lr  # what follows has the rest of the run, all of it
    assert plan.lr(1000) == 0
    unit, alike = ("steps", "as many samples") if steps > 1 else ("step", "the least there is")
    assert any(note.endswith(f"to {steps:,} {unit}, {alike}") for note in plan.notes)
    assert not any("as many steps had" in note for note in plan.notes)


def test_warmups_inside_a_list_are_scaled_and_others_stay() -> None:
    text = (
        "base_lr: 1\nmax_iters: 1000\nrun: {batch_size: 64, iters_per_epoch: 100}\nschedule:\n"
        "  - type: linear_warmup\n    warmup_steps: 100\n"
        "    then: {type: linear_warmup, warmup_steps: 1ep}\n"
    )
    plan = lrplot.load(text, scale_lr="sqrt", from_batch=32, scale_warmup=True)
    assert [phase.end for phase in plan.phases][:2] == [50, 150]


@pytest.mark.parametrize("source", ["StepLR(optimizer, 30)", "sample_configs/mmseg_poly_160k.py"])
def test_a_warmup_of_a_frameworks_source_is_scaled_in_the_source(source: str) -> None:
    scaling = {"scale_lr": "linear", "from_batch": 32, "batch_size": 64, "scale_warmup": True}
    with pytest.raises(UsageError, match="--scale-warmup does not go with"):
        lrplot.load(source, base_lr=0.1, **scaling)


def test_a_flag_that_is_off_scales_no_warmup() -> None:
    scaling = {"scale_lr": "linear", "from_batch": 32, "batch_size": 64}
    assert load(warmup=50, **scaling, scale_warmup=False) == load(warmup=50, **scaling)


def test_rates_that_need_no_base_are_all_scaled() -> None:
    call = "OneCycleLR(optimizer, max_lr=0.1, total_steps=100)"
    scaled = lrplot.load(call, batch_size=512, scale_lr="linear", from_batch=256)
    meant = lrplot.load(call)

    assert scaled.lr([0, 30, 99]).tolist() == (meant.lr([0, 30, 99]) * 2).tolist()
    assert "every rate is scaled by 2" in scaled.notes[-2]


def test_the_rate_of_a_file_of_a_framework_is_scaled_too() -> None:
    plan = lrplot.load(
        "sample_configs/mmseg_poly_160k.py",
        gpus=4,
        batch_size=8,
        scale_lr="linear",
        from_batch="16",
    )
    assert plan.base_lr == 6e-05 * 2


SCALED_WARMUP = {"scale_warmup": True, "scale_lr": "linear", "from_batch": 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stepped_per": "micro-batch"}, "needs --accumulate"),
        ({"stepped_per": "epoch"}, "needs an epoch's length"),
        ({"stepped_per": "epochs"}, "there is no 'epochs'\n  did you mean 'epoch'?"),
        ({"scheduler_steps_times": "0"}, "must be a whole number >= 1, got 0"),
        ({"scheduler_steps_times": "many"}, "'many' is not a number"),
        ({"scheduler_steps_times": 2**21}, "must be a whole number <= 1048576"),
        ({"max_iters": 10, "max_epochs": 2}, "is 2, beside --max-iters 10: give one of them"),
        ({"gpus": "5ep"}, "--gpus: '5ep' is not a whole number"),
        ({"max_iters": "50%"}, "'50%' is a part of the run, whose length this is"),
        ({"dataset_size": 100}, "--dataset-size: needs batch_size"),
        ({"drop_last": "maybe"}, "--drop-last: must be true or false"),
        ({"scale_lr": "linear"}, "--scale-lr needs --from-batch"),
        ({"from_batch": 256}, "--from-batch needs --scale-lr"),
        ({"scale_lr": "linear", "from_batch": 256}, "--scale-lr needs the batch"),
        ({"scale_lr": "cubic", "from_batch": 256}, "there is no 'cubic'\n  known: linear, sqrt"),
        ({"scale_warmup": True}, "--scale-warmup goes with --scale-lr and --from-batch"),
        ({**SCALED_WARMUP, "warmup": 9}, "needs the batch"),
        ({**SCALED_WARMUP, "batch_size": 4, "warmup": "5%"}, "no warm-up is written in steps"),
        ({"auto_scale_lr": True, "scale_lr": "linear"}, "both scale the rate"),
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
    with pytest.raises((InputError, UsageError), match="makes no update in an epoch"):
        load(dataset_size=3, batch_size=8, drop_last=True)
