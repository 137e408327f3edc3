"""Hugging Face TrainingArguments, given to the Trainer, which trains a model of one weight."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

from format_case import Config, File, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")
transformers = importlib.import_module("transformers")

SOURCES = ("transformers", "torch")
QUIET = {
    "report_to": [],
    "save_strategy": "no",
    "disable_tqdm": True,
    "gradient_checkpointing": False,
    "push_to_hub": False,
}


class Model(torch.nn.Module):  # type: ignore[misc, name-defined]
    """A model of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x: Any) -> dict[str, Any]:
        return {"loss": (self.weight * x).mean()}


class Rates(transformers.TrainerCallback):  # type: ignore[misc, name-defined]
    """What keeps the rate of each update."""

    def __init__(self) -> None:
        self.kept: list[float] = []

    def on_pre_optimizer_step(
        self, args: Any, state: Any, control: Any, *, optimizer: Any, **_: Any
    ) -> None:
        del args, state, control
        self.kept.append(float(optimizer.param_groups[0]["lr"]))


transformers.logging.set_verbosity_error()


def rates(path: Path, options: Config) -> Iterator[float]:
    """Read the file as the Trainer's own scripts do, and train."""
    parser = transformers.HfArgumentParser(transformers.TrainingArguments)
    read = parser.parse_json_file if path.suffix == ".json" else parser.parse_yaml_file
    yield from trained(read(str(path), allow_extra_keys=True)[0], options)


def trained(arguments: Any, options: Config, kind: Any = None) -> Iterator[float]:
    """Train by TrainingArguments on as many samples as the options say."""
    kept = Rates()
    trainer = trainer_of(arguments, options, kept, kind or transformers.Trainer)
    try:
        trainer.train()
    finally:
        yield from kept.kept
    yield float(trainer.optimizer.param_groups[0]["lr"])


def trainer_of(arguments: Any, options: Config, kept: Rates, kind: Any) -> Any:
    """Return a trainer that writes nothing but its log."""
    for key, value in QUIET.items():
        setattr(arguments, key, value)
    samples = options.get("dataset_size", 64)
    data = [{"x": torch.ones(1)} for _ in range(samples)]
    trainer = kind(model=Model(), args=arguments, train_dataset=data, callbacks=[kept])
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        # nothing but a rate
        output_dir: out
        learning_rate: 2.0e-5
        num_train_epochs: 2
        """,
        dataset_size=100,
        gpus=1,
    ),
    written(
        """
        # the defaults of everything
        output_dir: out
        num_train_epochs: 1
        """,
        dataset_size=41,
        gpus=1,
    ),
    written(
        """
        model_name_or_path: some/model
        bf16: false
        do_eval: false
        eval_strategy: "no"
        gradient_accumulation_steps: 3
        gradient_checkpointing: false
        learning_rate: 2.0e-05
        log_level: info
        logging_steps: 5
        logging_strategy: steps
        lr_scheduler_type: cosine_with_min_lr
        lr_scheduler_kwargs:
          min_lr_rate: 0.1
        max_steps: -1
        num_train_epochs: 3
        output_dir: out
        per_device_eval_batch_size: 2
        per_device_train_batch_size: 4
        seed: 42
        warmup_steps: 0.1
        """,
        dataset_size=107,
        gpus=1,
    ),
    written(
        """
        # a part of an epoch, the last batch dropped
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: cosine
        num_train_epochs: 2.5
        per_device_train_batch_size: 3
        gradient_accumulation_steps: 2
        dataloader_drop_last: true
        warmup_steps: 0.07
        """,
        dataset_size=65,
        gpus=1,
    ),
    written(
        """
        # max_steps over epochs, a warm-up in updates
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: linear
        num_train_epochs: 2
        max_steps: 31
        warmup_steps: 5
        """,
        dataset_size=200,
        gpus=1,
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: polynomial
        lr_scheduler_kwargs: {lr_end: 1.0e-5, power: 2.0}
        max_steps: 40
        warmup_steps: 3
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: cosine_with_restarts
        lr_scheduler_kwargs: '{"num_cycles": 3}'
        max_steps: 40
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: constant_with_warmup
        max_steps: 20
        warmup_steps: 0.33
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: constant
        max_steps: 12
        warmup_steps: 4
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: inverse_sqrt
        lr_scheduler_kwargs: {timescale: 7}
        max_steps: 40
        warmup_steps: 6
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: inverse_sqrt
        max_steps: 20
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: warmup_stable_decay
        lr_scheduler_kwargs:
          num_decay_steps: 10
          min_lr_ratio: 0.05
          decay_type: 1-sqrt
          warmup_type: cosine
        max_steps: 40
        warmup_steps: 8
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 0.001
        lr_scheduler_type: cosine_warmup_with_min_lr
        lr_scheduler_kwargs: {min_lr: 1.0e-5, warmup_lr_rate: 0.01}
        max_steps: 40
        warmup_steps: 8
        """
    ),
    written(
        """
        {
          "output_dir": "out",
          "learning_rate": 5e-06,
          "lr_scheduler_type": "cosine_with_min_lr",
          "lr_scheduler_kwargs": {"min_lr": 5e-07},
          "num_train_epochs": 2.0,
          "per_device_train_batch_size": 5,
          "warmup_steps": 4
        }
        """,
        "args.json",
        dataset_size=77,
        gpus=1,
    ),
    written(
        """
        # a warm-up as long as the run
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: cosine
        max_steps: 10
        warmup_steps: 10
        """
    ),
    written(
        """
        # and longer
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: linear
        max_steps: 10
        warmup_steps: 25
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: cosine_with_min_lr
        max_steps: 10
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: cosinus
        max_steps: 10
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: cosine
        lr_scheduler_kwargs: {num_cycle: 2}
        max_steps: 10
        """
    ),
    written(
        """
        output_dir: out
        learning_rate: 1.0e-4
        lr_scheduler_type: linear
        max_steps: 10
        warmup_steps: -3
        """
    ),
)


