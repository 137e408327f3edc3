"""The files a config inherits from: found inside its own folder tree, read once, laid under it.

Which key names them, and how a config is laid over its bases, differs from framework to framework;
`with_bases` takes both. `overlaid` is what most of them do: mapping into mapping, key by key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lrplot.errors import InputError, Problem
from lrplot.syntax.documents import MAX_DEPTH, read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.syntax.tree import Node

    Lay: TypeAlias = "Callable[[Node, list[Node]], Node]"

__all__ = ["joined", "overlaid", "upon", "with_bases"]

MAX_FILES = 100
SUFFIXES = (".yaml", ".yml", ".json")


def overlaid(over: Node, under: Node) -> Node:
    """Return a mapping laid over another: what `over` says counts, mappings key by key."""
    return joined(over, under, overlaid)


def joined(over: Node, under: Node, join: Callable[[Node, Node], Node]) -> Node:
    """Return a mapping upon another, where join makes one of two mappings under the same key."""
    values, keys = dict(under.value), dict(under.keys)
    first = {key: where for key, where in under.first.items() if key not in over.value}
    for key, node in over.value.items():
        below = values.get(key)
        both = below is not None and isinstance(below.value, dict) and isinstance(node.value, dict)
        values[key] = join(node, below) if both and below is not None else node
        keys[key] = over.keys.get(key, node.where)
    return msgspec.structs.replace(over, value=values, keys=keys, first=first | over.first)


def upon(tree: Node, bases: list[Node]) -> Node:
    """Lay each base over those before it, and the config over them all."""
    under = bases[0]
    for base in bases[1:]:
        under = overlaid(base, under)
    return overlaid(tree, under)


def with_bases(tree: Node, key: str, lay: Lay = upon) -> Node:
    """Return a config laid upon the files that a key of it names, and those upon theirs.

    Args:
        tree: the config; the places in it say which file it is.
        key: the key that holds a path, or a list of paths, relative to the file: "_BASE_".
        lay: what makes one mapping of a config and its bases, given at least one.

    Raises:
        InputError: a base that is not there, is no mapping or inherits from itself, or lies
            outside the config's folder tree.
    """
    if not isinstance(tree.value, dict) or key not in tree.value:
        return tree
    return _Inheritance(key, lay).resolved(tree, ())


class _Inheritance:
    """Reads the bases of one config, and counts them."""

    def __init__(self, key: str, lay: Lay) -> None:
        self.key, self.lay = key, lay
        self.files = 0

    def resolved(self, tree: Node, above: tuple[Path, ...]) -> Node:
        """Return the mapping upon its bases; above are the files that led to it."""
        if not isinstance(tree.value, dict):
            raise InputError("must hold a mapping of keys to values", where=tree.where)
        kept = {key: node for key, node in tree.value.items() if key != self.key}
        own = msgspec.structs.replace(tree, value=kept)
        named = tree.value.get(self.key)
        names = _names(named, self.key) if named is not None else []
        if not names:
            return own
        config = Path(tree.where.source)
        bases = [self._base(name, config, (*above, _real(config))) for name in names]
        return self.lay(own, bases)

    def _base(self, name: Node, config: Path, above: tuple[Path, ...]) -> Node:
        path = _found(name, config, self.key)
        self.files += 1
        if self.files > MAX_FILES or len(above) > MAX_DEPTH:
            _refuse(f"leads to more than {MAX_FILES} files", name, self.key)
        if _real(path) in above:
            chain = " -> ".join(part.name for part in (*above, path))
            _refuse(f"goes in a circle: {chain}", name, self.key)
        return self.resolved(read_document(path), above)


def _refuse(message: str, node: Node, key: str, hint: str = "") -> None:
    raise InputError([Problem(message, key, node.where, hint)])


def _names(node: Node, key: str) -> list[Node]:
    """Return the nodes that name a file each; an empty text names none."""
    items = node.value if isinstance(node.value, tuple) else (node,)
    for item in items:
        if not isinstance(item.value, str) and item.value is not None:
            _refuse("must be the path of a file, or a list of paths", item, key)
    return [item for item in items if item.value]


def _found(name: Node, config: Path, key: str) -> Path:
    """Return the file a base's name means, or refuse one that is none or lies elsewhere."""
    if str(config) == "standard input":
        _refuse("is relative to the config, but standard input lies in no folder", name, key)
    text = name.value
    if "://" in text or text.startswith("~") or Path(text).is_absolute():
        _refuse("must be a path relative to the config", name, key)
    if Path(text).suffix.lower() not in SUFFIXES:
        _refuse(f"must be a {', '.join(SUFFIXES)} file", name, key)
    path = Path(os.path.normpath(config.parent / text))
    if not _is_file(path):
        _refuse(f"there is no such file: {_short(path)}", name, key)
    if not _in_tree(_real(path), _real(config).parent):
        _refuse("lies outside the folder tree of the config", name, key)
    return path


def _in_tree(path: Path, folder: Path) -> bool:
    """Say whether a file belongs to the tree that the config's folder is in.

    That is the checkout (the folder with `.git`) it lies in. Where there is none: what shares a
    folder with it, other than the root of the file system, the user's own or one above that.
    """
    if path.is_relative_to(folder):
        return True
    checkout = next((up for up in (folder, *folder.parents) if (up / ".git").exists()), None)
    if checkout is not None:
        return path.is_relative_to(checkout)
    shared = Path(os.path.commonpath([path, folder]))
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  Path.home() raises where there is none
    return shared not in (Path(shared.anchor), home, *home.parents)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name no file can have
        return False


def _short(path: Path) -> str:
    text = str(path)
    return ascii(text if len(text) <= MAX_FILES else f"...{text[-MAX_FILES:]}").strip("'")
