"""Random and awkward calls of fvcore's parameter schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("fvcore.common.param_scheduler.", "param_scheduler.", "", "", "")


def written(d: Draw, name: str, required: dict[str, Value]) -> str:
    return d.call(d.pick(*PREFIXES) + name, required)


def constant(d: Draw, n: int) -> str:  # noqa: ARG001 - every scheduler takes the length
    return written(d, "ConstantParamScheduler", {"value": d.rate()})


def ends(d: Draw) -> dict[str, Value]:
    return {"start_value": d.rate(1e-3), "end_value": d.odd(d.rate(1e-6, 1e-2), 0, 0.0, 2.0)}


def cosine(d: Draw, n: int) -> str:  # noqa: ARG001 - every scheduler takes the length
    return written(d, "CosineParamScheduler", ends(d))


def linear(d: Draw, n: int) -> str:  # noqa: ARG001 - every scheduler takes the length
    return written(d, "LinearParamScheduler", ends(d))


def exponential(d: Draw, n: int) -> str:  # noqa: ARG001 - every scheduler takes the length
    decay = d.odd(d.rate(1e-4, 0.9), 2.0, 0.0)
    return written(d, "ExponentialParamScheduler", {"start_value": d.rate(), "decay": decay})


def polynomial(d: Draw, n: int) -> str:  # noqa: ARG001 - every scheduler takes the length
    power = d.odd(d.between(0.3, 3), 0.9, 1, 2, 0)
    return written(d, "PolynomialDecayParamScheduler", {"base_value": d.rate(), "power": power})


def values(d: Draw, count: int) -> list[float]:
    base = d.rate(1e-2)
    return [float(f"{base * d.pick(0.1, 0.3, 0.5) ** i:.4g}") for i in range(count)]


def multi_step(d: Draw, n: int) -> str:
    marks = sorted(d.sample(range(1, n), d.whole(1, 4)))
    given = values(d, len(marks) + 1)
    required: dict[str, Value] = d.pick(
        {"values": given, "milestones": [*marks, n]},
        {"values": given, "num_updates": n, "milestones": marks},
        {"values": given, "num_updates": n},
        {"values": given, "num_updates": 3 * n, "milestones": marks},
    )
    return d.call(d.pick(*PREFIXES) + "MultiStepParamScheduler", {}, {}, required)


def step(d: Draw, n: int) -> str:
    required = {"num_updates": n, "values": values(d, d.whole(1, 7))}
    return written(d, "StepParamScheduler", required)


def step_gamma(d: Draw, n: int) -> str:
    required = {
        "base_value": d.rate(1e-2),
        "num_decays": d.whole(1, 9),
        "gamma": d.odd(d.between(0.1, 0.9), 1.2, 1),
        "num_updates": n,
    }
    return written(d, "StepWithFixedGammaParamScheduler", required)


ELEMENTS: dict[str, Callable[[Draw, int], str]] = {
    "ConstantParamScheduler": constant,
    "CosineParamScheduler": cosine,
    "LinearParamScheduler": linear,
    "ExponentialParamScheduler": exponential,
    "PolynomialDecayParamScheduler": polynomial,
    "MultiStepParamScheduler": multi_step,
    "StepParamScheduler": step,
    "StepWithFixedGammaParamScheduler": step_gamma,
}


def composite(d: Draw, n: int) -> str:
    count = d.pick(2, 2, 3)
    cuts = sorted(d.sample(range(1, 20), count - 1))
    lengths = [round((b - a) / 20, 2) for a, b in zip([0, *cuts], [*cuts, 20], strict=True)]
    texts = [d.choice(list(ELEMENTS.values()))(d, n) for _ in lengths]
    scaling = [d.pick("rescaled", "rescaled", "fixed") for _ in lengths]
    required = {
        "schedulers": Code(f"[{', '.join(texts)}]"),
        "lengths": lengths,
        "interval_scaling": scaling,
    }
    return written(d, "CompositeParamScheduler", required)


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one scheduler."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return Request(expr=text(d, n), max_iters=d.odd(n, d.horizon()))

    return family


FAMILIES: dict[str, Family] = {
    **{name: simple(text) for name, text in ELEMENTS.items()},
    "CompositeParamScheduler": simple(composite),
    "CompositeParamScheduler-others": simple(composite),
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "ConstantParamScheduler()",
    "CosineParamScheduler(0.1)",
    "PolynomialDecayParamScheduler(0.1, power=-1)",
    "MultiStepParamScheduler([0.1, 0.01])",
    "MultiStepParamScheduler([0.1, 0.01], num_updates=1)",
    "MultiStepParamScheduler([0.1, 0.01, 0.001], milestones=[10, 20])",
    "MultiStepParamScheduler([0.1, 0.01, 0.001], num_updates=30, milestones=[20, 10])",
    "MultiStepParamScheduler([0.1, 0.01, 0.001], num_updates=30, milestones=[10, 10])",
    "MultiStepParamScheduler([0.1, 0.01, 0.001], num_updates=30, milestones=[10, 30])",
    "MultiStepParamScheduler([0.1, 0.01, 0.001], milestones=[10, 20, 90])",
    "StepParamScheduler(0, [0.1])",
    "StepParamScheduler(30, [])",
    "StepWithFixedGammaParamScheduler(0.1, num_decays=0, gamma=0.1, num_updates=30)",
    "StepWithFixedGammaParamScheduler(0.1, num_decays=2, gamma=0, num_updates=30)",
    "StepWithFixedGammaParamScheduler(0.1, num_decays=2.0, gamma=0.1, num_updates=30)",
    "StepWithFixedGammaParamScheduler(0, num_decays=2, gamma=0.1, num_updates=30)",
    "CompositeParamScheduler([], [], [])",
    "CompositeParamScheduler([ConstantParamScheduler(0.1)], [0.5, 0.5], ['fixed', 'fixed'])",
    "CompositeParamScheduler([ConstantParamScheduler(0.1)], [0.5], ['fixed'])",
    "CompositeParamScheduler([ConstantParamScheduler(0.1)], [1.0], ['scaled'])",
    (
        "CompositeParamScheduler([LinearParamScheduler(0, 1), ConstantParamScheduler(1)], "
        "[0.3, 0.7], ['rescaled'])"
    ),
    (
        "CompositeParamScheduler([LinearParamScheduler(0, 1), CosineParamScheduler(1, 0)], "
        "[0.3, 0.6999], ['rescaled', 'rescaled'])"
    ),
)


def awkward(expr: str) -> Request:
    """Request an awkward call."""
    return Request(expr=expr, max_iters=30)
