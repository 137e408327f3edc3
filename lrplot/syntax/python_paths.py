"""Where a config's bases lie: beside it, in a folder the user names, or in an installed package.

No package is imported to find its folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lrplot.syntax.python_parse import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lrplot.errors import Where

__all__ = ["find_base", "find_module"]

MAX_SHOWN = 200
SUFFIXES = (".py", ".yaml", ".yml", ".json")


def find_base(name: str, config: Path, roots: Sequence[Path], where: Where) -> Path:
    """Return the file that `_base_ = name` means in a config.

    Args:
        name: a path relative to the config, or `package::path` into a package's configs.
        config: the file that says so.
        roots: folders to look for packages in, before those that are installed.
        where: the place that asks, for the error when there is no such file.
    """
    if Path(name).suffix not in SUFFIXES:
        refuse(f"a base is a {', '.join(SUFFIXES)} file; this names something else", where)
    package, separator, rest = name.rpartition("::")
    if separator and not package.isidentifier():
        refuse("a base in another package is written `package::path/in/its/configs.py`", where)
    found = _in_package(package, rest, config, roots) if separator else [_beside(config, name)]
    return _first(found, name, package, where)


def find_module(module: str, level: int, config: Path, roots: Sequence[Path], where: Where) -> Path:
    """Return the file that `from ..module import ...` means inside `with read_base()`.

    Args:
        module: the dotted name, without the leading dots.
        level: how many dots lead it; without any it starts with a package's name.
        config: the file that says so.
        roots: folders to look for packages in.
        where: the place that asks.
    """
    package, _, inner = module.partition(".")
    if level:
        name = "../" * (level - 1) + module.replace(".", "/") + ".py"
        return _first([_beside(config, name)], name, "", where)
    tail = Path(inner.replace(".", "/") + ".py")
    found = (folder / tail for folder in _package_folders(package, config, roots))
    return _first(found, module, package, where)


def _beside(config: Path, name: str) -> Path:
    return Path(os.path.normpath(config.parent / name))


def _first(found: Iterable[Path], name: str, package: str, where: Where) -> Path:
    base = next(filter(_is_file, found), None)
    if base is None:
        why = f"was not found: no folder of {package} holds it" if package else "does not exist"
        refuse(f"its base {_short(name)} {why}", where)
    return base


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name no file can have
        return False


def _short(name: str) -> str:
    return ascii(name if len(name) <= MAX_SHOWN else f"{name[:MAX_SHOWN]}...")


def _in_package(package: str, rest: str, config: Path, roots: Sequence[Path]) -> Iterator[Path]:
    for folder in _package_folders(package, config, roots):
        yield folder / ".mim" / "configs" / rest
        yield folder.parent / "configs" / rest


def _package_folders(package: str, config: Path, roots: Sequence[Path]) -> Iterator[Path]:
    """Go through a package's folders: in the roots, above the config, among those installed."""
    for root in roots:
        yield root / package
        yield from root.glob(f"*/{package}") if root.is_dir() else ()
    for parent in config.absolute().parents:
        if (parent / package / "__init__.py").is_file():
            yield parent / package
    yield from _installed(package)


def _installed(package: str) -> Iterator[Path]:
    from importlib.util import find_spec

    try:
        spec = find_spec(package)  # of a top-level name: finds it without importing it
    except (ImportError, ValueError):
        return
    yield from map(Path, (spec and spec.submodule_search_locations) or ())
