"""fairseq's hydra configs: its dataclasses, schedulers and composite optimizer, stepped as it does.

The wheel is for older Pythons: unzipped, on PYTHONPATH, its modules load here, once dataclasses may
hold each other as defaults.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from format_case import Config, File, bare, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

omegaconf = importlib.import_module("omegaconf").OmegaConf
torch = importlib.import_module("torch")
UNRELATED: dict[str, Config] = {
    "fairseq.tasks": {"TASK_DATACLASS_REGISTRY": {}},
    "fairseq.models": {"ARCH_MODEL_NAME_REGISTRY": {}, "MODEL_DATACLASS_REGISTRY": {}},
    "fairseq.utils": {},
}
for name, members in UNRELATED.items():
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__dict__.update(members)
bare("fairseq").utils = sys.modules["fairseq.utils"]
plain = dataclasses.dataclass
dataclasses.dataclass = functools.partial(plain, unsafe_hash=True)
configs = importlib.import_module("fairseq.dataclass.configs")
dataclasses.dataclass = plain
initialize = importlib.import_module("fairseq.dataclass.initialize")
utils = importlib.import_module("fairseq.dataclass.utils")
registry = importlib.import_module("fairseq.registry")
optim = bare("fairseq.optim")
base = importlib.import_module("fairseq.optim.fairseq_optimizer")
optim.FairseqOptimizer, optim.LegacyFairseqOptimizer = (
    base.FairseqOptimizer,
    base.LegacyFairseqOptimizer,
)
made = registry.setup_registry("--optimizer", base_class=base.FairseqOptimizer, required=True)
optim._build_optimizer, optim.register_optimizer = made[:2]
schedulers = importlib.import_module("fairseq.optim.lr_scheduler")
importlib.import_module("fairseq.optim.composite")

SOURCES = ("fairseq", "omegaconf", "torch")


@optim.register_optimizer("adam")
class Held(base.FairseqOptimizer):  # type: ignore[misc, name-defined]
    """An optimizer that only holds a rate."""

    def __init__(self, cfg: Any, params: Any) -> None:
        super().__init__(cfg)
        self._optimizer = torch.optim.SGD(params, lr=0.0)  # the scheduler sets it


def rates(path: Path, options: Config) -> Iterator[float]:
    """Step at every update and, where epochs have a length, at both ends of each."""
    cfg = omegaconf.structured(configs.FairseqConfig)
    omegaconf.set_struct(cfg, value=False)
    cfg = omegaconf.merge(cfg, omegaconf.load(path))
    initialize.add_defaults(cfg)
    with utils.omegaconf_no_object_check():
        cfg = omegaconf.create(omegaconf.to_container(cfg, resolve=True, enum_to_str=True))
    omegaconf.set_struct(cfg, value=True)
    held = optim._build_optimizer(cfg.optimizer, _parameters(cfg.optimizer))
    scheduler = schedulers.build_lr_scheduler(cfg.lr_scheduler, held)
    scheduler.step_update(0)
    yield from _looped(cfg.optimization, options.get("iters_per_epoch"), held, scheduler)


def _parameters(optimizer: Any) -> list[Any]:
    """Return a parameter of each group that the optimizer asks for."""
    found = []
    for group in optimizer.get("groups", ["default"]):
        found.append(torch.nn.Parameter(torch.zeros(1)))
        found[-1].param_group = group
    return found


def _looped(run: Any, each: int | None, held: Any, scheduler: Any) -> Iterator[float]:
    """Yield each update's rate, as train.py and trainer.py have the epochs and the end."""
    most = run.max_update or float("inf")
    updates, epoch = 0, 1
    while epoch <= (run.max_epoch or float("inf")) and updates < most:
        scheduler.step_begin_epoch(epoch)
        scheduler.step_update(updates)
        end = most if each is None else min(most, updates + each)
        while updates < end:
            yield held.get_lr()
            updates += 1
            scheduler.step_update(updates)
        if updates < most:
            scheduler.step(epoch, None)
            scheduler.step_update(updates)
        epoch += 1
    yield held.get_lr()


