"""PaddleSeg's YAML configs: lr_scheduler, a scheduler of Paddle's and a warm-up around it.

Sources: PaddleSeg 2.8, paddleseg/cvlibs/builder.py and config.py; the old `learning_rate` of 2.0 to
2.3 as its config.py had it then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import updates_of
from lrplot.syntax.includes import joined, with_bases
from lrplot.syntax.tree import Call, Node, repeat_notes, to_tree
from lrplot.syntax.yaml11 import text_to_yaml11

if TYPE_CHECKING:
    from lrplot.plan import Given, Plan

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "paddleseg"
NEEDS = "a PaddleSeg config has lr_scheduler with a type and a learning_rate, and iters"

_INHERITED = "_inherited_"
_OWN = ("iters", "train_dataset", "val_dataset", "model", "batch_size", "lr_scheduler")
_OPENMMLAB = ("param_scheduler", "lr_config", "optim_wrapper", "train_cfg", "runner")
_OLD_DECAYS = {"poly": "PolynomialDecay", "piecewise": "PiecewiseDecay", "stepdecay": "StepDecay"}
_BESIDE = {"type", "warmup_iters", "warmup_start_lr"}  # what the builder takes out


def detect(tree: Node) -> str | None:
    """Say why the tree is a PaddleSeg config; None where it is not."""
    top = Section(tree)
    for key, inner in (("lr_scheduler", "type"), ("learning_rate", "value")):
        node = top.get(key)
        has = node is not None and isinstance(node.value, dict) and inner in node.value
        if has and ("iters" in top or "_base_" in top):
            other = "iters" if "iters" in top else "_base_"
            return f"a PaddleSeg config: it has {key}.{inner} and {other}"
    if "_base_" not in top or any(key in top for key in _OPENMMLAB):
        return None
    own = next((key for key in _OWN if key in top), None)
    return f"a PaddleSeg config: it has _base_ and {own}" if own else None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how PaddleSeg makes batches of samples: whole ones only."""
    del given
    return {"batch_size": Section(tree).count("batch_size", None, least=1), "drop_last": True}


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(with_bases(tree, "_base_", _laid))
    iters = updates_of(top, "iters", given)
    old = "lr_scheduler" not in top and "learning_rate" in top
    call, notes = _old_call(top, iters, given) if old else _call(top, iters, given)
    plan = _plan(call, iters, given, [*repeat_notes(top.node), *notes])
    return msgspec.structs.replace(plan, groups=_groups(plan, top.section("optimizer")))


def _laid(tree: Node, bases: list[Node]) -> Node:
    """Lay a config over its bases: over the first, then what comes of it over the next."""
    for base in bases:
        tree = _over(tree, base)
    return tree


def _over(over: Node, under: Node) -> Node:
    """Lay a mapping over another, unless it says `_inherited_: False`."""
    inherited = over.value.get(_INHERITED)
    own = {key: node for key, node in over.value.items() if key != _INHERITED}
    if inherited is not None and inherited.value is False:
        return msgspec.structs.replace(over, value=own)
    return joined(msgspec.structs.replace(over, value=own), under, _over)


def _call(top: Section, iters: int, given: Given) -> tuple[Node, list[str]]:
    """Return the call that PaddleSeg makes of lr_scheduler, a warm-up around it."""
    section = top.section("lr_scheduler")
    name = section.text("type")
    arguments = {str(key): node for key, node in section.entries.items() if key not in _BESIDE}
    if given.base_lr is not None:
        if "learning_rate" not in arguments:
            raise section.wrong("learning_rate", "is not in the config: --base-lr sets nothing")
        arguments["learning_rate"] = to_tree(given.base_lr, section.where("learning_rate"))
    warmup = section.count("warmup_iters", None, least=1)
    notes = text_to_yaml11(section.node, section.path, "PaddleSeg")
    if name == "PolynomialDecay":
        steps = max(iters - (warmup or 0), 1)
        arguments.setdefault("decay_steps", to_tree(steps, section.node.where))
        notes += _older_defaults(section)
    inner = Node(Call(name, kwargs=arguments), section.node.where, text=name)
    if warmup is None:
        return inner, notes
    around = {
        "learning_rate": inner,
        "warmup_steps": to_tree(warmup, section.where("warmup_iters")),
        "start_lr": to_tree(section.number("warmup_start_lr"), section.where("warmup_start_lr")),
        "end_lr": _rate(section, arguments),
    }
    return Node(Call("LinearWarmup", kwargs=around), section.node.where), notes


