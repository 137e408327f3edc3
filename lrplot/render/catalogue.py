"""What lrplot knows, listed and shown: schedules, the calls of frameworks, formats of files.

Every word stands where the thing itself does: on a class, a constructor or a module.
"""

from __future__ import annotations

import inspect
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from lrplot.errors import UsageError, suggest
from lrplot.formats import FORMATS, reader
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.render.pages import page, summary, wrapped
from lrplot.schedules import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["listing", "shown"]

_WIDTH = 80
_NAME = 28  # a longer name has a line of its own


class _Entry(NamedTuple):
    """A line of the list."""

    name: str
    summary: str


def listing(pattern: str = "") -> str:
    """Return the list; with a pattern, the entries whose name or summary holds it."""
    calls = _calls() if pattern else _frameworks()
    parts = {"Schedules": _schedules(), "Calls": calls, "Formats of files": _formats()}
    found = {title: _holding(pattern, entries) for title, entries in parts.items()}
    return "\n".join(_section(title, lines) for title, lines in found.items() if lines)


def _holding(pattern: str, entries: Iterable[_Entry]) -> list[_Entry]:
    return [entry for entry in entries if pattern.lower() in " ".join(entry).lower()]


def _section(title: str, entries: list[_Entry]) -> str:
    width = min(_NAME, max(len(entry.name) for entry in entries))
    lines = [line for entry in entries for line in _lines(entry, width)]
    return "\n".join([title, *lines, ""])


def _lines(entry: _Entry, width: int) -> list[str]:
    head, rest = f"  {entry.name:<{width}}  ", " " * (width + 4)
    if len(head) > len(rest):  # a long name has a line of its own
        return [
            head.rstrip(),
            *wrap(entry.summary, _WIDTH, initial_indent=rest, subsequent_indent=rest),
        ]
    return wrap(entry.summary, _WIDTH, initial_indent=head, subsequent_indent=rest)


def _schedules() -> Iterator[_Entry]:
    return (_Entry(cls.name(), summary(cls)) for cls in by_name.values())


def _frameworks() -> Iterator[_Entry]:
    for owner in FRAMEWORKS:
        yield _Entry(owner, ", ".join(made.__name__ for made in _made(owner)))


def _made(owner: str) -> list[Callable[..., object]]:
    """Return a framework's constructors, without the class methods that stand beside them."""
    return [made for made in framework(owner).CONSTRUCTORS if "." not in made.__name__]


def _calls() -> Iterator[_Entry]:
    for owner in FRAMEWORKS:
        for made in _made(owner):
            yield _Entry(f"{owner}.{made.__name__}", _first_line(made))


def _formats() -> Iterator[_Entry]:
    for name in FORMATS:
        module = reader(name)
        yield _Entry(module.NAME, _first_line(module))


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def shown(name: str) -> str:
    """Return the pages of all that goes by a name; raise UsageError where nothing does."""
    pages = [page(by_name[name])] if name in by_name else []
    pages += [_call_page(*found) for found in _constructors(name)]
    pages += [_format_page(name)] if name in dict(_formats()) else []
    if not pages:
        known = [*by_name, *(entry.name.partition(".")[2] for entry in _calls()), *dict(_formats())]
        hint = suggest(name, known) or "`lrplot list` names them all"
        raise UsageError(f"nothing is called '{name}'", hint)
    return "\n".join(pages)


def _constructors(name: str) -> Iterator[tuple[str, Callable[..., object]]]:
    for owner in FRAMEWORKS:
        for made in _made(owner):
            if name in {made.__name__, f"{owner}.{made.__name__}"}:
                yield owner, made


def _call_page(owner: str, made: Callable[..., object]) -> str:
    parameters = inspect.signature(made).parameters.values()
    written = [str(p.replace(annotation=p.empty)) for p in parameters if p.name != "given"]
    call = f"{made.__name__}({', '.join(written)})"
    lines = wrap(call, _WIDTH - 4, subsequent_indent="    ", break_on_hyphens=False)
    said = "\n".join(f"    {line}" for line in lines)
    parts = [framework(owner).CONVENTION, said, wrapped(inspect.getdoc(made) or "")]
    return "\n\n".join(parts) + "\n"


def _format_page(name: str) -> str:
    modules = map(reader, FORMATS)
    module = next(module for module in modules if name == module.NAME)
    return wrapped(f"{name}: {inspect.getdoc(module)}") + "\n"
