"""torchtitan's job configs (TOML): warm up, hold, decay, as its build_lr_schedulers has it.

Since 2025 the schedule has a table of its own, [lr_scheduler]; before, the warm-up stood in
[training] and a straight line to 0 followed. Both are LambdaLRs over [optimizer] lr.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from lrplot._lazy import np
from lrplot.formats._shared.batches import parts, refuse_size, shared, told, within
from lrplot.formats._shared.keys import Section
from lrplot.plan import Plan
from lrplot.schedules.base import Knots, Phase, Schedule, points
from lrplot.schedules.shift import named_stretches

if TYPE_CHECKING:
    from lrplot.formats._shared.batches import Batches
    from lrplot.plan import Given
    from lrplot.schedules.base import Rates, Steps
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "torchtitan"
NEEDS = (
    "a torchtitan job config has [optimizer] or [lr_scheduler], [training] with steps, and [job] "
    "or a decay_ratio"
)
CONVENTION = "torchtitan 0.2.2"

_LR, _STEPS, _WARMUP = 8e-4, 10_000, 200  # the defaults of its job_config.py
_BATCH, _LENGTH = 8, 2048
_PARTS = ("tensor_parallel_degree", "pipeline_parallel_degree", "context_parallel_degree")
_OF_PARTS = ("parallelism", "experimental", "training")  # the latter two up to 2024
_TABLES = {"job", "profiling", "metrics", "parallelism", "activation_checkpoint", "experimental"}
_SCHEDULE_KEYS = (
    "warmup_steps",
    "total_steps",
    "decay_ratio",
    "decay_type",
    "min_lr_factor",
    "lr_min",
)
_OWN = ("decay_ratio", "decay_type", "min_lr_factor", "lr_min")  # which tell it from others
_DECAYS = ("linear", "sqrt", "cosine")

Stretch = Annotated[int, Meta(ge=0, le=2**53)]


class WarmupStableDecay(Schedule, frozen=True, kw_only=True, tag="torchtitan.warmup_stable_decay"):
    """A linear rise over W, a hold of S, a decay over D to a part of the base rate.

        lr(t) = base_lr * (t + 1) / W                                    t < W
        lr(t) = base_lr                                                  t < W + S
        lr(t) = base_lr * (floor + (1 - floor) * f(p))                   from there on
        p     = (t + 1 - W - S) / D
        f(p)  = 1 - p (linear), 1 - sqrt(p), (1 + cos(pi * p)) / 2 (cosine)

    base_lr / W at 0 and floor * base_lr at W + S + D - 1, which is the end of the run: the hold
    has one step more than the run, so that the last update is above the floor. Beyond it the
    formula goes on, below the floor.
    Source: torchtitan 0.2.2, torchtitan/components/lr_scheduler.py.
    """

    warmup_steps: Stretch
    stable_steps: Stretch
    decay_steps: Stretch
    decay_type: Literal["linear", "sqrt", "cosine"] = "linear"
    min_lr_factor: float = 0.0

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rising = (steps + 1) / max(1, self.warmup_steps)
        held = self.warmup_steps + self.stable_steps
        factor = np.where(steps < held, 1.0, self._decayed(np.maximum(steps + 1 - held, 0)))
        return base * np.where(steps < self.warmup_steps, rising, factor)

    def _decayed(self, late: Steps) -> Rates:
        if not self.decay_steps:
            return np.ones(late.shape)
        left = self._left(late / self.decay_steps)
        rates: Rates = self.min_lr_factor + (1 - self.min_lr_factor) * left
        return rates

    def _left(self, progress: Rates) -> Rates:
        if self.decay_type == "linear":
            return 1 - progress
        if self.decay_type == "sqrt":
            return 1 - np.sqrt(progress)
        left: Rates = 0.5 * (1.0 + np.cos(math.pi * progress))
        return left

    def _edges(self) -> tuple[int, int, int]:
        held = self.warmup_steps + self.stable_steps
        return (self.warmup_steps, held, held + self.decay_steps - 1)

    def knots(self, end: int) -> Knots:
        """Return the ends of the stretches, the steps before them, and where a cosine turns."""
        edges = points(end, *(edge + near for edge in self._edges() for near in (-1, 0)))
        if self.decay_type != "cosine" or not self.decay_steps:
            return edges
        return (*edges, range(self._edges()[2], end + 1, self.decay_steps))

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up, the hold and the decay, those that last."""
        return named_stretches(("warm-up", "hold", "decay"), (0, *self._edges()[:2], end), end)


