"""A figure as a file or a page writes it: a mapping with the place of each key, to a Request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import InputError, Problem, Where, suggest
from lrplot.figures.request import Request
from lrplot.overrides import parameters
from lrplot.render.look import Look, as_look, look_fields
from lrplot.source import LIST_OPTIONS, SOURCE_OPTIONS
from lrplot.syntax.documents import parse_document
from lrplot.syntax.tree import Node, to_data

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lrplot.errors import LrplotError

__all__ = ["Entry", "from_texts", "read_entry"]

_IN_PLACE = ("text", "call")  # what `load` calls a source that is no file
_VALUE = re.compile(r"|true|false|\d+|\[.*\]", re.DOTALL)  # what is more than text
_OPTION = re.compile(r"--([a-z][a-z-]*)")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is asked for, and where it is written.

    Attributes:
        request: what is asked for.
        places: where each key's value stands; "" is the figure itself, "text" the first character
            of a spec or a call that is written in place.
        name: what the figure is called, "" where its place says enough.
        beside: the keys that are somebody else's.
    """

    request: Request
    places: dict[str, Where]
    name: str = ""
    beside: dict[str, Node] = {}

    def placed(self, error: LrplotError) -> list[Problem]:
        """Return an error's problems where they are written, in the words of a file."""
        return [self._placed(problem) for problem in getattr(error, "problems", ())]

    def _placed(self, problem: Problem) -> Problem:
        where = problem.where
        if where is None or where.source.startswith("--"):
            return self._at_key(problem)
        if where.source in _IN_PLACE:
            return problem._replace(where=self._inside(where), hint=_in_keys(problem.hint))
        figure = f"for the figure {self.name}".rstrip() + f" at {self.places['']}"
        hint = "\n  ".join(filter(None, (_in_keys(problem.hint), figure)))
        return problem._replace(hint=hint)

    def _inside(self, where: Where) -> Where:
        """Return a place in a source that is written in place, as a place in the file."""
        first = self.places.get("text")
        if first is None:
            return self.places["source"]
        column = where.column + first.column - 1
        return Where(first.source, first.line + where.line - 1, column)

    def _at_key(self, problem: Problem) -> Problem:
        """Return a problem of an option, or of the figure at large, at the key that holds it."""
        named = _OPTION.findall(f"{problem.where or ''} {problem.message}")
        keys = [problem.key, *(name.replace("-", "_") for name in named), "source"]
        key = next((key for key in keys if key and key in self.places), "")
        return Problem(
            message=_in_keys(problem.message),
            key=".".join(filter(None, (self.name, key))),
            where=self.places[key],
            hint=_in_keys(problem.hint),
        )


def _in_keys(text: str) -> str:
    """Write options as keys: --eta-min as eta_min."""
    return _OPTION.sub(lambda found: found[1].replace("-", "_"), text)


def read_entry(
    node: Node, *, folder: str = "", beside: Collection[str] = (), name: str = ""
) -> Entry:
    """Return the figure that a mapping describes.

    Args:
        node: the mapping: `source`, and any option of `lrplot curve` with underscores. A list holds
            the values of an option that is repeated; null is as if the key were not there.
        folder: where the relative paths of sources start.
        beside: keys that are somebody else's.
        name: what the figure is called.

    Raises:
        InputError: a problem for each key that is unknown or has a value it cannot have.
    """
    if not isinstance(node.value, dict):
        raise InputError([Problem("must be a mapping of keys to values", name, node.where)])
    return _Reader(node, folder, name).read(beside)


