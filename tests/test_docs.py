"""The pages and figures under docs/ say and show what lrplot does.

`lrplot figures docs/figures.yaml` and `python docs/make.py` renew them. What the commands on the
pages print is held by `tests/test_readme.py`.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lrplot.accounting import EACH_SHARE, Loading, Rule
from lrplot.cli import cli
from lrplot.figures.document import read_figures

ROOT = Path(__file__).parent.parent
RENEW = "renew it: python docs/make.py"


def made() -> Any:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MAKE = made()


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


SAMPLES = list(MAKE.samples())


def test_the_page_of_formats_is_fresh() -> None:
    kept = Path("docs/formats.md").read_text(encoding="utf-8")

    assert MAKE.page(SAMPLES) == kept, RENEW


def test_the_table_of_rules_is_fresh() -> None:
    assert MAKE.table() in Path("docs/steps.md").read_text(encoding="utf-8"), RENEW


def test_the_rules_that_the_page_names_count_parts_of_epochs() -> None:
    rules = [rule for alike in MAKE.rules().values() for rule in alike if rule.part_epochs]

    rounds = {rule.name: rule.part_epochs for rule in rules}

    trainers = {"transformers' Trainer": "up", "axolotl": "up", "DeepSpeed's engine": "down"}
    assert rounds == {EACH_SHARE.name: "nearest", **trainers}


@pytest.mark.parametrize("rule", [alike[0] for alike in MAKE.rules().values()])
@given(
    samples=st.integers(1, 10**5),
    batch=st.integers(1, 64),
    gpus=st.integers(1, 9),
    last=st.booleans(),
)
def test_between_two_rules_lies_one_update_an_epoch_at_most(
    rule: Rule, samples: int, batch: int, gpus: int, last: Any
) -> None:
    for accumulate in (1, 2, 5):
        each = batch * gpus * accumulate

        count = rule.count(Loading(samples, batch, gpus, accumulate, last))

        assert samples // each <= count <= -(-samples // each)


def test_the_figures_are_fresh() -> None:
    done = CliRunner().invoke(cli, ["figures", "docs/figures.yaml", "--check"])

    assert done.exit_code == 0, done.output


def test_every_figure_is_one_of_the_list_and_is_shown() -> None:
    made = {figure.path.as_posix() for figure in read_figures(Path("docs/figures.yaml"))}
    pages = [Path("README.md"), *Path("docs").glob("*.md")]
    shown = {
        (page.parent / name).as_posix()
        for page in pages
        for name in re.findall(r"[\w./-]+\.svg", page.read_text(encoding="utf-8"))
    }

    assert {path.as_posix() for path in Path("docs").rglob("*.svg")} == made
    assert made <= shown


def test_every_sample_config_is_shown_or_native() -> None:
    shown = {sample.path.name for sample in SAMPLES}
    files = [path for path in Path("sample_configs").iterdir() if path.is_file()]
    native = {path.name for path in files if re.search(r"\bschedule\b", path.read_text("utf-8"))}

    assert {path.name for path in files} <= shown | native
