"""Random and awkward calls of paddle.optimizer.lr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases_torch import factor_of, plateau_optional
from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("paddle.optimizer.lr.", "paddle.optimizer.lr.", "optimizer.lr.", "lr.", "")


def written(
    d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value] | None = None
) -> str:
    """Write a call the way scripts do: qualified or not, verbose and last_epoch now and then."""
    extra: dict[str, Value] = dict(optional or {})
    if d.chance(0.1):
        extra |= d.pick({"last_epoch": -1}, {"verbose": False})
    return d.call(d.pick(*PREFIXES) + name, required, extra)


def noam(d: Draw, n: int) -> str:
    required = {"d_model": d.pick(64, 256, 512, 1024, 0.01), "warmup_steps": d.whole(1, n)}
    return written(d, "NoamDecay", required, {"learning_rate": d.odd(1.0, 2, 0.5)})


def piecewise(d: Draw, n: int) -> str:
    marks = d.odd(d.milestones(n), [n // 3, n // 3], [n // 2, n // 4], [n * 2])
    base = d.rate(1e-3)
    values = [float(f"{base * d.pick(0.1, 0.3, 0.5) ** i:.4g}") for i in range(len(marks) + 1)]
    return written(
        d, "PiecewiseDecay", {"boundaries": marks, "values": d.odd(values, [*values, 7e-5])}
    )


def natural_exp(d: Draw, n: int) -> str:
    required = {"learning_rate": d.rate(), "gamma": d.odd(d.rate(1e-3, 0.5), 1, 1 / n)}
    return written(d, "NaturalExpDecay", required)


def inverse_time(d: Draw, n: int) -> str:
    gamma = d.odd(d.rate(1e-3, 2), 0, 1, -0.5 / (2 * n))
    return written(d, "InverseTimeDecay", {"learning_rate": d.rate(), "gamma": gamma})


def polynomial(d: Draw, n: int) -> str:
    required = {"learning_rate": d.rate(), "decay_steps": d.odd(d.whole(3, n), 1, n + 50)}
    optional = {
        "end_lr": d.odd(d.rate(1e-6, 1e-3), 0, 0.0, 2.0),
        "power": d.odd(d.between(0.3, 3), 0.9, 1, 2),
        "cycle": d.chance(0.4),
    }
    return written(d, "PolynomialDecay", required, optional)


def exponential(d: Draw, n: int) -> str:  # noqa: ARG001 - every element takes the horizon
    required = {"learning_rate": d.rate(), "gamma": d.odd(d.between(0.9, 0.999, 3), 0.5, 0.1)}
    return written(d, "ExponentialDecay", required)


def multi_step(d: Draw, n: int) -> str:
    marks = d.milestones(n)
    required = {"learning_rate": d.rate(), "milestones": d.odd(marks, tuple(marks), [0, *marks])}
    return written(d, "MultiStepDecay", required, {"gamma": d.odd(d.between(0.1, 0.9), 0, 0.999)})


def step(d: Draw, n: int) -> str:
    required = {"learning_rate": d.rate(), "step_size": d.odd(d.whole(2, n // 2 + 2), 1, n + 9)}
    return written(d, "StepDecay", required, {"gamma": d.odd(d.between(0.1, 0.9), 0, 0.999)})


def by_lambda(d: Draw, n: int) -> str:
    return written(d, "LambdaDecay", {"learning_rate": d.rate(), "lr_lambda": factor_of(d, n)})


def multiplicative(d: Draw, n: int) -> str:
    given = Code(
        d.pick(
            f"lambda epoch: {d.between(0.9, 1.02, 3)}",
            f"lambda x: {d.between(0.5, 0.9)} if x % {d.whole(3, 20)} == 0 else 1.0",
            f"lambda e: 0.99 if e > {n // 2} else 1.01",
        )
    )
    return written(d, "MultiplicativeDecay", {"learning_rate": d.rate(), "lr_lambda": given})


def cosine(d: Draw, n: int) -> str:
    t_max = d.odd(d.whole(n // 2, n), 1, 2, d.whole(3, 10), n + 60, probability=0.3)
    required = {"learning_rate": d.rate(), "T_max": t_max}
    return written(
        d, "CosineAnnealingDecay", required, {"eta_min": d.odd(d.rate(1e-7, 1e-3), 0, 2)}
    )


def one_cycle(d: Draw, n: int) -> str:
    required = {"max_learning_rate": d.odd(d.rate(1e-2), 1), "total_steps": n + 1}
    optional = {
        "divide_factor": d.odd(25.0, 10, 1, 5.0, probability=0.4),
        "end_learning_rate": d.odd(d.rate(1e-7, 1e-3), 0, 0.5),
        "phase_pct": d.odd(d.between(0.05, 0.48), 0.0, 0.3),
        "anneal_strategy": d.pick("cos", "linear"),
        "three_phase": d.chance(0.3),
    }
    return written(d, "OneCycleLR", required, optional)


def cyclic(d: Draw, n: int) -> str:
    low = d.rate(1e-5, 1e-2)
    required = {
        "base_learning_rate": low,
        "max_learning_rate": d.odd(round(low * d.whole(2, 200), 6), low, low / 2),
        "step_size_up": d.odd(d.whole(2, n // 2 + 2), 1, 2),
    }
    optional: dict[str, Value] = {
        "step_size_down": d.pick(None, d.whole(1, n)),
        "mode": d.pick("triangular", "triangular2", "exp_range"),
        "exp_gamma": d.between(0.97, 0.9999, 4),
    }
    if d.chance(0.2):
        scale = d.pick("lambda x: 1 / (5 ** (x * 0.0001))", "lambda x: 0.5 * (1 + math.sin(x))")
        optional |= {"scale_fn": Code(scale), "scale_mode": d.pick("cycle", "iterations")}
    return written(d, "CyclicLR", required, optional)


def linear(d: Draw, n: int) -> str:
    required = {"learning_rate": d.rate(), "total_steps": d.odd(d.whole(2, n), 1, n + 50)}
    optional = {
        "start_factor": d.odd(d.rate(1e-3, 0.9), 1.0, Code("1.0 / 4")),
        "end_factor": d.odd(1.0, d.between(0.05, 0.95), 1, probability=0.5),
    }
    return written(d, "LinearLR", required, optional)


def restarts(d: Draw, n: int) -> str:
    required = {"learning_rate": d.rate(), "T_0": d.odd(d.whole(3, n), 1, 2)}
    optional = {"T_mult": d.pick(1, 2, 2, 3), "eta_min": d.odd(d.rate(1e-7, 1e-3), 0, 0.5)}
    return written(d, "CosineAnnealingWarmRestarts", required, optional)


ELEMENTS: dict[str, Callable[[Draw, int], str]] = {
    "NoamDecay": noam,
    "PiecewiseDecay": piecewise,
    "NaturalExpDecay": natural_exp,
    "InverseTimeDecay": inverse_time,
    "PolynomialDecay": polynomial,
    "ExponentialDecay": exponential,
    "MultiStepDecay": multi_step,
    "StepDecay": step,
    "LambdaDecay": by_lambda,
    "MultiplicativeDecay": multiplicative,
    "CosineAnnealingDecay": cosine,
    "OneCycleLR": one_cycle,
    "CyclicLR": cyclic,
    "LinearLR": linear,
    "CosineAnnealingWarmRestarts": restarts,
}


def warmup_text(d: Draw, n: int, inner: str | float) -> str:
    low = d.odd(0, d.rate(1e-6, 1e-3), 0.0, probability=0.5)
    rest: Value = inner if isinstance(inner, float) else Code(inner)
    required = {
        "learning_rate": rest,
        "warmup_steps": d.odd(d.whole(2, n // 2 + 2), 1, 2 * n),
        "start_lr": low,
        "end_lr": d.rate(2e-3),
    }
    return written(d, "LinearWarmup", required)


def warmup(d: Draw) -> Request:
    n = d.horizon()
    return Request(expr=warmup_text(d, n, d.rate()), max_iters=d.run(n))


def warmup_around(d: Draw) -> Request:
    n = d.horizon()
    inner = d.choice(list(ELEMENTS.values()))(d, n)
    if d.chance(0.15):
        inner = warmup_text(d, n // 2, inner)
    return Request(expr=warmup_text(d, n, inner), max_iters=d.run(n))


def plateau(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.4)
    optional = plateau_optional(d, rising=rising) | {"epsilon": d.odd(1e-8, 1e-3)}
    text = written(d, "ReduceOnPlateau", {"learning_rate": d.rate()}, optional)
    text = text.replace(", last_epoch=-1", "")
    return Request(expr=text, max_iters=n, metrics=d.series(n, rising=rising))


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one scheduler."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return Request(expr=text(d, n), max_iters=d.run(n))

    return family


FAMILIES: dict[str, Family] = {
    **{name: simple(text) for name, text in ELEMENTS.items()},
    "LinearWarmup": warmup,
    "LinearWarmup-around": warmup_around,
    "LinearWarmup-another": warmup_around,
    "ReduceOnPlateau": plateau,
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "NoamDecay(d_model=0, warmup_steps=10)",
    "NoamDecay(d_model=64, warmup_steps=0)",
    "PiecewiseDecay(boundaries=[], values=[0.1])",
    "PiecewiseDecay(boundaries=[3, 6], values=[0.1, 0.01])",
    "PiecewiseDecay(boundaries=[6, 3], values=[0.1, 0.01, 0.001])",
    "PiecewiseDecay(boundaries=[3, 6], values=[0.1, 0.01, 0.001, 0.5])",
    "NaturalExpDecay(0.1, gamma=0)",
    "NaturalExpDecay(0.1, gamma=-0.1)",
    "NaturalExpDecay(0.1)",
    "InverseTimeDecay(0.1, gamma=-0.5)",
    "ExponentialDecay(0.1, gamma=1.0)",
    "ExponentialDecay(0.1, gamma=0.0)",
    "ExponentialDecay(-0.1, gamma=0.9)",
    "ExponentialDecay('0.1', gamma=0.9)",
    "PolynomialDecay(0.1, decay_steps=0)",
    "PolynomialDecay(0.1, decay_steps=10.0)",
    "PolynomialDecay(0.1, decay_steps=10, power=0)",
    "PolynomialDecay(0.1, decay_steps=10, end_lr=0.5)",
    "LinearWarmup(0.1, warmup_steps=0, start_lr=0, end_lr=0.1)",
    "LinearWarmup(0.1, warmup_steps=5, start_lr=0.1, end_lr=0.1)",
    "LinearWarmup(0.1, warmup_steps=5, start_lr=0.1, end_lr=0.01)",
    "LinearWarmup('0.1', warmup_steps=5, start_lr=0, end_lr=0.1)",
    "LinearWarmup(OneCycleLR(0.1, 10), warmup_steps=5, start_lr=0, end_lr=0.1)",
    "LinearWarmup(ReduceOnPlateau(0.1, patience=2), warmup_steps=5, start_lr=0, end_lr=0.1)",
    "MultiStepDecay(0.1, milestones=[3, 3])",
    "MultiStepDecay(0.1, milestones=[5, 3])",
    "MultiStepDecay(0.1, milestones=5)",
    "MultiStepDecay(0.1, milestones=[3, 5], gamma=1.0)",
    "MultiStepDecay(0.1, milestones=[3, 5], gamma=-0.5)",
    "MultiStepDecay(0.1, milestones=[])",
    "StepDecay(0.1, step_size=0)",
    "StepDecay(0.1, step_size=5.0)",
    "StepDecay(0.1, step_size=5, gamma=1.0)",
    "StepDecay(0.1, step_size=5, last_epoch=7)",
    "LambdaDecay(0.1, lr_lambda=0.5)",
    "MultiplicativeDecay(0.1, lr_lambda=0.5)",
    "CosineAnnealingDecay(0.1, T_max=0)",
    "CosineAnnealingDecay(0.1, T_max=10.0)",
    "CosineAnnealingDecay(0.1, T_max=10, eta_min='0')",
    "CosineAnnealingDecay(0.1, T_max=10, eta_min=-0.01)",
    "CosineAnnealingWarmRestarts(0.1, T_0=0)",
    "CosineAnnealingWarmRestarts(0.1, T_0=5, T_mult=1.5)",
    "CosineAnnealingWarmRestarts(0.1, T_0=5, T_mult=0)",
    "OneCycleLR(0.1, total_steps=20)",
    "OneCycleLR(0.1, total_steps=0)",
    "OneCycleLR(0.1, total_steps=20.0)",
    "OneCycleLR(0.1, total_steps=20, phase_pct=2.0)",
    "OneCycleLR(0.1, total_steps=20, phase_pct=1)",
    "OneCycleLR(0.1, total_steps=10, phase_pct=0.1)",
    "OneCycleLR(0.1, total_steps=20, phase_pct=0.5, three_phase=True)",
    "OneCycleLR(0.1, total_steps=20, anneal_strategy='exp')",
    "OneCycleLR(0.1, total_steps=20, end_learning_rate=-1)",
    "CyclicLR(0.01, 0.1, step_size_up=0)",
    "CyclicLR(0.01, 0.1, step_size_up=5, step_size_down=0)",
    "CyclicLR(0.01, 0.1, step_size_up=5, exp_gamma=1)",
    "CyclicLR(0.01, 0.1, step_size_up=5, mode='sawtooth')",
    "CyclicLR(0.01, 0.1, step_size_up=5, scale_mode='epochs')",
    "CyclicLR(0.01, 0.1)",
    "LinearLR(0.1, total_steps=0)",
    "LinearLR(0.1, total_steps=5, start_factor=0)",
    "LinearLR(0.1, total_steps=5, start_factor=1.5)",
    "LinearLR(0.1, total_steps=5, end_factor=2)",
    "LinearLR(0.1, total_steps=5, end_factor=0)",
    "ReduceOnPlateau(0.1, mode='auto')",
    "ReduceOnPlateau(0.1, mode='MIN', patience=2)",
    "ReduceOnPlateau(0.1, factor=1.0)",
    "ReduceOnPlateau(0.1, patience=-1)",
    "ReduceOnPlateau(0.1, threshold_mode='relative')",
)


def awkward(expr: str) -> Request:
    """Request an awkward call, with a metric that never improves where one is watched."""
    metrics = [1.0] * 30 if expr.startswith("ReduceOnPlateau") else ()
    return Request(expr=expr, max_iters=30, metrics=metrics)
