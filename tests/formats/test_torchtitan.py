from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

JOB = "[job]\ndump_folder = 'out'\n[optimizer]\nlr = 1.0\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads tables after [job] and [optimizer]."""

    def read(tables: str, job: str = JOB, **options: Any) -> Plan:
        return load(write("job.toml", job + tables), **options)

    return read


def run(steps: int, scheduler: str = "") -> str:
    return f"[training]\nsteps = {steps}\n[lr_scheduler]\n{scheduler}"


def test_the_warm_up_counts_from_one_and_the_last_update_is_above_the_floor(
    read: Callable[..., Plan],
) -> None:
    plan = read(run(10, "warmup_steps = 2\n"))
    assert plan.lr(range(12)).tolist() == pytest.approx(
        [0.5, 1, 1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0, -1 / 8]
    )


@pytest.mark.parametrize(
    ("decay", "at_75"),
    [("linear", 0.5), ("sqrt", 1 - 0.5**0.5), ("cosine", 0.5)],
)
def test_a_ratio_holds_the_rate_until_the_decay(
    read: Callable[..., Plan], decay: str, at_75: float
) -> None:
    plan = read(run(100, f"warmup_steps = 0\ndecay_ratio = 0.5\ndecay_type = '{decay}'\n"))
    assert plan.lr([0, 50]).tolist() == [1, 1]
    assert plan.lr(75) == pytest.approx(at_75)
    assert [phase.name for phase in plan.phases] == ["hold", "decay"]


def test_the_decay_leads_to_the_floor(read: Callable[..., Plan]) -> None:
    assert read(run(10, "warmup_steps = 0\nmin_lr_factor = 0.1\n")).lr(10) == pytest.approx(0.1)
    assert read(run(10, "warmup_steps = 0\nlr_min = 0.1\n")).lr(10) == pytest.approx(0.1)


def test_the_schedule_may_be_longer_than_the_run(read: Callable[..., Plan]) -> None:
    plan = read(run(10, "warmup_steps = 0\ntotal_steps = 20\n"))
    assert plan.max_iters == 10
    assert plan.lr(10) == pytest.approx(0.5)


def test_what_does_not_fit_is_cut_off(read: Callable[..., Plan]) -> None:
    warm = read(run(10, "warmup_steps = 50\n"))
    assert warm.lr([0, 9, 10]).tolist() == [0.1, 1, 1]
    late = read(run(10, "warmup_steps = 4\ndecay_ratio = 0.9\n"))
    assert late.lr(10) == 0
    assert late.schedule == read(run(10, "warmup_steps = 4\n")).schedule


def test_without_a_table_of_its_own_the_schedule_is_that_of_2024(
    read: Callable[..., Plan],
) -> None:
    plan = read("[training]\nsteps = 10\nwarmup_steps = 3\n")
    assert plan.lr([0, 2, 3, 10]).tolist() == pytest.approx([1 / 4, 3 / 4, 1, 0])
    assert plan.convention == "torchtitan, 2024"


def test_options_come_before_the_file(read: Callable[..., Plan]) -> None:
    plan = read(run(10, "warmup_steps = 0\n"), base_lr=3.0, max_iters=20)
    assert (plan.lr(0), plan.max_iters, plan.lr(20)) == (3.0, 20, 0)


def test_defaults_are_said(read: Callable[..., Plan]) -> None:
    plan = read("[training]\nseq_len = 8\n", "[job]\n[optimizer]\nname = 'AdamW'\n")
    assert (plan.base_lr, plan.max_iters) == (8e-4, 10_000)
    assert plan.notes[1:] == (
        "optimizer.lr is not in the file; torchtitan's default is 0.0008",
        "training.steps is not in the file; torchtitan's default is 10,000",
        "lr_scheduler.warmup_steps is not in the file; torchtitan's default is 200",
    )


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (run(9, "warmup_step = 3\n"), "lr_scheduler.warmup_step: is not a key"),
        (run(9, "decay_type = 'poly'\n"), "lr_scheduler.decay_type: has no option 'poly'"),
        (run(9, "decay_ratio = -1\n"), "lr_scheduler.decay_ratio: must not be below 0"),
        (
            run(9, "warmup_steps = 1.5\n"),
            "job.toml:8:16: lr_scheduler.warmup_steps: must be a whole",
        ),
        (run(0), "training.steps: must be at least 1"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], tables: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tables)
    assert said in str(caught.value)


def test_a_schedule_of_its_own_is_evidence_without_a_job(read: Callable[..., Plan]) -> None:
    plan = read(run(10, "decay_ratio = 0.5\n"), job="[optimizer]\nlr = 1.0\n")
    evidence = "it has [lr_scheduler] decay_ratio and [training] steps"
    assert plan.notes[0] == f"read as a torchtitan job config: {evidence}"


@pytest.mark.parametrize(
    "text", ["training: {steps: 10}", "training: {steps: 10}\noptimizer: {lr: 1}\n"]
)
def test_other_files_with_a_training_section_are_not_claimed(
    write: Callable[..., Path], text: str
) -> None:
    with pytest.raises(InputError, match="no format"):
        load(write("c.yaml", text))
