"""The colours and dashes that tell curves apart, in figures, pages and terminals."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["COLOURS", "DARK", "DASHES", "Pen", "colour", "dash"]

# Okabe and Ito's colours without the yellow, which is too light on white; told apart by people
# with any of the common colour-blindnesses. Dashes tell further curves from the first seven.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DARK = ("#3D9BE0", "#F0803C", "#2DBD94", "#E08DBD", "#7CC6F0", "#F0B429", "#FFFFFF")
DASHES = ((), (5, 3), (1, 2), (6, 2, 1, 2))  # in line widths


class Pen(NamedTuple):
    """What tells one line from the others."""

    colour: str
    dash: Any


def colour(number: int, palette: tuple[str, ...] = COLOURS) -> str:
    """Return the colour of a curve."""
    return palette[number % len(palette)]


def dash(number: int) -> tuple[int, ...]:
    """Return the dash of a curve: how far it draws, how far it does not."""
    return DASHES[number // len(COLOURS) % len(DASHES)]
