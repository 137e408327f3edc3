from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

RUN = "optimization: {max_update: 100, lr: [1.0]}\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads an lr_scheduler beside a run of 100 updates."""

    def read(scheduler: str, run: str = RUN, **options: Any) -> Plan:
        return load(write("c.yaml", f"{run}lr_scheduler: {{{scheduler}}}\n"), **options)

    return read


def test_tri_stage_rises_holds_and_decays_to_its_end(read: Callable[..., Plan]) -> None:
    plan = read("_name: tri_stage, phase_ratio: [0.1, 0.4, 0.5], final_lr_scale: 0.04")
    assert plan.lr([0, 5, 10, 50, 75, 100, 150]).tolist() == pytest.approx(
        [0.01, 0.505, 1, 1, 0.2, 0.04, 0.04]
    )
    assert [phase.name for phase in plan.phases] == ["warm-up", "hold", "decay"]


def test_the_stages_may_be_longer_than_the_run(read: Callable[..., Plan]) -> None:
    plan = read("_name: tri_stage, phase_ratio: null, warmup_steps: 50, decay_steps: 100")
    assert plan.max_iters == 100
    assert plan.lr(100) == pytest.approx(0.1)


def test_polynomial_decay_takes_the_runs_length(read: Callable[..., Plan]) -> None:
    plan = read("_name: polynomial_decay, warmup_updates: 20, power: 2")
    assert plan.lr([0, 10, 20, 60, 100, 120]).tolist() == pytest.approx([0, 0.5, 1, 0.25, 0, 0])
    early = read("_name: polynomial_decay, total_num_update: 50, end_learning_rate: 0.2")
    assert early.lr([0, 25, 50, 99]).tolist() == pytest.approx([1, 0.6, 0.2, 0.2])


def test_cosine_restarts_where_its_period_ends(read: Callable[..., Plan]) -> None:
    plan = read("_name: cosine, warmup_updates: 20, min_lr: 0.5")
    assert plan.lr([0, 10, 20, 60, 99, 100]).tolist() == pytest.approx(
        [0.5, 0.75, 1, 0.75, 0.75 + 0.25 * math.cos(math.pi * 79 / 80), 0.1]
    )
    grown = read("_name: cosine, lr_period_updates: 10, t_mult: 2, lr_shrink: 0.5")
    assert grown.lr([0, 5, 11, 20]).tolist() == pytest.approx(
        [1, 0.5, 0.25 * (1 + math.cos(math.pi / 20)), 0.25]
    )


def test_inverse_sqrt_step_and_fixed(read: Callable[..., Plan]) -> None:
    root = read("_name: inverse_sqrt, warmup_updates: 4, warmup_init_lr: 0.2")
    assert root.lr([0, 2, 4, 16]).tolist() == pytest.approx([0.2, 0.6, 1, 0.5])
    step = read("_name: step, warmup_updates: 2, lr_deacy_period: 10, min_lr: 0.3")
    assert step.lr([0, 2, 11, 12, 22]).tolist() == pytest.approx([0.3, 1, 1, 0.5, 0.3])
    fixed = read("_name: fixed, warmup_updates: 4")
    assert fixed.lr([0, 3, 4]).tolist() == [0.25, 1, 1]


def test_fixed_may_have_a_rate_for_each_epoch(read: Callable[..., Plan]) -> None:
    run = "optimization: {max_epoch: 4, lr: [1.0, 3.0]}\n"
    plan = read("_name: fixed, warmup_updates: 20", run, iters_per_epoch=10)
    assert plan.lr([0, 9, 10, 19, 39]).tolist() == pytest.approx([0.05, 0.5, 1.65, 3, 3])
    annealed = read("_name: fixed, force_anneal: 3, lr_shrink: 0.5", run, iters_per_epoch=10)
    assert annealed.lr([9, 10, 20, 30]).tolist() == [1, 3, 1.5, 0.75]


def test_triangular_shrinks_its_peaks(read: Callable[..., Plan]) -> None:
    plan = read("_name: triangular, max_lr: 3, lr_period_updates: 20, lr_shrink: 0.5")
    assert plan.lr([0, 5, 10, 20, 30]).tolist() == [1, 2, 3, 1, 1.5]
    low = read("_name: triangular, max_lr: 3, lr_period_updates: 21, lr_shrink: 0.5, shrink_min: 1")
    assert low.lr([10, 20, 30]).tolist() == [3, 0.5, 1.5]


@pytest.mark.parametrize("lengths", ["", "max_epoch: 3, "])
@pytest.mark.parametrize(
    "scheduler", ["cosine", "polynomial_decay", "tri_stage, phase_ratio: [0.1, 0.4, 0.5]"]
)
def test_epochs_are_no_length_to_a_schedule(
    read: Callable[..., Plan], scheduler: str, lengths: str
) -> None:
    run = f"optimization: {{{lengths}lr: [1.0]}}\n"
    with pytest.raises(InputError, match="max_update"):
        read(f"_name: {scheduler}", run, iters_per_epoch=10)


