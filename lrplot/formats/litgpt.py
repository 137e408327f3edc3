"""LitGPT's YAML configs: `train` and `optimizer`, as `litgpt pretrain` or `litgpt finetune` has it.

Finetuning counts optimizer updates, the first at a rate of 0. Pretraining sets the rate at every
micro-batch, of which global_batch_size // devices // micro_batch_size make an update: the one an
update uses is that of its last micro-batch.
Sources: litgpt 0.5.13, litgpt/args.py, litgpt/pretrain.py and litgpt/finetune/.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import devices, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.llm_curves import WarmedDecay
from lrplot.formats._shared.places import defaulted
from lrplot.plan import Plan

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "gpus", "loading", "read"]

NAME = "litgpt"
NEEDS = "a LitGPT config has train with two of lr_warmup_steps, micro_batch_size and such"
CONVENTION = "litgpt 0.5.13"

_TORCH_LR = {
    **dict.fromkeys(("Adam", "AdamW", "Muon", "RAdam", "SGD", "SparseAdam"), 1e-3),
    **dict.fromkeys(("Adamax", "NAdam"), 2e-3),
    **dict.fromkeys(("ASGD", "Adafactor", "Adagrad", "RMSprop", "Rprop"), 1e-2),
    **dict.fromkeys(("Adadelta", "LBFGS"), 1.0),
}
_FINETUNE = {"lr_warmup_steps": 100, "epochs": 5}
_PRETRAIN = {
    "lr_warmup_steps": 2000,
    "min_lr": 4e-5,
    "max_tokens": 3e12,
    "global_batch_size": 512,
    "micro_batch_size": 4,
}
_OF_FINETUNE = {"global_batch_size": 16, "micro_batch_size": 1}  # beside what shapes its curve
_MARKS = (*_OF_FINETUNE, "max_tokens")
_NOT_OF_FINETUNE = ("lr_warmup_fraction", "max_tokens", "max_norm", "tie_embeddings")
RULE = Rule(
    name="LitGPT",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",), "up"),
        Division(("accumulate",), "down"),
    ),
)
_BESIDE_MARKS = ("lr_warmup_steps", "lr_warmup_fraction", "max_seq_length")
_STEPS_DO_NOTHING = "train.max_steps does not end litgpt's pretraining: train.max_tokens does"
_SHAPING = ("lr_warmup_fraction", "max_steps", "max_seq_length", "max_time", "learning_rate")
_BESIDE = (
    "save_interval",
    "log_interval",
    "tie_embeddings",
    "max_norm",
    "weight_decay",
    "beta1",
    "beta2",
)


def detect(tree: Node) -> str | None:
    """Say why the tree is a LitGPT config; None where it is not."""
    train = tree.value.get("train") if isinstance(tree.value, dict) else None
    keys = train.value.keys() if train is not None and isinstance(train.value, dict) else set()
    told = [key for key in (*_MARKS, *_BESIDE_MARKS) if key in keys]
    if len(told) == 1 or not {*_MARKS} & {*told}:
        return None
    return f"a LitGPT config: it has train.{told[0]} and train.{told[1]}"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how LitGPT makes updates: a GPU's part of the batch in whole micro-batches."""
    top = Section(tree)
    train = within(top, "train")
    defaults: dict[str, Any] = _PRETRAIN if _pretrains(top, train) else _OF_FINETUNE
    batch, micro = (told(train, key, defaults[key]) for key in _OF_FINETUNE)
    each, times = given.batch_size or micro, None
    if batch is not None and each is not None and given.gpus is not None:
        times = batch // given.gpus // each
    if times == 0 and given.accumulate is None:
        message = f"is too small for {given.gpus} devices and micro-batches of {each}"
        raise train.wrong("global_batch_size", message)
    length = told(train, "max_seq_length")
    return {"batch_size": micro, "accumulate": times, "seq_len": length, "rule": RULE}


def gpus(tree: Node) -> int | None:
    """Return the devices, on all nodes."""
    return devices(Section(tree))


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    train = top.section("train")
    train.refuse_others(*_FINETUNE, *_PRETRAIN, *_SHAPING, *_BESIDE)
    rate, notes = _rate(top, train, given)
    pretrains = _pretrains(top, train)
    schedule, updates, more = (_pretrain if pretrains else _finetune)(top, train, given)
    return Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=updates,
        iters_per_epoch=given.iters_per_epoch,
        convention=f"{CONVENTION} {'pretrain' if pretrains else 'finetune'}",
        notes=(*notes, *more),
    )


def _pretrains(top: Section, train: Section) -> bool:
    return "checkpoint_dir" not in top.entries and (
        "max_tokens" in train or "tokenizer_dir" in top.entries or "epochs" not in train
    )


def _rate(top: Section, train: Section, given: Given) -> tuple[float, list[str]]:
    """Return the optimizer's rate; once in `train` or `optim`; a bare name has torch's."""
    if given.base_lr is not None:
        return given.base_lr, []
    optimizer = top.get("optimizer")
    if optimizer is not None and isinstance(optimizer.value, dict):
        return _rate_of_class(top.section("optimizer"))
    for section in (train, top.section("optim")):
        if "learning_rate" in section:
            return section.number("learning_rate"), []
    return _torch_rate(top, "optimizer", top.text("optimizer", "AdamW"))


def _rate_of_class(optimizer: Section) -> tuple[float, list[str]]:
    if "init_args" not in optimizer:
        raise optimizer.wrong("init_args", "is missing")
    told = optimizer.section("init_args")
    if "lr" in told:
        return told.number("lr"), []
    return _torch_rate(optimizer, "class_path", optimizer.text("class_path"))


