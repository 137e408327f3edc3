"""One call as one framework's: which argument each parameter gets, and what it says."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError, ParameterError, Problem, Where, suggest
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.frameworks.calls._order import Items, items_of, order_of
from lrplot.plan import Plan
from lrplot.syntax.call_names import parts
from lrplot.syntax.tree import Call, Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

    Constructor = Callable[..., Schedule]

__all__ = [
    "OPTIMIZER",
    "MisfitError",
    "Optimizer",
    "Reader",
    "constructors",
    "find",
    "no_scheduler",
]


class Optimizer(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for the optimizer in a call, with what the call itself says of it."""

    lr: float | None = None
    momentum: float | None = None


OPTIMIZER = Optimizer()


class MisfitError(InputError):
    """The call does not go with this framework's signature: another's may be meant."""


@cache
def constructors(name: str) -> dict[str, Constructor]:
    return {constructor.__name__: constructor for constructor in framework(name).CONSTRUCTORS}


def find(name: str, owner: str) -> Constructor | None:
    """Return a framework's constructor of this name, whatever stands before it."""
    parts = name.split(".")
    for start in range(len(parts)):
        found = constructors(owner).get(".".join(parts[start:]))
        if found is not None:
            return found
    return None


def no_scheduler(node: Node, names: tuple[str, ...]) -> InputError:
    last = node.value.name.rpartition(".")[2]
    known = [name for owner in names for name in constructors(owner)]
    of = f" of {framework(names[0]).CONVENTION}" if len(names) == 1 else ""
    hint = suggest(last, known) or "`lrplot list` names them"
    message = f"no scheduler{of} is called '{node.value.name}'"
    return InputError([Problem(message=message, where=node.where, hint=hint)])


class _Bound(NamedTuple):
    """A constructor and the node of each parameter that the call gives."""

    constructor: Constructor
    nodes: dict[str, Node]
    where: Where


