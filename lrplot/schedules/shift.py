"""Knots and phases by place: of a schedule that starts later, of stretches between edges."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from lrplot.schedules.base import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lrplot.schedules.base import Knots, Schedule

__all__ = ["named_stretches", "shifted_knots", "shifted_phases"]


def shifted_knots(schedule: Schedule, start: int, end: int) -> Knots:
    """Return the knots, up to end, of a schedule whose step 0 is at start."""
    if end < start:
        return ()
    inner = schedule.knots(end - start)
    return tuple(range(k.start + start, k.stop + start, k.step) for k in inner)


def shifted_phases(schedule: Schedule, start: int, end: int) -> tuple[Phase, ...]:
    """Return the phases, up to end, of a schedule whose step 0 is at start."""
    inner = schedule.phases(max(0, end - start))
    return tuple(Phase(phase.name, phase.start + start, phase.end + start) for phase in inner)


def named_stretches(names: Iterable[str], edges: Iterable[float], end: int) -> tuple[Phase, ...]:
    """Return a phase between each two edges, up to end; those that last no step are left out."""
    whole = [min(end, math.ceil(edge)) for edge in edges]
    found = zip(names, pairwise(whole), strict=False)
    return tuple(Phase(name, start, stop) for name, (start, stop) in found if start < stop)
