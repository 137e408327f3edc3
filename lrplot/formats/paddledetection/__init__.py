"""PaddleDetection's YAML configs: LearningRate and its two schedulers, a decay and a warm-up.

Source: ppdet 2.6, ppdet/optimizer/optimizer.py and ppdet/core/workspace.py.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, Problem, suggest
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.lengths import epochs_of
from lrplot.formats._shared.places import numbers, placed
from lrplot.frameworks.axis import Axis, by_epoch, by_update
from lrplot.plan import Plan
from lrplot.syntax.includes import with_bases
from lrplot.syntax.tree import Node, repeat_notes
from lrplot.syntax.yaml11 import text_to_yaml11

if TYPE_CHECKING:
    from lrplot.plan import Given
    from lrplot.schedules.base import Schedule

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "paddledetection"
NEEDS = "a PaddleDetection config has LearningRate with base_lr, or a list of files in _BASE_"

_DECAYS = ("PiecewiseDecay", "CosineDecay")
_WARMUPS = ("LinearWarmup", "ExpWarmup", "BurninWarmup")
_LONGEST_LIST = 300  # a scalar gamma is divided by 10 as often, which ends the floats
_KEYS = {
    "PiecewiseDecay": ("gamma", "milestones", "values", "use_warmup"),
    "CosineDecay": ("max_epochs", "use_warmup", "min_lr_ratio", "last_plateau_epochs"),
    "LinearWarmup": ("steps", "start_factor", "epochs"),
    "ExpWarmup": ("steps", "epochs", "power"),
    "BurninWarmup": ("steps",),
}


class _Item(NamedTuple):
    """A scheduler of the list: what it is called, and its arguments."""

    name: str
    section: Section


def detect(tree: Node) -> str | None:
    """Say why the tree is a PaddleDetection config; None where it is not."""
    top = Section(tree)
    rate = top.get("LearningRate")
    if rate is not None and isinstance(rate.value, dict):
        found = Section(rate).first("base_lr", "schedulers")
        return (
            f"a PaddleDetection config: it has LearningRate.{found}"
            if found in rate.value
            else None
        )
    base = top.get("_BASE_")
    others = [key for key in top if key != "_BASE_"]
    if base is None or not isinstance(base.value, tuple) or "SOLVER" in others:
        return None
    if others and all(key.isupper() for key in others):
        return None
    return "a PaddleDetection config: it has a list of files in _BASE_"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how PaddleDetection makes batches of samples."""
    del given
    reader = Section(tree).section("TrainReader")
    return {
        "batch_size": reader.count("batch_size", 1, least=1),
        "drop_last": reader.flag("drop_last", default=False),
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = Section(with_bases(tree, "_BASE_"))
    rate = top.section("LearningRate")
    rate.refuse_others("base_lr", "schedulers")
    if "max_iters" in top and "epoch" not in top:
        raise top.wrong("max_iters", "is of the configs before 2.0, in updates: they are not read")
    base_lr = rate.number("base_lr", 0.01) if given.base_lr is None else given.base_lr
    epochs = epochs_of(top, "epoch", given)
    items, notes = _items(rate), [*repeat_notes(top.node), *_notes(rate, given)]
    axis = _axis(items, base_lr, epochs, given)
    return Plan(
        schedule=axis.schedule,
        base_lr=base_lr,
        max_iters=axis.max_iters,
        iters_per_epoch=axis.iters_per_epoch,
        convention=f"PaddleDetection 2.6 {' + '.join(item.name for item in items)}",
        notes=(*notes, *_oddities(items[0], epochs), *axis.notes),
    )


# -- the list of schedulers ---------------------------------------------------------------------


def _items(rate: Section) -> list[_Item]:
    """Return the decay and, where it uses one, the warm-up: they are told by their places."""
    node = rate.get("schedulers")
    if node is None:
        empty = Section(Node({}, rate.node.where), rate.path)
        return [_Item("PiecewiseDecay", empty), _Item("LinearWarmup", empty)]
    if not isinstance(node.value, tuple) or not node.value:
        raise rate.wrong("schedulers", "must be a list of schedulers")
    decay = _item(node.value[0], rate.join("schedulers[0]"), _DECAYS)
    if not decay.section.flag("use_warmup", default=True):
        return [decay]
    if len(node.value) == 1:
        message = "needs a warm-up as its second scheduler, which PaddleDetection then asks for"
        raise rate.wrong("schedulers", message, "add one, or use_warmup: False to the first")
    return [decay, _item(node.value[1], rate.join("schedulers[1]"), _WARMUPS)]


def _item(node: Node, path: str, known: tuple[str, ...]) -> _Item:
    """Read a scheduler, which is a mapping with a tag (!CosineDecay) or with a name."""
    given = node.value if isinstance(node.value, dict) else {}
    name, kept = node.tag.lstrip("!"), given
    if not name and "name" in given:
        name = str(given["name"].value)
        kept = {key: value for key, value in given.items() if key != "name"}
    if name not in known:
        hint = suggest(name, known) or f"known at this place: {', '.join(known)}"
        message = f"no scheduler of PaddleDetection is called '{name}'" if name else "has no name"
        raise InputError([Problem(message, path, node.where, hint)])
    section = Section(Node(kept, node.where, keys=node.keys), path)
    section.refuse_others(*_KEYS[name])
    return _Item(name, section)


# -- the curves ---------------------------------------------------------------------------------


def _axis(items: list[_Item], base_lr: float, epochs: int, given: Given) -> Axis:
    decay, *warmup = items
    levels = decay.name == "PiecewiseDecay"
    if levels and not warmup and given.iters_per_epoch is None:
        return by_epoch(_piecewise(decay.section, base_lr, 1, warmed=False), epochs, given)
    per_epoch = given.need("iters_per_epoch", "PaddleDetection, which counts in updates,")
    with placed(decay.section, {"max_iters": "max_epochs"}):
        begin = _warmup_steps(warmup[0], per_epoch) if warmup else 0
        if levels:
            then = _piecewise(decay.section, base_lr, per_epoch, warmed=bool(warmup))
        else:
            then = _cosine(decay.section, base_lr, per_epoch, begin, warmed=bool(warmup))
        whole = _warmed(warmup[0], begin, then) if warmup else then
    return by_update(whole, epochs, per_epoch, given)


def _warmup_steps(item: _Item, per_epoch: int) -> int:
    section = item.section
    if item.name == "BurninWarmup":
        return max(1, min(int(section.count("steps", 1000)), per_epoch))
    epochs = section.count("epochs", None)
    steps = section.count("steps", 500 if item.name == "LinearWarmup" else 1000)
    return max(1, int(steps if epochs is None else epochs * per_epoch))


def _warmed(item: _Item, steps: int, then: Schedule) -> Schedule:
    from lrplot.formats.paddledetection._curves import Warmed

    if item.name == "LinearWarmup":
        start = item.section.number("start_factor", 1.0 / 3)
        return Warmed(warmup_steps=steps, start_factor=start, then=then)
    power = 4.0 if item.name == "BurninWarmup" else item.section.number("power", 2.0)
    return Warmed(warmup_steps=steps, power=power, then=then)


def _cosine(
    section: Section, base_lr: float, per_epoch: int, begin: int, *, warmed: bool
) -> Schedule:
    from lrplot.formats.paddledetection._curves import CosineToPlateau

    max_iters = section.count("max_epochs", 1000, least=1) * per_epoch
    plateau = section.count("last_plateau_epochs", 0) * per_epoch
    ratio = section.number("min_lr_ratio", 0.0)
    if not warmed and not plateau:  # Paddle's own, which would rise again beyond max_epochs
        from lrplot.frameworks import paddle

        return paddle.CosineAnnealingDecay(base_lr, max_iters, base_lr * ratio)
    return CosineToPlateau(begin=begin, max_iters=max_iters, plateau=plateau, min_lr_ratio=ratio)


def _piecewise(section: Section, base_lr: float, per_epoch: int, *, warmed: bool) -> Schedule:
    """Return the levels; a milestone before an earlier one counts from that one on."""
    from lrplot.frameworks._absolute import levels

    milestones = numbers(section, "milestones", (8, 11))
    rates = _rates(section, base_lr, len(milestones), warmed=warmed)
    steps = accumulate((mark * per_epoch for mark in milestones), max)
    return levels(rates[0], zip(steps, rates[1:], strict=True))


def _rates(section: Section, base_lr: float, count: int, *, warmed: bool) -> list[float]:
    """Return the rate before the first milestone and from each on: count + 1 of them.

    Paddle gives the last rate there is from the last milestone on, whichever it is.
    """
    if "values" in section:
        values = [float(value) for value in numbers(section, "values")]
        if warmed:
            message = "is taken for the rates of the warm-up, and PaddleDetection stops there"
            raise section.wrong("values", message, "add use_warmup: False, or write gamma")
        if len(values) != count + 1:
            raise section.wrong("values", f"must hold {count + 1} rates, one more than milestones")
        return values
    gammas = _gammas(section, count)
    if len(gammas) < count - 1:
        message = f"must hold one factor for each of the {count} milestones, got {len(gammas)}"
        raise section.wrong("gamma", message)
    rates = [base_lr, *(base_lr * gamma for gamma in gammas)]
    return [*rates[:count], rates[-1]] if count else [rates[-1]]


def _gammas(section: Section, count: int) -> list[float]:
    node = section.get("gamma")
    if node is None or isinstance(node.value, tuple):
        return [float(gamma) for gamma in numbers(section, "gamma", (0.1, 0.01))]
    if count > _LONGEST_LIST:
        raise section.wrong("milestones", f"holds more than {_LONGEST_LIST}")
    gamma = section.number("gamma")
    return [gamma / 10**i for i in range(count)]


# -- what to say --------------------------------------------------------------------------------


def _notes(rate: Section, given: Given) -> list[str]:
    notes = []
    if given.base_lr is None and "base_lr" not in rate:
        notes.append("LearningRate.base_lr is not in the config; PaddleDetection's default is 0.01")
    if "schedulers" not in rate:
        notes.append(
            "LearningRate.schedulers is not in the config; PaddleDetection's defaults count"
        )
    elif len(rate.entries["schedulers"].value) > 2:  # noqa: PLR2004  a decay and a warm-up
        notes.append("PaddleDetection only looks at the first two of LearningRate.schedulers")
    return notes + text_to_yaml11(rate.node, rate.path, "PaddleDetection")


def _oddities(decay: _Item, epochs: int) -> list[str]:
    """Say what of the decay a reader of the config would not expect."""
    section = decay.section
    if decay.name == "CosineDecay":
        end = section.count("max_epochs", 1000)
        if end != epochs:
            return [f"the cosine runs to max_epochs, {end}, the run to epoch {epochs}"]
        return []
    marks, notes = numbers(section, "milestones", (8, 11)), []
    late = [f"{mark:g}" for mark in marks if mark >= epochs]
    if late:
        notes.append(f"milestones at or after the last of {epochs} epochs: {', '.join(late)}")
    node = section.get("gamma")
    if node is not None and not isinstance(node.value, tuple) and len(marks) > 1:
        gamma = section.number("gamma")
        if gamma == 0.1:  # noqa: PLR2004  then it makes no difference
            return notes
        notes.append(f"one gamma, {gamma:g}, stands for {gamma:g}, {gamma / 10:g}, ... of base_lr")
    return notes
