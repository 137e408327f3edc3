"""Python text to a syntax tree, within bounds; nothing is compiled or run."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, NoReturn

import msgspec

from lrplot.errors import InputError, Where
from lrplot.syntax.documents import read_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HOLE", "Source", "parse", "read_source", "refuse"]

MAX_CHARACTERS = 1_000_000
MAX_MARKS = 100_000  # commas, brackets, operators: a syntax tree takes 1 KB for each
MARKS = ",;:=.([{+-*/<>|&^~@\n"
HOLE = "\ua66e"  # a letter nobody writes: stands for text that only the environment could tell
ENVIRONMENT = re.compile(r"\{\{['\"]?\s*\$\w+\s*:\s*\S{0,500}?\s*['\"]?\}\}")


class Source(msgspec.Struct, frozen=True):
    """A parsed file: the name it goes by, its syntax tree and its lines."""

    name: str
    tree: ast.Module
    lines: list[str]

    def where(self, node: ast.AST) -> Where:
        """Return where a piece of the syntax tree starts; lines and columns count from 1."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        return Where(self.name, line, self._column(line, offset) + 1)

    def text(self, node: ast.expr) -> str:
        """Return an expression as it was written, or nothing where it spans several lines."""
        if node.end_lineno != node.lineno or node.end_col_offset is None:
            return ""
        line = self.lines[node.lineno - 1]
        start, end = (self._column(node.lineno, o) for o in (node.col_offset, node.end_col_offset))
        return line[start:end]

    def _column(self, line: int, offset: int) -> int:
        """Turn Python's offset in UTF-8 bytes into one in characters."""
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())


def refuse(message: str, where: Where) -> NoReturn:
    """Raise what this reader says no with."""
    raise InputError(message, where=where) from None


def read_source(path: Path) -> Source:
    """Read and parse one Python config file; its template variables are filled in."""
    return parse(_fill_templates(read_text(path), path), str(path))


def parse(text: str, name: str) -> Source:
    """Parse Python text; whatever Python itself would not accept is an InputError with its place.

    Args:
        text: the program.
        name: what errors call it, usually its path.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_CHARACTERS or sum(map(text.count, MARKS)) > MAX_MARKS:
        refuse("is too long for a config file", Where(name))
    return Source(name, _parse(text, name), text.split("\n"))


def _parse(text: str, name: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # '\d' in somebody's config is not ours to complain about
        try:
            return ast.parse(text)
        except SyntaxError as error:
            where = Where(name, error.lineno or 1, error.offset or 1)
            refuse(f"is not valid Python: {error.msg}", where)
        except (RecursionError, MemoryError, ValueError):
            refuse("nests too deeply to be a config file", Where(name))


def _fill_templates(text: str, path: Path) -> str:
    """Fill in `{{ fileBasename }}` and its kin as mmengine does, before the text is parsed.

    `{{$NAME:default}}` becomes as many HOLEs, so that columns stay true: a name of HOLEs, or a
    string that holds one, is unknown. `{{ _base_.x }}` is Python already, a set in a set.
    """
    if "{{" not in text:
        return text
    for name, value in _file_variables(path).items():
        text = re.sub(r"\{\{\s*" + name + r"\s*\}\}", value.replace("\\", r"\\"), text)
    return ENVIRONMENT.sub(lambda match: HOLE * len(match[0]), text)


def _file_variables(path: Path) -> dict[str, str]:
    return {
        "fileDirname": path.absolute().parent.as_posix(),
        "fileBasename": path.name,
        "fileBasenameNoExtension": path.stem,
        "fileExtname": path.suffix,
    }
