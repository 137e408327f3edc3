"""How durations and sizes are written: 500, 160k, 12ep, 1.5ep, 10%, 300Btok, 1.28Msamples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lrplot.errors import InputError, Problem

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = [
    "LARGEST_STEP",
    "UnitError",
    "UnknownError",
    "bounded",
    "count_of",
    "counts_steps",
    "epochs_of",
    "nearest",
    "parsed",
    "unit_of",
]

LARGEST_STEP = 2**53  # beyond it a step is no longer exact as a float64
_LONGEST = 100  # characters; any duration is shorter, and Python refuses to read endless digits

_MULTIPLES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_DURATION = (
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+(?:_\d+)*)(?:\.\d*)?|\.\d+)"
    r"(?:e(?P<exponent>[+-]?\d{1,3}))?"
    r"(?P<multiple>[kmgbt])?\s*"
    r"(?P<unit>it|iters?|iterations?|steps?|updates?|ep|epochs?|samples?|tok|tokens?|%)?"
)
_COUNTED = {
    "dataset_size": ("sample",),
    "batch_size": ("sample",),
    "from_batch": ("sample",),
    "seq_len": ("tok",),
    "iters_per_epoch": ("it", "step", "update"),
}


class UnitError(InputError):
    """A duration that cannot be read, or not without something that is not known."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__([Problem(message=message, hint=hint)])


class UnknownError(UnitError):
    """A duration whose unit needs what is not known."""


def count_of(text: str, counted: str = "") -> int:
    """Return a whole number as sizes are written: 500, 118k, 1e6, 1_281_167, 1.28Msamples.

    No unit goes with it but that of what is counted, which the name of the size tells.
    """
    number, unit = parsed(text, "write 500 or 118k")
    fits = unit and unit.startswith(_COUNTED.get(counted, ("?",)))
    if (unit and not fits) or number.denominator != 1:
        raise UnitError(f"'{text}' is not a whole number", "write 500 or 118k")
    return bounded(int(number), text, "")


def counts_steps(text: str) -> bool:
    """Say whether a duration is written in steps; other units depend on the run."""
    unit = unit_of(text)
    return text.strip().lower() != "end" and not unit.startswith(("ep", "sample", "tok", "%"))


def epochs_of(text: str) -> int | float:
    """Return a number of epochs, which may be a part of one: 12, 12ep, 0.5."""
    number, unit = parsed(text, "write 12 or 0.5")
    if unit and not unit.startswith("ep"):
        raise UnitError(f"'{text}' is not a number of epochs", "write 12 or 0.5")
    return int(number) if number.denominator == 1 else float(number)


def nearest(exact: Fraction) -> int:
    """Return the nearest whole number, half up."""
    return int((2 * exact + 1) // 2)


def bounded(steps: int, text: str, what: str = " steps") -> int:
    """Return a count that a float64 holds exactly; raise UnitError where it does not."""
    if steps > LARGEST_STEP:
        raise UnitError(f"'{text}' is more than 2^53{what}")
    return steps


def unit_of(text: str) -> str:
    """Return the unit that a duration is written with, in small letters; "" for steps and "end"."""
    return "" if text.strip().lower() == "end" else parsed(text)[1]


def parsed(text: str, hint: str = "write 500, 160k, 12ep, 50% or end") -> tuple[Fraction, str]:
    """Return a duration's number and its unit; raise UnitError where the text is none."""
    from fractions import Fraction

    found = (
        re.fullmatch(_DURATION, text.strip(), re.IGNORECASE | re.ASCII)
        if len(text) <= _LONGEST
        else None
    )
    if not found:
        what = "step" if "ep" in hint else "number"
        raise UnitError(f"'{text}' is not a {what}", hint)
    number = Fraction(re.sub("[_,]", "", found["number"]))
    number *= Fraction(10) ** int(found["exponent"] or 0)
    return number * _MULTIPLES[(found["multiple"] or "").lower()], (found["unit"] or "").lower()
