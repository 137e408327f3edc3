"""torch's schedulers once they are constructed: each with a clock, alone or in a container.

Constructing a scheduler changes the rate, and so does every step; containers undo, repeat and
forget some of that. What is left after the construction is followed here: `updates` says, for whole
arrays of steps, what each does to the rate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot._lazy import np
from lrplot.errors import InputError
from lrplot.frameworks.torch._update import BLOCK, NAN, Scan, Update, one
from lrplot.schedules.base import Phase, joined_phases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.frameworks.torch._scheduler import Scheduler
    from lrplot.schedules.base import Knots, Rates, Steps

__all__ = ["Chain", "Group", "Leaf", "Node", "Stopped", "moved"]


class Group:
    """A parameter group, as the schedulers that are built on one optimizer leave it."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.initial: float | None = None  # torch's initial_lr: the first one built sets it
        self.shared: dict[str, float] = {}  # max_lr, min_lr, swa_lr: the last one built sets them

    def take(self, update: Update) -> None:
        """Change the rate."""
        self.rate = update.once(self.rate)
        if math.isnan(self.rate):
            raise InputError("torch divides by 0 when it builds these schedulers")

    def take_back(self) -> None:
        """Return to the rate that it had, as SequentialLR does with what its schedulers did."""
        if self.initial is not None:
            self.rate = self.initial


