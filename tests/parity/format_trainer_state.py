"""trainer_state.json, written by the Trainer at the end of a run."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from format_case import Config, File
from format_hf import KWARGS, Rates, trainer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

transformers = importlib.import_module("transformers")

SOURCES = ("transformers", "torch")
WRITTEN = ()  # nobody writes one by hand


def drawn(random: Random) -> File:
    """Train, and return what the run left, with the options that it does not keep."""
    pick = random.choice
    kind = pick(["linear", "cosine", "constant_with_warmup", "cosine_with_min_lr", "polynomial"])
    more = pick(KWARGS[kind])
    given: Config = {
        "learning_rate": pick([1e-4, 2e-5, 3e-3]),
        "lr_scheduler_type": kind,
        "lr_scheduler_kwargs": more or {},
        "warmup_steps": pick([0, 3]),
        "logging_steps": pick([1, 5]),
        "per_device_train_batch_size": 4,
        **pick([{"max_steps": 23}, {"num_train_epochs": 2}, {"num_train_epochs": 1.5}]),
    }
    settings = [f"{key}={given[key]}" for key in ("lr_scheduler_type", "warmup_steps")]
    settings += [f"lr_scheduler_kwargs.{key}={value}" for key, value in (more or {}).items()]
    options = {"base_lr": given["learning_rate"], "set": settings}
    with TemporaryDirectory() as folder:
        kept = Rates()
        arguments = transformers.TrainingArguments(output_dir=folder, use_cpu=True, **given)
        trainer = trainer_of(arguments, {"dataset_size": 50}, kept, transformers.Trainer)
        trainer.train()
        path = Path(folder) / "trainer_state.json"
        trainer.state.save_to_json(str(path))
        state = json.loads(path.read_text())
    last = float(trainer.optimizer.param_groups[0]["lr"])
    for entry in state["log_history"]:  # what differs from run to run
        entry.pop("grad_norm", None)
        for key in [key for key in entry if key.startswith("train_")]:
            entry.pop(key)
    text = json.dumps(state, indent=2)
    _RATES[text] = [*kept.kept, last]
    return File(text, options, "trainer_state.json")


_RATES: dict[str, list[float]] = {}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Return the rates of the run that left the file."""
    del options
    yield from _RATES[path.read_text()]
