"""Python's arithmetic on whole arrays: the operations that expressions are made of.

A user's `lambda` is run by Python, on Python's numbers, so Python is the truth here. An array is
one of three kinds:

    int64     every value is an int of at most 2**53 in magnitude, which a float64 holds exactly
    float64   every value is a float
    object    anything else: ints beyond 2**53, or ints and floats side by side

The first two are computed by numpy where numpy's answer is Python's to the last bit (`+ - * /`,
`//`, `%`, `sqrt`, comparisons, rounding; `**` of floats by `float_power`, and `exp` by that of
complex numbers, which are the C library's; `cos` and `sin` where a trial shows that they are it
too). Everything else (the other functions of `math`, all object arrays) is computed by Python
element by element, at some 0.1 us each: numpy's own `power`, `exp`, `log` and `tanh` differ from
the C library's by an ulp or two in one value of twenty, or of ten thousand, which would move a
`floor` or a comparison to another step. The functions of `np.` are numpy's own.
"""

from __future__ import annotations

import math
import operator
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot._lazy import np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    Steps: TypeAlias = NDArray[np.int64]
    Values: TypeAlias = NDArray[Any]
    Number: TypeAlias = int | float
    Apply: TypeAlias = Callable[..., Values]  # steps first, then one array per argument

__all__ = [
    "FUNCTIONS",
    "SMOOTH",
    "Function",
    "NoValueError",
    "blend",
    "each",
    "filled",
    "is_same",
    "real",
    "settle",
    "truth",
]

EXACT = 2**53
MAX_BITS = 4096


class NoValueError(Exception):
    """An operation has no value at a step (the smallest of those that it was asked for)."""

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(step, reason)
        self.step, self.reason = step, reason


class Function(msgspec.Struct, frozen=True):
    """What a name in an expression calls, and how many arguments it takes."""

    apply: Apply
    least: int
    most: int


def each(function: Callable[..., Number], steps: Steps, *arrays: Values) -> Values:
    """Call Python's `function` on each element; an exception becomes a NoValueError."""
    columns = [array.tolist() for array in arrays]
    try:
        return settle(steps, list(map(function, *columns)))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        raise _first_failure(function, steps, columns) from None


def _first_failure(
    function: Callable[..., Number], steps: Steps, columns: list[list[Number]]
) -> NoValueError:
    for index in np.argsort(steps, kind="stable").tolist():
        try:
            function(*(column[index] for column in columns))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # noqa: PERF203  # looked for once, to report it
            return NoValueError(int(steps[index]), _reason(error))
    raise AssertionError  # pragma: no cover  # the functions are pure


def _reason(error: Exception) -> str:
    return f"there is no entry {error}" if isinstance(error, KeyError) else str(error.args[-1])


def settle(steps: Steps, values: Sequence[Number]) -> Values:
    """Return Python's numbers as the narrowest of the three kinds of array."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return np.array(values, np.float64)
    if float not in kinds and min(values) >= -EXACT and max(values) <= EXACT:
        return np.array(values, np.int64)
    _bound(steps, values)
    return np.fromiter(values, object, len(values))


def _bound(steps: Steps, values: Sequence[Number]) -> None:
    """Keep integers, which Python lets grow without end, within what the memory can bear."""
    large = [isinstance(value, int) and value.bit_length() > MAX_BITS for value in values]
    if any(large):
        raise NoValueError(int(steps[large].min()), f"an integer passes {MAX_BITS} bits")


def filled(steps: Steps, value: Number) -> Values:
    """Return one number at every step."""
    if isinstance(value, float):
        return np.full(steps.shape, value)
    return np.full(steps.shape, value, settle(steps[:1], [value]).dtype)


def real(steps: Steps, values: Values) -> NDArray[np.float64]:
    """Return every value as a float, as Python's `float` does."""
    try:
        return values.astype(np.float64, copy=False)
    except OverflowError:  # of an int that no float holds; each says where
        return each(float, steps, values)


def truth(values: Values) -> NDArray[np.bool_]:
    """Return where Python's `bool` is true."""
    return np.asarray(values != 0, np.bool_)


def blend(mask: NDArray[np.bool_], yes: Values, no: Values) -> Values:
    """Return an array with `yes` where the mask is set and `no` where it is not, in order."""
    kind = yes.dtype if yes.dtype == no.dtype else np.dtype(object)
    out = np.empty(mask.shape, kind)
    out[mask], out[~mask] = yes, no
    return out


def _peak(values: Values) -> int:
    return max(abs(int(values.min())), abs(int(values.max())))


def _whole(*arrays: Values) -> bool:
    return all(array.dtype == np.int64 for array in arrays)


