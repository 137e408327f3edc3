"""Expressions and statements of a config, worked out as Python would, or Unknown with a reason."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import InputError
from lrplot.syntax.python_config import read_config
from lrplot.syntax.python_eval import Frame
from lrplot.syntax.python_parse import parse
from lrplot.syntax.python_statements import run_file
from lrplot.syntax.python_values import Budget, freeze
from lrplot.syntax.tree import Code, Node, Unknown

if TYPE_CHECKING:
    from pathlib import Path


def unwrap(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: unwrap(item) for key, item in node.value.items()}
    return [unwrap(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def names(text: str) -> dict[str, Any]:
    """Run a program's statements and return what each of its names holds."""
    frame = Frame(parse(text, "a.py"), Budget(), lambda _frame, _statement: None)
    run_file(frame, frame.source.tree.body)
    return {name: unwrap(freeze(node)) for name, node in frame.names.items()}


def value(text: str) -> Any:
    return names(text)["x"]


def reason(text: str) -> str:
    found = value(text)
    assert isinstance(found, Unknown), found
    return found.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5e-4 * 1024 / 512", 5e-4 * 1024 / 512),
        ("-(7 // 2) ** 2 % 5", -((7 // 2) ** 2) % 5),
        ("1 << 4 | 3", 19),
        ("not 0 < 1 < 2", False),
        ("3 if 2 in [1, 2] else 4", 3),
        ("None is None and 'a' or 'b'", "a"),
        ("[1, 2] + [3] * 2", [1, 2, 3, 3]),
        ("(1, *[2, 3])", [1, 2, 3]),
        ("dict(a=1, **{'b': 2}, c=dict(d=3))", {"a": 1, "b": 2, "c": {"d": 3}}),
        ("{'a': 1, **dict(b=2)}", {"a": 1, "b": 2}),
        ("{'a': 1} | {'a': 2}", {"a": 2}),
        ("dict([('a', 1), ['b', 2]])", {"a": 1, "b": 2}),
        ("[4, 5, 6][-1]", 6),
        ("[4, 5, 6][1:]", [5, 6]),
        ("'abc'[::-1]", "cba"),
        ("f'{3:03d}-{\"a\"!r}-{1.5}'", "003-'a'-1.5"),
        ("'%s/%04d' % ('a', 7)", "a/0007"),
        ("'%(k)s' % dict(k=1)", "1"),
        ("'{}-{0}'.replace('{0}', '{b:.2f}').format(1, b=2)", "1-2.00"),
        ("[i * j for i in range(3) if i for j in (1, 10)]", [1, 10, 2, 20]),
        ("{k: v for k, v in zip('ab', [1, 2])}", {"a": 1, "b": 2}),
        ("{3, 3, 4}", [3, 4]),
        ("sum(i for i in range(5))", 10),
        ("[max(1, 2), min([3, 4]), len('abc')]", [2, 3, 3]),
        ("[int(2.7), float('1e3'), abs(-1)]", [2, 1e3, 1]),
        ("round(2.5), round(0.123, 2)", [2, 0.12]),
        ("sorted([3, 1, 2], reverse=True)", [3, 2, 1]),
        ("list(reversed([1, 2]))", [2, 1]),
        ("list(enumerate('ab', 1))", [[1, "a"], [2, "b"]]),
        ("any([0, 1]), all([0, 1]), bool(''), str(1)", [True, False, False, "1"]),
        ("'a,b'.split(',') + ['c']", ["a", "b", "c"]),
        ("'-'.join(['a', 'b']).upper()", "A-B"),
        ("dict(a=1).get('b', 2), dict(a=1).get('a')", [2, 1]),
        ("list(dict(a=1).items()), list(dict(a=1))", [[["a", 1]], ["a"]]),
        ("list(dict(a=1).keys()), list(dict(a=1).values())", [["a"], [1]]),
        ("[1, 2, 1].index(2), [1, 2, 1].count(1)", [1, 2]),
        ("(y := 3) + y", 6),
        ("lambda epoch: 0.95 ** epoch", Code("lambda epoch: 0.95 ** epoch")),
        ("__name__ == '__main__'", False),
        ("set(['a', 'a'])", ["a"]),
        ("{i % 2 for i in range(5)}", [0, 1]),
        ("dict(*[dict(a=1)])", {"a": 1}),
        ("pow(2.0, 0.5), 2 ** -1, 0.5 ** 2", [2**0.5, 0.5, 0.25]),
        ("[\n  1,\n  -\n  2]", [1, -2]),
    ],
)
def test_an_expression_has_python_s_value(text: str, expected: Any) -> None:
    assert value(f"x = {text}") == expected


NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "<": operator.lt}