class WarmupDecay(Schedule, frozen=True, kw_only=True, tag="torchtitan.warmup_decay"):
    """A linear rise over W, then a straight line to 0: torchtitan's only schedule up to 2024.

        lr(t) = base_lr * (t + 1) / (W + 1)                              t < W
        lr(t) = base_lr * (1 - (t - W) / D)                              from there on

    base_lr at W and 0 at W + D, the end of the run; below 0 beyond it.
    Source: torchtitan at 04a22a0 (early 2025), torchtitan/optimizer.py.
    """

    warmup_steps: Stretch
    decay_steps: Annotated[int, Meta(ge=1, le=2**53)]

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Evaluate the formula; see the class."""
        rising = (steps + 1) / (self.warmup_steps + 1)
        falling = 1 - (steps - self.warmup_steps) / self.decay_steps
        return base * np.where(steps < self.warmup_steps, rising, falling)

    def knots(self, end: int) -> Knots:
        """Return the end of the warm-up and of the decay."""
        return points(end, self.warmup_steps, self.warmup_steps + self.decay_steps)

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the warm-up and the decay."""
        return named_stretches(("warm-up", "decay"), (0, self.warmup_steps, end), end)


def detect(tree: Node) -> str | None:
    """Say why the tree is a torchtitan job config; None where it is not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    tables = {key for key, node in top.items() if isinstance(node.value, dict)}
    if "training" not in tables:
        return None
    training = Section(top["training"])
    timed = training.first("steps", "seq_len", "warmup_steps")
    known = [f"[{name}]" for name in sorted(tables & _TABLES)]
    if "lr_scheduler" in tables:
        known += [f"[lr_scheduler] {key}" for key in _OWN if key in Section(top["lr_scheduler"])]
    if timed not in training or not known or not tables & {"optimizer", "lr_scheduler"}:
        return None
    return f"a torchtitan job config: it has {known[0]} and [training] {timed}"


def loading(tree: Node, given: Given) -> Batches | None:
    """Return how an update is made of sequences, where each GPU has batches of its own."""
    top = Section(tree)
    for table in (within(top, name) for name in _OF_PARTS):
        if parted := parts(table, *_PARTS):
            refuse_size(table, parted, given, "lets several GPUs share a batch")
            return None
    training = within(top, "training")
    each = told(training, training.first("local_batch_size", "batch_size"), _BATCH)
    total = told(training, "global_batch_size", -1, least=-1)
    if total is None or total < 1:
        sizes: Batches = {"batch_size": each, "accumulate": 1}
    else:
        sizes = shared(training, "global_batch_size", total, given, each=each)
    return {**sizes, "seq_len": told(training, "seq_len", _LENGTH)}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a job config; raise InputError."""
    top = Section(tree)
    training, optimizer = top.section("training"), top.section("optimizer")
    scheduler = top.section("lr_scheduler")
    scheduler.refuse_others(*_SCHEDULE_KEYS)
    base_lr = optimizer.number("lr", _LR) if given.base_lr is None else given.base_lr
    steps = given.max_iters or training.count("steps", _STEPS, least=1)
    old = "warmup_steps" in training and not scheduler.entries
    schedule = _warmup_decay(training, steps) if old else _warmup_stable_decay(scheduler, steps)
    return Plan(
        schedule=schedule,
        base_lr=base_lr,
        max_iters=steps,
        iters_per_epoch=given.iters_per_epoch,
        convention="torchtitan, 2024" if old else CONVENTION,
        notes=tuple(_notes(top, given)),
    )


def _warmup_decay(training: Section, steps: int) -> Schedule:
    warmup = training.count("warmup_steps")
    return WarmupDecay(warmup_steps=warmup, decay_steps=max(1, steps - warmup))


def _warmup_stable_decay(scheduler: Section, run: int) -> Schedule:
    """Divide the run as build_lr_schedulers does; what does not fit is cut off there, too."""
    steps = scheduler.count("total_steps", run, least=1)
    warmup = min(scheduler.count("warmup_steps", _WARMUP), steps)
    decay = steps - warmup
    ratio = scheduler.number("decay_ratio", None)
    if ratio is not None:
        if ratio < 0:
            raise scheduler.wrong("decay_ratio", f"must not be below 0, got {ratio:g}")
        decay = min(round(steps * ratio), decay)
    return WarmupStableDecay(
        warmup_steps=warmup,
        stable_steps=steps + 1 - warmup - decay,
        decay_steps=decay,
        decay_type=scheduler.choice("decay_type", _DECAYS, "linear"),
        min_lr_factor=scheduler.number(scheduler.first("min_lr_factor", "lr_min"), 0.0),
    )


def _notes(top: Section, given: Given) -> list[str]:
    """Say which values are torchtitan's defaults, and what an end that is cut off looks like."""
    training, scheduler = top.section("training"), top.section("lr_scheduler")
    warmup = scheduler if "warmup_steps" in scheduler else training
    written = (
        ("optimizer.lr", given.base_lr is None, top.section("optimizer"), f"{_LR:g}"),
        ("training.steps", given.max_iters is None, training, f"{_STEPS:,}"),
        ("lr_scheduler.warmup_steps", True, warmup, f"{_WARMUP}"),
    )
    return [
        f"{key} is not in the file; torchtitan's default is {default}"
        for key, wanted, section, default in written
        if wanted and key.rpartition(".")[2] not in section
    ]
