from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

BASE = "base_model: x/y\nmicro_batch_size: 2\nlearning_rate: 0.0002\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads a text as axolotl.yml."""

    def read(text: str, **options: Any) -> Plan:
        return load(write("axolotl.yml", text), **options)

    return read


def cosine(warmup: int, length: int) -> Any:
    call = f"get_cosine_schedule_with_warmup(optimizer, {warmup}, {length})"
    return load(call, base_lr=2e-4).schedule


@pytest.mark.parametrize(
    ("warmup", "steps"),
    [
        ("", 3),  # 3 % of 104, rounded down
        ("warmup_ratio: 0.1", 10),
        ("warmup_ratio: 0.015", 2),  # 1 becomes 2
        ("warmup_ratio: 0", 0),
        ("warmup_steps: 1", 2),
        ("warmup_steps: 0", 0),
        ("warmup_steps: 7", 7),
        ("warmup_steps: 0.1", 11),  # the Trainer's own part, rounded up
        ("warmup_steps: 7\nwarmup_ratio: null", 7),
        ("rl: grpo\nwarmup_ratio: 0.1", 11),
        ("rl: grpo", 4),
    ],
)
def test_the_warm_up_is_rounded_as_axolotl_rounds(
    read: Callable[..., Plan], warmup: str, steps: int
) -> None:
    assert read(f"{BASE}max_steps: 104\n{warmup}\n").schedule == cosine(steps, 104)


def test_a_warm_up_nobody_asked_for_has_at_most_100_updates(read: Callable[..., Plan]) -> None:
    assert read(f"{BASE}max_steps: 100000\n").schedule == cosine(100, 100_000)


@pytest.mark.parametrize(
    ("text", "options", "length"),
    [
        ("num_epochs: 3", {"iters_per_epoch": 33}, 99),
        ("", {"iters_per_epoch": 33}, 33),
        ("num_epochs: 0.5", {"iters_per_epoch": 33}, 17),
        ("num_epochs: 0.5\nsample_packing: true", {"iters_per_epoch": 33}, 16),
        ("num_epochs: 3\nmax_steps: 50", {"iters_per_epoch": 33}, 50),
        ("num_epochs: 3\nmax_steps: 50", {"iters_per_epoch": 33, "max_epochs": 2}, 66),
        ("num_epochs: 3\nmax_steps: 50", {"max_iters": 70}, 70),
        (
            "num_epochs: 3\ngradient_accumulation_steps: 4",
            {"dataset_size": 1001, "gpus": 2},
            188,  # ceil(1001 * 3 / 16)
        ),
        ("num_epochs: 3\nbatch_size: 8", {"dataset_size": 1001, "gpus": 2}, 188),
    ],
)
def test_the_run_is_as_long_as_axolotl_makes_it(
    read: Callable[..., Plan], text: str, options: dict[str, Any], length: int
) -> None:
    assert read(f"{BASE}warmup_steps: 0\n{text}\n", **options).schedule == cosine(0, length)


def test_the_warm_up_is_a_part_of_the_epochs_where_they_are_fewer(
    read: Callable[..., Plan],
) -> None:
    text = f"{BASE}num_epochs: 1\nmax_steps: 100\nwarmup_ratio: 0.1\n"
    assert read(text, iters_per_epoch=60).schedule == cosine(6, 100)
    assert read(text, iters_per_epoch=600).schedule == cosine(10, 100)
    assert read(f"{text}rl: dpo\n", iters_per_epoch=600).schedule == cosine(60, 100)


def test_one_cycle_has_its_peak_where_the_warm_up_ends(read: Callable[..., Plan]) -> None:
    plan = read(f"{BASE}lr_scheduler: one_cycle\nmax_steps: 100\nwarmup_steps: 20\n")
    call = load("OneCycleLR(optimizer, max_lr=2e-4, total_steps=100, pct_start=0.2)", as_="torch")
    assert plan.schedule == call.schedule


def test_the_trainers_schedules_take_their_arguments(read: Callable[..., Plan]) -> None:
    text = f"{BASE}lr_scheduler: cosine_with_restarts\nmax_steps: 100\nwarmup_steps: 0\n"
    plan = read(f"{text}lr_scheduler_kwargs: {{num_cycles: 2}}\n")
    name = "get_cosine_with_hard_restarts_schedule_with_warmup"
    assert plan.schedule == load(f"{name}(optimizer, 0, 100, 2)", base_lr=1).schedule


