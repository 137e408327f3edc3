"""A format's marks are keys that no file of it is without: `detect` never says yes where they miss.

So that no other module needs to be imported, and none that could claim a file is passed over.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import Where
from lrplot.formats import FORMATS, marked, reader
from lrplot.syntax.documents import parse_document
from lrplot.syntax.python_config import read_config
from lrplot.syntax.tree import Node, to_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests/parity"
DETECT = {name: reader(name).detect for name in FORMATS}
PLACES = ("config.yaml", "train_own.py")


def parsed(text: str, name: str) -> Node:
    """Return a document's tree, of its own place so that it may be called as any file."""
    return parse_document(text, name)


def kept() -> Iterator[Node]:
    """Yield the sample configs, and every config whose rates are recorded."""
    folders = (ROOT / "sample_configs", RECORDED / "configs")
    for path in sorted(path for folder in folders for path in folder.rglob("*.*")):
        if path.suffix == ".py":
            yield read_config(path)
        elif path.suffix in {".yaml", ".yml", ".json", ".toml"}:
            yield parsed(path.read_text(encoding="utf-8"), str(path))
    for path in sorted((RECORDED / "formats").glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())):
            yield parsed(case["text"], case["file"])


def claimed() -> list[tuple[str, Node]]:
    return [(name, tree) for tree in kept() for name in FORMATS if DETECT[name](tree)]


CLAIMED = claimed()


def without(node: Node, keys: set[str]) -> Node:
    """Return a tree without keys, however deep they stand."""
    if isinstance(node.value, tuple):
        return msgspec.structs.replace(node, value=tuple(without(n, keys) for n in node.value))
    if not isinstance(node.value, dict):
        return node
    left = {key: without(item, keys) for key, item in node.value.items() if key not in keys}
    return msgspec.structs.replace(node, value=left)


def test_each_format_has_a_file_that_is_claimed() -> None:
    assert {name for name, _ in CLAIMED} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_claimed_file_carries_the_marks_and_is_claimed_by_them_alone(name: str) -> None:
    groups = [marks.split() for marks in FORMATS[name].split("|")]
    for tree in (tree for owner, tree in CLAIMED if owner == name):
        assert marked(tree, [name])
        for removed in map(set, product(*groups)):
            bare = without(tree, removed)
            assert not marked(bare, [name])
            assert DETECT[name](bare) is None


WORDS = sorted({word for marks in FORMATS.values() for word in marks.split() if word != "|"})
BESIDE = [
    "lr",
    "name",
    "steps",
    "value",
    "lr_warmup_steps",
    "base_lr",
    "LR",
    "NUM_EPOCHS",
    "out_dir",
]
KEYS = st.sampled_from([*WORDS, *BESIDE]) | st.integers(0, 3)
NAMES = (
    "warmuplr",
    "WarmupLR",
    "swin",
    "cosine",
    "torch.optim.lr_scheduler.StepLR",
    "torch.optim.SGD",
)
SCALARS = st.sampled_from(NAMES) | st.integers(0, 9) | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(st.dictionaries(KEYS, VALUES, max_size=8), st.sampled_from(PLACES))
def test_no_document_breaks_a_detection_or_is_claimed_without_marks(
    document: dict[Any, Any], place: str
) -> None:
    tree = to_tree(document, Where(place, 1, 1))
    assert {name for name in FORMATS if DETECT[name](tree)} <= set(marked(tree))


def test_only_the_formats_whose_marks_a_file_carries_are_imported() -> None:
    code = (
        "import sys; from lrplot.source import load; load('sample_configs/hydra.yaml');"
        "print(*(name for name in sys.modules if name.startswith('lrplot.formats.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = {name.split(".")[2] for name in done.stdout.split()}
    assert imported & set(FORMATS) == {"hydra"}
