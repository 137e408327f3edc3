"""A pasted constructor call, `scheduler = StepLR(optimizer, 30)`, read as syntax and never run.

Literals, arithmetic on numbers, names, calls, lambdas (kept as text), lists, tuples and dicts
become a tree; everything else Python has is refused by kind and place.
"""

from __future__ import annotations

import ast
import math
import re
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Problem, Where
from lrplot.syntax.python_operators import UNARY, arithmetic
from lrplot.syntax.python_parse import Source, parse
from lrplot.syntax.python_values import TooMuch
from lrplot.syntax.tree import Call, Code, Key, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parse_call"]

MAX_TEXT, MAX_BRACKETS, MAX_DEPTH, MAX_NODES, MAX_RANGE = 100_000, 100, 150, 20_000, 10_000
MAX_INTEGER = 2**1023  # what still has a float

_INDENT = re.compile(r"[ \t]*")
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
    ast.Subscript: "a subscript",
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
_ALLOWED = "a call is made of names, numbers, text, arithmetic, lambdas, lists, dicts and calls"


def parse_call(text: str, name: str = "call") -> Node:
    """Return the tree of one call, or of a list of them, with an assignment in front or not.

    Args:
        text: as it stands in a script: several lines, comments, indented, a trailing comma.
        name: what errors call it: a file's name, say.

    Returns:
        A Node of a Call, or of a tuple or dict of Nodes. A name the text gives no meaning to
        (`optimizer`, `args.epochs`) is an Unknown, whose Node has the name as its text.

    Raises:
        InputError: the text is not one such expression; with its kind and place.
    """
    _refuse_unreadable(text, name)
    source, indent = _dedented(text, name)
    _refuse_large(source)
    return _Reader(source, indent).whole(source.tree)


def _refuse_unreadable(text: str, name: str) -> None:
    """Refuse at once what the parser would take long over, or stumble on."""
    if len(text) > MAX_TEXT:
        message = f"has {len(text):,} characters; a call of at most {MAX_TEXT:,} is read"
        raise InputError(message, where=Where(name))
    wrong = re.search(r"[\0\ud800-\udfff]", text)
    if wrong:
        line = text.count("\n", 0, wrong.start()) + 1
        column = wrong.start() - text.rfind("\n", 0, wrong.start())
        raise InputError("holds a character that no text has", where=Where(name, line, column))
    if not text.strip():
        raise InputError("is empty", where=Where(name))
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > MAX_BRACKETS:
        raise InputError(f"nests more than {MAX_BRACKETS} brackets deep", where=Where(name))


def _dedented(text: str, name: str) -> tuple[Source, list[int]]:
    """Parse the text without the indentation of its first line; return what each line lost."""
    lines = re.split("\r\n|\r|\n", text)
    code = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    depth = len(_INDENT.match(code[0])[0]) if code else 0  # type: ignore[index]
    lost = [min(depth, len(_INDENT.match(line)[0])) for line in lines]  # type: ignore[index]
    bare = "\n".join(line[cut:] for line, cut in zip(lines, lost, strict=True))
    try:
        return parse(bare, name), lost
    except InputError as error:
        where = error.problems[0].where
        if where is None or not 0 < where.line <= len(lost):
            raise InputError("nests too deeply to be one call", where=Where(name)) from None
        moved = where._replace(column=where.column + lost[where.line - 1])
        raise InputError([error.problems[0]._replace(where=moved)]) from None


def _refuse_large(source: Source) -> None:
    """Bound the tree, level by level, before anything walks it by recursion."""
    level: list[ast.AST] = [source.tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise InputError("holds too much to be one call", where=Where(source.name))
        level = [child for node in level for child in ast.iter_child_nodes(node)]


class _Reader:
    """Turns the syntax of one text into a tree."""

    def __init__(self, source: Source, indent: list[int]) -> None:
        self.source, self.indent = source, indent
        self.rules: dict[type[ast.expr], Callable[[Any], Node]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._name,
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

    def whole(self, tree: ast.Module) -> Node:
        """Read the one statement there may be."""
        if not tree.body:
            raise InputError("holds no call", where=Where(self.source.name))
        found, *more = map(self._value_of, tree.body)
        if more:
            raise self.refuse("is a second statement", tree.body[1], "paste one call")
        if isinstance(found, ast.Tuple) and len(found.elts) == 1:
            found = found.elts[0]  # the comma that followed it in somebody's list
        node = self.read(found)
        if isinstance(node.value, (Call, tuple, dict)):
            return node
        raise self.refuse("is not a call", found, "write one as StepLR(optimizer, 30)")

    def _value_of(self, statement: ast.stmt) -> ast.expr:
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        plain = all(isinstance(target, (ast.Name, ast.Attribute, type(None))) for target in targets)
        value = getattr(statement, "value", None)
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)) and plain and value:
            return value  # type: ignore[no-any-return]
        raise self.refuse(f"{_kind(statement)} is not a call", statement, _ALLOWED)

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
        if name in _CONSTANTS:
            return self._scalar(_CONSTANTS[name], at, name)
        return Node(Unknown(f"'{name}' is known only to the script"), self.where(at), text=name)

    def _dotted(self, at: ast.expr) -> str:
        """Return `torch.optim.SGD` of names with dots; refuse any other walk."""
        parts: list[str] = []
        inner = at
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self.refuse("an attribute of what is not a name cannot stand in a call", at)
        parts.append(inner.id)
        if any(part.startswith("__") for part in parts):
            raise self.refuse("a name that starts with __ cannot stand in a call", at)
        return ".".join(reversed(parts))

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
                return _unknown(node)
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
        text = ast.get_source_segment("\n".join(self.source.lines), at) or ""
        return Node(Code(text), self.where(at), text=text)

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
        return Node(Call(name, args, kwargs), self.where(at), text=name)

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
        if name == "float" and len(at.args) == 1 and isinstance(at.args[0], ast.Constant):
            return self._scalar(self._applied(at, float, [at.args[0].value]), at)
        return self._worked_out(at, _FUNCTIONS[name], list(at.args))

    def _range(self, at: ast.Call) -> Node:
        nodes = list(map(self.read, at.args))
        for node in nodes:
            if isinstance(node.value, (Unknown, Call)):
                return _unknown(node)
        found = self._applied(at, range, [node.value for node in nodes])
        if len(found) > MAX_RANGE:
            raise self.refuse(f"holds more than {MAX_RANGE:,} numbers", at)
        return Node(tuple(self._scalar(value, at) for value in found), self.where(at))


def _unknown(node: Node) -> Node:
    """Return what a value is that depends on this one, which only the script knows."""
    shown = f"{node.text}(...)" if isinstance(node.value, Call) else node.text
    return Node(Unknown(f"'{shown}' is known only to the script"), node.where, text=shown)


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
}