@given(NUMBERS, st.sampled_from(sorted(OPERATORS)), NUMBERS)
def test_arithmetic_is_python_s(left: float, sign: str, right: float) -> None:
    found = value(f"x = ({left!r}) {sign} ({right!r})")
    expected = OPERATORS[sign](left, right)
    assert (found, type(found)) == (expected, type(expected))


KEYS = st.text(max_size=3)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN.filter(lambda plain: "inf" not in repr(plain)))
def test_a_literal_reads_back_as_it_was_written(plain: Any) -> None:
    assert value(f"x = {plain!r}") == plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, (b, *c) = 1, (2, 3, 4)\nx = [a, b, c]", [1, 2, [3, 4]]),
        ("x: float = 0.1", 0.1),
        ("x = y = []\ny.append(1)", [1]),
        ("x = [1]\nx += (2, 3)", [1, 2, 3]),
        ("x = 2\nx **= 3", 8),
        ("y = [dict(a=1)]\nx = y * 2\nx[0]['a'] = 5", [{"a": 5}, {"a": 5}]),
        ("x = dict(a=[1, 2, 3])\nx['a'][1:] = [9]\ndel x['a'][0]", {"a": [9]}),
        ("x = dict(a=1)\nx.update(dict(b=2), c=3)\nx.pop('a')", {"b": 2, "c": 3}),
        ("x = dict(a=dict(b=1))\nx.update(a=dict(c=2))", {"a": {"c": 2}}),
        ("x = []\nx.extend('ab')\nx.insert(0, 'c')\nx.remove('a')", ["c", "b"]),
        ("x = [2, 1]\nx.sort()\nx.reverse()\ny = x.pop()", [2]),
        ("import copy\ny = dict(a=[1])\nx = copy.deepcopy(y)\ny['a'].append(2)", {"a": [1]}),
        ("from copy import copy as c\ny = dict(a=[1])\nx = c(y)\ny['a'].append(2)", {"a": [1, 2]}),
        ("import math\nx = [math.ceil(1.2), math.sqrt(4), math.pi > 3]", [2, 2.0, True]),
        ("x = 0\nfor i in range(10):\n  if i == 2: continue\n  if i > 4: break\n  x += i", 8),
        ("x = 1\nwhile x < 100:\n  x *= 3\nelse:\n  x += 1", 244),
        ("x = 1\nif x > 1:\n  x = 5\nelif x == 1:\n  x = 6\nelse:\n  x = 7", 6),
        ("x = {}\nfor k, v in dict(a=1).items():\n  x[k + k] = v", {"aa": 1}),
        ("i = 7\ny = [i for i in range(3)]\nx = i", 7),
        ("x = 1\nwith open('f') as f:\n  x = 2", 2),
        ("def f():\n  x = 1\nx = 2", 2),
        ("x = 1\nassert x\npass\nprint(x)", 1),
        ("x: int\nx = 1", 1),
        ("x = 1\nwhile True:\n  x += 1\n  if x > 3: break", 4),
        ("with open('f'):\n  x = 2", 2),
        ("y = 1\ndel y\nx = 'y'", "y"),
        ("import copy\nx = copy.copy(3)", 3),
        ("import torch\ntorch.backends.cudnn = True\nx = 1", 1),
        ("x = dict(a=1)\nx.setdefault('b', []).append(1)", {"a": 1, "b": [1]}),
        ("x = dict(a=1)\nx.setdefault('a', 2)", {"a": 1}),
    ],
)
def test_statements_do_what_python_does(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = get_rate()", "a call of get_rate()"),
        ("x = 1 / 0", "ZeroDivisionError"),
        ("x = lr * 2", "the name lr is not defined"),
        ("import os\nx = float(os.environ['LR']) * 2", "os.environ"),
        ("from user import rate\nx = rate(3)[0]", "a call of user.rate()"),
        ("def f(): return 1\nx = f()", "a call of f()"),
        ("class A: lr = 1\nx = A.lr", "the class A is defined in the file"),
        ("x = open('/etc/passwd').read()", "a call of open()"),
        ("x = __import__('os').system('true')", "a call of __import__()"),
        ("x = dict(a=1)['b']", "KeyError: 'b'"),
        ("x = [1, 2][unknown]", "unknown"),
        ("x = dict(**unknown)", "unknown"),
        ("x = '{0.__class__}'.format(1)", "format string"),
        ("x = 3j", "type complex"),
        ("x = 'a' + 1", "TypeError"),
        ("x = dict(a=1) * 2", "TypeError"),
        ("x = a @ b", "not defined"),
        ("x = 1 @ 2", "this operator"),
        ("x = sum([[1], [2]], [])", "a sum of lists"),
        ("x = sorted([1], key=lambda v: v)", "sorting by a key"),
        ("x = list(zip([1], [2], longest=True))", "keywords"),
        ("x = f'{len}'", "what len gives"),
        ("x = list(3)", "iterating"),
        ("x = dict(a=1).pop('b')", "KeyError"),
        ("x = [*3]", "iterating"),
        ("x = max([1], key=len)", "keywords"),
        ("x = {(0, 1): 2}", "tuple for a key"),
        ("a, x = 1, 2, 3", "not as many values"),
        ("x = (yield 1)", "yield"),
    ],
)
def test_what_takes_running_the_file_is_unknown_with_the_reason(text: str, why: str) -> None:
    assert why in reason(text)


