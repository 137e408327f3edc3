"""The dicts of a `param_scheduler` list, made schedulers as mmengine's Runner makes them.

`end` is the length of the run where it is not written: its epochs, or its iterations where
by_epoch=False is written. convert_to_iter_based=True turns lengths in epochs into iterations.
Source: mmengine 0.10.7, runner/runner.py (_build_param_scheduler) and registry/build_functions.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.errors import ParameterError, suggest
from lrplot.plan import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrplot.frameworks.mmengine._list import Schedulers

    Constructor = Callable[..., Schedulers]

__all__ = ["Run", "build", "kind_of"]

_RUNNERS = ("type", "_scope_", "convert_to_iter_based")


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The run that schedulers are made for: its length, and what the user gives beside it.

    given.iters_per_epoch is after how many steps those that count epochs act; epoch_length the
    iterations of an epoch of data, for those that turn epochs into iterations.
    """

    given: Given
    epoch_length: int | None = None
    max_iters: int | None = None
    max_epochs: int | None = None

    @classmethod
    def of(cls, given: Given) -> Run:
        """Return the run that options alone describe; an epoch of unknown length is one step."""
        epochs = given.max_epochs
        if epochs is None and given.max_iters is not None:
            epochs = given.max_iters // (given.iters_per_epoch or 1)
        length = given.iters_per_epoch
        return cls(given=given, epoch_length=length, max_iters=given.max_iters, max_epochs=epochs)

    def end(self, kind: str, *, by_epoch: bool) -> int:
        """Return where a scheduler ends that does not say so."""
        end = self.max_epochs if by_epoch else self.max_iters
        if end is None:
            self.given.need("max_epochs" if by_epoch else "max_iters", f"{kind} without an `end`")
        return int(end or 0)


def kind_of(item: Mapping[str, Any]) -> str:
    """Return the scheduler's name, without the package it may be written with."""
    if "type" not in item:
        raise ParameterError("type", "is missing: it names the scheduler")
    return str(item["type"]).rpartition(".")[2]


def build(item: Mapping[str, Any], run: Run, known: Mapping[str, Constructor]) -> Schedulers:
    """Return the scheduler of one dict.

    Raises ParameterError, with the key that is wrong.
    """
    kind = kind_of(item)
    arguments = {str(key): value for key, value in item.items() if key not in _RUNNERS}
    by_epoch = bool(arguments.get("by_epoch", True))
    if "end" not in arguments:
        arguments["end"] = run.end(kind, by_epoch=by_epoch)
    name = kind
    if item.get("convert_to_iter_based"):
        name = f"{kind}.build_iter_from_epoch"
        if run.epoch_length is None:
            run.given.need("iters_per_epoch", f"{kind} with convert_to_iter_based")
        arguments = {"epoch_length": run.epoch_length, **arguments}
    constructor = _constructor(name, kind, known)
    _refuse_misfits(constructor, arguments)
    return constructor(None, **arguments, given=run.given)


def _constructor(name: str, kind: str, known: Mapping[str, Constructor]) -> Constructor:
    if kind not in known:
        plain = [found for found in known if "." not in found]
        hint = suggest(kind, plain) or f"known: {', '.join(sorted(plain))}"
        raise ParameterError("type", f"no scheduler of mmengine is called '{kind}'", hint)
    if name not in known:
        raise ParameterError("convert_to_iter_based", f"{kind} cannot be converted to iterations")
    return known[name]


def _refuse_misfits(constructor: Constructor, arguments: Mapping[str, Any]) -> None:
    """Refuse keys that are no parameter, and say which one is missing."""
    parameters = dict(inspect.signature(constructor).parameters)
    for key in ("optimizer", "given"):
        del parameters[key]
    for key in arguments:
        if key not in parameters:
            hint = suggest(key, parameters) or f"known: {', '.join(parameters)}"
            raise ParameterError(key, f"{constructor.__name__} has no such parameter", hint)
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and key not in arguments:
            raise ParameterError(key, f"is missing: {constructor.__name__} needs it")
