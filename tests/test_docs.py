"""The pages and figures under docs/ say and show what lrplot does.

`lrplot figures docs/figures.yaml` and `python docs/make.py` renew them.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

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


# -- the page of figures ---------------------------------------------------------------------------

FIGURES = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n\$ (lrplot .*)\n((?:.*\n)*?)```\n", FIGURES)
LISTS = re.findall(r"```yaml\n((?:.*\n)*?)```\n", FIGURES)


def test_the_page_of_figures_says_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name, text in zip(("figures", "wrong"), LISTS, strict=False):
        Path(f"docs/{name}.yaml").write_text(text, encoding="utf-8")

    for command, shown in BLOCKS:
        assert CliRunner().invoke(cli, shlex.split(command)[1:]).output == shown, command
    assert len(BLOCKS) == 5
