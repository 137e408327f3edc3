"""LitGPT's configs: its setup functions' arguments as jsonargparse reads them, and its rates."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from format_case import Config, File, text_of, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from random import Random

jsonargparse = importlib.import_module("jsonargparse")
torch = importlib.import_module("torch")
tuning = importlib.import_module("litgpt.finetune.lora")
pretraining = importlib.import_module("litgpt.pretrain")
utils = importlib.import_module("litgpt.utils")

tuning.__file__ = pretraining.__file__ = "litgpt"  # which their errors name

SOURCES = ("litgpt", "jsonargparse", "torch")


def rates(path: Path, options: Config) -> Iterator[float]:
    """Run what finetunes a checkpoint, or without one what pretrains."""
    tunes = "checkpoint_dir" in path.read_text()
    parser = jsonargparse.ArgumentParser()
    parser.add_argument("--config", action="config")
    parser.add_function_arguments((tuning if tunes else pretraining).setup)
    told = parser.instantiate_classes(parser.parse_args(["--config", str(path)]))
    told.devices = options.get("gpus") or utils.parse_devices(told.devices)
    held = utils.instantiate_torch_optimizer(told.optimizer, [torch.nn.Parameter(torch.zeros(1))])
    accumulate = told.train.gradient_accumulation_iters(told.devices, told.num_nodes)
    batches = options.get("iters_per_epoch", 0) * accumulate
    yield from (_tuned if tunes else _pretrained)(told, held, accumulate, batches)


def _tuned(told: Any, held: Any, accumulate: int, batches: int) -> Iterator[float]:
    """Yield the rate of each update, as finetune/lora.py has its epochs and steps end."""
    train = told.train
    tuning.validate_args(train, told.eval)
    length = min(train.epochs * (batches // accumulate), train.max_steps or float("inf"))
    scheduler = tuning.get_lr_scheduler(held, train.lr_warmup_steps, length)
    for batch in range(1, train.epochs * batches + 1):
        if batch > length * accumulate:
            break
        if batch % accumulate == 0:
            yield held.param_groups[0]["lr"]
            held.step()
            scheduler.step()
    yield held.param_groups[0]["lr"]


def _pretrained(told: Any, held: Any, accumulate: int, batches: int) -> Iterator[float]:
    """Yield the rate that stands at each update: it is set at every micro-batch."""
    train = told.train
    pretraining.validate_args(train, told.eval, None, told.resume)
    samples = train.micro_batch_size * (train.max_seq_length or told.model_config.block_size)
    length = train.max_tokens // (told.devices * told.num_nodes) // samples
    warmup = train.warmup_iters(told.devices, told.num_nodes, length, range(batches))
    for batch in range(length):
        rate = pretraining.get_lr(held.defaults["lr"], batch, warmup, length, train.min_lr)
        if (batch + 1) % accumulate == 0:
            yield rate


# -- the files ----------------------------------------------------------------------------------

_ADAMW = "{class_path: torch.optim.AdamW, init_args: {lr: 0.0002, weight_decay: 0.0}}"


def _tune(train: str, optimizer: str = _ADAMW, each: int = 30, top: str = "") -> File:
    text = f"checkpoint_dir: checkpoints/some/model\nout_dir: out\nprecision: bf16-true\n{top}"
    text += f"train: {{save_interval: 200, log_interval: 1, {train}}}\n"
    text += "eval: {interval: 100, max_new_tokens: 100, max_iters: 100}\n"
    text += f"optimizer: {optimizer}\n" if optimizer else ""
    return File(text, {"iters_per_epoch": each}, "lora.yaml")


def _pretrain(train: str, optimizer: str = _ADAMW, top: str = "devices: 2\n", **more: Any) -> File:
    text = f"model_name: pythia-14m\nout_dir: out\nresume: false\n{top}"
    text += f"train: {{save_interval: 1000, log_interval: 1, {train}}}\n"
    text += "eval: {interval: 1000, max_iters: 100}\n"
    text += f"optimizer: {optimizer}\n" if optimizer else ""
    return File(text, more, "pretrain.yaml")


_SIZES = "global_batch_size: 16, micro_batch_size: 2"
_TUNED = f"{_SIZES}, lr_warmup_steps: 10"
_RUN = f"{_SIZES}, max_tokens: 102400, max_seq_length: 64, max_norm: 1.0"

WRITTEN = (
    _tune(f"{_TUNED}, epochs: 2"),
    _tune(f"{_TUNED}, epochs: 4, max_steps: 45"),
    _tune(f"{_TUNED}, epochs: 1, max_steps: 100, max_seq_length: 512"),
    _tune(f"{_TUNED}, epochs: 2, max_steps: null, lr_warmup_fraction: null, max_norm: null"),
    _tune(f"{_TUNED}, epochs: 2, min_lr: 6.0e-5"),
    _tune(_SIZES + ", epochs: 5"),
    _tune(_TUNED),
    _tune(f"{_SIZES}, lr_warmup_steps: 60, epochs: 2"),
    _tune(f"{_SIZES}, lr_warmup_steps: 90, epochs: 2"),
    _tune(f"{_SIZES}, lr_warmup_steps: 59, epochs: 2"),
    _tune(f"{_TUNED}, epochs: 2", "AdamW"),
    _tune(f"{_TUNED}, epochs: 2", ""),
    _tune(f"{_TUNED}, epochs: 2", "SGD"),
    _tune(f"{_TUNED}, epochs: 2", "{class_path: torch.optim.SGD, init_args: {lr: 0.1}}"),
    _tune(f"{_TUNED}, epochs: 2", "{class_path: torch.optim.AdamW}"),
    _tune(f"{_TUNED}, epochs: 2", "{class_path: torch.optim.AdamW, init_args: {}}"),
    _tune(f"{_TUNED}, epochs: 2", "{class_path: torch.optim.Adadelta}"),
    _tune(f"{_TUNED}, epochs: 2", "Adagrad"),
    _tune(f"{_TUNED}, epochs: 2", top="devices: 4\nnum_nodes: 2\n"),
    _tune(f"{_SIZES}, lr_warmup_steps: 0, epochs: 2"),
    _tune(f"{_SIZES}, lr_warmup_steps: null, epochs: 2"),
    _tune(f"{_SIZES}, lr_warmup_fraction: 0.1, epochs: 2"),
    _tune(f"{_TUNED}, epochs: null"),
    _tune(f"{_TUNED}, epochs: 0"),
    _tune(f"{_TUNED}, epochs: 2, max_tokens: 1000"),
    _tune(f"{_TUNED}, epochs: 2, max_norm: 1.0"),
    _tune(f"{_TUNED}, epochs: 2, warmup_steps: 10"),
    _tune("global_batch_size: 1, micro_batch_size: 2, lr_warmup_steps: 10, epochs: 2"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, min_lr: 4.0e-5, tie_embeddings: false"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 0, min_lr: 0"),
    _pretrain(_RUN),
    _pretrain(f"{_RUN}, lr_warmup_steps: null"),
    _pretrain(f"{_RUN}, lr_warmup_steps: null, lr_warmup_fraction: 0.3", iters_per_epoch=40),
    _pretrain(f"{_RUN}, lr_warmup_steps: 0, lr_warmup_fraction: 0.23", iters_per_epoch=41),
    _pretrain(f"{_RUN}, lr_warmup_fraction: 0.3", iters_per_epoch=40),
    _pretrain(f"{_RUN}, lr_warmup_steps: null, lr_warmup_fraction: 1.3", iters_per_epoch=40),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, max_steps: 20"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, epochs: 2"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, epochs: null"),
    _pretrain(f"{_SIZES}, max_seq_length: 64, lr_warmup_steps: 12, max_tokens: null"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, max_norm: null"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12, micro_batch_size: null"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12", "AdamW"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12", ""),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12", top="devices: 2\nnum_nodes: 4\n"),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12", top="devices: auto\n", gpus=3),
    _pretrain(f"{_RUN}, lr_warmup_steps: 12", top="devices: auto\n", gpus=16),
    _pretrain(f"{_RUN}, lr_warmup_steps: 100, min_lr: 1.0e-3"),
    written(
        """
        # the batches of a run that is not told
        model_name: pythia-14m
        devices: 8
        train: {max_tokens: 10000000, max_seq_length: 512, max_norm: 1.0, lr_warmup_steps: 3}
        optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 4.0e-4, betas: [0.9, 0.95]}}
        """,
        "pretrain.yaml",
    ),
)


def drawn(random: Random) -> File:
    """Return a config of either kind."""
    pick = random.choice
    train: Config = {"lr_warmup_steps": pick([5, 10, 100, 200])}
    train |= {"global_batch_size": pick([8, 16, 64]), "micro_batch_size": pick([1, 2, 4])}
    optimizer = {"class_path": "torch.optim.AdamW", "init_args": {"lr": pick([0.0002, 0.001])}}
    if random.random() < 0.5:
        train |= {"epochs": pick([1, 2, 5])} | pick([{}, {"max_steps": 37}])
        top: Config = {"checkpoint_dir": "checkpoints/some/model", "devices": 1}
        options = {"iters_per_epoch": pick([7, 25, 60])}
    else:
        train |= {"max_tokens": pick([50000, 333333]), "max_seq_length": pick([64, 100])}
        train |= {"max_norm": 1.0} | pick([{}, {"min_lr": 4e-05}, {"min_lr": 0.0}])
        top, options = {"model_name": "pythia-14m", "devices": pick([1, 2, 4])}, {}
    return File(text_of({**top, "train": train, "optimizer": optimizer}), options, "litgpt.yaml")
