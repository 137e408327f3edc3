"""OpenOCR's YAML configs: LRScheduler over Global.epoch_num, stepped at every update.

    Global: {epoch_num: 20}
    Optimizer: {name: AdamW, lr: 0.00065}
    LRScheduler: {name: OneCycleLR, warmup_epoch: 1.5}

Most of its schedulers are LambdaLRs; two count their warmup_epoch in updates. The trainer logs what
a step raises, and goes on at the rate that stands. Source: openocr-python 0.1.5,
openrec/optimizer/lr.py and __init__.py, tools/engine/trainer.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot._lazy import np
from lrplot.formats._shared.batches import told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import numbers, placed
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan
from lrplot.schedules.base import Knots, Phase, Schedule, points

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Rates, Steps
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "openocr"
NEEDS = "an OpenOCR config has Global.epoch_num, and LRScheduler with a name"

_LAST_RATE = 0.00001  # of CdistNetLR, whatever the config says
_STARTS_AT = 1e-7  # of the peak, in WarmupCosineLR
_MANY = 100_000


class Kept(Schedule, frozen=True, kw_only=True, tag="openocr.kept"):
    """Another schedule up to a step, whose rate stays from there on.

    lr(t) = schedule(min(t, until))
    """

    schedule: Schedule
    until: int

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the schedule, at the last of its steps where it is over."""
        return self.schedule.lr(np.minimum(steps, self.until), base)

    def knots(self, end: int) -> Knots:
        """Return the schedule's knots, and the step from which its rate stays."""
        return (*self.schedule.knots(min(end, self.until)), *points(end, self.until))

    def uses_base(self) -> bool:
        """Say whether the schedule does."""
        return self.schedule.uses_base()

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the schedule's phases."""
        return self.schedule.phases(end)

    def momentum(self) -> Schedule | None:
        """Return the schedule's momentum, which stays as the rate does."""
        cycled = self.schedule.momentum()
        return None if cycled is None else Kept(schedule=cycled, until=self.until)


class _Run(NamedTuple):
    """What a builder builds from."""

    section: Section
    rate: float
    epochs: int
    per_epoch: int

    @property
    def steps(self) -> int:
        """The updates in the run."""
        return self.epochs * self.per_epoch

    def warmup(self) -> float:
        """Return the warm-up, from epochs to updates."""
        return float(self.section.number("warmup_epoch", 0.0) * self.per_epoch)


