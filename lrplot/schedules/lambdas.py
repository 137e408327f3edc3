"""A schedule whose factor is an expression in the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec import Meta

from lrplot.schedules.base import Knots, Schedule
from lrplot.schedules.expression import compile_expression

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Steps

__all__ = ["Lambda"]


class Lambda(Schedule, frozen=True, kw_only=True, tag="lambda"):
    """The base rate times an expression in the step.

        lr(t) = base_lr * factor(t)

    The expression may name the step t, epoch or step, or be a lambda of one parameter. It knows
    arithmetic, comparisons, conditionals, min, max, abs, round, int and the functions of math; it
    is read, never run as code. Torch's LambdaLR, Paddle's LambdaDecay.
    """

    example: ClassVar[dict[str, Any]] = {"factor": "0.95 ** epoch"}

    factor: Annotated[str, Meta(min_length=1, description='an expression, as "0.95 ** epoch"')]

    def check(self) -> None:
        """Refuse what is not an expression in one variable."""
        compile_expression(self.factor)

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the expression and multiply."""
        return base * compile_expression(self.factor)(steps)

    def knots(self, end: int) -> Knots:
        """Return the steps where the expression may jump or kink."""
        return compile_expression(self.factor).knots(end)