@pytest.mark.parametrize(
    "change",
    [
        "if flag():\n  x = 2",
        "if flag():\n  def x(): pass",
        "if flag():\n  y.append(2)",
        "y.attribute = 2",
        "for i in items():\n  x['b'] = i",
        "while flag():\n  x.update(b=2)",
        "try:\n  import apex\nexcept ImportError:\n  x = None",
        "def f():\n  x.update(b=2)\nf()",
        "def f():\n  global x\n  x = 2\nf()",
        "tweak(x)",
        "import user\nuser.tweak(dict(inner=x))",
        "unknown.register(x)",
        "y.update(unknown)",
        "y[unknown] = 3",
        "y.frobnicate()",
        "x.pop(unknown)",
        "del x[unknown]",
        "flag() or x.clear()",
        "exec('x = 2')",
        "globals()['x'] = 2",
        "from user import *",
        "match flag():\n  case 1:\n    x = 2",
        "for i in [1, 2]:\n  if flag():\n    break\n  x = i",
    ],
)
def test_what_may_have_been_changed_is_unknown(change: str) -> None:
    assert isinstance(names(f"x = y = dict(a=1)\n{change}\n")["x"], Unknown)


@pytest.mark.parametrize(
    "change",
    [
        "if flag():\n  z = 2",
        "z = tweak()",
        "print(x)",
        "import os\nz = os.path.join('a', 'b')",
        "def f():\n  x = 1\nf()",
        "try:\n  import apex\nexcept ImportError:\n  apex = None",
        "for i in [1, 2]:\n  if flag():\n    break\n  z = i",
        "'-'.join(f()).strip(1)",
        "(lambda: 1)().update(2)",
    ],
)
def test_what_cannot_have_been_changed_is_known(change: str) -> None:
    assert value(f"x = dict(a=1)\n{change}\n") == {"a": 1}


def test_an_unknown_part_leaves_the_rest_known() -> None:
    found = value("x = dict(lr=0.1, path=f(), steps=[1, g()])")
    assert found["lr"] == 0.1
    assert isinstance(found["path"], Unknown)
    assert found["steps"][0] == 1


def test_an_environment_variable_is_unknown_whatever_its_default(tmp_path: Path) -> None:
    text = "a = {{$LR:0.1}}\nb = 'x/{{ $ROOT:data }}'\nc = {{'$N:80'}}\nd = [1, {{$M:2}}, 0.5]\n"
    (tmp_path / "a.py").write_text(text)
    tree = read_config(tmp_path / "a.py")
    assert all(isinstance(tree.value[name].value, Unknown) for name in "abc")
    assert tree.value["d"].value[2].where.column == 19


