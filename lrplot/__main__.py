"""`python -m lrplot`, and the console script."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from lrplot.cli import cli

__all__ = ["main"]


def main() -> None:
    """Run the command line; a name that the terminal cannot show is escaped."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    cli(prog_name="lrplot")


if __name__ == "__main__":
    main()
