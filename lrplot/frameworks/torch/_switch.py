"""SequentialLR once it is constructed: who runs when, and what starts each."""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot._lazy import np
from lrplot.frameworks.torch._nodes import Group, Node, moved
from lrplot.frameworks.torch._update import UNCHANGED, Update, one
from lrplot.schedules.base import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.schedules.base import Knots, Rates, Steps

__all__ = ["Switch"]


class _Stretch(NamedTuple):
    """Where one of several schedulers runs: from step `start` of the whole, up to `stop`."""

    start: int
    stop: float
    node: Node
    entry: Update | None  # what starts it; None: it is stepped as if it had always run

    @property
    def offset(self) -> int:
        """Steps of the whole less those of the one that runs."""
        return self.start if self.entry else self.start - 1

    def enter(self, rate: float) -> float:
        """Return the rate after as many of its own steps as none."""
        return self.entry.once(rate) if self.entry else rate


class Switch(Node):
    """Schedulers that run one after another, each on its own stretch."""

    def __init__(self, nodes: Sequence[Node], milestones: Sequence[float], group: Group) -> None:
        super().__init__()
        self.nodes, self.milestones, self.clock = nodes, milestones, 0
        group.take_back()
        self.undo()
        nodes[bisect_right(milestones, 0)].restart(group)

    def settle(self, group: Group) -> None:
        for node in self.nodes:
            node.settle(group)

    def undo(self) -> None:
        for node in self.nodes:  # but not its own clock: in another Switch it is a step ahead
            node.undo()

    def restart(self, group: Group) -> None:
        self.step(group)

    def step(self, group: Group) -> None:
        self.settle(group)
        self.clock += 1
        node, entry = self._turn(self.clock)
        if entry:
            group.take(entry)
        else:
            node.step(group)

    def _turn(self, clock: int) -> tuple[Node, Update | None]:
        """Return who runs at a tick of its clock, and what starts it if it is started then."""
        index = bisect_right(self.milestones, clock)
        node = self.nodes[index]
        starts = index > 0 and self.milestones[index - 1] == clock
        return node.handed_over() if starts else (node, None)

    @cached_property
    def _stretches(self) -> list[_Stretch]:
        """Return who runs when, from here on."""
        ahead = {math.ceil(mark) for mark in self.milestones if mark > self.clock}
        found: list[_Stretch] = []
        index = -1
        for clock in sorted({self.clock + 1, *ahead}):
            before, index = index, bisect_right(self.milestones, clock)
            if index == before:
                continue
            node, entry = self._turn(clock)
            start = clock - self.clock
            if found:
                found[-1] = found[-1]._replace(stop=start)
            found.append(_Stretch(start, math.inf, node, entry))
        return found

    def raises_at(self) -> float:
        found = (stretch.node.raises_at() + stretch.offset for stretch in self._stretches)
        ends = zip(found, (stretch.stop for stretch in self._stretches), strict=True)
        return min((raises for raises, stop in ends if raises < stop), default=math.inf)

    def updates(self, count: Steps) -> list[Update]:
        parts = [
            self._part(stretch, count)
            for stretch in self._stretches
            if ((count >= stretch.start) & (count < stretch.stop)).any()
        ]
        found = []
        for i in range(max(len(updates) for _, updates in parts)):
            whole = Update(*(np.full(count.shape, x) for x in UNCHANGED))
            for here, updates in parts:
                for place, values in zip(
                    whole, updates[i] if i < len(updates) else (), strict=False
                ):
                    place[here] = values
            found.append(whole)
        return found

    def _part(self, stretch: _Stretch, count: Steps) -> tuple[Any, list[Update]]:
        """Return where in count a stretch is, and its updates there, the one that starts it too."""
        here = (count >= stretch.start) & (count < stretch.stop)
        inner = count[here] - stretch.offset
        updates = stretch.node.updates(np.maximum(inner, 1))
        entries = [stretch.entry or UNCHANGED, *[UNCHANGED] * (len(updates) - 1)]
        both = zip(entries, updates, strict=True)
        return here, [
            Update(*(np.where(inner == 0, x, y) for x, y in zip(entry, update, strict=True)))
            for entry, update in both
        ]

    def follow(self, count: Steps, start: float) -> Rates:
        rates = np.full(count.shape, start)
        for stretch in self._stretches:
            here = (count >= stretch.start) & (count < stretch.stop)
            start = stretch.enter(start)
            rates[here] = stretch.node.follow(count[here] - stretch.offset, start)
            if not (count >= stretch.stop).any():
                break
            last = one(int(stretch.stop) - 1 - stretch.offset)
            start = float(stretch.node.follow(last, start)[0])
        return rates

    def knots(self, end: int) -> Knots:
        found: list[range] = []
        for stretch in self._stretches:
            last = int(min(stretch.stop - 1, end))
            if last >= stretch.start:
                inner = stretch.node.knots(last - stretch.offset)
                found.append(range(stretch.start, stretch.start + 1))
                found += moved(inner, stretch.offset, stretch.start, last)
        return tuple(found)

    def phases(self, end: int) -> tuple[Phase, ...]:
        found: list[Phase] = []
        for stretch in self._stretches:
            start = stretch.start if found else 0
            inner = stretch.node.phases(max(0, int(min(stretch.stop, end)) - start))
            found += [Phase(p.name, p.start + start, p.end + start) for p in inner]
        return tuple(found)

    def bases(self) -> tuple[float, ...]:
        return tuple(base for node in self.nodes for base in node.bases())
