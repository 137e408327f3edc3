"""Ultralytics' training arguments (default.yaml and its like), and YOLOv5's and v7's hyp files.

    epochs: 100       lr0: 0.01       lrf: 0.01       cos_lr: false       warmup_epochs: 3.0

The rate is that of the weights; biases come down from warmup_bias_lr during the warm-up. A hyp
file says less: its trainer has the epochs, and whether the decay is a cosine, from its command
line. `--set cos_lr=true` stands for that option here, as `--set linear_lr=true` does for YOLOv7's.
YOLOv5 trained like YOLOv7 up to 5.0, whose hyp files have no copy_paste among the augmentations,
as those of YOLOv7's pose branch: later trainers stop without it.

Source: ultralytics 8.4.190, ultralytics/engine/trainer.py and cfg/default.yaml; YOLOv5 and YOLOv7,
train.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot.formats._shared.config import construct, make_plan
from lrplot.formats._shared.keys import Section
from lrplot.formats.ultralytics._curve import YoloCurve

if TYPE_CHECKING:
    from lrplot.errors import InputError
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "ultralytics"
NEEDS = "an Ultralytics file has lr0 and lrf, or task, mode and epochs"
CONVENTION = "ultralytics 8.4 train"

_RATES = ("lr0", "lrf", "cos_lr", "warmup_epochs", "warmup_bias_lr", "warmup_momentum")
_RUN = ("epochs", "batch", "imgsz", "optimizer", "close_mosaic", "nbs", "box", "cls", "mosaic")
_HYP = ("obj", "anchor_t", "iou_t", "obj_pw")  # of YOLOv5 and v7 alone
_V7 = ("paste_in", "loss_ota")
_OPTIMIZERS = ("Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSprop", "SGD", "MuSGD", "auto")
_PREFIXES = ("lr", "warmup", "cos_lr", "linear_lr")

_MUSGD_FROM = 10_000  # updates; optimizer: auto takes AdamW for fewer
_MUSGD = "optimizer: auto is MuSGD at 0.01 here, for more than 10,000 updates; lr0 plays no part"
_LEAST_V5, _LEAST_V7 = 100, 1000  # batches of their warm-ups


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be arguments or a hyp file; None where it does not."""
    top = Section(tree)
    rates = [key for key in _RATES if key in top]
    if "lr0" in top and len(rates) > 1:
        whose = "a YOLOv5 or v7 hyp file" if _is_hyp(top) else "an Ultralytics training file"
        return f"{whose}: it has {rates[0]} and {rates[1]}"
    if "task" in top and "mode" in top and (rates or "epochs" in top):
        return f"an Ultralytics training file: it has task, mode and {[*rates, 'epochs'][0]}"
    if rates and sum(key in top for key in _RUN) > 1 and set(rates) & {"lr0", "lrf", "cos_lr"}:
        return f"an Ultralytics training file: it has {rates[0]} and {_first(top, _RUN)}"
    return None