class _Reader:
    """Reads one figure, collecting problems."""

    def __init__(self, node: Node, folder: str, name: str) -> None:
        given = {str(key): item for key, item in node.value.items() if item.value is not None}
        self.node, self.given, self.folder, self.name = node, given, folder, name
        self.places = {"": node.where, **{key: item.where for key, item in given.items()}}
        self.problems: list[Problem] = []

    def read(self, beside: Collection[str]) -> Entry:
        looks = {field.name for field in look_fields()}
        options = _options()
        self._refuse_unknown(["source", *beside, *options, *sorted(looks)])
        request = Request(
            sources=self._sources(),
            options={
                options[key]: self._values(key, item)
                for key, item in self.given.items()
                if key in options
            },
            look=self._look(self.given.keys() & looks),
            folder=self.folder,
        )
        if self.problems:
            raise InputError(self.problems)
        others = {key: self.given[key] for key in beside if key in self.given}
        return Entry(request=request, places=self.places, name=self.name, beside=others)

    def _refuse_unknown(self, known: Collection[str]) -> None:
        for key, where in self.node.keys.items():
            if key not in known:
                hint = suggest(str(key), known) or "it takes source and lrplot curve's options"
                self._problem(str(key), "is not a key of a figure", where, hint)

    def _sources(self) -> tuple[str, ...]:
        node = self.given.get("source")
        if node is None or not _items(node):
            self._problem("source", "is missing", self.node.where, "for example source: poly")
            return ()
        return tuple(self._written("source", item) for item in _items(node))

    def _values(self, key: str, node: Node) -> Any:
        """Return an option's values as `load_each` takes them: a list's are one each."""
        field = parameters().get(key)
        nested = all(isinstance(item.value, tuple) for item in _items(node))
        if field is not None and field.type_is(tuple) and not nested:
            return self._written(key, node)
        if isinstance(node.value, tuple) or key in LIST_OPTIONS:
            return tuple(self._written(key, item) for item in _items(node))
        return self._written(key, node)

    def _written(self, key: str, node: Node) -> Any:
        """Return a value as a command has it: a flag, or text."""
        if isinstance(node.value, tuple):
            return ",".join(str(self._written(key, item)) for item in node.value)
        if isinstance(node.value, dict):
            self._problem(key, "must be a value or a list of values", node.where)
        return node.value if isinstance(node.value, bool) else node.text

    def _look(self, keys: Iterable[str]) -> Look:
        try:
            return as_look({key: to_data(self.given[key]) for key in keys})
        except InputError as error:
            for problem in error.problems:
                where = self.places.get(problem.key, self.node.where)
                self._problem(problem.key, problem.message, where, problem.hint)
            return Look()

    def _problem(self, key: str, message: str, where: Where, hint: str = "") -> None:
        path = ".".join(filter(None, (self.name, key)))
        self.problems.append(Problem(message=message, key=path, where=where, hint=hint))


def _options() -> dict[str, str]:
    """Return the options of a source as `load_each` calls them, by their keys."""
    named = {name.rstrip("_"): name for name in (*SOURCE_OPTIONS, *parameters())}
    return {**named, "epochs": "max_epochs"}


def _items(node: Node) -> tuple[Node, ...]:
    return node.value if isinstance(node.value, tuple) else (node,)


def from_texts(
    sources: Iterable[str], options: Mapping[str, str], where: Where, places: Mapping[str, Where]
) -> Node:
    """Return the mapping that sources and options stand for, written as text at one place.

    A text is taken as it is; [a, b] is a list, and an option without a text is switched on. The
    options have places of their own, where these are known.
    """
    keys: dict[Any, Where] = {key: places.get(key, where) for key in options}
    nodes = {key: _from_text(key, text, keys[key]) for key, text in options.items()}
    given = tuple(Node(text, where, text=text) for text in sources)
    if given:
        nodes["source"] = Node(given, where)
        keys["source"] = where
    return Node(nodes, where, keys=keys)


def _from_text(key: str, text: str, where: Where) -> Node:
    wordy = any(field.name == key and field.type_is(str) for field in look_fields())
    if wordy or not _VALUE.fullmatch(text):
        return Node(text, where, text=text)
    try:
        return _moved(parse_document(text or "true", key), where)
    except InputError as error:
        problems = [problem._replace(key=key, where=where) for problem in error.problems]
        raise InputError(problems) from None


def _moved(node: Node, where: Where) -> Node:
    """Return a scalar, or a list, at another place."""
    if isinstance(node.value, tuple):
        return Node(tuple(_moved(item, where) for item in node.value), where)
    return Node(node.value, where, text=node.text)
