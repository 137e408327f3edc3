"""Random and awkward calls of DeepSpeed's schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Request

if TYPE_CHECKING:
    from draw import Draw, Family, Value

PREFIXES = ("deepspeed.runtime.lr_schedules.", "lr_schedules.", "", "", "")


def written(
    d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value] | None = None
) -> str:
    return d.on_optimizer(d.pick(*PREFIXES) + name, required, optional)


def range_test(d: Draw) -> Request:
    n = d.horizon()
    optional = {
        "lr_range_test_min_lr": d.rate(1e-6, 1e-2),
        "lr_range_test_step_size": d.odd(d.whole(2, n // 3), 1, n * 2),
        "lr_range_test_step_rate": d.odd(d.between(0.1, 5), 1.0, 0, 1),
        "lr_range_test_staircase": d.chance(0.5),
    }
    return Request(expr=written(d, "LRRangeTest", {}, optional), max_iters=n)


def cycle_options(d: Draw, n: int) -> dict[str, Value]:
    return {
        "decay_lr_rate": d.odd(0.0, d.rate(1e-3, 0.5), probability=0.6),
        "cycle_first_step_size": d.odd(d.whole(2, n // 3), 1),
        "cycle_second_step_size": d.pick(None, d.odd(d.whole(1, n // 3), 0)),
        "cycle_first_stair_count": d.odd(0, d.whole(1, 8), probability=0.4),
        "cycle_second_stair_count": d.pick(None, 0, d.whole(1, 8)),
        "decay_step_size": d.odd(0, d.whole(1, 20), probability=0.6),
    }


def one_cycle(d: Draw) -> Request:
    n = d.horizon()
    low = d.rate(1e-5, 1e-2)
    required = {"cycle_min_lr": low, "cycle_max_lr": d.odd(round(low * d.whole(2, 99), 6), low / 2)}
    optional = cycle_options(d, n) | {"cycle_momentum": False}
    return Request(expr=written(d, "OneCycle", required, optional), max_iters=d.run(n))


def one_cycle_momentum(d: Draw) -> Request:
    n = d.horizon()
    low = d.rate(1e-5, 1e-2)
    optional = cycle_options(d, n) | {
        "cycle_min_mom": d.between(0.7, 0.88),
        "cycle_max_mom": d.between(0.89, 0.99),
        "decay_mom_rate": d.odd(0.0, d.rate(1e-3, 0.1), probability=0.6),
    }
    text = written(d, "OneCycle", {"cycle_min_lr": low, "cycle_max_lr": low * 10}, optional)
    return Request(expr=text, max_iters=d.run(n), param="momentum", optimizer="Adam")


def warm(d: Draw, n: int) -> dict[str, Value]:
    steps = d.odd(d.whole(3, n // 2), 1, 2, n + 30)
    return {"warmup_num_steps": steps, "warmup_type": d.pick("log", "linear")}


def warmup(d: Draw) -> Request:
    n, peak = d.horizon(), d.rate(1e-3)
    optional = {"warmup_min_lr": d.odd(0.0, peak / 50), "warmup_max_lr": d.odd(peak, None)}
    text = written(d, "WarmupLR", {}, optional | warm(d, n))
    base = None if "warmup_max_lr=" in text and "warmup_max_lr=None" not in text else d.rate()
    return Request(expr=text, base_lr=base, max_iters=d.run(n))


def warmup_decay(d: Draw) -> Request:
    n, peak = d.horizon(), d.rate(1e-3)
    optional = {"warmup_min_lr": d.odd(0.0, peak / 50), "warmup_max_lr": peak}
    text = written(d, "WarmupDecayLR", {"total_num_steps": n}, optional | warm(d, n))
    return Request(expr=text, max_iters=d.run(n))


def warmup_cosine(d: Draw) -> Request:
    n = d.horizon()
    optional = {
        "warmup_min_ratio": d.odd(0.0, d.between(0.01, 0.3)),
        "cos_min_ratio": d.odd(d.between(0.001, 0.3), 0.0001, 0),
    }
    text = written(d, "WarmupCosineLR", {"total_num_steps": n}, optional | warm(d, n))
    return Request(expr=text, base_lr=d.rate(), max_iters=d.run(n))


FAMILIES: dict[str, Family] = {
    "LRRangeTest": range_test,
    "OneCycle": one_cycle,
    "OneCycle-momentum": one_cycle_momentum,
    "WarmupLR": warmup,
    "WarmupDecayLR": warmup_decay,
    "WarmupCosineLR": warmup_cosine,
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "LRRangeTest(optimizer, lr_range_test_step_size=0)",
    "LRRangeTest(optimizer, lr_range_test_step_size=10.0)",
    "LRRangeTest(optimizer, lr_range_test_min_lr=[0.1, 0.2])",
    "LRRangeTest(optimizer, lr_range_test_step_rate=-1)",
    "LRRangeTest(optimizer)",
    "OneCycle(optimizer)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=0)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=5, cycle_second_step_size=-1)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=5, cycle_second_step_size=0)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=5, decay_step_size=3)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=5, decay_lr_rate=0.1)",
    "OneCycle(optimizer, 0.01, 0.1, -0.5, cycle_first_step_size=5, decay_step_size=3)",
    "OneCycle(optimizer, 0.01, 0.1, cycle_first_step_size=8, cycle_first_stair_count=3)",
    "WarmupLR(optimizer, warmup_num_steps=0)",
    "WarmupLR(optimizer, warmup_num_steps=10.0)",
    "WarmupLR(optimizer, warmup_num_steps=1)",
    "WarmupLR(optimizer, warmup_num_steps=10, warmup_type='cosine')",
    "WarmupLR(optimizer, warmup_min_lr=0.2, warmup_max_lr=0.1, warmup_num_steps=10)",
    "WarmupLR(optimizer, 0, 0.1, 10, 'linear', -1)",
    "WarmupDecayLR(optimizer)",
    "WarmupDecayLR(optimizer, total_num_steps=5, warmup_num_steps=10)",
    "WarmupDecayLR(optimizer, total_num_steps=10, warmup_num_steps=10, warmup_type='linear')",
    "WarmupDecayLR(optimizer, total_num_steps=0, warmup_num_steps=2)",
    "WarmupDecayLR(optimizer, total_num_steps=20, warmup_num_steps=-1)",
    "WarmupCosineLR(optimizer)",
    "WarmupCosineLR(optimizer, total_num_steps=5, warmup_num_steps=10)",
    "WarmupCosineLR(optimizer, total_num_steps=10, warmup_num_steps=10)",
    "WarmupCosineLR(optimizer, total_num_steps=20, warmup_num_steps=0)",
    "WarmupCosineLR(optimizer, total_num_steps=20, warmup_num_steps=5, cos_min_ratio=2)",
    "WarmupCosineLR(optimizer, total_num_steps=20, warmup_num_steps=5, warmup_max_lr=0.1)",
)


def awkward(expr: str) -> Request:
    """Request an awkward call."""
    return Request(expr=expr, base_lr=0.1, max_iters=30)
