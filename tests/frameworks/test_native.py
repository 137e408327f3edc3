from __future__ import annotations

import gzip
import json
import math
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lrplot.cli import cli
from lrplot.errors import UsageError
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.frameworks.native import as_framework, call_for
from lrplot.plan import Plan
from lrplot.schedules import (
    Chain,
    Clip,
    Cosine,
    CosineRestarts,
    Exponential,
    PerEpoch,
    Plateau,
    Repeat,
    Scale,
    by_name,
)
from lrplot.source import load

RUN = {"base_lr": 0.1, "max_iters": 1000}
SAME = {
    "constant": {},
    "linear": {"end_lr": 0.01},
    "exponential": {"gamma": 0.99},
    "step": {"step_size": 100, "gamma": 0.5},
    "multistep": {"milestones": [30, 60], "gamma": 0.5},
    "cosine": {"eta_min": 0.001},
    "cosine_restarts": {"t_0": 50, "t_mult": 2, "eta_min": 0.001},
    "lambda": {"factor": "0.95 ** epoch + 0 * epoch"},
    "cyclic": {"max_lr": 0.5, "step_size_up": 20, "mode": "triangular2"},
    "plateau": {"metrics": [1.0] * 30, "patience": 3, "min_lr": 0.001},
    "linear_warmup": {"warmup_steps": 100, "end_lr": 0.05},
    "constant_warmup": {"warmup_steps": 100, "start_lr": 0.01},
    "poly": {"power": 2},
}


def twins(name: str, framework: str, **options: Any) -> tuple[Any, Any]:
    given = {**options} if name == "constant" else {**RUN, **options}
    given.setdefault("base_lr", 0.1)
    return load(name, **given), load(name, as_=framework, **given)


@pytest.mark.parametrize(("name", "options"), SAME.items())
def test_where_torch_has_the_same_schedule_it_gives_the_same_rates(
    name: str, options: dict[str, Any]
) -> None:
    native, theirs = twins(name, "torch", **options)
    assert theirs.convention.startswith("torch 2.13 ")
    assert theirs.lr(range(1001)) == pytest.approx(native.lr(range(1001)), rel=1e-9, abs=1e-16)


def test_a_warmup_from_zero_is_written_with_a_lambda() -> None:
    native, theirs = twins("linear_warmup", "torch", warmup_steps=10)
    assert theirs.lr(range(20)) == pytest.approx(native.lr(range(20)))
    assert "LambdaLR(optimizer, lambda step: step / 10)" in theirs.notes[-1]


def test_torch_has_no_floor_under_poly() -> None:
    native, theirs = twins("poly", "torch", eta_min=0.001)
    assert (native.lr(1000), theirs.lr(1000)) == (0.001, 0.0)


def test_torch_is_through_one_cycle_a_step_early() -> None:
    native, theirs = twins("onecycle", "torch")
    assert theirs.lr(999) == pytest.approx(native.lr(1000))
    low = native.of("momentum").lr(300), theirs.of("momentum").lr(299)
    assert low == pytest.approx((0.85, 0.85))


def test_the_notes_say_how_the_framework_writes_it() -> None:
    _, theirs = twins("step", "torch", step_size=30)
    assert theirs.notes == ("torch has it as StepLR(optimizer, step_size=30, gamma=0.1)",)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("noam", {"as_": "timm", "d_model": 8, "warmup_steps": 3}, "timm 1.0.31 has no noam"),
        ("poly", {"as_": "torhc"}, "did you mean 'torch'?"),
        ("poly", {"as_": "torch", "cycle": True}, "PolynomialLR does not start again"),
        (
            "lambda",
            {"as_": "torch", "factor": "t + epoch"},
            "epoch and t both name the step",
        ),
    ],
)
def test_what_a_framework_has_not_is_refused(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        load(name, **{"base_lr": 0.1, **options})
    assert message in str(error.value)


def test_who_has_a_schedule_is_listed_where_one_has_not() -> None:
    without = next(name for name in FRAMEWORKS if "lambda" not in natives(name))
    with pytest.raises(UsageError, match="these have: torch"):
        load("lambda", base_lr=0.1, factor="0.9 ** t", as_=without)


def natives(name: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(framework(name), "NATIVE", {})
    return found


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_native_name_that_a_framework_has_is_one_of_ours(name: str) -> None:
    assert set(natives(name)) <= set(by_name)


def run(*args: str) -> str:
    done = CliRunner().invoke(cli, args)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_explain_says_where_the_two_part() -> None:
    text = " ".join(run("explain", "poly", "--eta-min", "1e-3", "--as", "torch").split())
    assert "native poly and torch 2.13 PolynomialLR part at step 1:" in text
    assert "torch has no floor: it comes down to 0 at step 1,000, native to 0.001 at" in text


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cosine", {"eta_min": 0.001}),
        ("exponential", {"gamma": 0.99}),
        ("step", {"step_size": 100, "gamma": 0.5}),
        ("multistep", {"milestones": [30, 60], "gamma": 0.5}),
        ("cosine_restarts", {"t_0": 50, "t_mult": 2, "eta_min": 0.001}),
        ("constant", {}),
        ("constant_warmup", {"warmup_steps": 101, "start_lr": 0.01}),
    ],
)
def test_mmengine_gives_the_same_rates_up_to_the_end_of_its_window(
    name: str, options: dict[str, Any]
) -> None:
    native, theirs = twins(name, "mmengine", **options)
    assert theirs.convention.startswith("mmengine 0.10.7 ")
    steps = [step for step in range(1000) if step != 100]  # at which a warm-up ends early
    assert theirs.lr(steps) == pytest.approx(native.lr(steps), rel=1e-9)


