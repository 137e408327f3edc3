"""The formats of figures, by the endings of their files."""

from __future__ import annotations

__all__ = ["FORMATS", "KINDS"]

KINDS = ("png", "svg", "pdf")  # pictures
FORMATS = (*KINDS, "html")  # and a page to hover over
