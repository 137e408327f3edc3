from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats.swin import detect
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]

RATES = "BASE_LR: 0.01, WARMUP_LR: 0.001, MIN_LR: 0.0001"
RUN = f"EPOCHS: 12, WARMUP_EPOCHS: 2, {RATES}"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads TRAIN, of a run on 4 GPUs of 128 images, 10 updates an epoch."""

    def read(train: str, data: str = "", **options: Any) -> Plan:
        run = {"iters_per_epoch": 10, "gpus": 4, **options}
        return load(write("swin.yaml", f"DATA: {{{data}}}\nTRAIN: {{{train}}}\n"), **run)

    return read


def test_each_rate_comes_an_update_late(read: Read) -> None:
    plan = read(RUN)
    assert plan.lr(0) == plan.lr(1) == pytest.approx(0.001)
    assert [plan.lr(step) for step in (11, 21)] == pytest.approx([0.0055, 0.01])
    assert plan.lr(71) == pytest.approx(0.00505)
    assert plan.lr(120) == pytest.approx(0.0001 + 0.00495 * (1 + math.cos(math.pi * 0.99)))
    assert "each comes an update late" in plan.notes[-1]


def test_all_three_rates_are_scaled_by_the_batch(read: Read) -> None:
    wide = read(RUN, gpus=8)
    assert [wide.lr(step) for step in (0, 21)] == pytest.approx([0.002, 0.02])
    assert read(RUN, "BATCH_SIZE: 64").lr(21) == pytest.approx(0.005)
    assert read(RUN, "BATCH_SIZE: 64", batch_size=256).lr(21) == pytest.approx(0.02)
    assert read(f"{RUN}, ACCUMULATION_STEPS: 3").lr(21) == pytest.approx(0.03)
    assert "BASE_LR, WARMUP_LR and MIN_LR are multiplied by 1024/512" in wide.notes[1]


def test_the_world_is_asked_for_unless_base_lr_says_how_it_scales(read: Read) -> None:
    with pytest.raises(InputError, match="add --gpus"):
        read(RUN, gpus=None)
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read(RUN, iters_per_epoch=None)
    plan = read(RUN, gpus=None, base_lr=0.05)
    assert [plan.lr(step) for step in (0, 21)] == pytest.approx([0.005, 0.05])


@pytest.mark.parametrize(
    ("scheduler", "rates"),
    [
        ("{NAME: cosine, WARMUP_PREFIX: False}", [0.01, 0.0001 + 0.0099 / 2, 0.0001]),
        ("{NAME: linear}", [0.01, 0.01 * (1 - 0.99 * 0.4), 0.0001]),
        ("{NAME: step, DECAY_EPOCHS: 5, DECAY_RATE: 0.5}", [0.01, 0.005, 0.0025]),
        ("{NAME: multistep, MULTISTEPS: [6, 9], GAMMA: 0.5}", [0.01, 0.005, 0.0025]),
    ],
)
def test_each_of_its_schedulers_is_known(read: Read, scheduler: str, rates: list[float]) -> None:
    plan = read(f"{RUN}, LR_SCHEDULER: {scheduler}")
    first = 21 if "PREFIX" not in scheduler else 1
    found = [plan.lr(first), plan.lr(61), plan.lr(121)]
    if first == 1:  # without a prefix, the warm-up hides the start of the cosine
        found[0] = rates[0]
    assert found == pytest.approx(rates)


def test_a_milestone_between_two_updates_takes_force_at_the_later(read: Read) -> None:
    plan = read(f"{RUN}, LR_SCHEDULER: {{NAME: multistep, MULTISTEPS: [6.05], GAMMA: 0.5}}")
    assert [plan.lr(61), plan.lr(62)] == pytest.approx([0.01, 0.005])


def test_defaults_and_bases_are_those_of_config_py(write: Callable[..., Path]) -> None:
    write("base.yaml", "MODEL: {TYPE: swin}\nTRAIN: {EPOCHS: 50}")
    path = write("top.yaml", "BASE: ['base.yaml']\nMODEL: {TYPE: swinv2}\nTRAIN: {MIN_LR: 0.0}")
    plan = load(path, iters_per_epoch=10, gpus=4)
    assert (plan.max_iters, plan.base_lr) == (500, 5e-4)
    assert "Swin's defaults count for WARMUP_EPOCHS 20, BASE_LR 0.0005" in "\n".join(plan.notes)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (f"{RUN}, WARMUP_EPOCH: 3", "did you mean 'WARMUP_EPOCHS'"),
        (f"{RUN}, LR_SCHEDULER: {{NAME: cosin}}", "did you mean 'cosine'"),
        (f"{RUN}, LR_SCHEDULER: {{POWER: 2}}", "TRAIN.LR_SCHEDULER.POWER: is not a key"),
        (f"{RUN}, LR_SCHEDULER: {{NAME: multistep}}", "MULTISTEPS: must hold epochs"),
        (f"EPOCHS: 2, WARMUP_EPOCHS: 2, {RATES}", "leaves nothing of the run: 20 of 20 updates"),
    ],
)
def test_what_is_wrong_is_said_at_the_key(read: Read, train: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(train)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("TRAIN: {BASE_LR: 0.1}", True),
        ("MODEL: {TYPE: swin_moe}", True),
        ("MODEL: {TYPE: resnet}\nTRAIN: {EPOCHS: 3}", False),
        ("TRAIN: 3\nMODEL: 4", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed
