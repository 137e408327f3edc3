"""Drops where a metric stops improving."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Phase, Rate, Schedule, points
from lrplot.schedules.steps import level_phases

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Plateau"]


class Plateau(Schedule, frozen=True, kw_only=True, tag="plateau"):
    """A drop by a factor whenever a metric has stopped improving.

        metric m is better than the best, b, so far where
            m < b * (1 - threshold) (min, rel)        m < b - threshold (min, abs)
            m > b * (1 + threshold) (max, rel)        m > b + threshold (max, abs)
        after more than `patience` metrics in a row that are not better:
            lr <- max(lr * factor, min_lr)    if that lowers it by more than eps
        the next `cooldown` metrics do not count as bad

    metrics[k] is the one known when the schedule moves from step k to k+1, so a drop that it
    causes takes force at k+1. base_lr at 0; level after the last metric. The rule of torch's
    ReduceLROnPlateau.
    """

    example: ClassVar[dict[str, Any]] = {
        "metrics": [1.0, 0.8, 0.8, 0.8, 0.8, 0.7],
        "patience": 2,
        "factor": 0.5,
    }

    metrics: Annotated[
        tuple[float, ...],
        Meta(min_length=1, description="the metric at each step", extra={"from": "metrics"}),
    ]
    mode: Annotated[Literal["min", "max"], Meta(description="whether less or more is better")] = (
        "min"
    )
    factor: Annotated[float, Meta(gt=0, lt=1, description="the factor of each drop")] = 0.1
    patience: Annotated[int, Meta(ge=0, description="metrics without progress to wait out")] = 10
    threshold: Annotated[float, Meta(ge=0, description="how much better counts as better")] = 1e-4
    threshold_mode: Annotated[
        Literal["rel", "abs"], Meta(description="threshold as a part of the best, or as it is")
    ] = "rel"
    cooldown: Annotated[int, Meta(ge=0, description="metrics to pass over after a drop")] = 0
    min_lr: Annotated[Rate, Meta(description="no drop goes below this")] = 0.0
    eps: Annotated[float, Meta(ge=0, description="smaller drops are not made")] = 1e-8

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Apply to base as many drops as have taken force at each step."""
        drops = np.searchsorted(self.drops(), steps, side="right")
        rates = np.array(base)
        for drop in range(1, int(drops.max(initial=0)) + 1):
            lowered = np.maximum(rates * self.factor, self.min_lr)
            takes = (drops >= drop) & (rates - lowered > self.eps)
            if not takes.any():
                break
            rates = np.where(takes, lowered, rates)
        return rates

    def drops(self) -> tuple[int, ...]:
        """Return the steps at which a drop takes force."""
        return _drops(self)

    def better(self, metric: float, best: float) -> bool:
        """Say whether the metric counts as better than the best so far."""
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            return sign * metric > sign * (best * (1 + sign * self.threshold))
        return sign * metric > sign * (best + sign * self.threshold)

    def knots(self, end: int) -> Knots:
        """Return the steps at which a drop takes force."""
        return points(end, *self.drops())

    def extent(self) -> int:
        """Return the steps the metrics cover."""
        return len(self.metrics)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level."""
        return level_phases(self.name(), self.knots(end), end)


@lru_cache(maxsize=8)  # a long run is evaluated in chunks, and each asks
def _drops(plateau: Plateau) -> tuple[int, ...]:
    """Run the rule over the metrics."""
    best = float("inf") if plateau.mode == "min" else float("-inf")
    bad = cooling = 0
    found = []
    for step, metric in enumerate(plateau.metrics, start=1):
        better = plateau.better(metric, best)
        best = metric if better else best
        bad = 0 if better or cooling else bad + 1
        cooling = max(0, cooling - 1)
        if bad > plateau.patience:
            found.append(step)
            bad, cooling = 0, plateau.cooldown
    return tuple(found)
