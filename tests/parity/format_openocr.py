"""OpenOCR configs: the builder of its openrec/optimizer, stepped as its trainer does."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File, bare, loaded, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")
bare("openocr")
build_optimizer = importlib.import_module("openocr.openrec.optimizer").build_optimizer
reader = loaded("openocr-python", "openocr/tools/engine/config.py")

SOURCES = ("openocr-python", "torch")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at every update; what a step raises is only logged, and the rate stays."""
    tree = reader.Config(str(path)).cfg
    epochs, each = tree["Global"]["epoch_num"], options["iters_per_epoch"]
    held, scheduler = build_optimizer(
        tree["Optimizer"],
        tree["LRScheduler"],
        epochs=epochs,
        step_each_epoch=each,
        model=[torch.nn.Parameter(torch.zeros(1))],
    )
    for _ in range(epochs * each):
        yield held.param_groups[0]["lr"]
        held.step()
        with contextlib.suppress(Exception):
            scheduler.step()
    yield held.param_groups[0]["lr"]


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, lr: str = "0.00065", epochs: int = 12, each: int = 4) -> File:
    text = f"Global:\n  device: gpu\n  epoch_num: {epochs}\n  use_amp: True\n"
    text += f"Optimizer:\n  name: AdamW\n  lr: {lr}\n  weight_decay: 0.05\n"
    text += f"LRScheduler: {{{scheduler}}}\nArchitecture: {{model_type: rec}}\n"
    return File(text, {"iters_per_epoch": each}, "rec.yml")


WRITTEN = (
    _file("name: OneCycleLR, warmup_epoch: 1.5, cycle_momentum: False"),
    _file("name: OneCycleLR, warmup_epoch: 5, cycle_momentum: False", epochs=100, each=3),
    _file("name: OneCycleLR"),
    _file("name: OneCycleLR, warmup_epoch: 0"),
    _file("name: OneCycleLR, warmup_epoch: 12"),
    _file("name: OneCycleLR, warmup_epoch: 13"),
    _file("name: MultiStepLR, milestones: [6], gamma: 0.1", "0.0001"),
    _file("name: MultiStepLR, milestones: [3, 8], gamma: 0.5, warmup_epoch: 5"),
    _file("name: MultiStepLR, milestones: [1, 8], warmup_epoch: 7.5"),
    _file("name: MultiStepLR, milestones: [8, 3], gamma: 0.5"),
    _file("name: MultiStepLR, milestones: [2.5, 8]"),
    _file("name: MultiStepLR, milestones: [2.6, 8]"),
    _file("name: MultiStepLR, milestones: []"),
    _file("name: MultiStepLR"),
    _file("name: StepLR, step_size: 3, gamma: 0.5"),
    _file("name: StepLR, step_size: 3, warmup_epoch: 20"),
    _file("name: StepLR, step_size: 30"),
    _file("name: StepLR"),
    _file("name: ConstLR, warmup_epoch: 0.3", each=7),
    _file("name: ConstLR"),
    _file("name: LinearLR, warmup_epoch: 2"),
    _file("name: LinearLR, warmup_epoch: 20"),
    _file("name: LinearLR, warmup_epoch: 12"),
    _file("name: CosineAnnealingLR, warmup_epoch: 5", "0.00148"),
    _file("name: CosineAnnealingLR, cycle_momentum: False"),
    _file("name: CosineAnnealingLR, warmup_epoch: 11.9"),
    _file("name: PolynomialLR, power: 0.9, lr_end: 0.00001, warmup_epoch: 2"),
    _file("name: PolynomialLR"),
    _file("name: PolynomialLR, lr_end: 0.1"),
    _file("name: PolynomialLR, warmup_epoch: 12"),
    _file("name: CdistNetLR, step2_epoch: 7, n_warmup_steps: 20", "0.0442"),
    _file("name: CdistNetLR", "0.0442"),
    _file("name: WarmupCosineLR, warmup_steps: 20, eta_min: 3.0e-7"),
    _file("name: WarmupCosineLR, eta_min: 3.0e-7"),
    _file("name: WarmupCosineLR, warmup_steps: 48"),
    _file("name: WarmupCosineLR, warmup_steps: 100"),
    _file("name: CosineLR"),
    _file("milestones: [3]"),
    written(
        """
        # no rate
        Global: {epoch_num: 4}
        Optimizer: {name: Adam}
        LRScheduler: {name: LinearLR}
        """,
        "rec.yml",
        iters_per_epoch=3,
    ),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds people use."""
    pick = random.choice
    kinds: dict[str, Config] = {
        "OneCycleLR": {"warmup_epoch": pick([1.5, 0.3, 2, 4]), "cycle_momentum": False},
        "MultiStepLR": {"milestones": pick([[6], [2, 3], [12, 18]]), "gamma": pick([0.1, 0.3])},
        "CosineAnnealingLR": {"warmup_epoch": pick([0, 2, 0.5])},
        "LinearLR": {"warmup_epoch": pick([0, 1, 1.5])},
        "ConstLR": {"warmup_epoch": pick([0, 1.5])},
        "PolynomialLR": {"warmup_epoch": pick([0, 1]), "power": pick([1.0, 2.0, 0.9])},
        "WarmupCosineLR": {"warmup_steps": pick([0, 5, 11]), "eta_min": pick([0.0, 3e-7])},
    }
    name = pick(sorted(kinds))
    optimizer: dict[str, Any] = {"name": pick(["AdamW", "Adam"]), "lr": pick([0.00065, 0.001])}
    config = {
        "Global": {"epoch_num": pick([5, 10, 20])},
        "Optimizer": optimizer | {"weight_decay": 0.05},
        "LRScheduler": {"name": name, **kinds[name]},
    }
    return File(text_of(config), {"iters_per_epoch": pick([1, 3, 7])}, "rec.yml")
