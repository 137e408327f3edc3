"""The README and the pages of docs/ say what happens: what they show is run, and compared.

Each command of a page is run, in its order, in a folder with the files that the page names. What
it prints must be what stands below it: `pytest tests/test_readme.py --renew` writes it anew.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import lrplot
from lrplot.cli import cli
from lrplot.figures.document import Figure, read_figures

ROOT = Path(__file__).parent.parent
README = "README.md"
PAGES = (README, "docs/figures.md", "docs/steps.md")
BLOCK = re.compile(r"```console\n\$ (lrplot (?:.*\\\n)*.*)\n((?:.*\n)*?)```\n")
FILE = re.compile(r"```yaml\n(# (\S+\.yaml)\n(?:.*\n)*?)```\n")
FIGURES = [
    figure
    for figure in read_figures(ROOT / "docs" / "figures.yaml")
    if not figure.name.startswith("formats/")  # the page of formats is made: tests/test_docs.py
]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands_of(page: str) -> list[str]:
    return [shlex.join(words_of(found[1])) for found in BLOCK.finditer(text_of(page))]


def words_of(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", ""))  # a shell joins lines so


def output_of(command: str) -> str:
    program, *words = words_of(command)
    assert program == "lrplot"
    return CliRunner().invoke(cli, words, prog_name="lrplot").output


def shown(found: re.Match[str]) -> str:
    """Return a block with what its command prints now, without what no reader sees."""
    lines = output_of(found[1]).strip("\n").splitlines()
    return "\n".join(["```console", f"$ {found[1]}", *map(str.rstrip, lines), "```\n"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that holds the files of the project that the pages name."""
    for name in ("sample_configs", "tests/spec/bad"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_its_commands_print(
    page: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    text = text_of(page)
    for content, name in FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")

    now = BLOCK.sub(shown, text)

    if request.config.getoption("--renew"):
        (ROOT / page).write_text(now, encoding="utf-8")
    else:
        assert now == text


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_a_page_is_left_out(page: str) -> None:
    assert len(commands_of(page)) == text_of(page).count("```console") >= 5


@pytest.mark.parametrize("figure", FIGURES, ids=[figure.path.name for figure in FIGURES])
def test_a_figure_is_what_a_command_of_its_page_draws(figure: Figure) -> None:
    name = figure.path.relative_to(ROOT).as_posix()
    (page,) = (page for page in PAGES if name in linked(page))
    request = figure.entry.request
    sources = [os.path.normpath(f"docs/{s}") if "/" in s else s for s in request.sources]
    asked = shlex.join([*sources, *request.words])

    assert any(asked in command for command in commands_of(page))


def linked(page: str) -> set[str]:
    """Return the figures that a page shows, as paths in the project."""
    names = re.findall(r'(?:src|srcset)="([\w./-]+\.svg)"', text_of(page))
    return {(Path(page).parent / name).as_posix() for name in names}


# -- the README's main command and its Python ----------------------------------------------------


def test_the_main_command_ends_with_a_picture_and_numbers(folder: Path) -> None:
    line = next(line for line in text_of(README).splitlines() if "pip install . " in line)
    commands = [part for part in line.split(" && ") if ".venv/bin/lrplot" in part]
    assert [output_of(c.replace(".venv/bin/", "")) for c in commands][-1].count("\n") > 5
    assert (folder / "poly.png").stat().st_size > 10_000


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    code = re.search(r"```python\n(.*?)```", text_of(README), re.DOTALL)
    assert code
    names: dict[str, object] = {}
    exec(code[1], names)  # noqa: S102  the README's own example
    plan = names["plan"]
    assert isinstance(plan, lrplot.Plan)
    assert plan.lr(500) == pytest.approx(0.02575, rel=1e-15)
    assert (folder / "poly.png").exists()


def test_the_python_of_the_page_of_steps_says_what_it_shows() -> None:
    sessions = re.findall(r"```pycon\n(.*?)```", text_of("docs/steps.md"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, "steps", None, 0)

    result = doctest.DocTestRunner().run(example)

    assert result.attempted > 3
    assert not result.failed
