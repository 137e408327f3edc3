"""dinov2 configs: what its train.py, utils/config.py and utils/utils.py make of them, in numpy.

It is on no index, and its schedule is an array that numpy fills.
"""

from __future__ import annotations

import importlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from format_case import Config, File, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

omegaconf = importlib.import_module("omegaconf")

SOURCES = ("numpy", "omegaconf", "dinov2@0239fd03c1f9fa9195bfc6ebe2505f35be9242f8")
DEFAULTS = {
    "optim": {
        "epochs": 100,
        "warmup_epochs": 10,
        "base_lr": 0.004,
        "min_lr": 1.0e-06,
        "scaling_rule": "sqrt_wrt_1024",
    },
    "train": {"batch_size_per_gpu": 64, "OFFICIAL_EPOCH_LENGTH": 1250},
}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Fill the schedule, and look each iteration up in it."""
    held = omegaconf.OmegaConf
    tree = held.to_container(held.merge(held.create(DEFAULTS), held.load(path)))
    optim, train = tree["optim"], tree["train"]
    if optim["scaling_rule"] != "sqrt_wrt_1024":
        raise NotImplementedError
    batch = options.get("batch_size") or train["batch_size_per_gpu"]
    peak = optim["base_lr"] * math.sqrt(batch * options["gpus"] / 1024.0)
    each = options.get("iters_per_epoch") or train["OFFICIAL_EPOCH_LENGTH"]
    total, warmup = optim["epochs"] * each, optim["warmup_epochs"] * each
    yield from _filled(peak, optim["min_lr"], total, warmup)
    yield optim["min_lr"]


def _filled(peak: float, low: float, total: int, warmup: int) -> Any:
    left = np.arange(total - warmup)
    falling = low + 0.5 * (peak - low) * (1 + np.cos(np.pi * left / len(left)))
    filled = np.concatenate((np.linspace(0, peak, warmup), falling))
    if len(filled) != total:
        raise AssertionError("a warm-up longer than the run")
    return filled


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        dino: {head_n_prototypes: 131072, head_bottleneck_dim: 384}
        ibot: {separate_head: true}
        train:
          batch_size_per_gpu: 12
          dataset_path: ImageNet22k
          centering: sinkhorn_knopp
        student: {arch: vit_giant2, patch_size: 14}
        teacher: {momentum_teacher: 0.994}
        optim:
          epochs: 5
          weight_decay_end: 0.2
          base_lr: 2.0e-04
          warmup_epochs: 1
          layerwise_decay: 1.0
        crops: {local_crops_size: 98}
        """,
        "vitg14.yaml",
        gpus=16,
    ),
    written(
        """
        train: {batch_size_per_gpu: 32, OFFICIAL_EPOCH_LENGTH: 10}
        student: {arch: vit_large}
        optim: {epochs: 12, base_lr: 0.001, warmup_epochs: 3, min_lr: 1.0e-05}
        """,
        gpus=8,
    ),
    written(
        """
        # one iteration of warm-up
        train: {OFFICIAL_EPOCH_LENGTH: 1}
        student: {arch: vit_large}
        optim: {epochs: 12, warmup_epochs: 1, scaling_rule: sqrt_wrt_1024}
        """,
        gpus=4,
    ),
    written(
        """
        student: {arch: vit_large}
        optim: {epochs: 6, warmup_epochs: 0, freeze_last_layer_epochs: 2}
        """,
        gpus=1,
        iters_per_epoch=8,
        batch_size=48,
    ),
    written(
        """
        student: {arch: vit_large}
        optim: {epochs: 4, warmup_epochs: 4}
        """,
        gpus=1,
        iters_per_epoch=8,
    ),
    written(
        """
        student: {arch: vit_large}
        optim: {epochs: 4, warmup_epochs: 10}
        """,
        gpus=1,
        iters_per_epoch=8,
    ),
    written(
        """
        student: {arch: vit_large}
        optim: {epochs: 12, scaling_rule: linear}
        """,
        gpus=1,
        iters_per_epoch=8,
    ),
)


def drawn(random: Random) -> File:
    """Return a config of a short run."""
    pick = random.choice
    optim = {
        "epochs": pick([8, 20]),
        "base_lr": pick([0.004, 2e-4, 0.001]),
        "warmup_epochs": pick([0, 1, 5]),
        "min_lr": pick([1e-6, 0.0]),
    }
    train = {"batch_size_per_gpu": pick([64, 24]), "OFFICIAL_EPOCH_LENGTH": pick([3, 11])}
    config = {"train": train, "student": {"arch": "vit_small"}, "optim": optim}
    return File(text_of(config), {"gpus": pick([1, 8, 12])})
