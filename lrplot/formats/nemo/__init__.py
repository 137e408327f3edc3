"""NeMo's YAML configs: model.optim with its sched, in a run that `trainer` limits.

    model: {optim: {name: adamw, lr: 1e-3, sched: {name: CosineAnnealing, warmup_ratio: 0.1}}}
    trainer: {max_epochs: 100, max_steps: -1}

trainer.max_steps is the policy's, too, before its own; without either the epochs are. The policies
go by updates, torch's ExponentialLR by epochs.
Sources: nemo_toolkit 2.4.0, nemo/core/optim/lr_scheduler.py and nemo/core/classes/modelPT.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.formats._shared.batches import (
    devices,
    of_lightning,
    parts,
    refuse_size,
    shared,
    told,
    within,
)
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.llm_curves import WarmedDecay
from lrplot.formats.nemo._curves import Annealing, Noam
from lrplot.frameworks.axis import by_epoch
from lrplot.plan import Plan
from lrplot.syntax.interpolation import interpolated
from lrplot.syntax.tree import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "gpus", "loading", "read"]

NAME = "nemo"
NEEDS = "a NeMo config has model.optim with a sched by name"
CONVENTION = "nemo_toolkit 2.4.0"

_PARTS = ("tensor_model_parallel_size", "pipeline_model_parallel_size", "context_parallel_size")
_BY_LENGTH = "batch_duration"  # of a loader that fills its batches by the samples' lengths
_WARMUP = ("warmup_steps", "warmup_ratio", "min_lr")
_HOLD = ("hold_steps", "hold_ratio")
_KEYS = {
    "WarmupPolicy": _WARMUP,
    "WarmupHoldPolicy": (*_WARMUP, *_HOLD),
    "SquareAnnealing": _WARMUP,
    "SquareRootAnnealing": _WARMUP,
    "CosineAnnealing": (*_WARMUP, "constant_steps", "constant_ratio"),
    "NoamAnnealing": (*_WARMUP, "d_model"),
    "NoamHoldAnnealing": (*_WARMUP, *_HOLD, "decay_rate"),
    "WarmupAnnealing": _WARMUP,
    "InverseSquareRootAnnealing": _WARMUP,
    "PolynomialDecayAnnealing": (*_WARMUP, "power", "cycle"),
    "PolynomialHoldDecayAnnealing": (*_WARMUP, *_HOLD, "power", "cycle"),
    "StepLR": ("step_size", "gamma"),
    "ExponentialLR": ("gamma", "lr_decay"),
}
_SHAPES = {
    "WarmupPolicy": "constant",
    "WarmupHoldPolicy": "constant",
    "SquareAnnealing": "square",
    "SquareRootAnnealing": "square root",
    "InverseSquareRootAnnealing": "inverse square root",
    "PolynomialDecayAnnealing": "polynomial",
    "PolynomialHoldDecayAnnealing": "polynomial",
    "NoamHoldAnnealing": "noam hold",
}
_NONE = "no scheduler"
_WATCHING = "ReduceLROnPlateau"
_OPEN_END = (
    "how many updates the run makes is not in the file, and the rates do not depend on it: "
    "--max-iters N shows its end"
)
_BESIDE = ("name", "monitor", "reduce_on_plateau", "last_epoch", "max_steps")


class _Run(NamedTuple):
    """How long the run is, in updates and in epochs, and how long its policy."""

    updates: int | None
    epochs: int | None
    policy: Callable[[], int]
    notes: tuple[str, ...]
    left_out: bool


def detect(tree: Node) -> str | None:
    """Say why the tree is a NeMo config; None where it is not."""
    model = _dict(tree, "model")
    optim = _dict(model, "optim")
    sched = _dict(optim, "sched")
    if sched is not None and "name" in sched.value:
        return "a NeMo config: it has model.optim.sched.name"
    if optim is None or sched is not None or "lr" not in optim.value:
        return None
    managed = _dict(tree, "exp_manager") is not None
    return "a NeMo config: it has model.optim.lr and exp_manager" if managed else None


def _dict(node: Node | None, key: str) -> Node | None:
    """Return the mapping under a key, None where there is none."""
    found = node.value.get(key) if node is not None and isinstance(node.value, dict) else None
    return found if found is not None and isinstance(found.value, dict) else None


def loading(tree: Node, given: Given) -> dict[str, Any] | None:
    """Return how NeMo makes updates: of a loader's batches, or of Megatron's micro-batches."""
    top = Section(interpolated(tree))
    model, data = within(top, "model"), within(top, "model", "train_ds")
    parted = parts(model, *_PARTS)
    if parted:
        refuse_size(model, parted, given, "lets several GPUs share a batch")
        return None
    times = of_lightning(top, given)
    if "micro_batch_size" in model or "global_batch_size" in model:
        total, each = told(model, "global_batch_size"), told(model, "micro_batch_size")
        return dict(shared(model, "global_batch_size", total, given, each=each))
    loader = data if "batch_size" in data else within(data, "dataloader_params")
    return {
        "batch_size": None if _BY_LENGTH in data else told(loader, "batch_size"),
        "accumulate": times,
        "drop_last": loader.flag("drop_last", default=False),
    }


def gpus(tree: Node) -> int | None:
    """Return the devices of Lightning's Trainer, on all nodes."""
    return devices(within(Section(interpolated(tree)), "trainer"))


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(interpolated(tree))
    optim = top.section("model").section("optim")
    sched = optim.section("sched")
    rate = optim.number("lr") if given.base_lr is None else given.base_lr
    name = _name(sched)
    run = _run(top, sched, given)
    if run.left_out:
        name = _NONE
    if name == "ExponentialLR":
        return _by_epoch(sched, rate, run, given)
    schedule = _schedule(sched, name, rate, run)
    end = run.updates or _end(run, given)
    return Plan(
        schedule=schedule,
        base_lr=rate,
        max_iters=end or schedule.extent(),
        iters_per_epoch=given.iters_per_epoch,
        convention=f"{CONVENTION} {name}",
        notes=run.notes if end else (*run.notes, _OPEN_END),
        open_end=not end,
    )


