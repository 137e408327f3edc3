"""A file that lists figures, to the figures: `lrplot figures docs/figures.yaml`.

    defaults:                       what every figure has unless it says otherwise
      output: "{name}.svg"
    figures:
      poly:                         a figure's name
        source: poly
        power: [0.5, 0.9, 2]
        output: [poly.svg, poly.pdf]
        styles: [light, dark]       poly.svg, poly-dark.svg, poly.pdf, poly-dark.pdf

Outputs lie in the file's folder or below it. Every problem is collected before any is raised.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import msgspec

from lrplot.errors import InputError, Problem, Where, suggest
from lrplot.figures.reader import Entry, read_entry
from lrplot.render.kinds import FORMATS
from lrplot.syntax.documents import parse_document, read_text
from lrplot.syntax.tree import Node, refuse_repeats

__all__ = ["Figure", "read_figures"]

_OWN = ("output", "styles")
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")  # as YAML counts lines
_OUTPUT = "{name}.svg"  # where a figure goes that does not say


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a list of figures asks for."""

    path: Path
    entry: Entry

    @property
    def name(self) -> str:
        """What the list calls it."""
        return self.entry.name

    @property
    def kind(self) -> str:
        """The format that the file's name ends with."""
        return self.path.suffix.lower().lstrip(".")


def read_figures(path: Path) -> list[Figure]:
    """Return every file that a list of figures asks for.

    Raises:
        InputError: all that is wrong with the list: unknown keys, values that cannot be, outputs
            outside its folder, two figures that write the same file.
    """
    text = read_text(path)
    tree = parse_document(text, str(path))
    refuse_repeats(tree)
    return _Reader(path, text).read(tree)


class _Reader:
    """Reads a list, collecting problems."""

    def __init__(self, path: Path, text: str) -> None:
        self.folder, self.lines = path.parent, _BREAK.split(text)
        self.problems: list[Problem] = []
        self.taken: dict[str, Figure] = {}

    def read(self, tree: Node) -> list[Figure]:
        top = self._mapping(tree, "")
        for key, where in tree.keys.items():
            if key not in {"defaults", "figures"}:
                hint = suggest(str(key), ("defaults", "figures")) or "there is defaults and figures"
                self._problem(str(key), "is not a key", where, hint)
        empty = Node({}, tree.where)
        defaults = top.get("defaults", empty)
        self._mapping(defaults, "defaults")
        figures = self._mapping(top.get("figures", empty), "figures")
        if not figures:
            self._problem("figures", "names no figure", top.get("figures", empty).where)
        for key, node in figures.items():
            self._figure(str(key), node, defaults)
        if self.problems:
            raise InputError(list(dict.fromkeys(self.problems)))
        return list(self.taken.values())

    def _figure(self, name: str, node: Node, defaults: Node) -> None:
        """Read a figure over the defaults, and note the files it asks for."""
        merged = _over(defaults, node)
        try:
            entry = read_entry(merged, folder=str(self.folder), beside=_OWN, name=name)
        except InputError as error:
            self.problems += [_blamed(problem, name, defaults) for problem in error.problems]
            return
        entry.places.update(self._text_place(merged.value["source"]))
        styles = self._styles(entry)
        for output in _items(entry, "output") or (Node("", node.where, text=_OUTPUT),):
            for style, suffix in styles.items():
                styled = msgspec.structs.replace(entry, request=entry.request.styled(style))
                self._file(styled, output, suffix)

    def _styles(self, entry: Entry) -> dict[str, str]:
        """Return the styles to draw, each with what it adds to the name of its file."""
        styles = [item.text for item in _items(entry, "styles")]
        if styles and "style" in entry.places:
            message = "excludes style: give one of the two"
            self._problem(f"{entry.name}.styles", message, entry.places["styles"])
        first, *others = dict.fromkeys(styles or [entry.request.look.style])
        return {first: "", **{style: f"-{style}" for style in others}}

    def _file(self, entry: Entry, output: Node, suffix: str) -> None:
        """Note a file, unless it is no figure's, lies elsewhere or is another figure's."""
        key = f"{entry.name}.output"
        plain = Path(os.path.normpath(self.folder / output.text.replace("{name}", entry.name)))
        path = plain.parent / f"{plain.stem}{suffix}{plain.suffix}"
        figure = Figure(path=path, entry=entry)
        if figure.kind not in FORMATS or "\0" in path.name:
            hint = f"it ends with {', '.join(f'.{kind}' for kind in FORMATS)}"
            self._problem(key, f"'{path.name}' is no figure's name", output.where, hint)
            return
        if not path.resolve().is_relative_to(self.folder.resolve()):
            hint = "a list of figures writes into its own folder, and those in it"
            self._problem(key, f"'{output.text}' lies outside {self.folder}", output.where, hint)
        other = self.taken.setdefault(str(path.resolve()).casefold(), figure)
        if other is not figure:
            where = other.entry.places[""]
            message = f"'{path}' is {other.name}'s too, {where}"
            self._problem(key, message, output.where)

    def _text_place(self, node: Node) -> dict[str, Where]:
        """Return where the first character of a text stands, if it is written as it is."""
        source, line, column = node.where
        begun, *following = self.lines[line - 1 : line + 1]
        if isinstance(node.value, tuple) or begun[column - 1 : column] in {"'", '"', ""}:
            return {}
        if begun[column - 1] not in "|>":
            return {"text": node.where}
        first = "".join(following)
        return {"text": Where(source, line + 1, len(first) - len(first.lstrip()) + 1)}

    def _mapping(self, node: Node, key: str) -> dict[Any, Node]:
        if isinstance(node.value, dict):
            return node.value
        self._problem(key, "must be a mapping of keys to values", node.where)
        raise InputError(self.problems)

    def _problem(self, key: str, message: str, where: Where, hint: str = "") -> None:
        self.problems.append(Problem(message=message, key=key, where=where, hint=hint))


def _over(defaults: Node, node: Node) -> Node:
    """Return a figure's mapping with the defaults under it; what is no mapping stays as it is."""
    if not isinstance(node.value, dict):
        return node
    keys = {**defaults.keys, **node.keys}
    return Node({**defaults.value, **node.value}, node.where, keys=keys)


def _items(entry: Entry, key: str) -> tuple[Node, ...]:
    """Return the items of a key that holds one or a list of them, none where it is not there."""
    node = entry.beside.get(key)
    if node is None:
        return ()
    return node.value if isinstance(node.value, tuple) else (node,)


def _blamed(problem: Problem, name: str, defaults: Node) -> Problem:
    """Return a figure's problem as the defaults', where they hold what is wrong."""
    places = {*defaults.keys.values(), *(item.where for item in defaults.value.values())}
    if problem.where not in places:
        return problem
    return problem._replace(key=f"defaults.{problem.key.removeprefix(f'{name}.')}")
