"""Curves where the command is typed: in terminals of several sizes and abilities, and in pipes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.cells import cell_len

import lrplot

ROOT = str(Path(lrplot.__file__).parents[1])
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
POLY = ("poly", "--base-lr", "0.1", "--max-iters", "1000")
TWO = (*POLY, "--power", "0.5", "--power", "2")
SETTINGS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "LC_ALL", "LC_CTYPE", "COLORTERM")


class Seen(NamedTuple):
    """What a terminal was sent, and how the command ended."""

    raw: str
    code: int

    @property
    def lines(self) -> list[str]:
        return ESCAPE.sub("", self.raw).splitlines()

    @property
    def picture(self) -> list[str]:
        """The lines before what is said at the end."""
        return [line for line in self.lines if not line.startswith(("wrote", "note: "))]


def environment(**env: str) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key not in SETTINGS}
    return {**plain, "PYTHONPATH": ROOT, "TERM": "xterm-256color", "LANG": "C.UTF-8", **env}


def in_terminal(cwd: Path, *words: str, columns: int = 80, lines: int = 24, **env: str) -> Seen:
    """Run a command in a terminal of this size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    command = [sys.executable, "-m", "lrplot", "curve", *words]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=environment(**env)
    ) as process:
        os.close(theirs)
        parts = []
        while part := read(ours):
            parts.append(part)
    os.close(ours)
    return Seen(b"".join(parts).decode(), process.returncode)


def read(handle: int) -> bytes:
    try:
        return os.read(handle, 2**16)
    except OSError:  # how Linux says that the other end is closed
        return b""


def in_pipe(cwd: Path, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lrplot", "curve", *words]
    return subprocess.run(
        command,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env=environment(**env),
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 12), (200, 50)])
def test_the_picture_fills_the_window_and_leaves_room_for_what_is_said(
    columns: int, lines: int, tmp_path: Path
) -> None:
    seen = in_terminal(tmp_path, *TWO, columns=columns, lines=lines)

    assert seen.code == 0
    assert len(seen.picture) == lines - 2
    assert max(map(cell_len, seen.picture)) == columns
    assert seen.lines[-1] == "wrote poly.png"
    assert any("\u2801" <= sign <= "\u28ff" for sign in seen.raw)
    assert seen.picture[-1] == "a power=0.5  b power=2"


def test_notes_have_room_below_the_picture(tmp_path: Path) -> None:
    config = Path(__file__).parents[2] / "sample_configs" / "mmseg_poly_160k.py"
    seen = in_terminal(tmp_path, str(config), "-o", "a.png", columns=50)
    notes = seen.lines.index(next(line for line in seen.lines if line.startswith("note: ")))

    assert len(seen.lines) == 23
    assert seen.lines[0] == "mmseg_poly_160k"
    assert max(map(cell_len, seen.lines)) <= 50
    assert [
        line for line in seen.lines[notes:-1] if not line.startswith(("note: ", "      "))
    ] == []


def test_on_a_terminal_the_file_is_written_too_and_with_the_option_it_is_not(
    tmp_path: Path,
) -> None:
    both = in_terminal(tmp_path, *POLY, "-o", "a.png")
    alone = in_terminal(tmp_path, *POLY, "--terminal")

    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert both.lines[-1] == "wrote a.png"
    assert alone.picture == both.picture
    assert "wrote" not in alone.raw


def test_a_terminal_of_colours_gets_them(tmp_path: Path) -> None:
    raw = in_terminal(tmp_path, *TWO, "--terminal", COLORTERM="truecolor").raw

    assert "\x1b[38;2;0;114;178m" in raw
    assert "\x1b[38;5;" in in_terminal(tmp_path, *TWO, "--terminal").raw


