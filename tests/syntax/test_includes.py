from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lrplot.errors import InputError
from lrplot.syntax.documents import parse_document, read_document
from lrplot.syntax.includes import MAX_FILES, with_bases

if TYPE_CHECKING:
    from pathlib import Path

    from lrplot.syntax.tree import Node


def put(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def read(path: Path) -> object:
    return plain(with_bases(read_document(path), "_BASE_"))


def test_a_config_lies_over_its_base_key_by_key(tmp_path: Path) -> None:
    put(tmp_path, base="a: {x: 1, y: 2}\nb: [1]", top="_BASE_: base.yaml\na: {y: 3}\nb: [2]")
    assert read(tmp_path / "top.yaml") == {"a": {"x": 1, "y": 3}, "b": [2]}


def test_a_later_base_lies_over_an_earlier_one(tmp_path: Path) -> None:
    put(tmp_path, one="a: 1\nb: 1", two="a: 2", top="_BASE_: [one.yaml, two.yaml]\nc: 3")
    assert read(tmp_path / "top.yaml") == {"a": 2, "b": 1, "c": 3}


def test_a_base_has_bases_of_its_own_beside_it(tmp_path: Path) -> None:
    put(tmp_path, inner__base="a: 1", inner__next="_BASE_: base.yaml\nb: 2")
    put(tmp_path, other__top="_BASE_: ../inner/next.yaml\nc: 3")
    assert read(tmp_path / "other" / "top.yaml") == {"a": 1, "b": 2, "c": 3}


def test_a_value_keeps_the_place_it_was_written_at(tmp_path: Path) -> None:
    put(tmp_path, base="\na: {x: 1}", top="_BASE_: base.yaml\na: {y: 2}")
    found = with_bases(read_document(tmp_path / "top.yaml"), "_BASE_").value["a"]
    assert str(found.value["x"].where) == f"{tmp_path / 'base.yaml'}:2:8"
    assert str(found.value["y"].where) == f"{tmp_path / 'top.yaml'}:2:8"


def test_without_the_key_the_tree_is_left_as_it_is() -> None:
    tree = parse_document("a: 1", "x.yaml")
    assert with_bases(tree, "_BASE_") is tree


@pytest.mark.parametrize("nothing", ["''", "", "['']", "[]"])
def test_a_key_that_names_nothing_is_dropped(tmp_path: Path, nothing: str) -> None:
    put(tmp_path, top=f"_BASE_: {nothing}\na: 1")
    assert read(tmp_path / "top.yaml") == {"a": 1}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/base.yaml", "must be a path relative to the config"),
        ("~/base.yaml", "must be a path relative to the config"),
        ("https://example.org/base.yaml", "must be a path relative to the config"),
        ("base.py", "must be a .yaml, .yml, .json file"),
        ("/etc/passwd", "must be a path relative to the config"),
        ("passwd", "must be a .yaml, .yml, .json file"),
        ("absent.yaml", "there is no such file"),
        ("folder.yaml", "there is no such file"),
        ("{a: 1}", "must be the path of a file"),
        ("[1]", "must be the path of a file"),
        ("list.yaml", "must hold a mapping"),
    ],
)
def test_what_is_no_base_is_refused_at_its_place(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    put(tmp_path, list="[1, 2]", top=f"a: 1\n_BASE_: {name}")
    with pytest.raises(InputError, match=message) as caught:
        read(tmp_path / "top.yaml")
    assert "top.yaml:2:" in str(caught.value) or "list.yaml" in str(caught.value)


def test_a_circle_is_named(tmp_path: Path) -> None:
    put(tmp_path, a="_BASE_: b.yaml", b="_BASE_: c.yaml", c="_BASE_: ./a.yaml")
    with pytest.raises(InputError, match=r"a\.yaml -> b\.yaml -> c\.yaml -> a\.yaml"):
        read(tmp_path / "a.yaml")


def test_bases_without_end_are_refused(tmp_path: Path) -> None:
    twice = "_BASE_: [{0}.yaml, {0}.yaml]"
    put(tmp_path, **{f"f{i}": twice.format(f"f{i + 1}") for i in range(30)}, f30="a: 1")
    with pytest.raises(InputError, match=f"more than {MAX_FILES} files"):
        read(tmp_path / "f0.yaml")


def test_a_checkout_is_the_tree(tmp_path: Path) -> None:
    put(tmp_path, outside="a: 1", repo__base="b: 2", repo__configs__top="_BASE_: ../base.yaml")
    put(tmp_path, repo__configs__out="_BASE_: ../../outside.yaml")
    assert read(tmp_path / "repo" / "configs" / "out.yaml") == {"a": 1}
    (tmp_path / "repo" / ".git").mkdir()
    assert read(tmp_path / "repo" / "configs" / "top.yaml") == {"b": 2}
    with pytest.raises(InputError, match="outside the folder tree"):
        read(tmp_path / "repo" / "configs" / "out.yaml")


def test_a_link_out_of_the_tree_is_followed_no_further(tmp_path: Path) -> None:
    put(tmp_path, outside="a: 1", repo__top="_BASE_: link.yaml")
    (tmp_path / "repo" / ".git").mkdir()
    (tmp_path / "repo" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(InputError, match="outside the folder tree"):
        read(tmp_path / "repo" / "top.yaml")


def test_what_shares_only_the_users_home_is_no_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path, other__base="a: 1", mine__top="_BASE_: ../other/base.yaml")
    with pytest.raises(InputError, match="outside the folder tree"):
        read(tmp_path / "mine" / "top.yaml")


def test_standard_input_has_no_base() -> None:
    tree = parse_document("_BASE_: base.yaml", "standard input")
    with pytest.raises(InputError, match="standard input lies in no folder"):
        with_bases(tree, "_BASE_")
