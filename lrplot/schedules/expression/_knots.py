"""Where an expression may jump or kink, read from its tree.

Each node is summed up as a `Shape`: its knots, and what is known of the value between them. What
is steady between its knots stays so under any function; linear pieces cross where algebra says;
a rising and a falling value cross once, found by bisection; the rest is smooth, or every step is a
knot. The answer may list a step too many, never one too few.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from lrplot._lazy import np
from lrplot.schedules.expression import _linear as linear
from lrplot.schedules.expression._nodes import (
    Apply,
    Chain,
    Choose,
    Const,
    Lookup,
    Node,
    Var,
    Within,
    Word,
)
from lrplot.schedules.expression._rules import Rules
from lrplot.schedules.expression._shape import Shape, span

if TYPE_CHECKING:
    from lrplot.schedules.expression._linear import Ranges

__all__ = ["knots"]

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
WORDS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "**": "pow"}


def knots(node: Node, end: int) -> Ranges:
    """Return the steps of 0..end where the node's value may jump or kink."""
    if end < 0:
        return ()
    with np.errstate(all="ignore"):
        return _Analysis(end).shape(node).knots


class _Analysis(Rules):
    """The shapes of one expression on 0..end: a method `_kind` for each kind of node."""

    def __init__(self, end: int) -> None:
        super().__init__(end)
        self.known: dict[int, Shape] = {}  # by identity: a shape keeps its node alive

    def shape(self, node: Node) -> Shape:
        if id(node) not in self.known:
            self.known[id(node)] = getattr(self, f"_{type(node).__name__.lower()}")(node)
        return self.known[id(node)]

    def _var(self, node: Var) -> Shape:
        line = linear.Linear(slope=Fraction(1), whole=True)
        return Shape(node=node, pieces=(line,), trend=1, low=0.0, high=float(self.end))

    # branches

    def _choose(self, node: Choose) -> Shape:
        return self.choice(node, node.test, [self.shape(node.yes), self.shape(node.no)])

    def choice(self, node: Node, test: Node, branches: list[Shape]) -> Shape:
        turns = self.truth(test)
        known = all(branch.pieces for branch in branches)
        return msgspec.structs.replace(
            self.any_of(node, *branches),
            knots=self.union(turns, *(branch.knots for branch in branches)),
            pieces=self.few(line for branch in branches for line in branch.pieces) if known else (),
            low=min(branch.low for branch in branches),
            high=max(branch.high for branch in branches),
        )

    def _word(self, node: Word) -> Shape:
        args = [self.shape(arg) for arg in node.args]
        turns = self.union(*(self.truth(arg) for arg in node.args[:-1]))
        known = all(arg.pieces for arg in args)
        return msgspec.structs.replace(
            self.any_of(node, *args),
            knots=self.union(turns, *(arg.knots for arg in args)),
            pieces=self.few(line for arg in args for line in arg.pieces) if known else (),
            low=min(arg.low for arg in args),
            high=max(arg.high for arg in args),
        )

    def truth(self, node: Node) -> Ranges | None:
        """Return where the truth of a node turns."""
        if isinstance(node, Word):
            return self.union(*(self.truth(arg) for arg in node.args))
        if isinstance(node, Apply) and node.name == "not":
            return self.truth(node.args[0])
        shape = self.shape(node)
        if shape.steady or shape.low > 0 or shape.high < 0:
            return shape.knots
        return self.union(shape.knots, self.zeros(shape, "=="))

    def _chain(self, node: Chain) -> Shape:
        args = [self.shape(arg) for arg in node.args]
        pairs = zip(node.names, args[:-1], args[1:], strict=True)
        turns = self.union(*(self.crossing(left, right, name) for name, left, right in pairs))
        return self.flag(node, self.union(turns, *(arg.knots for arg in args)))

    def _lookup(self, node: Lookup) -> Shape:
        table = node.table
        values = list(table.values() if isinstance(table, dict) else table)
        index = self.shape(node.index)
        low, high = span(map(float, values)) if values else (math.nan, math.nan)
        finite = all(map(math.isfinite, values))
        return Shape(
            node=node,
            knots=index.knots if index.steady else self.every,
            steady=True,
            pieces=self.few(map(linear.constant, values)) if finite else (),
            low=low,
            high=high,
        )

    def _within(self, node: Within) -> Shape:
        item = self.shape(node.item)
        if item.steady:
            return self.flag(node, item.knots)
        targets = [self._const(Const(value)) for value in node.values]
        return self.flag(
            node,
            self.union(item.knots, *(self.crossing(item, target, "==") for target in targets)),
        )

    # functions

    def _apply(self, node: Apply) -> Shape:
        args = [self.shape(arg) for arg in node.args]
        name = node.name.rpartition(".")[2]
        if name in COMPARISONS:
            turns = self.crossing(args[0], args[1], name)
            return self.flag(node, self.union(turns, args[0].knots, args[1].knots))
        rule = getattr(self, f"_op_{WORDS.get(name, name)}", None)
        found: Shape = rule(node, *args) if rule else self.any_of(node, *args, extra=None)
        return found

    def _op_not(self, node: Apply, _arg: Shape) -> Shape:
        return self.flag(node, self.union(self.truth(node.args[0])))

    def _op_where(self, node: Apply, _test: Shape, yes: Shape, no: Shape) -> Shape:
        return self.choice(node, node.args[0], [yes, no])
