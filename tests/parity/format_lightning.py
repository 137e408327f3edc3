"""LightningCLI configs, run by LightningCLI itself: its parser, its hooks, the Trainer's loop."""

from __future__ import annotations

import importlib
import logging
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from format_case import Config, File, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

lightning = importlib.import_module("lightning.pytorch")
cli = importlib.import_module("lightning.pytorch.cli")
torch = importlib.import_module("torch")

SOURCES = ("lightning", "torch")
QUIET = {
    "accelerator": "cpu",
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}


class Model(lightning.LightningModule):  # type: ignore[misc, name-defined]
    """A model of one weight, that keeps the rate of each update."""

    rates: ClassVar[list[float]] = []
    batches: int = 1
    series: tuple[float, ...] = ()

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(width))

    def training_step(self, batch: Any) -> Any:
        return (self.weight * batch.mean()).sum()

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        self.rates.append(float(optimizer.param_groups[0]["lr"]))

    def on_train_epoch_end(self) -> None:
        if self.series:
            self.log("val_loss", torch.tensor(self.series[self.current_epoch], dtype=torch.float64))

    def train_dataloader(self) -> Any:
        return torch.utils.data.DataLoader(torch.zeros(self.batches, 1), batch_size=1)


class Configured(Model):
    """One that is told its optimizer and scheduler, and returns them as they are."""

    def __init__(
        self,
        optimizer: cli.OptimizerCallable = torch.optim.Adam,  # type: ignore[name-defined]
        lr_scheduler: cli.LRSchedulerCallable | None = None,  # type: ignore[name-defined]
    ) -> None:
        super().__init__()
        self.make, self.schedule = optimizer, lr_scheduler

    def configure_optimizers(self) -> Any:
        held = self.make(self.parameters())
        return held if self.schedule is None else ([held], [self.schedule(held)])


class Updating(Configured):
    """One that has its scheduler stepped at every update."""

    def configure_optimizers(self) -> Any:
        held, (scheduler,) = super().configure_optimizers()
        return held, [{"scheduler": scheduler, "interval": "step"}]


def rates(path: Path, options: Config) -> Iterator[float]:
    """Fit the model under the config."""
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    Model.batches, Model.series = options["iters_per_epoch"], options.get("metrics", ())
    text = path.read_text()
    under = "class_path: format_lightning" in text
    args = ["--config", str(path), "fit"] if "fit:" in text else ["fit", "--config", str(path)]
    Model.rates = []
    try:
        made = cli.LightningCLI(
            lightning.LightningModule if under else Model,
            subclass_mode_model=under,
            save_config_callback=None,
            trainer_defaults=QUIET,
            args=args,
        )
    finally:
        yield from Model.rates
    yield float(made.trainer.optimizers[0].param_groups[0]["lr"])


# -- the files ----------------------------------------------------------------------------------

