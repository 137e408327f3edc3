"""`python -m lrplot`, and the console script."""

from __future__ import annotations

from lrplot.cli import cli

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    cli(prog_name="lrplot")


if __name__ == "__main__":
    main()
