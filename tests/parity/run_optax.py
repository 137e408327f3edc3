"""Call optax's real schedules, in float64."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from build import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "optax"
importlib.import_module("jax").config.update("jax_enable_x64", True)  # noqa: FBT003 - jax's own call
optax = importlib.import_module("optax")
schedules = importlib.import_module("optax.schedules")

NAMES = {
    "optax": optax,
    **{name: getattr(schedules, name) for name in dir(schedules) if not name.startswith("_")},
}


def curve(request: Request) -> Iterator[float]:
    """Yield the schedule's value at every count."""
    schedule = built(request.expr, NAMES)
    for k in range(request.max_iters + 1):
        yield float(schedule(k))
