"""The other names of mmengine's schedulers: the same rules on the momentum, or built from epochs.

StepLR has the twins StepMomentum (the same signature), StepParamScheduler (param_name after the
optimizer), and each of the three a class method, StepLR.build_iter_from_epoch, which takes lengths
in epochs, multiplies them by epoch_length and counts iterations.
"""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.durations import LARGEST_STEP
from lrplot.errors import ParameterError
from lrplot.frameworks.mmengine._list import UNLIMITED, Schedulers
from lrplot.frameworks.mmengine._window import refuse_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Constructor = Callable[..., Schedulers]

__all__ = ["converted", "momentum_of", "param_scheduler_of", "weight_decay_of"]

_PARAMS = ("lr", "momentum", "weight_decay")
_IN_EPOCHS = ("step_size", "T_max", "total_steps")
_LISTS_IN_EPOCHS = ("milestones", "periods")


def momentum_of(constructor: Constructor) -> Constructor:
    """Return XMomentum for XLR."""
    return _on(constructor, "momentum", "Momentum")


def weight_decay_of(constructor: Constructor) -> Constructor:
    """Return XWeightDecay for XLR."""
    return _on(constructor, "weight_decay", "WeightDecay")


def _on(constructor: Constructor, param: str, suffix: str) -> Constructor:
    @wraps(constructor)
    def twin(optimizer: Any, *args: Any, **kwargs: Any) -> Schedulers:
        return _aimed(constructor(optimizer, *args, **kwargs), param, optimizer)

    name = f"{constructor.__name__.removesuffix('LR')}{suffix}"
    return _named(twin, name, f"{constructor.__name__}'s rule on the {param.replace('_', ' ')}.")


def param_scheduler_of(constructor: Constructor) -> Constructor:
    """Return XParamScheduler for XLR: it is told which parameter."""

    @wraps(constructor)
    def twin(optimizer: Any, param_name: str, *args: Any, **kwargs: Any) -> Schedulers:
        if param_name not in _PARAMS:
            raise ParameterError("param_name", f"must be one of {', '.join(_PARAMS)}")
        return _aimed(constructor(optimizer, *args, **kwargs), param_name, optimizer)

    first, *others = inspect.signature(constructor).parameters.values()
    told = inspect.Parameter("param_name", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    name = f"{constructor.__name__.removesuffix('LR')}ParamScheduler"
    named = _named(twin, name, f"{constructor.__name__}'s rule on any parameter.")
    return _signed(named, [first, told, *others])


def converted(constructor: Constructor, *, whole: bool = True) -> Constructor:
    """Return X.build_iter_from_epoch: lengths in epochs, times epoch_length; it counts iterations.

    whole: whether begin and end are cut to whole iterations, as mmengine does.
    """

    @wraps(constructor)
    def build(optimizer: Any, **kwargs: Any) -> Schedulers:
        length = kwargs.pop("epoch_length", None) or kwargs["given"].iters_per_epoch
        if not kwargs.pop("by_epoch", True):
            raise ParameterError("by_epoch", "only what counts epochs is converted to iterations")
        if not isinstance(length, (int, float)) or not 0 < length <= LARGEST_STEP:
            raise ParameterError("epoch_length", "must be the number of iterations in an epoch")
        return constructor(optimizer, by_epoch=False, **_in_iterations(kwargs, length, whole=whole))

    parameters = list(inspect.signature(constructor).parameters.values())
    build_ = _named(
        build,
        f"{constructor.__name__}.build_iter_from_epoch",
        f"{constructor.__name__} with its lengths in epochs, counting iterations.",
    )
    length = inspect.Parameter("epoch_length", inspect.Parameter.KEYWORD_ONLY, default=None)
    others = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters if p.name != "optimizer"]
    return _signed(build_, [parameters[0], *others, length])


def _in_iterations(kwargs: dict[str, Any], length: float, *, whole: bool) -> dict[str, Any]:
    """Return the arguments with each length times the iterations of an epoch."""
    found = dict(kwargs)
    for key in _IN_EPOCHS:
        if found.get(key) is not None:
            found[key] = _times(key, found[key], length)
    for key in _LISTS_IN_EPOCHS:
        if isinstance(found.get(key), (list, tuple)):
            found[key] = [_times(key, item, length) for item in found[key]]
    for key in ("begin", "end"):
        if key in found and found[key] != UNLIMITED:
            scaled = _times(key, found[key], length)
            found[key] = int(scaled) if whole else scaled
    return found


def _times(key: str, value: Any, length: float) -> Any:
    refuse_text(**{key: value})
    return value * length


def _aimed(built: Schedulers, param: str, optimizer: Any) -> Schedulers:
    """Let the schedulers act on a parameter."""
    aimed = tuple(msgspec.structs.replace(found, param=param) for found in built.schedulers)
    held = getattr(optimizer, "momentum", None)
    return msgspec.structs.replace(built, schedulers=aimed, momentum_held=held)


def _named(function: Constructor, name: str, text: str) -> Constructor:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return function


def _signed(function: Constructor, parameters: Iterable[inspect.Parameter]) -> Constructor:
    function.__signature__ = inspect.Signature(list(parameters))  # type: ignore[attr-defined]
    return function
