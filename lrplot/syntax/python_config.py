"""OpenMMLab's Python configs with what they inherit, read as syntax and never executed.

Follows `mmengine.Config.fromfile` 0.10 and, where it differs, what mmcv 1.x configs need:

- `_base_ = [...]` at the top is read first and may be used as `_base_.x`; a `_base_` that is worked
  out by the file (mmcv) is read when the file has been gone through.
- A dict in the file is merged into the dict of the same name in its bases; `_delete_=True` replaces
  it. Two bases may not define the same name.
- `with read_base(): from .x import *` binds the names of another config; later statements change
  them by `update` and `merge`.
"""

from __future__ import annotations

import ast
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from lrplot.errors import InputError, Where
from lrplot.syntax.documents import read_document
from lrplot.syntax.python_eval import Frame
from lrplot.syntax.python_merge import add_scope, inherit, join
from lrplot.syntax.python_parse import Source, read_source, refuse
from lrplot.syntax.python_paths import find_base, find_module
from lrplot.syntax.python_statements import run_file
from lrplot.syntax.python_values import (
    Budget,
    ConfigDict,
    NotKnown,
    TooMuch,
    freeze,
    plain,
    thaw,
)
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.syntax.tree import Key

__all__ = ["Config", "read_config", "read_config_files"]

BASE = "_base_"
DEPRECATION = "_deprecation_"
DOCUMENTS = frozenset({".yaml", ".yml", ".json"})
MAX_LINEAGE = 20
MAX_FILES = 100


class Config(msgspec.Struct, frozen=True):
    """A config with everything it inherits, and the files that were read for it, itself first."""

    tree: Node
    files: tuple[Path, ...]


def read_config(path: Path, roots: Sequence[Path] = ()) -> Node:
    """Return a Python config file's tree, its bases merged in: see `read_config_files`."""
    return read_config_files(path, roots).tree


def read_config_files(path: Path, roots: Sequence[Path] = ()) -> Config:
    """Read a Python config file and the files it inherits from; none of them is executed.

    The tree is a dict of the file's top-level names. A class is its name's last part (`SGD` for
    `torch.optim.SGD`, which stays as the Node's `text`), a lambda `Code`, and what only running the
    file could tell `Unknown`.

    Args:
        path: the config file.
        roots: folders in which packages, unpacked wheels or checkouts lie, for bases such as
            `mmdet::_base_/default_runtime.py`.

    Raises:
        InputError: a file cannot be read, is not Python, or asks for too much; a base is missing,
            inherits from itself, or defines what another base defines.
    """
    reader = _Reader(roots)
    try:
        tree = freeze(reader.public(reader.read(Path(path), None)))
    except RecursionError:
        raise InputError("nests too deeply to be a config file", where=Where(str(path))) from None
    return Config(tree, tuple(reader.files))


class _Read(msgspec.Struct, frozen=True):
    """What one file says: its names, and which of them only stand for something imported."""

    node: Node
    imported: set[str]


