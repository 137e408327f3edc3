"""Hugging Face's Trainer, on TrainingArguments: each in the file, or as an option over it."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from format_case import Config, File, text_of
from format_hf import KWARGS, Rates, trainer_of
from train_case import Run, chance, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

transformers = importlib.import_module("transformers")

SOURCES = ("transformers", "accelerate", "torch")
ARGUMENTS = {  # the Trainer's argument of each of lrplot's options
    "batch_size": "per_device_train_batch_size",
    "accumulate": "gradient_accumulation_steps",
    "drop_last": "dataloader_drop_last",
    "base_lr": "learning_rate",
}


def rates(path: Path, run: Run) -> Iterator[float]:
    """Train by the file's arguments, the user's over them."""
    parser = transformers.HfArgumentParser(transformers.TrainingArguments)
    read = parser.parse_json_file if path.suffix == ".json" else parser.parse_yaml_file
    [arguments] = read(str(path))
    override(arguments, run.options)
    kept = Rates()
    try:
        trainer_of(arguments, run.options, kept, transformers.Trainer).train()
    finally:
        yield from kept.kept


def override(arguments: Any, options: Config) -> None:
    """Put the user's options over the arguments of a file."""
    for option, argument in ARGUMENTS.items():
        if option in options:
            setattr(arguments, argument, options[option])
    if "batch_size" in options and arguments.accelerator_config.split_batches:
        arguments.per_device_train_batch_size *= options["gpus"]
    if "max_iters" in options:
        arguments.max_steps = options["max_iters"]
    if "max_epochs" in options:
        arguments.max_steps, arguments.num_train_epochs = -1, options["max_epochs"]


def drawn(random: Random, processes: int) -> Run:
    """Return arguments of which the sizes stand in the file or in the options, by chance."""
    pick = random.choice
    drawn_sizes = sizes(random, processes)
    options = {key: drawn_sizes.pop(key) for key in ("dataset_size", "gpus")}
    config: Config = {
        "output_dir": "out",
        "learning_rate": pick([1e-4, 2e-5, 3e-4]),
        "use_cpu": True,
    }
    for option, value in drawn_sizes.items():
        if chance(random, 0.6):
            config[ARGUMENTS[option]] = value
        else:
            options[option] = value
    config |= schedule(random) | length(random) | odd(random, processes)
    if chance(random, 0.2):
        options |= pick(
            [{"max_iters": 11}, {"max_epochs": 2}, {"max_epochs": 1.3}, {"base_lr": 0.01}]
        )
    if chance(random, 0.3):
        return Run(File(json.dumps(config, indent=1), options, "args.json"))
    return Run(File(text_of(config), options))


def schedule(random: Random) -> Config:
    """Return a scheduler's type, its arguments and a warm-up."""
    pick = random.choice
    kind = pick([*KWARGS, "cosine", "cosine"])
    more = pick(KWARGS[kind])
    found: Config = {"lr_scheduler_type": kind} | ({"lr_scheduler_kwargs": more} if more else {})
    return found | pick([{}, {"warmup_steps": 3}, {"warmup_steps": pick([0.1, 0.05, 0.33])}])


def length(random: Random) -> Config:
    """Return how long the run is."""
    if chance(random, 0.25):
        return {"max_steps": random.choice([9, 20])}
    return {"num_train_epochs": random.choice([1, 2, 3.0, 0.5, 1.1, 1.7, 2.3, 2.5])}


def odd(random: Random, processes: int) -> Config:
    """Return, now and then, what changes how batches are made."""
    found: list[Config] = [
        {"accelerator_config": {"split_batches": True}},
        {"accelerator_config": {"dispatch_batches": True}},
        {"optim": "sgd"},
    ]
    if processes == 1:  # several would wait for one another
        found.append({"accelerator_config": {"even_batches": False}})
    return random.choice(found) if chance(random, 0.2) else {}
