"""The tree an expression is read into; each node knows its value at given steps.

A branch is evaluated only at the steps that take it, as Python would: `1 / t if t > 0 else 0` has
a value at 0. So `at` is always called with at least one step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from lrplot._lazy import np
from lrplot.schedules.expression._python import (
    EXACT,
    FUNCTIONS,
    blend,
    each,
    filled,
    settle,
    truth,
)

if TYPE_CHECKING:
    from lrplot.schedules.expression._python import Number, Steps, Values

__all__ = ["Apply", "Chain", "Choose", "Const", "Lookup", "Node", "Var", "Within", "Word"]


class Const(msgspec.Struct, frozen=True):
    """A number."""

    value: int | float

    def at(self, steps: Steps) -> Values:
        return filled(steps, self.value)


class Var(msgspec.Struct, frozen=True):
    """The step."""

    def at(self, steps: Steps) -> Values:
        exact = int(steps.min()) >= -EXACT and int(steps.max()) <= EXACT
        return steps if exact else steps.astype(object)


class Apply(msgspec.Struct, frozen=True):
    """A function of the table applied to arguments that are all evaluated."""

    name: str
    args: tuple[Node, ...]

    def at(self, steps: Steps) -> Values:
        return FUNCTIONS[self.name].apply(steps, *(arg.at(steps) for arg in self.args))


class Choose(msgspec.Struct, frozen=True):
    """`yes if test else no`."""

    test: Node
    yes: Node
    no: Node

    def at(self, steps: Steps) -> Values:
        mask = truth(self.test.at(steps))
        if mask.all() or not mask.any():
            return (self.yes if mask[0] else self.no).at(steps)
        return blend(mask, self.yes.at(steps[mask]), self.no.at(steps[~mask]))


class Word(msgspec.Struct, frozen=True):
    """`a and b and ...`, or `or`: the value of the operand that decided."""

    ends_when: bool  # `or` ends at the first true operand, `and` at the first false one
    args: tuple[Node, ...]

    def at(self, steps: Steps) -> Values:
        return self._from(0, steps)

    def _from(self, index: int, steps: Steps) -> Values:
        value = self.args[index].at(steps)
        goes_on = truth(value) != self.ends_when
        if index + 1 == len(self.args) or not goes_on.any():
            return value
        return blend(goes_on, self._from(index + 1, steps[goes_on]), value[~goes_on])


class Chain(msgspec.Struct, frozen=True):
    """`a < b <= c`: each operand evaluated once, and only while the comparisons before it hold."""

    names: tuple[str, ...]
    args: tuple[Node, ...]

    def at(self, steps: Steps) -> Values:
        holds = np.ones(steps.shape, bool)
        left = self.args[0].at(steps)
        for name, arg in zip(self.names, self.args[1:], strict=True):
            right = arg.at(steps[holds])
            now = truth(FUNCTIONS[name].apply(steps[holds], left, right))
            holds[holds], left = now, right[now]
            if not now.any():
                break
        return holds.astype(np.int64)


class Lookup(msgspec.Struct, frozen=True):
    """`(1, 0.1, 0.01)[index]` or `{0: 1, 30: 0.1}[index]`: a constant taken by its index."""

    table: tuple[int | float, ...] | dict[int | float, int | float]
    index: Node

    def at(self, steps: Steps) -> Values:
        index = self.index.at(steps)
        if index.dtype == np.int64 and not isinstance(self.table, dict) and self._has(index):
            return settle(steps[:1], self.table)[index]
        return each(self._pick, steps, index)

    def _has(self, index: Values) -> bool:
        """Say whether all of these are places in a list."""
        return -len(self.table) <= int(index.min()) and int(index.max()) < len(self.table)

    def _pick(self, index: Number) -> Number:
        if isinstance(self.table, dict):
            if index not in self.table:
                raise LookupError(f"the dict has no entry {index}")
            return self.table[index]
        if isinstance(index, float):
            raise TypeError(f"a list's index is an integer, not {index}")
        if not -len(self.table) <= index < len(self.table):
            raise LookupError(f"index {index} is outside a list of {len(self.table)}")
        return self.table[index]


class Within(msgspec.Struct, frozen=True):
    """`item in (10, 20)`."""

    values: tuple[int | float, ...]
    item: Node

    def at(self, steps: Steps) -> Values:
        return each(frozenset(self.values).__contains__, steps, self.item.at(steps))


Node: TypeAlias = "Const | Var | Apply | Choose | Word | Chain | Lookup | Within"
