from __future__ import annotations

import math
import pickle
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrplot.errors import InputError, ParameterError
from lrplot.schedules.expression import Expression, compile_expression
from lrplot.schedules.expression import _python as _python_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STEPS = np.arange(301, dtype=np.int64)
BIG = np.array([1_000, 2**31, 10**12, 2**53 - 1, 2**53 + 1, 10**17], np.int64)

# Each text, and the same lambda as Python runs it.
SAME: list[tuple[str, Callable[[int], Any]]] = [
    ("0.95 ** epoch", lambda epoch: 0.95**epoch),
    ("max(0.1, 1 - t/50) if t > 5 else t/5", lambda t: max(0.1, 1 - t / 50) if t > 5 else t / 5),
    ("lambda epoch: 0.65 ** epoch", lambda epoch: 0.65**epoch),
    ("lambda e: e + 1", lambda e: e + 1),
    ("e * t", lambda t: math.e * t),
    ("2 ** -epoch", lambda epoch: 2**-epoch),
    ("epoch // 3", lambda epoch: epoch // 3),
    ("-epoch % 7", lambda epoch: -epoch % 7),
    ("-epoch // 7", lambda epoch: -epoch // 7),
    ("10 ** epoch / 10 ** (epoch + 1)", lambda epoch: 10**epoch / 10 ** (epoch + 1)),
    ("(3 ** t) % 1000", lambda t: 3**t % 1000),
    ("t * 10**18 * 10**17 // 10**34", lambda t: t * 10**18 * 10**17 // 10**34),
    ("(t + 2**53) % 3", lambda t: (t + 2**53) % 3),
    ("(t + 2**53 if t % 2 else 0.5) % 4", lambda t: (t + 2**53 if t % 2 else 0.5) % 4),
    ("1/t if t > 0 else 0", lambda t: 1 / t if t > 0 else 0),
    ("t > 0 and 1/t or 0", lambda t: (t > 0 and 1 / t) or 0),
    ("t or 7", lambda t: t or 7),
    ("not t % 2", lambda t: not t % 2),
    ("5 < t <= 2 * t < 60", lambda t: 5 < t <= 2 * t < 60),
    ("t > 0 < 1 / t if t else 3", lambda t: t > 0 < 1 / t if t else 3),
    ("min(1, t / 5)", lambda t: min(1, t / 5)),
    ("min([t, 10, t / 3])", lambda t: min([t, 10, t / 3])),
    ("int(t * 0.1) + int(-t / 7)", lambda t: int(t * 0.1) + int(-t / 7)),
    ("round(t / 4) + round(t / 7, 2)", lambda t: round(t / 4) + round(t / 7, 2)),
    ("round(t, -1)", lambda t: round(t, -1)),
    ("round(t, -10**17)", lambda _: 0),
    ("abs(t - 50) + float(t)", lambda t: abs(t - 50) + float(t)),
    ("pow(0.9, t)", lambda t: pow(0.9, t)),
    ("True + t", lambda t: True + t),
    ("0.5 * (1 + math.cos(math.pi * t / 300))", lambda t: 0.5 * (1 + math.cos(math.pi * t / 300))),
    ("exp(-t / 9) + tanh(t / 50)", lambda t: math.exp(-t / 9) + math.tanh(t / 50)),
    ("math.floor(math.log10(t + 1))", lambda t: math.floor(math.log10(t + 1))),
    ("int(math.log(t + 1, 2))", lambda t: int(math.log(t + 1, 2))),  # noqa: FURB163  # the same call
    ("ceil(t / 7) + tan(1) + sqrt(t)", lambda t: math.ceil(t / 7) + math.tan(1) + math.sqrt(t)),
    ("numpy.exp(-t / 9)", lambda t: np.exp(-t / 9)),
    ("np.minimum(t, 7) + np.clip(t, 3, 9.5)", lambda t: np.minimum(t, 7) + np.clip(t, 3, 9.5)),
    ("np.where(t > 5, t, 0.5)", lambda t: np.where(t > 5, t, 0.5)),
    ("math.fmod(t, 7.5) + math.pow(t, 2)", lambda t: math.fmod(t, 7.5) + math.pow(t, 2)),
    ("[1, 0.1, 0.01][min(epoch // 30, 2)]", lambda epoch: [1, 0.1, 0.01][min(epoch // 30, 2)]),
    ("[1, 2, 3][-(t % 3) - 1]", lambda t: [1, 2, 3][-(t % 3) - 1]),
    ("{0: 1, 1: 0.5}[t % 2]", lambda t: {0: 1, 1: 0.5}[t % 2]),
    ("0.1 if t in (30, 60) else 1", lambda t: 0.1 if t in (30, 60) else 1),
    ("t not in [1, 2]", lambda t: t not in [1, 2]),
    ("0.1 ** sum([t >= 30, t >= 60])", lambda t: 0.1 ** sum([t >= 30, t >= 60])),
    ("sum((t / 3, 0.1, 1e-9)) + len([t, 1])", lambda t: sum((t / 3, 0.1, 1e-9)) + 2),
    ("min(inf, t)", lambda t: min(math.inf, t)),
    ("1 / (1e308 * (t + 1) * 10)", lambda t: 1 / (1e308 * (t + 1) * 10)),
    ("torch.floor(t / 3)", lambda t: math.floor(t / 3)),
    ("(\n  1 - t  # falls\n)\n / 2", lambda t: (1 - t) / 2),
]
HUGE = {"2 ** -epoch", "10 ** epoch / 10 ** (epoch + 1)", "(3 ** t) % 1000"}  # 10**17 digits
SAME_FAR = [pair for pair in SAME if pair[0] not in HUGE]


@pytest.mark.parametrize(("text", "python"), SAME, ids=[text for text, _ in SAME])
def test_value_is_pythons_own_to_the_bit(text: str, python: Callable[[int], Any]) -> None:
    values = compile_expression(text)(STEPS)
    assert values.dtype == np.float64
    assert values.tolist() == [float(python(step)) for step in STEPS.tolist()]


@pytest.mark.parametrize(("text", "python"), SAME_FAR, ids=[text for text, _ in SAME_FAR])
def test_value_is_pythons_own_at_steps_far_out(text: str, python: Callable[[int], Any]) -> None:
    assert compile_expression(text)(BIG).tolist() == [float(python(step)) for step in BIG.tolist()]


REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("t" + " " * 2_000, "2,001 characters; at most 2,000"),
    ("[" * 10_000, "at most 2,000"),
    ("(" * 500 + "t" + ")" * 500, "deeper than 60"),
    ("-" * 1_500 + "t", "deeper than 60"),
    ("not " * 450 + "t", "deeper than 60"),
    ("lambda:" * 250 + "t", "deeper than 60"),
    ("min(" + "t," * 600 + "t)", "more than 500 parts"),
    ("t\x00", "null"),
    ("t + \ud800", "character that no text has"),
    ("t +* 2", "not an expression: invalid syntax (column"),
    ("t) + (t", "unmatched ')' (column 2)"),
    ("1e309", "beyond 1e308 (column 1)"),
    ("1234567890123456789 * t", "more than 18 digits (column 1)"),
    ("t + 9 ** 9 ** 9", "constant has no value: an integer passes 4096 bits (column 5)"),
    ("10 ** 400 * t", "beyond 1e308"),
    ("1e200 * 1e200 * t", "no finite value (column 1)"),
    ("1 / 0 + t", "division by zero"),
    ("(-8) ** 0.5", "negative number to a fractional power"),
    ("'a' * t", "a string cannot stand in an expression (column 1)"),
    ("f'{t}'", "an f-string cannot"),
    ("2j * t", "2j cannot"),
    ("None", "None cannot"),
    ("...", "Ellipsis cannot"),
    ("[t for t in (1, 2)]", "a comprehension cannot"),
    ("sum(t >= m for m in (30, 60))", "a comprehension cannot"),
    ("t + (y := 3)", "an assignment (:=) cannot stand in an expression (column 6)"),
    ("t.real", "'t.real' is not known: an attribute"),
    ("().__class__", "an attribute cannot"),
    ("math.pii", "did you mean 'pi'?"),
    ("math.sqr(t)", "unknown function 'math.sqr' (column 1)\n  did you mean 'sqrt'?"),
    ("2 * sqr(t)", "unknown function 'sqr' (column 5)\n  did you mean 'sqrt'?"),
    ("__import__('os')", "unknown function '__import__'"),
    ("math.cos.sin(t)", "unknown function 'math.cos.sin'"),
    ("lambda min: min(min, 3)", "unknown function 'min'"),
    ("epok + 1", "unknown name 'epok' (column 1)\n  did you mean 'epoch'?"),
    ("lambda n: t", "unknown name 't'"),
    ("cos * t", "'cos' is a function"),
    ("max(t)", "max takes two numbers or more"),
    ("sum(t, 3)", "sum takes one list"),
    ("max(*[1, t])", "a starred argument cannot"),
    ("max(*[1, t], 3)", "a starred argument cannot"),
    ("round(t, ndigits=2)", "keyword arguments cannot"),
    ("abs(t, 3)", "abs takes 1 arguments, not 2"),
    ("max()", "max takes at least 1 arguments, not 0"),
    ("pow(2, t, 5)", "pow takes 2 arguments, not 3"),
    ("~t", "operator Invert"),
    ("t << 3", "operator LShift"),
    ("t is 3", "operator Is"),
    ("[1, t][0]", "holds numbers only (column 5)"),
    ("t[0]", "only a list, tuple or dict"),
    ("[1, 2][0:1]", "a slice cannot"),
    ("{1, 2}[t]", "a set cannot be indexed"),
    ("{**{}}[t]", "a dict that is not indexed"),
    ("(1, t)", "a tuple that is not indexed"),
    ("lambda: 3", "one parameter"),
    ("lambda *t: 3", "one parameter"),
    ("lambda a, b: a", "one parameter"),
    ("lambda t, w=5: t / w", "parameter 'w' has a default value"),
    ("lambda t, *, w=5: t / w", "parameter 'w' has a default value"),
    ("lambda t: lambda u: t", "a lambda inside an expression cannot stand"),
    ("é + t", "unknown name 'é' (column 1)"),
    ("t + é", "unknown name 'é' (column 5)"),
    ("(t +\n foo)", "line 2, column 2"),
]


@pytest.mark.parametrize(("text", "fragment"), REFUSED)
def test_what_is_not_an_expression_is_refused_by_kind(text: str, fragment: str) -> None:
    with pytest.raises(ParameterError) as caught:
        compile_expression(text)
    assert fragment in str(caught.value)
    assert caught.value.problems[0].key == "factor"


NO_VALUE = [
    ("1 / (t - 7)", 7, "division by zero"),
    ("t // (t - 7)", 7, "division by zero"),
    ("t % (7.0 - t)", 7, "division by zero"),
    ("0.0 ** (3 - t)", 4, "0.0 cannot be raised to a negative power"),
    ("log(9 - t)", 9, "math domain error"),
    ("np.log(9 - t)", 9, "its value is -inf"),
    ("(5 - t) ** 0.5", 6, "fractional power"),
    ("exp(t * 10)", 71, "range error"),
    ("10.0 ** t", 309, ""),
    ("10 ** t", 309, "too large"),
    ("10 ** t % 10", 1234, "4096 bits"),
    ("(t + 10**17) ** 10 ** 3", 0, "4096 bits"),
    ("int(1e300 * t * 1e9)", 1, "infinity"),
    ("[1, 2, 3][t]", 3, "index 3 is outside a list of 3"),
    ("[1, 2, 3][t / 2]", 0, "a list's index is an integer, not 0.0"),
    ("{0: 1, 5: 2}[t * 5]", 2, "the dict has no entry 10"),
    ("round(t, t / 2)", 0, "integer"),
    ("1e308 * t", 2, "its value is inf"),
    ("1 / (t - 20) + 1 / (t - 7)", 7, "division by zero"),
    ("np.where(t > 0, 1 / t, 0)", 0, "division by zero"),
]


@pytest.mark.parametrize(("text", "step", "reason"), NO_VALUE)
def test_a_step_without_a_finite_value_is_named(text: str, step: int, reason: str) -> None:
    steps = np.random.default_rng(1).permutation(1_400).astype(np.int64)
    with pytest.raises(InputError) as caught:
        compile_expression(text)(steps)
    message = str(caught.value)
    assert f"no finite value at step {step}: " in message
    assert reason in message
    if step:  # ... and it is the first: all steps before it have a value
        assert np.isfinite(compile_expression(text)(np.arange(step))).all()


def test_the_first_step_is_found_across_blocks() -> None:
    steps = np.arange(200_000, dtype=np.int64)[::-1]
    with pytest.raises(InputError, match="at step 3: "):
        compile_expression("1 / (t - 3) + 1 / (t - 150000)")(steps)


# Random expressions: (text, whether it is made of linear pieces only).
NUMBERS = ["0", "1", "2", "3", "7", "10", "0.5", "0.1", "2.5", "1e-3", "12"]


def _linear(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    number, positive = st.sampled_from(NUMBERS), st.sampled_from(NUMBERS[1:])
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    rounding = st.sampled_from(["abs", "int", "floor", "ceil", "round", "-"])
    test = st.builds("({} {} {})".format, inner, order, inner)
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-"), inner),
        st.builds("({} * {})".format, inner, number),
        st.builds("({} {} {})".format, inner, st.sampled_from(["/", "//", "%"]), positive),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("min({}, {}, {})".format, inner, inner, inner),
        st.builds("{}({})".format, rounding, inner),
        st.builds("({} if {} else {})".format, inner, test, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("({} < {} <= {})".format, inner, inner, inner),
        st.builds("({} in (3, 7, 2.5))".format, inner),
        st.builds("[1, 0.5, 0.1][int({}) % 3]".format, inner),
        test,
    )


def _any(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operator = st.sampled_from(["*", "/", "//", "%", "**", "-"])
    return st.one_of(
        _linear(inner),
        st.builds("({} {} {})".format, inner, operator, inner),
        st.builds("(not {})".format, inner),
        st.builds("{}({})".format, st.sampled_from(["exp", "sqrt", "cos", "log"]), inner),
        st.builds("round({}, {})".format, inner, st.sampled_from(["1", "-1", "3"])),
    )


LEAF = st.one_of(st.just("t"), st.just("t"), st.sampled_from(NUMBERS))
MATH = {name: getattr(math, name) for name in ("exp", "sqrt", "cos", "log", "floor", "ceil")}
FAILURES = (ArithmeticError, ValueError, TypeError, LookupError)


def _python(text: str, step: int) -> float | None:
    """Return what Python itself gives; None where it has no finite value."""
    try:
        value = float(eval(text, MATH | {"t": step}))  # noqa: S307  # the oracle, on generated text
    except FAILURES:
        return None
    return value if math.isfinite(value) else None


@settings(max_examples=400, deadline=None)
@given(st.recursive(LEAF, _any, max_leaves=7), st.data())
def test_random_expressions_have_pythons_values(text: str, data: st.DataObject) -> None:
    if text.count("**") > 1:
        text = text.replace("**", "*")
    steps = data.draw(st.lists(st.integers(0, 80), min_size=1, max_size=40))
    expected = [_python(text, step) for step in steps]
    try:
        function = compile_expression(text)
    except ParameterError as error:
        assert "this constant" in str(error)  # noqa: PT017  # a branch of the law
        return
    failing = [step for step, value in zip(steps, expected, strict=True) if value is None]
    if failing:
        with pytest.raises(InputError, match=f"at step {min(failing)}: "):
            function(np.array(steps))
    else:
        values = function(np.array(steps)).tolist()
        assert list(map(repr, values)) == list(map(repr, expected))


@pytest.mark.parametrize("name", sorted(_python_rules.SMOOTH))
def test_a_function_of_math_on_an_array_is_pythons_own_to_the_bit(name: str) -> None:
    generator = np.random.default_rng(7)
    values = np.concatenate([generator.uniform(0, high, 20_000) for high in (1e-3, 1, 7, 300)])
    if name not in {"sqrt", "log", "log2", "log10"}:
        values = np.concatenate([-values, values])
    steps = np.arange(values.size)
    found = _python_rules.FUNCTIONS[f"math.{name}"].apply(steps, values)
    assert found.tolist() == list(map(getattr(math, name), values.tolist()))


@given(st.floats(-700, 700), st.floats(-1e-3, 1e-3))
def test_e_to_any_power_is_pythons_own_to_the_bit(value: float, slope: float) -> None:
    values = value + slope * np.arange(5000.0)
    found = _python_rules.FUNCTIONS["math.exp"].apply(np.arange(5000), values)
    assert found.tolist() == list(map(math.exp, values.tolist()))


@given(st.floats(0, 1e3), st.floats(-20, 20))
def test_any_power_is_pythons_own_to_the_bit(base: float, exponent: float) -> None:
    bases, exponents = np.linspace(base + 1e-9, 2 * base + 1, 50), np.full(50, exponent)
    found = _python_rules.FUNCTIONS["**"].apply(np.arange(50), bases, exponents)
    assert found.tolist() == [x**exponent for x in bases.tolist()]


def test_where_numpys_function_is_not_the_c_librarys_python_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = np.cos
    monkeypatch.setattr(
        np, "cos", lambda x: np.where(x % 3 < 0.1, np.nextafter(real(x), 2), real(x))
    )
    _python_rules.is_same.cache_clear()
    steps = np.arange(9000)
    found = compile_expression("math.cos(t / 7)")(steps)
    _python_rules.is_same.cache_clear()
    assert found.tolist() == [math.cos(t / 7) for t in range(9000)]


@pytest.mark.parametrize(
    ("text", "step", "reason"),
    [
        ("math.exp(t)", 710, "math range error"),
        ("math.log(5 - t)", 5, "math domain error"),
        ("math.sqrt(3 - t)", 4, "math domain error"),
        ("math.cos(1e308 * t)", 2, "math domain error"),
    ],
)
def test_where_python_raises_a_whole_array_does_too(text: str, step: int, reason: str) -> None:
    with pytest.raises(InputError, match=f"at step {step}: ") as error:
        compile_expression(text)(np.arange(9000))
    assert reason in str(error.value) or "expected" in str(error.value)  # Python 3.14 says more


@given(
    st.lists(st.one_of(st.integers(-5, 5), st.floats(-2, 2)), min_size=1, max_size=5),
    st.integers(1, 7),
)
def test_a_constant_is_taken_from_a_list_as_python_takes_it(
    table: list[float], period: int
) -> None:
    text = f"{table}[min(t // {period}, {len(table) - 1})] ** 2"
    wanted = [float(table[min(t // period, len(table) - 1)] ** 2) for t in range(40)]
    assert compile_expression(text)(np.arange(40)).tolist() == wanted


def _covered(text: str, end: int) -> tuple[NDArray[np.bool_], tuple[range, ...]]:
    knots = compile_expression(text).knots(end)
    covered = np.zeros(end + 2, bool)
    for steps in knots:
        assert len(steps) > 0
        assert 0 <= steps[0] <= steps[-1] <= end
        covered[list(steps)] = True
    return covered, knots


def _uncovered(text: str, end: int, values: NDArray[np.float64]) -> list[int]:
    """Return the steps where a line through the neighbours is left, and no knot is at hand."""
    covered, _ = _covered(text, end)
    bend = np.abs(np.diff(values, 2))
    size = np.max(np.abs(values))
    bent = np.flatnonzero(bend > 1e-9 * (1 + size)) + 1
    return [int(step) for step in bent if not (covered[step] or covered[step + 1])]


@settings(max_examples=500, deadline=None)
@given(st.recursive(LEAF, _linear, max_leaves=8), st.integers(2, 150))
def test_every_jump_and_kink_of_linear_pieces_is_at_a_knot(text: str, end: int) -> None:
    try:
        values = compile_expression(text)(np.arange(end + 1))
    except InputError:
        return
    assert _uncovered(text, end, values) == []


def _smooth(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    number = st.sampled_from(NUMBERS[1:])
    function = st.sampled_from(
        ["exp", "sqrt", "log", "log10", "tanh", "sinh", "cosh", "tan", "cos"]
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["/", "*", "//", "%", "**"]), number),
        st.builds("({} ** {})".format, number, inner),
        st.builds("({} ** {})".format, inner, st.sampled_from(["-0.5", "2", "3", "-1", "0.9"])),
        st.builds("{}(-{} / 20)".format, function, inner),
        st.builds("{}({})".format, function, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max", "fmod"]), inner, inner),
        st.builds("clip({}, 0.1, {})".format, inner, inner),
        st.builds("where({} > {}, {}, 2)".format, inner, inner, inner),
        st.builds("abs({})".format, inner),
    )


@settings(max_examples=500, deadline=None)
@given(st.recursive(LEAF, _smooth, max_leaves=5), st.recursive(LEAF, _smooth, max_leaves=5))
def test_every_turn_of_a_comparison_is_at_a_knot(left: str, right: str) -> None:
    try:
        function = compile_expression(f"{left} < {right}")
        values = function(np.arange(101))
    except InputError:
        return
    covered, _ = _covered(function.text, 100)
    assert covered[np.flatnonzero(np.diff(values)) + 1].all()


KNOTS: list[tuple[str, int, list[int] | None]] = [
    ("0.95 ** t", 100, []),
    ("0.5 * (1 + cos(pi * t / 100))", 100, []),
    ("(1 - t / 100) ** 0.9", 100, []),
    ("1 / sqrt(t + 1)", 100, []),
    ("1 / (1 + exp(-t))", 100, []),
    ("t * t + 3 * t", 100, []),
    ("t > 5", 100, [6]),
    ("t >= 5", 100, [5]),
    ("t < 5", 100, [5]),
    ("5 >= t", 100, [6]),
    ("t == 5", 100, [5, 6]),
    ("2 * t == 5", 100, []),
    ("t in (5, 20)", 100, [5, 6, 20, 21]),
    ("5 < t <= 20", 100, [6, 21]),
    ("min(t, 5)", 100, [5]),
    ("abs(t - 5)", 100, [5]),
    ("abs(2 * t - 5)", 100, [2, 3]),
    ("max(0.1, 1 - t / 50)", 100, [44, 45, 46]),
    ("max(0.1, 0.95 ** t)", 100, [44, 45]),
    ("min((t + 1) ** -0.5, (t + 1) * 40 ** -1.5)", 100, [38, 39, 40]),
    ("1 / (t - 5.5)", 10, [5, 6]),
    ("1 / t if t > 0 else 0", 100, [1]),
    ("t > 0 and 1 / t or 0", 100, [1]),
    ("t // 30", 100, [30, 60, 90]),
    ("0.1 ** (t // 30)", 100, [30, 60, 90]),
    ("cos(t // 30 / 3) > 0.9", 100, [30, 60, 90]),
    ("(t + 10) // 30", 100, [20, 50, 80]),
    ("int(t / 30)", 100, [30, 60, 90]),
    ("math.floor(t / 30)", 100, [30, 60, 90]),
    ("ceil(t / 30)", 100, [1, 31, 61, 91]),
    ("-t // 30", 100, [1, 31, 61, 91]),
    ("int(t * 2)", 100, []),
    ("int(2 * t / 5)", 10, [3, 5, 8, 10]),
    ("t % 30", 100, [30, 60, 90]),
    ("cos(pi * (t % 30) / 30)", 100, [30, 60, 90]),
    ("t % 30 < 10", 100, [10, 30, 40, 60, 70, 90, 100]),
    ("max(0, min(t / 20, 2 - t / 20))", 30, [19, 20, 21]),
    ("[1, 0.1, 0.01, 0.001][t // 30]", 100, [30, 60, 90]),
    ("0.1 ** sum([t >= 30, t >= 60])", 100, [30, 60]),
    ("t % 30 if t < 50 else 0.9 ** t", 100, [30, 50, 60, 90]),
    ("np.where(t > 5, t, 0)", 100, [6]),
    ("np.clip(t, 3, 9)", 100, [3, 9]),
    ("1 if t else 0", 100, [1]),
    ("not t > 5", 100, [6]),
    ("math.fmod(t, 30)", 100, [30, 60, 90]),
    ("round(t / 30)", 100, [15, 16, 45, 46, 75, 76]),
    ("int((t - 50) / 30)", 100, [20, 21, 50, 51, 80, 81]),
    ("sum([t, 1]) + len([t])", 100, []),
    ("tan(t / 100)", 100, []),
    ("tan(t)", 10, None),
    ("cosh(t / 50) > 2", 10, None),
    ("log(t + 1) < 2 + 0 * t", 100, [7]),
    ("int(t * 0.1)", 30, [1, 10, 11, 20, 21, 30]),
    ("log(t + 1, 2)", 10, None),
    ("math.fmod(-t, 3)", 10, None),
    ("t % -3", 10, None),
    ("t // (t + 1)", 10, None),
    ("t // 0.3", 10, None),
    ("int(exp(t))", 10, None),
    ("max(sqrt(t), t ** 0.5)", 10, None),
    ("max(1e-300, 1e-200 ** t)", 10, [1, 2]),
    ("max(exp(100 * t), 3 - t)", 10, None),
    ("math.sin(t) > 0", 10, None),
    ("(-0.5) ** t", 10, None),
    ("round(sqrt(t), 2)", 10, None),
    ("[1, 2, 3][t]", 2, None),
    ("sqrt((t - 5) ** 2)", 10, None),
]


@pytest.mark.parametrize(("text", "end", "expected"), KNOTS, ids=[text for text, *_ in KNOTS])
def test_knots_are_tight(text: str, end: int, expected: list[int] | None) -> None:
    found = compile_expression(text).knots(end)
    if expected is None:
        assert found == (range(end + 1),)
    else:
        assert sorted({step for steps in found for step in steps}) == pytest.approx(expected)


def test_the_triangle_of_cyclical_rates_bends_at_its_corners_only() -> None:
    text = "max(0, 1 - abs(t / 10 - 2 * math.floor(1 + t / 20) + 1))"
    covered, _ = _covered(text, 100)
    assert set(np.flatnonzero(covered)) <= {s + d for s in range(0, 101, 10) for d in (-1, 0, 1)}
    assert _uncovered(text, 100, compile_expression(text)(np.arange(101))) == []


@pytest.mark.parametrize(
    "text", ["t // 30", "0.1 ** (t // 30) * max(0.1, 0.999999 ** t)", "t % 7 < 3"]
)
def test_knots_over_a_huge_horizon_are_few_ranges(text: str) -> None:
    found = compile_expression(text).knots(10**15)
    assert 1 <= len(found) <= 4
    assert sum(map(len, found)) > 10**13


def test_knots_of_an_empty_or_shortest_horizon_are_none() -> None:
    assert compile_expression("t // 2").knots(0) == ()
    assert compile_expression("max(0.5, 0.9 ** t)").knots(0) == ()


@pytest.mark.parametrize(
    "text",
    [
        "min(1, 0.9 ** t * " * 20 + "t" + ")" * 20,
        "1e-200 * (" * 50 + "t" + ")" * 50 + " < 3",
        "abs(t - 3 + " * 25 + "t" + ")" * 25,
        " + ".join(f"(t // {n})" for n in range(2, 55)),
    ],
)
def test_bounded_expressions_are_analysed_in_bounded_time(text: str) -> None:
    start = time.process_time()
    compile_expression(text).knots(10**15)
    assert time.process_time() - start < 2


def test_nested_choices_are_analysed_in_little_time() -> None:
    text = "t"
    for level in range(25):
        text = f"({text} and t > {level} or t)"
    assert len(compile_expression(text).knots(10**12)) >= 25


@pytest.mark.parametrize("text", ["0.95 ** t", "max(0, 1 - t / 50)", "[1, 0.5][t % 2]", "3"])
def test_array_scalar_shuffled_and_shaped_agree(text: str) -> None:
    function = compile_expression(text)
    values = function(STEPS)
    order = np.random.default_rng(3).permutation(STEPS.size)
    assert [float(function(np.array(step))) for step in STEPS] == values.tolist()
    assert function(STEPS[order]).tolist() == values[order].tolist()
    assert function(STEPS[:300].reshape(3, 100)).tolist() == values[:300].reshape(3, 100).tolist()
    assert function(np.array(4)).shape == ()
    assert function(STEPS[:0]).shape == (0,)


def test_expressions_compare_by_text_and_are_compiled_once() -> None:
    one = compile_expression("0.5 * t")
    assert one is compile_expression("0.5 * t")
    assert one == Expression("0.5 * t")
    assert one != Expression("t * 0.5")
    assert hash(one) == hash(Expression("0.5 * t"))
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301  # made in this line


def test_importing_brings_neither_ast_nor_numpy() -> None:
    code = (
        "import sys, msgspec; before = set(sys.modules); import lrplot.schedules.expression;"
        "print({'ast', 'numpy', 'fractions'} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
