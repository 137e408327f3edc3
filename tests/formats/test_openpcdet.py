from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

CYCLE = "OPTIMIZER: adam_onecycle, PCT_START: 0.4, DIV_FACTOR: 10"
STEPS = "OPTIMIZER: sgd, DECAY_STEP_LIST: [4, 8], LR_DECAY: 0.1, LR_CLIP: 0.05"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads keys of OPTIMIZATION beside 10 epochs at a rate of 1."""

    def read(keys: str, **options: Any) -> Plan:
        text = f"OPTIMIZATION: {{NUM_EPOCHS: 10, LR: 1.0, {keys}}}\n"
        return load(write("c.yaml", text), **options)

    return read


def test_one_cycle_rises_to_the_rate_and_falls_far_below_its_start(
    read: Callable[..., Plan],
) -> None:
    plan = read(CYCLE, iters_per_epoch=10)
    assert plan.lr([0, 20, 40, 70, 100]).tolist() == pytest.approx(
        [0.1, 0.55, 1, 0.5 + 0.5e-5, 1e-5]
    )
    assert [phase.name for phase in plan.phases] == ["warm-up", "decay"]


def test_the_peak_is_a_whole_update(read: Callable[..., Plan]) -> None:
    plan = read(CYCLE, iters_per_epoch=7, max_epochs=3)
    assert plan.max_iters == 21
    assert plan.lr(8) == 1.0


def test_between_two_knots_the_curve_does_not_turn(read: Callable[..., Plan]) -> None:
    plan = read(CYCLE, iters_per_epoch=7)
    change = np.diff(plan.lr(range(301)))
    knots = {step for knot in plan.schedule.knots(300) for step in knot}
    turns = np.flatnonzero(change[:-1] * change[1:] < 0) + 1
    assert len(turns) > 1
    assert set(turns.tolist()) <= knots


def test_what_the_one_cycle_does_not_use_is_said(read: Callable[..., Plan]) -> None:
    plan = read(f"{CYCLE}, DECAY_STEP_LIST: [35, 45], LR_DECAY: 0.1", iters_per_epoch=10)
    assert "OPTIMIZATION: DECAY_STEP_LIST, LR_DECAY not used by adam_onecycle" in plan.notes
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read(CYCLE)


def test_the_decay_at_epochs_ends_at_its_floor(read: Callable[..., Plan]) -> None:
    assert read(STEPS).lr([3, 4, 8, 10]).tolist() == pytest.approx([1, 0.1, 0.05, 0.05])
    plan = read(STEPS, iters_per_epoch=5, base_lr=2.0)
    assert plan.lr([19, 20, 40]).tolist() == pytest.approx([2, 0.2, 0.05])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("OPTIMIZER: adam_cosineanneal", "OPTIMIZATION.OPTIMIZER: has no option"),
        (f"{CYCLE}, LR_SCHEDULER: x", "OPTIMIZATION.LR_SCHEDULER: is not a key"),
        (f"{STEPS}, LR_WARMUP: True", "OPTIMIZATION.LR_WARMUP: is not read"),
        ("OPTIMIZER: adam_onecycle, DIV_FACTOR: 10", "OPTIMIZATION.PCT_START: is missing"),
        ("OPTIMIZER: adam_onecycle, DIV_FACTOR: 10, PCT_START: 0.001", "no update for the rise"),
        ("OPTIMIZER: adam_onecycle, DIV_FACTOR: 0, PCT_START: 0.4", "OPTIMIZATION.DIV_FACTOR: "),
    ],
)
def test_what_is_not_understood_is_refused(read: Callable[..., Plan], keys: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(keys, iters_per_epoch=10)
    assert said in str(caught.value)


def test_the_epochs_may_be_left_to_the_command_line(write: Callable[..., Path]) -> None:
    path = write("c.yaml", f"OPTIMIZATION: {{LR: 1.0, {CYCLE}}}\n")
    with pytest.raises(InputError, match=r"without OPTIMIZATION\.NUM_EPOCHS needs --max-epochs"):
        load(path)
    plan = load(path, max_epochs=10, iters_per_epoch=10)
    assert (plan.max_iters, plan.lr(40)) == (100, 1.0)
    assert "LR and PCT_START" in plan.notes[0]


def test_an_optimizer_with_another_schedule_is_refused(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="OPTIMIZER: has no option 'adam_cosineanneal'"):
        read("OPTIMIZER: adam_cosineanneal, PCT_START: 0.4, WARMUP_ITER: 500")
