"""What a figure goes by where nobody says: its file, and its title."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from lrplot.source import is_call, is_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan

__all__ = ["file_stem", "title_of"]


def file_stem(sources: Sequence[str]) -> str:
    """Return the name of a figure's file, without its ending."""
    if tuple(sources) == ("-",):
        return "stdin"
    return "-".join(dict.fromkeys(map(_stem, sources))) or "curve"


def title_of(sources: Sequence[str], plans: Sequence[Plan]) -> str:
    """Return a figure's title: the name of its only line, or of what its lines come from."""
    if len(plans) == 1:
        return plans[0].name
    return ", ".join(filter(None, dict.fromkeys(map(_stem, sources))))


def _stem(source: str) -> str:
    """Return what a source goes by: a file's name without its ending, the constructor of a call.

    The text of a spec goes by nothing.
    """
    if is_document(source):
        return ""
    called = re.search(r"(\w+)\s*\(", source)
    return called[1] if called and is_call(source) else Path(source).stem
