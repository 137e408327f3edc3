"""The schedules of transformers.optimization that watch a metric, with GreedyLR's own rule."""
# ruff: noqa: ARG001, PLR0913  the signatures are the framework's own

from __future__ import annotations

import math
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.frameworks._plateau import AnyPlateau
from lrplot.schedules.base import Knots, Schedule

if TYPE_CHECKING:
    from lrplot.frameworks.calls import Optimizer
    from lrplot.plan import Given
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Greedy", "get_greedy_schedule", "get_reduce_on_plateau_schedule"]

Count = Annotated[int, Meta(le=2**53)]


class Greedy(Schedule, frozen=True, kw_only=True, tag="transformers.greedy"):
    """A rise by 1 / factor after more than `patience` better metrics, a drop by factor after worse.

    metrics[k] is the one known when the schedule moves from step k to k+1. The base rate at 0;
    level after the last metric. What the rule does depends on the rate it acts on, so it is run
    over the metrics once for each base rate.
    """

    metrics: Annotated[tuple[float, ...], Meta(min_length=1)]
    mode: Literal["min", "max"]
    factor: Annotated[float, Meta(lt=1)]
    patience: Count
    threshold: float
    threshold_mode: Literal["rel", "abs"]
    cooldown: Count
    warmup: Count
    min_lr: float
    max_lr: float
    eps: float
    smooth: bool
    window_size: Count
    reset_start: Count

    def check(self) -> None:
        """Refuse what the rule would divide by."""
        if self.factor == 0:
            raise ParameterError("factor", "must not be 0: a rise divides by it")
        if self.smooth and self.window_size < 1:
            raise ParameterError("window_size", "must be at least 1 with smooth")

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Look up what the rule makes of each base rate."""
        rates = np.empty(np.shape(steps))
        for start in np.unique(base):
            here = base == start
            run = np.asarray(_rates(self, float(start)))
            rates[here] = run[np.minimum(steps[here], len(run) - 1)]
        return rates

    def knots(self, end: int) -> Knots:
        """Return the steps that follow a metric."""
        return (range(1, min(end, len(self.metrics)) + 1),)

    def extent(self) -> int:
        """Return the steps the metrics cover."""
        return len(self.metrics)


@lru_cache(maxsize=16)
def _rates(rule: Greedy, base: float) -> tuple[float, ...]:
    run = _Run(rule, base)
    return (base, *map(run.step, rule.metrics))


class _Run:
    """The rule in motion: the rate, the best metric, and what is counted."""

    def __init__(self, rule: Greedy, base: float) -> None:
        self.rule, self.base = rule, base
        self.start()

    def start(self) -> None:
        """Be as at first."""
        self.rate = self.base
        self.resets_in = self.rule.reset_start
        self.best = math.inf if self.rule.mode == "min" else -math.inf
        self.good = self.bad = self.waiting_down = self.waiting_up = 0
        self.recent: deque[float] = deque()
        self.total = 0.0

    def step(self, metric: float) -> float:
        """Take in a metric and return the rate."""
        seen = self._smoothed(metric) if self.rule.smooth else metric
        if self.waiting_down > 0:
            self.waiting_down -= 1
            self.good = self.bad = 0
        elif self.waiting_up > 0:
            self.waiting_up -= 1
            self.good = self.bad = 0
        else:
            self._count(seen)
            self._act()
        return self.rate

    def _smoothed(self, metric: float) -> float:
        """Return the mean of the last window_size metrics, as a running sum has it."""
        self.recent.append(metric)
        self.total += metric
        if len(self.recent) > self.rule.window_size:
            self.total -= self.recent.popleft()
        return self.total / len(self.recent)

    def _count(self, metric: float) -> None:
        if self._better(metric):
            self.best, self.bad, self.good = metric, 0, self.good + 1
        else:
            self.bad, self.good = self.bad + 1, 0

    def _better(self, metric: float) -> bool:
        sign = -1 if self.rule.mode == "min" else 1
        if self.rule.threshold_mode == "rel":
            return sign * metric > sign * (self.best * (1.0 + sign * self.rule.threshold))
        return sign * metric > sign * (self.best + sign * self.rule.threshold)

    def _act(self) -> None:
        if self.good > self.rule.patience:
            self._rise()
            self.waiting_up, self.good = self.rule.warmup, 0
        elif self.bad > self.rule.patience:
            self._drop()
            self.waiting_down, self.bad = self.rule.cooldown, 0

    def _rise(self) -> None:
        risen = min(self.rate / self.rule.factor, self.rule.max_lr)
        if risen - self.rate > self.rule.eps:
            self.rate = risen
        self.resets_in = self.rule.reset_start

    def _drop(self) -> None:
        """Lower the rate; where it is at its least, count down to a start afresh."""
        lowered = max(self.rate * self.rule.factor, self.rule.min_lr)
        if self.rate - lowered > self.rule.eps:
            self.rate = lowered
        if self.rate <= self.rule.min_lr:
            self.resets_in -= 1
            if self.resets_in <= 0:
                self.start()


def get_reduce_on_plateau_schedule(
    optimizer: Optimizer,
    *,
    mode: str = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: str = "rel",
    cooldown: int = 0,
    min_lr: float | list[float] = 0,
    eps: float = 1e-8,
    given: Given,
) -> Schedule:
    """Torch's ReduceLROnPlateau: base until the metrics stop improving, then drops by factor."""
    return AnyPlateau(
        metrics=given.need("metrics", "get_reduce_on_plateau_schedule"),
        mode=mode,  # type: ignore[arg-type]  # checked there
        factor=factor,
        patience=patience,
        threshold=threshold,
        threshold_mode=threshold_mode,  # type: ignore[arg-type]
        cooldown=cooldown,
        min_lr=_of_one_group("min_lr", min_lr),
        eps=eps,
    )


def get_greedy_schedule(
    optimizer: Optimizer,
    *,
    mode: str = "min",
    factor: float = 0.95,
    patience: int = 10,
    threshold: float = 1e-6,
    threshold_mode: str = "abs",
    cooldown: int = 0,
    warmup: int = 0,
    min_lr: float | list[float] = 1e-3,
    max_lr: float | list[float] = 1.0,
    eps: float = 1e-8,
    verbose: bool = False,
    smooth: bool = False,
    window_size: int = 50,
    reset_start: int = 500,
    given: Given,
) -> Schedule:
    """GreedyLR: up by 1 / factor while the metrics improve, down by factor while they do not.

    Within min_lr and max_lr; after reset_start drops at min_lr it starts afresh from base.
    """
    return Greedy(
        metrics=given.need("metrics", "get_greedy_schedule"),
        mode=mode,  # type: ignore[arg-type]  # checked there
        factor=factor,
        patience=patience,
        threshold=threshold,
        threshold_mode=threshold_mode,  # type: ignore[arg-type]
        cooldown=cooldown,
        warmup=warmup,
        min_lr=_of_one_group("min_lr", min_lr),
        max_lr=_of_one_group("max_lr", max_lr),
        eps=eps,
        smooth=smooth,
        window_size=window_size,
        reset_start=reset_start,
    )


def _of_one_group(name: str, value: float | list[float]) -> float:
    """Return a bound of the one parameter group there is; it may be written as a list."""
    if isinstance(value, (list, tuple)):
        if len(value) != 1:
            message = f"must hold one rate, for one parameter group, got {len(value)}"
            raise ParameterError(name, message)
        return value[0]
    return value
