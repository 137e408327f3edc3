"""The warm-ups of a native spec, as long in samples as they were with another batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot.accounting import many
from lrplot.durations import counts_steps
from lrplot.errors import UsageError
from lrplot.loop.scaling import batch_of, scaled_steps

if TYPE_CHECKING:
    from lrplot.syntax.tree import Key, Node
    from lrplot.units import Horizon

__all__ = ["with_scaled_warmups"]

_LENGTHS = ("warmup", "warmup_steps")


def with_scaled_warmups(
    tree: Node, horizon: Horizon, from_batch: int
) -> tuple[Node, tuple[str, ...]]:
    """Return the tree with each warm-up scaled to use as many samples, and a note for each.

        warmup_steps * from_batch / batch        rounded to the nearest (half up), at least 1

    A warm-up in epochs, samples or parts of the run is what it says with any batch, and stays.

    Raises:
        UsageError: no warm-up is written in steps, or the samples of an update are not known.
    """
    notes: list[str] = []
    found = _scaled(tree, horizon, (from_batch, batch_of(horizon)), notes)
    if not notes:
        hint = "epochs, samples and parts of the run are lengths that do not count updates"
        raise UsageError("--scale-warmup: no warm-up is written in steps", hint)
    return found, tuple(notes)


def _scaled(node: Node, horizon: Horizon, batches: tuple[int, int], notes: list[str]) -> Node:
    if isinstance(node.value, tuple):
        items = tuple(_scaled(item, horizon, batches, notes) for item in node.value)
        return msgspec.structs.replace(node, value=items)
    if not isinstance(node.value, dict):
        return node
    entries: dict[Key, Node] = {
        key: _shorter(inner, horizon, batches, notes)
        if key in _LENGTHS and _is_in_steps(inner)
        else _scaled(inner, horizon, batches, notes)
        for key, inner in node.value.items()
    }
    return msgspec.structs.replace(node, value=entries)


def _is_in_steps(node: Node) -> bool:
    if isinstance(node.value, str):
        return counts_steps(node.value)
    return isinstance(node.value, (int, float)) and node.value > 0


def _shorter(node: Node, horizon: Horizon, batches: tuple[int, int], notes: list[str]) -> Node:
    was = horizon.steps(node.value) if isinstance(node.value, str) else int(node.value)
    steps = scaled_steps(was, *batches)
    alike = "as many samples" if was * batches[0] >= batches[1] else "the least there is"
    notes.append(f"the warm-up is scaled from {was:,} to {many(steps, 'step')}, {alike}")
    return msgspec.structs.replace(node, value=steps, text=str(steps))
