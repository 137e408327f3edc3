"""The rule of Paddle's ReduceOnPlateau, which is not quite torch's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import InputError
from lrplot.frameworks._absolute import Absolute, Levels, levels
from lrplot.plan import Given
from lrplot.schedules.steps import level_phases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lrplot.schedules.base import Knots, Phase, Rates, Steps

__all__ = ["PlateauCurve", "WatchingEpochs"]

_MOST = 10**6  # epochs that are gone through one by one


class PlateauCurve(Absolute, frozen=True, kw_only=True, tag="plateau"):
    """A drop by a factor where more than `patience` metrics in a row are not better.

    The first metric is the best so far. While cooling down, metrics are not looked at.
    """

    learning_rate: float
    mode: Literal["min", "max"]
    factor: Annotated[float, Meta(lt=1)]
    patience: float
    threshold: float
    threshold_mode: Literal["rel", "abs"]
    cooldown: float
    min_lr: float
    epsilon: float
    metrics: tuple[float, ...] | None

    def rates(self, steps: Steps) -> Rates:
        """Run the rule over the metrics and look each step up."""
        return _levels(self, self.until(int(steps.max(initial=0)))).lr(steps, np.zeros(steps.shape))

    def until(self, step: int) -> int:
        """Return how far the rule has to be run for a step."""
        del step
        return 0  # as far as there are metrics

    def watched(self, until: int) -> Iterable[tuple[int, float]]:
        """Return each metric, with the step from which its effect stands."""
        del until
        metrics = Given(metrics=self.metrics).need("metrics", "ReduceOnPlateau")
        return enumerate(metrics, 1)

    def drops(self, until: int) -> Iterator[tuple[int, float]]:
        """Return the steps from which a lower rate stands, and those rates."""
        rate, best = self.learning_rate, None
        bad, cooling = 0, 0.0
        for step, metric in self.watched(until):
            if cooling > 0:
                cooling -= 1
                continue
            better = best is None or self._better(metric, best)
            best, bad = (metric, 0) if better else (best, bad + 1)
            if bad > self.patience:
                lowered = max(rate * self.factor, self.min_lr)
                if not rate - lowered > self.epsilon:
                    return  # nor will it ever be
                rate, bad, cooling = lowered, 0, self.cooldown
                yield step, rate

    def _better(self, metric: float, best: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        room = best * self.threshold if self.threshold_mode == "rel" else self.threshold
        return sign * metric > sign * (best + sign * room)

    def knots(self, end: int) -> Knots:
        """Return the steps from which a lower rate stands."""
        return _levels(self, self.until(end)).knots(end)

    def extent(self) -> int:
        """Return the steps the metrics cover."""
        return len(self.metrics or ()) or super().extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return each level."""
        return level_phases(self.name(), self.knots(end), end)


class WatchingEpochs(PlateauCurve, frozen=True, kw_only=True, tag="plateau"):
    """The rule inside a LinearWarmup, which hands it the number of the epoch for a metric."""

    def until(self, step: int) -> int:
        """Return the step: there is a metric for each."""
        return step

    def watched(self, until: int) -> Iterable[tuple[int, float]]:
        """Return the numbers of the epochs."""
        for epoch in range(until + 1):
            if epoch > _MOST:
                message = f"a ReduceOnPlateau in a LinearWarmup is followed for {_MOST:,} steps"
                raise InputError(message)
            yield epoch, float(epoch)


@lru_cache(maxsize=16)
def _levels(curve: PlateauCurve, until: int) -> Levels:
    return levels(curve.learning_rate, curve.drops(until))
