"""What the recorders of real training runs share: a run that is asked for.

A module train_NAME.py holds what a trainer's runs are recorded with:

    SOURCES    the distributions whose code is run
    drawn      drawn(random, processes) -> a run
    rates      rates(path, run) -> the rate that each update of the run uses

`rates` runs in every process of the run at once, where there are several, joined by gloo.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from format_case import Config, File

__all__ = ["Run", "chance", "sizes"]


class Run(NamedTuple):
    """A file with what the user says beside it, and what the loop around it does."""

    file: File
    loop: Mapping[str, Any] = MappingProxyType({})

    @property
    def options(self) -> Config:
        """What the user says beside the file."""
        return self.file.options


def chance(random: Random, probability: float) -> bool:
    """Return True with a probability."""
    return random.random() < probability


def sizes(random: Random, processes: int) -> dict[str, Any]:
    """Return a data set, a batch and an accumulation: some divide, some do not."""
    return {
        "dataset_size": random.choice([7, 16, 17, 24, 33, 48, 61]),
        "batch_size": random.choice([1, 2, 3, 4]),
        "gpus": processes,
        "accumulate": random.choice([1, 1, 2, 3, 4, 5]),
        "drop_last": chance(random, 0.3),
    }
