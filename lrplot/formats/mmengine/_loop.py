"""The loop of an mmengine config: what it counts, how long it is, and the axis it is shown on.

Source: mmengine 0.10.7, runner/loops.py; xtuner's TrainLoop: xtuner 0.1.23, engine/runner/loops.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from lrplot.durations import LARGEST_STEP
from lrplot.errors import InputError
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.openmmlab import ON_EPOCHS, epoch_needed
from lrplot.frameworks.mmengine._dicts import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lrplot.plan import Given
    from lrplot.syntax.tree import Node

__all__ = ["Axis", "Clock", "Loop", "axis_of"]


class Clock(NamedTuple):
    """What one scheduler counts: epochs or not, and whether its epochs are made iterations."""

    by_epoch: bool
    converted: bool
    kind: str
    section: Section


class Loop(NamedTuple):
    """What a loop counts, and its length, where it is written (or given)."""

    in_epochs: bool
    max_epochs: float | None
    max_iters: int | None

    @classmethod
    def of(cls, tree: Node, given: Given) -> Loop:
        """Read `train_cfg`."""
        cfg = Section(tree).section("train_cfg")
        kind = cfg.text("type", "").rpartition(".")[2]
        epochs = given.max_epochs or cfg.number("max_epochs", None)
        iters = cfg.count("max_iters", None, least=1)
        own = kind == "TrainLoop"  # xtuner's: it counts iterations whichever is written
        if "type" in cfg:
            in_epochs = epochs is not None and iters is None and not own
        else:
            in_epochs = cfg.flag("by_epoch", default=epochs is not None and iters is None)
        return cls(
            in_epochs, epochs, given.max_iters if not in_epochs and given.max_iters else iters
        )


class Axis(NamedTuple):
    """The run that schedulers are made for, its length in steps, and what a reader should know."""

    run: Run
    max_iters: int | None
    iters_per_epoch: int | None
    notes: tuple[str, ...] = ()


def axis_of(loop: Loop, clocks: Sequence[Clock], given: Given, tree: Node) -> Axis:
    """Return the run on the axis of iterations or, where nothing needs those, of epochs.

    Raises InputError, which asks for --iters-per-epoch, where that is truly needed.
    """
    if not loop.in_epochs:
        return _in_iterations(loop, clocks, given, tree)
    if given.iters_per_epoch is None:
        return _in_epochs(loop, clocks, given, tree)
    length = given.iters_per_epoch
    epochs = None if loop.max_epochs is None else int(loop.max_epochs)
    iters = None if epochs is None else epochs * length
    if given.max_iters is not None and given.max_epochs is None:
        iters, epochs = given.max_iters, -(-given.max_iters // length)
    run = Run(given=given, epoch_length=length, max_iters=iters, max_epochs=epochs)
    return Axis(run, _bounded(iters), length)


def _in_epochs(loop: Loop, clocks: Sequence[Clock], given: Given, tree: Node) -> Axis:
    fine = [clock for clock in clocks if clock.converted or not clock.by_epoch]
    if fine:
        which = f"{fine[0].kind} counts iterations, and the run epochs"
        raise epoch_needed(which, fine[0].section, tree)
    if given.max_iters is not None:
        raise epoch_needed("a run in epochs, and --max-iters", Section(tree), tree)
    epochs = None if loop.max_epochs is None else int(loop.max_epochs)
    run = Run(given=given, max_iters=epochs, max_epochs=epochs)
    return Axis(run, _bounded(epochs), 1, (ON_EPOCHS,))


def _in_iterations(loop: Loop, clocks: Sequence[Clock], given: Given, tree: Node) -> Axis:
    """Return the run of a loop that counts iterations: all of it is one epoch to schedulers."""
    length, iters = given.iters_per_epoch, loop.max_iters
    if iters is None and loop.max_epochs is not None:
        if length is None:
            why = "the run is as many iterations as its epochs have"
            raise epoch_needed(why, Section(tree).section("train_cfg"), tree)
        iters = given.max_iters or int(loop.max_epochs * length)
    for clock in clocks:
        if clock.converted and length is None:
            raise epoch_needed(f"{clock.kind} has convert_to_iter_based", clock.section, tree)
    whole = msgspec.structs.replace(given, iters_per_epoch=_bounded(iters))
    run = Run(given=whole, epoch_length=length, max_iters=iters, max_epochs=1)
    idle = sorted({clock.kind for clock in clocks if clock.by_epoch and not clock.converted})
    notes = tuple(
        f"{kind} counts epochs (by_epoch=True, the default) while the loop counts iterations: to "
        "mmengine the whole run is one epoch"
        for kind in idle
    )
    return Axis(run, _bounded(iters), length, notes)


def _bounded(steps: float | None) -> int | None:
    if steps is not None and steps > LARGEST_STEP:
        raise InputError("the run has more than 2^53 steps")
    return None if steps is None else int(steps)
