"""Swin configs: timm's schedulers and two of its own, as it passes the numbers on to them.

Its config.py, main.py and lr_scheduler.py are on no index, so what they do is written out here.
timm is 0.4.12, the one it asks for.
"""

from __future__ import annotations

import bisect
import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File, bare, optimizer, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

timm = bare("timm")
bare("timm.scheduler")
cosine_lr = importlib.import_module("timm.scheduler.cosine_lr")
yacs = importlib.import_module("yacs.config")
step_lr = importlib.import_module("timm.scheduler.step_lr")

SOURCES = ("timm", "torch", "Swin-Transformer@055c506510dd456f4a5f6cc52655a35ebbb1f87b")

TRAIN = {
    "EPOCHS": 300,
    "WARMUP_EPOCHS": 20,
    "BASE_LR": 5e-4,
    "WARMUP_LR": 5e-7,
    "MIN_LR": 5e-6,
    "ACCUMULATION_STEPS": 1,
    "WEIGHT_DECAY": 0.05,
}
SCHEDULER = {
    "NAME": "cosine",
    "DECAY_EPOCHS": 30,
    "DECAY_RATE": 0.1,
    "WARMUP_PREFIX": True,
    "GAMMA": 0.1,
    "MULTISTEPS": [],
}


class Own(cosine_lr.Scheduler):  # type: ignore[misc, name-defined]
    """What its linear and multistep schedulers have in common: a straight warm-up."""

    def __init__(self, held: Any, first: float, warmup: int) -> None:
        super().__init__(held, param_group_field="lr")
        self.first, self.warmup = first, warmup
        self.rises = [(value - first) / warmup if warmup else 1 for value in self.base_values]
        if warmup:
            super().update_groups(first)

    def get_update_values(self, num_updates: int) -> list[float]:
        if num_updates < self.warmup:
            return [self.first + num_updates * rise for rise in self.rises]
        return [self.after(num_updates, value) for value in self.base_values]

    def after(self, update: int, value: float) -> float:
        raise NotImplementedError


class Linear(Own):
    """To a hundredth at the end of the run."""

    def __init__(self, held: Any, first: float, warmup: int, total: int) -> None:
        super().__init__(held, first, warmup)
        self.total = total

    def after(self, update: int, value: float) -> float:
        done = (update - self.warmup) / (self.total - self.warmup)
        return value - ((value - value * 0.01) * done)


class MultiStep(Own):
    """A drop at each milestone, counted from the start of the run."""

    def __init__(
        self, held: Any, first: float, warmup: int, marks: list[int], gamma: float
    ) -> None:
        super().__init__(held, first, warmup)
        self.marks, self.gamma = marks, gamma
        if warmup > min(marks):
            raise AssertionError("a milestone within the warm-up")

    def after(self, update: int, value: float) -> float:
        return float(value * self.gamma ** bisect.bisect_right(self.marks, update))


