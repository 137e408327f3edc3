"""The plateau rule with whatever numbers a framework lets through."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from lrplot.schedules.plateau import Plateau

__all__ = ["AnyPlateau"]


class AnyPlateau(Plateau, frozen=True, kw_only=True, tag="frameworks.plateau"):
    """The core's rule, unchanged, but of any patience, threshold and floor, and factors below 0.

    A patience below 0 lowers the rate at every metric.
    """

    factor: Annotated[float, Meta(lt=1)] = 0.1
    patience: Annotated[int, Meta(ge=-(2**53), le=2**53)] = 10
    threshold: float = 1e-4
    min_lr: float = 0.0
    eps: float = 1e-8
