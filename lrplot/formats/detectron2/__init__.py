"""detectron2's YAML configs: SOLVER, over the defaults of its code, as its DefaultTrainer has it.

A SOLVER with MAX_EPOCH is fast-reid's, which is built on detectron2's config.

Sources: detectron2 0.6 and its main branch, detectron2/config/defaults.py, solver/build.py,
solver/lr_scheduler.py, engine/defaults.py (auto_scale_workers) and projects/DeepLab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.formats._shared.batches import per_gpu, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import updates_of
from lrplot.formats._shared.places import defaulted, numbers, placed
from lrplot.formats.detectron2 import _fastreid
from lrplot.plan import Given, Plan
from lrplot.syntax.includes import with_bases
from lrplot.syntax.tree import repeat_notes

if TYPE_CHECKING:
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "detectron2"
NEEDS = "a detectron2 config has SOLVER with BASE_LR or MAX_ITER, or inherits by _BASE_"

_EVIDENCE = ("BASE_LR", "MAX_ITER", "STEPS", "LR_SCHEDULER_NAME", "IMS_PER_BATCH", _fastreid.SIGN)
_MEANT = "REFERENCE_WORLD_SIZE"
_SCHEDULERS = ("WarmupMultiStepLR", "WarmupCosineLR", "WarmupStepWithFixedGammaLR", "WarmupPolyLR")
_SHAPING = (
    "LR_SCHEDULER_NAME",
    "BASE_LR",
    "BASE_LR_END",
    "MAX_ITER",
    "STEPS",
    "GAMMA",
    "NUM_DECAYS",
    "WARMUP_FACTOR",
    "WARMUP_ITERS",
    "WARMUP_METHOD",
    "RESCALE_INTERVAL",
    "POLY_LR_POWER",
    "POLY_LR_CONSTANT_ENDING",
    _MEANT,
    "IMS_PER_BATCH",
    "BIAS_LR_FACTOR",
    "TRAIN_ITER",
)
_MULTIPLIER = "_MULTIPLIER"  # of the projects built on it: BACKBONE_MULTIPLIER, CUSTOM_MULTIPLIER
_BESIDE = (  # what the optimizer and the trainer take, and the rate does not
    "USE_CUSTOM_SOLVER",
    "CUSTOM_MULTIPLIER_NAME",
    "RESET_ITER",
    "OPTIMIZER",
    "MOMENTUM",
    "NESTEROV",
    "WEIGHT_DECAY",
    "WEIGHT_DECAY_NORM",
    "WEIGHT_DECAY_BIAS",
    "WEIGHT_DECAY_EMBED",
    "CLIP_GRADIENTS",
    "AMP",
    "CHECKPOINT_PERIOD",
)
_KEY_OF = {
    "milestones": "STEPS",
    "num_updates": "MAX_ITER",
    "num_decays": "NUM_DECAYS",
    "gamma": "GAMMA",
    "max_iters": "MAX_ITER",
    "warmup_iters": "WARMUP_ITERS",
    "power": "POLY_LR_POWER",
}
_IMAGES = 16  # IMS_PER_BATCH
_LONGEST = 15  # digits of an iteration


class _Solver(msgspec.Struct, frozen=True, kw_only=True):
    """What of SOLVER shapes the rate, with the defaults of detectron2's code."""

    name: str
    base_lr: float
    base_lr_end: float
    max_iter: int
    steps: tuple[int, ...]
    gamma: float
    num_decays: int
    warmup_factor: float
    warmup_iters: int
    warmup_method: str
    rescale_interval: bool
    power: float
    constant_ending: float


def detect(tree: Node) -> str | None:
    """Say why the tree is a detectron2 config; None where it is not."""
    top = Section(tree)
    if _of_maskrcnn_benchmark(top):
        return None
    solver = top.get("SOLVER")
    if solver is not None and isinstance(solver.value, dict):
        found = Section(solver).first(*_EVIDENCE)
        if found in solver.value:
            return f"a detectron2 config: it has SOLVER.{found}"
    base, others = top.get("_BASE_"), [key for key in top if key != "_BASE_"]
    if base is None or not all(key.isupper() for key in others):
        return None
    if not others and not isinstance(base.value, str):
        return None
    return f"a detectron2 config: it has _BASE_ and {others[0] if others else 'nothing else'}"


