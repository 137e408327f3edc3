"""TOML to a tree: every key with its place, bounded, and the values the library's own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError, Where
from lrplot.syntax.documents import parse_document, read_document
from lrplot.syntax.toml import MAX_DEPTH, MAX_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lrplot.syntax.tree import Node

TEXT = """\
# a comment
title = "a # b"  # another
[job]
optimizer.lr = 3e-4
"quoted key" = [1, # one
  "]",
]
long = '''
[not.a.table]
'''
[[servers]]
ip = 1
[[servers]]
ip = {v4 = 2, v6 = [3]}
[servers.rack]
since = 1979-05-27
steps = 1_000
"""


def parse(text: str) -> Node:
    return parse_document(text, "job.toml")


def at(tree: Node, *path: Any) -> Node:
    for key in path:
        tree = tree.value[key]
    return tree


def place(line: int, column: int) -> Where:
    return Where("job.toml", line, column)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["title"], "a # b", place(2, 9)),
        (["job", "optimizer", "lr"], 3e-4, place(4, 16)),
        (["job", "quoted key", 0], 1, place(5, 16)),
        (["job", "long"], "[not.a.table]\n", place(8, 8)),
        (["servers", 0, "ip"], 1, place(12, 6)),
        (["servers", 1, "ip", "v6", 0], 3, place(14, 6)),
        (["servers", 1, "rack", "steps"], 1000, place(17, 9)),
    ],
)
def test_a_value_stands_where_it_was_written(path: list[Any], value: Any, where: Where) -> None:
    node = at(parse(TEXT), *path)
    assert (node.value, node.where) == (value, where)


@pytest.mark.parametrize(
    ("path", "key", "where"),
    [
        ([], "title", place(2, 1)),
        ([], "job", place(3, 1)),
        ([], "servers", place(11, 1)),
        (["job"], "optimizer", place(4, 1)),
        (["job", "optimizer"], "lr", place(4, 1)),
        (["job"], "quoted key", place(5, 1)),
        (["servers", 1], "rack", place(15, 1)),
    ],
)
def test_a_key_stands_where_it_was_written(path: list[Any], key: str, where: Where) -> None:
    assert at(parse(TEXT), *path).keys[key] == where


def test_a_number_keeps_the_text_it_was_written_as() -> None:
    tree = parse(TEXT)
    assert at(tree, "job", "optimizer", "lr").text == "3e-4"
    assert at(tree, "servers", 1, "rack", "steps").text == "1_000"


def test_a_date_is_text() -> None:
    assert at(parse(TEXT), "servers", 1, "rack", "since").value == "1979-05-27"


def test_a_file_is_toml_by_its_suffix(write: Callable[..., Path]) -> None:
    tree = read_document(write("job.toml", "[training]\nsteps = 10\n"))
    assert at(tree, "training", "steps").value == 10


def test_windows_lines_are_lines() -> None:
    node = at(parse("[a]\r\nb = 1\r\nc = 2\r\n"), "a", "c")
    assert (node.value, node.where) == (2, place(3, 5))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2\n", "job.toml:2:6: cannot be parsed: Cannot overwrite a value"),
        ("a = \n", "job.toml:1:5: cannot be parsed: Invalid value"),
        ("a = 1 b = 2", "job.toml:1:7: cannot be parsed: Expected newline"),
        ("[a\n", "job.toml:1:3: cannot be parsed: Expected ']'"),
        ("just words", "job.toml:1:6: cannot be parsed: Expected '='"),
        ('a = "open', "job.toml: cannot be parsed: Unterminated string"),
        (f"a = {'9' * 5000}", "job.toml: cannot be parsed: a number has too many digits"),
    ],
)
def test_what_is_no_toml_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value).startswith(said)


DEEP = f"is nested more than {MAX_DEPTH} deep"
MANY = f"holds more than {MAX_VALUES:,} values"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 100_000, DEEP),
        ("a = {" * 1000, DEEP),
        ("a." * 50_000 + "b = 1", DEEP),
        ("[" + "a . " * 100_000, DEEP),
        ("a = {" + "b." * 100_000 + "c = 1}", DEEP),
        ("a = {" + '"b".' * 100_000 + "c = 1}", DEEP),
        ("a = " + ("{" + "b." * 50 + "c = ") * 50 + "1" + "}" * 50, DEEP),
        ("a = [" + "1," * (MAX_VALUES + 1) + "]", MANY),
        ("[[a]]\n" * (MAX_VALUES + 1), MANY),
        ("'" * 500_000, "cannot be parsed"),
        ('"""' * 100_001, "cannot be parsed"),
        ('a = """' + '\\"' * 400_000, "cannot be parsed"),
        ("- " * 100_000, "cannot be parsed"),
    ],
    ids=range(13),
)
def test_a_bomb_is_refused_soon(text: str, said: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError, match=said):
        parse(text)
    assert time.perf_counter() - start < 10
