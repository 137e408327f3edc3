from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads an args file."""

    def read(args: str, **options: Any) -> Plan:
        return load(write("args.yaml", f"{{{args}}}"), **options)

    return read


def test_without_an_epochs_length_the_steps_are_epochs(read: Read) -> None:
    args = "sched: cosine, lr: 0.1, epochs: 10, warmup_epochs: 0"
    epochs, updates = read(args), read(args, iters_per_epoch=7)
    assert (epochs.max_iters, updates.max_iters) == (10, 70)
    assert [updates.lr(7 * epoch + 6) for epoch in range(10)] == [epochs.lr(e) for e in range(10)]
    assert "steps here are epochs" in epochs.notes[-1]


def test_a_run_has_its_cycles_its_cool_down_and_a_warm_up_that_is_a_prefix(read: Read) -> None:
    args = "sched: cosine, lr: 0.1, epochs: 10, warmup_epochs: 2, cooldown_epochs: 3"
    assert read(args).max_iters == 13
    assert read(f"{args}, warmup_prefix: true").max_iters == 15
    assert read(f"{args}, lr_cycle_limit: 2").max_iters == 23
    assert read(f"{args}, lr_cycle_limit: 3, lr_cycle_mul: 2.0").max_iters == 73
    assert read(f"{args}, sched_on_updates: true", iters_per_epoch=9).max_iters == 117
    assert read("sched: step, lr: 0.1, epochs: 10, cooldown_epochs: 3").max_iters == 10


def test_a_schedule_in_updates_asks_for_an_epochs_length(read: Read) -> None:
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read("sched: cosine, lr: 0.1, epochs: 10, sched_on_updates: true")


def test_lr_base_is_scaled_by_the_batch(read: Read) -> None:
    args = "sched: cosine, lr: null, lr_base: 0.4, lr_base_size: 512, epochs: 3, batch_size: 64"
    with pytest.raises(InputError, match="add --gpus"):
        read(args)
    assert read(args, gpus=4).base_lr == 0.2
    assert read(f"{args}, grad_accum_steps: 2", gpus=4).base_lr == 0.4
    assert read(f"{args}, opt: adamw", gpus=4).base_lr == 0.4 * math.sqrt(0.5)
    assert read(f"{args}, lr_base_scale: sqrt", gpus=4).base_lr == 0.4 * math.sqrt(0.5)
    assert read(args, gpus=4, batch_size=128).base_lr == 0.4
    assert read(args, base_lr=0.3).base_lr == 0.3
    assert "lr is 0.2: lr_base scaled (linear) to a batch of 256" in read(args, gpus=4).notes


def test_plateau_asks_for_the_metric(read: Read) -> None:
    args = "sched: plateau, lr: 0.1, epochs: 6, warmup_epochs: 0, patience_epochs: 1"
    with pytest.raises(InputError, match="--metrics"):
        read(args)
    drops = read(args, metrics=[5, 4, 4, 5, 5, 5])
    assert [drops.lr(2), drops.lr(3)] == pytest.approx([0.1, 0.01])
    falling = read(f"{args}, eval_metric: loss", metrics=[5, 4, 3, 2, 1, 0])
    assert falling.lr(5) == 0.1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("sched: cosine, lr: 0.1, warmup_epoch: 3", "did you mean 'warmup_epochs'"),
        ("sched: cosine, lr: 0.1, lr_decay: 3", "lr_decay: is not a key"),
        ("sched: cosine, lr: 0.1, lr_noise: [0.4, 0.9]", "lr_noise: is not shown"),
        ("sched: cosine, lr: 0.1, epochs: 0", "epochs: must be at least 1"),
        ("sched: cosine, lr: 0.1, min_lr: x", "min_lr: must be a number"),
        ("sched: step, lr: 0.1, decay_rate: x", "decay_rate: must be a number"),
        ("sched: step, lr: 0.1, decay_epochs: 0", "decay_epochs: must be above 0"),
        ("sched: cosine, lr: 0.1, lr_cycle_mul: 0", "lr_cycle_mul: "),
        ("sched: cosine, lr: 0.1, lr_cycle_mul: 9, lr_cycle_limit: 999", "a run without end"),
        ("sched: wsd, lr: 0.1, epochs: 9, decay_epochs: 30", "decay_epochs: must lie above 0"),
        ("sched: plateau, lr: 0.1, sched_on_updates: true", "does not go with sched: plateau"),
    ],
)
def test_what_is_wrong_is_said_at_the_key(read: Read, args: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(args, iters_per_epoch=5)
    assert message in str(caught.value)


def test_defaults_and_other_rates_are_said(read: Read) -> None:
    notes = read("sched: cosine, lr: 0.1, layer_decay: 0.7, warmup_lr: 0.001").notes
    assert "train.py's defaults count for epochs 300, warmup_epochs 5" in notes
    assert "layer_decay gives each layer a rate of its own; this is the last layer's" in notes


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("sched: none", True),
        ("sched: poly", True),
        ("sched: other", False),
        ("lr: 0.1\nepochs: 3", False),
        ("lr: 0.1\nepochs: 3\nopt: sgd", False),
        ("lr: 0.1\nepochs: 3\nopt: sgd\nwarmup_epochs: 1", True),
        ("epochs: 3\nsched_on_updates: true", True),
        ("sched_on_updates: true", False),
    ],
)
def test_only_its_own_names_are_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    from lrplot.formats.timm_args import detect
    from lrplot.syntax.documents import parse_document

    assert (detect(parse_document(text, "x")) is not None) == claimed
