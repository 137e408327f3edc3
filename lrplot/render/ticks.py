"""Where an axis is marked, and how the marks are written: 10k, 2.5k, 0.02, 1e-4."""

from __future__ import annotations

from math import ceil, floor, log10

__all__ = ["evenly", "powers", "rate", "short"]

_NICE = (1, 2, 2.5, 5, 10)
_PREFIXES = ("", "k", "M", "G", "T", "P")
_PLAIN = 1e-3  # a rate below it is written as a power of ten


def evenly(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Return at most this many (and one) evenly spaced round numbers from low to high."""
    least = (high - low) / max(1, most)
    scale = 10.0 ** floor(log10(least))
    steps = [nice * scale for nice in _NICE if nice * scale >= least * (1 - 1e-9)]
    step = next((each for each in steps if not whole or each.is_integer()), 1.0)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def powers(low: float, high: float, most: int) -> list[float]:
    """Return at most this many powers of ten from low to high; where there is one, 2 and 5 too."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    if last - first < 1:
        mantissas = [(m, e) for e in range(first - 1, last + 2) for m in (1, 2, 5)]
        return [float(f"{m}e{e}") for m, e in mantissas if low <= float(f"{m}e{e}") <= high]
    every = -(-(last - first + 1) // max(1, most))
    return [float(f"1e{exponent}") for exponent in range(first, last + 1, every)]


def short(count: float) -> str:
    """Write a step as people write it: 500, 2.5k, 160k, 1M."""
    group = 0 if count < 1 else min(len(_PREFIXES) - 1, int(log10(count) + 1e-12) // 3)
    return f"{count / 1000**group:g}{_PREFIXES[group]}"


def rate(value: float) -> str:
    """Write a rate as people write it: 0.02, 5e-5."""
    value = float(f"{value:.6g}")
    if value == 0 or abs(value) >= _PLAIN:
        return f"{value:g}"
    mantissa, exponent = f"{value:.5e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"
