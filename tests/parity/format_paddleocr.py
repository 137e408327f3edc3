"""PaddleOCR configs: Paddle's schedulers and its own, as ppocr/optimizer has them.

No wheel carries these files, so what they pass on is written out here, and Paddle does the rest.
"""

from __future__ import annotations

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

SOURCES = ("paddlepaddle", "PaddleOCR@045e5f6ac7f8d932767e14c497c3bacf94af9d54")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at every update."""
    tree = yaml.safe_load(path.read_text())
    epochs, each = tree["Global"]["epoch_num"], options["iters_per_epoch"]
    told = {"warmup_epoch": 0, **tree["Optimizer"]["lr"]}
    if "name" not in told:
        yield from [told["learning_rate"]] * (epochs * each + 1)
        return
    scheduler = _warmed(told, epochs, each)
    if isinstance(scheduler, float):
        yield from [scheduler] * (epochs * each + 1)
        return
    for _ in range(epochs * each):
        yield scheduler.last_lr
        scheduler.step()
    yield scheduler.last_lr


def _warmed(told: Config, epochs: int, each: int) -> Any:
    inner = BUILDERS[told["name"]](told, epochs * each, each)
    steps = round(told["warmup_epoch"] * each)
    if not steps > 0 or told["name"] == "DecayLearningRate":
        return inner
    peaks = {"Piecewise": lambda: told["values"][0], "OneCycle": lambda: told["max_lr"]}
    peak = peaks.get(told["name"], lambda: told["learning_rate"])()
    return lr.LinearWarmup(inner, steps, 0.0, peak)


class CyclicalCosine(lr.LRScheduler):  # type: ignore[misc, name-defined]
    """Half a cosine to 0 in each cycle."""

    def __init__(self, rate: float, cycle: int) -> None:
        self.cycle = cycle
        super().__init__(rate)

    def get_lr(self) -> float:
        if self.last_epoch == 0:
            return float(self.base_lr)
        done = self.last_epoch % self.cycle
        return float(0.5 * self.base_lr * (1 + math.cos(math.pi * done / self.cycle)))


class TwoStepCosine(lr.LRScheduler):  # type: ignore[misc, name-defined]
    """The recursion of a cosine, of one length up to its end and of another from there on."""

    def __init__(self, rate: float, first: int, second: int) -> None:
        self.first, self.second = first, second
        super().__init__(rate)

    def get_lr(self) -> float:
        now = self.last_epoch
        if now == 0:
            return float(self.base_lr)
        length = self.first if now <= self.first else self.second
        if (now - 1 - length) % (2 * length) == 0:
            return float(self.last_lr + self.base_lr * (1 - math.cos(math.pi / length)) / 2)
        here, before = (1 + math.cos(math.pi * step / length) for step in (now, now - 1))
        return float(here / before * self.last_lr)

    def _get_closed_form_lr(self) -> float:
        """Return what stands at a step that is named, as LinearWarmup names each."""
        length = self.first if self.last_epoch <= self.first else self.second
        return float(self.base_lr * (1 + math.cos(math.pi * self.last_epoch / length)) / 2)


class OneCycle(lr.LRScheduler):  # type: ignore[misc, name-defined]
    """A rise over 0.3 of the run from a 25th of the peak, and a fall to a 250000th."""

    def __init__(self, told: Config, total: int) -> None:
        top = told["max_lr"]
        first, rise = top / 25.0, 0.3 * total
        last = first / 1e4
        self.total, self.straight = total, told.get("anneal_strategy", "cos") == "linear"
        self.stretches = [(float(rise) - 1, first, top), (total - 1, top, last)]
        if told.get("three_phase"):
            back = (float(2 * 0.3 * total) - 2, top, first)
            self.stretches = [self.stretches[0], back, (total - 1, first, last)]
        super().__init__(top)

    def get_lr(self) -> float:
        now, begin = self.last_epoch, 0.0
        if now > self.total:
            raise ValueError(now)
        for end, start, stop in self.stretches:
            if now <= end or end == self.total - 1:
                part = (now - begin) / (end - begin)
                if self.straight:
                    return float((stop - start) * part + start)
                return float(stop + (start - stop) / 2.0 * (math.cos(math.pi * part) + 1))
            begin = end
        raise AssertionError(now)


def _linear(told: Config, total: int, each: int) -> Any:
    del each
    more = {"end_lr": told.get("end_lr", 0.0), "power": told.get("power", 1.0)}
    return lr.PolynomialDecay(told["learning_rate"], total, **more)


def _decay(told: Config, total: int, each: int) -> Any:
    del each
    power = told.get("factor", 0.9)
    return lr.PolynomialDecay(told["learning_rate"], total, end_lr=0, power=power)


def _cosine(told: Config, total: int, each: int) -> Any:
    del each
    return lr.CosineAnnealingDecay(told["learning_rate"], total)


def _step(told: Config, total: int, each: int) -> Any:
    del total
    return lr.StepDecay(told["learning_rate"], each * told["step_size"], told["gamma"])


def _multistep(told: Config, total: int, each: int) -> Any:
    del total
    marks = [each * mark for mark in told["milestones"]]
    return lr.MultiStepDecay(told["learning_rate"], marks, told["gamma"])


def _piecewise(told: Config, total: int, each: int) -> Any:
    del total
    return lr.PiecewiseDecay([each * mark for mark in told["decay_epochs"]], told["values"])


def _cyclical(told: Config, total: int, each: int) -> Any:
    del total
    return CyclicalCosine(told["learning_rate"], round(told["cycle"] * each))


def _two_step(told: Config, total: int, each: int) -> Any:
    return TwoStepCosine(told["learning_rate"], each * 200, total)


def _one_cycle(told: Config, total: int, each: int) -> Any:
    del each
    return OneCycle(told, total)


BUILDERS: dict[str, Callable[[Config, int, int], Any]] = {
    "Linear": _linear,
    "DecayLearningRate": _decay,
    "Cosine": _cosine,
    "Step": _step,
    "MultiStepDecay": _multistep,
    "Piecewise": _piecewise,
    "CyclicalCosine": _cyclical,
    "TwoStepCosine": _two_step,
    "OneCycle": _one_cycle,
    "Const": lambda told, *_: told["learning_rate"],
}


# -- the files ----------------------------------------------------------------------------------


def _file(schedule: str, epochs: int = 12, each: int = 4) -> File:
    text = f"Global:\n  use_gpu: true\n  epoch_num: {epochs}\n  log_smooth_window: 20\n"
    text += f"Optimizer:\n  name: Adam\n  beta1: 0.9\n  lr: {{{schedule}}}\n"
    text += "  regularizer: {name: L2, factor: 3.0e-05}\nArchitecture: {model_type: rec}\n"
    return File(text, {"iters_per_epoch": each}, "rec.yml")


WRITTEN = (
    _file("name: Cosine, learning_rate: 0.001, warmup_epoch: 2"),
    _file("name: Cosine, learning_rate: 0.0005"),
    _file("name: Cosine, learning_rate: 0.001, warmup_epoch: 0.6", each=5),
    _file("name: Cosine, learning_rate: 0.001, warmup_epoch: 12"),
    _file("learning_rate: 0.0001"),
    _file("name: Const, learning_rate: 0.001, warmup_epoch: 3"),
    _file("name: Const, learning_rate: 0.001"),
    _file(
        "name: Piecewise, decay_epochs: [3, 7], values: [0.001, 0.0001, 1.0e-5], warmup_epoch: 2"
    ),
    _file("name: Piecewise, decay_epochs: [10], values: [0.00005, 0.00001]"),
    _file("name: Piecewise, learning_rate: 0.5, decay_epochs: [6], values: [0.1, 0.01]"),
    _file("name: Step, learning_rate: 0.001, step_size: 3, gamma: 0.5, warmup_epoch: 1"),
    _file("name: MultiStepDecay, learning_rate: 0.001, milestones: [2, 6], gamma: 0.1"),
    _file("name: DecayLearningRate, learning_rate: 0.007, epochs: 1200, factor: 0.9, end_lr: 0.1"),
    _file("name: Linear, learning_rate: 0.001, end_lr: 0.0001, power: 2.0, warmup_epoch: 2"),
    _file("name: CyclicalCosine, learning_rate: 0.001, cycle: 3, warmup_epoch: 1"),
    _file("name: TwoStepCosine, learning_rate: 0.001, warmup_epoch: 5", 230, 2),
    _file("name: TwoStepCosine, learning_rate: 0.001", 210, 1),
    _file("name: OneCycle, max_lr: 0.001"),
    _file("name: OneCycle, max_lr: 0.001, warmup_epoch: 2, learning_rate: 0.5"),
    _file("name: OneCycle, max_lr: 0.001, three_phase: True", 7, 9),
    _file("name: OneCycle, max_lr: 0.001, anneal_strategy: linear, three_phase: True"),
    _file("name: OneCycle, max_lr: 0.001, anneal_strategy: linear", 5, 7),
    _file("name: OneCycle, learning_rate: 0.001"),
    _file("name: Step, learning_rate: 0.001, step_size: 3.0, gamma: 0.5"),
    _file("name: Step, learning_rate: 0.001, step_size: 3"),
    _file("name: Poly, learning_rate: 0.001"),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds people use."""
    pick = random.choice
    kinds: dict[str, Config] = {
        "Cosine": {},
        "Piecewise": {"decay_epochs": [1, 3], "values": [0.01, 0.001, 0.0001]},
        "MultiStepDecay": {"milestones": pick([[1, 3], [20, 25]]), "gamma": pick([0.1, 0.5])},
        "Step": {"step_size": pick([1, 3]), "gamma": pick([0.9, 0.1])},
        "Linear": {"end_lr": pick([0.0, 1e-4]), "power": pick([1.0, 0.9])},
        "CyclicalCosine": {"cycle": pick([2, 5])},
    }
    name = pick(sorted(kinds))
    schedule = {"name": name, "learning_rate": pick([0.001, 0.0005]), **kinds[name]}
    schedule["warmup_epoch"] = pick([0, 1, 4, 5])
    config = {
        "Global": {"epoch_num": pick([4, 10, 30])},
        "Optimizer": {"name": "Adam", "lr": schedule},
    }
    return File(text_of(config), {"iters_per_epoch": pick([1, 3, 7])}, "rec.yml")
