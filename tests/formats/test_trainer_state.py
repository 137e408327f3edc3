"""A trainer_state.json tells the run's length and its log; the schedule must be told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINEAR = ["lr_scheduler_type=linear"]


@pytest.fixture
def state(write: Callable[..., Path]) -> Callable[..., Path]:
    """Return a function that writes a trainer_state.json whose log has these rates by step."""

    def state(rates: dict[int, float]) -> Path:
        log: list[dict[str, Any]] = [{"step": k, "learning_rate": v} for k, v in rates.items()]
        log.append({"step": 300, "eval_loss": 1.0})
        held = {"log_history": log, "max_steps": 300, "num_train_epochs": 3, "global_step": 300}
        return write("trainer_state.json", json.dumps(held))

    return state


def test_the_schedule_that_options_tell_runs_as_long_as_the_file_says(
    state: Callable[..., Path],
) -> None:
    plan = load(state({}), base_lr="3e-5", set=LINEAR)
    assert plan.max_iters == 300
    assert plan.lr([0, 100, 300]).tolist() == pytest.approx([3e-5, 2e-5, 0])


def test_rates_that_were_logged_are_held_against_it(state: Callable[..., Path]) -> None:
    right = load(state({100: 2e-5, 200: 1e-5}), base_lr="3e-5", set=LINEAR)
    assert "the 2 rates that were logged are this schedule's" in right.notes

    wrong = load(state({100: 2e-5, 200: 1.5e-5}), base_lr="3e-5", set=LINEAR)
    assert "the log has 1.5e-05 at step 200, where this schedule has 1e-05" in wrong.notes


@pytest.mark.parametrize(
    ("options", "asked"),
    [({"set": LINEAR}, "--base-lr RATE"), ({"base_lr": 1e-5}, "--set lr_scheduler_type=linear")],
)
def test_what_the_file_does_not_keep_is_asked_for(
    state: Callable[..., Path], options: dict[str, Any], asked: str
) -> None:
    with pytest.raises(InputError, match="is not among what a trainer_state") as caught:
        load(state({}), **options)
    assert asked in str(caught.value)
