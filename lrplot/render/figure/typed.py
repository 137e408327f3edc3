"""Text as it is typed, in characters that every format can hold."""

from __future__ import annotations

import unicodedata

__all__ = ["as_typed"]


def as_typed(text: str) -> str:
    """Return a text as any format can hold it: no control characters, no half characters."""
    return "".join(map(_holdable, text.replace("\t", " ")))


def _holdable(char: str) -> str:
    kind = unicodedata.category(char)
    no_character = ord(char) & 0xFFFE == 0xFFFE  # noqa: PLR2004  as Unicode has it
    return "\ufffd" if (kind in {"Cc", "Cs"} and char != "\n") or no_character else char
