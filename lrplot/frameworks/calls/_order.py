"""In which order the schedulers of a list are built: as they are written, not as they are listed.

    cosine = CosineAnnealingLR(optimizer, 100)
    warmup = LinearLR(optimizer, 0.1)
    scheduler = SequentialLR(optimizer, [warmup, cosine], [5])

builds the cosine first, and what is built first may change what the next one finds.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Problem
from lrplot.syntax.call_names import parts
from lrplot.syntax.tree import Call, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lrplot.errors import Where

__all__ = ["Items", "items_of", "order_of"]


class Items(list[Any]):
    """The values of a list, and the order in which they were made."""

    def __init__(self, values: Iterable[Any], order: tuple[int, ...]) -> None:
        super().__init__(values)
        self.order = order


def order_of(values: list[Any]) -> tuple[int, ...]:
    """Return the places of a list's values in the order in which they were made."""
    return values.order if isinstance(values, Items) else tuple(range(len(values)))


def items_of(node: Node, value_of: Callable[[Node], Any], builds: Callable[[Node], bool]) -> Items:
    """Return the values of a list.

    Args:
        node: the list.
        value_of: what gives an item's value.
        builds: whether a node is a call that does something to an optimizer.
    """
    items: tuple[Node, ...] = node.value
    order = tuple(sorted(range(len(items)), key=lambda i: items[i].where))
    places = [place for i in order for place in _built(items[i], builds)]
    for before, after in pairwise(places):
        if after < before:
            message = "is built between the parts of another: who finds which rate is not followed"
            hint = "write each scheduler's parts just before it"
            raise InputError([Problem(message, where=before, hint=hint)])
    return Items(map(value_of, items), order)


def _built(node: Node, builds: Callable[[Node], bool]) -> Iterator[Where]:
    """Yield where the innermost schedulers of a node are built, in the order of `order_of`."""
    if not isinstance(node.value, Call) or not builds(node):
        return
    inner = sorted((part for each in parts(node) for part in _listed(each)), key=_place)
    found = [place for part in inner for place in _built(part, builds)]
    yield from found or [node.where]


def _listed(node: Node) -> Iterator[Node]:
    return parts(node) if isinstance(node.value, tuple) else iter((node,))


def _place(node: Node) -> Where:
    return node.where
