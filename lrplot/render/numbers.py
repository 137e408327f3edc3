"""How numbers are written: six significant digits for people, the shortest exact text for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["exact", "rounded"]

_PLAIN_FROM, _PLAIN_BELOW = 1e-4, 1e16  # Python writes no exponent in between


def rounded(value: float) -> str:
    """Return six significant digits: 0.02575, 1e-05."""
    return f"{value:.6g}"


def exact(values: Sequence[float]) -> list[str]:
    """Return the shortest text that reads back to each number, as `repr` has it: 0.1, 1e-05, 7.

    msgspec finds the same digits in an eighth of the time, but writes exponents in its own way.
    """
    import msgspec

    plain = msgspec.json.encode(values).decode().strip("[]").split(",")
    return [
        text if _PLAIN_FROM <= value < _PLAIN_BELOW else repr(value)
        for text, value in zip(plain, values, strict=True)
    ]