def drawn(random: Random) -> File:
    """Return a config with a schedule, a warm-up and a length."""
    config, options = arguments(random)
    if random.random() < 0.3:
        return File(json.dumps(config, indent=2), options, "args.json")
    return File(text_of(config), options)


def arguments(random: Random, part: str = "warmup_steps") -> tuple[Config, Config]:
    """Return TrainingArguments, and the data set's size where they need it.

    part is the key of a warm-up that is a part of the run.
    """
    pick = random.choice
    config: Config = {
        "output_dir": "out",
        "learning_rate": pick([1e-4, 2e-5, 5e-6, 1.0e-3]),
        "per_device_train_batch_size": pick([1, 2, 4]),
        "gradient_accumulation_steps": pick([1, 2, 8]),
    }
    kind = pick([*KWARGS, "cosine", "cosine", None])
    config |= {"lr_scheduler_type": kind} if kind else {}
    more = pick(KWARGS.get(kind, [None]))
    if not (kind == "inverse_sqrt" and part == "warmup_ratio"):  # transformers 4 ignores it there
        config |= {"lr_scheduler_kwargs": more} if more else {}
    config |= pick([{}, {"warmup_steps": 3}, {part: 0.1}, {part: 0.03}])
    if random.random() < 0.4:
        return config | {"max_steps": pick([13, 40])}, {}
    config["num_train_epochs"] = pick([1, 2.0, 3.0, 1.7])
    return config, {"dataset_size": pick([17, 64, 99]), "gpus": 1}


KWARGS: dict[str | None, list[Config | None]] = {
    "linear": [None],
    "cosine": [None, {"num_cycles": 1.5}],
    "cosine_with_restarts": [None, {"num_cycles": 2}],
    "polynomial": [None, {"power": 0.9}, {"lr_end": 0.0}],
    "constant": [None],
    "constant_with_warmup": [None],
    "inverse_sqrt": [None, {"timescale": 100}],
    "cosine_with_min_lr": [{"min_lr": 1e-6}, {"min_lr_rate": 0.1}],
    "cosine_warmup_with_min_lr": [{"min_lr_rate": 0.1}],
    "warmup_stable_decay": [
        {"num_decay_steps": 4},
        {"num_decay_steps": 3, "num_stable_steps": 2, "decay_type": "cosine", "min_lr_ratio": 0.1},
    ],
}
