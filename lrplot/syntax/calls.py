"""A pasted constructor call, `scheduler = StepLR(optimizer, 30)`, read as syntax and never run.

Literals, arithmetic on numbers, names, calls, lambdas (kept as text), lists, tuples and dicts
become a tree; everything else Python has is refused by kind and place.
"""

from __future__ import annotations

import ast
import math
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, Problem, Where
from lrplot.syntax.call_names import Names, dotted, size
from lrplot.syntax.call_text import parse_text
from lrplot.syntax.python_operators import UNARY, arithmetic
from lrplot.syntax.python_values import TooMuch
from lrplot.syntax.tree import Call, Code, Key, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.syntax.python_parse import Source

__all__ = ["Statement", "parse_call", "parse_paste"]

MAX_RANGE, MAX_SHOWN = 10_000, 60
MAX_INTEGER = 2**1023  # what still has a float

_CONSTANTS = {
    f"{module}.{name}": value
    for module in ("math", "np", "numpy", "torch")
    for name, value in {"pi": math.pi, "e": math.e, "inf": math.inf}.items()
}
_KINDS: dict[type[ast.AST], str] = {
    ast.Await: "await",
    ast.BoolOp: "and/or",
    ast.Compare: "a comparison",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "a conditional",
    ast.JoinedStr: "an f-string",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "an assignment (:=)",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Starred: "an unpacking (*)",
    ast.For: "a loop",
    ast.While: "a loop",
    ast.If: "an if",
    ast.With: "a with",
    ast.Try: "a try",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Import: "an import",
    ast.ImportFrom: "an import",
    ast.FunctionDef: "a function",
    ast.ClassDef: "a class",
    ast.Return: "return",
    ast.Delete: "del",
    ast.Assign: "an assignment to several names",
    ast.AugAssign: "an assignment in place",
}
_STATEMENTS = "a text is made of assignments to names, and a call at its end"
_ALLOWED = "a call is made of names, numbers, text, arithmetic, lambdas, lists, dicts and calls"


class Statement(NamedTuple):
    """What one statement of a text says, and the names it gives to that; none: it stands alone."""

    node: Node
    names: tuple[str, ...]


def parse_call(text: str, name: str = "call") -> Node:
    """Return the tree of one call, or of a list of them, with an assignment in front or not.

    For arguments and errors see parse_paste.
    """
    found, *more = parse_paste(text, name)
    if more:
        raise _second(more[0].node.where)
    if isinstance(found.node.value, (Call, tuple, dict)):
        return found.node
    hint = "write one as StepLR(optimizer, 30)"
    raise InputError([Problem("is not a call", where=found.node.where, hint=hint)])


def parse_paste(text: str, name: str = "call") -> tuple[Statement, ...]:
    """Return what each statement of a text says: assignments, and an expression at the end.

    Args:
        text: as it stands in a script: several lines, comments, indented, a trailing comma.
        name: what errors call it: a file's name, say.

    Returns:
        A Node of a value or of a Call for each. A name that an earlier statement gave a value
        stands for that; any other (`optimizer`, `args.epochs`) is an Unknown, whose Node has the
        name as its text.

    Raises:
        InputError: the text is not made of such statements; with its kind and place.
    """
    source, indent = parse_text(text, name)
    return _Reader(source, indent).statements(source.tree)


