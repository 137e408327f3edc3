"""Hydra configs: hydra.utils.instantiate makes the optimizer and the scheduler of them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File, text_of, written
from format_lightning import chosen_scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")
omegaconf = importlib.import_module("omegaconf")
hydra = importlib.import_module("hydra.utils")

SOURCES = ("hydra-core", "omegaconf", "torch", "transformers")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Instantiate both, and step the scheduler at every update, or every epoch if it says so."""
    top = omegaconf.OmegaConf.load(path)
    beside = top.model if "model" in top else top
    held = _made(beside.optimizer, params=[torch.nn.Parameter(torch.zeros(1))])
    key = next(key for key in ("scheduler", "lr_scheduler") if key in beside)
    section = beside[key]
    every = 1
    if "_target_" not in section:  # with what Lightning wants to know beside it
        every = options["iters_per_epoch"] if section.interval == "epoch" else 1
        section = section.scheduler
    scheduler = _made(section, optimizer=held)
    for update in range(options["max_iters"]):
        yield held.param_groups[0]["lr"]
        held.step()
        if (update + 1) % every == 0:
            scheduler.step()
    yield held.param_groups[0]["lr"]


def _made(section: Any, **more: Any) -> Any:
    if section.get("_partial_"):
        return hydra.instantiate(section)(**more)
    return hydra.instantiate(section, **more)


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        optimizer:
          _target_: torch.optim.AdamW
          _partial_: true
          lr: 1e-3
          weight_decay: 0.01
        scheduler:
          _target_: torch.optim.lr_scheduler.StepLR
          _partial_: true
          step_size: 7
          gamma: 0.5
        """,
        max_iters=30,
    ),
    written(
        """
        # interpolation, and a scheduler that is made at once
        epochs: 20
        base_lr: 3.0e-4
        trainer:
          max_epochs: ${epochs}
        optimizer:
          _target_: torch.optim.SGD
          lr: ${base_lr}
          momentum: 0.9
        lr_scheduler:
          _target_: torch.optim.lr_scheduler.CosineAnnealingLR
          T_max: ${trainer.max_epochs}
          eta_min: 1e-6
        """,
        max_iters=20,
    ),
    written(
        """
        # under the model, with what Lightning is told
        model:
          _target_: some.Model
          optimizer:
            _target_: torch.optim.Adam
            _partial_: true
            lr: 0.002
          lr_scheduler:
            interval: epoch
            monitor: val/loss
            frequency: 1
            scheduler:
              _target_: torch.optim.lr_scheduler.MultiStepLR
              _partial_: true
              milestones: [2, 5]
        """,
        max_iters=24,
        iters_per_epoch=3,
    ),
    written(
        """
        model:
          optimizer: {_target_: torch.optim.Adam, _partial_: true, lr: 0.002}
          scheduler:
            interval: step
            scheduler:
              _target_: torch.optim.lr_scheduler.OneCycleLR
              _partial_: true
              max_lr: 0.01
              total_steps: 24
              pct_start: 0.25
        """,
        max_iters=24,
    ),
    written(
        """
        # transformers' function
        optimizer: {_target_: torch.optim.AdamW, lr: 5.0e-5}
        scheduler:
          _target_: transformers.get_cosine_schedule_with_warmup
          num_warmup_steps: 4
          num_training_steps: 25
        """,
        max_iters=25,
    ),
    written(
        """
        optimizer: {_target_: torch.optim.AdamW, lr: 5.0e-5}
        scheduler:
          _target_: transformers.get_scheduler
          name: polynomial
          num_warmup_steps: 3
          num_training_steps: 25
          scheduler_specific_kwargs: {power: 2.0}
        """,
        max_iters=25,
    ),
    written(
        """
        optimizer: {_target_: torch.optim.AdamW, lr: 5.0e-5}
        scheduler: {_target_: torch.optim.lr_scheduler.StepLR, step: 3}
        """,
        max_iters=5,
    ),
    written(
        """
        optimizer: {_target_: torch.optim.AdamW, lr: "${rate}"}
        scheduler: {_target_: torch.optim.lr_scheduler.StepLR, step_size: 3}
        """,
        max_iters=5,
    ),
)


def drawn(random: Random) -> File:
    """Return a config, whose scheduler is a partial one or not."""
    steps = random.choice([8, 20])
    name, arguments = chosen_scheduler(random, steps)
    partial = {"_partial_": True} if random.random() < 0.5 else {}
    lr = random.choice([1e-3, 2e-4, "1e-4"])
    optimizer = {"_target_": "torch.optim.AdamW", **partial, "lr": lr}
    target = {"_target_": f"torch.optim.lr_scheduler.{name}"}
    config = {"optimizer": optimizer, "scheduler": target | partial | arguments}
    if random.random() < 0.5:
        config = {"model": config}
    return File(text_of(config), {"max_iters": steps})
