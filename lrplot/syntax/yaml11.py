"""Numbers that YAML 1.1, as PyYAML has it, takes for text: `1e-4` and others without a dot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.syntax.tree import Node

__all__ = ["text_to_yaml11"]

_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*)")


def text_to_yaml11(node: Node, path: str, framework: str) -> list[str]:
    """Return a note for each number under a node that a framework gets from PyYAML as text.

    Args:
        node: a mapping or list of a YAML file.
        path: the keys that lead to it.
        framework: who stops at text, for the note.
    """
    return [
        f"{where} is written {text}, which PyYAML reads as text, where {framework} stops: "
        f"write {_mended(text)}"
        for where, text in _found(node, path)
    ]


def _found(node: Node, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            yield from _found(item, f"{path}.{key}" if path else str(key))
    elif isinstance(node.value, tuple):
        for i, item in enumerate(node.value):
            yield from _found(item, f"{path}[{i}]")
    elif (
        isinstance(node.value, float)
        and "e" in node.text.lower()
        and not _FLOAT.fullmatch(node.text)
    ):
        yield path, node.text


def _mended(text: str) -> str:
    mantissa, _, exponent = text.lower().partition("e")
    dotted = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{dotted}e{exponent if exponent[:1] in '+-' else f'+{exponent}'}"