WRITTEN = (
    written(
        """
        # short names; seed and trainer settings beside
        seed_everything: 42
        trainer:
          max_epochs: 12
          precision: 32-true
          gradient_clip_val: 1.0
        model:
          width: 2
        optimizer:
          class_path: AdamW
          init_args:
            lr: 1e-4
            weight_decay: 0.05
        lr_scheduler:
          class_path: CosineAnnealingLR
          init_args:
            T_max: 12
            eta_min: 1.0e-06
        """,
        iters_per_epoch=3,
    ),
    written(
        """
        # longer than T_max: the cosine rises again
        trainer: {max_epochs: 14}
        optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.1, momentum: 0.9}}
        lr_scheduler:
          class_path: torch.optim.lr_scheduler.CosineAnnealingLR
          init_args: {T_max: 5}
        """,
        iters_per_epoch=2,
    ),
    written(
        """
        # max_steps ends it within an epoch
        trainer: {max_steps: 23, max_epochs: 100}
        optimizer: {class_path: torch.optim.Adam, init_args: {lr: 3.e-4}}
        lr_scheduler: {class_path: StepLR, init_args: {step_size: 2, gamma: 0.5}}
        """,
        iters_per_epoch=5,
    ),
    written(
        """
        # no limit on epochs, one on steps
        trainer: {max_steps: 17, max_epochs: -1}
        optimizer: {class_path: torch.optim.Adam, init_args: {lr: 0.001}}
        lr_scheduler: {class_path: ExponentialLR, init_args: {gamma: 0.7}}
        """,
        iters_per_epoch=4,
    ),
    written(
        """
        # steps alone
        trainer: {max_steps: 9}
        optimizer: {class_path: torch.optim.Adam, init_args: {lr: 0.002}}
        lr_scheduler: {class_path: LinearLR, init_args: {start_factor: 0.1, total_iters: 4}}
        """,
        iters_per_epoch=2,
    ),
    written(
        """
        # OneCycleLR is stepped once an epoch, too, and its total_steps counts epochs
        trainer: {max_epochs: 10}
        optimizer: {class_path: AdamW, init_args: {lr: 0.5}}
        lr_scheduler:
          class_path: OneCycleLR
          init_args: {max_lr: 0.01, total_steps: 10, pct_start: 0.3, div_factor: 10}
        """,
        iters_per_epoch=3,
    ),
    written(
        """
        # more epochs than total_steps: torch stops it
        trainer: {max_epochs: 8}
        optimizer: {class_path: AdamW, init_args: {lr: 0.5}}
        lr_scheduler: {class_path: OneCycleLR, init_args: {max_lr: 0.01, total_steps: 6}}
        """,
        iters_per_epoch=2,
    ),
    written(
        """
        # fewer
        trainer: {max_epochs: 4}
        optimizer: {class_path: AdamW, init_args: {lr: 0.5}}
        lr_scheduler:
          class_path: torch.optim.lr_scheduler.OneCycleLR
          init_args: {max_lr: 0.02, epochs: 4, steps_per_epoch: 30, three_phase: true}
        """,
        iters_per_epoch=4,
    ),
    written(
        """
        trainer: {max_epochs: 12}
        optimizer: {class_path: AdamW, init_args: {lr: 1.e-4}}
        lr_scheduler:
          class_path: ReduceLROnPlateau
          init_args: {monitor: val_loss, patience: 1, factor: 0.5}
        """,
        iters_per_epoch=3,
        metrics=[1.0, 0.8, 0.8, 0.9, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.6, 0.7],
    ),
    written(
        """
        trainer: {max_epochs: 9}
        optimizer: {class_path: SGD, init_args: {lr: 0.1}}
        lr_scheduler:
          class_path: lightning.pytorch.cli.ReduceLROnPlateau
          init_args:
            monitor: val_loss
            mode: max
            factor: 0.1
            patience: 0
            threshold: 0.01
            threshold_mode: abs
            cooldown: 1
            min_lr: 1.0e-3
            eps: 1.0e-8
        """,
        iters_per_epoch=2,
        metrics=[0.1, 0.2, 0.205, 0.3, 0.3, 0.2, 0.2, 0.2, 0.5],
    ),
    written(
        """
        # under the subcommand
        fit:
          trainer: {max_epochs: 6}
          optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 6e-5}}
          lr_scheduler: {class_path: MultiStepLR, init_args: {milestones: [2, 4], gamma: 0.1}}
        """,
        iters_per_epoch=3,
    ),
    written(
        """
        # no scheduler
        trainer: {max_epochs: 3}
        optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 6e-5}}
        """,
        iters_per_epoch=4,
    ),
    written(
        """
        # a null scheduler
        trainer: {max_epochs: 2}
        optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 6e-5}}
        lr_scheduler: null
        """,
        iters_per_epoch=4,
    ),
    written(
        """
        # under the model, which returns them as they are
        trainer: {max_epochs: 9}
        model:
          class_path: format_lightning.Configured
          init_args:
            optimizer:
              class_path: torch.optim.AdamW
              init_args: {lr: 2.0e-4, betas: [0.9, 0.95]}
            lr_scheduler:
              class_path: torch.optim.lr_scheduler.CosineAnnealingLR
              init_args: {T_max: 9, eta_min: 1e-5}
        """,
        iters_per_epoch=4,
    ),
    written(
        """
        # under the model, and none
        trainer: {max_epochs: 2}
        model:
          class_path: format_lightning.Configured
          init_args: {optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 2.0e-4}}}
        """,
        iters_per_epoch=5,
    ),
    written(
        """
        # under a model that has it stepped at every update
        trainer: {max_epochs: 3}
        model:
          class_path: format_lightning.Updating
          init_args:
            optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 1.0}}
            lr_scheduler:
              class_path: torch.optim.lr_scheduler.OneCycleLR
              init_args: {max_lr: 0.003, total_steps: 45}
        """,
        iters_per_epoch=15,
        set=["interval=step"],
    ),
    written(
        """
        # a cosine by updates that ends within the run
        trainer: {max_epochs: 5, max_steps: 31}
        model:
          class_path: format_lightning.Updating
          init_args:
            optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.05}}
            lr_scheduler:
              class_path: torch.optim.lr_scheduler.CosineAnnealingLR
              init_args: {T_max: 25}
        """,
        iters_per_epoch=8,
        set=["interval=step"],
    ),
    written(
        """
        # an optimizer that one cycle cannot have the momentum of
        trainer: {max_epochs: 2}
        optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.05}}
        lr_scheduler: {class_path: OneCycleLR, init_args: {max_lr: 0.1, total_steps: 2}}
        """,
        iters_per_epoch=2,
    ),
    written(
        """
        # no T_max
        trainer: {max_epochs: 2}
        optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.05}}
        lr_scheduler: {class_path: CosineAnnealingLR}
        """,
        iters_per_epoch=2,
    ),
    written(
        """
        # a misspelt argument
        trainer: {max_epochs: 2}
        optimizer: {class_path: torch.optim.SGD, init_args: {lr: 0.05}}
        lr_scheduler: {class_path: StepLR, init_args: {step_sise: 3}}
        """,
        iters_per_epoch=2,
    ),
)


