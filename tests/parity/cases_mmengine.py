"""Random and awkward calls of mmengine's parameter schedulers, alone and in lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from draw import Code, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from draw import Draw, Family, Value

    Drawn = tuple[dict[str, Value], dict[str, Value]]

PREFIXES = ("mmengine.optim.", "mmengine.optim.scheduler.", "", "", "")


@dataclass(frozen=True)
class Window:
    """Where a scheduler acts: a begin and an end, in epochs or in iterations."""

    begin: int
    end: int
    by_epoch: bool

    @property
    def length(self) -> int:
        """The number of its steps."""
        return self.end - self.begin

    def written(self, d: Draw) -> dict[str, Value]:
        """Write the arguments that say the window, leaving defaults out at times."""
        begin: dict[str, Value] = {"begin": self.begin} if self.begin or d.chance(0.5) else {}
        end: dict[str, Value] = {"end": self.end} if d.chance(0.95) else {}
        said: dict[str, Value] = {"by_epoch": self.by_epoch}
        return {**begin, **end, **({} if self.by_epoch and d.chance(0.5) else said)}


def step(d: Draw, n: int) -> Drawn:
    gamma = d.odd(d.between(0.1, 0.95), 0.0, 1.1)
    return {"step_size": d.odd(d.whole(2, n // 2 + 2), 1)}, {"gamma": gamma}


def multi_step(d: Draw, n: int) -> Drawn:
    marks = d.milestones(n, most=3)
    marks = d.odd(marks, [*marks, marks[0]], marks[::-1], [0, *marks], [n + 40], probability=0.3)
    return {"milestones": marks}, {"gamma": d.odd(d.between(0.1, 0.9), 1.1)}


def constant(d: Draw, n: int) -> Drawn:  # noqa: ARG001 - every element takes the length
    return {}, {"factor": d.odd(d.between(0.05, 0.9), 1.0, Code("1 / 3"))}


def exponential(d: Draw, n: int) -> Drawn:  # noqa: ARG001 - every element takes the length
    return {"gamma": d.odd(d.between(0.9, 0.999, 3), 1.01, 0.5)}, {}


def eta_min(d: Draw) -> dict[str, Value]:
    """Draw a floor, given as a rate or as a ratio."""
    ratio = {"eta_min_ratio": d.between(0.01, 0.3)}
    return ratio if d.chance(0.3) else {"eta_min": d.odd(d.rate(1e-7, 1e-3), 0, 0.5)}


def cosine(d: Draw, n: int) -> Drawn:
    t_max = d.odd(n, max(1, n - 1), max(1, n // 3), 2 * n, 1, probability=0.4)
    return {"T_max": t_max}, eta_min(d)


def cosine_restart(d: Draw, n: int) -> Drawn:
    count = d.whole(1, 4)
    periods = [d.whole(1, max(2, n // count)) for _ in range(count)]
    weights = [1, *(d.odd(d.between(0.2, 1.0), 1) for _ in periods[1:])]
    return {"periods": periods, "restart_weights": weights}, {}


def linear(d: Draw, n: int) -> Drawn:  # noqa: ARG001 - every element takes the length
    optional = {
        "start_factor": d.odd(d.rate(1e-4, 0.9), 1.0, Code("1.0 / 3")),
        "end_factor": d.odd(1.0, d.between(0.05, 0.95), 1, probability=0.3),
    }
    return {}, optional


def poly(d: Draw, n: int) -> Drawn:  # noqa: ARG001 - every element takes the length
    power = d.odd(d.between(0.3, 3), 0.9, 1.0, 2, 0, probability=0.4)
    return {}, {"eta_min": d.odd(d.rate(1e-7, 1e-3), 0, 0.0, 0.5), "power": power}


def one_cycle(d: Draw, n: int) -> Drawn:
    optional = {
        "total_steps": n,
        "pct_start": d.odd(d.between(0.05, 0.6), 0.0),
        "anneal_strategy": d.pick("cos", "linear"),
        "div_factor": d.odd(25.0, 10, 1, probability=0.4),
        "final_div_factor": d.odd(1e4, 100.0, 1, probability=0.4),
        "three_phase": d.chance(0.3),
    }
    return {"eta_max": d.rate(1e-2)}, optional


COMMON: dict[str, Callable[[Draw, int], Drawn]] = {
    "Step": step,
    "MultiStep": multi_step,
    "Constant": constant,
    "Exponential": exponential,
    "CosineAnnealing": cosine,
    "CosineRestart": cosine_restart,
    "Linear": linear,
    "Poly": poly,
}


def window(d: Draw, length: int, *, by_epoch: bool = False) -> Window:
    """Draw a window of about this length, mostly from the start."""
    begin = d.odd(0, d.whole(1, max(1, length // 2)), probability=0.25)
    return Window(begin, begin + d.odd(max(2, length), 1, 2, probability=0.1), by_epoch)


def optimizer_call(d: Draw, name: str, drawn: Drawn, fixed: dict[str, Value]) -> str:
    """Write a constructor call, with the optimizer first."""
    return d.on_optimizer(d.pick(*PREFIXES) + name, *drawn, fixed)


def bare_call(d: Draw, name: str, drawn: Drawn, fixed: dict[str, Value]) -> str:
    """Write a constructor call that leaves the optimizer out, as people list schedulers."""
    required, optional = drawn
    return d.call(name, {}, optional, {**required, **fixed})


def config(d: Draw, name: str, drawn: Drawn, fixed: dict[str, Value]) -> str:
    """Write the dict of a config file."""
    required, optional = drawn
    text = d.call("dict", {}, optional, {**required, **fixed})
    return f"dict(type={name!r}{'' if text == 'dict()' else ', '}{text.removeprefix('dict(')}"


def drawn_in(d: Draw, kind: str, w: Window) -> tuple[Drawn, dict[str, Value]]:
    """Draw the parameters of a kind of scheduler, and those that are always written."""
    floor = eta_min(d) if kind == "CosineRestart" else {}
    return COMMON[kind](d, w.length), {**floor, **w.written(d)}


def alone_text(d: Draw, name: str, kind: str, w: Window) -> str:
    write = d.pick(optimizer_call, optimizer_call, bare_call)
    return write(d, name, *drawn_in(d, kind, w))


def request(d: Draw, expr: str, steps: int, *, per_epoch: int | None) -> Request:
    """Request a run of so many steps of the schedule's own clock."""
    iters = d.run(steps) * (per_epoch or 1)
    base = d.rate()
    return Request(expr=expr, base_lr=base, max_iters=iters, iters_per_epoch=per_epoch, rtol=1e-8)


