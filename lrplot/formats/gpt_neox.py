"""GPT-NeoX's configs (YAML written as JSON): optimizer.params.lr, and AnnealingLR's keys beside it.

    "train_iters": 320000, "lr_decay_style": "cosine", "warmup": 0.01, "min_lr": 0.00001

A key may be written with dashes ("train-iters"). warmup is a part of the decay's length.
Sources: gpt-neox, megatron/learning_rates.py and get_learning_rate_scheduler of
megatron/training.py; the defaults are those of megatron/neox_arguments/neox_args.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lrplot._lazy import np
from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import of_deepspeed, parts, refuse_size, told
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.places import defaulted, placed
from lrplot.plan import Plan
from lrplot.schedules.base import Knots, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Rates, Steps
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "gpt-neox"
NEEDS = "a GPT-NeoX config has optimizer.params, and train_iters or lr_decay_style"
CONVENTION = "gpt-neox AnnealingLR"
_DEEPSPEED = "DeepSpeed's WarmupDecayLR"

_PARTS = ("model_parallel_size", "pipe_parallel_size", "context_parallel_size")
RULE = Rule(
    name="GPT-NeoX",
    divisions=(Division(("gpus", "batch_size"), "down"), Division(("accumulate",), "down")),
)
_STYLES = ("linear", "cosine", "exponential", "constant")
_LR, _STYLE, _WARMUP, _MIN_LR = 0.001, "linear", 0.01, 0.0
_DEFAULTS: dict[str, object] = {"lr_decay_style": _STYLE, "warmup": _WARMUP, "min_lr": 0}
_OF_DEEPSPEED = "onebitadam"  # the one optimizer whose schedule is left to DeepSpeed
_EVIDENCE = ("train_iters", "train_epochs", "lr_decay_style", "lr_decay_iters")

Stretch = Annotated[float, Meta(ge=0, le=2.0**53)]


class Annealing(Schedule, frozen=True, kw_only=True, tag="gpt_neox.annealing"):
    """A linear rise over W, then a decay to D that never falls below a floor.

        lr(t) = base_lr * k / W                                          k = max(1, t) <= W
        lr(t) = max(min_lr, base_lr * (1 - p))                           linear
        lr(t) = max(min_lr, base_lr * exp(-0.693 * p))                   exponential
        lr(t) = min_lr + (base_lr - min_lr) * (1 + cos(pi * p)) / 2      cosine
        p     = (k - W) / (D - W)

    W need not be whole. Beyond D the formulas go on: the cosine rises again.
    Source: gpt-neox, megatron/learning_rates.py.
    """

    warmup_iters: Stretch
    decay_iters: Stretch
    decay_style: Literal["linear", "cosine", "exponential", "constant"] = "linear"
    min_lr: float = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        count = np.maximum(steps, 1).astype(np.float64)
        part = np.maximum(count - self.warmup_iters, 0.0) / (self.decay_iters - self.warmup_iters)
        decayed = np.maximum(self._decayed(part, base), self.min_lr)
        if not self.warmup_iters:
            return decayed
        rising = base * count / self.warmup_iters
        return np.where(count <= self.warmup_iters, rising, decayed)

    def _decayed(self, part: Rates, base: Rates) -> Rates:
        if self.decay_style == "constant":
            return base
        if self.decay_style == "linear":
            return base * (1 - part)
        if self.decay_style == "exponential":
            rates: Rates = base * np.exp(-0.693 * part)
            return rates
        turned: Rates = np.cos(math.pi * part)
        return self.min_lr + (base - self.min_lr) / 2 * (turned + 1)

    def knots(self, end: int) -> Knots:
        """Return where the rise and the decay end, and where a cosine turns; a floor bends it."""
        edges = points(end, 0, 1, *(self.warmup_iters + near for near in (-1, 0, 1)))
        length = self.decay_iters - self.warmup_iters
        turns = min(1000, int(max(0.0, end - self.warmup_iters) / length))
        ends = [self.warmup_iters + k * length for k in range(1, turns + 1)]
        return (*edges, *points(end, *(e + near for e in ends for near in (-1, 0, 1))))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the decay and what follows it, those that last."""
        names = ("warm-up", f"{self.decay_style} decay", "beyond the decay")
        return named_stretches(names, (0, self.warmup_iters, self.decay_iters, end), end)


def detect(tree: Node) -> str | None:
    """Say why the tree is a GPT-NeoX config; None where it is not."""
    top = _with_underscores(tree)
    optimizer = top.get("optimizer")
    found = top.first(*_EVIDENCE)
    if optimizer is None or not isinstance(optimizer.value, dict) or found not in top:
        return None
    params = optimizer.value.get("params")
    if params is None or not isinstance(params.value, dict):
        return None
    return f"a GPT-NeoX config: it has optimizer.params and {found}"


