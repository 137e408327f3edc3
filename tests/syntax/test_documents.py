"""YAML and JSON to a tree: every value with its place, everything bounded, nothing constructed."""

from __future__ import annotations

import io
import json
import math
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import InputError, Where
from lrplot.syntax.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    parse_document,
    read_document,
    read_text,
)
from lrplot.syntax.tree import Node, Repeat, refuse_repeats, repeat_notes, repeats, to_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def plain(node: Node) -> Any:
    if isinstance(node.value, tuple):
        return [plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return node.value


def parse(text: str, source: str = "a.yaml") -> Any:
    return plain(parse_document(text, source))


def refusal(text: str, source: str = "a.yaml") -> str:
    with pytest.raises(InputError) as caught:
        parse_document(text, source)
    return str(caught.value)


def told(text: str) -> list[Repeat]:
    return repeats(parse_document(text, "a.yaml"))


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("+1", 1),
        ("010", 10),
        ("1_000", 1000),
        ("0x10", 16),
        ("0X1f", 31),
        ("-0x1_0", -16),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5e-3", -0.0005),
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("1_0.5", 10.5),
        ("true", True),
        ("Yes", True),
        ("on", True),
        ("FALSE", False),
        ("no", False),
        ("off", False),
        ("null", None),
        ("~", None),
        ("None", None),
        ("", None),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("+.inf", math.inf),
        ("1e999", math.inf),
        ("8ep", "8ep"),
        ("160k", "160k"),
        ("1.2.3", "1.2.3"),
        ("1e", "1e"),
        ("e5", "e5"),
        (".", "."),
        ("0x", "0x"),
        ("2001-01-01", "2001-01-01"),
        ("1:30", "1:30"),
        ("nan", "nan"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("1" * 400, int("1" * 400)),
        ("1" * 401, "1" * 401),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
    ],
)
def test_a_scalar_is_what_people_mean_by_it(text: str, value: Any) -> None:
    found = parse(f"a: {text}")["a"]

    assert found == value
    assert type(found) is type(value)


def test_a_number_that_is_none_is_one() -> None:
    assert math.isnan(parse("a: .NaN")["a"])


def test_a_scalar_keeps_how_it_was_written_and_its_tag() -> None:
    tree = parse_document("a: 1e-4\nb: !!python/name:os.system x\nc: !Piecewise {d: 1}\n", "a.yaml")

    assert tree.value["a"].text == "1e-4"
    assert tree.value["b"].value == "x"
    assert tree.value["b"].tag == "tag:yaml.org,2002:python/name:os.system"
    assert tree.value["c"].tag == "!Piecewise"
    assert tree.value["c"].value["d"].value == 1


def test_every_value_and_key_has_its_place() -> None:
    tree = parse_document("a: 1\nb:\n  - x\n  - {c: y}\n", "a.yaml")
    (x, mapping) = tree.value["b"].value

    assert tree.where == Where("a.yaml", 1, 1)
    assert tree.value["a"].where == Where("a.yaml", 1, 4)
    assert tree.keys == {"a": Where("a.yaml", 1, 1), "b": Where("a.yaml", 2, 1)}
    assert x.where == Where("a.yaml", 3, 5)
    assert mapping.keys["c"] == Where("a.yaml", 4, 6)
    assert mapping.value["c"].where == Where("a.yaml", 4, 9)


def test_columns_count_characters_not_bytes() -> None:
    assert parse_document("{é: 1, b: 2}", "a").value["b"].where.column == 11


def test_keys_may_be_numbers_or_nothing() -> None:
    assert parse("8: a\nnull: b\ntrue: c\n1.5: d\n") == {8: "a", None: "b", True: "c", 1.5: "d"}


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**60), 2**60)
        | st.text()
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(min_size=1, max_size=20), inner, max_size=4)
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, (list, dict)) and value)
)
def test_json_reads_back(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent="\t")):
        assert parse(text, "a.json") == value


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_is_refused_with_its_file(text: str) -> None:
    try:
        assert isinstance(parse_document(text, "a.yaml"), Node)
    except InputError as error:
        places = [problem.where for problem in error.problems]
    else:
        places = []
    assert all(place and place.source == "a.yaml" for place in places)


# -- aliases and merges ---------------------------------------------------------------------------


