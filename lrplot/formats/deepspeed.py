"""DeepSpeed's JSON config: its scheduler section, and the rate of its optimizer.

    "optimizer": {"type": "AdamW", "params": {"lr": 1e-3}},
    "scheduler": {"type": "WarmupLR", "params": {"warmup_max_lr": 1e-3, "warmup_num_steps": 100}}

DeepSpeed's engine makes the scheduler of that name, from its own five or from torch, and steps it
once per update. An "auto" is filled in by whoever starts the training, so its value is asked for.
Source: deepspeed 0.19.8, deepspeed/runtime/engine.py and config.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from lrplot.accounting import Division, Rule
from lrplot.errors import InputError, Problem, suggest
from lrplot.formats._shared.batches import of_deepspeed
from lrplot.formats._shared.config import construct, make_plan
from lrplot.formats._shared.keys import Section, plain
from lrplot.frameworks import framework

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given, Plan
    from lrplot.schedules.base import Schedule
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "deepspeed"
NEEDS = "a DeepSpeed config has scheduler.type and scheduler.params"

_OWN = ("LRRangeTest", "OneCycle", "WarmupLR", "WarmupDecayLR", "WarmupCosineLR")
_BESIDE = (
    "optimizer",
    "train_batch_size",
    "train_micro_batch_size_per_gpu",
    "gradient_accumulation_steps",
    "zero_optimization",
    "fp16",
    "bf16",
)
RULE = Rule(
    name="DeepSpeed's engine",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",)),
        Division(("accumulate",), "carried"),  # its count of batches goes on over the epochs
    ),
    part_epochs="down",
)
_FROM_OPTIONS = {"warmup_max_lr": "base_lr", "total_num_steps": "max_iters"}


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be a DeepSpeed config; None where it does not."""
    top = tree.value if isinstance(tree.value, dict) else {}
    section = top["scheduler"].value if "scheduler" in top else None
    if not isinstance(section, dict) or "type" not in section:
        return None
    kind = section["type"]
    evidence = [f"scheduler.type {kind.value}"] if kind.value in _OWN else []
    evidence += [key for key in _BESIDE if key in top]
    found = evidence and ("params" in section or len(evidence) > 1)
    return f"a DeepSpeed config: it has {' and '.join(evidence[:2])}" if found else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the engine makes updates: two of the three numbers tell the third."""
    top = Section(tree)
    return {
        **of_deepspeed(top, given),
        "drop_last": top.flag("dataloader_drop_last", default=False),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a DeepSpeed config; raise InputError at what cannot be told from it."""
    top = Section(tree)
    if "scheduler" not in top:
        hint = "the script schedules the rate: paste the call that makes its scheduler"
        raise top.wrong("scheduler", "is missing", hint)
    section = top.section("scheduler")
    section.refuse_others("type", "params")
    kind, constructor, convention = _constructor(section)
    if "params" not in section:
        raise section.wrong("params", "is missing", 'DeepSpeed wants it: "params": {}')
    params = section.section("params")
    arguments = _arguments(constructor, params, given)
    schedule = construct(constructor, arguments, params)
    length = arguments.get("total_num_steps")
    return make_plan(
        schedule,
        given,
        base=_base(top, given, needed=schedule.uses_base()),
        length=given.max_iters or length,
        convention=convention,
        notes=_notes(kind),
    )


def _constructor(section: Section) -> tuple[str, Callable[..., Schedule], str]:
    """Return the scheduler's name, its constructor and whose it is: DeepSpeed's, else torch's."""
    kind = section.text("type")
    known: list[str] = []
    for owner in ("deepspeed", "torch"):
        module = framework(owner)
        for constructor in module.CONSTRUCTORS:
            if constructor.__name__ == kind:
                return kind, constructor, f"{module.CONVENTION} {kind}"
            known.append(constructor.__name__)
    hint = suggest(kind, known) or f"its own are {', '.join(_OWN)}"
    raise section.wrong("type", f"DeepSpeed has no scheduler {kind!r}", hint)


def _arguments(
    constructor: Callable[..., Schedule], params: Section, given: Given
) -> dict[str, Any]:
    """Return what the constructor is called with, every "auto" filled in."""
    from lrplot.frameworks.calls import OPTIMIZER

    signature = inspect.signature(constructor).parameters
    own = [key for key in signature if key not in {"optimizer", "given"}]
    params.refuse_others(*own)
    arguments: dict[str, Any] = {"optimizer": OPTIMIZER}
    for key in own:
        node = params.entries.get(key)
        if node is not None:
            auto = node.value == "auto"
            arguments[key] = _filled(params, key, given) if auto else plain(node)
        elif signature[key].default is inspect.Parameter.empty:
            raise params.wrong(key, f"is missing: {constructor.__name__} needs it")
    return arguments | ({"given": given} if "given" in signature else {})


def _filled(params: Section, key: str, given: Given) -> Any:
    """Return what stands for "auto", or ask for it by its option."""
    if key == "warmup_min_lr":
        return 0.0  # what the Trainer of transformers fills in
    name = _FROM_OPTIONS.get(key)
    value = getattr(given, name) if name else None
    if value is None:
        option = f"--{name.replace('_', '-')}" if name else f"--set {params.join(key)}=VALUE"
        raise _open(params, key, option)
    return value


def _open(section: Section, key: str, option: str) -> InputError:
    message = 'is "auto": whoever starts the training fills it in'
    return section.wrong(key, message, f"add {option}")


def _base(top: Section, given: Given, *, needed: bool) -> float | None:
    """Return the rate that the optimizer holds; ask for it where it is needed and not written."""
    if given.base_lr is not None:
        return given.base_lr
    params = top.section("optimizer").section("params")
    node = params.get("lr")
    if node is not None and node.value != "auto":
        rate: float = params.number("lr")
        if rate < 0:
            raise params.wrong("lr", f"must not be below 0, got {rate:g}")
        return rate
    if not needed:
        return None
    if node is not None:
        raise _open(params, "lr", "--base-lr")
    message = "is missing, and the schedule starts from it"
    problem = Problem(message, "optimizer.params.lr", top.node.where, "add --base-lr")
    raise InputError([problem])


def _notes(kind: str) -> tuple[str, ...]:
    note = getattr(framework("deepspeed"), "NOTES", {}).get(kind)
    return (note,) if note else ()
