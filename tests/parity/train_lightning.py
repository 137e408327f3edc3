"""LightningCLI on a config with a data module, whose Trainer runs in every process."""

from __future__ import annotations

import importlib
import logging
import os
from typing import TYPE_CHECKING, Any, ClassVar

from format_case import Config, File, text_of
from format_lightning import QUIET, Configured, Model, Updating, chosen_scheduler, cli, lightning
from train_case import Run, chance, sizes

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")

SOURCES = ("lightning", "torch")


class Data(lightning.LightningDataModule):  # type: ignore[misc, name-defined]
    """As many samples as the user says, in batches as the config says or the user."""

    options: ClassVar[Config] = {}

    def __init__(self, batch_size: int = 1, *, drop_last: bool = False) -> None:
        super().__init__()
        self.sizes = {"batch_size": batch_size, "drop_last": drop_last}

    def train_dataloader(self) -> Any:
        samples = torch.zeros(self.options["dataset_size"], 1)
        over = {key: self.options[key] for key in self.sizes if key in self.options}
        return torch.utils.data.DataLoader(samples, **(self.sizes | over))


class Fitted(Model):
    """A model whose optimizer and scheduler LightningCLI puts together, on a data module."""

    train_dataloader = lightning.LightningModule.train_dataloader


class Returning(Configured):
    """One that returns them as they are."""

    train_dataloader = lightning.LightningModule.train_dataloader


class Stepping(Updating):
    """One that has its scheduler stepped at every update."""

    train_dataloader = lightning.LightningModule.train_dataloader


def rates(path: Path, run: Run) -> list[float]:
    """Fit the model under the config, the user's options over it."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    Data.options, Model.rates = run.options, []
    processes = run.options["gpus"]
    os.environ.setdefault("LOCAL_RANK", "0")
    cli.LightningCLI(
        lightning.LightningModule,
        lightning.LightningDataModule,
        subclass_mode_model=True,
        subclass_mode_data=True,
        save_config_callback=None,
        trainer_defaults=QUIET
        | {"devices": processes, "strategy": "ddp" if processes > 1 else "auto"},
        args=["fit", "--config", str(path), *over(run.options)],
    )
    return Model.rates


def over(options: Config) -> list[str]:
    """Return the options that the Trainer has, as LightningCLI takes them."""
    found = {}
    if "accumulate" in options:
        found["accumulate_grad_batches"] = options["accumulate"]
    if "max_iters" in options:
        found |= {"max_steps": options["max_iters"], "max_epochs": -1}
    if "max_epochs" in options:
        found["max_epochs"] = options["max_epochs"]
    return [f"--trainer.{key}={value}" for key, value in found.items()]


def drawn(random: Random, processes: int) -> Run:
    """Return a config of which the sizes stand in the file or in the options, by chance."""
    pick = random.choice
    options = sizes(random, processes)
    trainer: Config = {"max_epochs": pick([1, 2, 3, 5])}
    data: Config = {"class_path": "train_lightning.Data", "init_args": {}}
    if chance(random, 0.6):
        data["init_args"]["batch_size"] = options.pop("batch_size")
    if chance(random, 0.5):
        data["init_args"]["drop_last"] = options.pop("drop_last")
    if chance(random, 0.6):
        trainer["accumulate_grad_batches"] = options.pop("accumulate")
    if chance(random, 0.3):
        trainer["max_steps"] = pick([5, 11, 40])
    if "max_steps" in trainer and chance(random, 0.5):
        trainer["max_epochs"] = -1
    if chance(random, 0.2):
        options |= pick([{"max_iters": 9}, {"max_epochs": 2}])
    trainer |= limits(random)
    name, arguments = chosen_scheduler(
        random, trainer["max_epochs"] if trainer["max_epochs"] > 0 else 6
    )
    parts = {
        "optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": pick([1e-4, 0.001])}},
        "lr_scheduler": {
            "class_path": f"torch.optim.lr_scheduler.{name}",
            "init_args": arguments,
        },
    }
    config: Config = {"trainer": trainer, "data": data}
    where = pick(["Fitted", "Returning", "Stepping"])
    if where == "Fitted":
        config |= {"model": {"class_path": "train_lightning.Fitted"}} | parts
    else:
        config["model"] = {"class_path": f"train_lightning.{where}", "init_args": parts}
    if where == "Stepping":
        options["set"] = ["interval=step"]
    return Run(File(text_of(config), options))


def limits(random: Random) -> Config:
    """Return what would cut an epoch short, now and then, saying that nothing does."""
    found: list[Config] = [
        {"limit_train_batches": 1.0},
        {"overfit_batches": 0.0},
        {"fast_dev_run": False},
    ]
    return random.choice(found) if chance(random, 0.25) else {}
