from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError, UsageError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.plan import Plan

    Read = Callable[..., Plan]

RUN = "BASE_LR: 0.02; STEPS: (600, 800); MAX_ITER: 900; WARMUP_ITERS: 100"


@pytest.fixture
def read(write: Callable[..., Path]) -> Read:
    """Return a function that reads the keys of SOLVER, a ; between them."""

    def read(solver: str, **options: Any) -> Plan:
        lines = "".join(f"  {line}\n" for line in solver.split("; "))
        return load(write("config.yaml", f"SOLVER:\n{lines}"), **options)

    return read


def test_the_defaults_are_those_of_its_code(read: Read) -> None:
    plan = read("IMS_PER_BATCH: 16")
    assert (plan.max_iters, plan.base_lr) == (40_000, 0.001)
    assert plan.lr(0) == pytest.approx(0.001 * 0.001)
    assert [plan.lr(step) for step in (1000, 29_999, 30_000)] == pytest.approx([1e-3, 1e-3, 1e-4])
    assert "defaults count for BASE_LR 0.001, MAX_ITER 40000, STEPS (30000,)" in plan.notes[1]


@pytest.mark.parametrize(
    "steps", ["(600, 800)", "[600, 800]", "600, 800", "(600,800,)", "'( 600, 800 )'", "'[600,800]'"]
)
def test_steps_are_a_tuple_however_they_are_written(read: Read, steps: str) -> None:
    plan = read(f"BASE_LR: 0.02; MAX_ITER: 900; WARMUP_ITERS: 0; STEPS: {steps}")
    levels = [plan.lr(step) for step in (599, 600, 799, 800)]
    assert levels == pytest.approx([0.02, 0.002, 0.002, 0.0002])


@pytest.mark.parametrize("steps", ["()", "[]", "'[]'"])
def test_no_steps_are_a_level(read: Read, steps: str) -> None:
    assert read(f"BASE_LR: 0.02; WARMUP_ITERS: 0; STEPS: {steps}").lr(39_999) == 0.02


@pytest.mark.parametrize(
    "steps", ["(60000)", "(a, b)", "(1, , 2)", "", "(1_000,)", "9," + "9" * 5000]
)
def test_what_is_no_tuple_is_refused(read: Read, steps: str) -> None:
    with pytest.raises(InputError, match=r"config\.yaml:3:\d+: SOLVER\.STEPS: must be a tuple"):
        read(f'BASE_LR: 0.02; STEPS: "{steps}"')


def test_steps_beyond_the_run_are_dropped_and_said(read: Read) -> None:
    plan = read("BASE_LR: 0.02; STEPS: (600, 5000); MAX_ITER: 900; WARMUP_ITERS: 0")
    assert plan.lr(899) == pytest.approx(0.002)
    assert "SOLVER.STEPS beyond MAX_ITER are dropped: 5000" in plan.notes


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        ("STEPS: (900,); MAX_ITER: 900", "SOLVER.STEPS: must lie below num_updates"),
        ("STEPS: (8, 6); MAX_ITER: 900", "SOLVER.STEPS: must rise"),
        ("LR_SCHEDULER_NAME: WarmupCosinLR", "did you mean 'WarmupCosineLR'"),
        ("WARMUP_METHOD: exp", "known: linear, constant"),
        ("WARMUP_ITER: 5; BASE_LR: 1", "did you mean 'WARMUP_ITERS'"),
        ("EPOCHS: 5; BASE_LR: 1", "SOLVER.EPOCHS: is not a key"),
        ("MAX_ITER: many", "SOLVER.MAX_ITER: must be a whole number"),
        ("LR_SCHEDULER_NAME: WarmupCosineLR; BASE_LR_END: 1", "SOLVER.BASE_LR_END: must lie"),
        ("LR_SCHEDULER_NAME: WarmupCosineLR; BASE_LR: 0", "SOLVER.BASE_LR_END: must lie"),
    ],
)
def test_what_its_code_refuses_is_said_at_the_key(read: Read, solver: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"IMS_PER_BATCH: 2; {solver}")
    assert message in str(caught.value)


def test_deeplabs_poly_is_a_factor_times_a_warm_up(read: Read) -> None:
    plan = read("LR_SCHEDULER_NAME: WarmupPolyLR; BASE_LR: 0.01; MAX_ITER: 1000; WARMUP_ITERS: 100")
    assert plan.lr(50) == pytest.approx(0.01 * (0.001 * 0.5 + 0.5) * 0.95**0.9)
    assert plan.lr(500) == pytest.approx(0.01 * 0.5**0.9)
    assert plan.lr(1000) == plan.lr(5000) == 0


