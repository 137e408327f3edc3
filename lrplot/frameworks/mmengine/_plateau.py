"""mmengine's scheduler that follows a metric, by its own name and signature."""
# ruff: noqa: ARG001, FBT001, FBT002, N802, PLR0913, PLR0917  the signature is the framework's own

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lrplot.errors import ParameterError
from lrplot.frameworks.mmengine._list import UNLIMITED, PlateauRule, Schedulers
from lrplot.frameworks.mmengine._window import refuse_text, window_of
from lrplot.schedules.plateau import Plateau

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given

__all__ = ["ReduceOnPlateauLR"]


def ReduceOnPlateauLR(
    optimizer: Optimizer,
    monitor: str = "loss",
    rule: str = "less",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_rule: str = "rel",
    cooldown: int = 0,
    min_value: float | list[float] = 0.0,
    eps: float = 1e-8,
    begin: int = 0,
    end: int = UNLIMITED,
    last_step: int = -1,
    by_epoch: bool = True,
    verbose: bool = False,
    *,
    given: Given,
) -> Schedulers:
    """A drop by factor where the monitored value has not improved for `patience` epochs.

    --metrics holds a value per epoch. Torch's rule, but the best value starts at 1e9 (-1e9), and
    the value after epoch k is seen where begin <= k < end, k counting from 1.
    """
    window = window_of(begin, end, last_step, by_epoch)
    if not by_epoch:
        raise ParameterError("by_epoch", "must be True: the rule looks at epochs")
    for key, word, known in (
        ("rule", rule, ("less", "greater")),
        ("threshold_rule", threshold_rule, ("rel", "abs")),
    ):
        if word not in known:
            raise ParameterError(key, f"must be {' or '.join(known)}, got {word!r}")
    refuse_text(factor=factor, patience=patience)
    if factor >= 1:
        raise ParameterError("factor", f"must be below 1, got {factor:g}")
    first, seen = _seen(begin, end, given)
    watched = Plateau(
        metrics=(UNLIMITED if rule == "less" else -UNLIMITED, *seen),  # the best to begin with
        mode="min" if rule == "less" else "max",
        patience=max(0, patience),
        threshold=threshold,
        threshold_mode=threshold_rule,  # type: ignore[arg-type]
        cooldown=cooldown,
    )
    drops = watched.drops() if patience >= 0 else range(2, len(seen) + 2)
    lowering = PlateauRule(
        drops=tuple(first + step - 2 for step in drops),
        factor=factor,
        min_value=min_value[0] if isinstance(min_value, list) and min_value else min_value,  # type: ignore[arg-type]
        eps=eps,
    )
    return window.acting(lowering, given)


def _seen(begin: float, end: float, given: Given) -> tuple[int, tuple[float, ...]]:
    """Return the first epoch whose value is seen, counting from 1, and the values from there on."""
    metrics = given.need("metrics", "ReduceOnPlateauLR")
    first = max(1, math.ceil(begin))
    return first, metrics[first - 1 : math.ceil(end) - 1]
