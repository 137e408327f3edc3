"""Python statements carried out on a `Frame`; one that cannot be makes what it changes Unknown."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from lrplot.errors import Where
from lrplot.syntax.python_assign import assign
from lrplot.syntax.python_calls import forget_everything, forget_statements
from lrplot.syntax.python_operators import binary
from lrplot.syntax.python_parse import refuse
from lrplot.syntax.python_values import (
    FAILURES,
    Named,
    NotKnown,
    TooMuch,
    elements,
    known,
    truth,
    why,
    wrap,
)
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lrplot.syntax.python_eval import Frame

__all__ = ["run_file"]


class _Leave(Exception):  # noqa: N818 - not an error: how a loop is left
    """`break` or `continue`."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends


def run_file(frame: Frame, statements: Iterable[ast.stmt]) -> None:
    """Carry out a whole file's statements in order."""
    try:
        run(frame, statements)
    except _Leave:
        refuse("has a `break` or `continue` outside a loop", Where(frame.source.name))


def run(frame: Frame, statements: Iterable[ast.stmt]) -> None:
    """Carry statements out in order."""
    for statement in statements:
        _run(frame, statement)


def _run(frame: Frame, statement: ast.stmt) -> None:
    try:
        frame.budget.spend(1)
        _carry_out(frame, statement)
    except FAILURES as error:
        reason = f"{why(error)} (at {frame.where(statement)})"
        forget_statements(frame, [statement], reason)
        _stay_in_loop(statement, reason)
    except TooMuch as error:
        refuse(str(error), frame.where(statement))


def _carry_out(frame: Frame, statement: ast.stmt) -> None:
    rule = RULES.get(type(statement))
    if rule is None:
        raise NotKnown(f"what this {type(statement).__name__.lower()} does")
    rule(frame, statement)


def _stay_in_loop(statement: ast.stmt, reason: str) -> None:
    """Where a statement might leave the loop it stands in, what the loop does is not known."""
    if isinstance(statement, (ast.For, ast.While)):
        return
    if any(isinstance(part, (ast.Break, ast.Continue)) for part in ast.walk(statement)):
        raise NotKnown(reason)


def _assign_statement(frame: Frame, statement: ast.Assign) -> None:
    node = frame.evaluate(statement.value)
    for target in statement.targets:
        assign(frame, target, node)


def _annotated(frame: Frame, statement: ast.AnnAssign) -> None:
    if statement.value is not None:
        assign(frame, statement.target, frame.evaluate(statement.value))


def _augmented(frame: Frame, statement: ast.AugAssign) -> None:
    """Do `x += y`, which changes a list or dict in place."""
    left, right = frame.evaluate(statement.target), frame.evaluate(statement.value)
    if isinstance(left.value, list) and isinstance(statement.op, ast.Add):
        left.value.extend(elements(right, frame.budget))
        value: Any = left
    else:
        value = binary(type(statement.op), left, right, frame.budget)
    if isinstance(left.value, dict):
        left.value.update(value)
        left.keys.update(right.keys)
        value = left
    assign(frame, statement.target, wrap(value, frame.where(statement)))


def _expression(frame: Frame, statement: ast.Expr) -> None:
    node = frame.evaluate(statement.value)
    if not isinstance(statement.value, ast.Call):  # a call has seen to its consequences itself
        known(node)


def _if(frame: Frame, statement: ast.If) -> None:
    run(frame, statement.body if truth(frame.evaluate(statement.test)) else statement.orelse)


def _for(frame: Frame, statement: ast.For) -> None:
    for item in elements(frame.evaluate(statement.iter), frame.budget):
        assign(frame, statement.target, item)
        if _left(frame, statement.body):
            return
    run(frame, statement.orelse)


def _while(frame: Frame, statement: ast.While) -> None:
    while truth(frame.evaluate(statement.test)):
        if _left(frame, statement.body):
            return
    run(frame, statement.orelse)


def _left(frame: Frame, body: list[ast.stmt]) -> bool:
    """Run a loop's body once; tell whether it ended the loop."""
    try:
        run(frame, body)
    except _Leave as leave:
        return leave.ends
    return False


def _break(_: Frame, __: ast.Break) -> None:
    raise _Leave(ends=True)


def _continue(_: Frame, __: ast.Continue) -> None:
    raise _Leave(ends=False)


def _with(frame: Frame, statement: ast.With) -> None:
    calls = [item.context_expr for item in statement.items]
    if any(isinstance(c, ast.Call) and ast.unparse(c.func).endswith("read_base") for c in calls):
        _read_base(frame, statement.body)
        return
    for item in statement.items:
        if item.optional_vars is not None:
            assign(frame, item.optional_vars, frame.evaluate(item.context_expr))
    run(frame, statement.body)


def _read_base(frame: Frame, body: list[ast.stmt]) -> None:
    for statement in body:
        if not isinstance(statement, ast.ImportFrom) or statement.module is None:
            refuse("only `from ... import ...` goes in `with read_base()`", frame.where(statement))
        frame.inherit(frame, statement)


def _import(frame: Frame, statement: ast.Import) -> None:
    for alias in statement.names:
        first = alias.name.partition(".")[0]
        _import_as(frame, alias, alias.asname or first, alias.name if alias.asname else first)


def _import_from(frame: Frame, statement: ast.ImportFrom) -> None:
    module = "." * statement.level + (statement.module or "")
    for alias in statement.names:
        if alias.name == "*":
            forget_everything(frame, f"an import of everything in {module} may have changed it")
        else:
            _import_as(frame, alias, alias.asname or alias.name, f"{module}.{alias.name}")


def _import_as(frame: Frame, alias: ast.alias, name: str, dotted: str) -> None:
    where = frame.where(alias)
    frame.bind(name, Node(Named(dotted), where), where)
    frame.imported.add(name)


def _delete(frame: Frame, statement: ast.Delete) -> None:
    for target in statement.targets:
        if isinstance(target, ast.Name):
            del frame.names[target.id]
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            _delete_within(frame, target)


def _delete_within(frame: Frame, target: ast.Subscript | ast.Attribute) -> None:
    owner = frame.evaluate(target.value)
    value = known(owner)
    key = frame.index(target.slice) if isinstance(target, ast.Subscript) else target.attr
    del value[key]
    if isinstance(value, dict):
        owner.keys.pop(key, None)


def _define(frame: Frame, statement: ast.FunctionDef | ast.ClassDef) -> None:
    where = frame.where(statement)
    kind = "class" if isinstance(statement, ast.ClassDef) else "function"
    reason = f"the {kind} {statement.name} is defined in the file, which is not run"
    frame.bind(statement.name, Node(Unknown(reason), where), where)
    if not isinstance(statement, ast.ClassDef):
        frame.functions[statement.name] = statement


def _nothing(_: Frame, __: ast.stmt) -> None:
    """Do nothing: such a statement changes no value."""


RULES: dict[type[ast.stmt], Callable[[Frame, Any], None]] = {
    ast.Assign: _assign_statement,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Expr: _expression,
    ast.If: _if,
    ast.For: _for,
    ast.While: _while,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.With: _with,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Delete: _delete,
    ast.FunctionDef: _define,
    ast.AsyncFunctionDef: _define,
    ast.ClassDef: _define,
    ast.Pass: _nothing,
    ast.Global: _nothing,
    ast.Assert: _nothing,
    ast.Raise: _nothing,
}
