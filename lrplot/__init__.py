"""What will my learning rate be? Schedules evaluated exactly, at any step.

    >>> import lrplot
    >>> poly = lrplot.Poly(max_iters=1000, power=2, eta_min=0.001)
    >>> plan = lrplot.Plan(schedule=poly, base_lr=0.1, max_iters=1000)
    >>> round(plan.lr(500), 6)
    0.02575

Every name is imported at its first use, so that `import lrplot` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrplot.errors import InputError, LrplotError, ParameterError, UsageError
    from lrplot.plan import Plan
    from lrplot.schedules import (
        Anneal,
        Chain,
        Clip,
        Constant,
        ConstantWarmup,
        Cosine,
        CosineRestarts,
        Cyclic,
        Exponential,
        ExpWarmup,
        Faster,
        InverseSqrt,
        InverseTime,
        Lambda,
        Linear,
        LinearWarmup,
        MultiStep,
        NaturalExp,
        Noam,
        OneCycle,
        PerEpoch,
        Piecewise,
        Plateau,
        Poly,
        Repeat,
        Scale,
        Schedule,
        Sequence,
        Step,
        Table,
        Wsd,
    )
    from lrplot.source import load
    from lrplot.units import Horizon

__version__ = "0.1.0"

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
    "Horizon",
    "InputError",
    "InverseSqrt",
    "InverseTime",
    "Lambda",
    "Linear",
    "LinearWarmup",
    "LrplotError",
    "MultiStep",
    "NaturalExp",
    "Noam",
    "OneCycle",
    "ParameterError",
    "PerEpoch",
    "Piecewise",
    "Plan",
    "Plateau",
    "Poly",
    "Repeat",
    "Scale",
    "Schedule",
    "Sequence",
    "Step",
    "Table",
    "UsageError",
    "Wsd",
    "__version__",
    "load",
]

_HOMES = {
    "InputError": "lrplot.errors",
    "LrplotError": "lrplot.errors",
    "ParameterError": "lrplot.errors",
    "UsageError": "lrplot.errors",
    "Plan": "lrplot.plan",
    "Horizon": "lrplot.units",
    "load": "lrplot.source",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'lrplot' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES.get(name, "lrplot.schedules")), name)


def __dir__() -> list[str]:
    return sorted(__all__)
