"""llm-foundry's configs: its scheduler and Composer's, compiled by Composer on its own clock.

Composer's Trainer steps a scheduler before it moves its clock on, so that there an update uses the
factor of the update before it (the first two use the first one's). Here the clock moves first.
"""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from format_case import Config, File, bare, loaded, optimizer, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

omegaconf = importlib.import_module("omegaconf")
for package in ("composer", "composer.core", "composer.optim", "composer.utils"):
    bare(package)
utils, core, optim = (
    importlib.import_module(f"composer.{name}") for name in ("utils", "core", "optim")
)
utils.__dict__["StringEnum"] = importlib.import_module("composer.utils.string_enum").StringEnum
clock = importlib.import_module("composer.core.time")
core.__dict__.update(State=object, Time=clock.Time, TimeUnit=clock.TimeUnit)
composers = importlib.import_module("composer.optim.scheduler")
optim.__dict__.update(vars(composers))
for package in ("llmfoundry", "llmfoundry.utils"):
    bare(package)
own = loaded("llm-foundry", "llmfoundry/optim/scheduler.py")

SOURCES = ("llm-foundry", "mosaicml", "omegaconf", "torch")
SCHEDULERS = {  # as llmfoundry/optim/__init__.py registers them
    "constant_with_warmup": composers.ConstantWithWarmupScheduler,
    "cosine_with_warmup": composers.CosineAnnealingWithWarmupScheduler,
    "linear_decay_with_warmup": composers.LinearWithWarmupScheduler,
    "inv_sqrt_with_warmup": own.InverseSquareRootWithWarmupScheduler,
}


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at every batch, of as many samples and tokens as the config says."""
    held = omegaconf.OmegaConf
    file = held.to_container(held.load(path))
    top = held.to_container(held.create(file.get("parameters", file)), resolve=True)
    told = dict(top["scheduler"])
    scheduler = SCHEDULERS[told.pop("name")](**told)
    each = options.get("iters_per_epoch")
    state = SimpleNamespace(
        optimizers=[optimizer(top["optimizer"]["lr"])],
        max_duration=clock.ensure_time(top["max_duration"], clock.TimeUnit.EPOCH),
        dataloader_len=each and clock.Time(each, "ba"),
        timestamp=clock.Timestamp(),
    )
    compiled = composers.compile_composer_scheduler(scheduler, state)
    samples = top.get("global_train_batch_size", 0)
    group = state.optimizers[0].param_groups[0]
    while state.timestamp < state.max_duration:
        yield group["lr"]
        state.optimizers[0].step()
        now = state.timestamp.to_next_batch(samples, samples * top.get("max_seq_len", 0))
        state.timestamp = now.to_next_epoch() if now.batch_in_epoch == each else now
        compiled.step()
    yield group["lr"]


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, duration: str = "60ba", each: int | None = None, **keys: Any) -> File:
    top = {"lr": 6e-4, "max_seq_len": 8, "global_train_batch_size": 4, **keys}
    rate = top.pop("lr")
    text = text_of(top) + f"max_duration: {duration}\neval_interval: 2ba\nalgorithms: {{}}\n"
    text += f"optimizer:\n  name: decoupled_adamw\n  lr: {rate}\n  betas: [0.9, 0.95]\n"
    text += f"scheduler: {{{scheduler}}}\nvariables: {{run_name: llm}}\n"
    return File(text, {"iters_per_epoch": each} if each else {}, "run.yaml")


_ROOT = "name: inv_sqrt_with_warmup, t_warmup: "

WRITTEN = (
    _file("name: cosine_with_warmup, t_warmup: 10ba, alpha_f: 0.1"),
    _file("name: cosine_with_warmup, t_warmup: 0.02dur, alpha_f: 0.1", "3ep", 25),
    _file("name: cosine_with_warmup, t_warmup: 0.025dur", "1ep", 70),
    _file("name: cosine_with_warmup, t_warmup: 2ep, alpha_f: 0.0", "5", 9),
    _file("name: cosine_with_warmup, t_warmup: 2ep, alpha_f: 0.0", "40ba", 9),
    _file("name: cosine_with_warmup, t_warmup: 10ba", "3ep", 15),
    _file("name: cosine_with_warmup, t_warmup: 0ba, alpha_f: 0.1"),
    _file("name: cosine_with_warmup, t_warmup: 60ba"),
    _file("name: cosine_with_warmup, t_warmup: 90ba"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 90ba"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 1.5dur"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 0.5dur"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 30ba"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 2ep", "40ba", 15),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 4ep", "40ba", 15),
    _file("name: cosine_with_warmup, t_warmup: 100tok, alpha_f: 0.1", "1500tok"),
    _file("name: cosine_with_warmup, t_warmup: 0.07dur, alpha_f: 0.1", "1e3tok"),
    _file("name: cosine_with_warmup, t_warmup: 25sp, alpha_f: 0.1", "201sp"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, t_max: 50ba", "1e3tok"),
    _file("name: cosine_with_warmup, t_warmup: 10ba", "1e3tok"),
    _file("name: cosine_with_warmup, t_warmup: 10BA", "60BA"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, scale_warmup: true"),
    _file("name: cosine_with_warmup, t_warmup: 10"),
    _file("name: cosine_with_warmup, t_warmup: 1.5ba"),
    _file("name: cosine_with_warmup, t_warmup: 10min"),
    _file("name: cosine_with_warmup, t_warmup: 10sec"),
    _file("name: cosine_with_warmup"),
    _file("name: cosine_with_warmup, t_warmup: 10ba, alpha: 0.1"),
    _file("name: cosine, t_warmup: 10ba"),
    _file("name: cosine_with_warmup, t_warmup: 10ba", "1.5ep", 10),
    _file("name: linear_decay_with_warmup, t_warmup: 0.1dur"),
    _file("name: linear_decay_with_warmup, t_warmup: 10ba, alpha_i: 0.5, alpha_f: 0.1", "2ep", 20),
    _file("name: linear_decay_with_warmup, t_warmup: 60ba, alpha_f: 0.1"),
    _file("name: constant_with_warmup, t_warmup: 0.1dur"),
    _file("name: constant_with_warmup, t_warmup: 10ba, alpha: 0.5", "2ep", 20),
    _file("name: constant_with_warmup, t_warmup: 0ba"),
    _file("name: constant_with_warmup, t_warmup: 0dur, t_max: 70ba"),
    _file(_ROOT + "10ba, t_scale: 10ba, t_cooldown: 12ba"),
    _file(_ROOT + "10ba, t_scale: 5ba, t_cooldown: 12ba, alpha_f_decay: 0.1, t_max: 70ba"),
    _file(_ROOT + "10ba, t_scale: 30ba, t_cooldown: 0ba, alpha_f_decay: 0.1"),
    _file(_ROOT + "0ba, t_scale: 30ba, t_cooldown: 20ba"),
    _file(_ROOT + "10ba, t_scale: 30ba, t_cooldown: 55ba, alpha_f_cooldown: 0.0"),
    _file(_ROOT + "1ep, t_scale: 2ep, t_cooldown: 1ep", "5ep", 9),
    _file(_ROOT + "100tok, t_scale: 100tok, t_cooldown: 300tok", "1500tok"),
    _file(_ROOT + "1ep, t_scale: 20ba, t_cooldown: 1ep", "5ep", 9),
    _file(_ROOT + "0.1dur, t_scale: 20ba, t_cooldown: 10ba"),
    _file(_ROOT + "10ba, t_scale: 20ba, t_cooldown: 0.1dur"),
    _file(_ROOT + "10ba, t_scale: 20ba, t_cooldown: 10ba, alpha_f_cooldown: 0.1"),
    _file(_ROOT + "10ba, t_scale: 20ba"),
    written(
        """
        # for MosaicML's platform
        name: mpt
        compute: {gpus: 8}
        parameters:
          max_seq_len: 2048
          rate: 3.0e-5
          optimizer: {name: decoupled_lionw, lr: "${rate}", weight_decay: 1.0e-6}
          scheduler: {name: linear_decay_with_warmup, t_warmup: 5ba, alpha_f: 0}
          max_duration: 44ba
        """,
        "mcli.yaml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config of a run in batches, epochs or tokens."""
    pick = random.choice
    duration, each, warmups = pick(
        [
            ("77ba", None, ["5ba", "0.05dur", "0ba"]),
            ("3ep", pick([11, 30]), ["5ba", "0.02dur", "1ep"]),
            ("4000tok", None, ["333tok", "0.05dur", "0tok"]),
            ("210sp", None, ["20sp", "0.3dur"]),
        ]
    )
    name = pick(["cosine_with_warmup", "cosine_with_warmup", "linear_decay_with_warmup"])
    told = f"name: {name}, t_warmup: {pick(warmups)}, alpha_f: {pick([0.1, 0.0, 0.02])}"
    if random.random() < 0.2:
        told = f"name: constant_with_warmup, t_warmup: {pick(warmups)}"
    batch = {"global_train_batch_size": pick([4, 12]), "max_seq_len": pick([8, 16])}
    return _file(told, duration, each, lr=pick([6e-4, 2e-5]), **batch)
