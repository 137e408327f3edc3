"""One call as one framework's: which argument each parameter gets, and what it says."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.errors import InputError, ParameterError, Problem, Where, suggest
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.plan import Plan
from lrplot.syntax.tree import Call, Node, Unknown
from lrplot.units import LARGEST_STEP

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
        built = [self._value(item, "", "") for item in items]
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

    def _remember(self, name: str, schedule: Schedule) -> None:
        """Collect what a reader of the curve should know."""
        said = getattr(self.module, "NOTES", {}).get(name)
        self.notes += [said] if said else []
        about = getattr(self.module, "notes", None)
        self.notes += about(schedule) if about else ()

    def _value(self, node: Node, owner: str, key: str) -> Any:
        """Return an argument's value."""
        if isinstance(node.value, Unknown):
            hint = "write its value in its place"
            raise InputError([Problem(node.value.reason, key, node.where, hint)])
        if isinstance(node.value, Call):
            return self._call(node, self._inner(node))
        if isinstance(node.value, tuple):
            return [self._value(item, owner, key) for item in node.value]
        if isinstance(node.value, dict):
            return {at: self._value(item, owner, key) for at, item in node.value.items()}
        return node.value

    def _inner(self, node: Node) -> Constructor:
        """Find the constructor of a nested call: the same framework's, else any one's."""
        for owner in (self.owner, *FRAMEWORKS):
            found = find(node.value.name, owner)
            if found is not None:
                return found
        raise no_scheduler(node, (self.owner,))

    def _optimizer(self, node: Node) -> Optimizer:
        """Take any name, and any constructor's call, for an optimizer."""
        if isinstance(node.value, Call) and find(node.value.name, self.owner) is None:
            lr, momentum = (_number(node.value.kwargs.get(key)) for key in ("lr", "momentum"))
            self.optimizers.append(Optimizer(lr=lr, momentum=momentum))
            return self.optimizers[-1]
        if isinstance(node.value, Unknown) or node.value is None:
            return OPTIMIZER
        raise MisfitError(
            [
                Problem(
                    "is not an optimizer", "optimizer", node.where, "write optimizer in its place"
                )
            ]
        )

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
            called = node.text.rpartition(".")[2].lower()
            if key != "optimizer" and isinstance(node.value, Unknown) and called in _OPTIMIZERS:
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


_OPTIMIZERS = {"optimizer", "opt", "optim"}


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
