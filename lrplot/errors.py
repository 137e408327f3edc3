"""Everything lrplot refuses, as one small tree.

    LrplotError
    ├── UsageError       the command was put together wrongly: exit code 2
    └── InputError       something the input says is wrong: exit code 1; holds every problem found
        └── ParameterError   a schedule was given a value it cannot have (also a ValueError)

A `Problem` says where (file, line, column and key), what, and what to do about it. No module prints
an error: the command line does, once, in `lrplot.cli`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "InputError",
    "LrplotError",
    "ParameterError",
    "Problem",
    "UsageError",
    "Where",
    "option",
    "suggest",
]


class Where(NamedTuple):
    """A place in what the user gave: a file or an option, and line and column from 1 if known."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.source, *(str(number) for number in self[1:] if number)])


class Problem(NamedTuple):
    """One thing that is wrong: what, at which key, where, and what would mend it."""

    message: str
    key: str = ""
    where: Where | None = None
    hint: str = ""

    def __str__(self) -> str:
        said = (self.where, "" if self._where_is_key() else self.key, self.message)
        head = ": ".join(_short(str(part)) for part in said if part)
        return f"{head}\n  {self.hint}" if self.hint else head

    def _where_is_key(self) -> bool:
        """Say whether the place is an option that names the key already."""
        place, last = str(self.where), self.key.rpartition(".")[2]
        words = place.replace("-", "_").replace(".", " ").split()
        return place.startswith("--") and any(word.lstrip("_") == last for word in words)


def _short(text: str) -> str:
    """Leave out the middle of what nobody would read: a value may be as long as the input."""
    return text if len(text) <= 400 else f"{text[:300]} ... {text[-80:]}"  # noqa: PLR2004


class LrplotError(Exception):
    """The base of every error lrplot raises on purpose."""

    exit_code = 1


class UsageError(LrplotError):
    """The command, not the input, is wrong: an option that does not go with the source, say."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | str, hint: str = "") -> None:
        if isinstance(problems, str):
            problems = [Problem(message=problems, hint=hint)]
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class InputError(LrplotError):
    """What the input says is wrong; carries all the problems that one reading could find."""

    def __init__(self, problems: Iterable[Problem] | str, *, where: Where | None = None) -> None:
        if isinstance(problems, str):
            problems = [Problem(message=problems, where=where)]
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(*self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class MissingOptionError(InputError):
    """The source does not say what an option would: the command is to be completed."""

    exit_code = UsageError.exit_code


class ParameterError(InputError, ValueError):
    """A schedule was given a value it cannot have."""

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        super().__init__([Problem(message=message, key=key, hint=hint)])


def suggest(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'NAME'?` for a near miss, else an empty string."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def option(key: str) -> str:
    """Return the command-line option that sets a key: --eta-min for eta_min."""
    return f"--{key.replace('_', '-')}"
