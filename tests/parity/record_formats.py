"""Record what trainers make of their own config files, as ground truth for the readers of these.

    python record_formats.py SOURCES [--format NAME ...] [--seed N] [--cases N] [-o FOLDER]

SOURCES is a folder with the trainers' wheels unzipped, each in a folder of its name and version
(axolotl-0.19.0, torchtitan-0.2.2, torchtune-0.6.1). Of each only the module that builds the
schedule is loaded, with stand-ins for what that imports and never uses, so torch and transformers
are all that must be installed. The loops of the YOLO trainers, which no function of theirs can be
had without, are written out here.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import math
import sys
import types
import warnings
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from record import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Config = dict[str, Any]

torch = importlib.import_module("torch")
transformers = importlib.import_module("transformers")


def loaded(path: Path, **stand_ins: dict[str, Any]) -> Any:
    """Load one module of a package by its path."""
    for name, members in stand_ins.items():
        module = types.ModuleType(name.replace("__", "."))
        module.__dict__.update(members)
        module.__path__ = []
        sys.modules[module.__name__] = module
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def optimizer(lr: float) -> Any:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def stepped(held: Any, scheduler: Any, count: int) -> list[float]:
    """Return what the optimizer holds at each update, and after the last."""
    rates = [float(held.param_groups[0]["lr"])]
    for _ in range(count):
        held.step()
        scheduler.step()
        rates.append(float(held.param_groups[0]["lr"]))
    return rates


def written(config: Config, indent: str = "") -> str:
    """Return a config as YAML."""
    lines = []
    for key, value in config.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", written(value, indent + "  ").rstrip()]
        else:
            lines.append(f"{indent}{key}: {value if isinstance(value, str) else json.dumps(value)}")
    return "\n".join(lines) + "\n"


# -- torchtitan ---------------------------------------------------------------------------------


def torchtitan(sources: Path, random: Random, count: int) -> Iterator[Config]:
    class Container(list):  # type: ignore[type-arg]
        """What holds the optimizers there."""

    module = loaded(
        sources / "torchtitan-0.2.2/torchtitan/components/lr_scheduler.py",
        torchtitan={},
        torchtitan__components={},
        torchtitan__components__optimizer={"OptimizersContainer": Container},
        torchtitan__config={"LRScheduler": object},
        torchtitan__tools={},
        torchtitan__tools__logging={"logger": types.SimpleNamespace(warning=lambda _: None)},
    )
    for _ in range(count):
        steps = random.choice([10, 57, 100])
        table: Config = {
            "warmup_steps": random.choice([0, 2, 20, steps, steps + 5]),
            "total_steps": random.choice([None, None, None, steps * 2, steps // 2]),
            "decay_ratio": random.choice([None, None, 0.0, 0.15, 0.5, 0.8, 1.0]),
            "decay_type": random.choice(["linear", "sqrt", "cosine"]),
            "min_lr_factor": random.choice([0.0, 0.1, 0.01]),
        }
        lr = random.choice([3e-4, 8e-4, 2.2e-4])
        held = optimizer(lr)
        built = module.build_lr_schedulers([held], types.SimpleNamespace(**table), steps)
        said = "\n".join(
            f"{key} = {value if not isinstance(value, str) else repr(value)}"
            for key, value in table.items()
            if value is not None
        )
        text = f"[job]\ndump_folder = 'out'\n[optimizer]\nlr = {lr}\n[training]\nsteps = {steps}\n"
        # beyond the end of the schedule, torchtitan stops at an assertion where nothing decays
        shown = min(steps, table["total_steps"] or steps)
        yield {
            "file": "job.toml",
            "text": f"{text}[lr_scheduler]\n{said}\n",
            "lr": stepped(held, built, shown),
        }


# -- torchtune ----------------------------------------------------------------------------------


def torchtune(sources: Path, random: Random, count: int) -> Iterator[Config]:
    module = loaded(
        sources / "torchtune-0.6.1/torchtune/training/lr_schedulers.py",
        torchtune={},
        torchtune__training={},
        torchtune__training__memory={"OptimizerInBackwardWrapper": object},
    )
    name = "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"
    for _ in range(count):
        epoch, most = random.choice([5, 30, 50]), random.choice([None, None, 4, 1000])
        epochs, warmup = random.choice([1, 2, 3]), random.choice([0, 1, 10, 100])
        more = {"num_cycles": random.choice([0.5, 1.0, 2.0])} if random.random() < 0.3 else {}
        lr = random.choice([2e-5, 3e-4, 0.001])
        length = epochs * min(epoch, most or epoch)
        held = optimizer(lr)
        built = module.get_cosine_schedule_with_warmup(held, warmup, length, **more)
        config = {
            "optimizer": {"_component_": "torch.optim.AdamW", "fused": True, "lr": lr},
            "lr_scheduler": {"_component_": name, "num_warmup_steps": warmup, **more},
            "epochs": epochs,
            "max_steps_per_epoch": most,
        }
        yield {
            "file": "recipe.yaml",
            "text": written(config),
            "options": {"iters_per_epoch": epoch},
            "lr": stepped(held, built, length),
        }


# -- axolotl ------------------------------------------------------------------------------------


def axolotl(sources: Path, random: Random, count: int) -> Iterator[Config]:
    curves = loaded(sources / "axolotl-0.19.0/axolotl/utils/schedulers.py")
    for _ in range(count):
        total, lr = random.choice([40, 77, 100]), random.choice([2e-4, 2e-5, 1e-3])
        config: Config = {"base_model": "x/y", "micro_batch_size": 2, "learning_rate": lr}
        kind = random.choice([None, "cosine", "cosine", "rex", "linear", "constant_with_warmup"])
        config |= {"lr_scheduler": kind, "max_steps": total}
        if random.random() < 0.7:
            config["warmup_steps"] = random.choice([0, 1, 2, 10, total // 2])
        warmup = config.get("warmup_steps", min(int(0.03 * total), 100))
        warmup = 2 if warmup == 1 else warmup
        if random.random() < 0.5:
            config["cosine_min_lr_ratio"] = random.choice([0.1, 0.25, 1.0])
        if random.random() < 0.3:
            config["cosine_constant_lr_ratio"] = random.choice([0.5, 0.8])
        if random.random() < 0.3:
            config["lr_quadratic_warmup"] = True
        if random.random() < 0.3:
            config["jagged_restart_steps"] = random.choice([10, 25])
            config["jagged_restart_warmup_steps"] = random.choice([3, 5])
            config["jagged_restart_anneal_steps"] = random.choice([False, 1, 4])
        held = optimizer(lr)
        built = _of_axolotl(curves, held, config, warmup)
        yield {"file": "axolotl.yml", "text": written(config), "lr": stepped(held, built, total)}


def _of_axolotl(curves: Any, held: Any, config: Config, warmup: int) -> Any:
    """Choose as SchedulerMixin.create_scheduler does, and put the restarts over it."""
    total, kind = config["max_steps"], config["lr_scheduler"] or "cosine"
    floor, hold = config.get("cosine_min_lr_ratio"), config.get("cosine_constant_lr_ratio")
    if kind == "rex":
        lr = config["learning_rate"]
        scheduler = curves.RexLR(held, lr, lr * (floor or 0), total, warmup)
    elif kind == "cosine" and config.get("lr_quadratic_warmup"):
        scheduler = curves.get_cosine_schedule_with_quadratic_warmup(held, warmup, total)
    elif kind == "cosine" and floor and hold:
        make = curves.get_cosine_schedule_with_warmup_decay_constant
        scheduler = make(held, warmup, total, hold, floor)
    elif kind == "cosine" and floor:
        scheduler = curves.get_cosine_schedule_with_min_lr(held, warmup, total, floor)
    else:
        scheduler = transformers.get_scheduler(kind, held, warmup, total)
    if config.get("jagged_restart_steps"):
        scheduler = curves.JaggedLRRestartScheduler(
            held,
            scheduler,
            config["jagged_restart_steps"],
            config["jagged_restart_warmup_steps"],
            config["jagged_restart_anneal_steps"] or 1,
            min_lr_scale=floor or 0.001,
        )
    return scheduler


# -- the YOLO trainers --------------------------------------------------------------------------


def ultralytics(sources: Path, random: Random, count: int) -> Iterator[Config]:
    del sources
    for i in range(count):
        kind = ("v8", "v8", "v5", "v7")[i % 4]
        epochs, batches = random.choice([2, 5, 12]), random.choice([7, 20, 37])
        batch = random.choice([8, 10, 16, 48, 64, 128])
        cosine = random.random() < 0.5
        config: Config = {
            "lr0": random.choice([0.01, 0.001]),
            "lrf": random.choice([0.01, 0.1, 0.5]),
            "warmup_epochs": random.choice([0.0, 1.0, 2.5, 3.0, 10.0]),
        }
        options: Config = {"dataset_size": batches * batch, "gpus": 1}
        rates = yolo_rates(YoloRun(kind, epochs, batches, batch, cosine), config)
        if kind == "v8":
            config |= {"epochs": epochs, "batch": batch, "cos_lr": cosine, "optimizer": "SGD"}
        else:
            config |= {"obj": 1.0} | ({"paste_in": 0.0} if kind == "v7" else {})
            options |= {"batch_size": batch, "max_epochs": epochs}
            if cosine != (kind == "v7"):
                config["cos_lr" if cosine else "linear_lr"] = True
        yield {"file": "args.yaml", "text": written(config), "options": options, "lr": rates}


class YoloRun(NamedTuple):
    """A run: its trainer (v8, v5 or v7), and what the command line or the data set says."""

    kind: str
    epochs: int
    batches: int
    batch: int
    cosine: bool

    def factor(self, lrf: float) -> Callable[[int], float]:
        """Return the part of the first rate that each epoch has."""
        epochs = self.epochs
        if self.cosine:
            return lambda x: max((1 - math.cos(x * math.pi / epochs)) / 2, 0) * (lrf - 1) + 1
        if self.kind == "v7":
            return lambda x: (1 - x / (epochs - 1)) * (1.0 - lrf) + lrf
        return lambda x: max(1 - x / epochs, 0) * (1.0 - lrf) + lrf

    def warmup(self, epochs: float) -> int:
        """Return the batches of the warm-up."""
        if self.kind == "v8":
            return round(min(epochs, self.epochs - 1) * self.batches)
        return max(round(epochs * self.batches), 100 if self.kind == "v5" else 1000)


def yolo_rates(run: YoloRun, config: Config) -> list[float]:
    """Go through the loop of a trainer; return the rate of the weights at each update."""
    factor = run.factor(config["lrf"])
    held = optimizer(config["lr0"])
    group = held.param_groups[0]
    scheduler = torch.optim.lr_scheduler.LambdaLR(held, factor)
    accumulate = max(round(64 / run.batch), 1)
    full = 64 / run.batch
    if run.kind == "v8":
        full = accumulate = min(accumulate, run.batches * run.epochs)
    warmup = run.warmup(config["warmup_epochs"])
    scheduler.last_epoch = -1
    rates, last = [], -1
    for epoch in range(run.epochs):
        if run.kind == "v8":
            scheduler.step()
        for i in range(epoch * run.batches, (epoch + 1) * run.batches):
            if warmup and i <= warmup:
                accumulate = max(1, int(np.interp(i, [0, warmup], [1, full]).round()))
                target = group["initial_lr"] * factor(epoch)
                group["lr"] = float(np.interp(i, [0, warmup], [0.0, target]))
            if i % accumulate == 0 if run.kind == "v7" else i - last >= accumulate:
                rates.append(float(group["lr"]))
                last = i
        if run.kind != "v8":
            scheduler.step()
    return rates


FORMATS = {
    "torchtitan": torchtitan,
    "torchtune": torchtune,
    "axolotl": axolotl,
    "ultralytics": ultralytics,
}


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--format", nargs="+", choices=FORMATS, default=list(FORMATS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=60, help="configs of each format")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "formats")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in given.format:
        random = Random(f"{given.seed}/{name}")  # noqa: S311 - to draw cases, not secrets
        drawn = FORMATS[name](given.sources, random, given.cases)
        cases = [
            {"id": f"{name}-{i}", **case, "lr": [rate.hex() for rate in case["lr"]]}
            for i, case in enumerate(drawn)
        ]
        path = given.output / f"{name}.json.gz"
        write(cases, path)
        print(f"{name}: {len(cases)} cases, {path.stat().st_size // 1000} kB in {path}")


if __name__ == "__main__":
    main()
