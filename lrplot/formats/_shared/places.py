"""What a config says, and does not: its keys for what a schedule refuses, and others' defaults."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, ParameterError
from lrplot.formats._shared.keys import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lrplot.formats._shared.keys import Section

__all__ = ["defaulted", "numbers", "placed"]


@contextmanager
def placed(section: Section, names: Mapping[str, str]) -> Iterator[None]:
    """Say what a schedule built here refuses at the key of the config it comes from.

    names is the config's key by the schedule's parameter, where the two differ.
    """
    try:
        yield
    except ParameterError as error:
        problems = []
        for problem in error.problems:
            key = names.get(problem.key, problem.key)
            problems.append(problem._replace(key=section.join(key), where=section.where(key)))
        raise InputError(problems) from None


def defaulted(section: Section, defaults: Mapping[str, object], whose: str) -> list[str]:
    """Return the note that says which keys are not in a section, and what counts there."""
    missing = [f"{key} {value}" for key, value in defaults.items() if key not in section]
    return [f"{whose}'s defaults count for {', '.join(missing)}"] if missing else []


def numbers(section: Section, key: str, default: Any = REQUIRED) -> Any:
    """Return a list's numbers, none of them too large to count steps by."""
    found = section.numbers(key, default)
    for number in found:
        if not abs(number) <= LARGEST_STEP:  # so that nan is refused, too
            raise section.wrong(key, f"must hold numbers up to 2^53, got {number!r}")
    return found