class Reader:
    """Builds one call as one framework's."""

    def __init__(self, module: Any, given: Given) -> None:
        self.module, self.given = module, given
        self.owner = module.__name__.rpartition(".")[2]
        self.optimizers: list[Optimizer] = []
        self.notes: list[str] = []
        self.built: set[int] = set()

    def plan(self, node: Node) -> Plan:
        name, schedule = self._whole(node)
        given = self._with_optimizers()
        if given.base_lr is None and schedule.uses_base():
            message = f"{name} starts from the rate that the optimizer holds"
            hint = "say which: --base-lr 0.1"
            raise InputError([Problem(message=message, where=node.where, hint=hint)])
        if given.max_epochs is not None and given.max_iters is None:
            given.need("iters_per_epoch", "--max-epochs")
        plan = Plan(
            schedule=schedule,
            base_lr=given.base_lr or 0.0,
            max_iters=given.max_iters or min(max(1, schedule.extent()), LARGEST_STEP),
            open_end=given.max_iters is None,
            iters_per_epoch=given.iters_per_epoch,
            name=name,
            convention=f"{self.module.CONVENTION} {name}",
            notes=tuple(dict.fromkeys(self.notes)),
        )
        if given.base_lr is None:  # the rates stand in the call
            plan = msgspec.structs.replace(plan, base_lr=max(0.0, plan.lr(0)))
        return plan

    def _whole(self, node: Node) -> tuple[str, Schedule]:
        if isinstance(node.value, Call):
            constructor = find(node.value.name, self.owner)
            assert constructor is not None  # noqa: S101  it is what made this a candidate
            return constructor.__name__, self._call(node, constructor)
        items = node.value if isinstance(node.value, tuple) else (node,)
        built = self._items(Node(items, node.where), "", "")
        if order_of(built) != tuple(range(len(built))):
            message = "lists schedulers in another order than they are written in"
            raise InputError([Problem(message, where=node.where, hint="write them in that order")])
        name = " + ".join(filter(None, map(_title, items))) or "no scheduler"
        try:
            return name, self.module.of_list(built, given=self.given)
        except ParameterError as error:
            raise _placed(error, {}, node.where) from None

    def _with_optimizers(self) -> Given:
        rates = [found.lr for found in self.optimizers if found.lr is not None]
        if self.given.base_lr is not None or not rates:
            return self.given
        return msgspec.structs.replace(self.given, base_lr=rates[0])

    def _call(self, node: Node, constructor: Constructor) -> Schedule:
        self._build(node, constructor)
        bound = self._bind(node, constructor)
        arguments = {
            key: self._optimizer(item)
            if key == "optimizer"
            else self._value(item, constructor.__name__, key)
            for key, item in bound.nodes.items()
        }
        if "given" in inspect.signature(constructor).parameters:
            arguments["given"] = self.given
        try:
            schedule = constructor(**arguments)
        except ParameterError as error:
            raise _placed(error, bound.nodes, bound.where) from None
        self._remember(constructor.__name__, schedule)
        return schedule

    def _build(self, node: Node, constructor: Constructor) -> None:
        """Refuse to build one twice, where it would be one and the same, stepped twice."""
        if id(node) in self.built and _acts(constructor):
            message = f"{constructor.__name__} stands at two places, which would both step it"
            raise InputError([Problem(message, where=node.where, hint="write it out twice")])
        self.built.add(id(node))

    def _remember(self, name: str, schedule: Schedule) -> None:
        """Collect what a reader of the curve should know."""
        said = getattr(self.module, "NOTES", {}).get(name)
        self.notes += [said] if said else []
        about = getattr(self.module, "notes", None)
        self.notes += about(schedule) if about else ()

    def _value(self, node: Node, owner: str, key: str) -> Any:
        """Return an argument's value."""
        if isinstance(node.value, Unknown):
            member = ".".join(node.text.split(".")[-2:])
            members = getattr(self.module, "MEMBERS", {})
            if member not in members:
                raise _untold(node, key)
            return members[member]
        if isinstance(node.value, Call):
            return self._call(node, self._inner(node, key))
        if isinstance(node.value, tuple):
            return self._items(node, owner, key)
        if isinstance(node.value, dict):
            return {at: self._value(item, owner, key) for at, item in node.value.items()}
        return node.value

    def _items(self, node: Node, owner: str, key: str) -> Items:
        return items_of(node, lambda item: self._value(item, owner, key), self._builds)

    def _builds(self, node: Node) -> bool:
        found = self._constructor(node.value.name)
        return found is not None and _acts(found)

    def _constructor(self, name: str) -> Constructor | None:
        """Find the constructor of a nested call: the same framework's, else any one's."""
        found = (find(name, owner) for owner in (self.owner, *FRAMEWORKS))
        return next(filter(None, found), None)

    def _inner(self, node: Node, key: str) -> Constructor:
        found = self._constructor(node.value.name)
        if found is not None:
            return found
        error = no_scheduler(node, (self.owner,))
        meant = error.problems[0].hint.startswith("did you mean") or any(
            map(_is_optimizer, parts(node))
        )
        raise error if meant or not key else _untold(node, key)

    def _optimizer(self, node: Node) -> Optimizer:
        """Take any name, and any constructor's call, for an optimizer."""
        if isinstance(node.value, Call) and find(node.value.name, self.owner) is None:
            self.optimizers.append(_held(node.value))
            self.notes += _on_groups(node.value)
            return self.optimizers[-1]
        if isinstance(node.value, Unknown) or node.value is None:
            return OPTIMIZER
        hint = "write optimizer in its place"
        raise MisfitError([Problem("is not an optimizer", "optimizer", node.where, hint)])

    def _bind(self, node: Node, constructor: Constructor) -> _Bound:
        """Give each argument to its parameter, as Python would."""
        call: Call = node.value
        name = f"{self.module.CONVENTION} {constructor.__name__}"
        parameters = _parameters(constructor)
        positional = [p.name for p in parameters.values() if p.kind is not p.KEYWORD_ONLY]
        if len(call.args) > len(positional):
            where = call.args[len(positional)].where
            message = f"takes at most {len(positional)} arguments, {len(call.args)} are given"
            raise self._misfit(name, message, where, parameters)
        nodes = dict(zip(positional, call.args, strict=False))
        for key, item in call.kwargs.items():
            if key not in parameters:
                message = f"has no parameter '{key}'"
                raise self._misfit(name, message, item.where, parameters, key)
            if key in nodes:
                message = f"gets '{key}' twice, by its place and by its name"
                raise self._misfit(name, message, item.where, parameters)
            nodes[key] = item
        if "optimizer" in parameters and not call.args:
            nodes.setdefault("optimizer", Node(None, node.where))  # "StepLR(step_size=30)"
        for key, parameter in parameters.items():
            if parameter.default is parameter.empty and key not in nodes:
                raise self._misfit(name, f"needs '{key}'", node.where, parameters)
        self._refuse_stray_optimizer(name, nodes, parameters)
        return _Bound(constructor, nodes, node.where)

    def _refuse_stray_optimizer(
        self, name: str, nodes: dict[str, Node], parameters: dict[str, inspect.Parameter]
    ) -> None:
        for key, node in nodes.items():
            if key != "optimizer" and _is_optimizer(node):
                raise self._misfit(name, f"takes no optimizer as '{key}'", node.where, parameters)

    def _misfit(
        self,
        name: str,
        message: str,
        where: Where,
        parameters: dict[str, inspect.Parameter],
        near: str = "",
    ) -> MisfitError:
        hint = suggest(near, parameters) or f"it is {_spelled(name, parameters)}"
        return MisfitError([Problem(message=f"{name} {message}", where=where, hint=hint)])