def _of_maskrcnn_benchmark(top: Section) -> bool:
    """Say whether the keys are those of detectron2's forerunner, whose defaults are others."""
    model = top.get("MODEL")
    return model is not None and isinstance(model.value, dict) and "WEIGHT" in model.value


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how images are dealt out to the GPUs; REFERENCE_WORLD_SIZE of them as it is meant."""
    solver = within(Section(with_bases(tree, "_BASE_")), "SOLVER")
    if _fastreid.SIGN in solver:
        return _fastreid.loading_of(solver, given)
    total = told(solver, "IMS_PER_BATCH", _IMAGES)
    meant = told(solver, _MEANT, 0, least=0)
    if total and meant:
        total = total // meant * given.gpus if given.gpus else None
    each = per_gpu(solver, "IMS_PER_BATCH", total, given)
    return {"batch_size": each, "of_all_gpus": total}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    whole = with_bases(tree, "_BASE_")
    section = Section(whole).section("SOLVER")
    if _fastreid.SIGN in section:
        return _fastreid.read_solver(section, given, repeat_notes(whole))
    section.refuse_others(*_SHAPING, *_BESIDE, *_multipliers(section))
    notes = repeat_notes(whole)
    solver = _scaled(_solver(section, given), section, given, notes)
    plan = Plan(
        schedule=_schedule(solver, section),
        base_lr=solver.base_lr,
        max_iters=_end(section, solver, given),
        iters_per_epoch=given.iters_per_epoch,
        convention=f"detectron2 0.6 {solver.name}",
        notes=(*notes, *_notes(solver, section, given)),
    )
    return msgspec.structs.replace(plan, groups=_groups(plan, section))


def _end(section: Section, solver: _Solver, given: Given) -> int:
    """Return where the run ends: CenterNet2's TRAIN_ITER may stop it before its MAX_ITER."""
    written = section.number("TRAIN_ITER", -1.0)
    if written <= 0 or given.max_iters is not None:
        return solver.max_iter
    return int(section.count("TRAIN_ITER"))


def _multipliers(section: Section) -> dict[str, str]:
    """Return the keys that set a part of the model apart, and what that part is called."""
    parts = {key: key.removesuffix(_MULTIPLIER).lower() for key in section}
    return {key: part for key, part in parts.items() if key.endswith(_MULTIPLIER)}


def _groups(plan: Plan, section: Section) -> tuple[Plan, ...]:
    """Return the curves of the biases, the backbone and others that a factor sets apart."""
    parts = {"BIAS_LR_FACTOR": "bias", **_multipliers(section)}
    factors = {part: section.number(key, 1.0) for key, part in parts.items()}
    return tuple(
        msgspec.structs.replace(plan, name=name, base_lr=plan.base_lr * factor)
        for name, factor in factors.items()
        if factor != 1.0
    )


def _solver(section: Section, given: Given) -> _Solver:
    base_lr = section.number("BASE_LR", 0.001) if given.base_lr is None else given.base_lr
    return _Solver(
        name=section.choice("LR_SCHEDULER_NAME", _SCHEDULERS, "WarmupMultiStepLR"),
        base_lr=base_lr,
        base_lr_end=section.number("BASE_LR_END", 0.0),
        max_iter=updates_of(section, "MAX_ITER", given, 40_000),
        steps=_steps(section),
        gamma=section.number("GAMMA", 0.1),
        num_decays=section.count("NUM_DECAYS", 3, least=1),
        warmup_factor=section.number("WARMUP_FACTOR", 1.0 / 1000),
        warmup_iters=section.count("WARMUP_ITERS", 1000),
        warmup_method=section.choice("WARMUP_METHOD", ("linear", "constant"), "linear"),
        rescale_interval=section.flag("RESCALE_INTERVAL", default=False),
        power=section.number("POLY_LR_POWER", 0.9),
        constant_ending=section.number("POLY_LR_CONSTANT_ENDING", 0.0),
    )


def _steps(section: Section) -> tuple[int, ...]:
    """Return the milestones, which are mostly written as a Python tuple: text, to YAML."""
    node = section.get("STEPS")
    if node is not None and isinstance(node.value, str):
        steps = _tuple(node.value.strip())
        if steps is None:
            message = f"must be a tuple of whole numbers, got {node.value!r}"
            raise section.wrong("STEPS", message, "write it as (60000, 80000), or (60000,)")
        return steps
    steps = numbers(section, "STEPS", (30_000,))
    if any(step != int(step) for step in steps):
        raise section.wrong("STEPS", "must hold whole numbers")
    return tuple(map(int, steps))


def _tuple(text: str) -> tuple[int, ...] | None:
    """Return a tuple as Python writes it: a comma makes one, brackets round it may be left out."""
    inner = text[1:-1] if f"{text[:1]}{text[-1:]}" in {"()", "[]"} else text
    parts = [part.strip() for part in inner.split(",")]
    if len(parts) == 1 and parts[0] and not text.startswith("["):
        return None
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    if parts == [""]:
        return () if text else None
    whole = all(part.isdecimal() and len(part) <= _LONGEST for part in parts)
    return tuple(map(int, parts)) if whole else None


def _scaled(solver: _Solver, section: Section, given: Given, notes: list[str]) -> _Solver:
    """Scale the run as DefaultTrainer does where the config is meant for a number of GPUs."""
    meant = section.count(_MEANT, 0)
    if not meant:
        return solver
    gpus = given.need(
        "gpus", f"SOLVER.REFERENCE_WORLD_SIZE: {meant}, which scales the run by GPUs,"
    )
    if gpus == meant:
        return solver
    if section.count("IMS_PER_BATCH", _IMAGES) % meant:
        raise section.wrong("IMS_PER_BATCH", f"must be a multiple of REFERENCE_WORLD_SIZE, {meant}")
    scale = gpus / meant
    notes.append(
        f"scaled from {meant} GPUs (REFERENCE_WORLD_SIZE) to {gpus}, as DefaultTrainer does"
    )
    return msgspec.structs.replace(
        solver,
        base_lr=solver.base_lr * scale,
        max_iter=max(1, round(solver.max_iter / scale)),
        warmup_iters=round(solver.warmup_iters / scale),
        steps=tuple(round(step / scale) for step in solver.steps),
    )


