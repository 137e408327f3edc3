"""The README says what happens: each command is run, its output compared.

`pytest tests/test_readme.py --renew` writes the output anew.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import lrplot
from lrplot.cli import cli
from lrplot.figures.document import read_figures

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n\$ (lrplot .*)\n((?:.*\n)*?)```\n")
COMMANDS = BLOCK.findall(README.read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that holds the files the README names."""
    for name in ("sample_configs", "tests/spec/bad"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def output_of(command: str) -> str:
    program, *words = shlex.split(command)
    assert program == "lrplot"
    return CliRunner().invoke(cli, words, prog_name="lrplot").output


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 10


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[c for c, _ in COMMANDS])
def test_a_command_prints_what_the_readme_shows(
    command: str, shown: str, request: pytest.FixtureRequest
) -> None:
    printed = "\n".join(line.rstrip() for line in output_of(command).strip("\n").splitlines())
    printed += "\n" if printed else ""
    if request.config.getoption("--renew"):
        text = README.read_text(encoding="utf-8")
        old, new = f"$ {command}\n{shown}```", f"$ {command}\n{printed}```"
        README.write_text(text.replace(old, new), encoding="utf-8")
    else:
        assert printed == shown


def test_the_main_command_ends_with_a_picture_and_numbers(folder: Path) -> None:
    line = next(
        line for line in README.read_text(encoding="utf-8").splitlines() if "pip install . " in line
    )
    commands = [part for part in line.split(" && ") if ".venv/bin/lrplot" in part]
    assert [output_of(c.replace(".venv/bin/", "")) for c in commands][-1].count("\n") > 5
    assert (folder / "poly.png").stat().st_size > 10_000


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    text = README.read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code
    names: dict[str, object] = {}
    exec(code[1], names)  # noqa: S102  the README's own example
    plan = names["plan"]
    assert isinstance(plan, lrplot.Plan)
    assert plan.lr(500) == pytest.approx(0.02575, rel=1e-15)
    assert (folder / "poly.png").exists()


def test_the_picture_is_what_its_command_draws() -> None:
    drawn, _dark = (f for f in read_figures(ROOT / "docs" / "figures.yaml") if f.name == "poly")

    assert f"{drawn.entry.request.command} -o poly.png" == COMMANDS[0][0]
