"""Step the real torch.optim.lr_scheduler."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

from build import built, held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "torch"
torch = importlib.import_module("torch")
schedulers = importlib.import_module("torch.optim.lr_scheduler")
swa_utils = importlib.import_module("torch.optim.swa_utils")

NAMES = {
    "math": math,
    "torch": torch,
    "optim": torch.optim,
    "lr_scheduler": schedulers,
    "swa_utils": swa_utils,
    "SWALR": swa_utils.SWALR,
    **{name: getattr(schedulers, name) for name in schedulers.__all__},
}


def optimizer_of(request: Request) -> Any:
    """Build a real optimizer that holds the request's base value."""
    base = 0.1 if request.base_lr is None else request.base_lr
    weights = [torch.nn.Parameter(torch.zeros(1))]
    if request.optimizer == "Adam":
        return torch.optim.Adam(weights, lr=base)
    return torch.optim.SGD(weights, lr=base, momentum=0.9)


def curve(request: Request) -> Iterator[float]:
    """Yield what the optimizer holds before the first step and after each."""
    optimizer = optimizer_of(request)
    scheduler = built(request.expr, {**NAMES, "optimizer": optimizer})
    yield held(optimizer, request.param)
    for k in range(request.max_iters):
        optimizer.step()
        scheduler.step(*request.metrics[k : k + 1])
        yield held(optimizer, request.param)
