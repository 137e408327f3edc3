"""torch's containers of schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import ParameterError
from lrplot.frameworks.torch._momentum import Held, WithMomentum, momentum_part
from lrplot.frameworks.torch._nodes import Chain, Group, Node
from lrplot.frameworks.torch._scheduler import Scheduler, constructed
from lrplot.frameworks.torch._switch import Switch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.schedules.base import Knots, Phase

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Container(WithMomentum, frozen=True, kw_only=True):
    """Schedulers on one optimizer."""

    schedulers: tuple[Scheduler, ...]
    order: tuple[int, ...]  # in which they are built

    def uses_base(self) -> bool:
        """Construct them on two optimizers, and see whether it makes a difference."""
        (one, first), (other, second) = (constructed(self, base) for base in (1.0, 2.0))
        return first != second or one.bases() != other.bases()

    def part(self) -> Scheduler:
        parts = tuple(map(momentum_part, self.schedulers))
        if all(isinstance(part, Held) for part in parts):
            return Held()
        return msgspec.structs.replace(self, schedulers=parts)

    def trouble(self) -> str:
        told = [scheduler.trouble() for scheduler in self.schedulers]
        return "; or ".join(filter(None, told))

    def _nodes(self, group: Group) -> Sequence[Node]:
        built = {i: self.schedulers[i].node(group) for i in self.order}
        return [built[i] for i in range(len(built))]

    def knots(self, end: int) -> Knots:
        return constructed(self, 1.0)[0].knots(end)

    def phases(self, end: int) -> tuple[Phase, ...]:
        return constructed(self, 1.0)[0].phases(end)


class SequentialLR(_Container, frozen=True, kw_only=True, tag="torch.SequentialLR"):
    """One scheduler after another, each from its own closed form at 0."""

    milestones: tuple[float, ...]

    def check(self) -> None:
        if len(self.milestones) != len(self.schedulers) - 1:
            raise ParameterError(
                "milestones",
                f"must be one fewer than schedulers: {len(self.schedulers) - 1}, "
                f"got {len(self.milestones)}",
            )

    def node(self, group: Group) -> Node:
        return Switch(self._nodes(group), self.milestones, group)

    def trouble(self) -> str:
        held = any(isinstance(scheduler, _Container) for scheduler in self.schedulers[1:])
        own = "it cannot hand over to a SequentialLR or a ChainedScheduler" if held else ""
        return "; or ".join(filter(None, (own, super().trouble())))

    def extent(self) -> int:
        last = int(max(0, *self.milestones, 0))
        return last + self.schedulers[-1].extent()


class ChainedScheduler(_Container, frozen=True, kw_only=True, tag="torch.ChainedScheduler"):
    """Schedulers that change the same rate in turn, at every step."""

    def node(self, group: Group) -> Node:
        return Chain(self._nodes(group))

    def extent(self) -> int:
        return max(scheduler.extent() for scheduler in self.schedulers)
