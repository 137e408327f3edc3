"""Pasted Python text to a syntax tree that is small enough to walk."""

from __future__ import annotations

import ast
import re

from lrplot.errors import InputError, Where
from lrplot.syntax.call_names import MAX_DEPTH, MAX_NODES
from lrplot.syntax.python_parse import Source, parse

__all__ = ["parse_text"]

MAX_TEXT, MAX_BRACKETS = 100_000, 100

_INDENT = re.compile(r"[ \t]*")


def parse_text(text: str, name: str) -> tuple[Source, list[int]]:
    """Parse the text without the indentation of its first line; return what each line lost.

    Raises:
        InputError: it is no Python, or more than is read.
    """
    _refuse_unreadable(text, name)
    source, lost = _dedented(text, name)
    _refuse_large(source)
    return source, lost


def _refuse_unreadable(text: str, name: str) -> None:
    """Refuse at once what the parser would take long over, or stumble on."""
    if len(text) > MAX_TEXT:
        message = f"has {len(text):,} characters; a call of at most {MAX_TEXT:,} is read"
        raise InputError(message, where=Where(name))
    wrong = re.search(r"[\0\ud800-\udfff]", text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        column = wrong.start() - text.rfind("\n", 0, wrong.start())
        raise InputError("holds a character that no text has", where=Where(name, line, column))
    if not text.strip():
        raise InputError("is empty", where=Where(name))
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > MAX_BRACKETS:
        raise InputError(f"nests more than {MAX_BRACKETS} brackets deep", where=Where(name))


def _dedented(text: str, name: str) -> tuple[Source, list[int]]:
    """Parse the text without the indentation of its first line; return what each line lost."""
    lines = re.split("\r\n|\r|\n", text)
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    depth = len(_INDENT.match(code[0])[0]) if code else 0  # type: ignore[index]
    lost = [min(depth, len(_INDENT.match(line)[0])) for line in lines]  # type: ignore[index]
    bare = "\n".join(line[cut:] for line, cut in zip(lines, lost, strict=True))
    try:
        return parse(bare, name), lost
    except InputError as error:
        where = error.problems[0].where
        if where is None or not 0 < where.line <= len(lost):
            raise InputError("nests too deeply to be one call", where=Where(name)) from None
        moved = where._replace(column=where.column + lost[where.line - 1])
        raise InputError([error.problems[0]._replace(where=moved)]) from None


def _refuse_large(source: Source) -> None:
    """Bound the tree, level by level, before anything walks it by recursion."""
    level: list[ast.AST] = [source.tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise InputError("holds too much to be one call", where=Where(source.name))
        level = [child for node in level for child in ast.iter_child_nodes(node)]