def _arithmetic(
    python: Callable[..., Number], name: str, bound: Callable[[int, int], int]
) -> Apply:
    """Build an operation that stays in int64 while `bound` of the magnitudes proves it exact."""

    def apply(steps: Steps, left: Values, right: Values) -> Values:
        if _whole(left, right) and bound(_peak(left), _peak(right)) <= EXACT:
            return getattr(np, name)(left, right)  # type: ignore[no-any-return]
        if np.float64 in (left.dtype, right.dtype):
            return getattr(np, name)(real(steps, left), real(steps, right))  # type: ignore[no-any-return]
        return each(python, steps, left, right)

    return apply


def _true_division(steps: Steps, left: Values, right: Values) -> Values:
    if object in (left.dtype, right.dtype):
        return each(operator.truediv, steps, left, right)
    return np.true_divide(left, right)


def _division(quotient: Apply) -> Apply:
    """Build an operation that has no value where it divides by zero."""

    def apply(steps: Steps, left: Values, right: Values) -> Values:
        zero = ~truth(right)
        if zero.any():
            raise NoValueError(int(steps[zero].min()), "division by zero")
        return quotient(steps, left, right)

    return apply


def _compare(python: Callable[..., Any]) -> Apply:
    def apply(steps: Steps, left: Values, right: Values) -> Values:
        if object in (left.dtype, right.dtype):
            return each(python, steps, left, right)
        return np.asarray(python(left, right), np.int64)

    return apply


def _simple(python: Callable[..., Any]) -> Apply:
    """Build an operation on one array that is exact in every kind (the sign, the magnitude)."""

    def apply(steps: Steps, values: Values) -> Values:
        return each(python, steps, values) if values.dtype == object else np.asarray(python(values))

    return apply


def _rounding(python: Callable[..., Number], name: str) -> Apply:
    """Build a function from floats to ints, by numpy while the result is an exact int64."""

    def apply(steps: Steps, values: Values) -> Values:
        if _whole(values):
            return values
        if values.dtype == np.float64 and bool((np.abs(values) <= EXACT).all()):
            return getattr(np, name)(values).astype(np.int64)  # type: ignore[no-any-return]
        return each(python, steps, values)

    return apply


def _round(steps: Steps, values: Values, *digits: Values) -> Values:
    return each(_digits, steps, values, *digits) if digits else _nearest(steps, values)


def _digits(value: Number, digits: int) -> Number:
    """Python's `round(value, digits)`, without building 10**-digits for an int it blots out."""
    if isinstance(value, int) and isinstance(digits, int) and -digits > value.bit_length() + 1:
        return 0
    return round(value, digits)


def _raise_to(steps: Steps, base: Values, exponent: Values) -> Values:
    if np.float64 in (base.dtype, exponent.dtype) and bool((base >= 0).all()):
        return _real_power(steps, real(steps, base), real(steps, exponent))
    return each(_power, steps, base, exponent)


def _real_power(steps: Steps, base: Values, exponent: Values) -> Values:
    """Raise by numpy's `float_power`, which is the C library's, as Python's `**` is."""
    with np.errstate(all="ignore"):
        found: Values = np.float_power(base, exponent)
    if np.isfinite(found).all():
        return found
    return each(operator.pow, steps, base, exponent)  # says what Python says, and where


def _power(base: Number, exponent: Number) -> Number:
    """Python's `**`, refusing an integer too large before building it."""
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        bits = (abs(base).bit_length() - 1) * exponent
        if bits > MAX_BITS:
            raise OverflowError(f"an integer passes {MAX_BITS} bits")
    value = base**exponent
    if isinstance(value, complex):
        raise ValueError("a negative number to a fractional power is not real")  # noqa: TRY004
    return value


def _extreme(better: Apply) -> Apply:
    """Build min or max: of equals the first, each value keeping its own type."""

    def apply(steps: Steps, best: Values, *others: Values) -> Values:
        for other in others:
            wins = truth(better(steps, other, best))
            best = blend(wins, other[wins], best[~wins])
        return best

    return apply


def _elementwise(python: Callable[..., Number]) -> Apply:
    return lambda steps, *arrays: each(python, steps, *arrays)


def _elementwise_real(python: Callable[..., float]) -> Apply:
    """Call a function that only returns floats on each element."""

    def apply(steps: Steps, *arrays: Values) -> Values:
        columns = [array.tolist() for array in arrays]
        try:
            return np.fromiter(map(python, *columns), np.float64, steps.size)
        except (ArithmeticError, TypeError, ValueError):
            raise _first_failure(python, steps, columns) from None

    return apply


def _smooth(name: str) -> Apply:
    """Build a function of `math`, by numpy where it has the very same one and that is worth it."""
    slow = _elementwise_real(getattr(math, name))

    def apply(steps: Steps, values: Values) -> Values:
        if values.size < _MANY or values.dtype == object or not is_same(name):
            return slow(steps, values)
        found = _quick(name, real(steps, values))
        return found if np.isfinite(found).all() else slow(steps, values)  # which says why

    return apply


