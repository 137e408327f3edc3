"""YAML and JSON (and TOML, by its suffix) to a tree; bounded, and nothing is ever constructed.

A YAML tag is kept as text. A key that is written twice counts as it was last, which the tree says.
`1e-4` is a number, as people mean it, though YAML 1.1 makes it text;
a reader that must follow a framework's YAML 1.1 finds what was written in `Node.text`.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Where
from lrplot.syntax.tree import Key, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["files_read", "parse_document", "read_document", "read_text"]

MAX_BYTES = 5_000_000
MAX_DEPTH = 60
MAX_NODES = 200_000

_NUMBER = re.compile(
    r"[+-]?(?:0x[0-9a-f][0-9a-f_]*|0o[0-7][0-7_]*|(?P<float>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?))",
    re.IGNORECASE,
)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "none"), None),
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys((".inf", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
# What is left open runs to the end of the text, so that no part is ever looked at twice.
_JSON_EXTRAS = re.compile(r'"(?:\\.|[^"\\])*"?|//[^\n]*|/\*.*?(?:\*/|\Z)|\t', re.DOTALL)
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_LONGEST_INT = 400
_READ: ContextVar[set[str] | None] = ContextVar("files", default=None)


@contextmanager
def files_read() -> Iterator[set[str]]:
    """Collect the names of the files that are read, or looked for, while the block runs."""
    names: set[str] = set()
    token = _READ.set(names)
    try:
        yield names
    finally:
        _READ.reset(token)


def read_document(path: str | Path) -> Node:
    """Read a YAML, JSON or TOML file ("-" is standard input) into a tree; raise InputError."""
    source = "standard input" if str(path) == "-" else str(path)
    return parse_document(read_text(path), source)


def read_text(path: str | Path) -> str:
    """Return a text file's content, refusing at once what cannot be a config."""
    source = "standard input" if str(path) == "-" else str(path)
    where = Where(source)
    try:
        data = _read_bytes(path)
    except IsADirectoryError:
        raise InputError("is a folder, not a file", where=where) from None
    except FileNotFoundError:
        raise InputError("no such file", where=where) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", where=where) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES // 10**6} MB, too large", where=where)
    return _decode(data, source)


def _read_bytes(path: str | Path) -> bytes:
    if (names := _READ.get()) is not None:
        names.add(str(path))
    if str(path) == "-":
        if sys.stdin is None:
            raise OSError("it is closed")
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(path).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _decode(data: bytes, source: str) -> str:
    if b"\0" in data:
        raise InputError("is a binary file, not text", where=Where(source))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InputError("is not UTF-8 text", where=Where(source, line, column)) from None
    if not text.strip():
        raise InputError("is empty", where=Where(source))
    return text


