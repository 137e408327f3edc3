"""PaddleClas configs, by the classes of the last release whose wheel carries them.

What these do not know yet, or otherwise, is in format_paddleclas.py.
"""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING

import yaml
from format_case import Config, File, loaded, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

paddle = importlib.import_module("paddle")
classes = loaded(
    "paddleclas",
    "paddleclas/ppcls/optimizer/learning_rate.py",
    ppcls={},
    ppcls__utils={"logger": SimpleNamespace(warning=str)},
)

SOURCES = ("paddleclas", "paddlepaddle")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Build as ppcls/optimizer/__init__.py does, and step at every update or epoch."""
    tree = yaml.safe_load(path.read_text())
    epochs, each = tree["Global"]["epochs"], options["iters_per_epoch"]
    told = tree["Optimizer"]["lr"]
    made = getattr(classes, told.pop("name"))(**told, epochs=epochs, step_each_epoch=each)
    scheduler = made if isinstance(made, paddle.optimizer.lr.LRScheduler) else made()
    every = each if getattr(scheduler, "by_epoch", False) else 1
    for update in range(1, epochs * each + 1):
        yield scheduler.last_lr
        if update % every == 0:
            scheduler.step()
    yield scheduler.last_lr


# -- the files ----------------------------------------------------------------------------------


def _file(schedule: str, epochs: int = 12, each: int = 4) -> File:
    text = f"Global:\n  epochs: {epochs}\n  device: gpu\nOptimizer:\n  name: Momentum\n"
    text += f"  momentum: 0.9\n  lr: {{{schedule}}}\n  regularizer: {{name: L2, coeff: 0.0001}}\n"
    return File(text, {"iters_per_epoch": each}, "model.yaml")


_LEVELS = "decay_epochs: [3, 6], values: [0.1, 0.01, 0.001]"

WRITTEN = (
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 5, warmup_start_lr: 0.01"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 5, eta_min: 1.0e-5", 300, 2),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 2.5"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 12"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 20"),
    _file("name: Cosine, learning_rate: 0.4, last_epoch: 0"),
    _file("name: Cosine, learning_rate: 0.4, warmup_epoch: 2, last_epoch: 0"),
    _file("name: Cosine"),
    _file("name: Linear, learning_rate: 0.5, end_lr: 0.01, power: 2.0, warmup_epoch: 3"),
    _file("name: Linear, learning_rate: 0.5, warmup_epoch: 12"),
    _file(f"name: Piecewise, {_LEVELS}"),
    _file(f"name: Piecewise, {_LEVELS}, warmup_epoch: 2, warmup_start_lr: 0.05"),
    _file(f"name: Piecewise, {_LEVELS}, warmup_epoch: 4"),
    _file(f"name: Piecewise, {_LEVELS}, by_epoch: true"),
    _file(f"name: Piecewise, {_LEVELS}, by_epoch: true, warmup_epoch: 2"),
    _file("name: Piecewise, decay_epochs: [3, 6], values: [0.1, 0.01]"),
    _file("name: Step, learning_rate: 0.045, step_size: 2, gamma: 0.94, warmup_epoch: 1"),
    _file("name: Step, learning_rate: 0.045, step_size: 2"),
    _file("name: MultiStepDecay, learning_rate: 0.1, milestones: [3, 7], gamma: 0.2"),
    _file("name: MultiStepDecay, learning_rate: 0.1, milestones: [7, 3]"),
    _file("name: MultiStepDecay, learning_rate: 0.1, milestones: [3, 7], gamma: 1.0"),
    _file("name: Cosinus, learning_rate: 0.1"),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds people use."""
    pick = random.choice
    warmup = {"warmup_epoch": pick([0, 1, 5]), "warmup_start_lr": pick([0.0, 1e-4])}
    kinds: dict[str, Config] = {
        "Cosine": warmup | {"eta_min": pick([0.0, 1e-4])},
        "Piecewise": warmup | {"decay_epochs": [1, 3], "values": [0.1, 0.01, 0.001]},
        "Step": warmup | {"step_size": pick([1, 3]), "gamma": pick([0.9, 0.1])},
        "Linear": warmup | {"end_lr": pick([0.0, 1e-4]), "power": pick([1.0, 0.9])},
        "MultiStepDecay": {"milestones": pick([[1, 3], [20, 25]]), "gamma": pick([0.1, 0.5])},
    }
    name = pick(sorted(kinds))
    rate = {} if name == "Piecewise" else {"learning_rate": pick([0.1, 0.0125, 0.8])}
    config = {
        "Global": {"epochs": pick([4, 10, 33])},
        "Optimizer": {"name": "Momentum", "lr": {"name": name, **rate, **kinds[name]}},
    }
    return File(text_of(config), {"iters_per_epoch": pick([1, 3, 7])}, "model.yaml")
