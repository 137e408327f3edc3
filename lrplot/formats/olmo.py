"""OLMo's YAML configs: optimizer, scheduler and max_duration, in steps or in tokens.

    max_duration: 739328      steps; "50e9T" are tokens, "1ep" epochs
    scheduler: {units: tokens, t_warmup: 8388608000, t_max: 5e12}

A step is global_train_batch_size * model.max_sequence_length tokens. The trainer advances its
count before it sets the rate, so that the first update already is step 1.
Sources: ai2-olmo 0.6.0, olmo/config.py, olmo/optim.py and olmo/train.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lrplot.accounting import Division, Rule
from lrplot.formats._shared.batches import shared, told, within
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.llm_curves import Highest, RootDecay, WarmedDecay
from lrplot.formats._shared.places import defaulted
from lrplot.plan import Plan
from lrplot.syntax.interpolation import interpolated

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "olmo"
NEEDS = "an OLMo config has optimizer.learning_rate and a scheduler by name"
CONVENTION = "ai2-olmo 0.6.0"

_SHAPES = {
    "cosine_with_warmup": "cosine",
    "linear_with_warmup": "linear",
    "cosine_linear_envelope": "cosine x linear",
    "constant_with_warmup": "constant",
}
_NAMES = (*_SHAPES, "inverse_sqrt_with_warmup", "max_scheduler", "constant")
_KEYS = ("name", "units", "t_warmup", "t_max", "alpha_f", "warmup_min_lr")
_OF_CLIPPING = ("grad_clip_warmup_steps", "grad_clip_warmup_factor")
_LR, _DURATION, _WARMUP, _BATCH, _LENGTH = 1e-4, 10_000, 100, 512, 1024  # of olmo/config.py
_LARGEST = 10.0**18
RULE = Rule(
    name="OLMo",
    divisions=(
        Division(("gpus",)),
        Division(("batch_size",), "down"),
        Division(("accumulate",), "down"),
    ),
)
_ENDLESS = ("constant", "inverse_sqrt_with_warmup")
_EARLY = "the run ends before stop_at where its epochs are shorter"
_OPEN_END = (
    "the run is counted in epochs: --iters-per-epoch N shows its end; the rates do not depend on it"
)


def detect(tree: Node) -> str | None:
    """Say why the tree is an OLMo config; None where it is not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    scheduler, optimizer = (
        found.value if found is not None and isinstance(found.value, dict) else {}
        for found in (top.get("scheduler"), top.get("optimizer"))
    )
    if "learning_rate" not in optimizer or not {"name", "t_warmup", "units"} & scheduler.keys():
        return None
    known = {"max_duration", "global_train_batch_size", "device_train_microbatch_size"}
    found = sorted(known & top.keys())
    return f"an OLMo config: it has optimizer.learning_rate and {found[0]}" if found else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how OLMo makes updates: whole batches, of shares made even or cut."""
    top = Section(interpolated(tree))
    total = told(top, "global_train_batch_size", _BATCH)
    return {
        **shared(top, "global_train_batch_size", total, given),
        "drop_last": within(top, "data").flag("drop_last", default=False),
        "seq_len": told(within(top, "model"), "max_sequence_length", _LENGTH),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(interpolated(tree))
    scheduler, optimizer = top.section("scheduler"), top.section("optimizer")
    scheduler.refuse_others(*_KEYS, *_OF_CLIPPING)
    rate = optimizer.number("learning_rate", _LR) if given.base_lr is None else given.base_lr
    steps, tokens = _run(top, scheduler, given)
    in_tokens = scheduler.choice("units", ("steps", "tokens"), "steps") == "tokens"
    stride = _tokens_per_step(top) if in_tokens else 1
    clock = {"first": stride, "stride": stride}
    whole = tokens if in_tokens and tokens is not None else (steps or 0) * stride
    name = scheduler.choice("name", _NAMES, "cosine_with_warmup")
    end = _stop(top, steps, given)
    return Plan(
        schedule=_schedule(scheduler, name, rate, whole, clock),
        base_lr=rate,
        max_iters=end or math.ceil(scheduler.number("t_max", _DURATION * stride) / stride),
        iters_per_epoch=given.iters_per_epoch,
        convention=CONVENTION,
        notes=(*_notes(top, scheduler, given), *([] if steps else [_EARLY if end else _OPEN_END])),
        open_end=not end,
    )


def _tokens_per_step(top: Section) -> int:
    length = top.section("model").count("max_sequence_length", _LENGTH, least=1)
    return int(top.count("global_train_batch_size", _BATCH, least=1) * length)


def _run(top: Section, scheduler: Section, given: Given) -> tuple[int | None, int | None]:
    """Return the steps of max_duration, and its tokens where it is written in them.

    Where epochs are written and nobody says how long one is, the steps are None, if they may.
    """
    if given.max_iters is not None:
        return given.max_iters, None
    text = "" if given.max_epochs else str(top.text("max_duration", str(_DURATION))).strip()
    if given.max_epochs or text.endswith("ep"):
        epochs = given.max_epochs or _number(top, text.removesuffix("ep"))
        if given.iters_per_epoch is None and _needs_no_length(scheduler):
            return None, None
        per_epoch: int = given.need("iters_per_epoch", "max_duration in epochs")
        return epochs * per_epoch, None
    if not text.endswith("T"):
        return _number(top, text), None
    tokens = _number(top, text.removesuffix("T"))
    return math.ceil(tokens / _tokens_per_step(top)), tokens


def _needs_no_length(scheduler: Section) -> bool:
    """Say whether the rates do not depend on how long the run is."""
    return "t_max" in scheduler or scheduler.text("name", "") in _ENDLESS


def _number(top: Section, text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 <= value <= _LARGEST:
        message = "must be a number of steps, of tokens (2e12T) or of epochs (1ep)"
        raise top.wrong("max_duration", message)
    return int(value)


def _stop(top: Section, steps: int | None, given: Given) -> int | None:
    """Return where the run ends: stop_at may cut it off, and leaves the schedule as it is."""
    if given.max_iters is not None:
        return given.max_iters
    stops = [top.count(key, least=1) for key in ("stop_at", "stop_after") if key in top]
    return min(filter(None, [steps, *stops]), default=None)


def _schedule(
    scheduler: Section, name: str, rate: float, end: int, clock: dict[str, Any]
) -> Schedule:
    if name == "constant":
        return WarmedDecay(warmup=0, end=end, shape="constant", **clock)
    if name == "max_scheduler":
        both = ("cosine_with_warmup", "inverse_sqrt_with_warmup")
        return Highest(parts=tuple(_schedule(scheduler, n, rate, end, clock) for n in both))
    rise = {**clock, **_rise(scheduler, rate)}
    if name == "inverse_sqrt_with_warmup":
        if not rise["warmup"]:
            raise scheduler.wrong("t_warmup", "must be above 0: the rate would be 0 throughout")
        return RootDecay(scale=rise["warmup"], **rise)
    limit = scheduler.number("t_max", end)
    return WarmedDecay(
        end=int(limit),
        shape=_SHAPES[name],  # type: ignore[arg-type]  # one of its words
        floor=scheduler.number("alpha_f", 0.1),
        **rise,
    )


def _rise(scheduler: Section, rate: float) -> dict[str, Any]:
    warmup = int(scheduler.number("t_warmup", _WARMUP))
    if warmup < 0:
        raise scheduler.wrong("t_warmup", f"must be at least 0, got {warmup}")
    if "warmup_min_lr" not in scheduler:
        return {"warmup": warmup, "start": 0.1}
    start = scheduler.number("warmup_min_lr")
    if warmup and not 0 <= start < rate:
        message = f"must be at least 0 and below the learning rate, {rate:g}"
        raise scheduler.wrong("warmup_min_lr", message)
    return {"warmup": warmup, "start_lr": start}


def _notes(top: Section, scheduler: Section, given: Given) -> list[str]:
    """Say which values are OLMo's defaults."""
    rate = {"learning_rate": f"{_LR:g}"} if given.base_lr is None else {}
    timed = given.max_iters is None and given.max_epochs is None
    length: dict[str, object] = {"max_duration": _DURATION} if timed else {}
    shape: dict[str, object] = {"name": "cosine_with_warmup", "t_warmup": _WARMUP}
    return [
        *defaulted(top.section("optimizer"), rate, "OLMo"),
        *defaulted(top, length, "OLMo"),
        *defaulted(scheduler, shape, "OLMo"),
    ]