def alone(kind: str) -> Family:
    """Make the family of one kind of rate scheduler."""

    def family(d: Draw) -> Request:
        by_epoch = d.chance(0.4)
        per_epoch = d.pick(1, 3, 7) if by_epoch else None
        n = d.whole(5, 30) if by_epoch else d.horizon()
        text = alone_text(d, f"{kind}LR", kind, window(d, n, by_epoch=by_epoch))
        return request(d, text, n, per_epoch=per_epoch)

    return family


def one_cycle_lr(d: Draw) -> Request:
    n = d.horizon()
    w = window(d, n)
    text = optimizer_call(d, "OneCycleLR", one_cycle(d, w.length), w.written(d))
    return request(d, text, n, per_epoch=None)


def momentum(d: Draw) -> Request:
    n, kind = d.horizon(), d.pick(*COMMON)
    text = optimizer_call(d, f"{kind}Momentum", *drawn_in(d, kind, window(d, n)))
    kind_of = d.pick("SGD", "Adam")
    steps = d.run(n)
    bare = Request(expr=text, base_lr=0.9, max_iters=steps, rtol=1e-8)
    return replace(bare, param="momentum", optimizer=kind_of)


def plateau(d: Draw) -> Request:
    n, rising = d.horizon(), d.chance(0.4)
    optional: dict[str, Value] = {
        "factor": d.between(0.1, 0.9),
        "patience": d.odd(d.whole(1, 8), 0, 10),
        "threshold": d.pick(1e-4, 1e-2, 0.0, 0.05),
        "threshold_rule": d.pick("rel", "abs"),
        "cooldown": d.odd(0, 1, 4, probability=0.5),
        "min_value": d.odd(0.0, 1e-4, 1e-2, probability=0.5),
        "eps": 1e-8,
    }
    begin = d.odd(0, 3, 10)
    optional |= {"begin": begin, "end": d.odd(n, begin + 20)} if d.chance(0.4) else {}
    fixed: dict[str, Value] = {"rule": "greater", "monitor": "acc"} if rising else {}
    text = optimizer_call(d, "ReduceOnPlateauLR", ({}, optional), fixed)
    bare = Request(expr=text, base_lr=d.rate(), max_iters=n)
    return replace(bare, metrics=d.series(n, rising=rising), iters_per_epoch=1)


def plateau_momentum(d: Draw) -> Request:
    lr = plateau(d)
    text = lr.expr.replace("ReduceOnPlateauLR", "ReduceOnPlateauMomentum")
    return replace(lr, expr=text, base_lr=0.9, param="momentum")


