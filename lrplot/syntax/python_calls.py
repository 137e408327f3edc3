"""Calls in a config: those of known functions and methods are made, the rest are unknown.

A call that is not made may have changed what was handed to it, so that becomes unknown as well.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from lrplot.syntax.python_builtins import FUNCTIONS, PURE, Given
from lrplot.syntax.python_methods import MUTATORS, call_method, has_method
from lrplot.syntax.python_values import (
    FAILURES,
    Named,
    NotKnown,
    elements,
    forget,
    known,
    why,
)
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lrplot.errors import Where
    from lrplot.syntax.python_eval import Frame

__all__ = ["call", "forget_at", "forget_everything", "forget_statements"]

REACH_EVERYTHING = frozenset({"exec", "eval", "globals", "locals", "vars"})


def call(frame: Frame, expr: ast.Call) -> Any:
    """Return what a call gives, or raise NotKnown."""
    if isinstance(expr.func, ast.Attribute):
        owner = frame.evaluate(expr.func.value)
        if not isinstance(owner.value, Named):
            return _method(frame, expr.func, owner, _arguments(frame, expr))
    return _function(frame, expr.func, _arguments(frame, expr))


def _arguments(frame: Frame, expr: ast.Call) -> Given:
    args: list[Node] = []
    for arg in expr.args:
        if isinstance(arg, ast.Starred):
            args.extend(elements(frame.evaluate(arg.value), frame.budget))
        else:
            args.append(frame.evaluate(arg))
    kwargs, keys = _keywords(frame, expr.keywords)
    return Given(args, kwargs, keys, frame.where(expr), frame.budget)


def _keywords(
    frame: Frame, keywords: list[ast.keyword]
) -> tuple[dict[str, Node], dict[str, Where]]:
    kwargs: dict[str, Node] = {}
    keys: dict[str, Where] = {}
    for keyword in keywords:
        node = frame.evaluate(keyword.value)
        if keyword.arg is None:
            frame.budget.spend(len(known(node)))
            kwargs.update(node.value)
            keys.update(node.keys)  # type: ignore[arg-type]
        else:
            kwargs[keyword.arg] = node
            keys[keyword.arg] = frame.where(keyword)
    return kwargs, keys


def _method(frame: Frame, func: ast.Attribute, owner: Node, given: Given) -> Any:
    try:
        return call_method(owner, func.attr, given)
    except FAILURES as error:
        if func.attr in MUTATORS or not has_method(owner, func.attr):
            reason = f".{func.attr}() at {given.where} may have changed it ({why(error)})"
            forget_at(frame, func.value, reason)
            _forget_given(given, reason)
        raise


def _function(frame: Frame, func: ast.expr, given: Given) -> Any:
    name = _called(frame, func)
    if name in FUNCTIONS:
        return FUNCTIONS[name](given)
    reason = f"{name}() at {given.where} may have changed it"
    if name in REACH_EVERYTHING:
        forget_everything(frame, reason)
    if isinstance(func, ast.Name) and func.id in frame.functions:
        _forget_functions(frame, reason)
    if name not in PURE:
        _forget_given(given, reason)
    raise NotKnown(f"a call of {name}()")


def _called(frame: Frame, func: ast.expr) -> str:
    value = frame.evaluate(func).value
    return value.name if isinstance(value, Named) else ast.unparse(func)


def _forget_given(given: Given, reason: str) -> None:
    for node in [*given.args, *given.kwargs.values()]:
        forget(node, reason, given.budget)


def forget_at(frame: Frame, expr: ast.expr, reason: str) -> None:
    """Make unknown what an expression stands for, or the nearest known thing that holds it."""
    while not isinstance(expr, ast.Name):
        if _is_path(expr) and not isinstance(frame.evaluate(expr).value, Unknown):
            break
        if not isinstance(expr, (ast.Attribute, ast.Subscript, ast.Call)):
            return
        expr = expr.func if isinstance(expr, ast.Call) else expr.value
    forget(frame.evaluate(expr), reason, frame.budget)


def _is_path(expr: ast.expr) -> bool:
    """Tell whether evaluating an expression again does nothing: it makes no call."""
    return not any(isinstance(part, (ast.Call, ast.NamedExpr)) for part in ast.walk(expr))


def forget_everything(frame: Frame, reason: str) -> None:
    """Make every name unknown: what was called can reach them all."""
    for name, node in frame.names.items():
        forget(node, reason, frame.budget)
        frame.names[name] = Node(Unknown(reason), node.where)


def forget_statements(frame: Frame, statements: Iterable[ast.stmt], reason: str) -> None:
    """Make unknown every name and value that statements which may or may not run would change."""
    for statement in statements:
        for part in ast.walk(statement):
            _forget_part(frame, part, reason)


def _forget_functions(frame: Frame, reason: str) -> None:
    """Make unknown what the file's functions may change; the names they bind are their own."""
    for function in frame.functions.copy().values():
        for part in ast.walk(function):
            if isinstance(part, ast.Global):
                for name in part.names:
                    _forget_name(frame, name, part, reason)
            elif isinstance(part, (ast.Attribute, ast.Subscript, ast.Call)):
                _forget_part(frame, part, reason)


def _forget_part(frame: Frame, part: ast.AST, reason: str) -> None:
    frame.budget.spend(1)
    changes = not isinstance(getattr(part, "ctx", None), (ast.Load, type(None)))
    if isinstance(part, ast.Name) and changes:
        _forget_name(frame, part.id, part, reason)
    elif isinstance(part, (ast.Attribute, ast.Subscript)) and changes:
        forget_at(frame, part.value, reason)
    elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
        forget_at(frame, part.func.value, reason)
    elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        _forget_name(frame, part.name, part, reason)
    elif isinstance(part, ast.alias):
        _forget_name(frame, part.asname or part.name.partition(".")[0], part, reason)


def _forget_name(frame: Frame, name: str, part: ast.AST, reason: str) -> None:
    where = frame.where(part)
    frame.bind(name, Node(Unknown(reason), where), where)
