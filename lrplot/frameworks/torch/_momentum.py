"""The momentum that torch's schedulers cycle, alone or in containers.

It is followed as the rate is: constructed, stepped, handed over to. Who does not cycle it leaves it
as it stands, and SequentialLR, which takes the rate back to where it began, leaves it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np
from lrplot.frameworks.torch._nodes import Group
from lrplot.frameworks.torch._scheduler import Scaling, Scheduler, constructed
from lrplot.frameworks.torch._update import UNCHANGED, Update, absolute
from lrplot.schedules.base import Schedule

if TYPE_CHECKING:
    from lrplot.schedules.base import Knots, Phase, Rates, Steps

__all__ = ["Cyclic", "Held", "WithMomentum", "momentum_part"]


class _Group(Group):
    """A parameter group, as the schedulers leave its momentum."""

    def take_back(self) -> None:
        """Leave it: torch keeps no initial momentum."""


class WithMomentum(Scheduler, frozen=True, kw_only=True):
    """A scheduler that may cycle the momentum along with the rate."""

    def part(self) -> Scheduler:
        """Return what it does to the momentum, as a scheduler of that."""
        raise NotImplementedError

    def momentum(self) -> Schedule | None:
        part = self.part()
        return None if isinstance(part, Held) else _Momentum(of=self, part=part)


def momentum_part(scheduler: Scheduler) -> Scheduler:
    """Return what a scheduler does to the momentum, as a scheduler of that."""
    return scheduler.part() if isinstance(scheduler, WithMomentum) else Held()


class Held(Scaling, frozen=True, kw_only=True, tag="torch.Held"):
    """What leaves the momentum as it stands."""

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del clock, count, base
        return UNCHANGED

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        del base, since
        return np.full(clock.shape, rate)


class Cyclic(WithMomentum, frozen=True, kw_only=True):
    """A scheduler that sets the momentum at every step, by itself."""

    momenta: tuple[float, float] | None  # base_momentum, max_momentum

    def momentum_at(self, clock: Steps) -> Rates:
        """Return the momentum, which goes the other way than the rate."""
        raise NotImplementedError

    def sharing(self, momenta: tuple[float, float]) -> Cyclic:
        """Return the scheduler with the group's own momenta, where it reads those."""
        del momenta
        return self

    def part(self) -> Scheduler:
        return _Cycle(of=self) if self.momenta else Held()


class _Cycle(Scheduler, frozen=True, kw_only=True, tag="torch.Cycle"):
    """What a Cyclic does to the momentum."""

    absolute = True

    of: Cyclic

    def begin(self, group: Group) -> None:
        low, high = self.of.momenta or (0.0, 0.0)
        group.shared.update(base_momentum=low, max_momentum=high)

    def settled(self, group: Group) -> Scheduler:
        shared = (group.shared["base_momentum"], group.shared["max_momentum"])
        return msgspec.structs.replace(self, of=self.of.sharing(shared))

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        del count, base
        return absolute(self.of.momentum_at(clock))


class _Momentum(Schedule, frozen=True, kw_only=True, tag="torch.Momentum"):
    """The momentum beside a rate."""

    of: WithMomentum
    part: Scheduler

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return the momentum, wherever torch gives a rate."""
        self.of.lr(steps, base)
        node, start = constructed(self.part, 0.0, _Group)
        return node.follow(steps, start)

    def uses_base(self) -> bool:
        """Return false: the momenta stand in the schedule."""
        return False

    def knots(self, end: int) -> Knots:
        """Return those of the rate."""
        return self.of.knots(end)

    def extent(self) -> int:
        """Return that of the rate."""
        return self.of.extent()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return those of the rate."""
        return self.of.phases(end)
