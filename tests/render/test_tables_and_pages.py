"""What people read: the rich table, the explanation, the catalogue's pages."""

from __future__ import annotations

import io
import shlex
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click.testing import CliRunner

import lrplot
from lrplot import spec
from lrplot.cli import cli
from lrplot.errors import Where
from lrplot.render.explain import as_text, as_yaml
from lrplot.render.export import Grid
from lrplot.render.pages import command, page, summary
from lrplot.render.table import print_table
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.syntax.tree import to_tree

if TYPE_CHECKING:
    from pathlib import Path


def plan(schedule: lrplot.Schedule | None = None, **more: Any) -> lrplot.Plan:
    poly = lrplot.Poly(max_iters=1000, power=2, eta_min=0.001)
    fields = {"schedule": schedule or poly, "base_lr": 0.1, "max_iters": 1000, **more}
    return lrplot.Plan(**fields)


def shown(*plans: lrplot.Plan, steps: Any = (0, 500, 1000), param: str = "lr") -> list[str]:
    out = io.StringIO()
    print_table(Grid(plans, list(steps), param), out)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


# -- the rich table -------------------------------------------------------------------------------


def test_a_table_of_one_curve() -> None:
    lines = shown(plan())

    assert lines[0] == "poly"
    assert [line.split() for line in lines if line.startswith(("  ", "1"))][:1] != []
    assert ["500", "0.02575"] in [line.split()[:2] for line in lines]
    assert ["1,000", "0.001"] in [line.split()[:2] for line in lines]
    assert "convention: native" in lines[-1]
    assert lines[-1].startswith("3 of 1,001 steps")


def test_a_table_of_several_curves_names_each() -> None:
    lines = shown(plan(name="one"), plan(lrplot.Constant(), name="two"), steps=[500])

    assert ["step", "one", "two"] in [line.split() for line in lines]
    assert ["500", "0.02575", "0.1"] in [line.split() for line in lines]


def test_conventions_are_each_named_once() -> None:
    lines = shown(plan(), plan(convention="torch 2.13 StepLR"), plan())

    assert lines[-1].endswith("convention: native, torch 2.13 StepLR")


@pytest.mark.parametrize("count", [1, 2, 5, 12, 40])
def test_no_line_of_a_table_is_wider_than_the_terminal(count: int) -> None:
    plans = [plan(name=f"power={i}.123456789") for i in range(count)]
    lines = shown(*plans)

    assert max(map(len, lines)) <= 80
    words = " ".join(lines)
    assert all(f"power={i}.123456789" in words for i in range(count))


@pytest.mark.parametrize("name", ["[/red]", "[bold]x[/bold]", "a[link=x]b", ":smile:"])
def test_a_name_is_no_markup(name: str) -> None:
    assert shown(plan(name=name))[0] == name
    assert name in " ".join(shown(plan(name=name), plan()))
    assert name in shown(plan(convention=name))[-1]


def test_a_table_that_is_no_terminal_has_no_colours() -> None:
    assert "\x1b" not in "".join(shown(plan()))


# -- explain --------------------------------------------------------------------------------------


def test_an_explanation_names_convention_run_and_phases() -> None:
    warm = lrplot.LinearWarmup(warmup_steps=100, then=lrplot.Poly(max_iters=900, power=1))

    assert as_text(plan(warm, iters_per_epoch=250)) == (
        "linear_warmup\n"
        "  convention  native\n"
        "  base rate   0.1\n"
        "  run         1,000 updates (4 epochs of 250)\n"
        "\n"
        "  phase     from   to  rate\n"
        "  warm-up      0   99  0 -> 0.099\n"
        "  poly       100  999  0.1 -> 0.000111111\n"
        "  end      1,000       0\n"
    )


def test_a_level_phase_has_one_rate() -> None:
    assert "  constant      0  999  0.1\n" in as_text(plan(lrplot.Constant()))


def test_notes_are_wrapped() -> None:
    text = as_text(plan(notes=("word " * 40,)))

    assert "  note: word" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", sorted(by_name))
def test_every_example_can_be_explained(name: str) -> None:
    if not by_name[name].example:
        pytest.skip("it needs schedules inside")
    text = as_text(lrplot.load(name, **by_name[name].example))

    assert "  convention  native" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_plan_as_yaml_reads_back() -> None:
    warm = lrplot.LinearWarmup(warmup_steps=100, then=lrplot.Poly(max_iters=900, eta_min=1e-5))
    given = plan(warm, name="mine")

    again = spec.read(to_tree(yaml.safe_load(as_yaml(given)), Where("here")))

    assert again == given


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", by_name)
def test_a_page_fits_80_columns_and_names_every_parameter(name: str) -> None:
    text = page(by_name[name])

    assert text.startswith(f"{name}: ")
    assert max(map(len, text.splitlines())) <= 80
    assert all(f"    {field.name} " in text for field in fields_of(by_name[name]))


@pytest.mark.parametrize("name", by_name)
def test_a_page_has_a_formula_and_a_summary_of_one_line(name: str) -> None:
    assert "lr(t) = " in page(by_name[name]) or name in {"onecycle", "plateau"}
    assert len(summary(by_name[name])) <= 78
    assert summary(by_name[name]).endswith(".")


@pytest.mark.parametrize("name", [name for name in by_name if by_name[name].example])
def test_the_command_on_a_page_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = command(by_name[name])
    program, *words = shlex.split(line)

    result = CliRunner().invoke(cli, words)

    assert line in page(by_name[name]).replace("\\\n        ", "")
    assert program == "lrplot"
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]


@pytest.mark.parametrize("name", [name for name in by_name if by_name[name].example])
def test_the_spec_on_a_page_is_one(name: str) -> None:
    cls = by_name[name]
    _, _, text = page(cls).rpartition("\n\n")
    run = {"base_lr": 0.1, "max_iters": 1000}

    plan = spec.read(to_tree({**run, **yaml.safe_load(text)}, Where("page")))

    assert plan.schedule.name() == name


def test_the_page_of_poly_says_what_a_larger_power_does() -> None:
    text = " ".join(page(by_name["poly"]).split())

    assert "A larger power falls faster at the start and flattens near the end" in text
    assert "power 2 leaves 25 % of the range" in text
    assert "power 0.5 leaves 71 %" in text
