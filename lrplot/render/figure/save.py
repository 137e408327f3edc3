"""A figure's bytes: the same from the same figure, whenever and wherever it is written."""

from __future__ import annotations

import re
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError
from lrplot.render.figure.typed import as_typed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["encode"]

_SVG_TAG = re.compile(rb"<svg (?P<rest>[^>]*)>")
_FIXED = re.compile(rb'(?:width|height)="[^"]*pt" ?')


def encode(figure: Figure, kind: str, title: str, alt: str, command: str) -> bytes:
    """Return the figure as PNG, SVG or PDF, with its title, description and origin, and no date."""
    held = BytesIO()
    try:
        figure.savefig(held, format=kind, **_origin(kind, title, alt, command))
    except MemoryError:
        raise InputError("the figure is too large to be drawn in memory") from None
    data = held.getvalue()
    return _described(data, title, alt) if kind == "svg" else data


def _origin(kind: str, title: str, alt: str, command: str) -> dict[str, Any]:
    made = as_typed(command) or None
    if kind == "png":
        texts = {"Title": title, "Description": alt, "Software": "lrplot", "Comment": made}
        return {"metadata": {key: text or None for key, text in texts.items()}}
    if kind == "svg":
        return {"metadata": {"Date": None, "Creator": "lrplot", "Source": made}}
    texts = {"Title": title, "Subject": alt, "Keywords": made, "Creator": "lrplot"}
    given = {key: text for key, text in texts.items() if text}
    return {"metadata": {**given, "CreationDate": None, "Producer": None}}


def _described(data: bytes, title: str, alt: str) -> bytes:
    """Let a picture fill the width it is given, and say what it shows to who cannot see it."""
    words = (("title", title), ("desc", alt))
    said = "".join(f"\n <{tag}>{escape(text, quote=False)}</{tag}>" for tag, text in words if text)
    found = _SVG_TAG.search(data)
    assert found  # noqa: S101  matplotlib wrote it
    rest = _FIXED.sub(b"", found["rest"]).strip()
    head = b'<svg role="img" ' + rest + b">" + said.encode()
    return data[: found.start()] + head + data[found.end() :]