def listed(texts: list[str]) -> str:
    """Write a list of schedulers."""
    return f"[{', '.join(texts)}]"


def warmed_up(d: Draw) -> Request:
    """Warm up by iterations, then decay by epochs: what most detection configs do."""
    per_epoch, epochs = d.whole(4, 20), d.whole(6, 14)
    write = d.pick(optimizer_call, bare_call, config)
    warm = Window(0, d.odd(d.whole(2, 3 * per_epoch), 1), by_epoch=False)
    main = Window(d.odd(0, 1), epochs, by_epoch=True)
    kind = d.pick("Linear", "Linear", "Constant")
    first = write(d, f"{kind}LR", *drawn_in(d, kind, warm))
    kind = d.pick("MultiStep", "MultiStep", "CosineAnnealing", "Step", "Exponential", "Poly")
    second = write(d, f"{kind}LR", *drawn_in(d, kind, main))
    return request(d, listed([first, second]), epochs, per_epoch=per_epoch)


def handed_over(d: Draw) -> Request:
    """Warm up, then something else from where it ended, all by iterations."""
    n = d.horizon()
    write = d.pick(optimizer_call, bare_call, config)
    middle = d.whole(2, max(3, n // 2))
    first = Window(0, middle, by_epoch=False)
    second = Window(d.odd(middle, 0, middle - 1), n, by_epoch=False)
    kinds = "Linear", d.pick("Poly", "CosineAnnealing", "CosineRestart", "Exponential", "MultiStep")
    texts = [
        write(d, f"{kind}LR", *drawn_in(d, kind, w))
        for kind, w in zip(kinds, (first, second), strict=True)
    ]
    return request(d, listed(texts), n, per_epoch=None)


def overlapping(d: Draw) -> Request:
    """Several schedulers that all change the current rate."""
    n, count = d.horizon(), d.pick(2, 3, 3)
    write = d.pick(optimizer_call, bare_call, config)
    texts = []
    for _ in range(count):
        kind = d.pick(*COMMON)
        begin = d.odd(0, d.whole(1, n // 2), probability=0.5)
        w = Window(begin, begin + d.whole(1, n), by_epoch=False)
        texts.append(write(d, f"{kind}LR", *drawn_in(d, kind, w)))
    return request(d, listed(texts), n, per_epoch=None)


def converted(d: Draw) -> Request:
    """Epoch-based parameters, stepped by iterations."""
    per_epoch, epochs = d.whole(3, 15), d.whole(3, 14)
    kind = d.pick(*COMMON)
    w = Window(d.odd(0, 1), epochs, by_epoch=True)
    drawn, fixed = drawn_in(d, kind, w)
    if d.chance(0.5):
        text = config(d, f"{kind}LR", drawn, {**fixed, "convert_to_iter_based": True})
        return request(d, listed([text]), epochs, per_epoch=per_epoch)
    name = f"{kind}LR.build_iter_from_epoch"
    required, optional = drawn
    text = d.on_optimizer(name, {}, optional, {**required, **fixed, "epoch_length": per_epoch})
    return request(d, text, epochs, per_epoch=per_epoch)


def configured(d: Draw) -> Request:
    """One dict of a config file, whose end is the run's where it does not say one."""
    by_epoch, kind = d.chance(0.5), d.pick(*COMMON)
    n = d.whole(5, 30) if by_epoch else d.horizon()
    drawn, fixed = drawn_in(d, kind, Window(d.odd(0, 2), n, by_epoch))
    if d.chance(0.4):
        fixed.pop("end", None)
    per_epoch = d.whole(1, 9) if by_epoch else None
    return request(d, listed([config(d, f"{kind}LR", drawn, fixed)]), n, per_epoch=per_epoch)


FAMILIES: dict[str, Family] = {
    **{f"{kind}LR": alone(kind) for kind in COMMON},
    "OneCycleLR": one_cycle_lr,
    "ReduceOnPlateauLR": plateau,
    "ReduceOnPlateauMomentum": plateau_momentum,
    "momentum": momentum,
    "momentum-another": momentum,
    "warmed-up": warmed_up,
    "handed-over": handed_over,
    "overlapping": overlapping,
    "overlapping-others": overlapping,
    "converted": converted,
    "configured": configured,
}

# Asked for on purpose: what is refused, what fails later, and what surprisingly is not refused.
AWKWARD = (
    "StepLR(optimizer, step_size=0, by_epoch=False)",
    "StepLR(optimizer, step_size=5, begin=5, end=5, by_epoch=False)",
    "StepLR(optimizer, step_size=5, begin=0, end=0, by_epoch=False)",
    "StepLR(optimizer, step_size=5, begin=6, end=3, by_epoch=False)",
    "StepLR(optimizer, by_epoch=False)",
    "StepLR(optimizer, step_size=5, by_epoch=False, last_step=3)",
    "StepLR(optimizer, step_size=5, by_epoch=False, steps=3)",
    "MultiStepLR(optimizer, milestones=5, by_epoch=False)",
    "MultiStepLR(optimizer, milestones=[20, 5, 5], by_epoch=False)",
    "ConstantLR(optimizer, factor=1.5, by_epoch=False)",
    "ConstantLR(optimizer, factor=-0.1, by_epoch=False)",
    "ConstantLR(optimizer, factor=0, end=5, by_epoch=False)",
    "ConstantLR(optimizer, factor=0.1, end=1, by_epoch=False)",
    "ConstantLR(optimizer, factor=0.1, by_epoch=False)",
    "LinearLR(optimizer, start_factor=0, end=5, by_epoch=False)",
    "LinearLR(optimizer, start_factor=1.5, end=5, by_epoch=False)",
    "LinearLR(optimizer, end_factor=2, end=5, by_epoch=False)",
    "LinearLR(optimizer, start_factor=0.1, end=1, by_epoch=False)",
    "LinearLR(optimizer, start_factor=0.1, end=2, by_epoch=False)",
    "LinearLR(optimizer, start_factor=0.1, by_epoch=False)",
    "LinearLR(optimizer, start_factor=0.1, end=4.5, by_epoch=False)",
    "ExponentialLR(optimizer, by_epoch=False)",
    "PolyLR(optimizer, by_epoch=False)",
    "PolyLR(optimizer, end=1, by_epoch=False)",
    "PolyLR(optimizer, end=2, by_epoch=False)",
    "PolyLR(optimizer, power=0, end=9, by_epoch=False)",
    "PolyLR(optimizer, eta_min=0.5, end=9, by_epoch=False)",
    "CosineAnnealingLR(optimizer, T_max=9, eta_min=0, eta_min_ratio=0.1, by_epoch=False)",
    "CosineAnnealingLR(optimizer, T_max=0, end=9, by_epoch=False)",
    "CosineAnnealingLR(optimizer, end=9, by_epoch=False)",
    "CosineRestartLR(optimizer, periods=[5, 5], eta_min=0, by_epoch=False)",
    "CosineRestartLR(optimizer, periods=[5], by_epoch=False)",
    "CosineRestartLR(optimizer, periods=[5, 9], restart_weights=[1, 0.5], eta_min=0)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=20, by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=0, by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=20, pct_start=2.0, by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=20, pct_start=1, by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=10, pct_start=0.1, by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, total_steps=20, anneal_strategy='exp', by_epoch=False)",
    "OneCycleLR(optimizer, eta_max=0.1, begin=4, end=24, by_epoch=False)",
    (
        "[LinearLR(start_factor=0.1, by_epoch=False, end=5), "
        "OneCycleLR(eta_max=0.1, by_epoch=False, begin=5, end=25)]"
    ),
    (
        "[OneCycleLR(eta_max=0.1, by_epoch=False, end=9), "
        "CosineAnnealingLR(T_max=20, eta_min_ratio=0.1, by_epoch=False, begin=9)]"
    ),
    "ReduceOnPlateauLR(optimizer, by_epoch=False)",
    "ReduceOnPlateauLR(optimizer, rule='min')",
    "ReduceOnPlateauLR(optimizer, threshold=-1)",
    "ReduceOnPlateauLR(optimizer, threshold_rule='relative')",
    "ReduceOnPlateauLR(optimizer, factor=1.0)",
    "ReduceOnPlateauLR(optimizer, monitor='mIoU')",
    "ReduceOnPlateauLR(optimizer, patience=-1)",
    "[dict(type='LinearLR', start_factor=0.1, by_epoch=False, convert_to_iter_based=True)]",
    "[dict(type='LinearLR', start_factor=0.1, end=0.5, convert_to_iter_based=True)]",
    "[dict(type='LinearLRs', start_factor=0.1)]",
    "[dict(type='ReduceOnPlateauLR', convert_to_iter_based=True)]",
    "[dict(start_factor=0.1)]",
    "[]",
)


def awkward(expr: str) -> Request:
    """Request an awkward call, at three iterations an epoch where epochs matter."""
    watched = "Plateau" in expr
    per_epoch = None if "by_epoch=False" in expr else 1 if watched else 3
    bare = Request(expr=expr, base_lr=0.1, max_iters=30, rtol=1e-8)
    return replace(bare, metrics=[1.0] * 30 if watched else (), iters_per_epoch=per_epoch)
