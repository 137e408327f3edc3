"""OmegaConf's interpolation, as Hydra-like configs have it: ${a.b} stands for another key's value.

    ${a.b}  ${a[0]}           from the top of the file
    ${.b}  ${..b}             beside the key that holds it, and one mapping further out
    logs/${name}/${seed}      inside a text

What a resolver makes (`${oc.env:HOME}`), what is left to the command line (`???`) and what leads
nowhere is `Unknown`, and matters only to who needs it. Source: omegaconf 2.3.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import InputError
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.syntax.tree import Key

__all__ = ["interpolated"]

MAX_LINKS = 60
MAX_TEXT = 10_000
MAX_NODES = 200_000

_MISSING = "???"
_OPENS = re.compile(r"\$\{|\}")
_RESOLVER = re.compile(r"\s*[A-Za-z_][\w.]*\s*:")
_STEPS = re.compile(r"[^.\[\]]+")

Path = tuple["Key", ...]


def interpolated(tree: Node) -> Node:
    """Return the tree with every interpolation replaced by what it stands for."""
    return _Resolver(tree).at(())


class _Resolver:
    """Resolves a tree's keys by their path, each once."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.done: dict[Path, Node] = {}
        self.size: dict[Path, int] = {}
        self.open: list[Path] = []

    def at(self, path: Path) -> Node:
        """Return the node at a path that is in the tree, resolved."""
        if path not in self.done:
            self.open.append(path)
            self.done[path] = self._resolved(self._written(path), path)
            self.open.pop()
        return self.done[path]

    def _written(self, path: Path) -> Node:
        node = self.tree
        for key in path:
            node = node.value[key]
        return node

    def _resolved(self, node: Node, path: Path) -> Node:
        self.size[path] = 1
        if isinstance(node.value, dict):
            inner = {key: self._inside(path, key) for key in node.value}
            return self._bounded(msgspec.structs.replace(node, value=inner), path)
        if isinstance(node.value, tuple):
            items = tuple(self._inside(path, i) for i in range(len(node.value)))
            return self._bounded(msgspec.structs.replace(node, value=items), path)
        if node.value == _MISSING:
            return _unknown(node, "is left for the command line to fill in (???)")
        if _is_link(node):
            return self._bounded(self._filled(node, path), path)
        return node

    def _inside(self, path: Path, key: Key) -> Node:
        node = self.at((*path, key))
        self.size[path] += self.size[(*path, key)]
        return node

    def _bounded(self, node: Node, path: Path) -> Node:
        """Refuse a tree that has grown out of measure, as aliases are."""
        if self.size[path] > MAX_NODES:
            message = f"holds more than {MAX_NODES:,} values, interpolations included"
            raise InputError(message, where=node.where)
        return node

    def _filled(self, node: Node, path: Path) -> Node:
        """Return a text's node with what its interpolations stand for."""
        self.size[path] = 0  # what it stands for is what counts
        parts = list(_parts(node.value))
        found = [self._lookup(part, path) if linked else part for part, linked in parts]
        for part in found:
            if isinstance(part, Unknown):
                return _unknown(node, part.reason)
        if len(found) == 1 and isinstance(found[0], Node):
            return msgspec.structs.replace(found[0], where=node.where)
        text = "".join(part.text if isinstance(part, Node) else str(part) for part in found)
        if len(text) > MAX_TEXT:
            return _unknown(node, "is too long a text once it is filled in")
        return msgspec.structs.replace(node, value=text, text=text)

    def _lookup(self, link: str, path: Path) -> Node | Unknown:
        """Return what the inside of ${...} names, seen from the key at a path."""
        if _RESOLVER.match(link) or "${" in link:
            return Unknown(f"${{{link}}} is worked out only when the program runs")
        dots = len(link) - len(link.lstrip("."))
        target: Path = path[: max(0, len(path) - dots)] if dots else ()
        node, steps = self._written(target), _STEPS.findall(link)
        while steps and not _is_link(node):
            key = _key(node, steps.pop(0))
            if key is None:
                return Unknown(f"${{{link}}} names no key of the file")
            target, node = (*target, key), node.value[key]
        if target in self.open:
            return Unknown(f"${{{link}}} leads back to itself")
        if len(self.open) > MAX_LINKS:
            return Unknown(f"${{{link}}} goes through more than {MAX_LINKS} others")
        node = self.at(target)
        self.size[path] += self.size[target]
        return _within(node, steps, link)


def _within(node: Node, steps: list[str], link: str) -> Node | Unknown:
    """Return what the steps lead to, from a node that is filled in."""
    for step in steps:
        key = _key(node, step)
        if key is None:
            return Unknown(f"${{{link}}} names no key of the file")
        node = node.value[key]
    return node.value if isinstance(node.value, Unknown) else node


def _key(node: Node, step: str) -> Key:
    """Return a step of a link as a key, or a place in a list, that is there; else None."""
    if isinstance(node.value, tuple):
        return int(step) if step.isdecimal() and int(step) < len(node.value) else None
    return step if isinstance(node.value, dict) and step in node.value else None


def _is_link(node: Node) -> bool:
    return isinstance(node.value, str) and "${" in node.value


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Return the stretches of a text: each with whether it is the inside of a ${...}."""
    depth = start = 0
    for mark in _OPENS.finditer(text):
        if mark.group() == "${":
            if depth == 0 and mark.start() > start:
                yield text[start : mark.start()], False
            start = mark.end() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield text[start : mark.start()], True
                start = mark.end()
    if depth:
        start -= 2  # what is left open stands for itself
    if start < len(text):
        yield text[start:], False


def _unknown(node: Node, reason: str) -> Node:
    return msgspec.structs.replace(node, value=Unknown(reason))
