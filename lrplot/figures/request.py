"""What a figure is made of, wherever it is written: sources, options over them, and looks."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import option
from lrplot.figures.freshness import mark_of
from lrplot.render.look import Look, look_fields
from lrplot.render.naming import title_of
from lrplot.schedules import by_name
from lrplot.source import is_call, is_document, load_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

__all__ = ["Request"]

# Flags that no `no` undoes: what does, if anything.
_OFF = {"drop_last": ("--keep-last",), "auto_scale_lr": ()}
_PATHS = ("config_root", "metrics")  # the options that name files


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

    def styled(self, style: str) -> Request:
        """Return the same in another style."""
        look = msgspec.structs.replace(self.look, style=style)
        return msgspec.structs.replace(self, look=look)

    def image(self, kind: str) -> bytes:
        """Return the figure as a file of this kind ("svg") holds it, with its command and mark."""
        plans = self.plans()
        look = self._titled(plans)
        made_by = f"{self.command}  # {mark_of(plans, look)}"
        if kind == "html":
            from lrplot.render.html import page

            return page(plans, look, made_by).encode()
        from lrplot.render.figure import render

        return render(plans, look, kind, made_by)

    @property
    def mark(self) -> str:
        """What is the same for figures that show the same."""
        plans = self.plans()
        return mark_of(plans, self._titled(plans))

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

    def _titled(self, plans: list[Plan]) -> Look:
        """Return the look with the title that it has where nobody gives one."""
        if self.look.title is not None:
            return self.look
        return msgspec.structs.replace(self.look, title=title_of(self.sources, plans))

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
