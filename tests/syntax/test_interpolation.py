"""${...} stands for another key's value, and matters only where it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from lrplot.errors import InputError
from lrplot.formats._shared.keys import plain
from lrplot.syntax.documents import parse_document
from lrplot.syntax.interpolation import MAX_LINKS, interpolated
from lrplot.syntax.tree import Unknown

TEXT = """\
lr: 3e-4
a: {b: [1, {c: x}], d: "${lr}"}
whole: ${a.b}
item: ${a.b[1].c}
item_too: ${a.b.1.c}
through: ${alias.d}
alias: ${a}
inside: "${a.b[1].c}/${lr}/z"
near: {one: 1, two: "${.one}", out: "${..lr}", deep: {three: "${..one}"}}
plain: 'a } b ${ c'
"""


def found(text: str, *path: Any) -> Any:
    tree = interpolated(parse_document(text, "c.yaml"))
    for key in path:
        tree = tree.value[key]
    return plain(tree)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["whole"], [1, {"c": "x"}]),
        (["item"], "x"),
        (["item_too"], "x"),
        (["a", "d"], 3e-4),
        (["through"], 3e-4),
        (["inside"], "x/3e-4/z"),
        (["near", "two"], 1),
        (["near", "out"], 3e-4),
        (["near", "deep", "three"], 1),
        (["plain"], "a } b ${ c"),
    ],
)
def test_a_link_stands_for_the_value(path: list[Any], value: Any) -> None:
    assert found(TEXT, *path) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: ${oc.env:HOME}", "is worked out only when the program runs"),
        ('a: "${b.${c}}"', "is worked out only when the program runs"),
        ("a: ${b.c}\nb: 1", "names no key of the file"),
        ("a: ${b.3}\nb: [1]", "names no key of the file"),
        ("a: ${b}\nb: ${a}", "leads back to itself"),
        ("a: {b: '${a}'}", "leads back to itself"),
        ("a: ???", "is left for the command line"),
        ("a: ${b}\nb: ???", "is left for the command line"),
        ('a: "' + "${b}" * 20_000 + '"\nb: 1', "too long a text"),
    ],
)
def test_what_cannot_be_known_is_unknown_with_the_reason(text: str, said: str) -> None:
    value = found(text, "a", "b") if text.startswith("a: {") else found(text, "a")
    assert isinstance(value, Unknown)
    assert said in value.reason


def test_a_long_way_is_given_up() -> None:
    count = MAX_LINKS + 10
    text = "".join(f"k{i}: ${{k{i + 1}}}\n" for i in range(count)) + f"k{count}: 1\n"
    assert isinstance(found(text, "k0"), Unknown)
    assert found(text, f"k{count - 1}") == 1


def test_the_text_of_what_stands_there_is_kept() -> None:
    node = interpolated(parse_document("lr: 1e-3\na: ${lr}", "c.yaml")).value["a"]
    assert (node.value, node.text, node.where.line) == (1e-3, "1e-3", 2)


def test_a_bomb_of_links_is_refused() -> None:
    text = "k0: {x: 1}\n" + "".join(
        f'k{i}: {{p: "${{k{i - 1}}}", q: "${{k{i - 1}}}"}}\n' for i in range(1, 40)
    )
    with pytest.raises(InputError, match="values, interpolations included"):
        interpolated(parse_document(text, "c.yaml"))
