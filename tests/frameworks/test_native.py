from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from lrplot.cli import cli
from lrplot.errors import UsageError
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.schedules import by_name
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
        ("noam", {"as_": "torch", "d_model": 8, "warmup_steps": 3}, "torch 2.13 has no noam"),
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
    assert "comes down to 0.001 at step 1,000, torch 2.13 PolynomialLR to 0 at" in text


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
