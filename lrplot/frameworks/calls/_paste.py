"""Which of the statements of a pasted text is the schedule, and how often it is stepped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lrplot.errors import InputError, Problem, suggest
from lrplot.frameworks import FRAMEWORKS
from lrplot.frameworks.axis import by_epoch
from lrplot.frameworks.calls._reader import find
from lrplot.syntax.call_names import parts
from lrplot.syntax.tree import Call, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Given, Plan
    from lrplot.syntax.calls import Statement

__all__ = ["Stepped", "schedule_of"]

_CONFIG = ("scheduler", "interval", "frequency", "monitor", "strict", "name", "reduce_on_plateau")
_INTERVALS = ("step", "epoch")


class Stepped(msgspec.Struct, frozen=True):
    """A schedule, and whether it is stepped at the end of each epoch only."""

    node: Node
    by_epoch: bool = False

    def own(self, given: Given) -> Given:
        """Return what is given of its own steps."""
        if not self.by_epoch:
            return given
        ends = given.max_epochs
        return msgspec.structs.replace(given, max_iters=ends, max_epochs=None, iters_per_epoch=None)

    def shown(self, plan: Plan, given: Given) -> Plan:
        """Return the plan on the steps of the run."""
        if not self.by_epoch:
            return plan
        axis = by_epoch(plan.schedule, plan.max_iters, given)
        return msgspec.structs.replace(
            plan,
            schedule=axis.schedule,
            max_iters=axis.max_iters,
            iters_per_epoch=axis.iters_per_epoch,
            notes=(*plan.notes, *axis.notes),
        )


def schedule_of(statements: tuple[Statement, ...]) -> Stepped:
    """Return the schedule that the statements lead to.

    It is what stands at the end, or else the last that is given a name; schedulers before it must
    be parts of it. Optimizers, numbers and whatever else has a name may stand beside it.
    """
    whole = _chosen(statements)
    _refuse_others(statements, whole)
    if not isinstance(whole.value, (Call, tuple, dict)):
        hint = "write one as StepLR(optimizer, 30)"
        raise InputError([Problem("is not a call", where=whole.where, hint=hint)])
    return _unwrapped(whole)


def _chosen(statements: tuple[Statement, ...]) -> Node:
    last = statements[-1]
    named = (found.node for found in reversed(statements) if found.names)
    whole = next(filter(_holds, (last.node, *named)), _only_part(last.node))
    if not last.names and not any(found is whole for found in _all(last.node)):
        hint = "paste the text without it"
        raise InputError([Problem("is no scheduler", where=last.node.where, hint=hint)])
    return whole


def _refuse_others(statements: tuple[Statement, ...], whole: Node) -> None:
    """Refuse a scheduler that the text builds beside the whole: both would act."""
    known = {id(node) for node in _all(whole)}
    for node, _ in statements:
        if id(node) not in known and _holds(node):
            message = "is a second scheduler, apart from the last"
            hint = "paste one, or the call that joins them"
            raise InputError([Problem(message, where=node.where, hint=hint)])


def _only_part(node: Node) -> Node:
    """Return the one scheduler that is given to a call (an optimizer's, say), or the call."""
    found = list({id(part): part for part in _outermost(node)}.values())
    return found[0] if isinstance(node.value, Call) and len(found) == 1 else node


def _outermost(node: Node) -> Iterator[Node]:
    for part in parts(node):
        yield from (part,) if _holds(part) else _outermost(part)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for part in parts(node):
        yield from _all(part)


def _holds(node: Node) -> bool:
    """Say whether a node is a scheduler, or a list or dict of them."""
    if isinstance(node.value, Call):
        return any(find(node.value.name, name) for name in FRAMEWORKS)
    if isinstance(node.value, dict) and "type" in node.value:
        return any(find(str(node.value["type"].value), name) for name in FRAMEWORKS)
    return isinstance(node.value, (tuple, dict)) and any(map(_holds, parts(node)))


def _unwrapped(node: Node) -> Stepped:
    """Take the scheduler out of Lightning's `{"scheduler": ..., "interval": "step"}`."""
    if not isinstance(node.value, dict) or "type" in node.value:
        return Stepped(node)
    if "lr_scheduler" in node.value:
        inner = node.value["lr_scheduler"]
        return _unwrapped(inner) if isinstance(inner.value, dict) else Stepped(inner, by_epoch=True)
    if "scheduler" not in node.value:
        return Stepped(node)
    for key, where in node.keys.items():
        if key not in _CONFIG:
            hint = suggest(str(key), _CONFIG) or f"known: {', '.join(_CONFIG)}"
            raise InputError([Problem("is no key of a scheduler's", str(key), where, hint)])
    if _scalar(node, "frequency", 1) != 1:
        message = "is read as 1 alone: a step each time"
        raise InputError([Problem(message, "frequency", node.value["frequency"].where)])
    interval = _scalar(node, "interval", "epoch")
    if interval not in _INTERVALS:
        message = f"must be step or epoch, got {interval!r}"
        raise InputError([Problem(message, "interval", node.value["interval"].where)])
    return Stepped(node.value["scheduler"], by_epoch=interval == "epoch")


def _scalar(node: Node, key: str, default: object) -> object:
    found = node.value.get(key)
    if found is None:
        return default
    return found.text if isinstance(found.value, Unknown) else found.value
