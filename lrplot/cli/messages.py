"""What is said on stderr, in lines that fit it: notes, and what is wrong."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["rows", "say", "say_notes"]

_ENDLESS = sys.maxsize  # where stderr is no terminal: a line is a message, for tools to find
_NARROWEST = 20  # that anybody reads
_NOTE = "note: "


def say_notes(notes: Iterable[str]) -> None:
    """Say what the reader should know, each from a line on that begins with `note: `."""
    for note in notes:
        say(_NOTE + note, len(_NOTE))


def say(text: str, hanging: int) -> None:
    """Write lines to stderr; what does not fit goes on below, so many characters further in."""
    for line in _wrapped(text, hanging, _width()):
        print(line, file=sys.stderr)  # noqa: T201  the commentary channel


def rows(notes: Iterable[str]) -> int:
    """Return how many rows of the terminal these notes take."""
    if not sys.stderr.isatty():
        return 0
    return sum(len(_wrapped(_NOTE + note, len(_NOTE), _width())) for note in notes)


def _width() -> int:
    try:
        return max(_NARROWEST, os.get_terminal_size(sys.stderr.fileno()).columns)
    except (OSError, ValueError):  # no terminal, or not even a file
        return _ENDLESS


def _wrapped(text: str, hanging: int, width: int) -> list[str]:
    """Break lines at blanks alone: a path or an option is never parted."""
    lines = text.split("\n")
    if all(len(line) <= width for line in lines):
        return lines
    from textwrap import wrap

    return [
        part
        for line in lines
        for part in wrap(
            line,
            width,
            subsequent_indent=" " * hanging,
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
        )
        or [""]
    ]
