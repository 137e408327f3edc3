"""llm-foundry's YAML configs: scheduler, optimizer and max_duration, on Composer's clock.

    max_duration: 2ep     ep: epochs, ba: batches (updates), sp: samples, tok: tokens
    t_warmup: 0.02dur     dur: a part of max_duration, cut to a whole one of its units

A file for MosaicML's platform (mcli) has all of it under `parameters`. The rate shown is the
scheduler's at the update's own time; Composer's Trainer, which steps the scheduler before its
clock, uses it one update later.
Sources: llm-foundry 0.22.0, llmfoundry/optim; composer 0.32.1, composer/optim/scheduler.py and
core/time.py.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.formats._shared.batches import shared, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.llm_curves import RootDecay, WarmedDecay
from lrplot.plan import Plan
from lrplot.syntax.interpolation import interpolated

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "llm-foundry"
NEEDS = "an llm-foundry config has max_duration, optimizer.name and scheduler.name"
CONVENTION = "llm-foundry 0.22.0, composer 0.32.1"
_LATE = (
    "Composer's Trainer steps the scheduler before its clock: its updates use the rate of the "
    "update before them, the first two the same"
)

_KEYS = {
    "constant_with_warmup": ("t_warmup", "alpha", "t_max", "scale_warmup"),
    "cosine_with_warmup": ("t_warmup", "alpha_f", "t_max", "scale_warmup"),
    "linear_decay_with_warmup": ("t_warmup", "alpha_i", "alpha_f", "t_max", "scale_warmup"),
    "inv_sqrt_with_warmup": (
        "t_warmup",
        "t_scale",
        "t_cooldown",
        "t_max",
        "alpha_f_decay",
        "alpha_f_cooldown",
    ),
}
_TIME = re.compile(
    r"(?P<number>(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)(?P<unit>ep|ba|sp|tok|dur)",
    re.IGNORECASE,
)
_LONGEST = 50
_LARGEST = 10.0**18  # of any unit


class _Time(NamedTuple):
    """A duration as it is written: "100ba"."""

    value: float
    unit: str


def detect(tree: Node) -> str | None:
    """Say why the tree is an llm-foundry config; None where it is not."""
    config = _parameters(tree)
    top = config.value if isinstance(config.value, dict) else {}
    scheduler, optimizer = (
        found.value if found is not None and isinstance(found.value, dict) else {}
        for found in (top.get("scheduler"), top.get("optimizer"))
    )
    if "max_duration" not in top or "name" not in scheduler:
        return None
    if not {"name", "lr"} <= optimizer.keys():
        return None
    return "an llm-foundry config: it has max_duration, optimizer.lr and scheduler.name"


def _parameters(tree: Node) -> Node:
    """Return the config itself: what stands under `parameters` where that holds a run's length."""
    inner = tree.value.get("parameters") if isinstance(tree.value, dict) else None
    inside = inner is not None and isinstance(inner.value, dict) and "max_duration" in inner.value
    return inner if inner is not None and inside else tree


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how a batch is made of samples; its micro-batches are no more than its parts."""
    top = Section(interpolated(_parameters(tree)))
    total = told(top, "global_train_batch_size")
    return {
        **shared(top, "global_train_batch_size", total, given),
        "drop_last": within(top, "train_loader").flag("drop_last", default=False),
        "seq_len": told(top, "max_seq_len"),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(interpolated(_parameters(tree)))
    scheduler = top.section("scheduler")
    name = scheduler.choice("name", _KEYS)
    scheduler.refuse_others("name", *_KEYS[name])
    rate = top.section("optimizer").number("lr") if given.base_lr is None else given.base_lr
    clock = _Clock(top, given)
    build = _root if name == "inv_sqrt_with_warmup" else _decay
    return Plan(
        schedule=build(scheduler, name, clock),
        base_lr=rate,
        max_iters=clock.updates(),
        iters_per_epoch=given.iters_per_epoch,
        convention=CONVENTION,
        notes=(_LATE,),
    )


class _Clock:
    """What max_duration makes of the durations beside it, as Composer's _convert_time does."""

    def __init__(self, top: Section, given: Given) -> None:
        self.top, self.given = top, given
        self.length = self._run()

    def _run(self) -> _Time:
        if self.given.max_iters is not None:
            return _Time(self.given.max_iters, "ba")
        if self.given.max_epochs is not None:
            return _Time(self.given.max_epochs, "ep")
        return self.read(self.top, "max_duration", bare="ep")

    def read(self, section: Section, key: str, default: str = "", bare: str = "") -> _Time:
        """Return the duration under a key."""
        text = str(section.text(key, default) if default else section.text(key)).strip()
        if text.isdecimal():
            text += bare
        found = _TIME.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            hint = "durations are 100ba (batches), 2ep, 1e9tok, 5000sp or, of the run, 0.1dur"
            raise section.wrong(key, f"is no duration that is understood: '{text}'", hint)
        value, unit = float(found["number"].replace("_", "")), found["unit"].lower()
        if unit != "dur" and (value != int(value) or value > _LARGEST):
            raise section.wrong(key, f"must be a whole number of {unit}, got '{text}'")
        return _Time(value, unit)

    def ticks(self, section: Section, key: str, default: str = "") -> _Time:
        """Return the duration under a key in batches, samples or tokens."""
        time = self.read(section, key, default)
        if time.unit == "dur":
            length = self.batches(self.length)
            return _Time(int(time.value * length.value), length.unit)
        return self.batches(time)

    def batches(self, time: _Time) -> _Time:
        """Return a duration in batches where it is one in epochs."""
        if time.unit != "ep":
            return time
        epoch = self.given.need("iters_per_epoch", "a duration in epochs")
        return _Time(time.value * epoch, "ba")

    def stride(self, unit: str) -> int:
        """Return how much of a unit one update is."""
        if unit == "ba":
            return 1
        batch: int = self.top.count("global_train_batch_size", least=1)
        return batch if unit == "sp" else batch * int(self.top.count("max_seq_len", least=1))

    def updates(self) -> int:
        """Return how many updates the run has."""
        length = self.batches(self.length)
        if length.unit == "dur" or length.value < 1:
            raise self.top.wrong("max_duration", "must be a length of its own, above 0")
        return math.ceil(length.value / self.stride(length.unit))


