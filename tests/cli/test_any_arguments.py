"""Whatever is typed, lrplot answers or refuses: in words, never with a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrplot.cli import cli
from lrplot.schedules import by_name

if TYPE_CHECKING:
    from pathlib import Path

WORDS = """
0 1 -1 0.5 1e-4 1e400 1e9 nan inf true null [1,2] [ 10,20 1,0.5,0.1 8ep 50% end 160k cos t/0 é = .
a=b power=2 schedule.0=1 schedule=poly good.yaml bad.yaml list.yaml m.csv - / *a &a !x << #x {a:1}
"""
FLAGS = """
--base-lr --max-iters --max-epochs --iters-per-epoch --metrics --set --power --eta-min --milestones
--values --boundaries --gamma --factor --step-size --warmup-steps --decay-steps --t-0 --t-mult
--mode --cycle --every --rows --steps --format --param --max-lr --d-model --spec --pct-start
--div-factor --three-phase --anneal --help --nope --log --period --then --schedules --hand-over
--decay --from --as
"""
VALUES = st.sampled_from(["", " ", "9" * 30, "x" * 50, "0.95 ** epoch", "{a: 1}", *WORDS.split()])
OPTIONS = st.sampled_from(FLAGS.split())
SOURCES = st.sampled_from([*by_name, "good.yaml", "bad.yaml", "list.yaml", "m.csv", ".", "nope"])
COMMANDS = st.sampled_from(["at", "table", "explain", "show", "list"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "good.yaml": "schedule: poly\nbase_lr: 0.1\nmax_iters: 100\n",
        "bad.yaml": "schedule: poly\nbase_lr: x\n",
        "list.yaml": "base_lr: 1\nschedule:\n- {type: scale, factor: 2, steps: 5}\n- constant\n",
        "m.csv": "1\n0.5\n0.5\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@st.composite
def arguments(draw: st.DrawFn) -> list[str]:
    words = [draw(COMMANDS)]
    if words == ["at"]:
        words.append(draw(VALUES))
    words += draw(st.lists(SOURCES, max_size=2))
    for option in draw(st.lists(OPTIONS, max_size=4)):
        words += [option, *draw(st.lists(VALUES, min_size=1, max_size=1))]
    return words


def answer(words: list[str]) -> None:
    result = CliRunner().invoke(cli, words, input=b"schedule: step\nstep_size: 3\nbase_lr: 1\n")

    assert result.exception is None or isinstance(result.exception, SystemExit), words
    assert result.exit_code in {0, 1, 2}, words
    assert "Traceback" not in result.output
    if result.exit_code:
        assert result.stderr.strip(), words
        assert len(result.stderr) < 20_000


slow = settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck]
)


@slow
@given(arguments())
@pytest.mark.usefixtures("folder")
def test_likely_arguments_are_answered_or_refused(words: list[str]) -> None:
    answer(words)


@slow
@given(st.lists(st.text(max_size=12) | COMMANDS | SOURCES | OPTIONS, max_size=6))
@pytest.mark.usefixtures("folder")
def test_any_arguments_are_answered_or_refused(words: list[str]) -> None:
    answer(words)


@settings(parent=slow, max_examples=200)
@given(st.text(max_size=80))
@pytest.mark.usefixtures("folder")
def test_any_file_is_answered_or_refused(text: str) -> None:
    result = CliRunner().invoke(cli, ["at", "0", "-"], input=text.encode())

    assert result.exception is None or isinstance(result.exception, SystemExit), text
    assert result.exit_code in {0, 1, 2}