class _Reader:
    """Turns the syntax of one text into a tree."""

    def __init__(self, source: Source, indent: list[int]) -> None:
        self.source, self.indent, self.names = source, indent, Names()
        self.rules: dict[type[ast.expr], Callable[[Any], Node]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._name,
            ast.Subscript: self._item,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.Lambda: self._lambda,
            ast.List: self._list,
            ast.Tuple: self._list,
            ast.Dict: self._dict,
            ast.Call: self._call,
        }

    def where(self, at: ast.AST) -> Where:
        where = self.source.where(at)
        return where._replace(column=where.column + self.indent[where.line - 1])

    def refuse(self, message: str, at: ast.AST, hint: str = "") -> InputError:
        return InputError([Problem(message=message, where=self.where(at), hint=hint)])

    def statements(self, tree: ast.Module) -> tuple[Statement, ...]:
        """Read one statement after another, each with the names that those before it bound."""
        if not tree.body:
            raise InputError("holds no call", where=Where(self.source.name))
        values = [self._value_of(statement) for statement in tree.body]  # refuse by kind first
        for statement, after in pairwise(tree.body):
            if isinstance(statement, ast.Expr):
                raise _second(self.where(after))
        pairs = zip(tree.body, values, strict=True)
        return tuple(self._statement(statement, value) for statement, value in pairs)

    def _statement(self, statement: ast.stmt, value: ast.expr) -> Statement:
        if isinstance(value, ast.Tuple) and len(value.elts) == 1:
            value = value.elts[0]  # the comma that followed it in somebody's list
        node = self.read(value)
        names = tuple(self._dotted(target) for target in _targets(statement))
        for name in names:
            self.names.bind(name, node, self.where(statement))
        size(node)
        return Statement(node, names)

    def _value_of(self, statement: ast.stmt) -> ast.expr:
        plain = all(isinstance(target, (ast.Name, ast.Attribute)) for target in _targets(statement))
        value = getattr(statement, "value", None)
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)) and plain and value:
            return value  # type: ignore[no-any-return]
        raise self.refuse(f"{_kind(statement)} is not a call", statement, _STATEMENTS)

    def read(self, at: ast.expr) -> Node:
        rule = self.rules.get(type(at))
        if rule is None:
            raise self.refuse(f"{_kind(at)} cannot stand in a call", at, _ALLOWED)
        return rule(at)

    def _constant(self, at: ast.Constant) -> Node:
        value = at.value
        if value is not None and not isinstance(value, (str, int, float)):
            raise self.refuse(f"{type(value).__name__} cannot stand in a call", at, _ALLOWED)
        return self._scalar(value, at, self.source.text(at))

    def _scalar(self, value: Any, at: ast.expr, text: str = "") -> Node:
        if isinstance(value, complex):
            raise self.refuse("this has no real value", at)
        if isinstance(value, int) and abs(value) > MAX_INTEGER:
            raise self.refuse("this number is beyond 1e308", at)
        return Node(value, self.where(at), text=text or str(value))

    def _name(self, at: ast.expr) -> Node:
        name = self._dotted(at)
        found = self.names.get(name)
        if found is not None:
            return found
        if name in _CONSTANTS:
            return self._scalar(_CONSTANTS[name], at, name)
        return _unknown(name, self.where(at))

    def _dotted(self, at: ast.expr) -> str:
        name = dotted(at)
        if name is None:
            raise self.refuse("an attribute of what is not a name cannot stand in a call", at)
        if any(part.startswith("__") for part in name.split(".")):
            raise self.refuse("a name that starts with __ cannot stand in a call", at)
        return name

    def _item(self, at: ast.Subscript) -> Node:
        """Read `cfg["lr"]`, and what an earlier line says of cfg."""
        if not isinstance(at.slice, ast.Constant) or dotted(at.value) is None:
            raise self.refuse("this subscript cannot stand in a call", at, _ALLOWED)
        held, key = self.read(at.value), at.slice.value
        if isinstance(held.value, (tuple, dict)):
            with suppress(LookupError, TypeError):
                return held.value[key]  # type: ignore[no-any-return, index]
            raise self.refuse(f"'{held.text or dotted(at.value)}' has no {key!r}", at)
        return _unknown(self.source.text(at) or "a subscript", self.where(at))

    def _unary(self, at: ast.UnaryOp) -> Node:
        if not isinstance(at.op, (ast.UAdd, ast.USub)):
            raise self.refuse("this operator cannot stand in a call", at, "+ - * / // % ** can")
        return self._worked_out(at, UNARY[type(at.op)], [at.operand])

    def _binary(self, at: ast.BinOp) -> Node:
        kind = type(at.op)
        if not isinstance(at.op, _ARITHMETIC):
            raise self.refuse("this operator cannot stand in a call", at, "+ - * / // % ** can")
        return self._worked_out(at, lambda a, b: arithmetic(kind, a, b), [at.left, at.right])

    def _worked_out(self, at: ast.expr, function: Any, operands: list[ast.expr]) -> Node:
        """Apply a function to numbers; of what is not known the result is not known either."""
        nodes = [self.read(operand) for operand in operands]
        for node in nodes:
            if isinstance(node.value, (Unknown, Call)):
                return _unknown(node.text, node.where)
            if not isinstance(node.value, (int, float)):
                raise InputError("arithmetic needs numbers", where=node.where)
        return self._scalar(self._applied(at, function, [node.value for node in nodes]), at)

    def _applied(self, at: ast.expr, function: Any, values: list[Any]) -> Any:
        try:
            return function(*values)
        except TooMuch:
            raise self.refuse("this number is beyond 1e308", at) from None
        except (ArithmeticError, TypeError, ValueError) as error:
            raise self.refuse(f"this has no value: {error}", at) from None

    def _lambda(self, at: ast.Lambda) -> Node:
        text = self.names.filled(at) or ast.get_source_segment("\n".join(self.source.lines), at)
        return Node(Code(text or ""), self.where(at), text=text or "")

    def _list(self, at: ast.List | ast.Tuple) -> Node:
        return Node(tuple(map(self.read, at.elts)), self.where(at))

    def _dict(self, at: ast.Dict) -> Node:
        node = Node({}, self.where(at), keys={})
        for key_at, value_at in zip(at.keys, at.values, strict=True):
            if key_at is None:
                raise self.refuse("an unpacking (**) cannot stand in a call", value_at)
            key = self.read(key_at)
            if key.value is not None and not isinstance(key.value, (str, int, float)):
                raise self.refuse("a key must be a number or text", key_at)
            self._put(node, key.value, self.read(value_at), key.where)
        return node

    def _put(self, node: Node, key: Key, value: Node, where: Where) -> None:
        node.value[key] = value
        node.keys[key] = where

    def _call(self, at: ast.Call) -> Node:
        if not isinstance(at.func, (ast.Name, ast.Attribute)):
            raise self.refuse("a call of what is not a name cannot stand in a call", at)
        name = self._dotted(at.func)
        self._refuse_keywords(at)
        builtin = {"dict": self._dict_of, "list": self._list_of, "tuple": self._list_of}.get(name)
        if builtin is not None:
            return builtin(at)
        if name in _FUNCTIONS and not at.keywords:
            return self._function(name, at)
        args = tuple(map(self.read, at.args))
        kwargs = {str(keyword.arg): self.read(keyword.value) for keyword in at.keywords}
        return Node(Call(name, args, kwargs), self.where(at), text=self._shown(at, name))

    def _shown(self, at: ast.Call, name: str) -> str:
        text = self.source.text(at)
        return text if 0 < len(text) <= MAX_SHOWN else f"{name}(...)"

    def _refuse_keywords(self, at: ast.Call) -> None:
        seen: set[str] = set()
        for keyword in at.keywords:
            if keyword.arg is None:
                raise self.refuse("an unpacking (**) cannot stand in a call", keyword.value)
            if keyword.arg in seen:
                raise self.refuse(f"'{keyword.arg}' is given twice", keyword)
            seen.add(keyword.arg)

    def _dict_of(self, at: ast.Call) -> Node:
        """Read `dict(a=1)` as `{"a": 1}`; a dict given first is taken over."""
        node = Node({}, self.where(at), keys={})
        for arg in map(self.read, at.args):
            if not isinstance(arg.value, dict):
                raise InputError("dict() takes names with values", where=arg.where)
            node.value.update(arg.value)
            node.keys.update(arg.keys)
        for keyword in at.keywords:
            self._put(node, keyword.arg, self.read(keyword.value), self.where(keyword))
        return node

    def _list_of(self, at: ast.Call) -> Node:
        if len(at.args) != 1 or at.keywords:
            raise self.refuse("list() and tuple() take one list here", at)
        inner = self.read(at.args[0])
        if not isinstance(inner.value, tuple):
            raise InputError("list() and tuple() take one list here", where=inner.where)
        return Node(inner.value, self.where(at))

    def _function(self, name: str, at: ast.Call) -> Node:
        if name == "range":
            return self._range(at)
        if name == "len" and len(at.args) == 1:
            return self._length(at)
        if name == "float" and len(at.args) == 1 and isinstance(at.args[0], ast.Constant):
            return self._scalar(self._applied(at, float, [at.args[0].value]), at)
        return self._worked_out(at, _FUNCTIONS[name], list(at.args))

    def _length(self, at: ast.Call) -> Node:
        node = self.read(at.args[0])
        if isinstance(node.value, (tuple, dict)):
            return self._scalar(len(node.value), at)
        return _unknown(self._shown(at, "len"), self.where(at))

    def _range(self, at: ast.Call) -> Node:
        nodes = list(map(self.read, at.args))
        for node in nodes:
            if isinstance(node.value, (Unknown, Call)):
                return _unknown(node.text, node.where)
        found = self._applied(at, range, [node.value for node in nodes])
        if len(found) > MAX_RANGE:
            raise self.refuse(f"holds more than {MAX_RANGE:,} numbers", at)
        return Node(tuple(self._scalar(value, at) for value in found), self.where(at))


def _targets(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement assigns to."""
    if isinstance(statement, ast.AnnAssign):
        return [statement.target]
    return statement.targets if isinstance(statement, ast.Assign) else []


def _second(where: Where) -> InputError:
    return InputError([Problem("is a second statement", where=where, hint="paste one call")])


def _unknown(text: str, where: Where) -> Node:
    """Return what a value is that only the script knows."""
    return Node(Unknown(f"'{text}' is known only to the script"), where, text=text)


def _kind(at: ast.AST) -> str:
    return _KINDS.get(type(at), f"{type(at).__name__.lower()}")


_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_FUNCTIONS: dict[str, Any] = {
    "int": int,
    "float": float,
    "round": round,
    "abs": abs,
    "min": min,
    "max": max,
    "range": range,
    "len": len,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.sqrt": math.sqrt,
}