def _rate(section: Section, arguments: dict[str, Node]) -> Node:
    if "learning_rate" not in arguments:
        raise section.wrong("learning_rate", "is missing: it is where the warm-up ends")
    return arguments["learning_rate"]


def _older_defaults(section: Section) -> list[str]:
    """Say where an older PaddleSeg would have shown another curve."""
    defaults = {"end_lr": ("0.0001", "0"), "power": ("1.0", "0.9")}
    return [
        f"lr_scheduler.{key} is not in the config: {now}, Paddle's default, counts; before 2.8 it "
        f"was {before}"
        for key, (now, before) in defaults.items()
        if key not in section
    ]


def _old_call(top: Section, iters: int, given: Given) -> tuple[Node, list[str]]:
    """Return the call that PaddleSeg 2.0 to 2.3 made of learning_rate: {value, decay}."""
    section = top.section("learning_rate")
    section.refuse_others("value", "decay")
    decay = section.section("decay")
    kind = decay.choice("type", _OLD_DECAYS, "poly")
    where = decay.node.where
    arguments = {str(key): node for key, node in decay.entries.items() if key != "type"}
    if kind == "poly":
        defaults: dict[str, float] = {"decay_steps": iters, "end_lr": 0}
        defaults |= {} if "decay" in section else {"power": 0.9}
        for key, value in defaults.items():
            arguments.setdefault(key, to_tree(value, where))
    rate = section.entries.get("value") or to_tree(section.number("value"), where)
    if given.base_lr is not None and kind != "piecewise":
        rate = to_tree(given.base_lr, section.where("value"))
    arguments["values" if kind == "piecewise" else "learning_rate"] = rate
    note = "learning_rate is the old form of lr_scheduler, which PaddleSeg 2.8 no longer reads"
    return Node(Call(_OLD_DECAYS[kind], kwargs=arguments), where), [note]


def _plan(call: Node, iters: int, given: Given, notes: list[str]) -> Plan:
    from lrplot.frameworks.calls import read_node

    plan = read_node(call, msgspec.structs.replace(given, max_iters=iters), "paddle")
    inner = call.value.kwargs.get("learning_rate")
    names = [call.value.name]
    if inner is not None and isinstance(inner.value, Call):  # the warm-up is the outer call
        names.insert(0, inner.value.name)
        inner = inner.value.kwargs["learning_rate"]
    base = plan.base_lr if inner is None else inner.value
    return msgspec.structs.replace(
        plan,
        name="",
        base_lr=base,
        convention=f"PaddleSeg 2.8 {' + '.join(names)}",
        notes=(*notes, *plan.notes),
    )


def _groups(plan: Plan, optimizer: Section) -> tuple[Plan, ...]:
    """Return the curves of the parts of the model whose rate is multiplied."""
    from lrplot.schedules.combine import Chain, Scale

    node = optimizer.get("custom_cfg")
    items = node.value if node is not None and isinstance(node.value, tuple) else ()
    parts = {"backbone": optimizer.number("backbone_lr_mult", 1.0)}  # of 2.5 to 2.7
    for i, item in enumerate(items):
        custom = Section(item, optimizer.join(f"custom_cfg[{i}]"))
        parts[custom.text("name")] = custom.number("lr_mult", 1.0)
    return tuple(
        msgspec.structs.replace(
            plan, name=name, schedule=Chain(schedules=(plan.schedule, Scale(factor=factor)))
        )
        for name, factor in parts.items()
        if factor != 1.0
    )
