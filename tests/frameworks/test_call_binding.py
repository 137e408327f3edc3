from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError, LrplotError, UsageError
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def said(call: str, **options: Any) -> str:
    """Return the complaint about a call."""
    with pytest.raises(LrplotError) as error:
        load(call, **{"base_lr": 0.1, **options})
    return str(error.value)


# -- whose call it is ---------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "torch.optim.lr_scheduler.", "lr_scheduler.", "mine."])
def test_a_name_may_be_qualified_or_not(prefix: str) -> None:
    plan = load(f"{prefix}PolynomialLR(optimizer, 10)", base_lr=0.1)
    assert plan.convention == "torch 2.13 PolynomialLR"
    assert plan.name == "PolynomialLR"
    assert plan.lr(5) == pytest.approx(0.05)


def test_what_earlier_versions_printed_by_is_passed_over() -> None:
    assert load("StepLR(optimizer, 30, verbose=True)", base_lr=0.1).lr(30) == pytest.approx(0.01)
    assert "has no parameter 'verbos'" in said("StepLR(optimizer, 30, verbos=True)")


def test_a_shared_name_is_the_frameworks_whose_parameters_fit() -> None:
    assert load("CyclicLR(optimizer, 0.01, 0.1)").convention == "torch 2.13 CyclicLR"
    ours = load("OneCycleLR(optimizer, max_lr=0.1, total_steps=1000)")
    assert ours.convention == "torch 2.13 OneCycleLR"
    theirs = load("LinearLR(optimizer, begin=2, by_epoch=False, end=10)", base_lr=0.1)
    assert theirs.convention.startswith("mmengine")


def test_where_several_fit_and_differ_the_qualified_spellings_are_listed() -> None:
    message = said("LinearLR(optimizer)")
    assert "call:1:1: LinearLR fits torch and mmengine" in message
    assert "write torch.optim.lr_scheduler.LinearLR or mmengine.optim.LinearLR" in message
    assert "add --as torch or --as mmengine" in message


def test_where_several_fit_and_agree_it_makes_no_difference() -> None:
    plan = load("StepLR(optimizer, 30)", base_lr=0.1)
    assert plan.convention == "torch 2.13 StepLR"
    assert plan.lr(300) == pytest.approx(1e-11)


def test_rounding_far_out_is_no_difference() -> None:
    plan = load("CosineAnnealingLR(optimizer, T_max=100)", base_lr=0.1, max_iters=10**8)
    assert plan.convention == "torch 2.13 CosineAnnealingLR"


def test_as_settles_whose_it_is() -> None:
    assert load("LinearLR(optimizer)", base_lr=0.1, as_="torch").lr(0) == pytest.approx(0.1 / 3)
    assert "LinearLR" in load("LinearLR(optimizer)", base_lr=0.1, as_="mmengine").convention


def test_a_qualified_name_is_looked_up_in_no_other_framework() -> None:
    message = said("torch.optim.lr_scheduler.PolyLR(optimizer)")
    assert "no scheduler of torch 2.13 is called 'torch.optim.lr_scheduler.PolyLR'" in message
    assert "did you mean 'PolynomialLR'?" in message


def test_an_unknown_name_gets_a_suggestion() -> None:
    assert "did you mean 'StepLR'?" in said("StepLRR(optimizer, 30)")
    assert "did you mean 'torch'?" in said("StepLR(optimizer, 30)", as_="torhc")


def test_each_framework_says_what_it_is() -> None:
    for name in FRAMEWORKS:
        module = framework(name)
        assert module.CONVENTION
        assert module.MODULES
        names = [constructor.__name__ for constructor in module.CONSTRUCTORS]
        assert len(names) == len(set(names))
        assert set(getattr(module, "NOTES", {})) <= set(names)


# -- what its arguments say ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("PolynomialLR(optimizer, steps=3)", "call:1:31: torch 2.13 PolynomialLR has no parameter"),
        ("ExponentialLR(optimizer, gama=3)", "did you mean 'gamma'?"),
        ("CyclicLR(optimizer, 0.1)", "CyclicLR needs 'max_lr'"),
        (
            "CyclicLR(optimizer, 0.1)",
            "it is CyclicLR(optimizer, base_lr, max_lr, step_size_up=2000",
        ),
        ("PolynomialLR(optimizer, 3, 1.0, -1, 5)", "call:1:37: torch 2.13 PolynomialLR takes at"),
        ("PolynomialLR(optimizer, 3, 1.0, -1, 5)", "takes at most 4 arguments, 5 are given"),
        ("PolynomialLR(optimizer, 3, total_iters=5)", "gets 'total_iters' twice, by its place"),
        ("PolynomialLR(3, 0.9)", "optimizer: is not an optimizer"),
        ("PolynomialLR(optimizer, opt)", "takes no optimizer as 'total_iters'"),
        ("PolynomialLR(optimizer, args.n)", "call:1:25: total_iters: 'args.n' is known only to"),
        ("PolynomialLR(optimizer, 2 * n)", "total_iters: 'n' is known only to the script"),
        ("PolynomialLR(optimizer, steps())", "total_iters: 'steps()' is known only to the script"),
        ("ChainedScheduler([Mine(optimizer)])", "no scheduler of torch 2.13 is called 'Mine'"),
        ("PolynomialLR(optimizer, 'a')", "call:1:25: total_iters: must be a number, got 'a'"),
        ("PolynomialLR(optimizer, [3])", "total_iters: must be a number, got [3]"),
        ("PolynomialLR(optimizer, lambda e: e)", "must be a number, got a lambda"),
        ("PolynomialLR(optimizer, float('inf'))", "must be a finite number"),
    ],
)
def test_a_wrong_argument_is_told_where_it_stands(call: str, message: str) -> None:
    assert message in said(call)


