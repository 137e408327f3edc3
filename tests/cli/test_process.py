"""lrplot as a program: its exits, its streams, what it imports, what it completes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

import lrplot
from lrplot.__main__ import main
from lrplot.cli import cli

ROOT = str(Path(lrplot.__file__).parents[1])
HEAVY = {"numpy", "rich", "matplotlib", "yaml", "msgspec"}


def run(
    *words: str | bytes,
    stdin: bytes | None = b"",
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    surroundings = {**os.environ, "PYTHONPATH": ROOT, "COLUMNS": "80", **(env or {})}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "lrplot", *words],
        input=stdin,
        capture_output=True,
        env=surroundings,
        cwd=cwd,
        check=False,
        timeout=60,
    )


def shell(line: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `lrplot` is the command."""
    command = f'lrplot() {{ "{sys.executable}" -m lrplot "$@"; }}; set -o pipefail; {line}'
    return subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        cwd=cwd,
        check=False,
        timeout=60,
    )


# -- exits and streams ----------------------------------------------------------------------------


def test_the_module_is_the_command() -> None:
    done = run("at", "500", "poly", "--power", "2", "--eta-min", "0.001")

    assert done.returncode == 0
    assert done.stdout == b"0.02575\n"
    assert done.stderr.startswith(b"note: ")


def test_a_variable_holds_the_rate() -> None:
    done = shell("lr=$(lrplot at 500 poly --power 2 --eta-min 0.001 2>/dev/null); echo $lr")

    assert done.stdout == "0.02575\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [(("at", "0", "poly"), 0), (("at", "0", "."), 1), (("at", "0", "ploy"), 2), (("--bad",), 2)],
)
def test_the_exit_code_says_who_is_wrong(words: tuple[str, ...], code: int) -> None:
    assert run(*words).returncode == code


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "markdown"])
def test_a_pipe_that_closes_early_ends_quietly(kind: str) -> None:
    done = shell(f"lrplot table poly --max-iters 1e9 --every 1 --format {kind} | head -2")

    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


def test_a_closed_standard_input_is_told() -> None:
    done = shell("lrplot at 0 - <&-")

    assert done.returncode == 1
    assert done.stderr == "lrplot: standard input: cannot be read: it is closed\n"


def test_standard_input_is_read_once() -> None:
    done = run("at", "0", "-", stdin=b"schedule: constant\nbase_lr: 0.5\n")

    assert done.stdout == b"0.5\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_any_terminal_can_show_a_table(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "\u5b66.yaml").write_text("schedule: constant\nbase_lr: 1\n", encoding="utf-8")

    for words in (("table", "\u5b66.yaml"), ("explain", "\u5b66.yaml"), ("table", "poly")):
        done = run(*words, env={"PYTHONIOENCODING": encoding}, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
def test_a_name_that_is_no_text_is_no_trouble(tmp_path: Path) -> None:
    name = b"caf\xe9.yaml"
    (tmp_path / os.fsdecode(name)).write_text("schedule: constant\nbase_lr: 1\n", encoding="utf-8")

    for command in (b"explain", b"table", b"curve"):
        done = run(command, name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr


def test_colours_are_left_out_where_they_are_not_wanted() -> None:
    for env in ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, {}):
        assert b"\x1b[3" not in run("table", "poly", env=env).stdout


# -- imports --------------------------------------------------------------------------------------


def imported(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> set[str]:
    """Return which of the heavy packages a command imports."""
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('|'.join(sys.modules), file=sys.stderr))\n"
        f"sys.argv = ['lrplot', *{list(words)!r}]\n"
        "from lrplot.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT, **(env or {})},
        cwd=cwd,
        check=False,
        timeout=60,
    )
    return HEAVY & set(done.stderr.splitlines()[-1].split("|"))


COMPLETE = {"_LRPLOT_COMPLETE": "bash_complete", "COMP_WORDS": "lrplot curve po", "COMP_CWORD": "2"}


@pytest.mark.parametrize(
    ("words", "env"),
    [
        (("--help",), {}),
        (("--version",), {}),
        (("at", "--help"), {}),
        ((), COMPLETE),
        ((), {"_LRPLOT_COMPLETE": "bash_source"}),
    ],
)
def test_help_and_completion_import_nothing_heavy(
    words: tuple[str, ...], env: dict[str, str]
) -> None:
    assert imported(*words, env=env) == set()


def test_a_schedule_s_help_imports_no_renderer() -> None:
    assert imported("curve", "--help") <= {"msgspec"}
    assert imported("curve", "poly", "--help") <= {"msgspec"}
    assert imported("list") <= {"msgspec"}
    assert imported("show", "poly") <= {"msgspec"}


def test_a_rate_is_said_without_a_renderer(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("schedule: constant\nbase_lr: 1\n", encoding="utf-8")

    assert imported("at", "0", "a.yaml", cwd=tmp_path) == {"numpy", "msgspec", "yaml"}
    assert imported("at", "0", "poly") <= {"numpy", "msgspec", "yaml"}
    assert "matplotlib" not in imported("table", "poly")
    assert "rich" not in imported("table", "poly", "--format", "csv")
    assert "rich" not in imported("curve", "poly", "-o", str(tmp_path / "a.png"))


def test_importing_the_package_imports_nothing() -> None:
    script = "import sys, lrplot; print('|'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=True,
    )

    assert not HEAVY & set(done.stdout.strip().split("|"))


# -- completion -----------------------------------------------------------------------------------


def completed(shell_name: str, line: str) -> list[str]:
    """Return what a shell would be offered at the end of a line."""
    words = line.split(" ")
    env = {"_LRPLOT_COMPLETE": f"{shell_name}_complete", "COMP_WORDS": line}
    env["COMP_CWORD"] = words[-1] if shell_name == "fish" else str(len(words) - 1)
    done = run(env=env)
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lrplot cu", "curve"),
        ("lrplot curve cosine_", "cosine_restarts"),
        ("lrplot at 500 po", "poly"),
        ("lrplot table poly --eta", "--eta-min"),
        ("lrplot curve poly --ti", "--title"),
        ("lrplot curve cyclic --mode tri", "triangular2"),
        ("lrplot table poly --format j", "jsonl"),
        ("lrplot show on", "onecycle"),
    ],
)
def test_names_options_and_choices_are_completed(shell_name: str, line: str, offered: str) -> None:
    assert offered in " ".join(completed(shell_name, line)).replace(",", " ").split()


@pytest.mark.parametrize("line", ["lrplot curve x", "lrplot at 5 ./so", "lrplot curve --metrics a"])
def test_the_shell_completes_files(line: str) -> None:
    assert any(item.startswith("file,") for item in completed("bash", line))


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell_name: str) -> None:
    done = run(env={"_LRPLOT_COMPLETE": f"{shell_name}_source"})

    if done.returncode and shell_name == "bash":
        pytest.skip("no bash, or one too old")
    assert b"_LRPLOT_COMPLETE=" + shell_name.encode() + b"_complete" in done.stdout


def test_completion_offers_schedules_and_then_files() -> None:
    offered = ShellComplete(cli, {}, "lrplot", "_X").get_completions(["curve"], "cosine")

    assert [item.value for item in offered] == ["cosine", "cosine_restarts", "cosine"]
    assert offered[-1].type == "file"


def test_the_program_runs_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["anything", "--version"])

    with pytest.raises(SystemExit) as done:
        main()

    assert done.value.code == 0
    assert capsys.readouterr().out == f"lrplot {lrplot.__version__}\n"
