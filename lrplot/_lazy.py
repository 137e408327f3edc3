"""Modules that are imported at their first use, so that asking for help costs no numpy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["np"]


class _Lazy:
    """Stands for a module; each attribute is fetched once, then lives here."""

    def __init__(self, module: str) -> None:
        self.__module = module

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self.__module), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import numpy as np
else:
    np = _Lazy("numpy")