def _end(run: _Run, given: Given) -> int | None:
    """Return the updates that the epochs make; None where nobody tells."""
    known = run.epochs is not None and given.iters_per_epoch is not None
    return _in_epochs(run, given) if known else None


def _name(sched: Section) -> str:
    """Return the policy's name, its keys checked."""
    if not sched.entries:
        return _NONE
    if sched.text("name") == _WATCHING:
        message = f"{_WATCHING} is stepped by what each validation finds, so no file tells its rate"
        raise sched.wrong("name", message)
    name: str = sched.choice("name", _KEYS)
    sched.refuse_others(*_KEYS[name], *_BESIDE)
    if sched.number("last_epoch", -1) != -1:
        raise sched.wrong("last_epoch", "must be -1: the run is shown from its start")
    return name


def _run(top: Section, sched: Section, given: Given) -> _Run:
    """Return the run's length; Lightning stops at max_steps or max_epochs, whichever is first.

    The policy's own is model.max_steps (of HiFi-GAN and the codecs), else the trainer's, else its.
    """
    trainer = top.section("trainer")
    steps = given.max_iters or _limit(trainer, "max_steps")
    if given.max_iters is None and given.max_epochs is not None:
        steps = None
    epochs = given.max_epochs
    if epochs is None and given.max_iters is None:
        epochs = _limit(trainer, "max_epochs")
    notes: tuple[str, ...] = ()
    updates = steps
    if given.max_iters is None and steps and epochs:
        if given.iters_per_epoch is None:
            notes = (f"the run ends before max_steps where {epochs} epochs are shorter",)
        else:
            updates = min(steps, epochs * given.iters_per_epoch)
    left_out = steps is None and sched.number("max_steps", 0) == -1
    if left_out:
        notes = (*notes, "NeMo leaves the scheduler out where sched.max_steps is -1, as here")
    run = _Run(updates, epochs, lambda: 0, notes, left_out)
    own = given.max_iters or _limit(top.section("model"), "max_steps")
    own = own or steps or _limit(sched, "max_steps")
    return run._replace(policy=lambda: own or _in_epochs(run, given))


