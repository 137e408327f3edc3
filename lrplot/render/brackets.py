"""Names of phases above a picture in characters, each with a line that leads down to its start."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["EDGE", "Brackets", "Signs", "Start", "bracketed"]

EDGE = -1  # the column left of the first one, in which the axis stands
_NARROW = 3  # columns: a phase that has fewer, and no name, has no line


class Signs(NamedTuple):
    """What names and lines are drawn with."""

    to_right: str  # the corner of a name that stands right of its line
    to_left: str
    joint: str  # the corner of a name on the line of one above
    line: str


class Start(NamedTuple):
    """A phase in view: its name, the column that it begins in, and how many it has."""

    name: str
    column: int
    width: int


class Brackets(NamedTuple):
    """The rows above a picture, from its edge on, and the columns in it that have a line."""

    rows: tuple[str, ...]
    lines: tuple[int, ...]


class _Name(NamedTuple):
    text: str
    column: int
    left: int
    row: int


def bracketed(starts: Sequence[Start], columns: int, most: int, signs: Signs) -> Brackets:
    """Name phases in at most so many rows. A name is left out where it has no room.

    Phases of one name in a row are named once, and each has its line.
    """
    names = _placed(starts, columns, most)
    named = {name.column for name in names}
    lines = {s.column for s in starts if s.column in named or s.width >= _NARROW} - {EDGE}
    return Brackets(_written(names, columns, signs), tuple(sorted(lines)))


def _placed(starts: Sequence[Start], columns: int, most: int) -> list[_Name]:
    """Put each name in the first row in which it, and its line below that row, meet no other."""
    until, found, before = [EDGE] * most, list[_Name](), ""
    for name, column, _ in starts:
        to_right = column + len(name) < columns
        left = column + 1 if to_right else column - len(name)
        clear = column if to_right else left - 1
        rows = [row for row in range(most) if max(until[row:]) <= clear]
        if name == before or left < 0 or not rows:
            continue
        row, before = rows[0], name
        after = max(column, left + len(name)) + 1  # a blank parts it from the next
        until = [*until[:row], after, *[column] * (most - row - 1)]
        found.append(_Name(name, column, left, row))
    return found


def _written(names: Sequence[_Name], columns: int, signs: Signs) -> tuple[str, ...]:
    """Return the rows that the names take."""
    used = max((name.row for name in names), default=-1) + 1
    rows = [[" "] * (columns + 1) for _ in range(used)]
    for text, column, left, row in names:
        at, start = column - EDGE, left - EDGE
        corner = signs.to_right if left > column else signs.to_left
        first = signs.joint if rows[row][at] == signs.line else corner
        for below in rows[row:]:
            below[at] = signs.line
        rows[row][at] = first
        rows[row][start : start + len(text)] = text
    return tuple("".join(row).rstrip() for row in rows)
