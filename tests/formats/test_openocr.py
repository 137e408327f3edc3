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


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads an LRScheduler beside 10 epochs at a rate of 1."""

    def read(scheduler: str, **options: Any) -> Plan:
        head = "Global: {epoch_num: 10}\nOptimizer: {name: AdamW, lr: 1.0}\n"
        return load(write("c.yml", f"{head}LRScheduler: {{{scheduler}}}\n"), **options)

    return read


@pytest.mark.parametrize(
    ("scheduler", "steps", "rates"),
    [
        ("name: ConstLR, warmup_epoch: 2", [0, 5, 10, 20, 90], [0, 0.25, 0.5, 1, 1]),
        ("name: LinearLR, warmup_epoch: 2", [0, 10, 20, 60, 100], [0, 0.5, 1, 0.5, 0]),
        ("name: CosineAnnealingLR, warmup_epoch: 2", [10, 20, 60, 100], [0.5, 1, 0.5, 0]),
        ("name: PolynomialLR, power: 2, lr_end: 0", [0, 50, 100, 110], [1, 0.25, 0, 0]),
        ("name: MultiStepLR, milestones: [2, 5]", [19, 20, 49, 50], [1, 0.1, 0.1, 0.01]),
        ("name: MultiStepLR, milestones: [0.55]", [5, 6], [1, 0.1]),
        ("name: OneCycleLR, warmup_epoch: 10", [99, 100, 150], [1, 1, 1]),
        ("name: PolynomialLR, warmup_epoch: 10, lr_end: 0.5", [50, 100, 101], [0.5, 0.99, 0.5]),
        ("name: StepLR, step_size: 3, gamma: 0.5", [29, 30, 60, 90], [1, 0.5, 0.25, 0.125]),
        ("name: WarmupCosineLR, warmup_steps: 20, eta_min: 0.5", [0, 20, 60], [1e-7, 1, 0.75]),
        ("name: WarmupCosine", [0, 50, 100], [1, 0.5, 0]),
        ("name: OneCycleLR, warmup_epoch: 2.1", [0, 20, 99], [0.04, 1, 4e-6]),
        (
            "name: CdistNetLR, n_warmup_steps: 4, step2_epoch: 1",
            [0, 4, 9, 10],
            [0, 0.5, 1 / 3, 1e-5],
        ),
    ],
)
def test_each_scheduler_counts_updates(
    read: Callable[..., Plan], scheduler: str, steps: list[int], rates: list[float]
) -> None:
    plan = read(scheduler, iters_per_epoch=10)
    assert plan.max_iters == 100
    assert plan.lr(steps).tolist() == pytest.approx(rates, abs=1e-12)


def test_a_warm_up_of_steps_counts_updates_and_is_not_decayed(read: Callable[..., Plan]) -> None:
    plan = read("name: MultiStepLR, milestones: [1, 5], warmup_epoch: 20", iters_per_epoch=10)
    assert plan.lr([10, 19, 20, 50]).tolist() == pytest.approx([0.5, 0.95, 0.1, 0.01])
    assert "counts updates" in plan.notes[-1]


def test_milestones_alone_are_exact_on_epochs(read: Callable[..., Plan]) -> None:
    plan = read("name: MultiStepLR, milestones: [6]")
    assert plan.max_iters == 10
    assert plan.lr([5, 6]).tolist() == [1, 0.1]
    for scheduler in ("CosineAnnealingLR", "MultiStepLR, milestones: [0.5]"):
        with pytest.raises(InputError, match="needs --iters-per-epoch"):
            read(f"name: {scheduler}")


def test_momentum_stays_where_the_rate_does(read: Callable[..., Plan]) -> None:
    cycled = read("name: OneCycleLR, warmup_epoch: 10", iters_per_epoch=10).schedule.momentum()
    assert cycled is not None
    assert cycled.lr(np.array([0, 99, 150]), np.ones(3)).tolist() == pytest.approx(
        [0.95, 0.85, 0.85]
    )


def test_accumulated_batches_are_refused(write: Callable[..., Path]) -> None:
    text = "Global: {epoch_num: 4, use_amp: true, accumulation_steps: 2}\n"
    text += "Optimizer: {lr: 1.0}\nLRScheduler: {name: ConstLR}\n"
    with pytest.raises(InputError, match="accumulation_steps: makes an update of several"):
        load(write("c.yml", text), iters_per_epoch=10)


def test_keys_that_do_nothing_are_said(read: Callable[..., Plan]) -> None:
    plan = read("name: CosineAnnealingLR, cycle_momentum: false", iters_per_epoch=10, base_lr=2.0)
    assert plan.lr(0) == 2.0
    assert "cycle_momentum not used" in plan.notes[-1]


@pytest.mark.parametrize(
    ("scheduler", "said"),
    [
        ("name: CosineLR", "LRScheduler.name: has no option 'CosineLR'"),
        ("name: LinearLR, warmup: 3", "LRScheduler.warmup: is not a key"),
        ("name: MultiStepLR", "LRScheduler.milestones: is missing"),
        ("name: OneCycleLR, warmup_epoch: 20", "LRScheduler.warmup_epoch: must be a float between"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler, iters_per_epoch=10)
    assert said in str(caught.value)
