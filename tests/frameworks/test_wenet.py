from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a scheduler and its keys beside 10 epochs at a rate of 1."""

    def read(scheduler: str, conf: str, **options: Any) -> Plan:
        head = "max_epoch: 10\noptim: adam\noptim_conf: {lr: 1.0}\ndataset_conf: {}\n"
        text = f"{head}scheduler: {scheduler}\nscheduler_conf: {{{conf}}}\n"
        return load(write("c.yaml", text), **options)

    return read


def test_warmuplr_peaks_at_its_rate_an_update_late(read: Callable[..., Plan]) -> None:
    plan = read("warmuplr", "warmup_steps: 16", iters_per_epoch=10)
    assert plan.max_iters == 100
    assert plan.lr([0, 1, 2, 16, 64]).tolist() == pytest.approx([1 / 16, 1 / 16, 1 / 8, 1, 0.5])
    assert [phase.name for phase in plan.phases] == ["warm-up", "inverse sqrt"]


def test_without_the_length_of_an_epoch_the_end_is_open(read: Callable[..., Plan]) -> None:
    plan = read("warmuplr", "")
    assert plan.open_end
    assert plan.lr(25_000) == pytest.approx(1.0)
    assert "--iters-per-epoch" in plan.notes[-1]
    assert not read("warmuplr", "", max_iters=50).open_end


def test_noam_hold_annealing_holds_and_falls(read: Callable[..., Plan]) -> None:
    conf = "warmup_steps: 4, hold_ratio: 0.1, max_steps: 100, decay_rate: 1.0, min_lr: 0.1"
    plan = read("NoamHoldAnnealing", conf, iters_per_epoch=20)
    assert plan.lr([0, 1, 5, 10, 15, 19, 51, 102]).tolist() == pytest.approx(
        [0.2, 0.2, 1, 1, 1, 0.5, 0.1, 0.1]
    )


@pytest.mark.parametrize(
    ("scheduler", "conf", "said"),
    [
        ("noamlr", "", "scheduler: has no option 'noamlr'"),
        ("warmuplr", "warmup: 3", "scheduler_conf.warmup: is not a key"),
        ("warmuplr", "warmup_steps: 0", "scheduler_conf.warmup_steps: must be above 0"),
        ("NoamHoldAnnealing", "warmup_steps: 3", "scheduler_conf.max_steps: is missing"),
        ("NoamHoldAnnealing", "max_steps: 9", "scheduler_conf.warmup_steps: "),
        (
            "NoamHoldAnnealing",
            "max_steps: 9, warmup_steps: 3, warmup_ratio: 0.1",
            "does not go with warmup_steps",
        ),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, conf: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler, conf, iters_per_epoch=10)
    assert said in str(caught.value)
