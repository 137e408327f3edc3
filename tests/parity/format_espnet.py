"""ESPnet2's configs, with the schedulers of espnet2/schedulers, stepped as its trainer tells."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import yaml
from format_case import Config, File, bare, optimizer, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

bare("espnet2")
torch = importlib.import_module("torch")
kinds = importlib.import_module("espnet2.schedulers.abs_scheduler")

SOURCES = ("espnet", "torch")
OWN = {
    "noamlr": ("noam_lr", "NoamLR"),
    "warmuplr": ("warmup_lr", "WarmupLR"),
    "piecewiselinearwarmuplr": ("piecewise_linear_warmup_lr", "PiecewiseLinearWarmupLR"),
    "warmupsteplr": ("warmup_step_lr", "WarmupStepLR"),
    "tristagelr": ("tristage_lr", "TristageLR"),
    "cosineannealingwarmuprestarts": (
        "cosine_anneal_warmup_restart",
        "CosineAnnealingWarmupRestarts",
    ),
}
TORCHS = {
    "steplr": "StepLR",
    "multisteplr": "MultiStepLR",
    "exponentiallr": "ExponentialLR",
    "cosineannealinglr": "CosineAnnealingLR",
    "onecyclelr": "OneCycleLR",
}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at every update or at the end of each epoch, as the scheduler's kind has it."""
    tree = yaml.safe_load(path.read_text())
    held = optimizer(float(tree["optim_conf"]["lr"]))
    scheduler = _scheduler(tree, held)
    each = tree.get("num_iters_per_epoch") or options["iters_per_epoch"]
    for update in range(1, tree["max_epoch"] * each + 1):
        yield held.param_groups[0]["lr"]
        held.step()
        if isinstance(scheduler, kinds.AbsBatchStepScheduler) or (
            isinstance(scheduler, kinds.AbsEpochStepScheduler) and update % each == 0
        ):
            scheduler.step()
    yield held.param_groups[0]["lr"]


def _scheduler(tree: Config, held: Any) -> Any:
    name = tree.get("scheduler")
    if name is None:
        return None
    told = tree.get("scheduler_conf", {})
    if name.lower() in TORCHS:
        return getattr(torch.optim.lr_scheduler, TORCHS[name.lower()])(held, **told)
    file, kind = OWN[name.lower()]
    return getattr(importlib.import_module(f"espnet2.schedulers.{file}"), kind)(held, **told)


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, told: str = "", lr: str = "0.002", epochs: int = 9) -> File:
    text = f"optim: adam\noptim_conf:\n    lr: {lr}\nmax_epoch: {epochs}\n"
    text += f"scheduler: {scheduler}\n" + (f"scheduler_conf: {{{told}}}\n" if told else "")
    return File(text, {"iters_per_epoch": 6}, "train.yaml")


WRITTEN = (
    _file("warmuplr", "warmup_steps: 20", "0.0025"),
    _file("warmuplr"),
    _file("noamlr", "warmup_steps: 20, model_size: 256", "10.0"),
    _file("noamlr", "warmup_steps: 20", "5.0"),
    _file("steplr", "step_size: 2, gamma: 0.5"),
    _file("exponentiallr", "gamma: 0.9"),
    _file("CosineAnnealingWarmupRestarts", "first_cycle_steps: 20, warmup_steps: 5, max_lr: 0.01"),
    _file(
        "cosineannealingwarmuprestarts",
        "first_cycle_steps: 10, cycle_mult: 2.0, max_lr: 0.01, min_lr: 0.001, warmup_steps: 3, "
        "gamma: 0.5",
    ),
    _file("tristagelr", "max_steps: 54, warmup_ratio: 0.1, hold_ratio: 0.4, decay_ratio: 0.5"),
    _file(
        "piecewiselinearwarmuplr",
        "warmup_steps_list: [0, 10, 30], warmup_lr_list: [0.0, 0.001, 0.002]",
    ),
    _file("warmupsteplr", "warmup_steps: 8, steps_per_epoch: 6, step_size: 2, gamma: 0.5"),
    _file("onecyclelr", "max_lr: 0.01, total_steps: 60"),
    _file("warmuplr", "warmup: 20"),
    written(
        """
        # nothing but an optimizer
        optim: adam
        optim_conf: {lr: 1.0e-4}
        max_epoch: 3
        batch_type: folded
        """,
        "train.yaml",
        iters_per_epoch=7,
    ),
    written(
        """
        # the iterations of an epoch in the file
        optim: adamw
        optim_conf: {lr: 0.001, weight_decay: 0.01}
        max_epoch: 5
        num_iters_per_epoch: 11
        scheduler: multisteplr
        scheduler_conf: {milestones: [2, 3], gamma: 0.1}
        """,
        "train.yaml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config."""
    pick = random.choice
    warmup = {"warmup_steps": pick([5, 40, 1000])}
    told: dict[str, Config] = {
        "warmuplr": warmup,
        "noamlr": warmup | {"model_size": pick([256, 512])},
        "exponentiallr": {"gamma": pick([0.9, 0.999])},
        "steplr": {"step_size": pick([1, 4]), "gamma": 0.5},
        "cosineannealinglr": {"T_max": pick([4, 10]), "eta_min": pick([0.0, 1e-5])},
    }
    name = pick(sorted(told))
    config = {
        "optim": "adam",
        "optim_conf": {"lr": pick([0.002, 1.0, 0.0005])},
        "max_epoch": pick([5, 10]),
        "scheduler": name,
        "scheduler_conf": told[name],
    }
    return File(text_of(config), {"iters_per_epoch": pick([3, 12])}, "train.yaml")
