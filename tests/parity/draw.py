"""Random constructor calls, as text, the way people write them."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
Value = Any  # of a parameter: a number, a name, a list, source text


class Code(str):
    """Source text that stands in a call as it is (a name, a lambda, a nested call)."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """One schedule to record: the call, and what the call does not say.

    `base_lr` is what the optimizer holds of the recorded parameter before the schedule is built,
    or None where the call itself says it. `metrics[k]` is what a plateau schedule sees when it
    steps from k to k+1.
    """

    expr: str
    max_iters: int
    base_lr: float | None = None
    param: str = "lr"
    optimizer: str = "SGD"
    metrics: Sequence[float] = field(default=())
    iters_per_epoch: int | None = None
    rtol: float = 1e-9


Family = Callable[["Draw"], Request]


class Draw(random.Random):
    """A source of parameters: ordinary ones mostly, awkward ones now and then."""

    def chance(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self.random() < probability

    def pick(self, *options: T) -> T:
        """One of the options."""
        return self.choice(options)

    def odd(self, ordinary: T, *awkward: T, probability: float = 0.15) -> T:
        """The ordinary value, or now and then one of the awkward ones."""
        return self.choice(awkward) if self.chance(probability) else ordinary

    def between(self, low: float, high: float, digits: int = 2) -> float:
        """A number people would write: uniform, with few significant digits."""
        return float(f"{self.uniform(low, high):.{digits}g}")

    def rate(self, low: float = 1e-4, high: float = 1.0) -> float:
        """A learning rate, uniform on a logarithmic scale."""
        return float(f"{math.exp(self.uniform(math.log(low), math.log(high))):.2g}")

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.randint(low, high)

    def horizon(self) -> int:
        """The length of a schedule."""
        return self.whole(24, 200)

    def run(self, horizon: int) -> int:
        """The length of the run: up to the horizon, past it, or short of it."""
        return max(2, round(horizon * self.pick(0.8, 1.0, 1.0, 1.1, 1.3, 1.5)))

    def milestones(self, horizon: int, most: int = 5) -> list[int]:
        """Increasing steps, some of them past the horizon."""
        count = self.whole(1, most)
        return sorted(self.sample(range(1, round(horizon * 1.2) + most), count))

    def series(self, steps: int, *, rising: bool) -> list[float]:
        """A metric that improves, stalls and jitters."""
        value, values = self.between(0.5, 3.0), []
        for step in range(steps):
            value *= 1 + self.uniform(-0.02, 0.018 if step < steps / 3 else 0.021)
            values.append(float(f"{1 / value if rising else value:.5g}"))
        return values

    def call(
        self,
        name: str,
        required: Mapping[str, Value],
        optional: Mapping[str, Value] | None = None,
        fixed: Mapping[str, Value] | None = None,
    ) -> str:
        """Write a call: some required arguments by position, some optional ones left out."""
        positional = self.pick(0, 0, 1, len(required))
        pairs = list(required.items())
        written = [_text(self, value) for _, value in pairs[:positional]]
        named = pairs[positional:]
        named += [pair for pair in (optional or {}).items() if self.chance(0.75)]
        named += (fixed or {}).items()
        if self.chance(0.2):
            self.shuffle(named)
        written += [f"{key}={_text(self, value)}" for key, value in named]
        return f"{name}({', '.join(written)})"

    def on_optimizer(
        self,
        name: str,
        required: Mapping[str, Value],
        optional: Mapping[str, Value] | None = None,
        fixed: Mapping[str, Value] | None = None,
    ) -> str:
        """Write a call whose first argument is the optimizer."""
        head, rest = self.call(name, required, optional, fixed).split("(", 1)
        return f"{head}(optimizer{'' if rest == ')' else ', '}{rest}"


def _text(draw: Draw, value: Value) -> str:
    """The source text of a value: floats in the spellings people use."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, float) and value and abs(value) < 0.01 and draw.chance(0.5):
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return repr(value)
