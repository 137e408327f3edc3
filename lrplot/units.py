"""Steps, epochs and parts of a run: one grammar, resolved once to whole steps.

500  500it  1e3  160k  2M        steps, counted from 0
12ep  1.5ep                      epochs, where an epoch's length is known
50%  end                         a part of the run, and its end
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from lrplot.errors import InputError, Problem, option

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["LARGEST_STEP", "Horizon", "UnitError"]

LARGEST_STEP = 2**53  # beyond it a step is no longer exact as a float64
_LONGEST = 100  # characters; any duration is shorter, and Python refuses to read endless digits

_MULTIPLES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9}
_DURATION = re.compile(
    r"(?P<number>\d[\d_,]*(?:\.\d*)?|\.\d+)(?:e(?P<exponent>[+-]?\d{1,3}))?"
    r"(?P<multiple>[kmgb])?\s*(?P<unit>it|iters?|iterations?|steps?|ep|epochs?|%)?",
    re.IGNORECASE,
)


class UnitError(InputError):
    """A duration that cannot be read, or not without something that is not known."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__([Problem(message=message, hint=hint)])


class Horizon(msgspec.Struct, frozen=True, kw_only=True):
    """How long a run is, and how long its epochs are: what turns a duration into steps."""

    max_iters: Annotated[int, Meta(ge=1, le=LARGEST_STEP)] | None = None
    iters_per_epoch: Annotated[int, Meta(ge=1, le=LARGEST_STEP)] | None = None

    def steps(self, text: str) -> int:
        """Return the steps a duration stands for, a fraction rounded to the nearest (half up).

        Raises UnitError where the text is no duration, or where its unit needs what is unknown.
        """
        if text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_STEP)):
            return int(text)  # what is asked for most needs no fractions, whose import takes time
        if text.strip().lower() == "end":
            return self._known("max_iters", "end")
        number, unit = _parse(text)
        if unit == "%":
            exact = number * self._known("max_iters", text) / 100
        elif unit.startswith("ep"):
            exact = number * self._known("iters_per_epoch", text)
        elif number.denominator != 1:
            raise UnitError(f"'{text}' is not a whole number of steps")
        else:
            exact = number
        steps = int((2 * exact + 1) // 2)
        if steps > LARGEST_STEP:
            raise UnitError(f"'{text}' is more than 2^53 steps")
        return steps

    def _known(self, name: str, text: str) -> int:
        value = self.max_iters if name == "max_iters" else self.iters_per_epoch
        if value is None:
            what = {"max_iters": "the length of the run", "iters_per_epoch": "an epoch's length"}
            raise UnitError(
                f"'{text}' needs {what[name]}", f"give {option(name)} (or {name}: in the file)"
            )
        return value


def _parse(text: str) -> tuple[Fraction, str]:
    from fractions import Fraction

    found = _DURATION.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if not found:
        raise UnitError(f"'{text}' is not a step", "write 500, 160k, 12ep, 50% or end")
    number = Fraction(re.sub("[_,]", "", found["number"]))
    number *= Fraction(10) ** int(found["exponent"] or 0)
    return number * _MULTIPLES[(found["multiple"] or "").lower()], (found["unit"] or "").lower()
