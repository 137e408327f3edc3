"""What configs of mmengine and of mmcv 1.x have in common: optimizers, batches, epochs, scaling.

What a config cannot say (the data set's length, the GPUs) is asked for by its option. The GPUs and
the batch that a file's name holds ("8xb2") are said as a hint, and never assumed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.accounting import EACH_SHARE
from lrplot.errors import InputError, Problem, UsageError, suggest

if TYPE_CHECKING:
    from lrplot.errors import Where
    from lrplot.formats._shared.keys import Section
    from lrplot.plan import Given
    from lrplot.syntax.tree import Node

__all__ = [
    "ON_EPOCHS",
    "RULE",
    "Batches",
    "choose_optimizer",
    "epoch_needed",
    "held_momentum",
    "loading_with",
    "place",
    "refuse_choice",
    "scaled_rate",
]

ON_EPOCHS = (
    "steps here are epochs, as nothing in this config counts iterations; --iters-per-epoch N "
    "shows iterations"
)

# "8xb2"; before mmengine "8x2", which a crop ("512x1024") is not
_NAMED = re.compile(r"(?<![a-zA-Z0-9])(?:(\d{1,4})xb(\d{1,4})|(\d\d?)x(\d\d?))(?![a-zA-Z0-9])")


RULE = msgspec.structs.replace(
    EACH_SHARE, name="the sampler and loader of mmengine and mmcv", part_epochs=None
)


class Batches(NamedTuple):
    """The data loader as far as the config tells it, and where it does.

    size is the samples in a batch on each GPU; loader what to call the section that says so.
    """

    size: int | None
    loader: str
    drop_last: bool = False


def _named_batches(tree: Node) -> str:
    """Return what the config's file name says of GPUs and batches, as a clause; or nothing."""
    name = tree.where.source.replace("\\", "/").rpartition("/")[2]
    found = _NAMED.search(name)
    if not found:
        return ""
    gpus, size = filter(None, found.groups())
    return f"the file's name says {found[0]}: {gpus} GPUs with {size} samples each"


def refuse_choice(given: Given) -> None:
    """Refuse --optimizer where there is nothing to choose."""
    if given.optimizer is not None:
        raise UsageError(f"--optimizer {given.optimizer}: the config has one optimizer, unnamed")


def choose_optimizer(named: dict[str, Section], given: Given, tree: Node) -> tuple[str, Section]:
    """Return the optimizer that --optimizer names, or the only one there is."""
    wanted = given.optimizer
    if wanted is None and len(named) == 1:
        return next(iter(named.items()))
    if wanted is None:
        message = f"has several optimizers: {', '.join(named)}"
        hint = f"say whose rate: --optimizer {' or --optimizer '.join(named)}"
        raise InputError([Problem(message=message, where=tree.where, hint=hint)])
    if wanted not in named:
        hint = suggest(wanted, named) or f"it has {', '.join(named)}"
        raise UsageError(f"--optimizer {wanted}: the config has no such optimizer", hint)
    return wanted, named[wanted]


def place(where: Where, tree: Node) -> str:
    """Return a place as a file and a line, the file as seen from the config's folder."""
    try:
        name = os.path.relpath(where.source, Path(tree.where.source).parent)
    except ValueError:  # on another drive
        name = where.source
    return f"{name}:{where.line}" if where.line else where.source


def held_momentum(optimizer: Section) -> float | None:
    """Return the momentum an optimizer is built with: SGD's, or the first of Adam's betas."""
    node, betas = optimizer.get("momentum"), optimizer.get("betas")
    if node is None and betas is not None and isinstance(betas.value, tuple) and betas.value:
        node = betas.value[0]
    known = node is not None and isinstance(node.value, (int, float))
    return float(node.value) if node is not None and known else None


def epoch_needed(why: str, at: Section, tree: Node) -> InputError:
    """Return the error that asks for the length of an epoch, and says what the file's name does."""
    hint = "add --iters-per-epoch N (or --dataset-size, --batch-size and --gpus)"
    hint = "; ".join(filter(None, [hint, _named_batches(tree)]))
    message = f"{why}: how many iterations has an epoch?"
    return InputError([Problem(message, at.path, at.node.where, hint)])


def loading_with(batches: Batches, given: Given, tree: Node) -> dict[str, Any]:
    """Return how a loader makes batches of samples, of which each is an iteration.

    Each GPU gets its part of the data set, rounded up, and makes batches of it, the last one
    smaller unless it is dropped: as mmengine's DefaultSampler and torch's DataLoader do.
    """
    if given.accumulate is not None:
        raise UsageError("--accumulate does not go with a config whose schedulers count batches")
    if given.dataset_size is not None:
        _gpus(given, "--dataset-size", tree)
    return {"batch_size": batches.size, "drop_last": batches.drop_last, "rule": RULE}


def _gpus(given: Given, why: str, tree: Node) -> int:
    if given.gpus is None:
        hint = "; ".join(filter(None, ["add --gpus N", _named_batches(tree)]))
        raise InputError([Problem(message=f"{why} needs --gpus", where=tree.where, hint=hint)])
    return given.gpus


def scaled_rate(rate: float, top: Section, given: Given, batches: Batches) -> tuple[float, str]:
    """Return the rate as auto_scale_lr leaves it, and a note that says so.

    The rate times the samples in all GPUs' batches over base_batch_size, where the config (or
    --auto-scale-lr) has it so; the GPUs are asked for.
    """
    section = top.section("auto_scale_lr")
    if not (given.auto_scale_lr or section.flag("enable", default=False)):
        return rate, ""
    base = section.count("base_batch_size", least=1)
    size = given.batch_size or batches.size or given.need("batch_size", "auto_scale_lr")
    gpus = _gpus(given, "auto_scale_lr, which is enabled,", top.node)
    scaled = rate * (float(gpus * size) / float(base))
    note = (
        f"auto_scale_lr: {rate:g} x {gpus} GPUs x {size} samples / {base} (base_batch_size) = "
        f"{scaled:g}"
    )
    return scaled, note
