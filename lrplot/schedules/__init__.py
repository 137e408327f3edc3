"""The schedules lrplot knows: one class each, all of them named in one table.

To add a schedule: write its class in the module it belongs to, name it in the table, and record a
curve of it under `tests/`. Everything else (constructor checks, spec files, JSON Schema, options,
`list` and `show`) follows from the class. A class is imported when it is first asked for, so that
knowing the names costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrplot.schedules.base import Schedule
    from lrplot.schedules.combine import Chain, Clip, PerEpoch, Repeat, Scale, Sequence
    from lrplot.schedules.cycles import Anneal, CosineRestarts, Cyclic, OneCycle
    from lrplot.schedules.decay import (
        Constant,
        Cosine,
        Exponential,
        InverseSqrt,
        InverseTime,
        Linear,
        NaturalExp,
        Noam,
        Poly,
    )
    from lrplot.schedules.faster import Faster
    from lrplot.schedules.lambdas import Lambda
    from lrplot.schedules.plateau import Plateau
    from lrplot.schedules.steps import MultiStep, Piecewise, Step, Table
    from lrplot.schedules.warmup import ConstantWarmup, ExpWarmup, LinearWarmup, Wsd

__all__ = [
    "Anneal",
    "Chain",
    "Clip",
    "Constant",
    "ConstantWarmup",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "ExpWarmup",
    "Exponential",
    "Faster",
    "InverseSqrt",
    "InverseTime",
    "Lambda",
    "Linear",
    "LinearWarmup",
    "MultiStep",
    "NaturalExp",
    "Noam",
    "OneCycle",
    "PerEpoch",
    "Piecewise",
    "Plateau",
    "Poly",
    "Repeat",
    "Scale",
    "Schedule",
    "Sequence",
    "Step",
    "Table",
    "Wsd",
    "by_name",
]

_TABLE = {
    "constant": ("decay", "Constant"),
    "poly": ("decay", "Poly"),
    "linear": ("decay", "Linear"),
    "exponential": ("decay", "Exponential"),
    "natural_exp": ("decay", "NaturalExp"),
    "inverse_time": ("decay", "InverseTime"),
    "piecewise": ("steps", "Piecewise"),
    "step": ("steps", "Step"),
    "multistep": ("steps", "MultiStep"),
    "cosine": ("decay", "Cosine"),
    "cosine_restarts": ("cycles", "CosineRestarts"),
    "noam": ("decay", "Noam"),
    "inverse_sqrt": ("decay", "InverseSqrt"),
    "lambda": ("lambdas", "Lambda"),
    "cyclic": ("cycles", "Cyclic"),
    "onecycle": ("cycles", "OneCycle"),
    "wsd": ("warmup", "Wsd"),
    "plateau": ("plateau", "Plateau"),
    "linear_warmup": ("warmup", "LinearWarmup"),
    "constant_warmup": ("warmup", "ConstantWarmup"),
    "exp_warmup": ("warmup", "ExpWarmup"),
    "anneal": ("cycles", "Anneal"),
    "table": ("steps", "Table"),
    "sequence": ("combine", "Sequence"),
    "chain": ("combine", "Chain"),
    "per_epoch": ("combine", "PerEpoch"),
    "faster": ("faster", "Faster"),
    "repeat": ("combine", "Repeat"),
    "scale": ("combine", "Scale"),
    "clip": ("combine", "Clip"),
}


class _ByName(Mapping[str, "type[Schedule]"]):
    """The schedules' classes by the names they go by in files and on the command line."""

    def __getitem__(self, name: str) -> type[Schedule]:
        cls: type[Schedule] = _load(*_TABLE[name])
        return cls

    def __contains__(self, name: object) -> bool:
        return name in _TABLE

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLE)

    def __len__(self) -> int:
        return len(_TABLE)


by_name = _ByName()


def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"lrplot.schedules.{module}"), name)


_MODULES = {"Schedule": "base", **{name: module for module, name in _TABLE.values()}}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'lrplot.schedules' has no attribute {name!r}")
    return _load(_MODULES[name], name)
