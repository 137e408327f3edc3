"""Call fvcore's real parameter schedulers, as functions of progress."""

from __future__ import annotations

import importlib
import types
from typing import TYPE_CHECKING

from build import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "fvcore"
schedulers = importlib.import_module("fvcore.common.param_scheduler")

NAMES = {
    "fvcore": types.SimpleNamespace(common=types.SimpleNamespace(param_scheduler=schedulers)),
    "param_scheduler": schedulers,
    **{name: getattr(schedulers, name) for name in schedulers.__all__},
}


def curve(request: Request) -> Iterator[float]:
    """Yield the value at every update: progress is the share of the updates made."""
    scheduler = built(request.expr, NAMES)
    for k in range(request.max_iters + 1):
        yield float(scheduler(k / request.max_iters))
