"""The YOLO trainers' settings, in loops written out here, as no function of theirs has the loop."""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import yaml
from format_case import Config, File, optimizer, text_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")

SOURCES = ("torch", "numpy")


class Run(NamedTuple):
    """A run: its trainer (v8, v5 or v7), and what the command line or the data set says."""

    kind: str
    epochs: int
    batches: int
    batch: int
    cosine: bool

    def factor(self, lrf: float) -> Callable[[int], float]:
        """Return the part of the first rate that each epoch has."""
        epochs = self.epochs
        if self.cosine:
            return lambda x: max((1 - math.cos(x * math.pi / epochs)) / 2, 0) * (lrf - 1) + 1
        if self.kind == "v7":
            return lambda x: (1 - x / (epochs - 1)) * (1.0 - lrf) + lrf
        return lambda x: max(1 - x / epochs, 0) * (1.0 - lrf) + lrf

    def warmup(self, epochs: float) -> int:
        """Return the batches of the warm-up."""
        if self.kind == "v8":
            return round(min(epochs, self.epochs - 1) * self.batches)
        return max(round(epochs * self.batches), 100 if self.kind == "v5" else 1000)


def rates(path: Path, options: Config) -> Iterator[float]:
    """Go through the loop of the trainer that the file is for."""
    config = yaml.safe_load(path.read_text())
    kind = "v8" if "epochs" in config else "v7" if "paste_in" in config else "v5"
    cosine = not config.get("linear_lr") if kind == "v7" else config.get("cos_lr", False)
    batch = config["batch"] if kind == "v8" else options["batch_size"]
    epochs = config["epochs"] if kind == "v8" else options["max_epochs"]
    run = Run(kind, epochs, options["dataset_size"] // batch, batch, cosine)
    yield from _looped(run, config)


def _looped(run: Run, config: Config) -> Iterator[float]:
    """Yield the rate of the weights at each update."""
    factor = run.factor(config["lrf"])
    held = optimizer(config["lr0"])
    group = held.param_groups[0]
    scheduler = torch.optim.lr_scheduler.LambdaLR(held, factor)
    accumulate = max(round(64 / run.batch), 1)
    full = 64 / run.batch
    if run.kind == "v8":
        full = accumulate = min(accumulate, run.batches * run.epochs)
    warmup = run.warmup(config["warmup_epochs"])
    scheduler.last_epoch = -1
    last = -1
    for epoch in range(run.epochs):
        if run.kind == "v8":
            scheduler.step()
        for i in range(epoch * run.batches, (epoch + 1) * run.batches):
            if warmup and i <= warmup:
                accumulate = max(1, int(np.interp(i, [0, warmup], [1, full]).round()))
                target = group["initial_lr"] * factor(epoch)
                group["lr"] = float(np.interp(i, [0, warmup], [0.0, target]))
            if i % accumulate == 0 if run.kind == "v7" else i - last >= accumulate:
                yield float(group["lr"])
                last = i
        if run.kind != "v8":
            scheduler.step()


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        task: detect
        mode: train
        epochs: 10
        batch: 16
        optimizer: SGD
        cos_lr: False
        lr0: 0.01
        lrf: 0.01
        momentum: 0.937
        weight_decay: 0.0005
        warmup_epochs: 3.0
        warmup_momentum: 0.8
        warmup_bias_lr: 0.1
        nbs: 64
        """,
        "args.yaml",
        dataset_size=320,
        gpus=1,
    ),
)


def drawn(random: Random) -> File:
    """Return the settings of one of the trainers."""
    kind = random.choice(["v8", "v8", "v5", "v7"])
    epochs, batches = random.choice([2, 5, 12]), random.choice([7, 20, 37])
    batch = random.choice([8, 10, 16, 48, 64, 128])
    cosine = random.random() < 0.5
    config: Config = {
        "lr0": random.choice([0.01, 0.001]),
        "lrf": random.choice([0.01, 0.1, 0.5]),
        "warmup_epochs": random.choice([0.0, 1.0, 2.5, 3.0, 10.0]),
    }
    options: Config = {"dataset_size": batches * batch, "gpus": 1}
    if kind == "v8":
        config |= {"epochs": epochs, "batch": batch, "cos_lr": cosine, "optimizer": "SGD"}
    else:
        config |= {"obj": 1.0} | ({"paste_in": 0.0} if kind == "v7" else {})
        options |= {"batch_size": batch, "max_epochs": epochs}
        if cosine != (kind == "v7"):
            config["cos_lr" if cosine else "linear_lr"] = True
    return File(text_of(config), options, "args.yaml")
