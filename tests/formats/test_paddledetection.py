from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats.paddledetection import detect
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]

WARM = "- !LinearWarmup {steps: 20, start_factor: 0.1}"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads the schedulers of a run of 12 epochs, 10 updates each."""

    def read(*schedulers: str, iters_per_epoch: int | None = 10, **options: Any) -> Plan:
        lines = "".join(f"  {line}\n" for line in schedulers)
        text = f"epoch: 12\nLearningRate:\n  base_lr: 0.02\n  schedulers:\n{lines}"
        return load(write("det.yml", text), iters_per_epoch=iters_per_epoch, **options)

    return read


def test_a_tag_and_a_name_are_the_same(read: Read) -> None:
    tagged = read("- !PiecewiseDecay {gamma: 0.5, milestones: [8]}", WARM)
    named = read(
        "- {name: PiecewiseDecay, gamma: 0.5, milestones: [8]}",
        "- {name: LinearWarmup, steps: 20, start_factor: 0.1}",
    )
    assert tagged.schedule == named.schedule
    assert tagged.convention == "PaddleDetection 2.6 PiecewiseDecay + LinearWarmup"
    rates = [tagged.lr(step) for step in (0, 10, 20, 79, 80)]
    assert rates == pytest.approx([0.002, 0.011, 0.02, 0.02, 0.01])


def test_one_gamma_is_divided_by_ten_each_time_and_that_is_said(read: Read) -> None:
    plan = read("- !PiecewiseDecay {gamma: 0.5, milestones: [3, 5, 7]}", WARM)
    assert [plan.lr(step) for step in (30, 50, 70)] == pytest.approx([0.01, 0.001, 0.0001])
    assert "one gamma, 0.5, stands for 0.5, 0.05, ... of base_lr" in plan.notes
    assert len(read("- !PiecewiseDecay {gamma: 0.1, milestones: [3, 5]}", WARM).notes) == 1


def test_the_last_of_several_gammas_counts_from_the_last_milestone(read: Read) -> None:
    plan = read("- !PiecewiseDecay {gamma: [0.5, 0.4, 0.3], milestones: [3]}", WARM)
    assert plan.lr(30) == pytest.approx(0.006)
    fewer = read("- !PiecewiseDecay {gamma: [0.5], milestones: [3, 5]}", WARM)
    assert [fewer.lr(step) for step in (30, 50)] == pytest.approx([0.01, 0.01])


def test_the_cosine_begins_where_the_warm_up_ends_and_runs_to_max_epochs(read: Read) -> None:
    plan = read("- !CosineDecay {max_epochs: 22}", WARM)
    assert plan.lr(20) == pytest.approx(0.02)
    assert plan.lr(120) == pytest.approx(0.01)  # half way, where the run ends
    assert "the cosine runs to max_epochs, 22, the run to epoch 12" in plan.notes


def test_a_plateau_ends_the_cosine(read: Read) -> None:
    shape = "max_epochs: 12, min_lr_ratio: 0.1, last_plateau_epochs: 2"
    plan = read(f"- !CosineDecay {{{shape}}}", WARM)
    assert [plan.lr(step) for step in (60, 100, 119)] == pytest.approx([0.011, 0.002, 0.002])


def test_levels_alone_are_exact_in_epochs(read: Read) -> None:
    cold = "- !PiecewiseDecay {gamma: 0.1, milestones: [8, 20], use_warmup: False}"
    plan = read(cold, iters_per_epoch=None)
    assert [plan.max_iters, plan.lr(7), plan.lr(8)] == pytest.approx([12, 0.02, 0.002])
    assert "milestones at or after the last of 12 epochs: 20" in plan.notes
    assert "steps here are epochs" in plan.notes[-1]
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read(cold, iters_per_epoch=None, max_iters=100)


def test_all_else_asks_for_an_epochs_length(read: Read) -> None:
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read("- !CosineDecay {max_epochs: 22}", WARM, iters_per_epoch=None)


def test_an_older_warm_up_is_known(read: Read) -> None:
    plan = read("- !PiecewiseDecay {milestones: [8, 11]}", "- !BurninWarmup {steps: 1000}")
    assert [plan.lr(step) for step in (5, 10)] == pytest.approx([0.02 * 0.5**4, 0.02])


def test_without_schedulers_the_defaults_count(write: Callable[..., Path]) -> None:
    plan = load(write("d.yml", "epoch: 12\nLearningRate: {base_lr: 0.3}"), iters_per_epoch=100)
    rates = [plan.lr(step) for step in (0, 500, 800, 1100)]
    assert rates == pytest.approx([0.1, 0.3, 0.03, 0.003])
    assert "LearningRate.schedulers is not in the config" in plan.notes[1]


@pytest.mark.parametrize(
    ("schedulers", "message"),
    [
        (["- !PiecewiseDekay {}"], "did you mean 'PiecewiseDecay'"),
        (["- {gamma: 0.1}"], "schedulers[0]: has no name"),
        (["- !PiecewiseDecay {milestones: [8]}"], "needs a warm-up as its second scheduler"),
        ([WARM, "- !CosineDecay {}"], "no scheduler of PaddleDetection is called 'LinearWarmup'"),
        (["- !CosineDecay {max_epoch: 3}", WARM], "did you mean 'max_epochs'"),
        (["- !CosineDecay {max_epochs: 3}", "- !LinearWarmup {epochs: 0.5}"], "whole number"),
        (["- !PiecewiseDecay {gamma: [0.1], milestones: [1, 2, 3]}", WARM], "one factor for each"),
        (["- !PiecewiseDecay {values: [1, 2], milestones: [1]}", WARM], "use_warmup: False"),
        (["- !PiecewiseDecay {values: [1], milestones: [1], use_warmup: False}"], "hold 2 rates"),
        (["- 3"], "schedulers[0]: has no name"),
    ],
)
def test_what_ppdet_refuses_is_said_at_its_place(
    read: Read, schedulers: list[str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(*schedulers)
    assert message in str(caught.value)
    assert "LearningRate.schedulers" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("_BASE_: [a.yml]", True),
        ("_BASE_: [a.yml]\nweights: x", True),
        ("_BASE_: [a.yml]\nMODEL: {}", False),
        ("_BASE_: a.yml\nweights: x", False),
        ("LearningRate: {base_lr: 0.1}", True),
        ("LearningRate: {rate: 0.1}", False),
        ("LearningRate: 0.1", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed


def test_a_key_written_twice_counts_as_it_was_last_in_the_file_and_in_its_bases(
    write: Callable[..., Path],
) -> None:
    write("base.yml", "LearningRate:\n  base_lr: 0.5\n  base_lr: 0.25\n  schedulers:\n"
          "  - !PiecewiseDecay {use_warmup: false, milestones: [8], gamma: 0.1}\n")  # fmt: skip
    plan = load(write("det.yml", "_BASE_: [base.yml]\nepoch: 6\nepoch: 12\n"))
    assert (plan.lr(0), plan.max_iters) == (0.25, 12)
    assert [note for note in plan.notes if "twice" in note] == [
        "epoch is written twice, in lines 2 and 3 of det.yml: the last counts",
        "LearningRate.base_lr is written twice, in lines 2 and 3 of base.yml: the last counts",
    ]


def test_a_config_without_its_run_says_what_it_needs(write: Callable[..., Path]) -> None:
    path = write("quant.yml", "LearningRate: {base_lr: 0.1, schedulers: [{name: CosineDecay}]}\n")
    with pytest.raises(InputError, match="a config without epoch needs --max-epochs"):
        load(path)


def test_a_config_of_the_time_before_epochs_is_refused(write: Callable[..., Path]) -> None:
    # Its milestones are updates, which would otherwise be read as epochs.
    path = write("old.yml", "max_iters: 90000\nLearningRate:\n  base_lr: 0.1\n  schedulers:\n"
                 "  - !PiecewiseDecay {milestones: [60000, 80000]}\n"
                 "  - !LinearWarmup {steps: 500}\n")  # fmt: skip
    with pytest.raises(InputError, match=r"is of the configs before 2\.0"):
        load(path)
