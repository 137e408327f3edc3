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

STEPS = "SCHED: MultiStepLR, STEPS: [2, 4], GAMMA: 0.1"
COSINE = "SCHED: CosineAnnealingLR, ETA_MIN_LR: 0.2"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads keys of SOLVER beside 10 epochs of 10 updates at a rate of 1."""

    def read(solver: str, iters_per_epoch: int | None = 10, **options: Any) -> Plan:
        text = f"SOLVER: {{OPT: Adam, MAX_EPOCH: 10, BASE_LR: 1.0, {solver}}}\n"
        return load(write("c.yml", text), iters_per_epoch=iters_per_epoch, **options)

    return read


def test_the_epochs_count_from_the_one_in_which_the_warm_up_ends(read: Read) -> None:
    plan = read(f"{STEPS}, WARMUP_ITERS: 25, WARMUP_FACTOR: 0.5")
    assert plan.max_iters == 100
    assert plan.lr([0, 10, 25, 39, 40, 59, 60, 99]).tolist() == pytest.approx(
        [0.5, 0.7, 1, 1, 0.1, 0.1, 0.01, 0.01]
    )
    whole = read(f"{STEPS}, WARMUP_ITERS: 20, WARMUP_FACTOR: 0.5")
    assert whole.lr([20, 29, 30, 50]).tolist() == pytest.approx([1, 1, 0.1, 0.01])


def test_the_cosine_waits_for_the_delay_and_ends_with_the_run(read: Read) -> None:
    plan = read(f"{COSINE}, WARMUP_ITERS: 0, DELAY_EPOCHS: 4")
    assert plan.lr([0, 49, 50, 70, 100]).tolist() == pytest.approx(
        [1, 1, 0.6 + 0.4 * math.cos(math.pi / 6), 0.6, 0.2]
    )
    warmed = read(f"{COSINE}, WARMUP_ITERS: 35, WARMUP_FACTOR: 0.5, DELAY_EPOCHS: 2")
    assert warmed.lr([35, 39, 40, 70]).tolist() == pytest.approx(
        [1, 1, 0.6 + 0.4 * math.cos(math.pi / 6), 0.6 + 0.4 * math.cos(math.pi * 4 / 6)]
    )


@pytest.mark.parametrize(
    ("method", "rates"), [("linear", [0.01, 0.505, 1]), ("constant", [0.01, 0.01, 1]),
                          ("exp", [0.01, 0.1, 1])],
)  # fmt: skip
def test_each_way_to_warm_up(read: Read, method: str, rates: list[float]) -> None:
    plan = read(f"{STEPS}, WARMUP_ITERS: 20, WARMUP_FACTOR: 0.01, WARMUP_METHOD: {method}")
    assert plan.lr([0, 10, 20]).tolist() == pytest.approx(rates)


def test_the_bases_and_the_defaults_are_fast_reids(write: Callable[..., Path]) -> None:
    write("base.yml", "SOLVER: {OPT: Adam, MAX_EPOCH: 4, SCHED: MultiStepLR}\n")
    plan = load(write("c.yml", "_BASE_: base.yml\nMODEL: {}\n"), iters_per_epoch=500)
    assert (plan.base_lr, plan.max_iters) == (3e-4, 2000)
    assert plan.lr(0) == pytest.approx(3e-5)
    assert "fast-reid's defaults count for BASE_LR 0.0003, STEPS [30, 55]" in plan.notes[-1]


def test_the_heads_and_biases_may_have_a_rate_of_their_own(read: Read) -> None:
    plan = read(f"{STEPS}, WARMUP_ITERS: 0, HEADS_LR_FACTOR: 10, BIAS_LR_FACTOR: 2")
    assert {group.name: group.lr(20) for group in plan.groups} == pytest.approx(
        {"bias": 0.2, "heads": 1.0}
    )


@pytest.mark.parametrize(
    ("solver", "said"),
    [
        (f"{COSINE}, DELAY_EPOCHS: 10", "SOLVER.MAX_EPOCH: leaves no epoch for the cosine"),
        ("SCHED: StepLR", "SOLVER.SCHED: has no option 'StepLR'"),
        ("MAX_ITER: 9", "SOLVER.MAX_ITER: is not a key that is understood here"),
        ("WARMUP_METHOD: exp, WARMUP_FACTOR: 0", "SOLVER.WARMUP_FACTOR: must be above 0"),
    ],
)
def test_what_it_would_not_run_is_refused(read: Read, solver: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(solver)
    assert said in str(caught.value)


def test_it_asks_for_the_length_of_an_epoch(read: Read) -> None:
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(STEPS, iters_per_epoch=None)
