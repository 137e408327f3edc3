"""PaddleClas configs: Paddle's own schedulers, as ppcls/optimizer/learning_rate.py makes them.

No wheel carries that file as it is since CosineFixmatch and OneCycleLR are in it, so what it passes
on is written out here, and Paddle does the rest; format_paddleclas24.py runs an older one.
"""

from __future__ import annotations

import ast
import importlib
import math
from typing import TYPE_CHECKING, Any

import yaml
from format_case import Config, File, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

lr = importlib.import_module("paddle").optimizer.lr

SOURCES = ("paddlepaddle", "PaddleClas@commit unknown")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step as the engine does: at every update, or with by_epoch at the end of each epoch."""
    tree = _evaluated(yaml.safe_load(path.read_text()))
    epochs, each = tree["Global"]["epochs"], options["iters_per_epoch"]
    told = tree["Optimizer"]["lr"]
    if "name" not in told:
        yield from [told["learning_rate"]] * (epochs * each + 1)
        return
    scheduler = built(told, epochs, each)
    every = each if told.get("by_epoch") else 1
    for update in range(1, epochs * each + 1):
        yield scheduler.last_lr
        if update % every == 0:
            scheduler.step(*_seen(scheduler, options, update // every))
    yield scheduler.last_lr


def _seen(scheduler: Any, options: Config, count: int) -> list[float]:
    watching = isinstance(scheduler, lr.ReduceOnPlateau)
    return [options["metrics"][count - 1]] if watching else []


def _evaluated(value: Any) -> Any:
    """Return the tree with every text that is a literal of Python as that."""
    if isinstance(value, dict):
        return {key: _evaluated(item) for key, item in value.items()}
    if isinstance(value, str):
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
    return value


def built(told: Config, epochs: int, each: int) -> Any:
    """Return the scheduler of Optimizer.lr, with the warm-up around it."""
    if told["name"] == "Constant":  # not the class there of that name, which is ConstLR's
        raise NotImplementedError
    if told["name"] == "CosineFixmatch":
        return _fixmatch(told, epochs * each)
    by_epoch = told.get("by_epoch", False)
    warmup, unit = min(told.get("warmup_epoch", 0), epochs), 1 if by_epoch else each
    inner, peak = BUILDERS[told["name"]](told, epochs, each, (epochs - warmup) * unit)
    steps = warmup if by_epoch else round(warmup * each)
    if told["name"] == "Linear":
        steps = round(warmup * each)
    if not steps > 0:
        return inner
    return lr.LinearWarmup(inner, steps, told.get("warmup_start_lr", 0.0), peak)


def _fixmatch(told: Config, total: int) -> Any:
    rise, cycles = told["num_warmup_steps"], told.get("num_cycles", 7 / 16)

    def factor(step: int) -> float:
        if step < rise:
            return float(step) / float(max(1, rise))
        done = float(step - rise) / float(max(1, total - rise))
        return max(0.0, math.cos(math.pi * cycles * done))

    return lr.LambdaDecay(told["learning_rate"], factor)


def _unit(told: Config, each: int) -> int:
    return 1 if told.get("by_epoch") else each


def _linear(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, each
    peak = told["learning_rate"]
    more = {"end_lr": 0.0, "power": 1.0, "cycle": False}
    more |= {key: told[key] for key in more if key in told}
    return (lr.PolynomialDecay(peak, left, **more) if left > 0 else peak), peak


def _cosine(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, each
    peak = told["learning_rate"]
    inner = lr.CosineAnnealingDecay(peak, left, told.get("eta_min", 0.0)) if left > 0 else peak
    return inner, peak


def _step(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, left
    size = told["step_size"] if told.get("by_epoch") else int(told["step_size"] * each)
    return lr.StepDecay(told["learning_rate"], size, told["gamma"]), told["learning_rate"]


def _piecewise(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del left
    marks, values = told.get("decay_epochs", []), told.get("values", [])
    if told.get("learning_rate"):
        marks = list(range(0, epochs, 30))
        values = [told["learning_rate"] * 0.1**i for i in range(len(marks))]
        if len(marks) == 1:
            marks, values = [epochs], [values[0], values[0]]
        else:
            marks = marks[1:]
    bounds = [mark * _unit(told, each) for mark in marks]
    return lr.PiecewiseDecay(bounds, values), values[0]


def _multistep(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, left
    marks = [mark * _unit(told, each) for mark in told["milestones"]]
    peak = told["learning_rate"]
    return lr.MultiStepDecay(peak, marks, told.get("gamma", 0.1)), peak


def _one_cycle(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del left
    beside = ("name", "max_learning_rate", "warmup_epoch", "warmup_start_lr", "by_epoch")
    more = {"divide_factor": 25.0, "end_learning_rate": 1e-10, "phase_pct": 0.3}
    more |= {key: value for key, value in told.items() if key not in beside}
    peak = told["max_learning_rate"]
    return lr.OneCycleLR(peak, epochs * each, **more), peak


def _cyclic(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, each, left
    more = {key: value for key, value in told.items() if key not in ("name", "by_epoch")}
    for key in ("warmup_epoch", "warmup_start_lr"):
        del more[key]  # which this class alone has no defaults for
    return lr.CyclicLR(**more), told["base_learning_rate"]


def _plateau(told: Config, epochs: int, each: int, left: int) -> tuple[Any, float]:
    del epochs, each, left
    beside = ("name", "warmup_epoch", "warmup_start_lr", "by_epoch")
    more = {key: value for key, value in told.items() if key not in beside}
    return lr.ReduceOnPlateau(**more), told["learning_rate"]


Built = tuple[Any, float]
BUILDERS: dict[str, Callable[[Config, int, int, int], Built]] = {
    "ConstLR": lambda told, *_: (told["learning_rate"], told["learning_rate"]),
    "Linear": _linear,
    "Cosine": _cosine,
    "Step": _step,
    "Piecewise": _piecewise,
    "MultiStepDecay": _multistep,
    "OneCycleLR": _one_cycle,
    "Cyclic": _cyclic,
    "ReduceOnPlateau": _plateau,
}


# -- the files ----------------------------------------------------------------------------------


def _file(schedule: str, epochs: int = 12, each: int = 4, **options: Any) -> File:
    text = f"Global:\n  epochs: {epochs}\n  device: gpu\nOptimizer:\n  name: Momentum\n"
    text += f"  momentum: 0.9\n  lr: {{{schedule}}}\n  regularizer: {{name: L2, coeff: 0.0001}}\n"
    return File(text, {"iters_per_epoch": each, **options}, "model.yaml")


WRITTEN = (
    _file(
        "name: Cosine, learning_rate: 1e-3, eta_min: 2e-5, warmup_epoch: 5, warmup_start_lr: 2e-6"
    ),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 2.5"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 3.0"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 12"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 30.5"),
    _file("name: MultiStepDecay, learning_rate: 0.1, milestones: [5], warmup_epoch: 2.5"),
    _file("name: Linear, learning_rate: 0.4, warmup_epoch: 2.5"),
    _file("name: Step, learning_rate: 0.4, step_size: 2.5, gamma: 0.1, by_epoch: True"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 20"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 3, by_epoch: True", each=3),
    _file("name: Cosine, learning_rate: 0.4, last_epoch: -1, eta_min: 0.0"),
    _file("name: Piecewise, learning_rate: 0.1, decay_epochs: [3, 6], values: [0.1, 0.01, 0.001]"),
    _file("name: Piecewise, learning_rate: 0.1, decay_epochs: [3], values: [1, 2]", 75, 2),
    _file("name: Piecewise, learning_rate: 0.2, decay_epochs: [30], values: [1, 2]", 90, 2),
    _file("name: Piecewise, decay_epochs: [3, 6], values: [0.1, 0.01, 0.001], warmup_epoch: 2"),
    _file("name: Piecewise, decay_epochs: [3, 6], values: [0.1, 0.01, 0.001], by_epoch: True"),
    _file(
        "name: MultiStepDecay, learning_rate: 0.1, milestones: [3, 7], gamma: 0.2, warmup_epoch: 1"
    ),
    _file("name: MultiStepDecay, learning_rate: 0.1, milestones: [3, 7], by_epoch: True"),
    _file("name: Step, learning_rate: 0.045, step_size: 2, gamma: 0.94"),
    _file("name: Step, learning_rate: 0.045, step_size: 2.4, gamma: 0.97, warmup_epoch: 1", each=5),
    _file("name: Linear, learning_rate: 0.5, end_lr: 0.01, power: 2.0, warmup_epoch: 3"),
    _file("name: Linear, learning_rate: 0.5, cycle: True"),
    _file("name: ConstLR, learning_rate: 0.035, warmup_epoch: 4, warmup_start_lr: 0.001"),
    _file("learning_rate: 0.01"),
    _file("name: CosineFixmatch, learning_rate: 0.03, num_warmup_steps: 0"),
    _file("name: CosineFixmatch, learning_rate: 0.03, num_warmup_steps: 9, num_cycles: 0.5"),
    _file("name: OneCycleLR, max_learning_rate: 0.1, divide_factor: 10, phase_pct: 0.4"),
    _file("name: OneCycleLR, max_learning_rate: 0.1, anneal_strategy: linear, three_phase: True"),
    _file(
        "name: Cyclic, base_learning_rate: 6e-5, max_learning_rate: 0.01, step_size_up: 5, "
        "step_size_down: 9, mode: exp_range, exp_gamma: 0.9, warmup_epoch: 0, by_epoch: False, "
        "warmup_start_lr: 0.0"
    ),
    _file(
        "name: Cyclic, base_learning_rate: 1e-4, max_learning_rate: 0.01, step_size_up: 5, "
        "warmup_epoch: 2, warmup_start_lr: 1e-5"
    ),
    _file("name: Cyclic, base_learning_rate: 1e-4, max_learning_rate: 0.01, step_size_up: 5"),
    _file(
        "name: ReduceOnPlateau, learning_rate: 0.1, factor: 0.5, patience: 1, by_epoch: True",
        epochs=8,
        metrics=[1.0, 0.5, 0.6, 0.7, 0.7, 0.4, 0.5, 0.5],
    ),
    _file("name: Step, learning_rate: 0.1, step_size: 2"),
    _file("name: Cosinus, learning_rate: 0.1"),
    _file("name: Cosine"),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds people use."""
    pick = random.choice
    epochs, each = pick([4, 10, 33]), pick([1, 3, 7])
    warmup = {"warmup_epoch": pick([0, 1, 2, 5]), "warmup_start_lr": pick([0.0, 1e-4])}
    kinds: dict[str, Config] = {
        "Cosine": {"eta_min": pick([0.0, 1e-4])},
        "Piecewise": {"decay_epochs": [1, 3], "values": [0.1, 0.01, 0.001]},
        "MultiStepDecay": {"milestones": pick([[1, 3], [20, 25]]), "gamma": pick([0.1, 0.5])},
        "Step": {"step_size": pick([1, 3]), "gamma": pick([0.9, 0.1])},
        "Linear": {"end_lr": pick([0.0, 1e-4]), "power": pick([1.0, 0.9])},
    }
    name = pick(sorted(kinds))
    schedule = {"name": name, "learning_rate": pick([0.1, 0.0125, 0.8]), **kinds[name], **warmup}
    if random.random() < 0.3 and name != "Linear":
        schedule["by_epoch"] = True
    config = {"Global": {"epochs": epochs}, "Optimizer": {"name": "AdamW", "lr": schedule}}
    return File(text_of(config), {"iters_per_epoch": each}, "model.yaml")