def _schedule(solver: _Solver, section: Section) -> Schedule:
    from lrplot.formats.detectron2._curves import Multiplied, WarmupPoly

    with placed(section, _KEY_OF):
        if solver.name != "WarmupPolyLR":
            return Multiplied(
                multiplier=_warmed(solver, section),
                max_iters=solver.max_iter,
                warmup_iters=solver.warmup_iters,
            )
        return WarmupPoly(
            max_iters=solver.max_iter,
            warmup_factor=solver.warmup_factor,
            warmup_iters=solver.warmup_iters,
            warmup_method=solver.warmup_method,  # type: ignore[arg-type]  # one of the two
            power=solver.power,
            constant_ending=solver.constant_ending,
        )


def _warmed(solver: _Solver, section: Section) -> Schedule:
    """Compose the warm-up and the decay, in parts of the run, as WarmupParamScheduler does."""
    from lrplot.frameworks import fvcore

    run = Given(max_iters=solver.max_iter)
    decay: Any = _decay(solver, section, run)
    length = min(solver.warmup_iters / solver.max_iter, 1.0)
    start = solver.warmup_factor * _at(decay, 0.0)
    if solver.warmup_method == "constant":
        warmup = fvcore.ConstantParamScheduler(start, given=run)
    else:
        reached = _at(decay, 0.0 if solver.rescale_interval else length)
        warmup = fvcore.LinearParamScheduler(start, reached, given=run)
    if solver.rescale_interval and length == 1.0:
        raise section.wrong("WARMUP_ITERS", "leaves nothing of MAX_ITER to rescale")
    return fvcore.CompositeParamScheduler(
        [warmup, decay],
        [length, 1 - length],
        ["rescaled", "rescaled" if solver.rescale_interval else "fixed"],
        given=run,
    )


def _at(decay: Any, where: float) -> float:
    from lrplot._lazy import np

    return float(decay.value(np.asarray([where]))[0])


def _decay(solver: _Solver, section: Section, run: Given) -> Schedule:
    from lrplot.frameworks import fvcore

    if solver.name == "WarmupMultiStepLR":
        kept = [step for step in solver.steps if step <= solver.max_iter]
        values = [solver.gamma**k for k in range(len(kept) + 1)]
        return fvcore.MultiStepParamScheduler(values, solver.max_iter, list(kept), given=run)
    if solver.name == "WarmupCosineLR":
        end = solver.base_lr_end / solver.base_lr if solver.base_lr else -1.0
        if not 0.0 <= end <= 1.0:
            message = f"must lie between 0 and BASE_LR, {solver.base_lr:g}, which must be above 0"
            raise section.wrong("BASE_LR_END", message)
        return fvcore.CosineParamScheduler(1.0, end, given=run)
    return fvcore.StepWithFixedGammaParamScheduler(
        1.0, solver.num_decays, solver.gamma, solver.max_iter, given=run
    )


def _notes(solver: _Solver, section: Section, given: Given) -> list[str]:
    """Say what is detectron2's default, what it drops, and which rates are others."""
    notes = defaulted(section, _defaults(solver, given), "detectron2")
    dropped = [step for step in solver.steps if step > solver.max_iter]
    if dropped and solver.name == "WarmupMultiStepLR":
        notes.append(f"SOLVER.STEPS beyond MAX_ITER are dropped: {', '.join(map(str, dropped))}")
    if solver.warmup_iters > solver.max_iter:
        notes.append("SOLVER.WARMUP_ITERS is longer than MAX_ITER: the warm-up is the whole run")
    return notes


def _defaults(solver: _Solver, given: Given) -> dict[str, object]:
    """Return the keys that shape this curve, and what counts where they are not written."""
    shaping: dict[str, dict[str, object]] = {
        "WarmupMultiStepLR": {"STEPS": "(30000,)", "GAMMA": 0.1},
        "WarmupCosineLR": {"BASE_LR_END": 0},
        "WarmupStepWithFixedGammaLR": {"NUM_DECAYS": 3, "GAMMA": 0.1},
        "WarmupPolyLR": {"POLY_LR_POWER": 0.9},
    }
    run = {"BASE_LR": 0.001} if given.base_lr is None else {}
    run |= {"MAX_ITER": 40_000} if given.max_iters is None else {}
    warmup = {"WARMUP_ITERS": 1000, "WARMUP_FACTOR": 0.001, "WARMUP_METHOD": "linear"}
    return {**run, **shaping[solver.name], **warmup}