def test_a_constant_needs_no_length(read: Callable[..., Plan]) -> None:
    assert read(f"{BASE}lr_scheduler: constant\n").open_end
    warm = read(f"{BASE}lr_scheduler: constant_with_warmup\nwarmup_steps: 10\n")
    assert warm.lr([5, 10]).tolist() == pytest.approx([1e-4, 2e-4])


def test_a_floor_acts_on_a_cosine_alone(read: Callable[..., Plan]) -> None:
    text = f"{BASE}max_steps: 100\ncosine_min_lr_ratio: 0.1\n"
    assert read(text).lr(100) == pytest.approx(2e-5)
    plan = read(f"{text}lr_scheduler: linear\n")
    assert plan.lr(100) == 0
    assert "cosine_min_lr_ratio plays no part in linear" in plan.notes


def test_other_groups_are_said(read: Callable[..., Plan]) -> None:
    plan = read(f"{BASE}max_steps: 100\nembedding_lr: 1e-5\nloraplus_lr_ratio: 16\n")
    assert "embedding_lr gives other parameters a rate of their own" in plan.notes
    assert "loraplus_lr_ratio gives other parameters a rate of their own" in plan.notes


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "num_epochs: how many updates there are in 1 epoch is not in the file"),
        ("sample_packing: true", "with sample_packing the number of samples does not tell"),
        ("max_steps: 9\nlr_scheduler: cosin", "lr_scheduler: has no option 'cosin'"),
        ("max_steps: 9\nlr_scheduler: greedy", "lr_scheduler: greedy is stepped by what each"),
        ("max_steps: 9\nwarmup_step: 3", "warmup_step: is not a key"),
        ("max_steps: 9\nrelora_warmup_steps: 3", "relora_warmup_steps: is not a key"),
        ("max_steps: 9\nwarmup_steps: 3\nwarmup_ratio: 0.1", "warmup_ratio: excludes warmup_steps"),
        ("max_steps: 9\nwarmup_ratio: -0.1", "warmup_ratio: must not be below 0"),
        ("max_steps: 9\ncosine_min_lr_ratio: 2", "cosine_min_lr_ratio: must lie between 0 and 1"),
        ("max_steps: 9\nlr_scheduler_kwargs: {x: 1}", "lr_scheduler_kwargs.x: is nothing"),
        (
            "max_steps: 9\nlr_scheduler: one_cycle\nlr_scheduler_kwargs: {x: 1}",
            "lr_scheduler_kwargs.x: is not a key",
        ),
        ("max_steps: 9\nlr_scheduler: rex\nwarmup_steps: 10", "num_warmup_steps: must not be more"),
    ],
)
def test_what_is_missing_or_not_understood_is_named(
    read: Callable[..., Plan], more: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(f"{BASE}{more}\n")
    assert said in str(caught.value)


def test_a_rate_is_required(read: Callable[..., Plan]) -> None:
    with pytest.raises(InputError, match="learning_rate: is missing"):
        read("base_model: x/y\nmicro_batch_size: 2\nmax_steps: 10\n")


@pytest.mark.parametrize(
    ("more", "phases"),
    [
        ("lr_scheduler: rex\nwarmup_steps: 10", [("warm-up", 9), ("decay", 99), ("hold", 100)]),
        (
            "cosine_min_lr_ratio: 0.1\ncosine_constant_lr_ratio: 0.8\nwarmup_steps: 10",
            [("warm-up", 10), ("decay", 80), ("hold", 100)],
        ),
        ("jagged_restart_steps: 30\nwarmup_steps: 10", [("warm-up", 10), ("decay", 100)]),
    ],
)
def test_its_own_schedules_name_their_stretches(
    read: Callable[..., Plan], more: str, phases: list[tuple[str, int]]
) -> None:
    plan = read(f"{BASE}max_steps: 100\n{more}\n")
    assert [(phase.name, phase.end) for phase in plan.phases] == phases
    assert plan.schedule.uses_base()
    assert 0 < plan.schedule.extent() <= 100


def test_a_step_far_beyond_the_end_is_quick(read: Callable[..., Plan]) -> None:
    plan = read(f"{BASE}max_steps: 100\njagged_restart_steps: 30\nlr_scheduler: rex\n")
    assert plan.lr(10**12) == 0
    assert len(plan.schedule.knots(10**12)) < 50
