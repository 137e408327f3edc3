"""Step the real paddle.optimizer.lr."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING

from build import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "paddlepaddle"
paddle = importlib.import_module("paddle")
schedulers = importlib.import_module("paddle.optimizer.lr")

NAMES = {
    "math": math,
    "paddle": paddle,
    "optimizer": paddle.optimizer,
    "lr": schedulers,
    **{name: getattr(schedulers, name) for name in schedulers.__all__},
}


def curve(request: Request) -> Iterator[float]:
    """Yield the scheduler's rate before the first step and after each."""
    scheduler = built(request.expr, NAMES)
    yield float(scheduler())
    for k in range(request.max_iters):
        scheduler.step(*request.metrics[k : k + 1])
        yield float(scheduler())
