"""mmengine's Runner on a config: its loader, its loop and its hooks, in every process."""

from __future__ import annotations

import importlib
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from draw import Draw
from format_case import Config, File
from record_openmmlab import scheduler
from train_case import Run, chance, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")
config: Any = importlib.import_module("mmengine.config")
mmengine_model: Any = importlib.import_module("mmengine.model")
hooks: Any = importlib.import_module("mmengine.hooks")
runners: Any = importlib.import_module("mmengine.runner")

registry: Any = importlib.import_module("mmengine.registry")
loops: Any = importlib.import_module("mmengine.runner.loops")

SOURCES = ("mmengine", "torch")

loops.time = SimpleNamespace(sleep=lambda _: None)  # it waits two seconds at the end of the data
registry.DATA_SAMPLERS.register_module(module=torch.utils.data.BatchSampler, force=True)


class Samples(torch.utils.data.Dataset):  # type: ignore[misc, name-defined]
    """A data set of a size."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return {"inputs": torch.ones(1) * index}


class Model(mmengine_model.BaseModel):  # type: ignore[misc]
    """A model of one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Any, mode: str = "loss") -> Any:
        del mode
        return {"loss": (self.weight * torch.stack(inputs)).mean()}


class Rates(hooks.Hook):  # type: ignore[misc]
    """What keeps the rate of each iteration, which is a batch."""

    def __init__(self) -> None:
        self.kept: list[float] = []

    def before_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None) -> None:
        del batch_idx, data_batch
        self.kept.append(float(runner.optim_wrapper.get_lr()["lr"][0]))


class Runner(runners.Runner):  # type: ignore[misc]
    """One that does not look at its machine, which takes seconds."""

    def _log_env(self, env_cfg: Any) -> None:
        del env_cfg


def rates(path: Path, run: Run) -> Iterator[float]:
    """Train by the config, the user's options over it."""
    if run.options["gpus"] > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    cfg = config.Config.fromfile(str(path))
    override(cfg, run.options)
    kept = Rates()
    runner = Runner(
        model=Model(),
        work_dir=str(path.parent),
        train_dataloader={"dataset": Samples(run.options["dataset_size"]), **cfg.train_dataloader},
        train_cfg=cfg.train_cfg,
        optim_wrapper=cfg.optim_wrapper,
        param_scheduler=cfg.get("param_scheduler"),
        auto_scale_lr=cfg.get("auto_scale_lr"),
        default_hooks={"logger": None, "checkpoint": None},
        custom_hooks=[kept],
        experiment_name=f"{os.getpid()}-{id(kept)}",
        log_level="ERROR",
    )
    try:
        runner.train()
    finally:
        yield from kept.kept


def override(cfg: Any, options: Config) -> None:
    """Put the user's options over a config."""
    for key in ("batch_size", "drop_last"):
        if key in options:
            cfg.train_dataloader[key] = options[key]
    for key in ("max_iters", "max_epochs"):
        if key in options:
            cfg.train_cfg[key] = options[key]
    if options.get("auto_scale_lr"):
        cfg.auto_scale_lr.enable = True


def place(random: Random, loader: Config, options: Config) -> Config:
    """Return where a loader is told to drop its last batch: one of three places."""
    if chance(random, 0.3):
        sampler: Config = {"type": "BatchSampler"}
        loader["batch_sampler"] = sampler
        return sampler
    return loader if chance(random, 0.5) else options


def drawn(random: Random, processes: int) -> Run:
    """Return a config of which the sizes stand in the file or in the options, by chance."""
    d = Draw(random.random())
    options = sizes(random, processes)
    accumulate, drop_last = options.pop("accumulate"), options.pop("drop_last")
    in_epochs, epochs, epoch = chance(random, 0.6), d.whole(1, 4), 5  # the epoch is about that
    loader: Config = {"num_workers": 0, "batch_size": options["batch_size"]}
    kind = "DefaultSampler" if in_epochs or chance(random, 0.5) else "InfiniteSampler"
    loader["sampler"] = {"type": kind, "shuffle": False}
    if drop_last:
        place(random, loader, options)["drop_last"] = True
    if chance(random, 0.6):
        del options["batch_size"]
    length = {"max_epochs": epochs} if in_epochs else {"max_iters": epochs * epoch}
    told: Any = {"type": f"{'Epoch' if in_epochs else 'Iter'}BasedTrainLoop"}
    wrapper = {"optimizer": {"type": "SGD", "lr": d.rate(1e-3), "momentum": 0.9}}
    slip = chance(random, 0.3)  # schedulers that count epochs, by default, in a run that does not
    count = d.pick(0, 1, 1, 2)
    kinds = [scheduler(d, epochs, epoch, in_epochs=in_epochs or slip) for _ in range(count)]
    found: Config = {
        "optim_wrapper": wrapper | ({"accumulative_counts": accumulate} if accumulate > 1 else {}),
        "param_scheduler": kinds,
        "train_cfg": d.pick(told, {"by_epoch": in_epochs}) | length,
        "train_dataloader": loader,
    }
    if chance(random, 0.3):
        enable = chance(random, 0.5)
        found["auto_scale_lr"] = {"base_batch_size": 16, "enable": enable}
        options |= {} if enable else {"auto_scale_lr": True}
    if chance(random, 0.2):
        options |= {"max_epochs": 3} if in_epochs else {"max_iters": 13}
    text = "".join(f"{key} = {value!r}\n" for key, value in found.items())
    return Run(File(text, options, "config.py"))