def parse_document(text: str, source: str) -> Node:
    """Parse YAML or JSON (with comments, as people write it) into a tree; raise InputError.

    What the source's name ends with (".toml") says that it is TOML.
    """
    if source.endswith(".toml"):
        from lrplot.syntax.toml import parse_toml

        return parse_toml(text, source)
    import yaml

    if source.endswith((".json", ".jsonc")) or text.lstrip().startswith(("{", "[", "//")):
        text = _JSON_EXTRAS.sub(_blank, text)
    try:
        return _Builder(source).build(yaml.parse(text, Loader=_loader(yaml)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Where(source, mark.line + 1, mark.column + 1) if mark else Where(source)
        what = ", ".join(filter(None, (error.context, error.problem)))
        raise InputError(f"cannot be parsed: {what}", where=place) from None
    except yaml.YAMLError as error:
        what = str(error).splitlines()[0]
        raise InputError(f"cannot be parsed: {what}", where=Where(source)) from None


def _loader(yaml: Any) -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _blank(found: re.Match[str]) -> str:
    """Keep a string; turn a comment or a tab into as many spaces, so that places stay true."""
    text = found.group()
    return _PAIR.sub(_joined, text) if text[0] == '"' else re.sub(r"[^\n]", " ", text)


def _joined(found: re.Match[str]) -> str:
    """Write JSON's two escapes of one character as YAML does, as one."""
    high, low = (int(half, 16) for half in found.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


class _Open:
    """A list or a mapping that is being filled."""

    def __init__(self, where: Where, tag: str, anchor: str | None, *, mapping: bool) -> None:
        self.where, self.tag, self.anchor, self.mapping = where, tag, anchor, mapping
        self.items: list[Node] = []
        self.size = 1


class _Builder:
    """Builds the tree from YAML events, without recursion."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and self.root is not None:
                self._refuse("holds more than one document", self._where(event))
            handle = getattr(self, f"_on_{kind}", None)
            if handle:
                handle(event)
        if self.root is None:
            raise InputError("is empty", where=Where(self.source))
        return self.root

    def _where(self, event: Any) -> Where:
        mark = event.start_mark
        return Where(self.source, mark.line + 1, mark.column + 1)

    def _refuse(self, message: str, where: Where) -> None:
        raise InputError(message, where=where)

    def _on_ScalarEvent(self, event: Any) -> None:  # noqa: N802  named after the event
        tag = event.tag or ""
        plain = event.implicit[0] and not tag
        value = _resolve(event.value) if plain else event.value
        self._add(Node(value, self._where(event), text=event.value, tag=tag), event.anchor, 1)

    def _on_AliasEvent(self, event: Any) -> None:  # noqa: N802
        found = self.anchors.get(event.anchor)
        if found is None:
            self._refuse(f"*{event.anchor} names no anchor", self._where(event))
        else:
            self._add(found[0], None, found[1])

    def _on_SequenceStartEvent(self, event: Any) -> None:  # noqa: N802
        self._push(event, mapping=False)

    def _on_MappingStartEvent(self, event: Any) -> None:  # noqa: N802
        self._push(event, mapping=True)

    def _push(self, event: Any, *, mapping: bool) -> None:
        where = self._where(event)
        if len(self.open) >= MAX_DEPTH:
            self._refuse(f"is nested more than {MAX_DEPTH} deep", where)
        self.open.append(_Open(where, event.tag or "", event.anchor, mapping=mapping))

    def _on_SequenceEndEvent(self, _event: Any) -> None:  # noqa: N802
        done = self.open.pop()
        self._add(Node(tuple(done.items), done.where, tag=done.tag), done.anchor, done.size)

    def _on_MappingEndEvent(self, _event: Any) -> None:  # noqa: N802
        done = self.open.pop()
        self._add(self._mapping(done), done.anchor, done.size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        """Put a finished node where it belongs; an alias counts as all that it repeats."""
        if anchor:
            self.anchors[anchor] = (node, size)
        if not self.open:
            self.root = node
            return
        self.open[-1].items.append(node)
        self.open[-1].size += size
        if self.open[-1].size > MAX_NODES:
            self._refuse(f"holds more than {MAX_NODES:,} values, aliases included", node.where)

    def _mapping(self, done: _Open) -> Node:
        values: dict[Key, Node] = {}
        keys: dict[Key, Where] = {}
        first: dict[Key, Where] = {}
        merged: list[Node] = []
        for key, value in zip(done.items[::2], done.items[1::2], strict=True):
            if isinstance(key.value, (tuple, dict)):
                self._refuse("a key must be a name, not a list or a mapping", key.where)
            if key.text == "<<":
                merged += value.value if isinstance(value.value, tuple) else [value]
            else:
                if key.value in keys:
                    first.setdefault(key.value, keys[key.value])
                values[key.value], keys[key.value] = value, key.where
        for node in merged:
            _merge(node, values, keys)
        return Node(values, done.where, tag=done.tag, keys=keys, first=first)


def _merge(node: Node, values: dict[Key, Node], keys: dict[Key, Where]) -> None:
    """Add what a `<<` brings and the mapping does not itself say."""
    if not isinstance(node.value, dict):
        raise InputError("<< needs a mapping", where=node.where)
    for key, value in node.value.items():
        if key not in values:
            values[key], keys[key] = value, node.keys[key]


def _resolve(text: str) -> Key:
    """Return what a plain scalar means: a number, true or false, nothing, or text."""
    word = text.lower()
    if word in _WORDS:
        return _WORDS[word]
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    digits = text.replace("_", "")
    based = found["float"] is None
    if not based and not re.fullmatch(r"[+-]?\d+", digits):
        return float(digits)
    if len(digits) > _LONGEST_INT:  # Python, too, refuses to turn endless digits into a number
        return text
    return int(digits, 0 if based else 10)
