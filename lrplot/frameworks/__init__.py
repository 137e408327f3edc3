"""The frameworks lrplot knows: a package each, imported when it is first asked for.

To add a framework: write its package (see `lrplot.frameworks.calls` for what it defines), name it
here, and record curves of it under `tests/parity/`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["FRAMEWORKS", "framework"]

FRAMEWORKS: tuple[str, ...] = (
    "torch",
    "paddle",
    "keras",
    "optax",
    "transformers",
    "deepspeed",
    "timm",
    "fvcore",
    "mmengine",
)


def framework(name: str) -> Any:
    """Return the module of a framework, one of FRAMEWORKS."""
    return import_module(f"lrplot.frameworks.{name}")
