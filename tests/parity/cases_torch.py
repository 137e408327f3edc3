"""Random and awkward calls of torch.optim.lr_scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

PREFIXES = ("torch.optim.lr_scheduler.", "lr_scheduler.", "optim.lr_scheduler.", "", "")


def written(
    d: Draw, name: str, required: dict[str, Value], optional: dict[str, Value] | None = None
) -> str:
    """Write a call the way scripts do: qualified or not, last_epoch spelled out now and then."""
    optional = dict(optional or {})
    if d.chance(0.1):
        optional["last_epoch"] = -1
    return d.on_optimizer(d.pick(*PREFIXES) + name, required, optional)


def alone(d: Draw, expr: str, horizon: int, rtol: float = 1e-9) -> Request:
    """Request a schedule that starts from the optimizer's rate."""
    return Request(expr=expr, base_lr=d.rate(), max_iters=d.run(horizon), rtol=rtol)


def factor_of(d: Draw, horizon: int) -> Code:
    """Draw a lambda that gives a factor."""
    rate, length = d.between(0.9, 0.999, 3), d.whole(5, horizon)
    return Code(
        d.pick(
            f"lambda epoch: {rate} ** epoch",
            f"lambda epoch: 1 / (1 + {d.between(0.01, 0.5)} * epoch)",
            f"lambda epoch: min(1.0, (epoch + 1) / {length})",
            f"lambda step: max({d.between(0.01, 0.3)}, 1 - step / {horizon})",
            f"lambda e: 0.5 * (1 + math.cos(math.pi * e / {horizon}))",
            f"lambda x: {d.between(0.1, 0.9)} ** (x // {length})",
            f"lambda s: s / {length} if s < {length} else ({length} / s) ** 0.5",
            f"lambda it: (1 - it / {2 * horizon}) ** {d.pick(0.9, 2, 1.5)}",
            f"lambda e: 1.0 if 0 <= e < {length} else 0.1 if e < {2 * length} else 0.01",
            f"lambda t: math.exp(-{d.between(0.001, 0.1)} * t) + (t % {d.whole(2, 9)} == 0) * 0.01",
        )
    )


def lambda_lr(d: Draw) -> Request:
    n = d.horizon()
    given = factor_of(d, n)
    return alone(d, written(d, "LambdaLR", {"lr_lambda": d.odd(given, Code(f"[{given}]"))}), n)


def multiplicative_lr(d: Draw) -> Request:
    n = d.horizon()
    given = d.pick(
        f"lambda epoch: {d.between(0.9, 1.02, 3)}",
        f"lambda epoch: {d.between(0.5, 0.9)} if epoch % {d.whole(3, 20)} == 0 else 1.0",
        "lambda epoch: 1 - 1 / (epoch + 10)",
        f"lambda e: 0.99 if e > {n // 2} else 1.01",
    )
    return alone(d, written(d, "MultiplicativeLR", {"lr_lambda": Code(given)}), n)