def _with_underscores(tree: Node) -> Section:
    """Return the file's keys as the program knows them."""
    top = Section(tree)
    named = {str(key).replace("-", "_"): node for key, node in top.entries.items()}
    places = {str(key).replace("-", "_"): place for key, place in tree.keys.items()}
    return Section(msgspec.structs.replace(tree, value=named, keys=places))


def loading(tree: Node, given: Given) -> dict[str, Any] | None:
    """Return how GPT-NeoX makes updates of sequences, where each GPU has batches of its own."""
    top = _with_underscores(tree)
    parted = parts(top, *_PARTS)
    if parted:
        refuse_size(top, parted, given, "lets several GPUs share a batch")
        return None
    return {**of_deepspeed(top, given), "seq_len": told(top, "seq_length"), "rule": RULE}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = _with_underscores(tree)
    if "scheduler" in top:
        message = "is DeepSpeed's, which GPT-NeoX leaves to DeepSpeed for one optimizer"
        raise top.wrong("scheduler", message, "--from deepspeed reads it")
    optimizer = top.section("optimizer")
    rate = given.base_lr
    if rate is None:
        rate = optimizer.section("params").number("lr", _LR)
    iters = _iters(top, given)
    left = optimizer.text("type", "Adam").lower() == _OF_DEEPSPEED
    return Plan(
        schedule=_of_deepspeed(top, rate, iters) if left else _annealing(top, iters),
        base_lr=rate,
        max_iters=iters,
        iters_per_epoch=given.iters_per_epoch,
        convention=f"gpt-neox {optimizer.text('type')}, {_DEEPSPEED}" if left else CONVENTION,
        notes=tuple(_notes(top, given, {"warmup": _WARMUP} if left else _DEFAULTS)),
    )


def _annealing(top: Section, iters: int) -> Schedule:
    decay = _decay_iters(top, iters)
    return Annealing(
        warmup_iters=_warmup(top) * decay,
        decay_iters=decay,
        decay_style=top.choice("lr_decay_style", _STYLES, _STYLE),
        min_lr=top.number("min_lr", _MIN_LR),
    )


def _of_deepspeed(top: Section, rate: float, iters: int) -> Schedule:
    """Return the WarmupDecayLR that GPT-NeoX asks of DeepSpeed, whatever lr_decay_style says."""
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.deepspeed import WarmupDecayLR

    with placed(top, {"total_num_steps": "lr_decay_iters", "warmup_num_steps": "warmup"}):
        return WarmupDecayLR(
            OPTIMIZER,
            total_num_steps=top.count("lr_decay_iters", 0) or iters,
            warmup_max_lr=rate,
            warmup_num_steps=int(iters * _warmup(top)),
        )


def _warmup(top: Section) -> float:
    warmup: float = top.number("warmup", _WARMUP)
    if not 0 <= warmup < 1:
        raise top.wrong("warmup", f"must be a part of the decay, 0 to below 1, got {warmup:g}")
    return warmup


def _iters(top: Section, given: Given) -> int:
    if given.max_iters is not None and given.max_epochs is None:
        return given.max_iters
    if given.max_epochs is None and "train_epochs" not in top:
        iters: int = top.count("train_iters", least=1)
        return iters
    epochs: int = given.max_epochs or top.count("train_epochs", least=1)
    per_epoch: int = given.need("iters_per_epoch", "a run counted in epochs")
    if given.dataset_size is None:
        return epochs * per_epoch
    sizes = loading(top.node, given) or {}
    sizes.pop("of_all_gpus", None)
    run = msgspec.structs.replace(given, max_epochs=None, max_iters=None).horizon(**sizes)
    return (run.batches_per_epoch or per_epoch) * epochs // (run.accumulate or 1)


def _decay_iters(top: Section, iters: int) -> int:
    """Return how many updates the warm-up and the decay take, as GPT-NeoX finds it."""
    if "lr_decay_iters" in top or "lr_decay_fraction" not in top:
        return max(1, int(top.count("lr_decay_iters", iters)))
    fraction: float = top.number("lr_decay_fraction")
    if fraction < 0:
        raise top.wrong("lr_decay_fraction", f"must be at least 0, got {fraction:g}")
    return max(1, math.floor(iters * fraction))


def _notes(top: Section, given: Given, defaults: dict[str, object]) -> list[str]:
    """Say which values are GPT-NeoX's defaults, and whose rates are others."""
    params = top.section("optimizer").section("params")
    notes = defaulted(params, {} if given.base_lr is not None else {"lr": _LR}, "GPT-NeoX")
    notes += defaulted(top, defaults, "GPT-NeoX")
    if top.flag("use_mup", default=False):
        notes.append("the rates of wide layers are divided by their width_mult (use_mup)")
    return notes
