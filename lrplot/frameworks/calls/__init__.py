"""A pasted constructor call to a Plan: whose constructor it is, and what its arguments say.

A framework's package (`lrplot/frameworks/NAME/`) defines

    CONVENTION      "torch 2.13": whose rules it follows, of which version
    MODULES         the qualifiers people write before a name, the fullest first
    CONSTRUCTORS    functions with the framework's own names, parameters and defaults, each
                    returning a Schedule. A parameter `optimizer` gets an Optimizer; a keyword-only
                    `given` gets the Given and is no parameter of the call. A lambda arrives as
                    Code, a list as a list, a dict as a dict, a nested call as what it returned.
    MEMBERS         optional: what the members of its enumerations stand for, by `Class.NAME`
    NOTES           optional: a sentence by constructor, for who reads its curve
    notes           optional: the notes of one schedule that a constructor returned
    of_list         optional: what a list of calls (or of dicts) means, as
                    of_list(items, *, given) -> Schedule
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot._lazy import np
from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, Problem, UsageError, suggest
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.frameworks.calls._paste import schedule_of
from lrplot.frameworks.calls._reader import (
    OPTIMIZER,
    MisfitError,
    Optimizer,
    Reader,
    find,
    no_scheduler,
)
from lrplot.frameworks.options import read_given
from lrplot.syntax.calls import parse_paste
from lrplot.syntax.tree import Call, Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lrplot.plan import Given, Plan

__all__ = ["OPTIMIZER", "Optimizer", "read_call", "read_node"]

_LOOKED_AT = 2**12  # steps at which curves are held against each other


def read_call(text: str, options: Mapping[str, Any], name: str = "call") -> Plan:
    """Return the plan of a call, or of a list of calls.

    Args:
        text: the call as it stands in a script, with what it needs on the lines before it.
        options: base_lr, max_iters, max_epochs, iters_per_epoch, metrics, and `as_`: the framework
            whose call it is, where several have one of that name.
        name: what errors call the text: a file's name, say.

    Raises:
        InputError: the call is wrong, or fits several frameworks or none.
        UsageError: as_ names no framework.
    """
    given = read_given(options)
    found = schedule_of(parse_paste(text, name))
    return found.shown(read_node(found.node, found.own(given), options.get("as_")), given)


def read_node(node: Node, given: Given, chosen: str | None = None) -> Plan:
    """Return the plan of a call, or of a list of calls, that a document or a text holds.

    chosen is the framework whose call it is, where several have one of that name; for errors see
    read_call.
    """
    plans: dict[str, Plan] = {}
    errors = []
    for name in _candidates(node, chosen):
        try:
            plans[name] = Reader(framework(name), given).plan(node)
        except InputError as error:  # noqa: PERF203  each framework has its say
            errors.append(error)
    if not plans:
        raise _most_telling(errors)
    if len(plans) > 1 and not _agree([*plans.values()]):
        raise _ambiguous(node, [*plans])
    return next(iter(plans.values()))


def _candidates(node: Node, chosen: str | None) -> list[str]:
    """Return the frameworks whose call this may be."""
    if chosen is not None and chosen not in FRAMEWORKS:
        hint = suggest(chosen, FRAMEWORKS) or f"known: {', '.join(FRAMEWORKS)}"
        raise UsageError(f"--as {chosen}: no framework is called so", hint)
    names = FRAMEWORKS if chosen is None else (chosen,)
    if not isinstance(node.value, Call):
        return _with_lists(node, names)
    written = node.value.name
    names = tuple(name for name in names if written.startswith(f"{name}.")) or names
    found = [name for name in names if find(written, name)]
    if not found:
        raise no_scheduler(node, names)
    return [name for name in found if _qualified(written, name)] or found


def _qualified(written: str, name: str) -> bool:
    """Say whether the name is written behind one of the framework's own modules."""
    return any(written.startswith(f"{module}.") for module in framework(name).MODULES)


def _with_lists(node: Node, names: Sequence[str]) -> list[str]:
    found = [name for name in names if hasattr(framework(name), "of_list")]
    if not found:
        message = f"{framework(names[0]).CONVENTION} takes no list of schedulers"
        raise InputError(message, where=node.where)
    return found


def _agree(plans: Sequence[Plan]) -> bool:
    """Say whether it makes no difference whose call it is: all give the same rates."""
    end = min(2 * max(plan.max_iters for plan in plans), LARGEST_STEP)
    spread = np.linspace(0, end, _LOOKED_AT).astype(np.int64)
    steps = np.union1d(spread, np.arange(min(end, _LOOKED_AT)))
    try:
        first, *others = [plan.lr(steps) for plan in plans]
    except InputError:
        return False
    nothing = 1e-15 * np.abs(first).max() * np.maximum(steps, 1)  # as an angle's rounding grows
    return all(np.isclose(other, first, rtol=1e-9, atol=nothing).all() for other in others)


def _ambiguous(node: Node, names: Sequence[str]) -> InputError:
    last = node.value.name.rpartition(".")[2] if isinstance(node.value, Call) else "it"
    spellings = [f"{framework(name).MODULES[0]}.{last}" for name in names]
    hint = f"write {' or '.join(spellings)}, or add --as {' or --as '.join(names)}"
    message = f"{last} fits {' and '.join(names)}, which give other rates"
    return InputError([Problem(message=message, where=node.where, hint=hint)])


def _most_telling(errors: Sequence[InputError]) -> InputError:
    """Return the complaint of a framework that the call fits, or all the complaints."""
    fits = [error for error in errors if not isinstance(error, MisfitError)]
    if fits:
        return fits[0]
    return InputError(dict.fromkeys(problem for error in errors for problem in error.problems))
