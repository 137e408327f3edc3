"""`lrplot figures`, as its user meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import lrplot
from lrplot.cli import cli

LIST = "figures: {a: {source: poly}, b/one: {source: poly, power: 2}, b/two: {source: cosine}}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.yaml").write_text(LIST, encoding="utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["figures", *words], prog_name="lrplot")


def test_all_are_made_and_then_fresh() -> None:
    assert run("list.yaml").output.splitlines() == [
        "wrote a.svg",
        "wrote b/one.svg",
        "wrote b/two.svg",
        "3 files: 3 written",
    ]
    assert run("list.yaml").output == "3 files: 3 unchanged\n"
    assert run("list.yaml", "--check").output == "3 files: all fresh\n"


def test_names_and_patterns_choose() -> None:
    assert run("list.yaml", "b/*", "a").output.count("wrote") == 3
    assert run("list.yaml", "b/o*").output == "1 file: 1 unchanged\n"

    done = run("list.yaml", "b/ones")
    assert done.exit_code == 2
    assert done.output == "lrplot: no figure is called 'b/ones'\n  did you mean 'b/one'?\n"


def test_a_check_writes_nothing_and_fails() -> None:
    run("list.yaml", "a")
    Path("list.yaml").write_text(LIST.replace("a: {source: poly", "a: {source: linear"), "utf-8")

    done = run("list.yaml", "--check")

    assert done.exit_code == 1
    assert done.output == (
        "lrplot: a.svg: is stale\n"
        "lrplot: b/one.svg: is missing\n"
        "lrplot: b/two.svg: is missing\n"
        "  renew: lrplot figures list.yaml\n"
    )
    assert not Path("b").exists()


def test_a_check_needs_no_matplotlib_and_so_none_of_its_fonts() -> None:
    run("list.yaml")
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('matplotlib' in sys.modules))\n"
        "sys.argv = ['lrplot', 'figures', 'list.yaml', '--check']\n"
        "from lrplot.__main__ import main\n"
        "main()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(lrplot.__file__).parents[1])}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, env=environment, check=True, text=True)

    assert (done.stdout, done.stderr) == ("False\n", "3 files: all fresh\n")


def test_one_that_fails_does_not_keep_the_others_from_being_made() -> None:
    text = LIST.replace("power: 2", "power: -2").replace("cosine", "nope.yaml")
    Path("list.yaml").write_text(text, encoding="utf-8")

    done = run("list.yaml")

    assert done.exit_code == 1
    assert Path("a.svg").exists()
    assert done.output.splitlines()[:2] == ["wrote a.svg", "3 files: 1 written, 2 failed"]
    assert "b/one.power: must be a number >= 0.0, got -2" in done.output
    said = " ".join(done.output.split())
    assert "b/two.source: 'nope.yaml' is neither a file nor a schedule" in said


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told() -> None:
    Path("b").mkdir(mode=0o555)

    done = run("list.yaml")

    assert done.exit_code == 1
    assert "lrplot: b/one.svg: cannot be written: Permission denied" in done.output


def test_a_folder_in_the_place_of_a_file_is_told_and_kept() -> None:
    Path("a.svg").mkdir()

    assert "lrplot: a.svg: is a folder\n" in run("list.yaml").output
    assert Path("b/two.svg").exists()


def test_a_list_that_is_no_file_is_told() -> None:
    done = run("nope.yaml")

    assert done.exit_code == 1
    assert done.output == "lrplot: nope.yaml: no such file\n"


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_how_far_it_is_shows_on_a_terminal_alone() -> None:
    import pty

    ours, theirs = pty.openpty()
    root = str(Path(lrplot.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "lrplot", "figures", "list.yaml"]
    subprocess.run(command, stderr=theirs, env=environment, check=True)
    os.close(theirs)

    assert b"drawing" in os.read(ours, 100_000)
    assert "drawing" not in run("list.yaml").output
