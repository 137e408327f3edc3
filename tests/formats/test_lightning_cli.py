from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

SGD = "optimizer: {class_path: torch.optim.SGD, init_args: {lr: 1.0}}\n"
STEP = "lr_scheduler: {class_path: StepLR, init_args: {step_size: 2}}\n"
IN_EPOCHS = (
    "steps here are epochs, as the rate only changes from one to the next; --iters-per-epoch N "
    "shows updates"
)


def model(name: str, *lines: str) -> str:
    inner = "".join(f"    {line}\n" for line in lines)
    return f"trainer: {{max_epochs: 4}}\nmodel:\n  class_path: {name}\n  init_args:\n{inner}"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as config.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("config.yaml", text), **options)

    return read


def test_a_scheduler_is_stepped_once_an_epoch(read: Callable[..., Plan]) -> None:
    plan = read(f"{SGD}{STEP}trainer: {{max_epochs: 4}}\n", iters_per_epoch=10)
    assert plan.lr([0, 19, 20, 39]).tolist() == pytest.approx([1, 1, 0.1, 0.1])
    assert plan.max_iters == 40
    assert plan.convention == "torch 2.13 StepLR, stepped by lightning 2.6 once an epoch"


def test_without_the_length_of_an_epoch_the_steps_are_epochs(read: Callable[..., Plan]) -> None:
    plan = read(f"{SGD}{STEP}trainer: {{max_epochs: 4}}\n")
    assert plan.lr([1, 2]).tolist() == pytest.approx([1, 0.1])
    assert (plan.max_iters, IN_EPOCHS in plan.notes) == (4, True)


def test_a_subcommands_section_is_the_config(read: Callable[..., Plan]) -> None:
    inner = f"{SGD}{STEP}".replace("\n", "\n  ")
    assert read(f"fit:\n  {inner}\n").lr(2) == pytest.approx(0.1)


def test_without_a_scheduler_the_rate_stays(read: Callable[..., Plan]) -> None:
    plan = read(f"{SGD}trainer: {{max_epochs: 3}}\n", iters_per_epoch=5)
    assert (plan.lr(14), plan.max_iters) == (1.0, 15)


@pytest.mark.parametrize(
    ("trainer", "options", "length"),
    [
        ("{max_steps: 25}", {"iters_per_epoch": 10}, 25),
        ("{max_epochs: 2, max_steps: 25}", {"iters_per_epoch": 10}, 20),
        ("{max_epochs: 9, max_steps: 25}", {"iters_per_epoch": 10}, 25),
        ("{max_epochs: 2, max_steps: -1}", {"iters_per_epoch": 10}, 20),
        ("{max_epochs: 2}", {"iters_per_epoch": 10, "max_iters": 7}, 7),
        ("{max_epochs: 2}", {"iters_per_epoch": 10, "max_epochs": 5}, 50),
        ("{}", {"iters_per_epoch": 10}, 10_000),
    ],
)
def test_the_run_ends_at_the_first_limit(
    read: Callable[..., Plan], trainer: str, options: dict[str, Any], length: int
) -> None:
    assert read(f"{SGD}{STEP}trainer: {trainer}\n", **options).max_iters == length


def test_a_plateau_watches_its_metric_once_an_epoch(read: Callable[..., Plan]) -> None:
    inner = "init_args: {monitor: loss, patience: 0}"
    text = f"{SGD}lr_scheduler: {{class_path: ReduceLROnPlateau, {inner}}}\n"
    plan = read(text, iters_per_epoch=10, metrics=[1.0, 1.0, 1.0])
    assert plan.lr([19, 20]).tolist() == pytest.approx([1.0, 0.1])
    with pytest.raises(InputError, match="needs --metrics"):
        read(text)


# -- under model.init_args ----------------------------------------------------------------------


