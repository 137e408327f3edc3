"""Curves drawn where the command is typed."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan
    from lrplot.render.look import Look

__all__ = ["show"]

_PROMPT = 2  # rows left for what is said below the picture, and for the next command
_LEAST = 12  # rows that a picture may have however narrow it is


def show(plans: Sequence[Plan], look: Look) -> None:
    """Draw the curves on stdout, fitted to its window; 80 columns where it is none."""
    from lrplot.render.terminal import print_curves

    width, lines = shutil.get_terminal_size()
    height = min(lines - _PROMPT, max(_LEAST, width // 2))
    print_curves(plans, look, sys.stdout, width=width, height=height, unicode=_has_braille())


def _has_braille() -> bool:
    """Say whether the terminal can be expected to show braille.

    Under the C locale Python writes UTF-8 all the same; who has set it asks for plain characters.
    """
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    plain = locale in {"C", "POSIX"} or os.environ.get("TERM") in {"dumb", "linux"}
    return not plain and (sys.stdout.encoding or "").lower().startswith("utf")
