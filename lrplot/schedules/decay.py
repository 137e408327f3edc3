"""Schedules that one smooth formula gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from lrplot._lazy import np
from lrplot.schedules.base import Knots, Length, Period, Rate, Schedule, points

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "InverseSqrt",
    "InverseTime",
    "Linear",
    "NaturalExp",
    "Noam",
    "Poly",
]

Floor = Annotated[Rate, Meta(description="the rate it comes down to")]


class Constant(Schedule, frozen=True, kw_only=True, tag="constant"):
    """The base rate, unchanged.

        lr(t) = base_lr

    The same at 0, at the end and beyond.
    """

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return a copy of base."""
        del steps
        return np.array(base)


class Poly(Schedule, frozen=True, kw_only=True, tag="poly"):
    """Polynomial decay to a floor: the "poly policy".

        lr(t) = (base_lr - eta_min) * (1 - t/T)^power + eta_min        T = max_iters

    base_lr at 0, eta_min at T, and eta_min beyond. With cycle, beyond T the period grows to
    T * ceil(t/T): the rate jumps up after every T steps, less high each time.

    A larger power falls faster at the start and flattens near the end: half way, power 2 leaves
    25 % of the range, power 1 leaves 50 % and power 0.5 leaves 71 %.

    Known from mmseg's PolyLR, Paddle's PolynomialDecay and Keras; each differs in a detail.
    """

    example: ClassVar[dict[str, Any]] = {"power": 0.9, "eta_min": 0.001}

    max_iters: Length
    power: Annotated[float, Meta(ge=0, description="1 is a straight line; larger falls faster")] = (
        0.9
    )
    eta_min: Floor = 0.0
    cycle: Annotated[bool, Meta(description="start again beyond max_iters, less high")] = False

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        if self.cycle:
            done = steps / (self.max_iters * np.maximum(1, -(-steps // self.max_iters)))
        else:
            done = _until(steps, self.max_iters) / self.max_iters
        left: Rates = np.asarray(done)  # in place from here on: memory is what this costs
        np.subtract(1, left, out=left)
        left **= self.power
        left *= base - self.eta_min
        left += self.eta_min
        return left

    def knots(self, end: int) -> Knots:
        """Return T; with cycle each multiple of T, where it lands, and the step after, its jump."""
        if not self.cycle:
            return points(end, self.max_iters)
        return (
            range(self.max_iters, end + 1, self.max_iters),
            range(self.max_iters + 1, end + 1, self.max_iters),
        )


class Linear(Schedule, frozen=True, kw_only=True, tag="linear"):
    """A straight line from the base rate to another, then flat.

        lr(t) = base_lr * (1 - t/T) + end_lr * t/T        T = max_iters

    base_lr at 0, end_lr at T and beyond; both exactly.
    """

    example: ClassVar[dict[str, Any]] = {"end_lr": 0.01}

    max_iters: Length
    end_lr: Annotated[Rate, Meta(description="the rate at the end of the line")] = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        done = _until(steps, self.max_iters) / self.max_iters
        return base * (1 - done) + self.end_lr * done

    def knots(self, end: int) -> Knots:
        """Return T, where the line becomes flat."""
        return points(end, self.max_iters)


class Exponential(Schedule, frozen=True, kw_only=True, tag="exponential"):
    """Exponential decay by a factor each step.

        lr(t) = base_lr * gamma^t

    base_lr at 0; it never ends. Torch's ExponentialLR, Paddle's ExponentialDecay.
    """

    example: ClassVar[dict[str, Any]] = {"gamma": 0.995}

    gamma: Annotated[float, Meta(ge=0, description="the factor each step")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rates: Rates = base * np.power(self.gamma, steps.astype(np.float64))
        return rates


class NaturalExp(Schedule, frozen=True, kw_only=True, tag="natural_exp"):
    """Natural exponential decay.

        lr(t) = base_lr * exp(-gamma * t)

    base_lr at 0; it never ends. Paddle's NaturalExpDecay.
    """

    example: ClassVar[dict[str, Any]] = {"gamma": 0.005}

    gamma: Annotated[float, Meta(ge=0, description="the decay per step")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rates: Rates = base * np.exp(-self.gamma * steps)
        return rates


class InverseTime(Schedule, frozen=True, kw_only=True, tag="inverse_time"):
    """Inverse-time decay.

        lr(t) = base_lr / (1 + gamma * t)

    base_lr at 0, half of it at t = 1/gamma; it never ends. Paddle's and Keras's InverseTimeDecay.
    """

    example: ClassVar[dict[str, Any]] = {"gamma": 0.01}

    gamma: Annotated[float, Meta(ge=0, description="the decay per step")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rates: Rates = base / (1 + self.gamma * steps)
        return rates


class Cosine(Schedule, frozen=True, kw_only=True, tag="cosine"):
    """Half a cosine from the base rate to a floor.

        lr(t) = eta_min + (base_lr - eta_min)/2 * (1 + cos(pi * t/T))  T = max_iters

    base_lr at 0, eta_min at T, and eta_min beyond (torch's CosineAnnealingLR rises again there).
    """

    example: ClassVar[dict[str, Any]] = {"eta_min": 0.0001}

    max_iters: Length
    eta_min: Floor = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        done = _until(steps, self.max_iters) / self.max_iters
        rates: Rates = self.eta_min + (base - self.eta_min) / 2 * (1 + np.cos(math.pi * done))
        return rates

    def knots(self, end: int) -> Knots:
        """Return T, where the curve becomes flat."""
        return points(end, self.max_iters)


class Noam(Schedule, frozen=True, kw_only=True, tag="noam"):
    """The Transformer paper's schedule: a linear rise, then an inverse square root.

        lr(t) = base_lr * d_model^-0.5 * min(t^-0.5, t * warmup_steps^-1.5)

    0 at t = 0, the peak base_lr / sqrt(d_model * warmup_steps) at warmup_steps; it never ends.
    base_lr is a factor here, usually 1. "Attention is all you need" (Vaswani et al., 2017),
    section 5.3; Paddle's NoamDecay.
    """

    example: ClassVar[dict[str, Any]] = {"d_model": 512, "warmup_steps": 400, "base_lr": 1}

    d_model: Annotated[int, Meta(ge=1, description="the width of the model")]
    warmup_steps: Annotated[Period, Meta(description="steps of the linear rise")]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        t = steps.astype(np.float64)
        falling = np.maximum(t, 1) ** -0.5  # at t = 0 the rising branch, 0, is the smaller
        shape: Rates = np.minimum(falling, t * self.warmup_steps**-1.5)
        rates: Rates = base * self.d_model**-0.5 * shape
        return rates

    def knots(self, end: int) -> Knots:
        """Return the peak."""
        return points(end, self.warmup_steps)

    def extent(self) -> int:
        """Ten times the warm-up."""
        return 10 * self.warmup_steps


class InverseSqrt(Schedule, frozen=True, kw_only=True, tag="inverse_sqrt"):
    """A linear rise to the base rate, then an inverse square root.

        lr(t) = base_lr * t / warmup_steps                   t < warmup_steps
        lr(t) = base_lr * sqrt(timescale / (t + shift))      from there on
        shift = timescale - warmup_steps

    0 at t = 0 (base_lr without a warm-up), base_lr at warmup_steps; it never ends. The timescale
    is warmup_steps unless given, or 10,000 without a warm-up. fairseq's and Hugging Face's
    inverse_sqrt.
    """

    example: ClassVar[dict[str, Any]] = {"warmup_steps": 400}

    warmup_steps: Annotated[
        int,
        Meta(ge=0, le=2**53, description="steps of the linear rise", extra={"unit": "steps"}),
    ] = 0
    timescale: Annotated[
        Annotated[int, Meta(ge=1, le=2**53)] | None,
        Meta(description="steps after which a decay counts", extra={"unit": "steps"}),
    ] = None

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        timescale = self.timescale or self.warmup_steps or 10_000
        since = np.maximum(steps, self.warmup_steps) - self.warmup_steps
        falling = np.sqrt(timescale / (since + timescale))
        return base * np.where(
            steps < self.warmup_steps, steps / max(1, self.warmup_steps), falling
        )

    def knots(self, end: int) -> Knots:
        """Return the peak."""
        return points(end, self.warmup_steps)

    def extent(self) -> int:
        """Ten times the warm-up, or as many steps as any schedule's."""
        return 10 * self.warmup_steps or super().extent()


def _until(steps: Steps, end: int) -> Steps:
    """Return the steps, none of them beyond the end; most often none is, which is quick to see."""
    return np.minimum(steps, end) if steps.max(initial=0) > end else steps
