"""Exact algebra on the linear pieces of an expression, to know where they cross or round.

Everything is done with fractions and answered as ranges: nothing is evaluated, and a range over
10**15 steps is as cheap as one over ten.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Linear", "Ranges", "constant", "crossings", "floor", "floor_steps"]

Ranges: TypeAlias = "tuple[range, ...]"
ULP = Fraction(1, 2**53)
WIDEST = 16  # steps a crossing may be uncertain by, and ranges one floor may need


class Linear(msgspec.Struct, frozen=True, kw_only=True):
    """slope * t + saw * ((t - offset) % period) + shift, give or take `err`.

    `t // 10` is t/10 - (t % 10)/10, so a floor is linear too: it is flat between its teeth because
    slope + saw is 0. `err` bounds the rounding of the floats on 0..end. `whole` says that the value
    is always an integer, `lattice` that rounding carries it neither onto an integer nor off one:
    an int divided by an int is either an integer, exactly, or too far from one.
    """

    slope: Fraction = Fraction(0)
    saw: Fraction = Fraction(0)
    offset: int = 0
    period: int = 1
    shift: Fraction = Fraction(0)
    err: Fraction = Fraction(0)
    whole: bool = False
    lattice: bool = False

    @property
    def flat(self) -> bool:
        return self.slope + self.saw == 0

    @property
    def fixed(self) -> bool:
        return self.slope == 0 == self.saw

    def peak(self, end: int) -> Fraction:
        return abs(self.slope) * end + abs(self.saw) * self.period + abs(self.shift)

    def rounded(self, end: int) -> Linear:
        """Add the error of one rounding to float64, which spares integers up to 2**53."""
        peak = self.peak(end)
        if self.whole and peak <= 1 / ULP:
            return self
        err = self.err + ULP * peak
        apart = Fraction(1, math.lcm(self.slope.denominator, self.shift.denominator))
        return msgspec.structs.replace(self, err=err, lattice=self.lattice and err < apart)

    def scaled(self, factor: Fraction) -> Linear:
        return msgspec.structs.replace(
            self,
            slope=self.slope * factor,
            saw=self.saw * factor,
            shift=self.shift * factor,
            err=self.err * abs(factor),
            whole=self.whole and factor.denominator == 1,
            lattice=self.lattice and factor in (1, -1),
        )

    def plus(self, other: Linear) -> Linear | None:
        """Return the sum, or None where two different periods would mix."""
        mine, its = (self.offset, self.period), (other.offset, other.period)
        if self.saw and other.saw and mine != its:
            return None
        offset, period = mine if self.saw else its
        return Linear(
            slope=self.slope + other.slope,
            saw=self.saw + other.saw,
            offset=offset,
            period=period,
            shift=self.shift + other.shift,
            err=self.err + other.err,
            whole=self.whole and other.whole,
            lattice=(self.lattice and other.whole) or (self.whole and other.lattice),
        )


def constant(value: float) -> Linear:
    shift = Fraction(value)
    return Linear(shift=shift, whole=shift.denominator == 1)


def crossings(gap: Linear, name: str, end: int) -> Ranges | None:
    """Return where the sign of `gap` changes; None if that cannot be told.

    A comparison `name` of an exact gap with 0 turns at one step. A `kink` (or an inexact gap)
    needs the steps at both sides.
    """
    if gap.fixed:
        return () if abs(gap.shift) > gap.err or gap.err == 0 else None
    if gap.slope and gap.saw:
        return None
    rate = gap.slope or gap.saw
    first, last = _turns(-gap.shift / rate, gap.err / abs(rate), name, up=rate > 0)
    if gap.slope:
        return _clip([range(first, last + 1)], end)
    first, last = max(first, 0), min(last, gap.period)
    if last - first > WIDEST:
        return None
    starts = ((gap.offset + tooth) % gap.period for tooth in range(first, last + 1))
    return _clip((range(start, end + 1, gap.period) for start in starts), end)


def _turns(at: Fraction, width: Fraction, name: str, *, up: bool) -> tuple[int, int]:
    low, high = math.floor(at - width), math.floor(at + width)
    if name == "kink":
        return low, math.ceil(at + width)
    if not width and name in ("==", "!=") and at.denominator > 1:
        return 1, 0  # it is met between two steps, so at none
    if width or name in ("==", "!="):
        return math.ceil(at - width), high + 1
    step = math.ceil(at) if (name in ("<", ">=")) == up else high + 1
    return step, step


def _clip(ranges: Iterable[range], end: int) -> Ranges:
    """Keep what lies in 1..end; a value does not jump at the first step of all."""
    kept = (r[max(0, -((r.start - 1) // r.step)) :] for r in ranges)
    kept = (range(r.start, min(r.stop, end + 1), r.step) for r in kept)
    return tuple(r for r in kept if r)


def floor(line: Linear) -> Linear | None:
    """Return the floor of a line as a line, where that is exact and has one tooth per period."""
    if line.saw or (line.err and not line.lattice):
        return None
    slope, shift = line.slope, line.shift
    if slope.denominator == 1:
        return Linear(slope=slope, shift=Fraction(math.floor(shift)), whole=True)
    if abs(slope.numerator) != 1:
        return None
    period = slope.denominator
    if slope > 0:
        return _teeth(math.floor(shift * period), period)
    # floor(-x) is -ceil(x), and ceil((t + c) / n) is floor((t + ceil(c) + n - 1) / n).
    return _teeth(math.ceil(-shift * period) + period - 1, period).scaled(Fraction(-1))


def _teeth(ahead: int, period: int) -> Linear:
    """Return floor((t + ahead) / period)."""
    unit = Fraction(1, period)
    return Linear(
        slope=unit,
        saw=-unit,
        offset=-ahead % period,
        period=period,
        shift=ahead * unit,
        whole=True,
    )


def floor_steps(line: Linear, end: int) -> Ranges | None:
    """Return where floor(line) steps; None where that is too often to list, or cannot be told."""
    exact = line.err == 0 or line.lattice
    if line.saw:
        return None
    if exact and line.slope.denominator == 1:
        return ()  # the floor is linear itself
    slope, shift, spare = (line.slope, line.shift, Fraction(0)) if exact else _simpler(line, end)
    often = abs(slope.numerator) > WIDEST or abs(slope) >= 1
    if often or 2 * spare >= abs(slope):
        return None
    starts = {
        _first_above(slope, shift + side, tooth) % slope.denominator
        for side in (-spare, spare)
        for tooth in range(abs(slope.numerator))
    }
    return _clip((range(start, end + 1, slope.denominator) for start in sorted(starts)), end)


def _simpler(line: Linear, end: int) -> tuple[Fraction, Fraction, Fraction]:
    """Return slope and shift as simple fractions, and how far off that may be: 0.1 is 1/10."""
    slope, shift = line.slope.limit_denominator(10**6), line.shift.limit_denominator(10**6)
    return slope, shift, line.err + abs(line.slope - slope) * end + abs(line.shift - shift)


def _first_above(slope: Fraction, shift: Fraction, tooth: int) -> int:
    """Return the first t past the point where slope * t + shift meets the integer `tooth`.

    A rising floor steps at that point if it is an integer, a falling one just after it.
    """
    at = (tooth - shift) / slope
    return math.ceil(at) if slope > 0 else math.floor(at) + 1
