"""Random and awkward calls of keras.optimizers.schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

RTOL = 1e-5  # a cosine is in float32 there, whose last bit counts near its foot

PREFIXES = (
    "keras.optimizers.schedules.",
    "keras.optimizers.schedules.",
    "tf.keras.optimizers.schedules.",
    "schedules.",
    "",
)


def written(
    d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value] | None = None
) -> str:
    extra = dict(optional or {}) | ({"name": "lr"} if d.chance(0.05) else {})
    return d.call(d.pick(*PREFIXES) + name, required, extra)


def rated(d: Draw, n: int) -> dict[str, Value]:
    """Draw what ExponentialDecay and InverseTimeDecay both take."""
    return {
        "initial_learning_rate": d.rate(),
        "decay_steps": d.odd(d.whole(2, n // 2), 1, n + 50, 7.5),
        "decay_rate": d.odd(d.between(0.3, 0.99), 1.05, 0.0),
    }


def exponential(d: Draw, n: int) -> str:
    return written(d, "ExponentialDecay", rated(d, n), {"staircase": d.chance(0.5)})


def inverse_time(d: Draw, n: int) -> str:
    return written(d, "InverseTimeDecay", rated(d, n), {"staircase": d.chance(0.5)})


def piecewise(d: Draw, n: int) -> str:
    marks = d.odd(d.milestones(n), [n // 3, n // 3], [n // 2, n // 4], [n * 2])
    base = d.rate(1e-3)
    values = [float(f"{base * d.pick(0.1, 0.3, 0.5) ** i:.4g}") for i in range(len(marks) + 1)]
    return written(d, "PiecewiseConstantDecay", {"boundaries": marks, "values": values})


def polynomial(d: Draw, n: int) -> str:
    steps = d.odd(d.whole(3, n), 1, n + 50)
    required = {"initial_learning_rate": d.rate(), "decay_steps": steps}
    optional = {
        "end_learning_rate": d.odd(d.rate(1e-6, 1e-3), 0.0, 2.0),
        "power": d.odd(d.between(0.3, 3), 1.0, 2, 0.5, 0),
        "cycle": d.chance(0.4),
    }
    return written(d, "PolynomialDecay", required, optional)


def cosine(d: Draw, n: int) -> str:
    steps = d.odd(d.whole(3, n), 1, n + 50)
    required = {"initial_learning_rate": d.odd(d.rate(), 0.0), "decay_steps": steps}
    return written(d, "CosineDecay", required, {"alpha": d.odd(d.between(0, 0.3), 0.0, 1.0)})


def warm_cosine(d: Draw, n: int) -> str:
    start = d.odd(0.0, d.rate(1e-5, 1e-2), probability=0.5)
    required = {"initial_learning_rate": start, "decay_steps": d.whole(3, n)}
    optional = {"alpha": d.odd(d.between(0, 0.3), 0.0)}
    steps = d.odd(d.whole(1, n // 2), 0, 1, n + 40)
    warm = {"warmup_target": d.rate(1e-2), "warmup_steps": steps}
    return d.call(d.pick(*PREFIXES) + "CosineDecay", required, optional, warm)


def restarts(d: Draw, n: int) -> str:
    first = d.odd(d.whole(3, n // 2), 1, 2)
    required = {"initial_learning_rate": d.rate(), "first_decay_steps": first}
    optional = {
        "t_mul": d.odd(2.0, 1.0, 1.5, 1.3, 3.0, 0.9, probability=0.6),
        "m_mul": d.odd(1.0, 0.9, 0.5, probability=0.5),
        "alpha": d.odd(d.between(0, 0.3), 0.0),
    }
    return written(d, "CosineDecayRestarts", required, optional)


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one schedule."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return Request(expr=text(d, n), max_iters=d.run(n), rtol=RTOL)

    return family


FAMILIES: dict[str, Family] = {
    "ExponentialDecay": simple(exponential),
    "InverseTimeDecay": simple(inverse_time),
    "PiecewiseConstantDecay": simple(piecewise),
    "PolynomialDecay": simple(polynomial),
    "CosineDecay": simple(cosine),
    "CosineDecay-warm": simple(warm_cosine),
    "CosineDecayRestarts": simple(restarts),
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "ExponentialDecay(0.1, decay_steps=0, decay_rate=0.9)",
    "ExponentialDecay(0.1, decay_steps=-5, decay_rate=0.9)",
    "ExponentialDecay(0.1, decay_steps=5, decay_rate=-0.5)",
    "ExponentialDecay(0.1, decay_steps=5, decay_rate=-0.5, staircase=True)",
    "ExponentialDecay(0.1, decay_steps=5)",
    "ExponentialDecay(0.1, 5, 0.9, gamma=1)",
    "InverseTimeDecay(0.1, decay_steps=0, decay_rate=0.9)",
    "InverseTimeDecay(0.1, decay_steps=5, decay_rate=-1)",
    "PiecewiseConstantDecay([5, 10], [0.1, 0.01])",
    "PiecewiseConstantDecay([5], [0.1, 0.01, 0.001])",
    "PiecewiseConstantDecay([], [0.1])",
    "PiecewiseConstantDecay([10, 5], [0.1, 0.01, 0.001])",
    "PiecewiseConstantDecay([5, 5], [0.1, 0.01, 0.001])",
    "PiecewiseConstantDecay([5.5, 10.0], [0.1, 0.01, 0.001])",
    "PolynomialDecay(0.1, decay_steps=0)",
    "PolynomialDecay(0.1, decay_steps=10, power=0)",
    "PolynomialDecay(0.1, decay_steps=10, power=-1)",
    "PolynomialDecay(0.1, decay_steps=10, end_learning_rate=0.5)",
    "CosineDecay(0.1, decay_steps=0)",
    "CosineDecay(0.1, decay_steps=10, alpha=2.0)",
    "CosineDecay(0.1, decay_steps=10, warmup_steps=5)",
    "CosineDecay(0.1, decay_steps=10, warmup_target=0.05, warmup_steps=5)",
    "CosineDecay(0.1, decay_steps=10, warmup_target=0.5)",
    "CosineDecayRestarts(0.1, first_decay_steps=0)",
    "CosineDecayRestarts(0.1, first_decay_steps=5, t_mul=0.5)",
    "CosineDecayRestarts(0.1, first_decay_steps=5, t_mul=0)",
    "CosineDecayRestarts(0.1, first_decay_steps=5, m_mul=0)",
)


def awkward(expr: str) -> Request:
    """Request an awkward call."""
    return Request(expr=expr, max_iters=30, rtol=RTOL)
