"""A plain training loop of paddle's around a scheduler's call, told of its replicas."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File
from train_case import Run, chance, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

paddle: Any = importlib.import_module("paddle")

SOURCES = ("paddlepaddle",)


class Samples(paddle.io.Dataset):  # type: ignore[misc]
    """A data set of a size."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return paddle.ones([1]) * index


def rates(path: Path, run: Run) -> Iterator[float]:
    """Train on the first replica's batches, and yield the rate of each update."""
    options, per = run.options, run.loop["per"]
    scheduler = eval(path.read_text(encoding="utf-8"), {"paddle": paddle})  # noqa: S307  drawn here
    model = paddle.nn.Linear(1, 1)
    optimizer = paddle.optimizer.SGD(scheduler, parameters=model.parameters())
    data = Samples(options["dataset_size"])
    sampler = paddle.io.DistributedBatchSampler(
        data,
        options["batch_size"],
        num_replicas=options["gpus"],
        rank=0,
        drop_last=options["drop_last"],
    )
    loader = paddle.io.DataLoader(data, batch_sampler=sampler)
    for _ in range(options["max_epochs"]):
        for i, batch in enumerate(loader, 1):
            model(batch).mean().backward()
            is_whole = i % options["accumulate"] == 0 or i == len(loader)
            if is_whole:
                yield optimizer.get_lr()
                optimizer.step()
                optimizer.clear_grad()
            if per == "micro-batch" or (per == "update" and is_whole):
                scheduler.step()
        if per == "epoch":
            scheduler.step()


def drawn(random: Random, processes: int) -> Run:
    """Return a call, the sizes, and what its scheduler is stepped at."""
    per = random.choice(["update", "micro-batch", "epoch"])
    options: Config = sizes(random, processes) | {"max_epochs": random.choice([1, 2, 3])}
    if per != "update" or chance(random, 0.5):
        options["stepped_per"] = per
    return Run(File(call(random), options, "schedule.txt"), {"per": per})


def call(random: Random) -> str:
    """Return a scheduler's call."""
    pick = random.choice
    end = pick([6, 11, 20, 60])
    made = pick(
        [
            f"CosineAnnealingDecay(0.1, T_max={end}, eta_min=1e-5)",
            f"PolynomialDecay(0.1, decay_steps={end}, end_lr=1e-4, power=0.9)",
            f"StepDecay(0.1, step_size={pick([1, 3, 7])}, gamma=0.5)",
            f"MultiStepDecay(0.1, [{pick([2, 4])}, 9])",
            "ExponentialDecay(0.1, 0.93)",
            "NoamDecay(64, 5)",
            f"PiecewiseDecay([{pick([2, 4])}, 9], [0.1, 0.01, 0.001])",
            f"LinearWarmup(0.1, {pick([4, 9])}, 0.0, 0.1)",
            f"OneCycleLR(0.1, total_steps={end * 20})",
            "CyclicLR(0.001, 0.1, 4)",
        ]
    )
    return f"paddle.optimizer.lr.{made}"
