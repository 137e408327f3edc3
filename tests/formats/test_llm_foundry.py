from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

RUN = (
    "optimizer: {name: decoupled_adamw, lr: 1.0}\nmax_seq_len: 4\nglobal_train_batch_size: 2\n"
    "length: 100ba\n"
)


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a scheduler in a run of some length."""

    def read(scheduler: str, length: str = "100ba", **options: Any) -> Plan:
        text = f"{RUN}max_duration: {length}\nscheduler: {{{scheduler}}}\n"
        return load(write("run.yaml", text), **options)

    return read


def test_a_config_may_stand_under_parameters(write: Callable[..., Path]) -> None:
    text = (
        "name: x\nparameters:\n  rate: 1.0\n  optimizer: {name: lion, lr: '${rate}'}\n"
        "  max_duration: 100ba\n  scheduler: {name: cosine_with_warmup, t_warmup: 0.2dur}\n"
    )
    assert load(write("mcli.yaml", text)).lr([10, 60, 100]).tolist() == pytest.approx([0.5, 0.5, 0])


def test_the_rise_starts_at_nothing_and_the_decay_begins_where_it_ends(
    read: Callable[..., Plan],
) -> None:
    plan = read("name: cosine_with_warmup, t_warmup: 20ba, alpha_f: 0.2")
    assert plan.lr([0, 5, 20, 60, 100, 150]).tolist() == pytest.approx([0, 0.25, 1, 0.6, 0.2, 0.2])
    assert [phase.name for phase in plan.phases] == ["warm-up", "cosine decay"]


@pytest.mark.parametrize(
    ("scheduler", "rates"),
    [
        ("name: constant_with_warmup, t_warmup: 20ba, alpha: 0.5", [0.25, 0.5, 0.5]),
        ("name: linear_decay_with_warmup, t_warmup: 20ba", [0.5, 0.5, 0]),
        (
            "name: linear_decay_with_warmup, t_warmup: 20ba, alpha_i: 2, alpha_f: 1",
            [1, 1.5, 1],
        ),
        ("name: cosine_with_warmup, t_warmup: 0ba, t_max: 120ba", [0.93301270, 0.5, 0.0669873]),
        (
            "name: inv_sqrt_with_warmup, t_warmup: 20ba, t_scale: 10ba, t_cooldown: 0ba",
            [0.5, 1 / 5**0.5, 1 / 9**0.5],
        ),
        (
            "name: inv_sqrt_with_warmup, t_warmup: 20ba, t_scale: 10ba, t_cooldown: 80ba",
            [0.5, 0.5, 0],
        ),
    ],
)
def test_each_scheduler_has_its_curve(
    read: Callable[..., Plan], scheduler: str, rates: list[float]
) -> None:
    at = [20, 60, 100] if "t_max" in scheduler else [10, 60, 100]
    assert read(scheduler).lr(at).tolist() == pytest.approx(rates)


@pytest.mark.parametrize("length", ["2ep", "2", "100ba", "200sp", "800tok", "8e2tok"])
def test_a_run_may_be_counted_in_anything(read: Callable[..., Plan], length: str) -> None:
    scheduler = "name: linear_decay_with_warmup, t_warmup: 0.105dur"
    plan = read(scheduler, length, iters_per_epoch=50)
    tick = {"2": 10, "1": 10, "8": 84 / 8}.get(length[0], 10)
    tick = 21 / 2 if length == "200sp" else tick
    assert plan.max_iters == 100
    assert plan.lr([0, 5, 100]).tolist() == pytest.approx([0, 5 / tick, 0])


def test_a_run_in_epochs_needs_their_length(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read("name: cosine_with_warmup, t_warmup: 20ba", "2ep")


def test_that_the_trainer_is_an_update_late_is_said(read: Callable[..., Plan]) -> None:
    plan = read("name: cosine_with_warmup, t_warmup: 20ba")
    assert "its updates use the rate of the update before them" in plan.notes[-1]


def test_what_an_interpolation_stands_for_counts(read: Callable[..., Plan]) -> None:
    assert read("name: cosine_with_warmup, t_warmup: 0ba", "${length}").max_iters == 100


def test_options_come_before_the_file(read: Callable[..., Plan]) -> None:
    plan = read("name: linear_decay_with_warmup, t_warmup: 0.5dur", base_lr=2.0, max_iters=10)
    assert (plan.max_iters, plan.lr(5), plan.lr(10)) == (10, 2, 0)


@pytest.mark.parametrize(
    ("scheduler", "said"),
    [
        ("name: cosine_with_warmup", "scheduler.t_warmup: is missing"),
        ("name: cosine", "scheduler.name: has no option 'cosine'"),
        ("name: cosine_with_warmup, t_warmup: 1ba, alpha: 1", "scheduler.alpha: is not a key"),
        ("name: cosine_with_warmup, t_warmup: 5", "is no duration that is understood: '5'"),
        ("name: cosine_with_warmup, t_warmup: 1.5ba", "must be a whole number of ba"),
        ("name: cosine_with_warmup, t_warmup: 9tok", "must be in the unit of the schedule's"),
        ("name: cosine_with_warmup, t_warmup: 1ba, t_max: 9ba", "must not be shorter than"),
        (
            "name: inv_sqrt_with_warmup, t_warmup: 1ba, t_scale: 0.1dur, t_cooldown: 1ba",
            "scheduler.t_scale: must be in the unit of max_duration, ba",
        ),
        (
            "name: inv_sqrt_with_warmup, t_warmup: 1ba, t_scale: 0ba, t_cooldown: 1ba",
            "scheduler.t_scale: must be above 0",
        ),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler)
    assert said in str(caught.value)
