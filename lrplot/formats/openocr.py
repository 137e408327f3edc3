"""OpenOCR's YAML configs: LRScheduler over Global.epoch_num, stepped at every update.

    Global: {epoch_num: 20}
    Optimizer: {name: AdamW, lr: 0.00065}
    LRScheduler: {name: OneCycleLR, warmup_epoch: 1.5}

Most of its schedulers are LambdaLRs; two count their warmup_epoch in updates. Source: OpenOCR,
openrec/optimizer/lr.py and __init__.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.formats._shared.batches import told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import placed
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "openocr"
NEEDS = "an OpenOCR config has Global.epoch_num, and LRScheduler with a name"

_LAST_RATE = 0.00001  # of CdistNetLR, whatever the config says
_STARTS_AT = 1e-7  # of the peak, in WarmupCosineLR
_MANY = 100_000


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
        in_epochs = name in _BY_EPOCH and not run.section.number("warmup_epoch", 0.0)
        if in_epochs and given.iters_per_epoch is None:
            return by_epoch(builder(run), run.epochs, given)
        per_epoch = given.need("iters_per_epoch", f"{name}, which counts updates by the epoch,")
        schedule = builder(run._replace(per_epoch=per_epoch))
    return by_update(schedule, run.epochs, per_epoch, given)


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
    from lrplot.frameworks.transformers._curves import PolynomialDecay

    return PolynomialDecay(
        num_warmup_steps=run.warmup(),
        num_training_steps=run.steps,
        lr_end=run.section.number("lr_end", 1e-7),
        power=run.section.number("power", 1.0),
    )


def _decayed_at(run: _Run, milestones: list[int]) -> Schedule:
    """Return the rise over warmup_epoch updates; what would decay within it decays at its end."""
    from lrplot.schedules.combine import Chain
    from lrplot.schedules.steps import MultiStep

    warmup = run.section.number("warmup_epoch", 0.0)
    marks = tuple(max(mark, -int(-warmup // 1)) for mark in milestones)
    levels = MultiStep(milestones=marks, gamma=run.section.number("gamma", 0.1))
    return Chain(schedules=(_held(warmup), levels)) if warmup else levels


def _multi_step(run: _Run) -> Schedule:
    marks = run.section.numbers("milestones")
    if any(mark * run.per_epoch != int(mark * run.per_epoch) or mark < 0 for mark in marks):
        raise run.section.wrong("milestones", "must be epochs that end with an update")
    return _decayed_at(run, sorted(int(mark * run.per_epoch) for mark in marks))


def _step(run: _Run) -> Schedule:
    size = run.section.count("step_size", least=1) * run.per_epoch
    if run.steps // size > _MANY:
        raise run.section.wrong("step_size", f"makes more than {_MANY:,} steps of the run")
    return _decayed_at(run, list(range(size, run.steps + size, size)))


def _one_cycle(run: _Run) -> Schedule:
    from lrplot.frameworks.calls import OPTIMIZER
    from lrplot.frameworks.torch import OneCycleLR

    return OneCycleLR(
        OPTIMIZER,
        max_lr=run.rate,
        total_steps=run.steps,
        pct_start=run.section.number("warmup_epoch", 1.0) / run.epochs,
        cycle_momentum=run.section.flag("cycle_momentum", default=True),
    )


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
