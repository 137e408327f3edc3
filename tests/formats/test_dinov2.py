from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.formats.dinov2 import detect
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]

OPTIM = "epochs: 10, base_lr: 0.002, warmup_epochs: 3, min_lr: 1.0e-06"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads optim, of a run on 8 GPUs of 32 images, 7 updates an epoch."""

    def read(optim: str, train: str = "batch_size_per_gpu: 32", **options: Any) -> Plan:
        text = f"student: {{arch: vit_large}}\ntrain: {{{train}}}\noptim: {{{optim}}}\n"
        return load(write("vitl.yaml", text), **{"gpus": 8, "iters_per_epoch": 7, **options})

    return read


def test_the_table_is_that_of_cosine_scheduler(read: Read) -> None:
    plan = read(OPTIM)
    peak, steps = 0.002 * math.sqrt(32 * 8 / 1024), np.arange(7 * 7)
    cosine = 1e-6 + 0.5 * (peak - 1e-6) * (1 + np.cos(np.pi * steps / len(steps)))
    table = np.concatenate((np.linspace(0, peak, 3 * 7), cosine))
    assert plan.lr(np.arange(70)) == pytest.approx(table, rel=1e-12)
    assert plan.lr(70) == plan.lr(700) == 1e-6
    assert plan.lr(20) == plan.lr(21) == peak


@pytest.mark.parametrize(("warmup", "first"), [(0, 0.001), (1, 0.0)])
def test_a_short_warm_up_is_none(read: Read, warmup: int, first: float) -> None:
    plan = read(f"epochs: 10, base_lr: 0.002, warmup_epochs: {warmup}", iters_per_epoch=1)
    assert plan.lr(0) == first


def test_the_rate_is_scaled_by_the_root_of_the_batch(read: Read) -> None:
    assert read(OPTIM).base_lr == 0.001
    assert read(OPTIM, gpus=32).base_lr == 0.002
    assert read(OPTIM, batch_size=128).base_lr == 0.002
    assert read(OPTIM, gpus=None, base_lr=0.5).base_lr == 0.5
    with pytest.raises(InputError, match="add --gpus"):
        read(OPTIM, gpus=None)


def test_an_epochs_length_stands_in_the_config_or_is_1250(read: Read) -> None:
    assert read(OPTIM, "OFFICIAL_EPOCH_LENGTH: 20", iters_per_epoch=None).max_iters == 200
    plan = read(OPTIM, iters_per_epoch=None)
    assert plan.max_iters == 12_500
    assert "dinov2's defaults count for OFFICIAL_EPOCH_LENGTH 1250" in plan.notes


def test_what_has_another_rate_is_said(read: Read) -> None:
    notes = read(f"{OPTIM}, freeze_last_layer_epochs: 2, layerwise_decay: 0.9").notes
    assert "the last layer's rate is 0 for the first epochs: 2" in notes
    assert "each layer below the last has 0.9 times the rate of the one above it" in notes


@pytest.mark.parametrize(
    ("optim", "message"),
    [
        (f"{OPTIM}, scaling_rule: linear", "optim.scaling_rule: has no option 'linear'"),
        (f"{OPTIM}, warmup_epoch: 3", "did you mean 'warmup_epochs'"),
        ("epochs: 2, warmup_epochs: 3", "optim.warmup_epochs: must not exceed the 2 epochs"),
    ],
)
def test_what_is_wrong_is_said_at_the_key(read: Read, optim: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(optim)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("optim: {base_lr: 1}\nstudent: {}", True),
        ("train: {batch_size_per_gpu: 1}\nstudent: {}", True),
        ("optim: {base_lr: 1}", False),
        ("optim: {lr: 1}\nstudent: {}", False),
        ("student: {}\ntrain: {epochs: 3}", False),
        ("0: {}\n1: {}", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed
