"""OLMo's configs: its TrainConfig, its schedulers, and its Trainer's count of steps and tokens."""

from __future__ import annotations

import enum
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from format_case import Config, File, bare, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

UNRELATED: dict[str, Config] = {  # what the Trainer imports beside its count
    "olmo.checkpoint": dict.fromkeys(
        ("Checkpointer", "FullCheckpointer", "build_sharded_checkpointer"), object
    ),
    "olmo.data": {"IterableDataset": object},
    "olmo.eval": {"Evaluator": object},
    "olmo.model": {"OLMo": object},
    "olmo.util": {"StrEnum": enum.StrEnum, "upload": object},
    "wandb": {},
}
for name, members in UNRELATED.items():
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__dict__.update(members)
bare("olmo").LayerNormBase = object
configs = importlib.import_module("olmo.config")
optim = importlib.import_module("olmo.optim")
trainer = importlib.import_module("olmo.train")

SOURCES = ("ai2-olmo", "omegaconf", "torch")


class Run(trainer.Trainer):  # type: ignore[misc, name-defined]
    """A Trainer that counts, and trains nothing."""

    def __init__(self, cfg: Config, epoch: int) -> None:
        self.cfg, self.epoch = cfg, epoch
        self.global_step = self.global_train_tokens_seen = 0

    @property
    def batches_per_epoch(self) -> int:
        return self.epoch


def rates(path: Path, options: Config) -> Iterator[float]:
    """Set the rate as train_step does: when the step is counted, before the optimizer's."""
    cfg = configs.TrainConfig.load(path)
    run, scheduler = Run(cfg, options.get("iters_per_epoch", 0)), optim.build_scheduler(cfg)
    stops = [run.max_steps, cfg.stop_at, cfg.stop_after]
    for _ in range(min(stop for stop in stops if stop is not None)):
        run.global_step += 1
        run.global_train_tokens_seen += run.tokens_per_batch
        yield scheduler.get_lr(
            cfg.optimizer.learning_rate, run.scheduler_current, run.scheduler_max
        )


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, rest: str = "max_duration: 60\n", each: int | None = None) -> File:
    text = "run_name: OLMo\nseed: 6198\nmodel: {d_model: 64, max_sequence_length: 8}\n"
    text += "optimizer: {name: adamw, learning_rate: 4.0e-4, weight_decay: 0.1}\n"
    text += f"scheduler: {{{scheduler}}}\nglobal_train_batch_size: 4\n{rest}"
    return File(text, {"iters_per_epoch": each} if each else {}, "OLMo.yaml")


_COSINE = "name: cosine_with_warmup, t_warmup: 10"
_LINEAR = "name: linear_with_warmup, t_warmup: 10"
_TOKENS = "units: tokens, t_warmup: 320"

WRITTEN = (
    _file(_COSINE),
    _file(f"{_COSINE}, alpha_f: 0.0"),
    _file(f"{_COSINE}, alpha_f: 0.1, warmup_min_lr: 0.0"),
    _file(f"{_COSINE}, warmup_min_lr: 1.0e-5, grad_clip_warmup_steps: 20"),
    _file(f"{_COSINE}, grad_clip_warmup_steps: 20, grad_clip_warmup_factor: 10.0"),
    _file(f"{_COSINE}, t_max: 45"),
    _file(f"{_COSINE}, t_max: 45.0, alpha_f: 0.1"),
    _file(f"{_COSINE}, t_max: 90"),
    _file(f"{_COSINE}, t_max: null"),
    _file("name: cosine_with_warmup, t_warmup: 10.9"),
    _file("name: cosine_with_warmup, t_warmup: 0"),
    _file("name: cosine_with_warmup, t_warmup: 60"),
    _file("name: cosine_with_warmup, t_warmup: 80"),
    _file("name: cosine_with_warmup, t_warmup: 50, t_max: 30"),
    _file("name: cosine_with_warmup, units: steps", "max_duration: 150\n"),
    _file("t_warmup: 10"),
    _file(f"{_LINEAR}, alpha_f: 0"),
    _file(f"{_LINEAR}, alpha_f: 0.1, t_max: 45"),
    _file("name: linear_with_warmup, t_warmup: 0, alpha_f: 0"),
    _file("name: inverse_sqrt_with_warmup, t_warmup: 10"),
    _file("name: inverse_sqrt_with_warmup, t_warmup: 10, warmup_min_lr: 0.0"),
    _file("name: max_scheduler, t_warmup: 10"),
    _file("name: max_scheduler, t_warmup: 10, alpha_f: 0.0, t_max: 30"),
    _file("name: constant, t_warmup: 10"),
    _file("name: constant_with_warmup, t_warmup: 10"),
    _file("name: constant_with_warmup, t_warmup: 10, warmup_min_lr: 0.0"),
    _file("name: cosine_linear_envelope, t_warmup: 10, alpha_f: 0.1"),
    _file("name: cosine_linear_envelope, t_warmup: 0, alpha_f: 0.0, t_max: 50"),
    _file(f"name: cosine_with_warmup, {_TOKENS}, t_max: 1600", 'max_duration: "1700T"\n'),
    _file(f"name: cosine_with_warmup, {_TOKENS}", "max_duration: 2e3T\n"),
    _file(f"name: linear_with_warmup, {_TOKENS}", "max_duration: 50\n"),
    _file(f"name: linear_with_warmup, {_TOKENS}", "max_duration: 2ep\n", 25),
    _file(f"name: inverse_sqrt_with_warmup, {_TOKENS}", "max_duration: 2ep\n", 25),
    _file(f"name: constant, {_TOKENS}", "max_duration: 1999T\n"),
    _file(_COSINE, "max_duration: 1999T\n"),
    _file(_COSINE, "max_duration: 3ep\n", 21),
    _file(_COSINE, 'max_duration: "6e1"\n'),
    _file(_COSINE, "max_duration: 60\nstop_at: 40\n"),
    _file(_COSINE, "max_duration: 60\nstop_after: 30\n"),
    _file(_COSINE, "max_duration: 60\nstop_at: 40\nstop_after: 30\n"),
    _file(f"{_COSINE}, warmup_min_lr: 1.0e-3"),
    _file(f"{_COSINE}, warmup_min_lr: -1.0e-5"),
    _file(f"{_COSINE}, warmup: 10"),
    _file("name: cosine, t_warmup: 10"),
    _file("name: cosine_with_warmup, units: samples"),
    _file(_COSINE, "max_duration: long\n"),
    _file("name: cosine_with_warmup, t_warmup: ten"),
    written(
        """
        # an interpolation
        run_name: anneal
        model: {max_sequence_length: 16}
        optimizer: {name: lionw, learning_rate: 3.0e-4}
        scheduler: {name: linear_with_warmup, t_warmup: 0, alpha_f: 0}
        max_duration: 40
        global_train_batch_size: 8
        load_path: null
        save_folder: /out/${run_name}
        """,
        "anneal.yaml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds that are trained with."""
    pick = random.choice
    scheduler: Config = {"name": pick(["cosine_with_warmup", "linear_with_warmup"])}
    scheduler |= {"alpha_f": pick([0.1, 0.0]), "t_warmup": pick([5, 20, 0])}
    scheduler |= pick([{}, {"warmup_min_lr": 0.0}, {"t_max": 100}, {"t_max": 33}])
    top: Config = {"max_duration": pick([70, "2ep", "3e3T"])}
    if random.random() < 0.4:
        scheduler |= {"units": "tokens", "t_warmup": pick([200, 333])}
        scheduler |= {"t_max": pick([2000, 3000])} if "t_max" in scheduler else {}
    top |= {"scheduler": scheduler, "global_train_batch_size": pick([4, 6])}
    top |= {"optimizer": {"learning_rate": pick([3e-4, 1e-3])}}
    top |= {"model": {"max_sequence_length": pick([8, 16])}}
    return File(text_of(top), {"iters_per_epoch": pick([29, 40])}, "OLMo.yaml")
