"""Text to expression nodes: Python's grammar, of which a short list is let through.

Nothing is executed. The text is bounded before it is parsed, the tree before it is walked, and
constants are folded as they are met, so that `9 ** 9 ** 9` is refused and never computed.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.errors import ParameterError, suggest
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
from lrplot.schedules.expression._python import FUNCTIONS, NoValueError

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

__all__ = ["VARIABLES", "read"]

MAX_TEXT, MAX_NODES, MAX_DEPTH, MAX_DIGITS = 2_000, 500, 60, 18
VARIABLES = (
    *("t", "epoch", "step", "steps", "it", "iter", "iteration", "x", "s"),
    *("current_step", "global_step"),
)
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf}
MODULES = {"math": ["math"], "np": ["np"], "numpy": ["np"], "torch": ["math", "np"]}
OPERATORS = {
    "Add": "+",
    "Sub": "-",
    "Mult": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "Lt": "<",
    "LtE": "<=",
    "Gt": ">",
    "GtE": ">=",
    "Eq": "==",
    "NotEq": "!=",
    "USub": "neg",
    "UAdd": "pos",
    "Not": "not",
}
OVER_LISTS = ("min", "max", "sum", "len")
KINDS = {
    "Attribute": "an attribute",
    "Await": "await",
    "Dict": "a dict that is not indexed",
    "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "JoinedStr": "an f-string",
    "Lambda": "a lambda inside an expression",
    "List": "a list that is not indexed",
    "ListComp": "a comprehension",
    "NamedExpr": "an assignment (:=)",
    "Set": "a set",
    "SetComp": "a comprehension",
    "Slice": "a slice",
    "Starred": "a starred argument",
    "Tuple": "a tuple that is not indexed",
    "Yield": "yield",
    "YieldFrom": "yield",
}
ALLOWED = (
    "an expression is made of the step, numbers, + - * / // % **, comparisons, and/or/not, "
    "`a if test else b`, and functions such as min, max, int, math.cos"
)


def read(text: str) -> Node:
    """Return the node for an expression's text, or raise ParameterError saying what is refused."""
    body = _parse(text)
    _measure(body)
    reader = _Reader(text)
    return reader.function(body)


def _refuse(message: str, hint: str = "") -> ParameterError:
    return ParameterError("factor", message, hint)


def _parse(text: str) -> ast.expr:
    import ast

    if len(text) > MAX_TEXT:
        raise _refuse(f"the expression has {len(text):,} characters; at most {MAX_TEXT:,} are read")
    if not text.strip():
        raise _refuse("the expression is empty", "write one such as 0.95 ** epoch")
    _brackets(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # The brackets let the text go on over several lines, as it may inside a call.
            return ast.parse(f"({text}\n)", mode="eval").body
    except SyntaxError as error:
        raise _refuse(f"not an expression: {error.msg}{_syntax_column(error)}") from None
    except (RecursionError, MemoryError):
        raise _refuse(f"the expression is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise _refuse("the expression holds a character that no text has") from None


def _syntax_column(error: SyntaxError) -> str:
    column = (error.offset or 0) - (error.lineno == 1)
    return f" (column {column})" if column > 0 else ""


def _brackets(text: str) -> None:
    """Refuse what the parser would only refuse at a great depth, or read outside its brackets."""
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            raise _refuse(f"not an expression: unmatched '{character}' (column {column})")
        if depth > MAX_DEPTH:
            raise _refuse(f"the expression is nested deeper than {MAX_DEPTH} levels")


def _measure(body: ast.expr) -> None:
    import ast

    level: list[ast.AST] = [body]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > MAX_NODES:
            raise _refuse(f"the expression has more than {MAX_NODES} parts")
        if depth > MAX_DEPTH:
            raise _refuse(f"the expression is nested deeper than {MAX_DEPTH} levels")
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, (ast.expr, ast.comprehension, ast.keyword))
        ]