def _limit(section: Section, key: str) -> int | None:
    """Return a limit; -1, none at all and ??? say that there is no such limit in the file."""
    node = section.get(key)
    if node is None or isinstance(node.value, Unknown) or section.number(key) == -1:
        return None
    limit: int = section.count(key, least=1)
    return limit


def _in_epochs(run: _Run, given: Given) -> int:
    if run.epochs is None:
        given.need("max_iters", "trainer without max_steps and max_epochs")
    per_epoch: int = given.need("iters_per_epoch", "trainer.max_epochs")
    return (run.epochs or 1) * per_epoch


def _by_epoch(sched: Section, rate: float, run: _Run, given: Given) -> Plan:
    from lrplot.frameworks.torch._steps import ExponentialLR

    why = "ExponentialLR, which NeMo steps once an epoch,"
    if run.updates is not None:
        given.need("iters_per_epoch", why)
    elif run.epochs is None:
        given.need("max_epochs", why)
    gamma = sched.number(sched.first("gamma", "lr_decay"))
    axis = by_epoch(ExponentialLR(gamma=gamma), run.epochs or 1, given)
    return Plan(
        schedule=axis.schedule,
        base_lr=rate,
        max_iters=run.updates or axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"{CONVENTION} ExponentialLR",
        notes=(*run.notes, *axis.notes),
    )


def _schedule(sched: Section, name: str, rate: float, run: _Run) -> Schedule:
    if name == _NONE:
        return WarmedDecay(warmup=0, end=0, shape="constant")
    if name == "StepLR":
        from lrplot.frameworks.torch._steps import StepLR

        return StepLR(step_size=sched.count("step_size", least=1), gamma=sched.number("gamma", 0.1))
    floor = sched.number("min_lr", 1e-5 if name == "SquareAnnealing" else 0.0)
    if name in {"CosineAnnealing", "NoamAnnealing"} and rate < floor:
        raise sched.wrong("min_lr", f"must not be above the learning rate, {rate:g}")
    warmup = _part(sched, "warmup", run)
    if name == "NoamAnnealing":
        d_model = sched.number("d_model")
        if d_model <= 0:
            raise sched.wrong("d_model", f"must be above 0, got {d_model:g}")
        return Noam(d_model=d_model, warmup_steps=warmup, min_lr=floor)
    if name in {"CosineAnnealing", "WarmupAnnealing"}:
        held = _part(sched, "constant", run)
        return WarmedDecay(
            warmup=warmup,
            end=max(0, run.policy() - held),
            shape="cosine" if name == "CosineAnnealing" else "linear",
            floor_lr=floor,
            lead=0 if held else 1,  # with constant steps NeMo rises as Megatron does
        )
    return _annealing(sched, name, warmup, floor, run)


def _annealing(sched: Section, name: str, warmup: int, floor: float, run: _Run) -> Schedule:
    if sched.flag("cycle", default=False):
        raise sched.wrong("cycle", "is not followed: the decay would start again")
    if name == "NoamHoldAnnealing" and not warmup:
        raise sched.wrong("warmup_steps", "must be above 0 for NoamHoldAnnealing")
    held = _part(sched, "hold", run)
    until = warmup + held if "hold_steps" in sched or "hold_ratio" in sched else 0
    return Annealing(
        shape=_SHAPES[name],  # type: ignore[arg-type]  # one of its words
        max_steps=run.policy(),
        warmup_steps=warmup,
        hold_until=until,
        start=until if "Hold" in name else warmup,
        min_lr=floor,
        power=sched.number("power", 1.0),
        decay_rate=sched.number("decay_rate", 0.5),
    )


def _part(sched: Section, which: str, run: _Run) -> int:
    """Return a stretch that is given in steps or as a part of the policy's length."""
    steps, ratio = f"{which}_steps", f"{which}_ratio"
    if steps in sched and ratio in sched:
        raise sched.wrong(ratio, f"goes without {steps}, or the reverse")
    if ratio not in sched:
        count: int = sched.count(steps, 0)
        return count
    share: float = sched.number(ratio)
    if not 0 <= share <= 1:
        raise sched.wrong(ratio, f"must lie between 0 and 1, got {share:g}")
    return int(share * run.policy())
