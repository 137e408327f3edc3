"""What a torch scheduler is: a schedule that says what its construction and each step do."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from lrplot._lazy import np
from lrplot.errors import InputError, ParameterError
from lrplot.frameworks.torch._nodes import Group, Leaf, Node
from lrplot.frameworks.torch._update import Update, one
from lrplot.schedules.base import Schedule
from lrplot.schedules.expression import compile_expression

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["NEVER", "Scaling", "Scheduler", "compiled", "constructed"]

NEVER = 2**60  # a length far past the last step there is, about which integers do not overflow


class Scheduler(Schedule, frozen=True, kw_only=True):
    """A torch scheduler: what its constructor and each of its steps do to the rate.

    A step sets or changes the rate v that the optimizer holds; `update` says how. In the formulas k
    is the clock, torch's last_epoch: 0 at the construction, one more at each step.
    """

    absolute: ClassVar[bool] = False  # whether each update forgets the rate that stands
    earliest: ClassVar[int] = -(2**53)  # how far back a container can take its clock

    def update(self, clock: Steps, count: Steps, base: float) -> Update:
        """Return the updates of steps.

        Args:
            clock: k at each of them.
            count: how many steps there have been since the constructor's own.
            base: the rate torch calls initial_lr.
        """
        raise NotImplementedError

    def initial(self, base: float) -> Update:
        """Return the update of an initial step."""
        return self.update(one(0), one(0), base)

    def built(self, base: float) -> Update:
        """Return the update that the constructor makes: its initial step."""
        return self.initial(base)

    def hand_over(self, base: float) -> Update:
        """Return the update with which SequentialLR starts it: torch's closed form at 0."""
        return self.initial(base)

    def advance(self, clock: Steps, base: float, since: int, rate: float) -> Rates | None:
        """Return the rates at later clocks, from the rate at clock `since`; None: no formula."""
        del clock, base, since, rate
        return None

    def scales(self) -> bool:
        """Say whether each update multiplies the rate by a number, and no more."""
        return False

    def begin(self, group: Group) -> None:
        """Set what the constructor sets before its first step."""

    def settled(self, group: Group) -> Scheduler:
        """Return the scheduler with what it reads off the group at every step."""
        del group
        return self

    def raises_at(self) -> float:
        """Return the clock at which torch raises; infinite where it never does."""
        return math.inf

    def trouble(self) -> str:
        """Say why torch raises, if it does."""
        return ""

    def node(self, group: Group) -> Node:
        """Construct it on an optimizer, as torch does."""
        return Leaf(self, group)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Construct it on an optimizer that holds base, and follow its steps."""
        if not steps.size:
            return np.empty(steps.shape)
        if (base == base.flat[0]).all():
            rates = self._from(float(base.flat[0]), steps)
        else:
            rates = np.empty(steps.shape)
            for held in np.unique(base).tolist():
                rates[base == held] = self._from(held, steps[base == held])
        self.refuse_trouble(steps, rates)
        return rates

    def _from(self, base: float, steps: Steps) -> Rates:
        node, start = constructed(self, base)
        return node.follow(steps, start)

    def refuse_trouble(self, steps: Steps, rates: Rates) -> None:
        """Raise InputError with the reason where torch raises, which rates hold as NaN."""
        wrong = np.isnan(rates)
        if wrong.any() and self.trouble():
            step = int(steps[wrong].min())
            raise InputError(f"torch gives no rate at step {step:,}: {self.trouble()}")

    @classmethod
    def name(cls) -> str:
        """Return torch's name."""
        return cls.__name__


class Scaling(Scheduler, frozen=True, kw_only=True):
    """One whose every step multiplies the rate by a number, and no more."""

    def scales(self) -> bool:
        """Return true."""
        return True


@lru_cache(maxsize=64)
def constructed(schedule: Scheduler, base: float, kind: type[Group] = Group) -> tuple[Node, float]:
    """Return the schedulers after their construction, and the rate that it leaves."""
    group = kind(base)
    with np.errstate(all="ignore"):
        node = schedule.node(group)
        node.settle(group)
    return node, group.rate


def compiled(key: str, text: str) -> None:
    """Refuse a lambda that is no expression in the step, by the parameter it is given to."""
    try:
        compile_expression(text)
    except ParameterError as error:
        problem = error.problems[0]
        raise ParameterError(key, problem.message, problem.hint) from None
