"""A metric series from a text file: one number per line, or CSV with the columns step,metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot.errors import InputError, Where
from lrplot.syntax.documents import read_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_series"]


def read_series(path: str | Path) -> tuple[float, ...]:
    """Return the metrics of a file, metric k on the (k+1)-th data line; raise InputError."""
    source = "standard input" if str(path) == "-" else str(path)
    series: list[float] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        cells = [cell.strip() for cell in line.split(",")]
        if line.strip() and not (number == 1 and _is_header(cells)):
            series.append(_metric(cells, len(series), Where(source, number, 1)))
    if not series:
        raise InputError("holds no metric", where=Where(source))
    return tuple(series)


def _is_header(cells: list[str]) -> bool:
    return not any(_number(cell) is not None for cell in cells)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _metric(cells: list[str], expected: int, where: Where) -> float:
    """Return the metric of one line, whose step must follow the one before."""
    values = [_number(cell) for cell in cells]
    if len(values) not in {1, 2} or values[-1] is None or not math.isfinite(values[-1]):
        raise InputError("must be a number, or a step and a number", where=where)
    if len(values) == 2 and values[0] != expected:  # noqa: PLR2004  step and metric
        message = f"step {cells[0]} where {expected} is due: one line per step, from 0"
        raise InputError(message, where=where)
    return values[-1]
