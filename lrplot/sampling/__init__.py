"""Which steps to evaluate: exactly these, every n, a readable few, or what a figure needs."""

from __future__ import annotations

from lrplot.sampling.bands import Band
from lrplot.sampling.rows import BLOCK, blocks, readable
from lrplot.sampling.trace import Curve, Trace, curve_of, extremes, peak, polyline, ratio, trace

__all__ = [
    "BLOCK",
    "Band",
    "Curve",
    "Trace",
    "blocks",
    "curve_of",
    "extremes",
    "peak",
    "polyline",
    "ratio",
    "readable",
    "trace",
]