def _decay(section: Section, name: str, clock: _Clock) -> Schedule:
    warmup = clock.ticks(section, "t_warmup")
    end = clock.ticks(section, "t_max", "1dur")
    _refuse_other_units(section, "t_warmup", warmup, end)
    _refuse_shorter(section, end, clock)
    section.flag("scale_warmup", default=False)  # scales by a ratio that no config gives
    alpha = section.number("alpha" if name == "constant_with_warmup" else "alpha_i", 1.0)
    shapes = {"constant_with_warmup": "constant", "linear_decay_with_warmup": "linear"}
    return WarmedDecay(
        warmup=warmup.value,
        end=end.value,
        peak=alpha,
        floor=section.number("alpha_f", 0.0),
        shape=shapes.get(name, "cosine"),  # type: ignore[arg-type]  # one of its words
        over="peak",
        stride=clock.stride(warmup.unit),
    )


def _root(section: Section, name: str, clock: _Clock) -> Schedule:
    del name
    for key in ("t_warmup", "t_scale", "t_cooldown"):
        if clock.read(section, key).unit != clock.length.unit:
            unit = clock.length.unit
            raise section.wrong(key, f"must be in the unit of max_duration, {unit}")
    warmup, scale, cooldown = (
        clock.ticks(section, key) for key in ("t_warmup", "t_scale", "t_cooldown")
    )
    if not scale.value:
        raise section.wrong("t_scale", "must be above 0")
    limit, floor = (section.number(f"alpha_f_{part}", 0.0) for part in ("decay", "cooldown"))
    if limit < floor:
        raise section.wrong("alpha_f_decay", f"must not be below alpha_f_cooldown, {floor:g}")
    end = clock.ticks(section, "t_max", "1dur")
    _refuse_other_units(section, "t_max", end, cooldown)
    return RootDecay(
        warmup=warmup.value,
        scale=scale.value,
        limit=limit,
        cooldown_start=max(warmup.value, end.value - cooldown.value),
        cooldown=cooldown.value,
        floor=floor,
        stride=clock.stride(warmup.unit),
    )


def _refuse_other_units(section: Section, key: str, time: _Time, other: _Time) -> None:
    if time.unit != other.unit:
        message = f"must be in the unit of the schedule's length, {other.unit}, got {time.unit}"
        raise section.wrong(key, message)


def _refuse_shorter(section: Section, end: _Time, clock: _Clock) -> None:
    """Refuse a schedule that is over before the run, as Composer does."""
    if "t_max" not in section:
        return
    length = clock.batches(clock.length)
    if length.unit == end.unit and end.value < length.value:
        raise section.wrong("t_max", "must not be shorter than max_duration")
