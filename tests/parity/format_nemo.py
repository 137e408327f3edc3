"""NeMo's configs, whose scheduler nemo/core/optim/lr_scheduler.py prepares."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

from format_case import Config, File, bare, loaded, optimizer, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

omegaconf = importlib.import_module("omegaconf")
for package in ("nemo", "nemo.core", "nemo.core.config"):
    bare(package)
prepare = loaded(
    "nemo_toolkit",
    "nemo/core/optim/lr_scheduler.py",
    nemo__core__classes={},
    nemo__core__classes__common={"safe_instantiate": None},
    nemo__utils={"logging": logging.getLogger("nemo")},
    nemo__utils__model_utils={"maybe_update_config_version": lambda config: config},
).prepare_lr_scheduler

SOURCES = ("nemo_toolkit", "omegaconf", "torch")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at the interval that the scheduler is prepared with."""
    held = omegaconf.OmegaConf
    top = held.to_container(held.load(path), resolve=True)
    trainer, optim = top["trainer"], top["model"]["optim"]
    each = options.get("iters_per_epoch", 1)
    steps = trainer.get("max_steps", -1)
    length = steps if steps > 0 else trainer["max_epochs"] * each
    made = optimizer(optim["lr"])
    prepared: Any = prepare(made, optim["sched"] | {"max_steps": length})
    every = each if prepared["interval"] == "epoch" else 1
    for update in range(1, length + 1):
        yield made.param_groups[0]["lr"]
        made.step()
        if update % every == 0:
            prepared["scheduler"].step()
    yield made.param_groups[0]["lr"]


# -- the files ----------------------------------------------------------------------------------


def _file(sched: str, lr: str = "0.001", trainer: str = "max_steps: 40", **options: Any) -> File:
    text = f"name: model\nmodel:\n  optim:\n    name: adamw\n    lr: {lr}\n"
    text += f"    sched: {{{sched}}}\ntrainer: {{{trainer}}}\nexp_manager: {{name: model}}\n"
    return written(text, **options)


WRITTEN = (
    _file("name: CosineAnnealing, warmup_steps: 5, warmup_ratio: null, min_lr: 1e-6"),
    _file("name: CosineAnnealing, warmup_ratio: 0.1, constant_steps: 8, min_lr: 1.0e-5"),
    _file("name: CosineAnnealing, monitor: val_loss, reduce_on_plateau: false, last_epoch: -1"),
    _file(
        "name: CosineAnnealing, warmup_steps: 6",
        trainer="max_epochs: 5, max_steps: -1",
        iters_per_epoch=9,
    ),
    _file("name: NoamAnnealing, d_model: 512, warmup_steps: 10, min_lr: 1e-6", "2.0"),
    _file("name: NoamHoldAnnealing, warmup_steps: 5, hold_steps: 8, decay_rate: 0.5"),
    _file("name: NoamHoldAnnealing, warmup_ratio: 0.1, hold_ratio: 0.2, min_lr: 1e-5"),
    _file("name: WarmupAnnealing, warmup_steps: 7"),
    _file("name: WarmupPolicy, warmup_steps: 7"),
    _file("name: WarmupHoldPolicy, warmup_steps: 7, hold_steps: 9"),
    _file("name: SquareAnnealing, warmup_steps: 7, min_lr: 1e-5"),
    _file("name: SquareRootAnnealing, warmup_steps: 7"),
    _file("name: InverseSquareRootAnnealing, warmup_steps: 7, min_lr: 1e-7"),
    _file("name: PolynomialDecayAnnealing, warmup_steps: 7, power: 2.0, min_lr: 1e-5"),
    _file("name: PolynomialHoldDecayAnnealing, warmup_ratio: 0.1, hold_ratio: 0.3, power: 2"),
    _file("name: StepLR, step_size: 9, gamma: 0.5"),
    _file("name: Cosine, warmup_steps: 7"),
    _file("name: CosineAnnealing, warmup_steps: 7, warmup_ratio: 0.1"),
    _file("name: CosineAnnealing, warmup: 7"),
)


def drawn(random: Random) -> File:
    """Return a config with one of the policies that people use."""
    pick = random.choice
    sched: Config = {"name": pick(["CosineAnnealing", "NoamAnnealing", "WarmupAnnealing"])}
    sched |= pick([{"warmup_steps": 4}, {"warmup_ratio": 0.1}, {"warmup_steps": 12}])
    sched["min_lr"] = pick([0.0, 1e-5])
    sched |= {"d_model": pick([176, 512])} if sched["name"] == "NoamAnnealing" else {}
    optim = {"name": "adamw", "lr": pick([0.001, 0.05]), "sched": sched}
    trainer, options = pick(
        [
            ({"max_steps": 45}, {}),
            ({"max_epochs": 6, "max_steps": -1}, {"iters_per_epoch": 8}),
        ]
    )
    return File(text_of({"model": {"optim": optim}, "trainer": trainer}), options)
