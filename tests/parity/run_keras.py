"""Call Keras's real schedules, in float64 (Keras computes in float32 unless told otherwise)."""

from __future__ import annotations

import importlib
import os
import types
from typing import TYPE_CHECKING

from build import built

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "keras"
# Told to compute in float64, Keras still takes cosines, floors and ceilings in float32, on every
# backend but torch. Without jit the values are the same, and no step is traced anew.
os.environ["KERAS_BACKEND"] = "jax"
jax = importlib.import_module("jax")
jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - jax's own call
jax.config.update("jax_disable_jit", True)  # noqa: FBT003 - jax's own call
keras = importlib.import_module("keras")
keras.config.set_floatx("float64")
schedules = keras.optimizers.schedules

NAMES = {
    "keras": keras,
    "tf": types.SimpleNamespace(keras=keras),
    "schedules": schedules,
    **{name: getattr(schedules, name) for name in dir(schedules) if not name.startswith("_")},
}


def curve(request: Request) -> Iterator[float]:
    """Yield the schedule's value at every step."""
    schedule = built(request.expr, NAMES)
    for k in range(request.max_iters + 1):
        yield float(schedule(k))