def step_text(d: Draw, n: int) -> str:
    gamma = d.odd(d.between(0.05, 0.95), 0, 0.0, 1.0, 1.2)
    size = d.odd(d.whole(2, max(2, n // 2)), 1, n + 5)
    return written(d, "StepLR", {"step_size": size}, {"gamma": gamma})


def multi_step_text(d: Draw, n: int) -> str:
    marks = d.milestones(n)
    marks = d.odd(
        marks, [*marks, marks[0]], marks[::-1], [0, *marks], [], [n + 40], probability=0.3
    )
    gamma = d.odd(d.between(0.1, 0.9), 0.0, 1.1)
    return written(d, "MultiStepLR", {"milestones": marks}, {"gamma": gamma})


def constant_text(d: Draw, n: int) -> str:
    total = d.odd(d.whole(2, n), 0, 1, n + 50)
    optional = {"factor": d.odd(d.between(0.05, 0.9), 1.0, 0.25), "total_iters": total}
    return written(d, "ConstantLR", {}, optional)


def linear_text(d: Draw, n: int) -> str:
    optional = {
        "start_factor": d.odd(d.rate(1e-3, 0.9), 1.0, Code("1 / 4")),
        "end_factor": d.odd(1.0, d.between(0.05, 0.95), 1, probability=0.5),
        "total_iters": d.odd(d.whole(2, n), 0, 1, n + 50),
    }
    return written(d, "LinearLR", {}, optional)


def exponential_text(d: Draw, n: int) -> str:  # noqa: ARG001 - every element takes the horizon
    return written(d, "ExponentialLR", {"gamma": d.odd(d.between(0.9, 0.999, 3), 1.01, 1.0, 0.0)})


def polynomial_text(d: Draw, n: int) -> str:
    optional = {
        "total_iters": d.odd(d.whole(3, n), 0, 1, n + 50),
        "power": d.odd(d.between(0.3, 3), 0, 1, 0.5, 2.0),
    }
    return written(d, "PolynomialLR", {}, optional)


def cosine_text(d: Draw, n: int) -> str:
    t_max = d.odd(d.whole(n // 2, n), 1, 2, d.whole(3, 10), n + 60, probability=0.3)
    eta_min = d.odd(d.rate(1e-7, 1e-3), 0, 2.0, -0.01, probability=0.3)
    return written(d, "CosineAnnealingLR", {"T_max": t_max}, {"eta_min": eta_min})


def restarts_text(d: Draw, n: int) -> str:
    optional = {"T_mult": d.pick(1, 2, 2, 3), "eta_min": d.odd(d.rate(1e-7, 1e-3), 0, 0.5)}
    return written(d, "CosineAnnealingWarmRestarts", {"T_0": d.odd(d.whole(3, n), 1, 2)}, optional)


def cyclic_text(d: Draw, n: int, *, momentum: bool = False) -> str:
    low = d.rate(1e-5, 1e-2)
    size = d.odd(d.whole(2, n), 1, 2)
    ends = {"base_momentum": d.between(0.7, 0.88), "max_momentum": d.between(0.89, 0.99)}
    optional: dict[str, Value] = {
        "step_size_up": size,
        "step_size_down": d.pick(None, None, d.whole(1, n)),
        "mode": d.pick("triangular", "triangular2", "exp_range"),
        "gamma": d.between(0.97, 0.9999, 4),
        **(ends if momentum else {"cycle_momentum": False}),
    }
    if d.chance(0.2):
        scale = d.pick("lambda x: 1 / (5 ** (x * 0.0001))", "lambda x: 0.5 * (1 + math.sin(x))")
        optional |= {"scale_fn": Code(scale), "scale_mode": d.pick("cycle", "iterations")}
    required = {"base_lr": low, "max_lr": d.odd(round(low * d.whole(2, 200), 6), low, low / 2)}
    text = written(d, "CyclicLR", required, optional)
    return text if "step_size_up" in text else f"{text[:-1]}, step_size_up={size})"


def one_cycle_text(d: Draw, n: int, *, momentum: bool = False) -> str:
    ends = {"base_momentum": d.between(0.7, 0.88), "max_momentum": d.between(0.89, 0.99)}
    optional: dict[str, Value] = {
        "pct_start": d.odd(d.between(0.05, 0.6), 0.0, 0.3),
        "anneal_strategy": d.pick("cos", "cos", "linear"),
        **(ends if momentum else {"cycle_momentum": False}),
        "div_factor": d.odd(25.0, 10, 1, 100.0, probability=0.4),
        "final_div_factor": d.odd(1e4, 1e3, 1, 100.0, probability=0.4),
        "three_phase": d.chance(0.3),
    }
    length: dict[str, Value] = {"total_steps": n}
    text = written(d, "OneCycleLR", {"max_lr": d.odd(d.rate(1e-3), 1), **length}, optional)
    epochs = d.whole(2, 6)
    if d.chance(0.3) and f"total_steps={n}" in text:
        whole = f"epochs={epochs}, steps_per_epoch={max(2, n // epochs)}"
        text = text.replace(f"total_steps={n}", whole)
    return text


ELEMENTS = (
    step_text,
    multi_step_text,
    constant_text,
    linear_text,
    exponential_text,
    polynomial_text,
    cosine_text,
    restarts_text,
    cyclic_text,
)


def simple(text: Callable[[Draw, int], str]) -> Family:
    """Make a family of a function that writes one scheduler."""

    def family(d: Draw) -> Request:
        n = d.horizon()
        return alone(d, text(d, n), n)

    return family


def cyclic_lr(d: Draw) -> Request:
    n = d.horizon()
    return Request(expr=cyclic_text(d, n // 2), max_iters=d.run(n))


def cyclic_momentum(d: Draw) -> Request:
    n, optimizer = d.horizon(), d.pick("SGD", "Adam")
    text = cyclic_text(d, n // 2, momentum=True)
    return Request(expr=text, max_iters=d.run(n), param="momentum", optimizer=optimizer)


def one_cycle_lr(d: Draw) -> Request:
    n = d.horizon()
    return Request(expr=one_cycle_text(d, n), max_iters=d.odd(n - 1, n, n // 2, probability=0.4))


def one_cycle_momentum(d: Draw) -> Request:
    n, optimizer = d.horizon(), d.pick("SGD", "Adam")
    text = one_cycle_text(d, n, momentum=True)
    return Request(expr=text, max_iters=n - 1, param="momentum", optimizer=optimizer)


def plateau_optional(d: Draw, *, rising: bool) -> dict[str, Value]:
    """Draw the parameters that the plateau rules of several frameworks share."""
    return {
        "mode": "max" if rising else "min",
        "factor": d.between(0.1, 0.9),
        "patience": d.odd(d.whole(1, 8), 0, 10),
        "threshold": d.pick(1e-4, 1e-2, 0.0, 0.05),
        "threshold_mode": d.pick("rel", "abs"),
        "cooldown": d.odd(0, 1, 4, probability=0.5),
        "min_lr": d.odd(0, 1e-4, 1e-2, probability=0.5),
    }


def plateau(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.4)
    optional = plateau_optional(d, rising=rising) | {"eps": d.odd(1e-8, 1e-3)}
    if d.chance(0.1):
        optional["min_lr"] = [1e-3]
    text = d.on_optimizer(d.pick(*PREFIXES) + "ReduceLROnPlateau", {}, optional)
    metrics = d.series(n, rising=rising)
    return Request(expr=text, base_lr=d.rate(), max_iters=n, metrics=metrics)


def swa(d: Draw) -> Request:
    n = d.horizon()
    optional = {
        "anneal_epochs": d.odd(d.whole(2, n), 0, 1),
        "anneal_strategy": d.pick("cos", "linear"),
    }
    prefix = d.pick("torch.optim.swa_utils.", "swa_utils.", "")
    swa_lr = d.odd(d.rate(1e-4, 0.1), 0.5)
    return alone(d, d.on_optimizer(prefix + "SWALR", {"swa_lr": swa_lr}, optional), n)


def element(d: Draw, n: int) -> str:
    """Draw one scheduler, to stand in a list."""
    return d.choice(ELEMENTS)(d, max(4, n))


def listed(d: Draw, texts: list[str]) -> Code:
    """Write a list of schedulers."""
    return Code(f"[{', '.join(texts)}]" if d.chance(0.9) else f"[{', '.join(texts)},]")


def sequential_text(d: Draw, n: int, first: str | None = None) -> str:
    count = d.pick(2, 2, 3)
    marks = sorted(d.sample(range(2, max(6, n)), count - 1))
    marks = d.odd(marks, [0, *marks[1:]], [marks[0]] * (count - 1), [*marks[:-1], n * 2])
    warm = d.whole(1, max(2, marks[0]))
    head = first or d.pick(
        f"LinearLR(optimizer, start_factor=0.1, total_iters={warm})", element(d, n)
    )
    texts = [head, *(element(d, n) for _ in range(count - 1))]
    name = d.pick(*PREFIXES) + "SequentialLR"
    return d.on_optimizer(name, {"schedulers": listed(d, texts), "milestones": marks})


def chained_text(d: Draw, n: int, texts: list[str] | None = None) -> str:
    texts = texts or [element(d, n) for _ in range(d.pick(2, 2, 3))]
    name = d.pick(*PREFIXES) + "ChainedScheduler"
    tail = d.pick("", ", optimizer=optimizer")
    return f"{name}({d.pick('', '', 'schedulers=')}{listed(d, texts)}{tail})"


def sequential(d: Draw) -> Request:
    n = d.horizon()
    return alone(d, sequential_text(d, n), n, rtol=1e-8)


def chained(d: Draw) -> Request:
    n = d.horizon()
    return alone(d, chained_text(d, n), n, rtol=1e-8)


def nested(d: Draw) -> Request:
    n = d.horizon()
    text = d.pick(
        sequential_text(d, n, first=chained_text(d, n // 2)),
        sequential_text(d, n, first=sequential_text(d, n // 2)),
        chained_text(d, n, [sequential_text(d, n), element(d, n)]),
        chained_text(d, n, [element(d, n), sequential_text(d, n)]),
        chained_text(d, n, [chained_text(d, n), element(d, n)]),
    )
    return alone(d, text, n, rtol=1e-8)


def cycled(d: Draw, n: int) -> str:
    """Draw a scheduler that cycles the momentum too."""
    text = one_cycle_text(d, 3 * n, momentum=True)  # as long as whatever it stands in
    return d.pick(text, cyclic_text(d, max(2, n // 4), momentum=True))


def held_momentum(d: Draw) -> Request:
    """Draw a container of which some cycle the momentum and some leave it as it stands."""
    n, optimizer = d.horizon(), d.pick("SGD", "Adam")
    texts = [cycled(d, n), *(d.pick(cycled, element)(d, n) for _ in range(d.pick(1, 1, 2)))]
    d.shuffle(texts)
    marks = sorted(d.sample(range(1, n), len(texts) - 1))
    milestones = d.odd(marks, [0, *marks[1:]], [marks[0]] * len(marks))
    name = d.pick(*PREFIXES) + "SequentialLR"
    ordered = d.on_optimizer(name, {"schedulers": listed(d, texts), "milestones": milestones})
    chained = chained_text(d, n, texts)
    text = d.pick(ordered, ordered, chained, chained_text(d, n, [ordered, element(d, n)]))
    text = d.odd(text, sequential_text(d, n, first=ordered), sequential_text(d, n, first=chained))
    return Request(
        expr=text, base_lr=0.1, max_iters=n, param="momentum", optimizer=optimizer, rtol=1e-9
    )


def pasted(d: Draw) -> Request:
    """Draw lines that name schedulers, built in another order than they are listed in."""
    n = d.horizon()
    texts = [element(d, n), d.pick(cycled, element)(d, n), *([element(d, n)] * d.pick(0, 1))]
    names = d.sample(["warmup", "main", "cosine", "scheduler1", "scheduler2"], len(texts))
    lines = [f"{name} = {text}" for name, text in zip(names, texts, strict=True)]
    d.shuffle(lines)
    marks = sorted(d.sample(range(1, n), len(texts) - 1))
    call = d.pick(
        f"SequentialLR(optimizer, [{', '.join(names)}], milestones={marks})",
        f"ChainedScheduler([{', '.join(names)}])",
    )
    return alone(d, "\n".join([*lines, f"scheduler = {call}"]), n, rtol=1e-8)


FAMILIES: dict[str, Family] = {
    "LambdaLR": lambda_lr,
    "MultiplicativeLR": multiplicative_lr,
    "StepLR": simple(step_text),
    "MultiStepLR": simple(multi_step_text),
    "ConstantLR": simple(constant_text),
    "LinearLR": simple(linear_text),
    "ExponentialLR": simple(exponential_text),
    "PolynomialLR": simple(polynomial_text),
    "CosineAnnealingLR": simple(cosine_text),
    "CosineAnnealingWarmRestarts": simple(restarts_text),
    "CyclicLR": cyclic_lr,
    "CyclicLR-momentum": cyclic_momentum,
    "OneCycleLR": one_cycle_lr,
    "OneCycleLR-momentum": one_cycle_momentum,
    "ReduceLROnPlateau": plateau,
    "SWALR": swa,
    "SequentialLR": sequential,
    "ChainedScheduler": chained,
    "nested": nested,
    "momentum": held_momentum,
    "pasted": pasted,
}

CYCLED = "OneCycleLR(optimizer, 0.2, 24)"
HELD_MOMENTA = (
    f"SequentialLR(optimizer, [LinearLR(optimizer), {CYCLED}], [6])",
    f"SequentialLR(optimizer, [{CYCLED}, CosineAnnealingLR(optimizer, 9)], [9])",
    f"SequentialLR(optimizer, [{CYCLED}, OneCycleLR(optimizer, 1, 24, base_momentum=0.5)], [6])",
    f"SequentialLR(optimizer, [{CYCLED}, CyclicLR(optimizer, 0.1, 0.2, 5, max_momentum=0.8)], [6])",
    f"SequentialLR(optimizer, [{CYCLED}, {CYCLED}], [0])",
    f"ChainedScheduler([{CYCLED}, StepLR(optimizer, 3)])",
    f"ChainedScheduler([CyclicLR(optimizer, 0.1, 0.2, 5), {CYCLED}])",
)

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "CosineAnnealingLR(optimizer, T_max=0)",
    "CosineAnnealingLR(optimizer, T_max=-7)",
    "CosineAnnealingLR(optimizer, T_max=2.5)",
    "CosineAnnealingLR(optimizer)",
    "StepLR(optimizer, step_size=0)",
    "StepLR(optimizer, step_size=-3)",
    "StepLR(optimizer, 2.5)",
    "StepLR(optimizer, 5, gamma=-0.5)",
    "StepLR(optimizer)",
    "StepLR(optimizer, 5, 0.1, -1, 7)",
    "StepLR(optimizer, step_size=5, verbose=True)",
    "StepLR(optimizer, step_size=5, last_epoch=3)",
    "StepLR(step_size=5)",
    "MultiStepLR(optimizer, milestones=[20, 5, 10])",
    "MultiStepLR(optimizer, milestones=5)",
    "MultiStepLR(optimizer, [0, 3])",
    "ConstantLR(optimizer, factor=1.5)",
    "ConstantLR(optimizer, factor=-0.1)",
    "ConstantLR(optimizer, factor=0.0, total_iters=4)",
    "LinearLR(optimizer, start_factor=0)",
    "LinearLR(optimizer, start_factor=1.5)",
    "LinearLR(optimizer, end_factor=2)",
    "LinearLR(optimizer, end_factor=-0.1)",
    "ExponentialLR(optimizer, gamma=-0.9)",
    "ExponentialLR(optimizer)",
    "PolynomialLR(optimizer, total_iters=6, power=-1)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=0)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=0)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=1.5)",
    "CosineAnnealingWarmRestarts(optimizer, T_0=10.0)",
    "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=0)",
    "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=5, step_size_down=0)",
    "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, mode='sawtooth')",
    "CyclicLR(optimizer, max_lr=0.1)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, pct_start=2.0)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, pct_start=1)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, pct_start=1.0)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=10, pct_start=0.1)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=0)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20.0)",
    "OneCycleLR(optimizer, max_lr=0.1, epochs=3)",
    "OneCycleLR(optimizer, max_lr=0.1)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, anneal_strategy='exp')",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, div_factor=0)",
    "OneCycleLR(optimizer, max_lr=0.1, total_steps=20, three_phase=True, pct_start=0.6)",
    "ReduceLROnPlateau(optimizer, mode='auto')",
    "ReduceLROnPlateau(optimizer, factor=1.0)",
    "ReduceLROnPlateau(optimizer, patience=-1)",
    "ReduceLROnPlateau(optimizer, threshold_mode='relative')",
    "ReduceLROnPlateau(optimizer, min_lr=[0.1, 0.2])",
    "SWALR(optimizer, swa_lr=0.05, anneal_epochs=-1)",
    "SWALR(optimizer, swa_lr=0.05, anneal_strategy='exp')",
    "LambdaLR(optimizer, lr_lambda=0.5)",
    "LambdaLR(optimizer, lr_lambda=[lambda e: 0.5 ** e, lambda e: 0.9 ** e])",
    "MultiplicativeLR(optimizer, lr_lambda=0.5)",
    "SequentialLR(optimizer, [], [])",
    "SequentialLR(optimizer, [StepLR(optimizer, 2)], milestones=[3])",
    "SequentialLR(optimizer, [StepLR(optimizer, 2), ReduceLROnPlateau(optimizer)], [3])",
    "SequentialLR(optimizer, [LinearLR(optimizer), ChainedScheduler([StepLR(optimizer, 3)])], [6])",
    "SequentialLR(optimizer, [ConstantLR(optimizer), LinearLR(optimizer, total_iters=0)], [6])",
    "SequentialLR(optimizer, [LinearLR(optimizer), ConstantLR(optimizer, 0.1, 0)], [6])",
    "SequentialLR(optimizer, [LinearLR(optimizer), MultiplicativeLR(optimizer, lambda e: 1)], [6])",
    "SequentialLR(optimizer, [LinearLR(optimizer, 0.1), SWALR(optimizer, 0.05)], [6])",
    "SequentialLR(optimizer, [LinearLR(optimizer), OneCycleLR(optimizer, 0.2, 24)], [6])",
    "SequentialLR(optimizer, [OneCycleLR(optimizer, 0.2, 24), LinearLR(optimizer)], [6])",
    "SequentialLR(optimizer, [LinearLR(optimizer), StepLR(optimizer, 3)], milestones=[0])",
    "ChainedScheduler([])",
    "ChainedScheduler([StepLR(optimizer, 2), ReduceLROnPlateau(optimizer)])",
    *(Request(expr=e, base_lr=0.1, max_iters=30, param="momentum") for e in HELD_MOMENTA),
)


def awkward(expr: str) -> Request:
    """Request an awkward call, with a metric that never improves where one is watched."""
    metrics = [1.0] * 30 if expr.startswith("ReduceLROnPlateau") else ()
    return Request(expr=expr, base_lr=0.1, max_iters=30, metrics=metrics)
