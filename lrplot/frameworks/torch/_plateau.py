"""torch's scheduler that watches a metric."""
# ruff: noqa: N802, PLR0913, PLR0917  the framework's own name and parameters

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from lrplot.errors import ParameterError
from lrplot.frameworks._plateau import AnyPlateau
from lrplot.frameworks.torch._arguments import number, only

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["ReduceLROnPlateau", "Watching"]


class Watching(AnyPlateau, frozen=True, kw_only=True, tag="torch.ReduceLROnPlateau"):
    """The plateau rule, by torch's name."""

    @classmethod
    def name(cls) -> str:
        """Return torch's name."""
        return "ReduceLROnPlateau"


def ReduceLROnPlateau(
    optimizer: Optimizer,
    mode: str = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: int = 0,
    min_lr: float | list[float] = 0,
    eps: float = 1e-8,
    *,
    given: Given,
) -> Schedule:
    """A drop by a factor whenever a metric has stopped improving.

        lr <- max(lr * factor, min_lr)    after more than `patience` metrics that are not better,
                                          if that lowers it by more than eps

    --metrics gives the series; metric k is what step() gets when it goes from k to k+1. base at 0;
    level after the last metric. factor is below 1.
    """
    del optimizer
    for key, word, words in (
        ("mode", mode, ("min", "max")),
        ("threshold_mode", threshold_mode, ("rel", "abs")),
    ):
        if word not in words:
            raise ParameterError(key, f"must be {' or '.join(words)}, got {word!r}")
    return Watching(
        metrics=given.need("metrics", "ReduceLROnPlateau"),
        mode=cast("Any", mode),
        factor=number("factor", factor),
        patience=math.floor(number("patience", patience)),
        threshold=number("threshold", threshold),
        threshold_mode=cast("Any", threshold_mode),
        cooldown=max(0, math.ceil(number("cooldown", cooldown))),
        min_lr=only("min_lr", min_lr),
        eps=number("eps", eps),
    )
