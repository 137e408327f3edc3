"""axolotl's configs, scheduled by its utils/schedulers.py as its trainer chooses among them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import yaml
from format_case import Config, File, loaded, optimizer, stepped, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

transformers = importlib.import_module("transformers")
curves = loaded("axolotl", "axolotl/utils/schedulers.py")

SOURCES = ("axolotl", "transformers", "torch")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step the scheduler of a config over its max_steps."""
    del options
    config = yaml.safe_load(path.read_text())
    total = config["max_steps"]
    warmup = config.get("warmup_steps", min(int(0.03 * total), 100))
    if 0 < warmup < 1:
        warmup = int(warmup * total)
    if "warmup_ratio" in config:
        warmup = int(max(config["warmup_ratio"] * total, 0))
    warmup = 2 if warmup == 1 else warmup
    held = optimizer(float(config["learning_rate"]))
    yield from stepped(held, _scheduler(held, config, warmup), total)


def _scheduler(held: Any, config: Config, warmup: int) -> Any:
    """Choose as SchedulerMixin.create_scheduler does, and put the restarts over it."""
    total, kind = config["max_steps"], config.get("lr_scheduler") or "cosine"
    floor, hold = config.get("cosine_min_lr_ratio"), config.get("cosine_constant_lr_ratio")
    if kind == "rex":
        lr = config["learning_rate"]
        scheduler = curves.RexLR(held, lr, lr * (floor or 0), total, warmup)
    elif kind == "cosine" and config.get("lr_quadratic_warmup"):
        scheduler = curves.get_cosine_schedule_with_quadratic_warmup(held, warmup, total)
    elif kind == "cosine" and floor and hold:
        make = curves.get_cosine_schedule_with_warmup_decay_constant
        scheduler = make(held, warmup, total, hold, floor)
    elif kind == "cosine" and floor:
        scheduler = curves.get_cosine_schedule_with_min_lr(held, warmup, total, floor)
    else:
        scheduler = transformers.get_scheduler(kind, held, warmup, total)
    if config.get("jagged_restart_steps"):
        scheduler = curves.JaggedLRRestartScheduler(
            held,
            scheduler,
            config["jagged_restart_steps"],
            config["jagged_restart_warmup_steps"],
            config["jagged_restart_anneal_steps"] or 1,
            min_lr_scale=floor or 0.001,
        )
    return scheduler


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        base_model: some/model
        datasets: [{path: some/data, type: alpaca}]
        adapter: lora
        gradient_accumulation_steps: 4
        micro_batch_size: 2
        max_steps: 60
        optimizer: adamw_bnb_8bit
        lr_scheduler: cosine
        learning_rate: 0.0002
        warmup_steps: 10
        weight_decay: 0.0
        """,
        "axolotl.yml",
    ),
    written(
        """
        base_model: some/model
        micro_batch_size: 2
        max_steps: 50
        lr_scheduler:
        learning_rate: 2e-5
        """,
        "axolotl.yml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config."""
    total, lr = random.choice([40, 77, 100]), random.choice([2e-4, 2e-5, 1e-3])
    config: Config = {"base_model": "x/y", "micro_batch_size": 2, "learning_rate": lr}
    kind = random.choice([None, "cosine", "cosine", "rex", "linear", "constant_with_warmup"])
    config |= {"lr_scheduler": kind, "max_steps": total}
    if random.random() < 0.7:
        config["warmup_steps"] = random.choice([0, 1, 2, 10, total // 2])
    if random.random() < 0.5:
        config["cosine_min_lr_ratio"] = random.choice([0.1, 0.25, 1.0])
    if random.random() < 0.3:
        config["cosine_constant_lr_ratio"] = random.choice([0.5, 0.8])
    if random.random() < 0.3:
        config["lr_quadratic_warmup"] = True
    if random.random() < 0.3:
        config["jagged_restart_steps"] = random.choice([10, 25])
        config["jagged_restart_warmup_steps"] = random.choice([3, 5])
        config["jagged_restart_anneal_steps"] = random.choice([False, 1, 4])
    return File(text_of(config), {}, "axolotl.yml")