@pytest.mark.parametrize(
    "scheduler",
    [
        "_name: triangular, max_lr: 3, lr_period_updates: 25",
        "_name: tri_stage, phase_ratio: [0.1, 0.4, 0.5]",
        "_name: polynomial_decay, warmup_updates: 20",
        "_name: polynomial_decay, warmup_updates: 120, end_learning_rate: 0.5",
        "_name: cosine, warmup_updates: 20, lr_period_updates: 30.5",
        "_name: cosine, lr_period_updates: 7, t_mult: 1.5",
        "_name: inverse_sqrt, warmup_updates: 9",
        "_name: step, warmup_updates: 5, lr_deacy_period: 10",
        "_name: fixed, warmup_updates: 7",
    ],
)
def test_between_two_knots_the_curve_does_not_turn(
    read: Callable[..., Plan], scheduler: str
) -> None:
    plan = read(scheduler)
    change = np.diff(plan.lr(range(301)))
    knots = {step for knot in plan.schedule.knots(300) for step in knot}
    turns = np.flatnonzero(change[:-1] * change[1:] < -1e-18) + 1
    assert all({turn - 1, turn, turn + 1} & knots for turn in turns.tolist())


def test_pass_through_leads_to_the_first_groups_schedule(read: Callable[..., Plan]) -> None:
    groups = (
        "optimizer: {_name: composite, groups: {"
        "decoder: {lr_float: 2.0, lr_scheduler: {_name: cosine}}, "
        "encoder: {lr: [0.5], lr_scheduler: {_name: fixed}}}}\n"
    )
    plan = read("_name: pass_through", RUN + groups)
    assert (plan.lr(0), plan.base_lr) == (2.0, 2.0)
    assert "that of optimizer.groups.decoder" in plan.notes[-1]
    assert (plan.group("encoder").lr(0), plan.group("encoder").name) == (0.5, "c encoder")


def test_a_scheduler_may_be_no_more_than_its_name(write: Callable[..., Path]) -> None:
    fixed = load(write("c.yaml", f"{RUN}lr_scheduler: fixed\n"))
    assert fixed.lr([0, 99]).tolist() == [1, 1]
    group = "{lr: [0.5], lr_scheduler: {_name: fixed, warmup_updates: 2}}"
    composite = f"optimizer: {{_name: composite, groups: {{generator: {group}}}}}\n"
    plan = load(write("c.yaml", f"{RUN}{composite}lr_scheduler: pass_through\n"))
    assert (plan.lr([0, 1]).tolist(), plan.groups) == ([0.25, 0.5], ())
    assert "lr_scheduler pass_through" in plan.notes[0]
    with pytest.raises(InputError, match="pass_through leaves the rate"):
        load(write("c.yaml", f"{RUN}lr_scheduler: pass_through\n"))


def test_a_length_that_is_left_to_the_command_line_is_asked_for(write: Callable[..., Path]) -> None:
    text = "optimization: {max_update: '???', lr: [1.0]}\nlr_scheduler: {_name: polynomial_decay}\n"
    with pytest.raises(InputError, match="needs --max-iters"):
        load(write("c.yaml", text))
    assert load(write("c.yaml", text), max_iters=10).lr(5) == 0.5


def test_interpolation_and_options(read: Callable[..., Plan]) -> None:
    plan = read(
        "_name: polynomial_decay, total_num_update: '${optimization.max_update}'", max_iters=50
    )
    assert (plan.max_iters, plan.lr(50)) == (50, 0.5)
    epochs = "optimization: {max_epoch: 3, lr: [1.0]}\n"
    assert read("_name: inverse_sqrt", epochs, iters_per_epoch=10).max_iters == 30
    both = "optimization: {max_epoch: 3, max_update: 50, lr: [1.0]}\n"
    assert read("_name: polynomial_decay", both, iters_per_epoch=10).lr(25) == 0.5
    assert read("_name: fixed", "optimization: {max_update: 9}\n").base_lr == 0.25


@pytest.mark.parametrize(
    ("scheduler", "run", "said"),
    [
        ("_name: cosin", RUN, "lr_scheduler._name: has no option 'cosin'"),
        ("_name: cosine, warmup: 3", RUN, "lr_scheduler.warmup: is not a key"),
        ("_name: tri_stage", RUN, "lr_scheduler.decay_steps: leaves no update for the decay"),
        ("_name: tri_stage, phase_ratio: [0.5, 0.5]", RUN, "three parts of the run"),
        ("_name: tri_stage, phase_ratio: [.nan, 0.5, 0.5]", RUN, "must hold numbers only, got nan"),
        ("_name: inverse_sqrt, warmup_updates: 0", RUN, "must be at least 1"),
        ("_name: cosine, warmup_updates: 100", RUN, "leaves nothing of the run's 100 updates"),
        ("_name: cosine, t_mult: 0.5", RUN, "lr_scheduler.t_mult: "),
        ("_name: tri_stage, phase_ratio: [0.2, 0.7, 0.1]", RUN, "these make 0.9999999999999999"),
        ("_name: cosine, min_lr: 1", RUN, "lr_scheduler.min_lr: must be below lr, 1, got 1"),
        ("_name: step, min_lr: 2", RUN, "lr_scheduler.min_lr: must be below lr, 1, got 2"),
        ("_name: triangular, max_lr: 0.5", RUN, "lr_scheduler.max_lr: must be above lr, 1"),
        ("_name: cosine", "optimization: {max_update: 9, lr: [1, 2]}\n", "takes one rate"),
        ("_name: fixed", "optimization: {max_update: 9, lr: [1, 2]}\n", "--iters-per-epoch"),
        ("_name: fixed", "optimization: {max_update: 9, lr: []}\n", "must hold a rate"),
        ("_name: fixed", "optimization: {lr: [1]}\n", "needs --max-iters"),
        ("_name: pass_through", RUN, "which have no lr_scheduler"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], scheduler: str, run: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler, run)
    assert said in str(caught.value)