def loading(tree: Node, given: Given) -> None:
    """Leave the sum to `read`: an update takes more batches as the warm-up goes on."""
    del tree, given


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a file; raise InputError at what it does not tell."""
    top = Section(tree)
    top.starting(*_PREFIXES).refuse_others(*_RATES, "linear_lr")
    return _read_hyp(top, given) if _is_hyp(top) else _read_args(top, given)


def _is_hyp(top: Section) -> bool:
    return any(key in top for key in _HYP)


def _first(top: Section, keys: tuple[str, ...]) -> str:
    return next(key for key in keys if key in top)


# -- how long -----------------------------------------------------------------------------------


class _Loader(NamedTuple):
    """The batches of an epoch, how many make an update, and what should be known of both."""

    batches: int
    nominal: float
    notes: tuple[str, ...] = ()

    @property
    def accumulate(self) -> int:
        return max(1, round(self.nominal))


def _given_batch(given: Given) -> int | None:
    """Return the samples of a batch over all GPUs, which is what these trainers call batch."""
    return None if given.batch_size is None else given.batch_size * (given.gpus or 1)


def _batches(given: Given, batch: int, accumulate: int) -> tuple[int, tuple[str, ...]]:
    """Return the batches in an epoch: what --dataset-size makes, or the updates that are given.

    Several batches to an update, and the updates of an epoch say nothing of those left over.
    """
    if given.dataset_size is not None:
        gpus = given.gpus or 1
        share = -(-given.dataset_size // gpus)
        return -(-share // max(1, batch // gpus)), ()
    epoch = given.need("iters_per_epoch", "the warm-up, in batches of an epoch,")
    if accumulate == 1:
        return epoch, ()
    said = (
        f"an update is {accumulate} batches, so an epoch is taken to have {epoch * accumulate:,}; "
        "--dataset-size N tells exactly"
    )
    return epoch * accumulate, (said,)


def _epochs(given: Given, written: int | None, epoch: int | None) -> int:
    """Return the epochs of the run: the option's, the file's, or those that make --max-iters."""
    if given.max_epochs is not None:
        return given.max_epochs
    if given.max_iters is not None and epoch:
        return max(1, -(-given.max_iters // epoch))
    return int(written if written is not None else given.need("max_epochs", "the decay"))


# -- training arguments -------------------------------------------------------------------------


def _read_args(top: Section, given: Given) -> Plan:
    if "time" in top and given.max_epochs is None:
        hint = "add --max-epochs N, as many as it comes to"
        raise top.wrong("time", "ends the run by the clock, so the epochs are not known", hint)
    warmup_epochs = top.number("warmup_epochs", 3.0)
    loader = _loader(top, given, warmup_epochs)
    epochs = _epochs(given, top.count("epochs", 100, least=1), given.iters_per_epoch)
    base, notes = _rate(top, given, loader, epochs)
    warm = min(warmup_epochs, max(epochs - 1, 0))
    shape = {
        "batches": loader.batches,
        "span": epochs,
        "warmup": round(warm * loader.batches) if warm > 0 else 0,
        "lrf": top.number("lrf", 0.01),
        "cosine": top.flag("cos_lr", default=False),
        "nominal": float(min(loader.accumulate, loader.batches * epochs)),
    }
    schedule = construct(YoloCurve, shape, top)
    assert isinstance(schedule, YoloCurve)  # noqa: S101  it is what was called
    notes = (*notes, *loader.notes)
    plan = _plan(schedule, given, base=base, epochs=epochs, notes=notes, convention=CONVENTION)
    return plan if _is_auto(top, given) else _with_bias(plan, top.number("warmup_bias_lr", 0.1))


def _is_auto(top: Section, given: Given) -> bool:
    """Say whether the trainer chooses the optimizer, and starts the biases at 0 like the rest."""
    return given.base_lr is None and str(top.text("optimizer", "auto")).lower() == "auto"


def _with_bias(plan: Plan, start: float) -> Plan:
    """Return the plan with the curve of the biases, whose warm-up comes from another rate."""
    weights = plan.schedule
    assert isinstance(weights, YoloCurve)  # noqa: S101  what both readers make
    if not weights.warmup or start == weights.start:
        return plan
    schedule = msgspec.structs.replace(weights, start=start)
    bias = msgspec.structs.replace(plan, name="bias", schedule=schedule)
    return msgspec.structs.replace(plan, groups=(bias,))


def _loader(top: Section, given: Given, warmup_epochs: float) -> _Loader:
    """Return the loader; one batch stands for an epoch where nothing depends on how many."""
    nominal = top.number("nbs", 64)
    batch = _given_batch(given) or top.number("batch", 16)
    if batch < 1 or batch != int(batch):
        hint = "add --batch-size N, as it turns out"
        raise top.wrong("batch", f"{batch:g} leaves the batch to what memory there is", hint)
    accumulate = max(round(nominal / batch), 1)
    if warmup_epochs <= 0 and given.iters_per_epoch is None and given.dataset_size is None:
        return _Loader(1, 1.0, ("steps are epochs here, as nothing says how long an epoch is",))
    batches, said = _batches(given, int(batch), accumulate)
    return _Loader(batches, accumulate, said)


def _rate(
    top: Section, given: Given, loader: _Loader, epochs: int
) -> tuple[float, tuple[str, ...]]:
    """Return lr0 as the optimizer will have it, and what should be known of it."""
    known = {name.lower(): name for name in _OPTIMIZERS}
    word = str(top.text("optimizer", "auto")).lower()
    name = known.get(word) or top.choice("optimizer", _OPTIMIZERS)
    if given.base_lr is not None:
        return given.base_lr, ()
    if name != "auto":
        return top.number("lr0", 0.01), ()
    if _many_updates(top, given, loader, epochs):
        return 0.01, (_MUSGD,)
    if "nc" not in top:
        raise _no_classes(top)
    rate = round(0.002 * 5 / (4 + top.count("nc", least=1)), 6)
    said = (
        f"optimizer: auto is AdamW at {rate:g} here, from the number of classes; lr0 plays no part"
    )
    return rate, (said,)


def _no_classes(top: Section) -> InputError:
    message = "auto makes AdamW's rate of the number of classes, which is in the data set's file"
    hint = "add --set nc=80, say, or --base-lr; or name an optimizer: --set optimizer=SGD"
    return top.wrong("optimizer", message, hint)


def _many_updates(top: Section, given: Given, loader: _Loader, epochs: int) -> bool:
    """Say whether optimizer: auto counts more than 10,000 updates: of max(batch, nbs) samples."""
    batch = int(_given_batch(given) or top.number("batch", 16))
    each = max(batch, top.number("nbs", 64))
    samples = [(loader.batches - 1) * batch + 1, loader.batches * batch]
    if given.dataset_size is not None:
        samples = [given.dataset_size]
    found = {math.ceil(count / each) * epochs > _MUSGD_FROM for count in samples}
    if len(found) > 1:
        given.need("dataset_size", "optimizer: auto, which goes by the samples,")
    return True in found


# -- hyp files ----------------------------------------------------------------------------------


def _read_hyp(top: Section, given: Given) -> Plan:
    v7 = _as_yolov7(top)
    cosine = top.flag("cos_lr", v7) and not top.flag("linear_lr", default=False)
    loader = _hyp_loader(given)
    epochs = _epochs(given, None, given.iters_per_epoch)
    least = _LEAST_V7 if v7 else _LEAST_V5
    shape = {
        "batches": loader.batches,
        "span": epochs if cosine or not v7 else max(1, epochs - 1),
        "warmup": max(round(top.number("warmup_epochs") * loader.batches), least),
        "lrf": top.number("lrf"),
        "cosine": cosine,
        "nominal": loader.nominal,
        "lag": 1,
        "counts_from_zero": v7,
    }
    base = top.number("lr0") if given.base_lr is None else given.base_lr
    schedule = construct(YoloCurve, shape, top)
    assert isinstance(schedule, YoloCurve)  # noqa: S101  it is what was called
    whose = "YOLOv7" if v7 else "YOLOv5"
    notes = (_shape_note(whose, cosine=cosine), *loader.notes)
    convention = f"{whose} train.py"
    plan = _plan(schedule, given, base=base, epochs=epochs, notes=notes, convention=convention)
    return _with_bias(plan, top.number("warmup_bias_lr", 0.1))


def _as_yolov7(top: Section) -> bool:
    """Say whether YOLOv7 trains by the file, or YOLOv5 of its time, which did the same."""
    return any(key in top for key in _V7) or ("mixup" in top and "copy_paste" not in top)


def _shape_note(whose: str, *, cosine: bool) -> str:
    shapes = ("half a cosine", "a straight line")
    mine, other = shapes if cosine else shapes[::-1]
    option = "linear_lr" if whose == "YOLOv7" else "cos_lr"
    return f"{whose} is taken to train with {mine}; with {other}, add --set {option}=true"


def _hyp_loader(given: Given) -> _Loader:
    """Return the loader of a run whose batch only its command line tells."""
    batch = _given_batch(given)
    if batch is None:
        epoch = given.need("iters_per_epoch", "the warm-up, in batches of an epoch,")
        said = "every batch is taken to make an update, as from 43 samples on; see --batch-size"
        return _Loader(epoch, 1.0, (said,))
    nominal = 64 / batch
    batches, said_too = _batches(given, batch, max(1, round(nominal)))
    return _Loader(batches, nominal, said_too)


def _plan(schedule: YoloCurve, given: Given, *, base: float, epochs: int, **more: Any) -> Plan:
    run = schedule.updates(epochs * schedule.batches)
    alike = schedule.accumulate == 1  # else the warm-up's epochs have more updates than others
    epoch = given.iters_per_epoch or (schedule.batches if alike else None)
    return make_plan(
        schedule,
        given,
        base=base,
        length=max(1, given.max_iters if given.max_iters is not None else run),
        iters_per_epoch=epoch,
        **more,
    )
