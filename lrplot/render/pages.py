"""A schedule's page: every word of it stands on the schedule's class or its fields."""

from __future__ import annotations

import inspect
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

from lrplot.schedules.base import Schedule, fields_of

if TYPE_CHECKING:
    from lrplot.schedules.base import Field

__all__ = ["command", "page", "summary", "wrapped"]

_WIDTH = 80


def summary(cls: type[Schedule]) -> str:
    """Return the first line of a schedule's description."""
    return inspect.cleandoc(cls.__doc__ or "").splitlines()[0]


def page(cls: type[Schedule]) -> str:
    """Return a schedule's name, description, parameters and example."""
    parts = [wrapped(f"{cls.name()}: {inspect.cleandoc(cls.__doc__ or '')}"), _parameters(cls)]
    if cls.example:
        folded = " \\\n        ".join(wrap(command(cls), _WIDTH - 10, break_on_hyphens=False))
        parts.append(f"Example\n\n    {folded}\n\n{_spec(cls)}")
    return "\n\n".join(part for part in parts if part) + "\n"


def wrapped(text: str) -> str:
    """Fill the paragraphs to the page's width; leave formulas, which are indented, as they are."""
    parts = text.split("\n\n")
    return "\n\n".join(part if part[0] == " " else fill(part, _WIDTH) for part in parts)


def _parameters(cls: type[Schedule]) -> str:
    if not fields_of(cls):
        return ""
    width = max(len(field.name) for field in fields_of(cls))
    lines = [line for field in fields_of(cls) for line in _parameter(field, width)]
    return "\n".join(["Parameters", "", *lines])


def _parameter(field: Field, width: int) -> list[str]:
    text = f"{field.description} [{field.constraint()}]"
    head = f"    {field.name:<{width}}  "
    return wrap(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def command(cls: type[Schedule]) -> str:
    """Return the command that draws a schedule's example."""
    options = [_option(key, value) for key, value in cls.example.items()]
    return " ".join(["lrplot curve", cls.name(), *options])


def _option(key: str, value: Any) -> str:
    from lrplot.errors import option

    if key == "metrics":  # its option names a file
        return f"--set '{key}=[{_argument(value)}]'"
    return f"{option(key)} {_argument(value)}"


def _argument(value: Any) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}'" if " " in text else text


def _spec(cls: type[Schedule]) -> str:
    values = {"schedule": cls.name(), **cls.example}
    return "\n".join(f"    {key}: {value}" for key, value in values.items())
