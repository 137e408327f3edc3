"""torchtitan's job configs, scheduled by its components/lr_scheduler.py."""

from __future__ import annotations

import json
import types
from typing import TYPE_CHECKING

import tomllib
from format_case import Config, File, loaded, optimizer, stepped, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

SOURCES = ("torchtitan", "torch")


class Container(list):  # type: ignore[type-arg]
    """What holds the optimizers there."""


schedulers = loaded(
    "torchtitan",
    "torchtitan/components/lr_scheduler.py",
    torchtitan={},
    torchtitan__components={},
    torchtitan__components__optimizer={"OptimizersContainer": Container},
    torchtitan__config={"LRScheduler": object},
    torchtitan__tools={},
    torchtitan__tools__logging={"logger": types.SimpleNamespace(warning=lambda _: None)},
)
DEFAULTS = {
    "warmup_steps": 200,
    "total_steps": None,
    "decay_ratio": None,
    "decay_type": "linear",
    "min_lr_factor": 0.0,
}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Build the schedulers of a job, and step them."""
    del options
    job = tomllib.loads(path.read_text())
    table = DEFAULTS | job.get("lr_scheduler", {})
    steps = job.get("training", {}).get("steps", 10000)
    held = optimizer(job.get("optimizer", {}).get("lr", 8e-4))
    built = schedulers.build_lr_schedulers([held], types.SimpleNamespace(**table), steps)
    # beyond the end of the schedule, torchtitan stops at an assertion where nothing decays
    yield from stepped(held, built, min(steps, table["total_steps"] or steps))


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        [job]
        dump_folder = "./outputs"
        [model]
        name = "llama3"
        [optimizer]
        name = "AdamW"
        lr = 3e-4
        eps = 1e-8
        [lr_scheduler]
        warmup_steps = 10
        decay_ratio = 0.8
        decay_type = "linear"
        min_lr_factor = 0.1
        [training]
        local_batch_size = 1
        seq_len = 8192
        steps = 60
        """,
        "job.toml",
    ),
    written("[job]\n[optimizer]\nlr = 8e-4\n[lr_scheduler]\n[training]\nsteps = 300\n", "job.toml"),
    written("[optimizer]\nlr = 8e-4\n[training]\nsteps = 50\n[job]\n", "job.toml"),
)


def drawn(random: Random) -> File:
    """Return a job."""
    steps = random.choice([10, 57, 100])
    table: Config = {
        "warmup_steps": random.choice([0, 2, 20, steps, steps + 5]),
        "total_steps": random.choice([None, None, None, steps * 2, steps // 2]),
        "decay_ratio": random.choice([None, None, 0.0, 0.15, 0.5, 0.8, 1.0]),
        "decay_type": random.choice(["linear", "sqrt", "cosine"]),
        "min_lr_factor": random.choice([0.0, 0.1, 0.01]),
    }
    lr = random.choice([3e-4, 8e-4, 2.2e-4])
    said = [f"{key} = {json.dumps(value)}" for key, value in table.items() if value is not None]
    text = f"[job]\ndump_folder = 'out'\n[optimizer]\nlr = {lr}\n[training]\nsteps = {steps}\n"
    return File("\n".join([f"{text}[lr_scheduler]", *said, ""]), {}, "job.toml")