class Node:
    """A constructed scheduler. The `count` of its methods is of its steps from now on."""

    def __init__(self) -> None:
        self.scans: dict[float, Scan] = {}

    def settle(self, group: Group) -> None:
        """Take what the group holds once all are built."""
        raise NotImplementedError

    def undo(self) -> None:
        """Take the clock back, as SequentialLR does with those it holds."""
        raise NotImplementedError

    def restart(self, group: Group) -> None:
        """Do the initial step again, as SequentialLR does with its first."""
        raise NotImplementedError

    def step(self, group: Group) -> None:
        """Do one step now."""
        raise NotImplementedError

    def handed_over(self) -> tuple[Node, Update]:
        """Set the clock to 0; return it, and what SequentialLR does to the rate to start it."""
        return Stopped(), Update(NAN)  # torch raises NotImplementedError: only a leaf can be

    def updates(self, count: Steps) -> list[Update]:
        """Return what the steps of these numbers, >= 1, do, in order."""
        raise NotImplementedError

    def far(self, count: Steps, since: int, rate: float) -> Rates | None:
        """Return the rates after so many steps, from the rate after `since`; None: no formula."""
        del count, since, rate
        return None

    def raises_at(self) -> float:
        """Return the number of steps at which torch raises; infinite where it never does."""
        return math.inf

    def resets_with(self) -> list[Node]:
        """Return which of its schedulers make the rate of each step, whatever it was before."""
        return []

    def follow(self, count: Steps, start: float) -> Rates:
        """Return the rates after these numbers of steps, where it is `start` after none."""
        rates = self._reset(count, start) if self.resets_with() else self._stepped(count, start)
        raises = self.raises_at()
        return rates if math.isinf(raises) else np.where(count >= raises, NAN, rates)

    def _reset(self, count: Steps, start: float) -> Rates:
        rates: Any = start
        before = count == 0
        if before.all():
            return np.full(count.shape, start)
        for node in self.resets_with():
            for update in node.updates(np.maximum(count, 1)):
                rates = update.of(rates)
        return np.where(before, start, rates)

    def _stepped(self, count: Steps, start: float) -> Rates:
        scan = self.scans.setdefault(start, Scan(self, start))
        near = count <= BLOCK
        if near.all():
            return scan.at(count)
        beyond = self.far(count[~near], BLOCK, scan.start_of(1, int(count.max())))
        rates = np.empty(count.shape)
        rates[~near] = scan.at(count[~near]) if beyond is None else beyond
        rates[near] = scan.at(count[near])
        return rates

    def knots(self, end: int) -> Knots:
        """Return the numbers of steps, up to end, after which the rate may jump or kink."""
        raise NotImplementedError

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the stretches that a person would name."""
        raise NotImplementedError

    def bases(self) -> tuple[float, ...]:
        """Return the base rates that play a part."""
        raise NotImplementedError


class Leaf(Node):
    """One scheduler: its clock (last_epoch), and its steps since the initial one."""

    def __init__(self, scheduler: Scheduler, group: Group) -> None:
        super().__init__()
        self.scheduler, self.clock, self.count = scheduler, 0, 0
        scheduler.begin(group)
        if group.initial is None:
            group.initial = group.rate
        self.base = group.initial
        group.take(scheduler.built(self.base))

    def settle(self, group: Group) -> None:
        self.scheduler = self.scheduler.settled(group)

    def undo(self) -> None:
        self.clock = max(self.clock - 1, self.scheduler.earliest)

    def restart(self, group: Group) -> None:
        self.settle(group)
        self.clock, self.count = self.clock + 1, 0
        group.take(self.scheduler.initial(self.base))

    def step(self, group: Group) -> None:
        self.settle(group)
        group.take(self.updates(one(1))[0])
        self.clock, self.count = self.clock + 1, self.count + 1

    def handed_over(self) -> tuple[Node, Update]:
        self.clock = 0
        update = self.scheduler.hand_over(self.base)
        return Stopped() if math.isnan(update.once(0.0)) else self, update

    def raises_at(self) -> float:
        return self.scheduler.raises_at() - self.clock

    def updates(self, count: Steps) -> list[Update]:
        return [self.scheduler.update(count + self.clock, count + self.count, self.base)]

    def far(self, count: Steps, since: int, rate: float) -> Rates | None:
        return self.scheduler.advance(count + self.clock, self.base, since + self.clock, rate)

    def resets_with(self) -> list[Node]:
        return [self] if self.scheduler.absolute else []

    def knots(self, end: int) -> Knots:
        return moved(self.scheduler.knots(max(0, end + self.clock)), -self.clock, 0, end)

    def phases(self, end: int) -> tuple[Phase, ...]:
        return self.scheduler.phases(end)

    def bases(self) -> tuple[float, ...]:
        return (self.base,) if self.scheduler.uses_base() else ()


class Stopped(Node):
    """What torch raises at."""

    def updates(self, count: Steps) -> list[Update]:
        del count
        return [Update(NAN)]

    def raises_at(self) -> float:
        return 0

    def knots(self, end: int) -> Knots:
        del end
        return ()

    def phases(self, end: int) -> tuple[Phase, ...]:
        return (Phase("nothing", 0, end),) if end else ()


class Chain(Node):
    """Schedulers that all step at every step, one after the other."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        super().__init__()
        self.nodes = nodes

    def settle(self, group: Group) -> None:
        for node in self.nodes:
            node.settle(group)

    def undo(self) -> None:
        for node in self.nodes:
            node.undo()

    def restart(self, group: Group) -> None:
        self.step(group)  # so the initial step of each is an ordinary one

    def step(self, group: Group) -> None:
        for node in self.nodes:
            node.step(group)

    def updates(self, count: Steps) -> list[Update]:
        return [update for node in self.nodes for update in node.updates(count)]

    def raises_at(self) -> float:
        return min(node.raises_at() for node in self.nodes)

    def resets_with(self) -> list[Node]:
        resets = [i for i, node in enumerate(self.nodes) if node.resets_with()]
        return [*self.nodes[resets[-1] :]] if resets else []

    def far(self, count: Steps, since: int, rate: float) -> Rates | None:
        """Multiply what each does, where each only multiplies."""
        rates = np.full(count.shape, rate)
        for node in self.nodes:
            factor = node.far(count, since, 1.0) if _scales(node) else None
            if factor is None:
                return None
            rates *= factor
        return rates

    def knots(self, end: int) -> Knots:
        inner = tuple(knot for node in self.nodes for knot in node.knots(end))
        return (*inner, range(1, 2)) if end else inner

    def phases(self, end: int) -> tuple[Phase, ...]:
        return joined_phases([node.phases(end) for node in self.nodes])

    def bases(self) -> tuple[float, ...]:
        return tuple(base for node in self.nodes for base in node.bases())


def _scales(node: Node) -> bool:
    if isinstance(node, Chain):
        return all(map(_scales, node.nodes))
    return isinstance(node, Leaf) and node.scheduler.scales()


def moved(knots: Knots, by: int, low: int, high: int) -> Knots:
    """Return knots at other steps, those in [low, high]."""
    found = []
    for knot in knots:
        start, stop = knot.start + by, min(knot.stop + by, high + 1)
        start += max(0, -((start - low) // knot.step)) * knot.step
        found.append(range(start, stop, knot.step))
    return tuple(knot for knot in found if knot)
