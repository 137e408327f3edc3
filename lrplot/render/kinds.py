"""The formats of figures, by the endings of their files; the first unless another is named."""

from __future__ import annotations

__all__ = ["FORMATS"]

FORMATS = ("png", "svg", "pdf", "html")