def test_a_model_is_taken_to_return_its_scheduler_as_it_is(read: Callable[..., Plan]) -> None:
    text = model("my.Model", SGD.strip(), STEP.strip())
    plan = read(text, iters_per_epoch=10)
    assert plan.lr([19, 20]).tolist() == pytest.approx([1.0, 0.1])
    assert any("add --set interval=step" in note for note in plan.notes)
    assert read(text, iters_per_epoch=10, set=["interval=step"]).lr(2) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("CosineWithWarmup", "get_cosine_schedule_with_warmup(optimizer, 4, 40)"),
        ("LinearWithWarmup", "get_linear_schedule_with_warmup(optimizer, 4, 40)"),
        ("ConstantWithWarmup", "get_constant_schedule_with_warmup(optimizer, 4)"),
    ],
)
def test_modelgenerator_steps_at_every_update(
    read: Callable[..., Plan], kind: str, theirs: str
) -> None:
    scheduler = f"modelgenerator.lr_schedulers.{kind}"
    text = model(
        "modelgenerator.tasks.MLM",
        SGD.strip(),
        f"lr_scheduler: {{class_path: {scheduler}, init_args: {{warmup_ratio: 0.1}}}}",
    )
    found = read(text, iters_per_epoch=10)
    assert found.schedule == load(theirs, base_lr=1.0).schedule
    assert not found.name.startswith("get_")  # it is the file's
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(text)


def test_modelgenerator_steps_torchs_schedulers_at_every_update_too(
    read: Callable[..., Plan],
) -> None:
    text = model("modelgenerator.tasks.MLM", SGD.strip(), STEP.strip())
    assert read(text, iters_per_epoch=10).lr(2) == pytest.approx(0.1)


def test_terratorch_names_its_scheduler_in_a_word(read: Callable[..., Plan]) -> None:
    name = "terratorch.tasks.SegmentationTask"
    step = "scheduler_hparams: {step_size: 2}"
    plan = read(model(name, "lr: 0.5", "scheduler: StepLR", step))
    assert plan.lr([1, 2]).tolist() == pytest.approx([0.5, 0.05])
    by_update = step.replace("2", "2, interval: step")
    plan = read(model(name, "lr: 0.5", "scheduler: StepLR", by_update), iters_per_epoch=10)
    assert plan.lr(2) == pytest.approx(0.05)
    assert read(model(name, "optimizer: AdamW")).base_lr == 0.001


def test_terratorchs_sequence_warms_up_by_a_lambda(read: Callable[..., Plan]) -> None:
    parts = "{LambdaLR: {}, ExponentialLR: {gamma: 0.9}}"
    plan = read(
        model(
            "terratorch.tasks.SegmentationTask",
            "lr: 1.0",
            "scheduler: SequentialLR",
            f"scheduler_hparams: {{schedulers: {parts}, milestones: [4]}}",
        )
    )
    assert plan.lr([0, 3, 4, 5]).tolist() == pytest.approx([0.25, 1.0, 1.0, 0.9])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{SGD}{STEP.replace('step_size', 'stepsize')}", "StepLR has no parameter 'stepsize'"),
        (f"{SGD}{STEP.replace('StepLR', 'StopLR')}", "no scheduler of torch 2.13 is called"),
        (f"{SGD}lr_scheduler: {{init_args: {{}}}}\n", "lr_scheduler.class_path: is missing"),
        ("optimizer: {class_path: torch.optim.SGD}\n", "optimizer.init_args.lr: is missing"),
        (f"{SGD}{STEP}trainer: {{max_steps: 9}}\n", "needs --iters-per-epoch"),
        (f"{SGD}{STEP}trainer: {{fast_dev_run: 3}}\n", "trainer.fast_dev_run: ends the run"),
        (f"{SGD}{STEP}trainer: {{fast_dev_run: true}}\n", "after a few batches"),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert said in str(caught.value)


def test_a_scheduler_of_the_projects_own_is_not_taken_for_another(
    read: Callable[..., Plan],
) -> None:
    with pytest.raises(InputError, match=r"mine\.StepLR is code of its own"):
        read(SGD + STEP.replace("StepLR", "mine.StepLR"))


def test_litgpts_optimizer_is_not_claimed(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="no format"):
        read(f"{SGD}train: {{lr_warmup_steps: 100}}\n")