def test_the_file_s_own_names_are_filled_in(tmp_path: Path) -> None:
    text = "a = '{{ fileDirname }}'\nb = '{{fileBasename}}'\nc = '{{ fileExtname }}'\n"
    (tmp_path / "a.py").write_text(text)
    expected = {"a": str(tmp_path), "b": "a.py", "c": ".py"}
    assert unwrap(read_config(tmp_path / "a.py")) == expected


def test_a_number_keeps_the_text_it_was_written_as() -> None:
    frame = Frame(parse("x = [1e-4, -5E-5, 0x10, 1_000]", "a.py"), Budget(), lambda *_: None)
    run_file(frame, frame.source.tree.body)
    texts = [item.text for item in freeze(frame.names["x"]).value]
    assert texts == ["1e-4", "-5E-5", "0x10", "1_000"]


BOMBS = {
    "string": "x = 'a' * 10**10",
    "list": "x = [0] * 10**10",
    "power": "x = 2 ** 10**10",
    "pow": "x = pow(2, 10**10)",
    "shift": "x = 1 << 10**10",
    "product": "x = 9 ** 1000\n" + "x = x * x\n" * 40,
    "range": "x = list(range(10**12))",
    "huge range": "x = range(10**30)",
    "doubling": "x = [1]\n" + "x = x + x\n" * 60,
    "doubled text": "x = 'ab'\n" + "x = x + x\n" * 60,
    "nested comprehension": "x = [0 for a in range(9999) for b in range(9999)]",
    "endless loop": "while True:\n    x = 1",
    "loops": "for i in range(10**4):\n    for j in range(10**4):\n        x = i",
    "percent": "x = '%1000000000d' % 1",
    "star": "x = '%*d' % (10**9, 1)",
    "format": "x = '{:1000000000}'.format(1)",
    "fields": "x = ('{0}' * 90000).format('a' * 90000)",
    "f-string": "x = f'{1:{10**9}}'",
    "round": "x = round(5, -10**10)",
    "join": "x = ('a' * 90000).join(['b'] * 90000)",
    "replace": "x = ('a' * 90000).replace('a', 'b' * 90000)",
    "text of shared lists": "y = ['a' * 90000] * 9000\nx = str(y)",
    "comparison of shared lists": "x = [1]\n" + "x = [x, x]\n" * 60 + "y = x == x",
    "concatenation": "x = ''\nfor i in range(10**5):\n    x += 'abcdefgh' * 1000",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_what_would_cost_too_much_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        names(text)
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert problem.where.line > 0


SHARED = {
    "lists": "x = [1]\n" + "x = [x, x]\n" * 60,
    "dicts": "x = {}\n" + "x = dict(a=x, b=x)\n" * 60,
    "itself": "x = []\nx.append(x)\n",
    "depth": "x = []\nfor i in range(300):\n    x = [x]\n",
}


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED.keys())
def test_a_tree_too_large_to_walk_is_refused_at_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(InputError) as caught:
        read_config(tmp_path / "a.py")
    assert caught.value.problems[0].where is not None
    assert caught.value.problems[0].where.line > 0


NESTS = {
    "parentheses": "(" * 100_000,
    "signs": "-" * 90_000 + "1",
    "negations": "not " * 200_000 + "1",
    "attributes": "a" + ".a" * 90_000,
    "sums": "1" + "+1" * 90_000,
    "powers": "2**" * 45_000 + "1",
    "lambdas": "lambda: " * 90_000 + "1",
    "commas": "[" + "1," * 2_000_000 + "]",
    "digits": "9" * 100_000,
}


@pytest.mark.parametrize("text", NESTS.values(), ids=NESTS.keys())
def test_a_text_that_nests_without_end_is_refused_or_unknown(text: str) -> None:
    try:
        found = value(f"x = {text}")
    except InputError:
        return
    assert isinstance(found, Unknown)  # a Python whose own parser has no limit here


def test_a_sum_of_very_many_terms_is_unknown_rather_than_fatal() -> None:
    assert "nests too deeply" in reason("x = 1" + "+1" * 900)


def test_numbers_chosen_to_collide_are_no_keys() -> None:
    items = ", ".join(f"{i * (2**61 - 1)}: 1" for i in range(1, 5000))
    assert "large numbers" in reason(f"x = {{{items}}}")


def test_a_break_outside_a_loop_is_refused() -> None:
    with pytest.raises(InputError, match="outside a loop"):
        names("break")
