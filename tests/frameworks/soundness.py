"""Whether a curve's knots name its jumps and kinks: what a figure relies on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lrplot.plan import Plan

DATA = Path(__file__).parents[1] / "parity" / "data"

STEEP = 12  # a smooth curve does not change this much faster, or bend more, from step to step
TINY = 1e-12  # of the largest rate: what rounding may do


def recorded_plans(framework: str) -> Iterator[tuple[str, Plan]]:
    """Yield the plan of each recorded call that the framework has a whole curve for."""
    for case in json.loads(gzip.decompress((DATA / f"{framework}.json.gz").read_bytes())):
        options: dict[str, Any] = {"metrics": case["metrics"]} if "metrics" in case else {}
        if "error" not in case:
            yield (
                case["expr"],
                load(case["expr"], as_=framework, max_iters=case["max_iters"], **options),
            )


def unnamed_turns(plan: Plan, end: int) -> set[int]:
    """Return the steps, up to end, at which the rate jumps or kinks and that no knot names.

    A figure looks at each knot and at the step before it, so either may be where a kink is.
    """
    try:
        rates = plan.lr(range(end + 1))
    except InputError:  # it has no rates so far out, or none at some steps
        return set()
    knots = {step for knot in plan.schedule.knots(end) for step in knot}
    least = TINY * np.abs(rates).max()
    jumps = _standing_out(np.diff(rates), least) - knots
    kinks = _standing_out(np.diff(rates, n=2), least)
    return jumps | {step for step in kinks if not knots & {step, step + 1}}


def _standing_out(changes: NDArray[np.float64], least: float) -> set[int]:
    """Return the steps that a change leads to which is far larger than those beside it."""
    size = np.abs(changes)
    beside = np.maximum(size[:-2], size[2:])
    return set((np.flatnonzero(size[1:-1] > STEEP * beside + least) + 2).tolist())
