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


def test_without_a_warm_up_the_decay_begins_at_once(read: Callable[..., Plan]) -> None:
    assert read("warmuplr", "warmup_steps: 0").lr([0, 1, 4]).tolist() == [1.0, 1.0, 0.5]


def test_a_power_beyond_all_numbers_is_said(read: Callable[..., Plan]) -> None:
    plan = read("NoamHoldAnnealing", "max_steps: 99, warmup_steps: 9, decay_rate: 1e18")
    with pytest.raises(InputError, match="no finite rate"):
        plan.lr(50)


def test_modules_may_have_rates_of_their_own(write: Callable[..., Path]) -> None:
    text = (
        "optim_conf: {lr: [0.5, 0.25, 1.0], modules: [ctc, encoder.embed]}\n"
        "dataset_conf: {}\nscheduler: warmuplr\nscheduler_conf: {warmup_steps: 16}\n"
    )
    path = write("c.yaml", text)
    assert load(path).lr(16) == 1.0
    assert (load(path, group="ctc").lr(16), load(path, group="encoder.embed").lr(16)) == (0.5, 0.25)
    each = write("e.yaml", text.replace("warmup_steps: 16", "warmup_steps: [4, 0, 16]"))
    assert load(each, group="ctc").lr([2, 4]).tolist() == [0.25, 0.5]
    assert load(each, group="encoder.embed").lr([1, 4]).tolist() == [0.25, 0.125]
    assert load(each).lr(16) == 1.0
    with pytest.raises(InputError, match=r"optim_conf\.lr: is a list only for warmuplr"):
        load(write("d.yaml", text.replace("[ctc, ", "[")))


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
        ("warmuplr", "warmup_steps: -1", "scheduler_conf.warmup_steps: must not be below 0"),
        ("warmuplr", "warmup_steps: []", "has fewer values than there are rates"),
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