def detect(tree: Node) -> str | None:
    """Say why the tree is an OpenOCR config; None where it is not."""
    top = Section(tree)
    parts = [top.get(key) for key in ("Global", "LRScheduler")]
    if not all(part is not None and isinstance(part.value, dict) for part in parts):
        return None
    if "epoch_num" not in top.section("Global") or "name" not in top.section("LRScheduler"):
        return None
    return "an OpenOCR config: it has Global.epoch_num and LRScheduler.name"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how OpenOCR makes batches of samples; those of a sampler go by the images' shapes."""
    del given
    train = within(Section(tree), "Train")
    loader = within(train, "loader")
    return {
        "batch_size": None if "sampler" in train else told(loader, "batch_size_per_card"),
        "drop_last": loader.flag("drop_last", default=False),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(tree)
    section = top.section("LRScheduler")
    name = section.choice("name", _BUILDERS)
    builder, own = _BUILDERS[name]
    section.refuse_others("name", *sorted({key for _, keys in _BUILDERS.values() for key in keys}))
    rate = given.base_lr
    if rate is None:
        rate = top.section("Optimizer").number("lr")
    _refuse_fewer_updates(top.section("Global"))
    epochs = epochs_of(top.section("Global"), "epoch_num", given)
    axis = _axis(name, builder, _Run(section, rate, epochs, 1), given)
    return Plan(
        schedule=axis.schedule,
        base_lr=rate,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"OpenOCR {name}",
        notes=(*_notes(section, name, own), *axis.notes),
    )


def _axis(name: str, builder: Callable[[_Run], Schedule], run: _Run, given: Given) -> Axis:
    """Return the schedule on updates, or on epochs where that is all it changes with."""
    with placed(run.section, {"num_warmup_steps": "warmup_epoch", "pct_start": "warmup_epoch"}):
        if given.iters_per_epoch is None and name in _BY_EPOCH and _changes_between_epochs(run):
            return by_epoch(builder(run), run.epochs, given)
        per_epoch = given.need("iters_per_epoch", f"{name}, which counts updates by the epoch,")
        schedule = builder(run._replace(per_epoch=per_epoch))
    return by_update(schedule, run.epochs, per_epoch, given)


def _changes_between_epochs(run: _Run) -> bool:
    marks = run.section.numbers("milestones", ())
    return not run.section.number("warmup_epoch", 0.0) and all(mark % 1 == 0 for mark in marks)


def _refuse_fewer_updates(run: Section) -> None:
    """Refuse updates of several batches: the scheduler is stepped at each batch all the same."""
    if run.flag("use_amp", default=False) and run.count("accumulation_steps", 1) > 1:
        message = "makes an update of several batches, at each of which OpenOCR steps the scheduler"
        raise run.wrong("accumulation_steps", message, "leave it out to see the rate of each batch")


def _notes(section: Section, name: str, own: tuple[str, ...]) -> list[str]:
    """Say which keys do nothing, and which warm-up is not in the unit its name says."""
    unused = [key for key in section if key != "name" and key in section and key not in own]
    notes = [f"LRScheduler: {', '.join(unused)} not used by OpenOCR's {name}"] if unused else []
    if name in _IN_UPDATES and section.number("warmup_epoch", 0.0):
        notes.append(f"LRScheduler.warmup_epoch counts updates in OpenOCR's {name}, not epochs")
    return notes


def _held(warmup: float) -> Schedule:
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.transformers import get_constant_schedule_with_warmup

    return get_constant_schedule_with_warmup(OPTIMIZER, warmup)


def _const(run: _Run) -> Schedule:
    return _held(run.warmup())


def _linear(run: _Run) -> Schedule:
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.transformers import get_linear_schedule_with_warmup

    return get_linear_schedule_with_warmup(OPTIMIZER, run.warmup(), run.steps)


def _cosine(run: _Run) -> Schedule:
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.transformers import get_cosine_schedule_with_warmup

    return get_cosine_schedule_with_warmup(OPTIMIZER, run.warmup(), run.steps)


def _polynomial(run: _Run) -> Schedule:
    """Return the rise and the fall; where the rise takes all of the run, its last step raises."""
    from lrplot.frameworks._absolute import constant
    from lrplot.frameworks.transformers._curves import PolynomialDecay
    from lrplot.schedules.combine import Sequence

    floor, end = run.section.number("lr_end", 1e-7), run.steps
    decay = PolynomialDecay(
        num_warmup_steps=run.warmup(),
        num_training_steps=end,
        lr_end=floor,
        power=run.section.number("power", 1.0),
    )
    if run.warmup() != end:
        return decay
    kept = Kept(schedule=decay, until=end - 1)
    return Sequence(schedules=(kept, constant(floor)), milestones=(end + 1,))


def _decayed_at(run: _Run, milestones: list[int]) -> Schedule:
    """Return the rise over warmup_epoch updates; what would decay within it decays at its end."""
    from lrplot.schedules.combine import Chain
    from lrplot.schedules.steps import MultiStep

    warmup = run.section.number("warmup_epoch", 0.0)
    marks = tuple(max(mark, -int(-warmup // 1)) for mark in milestones)
    levels = MultiStep(milestones=marks, gamma=run.section.number("gamma", 0.1))
    return Chain(schedules=(_held(warmup), levels)) if warmup else levels


def _multi_step(run: _Run) -> Schedule:
    marks = (max(0, math.ceil(mark * run.per_epoch)) for mark in numbers(run.section, "milestones"))
    return _decayed_at(run, sorted(marks))


def _step(run: _Run) -> Schedule:
    size = run.section.count("step_size", least=1) * run.per_epoch
    if run.steps // size > _MANY:
        raise run.section.wrong("step_size", f"makes more than {_MANY:,} steps of the run")
    return _decayed_at(run, list(range(size, run.steps + size, size)))


def _one_cycle(run: _Run) -> Schedule:
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.torch import OneCycleLR

    rise = run.section.number("warmup_epoch", 1.0) / run.epochs
    cycle = OneCycleLR(
        OPTIMIZER,
        max_lr=run.rate,
        total_steps=run.steps,
        pct_start=rise,
        cycle_momentum=run.section.flag("cycle_momentum", default=True),
    )
    return Kept(schedule=cycle, until=run.steps - (rise == 1))


def _cdistnet(run: _Run) -> Schedule:
    """Return the Transformer paper's schedule, and one rate from step2_epoch on."""
    from lrplot.frameworks._absolute import constant
    from lrplot.schedules.combine import Sequence
    from lrplot.schedules.decay import Noam

    noam = Noam(d_model=1, warmup_steps=run.section.count("n_warmup_steps", 10_000, least=1))
    until = run.section.count("step2_epoch", 7, least=1) * run.per_epoch
    return Sequence(schedules=(noam, constant(_LAST_RATE)), milestones=(until,))


def _warmup_cosine(run: _Run) -> Schedule:
    from lrplot.frameworks import torch
    from lrplot.frameworks.calls import OPTIMIZER

    warmup = run.section.count("warmup_steps", 0)
    left = max(1, run.steps - warmup)
    floor = run.section.number("eta_min", 0.0)
    cosine: Any = torch.CosineAnnealingLR(OPTIMIZER, T_max=left, eta_min=floor)
    if not warmup:
        return cosine  # type: ignore[no-any-return]  # a Schedule
    rise = torch.LinearLR(OPTIMIZER, start_factor=_STARTS_AT, end_factor=1.0, total_iters=warmup)
    return torch.SequentialLR(OPTIMIZER, [rise, cosine], [warmup])


_IN_UPDATES = ("StepLR", "MultiStepLR")
_BY_EPOCH = (*_IN_UPDATES, "ConstLR")
_BUILDERS: dict[str, tuple[Callable[[_Run], Schedule], tuple[str, ...]]] = {
    "OneCycleLR": (_one_cycle, ("warmup_epoch", "cycle_momentum")),
    "MultiStepLR": (_multi_step, ("milestones", "gamma", "warmup_epoch")),
    "StepLR": (_step, ("step_size", "gamma", "warmup_epoch")),
    "ConstLR": (_const, ("warmup_epoch",)),
    "LinearLR": (_linear, ("warmup_epoch",)),
    "CosineAnnealingLR": (_cosine, ("warmup_epoch",)),
    "PolynomialLR": (_polynomial, ("warmup_epoch", "lr_end", "power")),
    "CdistNetLR": (_cdistnet, ("n_warmup_steps", "step2_epoch")),
    "WarmupCosineLR": (_warmup_cosine, ("warmup_steps", "eta_min")),
    "WarmupCosine": (_warmup_cosine, ("warmup_steps", "eta_min")),
}