def _torch_rate(section: Section, key: str, name: str) -> tuple[float, list[str]]:
    if name.rpartition(".")[2] not in _TORCH_LR:
        message = f"does not tell the rate, and that of {name} is not known"
        raise section.wrong(key, message, "give --base-lr")
    rate = _TORCH_LR[name.rpartition(".")[2]]
    return rate, [f"optimizer has no lr; torch's default for {name} is {rate:g}"]


def _finetune(top: Section, train: Section, given: Given) -> tuple[WarmedDecay, int, list[str]]:
    """Return a rise from 0 and a cosine to 0, over epochs or max_steps, whichever end first."""
    for key in _NOT_OF_FINETUNE:
        if key in train:
            raise train.wrong(key, "is not supported by litgpt finetune")
    _refuse_nothing(train, *_FINETUNE, *_OF_FINETUNE)
    _micro_batches(train, _OF_FINETUNE, given.gpus or told(top, "devices", 1) or 1)
    updates = given.max_iters
    if updates is None:
        per_epoch = given.need("iters_per_epoch", "train.epochs")
        epochs = given.max_epochs or train.count("epochs", _FINETUNE["epochs"], least=1)
        updates = epochs * per_epoch
        updates = min(updates, train.count("max_steps", 0) or updates)
    warmup = train.count("lr_warmup_steps", _FINETUNE["lr_warmup_steps"], least=1)
    schedule = WarmedDecay(warmup=warmup, end=updates, over="peak")
    wanted = {key: value for key, value in _FINETUNE.items() if key not in _settled(given)}
    return schedule, updates, defaulted(train, wanted, "litgpt finetune")


def _settled(given: Given) -> tuple[str, ...]:
    """Return the keys that options stand in place of."""
    run = given.max_iters is not None or given.max_epochs is not None
    return ("epochs", "max_tokens") if run else ()


def _pretrain(top: Section, train: Section, given: Given) -> tuple[WarmedDecay, int, list[str]]:
    """Return a rise from 0 and a cosine to min_lr, over max_tokens in micro-batches."""
    if "epochs" in train:
        raise train.wrong("epochs", "is not supported by litgpt pretrain", "it has max_tokens")
    _refuse_nothing(train, "min_lr", "max_norm", "max_tokens", *_OF_FINETUNE)
    gpus: int = given.need("gpus", "devices: auto, which max_tokens are divided by,")
    each, micro = _micro_batches(train, _PRETRAIN, gpus)
    ticks = _ticks(top, train, given, gpus * micro, each)
    schedule = WarmedDecay(
        warmup=min(ticks, _warmup(train, given, each)),
        end=ticks,
        floor_lr=train.number("min_lr", _PRETRAIN["min_lr"]),
        first=each - 1,
        stride=each,
    )
    known = {*_settled(given), *train.entries}
    wanted = {key: f"{value:g}" for key, value in _PRETRAIN.items() if key not in known}
    notes = [_STEPS_DO_NOTHING] if "max_steps" in train else []
    return schedule, max(1, ticks // each), [*defaulted(train, wanted, "litgpt pretrain"), *notes]


def _refuse_nothing(train: Section, *keys: str) -> None:
    """Refuse keys that say null: to LitGPT this is not what is there without the key."""
    for key in keys:
        if key in train.entries and key not in train:
            raise train.wrong(key, "must not be null")


def _micro_batches(train: Section, defaults: dict[str, Any], gpus: int) -> tuple[int, int]:
    """Return a GPU's micro-batches in an update, and the samples of one."""
    batch, micro = (train.count(key, defaults[key], least=1) for key in _OF_FINETUNE)
    each = batch // gpus // micro
    if each < 1:
        message = f"is too small for {gpus} devices and micro-batches of {micro}"
        raise train.wrong("global_batch_size", message)
    return each, micro


def _ticks(top: Section, train: Section, given: Given, samples: int, each: int) -> int:
    """Return the micro-batches that a process gets; all processes' at a time have `samples`."""
    if given.max_iters is not None:
        return given.max_iters * each
    if given.max_epochs is not None:
        given.need("iters_per_epoch", "--max-epochs")
    tokens: int = train.count("max_tokens", int(_PRETRAIN["max_tokens"]), least=1)
    return tokens // (samples * _length(top, train))


def _length(top: Section, train: Section) -> int:
    """Return the tokens of a sample: max_seq_length, or as many as the model can take."""
    model = top.section("model_config")
    if "max_seq_length" not in train and "block_size" not in model:
        hint = "it is the model's block size: add --set train.max_seq_length=N"
        raise train.wrong("max_seq_length", "is missing", hint)
    length = train.count("max_seq_length", None, least=1) or model.count("block_size", least=1)
    return int(length)


def _warmup(train: Section, given: Given, each: int) -> int:
    """Return the micro-batches of the warm-up: none where lr_warmup_steps is null."""
    fraction: float = train.number("lr_warmup_fraction", 0.0)
    if not 0 <= fraction <= 1:
        raise train.wrong("lr_warmup_fraction", f"must lie between 0 and 1, got {fraction:g}")
    if fraction and _warmup_steps(train):
        message = "goes without lr_warmup_steps, whose default is not 0"
        raise train.wrong("lr_warmup_fraction", message, "set lr_warmup_steps to null")
    if fraction:
        epoch: int = given.need("iters_per_epoch", "train.lr_warmup_fraction, a part of an epoch,")
        return math.ceil(fraction * epoch * each)
    return _warmup_steps(train) * each


def _warmup_steps(train: Section) -> int:
    default = 0 if "lr_warmup_steps" in train.entries else _PRETRAIN["lr_warmup_steps"]
    return int(train.count("lr_warmup_steps", default))
