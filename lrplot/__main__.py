"""`python -m lrplot`, and the console script."""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper

__all__ = ["main"]

_COLLECTED_AFTER = 50_000  # new objects: imports make this many, and none of them is garbage


def main() -> None:
    """Run the command line; a name that the terminal cannot show is escaped."""
    gc.set_threshold(_COLLECTED_AFTER)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    from lrplot.cli import cli

    cli(prog_name="lrplot")


if __name__ == "__main__":
    main()
