"""Batches as configs write them: those of a GPU or of all, at a time or of a whole update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.formats._shared.keys import Section
from lrplot.syntax.tree import Call, Code, Node, Unknown

if TYPE_CHECKING:
    from lrplot.plan import Given

__all__ = [
    "Batches",
    "devices",
    "of_deepspeed",
    "of_lightning",
    "parts",
    "per_gpu",
    "refuse_size",
    "shared",
    "told",
    "within",
]

Batches = dict[str, int | None]

_LEFT_OPEN = "auto"


def told(section: Section, key: str, default: int | None = None, *, least: int = 1) -> int | None:
    """Return a whole number; None where the file leaves it open ("auto", ${...}, code)."""
    node = section.get(key)
    if node is not None and _is_left_open(node):
        return None
    count: int | None = section.count(key, default, least=least)
    return count


def _is_left_open(node: Node) -> bool:
    if isinstance(node.value, str):
        return node.value.strip().lower() == _LEFT_OPEN or "${" in node.value
    return isinstance(node.value, (Call, Code, Unknown))


def within(section: Section, *keys: str) -> Section:
    """Return the mapping under keys, one in the other; an empty one where there is none."""
    for key in keys:
        node = section.get(key)
        if node is None or not isinstance(node.value, dict):
            return Section(Node({}, section.node.where), section.join(key))
        section = section.section(key)
    return section


def shared(  # noqa: PLR0913  the parts of one sum
    section: Section,
    key: str,
    total: int | None,
    given: Given,
    *,
    each: int | None = None,
    accumulate: int | None = None,
) -> Batches:
    """Return the parts of an update's samples: those of a GPU at a time, and how many times.

    What the user says stands in place of what the file does; what neither says follows from the
    total, which stands under the key; without the number of GPUs the total is all that is known.
    Raises InputError where the parts do not make the total.
    """
    each, times, gpus = given.batch_size or each, given.accumulate or accumulate, given.gpus
    if total is None or gpus is None:
        return {"batch_size": each, "accumulate": times, "of_all_gpus": total}
    if each is None:
        times = times or 1
        each = max(1, total // (gpus * times))
    times = times or max(1, total // (gpus * each))
    if each * times * gpus != total:
        accumulated = f" x {times:,} accumulated" if times > 1 else ""
        made = f"{gpus:,} GPUs x {each:,} per GPU{accumulated} = {each * times * gpus:,}"
        raise section.wrong(key, f"is {total:,}, over all GPUs, where {made}")
    return {"batch_size": each, "accumulate": times}


def per_gpu(section: Section, key: str, total: int | None, given: Given) -> int | None:
    """Return a GPU's part of a batch that all of them share, before any accumulation."""
    alone = msgspec.structs.replace(given, accumulate=None)
    return shared(section, key, total, alone, accumulate=1)["batch_size"]


def devices(section: Section) -> int | None:
    """Return the GPUs of a Lightning trainer: devices on each node; None where it takes what is."""
    node = section.get("devices")
    if node is None or _is_left_open(node):
        return None
    on_each = len(node.value) if isinstance(node.value, tuple) else _devices(section, node)
    nodes = told(section, "num_nodes", 1)
    return on_each * nodes if on_each and nodes else None


def _devices(section: Section, node: Node) -> int | None:
    """Return a number of devices; "0,1" lists them, -1 stands for all there are."""
    if isinstance(node.value, str) and "," in node.value:
        return len([name for name in node.value.split(",") if name.strip()])
    count: int = section.count("devices", least=-1)
    return count if count > 0 else None


def refuse_size(section: Section, key: str, given: Given, why: str) -> None:
    """Refuse a data set's size where no number of updates follows from it."""
    if given.dataset_size is not None:
        message = f"{why}; --dataset-size does not tell how long an epoch is"
        raise section.wrong(key, message, "leave --dataset-size out")


def parts(section: Section, *keys: str) -> str:
    """Return the first key that parts a model among GPUs, which then share their batches."""
    return next((key for key in keys if (told(section, key, 1, least=-1) or 1) > 1), "")


def of_deepspeed(top: Section, given: Given) -> Batches:
    """Return a GPU's batch and the accumulation, of which and of their product two tell all.

    Raises InputError where the file leaves the accumulation to the script and a size depends on it.
    """
    times = top.get("gradient_accumulation_steps")
    if times is not None and _is_left_open(times) and given.accumulate is None:
        message = f"is {_LEFT_OPEN}: the script that trains fills it in"
        raise top.wrong("gradient_accumulation_steps", message, "add --accumulate N")
    return shared(
        top,
        "train_batch_size",
        told(top, "train_batch_size"),
        given,
        each=told(top, "train_micro_batch_size_per_gpu"),
        accumulate=told(top, "gradient_accumulation_steps"),
    )


def of_lightning(top: Section, given: Given) -> int | None:
    """Return the batches that make an update; a part of the data's makes no whole epoch."""
    trainer = within(top, "trainer")
    for key in ("limit_train_batches", "overfit_batches"):
        node = trainer.get(key)
        if node is not None and not _is_whole(key, node.value):
            refuse_size(trainer, key, given, "cuts each epoch short")
    return told(trainer, "accumulate_grad_batches", 1)


def _is_whole(key: str, limit: Any) -> bool:
    """Say whether a limit leaves an epoch whole: 1.0 does, 1 is a batch; 0 overfits nothing."""
    return (isinstance(limit, float) and limit == 1.0) or (key == "overfit_batches" and limit == 0)
