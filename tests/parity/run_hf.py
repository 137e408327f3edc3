"""Step the real schedules of transformers.optimization."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from build import built, held
from run_torch import optimizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "transformers"
transformers = importlib.import_module("transformers")
optimization = importlib.import_module("transformers.optimization")

NAMES = {
    "transformers": transformers,
    "SchedulerType": optimization.SchedulerType,
    **{name: getattr(optimization, name) for name in dir(optimization) if name.startswith("get_")},
}


def curve(request: Request) -> Iterator[float]:
    """Yield what the optimizer holds before the first step and after each."""
    optimizer = optimizer_of(request)
    scheduler = built(request.expr, {**NAMES, "optimizer": optimizer})
    yield held(optimizer, request.param)
    for k in range(request.max_iters):
        optimizer.step()
        scheduler.step(*request.metrics[k : k + 1])
        yield held(optimizer, request.param)
