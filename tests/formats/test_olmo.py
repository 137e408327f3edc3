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
    "optimizer: {name: adamw, learning_rate: 1.0}\nmodel: {max_sequence_length: 4}\n"
    "global_train_batch_size: 2\n"
)


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a scheduler in a run of some length."""

    def read(scheduler: str, length: str = "100", more: str = "", **options: Any) -> Plan:
        text = f"{RUN}max_duration: {length}\nscheduler: {{{scheduler}}}\n{more}"
        return load(write("run.yaml", text), **options)

    return read


def test_the_first_update_is_step_one_and_the_last_is_at_the_floor(
    read: Callable[..., Plan],
) -> None:
    plan = read("name: linear_with_warmup, t_warmup: 20, alpha_f: 0.2")
    assert plan.lr([0, 9, 19, 59, 99]).tolist() == pytest.approx([0.145, 0.55, 1, 0.6, 0.2])


def test_the_rise_may_start_elsewhere(read: Callable[..., Plan]) -> None:
    plan = read("name: linear_with_warmup, t_warmup: 20, warmup_min_lr: 0.0")
    assert plan.lr([0, 9]).tolist() == pytest.approx([0.05, 0.5])


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("cosine_with_warmup", 0.55),
        ("linear_with_warmup", 0.55),
        ("cosine_linear_envelope", 0.325),
        ("constant_with_warmup", 1),
        ("constant", 1),
        ("inverse_sqrt_with_warmup", (20 / 60) ** 0.5),
        ("max_scheduler", (20 / 60) ** 0.5),
    ],
)
def test_each_scheduler_has_its_curve(read: Callable[..., Plan], name: str, rate: float) -> None:
    assert read(f"name: {name}, t_warmup: 20").lr(59) == pytest.approx(rate)


def test_of_two_curves_the_higher_one_counts(read: Callable[..., Plan]) -> None:
    both, cosine = (
        read(f"name: {name}, t_warmup: 20") for name in ("max_scheduler", "cosine_with_warmup")
    )
    assert both.lr(25) == cosine.lr(25)
    assert both.lr(99) > cosine.lr(99)


@pytest.mark.parametrize("length", ["100", "800T", "8e2T", "1ep", "'1e2'"])
def test_a_run_may_be_counted_in_anything(read: Callable[..., Plan], length: str) -> None:
    for units in ("units: steps, t_warmup: 20", "units: tokens, t_warmup: 160"):
        plan = read(f"name: linear_with_warmup, {units}", length, iters_per_epoch=100)
        assert plan.max_iters == 100
        assert plan.lr([19, 59, 99]).tolist() == pytest.approx([1, 0.55, 0.1])


def test_stopping_early_leaves_the_schedule_as_it_is(read: Callable[..., Plan]) -> None:
    plan = read("name: linear_with_warmup, t_warmup: 0", more="stop_at: 50\n")
    assert plan.max_iters == 50
    assert plan.lr(49) == pytest.approx(0.55)


def test_where_it_stops_tells_the_run_that_its_epochs_do_not(read: Callable[..., Plan]) -> None:
    timed, stop = "name: linear_with_warmup, t_warmup: 0, t_max: 200", "stop_at: 50\n"
    plan = read(timed, "2ep", stop)
    assert plan.max_iters == 50
    assert plan.lr(49) == pytest.approx(0.775)
    assert "before stop_at where its epochs are shorter" in plan.notes[-1]
    assert read(timed, "2ep", stop, iters_per_epoch=10).max_iters == 20
    assert read(timed, "2ep", stop, max_iters=30).notes == plan.notes[:-1]
    open_ended = read(timed, "2ep")
    assert (open_ended.open_end, open_ended.max_iters) == (True, 200)
    assert "--iters-per-epoch N shows its end" in open_ended.notes[-1]
    with pytest.raises(InputError, match="needs --iters-per-epoch"):
        read("name: linear_with_warmup, t_warmup: 0", "2ep", stop)


def test_the_schedule_may_be_of_another_length(read: Callable[..., Plan]) -> None:
    plan = read("name: linear_with_warmup, t_warmup: 0, t_max: 50")
    assert plan.lr([24, 60]).tolist() == pytest.approx([0.55, 0.1])


def test_defaults_are_said(read: Callable[..., Plan]) -> None:
    notes = read("units: steps", "").notes
    assert "OLMo's defaults count for max_duration 10000" in notes
    assert "OLMo's defaults count for name cosine_with_warmup, t_warmup 100" in notes


@pytest.mark.parametrize(
    ("scheduler", "length", "said"),
    [
        ("name: cosine", "9", "scheduler.name: has no option 'cosine'"),
        ("name: constant, t_cooldown: 5", "9", "scheduler.t_cooldown: is not a key"),
        ("name: constant, units: epochs", "9", "scheduler.units: has no option 'epochs'"),
        ("name: constant", "9x", "max_duration: must be a number of steps, of tokens"),
        ("name: constant_with_warmup", "1ep", "needs --iters-per-epoch"),
        ("name: cosine_with_warmup, t_warmup: -1", "9", "t_warmup: must be at least 0"),
        ("name: cosine_with_warmup, warmup_min_lr: 2", "9", "must be at least 0 and below"),
        ("name: inverse_sqrt_with_warmup, t_warmup: 0", "9", "the rate would be 0 throughout"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, length: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler, length)
    assert said in str(caught.value)