def test_deeplabs_constant_ending_is_a_floor_after_the_warm_up(read: Read) -> None:
    plan = read(
        "LR_SCHEDULER_NAME: WarmupPolyLR; BASE_LR: 1.0; MAX_ITER: 100; WARMUP_ITERS: 10; "
        "POLY_LR_POWER: 1; POLY_LR_CONSTANT_ENDING: 0.25; WARMUP_METHOD: constant"
    )
    assert [plan.lr(step) for step in (5, 50, 75, 99)] == pytest.approx([95e-5, 0.5, 0.25, 0.25])


def test_a_world_of_another_size_scales_the_run(read: Read) -> None:
    meant = f"{RUN}; REFERENCE_WORLD_SIZE: 8; IMS_PER_BATCH: 16"
    with pytest.raises(InputError, match="add --gpus"):
        read(meant)
    assert read(meant, gpus=8).max_iters == 900
    plan = read(meant, gpus=16)
    assert (plan.max_iters, plan.base_lr) == (450, 0.04)
    assert [plan.lr(step) for step in (50, 299, 300)] == pytest.approx([0.04, 0.04, 0.004])
    with pytest.raises(InputError, match="must be a multiple of REFERENCE_WORLD_SIZE, 7"):
        read(f"{RUN}; REFERENCE_WORLD_SIZE: 7", gpus=2)


def test_groups_with_a_factor_are_curves_of_their_own(read: Read) -> None:
    plan = read(f"{RUN}; BIAS_LR_FACTOR: 2.0; BACKBONE_MULTIPLIER: 0.1")
    steps = [0, 300, 500, 900]
    assert plan.group("bias").lr(steps) == pytest.approx(2 * plan.lr(steps))
    assert plan.group("backbone").lr(steps) == pytest.approx(0.1 * plan.lr(steps))
    assert plan.group("main") == plan
    with pytest.raises(UsageError, match="did you mean 'bias'"):
        plan.group("biass")


def test_the_projects_built_on_it_set_other_parts_apart(read: Read) -> None:
    custom = "USE_CUSTOM_SOLVER: True; CUSTOM_MULTIPLIER: 0.1; CUSTOM_MULTIPLIER_NAME: ['offsets']"
    plan = read(f"{RUN}; {custom}; CLIP_MULTIPLIER: 0.01; BACKBONE_MULTIPLIER: 1.0")
    assert {group.name: group.base_lr for group in plan.groups} == pytest.approx(
        {"custom": 0.002, "clip": 0.0002}
    )


def test_the_run_may_be_stopped_before_its_schedule_ends(read: Read) -> None:
    whole, part = read(RUN), read(f"{RUN}; RESET_ITER: False; TRAIN_ITER: 500")
    assert (whole.max_iters, part.max_iters) == (900, 500)
    assert part.lr([50, 500]).tolist() == whole.lr([50, 500]).tolist()
    assert read(f"{RUN}; TRAIN_ITER: -1").max_iters == 900


def test_groups_without_a_factor_are_none(read: Read) -> None:
    assert read(f"{RUN}; BIAS_LR_FACTOR: 1.0").groups == ()


def test_options_take_the_place_of_keys(read: Read) -> None:
    plan = read(RUN, base_lr=1.0, max_iters=700)
    assert [plan.max_iters, plan.lr(500), plan.lr(650)] == pytest.approx([700, 1.0, 0.1])
    with pytest.raises(InputError, match="add --iters-per-epoch"):
        read(RUN, max_epochs=3)
    assert read(RUN, max_epochs=3, iters_per_epoch=250).max_iters == 750


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("SOLVER: {MAX_ITER: 5, STEPS: []}", "it has SOLVER.MAX_ITER"),
        ("_BASE_: base.yaml\nMODEL: {MASK_ON: True}", "it has _BASE_ and MODEL"),
        ("_BASE_: base.yaml", "it has _BASE_ and nothing else"),
    ],
)
def test_the_evidence_is_said(write: Callable[..., Path], text: str, evidence: str) -> None:
    write("base.yaml", "SOLVER: {BASE_LR: 0.1}")
    assert load(write("x.yaml", text)).notes[0] == f"read as a detectron2 config: {evidence}"


@pytest.mark.parametrize(
    "text",
    [
        "MODEL: {WEIGHT: x}\nSOLVER: {BASE_LR: 0.1}",  # its forerunner, with other defaults
        "SOLVER: {OPTIM: sgd}",
        "_BASE_: [a.yml]",
        "_BASE_: a.yml\nepoch: 3",
    ],
)
def test_what_may_be_anothers_is_not_claimed(text: str) -> None:
    from lrplot.formats.detectron2 import detect
    from lrplot.syntax.documents import parse_document

    assert detect(parse_document(text, "x")) is None
