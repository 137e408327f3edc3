"""sd-scripts' configs: transformers' schedulers, as its library/train_util.py chooses among them.

It is on no index, so what it passes on is written out here.
"""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any

import tomllib
from format_case import Config, File, optimizer, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

optimization = importlib.import_module("transformers.optimization")

SOURCES = ("transformers", "torch", "sd-scripts@commit unknown")
DEFAULTS: Config = {
    "learning_rate": 2.0e-6,
    "lr_scheduler": "constant",
    "lr_warmup_steps": 0,
    "lr_decay_steps": 0,
    "lr_scheduler_num_cycles": 1,
    "lr_scheduler_power": 1,
    "lr_scheduler_timescale": None,
    "lr_scheduler_min_lr_ratio": None,
    "max_train_steps": 1600,
    "max_train_epochs": None,
    "optimizer_type": "",
}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step as accelerate's scheduler does: at every update, once for each process."""
    tables = tomllib.loads(path.read_text())
    told: Config = dict(DEFAULTS)
    for key, value in tables.items():
        told |= value if isinstance(value, dict) else {key: value}
    if told["max_train_epochs"] is not None:
        told["max_train_steps"] = told["max_train_epochs"] * options["iters_per_epoch"]
    held, processes = optimizer(told["learning_rate"]), options.get("gpus", 1)
    free = told["optimizer_type"].lower().endswith("schedulefree")
    scheduler: Any = None if free else _scheduler(told, held, processes)
    for _ in range(told["max_train_steps"]):
        yield held.param_groups[0]["lr"]
        held.step()
        for _ in range(processes if scheduler is not None else 0):
            scheduler.step()
    yield held.param_groups[0]["lr"]


def _scheduler(told: Config, held: Any, processes: int) -> Any:
    """Choose as get_scheduler_fix does."""
    steps = told["max_train_steps"] * processes
    warmup, decay = (_steps(told[f"lr_{key}_steps"], steps) for key in ("warmup", "decay"))
    name = optimization.SchedulerType(told["lr_scheduler"])
    build, cycles = optimization.TYPE_TO_SCHEDULER_FUNCTION[name], told["lr_scheduler_num_cycles"]
    floor = told["lr_scheduler_min_lr_ratio"]
    if name == "constant":
        if warmup:
            raise ValueError(f"{name} does not require num_warmup_steps")
        return build(held)
    more: dict[str, Config] = {
        "constant_with_warmup": {},
        "inverse_sqrt": {"timescale": told["lr_scheduler_timescale"]},
        "linear": {"num_training_steps": steps},
        "cosine": {"num_training_steps": steps},
        "cosine_with_restarts": {"num_training_steps": steps, "num_cycles": cycles},
        "polynomial": {"num_training_steps": steps, "power": told["lr_scheduler_power"]},
        "cosine_with_min_lr": {
            "num_training_steps": steps,
            "num_cycles": cycles / 2,
            "min_lr_rate": floor,
        },
        "warmup_stable_decay": {
            "num_stable_steps": steps - warmup - decay,
            "num_decay_steps": decay,
            "num_cycles": cycles / 2,
            "min_lr_ratio": floor if floor is not None else 0.0,
        },
    }
    others = {"num_training_steps": steps, "num_decay_steps": decay}
    return build(held, num_warmup_steps=warmup, **more.get(name.value, others))


def _steps(value: float, steps: int) -> int:
    return int(value * steps) if isinstance(value, float) else value


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, rest: Config, length: str = "max_train_steps = 60", **more: Any) -> File:
    told = {"lr_scheduler": scheduler, **rest}
    text = 'pretrained_model_name_or_path = "model.safetensors"\nlearning_rate = 1e-4\n'
    text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items())
    text += f'{length}\noptimizer_type = "AdamW8bit"\nmixed_precision = "bf16"\n'
    return File(text, more, "train.toml")


_EPOCHS = "max_train_epochs = 4"

