"""Step DeepSpeed's real schedules."""

from __future__ import annotations

import importlib
import types
from typing import TYPE_CHECKING

from build import built, held
from run_torch import optimizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "deepspeed"
schedules = importlib.import_module("deepspeed.runtime.lr_schedules")

NAMES = {
    "deepspeed": types.SimpleNamespace(runtime=types.SimpleNamespace(lr_schedules=schedules)),
    "lr_schedules": schedules,
    **{name: getattr(schedules, name) for name in schedules.VALID_LR_SCHEDULES},
}


def curve(request: Request) -> Iterator[float]:
    """Yield what the optimizer holds as its engine steps the schedule, once per update."""
    optimizer = optimizer_of(request)
    schedule = built(request.expr, {**NAMES, "optimizer": optimizer})
    yield held(optimizer, request.param)
    for _ in range(request.max_iters):
        optimizer.step()
        schedule.step()
        yield held(optimizer, request.param)
