"""What the recorders of config formats share: the file that is asked for, and what runs it.

A module format_NAME.py holds what a format's configs are recorded with:

    SOURCES    the distributions whose code is run, or where else the rules were read
    WRITTEN    the files written by hand: every key that is counted in real configs, and oddities
    drawn      drawn(random) -> one more file
    rates      rates(path, options) -> the rate that each update uses, then the one after the last

`rates` gives the file to the framework's own reader, and raises what that raises.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import sys
import types
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Config", "File", "bare", "loaded", "optimizer", "stepped", "text_of", "written"]

Config = dict[str, Any]


class File(NamedTuple):
    """A config, as its file has it, and what the user says beside it."""

    text: str
    options: Config
    name: str = "config.yaml"


def written(text: str, name: str = "config.yaml", **options: Any) -> File:
    """Return a file written by hand."""
    return File(dedent(text).lstrip("\n"), options, name)


def text_of(config: Config, indent: str = "") -> str:
    """Return a config as YAML."""
    lines = []
    for key, value in config.items():
        if isinstance(value, dict) and value:
            lines += [f"{indent}{key}:", text_of(value, indent + "  ").rstrip()]
        else:
            lines.append(f"{indent}{key}: {value if isinstance(value, str) else _scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    """Return a value as YAML 1.1 reads it: 1e-05 would be text there."""
    text = json.dumps(value)
    return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text


def optimizer(lr: float) -> Any:
    """Return an optimizer of torch's that holds a rate."""
    torch = importlib.import_module("torch")
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def stepped(held: Any, scheduler: Any, count: int) -> Iterator[float]:
    """Yield what the optimizer holds at each update, and after the last."""
    yield float(held.param_groups[0]["lr"])
    for _ in range(count):
        held.step()
        scheduler.step()
        yield float(held.param_groups[0]["lr"])


def bare(name: str) -> Any:
    """Import a package without what its own __init__ imports."""
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ImportError(f"no module named {name!r}")
    module = types.ModuleType(name)
    module.__path__ = [str(Path(found.origin).parent)]
    sys.modules[name] = module
    return module


def loaded(distribution: str, file: str, **stand_ins: Config) -> Any:
    """Load one module of a package by its file, with stand-ins for what it imports."""
    path = Path(str(importlib.metadata.distribution(distribution).locate_file(file)))
    for name, members in stand_ins.items():
        module = types.ModuleType(name.replace("__", "."))
        module.__dict__.update(members)
        module.__path__ = []
        sys.modules[module.__name__] = module
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
