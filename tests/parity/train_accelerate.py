"""A plain training loop around a scheduler's call, prepared by accelerate or only told the sizes.

What the loop does is drawn with it; --stepped-per and --scheduler-steps-times tell lrplot what
comes of that. A prepared scheduler is stepped once for every process unless batches are split.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File
from train_case import Run, chance, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from random import Random

torch = importlib.import_module("torch")
accelerate: Any = importlib.import_module("accelerate")
states: Any = importlib.import_module("accelerate.state")
transformers: Any = importlib.import_module("transformers")

SOURCES = ("accelerate", "transformers", "torch")


def rates(path: Path, run: Run) -> Iterator[float]:
    """Train as the loop says, and yield the rate of each update."""
    options, loop = run.options, run.loop
    accelerator = fresh(options, loop)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=options["base_lr"])
    scheduler = called(path.read_text(encoding="utf-8"), optimizer)
    size = options["batch_size"] * (options["gpus"] if loop["split_batches"] else 1)
    loader = torch.utils.data.DataLoader(
        torch.zeros(options["dataset_size"], 1), batch_size=size, drop_last=options["drop_last"]
    )
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    if loop["prepared"]:
        scheduler = accelerator.prepare(scheduler)
    for _ in range(options["max_epochs"]):
        for batch in loader:
            with accelerator.accumulate(model):
                if accelerator.sync_gradients:
                    yield optimizer.param_groups[0]["lr"]
                accelerator.backward(model(batch).mean())
                optimizer.step()
                if loop["prepared"] or loop["per"] == "micro-batch" or accelerator.sync_gradients:
                    stepped(scheduler, loop, "epoch")
                optimizer.zero_grad()
        if loop["per"] == "epoch":
            stepped(scheduler, loop)


def stepped(scheduler: Any, loop: Mapping[str, Any], but: str = "") -> None:
    """Step a scheduler as often as the loop does at a time."""
    for _ in range(loop["times"] if loop["per"] != but else 0):
        scheduler.step()


def fresh(options: Config, loop: Mapping[str, Any]) -> Any:
    """Return an accelerator that knows nothing of the one before."""
    states.AcceleratorState._reset_state()
    states.GradientState._reset_state()
    return accelerate.Accelerator(
        cpu=True,
        gradient_accumulation_steps=options["accumulate"],
        step_scheduler_with_optimizer=loop["with_optimizer"],
        dataloader_config=accelerate.DataLoaderConfiguration(split_batches=loop["split_batches"]),
    )


def called(text: str, optimizer: Any) -> Any:
    """Return the scheduler of a call."""
    names = {"torch": torch, "transformers": transformers, "optimizer": optimizer}
    return eval(text, names)  # noqa: S307  it is drawn here


def drawn(random: Random, processes: int) -> Run:
    """Return a call, the sizes, and a loop that steps its scheduler in one of the usual ways."""
    pick = random.choice
    options = sizes(random, processes) | {"base_lr": pick([0.1, 3e-4])}
    options["max_epochs"] = pick([1, 2, 3])
    if processes > 1:  # accelerate deals out whole batches, where DistributedSampler deals samples
        options["drop_last"] = False
    loop: Config = {"prepared": True, "split_batches": False, "with_optimizer": True}
    loop |= {"per": "update", "times": 1}
    kind = pick(["prepared", "prepared", "split", "not with it", "plain", "plain"])
    if kind == "prepared" and processes > 1:
        options["scheduler_steps_times"] = processes
    if kind == "split":
        loop["split_batches"] = True
    if kind == "not with it":
        loop["with_optimizer"] = False
        options["stepped_per"] = loop["per"] = "micro-batch"
    if kind == "plain":
        loop |= {"prepared": False, "per": pick(["update", "micro-batch", "epoch"])}
        loop["times"] = pick([1, 1, 2, 3])
        options["stepped_per"] = loop["per"]
        if loop["times"] > 1:
            options["scheduler_steps_times"] = loop["times"]
    text = call(random)
    if kind == "prepared" and chance(random, 0.2):  # it ends there, and is stepped no further
        text, options["accumulate"] = one_cycle(), 1
    return Run(File(text, options, "schedule.txt"), loop)


def one_cycle() -> str:
    """Return a call that has no rate past its end, which is later than any run's."""
    return "torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=200)"


def call(random: Random) -> str:
    """Return a scheduler's call, its length mostly not that of the run."""
    pick = random.choice
    end = pick([6, 11, 20, 60])
    name = pick(["cosine", "linear", "polynomial", "cosine_with_restarts", "constant_with_warmup"])
    prefix = "torch.optim.lr_scheduler."
    warmup = f"{prefix}LinearLR(optimizer, 0.2, total_iters=4)"
    cosine = f"{prefix}CosineAnnealingLR(optimizer, T_max={end}, eta_min=1e-5)"
    own = [
        f"StepLR(optimizer, {pick([1, 3, 7])}, gamma=0.5)",
        f"MultiStepLR(optimizer, [{pick([2, 4])}, 9], gamma=0.1)",
        "ExponentialLR(optimizer, 0.93)",
        f"LinearLR(optimizer, 0.1, total_iters={end})",
        f"PolynomialLR(optimizer, total_iters={end}, power=0.9)",
        f"CosineAnnealingWarmRestarts(optimizer, T_0={pick([2, 5])}, T_mult=2)",
        "CyclicLR(optimizer, 0.001, 0.1, step_size_up=4)",
        f"SequentialLR(optimizer, [{warmup}, {cosine}], milestones=[4])",
    ]
    theirs = f"transformers.get_scheduler('{name}', optimizer, {pick([0, 3])}, {end})"
    return pick([theirs, theirs, cosine, prefix + pick(own), prefix + pick(own)])
