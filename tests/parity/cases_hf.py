"""Random and awkward calls of the schedules of transformers.optimization."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cases_torch import plateau_optional
from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("transformers.", "transformers.optimization.", "", "", "")


@dataclass(frozen=True)
class Drawn:
    """The arguments of a schedule: in the signature's order, droppable, and always named."""

    required: dict[str, Value] = field(default_factory=dict)
    optional: dict[str, Value] = field(default_factory=dict)
    named: dict[str, Value] = field(default_factory=dict)


Kind = tuple[str, str, "Callable[[Draw, int], Drawn]"]


def warmup(d: Draw, n: int) -> dict[str, Value]:
    """Draw a warm-up: at times none, or longer than the run."""
    return {"num_warmup_steps": d.odd(d.whole(2, n // 2), 0, 1, n, n + 20, probability=0.25)}


def both(d: Draw, n: int) -> dict[str, Value]:
    """Draw a warm-up and give the length."""
    return {**warmup(d, n), "num_training_steps": n}


def constant(d: Draw, n: int) -> Drawn:
    del d, n
    return Drawn()


def constant_warm(d: Draw, n: int) -> Drawn:
    return Drawn(warmup(d, n))


def linear(d: Draw, n: int) -> Drawn:
    return Drawn(both(d, n))


def cosine(d: Draw, n: int) -> Drawn:
    return Drawn(both(d, n), {"num_cycles": d.odd(0.5, 1, 0.25, 2.5, probability=0.5)})


def hard_restarts(d: Draw, n: int) -> Drawn:
    return Drawn(both(d, n), {"num_cycles": d.odd(d.whole(1, 5), 1.5, 0)})


def polynomial(d: Draw, n: int) -> Drawn:
    power = d.odd(d.between(0.3, 3), 1.0, 2, 0, probability=0.4)
    optional = {"lr_end": d.odd(d.rate(1e-8, 1e-5), 0.0, 1e-7), "power": power}
    return Drawn(both(d, n), optional)


def inverse_sqrt(d: Draw, n: int) -> Drawn:
    return Drawn(warmup(d, n), {"timescale": d.odd(d.whole(10, 2000), None, 10000)})


def floor(d: Draw) -> dict[str, Value]:
    """Draw a floor: a rate, or a ratio."""
    if d.chance(0.5):
        return {"min_lr": d.odd(d.rate(1e-8, 1e-5), 0.0)}
    return {"min_lr_rate": d.odd(d.between(0.01, 0.5), 0.1)}


def min_lr(d: Draw, n: int) -> Drawn:
    drawn = cosine(d, n)
    return Drawn(drawn.required, drawn.optional, floor(d))


def min_lr_warm(d: Draw, n: int) -> Drawn:
    drawn = cosine(d, n)
    start = {"warmup_lr_rate": d.odd(d.between(0.01, 0.5), None, 0.0)}
    return Drawn(drawn.required, drawn.optional | start, floor(d))


def wsd(d: Draw, n: int) -> Drawn:
    warm, decay = d.odd(d.whole(1, n // 4), 0), d.odd(d.whole(1, n // 2), 0, n)
    stable = {"num_stable_steps": d.odd(max(0, n - warm - decay), 0, 5)}
    optional = {
        "warmup_type": d.pick("linear", "cosine", "1-sqrt"),
        "decay_type": d.pick("linear", "cosine", "1-sqrt"),
        "min_lr_ratio": d.odd(d.between(0.01, 0.5), 0, 0.1),
        "num_cycles": d.odd(0.5, 1.5),
    }
    length = d.pick({"num_training_steps": n}, {"num_training_steps": n}, stable)
    return Drawn({"num_warmup_steps": warm, "num_decay_steps": decay}, optional, dict(length))


KINDS: dict[str, Kind] = {
    "constant": ("get_constant_schedule", "constant", constant),
    "constant-warm": ("get_constant_schedule_with_warmup", "constant_with_warmup", constant_warm),
    "linear": ("get_linear_schedule_with_warmup", "linear", linear),
    "cosine": ("get_cosine_schedule_with_warmup", "cosine", cosine),
    "restarts": (
        "get_cosine_with_hard_restarts_schedule_with_warmup",
        "cosine_with_restarts",
        hard_restarts,
    ),
    "polynomial": ("get_polynomial_decay_schedule_with_warmup", "polynomial", polynomial),
    "inverse-sqrt": ("get_inverse_sqrt_schedule", "inverse_sqrt", inverse_sqrt),
    "min-lr": ("get_cosine_with_min_lr_schedule_with_warmup", "cosine_with_min_lr", min_lr),
    "min-lr-warm": (
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
        "cosine_warmup_with_min_lr",
        min_lr_warm,
    ),
    "wsd": ("get_wsd_schedule", "warmup_stable_decay", wsd),
}


def function_text(d: Draw, kind: Kind, drawn: Drawn) -> str:
    """Write a call of the schedule's own function."""
    optional = drawn.optional | ({"last_epoch": -1} if d.chance(0.1) else {})
    name = d.pick(*PREFIXES) + kind[0]
    return d.on_optimizer(name, drawn.required, optional, drawn.named)


def scheduler_text(d: Draw, name: str, drawn: Drawn) -> str:
    """Write a call of get_scheduler."""
    shared = {"num_warmup_steps": None, "num_training_steps": None}
    given = {**drawn.required, **drawn.named}
    own = {key: value for key, value in given.items() if key in shared}
    rest = {key: value for key, value in given.items() if key not in shared}
    rest |= {key: value for key, value in drawn.optional.items() if d.chance(0.7)}
    kind = d.odd(Code(repr(name)), Code(f'"{name}"'), Code(f"SchedulerType({name!r})"))
    extra: dict[str, Value] = {"scheduler_specific_kwargs": rest} if rest else {}
    head: dict[str, Value] = {"name": kind, "optimizer": Code("optimizer")}
    return d.call(d.pick(*PREFIXES) + "get_scheduler", head, {}, {**own, **extra})


def ordinary(kind: Kind, *, by_name: bool) -> Family:
    """Make the family of one kind of schedule, called by its function or through get_scheduler."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        drawn = kind[2](d, n)
        text = scheduler_text(d, kind[1], drawn) if by_name else function_text(d, kind, drawn)
        return Request(expr=text, base_lr=d.rate(2e-5, 1e-2), max_iters=d.run(n))

    return family


def watched_text(d: Draw, function: str, name: str, optional: dict[str, Value]) -> str:
    """Write a schedule that watches a metric, either way."""
    if d.chance(0.5):
        return scheduler_text(d, name, Drawn({}, optional))
    return d.on_optimizer(d.pick(*PREFIXES) + function, {}, optional)


def plateau(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.4)
    optional = plateau_optional(d, rising=rising)
    text = watched_text(d, "get_reduce_on_plateau_schedule", "reduce_lr_on_plateau", optional)
    metrics = d.series(n, rising=rising)
    return Request(expr=text, base_lr=d.rate(), max_iters=n, metrics=metrics)


def greedy(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.4)
    optional = plateau_optional(d, rising=rising) | {
        "factor": d.between(0.5, 0.99),
        "patience": d.odd(d.whole(0, 4), 10),
        "warmup": d.odd(0, 3),
        "min_lr": d.odd(1e-3, 1e-5, 0.05),
        "max_lr": d.odd(1.0, 0.2),
        "smooth": d.chance(0.3),
        "window_size": d.pick(5, 10, 50),
        "reset_start": d.odd(500, 1, 3, probability=0.4),
    }
    text = watched_text(d, "get_greedy_schedule", "greedy", optional)
    metrics = d.series(n, rising=rising)
    return Request(expr=text, base_lr=d.rate(2e-3, 0.5), max_iters=n, metrics=metrics)


FAMILIES: dict[str, Family] = {
    **{name: ordinary(kind, by_name=False) for name, kind in KINDS.items()},
    **{f"{name}-by-name": ordinary(kind, by_name=True) for name, kind in KINDS.items()},
    "plateau": plateau,
    "greedy": greedy,
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "get_scheduler('cosin', optimizer, 5, 20)",
    "get_scheduler('cosine', optimizer, 5)",
    "get_scheduler('cosine', optimizer, num_training_steps=20)",
    "get_scheduler('constant', optimizer, 5, 20)",
    "get_scheduler('constant_with_warmup', optimizer)",
    "get_scheduler('cosine_with_min_lr', optimizer, 5, 20)",
    "get_scheduler('warmup_stable_decay', optimizer, 5, 20)",
    "get_scheduler('linear', optimizer, 5, 20, scheduler_specific_kwargs={'power': 2})",
    "get_scheduler('constant_with_warmup', optimizer, 5, 20, {'power': 2})",
    "get_linear_schedule_with_warmup(optimizer)",
    "get_linear_schedule_with_warmup(optimizer, 5)",
    "get_linear_schedule_with_warmup(optimizer, 10, 0)",
    "get_linear_schedule_with_warmup(optimizer, -5, 20)",
    "get_linear_schedule_with_warmup(optimizer, 4.5, 20.5)",
    "get_cosine_schedule_with_warmup(optimizer, 0, 0)",
    "get_cosine_schedule_with_warmup(optimizer, 20, 10)",
    "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 5, 20, num_cycles=0)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, lr_end=0.2)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, lr_end=0.1)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 20, 20)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 30, 20)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, power=0)",
    "get_polynomial_decay_schedule_with_warmup(optimizer, 5, 20, power=-1)",
    "get_inverse_sqrt_schedule(optimizer, 0)",
    "get_inverse_sqrt_schedule(optimizer, 10, timescale=4)",
    "get_inverse_sqrt_schedule(optimizer, 10, timescale=0)",
    "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 5, 20)",
    "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 5, 20, min_lr=0.01, min_lr_rate=0.1)",
    "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 5, 20, min_lr=0.5)",
    "get_cosine_with_min_lr_schedule_with_warmup_lr_rate(optimizer, 5, 20, min_lr=0.01)",
    (
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate("
        "optimizer, 1, 20, min_lr_rate=0.1, warmup_lr_rate=0.5)"
    ),
    "get_wsd_schedule(optimizer, 5, 10)",
    "get_wsd_schedule(optimizer, 5, 10, 12)",
    "get_wsd_schedule(optimizer, 5, 10, 25, warmup_type='exp')",
    "get_wsd_schedule(optimizer, 5, 10, 25, decay_type='sqrt')",
    "get_wsd_schedule(optimizer, 5, 10, 25, num_stable_steps=3)",
    "get_reduce_on_plateau_schedule(optimizer, mode='auto')",
    "get_greedy_schedule(optimizer, factor=1.0)",
    "get_greedy_schedule(optimizer, mode='auto')",
    "get_greedy_schedule(optimizer, threshold_mode='relative')",
)


def awkward(expr: str) -> Request:
    """Request an awkward call, with a metric that never improves where one is watched."""
    metrics = [1.0] * 30 if "plateau" in expr or "greedy" in expr else ()
    return Request(expr=expr, base_lr=0.1, max_iters=30, metrics=metrics)