def test_an_alias_is_what_its_anchor_holds() -> None:
    assert parse("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_a_merge_adds_what_the_mapping_does_not_say() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}\nd: {<<: *a, x: 4}\n"
    found = parse(text)

    assert found["c"] == {"z": 3, "x": 1, "y": 1}
    assert found["d"] == {"x": 4, "y": 1}


def test_a_merged_key_keeps_the_place_it_was_written_at() -> None:
    tree = parse_document("a: &a {x: 1}\nb: {<<: *a}\n", "a.yaml")

    assert tree.value["b"].keys["x"] == Where("a.yaml", 1, 8)


TWICE = "a: 1\na: 2\nb: [{c: 1, c: 2}]\na: 3\n"


def test_a_key_written_again_counts_as_it_was_last() -> None:
    assert parse(TWICE) == {"a": 3, "b": [{"c": 2}]}
    assert [(found.path, found.first.line, found.last.line) for found in told(TWICE)] == [
        ("a", 1, 4),
        ("b[0].c", 3, 3),
    ]


def test_what_an_alias_repeats_is_told_once() -> None:
    assert [found.path for found in told("a: &x {c: 1, c: 2}\nb: *x\n")] == ["a.c"]


def test_a_key_that_a_merge_brings_is_not_written_twice() -> None:
    assert told("a: &x {c: 1}\nb: {<<: *x, c: 2}\n") == []


def test_all_the_keys_written_twice_can_be_refused() -> None:
    with pytest.raises(InputError) as caught:
        refuse_repeats(parse_document(TWICE, "a.yaml"))
    assert str(caught.value) == (
        "a.yaml:4:1: a: is written twice; first in line 1\n"
        "a.yaml:3:12: b[0].c: is written twice; first in line 3"
    )


def test_all_the_keys_written_twice_can_be_noted() -> None:
    assert repeat_notes(parse_document(TWICE, "conf/a.yaml")) == [
        "a is written twice, in lines 1 and 4 of a.yaml: the last counts",
        "b[0].c is written twice, in lines 3 and 3 of a.yaml: the last counts",
    ]


# -- JSON as people write it ----------------------------------------------------------------------


@pytest.mark.parametrize("source", ["a.json", "a.jsonc", "a.yaml", "standard input"])
def test_json_may_hold_comments_and_tabs(source: str) -> None:
    text = '{\t// a "comment"\n\t"a": /* 1 */ 2, "b": "// text /* */ \\" \\\\"\n}'

    assert parse(text, source) == {"a": 2, "b": '// text /* */ " \\'}


def test_comments_leave_places_as_they_are() -> None:
    tree = parse_document('{/* two\nlines */ "a": 1}', "a.json")

    assert tree.value["a"].where == Where("a.json", 2, 15)


def test_two_slashes_in_yaml_are_no_comment() -> None:
    assert parse("url: http://x/y  # comment\n") == {"url": "http://x/y"}


def test_a_character_written_as_two_escapes_is_one() -> None:
    assert parse('{"a": "\\ud83d\\ude00 \\u00e9 \\/"}', "a.json") == {"a": "\U0001f600 é /"}


LONG = {
    "a string that never ends": '{"a' + '"\\' * 200_000,
    "comments that never end": "{" + "/*" * 500_000,
    "strings in lists": '["' * 300_000,
    "comments in lists": "[//" * 300_000,
    "lists": "[" * 10**6,
    "lists in lines": "- " * 10**6,
    "mappings": "{a: " * 10**6,
    "keys": "? " * 10**6,
    "anchors": "&a " * 10**6,
    "tags": "!" * 10**6,
    "mappings in a line": "a: b: " * 10**5,
    "double quotes": '"' * 10**6,
    "single quotes": "'" * (10**6 + 1),
    "backslashes": "\\" * 10**6,
    "a word": "a" * 10**6,
}


@pytest.mark.parametrize("source", ["a.yaml", "a.json"])
@pytest.mark.parametrize("name", LONG)
def test_text_made_to_take_long_is_answered_at_once(name: str, source: str) -> None:
    begun = time.process_time()
    with suppress(InputError):  # a plain word is a document, the rest are not
        parse_document(LONG[name], source)

    assert time.process_time() - begun < 5


# -- bounds ---------------------------------------------------------------------------------------


def test_nesting_is_bounded() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert refusal("[" * (MAX_DEPTH + 1)) == "a.yaml:1:61: is nested more than 60 deep"


def test_the_number_of_values_is_bounded() -> None:
    assert len(parse(f"[{'1,' * (MAX_NODES - 1)}]")) == MAX_NODES - 1
    assert "holds more than 200,000 values" in refusal(f"[{'1,' * MAX_NODES}]")


def test_aliases_count_as_all_they_repeat() -> None:
    bomb = "a0: &a0 [1, 1]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(50))

    assert "holds more than 200,000 values, aliases included" in refusal(bomb)


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)

    with pytest.raises(InputError, match="is larger than 5 MB, too large"):
        read_text(path)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * MAX_BYTES)

    assert len(read_text(path)) == MAX_BYTES


# -- files and standard input ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"a: \0", "is a binary file, not text"),
        (b"a: 1\nb: caf\xe9\n", ":2:7: is not UTF-8 text"),
        (b"# nothing\n", "is empty"),
        (b"--- \n...\n", None),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, said: str | None) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    if said is None:
        assert read_document(path).value is None
        return

    with pytest.raises(InputError) as caught:
        read_document(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize("data", [b"\xef\xbb\xbfa: 1\n", b"a: 1\r\n", b"a: 1"])
def test_a_byte_order_mark_and_any_line_ending_are_fine(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)

    assert plain(read_document(path)) == {"a": 1}
    assert read_document(path).where == Where(str(path), 1, 1)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path, "is a folder, not a file"),
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path / ("a" * 300), "cannot be read: File name too long"),
        (tmp_path / "a\0b", "cannot be read: embedded null byte"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            read_text(path)
        assert caught.value.problems[0].where == Where(str(path))


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"a: [1\n"))

    with pytest.raises(InputError, match=r"^standard input:2:1: cannot be parsed"):
        read_document("-")


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(InputError, match="standard input: cannot be read: it is closed"):
        read_text("-")


def test_a_file_is_read_by_its_name(write: Callable[[str, str], Path]) -> None:
    path = write("a.json", '{"a": 1}')

    assert plain(read_document(str(path))) == {"a": 1}


# -- trees ----------------------------------------------------------------------------------------


def test_plain_data_becomes_a_tree_at_one_place() -> None:
    where = Where("--set")
    inner = Node(1, Where("a.yaml", 1, 1))

    tree = to_tree({"a": [1.5, {"b": None}], "c": inner}, where)

    assert plain(tree) == {"a": [1.5, {"b": None}], "c": 1}
    assert tree.value["a"].value[0] == Node(1.5, where, text="1.5")
    assert tree.value["c"] is inner
    assert tree.keys == {"a": where, "c": where}