def test_no_color_is_obeyed(tmp_path: Path) -> None:
    seen = in_terminal(tmp_path, *TWO, "--terminal", NO_COLOR="1")

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", seen.raw)
    assert set("ab") <= set("".join(seen.picture[:-1]))


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "dumb"},
        {"TERM": "linux"},
        {"LANG": "C"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_a_terminal_that_can_do_less_is_sent_less(env: dict[str, str], tmp_path: Path) -> None:
    seen = in_terminal(tmp_path, *TWO, "--terminal", columns=60, lines=20, **env)

    assert seen.code == 0
    assert seen.raw.isascii()
    assert len(seen.picture) == 18
    assert max(map(len, seen.picture)) == 60
    assert {"aaa", "bbb"} <= set(re.findall("aaa|bbb", "".join(seen.picture)))


def test_a_dumb_terminal_is_sent_no_escapes(tmp_path: Path) -> None:
    assert "\x1b" not in in_terminal(tmp_path, *TWO, "--terminal", TERM="dumb").raw


def test_a_pipe_gets_the_picture_where_it_is_asked_for_plain_and_80_wide(tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY, "--terminal")
    lines = done.stdout.decode().splitlines()

    assert done.returncode == 0
    assert done.stderr == b""
    assert b"\x1b" not in done.stdout
    assert max(map(len, lines)) == 80
    assert not list(tmp_path.iterdir())
    assert in_pipe(tmp_path, *POLY, "--terminal").stdout == done.stdout


def test_a_pipe_gets_nothing_unasked(tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY)

    assert done.stdout == b""
    assert done.stderr == b"wrote poly.png\n"


def test_columns_are_obeyed_in_a_pipe(tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY, "--terminal", COLUMNS="50")

    assert max(map(len, done.stdout.decode().splitlines())) == 50


def test_a_tall_and_narrow_window_is_not_filled_to_its_foot(tmp_path: Path) -> None:
    seen = in_terminal(tmp_path, *POLY, "--terminal", columns=50, lines=120)

    assert len(seen.picture) == 25


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "x.png"), "--terminal writes no file: leave out -o and --to"),
        (("--to", "svg"), "--terminal writes no file: leave out -o and --to"),
        (("--label", "a", "--label", "b"), "--label: names 2 of 1 lines: give one for each"),
        (("--xlim", "5..5"), "--xlim: '5..5' is empty: it ends before it begins"),
    ],
)
def test_what_does_not_fit_is_refused(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY, "--terminal", *words)

    assert done.returncode == 2
    assert done.stderr.decode() == f"lrplot: {said}\n"
    assert done.stdout == b""


def test_nothing_above_0_on_a_log_axis_is_an_error(tmp_path: Path) -> None:
    done = in_pipe(
        tmp_path, "constant", "--base-lr", "0", "--max-iters", "9", "--log", "--terminal"
    )

    assert done.returncode == 1
    assert b"no rate is above 0" in done.stderr


def test_a_page_is_written_for_html(tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY, "-o", "poly.html")
    text = (tmp_path / "poly.html").read_text(encoding="utf-8")

    assert done.stderr == b"wrote poly.html\n"
    assert text.startswith("<!DOCTYPE html>")
    command = "lrplot curve poly --base-lr 0.1 --max-iters 1000 --to html"
    assert f'<meta name="generator" content="{command}  # lrplot-mark:' in text
    assert in_pipe(tmp_path, *POLY, "--to", "html", "-o", "-").stdout.count(b"</html>") == 1


def test_what_a_page_has_not_is_refused_as_an_option(tmp_path: Path) -> None:
    done = in_pipe(tmp_path, *POLY, "-o", "poly.html", "--percent")

    assert done.returncode == 2
    assert done.stderr == b"lrplot: --percent: plays no part in a page: leave it out\n"
    assert not list(tmp_path.iterdir())


def test_a_page_needs_no_matplotlib(tmp_path: Path) -> None:
    script = (
        "import sys, atexit; atexit.register(lambda: print('matplotlib' in sys.modules));"
        "sys.argv = ['lrplot', 'curve', 'poly', '-o', 'a.html'];"
        "from lrplot.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        check=False,
    )

    assert done.stdout == b"False\n"