@pytest.mark.parametrize(
    "optimizer",
    ["optimizer", "self.optimizer", "opt", "optimizer_g", "optim.SGD(model.parameters(), lr=1)"],
)
def test_anything_that_may_be_an_optimizer_is_taken_for_one(optimizer: str) -> None:
    assert load(f"ExponentialLR({optimizer}, 0.5)", base_lr=0.1).lr(1) == 0.05


def test_the_optimizer_may_be_left_out_where_all_else_is_named() -> None:
    assert load("ExponentialLR(gamma=0.5)", base_lr=0.1, as_="torch").lr(1) == 0.05
    assert "optimizer" in said("ExponentialLR(0.5)", as_="torch")


def test_the_optimizers_own_rate_is_the_base_rate_unless_an_option_says_otherwise() -> None:
    call = "ExponentialLR(SGD(model.parameters(), lr=0.3, momentum=0.9), 0.5)"
    assert load(call).lr(0) == 0.3
    assert load(call, base_lr=0.2).lr(0) == 0.2


# -- the run ------------------------------------------------------------------------------------


def test_a_rate_that_the_call_does_not_hold_is_asked_for() -> None:
    with pytest.raises(InputError, match="starts from the rate that the optimizer holds") as error:
        load("ExponentialLR(optimizer, 0.5)")
    assert "--base-lr" in str(error.value)


def test_a_call_that_sets_its_own_rate_needs_none() -> None:
    plan = load("OneCycleLR(optimizer, max_lr=0.5, total_steps=100)")
    assert plan.base_lr == plan.lr(0) == pytest.approx(0.02)


def test_the_length_of_the_run_is_the_schedulers_own_unless_given() -> None:
    plan = load("CosineAnnealingLR(optimizer, T_max=70)", base_lr=0.1)
    assert plan.max_iters == 70
    assert plan.open_end
    given = load("CosineAnnealingLR(optimizer, T_max=70)", base_lr=0.1, max_iters="2k")
    assert given.max_iters == 2000
    assert not given.open_end


def test_epochs_make_a_run_where_their_length_is_known() -> None:
    call = "CosineAnnealingLR(optimizer, T_max=70)"
    run = {"base_lr": 0.1, "as_": "torch", "iters_per_epoch": 10}
    assert load(call, max_epochs=5, **run).max_iters == 50
    assert load(call, max_iters="12ep", **run).max_iters == 120
    assert "--max-epochs needs --iters-per-epoch" in said(call, max_epochs=5)
    both = said(call, max_epochs=5, max_iters=50, iters_per_epoch=10)
    assert ": give one of them" in both


def test_a_step_of_the_scheduler_is_an_update_whatever_an_epoch_is() -> None:
    run = {"base_lr": 0.1, "as_": "torch"}
    epochs = load("StepLR(optimizer, 30)", iters_per_epoch=10, **run)
    assert epochs.lr(30) == load("StepLR(optimizer, 30)", **run).lr(30)
    assert epochs.iters_per_epoch == 10


def test_metrics_are_asked_for_and_taken_from_a_file(write: Callable[..., Path]) -> None:
    call = "ReduceLROnPlateau(optimizer, patience=0)"
    assert "ReduceLROnPlateau needs --metrics" in said(call)
    series = write("metrics.csv", "step,metric\n0,1\n1,2\n2,2\n")
    assert load(call, base_lr=0.1, metrics=series).lr([1, 2]).tolist() == pytest.approx([0.1, 0.01])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_lr": "fast"}, "--base-lr: must be a number, got text: 'fast'"),
        ({"base_lr": -1}, "--base-lr: "),
        ({"max_iters": "soon"}, "--max-iters: 'soon' is not a step"),
        ({"max_iters": 0}, "--max-iters: "),
        ({"iters_per_epoch": "x"}, "--iters-per-epoch: 'x' is not a number"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, Any], message: str) -> None:
    assert message in said("ExponentialLR(optimizer, 0.5)", **options)


def test_an_option_of_a_schedule_does_not_go_with_a_call() -> None:
    with pytest.raises(UsageError, match="--power does not go with a call"):
        load("PolynomialLR(optimizer, 10)", base_lr=0.1, power=2)


# -- where the text comes from ------------------------------------------------------------------


def test_a_file_that_holds_a_call_is_read_as_one(write: Callable[..., Path]) -> None:
    path = write("sched.txt", "# ours\nscheduler = ExponentialLR(\n    optimizer,\n    0.5,\n)\n")
    assert load(path, base_lr=0.1).lr(1) == 0.05
    wrong = write("wrong.txt", "scheduler = ExponentialLR(\n    optimizer,\n    gama=0.5,\n)\n")
    assert f"{wrong}:3:10: " in said(str(wrong))


def test_standard_input_may_hold_a_call() -> None:
    command = [sys.executable, "-m", "lrplot", "at", "1", "-", "--base-lr", "0.1"]
    call = "ExponentialLR(optimizer, 0.5)\n"
    done = subprocess.run(command, input=call, capture_output=True, text=True, check=True)
    assert done.stdout == "0.05\n"


def test_a_file_with_brackets_in_its_name_is_a_file(write: Callable[..., Path]) -> None:
    path = write("poly (1).yaml", "schedule: poly\nbase_lr: 0.1\nmax_iters: 10\npower: 1\n")
    assert load(path).lr(5) == 0.05


@pytest.mark.parametrize("call", ["f(" * 10**5, "[" * 10**5, "x(\0)", "a\n(b", "().__class__"])
def test_what_is_no_call_is_refused_as_one(call: str) -> None:
    assert said(call).startswith("call")
