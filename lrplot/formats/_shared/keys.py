"""The keys of a config, asked for by name: what is wrong with one is said with its path and place.

    optimizer = Section(tree).section("optimizer")
    rate = optimizer.number("lr", 0.001)          a default stands in for a key that is not there
    optimizer.refuse_others("lr", "momentum")     half-understood is worse than refused

A key that is there with nothing in it (`lr:`, `lr: null`) counts as not there, as the frameworks
have it. Text that reads as a number ("2e-5", quoted or not) is that number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Problem, suggest
from lrplot.syntax.tree import Call, Code, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lrplot.errors import Where

__all__ = ["REQUIRED", "Section", "plain"]

REQUIRED: Any = object()

_LARGEST = 10**300  # beyond it a whole number is no float

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Section:
    """A mapping of a config.

    Attributes:
        node: the mapping.
        path: the keys that lead to it ("model.init_args"), empty for the whole file.
    """

    def __init__(self, node: Node, path: str = "") -> None:
        self.node, self.path = node, path
        self.entries: dict[Any, Node] = node.value if isinstance(node.value, dict) else {}

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(map(str, self.entries))

    def get(self, key: str) -> Node | None:
        """Return a key's node, or None where it is not there or holds nothing."""
        found = self.entries.get(key)
        return None if found is None or found.value is None else found

    def first(self, *keys: str) -> str:
        """Return the first of several names of one thing that is there, else the first name."""
        return next((key for key in keys if key in self), keys[0])

    def section(self, key: str) -> Section:
        """Return the mapping under a key, an empty one where the key is not there."""
        node = self.get(key) or Node({}, self.node.where)
        if not isinstance(node.value, dict):
            raise self.wrong(key, "must be a mapping of keys to values")
        return Section(node, self.join(key))

    def starting(self, *prefixes: str) -> Section:
        """Return the section's keys that start so: in a flat file, those that look alike."""
        alike = {key: node for key, node in self.entries.items() if str(key).startswith(prefixes)}
        return Section(Node(alike, self.node.where, keys=self.node.keys), self.path)

    def number(self, key: str, default: Any = REQUIRED) -> Any:
        """Return a finite float."""
        node = self._given(key, default)
        if node is None:
            return default
        value = _as_number(node)
        if value is None or not math.isfinite(value):
            raise self.wrong(key, f"must be a number, got {_said(node)}")
        return float(value)

    def count(self, key: str, default: Any = REQUIRED, *, least: int = 0) -> Any:
        """Return a whole number of at least `least`; `1e5` and `5.0` are whole."""
        node = self._given(key, default)
        if node is None:
            return default
        value = _as_number(node)
        if value is None or not math.isfinite(value) or value != int(value):
            raise self.wrong(key, f"must be a whole number, got {_said(node)}")
        if value < least:
            raise self.wrong(key, f"must be at least {least}, got {_said(node)}")
        return int(value)

    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """Return true or false."""
        node = self._given(key, default)
        if node is None:
            return default
        word = node.value.lower() if isinstance(node.value, str) else node.value
        value = _WORDS.get(word, word) if isinstance(word, str) else word
        if value not in (True, False):
            raise self.wrong(key, f"must be true or false, got {_said(node)}")
        return bool(value)

    def text(self, key: str, default: Any = REQUIRED) -> Any:
        """Return text; what reads as a number or a word stays as it was written."""
        node = self._given(key, default)
        if node is None:
            return default
        if isinstance(node.value, (dict, tuple)):
            raise self.wrong(key, f"must be a word, got {_said(node)}")
        return node.value if isinstance(node.value, str) else node.text

    def choice(self, key: str, known: Iterable[str], default: Any = REQUIRED) -> Any:
        """Return text that is one of several words."""
        word, words = self.text(key, default), list(known)
        if key in self and word not in words:
            hint = suggest(word, words) or f"known: {', '.join(words)}"
            raise self.wrong(key, f"has no option '{word}'", hint)
        return word

    def numbers(self, key: str, default: Any = REQUIRED) -> Any:
        """Return a tuple of finite numbers, as whole as they were written."""
        node = self._given(key, default)
        if node is None:
            return default
        if not isinstance(node.value, tuple):
            raise self.wrong(key, f"must be a list, got {_said(node)}")
        values = tuple(_as_number(item) for item in node.value)
        for item, value in zip(node.value, values, strict=True):
            if value is None or not math.isfinite(value):
                raise self.wrong(key, f"must hold numbers only, got {_said(item)}")
        return values

    def refuse_others(self, *known: str) -> None:
        """Refuse keys that are none of these: they may say what nothing here would follow."""
        problems = [
            Problem(
                message="is not a key that is understood here",
                key=self.join(str(key)),
                where=self.node.keys.get(key, self.node.where),
                hint=suggest(str(key), known) or f"known: {', '.join(known)}",
            )
            for key, node in self.entries.items()
            if key not in known and node.value is not None
        ]
        if problems:
            raise InputError(problems)

    def wrong(self, key: str, message: str, hint: str = "") -> InputError:
        """Return the error that says what is wrong with a key, at its place."""
        return InputError([Problem(message, self.join(key), self.where(key), hint)])

    def where(self, key: str) -> Where:
        """Return where a key's value stands; the section's own place where it is not there."""
        found = self.entries.get(key)
        return self.node.where if found is None else found.where

    def join(self, key: str) -> str:
        """Return a key with the path that leads to it."""
        return f"{self.path}.{key}" if self.path else key

    def _given(self, key: str, default: Any) -> Node | None:
        node = self.get(key)
        if node is None and default is REQUIRED:
            raise self.wrong(key, "is missing")
        if node is not None and isinstance(node.value, Unknown):
            raise self.wrong(key, node.value.reason, "write its value in its place")
        return node


def plain(node: Node) -> Any:
    """Return a node as Python data; text that reads as a number stays text."""
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return node.value


def _as_number(node: Node) -> float | int | None:
    """Return a number, infinity for one that is too large, None for what is none."""
    value = node.value
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < _LARGEST else math.inf


def _said(node: Node) -> str:
    """Return what was written, in the words of an error."""
    if isinstance(node.value, tuple):
        return "a list"
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, (Call, Code)):
        return "code"
    return repr(node.value)
