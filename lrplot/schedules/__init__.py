"""The schedules lrplot knows, each one class, all of them in one tuple.

To add a schedule: write its class in the module it belongs to, name it in SCHEDULES, and record a
curve of it under `tests/`. Everything else (constructor checks, spec files, JSON Schema, options,
`list` and `show`) follows from the class.
"""

from __future__ import annotations

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
from lrplot.schedules.lambdas import Lambda
from lrplot.schedules.plateau import Plateau
from lrplot.schedules.steps import MultiStep, Piecewise, Step, Table
from lrplot.schedules.warmup import ConstantWarmup, ExpWarmup, LinearWarmup, Wsd

__all__ = ["SCHEDULES", "by_name"]

SCHEDULES: tuple[type[Schedule], ...] = (
    Constant,
    Poly,
    Linear,
    Exponential,
    NaturalExp,
    InverseTime,
    Piecewise,
    Step,
    MultiStep,
    Cosine,
    CosineRestarts,
    Noam,
    InverseSqrt,
    Lambda,
    Cyclic,
    OneCycle,
    Wsd,
    Plateau,
    LinearWarmup,
    ConstantWarmup,
    ExpWarmup,
    Anneal,
    Table,
    Sequence,
    Chain,
    PerEpoch,
    Repeat,
    Scale,
    Clip,
)

by_name: dict[str, type[Schedule]] = {cls.name(): cls for cls in SCHEDULES}
