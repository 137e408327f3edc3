"""Whether a figure's file still shows what would be drawn, told without drawing.

Pixels and the places of letters change with the machine's fonts and with matplotlib; the rates do
not. So a file bears the mark of what it shows: the look, the names, and the rates (to seven digits
of the peak, as processors differ in the last of sixteen) at every step, or at thousands of them
where there are more. A file is stale when it would be given another mark than the one it bears. How
steps are chosen and rates rounded here is therefore never to change.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot._lazy import np
from lrplot.render.figure.view import larger_unit
from lrplot.render.look import look_fields

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lrplot.plan import Plan
    from lrplot.render.look import Look
    from lrplot.schedules.base import Steps

__all__ = ["is_fresh", "mark_of"]

_MARK = re.compile(rb"lrplot-mark:([0-9a-f]{32})")
_MOST = 2**14  # steps that are looked at
_SPREAD = 0x9E3779B97F4A7C15  # its multiples fill 0..2^64 evenly, and in step with no cycle
_PARTS = 2**24  # of the peak, to which rates are rounded


def mark_of(plans: Iterable[Plan], look: Look) -> str:
    """Return what tells figures apart that show different things."""
    every = ((field, getattr(look, field.name)) for field in look_fields())
    chosen = sorted(
        (field.name, _legible(value)) for field, value in every if value != field.default
    )
    digest = sha256(msgspec.json.encode(chosen))
    for plan in plans:
        digest.update(repr((plan.name, plan.max_iters, plan.iters_per_epoch)).encode())
        counted = larger_unit(plan)
        if counted is not None and plan.iters_per_epoch is None:
            digest.update(repr(tuple(counted)).encode())
        for param in look.param:
            digest.update(_rates(plan.of(param)))
    return f"lrplot-mark:{digest.hexdigest()[:32]}"


def _legible(value: Any) -> Any:
    """Return a value whose texts have no half characters, as the bytes of a file's name may."""
    if isinstance(value, tuple):
        return tuple(map(_legible, value))
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _rates(plan: Plan) -> bytes:
    """Return the rates, rounded to parts of the largest."""
    rates = plan.lr(_steps(plan.max_iters))
    peak = float(np.abs(rates).max())
    parts = np.rint(rates / (peak or 1.0) * _PARTS).astype("<i8")
    return parts.tobytes() + np.float32(peak).tobytes()


def _steps(end: int) -> Steps:
    """Return every step of 0..end, or some all over it."""
    if end < _MOST:
        return np.arange(end + 1)
    place = (np.arange(_MOST, dtype=np.uint64) * np.uint64(_SPREAD) >> np.uint64(11)) * 2.0**-53
    return np.union1d((place * end).astype(np.int64), [end])


def is_fresh(path: Path, mark: str) -> bool:
    """Say whether a figure's file bears this mark."""
    data = path.read_bytes().replace(b"\0", b"")  # a PDF may hold its texts in UTF-16
    found = _MARK.search(data)
    return found is not None and found[0].decode() == mark