def rates(path: Path, options: Config) -> Iterator[float]:
    """Scale the rates and step as main.py does: after the update, with that update's number."""
    tree = yacs.CfgNode({"TRAIN": TRAIN | {"LR_SCHEDULER": SCHEDULER}})
    tree.DATA, tree.MODEL, tree.TEST = (yacs.CfgNode(new_allowed=True) for _ in range(3))
    tree.DATA.BATCH_SIZE = 128
    tree.merge_from_file(str(path))
    train = dict(tree.TRAIN)
    each = options.get("batch_size") or tree.DATA.BATCH_SIZE
    accumulate = train["ACCUMULATION_STEPS"]
    for key in ("BASE_LR", "WARMUP_LR", "MIN_LR"):
        train[key] = train[key] * each * options["gpus"] / 512.0
        if accumulate > 1:
            train[key] = train[key] * accumulate
    held = optimizer(train["BASE_LR"])
    per_epoch = options["iters_per_epoch"]
    scheduler = _scheduler(train, held, per_epoch)
    batches = per_epoch * accumulate
    for batch in range(train["EPOCHS"] * batches):
        if (batch + 1) % accumulate == 0:
            yield held.param_groups[0]["lr"]
            scheduler.step_update(batch // accumulate)
    yield held.param_groups[0]["lr"]


def _scheduler(train: Config, held: Any, per_epoch: int) -> Any:
    told = train["LR_SCHEDULER"]
    steps = int(train["EPOCHS"] * per_epoch)
    warmup = int(train["WARMUP_EPOCHS"] * per_epoch)
    first = train["WARMUP_LR"]
    common = {"warmup_t": warmup, "warmup_lr_init": first, "t_in_epochs": False}
    if told["NAME"] == "cosine":
        prefix = told["WARMUP_PREFIX"]
        return cosine_lr.CosineLRScheduler(
            held,
            t_initial=steps - warmup if prefix else steps,
            t_mul=1.0,
            lr_min=train["MIN_LR"],
            cycle_limit=1,
            warmup_prefix=prefix,
            **common,
        )
    if told["NAME"] == "step":
        decay = int(told["DECAY_EPOCHS"] * per_epoch)
        return step_lr.StepLRScheduler(held, decay, told["DECAY_RATE"], **common)
    if told["NAME"] == "linear":
        return Linear(held, first, warmup, steps)
    if told["NAME"] != "multistep":
        raise ValueError(told["NAME"])
    marks = [mark * per_epoch for mark in told["MULTISTEPS"]]
    return MultiStep(held, first, warmup, marks, told["GAMMA"])


# -- the files ----------------------------------------------------------------------------------

_MODEL = """
        MODEL:
          TYPE: swin
          NAME: swin_tiny_patch4_window7_224
          DROP_PATH_RATE: 0.2
"""


def _file(text: str, each: int = 3, gpus: int = 8, **options: Any) -> File:
    return written(_MODEL + text, "swin.yaml", iters_per_epoch=each, gpus=gpus, **options)


WRITTEN = (
    _file("", 1),
    _file(
        """
        DATA: {IMG_SIZE: 384, BATCH_SIZE: 64}
        TRAIN:
          EPOCHS: 30
          WARMUP_EPOCHS: 5
          WEIGHT_DECAY: 1e-8
          BASE_LR: 2e-05
          WARMUP_LR: 2e-08
          MIN_LR: 2e-07
        TEST: {CROP: False}
        """
    ),
    _file("        TRAIN: {EPOCHS: 8, WARMUP_EPOCHS: 0}\n", 5, 4),
    _file("        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2, ACCUMULATION_STEPS: 2}\n", 4, 1),
    _file("        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2}\n", 4, 2, batch_size=100),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2, LR_SCHEDULER: {WARMUP_PREFIX: false}}\n", 4
    ),
    _file("        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2, LR_SCHEDULER: {NAME: linear}}\n", 4),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2, LR_SCHEDULER: {NAME: step, DECAY_EPOCHS: 3, "
        "DECAY_RATE: 0.5}}\n"
    ),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 1, LR_SCHEDULER: {NAME: multistep, GAMMA: 0.2, "
        "MULTISTEPS: [4, 7]}}\n"
    ),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 5, LR_SCHEDULER: {NAME: multistep, "
        "MULTISTEPS: [4, 7]}}\n"
    ),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 1, LR_SCHEDULER: {NAME: multistep, "
        "MULTISTEPS: [3.5, 7.1]}}\n"
    ),
    _file(
        "        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 2.0, LR_SCHEDULER: {NAME: multistep, "
        "MULTISTEPS: [1.9, 7]}}\n"
    ),
    _file("        TRAIN: {EPOCHS: 9, WARMUP_EPOCHS: 1, LR_SCHEDULER: {NAME: poly}}\n"),
    _file("        TRAIN: {EPOCHS: 5, WARMUP_EPOCHS: 2.5, BASE_LR: 0.001}\n", 3),
    _file("        TRAIN: {EPOCHS: 5, WARMUP_EPOCHS: 2, MIN_LR: 0}\n", 3),
    _file("        TRAIN: {EPOCHS: 5.0, WARMUP_EPOCHS: 2}\n", 3),
    _file("        TRAIN: {EPOCHS: 5, WARMUP_EPOCH: 2}\n", 3),
)


def drawn(random: Random) -> File:
    """Return a config of a short run."""
    pick = random.choice
    train: Config = {
        "EPOCHS": pick([10, 30]),
        "WARMUP_EPOCHS": pick([0, 2, 5]),
        "BASE_LR": pick([5e-4, 1.25e-3, 1e-4]),
        "WARMUP_LR": pick([5e-7, 0.0]),
        "MIN_LR": pick([5e-6, 0.0]),
    }
    kind = pick([None, "cosine", "linear", "step", "multistep"])
    more: dict[str, Config] = {"step": {"DECAY_EPOCHS": 4}, "multistep": {"MULTISTEPS": [5, 8]}}
    train |= {"LR_SCHEDULER": {"NAME": kind} | more.get(kind, {})} if kind else {}
    config = {"DATA": {"BATCH_SIZE": pick([128, 64, 100])}, "TRAIN": train}
    options = {"iters_per_epoch": pick([2, 7]), "gpus": pick([1, 8, 16])}
    return File(text_of(config), options, "swin.yaml")
