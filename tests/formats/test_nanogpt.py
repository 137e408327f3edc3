from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

OWN = "dataset = 'openwebtext'\nlearning_rate = 1.0\n"


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Plan]:
    """Return a function that reads assignments after those of a dataset and a rate."""

    def read(lines: str, own: str = OWN, **options: Any) -> Plan:
        return load(write("train_own.py", own + lines), **options)

    return read


def test_the_rise_never_is_at_zero_and_the_floor_is_a_rate(read: Callable[..., Plan]) -> None:
    plan = read("max_iters = 100\nwarmup_iters = 19\nlr_decay_iters = 99\nmin_lr = 0.2\n")
    assert plan.lr([0, 9, 19, 59, 99, 150]).tolist() == pytest.approx([0.05, 0.5, 1, 0.6, 0.2, 0.2])
    assert plan.max_iters == 101
    assert plan.notes[-1] == "nanoGPT's loop makes max_iters + 1 updates"


def test_what_the_file_leaves_out_is_that_of_the_program(read: Callable[..., Plan]) -> None:
    plan = read("", "eval_iters = 200\nmax_iters = 600_000\n")
    assert (plan.base_lr, plan.max_iters) == (6e-4, 600_001)
    assert plan.lr(600_000) == pytest.approx(6e-5)
    assert "learning_rate 0.0006, warmup_iters 2000, lr_decay_iters 600000" in plan.notes[1]


def test_without_decay_the_rate_stays(read: Callable[..., Plan]) -> None:
    plan = read("max_iters = 20\ndecay_lr = False\n")
    assert plan.lr([0, 1, 20]).tolist() == [1, 1, 1]


def test_values_may_be_worked_out(read: Callable[..., Plan]) -> None:
    assert read("max_iters = 5 * 8\nlr_decay_iters = max_iters\n").max_iters == 41


@pytest.mark.parametrize("beside", ["batch_size = 12", "device = 'mps'", "compile = False"])
def test_any_setting_of_the_program_tells_the_file(read: Callable[..., Plan], beside: str) -> None:
    assert read(f"{beside}\n", "max_iters = 10\n").max_iters == 11


def test_lists_and_dicts_beside_the_numbers_do_not_matter(read: Callable[..., Plan]) -> None:
    plan = read("max_iters = 40\nlayers = [1, 2]\nextra = dict(rank=8)\ncfg = {'a': 1}\n")
    assert plan.max_iters == 41


def test_options_come_before_the_file(read: Callable[..., Plan]) -> None:
    plan = read("max_iters = 20\ndecay_lr = False\n", base_lr=2.0, max_iters=10)
    assert (plan.max_iters, plan.lr(5)) == (10, 2)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("max_iters = 0\n", "max_iters: must be at least 1"),
        ("max_iters = 9\nwarmup_iters = 'x'\n", "warmup_iters: must be a whole number"),
        ("max_iters = 9\nmin_lr = rate()\n", "min_lr"),
        ("max_iters = 9\ndecay_lr = 'maybe'\n", "decay_lr: must be true or false"),
    ],
)
def test_what_is_not_understood_is_refused(
    read: Callable[..., Plan], lines: str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(lines)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.yaml", "learning_rate: 1.0\ndataset: x\nblock_size: 8\n"),
        ("run.py", "learning_rate = 1.0\n"),
        ("run.py", "max_iters = 10\n"),
        ("run.py", "learning_rate = 1.0\ndataset = dict(type='x')\n"),
        ("run.py", "out_dir = 'x'\nlearning_rate = 1.0\noptimizer = dict(type='SGD', lr=1.0)\n"),
    ],
)
def test_other_files_are_not_claimed(write: Callable[..., Path], name: str, text: str) -> None:
    with pytest.raises(InputError, match="no format"):
        load(write(name, text))
