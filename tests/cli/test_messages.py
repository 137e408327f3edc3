"""What is said on stderr: whole words, in the width there is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lrplot.cli import messages

if TYPE_CHECKING:
    from collections.abc import Callable

LONG = "PolynomialDecay(learning_rate=0.1, decay_steps=5, end_lr=0.001, power=0.9, cycle=False)"


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[str]]:
    return lambda: capfd.readouterr().err.splitlines()  # noqa: PLW0108  read when it is called


def test_what_fits_is_said_as_it_is(said: Callable[[], list[str]]) -> None:
    messages.say_notes(["two  blanks", "x" * 74])

    assert said() == ["note: two  blanks", f"note: {'x' * 74}"]


@pytest.fixture
def wide_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))


def test_without_a_terminal_a_message_is_a_line(said: Callable[[], list[str]]) -> None:
    messages.say_notes([f"paddle has it as {LONG}"])
    assert said() == [f"note: paddle has it as {LONG}"]


@pytest.mark.usefixtures("wide_80")
def test_a_long_note_goes_on_further_in(said: Callable[[], list[str]]) -> None:
    messages.say_notes([f"paddle has it as {LONG}", "short"])
    lines = said()

    assert [line.startswith("note: ") for line in lines] == [True, False, True]
    assert lines[1].startswith("      ")
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines[:2]) == f"note: paddle has it as {LONG}"


@pytest.mark.usefixtures("wide_80")
def test_no_word_is_parted(said: Callable[[], list[str]]) -> None:
    path = "configs/" + "a-rather-long-name/" * 6 + "x.yaml:3:1:"
    messages.say(f"lrplot: {path} is wrong in a way that takes some words to tell", 8)

    assert path in " ".join(said())


@pytest.mark.usefixtures("wide_80")
def test_lines_are_lines_of_their_own(said: Callable[[], list[str]]) -> None:
    messages.say("  " + "one two three " * 7 + "\n\n  four", 4)
    first, second, empty, last = said()

    assert first.startswith("  one")
    assert second.startswith("    ")
    assert (empty, last) == ("", "  four")


@pytest.mark.parametrize(("columns", "widest"), [(200, 200), (50, 50), (3, 20)])
def test_a_terminal_s_width_counts(
    columns: int, widest: int, said: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    size = os.terminal_size((columns, 24))
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: size)
    messages.say_notes(["ab " * 100])
    lines = said()

    assert widest - 3 <= max(map(len, lines)) <= widest


@pytest.mark.usefixtures("wide_80")
def test_rows_are_counted_only_where_a_terminal_shows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes = ["short", "ab " * 40]
    assert messages.rows(notes) == 0

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert messages.rows(notes) == 3
