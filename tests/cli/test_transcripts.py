"""Commands and exactly what they print, recorded in transcripts/*.txt at a width of 80.

    $ lrplot at 0 - < poly.yaml        a command, run where files/ lies
    0.1                                what it wrote to stdout
    ! note: ...                        what it wrote to stderr
    |                                  an empty line
    [2]                                its exit code, where it is not 0

A command may end in `| head -N`, which shows the first lines, and `$ ls` lists what was written.
`pytest tests/cli --renew` records anew what the commands print; review what changes.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrplot.cli import cli

HERE = Path(__file__).parent
TRANSCRIPTS = sorted((HERE / "transcripts").glob("*.txt"))
COMMAND = re.compile(
    r"lrplot ?(?P<words>.*?)(?: < (?P<stdin>\S+))?(?: \| head -(?P<head>\d+))?", re.DOTALL
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with the files that the transcripts name, before a terminal 80 wide."""
    here = tmp_path / "here"
    shutil.copytree(HERE / "files", here)
    monkeypatch.chdir(here)
    for name, value in {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    return here


def files() -> set[str]:
    return {str(path.relative_to(".")) for path in Path().rglob("*") if path.is_file()}


def run(line: str) -> str:
    """Return what a command prints, as a transcript shows it."""
    found = COMMAND.fullmatch(line)
    assert found, f"no lrplot command: {line}"
    stdin = Path(found["stdin"]).read_bytes() if found["stdin"] else None
    result = CliRunner().invoke(cli, shlex.split(found["words"]), input=stdin, prog_name="lrplot")
    assert result.exception is None or isinstance(result.exception, SystemExit), line
    out = result.stdout.splitlines()[: int(found["head"]) if found["head"] else None]
    lines = [line.rstrip() or "|" for line in out]
    lines += [f"! {line}".rstrip() for line in result.stderr.splitlines()]
    lines += [f"[{result.exit_code}]"] * bool(result.exit_code)
    return "".join(f"{line}\n" for line in lines)


def replayed(text: str) -> str:
    """Return a transcript with what its commands print now."""
    before, parts = files(), []
    for block in text.split("\n\n"):
        line = block.partition("\n")[0].removeprefix("$ ")
        if not block.startswith("$ "):
            parts.append(block.rstrip("\n") + "\n")  # a heading
        elif line == "ls":
            parts.append("$ ls\n" + "".join(f"{name}\n" for name in sorted(files() - before)))
        else:
            parts.append(f"$ {line}\n{run(line)}")
    return "\n".join(parts)


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_commands_print_what_was_recorded(path: Path, request: pytest.FixtureRequest) -> None:
    recorded = path.read_text(encoding="utf-8")

    printed = replayed(recorded)

    if request.config.getoption("--renew"):
        path.write_text(printed, encoding="utf-8")
        return
    assert printed == recorded


def test_there_are_transcripts_of_every_command() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TRANSCRIPTS)

    assert all(f"$ lrplot {name}" in text for name in cli.commands)