# -- the files ----------------------------------------------------------------------------------


def _file(scheduler: str, run: str = "max_update: 60, lr: [0.0005]", **options: Any) -> File:
    text = "# @package _group_\ncommon: {fp16: true, log_format: json}\n"
    text += f"optimization: {{{run}}}\noptimizer: {{_name: adam, lr: [0.0005]}}\n"
    text += f"lr_scheduler: {{_name: {scheduler}}}\n"
    return File(text, options, "base.yaml")


_EPOCHS = "max_epoch: 4, lr: [0.0005]"

WRITTEN = (
    _file("tri_stage, phase_ratio: [0.1, 0.4, 0.5], final_lr_scale: 0.05"),
    _file("tri_stage, phase_ratio: [0.03, 0.9, 0.07]"),
    _file("tri_stage, phase_ratio: [0.1, 0.3, 0.6]"),
    _file("tri_stage, phase_ratio: [0.2, 0.7, 0.1]"),
    _file("tri_stage, phase_ratio: [0.1, 0.4, 0.4]"),
    _file("tri_stage, phase_ratio: [0.5, 0.5]"),
    _file("tri_stage, phase_ratio: [0.5, 0.5, 0.0]"),
    _file("tri_stage, warmup_steps: 10, hold_steps: 20, decay_steps: 20, init_lr_scale: 0.0"),
    _file("tri_stage, warmup_steps: 10, decay_steps: 100, phase_ratio: null"),
    _file("tri_stage, warmup_steps: 10"),
    _file("tri_stage"),
    _file("tri_stage, phase_ratio: [0.1, 0.4, 0.5]", _EPOCHS, iters_per_epoch=10),
    _file("tri_stage, warmup_steps: 5, decay_steps: 10", _EPOCHS, iters_per_epoch=10),
    _file("polynomial_decay, warmup_updates: 10"),
    _file("polynomial_decay, warmup_updates: 10, total_num_update: 40, end_learning_rate: 1.0e-5"),
    _file("polynomial_decay, total_num_update: '${optimization.max_update}', power: 2"),
    _file("polynomial_decay, warmup_updates: 80"),
    _file("polynomial_decay, warmup_updates: 60"),
    _file("polynomial_decay, total_num_update: 0"),
    _file("polynomial_decay", _EPOCHS, iters_per_epoch=10),
    _file("polynomial_decay, total_num_update: 30", _EPOCHS, iters_per_epoch=10),
    _file("polynomial_decay, warmup_updates: 10", iters_per_epoch=7),
    _file("cosine, warmup_updates: 10"),
    _file("cosine, warmup_updates: 10, min_lr: 1.0e-5, warmup_init_lr: 1.0e-6"),
    _file("cosine, warmup_updates: 10, min_lr: 1.0e-5"),
    _file("cosine, lr_period_updates: 20"),
    _file("cosine, lr_period_updates: 20, lr_shrink: 1.0, max_update: 60"),
    _file("cosine, lr_period_updates: 20.5, lr_shrink: 0.75, warmup_updates: 5"),
    _file("cosine, lr_period_updates: 11, t_mult: 2, lr_shrink: 0.5"),
    _file("cosine, lr_period_updates: 11, t_mult: 1.3, lr_shrink: 1, min_lr: 1.0e-6"),
    _file("cosine, min_lr: 0.1"),
    _file("cosine, min_lr: 0.0005"),
    _file("cosine", "max_update: 60, lr: [0.1, 0.2]"),
    _file("cosine", _EPOCHS, iters_per_epoch=10),
    _file("cosine, lr_period_updates: 7", _EPOCHS, iters_per_epoch=10),
    _file("inverse_sqrt, warmup_updates: 10"),
    _file("inverse_sqrt, warmup_updates: 10, warmup_init_lr: 1.0e-7"),
    _file("inverse_sqrt"),
    _file("inverse_sqrt, warmup_updates: 0"),
    _file("inverse_sqrt, warmup_updates: 10", _EPOCHS, iters_per_epoch=10),
    _file("inverse_sqrt, warmup_updates: 10", "max_update: 60, max_epoch: 3", iters_per_epoch=12),
    _file("inverse_sqrt, warmup_updates: 10", "max_update: 60, lr: [0.1, 0.2]"),
    _file("step, warmup_updates: 5, lr_deacy_period: 10, lr_decay: 0.5, min_lr: 1.0e-4"),
    _file("step, lr_deacy_period: 7, lr_decay: 0.9"),
    _file("step, lr_deacy_period: 7, lr_decay: 1.2"),
    _file("step, lr_deacy_period: 0"),
    _file("step, lr_decay_period: 7"),
    _file("step, min_lr: 0.001"),
    _file("fixed, warmup_updates: 10"),
    _file("fixed"),
    _file("fixed, lr_shrink: 0.5"),
    _file("fixed", _EPOCHS, iters_per_epoch=10),
    _file("fixed, warmup_updates: 15", _EPOCHS, iters_per_epoch=10),
    _file("fixed", "max_epoch: 4, lr: [0.1, 0.2, 0.05]", iters_per_epoch=10),
    _file("fixed, warmup_updates: 15", "max_epoch: 4, lr: [0.1, 0.2, 0.05]", iters_per_epoch=10),
    _file("fixed, force_anneal: 3, lr_shrink: 0.5", _EPOCHS, iters_per_epoch=10),
    _file("fixed, force_anneal: 2, warmup_updates: 25", _EPOCHS, iters_per_epoch=10),
    _file("triangular, max_lr: 0.01, lr_period_updates: 20"),
    _file("triangular, max_lr: 0.01, lr_period_updates: 25, shrink_min: true, lr_shrink: 0.5"),
    _file("triangular, max_lr: 0.0001, lr_period_updates: 20"),
    _file("cosine_annealing"),
    _file("cosine, warmup: 10"),
    written(
        """
        # only its name
        optimization: {max_update: 20, lr: [0.01]}
        optimizer: {_name: adam}
        lr_scheduler: fixed
        """,
        "base.yaml",
    ),
    written(
        """
        # groups, each with a schedule of its own
        optimization: {max_update: 60, lr: [0.0005]}
        optimizer:
          _name: composite
          groups:
            default:
              lr_float: 0.0002
              optimizer: {_name: adam, adam_betas: [0.9, 0.98]}
              lr_scheduler: {_name: cosine, warmup_updates: 10}
            decoder:
              lr: [0.0004]
              lr_float: null
              optimizer: {_name: adam}
              lr_scheduler: {_name: tri_stage, phase_ratio: [0.25, 0.25, 0.5]}
        lr_scheduler: pass_through
        """,
        "base.yaml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config of one of the kinds that are pretrained and finetuned with."""
    pick = random.choice
    warmup = {"warmup_updates": pick([0, 5, 20])}
    kinds: dict[str, Config] = {
        "tri_stage": {
            "phase_ratio": pick([[0.1, 0.4, 0.5], [0.25, 0.25, 0.5]]),
            "final_lr_scale": pick([0.05, 0.01]),
        },
        "polynomial_decay": warmup | pick([{}, {"power": 2.0}, {"total_num_update": 50}]),
        "cosine": warmup | pick([{}, {"min_lr": 1e-05}, {"lr_period_updates": 33}]),
        "inverse_sqrt": {"warmup_updates": pick([5, 20, 100])},
        "fixed": warmup,
    }
    name = pick(sorted(kinds))
    run: Config = {"max_update": pick([70, 99]), "lr": [pick([0.0005, 3e-05])]}
    run |= pick([{}, {"update_freq": [4]}, {"max_epoch": 3}])
    config = {
        "optimization": run,
        "optimizer": {"_name": "adam", "adam_eps": 1e-06},
        "lr_scheduler": {"_name": name, **kinds[name]},
    }
    return File(text_of(config), {"iters_per_epoch": pick([20, 40])}, "base.yaml")
