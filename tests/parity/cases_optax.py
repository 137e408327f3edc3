"""Random and awkward calls of optax's schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("optax.", "optax.", "optax.schedules.", "")


def written(
    d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value] | None = None
) -> str:
    return d.call(d.pick(*PREFIXES) + name, required, optional)


def steps(d: Draw, n: int) -> int:
    return d.odd(d.whole(2, n), 1, n + 50)


def constant(d: Draw, n: int) -> str:  # noqa: ARG001 - every schedule takes the length
    return written(d, "constant_schedule", {"value": d.odd(d.rate(), 0, 1)})


def linear(d: Draw, n: int) -> str:
    ends: dict[str, Value] = {
        "init_value": d.odd(d.rate(), 0.0),
        "end_value": d.odd(d.rate(1e-6), 0),
    }
    required = {**ends, "transition_steps": d.odd(steps(d, n), 0, probability=0.05)}
    return written(d, "linear_schedule", required, {"transition_begin": d.odd(0, 5, n // 2, -3)})


def polynomial(d: Draw, n: int) -> str:
    required = {
        "init_value": d.rate(),
        "end_value": d.odd(d.rate(1e-6), 0.0),
        "power": d.odd(d.between(0.3, 3), 0, 1, 2, 0.9),
        "transition_steps": steps(d, n),
    }
    begin = {"transition_begin": d.odd(0, 5, n // 2)}
    return written(d, "polynomial_schedule", required, begin)


def decay_options(d: Draw, n: int) -> dict[str, Value]:
    end = d.odd(None, d.rate(1e-5, 1e-2), 0.5, probability=0.5)
    begin = d.odd(0, 5, n // 2, -4, probability=0.4)
    return {"transition_begin": begin, "staircase": d.chance(0.5), "end_value": end}


def exponential(d: Draw, n: int) -> str:
    rate = d.odd(d.between(0.3, 0.99), 1.05, 0.0, 0.1)
    required = {"init_value": d.rate(), "transition_steps": steps(d, n // 3), "decay_rate": rate}
    return written(d, "exponential_decay", required, decay_options(d, n))


def cosine(d: Draw, n: int) -> str:
    required = {"init_value": d.rate(), "decay_steps": steps(d, n)}
    exponent = d.odd(1.0, 0.5, 2, 0.9, probability=0.4)
    optional = {"alpha": d.odd(d.between(0.0, 0.3), 0.0, 1.0), "exponent": exponent}
    return written(d, "cosine_decay_schedule", required, optional)


def scales(d: Draw, n: int) -> dict[int, float]:
    marks = d.milestones(n, most=4)
    if d.chance(0.15):
        marks = [0, *marks]
    if d.chance(0.2):
        d.shuffle(marks)
    return {mark: d.odd(d.between(0.1, 0.9), 1.5, 0.0, 1.0) for mark in marks}


def piecewise(d: Draw, n: int) -> str:
    optional = {"boundaries_and_scales": scales(d, n)}
    return written(d, "piecewise_constant_schedule", {"init_value": d.rate()}, optional)


def interpolated(d: Draw, n: int) -> str:
    kind = d.pick("linear", "cosine")
    required = {"interpolate_type": kind, "init_value": d.rate()}
    optional = {"boundaries_and_scales": scales(d, n)}
    return written(d, "piecewise_interpolate_schedule", required, optional)


def one_cycle_options(d: Draw) -> dict[str, Value]:
    return {
        "pct_start": d.odd(d.between(0.05, 0.6), 0.0, 0.3),
        "div_factor": d.odd(25.0, 10, 1, probability=0.4),
        "final_div_factor": d.odd(1e4, 100, 1, probability=0.4),
    }


def linear_one_cycle(d: Draw, n: int) -> str:
    optional = one_cycle_options(d) | {"pct_final": d.odd(d.between(0.65, 0.99), 1.0)}
    required = {"transition_steps": n, "peak_value": d.rate(1e-2)}
    return written(d, "linear_onecycle_schedule", required, optional)


def cosine_one_cycle(d: Draw, n: int) -> str:
    required = {"transition_steps": n, "peak_value": d.rate(1e-2)}
    return written(d, "cosine_onecycle_schedule", required, one_cycle_options(d))


def warm(d: Draw, n: int) -> dict[str, Value]:
    return {
        "init_value": d.odd(0.0, d.rate(1e-6, 1e-3), 0, probability=0.4),
        "peak_value": d.rate(1e-3),
        "warmup_steps": d.odd(d.whole(1, n // 3), 0, 1),
    }


def warmup_constant(d: Draw, n: int) -> str:
    return written(d, "warmup_constant_schedule", warm(d, n))


def cosine_arguments(d: Draw, n: int) -> tuple[dict[str, Value], dict[str, Value]]:
    ends = {"end_value": d.odd(d.rate(1e-6, 1e-3), 0.0), "exponent": d.odd(1.0, 2, 0.5)}
    return {**warm(d, n), "decay_steps": n}, ends


def warmup_cosine(d: Draw, n: int) -> str:
    return written(d, "warmup_cosine_decay_schedule", *cosine_arguments(d, n))


def warmup_exponential(d: Draw, n: int) -> str:
    rest = {"transition_steps": steps(d, n // 3), "decay_rate": d.odd(d.between(0.3, 0.99), 1.1)}
    required = {**warm(d, n), **rest}
    return written(d, "warmup_exponential_decay_schedule", required, decay_options(d, n))


def sgdr(d: Draw, n: int) -> str:
    periods = []
    for _ in range(d.whole(1, 4)):
        required, optional = cosine_arguments(d, max(4, n // 3))
        given = required | {key: value for key, value in optional.items() if d.chance(0.7)}
        dict_call = "dict(" + ", ".join(f"{k}={v!r}" for k, v in given.items()) + ")"
        periods.append(d.odd(dict_call, repr(given)))
    return written(d, "sgdr_schedule", {"cosine_kwargs": Code(f"[{', '.join(periods)}]")})


ELEMENTS: dict[str, Callable[[Draw, int], str]] = {
    "constant_schedule": constant,
    "linear_schedule": linear,
    "polynomial_schedule": polynomial,
    "exponential_decay": exponential,
    "cosine_decay_schedule": cosine,
    "piecewise_constant_schedule": piecewise,
    "piecewise_interpolate_schedule": interpolated,
    "linear_onecycle_schedule": linear_one_cycle,
    "cosine_onecycle_schedule": cosine_one_cycle,
    "warmup_constant_schedule": warmup_constant,
    "warmup_cosine_decay_schedule": warmup_cosine,
    "warmup_exponential_decay_schedule": warmup_exponential,
    "sgdr_schedule": sgdr,
}


def joined_text(d: Draw, n: int, depth: int = 1) -> str:
    count = d.pick(2, 2, 3)
    marks = sorted(d.sample(range(1, max(6, n)), count - 1))
    marks = d.odd(marks, marks[::-1], [0, *marks[1:]], [marks[0]] * (count - 1))
    texts = [d.choice(list(ELEMENTS.values()))(d, max(6, n)) for _ in range(count)]
    if depth and d.chance(0.4):
        texts[d.whole(0, count - 1)] = joined_text(d, max(6, n // 2), depth - 1)
    schedules = Code(f"[{', '.join(texts)}]")
    return written(d, "join_schedules", {"schedules": schedules, "boundaries": marks})


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one schedule."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return Request(expr=text(d, n), max_iters=d.run(n))

    return family


FAMILIES: dict[str, Family] = {
    **{name: simple(text) for name, text in ELEMENTS.items()},
    "join_schedules": simple(joined_text),
    "join_schedules-others": simple(joined_text),
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "optax.linear_schedule(0.1, 0.0, transition_steps=0)",
    "optax.linear_schedule(0.1, 0.0, transition_steps=-5)",
    "optax.linear_schedule(0.1, 0.0, 10, transition_begin=-5)",
    "optax.linear_schedule(0.1, 0.0)",
    "optax.polynomial_schedule(0.1, 0.01, power=0, transition_steps=10)",
    "optax.polynomial_schedule(0.1, 0.01, power=-1, transition_steps=10)",
    "optax.exponential_decay(0.1, transition_steps=0, decay_rate=0.5)",
    "optax.exponential_decay(0.1, transition_steps=10, decay_rate=0)",
    "optax.exponential_decay(0.1, transition_steps=10, decay_rate=-0.5)",
    "optax.exponential_decay(0.1, transition_steps=10, decay_rate=0.5, end_value=0.5)",
    "optax.exponential_decay(0.1, transition_steps=10, decay_rate=1.5, end_value=0.05)",
    "optax.cosine_decay_schedule(0.1, decay_steps=0)",
    "optax.cosine_decay_schedule(0.1, decay_steps=-5)",
    "optax.cosine_decay_schedule(0.1, 10, alpha=2.0)",
    "optax.cosine_decay_schedule(0.1, 10.5)",
    "optax.piecewise_constant_schedule(0.1)",
    "optax.piecewise_constant_schedule(0.1, {})",
    "optax.piecewise_constant_schedule(0.1, {5: -0.5})",
    "optax.piecewise_constant_schedule(0.1, {0: 0.5, 5: 0.5})",
    "optax.piecewise_interpolate_schedule('linear', 0.1)",
    "optax.piecewise_interpolate_schedule('cubic', 0.1, {5: 0.5})",
    "optax.piecewise_interpolate_schedule('linear', 0.1, {5: -0.5})",
    "optax.piecewise_interpolate_schedule('linear', 0.1, {0: 0.5, 5: 0.5})",
    "optax.linear_onecycle_schedule(0, 0.1)",
    "optax.cosine_onecycle_schedule(0, 0.1)",
    "optax.linear_onecycle_schedule(20, 0.1, pct_start=0.9, pct_final=0.5)",
    "optax.linear_onecycle_schedule(3, 0.1)",
    "optax.cosine_onecycle_schedule(1, 0.1)",
    "optax.cosine_onecycle_schedule(20, 0.1, pct_start=1.0)",
    "optax.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=10, decay_steps=10)",
    "optax.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=20, decay_steps=10)",
    "optax.warmup_cosine_decay_schedule(0.0, 0.0, warmup_steps=5, decay_steps=10, end_value=0.1)",
    "optax.warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=0, decay_steps=10)",
    "optax.warmup_cosine_decay_schedule(0.0, 0.1, 5)",
    "optax.sgdr_schedule([])",
    "optax.sgdr_schedule([dict(init_value=0.0, peak_value=0.1, warmup_steps=5)])",
    "optax.join_schedules([], [])",
    "optax.join_schedules([optax.constant_schedule(0.1)], [])",
    "optax.join_schedules([optax.constant_schedule(0.1), optax.constant_schedule(0.2)], [])",
    "optax.join_schedules([optax.constant_schedule(0.1)], [5, 10])",
    "optax.join_schedules([optax.constant_schedule(0.1), optax.constant_schedule(0.2)], [-5])",
)


def awkward(expr: str) -> Request:
    """Request an awkward call."""
    return Request(expr=expr, max_iters=30)
