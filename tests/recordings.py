"""Recorded cases, as parameters of a test."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["recorded"]


def recorded(folder: Path) -> Iterator[Any]:
    """Yield every case of a folder's recordings, named by its id."""
    for path in sorted(folder.glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())):
            yield pytest.param(case, id=case["id"])