def _exp(values: Values) -> Values:
    """Return e to the values by the C library: that of x + 0i is its own exp(x), up to 700."""
    if np.abs(values).max() > 700:  # noqa: PLR2004  beyond, it scales
        return np.full(values.shape, np.nan)
    return np.exp(values.astype(np.complex128)).real


def _quick(name: str, values: Values) -> Values:
    return _exp(values) if name == "exp" else getattr(np, name)(values)


_SAME = ("sqrt", "exp", "cos", "sin")  # numpy's are the C library's, in its builds of today
_MANY, _PROBED = 2**12, 2**16


@cache
def is_same(name: str) -> bool:
    """Say whether numpy's function is Python's own: 65,536 values tell, were it another's."""
    if name not in _SAME:
        return False
    values = np.geomspace(1e-6, 690.0, _PROBED) * (-1 if name == "exp" else 1)
    wanted = np.fromiter(map(getattr(math, name), values.tolist()), np.float64, _PROBED)
    return bool((_quick(name, values) == wanted).all())


def _numpy(name: str) -> Apply:
    """Build numpy's own function: a common type for all arguments, nan and inf without an error."""

    def apply(steps: Steps, *arrays: Values) -> Values:
        if not _whole(*arrays):
            arrays = tuple(real(steps, array) for array in arrays)
        return getattr(np, name)(*arrays)  # type: ignore[no-any-return]

    return apply


def _numpy_real(name: str) -> Apply:
    return lambda steps, values: getattr(np, name)(real(steps, values))


def _where(steps: Steps, test: Values, yes: Values, no: Values) -> Values:
    if not _whole(yes, no):
        yes, no = real(steps, yes), real(steps, no)
    return np.where(truth(test), yes, no)


def _log(steps: Steps, values: Values, *base: Values) -> Values:
    apply = _elementwise_real(math.log) if base else _smooth("log")
    return apply(steps, values, *base)


_less, _more = _compare(operator.lt), _compare(operator.gt)
_nearest = _rounding(round, "rint")
SMOOTH = ["sqrt", "exp", "log", "log2", "log10", "cos", "sin", "tan", "cosh", "sinh", "tanh"]
_any = 500  # as many as the text has room for

FUNCTIONS: dict[str, Function] = {
    "+": Function(_arithmetic(operator.add, "add", operator.add), 2, 2),
    "-": Function(_arithmetic(operator.sub, "subtract", operator.add), 2, 2),
    "*": Function(_arithmetic(operator.mul, "multiply", operator.mul), 2, 2),
    "/": Function(_division(_true_division), 2, 2),
    "//": Function(
        _division(_arithmetic(operator.floordiv, "floor_divide", lambda a, _b: a)), 2, 2
    ),
    "%": Function(_division(_arithmetic(operator.mod, "remainder", lambda _a, b: b)), 2, 2),
    "**": Function(_raise_to, 2, 2),
    "<": Function(_less, 2, 2),
    ">": Function(_more, 2, 2),
    "<=": Function(_compare(operator.le), 2, 2),
    ">=": Function(_compare(operator.ge), 2, 2),
    "==": Function(_compare(operator.eq), 2, 2),
    "!=": Function(_compare(operator.ne), 2, 2),
    "neg": Function(_simple(operator.neg), 1, 1),
    "pos": Function(lambda _steps, values: values, 1, 1),
    "not": Function(lambda _steps, values: (~truth(values)).astype(np.int64), 1, 1),
    "min": Function(_extreme(_less), 1, _any),
    "max": Function(_extreme(_more), 1, _any),
    "sum": Function(_elementwise(lambda *values: sum(values)), 1, _any),
    "len": Function(_elementwise(lambda *values: len(values)), 1, _any),
    "abs": Function(_simple(abs), 1, 1),
    "int": Function(_rounding(int, "trunc"), 1, 1),
    "float": Function(real, 1, 1),
    "round": Function(_round, 1, 2),
    "pow": Function(_raise_to, 2, 2),
    **{f"math.{name}": Function(_smooth(name), 1, 1) for name in SMOOTH},
    "math.log": Function(_log, 1, 2),
    "math.pow": Function(_elementwise_real(math.pow), 2, 2),
    "math.fmod": Function(_elementwise_real(math.fmod), 2, 2),
    "math.floor": Function(_rounding(math.floor, "floor"), 1, 1),
    "math.ceil": Function(_rounding(math.ceil, "ceil"), 1, 1),
    **{f"np.{name}": Function(_numpy_real(name), 1, 1) for name in [*SMOOTH, "floor", "ceil"]},
    **{f"np.{name}": Function(_numpy(name), 2, 2) for name in ("minimum", "maximum")},
    "np.clip": Function(_numpy("clip"), 3, 3),
    "np.where": Function(_where, 3, 3),
}
