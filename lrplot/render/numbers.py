"""How numbers are written: six significant digits for people, the shortest exact text for tools."""

from __future__ import annotations

__all__ = ["exact", "rounded"]


def rounded(value: float) -> str:
    """Return six significant digits: 0.02575, 1e-05."""
    return f"{value:.6g}"


def exact(value: float) -> str:
    """Return the shortest text that reads back to the same float64."""
    return repr(float(value))
