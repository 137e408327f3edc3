from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.formats.paddleseg import detect
from lrplot.source import load
from lrplot.syntax.documents import parse_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]

POLY = "type: PolynomialDecay, learning_rate: 0.01, end_lr: 0, power: 1"
LEVELS = "type: PiecewiseDecay, boundaries: [5], values: [0.1, 0.01]"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads an lr_scheduler of a run of 1000 iterations."""

    def read(scheduler: str, **options: Any) -> Plan:
        return load(write("seg.yml", f"iters: 1000\nlr_scheduler: {{{scheduler}}}\n"), **options)

    return read


def test_the_decay_runs_over_what_the_warm_up_leaves(read: Read) -> None:
    assert read(POLY).lr(500) == pytest.approx(0.005)
    warmed = read(f"{POLY}, warmup_iters: 200, warmup_start_lr: 0.002")
    rates = [warmed.lr(step) for step in (0, 100, 200, 600, 1000)]
    assert rates == pytest.approx([0.002, 0.006, 0.01, 0.005, 0.0])
    assert warmed.convention == "PaddleSeg 2.8 PolynomialDecay + LinearWarmup"
    assert (warmed.base_lr, warmed.max_iters) == (0.01, 1000)


def test_a_length_that_is_written_counts(read: Read) -> None:
    plan = read(f"{POLY}, decay_steps: 500, warmup_iters: 200, warmup_start_lr: 0")
    assert [plan.lr(step) for step in (450, 700, 900)] == pytest.approx([0.005, 0.0, 0.0])


def test_what_is_not_written_is_paddles_default_and_said(read: Read) -> None:
    plan = read("type: PolynomialDecay, learning_rate: 0.01")
    assert plan.lr(500) == pytest.approx((0.01 - 0.0001) / 2 + 0.0001)
    notes = "\n".join(plan.notes)
    assert "lr_scheduler.end_lr is not in the config: 0.0001" in notes
    assert "lr_scheduler.power is not in the config: 1.0" in notes


def test_options_take_the_place_of_keys(read: Read) -> None:
    plan = read(f"{POLY}, warmup_iters: 100, warmup_start_lr: 0.0", base_lr=1.0, max_iters=500)
    assert [plan.lr(step) for step in (50, 100, 300, 500)] == pytest.approx([0.5, 1.0, 0.5, 0.0])
    assert read(LEVELS).lr(5) == 0.01
    with pytest.raises(InputError, match="--base-lr sets nothing"):
        read(LEVELS, base_lr=1.0)
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read(POLY, max_epochs=3)


@pytest.mark.parametrize(
    ("scheduler", "message"),
    [
        ("type: polynomialdecay, learning_rate: 0.1", "did you mean 'PolynomialDecay'"),
        ("learning_rate: 0.1, type: StepDecay, step_sise: 5", "has no parameter 'step_sise'"),
        ("learning_rate: 0.1, type: StepDecay, step_size: 5, 7: 1", "has no parameter '7'"),
        ("learning_rate: 0.1, type: StepDecay", "needs 'step_size'"),
        ("type: StepDecay, step_size: 5", "needs 'learning_rate'"),
        (f"{POLY}, warmup_iters: 10", "lr_scheduler.warmup_start_lr: is missing"),
        (f"{POLY}, warmup_iters: 0, warmup_start_lr: 0", "warmup_iters: must be at least 1"),
        (f"{POLY}, warmup_iters: 10, warmup_start_lr: 0.5", "must be"),
        (f"{LEVELS}, warmup_iters: 2, warmup_start_lr: 0", "learning_rate: is missing"),
    ],
)
def test_what_the_builder_refuses_is_refused(read: Read, scheduler: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(scheduler)
    assert message in str(caught.value)
    assert "seg.yml:2:" in str(caught.value)


def test_a_number_that_pyyaml_reads_as_text_is_said(read: Read) -> None:
    plan = read("type: PolynomialDecay, learning_rate: 1e-2, end_lr: 0, power: 1")
    assert plan.lr(500) == pytest.approx(0.005)
    assert "lr_scheduler.learning_rate is written 1e-2, which PyYAML reads as text" in plan.notes[1]


def test_the_first_of_several_bases_counts_least_over_the_config(
    write: Callable[..., Path],
) -> None:
    write("one.yml", f"iters: 100\nlr_scheduler: {{{POLY}}}")
    write("two.yml", "iters: 200\nlr_scheduler: {learning_rate: 0.5}")
    plan = load(write("top.yml", "_base_: [one.yml, two.yml]\nbatch_size: 2"))
    assert (plan.max_iters, plan.lr(0)) == (100, 0.01)  # as PaddleSeg lays them: the first is over


def test_inherited_false_cuts_a_section_off(write: Callable[..., Path]) -> None:
    write("base.yml", f"iters: 100\nlr_scheduler: {{{POLY}}}")
    own = "{_inherited_: False, type: StepDecay, learning_rate: 0.3, step_size: 50}"
    plan = load(write("top.yml", f"_base_: base.yml\nlr_scheduler: {own}"))
    assert [plan.lr(step) for step in (0, 49, 50)] == pytest.approx([0.3, 0.3, 0.03])


@pytest.mark.parametrize(
    ("decay", "rates"),
    [
        ("{type: poly, power: 1, end_lr: 0.002}", [0.01, 0.006, 0.002]),
        ("{type: stepdecay, step_size: 50}", [0.01, 0.001, 0.0001]),
    ],
)
def test_the_old_form_is_read_as_it_was(
    write: Callable[..., Path], decay: str, rates: list[float]
) -> None:
    text = f"iters: 100\nlearning_rate:\n  value: 0.01\n  decay: {decay}\n"
    plan = load(write("old.yml", text))
    assert [plan.lr(step) for step in (0, 50, 100)] == pytest.approx(rates)
    assert "which PaddleSeg 2.8 no longer reads" in plan.notes[1]


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("_base_: a.yml\nbatch_size: 2", True),
        ("_base_: a.yml\nparam_scheduler: []\nmodel: {}", False),
        ("_base_: a.yml", False),
        ("lr_scheduler: {type: x}", False),
        ("iters: 3\nlr_scheduler: {class_path: x}", False),
        ("iters: 3\nlearning_rate: 0.1", False),
    ],
)
def test_only_its_own_shape_is_evidence(text: str, claimed: bool) -> None:  # noqa: FBT001
    assert (detect(parse_document(text, "x")) is not None) == claimed


def test_a_config_without_its_run_says_what_it_needs(write: Callable[..., Path]) -> None:
    text = "_base_: ''\nlr_scheduler: {type: StepDecay, learning_rate: 0.1, step_size: 9}\n"
    with pytest.raises(InputError, match="a config without iters needs --max-iters"):
        load(write("seg.yml", text))
    assert load(write("seg.yml", text), max_iters=20).lr(9) == pytest.approx(0.01)


def test_a_key_written_twice_counts_as_it_was_last(write: Callable[..., Path]) -> None:
    write("base.yml", "lr_scheduler:\n  type: StepDecay\n  learning_rate: 0.1\n  step_size: 9\n")
    plan = load(write("seg.yml", "_base_: base.yml\niters: 10\nbatch_size: 1\niters: 20\n"))
    assert plan.max_iters == 20
    assert "iters is written twice, in lines 2 and 4 of seg.yml: the last counts" in plan.notes


@pytest.mark.parametrize(
    "optimizer",
    [
        "custom_cfg: [{name: backbone, lr_mult: 0.1}, {name: norm, weight_decay_mult: 0}]",
        "backbone_lr_mult: 0.1",
    ],
)
def test_a_part_of_the_model_may_have_a_multiple_of_the_rate(
    write: Callable[..., Path], optimizer: str
) -> None:
    scheduler = f"{POLY}, warmup_iters: 2, warmup_start_lr: 0.001"
    text = f"iters: 10\nlr_scheduler: {{{scheduler}}}\noptimizer: {{type: SGD, {optimizer}}}\n"
    plan = load(write("seg.yml", text))
    assert [group.name for group in plan.groups] == ["backbone"]
    part = plan.group("backbone")
    assert part.lr(range(11)).tolist() == pytest.approx([rate / 10 for rate in plan.lr(range(11))])
