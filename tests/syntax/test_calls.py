from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import InputError, Where
from lrplot.syntax.calls import parse_call
from lrplot.syntax.tree import Call, Code, Node, Unknown


def plain(node: Node) -> Any:
    """Return a tree without its places."""
    value = node.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Call):
        kwargs = {key: plain(item) for key, item in value.kwargs.items()}
        return (value.name, [plain(item) for item in value.args], kwargs)
    if isinstance(value, Code):
        return value.text
    return node.text if isinstance(value, Unknown) else value


def argument(text: str) -> Any:
    """Return what one argument is read as."""
    return plain(parse_call(f"f({text})"))[1][0]


STEP = ("StepLR", ["optimizer", 30], {"gamma": 0.1})


@pytest.mark.parametrize(
    "text",
    [
        "StepLR(optimizer, 30, gamma=0.1)",
        "scheduler = StepLR(optimizer, 30, gamma=0.1)",
        "self.scheduler = StepLR(optimizer, 30, gamma=0.1)",
        "a = b = StepLR(optimizer, 30, gamma=0.1)",
        "scheduler: LRScheduler = StepLR(optimizer, 30, gamma=0.1)",
        "StepLR(optimizer, 30, gamma=0.1,)",
        "StepLR(optimizer, 30, gamma=0.1),",
        "StepLR(optimizer, 30, gamma=0.1);",
        "  \n\tStepLR(optimizer, 30, gamma=0.1)  \n\n",
        "# why\nStepLR(\n    optimizer,  # the one\n    30,\n    gamma=0.1,\n)\n# done\n",
        "        # why\n        s = StepLR(\n            optimizer, 30,\n  gamma=0.1)\n",
        "StepLR(optimizer,\r\n       30,\r       gamma=0.1)",
    ],
)
def test_a_call_is_read_however_it_is_pasted(text: str) -> None:
    assert plain(parse_call(text)) == STEP


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1_000", 1000),
        ("0x10", 16),
        ("-2", -2),
        ("+2.5", 2.5),
        ("1 / 3", 1 / 3),
        ("2 * 3 + 4 - 1", 9),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("2 ** 10", 1024),
        ("-2 ** 2", -4),
        ("math.pi / 2", math.pi / 2),
        ("np.inf", math.inf),
        ('float("inf")', math.inf),
        ("float('1e-3')", 1e-3),
        ("int(0.1 * 505)", 50),
        ("round(2.5)", 2),
        ("max(1, 2 * 3)", 6),
        ("abs(-1)", 1),
        ("True", True),
        ("None", None),
        ("'cos'", "cos"),
        ("'co' 's'", "cos"),
        ("[1, 2, [3]]", [1, 2, [3]]),
        ("(1, 2)", [1, 2]),
        ("list((1, 2))", [1, 2]),
        ("tuple([1, 2])", [1, 2]),
        ("list(range(30, 91, 30))", [30, 60, 90]),
        ("range(3)", [0, 1, 2]),
        ("{10: 0.1, -20: 0.5}", {10: 0.1, -20: 0.5}),
        ("{'a': 1, 2.5: 2, None: 3, True: 4}", {"a": 1, 2.5: 2, None: 3, True: 4}),
        ("dict(a=1, b=[2])", {"a": 1, "b": [2]}),
        ("dict({1: 2}, a=3)", {1: 2, "a": 3}),
        ("lambda e: 0.95 ** e", "lambda e: 0.95 ** e"),
        ("lambda e: (\n  0.95\n  ** e)", "lambda e: (\n  0.95\n  ** e)"),
        ("self.optimizer", "self.optimizer"),
        ("a.B(1, c=2)", ("a.B", [1], {"c": 2})),
    ],
)
def test_an_argument_is_read_as_python_would_have_it(text: str, value: object) -> None:
    assert argument(text) == value


@given(st.recursive(st.integers(-(10**9), 10**9), lambda inner: st.tuples(inner, inner)))
def test_arithmetic_gives_what_python_gives(tree: Any) -> None:
    text = str(tree).replace(",", " -")
    assert argument(text) == eval(text)  # noqa: S307  of digits, brackets and minus signs


@pytest.mark.parametrize("text", ["total_steps", "0.1 * args.epochs", "-n", "len(loader) * 2"])
def test_what_only_the_script_knows_is_unknown_and_keeps_its_name(text: str) -> None:
    node = parse_call(f"f(x={text})").value.kwargs["x"]
    assert isinstance(node.value, Unknown)
    assert node.text in text
    assert "is known only to the script" in node.value.reason


def test_places_are_those_of_the_text_as_it_was_pasted() -> None:
    text = "# first\n    s = f(\n      optimizer, 'é',  30,\n  gamma = 1 / 3)"
    call = parse_call(text, "x.txt").value
    assert [node.where for node in call.args] == [
        Where("x.txt", 3, 7),
        Where("x.txt", 3, 18),
        Where("x.txt", 3, 24),
    ]
    assert call.kwargs["gamma"].where == Where("x.txt", 4, 11)


