from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Write = Callable[..., Path]

COSINE = "learning_rate: 2e-5\nlr_scheduler_type: cosine\n"


@pytest.fixture
def read(write: Write) -> Callable[..., Plan]:
    """Return a function that reads a text as args.yaml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("args.yaml", text), **options)

    return read


def test_the_schedule_is_that_of_get_scheduler(read: Callable[..., Plan]) -> None:
    found = read(f"{COSINE}max_steps: 100\nwarmup_steps: 10\n")
    call = load("get_cosine_schedule_with_warmup(optimizer, 10, 100)", base_lr=2e-5)
    assert found.schedule == call.schedule
    assert (found.base_lr, found.max_iters) == (2e-5, 100)
    assert found.convention == "transformers 5.23 Trainer, cosine"


def test_the_evidence_is_said(read: Callable[..., Plan]) -> None:
    assert read(f"{COSINE}max_steps: 9\n").notes[0] == (
        "read as a Hugging Face TrainingArguments file: it has lr_scheduler_type and learning_rate"
    )


@pytest.mark.parametrize(
    ("warmup", "steps"),
    [
        ("warmup_steps: 7", 7),
        ("warmup_steps: 7.9", 7),
        ("warmup_steps: 0.03", 4),  # ceil(3.12)
        ("warmup_steps: 1", 1),
        ("warmup_ratio: 0.03", 4),
        ("warmup_steps: 5\nwarmup_ratio: 0.5", 5),
        ("warmup_steps: 0\nwarmup_ratio: 0.5", 52),
        ("warmup_steps: null", 0),
        ("warmup_steps: '0.03'", 4),
    ],
)
def test_a_warmup_below_one_is_a_part_of_the_run_rounded_up(
    read: Callable[..., Plan], warmup: str, steps: int
) -> None:
    found = read(f"{COSINE}max_steps: 104\n{warmup}\n")
    call = load(f"get_cosine_schedule_with_warmup(optimizer, {steps}, 104)", base_lr=1.0)
    assert found.schedule == call.schedule


@pytest.mark.parametrize(
    ("text", "options", "updates"),
    [
        ("num_train_epochs: 3", {"iters_per_epoch": 33}, 99),
        ("num_train_epochs: 0.5", {"iters_per_epoch": 33}, 17),
        ("num_train_epochs: 2\nmax_steps: -1", {"iters_per_epoch": 33}, 66),
        ("num_train_epochs: 2\nmax_steps: 50", {"iters_per_epoch": 33}, 50),
        ("num_train_epochs: 2\nmax_steps: 50", {"max_epochs": 4, "iters_per_epoch": 10}, 40),
        ("max_steps: 50", {"max_iters": "1k"}, 1000),
        ("output_dir: x", {"iters_per_epoch": 10}, 30),  # three epochs by default
        (  # ceil(ceil(1001 / (4 * 2)) / 3) = ceil(126 / 3) = 42
            "per_device_train_batch_size: 4\ngradient_accumulation_steps: 3\nnum_train_epochs: 1",
            {"dataset_size": 1001, "gpus": 2},
            42,
        ),
        (  # ceil(floor(1001 / 8) / 4) = ceil(125 / 4) = 32
            "dataloader_drop_last: true\nnum_train_epochs: 1",
            {"dataset_size": 1001, "gpus": 2, "batch_size": 4, "accumulate": 4},
            32,
        ),
    ],
)
def test_the_run_is_as_long_as_the_trainer_makes_it(
    read: Callable[..., Plan], text: str, options: dict[str, Any], updates: int
) -> None:
    assert read(f"{COSINE}{text}\n", **options).max_iters == updates


def test_how_long_an_epoch_is_is_asked_for(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="how many updates there are in 2 epochs is") as caught:
        read(f"{COSINE}num_train_epochs: 2\n")
    assert "add --iters-per-epoch" in str(caught.value)
    with pytest.raises(InputError, match="needs --gpus"):
        read(f"{COSINE}num_train_epochs: 2\n", dataset_size=100)


@pytest.mark.parametrize("kind", ["constant", "constant_with_warmup", "inverse_sqrt"])
def test_a_schedule_that_needs_no_length_asks_for_none(
    read: Callable[..., Plan], kind: str
) -> None:
    text = f"lr_scheduler_type: {kind}\nlearning_rate: 0.1\nwarmup_steps: 5\n"
    assert read(text).lr(5) == 0.1
    if kind != "constant":
        with pytest.raises(InputError, match="how many updates"):
            read(text.replace("5", "0.5"))


def test_what_is_not_written_has_the_default_and_is_said(read: Callable[..., Plan]) -> None:
    found = read("num_train_epochs: 1\noutput_dir: out\n", iters_per_epoch=100)
    assert found.lr([0, 50, 100]).tolist() == [5e-5, 2.5e-5, 0.0]
    said = " ".join(found.notes)
    assert "learning_rate is not written: 5e-05" in said
    assert "lr_scheduler_type is not written: linear" in said


def test_a_ratio_by_the_old_name_is_said(read: Callable[..., Plan]) -> None:
    notes = read(f"{COSINE}max_steps: 10\nwarmup_ratio: 0.1\n").notes
    assert any("warmup_ratio is of transformers 4" in note for note in notes)


def test_a_deepspeed_config_may_hold_another_schedule(read: Callable[..., Plan]) -> None:
    notes = read(f"{COSINE}max_steps: 10\ndeepspeed: ds.json\n").notes
    assert any("DeepSpeed" in note for note in notes)


@pytest.mark.parametrize(
    "more",
    [
        "lr_scheduler_kwargs:\n  min_lr: 1e-6\n  num_cycles: 0.5",
        "lr_scheduler_kwargs:\n  min_lr: '1e-6'",
        """lr_scheduler_kwargs: '{"min_lr": "1e-6"}'""",
    ],
)
def test_further_arguments_reach_the_schedule(read: Callable[..., Plan], more: str) -> None:
    text = f"learning_rate: 1e-4\nlr_scheduler_type: cosine_with_min_lr\nmax_steps: 10\n{more}\n"
    assert read(text).lr(10) == pytest.approx(1e-6)


def test_json_is_read_as_well(write: Write) -> None:
    text = '{"learning_rate": 0.1, "lr_scheduler_type": "linear", "max_steps": 10}'
    plan = load(write("args.json", text))
    assert plan.lr(5) == 0.05
    assert not any("quotes" in note for note in plan.notes)


def test_a_number_in_quotes_is_read_and_said(write: Callable[..., Path]) -> None:
    text = '{"learning_rate": "1e-1", "lr_scheduler_type": "linear", "max_steps": 10}'
    for name in ("args.json", "args.yaml"):
        plan = load(write(name, text))
        assert plan.lr(5) == 0.05
        assert plan.notes[-1] == (
            "learning_rate is written in quotes, as text, where HfArgumentParser, unlike "
            "TrlParser, stops: write 1e-1"
        )


def test_options_override_the_file(read: Callable[..., Plan]) -> None:
    found = read(f"{COSINE}max_steps: 10\n", base_lr="0.5", set=["lr_scheduler_type=linear"])
    assert found.lr(5) == 0.25


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr_scheduler_type: cosin", "did you mean 'cosine'?"),
        ("lr_scheduler_type: [cosine]", "lr_scheduler_type"),
        ("lr_scheduler_typ: cosine", "did you mean 'lr_scheduler_type'?"),
        ("warmup_step: 10", "did you mean 'warmup_steps'?"),
        ("learning_rate: fast", "learning_rate: must be a number, got 'fast'"),
        ("learning_rate: .inf", "learning_rate: must be a number"),
        ("learning_rate: -1", "learning_rate: must not be below 0"),
        ("warmup_steps: -1", "must not be below 0"),
        ("warmup_ratio: 1.5", "must lie between 0 and 1"),
        ("max_steps: 0", "there is no update to show"),
        ("max_steps: 1.5", "must be a whole number"),
        ("max_steps: -1\nnum_train_epochs: 0", "must be above 0"),
        ("lr_scheduler_type: greedy", "each evaluation finds"),
        ("lr_scheduler_type: reduce_lr_on_plateau", "with --metrics"),
        ("lr_scheduler_kwargs: {powr: 2}", "lr_scheduler_kwargs.powr: is nothing"),
        ("lr_scheduler_kwargs: 7", "must be a mapping"),
        ("lr_scheduler_kwargs: '[7]'", "must be a mapping"),
        ("lr_scheduler_type: cosine_with_min_lr", "lr_scheduler_kwargs.min_lr: give exactly one"),
        (
            "lr_scheduler_type: polynomial\nlr_scheduler_kwargs: {lr_end: 9}",
            "lr_scheduler_kwargs.lr_end: must be below the optimizer's rate",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_place(
    read: Callable[..., Plan], text: str, said: str
) -> None:
    keys = {"num_train_epochs": 1, "learning_rate": 0.1, "max_steps": 9}
    kept = [f"{key}: {value}" for key, value in keys.items() if key not in text]
    with pytest.raises(InputError) as caught:
        read("\n".join([*kept, text]))
    assert said in str(caught.value)
    assert "args.yaml:" in str(caught.value)