@pytest.mark.parametrize(("name", "options"), [("poly", {"eta_min": 0.001}), ("linear", {})])
def test_mmengine_is_at_its_floor_a_step_early(name: str, options: dict[str, Any]) -> None:
    native, theirs = twins(name, "mmengine", **options)
    assert theirs.lr(999) == pytest.approx(native.lr(1000), abs=1e-16)
    assert native.lr(999) > native.lr(1000)


def test_mmengine_peaks_a_step_early_after_a_warmup() -> None:
    native, theirs = twins("linear_warmup", "mmengine", warmup_steps=100, warmup_ratio=0.1)
    assert (native.lr(99) < 0.1, theirs.lr(99)) == (True, pytest.approx(0.1))
    assert theirs.convention == "mmengine 0.10.7 LinearLR + ConstantLR"


def test_a_legend_names_the_framework() -> None:
    args = ("table", "poly", "--as", "torch", "--as", "mmengine", "--steps", "0,1")
    head = run(*args, "--format", "csv").splitlines()[0]
    assert head == "step,torch,mmengine"


# -- every native schedule in every framework, against what the frameworks themselves give --------

RECORDED = json.loads(
    gzip.decompress((Path(__file__).parents[1] / "parity" / "native.json.gz").read_bytes())
)
OWN_NAMES = {"hf": "transformers"}  # of recordings that go by another name than the module


def pairs(*, written: bool) -> list[Any]:
    found = [case for case in RECORDED if ("expr" in case) == written]
    return [pytest.param(case, id=case["id"]) for case in found]


def framework_of(case: dict[str, Any]) -> str:
    name: str = case["framework"]
    return OWN_NAMES.get(name, name)


@pytest.mark.parametrize("case", pairs(written=True))
def test_the_call_that_is_written_gives_in_the_framework_what_is_said(case: dict[str, Any]) -> None:
    name = framework_of(case)
    plan = load(case["native"], **case["options"])
    theirs = as_framework(plan, name)
    wanted = list(takewhile(math.isfinite, map(float.fromhex, case["lr"])))

    assert call_for(plan.schedule, plan, name) == case["expr"]
    assert f"{name} has it as {case['expr']}" in theirs.notes
    assert len(wanted) >= plan.max_iters
    found = theirs.lr(range(len(wanted)))
    assert found == pytest.approx(wanted, rel=case["rtol"], abs=1e-9 * max(wanted) * case["rtol"])


@pytest.mark.parametrize("case", pairs(written=True))
def test_a_call_is_as_close_to_the_native_schedule_as_conventions_go(case: dict[str, Any]) -> None:
    plan = load(case["native"], **case["options"])
    steps = range(plan.max_iters)
    wanted = plan.lr(steps)
    apart = abs(as_framework(plan, framework_of(case)).lr(steps) - wanted)
    assert apart.mean() < 0.08 * wanted.max()  # a step late, two of warm-up, another floor


@pytest.mark.parametrize("case", pairs(written=False))
def test_what_no_call_of_a_framework_says_is_refused_in_a_sentence(case: dict[str, Any]) -> None:
    name = framework_of(case)
    with pytest.raises(UsageError) as error:
        load(case["native"], as_=name, **case["options"])
    said = str(error.value)
    assert said.startswith(f"--as {name}: ")
    assert len(said.split()) > 6, said


def test_every_framework_is_recorded_with_every_schedule_it_has() -> None:
    recorded = {(framework_of(case), case["native"]) for case in RECORDED if "expr" in case}
    assert recorded == {(name, native) for name in FRAMEWORKS for native in natives(name)}


