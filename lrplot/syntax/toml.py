"""TOML to a tree. The library gives the values; a scan of the text says where each key stands.

What stands inside an inline table or an array has the place of the key that it belongs to.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, Where
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parse_toml"]

MAX_DEPTH = 60
MAX_VALUES = 200_000

# What is left open runs to the end of the text, so that no part is ever looked at twice.
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_STRING = (
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)'
    r"|'''.*?(?:'{3,5}|\Z)"
    r'|"(?:\\.|[^"\\\n])*(?:"|\n|\Z)'
    r"|'[^'\n]*(?:'|\n|\Z)"
)
_PART = rf"[ \t]*(?:[\w-]+|{_STRING})[ \t]*"
_KEY = re.compile(
    rf"(?P<table>\[{{0,2}})(?P<path>{_PART}(?:\.{_PART})*)(?:\]{{1,2}}|=[ \t]*)", re.DOTALL
)
_DEEP = re.compile(rf"\[{{0,2}}{_PART}(?:\.{_PART}){{{MAX_DEPTH}}}", re.DOTALL)
_PARTS = re.compile(rf"[\w-]+|{_STRING}", re.DOTALL)
_TOKEN = re.compile(rf"(?P<string>{_STRING})|#[^\n]*|[\[\]{{}},\n]|[^\[\]{{}},\n\"'#]+", re.DOTALL)
_REASON = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|.*)\)", re.DOTALL
)

_MARKS = {"[", "]", "{", "}", ","}

Path = tuple["str | int", ...]


class _Place(NamedTuple):
    """Where a key stands, where its value does, and how the value was written."""

    key: Where
    value: Where
    text: str


def parse_toml(text: str, source: str) -> Node:
    """Parse TOML into a tree; raise InputError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    places = _Scan(text, source).places()
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # a TOMLDecodeError, or a number of too many digits
        raise _unreadable(str(error), source) from None
    return _tree(data, (), _Place(Where(source, 1, 1), Where(source, 1, 1), ""), places)


def _unreadable(reason: str, source: str) -> InputError:
    found = _REASON.fullmatch(reason)
    if not found:
        return InputError("cannot be parsed: a number has too many digits", where=Where(source))
    line, column = (int(found[part] or 0) for part in ("line", "column"))
    return InputError(f"cannot be parsed: {found['what']}", where=Where(source, line, column))


def _tree(value: Any, path: Path, place: _Place, places: dict[Path, _Place]) -> Node:
    """Wrap what the library read, each key with its place."""
    if len(path) > 2 * MAX_DEPTH:  # a table inside, with a dotted key in it, and so on
        raise InputError(f"is nested more than {MAX_DEPTH} deep", where=place.key)
    if isinstance(value, dict):
        at = {key: places.get((*path, key), place) for key in value}
        inner = {key: _tree(item, (*path, key), at[key], places) for key, item in value.items()}
        return Node(inner, place.value, keys={key: found.key for key, found in at.items()})
    if isinstance(value, list):
        found = [
            _tree(item, (*path, i), places.get((*path, i), place), places)
            for i, item in enumerate(value)
        ]
        return Node(tuple(found), place.value)
    plain = isinstance(value, (str, bool, int, float))
    written = place.text if places.get(path) is place else str(value)
    kept = value if isinstance(value, str) else written
    return Node(value if plain else written, place.value, text=kept)  # a date stays text


class _Scan:
    """Finds the keys of a text that the library will read: their paths and places.

    It bounds depth and size, too, which the library does not; what is no TOML it leaves to it.
    """

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        self.lines = [found.end() for found in re.finditer("\n", text)]
        self.found: dict[Path, _Place] = {}
        self.arrays: dict[Path, int] = {}
        self.at = self.size = 0

    def places(self) -> dict[Path, _Place]:
        """Return the place of each key; an array's tables are numbered: ("servers", 0, "ip")."""
        table: Path = ()
        for start, key in self._statements():
            path: Path = tuple(_bare(part) for part in _PARTS.findall(key["path"]))
            end = key.end()
            if key["table"]:
                table = path = self._open(path, array=len(key["table"]) > 1)
            else:
                path, end = table + path, self._past(end)
            written = self.text[key.end() : end].strip()
            self._note(path, start, start if key["table"] else key.end(), written)
            self.at = end
        return self.found

    def _statements(self) -> Iterator[tuple[int, re.Match[str]]]:
        """Return each table's header and each key, from where the one before it ended."""
        while self.at < len(self.text):
            gap = _GAP.match(self.text, self.at)
            start = gap.end() if gap else self.at
            if _DEEP.match(self.text, start):
                self._refuse(f"is nested more than {MAX_DEPTH} deep", start)
            found = _KEY.match(self.text, start)
            if not found:
                return  # the end, or no TOML
            self._count(0, start, more=True)
            yield start, found

    def _note(self, path: Path, start: int, value: int, written: str) -> None:
        """Remember where a key stands; a key that only leads to it stands there, too."""
        place = _Place(self._where(start), self._where(value), written)
        for length in range(1, len(path)):
            self.found.setdefault(path[:length], place._replace(text=""))
        self.found[path] = place

    def _open(self, path: Path, *, array: bool) -> Path:
        """Return a table's path, with the number of each array's table that it is inside of."""
        whole: Path = ()
        for i, part in enumerate(path):
            whole = (*whole, part)
            if array and i == len(path) - 1:
                self.arrays[whole] = self.arrays.get(whole, -1) + 1
            if whole in self.arrays:
                whole = (*whole, self.arrays[whole])
        return whole

    def _past(self, at: int) -> int:
        """Pass over a value, which may go on over lines inside its brackets; return its end."""
        depth, dots, end = 0, 0, at
        for token in _TOKEN.finditer(self.text, at):
            mark = token.group()
            if depth <= 0 and (mark == "\n" or mark[0] == "#"):
                break
            depth += (mark in {"[", "{"}) - (mark in {"]", "}"})
            dots = 0 if mark in _MARKS else dots + (0 if token["string"] else mark.count("."))
            self._count(max(depth, dots), token.start(), more=mark in {",", "["})
            end = token.end()
        return end

    def _count(self, depth: int, at: int, *, more: bool) -> None:
        self.size += more
        if depth > MAX_DEPTH:
            self._refuse(f"is nested more than {MAX_DEPTH} deep", at)
        if self.size > MAX_VALUES:
            self._refuse(f"holds more than {MAX_VALUES:,} values", at)

    def _where(self, at: int) -> Where:
        from bisect import bisect_right

        line = bisect_right(self.lines, at)
        start = self.lines[line - 1] if line else 0
        return Where(self.source, line + 1, at - start + 1)

    def _refuse(self, message: str, at: int) -> None:
        raise InputError(message, where=self._where(at))


def _bare(part: str) -> str:
    """Return a key without its quotes."""
    return part[1:-1] if part[0] in "\"'" else part