class _Reader:
    """Walks the parsed text; a method `_Kind` for each kind of syntax that is let through."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.names = frozenset(VARIABLES)

    def function(self, body: ast.expr) -> Node:
        import ast

        if isinstance(body, ast.Lambda):
            self.names = frozenset({self._parameter(body)})
            body = body.body
        return self.node(body)

    def _parameter(self, function: ast.Lambda) -> str:
        given = function.args
        names = [*given.posonlyargs, *given.args]
        if given.defaults or any(given.kw_defaults):
            name = names[-1].arg if given.defaults else given.kwonlyargs[-1].arg
            raise self.refuse(
                function,
                f"parameter '{name}' has a default value",
                "write the number in its place; the step is the only parameter",
            )
        if len(names) != 1 or given.kwonlyargs or given.vararg or given.kwarg:
            raise self.refuse(function, "a schedule's lambda has one parameter, the step")
        return names[0].arg

    def refuse(self, at: ast.expr, message: str, hint: str = "") -> ParameterError:
        row = min(at.lineno, len(self.lines)) - 1
        before = at.col_offset - (row == 0)
        column = len(self.lines[row].encode()[:before].decode(errors="ignore")) + 1
        place = f"line {row + 1}, column {column}" if row else f"column {column}"
        return _refuse(f"{message} ({place})", hint)

    def node(self, at: ast.expr) -> Node:
        kind = type(at).__name__
        method = getattr(self, f"_{kind}", None)
        if method is None:
            name = KINDS.get(kind, f"this ({kind})")
            raise self.refuse(at, f"{name} cannot stand in an expression", ALLOWED)
        return method(at)  # type: ignore[no-any-return]

    def nodes(self, items: Sequence[ast.expr]) -> tuple[Node, ...]:
        return tuple(map(self.node, items))

    def apply(self, at: ast.expr, name: str, args: tuple[Node, ...]) -> Node:
        """Apply a function; of constants alone, now."""
        node = Apply(name, args)
        values = [arg.value for arg in args if isinstance(arg, Const)]
        if len(values) < len(args):
            return node
        try:
            with np.errstate(all="ignore"):
                value = node.at(np.zeros(1, np.int64)).tolist()[0]
            if not math.isfinite(value) and all(map(math.isfinite, values)):
                raise self.refuse(at, "this constant has no finite value")
        except NoValueError as error:
            raise self.refuse(at, f"this constant has no value: {error.reason}") from None
        except OverflowError:
            raise self.refuse(at, "this constant is beyond 1e308") from None
        return Const(value)

    def _Constant(self, at: ast.Constant) -> Node:  # noqa: N802  # the name of the syntax
        value = at.value
        if isinstance(value, str):
            raise self.refuse(at, "a string cannot stand in an expression", ALLOWED)
        if not isinstance(value, (int, float)):
            raise self.refuse(at, f"{value!r} cannot stand in an expression", ALLOWED)
        if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
            raise self.refuse(at, f"an integer of more than {MAX_DIGITS} digits")
        if not math.isfinite(value):
            raise self.refuse(at, "this number is beyond 1e308", "write math.inf for infinity")
        return Const(int(value) if isinstance(value, bool) else value)

    def _Name(self, at: ast.Name) -> Node:  # noqa: N802
        if at.id in self.names:
            return Var()
        if at.id in CONSTANTS:
            return Const(CONSTANTS[at.id])
        if _resolve(at.id):
            raise self.refuse(at, f"'{at.id}' is a function", f"call it: {at.id}(...)")
        known = [*self.names, *CONSTANTS]
        hint = suggest(at.id, known) or f"the step is called {', '.join(sorted(self.names))}"
        raise self.refuse(at, f"unknown name '{at.id}'", hint)

    def _Attribute(self, at: ast.Attribute) -> Node:  # noqa: N802
        import ast

        inside = isinstance(at.value, ast.Name) and at.value.id not in self.names
        module = at.value.id if isinstance(at.value, ast.Name) and inside else ""
        if module in MODULES and at.attr in CONSTANTS:
            return Const(CONSTANTS[at.attr])
        hint = ""
        if module in MODULES:
            hint = suggest(at.attr, [*CONSTANTS, *_functions_of(module)])
        message = f"'{ast.unparse(at)[:40]}' is not known: an attribute cannot stand here"
        raise self.refuse(at, message, hint or ALLOWED)

    def _BinOp(self, at: ast.BinOp) -> Node:  # noqa: N802
        return self.apply(at, self.operator(at, at.op), self.nodes([at.left, at.right]))

    def _UnaryOp(self, at: ast.UnaryOp) -> Node:  # noqa: N802
        return self.apply(at, self.operator(at, at.op), (self.node(at.operand),))

    def operator(self, at: ast.expr, kind: ast.AST) -> str:
        name = OPERATORS.get(type(kind).__name__)
        if name is None:
            raise self.refuse(at, f"the operator {type(kind).__name__} is not known", ALLOWED)
        return name

    def _BoolOp(self, at: ast.BoolOp) -> Node:  # noqa: N802
        return Word(type(at.op).__name__ == "Or", self.nodes(at.values))

    def _IfExp(self, at: ast.IfExp) -> Node:  # noqa: N802
        return Choose(self.node(at.test), self.node(at.body), self.node(at.orelse))

    def _Compare(self, at: ast.Compare) -> Node:  # noqa: N802
        kinds = [type(kind).__name__ for kind in at.ops]
        if kinds in (["In"], ["NotIn"]):
            values = self.constants(at.comparators[0])
            found = Within(tuple(values), self.node(at.left))
            return found if kinds == ["In"] else Apply("not", (found,))
        names = tuple(self.operator(at, kind) for kind in at.ops)
        args = self.nodes([at.left, *at.comparators])
        return self.apply(at, names[0], args) if len(names) == 1 else Chain(names, args)

    def constants(self, at: ast.expr) -> list[int | float]:
        """Return the numbers of a list, tuple, set or the keys of a dict."""
        import ast

        if isinstance(at, ast.Dict):
            return self.numbers([key or at for key in at.keys])
        if not isinstance(at, (ast.List, ast.Tuple, ast.Set)):
            raise self.refuse(
                at, "only a list, tuple or dict of numbers can be searched or indexed"
            )
        return self.numbers(at.elts)

    def numbers(self, items: Sequence[ast.expr]) -> list[int | float]:
        found: list[int | float] = []
        for item in items:
            node = self.node(item)
            if not isinstance(node, Const):
                raise self.refuse(item, "a list or dict holds numbers only")
            found.append(node.value)
        return found

    def _Subscript(self, at: ast.Subscript) -> Node:  # noqa: N802
        import ast

        keys = self.constants(at.value)
        index = self.node(at.slice)
        if isinstance(at.value, ast.Dict):
            return Lookup(dict(zip(keys, self.numbers(at.value.values), strict=True)), index)
        if isinstance(at.value, ast.Set):
            raise self.refuse(at, "a set cannot be indexed")
        return Lookup(tuple(keys), index)

    def _Call(self, at: ast.Call) -> Node:  # noqa: N802
        import ast

        name = self.called(at)
        if at.keywords:
            raise self.refuse(
                at, "keyword arguments cannot stand in an expression", "use positions"
            )
        items = at.args
        if (name in OVER_LISTS and len(items) == 1) or name in ("sum", "len"):
            items = self.listed(at, name)
        args = self.nodes(items)
        function = FUNCTIONS[name]
        if not function.least <= len(args) <= function.most:
            wanted = " or ".join(map(str, sorted({function.least, function.most})))
            wanted = wanted if function.most < MAX_NODES else f"at least {function.least}"
            raise self.refuse(
                at, f"{ast.unparse(at.func)} takes {wanted} arguments, not {len(args)}"
            )
        return self.apply(at, name, args)

    def listed(self, at: ast.Call, name: str) -> list[ast.expr]:
        import ast

        if len(at.args) == 1 and isinstance(at.args[0], (ast.List, ast.Tuple)):
            return at.args[0].elts
        if at.args and isinstance(at.args[0], (ast.GeneratorExp, ast.ListComp, ast.Starred)):
            self.node(at.args[0])  # refused by its kind
        wanted = "one list" if name in ("sum", "len") else "two numbers or more, or one list"
        raise self.refuse(at, f"{name} takes {wanted}, such as {name}([t >= 30, t >= 60])")

    def called(self, at: ast.Call) -> str:
        """Return the name in the table of the function that is called."""
        import ast

        written = ast.unparse(at.func)[:40]
        plain = isinstance(at.func, ast.Name) or (
            isinstance(at.func, ast.Attribute) and isinstance(at.func.value, ast.Name)
        )
        name = _resolve(written) if plain and written.split(".")[0] not in self.names else ""
        if not name:
            known = _functions_of(written.split(".")[0]) if "." in written else _functions_of("")
            hint = suggest(written.rpartition(".")[2], known) or ALLOWED
            raise self.refuse(at, f"unknown function '{written}'", hint)
        return name


def _resolve(written: str) -> str:
    """Return the key in FUNCTIONS for `exp`, `math.exp`, `numpy.exp`; empty if there is none."""
    module, _, name = written.rpartition(".")
    homes = MODULES.get(module, []) if module else ["", "math", "np"]
    keys = [f"{home}.{name}" if home else name for home in homes]
    return next((key for key in keys if key in FUNCTIONS and name.isalnum()), "")


def _functions_of(module: str) -> list[str]:
    names = {name.rpartition(".")[2] for name in FUNCTIONS if name.strip("+-*/%<>=!")}
    return sorted(name for name in names if _resolve(f"{module}.{name}" if module else name))
