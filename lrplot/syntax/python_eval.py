"""Python expressions worked out from their syntax; what cannot be is Unknown, with the reason.

Each rule takes the file being read (a `Frame`) and one kind of expression and returns a value for
a Node, or a Node. It raises NotKnown where the value depends on something unknown; an exception
Python itself would raise makes the value unknown too, since only a reader of it is concerned.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeAlias

from lrplot.syntax.python_assign import assign
from lrplot.syntax.python_builtins import BUILTINS, CONSTANTS
from lrplot.syntax.python_calls import call
from lrplot.syntax.python_format import field
from lrplot.syntax.python_operators import binary, compare, unary
from lrplot.syntax.python_parse import HOLE, Source, refuse
from lrplot.syntax.python_values import (
    FAILURES,
    Budget,
    ConfigDict,
    Named,
    NotKnown,
    TooMuch,
    distinct,
    elements,
    known,
    plain,
    put,
    truth,
    why,
    wrap,
)
from lrplot.syntax.tree import Code, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lrplot.errors import Where

    Inherit: TypeAlias = "Callable[[Frame, ast.ImportFrom], None]"  # an import in read_base()

__all__ = ["Frame"]


class Frame:
    """One file while it is read: its text, the names bound so far, and what it may still cost."""

    def __init__(self, source: Source, budget: Budget, inherit: Inherit) -> None:
        self.source = source
        self.budget = budget
        self.inherit = inherit
        self.names: dict[str, Node] = {}
        self.places: dict[str, Where] = {}
        self.imported: set[str] = set()
        self.functions: dict[str, ast.stmt] = {}

    def where(self, node: ast.AST) -> Where:
        """Return where a piece of this file stands."""
        return self.source.where(node)

    def evaluate(self, expr: ast.expr) -> Node:
        """Return an expression's value; Unknown with the reason where it cannot be told."""
        try:
            self.budget.spend(1)
            return self._evaluate(expr)
        except FAILURES as error:
            return Node(Unknown(why(error)), self.where(expr))
        except TooMuch as error:
            refuse(str(error), self.where(expr))

    def _evaluate(self, expr: ast.expr) -> Node:
        rule = RULES.get(type(expr))
        if rule is None:
            raise NotKnown(f"what this {type(expr).__name__.lower()} gives")
        value = rule(self, expr)
        return value if isinstance(value, Node) else wrap(value, self.where(expr))

    def plain(self, expr: ast.expr) -> Any:
        """Return an expression's value without Nodes, or raise NotKnown."""
        return plain(self.evaluate(expr), self.budget)

    def index(self, expr: ast.expr) -> Any:
        """Return what stands between the brackets of a subscript: a key, or a slice."""
        if not isinstance(expr, ast.Slice):
            return self.plain(expr)
        ends = (expr.lower, expr.upper, expr.step)
        return slice(*(None if end is None else self.plain(end) for end in ends))

    def bind(self, name: str, node: Node, where: Where) -> None:
        """Bind a name, as an assignment to it does."""
        self.names[name] = node
        self.places[name] = where
        self.functions.pop(name, None)


def _constant(frame: Frame, expr: ast.Constant) -> Node:
    value = expr.value
    if isinstance(value, str) and HOLE in value:
        raise NotKnown("it takes the value of an environment variable")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return wrap(value, frame.where(expr), frame.source.text(expr))
    return wrap(value, frame.where(expr), str(value))