def drawn(random: Random) -> File:
    """Return a config with an optimizer and a scheduler, at the top or under the model."""
    pick = random.choice
    epochs, batches = pick([1, 4, 7, 12]), pick([1, 2, 5])
    make = {"class_path": pick(["AdamW", "torch.optim.Adam", "torch.optim.RMSprop"])}
    parts = {
        "optimizer": make | {"init_args": {"lr": pick([1e-4, 3e-4, 0.001, "1e-4", "6.e-5"])}},
        "lr_scheduler": {},
    }
    name, arguments = chosen_scheduler(random, epochs)
    parts["lr_scheduler"] = {
        "class_path": f"torch.optim.lr_scheduler.{name}",
        "init_args": arguments,
    }
    config: Config = {"trainer": {"max_epochs": epochs}}
    if random.random() < 0.3:
        config["trainer"]["max_steps"] = pick([epochs * batches - 1, epochs * batches + 5]) or 1
    options: Config = {"iters_per_epoch": batches}
    where = pick(["top", "Configured", "Updating"])
    if where == "top":
        return File(text_of(config | parts), options)
    if where == "Updating":
        options["set"] = ["interval=step"]
    model = {"class_path": f"format_lightning.{where}", "init_args": parts}
    return File(text_of(config | {"model": model}), options)


def chosen_scheduler(random: Random, epochs: int) -> tuple[str, Config]:
    """Return a scheduler of torch's and its arguments."""
    pick = random.choice
    kinds: dict[str, Config] = {
        "CosineAnnealingLR": {"T_max": pick([epochs, 3, 50]), "eta_min": pick([0, 1e-6])},
        "StepLR": {"step_size": pick([1, 3, 30]), "gamma": pick([0.1, 0.5])},
        "MultiStepLR": {"milestones": pick([[2, 5], [3, 3], [40]]), "gamma": pick([0.1, 0.3])},
        "ExponentialLR": {"gamma": pick([0.9, 0.99])},
        "LinearLR": {"start_factor": pick([0.01, 1.0]), "end_factor": pick([1.0, 0.1])},
        "ConstantLR": {"factor": pick([0.5, 0.1]), "total_iters": pick([2, 5])},
        "PolynomialLR": {"total_iters": pick([epochs, 6]), "power": pick([0.9, 2.0])},
        "CosineAnnealingWarmRestarts": {"T_0": pick([2, 4]), "T_mult": pick([1, 2])},
        "OneCycleLR": {"max_lr": pick([0.01, 0.1]), "total_steps": pick([60, 100])},
        "CyclicLR": {
            "base_lr": 1e-4,
            "max_lr": 0.01,
            "step_size_up": pick([2, 6]),
            "mode": pick(["triangular", "triangular2", "exp_range"]),
            "gamma": 0.9,
            "cycle_momentum": False,
        },
    }
    name = pick(sorted(kinds))
    return name, kinds[name]
