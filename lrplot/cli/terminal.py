"""Curves drawn where the command is typed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Plan
    from lrplot.render.look import Look

__all__ = ["show", "shows_unicode"]

_PROMPT = 2  # rows left for what is said below the picture, and for the next command
_LEAST = 12  # rows that a picture may have however narrow it is


def show(plans: Sequence[Plan], look: Look, below: int = 0) -> None:
    """Draw the curves on stdout, fitted to its window with so many rows of words below them.

    Where stdout is no window, it has 80 columns. Words that would take more than a third of it may
    push the picture up.
    """
    import shutil

    from lrplot.render.terminal import print_curves

    width, lines = shutil.get_terminal_size()
    height = min(lines - _PROMPT - min(below, lines // 3), max(_LEAST, width // 2))
    print_curves(plans, look, sys.stdout, width=width, height=height, unicode=shows_unicode())


def shows_unicode() -> bool:
    """Say whether stdout can be expected to show more than ASCII, braille say.

    Under the C locale Python writes UTF-8 all the same; who has set it in a terminal asks for plain
    characters. Of who reads a pipe nothing is known but the encoding.
    """
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    plain = locale in {"C", "POSIX"} or os.environ.get("TERM") in {"dumb", "linux"}
    return not (plain and sys.stdout.isatty()) and (sys.stdout.encoding or "").lower().startswith(
        "utf"
    )