def _name(frame: Frame, expr: ast.Name) -> Any:
    name = expr.id
    if name in frame.names:
        return frame.names[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in BUILTINS:
        return Named(name)
    if HOLE in name:
        raise NotKnown("it takes the value of an environment variable")
    raise NotKnown(f"the name {name} is not defined")


def _attribute(frame: Frame, expr: ast.Attribute) -> Any:
    owner = frame.evaluate(expr.value)
    value = known(owner)
    if isinstance(value, Named):
        dotted = f"{value.name}.{expr.attr}"
        return CONSTANTS.get(dotted, Named(dotted))
    if isinstance(value, ConfigDict) and expr.attr in value:
        return value[expr.attr]
    raise AttributeError(f"no attribute {expr.attr}")


def _subscript(frame: Frame, expr: ast.Subscript) -> Any:
    value = known(frame.evaluate(expr.value))
    if isinstance(value, (str, list, tuple, dict)):
        frame.budget.text(len(value) if isinstance(expr.slice, ast.Slice) else 0)
        return value[frame.index(expr.slice)]
    raise NotKnown(f"what {ast.unparse(expr.value)} holds")


def _parts(frame: Frame, exprs: list[ast.expr]) -> Iterator[Node]:
    for expr in exprs:
        if isinstance(expr, ast.Starred):
            yield from elements(frame.evaluate(expr.value), frame.budget)
        else:
            yield frame.evaluate(expr)


def _list(frame: Frame, expr: ast.List) -> list[Node]:
    return list(_parts(frame, expr.elts))


def _tuple(frame: Frame, expr: ast.Tuple) -> tuple[Node, ...]:
    return tuple(_parts(frame, expr.elts))


def _set(frame: Frame, expr: ast.Set) -> Any:
    """Return a set's items, or what `{{ _base_.x }}`, Python for a set in a set, stands for."""
    inner = expr.elts[0]
    if isinstance(inner, ast.Set) and len(expr.elts) == len(inner.elts) == 1:
        return frame.evaluate(inner.elts[0])
    return distinct(_parts(frame, expr.elts), frame.budget)


def _dict(frame: Frame, expr: ast.Dict) -> Node:
    made = Node({}, frame.where(expr))
    for key, value in zip(expr.keys, expr.values, strict=True):
        node = frame.evaluate(value)
        if key is not None:
            put(made, frame.plain(key), node, frame.where(key), frame.budget)
        else:
            frame.budget.spend(len(known(node)))
            made.value.update(node.value)
            made.keys.update(node.keys)
    return made


def _binary(frame: Frame, expr: ast.BinOp) -> Any:
    left, right = frame.evaluate(expr.left), frame.evaluate(expr.right)
    return binary(type(expr.op), left, right, frame.budget)


def _unary(frame: Frame, expr: ast.UnaryOp) -> Node:
    text = frame.source.text(expr) if isinstance(expr.operand, ast.Constant) else ""
    return wrap(unary(type(expr.op), frame.evaluate(expr.operand)), frame.where(expr), text)


def _boolean(frame: Frame, expr: ast.BoolOp) -> Node:
    stop = isinstance(expr.op, ast.Or)
    for value in expr.values[:-1]:
        node = frame.evaluate(value)
        if truth(node) is stop:
            return node
    return frame.evaluate(expr.values[-1])


def _compare(frame: Frame, expr: ast.Compare) -> bool:
    left = frame.evaluate(expr.left)
    for kind, comparator in zip(expr.ops, expr.comparators, strict=True):
        right = frame.evaluate(comparator)
        if not compare(type(kind), left, right, frame.budget):
            return False
        left = right
    return True


def _conditional(frame: Frame, expr: ast.IfExp) -> Node:
    return frame.evaluate(expr.body if truth(frame.evaluate(expr.test)) else expr.orelse)


def _walrus(frame: Frame, expr: ast.NamedExpr) -> Node:
    node = frame.evaluate(expr.value)
    frame.bind(expr.target.id, node, frame.where(expr))
    return node


def _text(frame: Frame, expr: ast.JoinedStr) -> str:
    parts = [frame.plain(part) for part in expr.values]
    frame.budget.text(sum(map(len, parts)))
    return "".join(parts)


def _field(frame: Frame, expr: ast.FormattedValue) -> str:
    spec = "" if expr.format_spec is None else frame.plain(expr.format_spec)
    conversion = chr(expr.conversion) if expr.conversion > 0 else ""
    return field(frame.plain(expr.value), conversion, spec, frame.budget)


def _lambda(_: Frame, expr: ast.Lambda) -> Code:
    return Code(ast.unparse(expr))


def _rounds(frame: Frame, generators: list[ast.comprehension]) -> Iterator[None]:
    """Bind a comprehension's variables to each combination that passes its conditions."""
    if not generators:
        yield
        return
    first, *rest = generators
    for item in elements(frame.evaluate(first.iter), frame.budget):
        frame.budget.spend(1)
        assign(frame, first.target, item)
        if all(truth(frame.evaluate(test)) for test in first.ifs):
            yield from _rounds(frame, rest)


def _comprehend(frame: Frame, generators: list[ast.comprehension]) -> Iterator[None]:
    """Go through the rounds; the variables are the comprehension's own and vanish with it."""
    parts = [part for each in generators for part in ast.walk(each.target)]
    own = {part.id for part in parts if isinstance(part, ast.Name)}
    outer = {name: frame.names.get(name) for name in own}
    try:
        yield from _rounds(frame, generators)
    finally:
        for name, node in outer.items():
            frame.names.pop(name, None)
            frame.names.update({} if node is None else {name: node})


def _list_comprehension(frame: Frame, expr: ast.ListComp) -> list[Node]:
    return [frame.evaluate(expr.elt) for _ in _comprehend(frame, expr.generators)]


def _generator(frame: Frame, expr: ast.GeneratorExp) -> tuple[Node, ...]:
    return tuple(frame.evaluate(expr.elt) for _ in _comprehend(frame, expr.generators))


def _set_comprehension(frame: Frame, expr: ast.SetComp) -> tuple[Node, ...]:
    rounds = _comprehend(frame, expr.generators)
    return distinct((frame.evaluate(expr.elt) for _ in rounds), frame.budget)


def _dict_comprehension(frame: Frame, expr: ast.DictComp) -> Node:
    made = Node({}, frame.where(expr))
    for _ in _comprehend(frame, expr.generators):
        key, value = frame.plain(expr.key), frame.evaluate(expr.value)
        put(made, key, value, frame.where(expr.key), frame.budget)
    return made


RULES: dict[type[ast.expr], Callable[[Frame, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.List: _list,
    ast.Tuple: _tuple,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _text,
    ast.FormattedValue: _field,
    ast.Lambda: _lambda,
    ast.ListComp: _list_comprehension,
    ast.GeneratorExp: _generator,
    ast.SetComp: _set_comprehension,
    ast.DictComp: _dict_comprehension,
    ast.Call: call,
}