@pytest.mark.parametrize("name", FRAMEWORKS)
@pytest.mark.parametrize(
    "schedule",
    [
        PerEpoch(schedule=Cosine(max_iters=10), iters_per_epoch=10),
        Repeat(schedule=Cosine(max_iters=10), period=10),
        Scale(factor=0.5),
        Clip(min_lr=0.01),
        Chain(schedules=(Clip(min_lr=0.01), Scale(factor=0.5))),
    ],
    ids=lambda schedule: schedule.name(),
)
def test_what_no_framework_has_is_refused_by_all(name: str, schedule: Any) -> None:
    with pytest.raises(UsageError, match=f"--as {name}: "):
        as_framework(Plan(schedule=schedule, base_lr=0.1, max_iters=100), name)


# Worked by hand from the frameworks' own formulas.
WORKED = [
    ("transformers", "linear", {}, {0: 0.1, 250: 0.075, 1000: 0.0}),
    ("transformers", "inverse_sqrt", {"warmup_steps": 100}, {50: 0.05, 100: 0.1, 400: 0.05}),
    ("transformers", "wsd", {"decay_steps": 200}, {799: 0.1, 900: 0.05, 1000: 0.0}),
    ("timm", "multistep", {"milestones": [30], "gamma": 0.5}, {28: 0.1, 29: 0.05}),
    ("timm", "linear_warmup", {"warmup_steps": 10, "start_lr": 0.02}, {0: 0.02, 5: 0.06, 10: 0.1}),
    ("timm", "wsd", {"decay_steps": 100, "decay": "1-sqrt"}, {900: 0.1, 925: 0.05, 1000: 0.0}),
    ("deepspeed", "linear_warmup", {"warmup_steps": 10}, {0: 0.0, 1: 0.0, 6: 0.05, 11: 0.1}),
    ("deepspeed", "linear", {"end_lr": 0.3}, {0: 0.1, 500: 0.2, 1000: 0.3, 1500: 0.4}),
    ("deepspeed", "poly", {"power": 1}, {0: 0.0, 1: 0.0, 2: 0.05, 3: 0.1, 1001: 0.0}),
    ("fvcore", "onecycle", {"anneal": "linear"}, {0: 0.004, 150: 0.052, 300: 0.1}),
    ("fvcore", "poly", {"power": 2, "eta_min": 0.01}, {0: 0.1, 500: 0.025, 1000: 0.0}),
    ("fvcore", "exponential", {"gamma": 0.5}, {0: 0.1, 1: 0.05, 10: 0.1 / 1024}),
    ("fvcore", "linear", {"end_lr": 0.1}, {0: 0.1, 1000: 0.1}),
    ("fvcore", "piecewise", {"boundaries": [2000], "values": [0.1, 0.2]}, {0: 0.1, 1000: 0.1}),
    ("mmengine", "wsd", {"decay_steps": 101}, {899: 0.1, 949: 0.05, 999: 0.0, 1000: 0.0}),
    ("optax", "anneal", {"milestones": [0, 10], "values": [0.2, 0.1]}, {5: 0.15, 10: 0.1}),
    ("keras", "linear_warmup", {"warmup_steps": 10}, {0: 0.0, 5: 0.05, 10: 0.1, 999: 0.1}),
    ("keras", "table", {"values": [0.3, 0.2, 0.1]}, {0: 0.3, 1: 0.3, 2: 0.2, 3: 0.1}),
    ("paddle", "constant_warmup", {"warmup_steps": 5, "start_lr": 0.02}, {4: 0.02, 5: 0.1}),
    ("torch", "inverse_time", {"gamma": 1.0}, {0: 0.1, 1: 0.05, 3: 0.025}),
]


@pytest.mark.parametrize(("name", "native", "options", "rates"), WORKED)
def test_worked_values(
    name: str, native: str, options: dict[str, Any], rates: dict[int, float]
) -> None:
    plan = load(native, as_=name, **RUN, **options)
    assert {step: plan.lr(step) for step in rates} == pytest.approx(rates, rel=1e-6, abs=1e-9)


TWICE_WARM = {"warmup_steps": 9, "set": ["then={'type': 'inverse_sqrt', 'warmup_steps': 9}"]}
RISING = {"warmup_steps": 9, "set": ["then={'type': 'linear', 'end_lr': 0.5}"]}


