"""torchtune's recipes, scheduled by its training/lr_schedulers.py."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from format_case import Config, File, loaded, optimizer, stepped, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

omegaconf = importlib.import_module("omegaconf")
schedules = loaded(
    "torchtune",
    "torchtune/training/lr_schedulers.py",
    torchtune={},
    torchtune__training={},
    torchtune__training__memory={"OptimizerInBackwardWrapper": object},
)

SOURCES = ("torchtune", "omegaconf", "torch")
NAME = "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step the scheduler of a recipe as often as its run has updates."""
    held = omegaconf.OmegaConf
    recipe = held.to_container(held.load(path), resolve=True)
    most = recipe.get("max_steps_per_epoch")
    each = options["iters_per_epoch"]
    length = recipe["epochs"] * min(each, most or each)
    made = optimizer(recipe["optimizer"]["lr"])
    told = recipe.get("lr_scheduler")
    if told is None:
        yield from [made.param_groups[0]["lr"]] * (length + 1)
        return
    name = told.pop("_component_")
    build = getattr(schedules, name.rpartition(".")[2])
    yield from stepped(made, build(made, num_training_steps=length, **told), length)


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        f"""
        # a recipe, with an interpolation
        output_dir: out
        model: {{_component_: torchtune.models.llama3_2.llama3_2_1b}}
        batch_size: 4
        epochs: 2
        optimizer:
          _component_: torch.optim.AdamW
          fused: True
          weight_decay: 0.01
          lr: 3e-4
        lr_scheduler:
          _component_: {NAME}
          num_warmup_steps: 10
        warm: ${{lr_scheduler.num_warmup_steps}}
        max_steps_per_epoch: null
        gradient_accumulation_steps: 8
        """,
        "recipe.yaml",
        iters_per_epoch=25,
    ),
    written(
        """
        epochs: 1
        max_steps_per_epoch: 12
        optimizer: {_component_: bitsandbytes.optim.PagedAdamW8bit, lr: 2e-5}
        """,
        "recipe.yaml",
        iters_per_epoch=25,
    ),
    written(
        f"""
        epochs: 1
        max_steps_per_epoch: null
        optimizer: {{_component_: torch.optim.AdamW, lr: 2e-5}}
        lr_scheduler: {{_component_: {NAME}, num_warmup: 10}}
        """,
        "recipe.yaml",
        iters_per_epoch=25,
    ),
)


def drawn(random: Random) -> File:
    """Return a recipe."""
    epoch, most = random.choice([5, 30, 50]), random.choice([None, None, 4, 1000])
    epochs, warmup = random.choice([1, 2, 3]), random.choice([0, 1, 10, 100])
    more = {"num_cycles": random.choice([0.5, 1.0, 2.0])} if random.random() < 0.3 else {}
    lr = random.choice([2e-5, 3e-4, 0.001])
    config = {
        "optimizer": {"_component_": "torch.optim.AdamW", "fused": True, "lr": lr},
        "lr_scheduler": {"_component_": NAME, "num_warmup_steps": warmup, **more},
        "epochs": epochs,
        "max_steps_per_epoch": most,
    }
    return File(text_of(config), {"iters_per_epoch": epoch}, "recipe.yaml")