def test_a_list_of_calls_is_read_too() -> None:
    found = plain(parse_call("param_scheduler = [A(1), dict(type='B', end=2)]"))
    assert found == [("A", [1], {}), {"type": "B", "end": 2}]


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("import os", "an import is not a call", "1:1"),
        ("import os; f(1)", "an import is not a call", "1:1"),
        ("from os import path", "an import is not a call", "1:1"),
        ("f(1)\ng(2)", "is a second statement", "2:1"),
        ("def f(): pass", "a function is not a call", "1:1"),
        ("return f(1)", "return is not a call", "1:1"),
        ("a, b = f(1)", "an assignment to several names", "1:1"),
        ("a += f(1)", "an assignment in place", "1:1"),
        ("optimizer", "is not a call", "1:1"),
        ("1 + 1", "is not a call", "1:1"),
        ("f", "is not a call", "1:1"),
        ("().__class__", "an attribute of what is not a name", "1:1"),
        ("f(().__class__)", "an attribute of what is not a name", "1:3"),
        ("f(x.__class__)", "a name that starts with __", "1:3"),
        ("__import__('os')", "a name that starts with __", "1:1"),
        ("f(1)(2)", "a call of what is not a name", "1:1"),
        ("f([x for x in y])", "a comprehension", "1:3"),
        ("f(x for x in y)", "a comprehension", "1:2"),
        ("f({x: 1 for x in y})", "a comprehension", "1:3"),
        ("f((y := 3))", "an assignment (:=)", "1:4"),
        ("f(f'{x}')", "an f-string", "1:3"),
        ("f(x[i])", "this subscript", "1:3"),
        ("f([1, 2][0])", "this subscript", "1:3"),
        ("f(x[0:1])", "this subscript", "1:3"),
        ("a = [1]\nf(a[1])", "'a' has no 1", "2:3"),
        ("f(*x)", "an unpacking (*)", "1:3"),
        ("f(**x)", "an unpacking (**)", "1:5"),
        ("f({**x})", "an unpacking (**)", "1:6"),
        ("f({1, 2})", "a set", "1:3"),
        ("f(1 if x else 2)", "a conditional", "1:3"),
        ("f(1 < 2)", "a comparison", "1:3"),
        ("f(x and y)", "and/or", "1:3"),
        ("f(not x)", "this operator", "1:3"),
        ("f(1 << 2)", "this operator", "1:3"),
        ("f(2j)", "complex", "1:3"),
        ("f(b'x')", "bytes", "1:3"),
        ("f(...)", "ellipsis", "1:3"),
        ("f('a' + 'b')", "arithmetic needs numbers", "1:3"),
        ("f([1] * 2)", "arithmetic needs numbers", "1:3"),
        ("f(1 / 0)", "this has no value: division by zero", "1:3"),
        ("f((-8) ** 0.5)", "this has no real value", "1:3"),
        ("f(int('x'))", "arithmetic needs numbers", "1:7"),
        ("f(float('x'))", "this has no value", "1:3"),
        ("f(range(10 ** 9))", "holds more than 10,000 numbers", "1:3"),
        ("f(range(1.5))", "this has no value", "1:3"),
        ("f({(1, 2): 3})", "a key must be a number or text", "1:4"),
        ("f(dict([1]))", "dict() takes names with values", "1:8"),
        ("f(list(1))", "list() and tuple() take one list", "1:8"),
        ("f(list(1, 2))", "list() and tuple() take one list", "1:3"),
        ("f(a=1, a=2)", "'a' is given twice", "1:8"),
        ("f(dict(a=1, a=2))", "'a' is given twice", "1:13"),
        ("f(a=1, 2)", "is not valid Python", "1:9"),
        ("f(1", "is not valid Python", "1:2"),
        ("  f(1", "is not valid Python", "1:4"),
        ("f(\0)", "a character that no text has", "1:3"),
        ("f(\n\ud800)", "a character that no text has", "2:1"),
        ("", "is empty", ""),
        ("# nothing\n", "holds no call", ""),
    ],
)
def test_all_else_is_refused_by_kind_and_place(text: str, said: str, place: str) -> None:
    with pytest.raises(InputError) as error:
        parse_call(text)
    (problem,) = error.value.problems
    assert said in problem.message
    assert str(problem.where) == (f"call:{place}" if place else "call")


@pytest.mark.parametrize(
    "text",
    [
        "f(9**9**9)",
        "f(2 ** 100_000)",
        "f(10 ** 400)",
        "f(" + "9" * 4000 + ")",
        "f(" + "9" * 5000 + ")",
        "f(" * 10_000 + ")" * 10_000,
        "f(" + "[" * 10_000 + "]" * 10_000 + ")",
        "f(" + "{1:" * 10_000 + "1" + "}" * 10_000 + ")",
        "f(" + "-" * 90_000 + "1)",
        "f(" + "1+" * 40_000 + "1)",
        "f(" + "a." * 40_000 + "b)",
        "f(" + "not " * 20_000 + "1)",
        "f(" + "lambda x: " * 9_000 + "1)",
        "f(" + "1," * 40_000 + ")",
        "f('" + "x" * 10**6 + "')",
        "(" * 10**6,
    ],
)
def test_what_would_cost_too_much_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(InputError):
        parse_call(text)
    assert time.perf_counter() - started < 0.5


def outcome(text: str) -> Node | InputError:
    try:
        return parse_call(text)
    except InputError as error:
        return error


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found = outcome(text)
    if isinstance(found, InputError):
        assert str(found)
    else:
        assert isinstance(found.value, (Call, tuple, dict))


@given(st.text(alphabet="f(),[]{}1a.=*+-'\"\n #:lambda ", max_size=40))
def test_so_is_text_that_looks_like_a_call(text: str) -> None:
    found = outcome(f"f({text})")
    if isinstance(found, InputError):
        assert all(problem.where for problem in found.problems)