@pytest.mark.parametrize(
    ("name", "native", "options", "message"),
    [
        ("transformers", "linear", {"end_lr": 0.2}, "its polynomial ends below the rate"),
        (
            "transformers",
            "cosine_restarts",
            {"t_0": 9, "t_mult": 2},
            "cycles are all of one length",
        ),
        ("deepspeed", "onecycle", {}, "--anneal linear --three-phase is its cycle"),
        ("deepspeed", "poly", {"power": 2}, "--power 1 is one"),
        ("fvcore", "cosine_restarts", {"t_0": 300}, "--max-iters 1200 is long enough"),
        ("fvcore", "step", {"step_size": 3}, "it would be a list of levels; 100 are written"),
        ("fvcore", "exponential", {"gamma": 0.1}, "too small for a number"),
        (
            "mmengine",
            "linear_warmup",
            {"warmup_steps": 9},
            "linear_warmup with --warmup-ratio 1e-3",
        ),
        ("mmengine", "constant_warmup", {"warmup_steps": 1, "start_lr": 0.0}, "of one step never"),
        ("mmengine", "linear_warmup", {"warmup_steps": 9, "end_lr": 0.2}, "leave --end-lr out"),
        ("transformers", "linear_warmup", TWICE_WARM, "one warm-up before another"),
        ("timm", "linear_warmup", TWICE_WARM, "one warm-up before another"),
        ("deepspeed", "linear_warmup", RISING, "only its range test rises"),
        ("paddle", "lambda", {"factor": "t + epoch"}, "epoch and t both name the step"),
        ("mmengine", "wsd", {"decay_steps": 9, "decay": "1-sqrt"}, "nothing decays by 1-sqrt"),
        ("mmengine", "wsd", {"warmup_steps": 9, "decay_steps": 9}, "LinearLR does not rise from 0"),
        ("paddle", "exponential", {"gamma": 2.0}, "gamma must be a number < 1.0, got 2.0"),
        ("keras", "linear_warmup", {"warmup_steps": 9, "end_lr": 0.2}, "leave --end-lr out"),
        ("optax", "anneal", {"milestones": [0, 9], "values": [0, 1]}, "nothing scales 0"),
    ],
)
def test_a_refusal_names_its_reason(
    name: str, native: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as error:
        load(native, as_=name, **{**RUN, **options})
    assert f"--as {name}: " in str(error.value)
    assert message in str(error.value)


def test_timm_is_refused_what_its_plateau_rule_does_not_take() -> None:
    for rule in ({"threshold_mode": "abs"}, {"eps": 0.1}):
        plan = Plan(schedule=Plateau(metrics=(1.0, 1.0), **rule), base_lr=0.1, max_iters=2)
        with pytest.raises(UsageError, match="PlateauLRScheduler has no "):
            as_framework(plan, "timm")


def test_a_plateau_inside_another_is_refused_where_it_would_get_no_metric() -> None:
    then = "then={'type': 'plateau', 'metrics': [1.0, 1.0]}"
    with pytest.raises(UsageError, match="--as torch: a scheduler inside another is given no metr"):
        load("linear_warmup", as_="torch", **RUN, warmup_steps=3, set=[then])


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_long_run_is_written_or_refused_at_once(name: str) -> None:
    run_ = {"base_lr": 0.1, "max_iters": 10**12, "t_0": 7, "t_mult": 1}
    if name in {"optax", "deepspeed", "fvcore", "mmengine"}:
        with pytest.raises(UsageError, match=f"--as {name}: "):
            load("cosine_restarts", as_=name, **run_)
    else:
        assert load("cosine_restarts", as_=name, **run_).lr(0) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["torch", "mmengine"])
def test_what_forgets_the_rate_that_stands_is_refused_in_a_chain(name: str) -> None:
    parts = (CosineRestarts(t_0=9), Exponential(gamma=0.9))
    plan = Plan(schedule=Chain(schedules=parts), base_lr=0.1, max_iters=100)
    with pytest.raises(UsageError, match=f"--as {name}: cosine_restarts "):
        as_framework(plan, name)


def test_one_cycle_after_a_warmup_is_refused_by_torch() -> None:
    then = "then={'type': 'onecycle'}"
    with pytest.raises(UsageError, match="OneCycleLR changes the rate that the others start from"):
        load("linear_warmup", as_="torch", **RUN, warmup_steps=3, set=[then])


def test_computed_numbers_are_written_as_a_person_would() -> None:
    _, theirs = twins("linear", "torch", end_lr=0.01)
    assert "end_factor=0.1," in theirs.notes[-1]


def test_a_warmup_of_no_steps_is_what_follows_it() -> None:
    for name in FRAMEWORKS:
        native, theirs = twins("linear_warmup", name, warmup_steps=0)
        assert theirs.lr(range(9)) == pytest.approx(native.lr(range(9)))


@pytest.mark.parametrize("one", FRAMEWORKS)
def test_every_two_frameworks_are_told_apart(one: str) -> None:
    args = [word for other in FRAMEWORKS for word in ("--as", one, "--as", other)]
    for at in range(0, len(args), 4):
        text = run("explain", "linear", "--end-lr", "0.01", *args[at : at + 4])
        assert text.rstrip().endswith(".")
        assert max(map(len, text.splitlines())) <= 120


def test_frameworks_overlay_in_one_figure(tmp_path: Path) -> None:
    figure = tmp_path / "x.png"
    named = [word for name in FRAMEWORKS for word in ("--as", name)]
    run("curve", "linear", "--end-lr", "0.01", *named, "-o", str(figure))
    assert figure.stat().st_size > 10_000
