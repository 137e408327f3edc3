"""What the user typed to a Plan: names with options, and files that options override."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lrplot
from lrplot.errors import InputError, UsageError, option
from lrplot.source import load
from lrplot.spec import write as write_spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, str], Path]

POLY = "schedule: poly\nbase_lr: 0.1\npower: 2\nmax_iters: 1000\n"
LIST = """\
base_lr: 0.1
max_iters: 100
schedule:
- {type: linear_warmup, warmup_steps: 10}
- {type: poly, power: 1}
"""
NESTED = "base_lr: 0.1\nmax_iters: 10\nschedule: {type: poly, power: 1}\n"


def refusal(source: str | Path, **options: Any) -> str:
    with pytest.raises(UsageError) as caught:
        load(source, **options)
    return str(caught.value)


# -- a name ---------------------------------------------------------------------------------------


def test_a_name_alone_is_drawn_over_a_thousand_steps_from_a_tenth() -> None:
    plan = load("poly")

    assert plan == lrplot.Plan(
        schedule=lrplot.Poly(max_iters=1000),
        base_lr=0.1,
        max_iters=1000,
        notes=("base_lr is not given; 0.1 is assumed", "max_iters is not given; 1000 is assumed"),
    )


def test_nothing_is_assumed_of_what_is_given() -> None:
    assert load("poly", base_lr=0.5, max_iters=10).notes == ()


def test_a_schedule_that_stands_on_its_own_is_asked_for_no_base() -> None:
    plan = load("piecewise", boundaries="100,200", values="1,0.5,0.1")

    assert not any("base_lr" in note for note in plan.notes)


def test_a_factor_that_is_usually_one_is_one() -> None:
    assert load("noam", d_model=512, warmup_steps=4000).base_lr == 1


def test_a_schedule_without_a_length_is_shown_as_far_as_it_says() -> None:
    assert load("step", step_size=30).max_iters == 120


@pytest.mark.parametrize(
    ("name", "options", "schedule"),
    [
        ("poly", {"power": "2", "max_iters": "160k"}, lrplot.Poly(power=2, max_iters=160_000)),
        ("poly", {"power": 2, "max_iters": 10}, lrplot.Poly(power=2, max_iters=10)),
        (
            "poly",
            {"power": np.float32(2), "max_iters": np.int64(9)},
            lrplot.Poly(power=2, max_iters=9),
        ),
        ("poly", {"cycle": True, "max_iters": 9}, lrplot.Poly(cycle=True, max_iters=9)),
        ("poly", {"eta_min": "1e-4", "max_iters": 9}, lrplot.Poly(eta_min=1e-4, max_iters=9)),
        ("poly", {"power": None, "max_iters": 9}, lrplot.Poly(max_iters=9)),
        ("poly", {"max_epochs": "12", "iters_per_epoch": "100"}, lrplot.Poly(max_iters=1200)),
        ("multistep", {"milestones": "30,50"}, lrplot.MultiStep(milestones=(30, 50))),
        ("multistep", {"milestones": "[30, 50]"}, lrplot.MultiStep(milestones=(30, 50))),
        ("multistep", {"milestones": [30, 50]}, lrplot.MultiStep(milestones=(30, 50))),
        ("multistep", {"milestones": "30"}, lrplot.MultiStep(milestones=(30,))),
        (
            "multistep",
            {"milestones": "8ep,50%", "iters_per_epoch": 10, "max_iters": 200},
            lrplot.MultiStep(milestones=(80, 100)),
        ),
        ("lambda", {"factor": "0.9 ** t"}, lrplot.Lambda(factor="0.9 ** t")),
        ("lambda", {"factor": "1"}, lrplot.Lambda(factor="1")),
        ("onecycle", {"base_lr": 2, "max_iters": 9}, lrplot.OneCycle(max_lr=2, max_iters=9)),
        ("onecycle", {"max_lr": 2, "max_iters": 9}, lrplot.OneCycle(max_lr=2, max_iters=9)),
        ("plateau", {"metrics": [3, 2, 1.0]}, lrplot.Plateau(metrics=(3, 2, 1))),
        ("plateau", {"metrics": np.array([3, 2])}, lrplot.Plateau(metrics=(3, 2))),
        (
            "linear_warmup",
            {"warmup_steps": 5, "set": ["then.type=poly"], "max_iters": 20},
            lrplot.LinearWarmup(warmup_steps=5, then=lrplot.Poly(max_iters=15)),
        ),
    ],
)
def test_options_are_the_schedule_s_parameters(
    name: str, options: dict[str, Any], schedule: lrplot.Schedule
) -> None:
    assert load(name, **options).schedule == schedule


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("poly", {"powr": 2}, "poly has no --powr\n  did you mean '--power'?"),
        ("scale", {"milestones": 2}, "scale has no --milestones\n  it has --factor"),
        ("poly", {"power": "fast"}, "--power: must be a number, got text: 'fast'"),
        ("poly", {"power": -1}, "--power: must be a number >= 0.0, got -1"),
        ("poly", {"base_lr": -1}, "--base-lr: must be a number >= 0.0, got -1"),
        ("poly", {"max_iters": 0}, "--max-iters: must be a whole number >= 1, got 0"),
        ("poly", {"max_iters": "8ep"}, "--max-iters: '8ep' needs an epoch's length"),
        ("poly", {"max_epochs": 8}, "--max-epochs: needs iters_per_epoch"),
        ("poly", {"power": "[1"}, "--power:2:1: cannot be parsed"),
        ("step", {}, "step: --step-size: is missing\n  for example step_size: 30"),
        ("plateau", {}, "plateau: --metrics: is missing"),
        ("lambda", {"factor": "0.9 **"}, "--factor: "),
        ("poly", {"set": ["power"]}, "--set power is not KEY=VALUE"),
        ("poly", {"set": ["=2"]}, "--set =2 is not KEY=VALUE"),
        ("poly", {"set": ["power.x=2"]}, "--set power.x: must be a number, got a mapping"),
        ("poly", {"power": 1, "set": ["power.x=2"]}, "--set power.x: there is no x in '1'"),
        ("poly", {"set": ["powr=2"]}, "powr: is not a parameter of poly"),
    ],
)
def test_a_wrong_option_is_said_as_it_was_typed(
    name: str, options: dict[str, Any], said: str
) -> None:
    assert said in refusal(name, **options)


def test_all_the_wrong_options_are_told() -> None:
    said = refusal("poly", power="fast", eta_min=-1, max_iters=0)

    assert len(said.splitlines()) == 3


# -- a file ---------------------------------------------------------------------------------------


def test_a_file_is_called_by_its_name(write: Write) -> None:
    assert load(write("mine.yaml", POLY)).name == "mine"
    assert load(write("named.yaml", POLY + "name: my curve\n")).name == "my curve"


def test_a_file_may_be_given_as_text_or_path(write: Write) -> None:
    path = write("a.yaml", POLY)

    assert load(str(path)) == load(path)


@pytest.mark.parametrize(
    ("text", "options", "schedule"),
    [
        (POLY, {"power": "1"}, lrplot.Poly(power=1, max_iters=1000)),
        (POLY, {"eta_min": "1e-3"}, lrplot.Poly(power=2, eta_min=0.001, max_iters=1000)),
        (POLY, {"max_iters": "2k"}, lrplot.Poly(power=2, max_iters=2000)),
        (
            POLY,
            {"max_epochs": 3, "iters_per_epoch": 10},
            lrplot.Poly(power=2, max_iters=30),
        ),
        (NESTED, {"power": 3}, lrplot.Poly(power=3, max_iters=10)),
        (POLY, {"set": ["power=4", "max_iters=9"]}, lrplot.Poly(power=4, max_iters=9)),
        (NESTED, {"set": ["schedule.power=4"]}, lrplot.Poly(power=4, max_iters=10)),
        (POLY, {"set": ["schedule=cosine", "eta_min=0.5"]}, None),
        (
            LIST,
            {"set": ["schedule.1.power=3", "schedule.0.warmup_steps=20"]},
            lrplot.Sequence(
                schedules=(
                    lrplot.LinearWarmup(warmup_steps=20),
                    lrplot.Poly(power=3, max_iters=80),
                ),
                milestones=(20,),
            ),
        ),
    ],
)
def test_options_override_what_a_file_says(
    write: Write, text: str, options: dict[str, Any], schedule: lrplot.Schedule | None
) -> None:
    path = write("a.yaml", text)
    if schedule is None:
        with pytest.raises(InputError, match="power: is not a parameter of cosine"):
            load(path, **options)
        return

    assert load(path, **options).schedule == schedule


def test_a_file_of_epochs_may_be_given_steps(write: Write) -> None:
    path = write("a.yaml", "schedule: poly\nbase_lr: 1\nmax_epochs: 5\niters_per_epoch: 10\n")

    assert load(path, max_iters=7).max_iters == 7


def test_metrics_come_from_a_file_of_their_own(write: Write) -> None:
    path = write("m.csv", "step,metric\n0,1\n1,0.5\n")

    assert load("plateau", metrics=str(path)).schedule == lrplot.Plateau(metrics=(1, 0.5))
    with pytest.raises(InputError, match="no such file"):
        load("plateau", metrics="nowhere.csv")


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (LIST, {"power": 2}, "has no one schedule that --power belongs to"),
        (LIST, {"set": ["schedule.7.power=2"]}, "no item 7; the list has 2"),
        (LIST, {"set": ["schedule.²=2"]}, "no item ²; the list has 2"),
        (LIST, {"set": ["schedule.-1=2"]}, "no item -1; the list has 2"),
        (LIST, {"set": [f"schedule.{'9' * 5000}=2"]}, "999; the list has 2"),
        (NESTED, {"gamma": 2}, "poly has no --gamma"),
        ("- a\n", {"power": 2}, "has no one schedule that --power belongs to"),
        ("- a\n", {"base_lr": 2}, "--base-lr: no item base_lr; the list has 1"),
        ("a\n", {"base_lr": 2}, "--base-lr: there is no base_lr in 'a'"),
        ("schedule: nope\n", {"power": 2}, "has no one schedule that --power belongs to"),
    ],
)
def test_an_option_that_a_file_has_no_place_for_is_refused(
    write: Write, text: str, options: dict[str, Any], said: str
) -> None:
    assert said in refusal(write("a.yaml", text), **options)


def test_what_a_file_says_wrongly_is_told_with_its_place(write: Write) -> None:
    path = write("a.yaml", POLY.replace("2", "-2"))

    with pytest.raises(InputError) as caught:
        load(path)

    assert str(caught.value) == f"{path}:3:8: power: must be a number >= 0.0, got -2"


def test_what_an_option_says_wrongly_is_told_with_the_option(write: Write) -> None:
    with pytest.raises(UsageError) as caught:
        load(write("a.yaml", POLY), power=-2)

    assert str(caught.value) == "--power: must be a number >= 0.0, got -2"


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(POLY.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert load("-") == lrplot.Plan(
        schedule=lrplot.Poly(power=2, max_iters=1000), base_lr=0.1, max_iters=1000
    )


# -- neither --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("ploy", "did you mean 'poly'?"),
        ("cosin", "did you mean 'cosine'?"),
        ("config.yml", "did you mean 'config.yaml'?"),
        ("xyzzy", "`lrplot list` names the schedules"),
        ("", "`lrplot list` names the schedules"),
        ("nowhere/config.yaml", "`lrplot list` names the schedules"),
        ("a" * 300, "`lrplot list` names the schedules"),
        ("nul\0/x", "`lrplot list` names the schedules"),
    ],
)
def test_what_is_neither_a_file_nor_a_schedule_gets_a_suggestion(
    write: Write, monkeypatch: pytest.MonkeyPatch, source: str, hint: str
) -> None:
    path = write("config.yaml", POLY)
    monkeypatch.chdir(path.parent)

    if source == "":  # the folder one stands in
        with pytest.raises(InputError, match="is a folder"):
            load(source)
        return
    said = refusal(source)

    assert "is neither a file nor a schedule" in said
    assert said.endswith(f"\n  {hint}")


def test_a_file_wins_over_no_name_but_not_over_a_schedule(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("poly", "schedule: constant\nbase_lr: 7\n")
    monkeypatch.chdir(path.parent)

    assert load("poly").schedule.name() == "poly"
    assert load("./poly").base_lr == 7


def test_an_option_is_a_key_with_dashes() -> None:
    assert option("eta_min") == "--eta-min"


# -- calls and formats ----------------------------------------------------------------------------


def test_a_call_is_read_whether_typed_or_in_a_file(write: Write) -> None:
    call = "torch.optim.lr_scheduler.StepLR(optimizer, step_size=30)"
    path = write("call.txt", f"scheduler = {call}\n")

    for source in (call, path):
        plan = load(source, base_lr=0.5, max_iters=90)
        assert plan.lr([0, 29, 30]).tolist() == pytest.approx([0.5, 0.5, 0.05])
        assert "torch" in plan.convention


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("StepLR(optimizer, 30)", {"power": 2}, "--power does not go with a call"),
        ("poly", {"from_": "hydra"}, "--from names the format of a file; poly is none"),
        ("StepLR(optimizer, 30)", {"from_": "hydra"}, "--from names the format of a file"),
    ],
)
def test_an_option_for_another_kind_of_source_is_refused(
    source: str, options: dict[str, Any], said: str
) -> None:
    assert said in refusal(source, **options)


def test_a_file_that_is_no_call_follows_no_framework(write: Write) -> None:
    assert "--as goes with a schedule's name or a call" in refusal(
        write("a.yaml", POLY), as_="torch"
    )


def test_a_python_config_is_read_and_not_run(write: Write) -> None:
    path = write(
        "config.py",
        "raise SystemExit('run!')\n"
        "optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.5))\n"
        "param_scheduler = [dict(type='PolyLR', power=1.0, begin=0, end=11, by_epoch=False)]\n"
        "train_cfg = dict(type='IterBasedTrainLoop', max_iters=11)\n",
    )

    plan = load(path)

    assert (plan.max_iters, plan.name) == (11, "config")
    assert plan.lr([0, 5, 10]).tolist() == pytest.approx([0.5, 0.25, 0.0])
    assert any("read as" in note for note in plan.notes)
    assert "--power does not go with" in refusal(path, power=2)


def test_a_name_with_a_bracket_may_be_a_file(write: Write) -> None:
    assert load(write("a(1).yaml", POLY)).name == "a(1)"


def test_a_framework_schedule_has_no_native_spec() -> None:
    plan = load("CosineAnnealingLR(optimizer, T_max=10)", base_lr=0.1, as_="torch")

    with pytest.raises(InputError, match="no native schedule has"):
        write_spec(plan)
