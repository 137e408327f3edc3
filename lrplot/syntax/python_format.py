"""Strings built from values: `%`, `.format` and f-strings, with bounded widths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lrplot.syntax.python_values import Budget, NotKnown, TooMuch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["braces", "field", "percent"]

MAX_WIDTH = 1000
PERCENT = re.compile(r"%(?:\(\w*\))?[-+ #0]*(\*|(?:[1-9]\d*)?)(?:\.(\*|\d*))?[a-zA-Z%]")
CONVERSIONS: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}
BRACES = re.compile(r"\{\{|\}\}|\{\w*(?:![rsa])?(?::([^{}]*))?\}")


def percent(template: str, values: Any, budget: Budget) -> str:
    """Return `template % values`."""
    fields = PERCENT.findall(template)
    width = sum(_width(number) for field in fields for number in field)
    budget.text(len(template) + width + len(fields) * _longest([values]))
    return template % (values if isinstance(values, (tuple, dict)) else (values,))


def braces(template: str, args: Sequence[Any], kwargs: Mapping[str, Any], budget: Budget) -> str:
    """Return `template.format(*args, **kwargs)` for fields that hold a name or number alone."""
    if "{" in BRACES.sub("", template):
        raise NotKnown("what a format string with attributes or nested fields gives")
    specs = BRACES.findall(template)
    longest = _longest([*args, *kwargs.values()])
    budget.text(len(template) + sum(map(_widths, specs)) + len(specs) * longest)
    return template.format(*args, **kwargs)


def field(value: Any, conversion: str, spec: str, budget: Budget) -> str:
    """Return `f"{value!conversion:spec}"`."""
    budget.text(_widths(spec) + _longest([value]))
    return format(CONVERSIONS[conversion](value) if conversion else value, spec)


def _widths(spec: str) -> int:
    return sum(map(_width, re.findall(r"\d+", spec)))


def _width(number: str) -> int:
    if number == "*" or len(number) > len(str(MAX_WIDTH)) or int(number or 0) > MAX_WIDTH:
        raise TooMuch(f"formats a value wider than {MAX_WIDTH} characters")
    return int(number or 0)


def _longest(values: Sequence[Any]) -> int:
    """Return the length of the longest value as text; `plain` has bounded what they hold."""
    return max((len(v) if isinstance(v, str) else len(repr(v)) for v in values), default=0)
