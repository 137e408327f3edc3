"""Random and awkward calls of timm.scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("timm.scheduler.", "timm.scheduler.", "", "", "")


def written(d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value]) -> str:
    return d.on_optimizer(d.pick(*PREFIXES) + name, required, optional)


def warm(d: Draw, n: int) -> dict[str, Value]:
    if d.chance(0.4):
        return {}
    steps = d.odd(d.whole(1, n // 3), 0, n + 20)
    start = d.odd(d.rate(1e-6, 1e-4), 0.0, 0.5)
    return {"warmup_t": steps, "warmup_lr_init": start, "warmup_prefix": d.chance(0.5)}


def clock(d: Draw) -> dict[str, Value]:
    return {"t_in_epochs": False} if d.chance(0.3) else {}


def cycles(d: Draw) -> dict[str, Value]:
    if d.chance(0.5):
        return {}
    return {
        "cycle_mul": d.pick(1.0, 2.0, 1.5, 3),
        "cycle_decay": d.pick(1.0, 0.5, 0.1),
        "cycle_limit": d.pick(1, 2, 3, 10),
    }


def period(d: Draw, n: int) -> dict[str, Value]:
    return {"t_initial": d.odd(d.whole(max(2, n // 4), n), 1, 2)}


def annealed(d: Draw, n: int) -> dict[str, Value]:
    lr_min = d.odd(d.rate(1e-7, 1e-4), 0.0, 0.5)
    return {"lr_min": lr_min, **cycles(d), **warm(d, n), **clock(d)}


def cosine(d: Draw, n: int) -> str:
    extra = {"k_decay": d.odd(1.0, 0.5, 1.5)}
    return written(d, "CosineLRScheduler", period(d, n), annealed(d, n) | extra)


def poly(d: Draw, n: int) -> str:
    extra = {"power": d.odd(d.between(0.3, 3), 0.5, 1, 0.9), "k_decay": d.odd(1.0, 0.5, 1.5)}
    return written(d, "PolyLRScheduler", period(d, n), annealed(d, n) | extra)


def tanh(d: Draw, n: int) -> str:
    extra = {"lb": d.odd(-7.0, -6, -3.5), "ub": d.odd(3.0, 2, 4.5)}
    return written(d, "TanhLRScheduler", period(d, n), annealed(d, n) | extra)


def step(d: Draw, n: int) -> str:
    optional = {"decay_rate": d.odd(d.between(0.1, 0.99), 1.0), **warm(d, n), **clock(d)}
    size = d.odd(d.whole(2, n // 2), 1, 2.4)
    return written(d, "StepLRScheduler", {"decay_t": size}, optional)


def multi_step(d: Draw, n: int) -> str:
    marks = d.odd(d.milestones(n), [n // 2, n // 4], [n // 3, n // 3], [1, n // 2])
    optional = {"decay_rate": d.odd(d.between(0.1, 0.9), 1.0), **warm(d, n), **clock(d)}
    return written(d, "MultiStepLRScheduler", {"decay_t": marks}, optional)


def wsd(d: Draw, n: int) -> str:
    steady = warm(d, n)
    steady.pop("warmup_prefix", None)
    timescale = {"stable_timescale": d.between(5, 100)} if d.chance(0.7) else {}
    optional: dict[str, Value] = {
        "lr_min": d.odd(d.rate(1e-7, 1e-4), 0.0),
        "stable_fn": d.pick("constant", "constant", "rsqrt", "power"),
        "stable_power": d.odd(0.5, 1.0),
        "decay_fn": d.pick("linear", "1-sqrt", "cosine", "power", "exp"),
        "decay_power": d.odd(0.5, 2.0),
        "decay_ratio": d.odd(0.1, 0.01),
        **timescale,
        **steady,
        **clock(d),
    }
    required = {"t_initial": n, "decay_t": d.odd(d.whole(1, n // 2), n)}
    return written(d, "WSDLRScheduler", required, optional)


def plateau(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.6)
    start = warm(d, n)
    start.pop("warmup_prefix", None)
    optional: dict[str, Value] = {
        "decay_rate": d.between(0.1, 0.9),
        "patience_t": d.odd(d.whole(1, 8), 0, 10),
        "threshold": d.pick(1e-4, 1e-2, 0.0),
        "cooldown_t": d.odd(0, 1, 4, probability=0.5),
        "lr_min": d.odd(0.0, 1e-5, 1e-2, probability=0.5),
        **start,
    }
    fixed = {} if rising else {"mode": "min"}
    text = d.on_optimizer(d.pick(*PREFIXES) + "PlateauLRScheduler", {}, optional, fixed)
    metrics = d.series(n, rising=rising)
    return Request(expr=text, base_lr=d.rate(), max_iters=n, metrics=metrics)


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one scheduler."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return Request(expr=text(d, n), base_lr=d.rate(), max_iters=d.run(n))

    return family


FAMILIES: dict[str, Family] = {
    "CosineLRScheduler": simple(cosine),
    "PolyLRScheduler": simple(poly),
    "TanhLRScheduler": simple(tanh),
    "StepLRScheduler": simple(step),
    "MultiStepLRScheduler": simple(multi_step),
    "WSDLRScheduler": simple(wsd),
    "PlateauLRScheduler": plateau,
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "CosineLRScheduler(optimizer, t_initial=0)",
    "CosineLRScheduler(optimizer, t_initial=-5)",
    "CosineLRScheduler(optimizer, t_initial=10, lr_min=-0.1)",
    "CosineLRScheduler(optimizer, t_initial=10, cycle_mul=0.5, cycle_limit=3)",
    "CosineLRScheduler(optimizer, t_initial=10, cycle_limit=0)",
    "CosineLRScheduler(optimizer, t_initial=7.5, cycle_limit=3)",
    "CosineLRScheduler(optimizer, t_initial=10, warmup_t=3, warmup_lr_init=0.5)",
    "CosineLRScheduler(optimizer, t_initial=10, warmup_t=-3)",
    "CosineLRScheduler(optimizer)",
    "PolyLRScheduler(optimizer, t_initial=0)",
    "PolyLRScheduler(optimizer, t_initial=10, power=0)",
    "PolyLRScheduler(optimizer, t_initial=10, power=-1)",
    "TanhLRScheduler(optimizer, t_initial=10, lb=3, ub=-3)",
    "TanhLRScheduler(optimizer, t_initial=10, cycle_limit=-1)",
    "TanhLRScheduler(optimizer, t_initial=10, warmup_t=-3)",
    "TanhLRScheduler(optimizer, t_initial=10, warmup_lr_init=-1)",
    "StepLRScheduler(optimizer, decay_t=0, decay_rate=0.1)",
    "StepLRScheduler(optimizer, decay_t=5)",
    "StepLRScheduler(optimizer, decay_t=5, decay_rate=-0.5)",
    "MultiStepLRScheduler(optimizer, decay_t=5, decay_rate=0.1)",
    "MultiStepLRScheduler(optimizer, decay_t=[], decay_rate=0.1)",
    "MultiStepLRScheduler(optimizer, decay_t=[20, 5], decay_rate=0.1)",
    "WSDLRScheduler(optimizer, t_initial=0, decay_t=1)",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=20)",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=0)",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=5, stable_fn='sqrt')",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=5, stable_fn='rsqrt')",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=5, decay_fn='sqrt')",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=5, decay_ratio=1.0)",
    "WSDLRScheduler(optimizer, t_initial=10, decay_t=5, decay_power=0)",
    "PlateauLRScheduler(optimizer, mode='auto')",
    "PlateauLRScheduler(optimizer, decay_rate=1.0)",
    "PlateauLRScheduler(optimizer, patience_t=-1)",
)


def awkward(expr: str) -> Request:
    """Request an awkward call, with a metric that never improves where one is watched."""
    metrics = [1.0] * 30 if expr.startswith("Plateau") else ()
    return Request(expr=expr, base_lr=0.1, max_iters=30, metrics=metrics)
