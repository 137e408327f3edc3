"""What a figure is made of, wherever it is written: sources, options over them, and looks."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.errors import option
from lrplot.figures.freshness import mark_of
from lrplot.render.kinds import FORMATS
from lrplot.render.look import Look, look_fields
from lrplot.render.naming import title_of
from lrplot.schedules import by_name
from lrplot.source import is_call, is_document, load_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

__all__ = ["Image", "Request", "Resolved"]

# Flags that no `no` undoes: what does, if anything.
_OFF = {"drop_last": ("--keep-last",), "auto_scale_lr": ()}
_PATHS = ("config_root", "metrics")  # the options that name files


class Image(NamedTuple):
    """A figure as its file holds it, and what of it its reader should know."""

    data: bytes
    notes: tuple[str, ...] = ()


class Resolved(NamedTuple):
    """A figure whose sources are read: a plan for each line, its look, and what asks for it."""

    plans: list[Plan]
    look: Look
    command: str

    @property
    def mark(self) -> str:
        """What is the same for figures that show the same."""
        return mark_of(self.plans, self.look)

    @property
    def roundings(self) -> tuple[str, ...]:
        """What is said of each duration of the look that falls between two steps."""
        from lrplot.render.figure.view import roundings

        return roundings(self.plans, self.look)

    def image(self, kind: str) -> Image:
        """Return the figure as a file of this kind ("svg") holds it, with its command and mark.

        Raises ParameterError where the look does not fit the plans, and InputError where there is
        nothing to draw.
        """
        told = "" if kind == FORMATS[0] else f" --to {kind}"
        made_by = f"{self.command}{told}  # {self.mark}"
        if kind == "html":
            from lrplot.render.html import page

            return Image(page(self.plans, self.look, made_by).encode())
        from lrplot.render.figure import drawing

        figure = drawing(self.plans, self.look)
        return Image(figure.encoded(kind, made_by), figure.notes)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is asked for.

    Attributes:
        sources: schedules' names, calls, files, or the text of specs.
        options: what overrides them, as `load_each` takes it.
        look: how the figure looks.
        folder: where relative paths start; the current folder if empty.
    """

    sources: tuple[str, ...]
    options: dict[str, Any] = {}
    look: Look = Look()
    folder: str = ""

    def plans(self) -> list[Plan]:
        """Return a plan for each line. Raises UsageError and InputError."""
        options = {key: self._located(key, value) for key, value in self.options.items()}
        return load_each(map(self._source, self.sources), options)

    def resolved(self) -> Resolved:
        """Read the sources, once for all that is asked of them. Raises as `plans` does."""
        plans, look = self.plans(), self.look
        if look.title is None:
            look = msgspec.structs.replace(look, title=title_of(self.sources, plans))
        return Resolved(plans, look, self.command)

    def styled(self, style: str) -> Request:
        """Return the same in another style."""
        look = msgspec.structs.replace(self.look, style=style)
        return msgspec.structs.replace(self, look=look)

    def twin(self, style: str) -> Request:
        """Return one side of a pair: its page has a ground to go with the style, and it none."""
        look = msgspec.structs.replace(self.look, style=style, transparent=True)
        return msgspec.structs.replace(self, look=look)

    def image(self, kind: str) -> bytes:
        """Return the figure as a file of this kind ("svg") holds it, with its command and mark."""
        return self.resolved().image(kind).data

    @property
    def mark(self) -> str:
        """What is the same for figures that show the same."""
        return self.resolved().mark

    @property
    def alt(self) -> str:
        """What it shows, in words."""
        from lrplot.render.figure.words import described

        return described(self.plans(), self.look)

    @property
    def words(self) -> list[str]:
        """The options as a command has them."""
        return [word for key, value in self.options.items() for word in _words(key, value)]

    @property
    def command(self) -> str:
        """The command that draws it, given in its folder."""
        looks = ((field, getattr(self.look, field.name)) for field in look_fields())
        chosen = [(field.name, value) for field, value in looks if value != field.default]
        look = (word for key, value in chosen for word in _words(key, value))
        return shlex.join(["lrplot", "curve", *self.sources, *self.words, *look])

    def _source(self, source: str) -> str:
        """Return a source that `load` understands, whichever the current folder is."""
        written = is_document(source) or is_call(source)
        if source in by_name or (written and not os.path.lexists(self._path(source))):
            return source
        return self._path(source)

    def _located(self, key: str, value: Any) -> Any:
        if key not in _PATHS:
            return value
        return tuple(map(self._path, value)) if isinstance(value, tuple) else self._path(value)

    def _path(self, path: str) -> str:
        return os.path.normpath(Path(self.folder, path)) if self.folder else path


def _words(key: str, value: Any) -> Iterator[str]:
    """Yield an option as a command has it."""
    name = option(key.rstrip("_"))
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, bool):
            off = _OFF.get(key, (f"--no-{name.removeprefix('--')}",))
            yield from (name,) if item else off
        elif str(item).startswith("-"):
            yield f"{name}={item}"
        else:
            yield from (name, str(item))