class _Reader:
    """Reads one config and its bases, within one budget."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = roots
        self.budget = Budget()
        self.files: list[Path] = []
        self.lineage: list[Path] = []
        self.parsed: dict[Path, Source] = {}

    def read(self, path: Path, asked: Where | None) -> _Read:
        """Read a file and what it inherits; `asked` is the place that named it."""
        real = self._admit(path, asked or Where(str(path)))
        self.lineage.append(real)
        try:
            if path.suffix in DOCUMENTS:
                return self._read_document(path)
            return self._read_python(path, self._source(path))
        except TooMuch as error:
            refuse(str(error), Where(str(path)))
        finally:
            self.lineage.pop()

    def _admit(self, path: Path, asked: Where) -> Path:
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):
            real = path  # reading it will say what is wrong
        if real in self.lineage:
            chain = " -> ".join(each.name for each in [*self.lineage, real])
            refuse(f"inherits from itself: {chain}", asked)
        if len(self.lineage) >= MAX_LINEAGE:
            refuse(f"inherits through more than {MAX_LINEAGE} files in a row", asked)
        self.files.append(path)
        if len(self.files) > MAX_FILES:
            refuse(f"inherits from more than {MAX_FILES} files", asked)
        return real

    def _source(self, path: Path) -> Source:
        if path not in self.parsed:
            self.parsed[path] = read_source(path)
        return self.parsed[path]

    def _read_python(self, path: Path, source: Source) -> _Read:
        frame = Frame(source, self.budget, partial(self._inherit_import, {}))
        body = source.tree.body
        early = self._early_bases(frame, body)
        base = _nothing(path)
        if early is not None:
            base = self._join_bases(path, early)
            body = [statement for statement in body if not _is_base(statement)]
        frame.bind(BASE, base, base.where)
        run_file(frame, body)
        late = frame.names.pop(BASE, base)
        if isinstance(base.value, Unknown):
            refuse(f"what it inherits cannot be told: {base.value.reason}", base.where)
        if late is not base:
            base = self._join_bases(path, late)
        return _Read(inherit(_own(frame, path), base, self.budget), frame.imported)

    def _read_document(self, path: Path) -> _Read:
        own = thaw(read_document(path), self.budget)
        if not isinstance(own.value, dict):
            refuse("is not a mapping of names to values", own.where)
        names = own.value.pop(BASE, None)
        base = _nothing(path) if names is None else self._join_bases(path, names)
        return _Read(inherit(own, base, self.budget), set())

    def _early_bases(self, frame: Frame, body: list[ast.stmt]) -> Node | None:
        """Return the value of the first `_base_ = ...` if it needs no other name of the file."""
        first = next((s for s in body if isinstance(s, ast.Assign) and _is_base(s)), None)
        if first is None:
            return None
        node = frame.evaluate(first.value)
        try:
            plain(node, self.budget)
        except NotKnown:
            return None
        return node

    def _join_bases(self, path: Path, names: Node) -> Node:
        """Return the ConfigDict of everything a file's bases define."""
        joined = _nothing(path)
        for name in names.value if isinstance(names.value, (list, tuple)) else [names]:
            if not isinstance(name.value, str):
                _refuse_base(name)
            found = find_base(name.value, path, self.roots, name.where)
            node = self.public(self.read(found, name.where))
            if "::" in name.value:
                add_scope(node, name.value.partition("::")[0])
            join(joined, node, name.where, self.budget)
        return joined

    def public(self, read: _Read) -> Node:
        """Return a file's values without the names it merely imported."""
        kept = {k: v for k, v in read.node.value.items() if k not in read.imported}
        return Node(ConfigDict(kept), read.node.where, keys=read.node.keys)

    def _inherit_import(
        self, taken: dict[Path, _Read], frame: Frame, statement: ast.ImportFrom
    ) -> None:
        """Bind what `from .x import y` inside `with read_base()` takes from another config.

        A file's imports from one config share its values; `taken` holds what it has read.
        """
        where = frame.where(statement)
        path, module = Path(frame.source.name), statement.module or ""
        found = find_module(module, statement.level, path, self.roots, where)
        if found not in taken:
            taken[found] = self.read(found, where)
        for alias in statement.names:
            _bind_from(frame, alias, taken[found])


def _is_base(statement: ast.stmt) -> bool:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return isinstance(target, ast.Name) and target.id == BASE


def _nothing(path: Path) -> Node:
    return Node(ConfigDict(), Where(str(path), 1, 1))


def _own(frame: Frame, path: Path) -> Node:
    """Return what a file itself defines: no functions, nothing private, no word to its users."""
    names = {
        name: node
        for name, node in frame.names.items()
        if not name.startswith("__") and name not in frame.functions and name != DEPRECATION
    }
    places: dict[Key, Where] = {name: frame.places.get(name, names[name].where) for name in names}
    return Node(names, Where(str(path), 1, 1), keys=places)


def _bind_from(frame: Frame, alias: ast.alias, base: _Read) -> None:
    values = base.node.value
    wanted = list(values) if alias.name == "*" else [alias.name]
    for name in wanted:
        if name not in values:
            refuse(f"its base defines no {name}", frame.where(alias))
        bound = alias.asname or name
        frame.bind(bound, values[name], base.node.keys.get(name, values[name].where))
        if name in base.imported:
            frame.imported.add(bound)


def _refuse_base(name: Node) -> NoReturn:
    if isinstance(name.value, Unknown):
        refuse(f"which files it inherits from takes running it: {name.value.reason}", name.where)
    refuse("a base is named by a string", name.where)