WRITTEN = (
    _file("constant", {}),
    _file("constant", {"lr_warmup_steps": 0}),
    _file("constant", {"lr_warmup_steps": 10}),
    _file("constant_with_warmup", {"lr_warmup_steps": 10}),
    _file("constant_with_warmup", {"lr_warmup_steps": 0.05}),
    _file("linear", {"lr_warmup_steps": 10}),
    _file("linear", {}),
    _file("cosine", {"lr_warmup_steps": 0.1}),
    _file("cosine", {"lr_warmup_steps": 1.0}),
    _file("cosine", {"lr_warmup_steps": 1}),
    _file("cosine", {"lr_warmup_steps": 100}),
    _file("cosine", {"lr_warmup_steps": 10}, gpus=4),
    _file("cosine", {"lr_warmup_steps": 0.1}, gpus=4),
    _file("cosine", {"lr_scheduler_num_cycles": 3}),
    _file("cosine_with_restarts", {"lr_scheduler_num_cycles": 3, "lr_warmup_steps": 6}),
    _file("cosine_with_restarts", {"lr_scheduler_num_cycles": 3}, _EPOCHS, iters_per_epoch=17),
    _file("cosine_with_restarts", {}, gpus=2),
    _file("polynomial", {"lr_scheduler_power": 2.0, "lr_warmup_steps": 6}),
    _file("polynomial", {"lr_scheduler_power": 0.5}, gpus=2),
    _file("inverse_sqrt", {"lr_warmup_steps": 10}),
    _file("inverse_sqrt", {"lr_warmup_steps": 10, "lr_scheduler_timescale": 50}, gpus=2),
    _file("inverse_sqrt", {}),
    _file("cosine_with_min_lr", {"lr_scheduler_min_lr_ratio": 0.1, "lr_warmup_steps": 6}),
    _file("cosine_with_min_lr", {"lr_scheduler_min_lr_ratio": 0.1, "lr_scheduler_num_cycles": 2}),
    _file("cosine_with_min_lr", {}),
    _file("warmup_stable_decay", {"lr_warmup_steps": 6, "lr_decay_steps": 20}),
    _file("warmup_stable_decay", {"lr_warmup_steps": 0.1, "lr_decay_steps": 0.2}, gpus=3),
    _file(
        "warmup_stable_decay",
        {"lr_warmup_steps": 6, "lr_decay_steps": 0.3, "lr_scheduler_min_lr_ratio": 0.05},
        _EPOCHS,
        iters_per_epoch=17,
    ),
    _file("warmup_stable_decay", {"lr_warmup_steps": 6}),
    _file("reduce_lr_on_plateau", {"lr_warmup_steps": 6}),
    _file("cosine_annealing", {}),
    written(
        """
        # tables that group the options for the reader
        [training]
        learning_rate = 2e-4
        max_train_epochs = 10
        max_train_steps = 400
        [lr]
        lr_scheduler = "cosine_with_restarts"
        lr_scheduler_num_cycles = 2
        lr_warmup_steps = 0.05
        """,
        "train.toml",
        iters_per_epoch=9,
    ),
    written(
        """
        # an optimizer that takes no scheduler
        learning_rate = 1e-3
        lr_scheduler = "cosine"
        lr_warmup_steps = 5
        max_train_steps = 30
        optimizer_type = "AdamWScheduleFree"
        """,
        "train.toml",
    ),
    written(
        """
        # its defaults
        lr_scheduler = "linear"
        lr_warmup_steps = 160
        """,
        "train.toml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds people use."""
    pick = random.choice
    kinds: dict[str, Config] = {
        "cosine": {},
        "linear": {},
        "constant_with_warmup": {},
        "cosine_with_restarts": {"lr_scheduler_num_cycles": pick([1, 3, 4])},
        "polynomial": {"lr_scheduler_power": pick([1.0, 0.5, 3.0])},
        "cosine_with_min_lr": {"lr_scheduler_min_lr_ratio": pick([0.1, 0.01])},
        "warmup_stable_decay": {"lr_decay_steps": pick([0.2, 12, 30])},
    }
    name = pick(sorted(kinds))
    warmup = {"lr_warmup_steps": pick([0, 5, 0.1, 0.05])}
    length, more = pick([("max_train_steps = 77", {}), (_EPOCHS, {"iters_per_epoch": 23})])
    return _file(name, warmup | kinds[name], length, **more, **pick([{}, {"gpus": 2}]))