_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_OPTIMIZERS = {"optimizer", "opt", "optim"}


def _is_optimizer(node: Node) -> bool:
    called = node.text.rpartition(".")[2].lower()
    return isinstance(node.value, Unknown) and called in _OPTIMIZERS


def _acts(constructor: Constructor) -> bool:
    """Say whether what is constructed changes an optimizer, at once and at every step."""
    return "optimizer" in _parameters(constructor)


def _untold(node: Node, key: str) -> InputError:
    """Ask for what only the script knows."""
    text = node.text
    line = f", or {text} = ... on a line before" if _NAME.fullmatch(text) else ""
    hint = f"write its value in its place{line}"
    known = isinstance(node.value, Unknown)
    reason = node.value.reason if known else f"'{text}' is known only to the script"
    return InputError([Problem(reason, key, node.where, hint)])


def _on_groups(call: Call) -> list[str]:
    """Say whose curve is drawn where a parameter group is given a rate of its own."""
    found = [*call.args[:1], *(call.kwargs[key] for key in ("params",) if key in call.kwargs)]
    groups = [group for node in found if isinstance(node.value, tuple) for group in node.value]
    own = any(isinstance(group.value, dict) and "lr" in group.value for group in groups)
    return (
        ["the curve is that of the parameter groups which have no lr of their own"] if own else []
    )


def _held(call: Call) -> Optimizer:
    """Return what an optimizer's constructor is given: `SGD(parameters, 0.1, momentum=0.9)`."""
    given = dict(zip(("params", "lr"), call.args, strict=False)) | call.kwargs
    betas = given.get("betas")
    first = betas.value[0] if betas is not None and isinstance(betas.value, tuple) else None
    return Optimizer(
        lr=_number(given.get("lr") or given.get("learning_rate")),
        momentum=_number(given.get("momentum") or first),
    )


def _parameters(constructor: Constructor) -> dict[str, inspect.Parameter]:
    """Return the parameters that the framework's own constructor has."""
    found = inspect.signature(constructor).parameters
    return {key: parameter for key, parameter in found.items() if key != "given"}


def _spelled(name: str, parameters: dict[str, inspect.Parameter]) -> str:
    """Return the signature as its documentation would write it."""
    words = [
        key if parameter.default is parameter.empty else f"{key}={parameter.default!r}"
        for key, parameter in parameters.items()
    ]
    return f"{name.rpartition(' ')[2]}({', '.join(words)})"


def _title(node: Node) -> str:
    """Return what a list's item calls its scheduler."""
    if isinstance(node.value, Call):
        return node.value.name.rpartition(".")[2]
    kind = node.value.get("type") if isinstance(node.value, dict) else None
    return str(kind.value) if kind is not None else ""


def _number(node: Node | None) -> float | None:
    if node is None or isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        return None
    return float(node.value)


def _placed(error: ParameterError, nodes: Mapping[str, Node], where: Where) -> InputError:
    """Say where the argument stands that a constructor refused."""
    return InputError(
        [
            problem._replace(where=nodes[problem.key].where if problem.key in nodes else where)
            for problem in error.problems
        ]
    )
