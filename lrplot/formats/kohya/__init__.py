"""kohya's sd-scripts, as their --config_file TOML has the options, or the JSON of kohya_ss' GUI.

    learning_rate = 1e-4
    lr_scheduler = "cosine_with_restarts"
    lr_scheduler_num_cycles = 3
    lr_warmup_steps = 0.05
    max_train_epochs = 12

Tables group the options for the reader alone. The schedules are transformers'. A warm-up or decay
that is a whole number counts steps; one with a fraction's point is a part of the run. On several
GPUs the schedule is stepped once for each, at every update. unet_lr and text_encoder_lr are the
rates of the two networks; of one that is trained alone, the rate. Source: sd-scripts,
library/train_util.py (get_scheduler_fix, get_optimizer) and networks/lora.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.accounting import EACH_SHARE
from lrplot.formats._shared.batches import told
from lrplot.formats._shared.config import make_plan
from lrplot.formats._shared.keys import Section
from lrplot.formats._shared.places import defaulted, placed
from lrplot.formats.kohya._gui import MARKS, handed_on
from lrplot.syntax.tree import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.plan import Given, Plan
    from lrplot.schedules.base import Schedule

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "kohya"
NEEDS = "a kohya (sd-scripts) config has lr_scheduler, and max_train_steps or lr_warmup_steps"

_EVIDENCE = ("max_train_steps", "max_train_epochs", "lr_warmup_steps", "lr_scheduler_num_cycles")
RULE = msgspec.structs.replace(
    EACH_SHARE, name="sd-scripts", part_epochs=None
)  # all of it rounded up
_STEPS, _RATE = 1600, 2e-6  # the defaults of its argument parsers
_SCHEDULERS = (
    "constant",
    "constant_with_warmup",
    "linear",
    "cosine",
    "cosine_with_restarts",
    "polynomial",
    "inverse_sqrt",
    "cosine_with_min_lr",
    "warmup_stable_decay",
)
_SHAPING = (
    "lr_scheduler",
    "lr_warmup_steps",
    "lr_decay_steps",
    "lr_scheduler_num_cycles",
    "lr_scheduler_power",
    "lr_scheduler_timescale",
    "lr_scheduler_min_lr_ratio",
)
_NOT_READ = ("lr_scheduler_type", "lr_scheduler_args")
_NETWORKS = {"unet": "unet_lr", "text_encoder": "text_encoder_lr"}
_NOT_SHOWN = (
    "learning_rate_te",
    "learning_rate_te1",
    "learning_rate_te2",
    "block_lr",
    "down_lr_weight",
    "mid_lr_weight",
    "up_lr_weight",
    "loraplus_lr_ratio",
    "loraplus_unet_lr_ratio",
    "loraplus_text_encoder_lr_ratio",
)
_OF_THEIR_OWN = ("prodigy", "dadapt")  # optimizers that multiply the rate by one they estimate
_BUCKETS = (
    "enable_bucket: each bucket's last batch is a partial one; an epoch may have more updates"
)
_KEY_OF = {
    "num_warmup_steps": "lr_warmup_steps",
    "num_decay_steps": "lr_decay_steps",
    "num_stable_steps": "lr_decay_steps",
    "num_cycles": "lr_scheduler_num_cycles",
    "power": "lr_scheduler_power",
    "timescale": "lr_scheduler_timescale",
    "min_lr_rate": "lr_scheduler_min_lr_ratio",
    "min_lr_ratio": "lr_scheduler_min_lr_ratio",
    "lr_end": "learning_rate",
}


def detect(tree: Node) -> str | None:
    """Say why the tree is an sd-scripts config; None where it is not."""
    top = _flat(tree)
    name = top.get("lr_scheduler")
    if name is None or not isinstance(name.value, str):
        return None
    for whose, keys in (("kohya_ss GUI", MARKS), ("kohya (sd-scripts)", _EVIDENCE)):
        found = [key for key in keys if key in top]
        if found:
            return f"a {whose} config: it has lr_scheduler and {found[0]}"
    return None


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how sd-scripts makes updates of images."""
    top = _options(tree, given)
    return {
        "batch_size": told(top, "train_batch_size", 1),
        "accumulate": told(top, "gradient_accumulation_steps", 1),
        "rule": RULE,
    }


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of a config; raise InputError."""
    top = _options(tree, given)
    for key in _NOT_READ:
        if key in top and top.entries[key].value:  # empty: not used
            raise top.wrong(key, "is not read: it names code that the script would import")
    top.starting("lr_scheduler", "lr_warmup", "lr_decay").refuse_others(*_SHAPING, *_NOT_READ)
    if _optimizer(top) == "adafactor":
        _refuse_relative(top)
    rate = top.number("learning_rate", _RATE) if given.base_lr is None else given.base_lr
    networks = _networks(top, rate)
    base = next(iter(networks.values())) if len(networks) == 1 else rate
    steps = _steps(top, given)
    with placed(top, _KEY_OF):
        schedule, name = _schedule(top, steps or 1, msgspec.structs.replace(given, base_lr=base))
    plan = make_plan(
        schedule,
        given,
        base=base,
        length=steps,
        convention=f"sd-scripts {name}, transformers 5.23",
        notes=tuple(_notes(top, given, networks)),
    )
    groups = [
        msgspec.structs.replace(plan, name=network, base_lr=own)
        for network, own in networks.items()
        if own != base
    ]
    return msgspec.structs.replace(plan, groups=tuple(groups))


def _networks(top: Section, rate: float) -> dict[str, float]:
    """Return the rate of each network that is trained; a rate of 0 leaves one as it is."""
    rates: dict[str, float] = {}
    for network, key in _NETWORKS.items():
        own = _written(top, key) or (rate,)
        names = [network] if len(own) == 1 else [f"{network}{i + 1}" for i in range(len(own))]
        rates |= zip(names, own, strict=True)
    for alone in _NETWORKS:
        if top.flag(f"network_train_{alone}_only", default=False):
            rates = {network: own for network, own in rates.items() if network.startswith(alone)}
    return {network: own for network, own in rates.items() if own}


def _written(top: Section, key: str) -> tuple[float, ...]:
    """Return a network's rate, or that of each text encoder; nothing where nobody says."""
    node = top.get(key)
    if node is None or isinstance(node.value, tuple):
        return tuple(top.numbers(key, ()))
    return (top.number(key),)


def _options(tree: Node, given: Given) -> Section:
    """Return the options as the script has them; of the GUI's file, those it hands on."""
    top = _flat(tree)
    return handed_on(top, given) if any(key in top for key in MARKS) else top


def _flat(tree: Node) -> Section:
    """Return the options, out of the tables that group them."""
    top = Section(tree)
    entries: dict[Any, Node] = {}
    for key, node in top.entries.items():
        entries |= node.value if isinstance(node.value, dict) else {key: node}
    return Section(Node(entries, tree.where, keys=tree.keys))


def _steps(top: Section, given: Given) -> int | None:
    """Return how many updates the run has; None where nobody says, and the rate never changes."""
    if given.max_iters is not None:
        return given.max_iters
    epochs = given.max_epochs or top.count("max_train_epochs", 0)
    if not epochs:
        return int(top.count("max_train_steps", _STEPS, least=1))
    if given.iters_per_epoch is None and top.text("lr_scheduler", "constant") == "constant":
        return None
    return int(epochs * given.need("iters_per_epoch", f"a run of {epochs} epochs"))


def _part(top: Section, key: str, steps: int, given: Given) -> float:
    """Return a stretch in updates: a whole number of the schedule's steps, or a part of the run."""
    node, gpus = top.get(key), given.gpus or 1
    if node is not None and isinstance(node.value, float):
        return int(top.number(key) * steps * gpus) / gpus
    return float(top.count(key, 0)) / gpus


def _schedule(top: Section, steps: int, given: Given) -> tuple[Schedule, str]:
    from lrplot.frameworks import transformers as hf
    from lrplot.frameworks.calls import OPTIMIZER

    optimizer = _optimizer(top)
    if optimizer.endswith("schedulefree"):
        return hf.get_constant_schedule(OPTIMIZER), f"{optimizer}, which takes no scheduler"
    name = top.choice("lr_scheduler", _SCHEDULERS, "constant")
    warmup = _part(top, "lr_warmup_steps", steps, given)
    if name == "constant":
        if warmup:
            raise top.wrong("lr_warmup_steps", "must be 0 with lr_scheduler constant")
        return hf.get_constant_schedule(OPTIMIZER), name
    return _timed(top, name, warmup, steps, given), name


def _optimizer(top: Section) -> str:
    return str(top.text("optimizer_type", "")).lower()


def _refuse_relative(top: Section) -> None:
    """Refuse an Adafactor that makes its rate itself, of the step and of the weights."""
    node = top.get("optimizer_args")
    items = node.value if node is not None and isinstance(node.value, tuple) else ()
    said = dict(str(item.value).partition("=")[::2] for item in items)
    if said.get("relative_step") != "False" or said.get("warmup_init", "False") != "False":
        message = "is Adafactor with its own relative step, for which no scheduler counts"
        hint = 'with "relative_step=False" in optimizer_args it takes the rate from the scheduler'
        raise top.wrong("optimizer_type", message, hint)


def _timed(top: Section, name: str, warmup: float, steps: int, given: Given) -> Schedule:
    """Return a schedule with a warm-up, from the arguments that the script hands on."""
    from lrplot.frameworks import transformers as hf
    from lrplot.frameworks.calls import OPTIMIZER

    cycles = top.count("lr_scheduler_num_cycles", 1)
    floor = top.number("lr_scheduler_min_lr_ratio", None)
    if name == "cosine_with_min_lr" and floor is None:
        raise top.wrong("lr_scheduler_min_lr_ratio", "is missing: cosine_with_min_lr needs it")
    if name == "constant_with_warmup":
        return hf.get_constant_schedule_with_warmup(OPTIMIZER, warmup)
    if name == "inverse_sqrt":
        scale = top.count("lr_scheduler_timescale", None, least=1)
        scale = scale if scale is None else scale / (given.gpus or 1)
        return hf.get_inverse_sqrt_schedule(OPTIMIZER, warmup, scale)
    if name == "polynomial":
        power = top.number("lr_scheduler_power", 1.0)
        decay = hf.get_polynomial_decay_schedule_with_warmup
        return decay(OPTIMIZER, warmup, steps, power=power, given=given)
    if name == "warmup_stable_decay":
        return _stable(top, warmup, steps, given)
    calls: dict[str, tuple[Callable[..., Schedule], dict[str, Any]]] = {
        "linear": (hf.get_linear_schedule_with_warmup, {}),
        "cosine": (hf.get_cosine_schedule_with_warmup, {}),
        "cosine_with_restarts": (
            hf.get_cosine_with_hard_restarts_schedule_with_warmup,
            {"num_cycles": cycles},
        ),
        "cosine_with_min_lr": (
            hf.get_cosine_with_min_lr_schedule_with_warmup,
            {"num_cycles": cycles / 2, "min_lr_rate": floor},
        ),
    }
    function, arguments = calls[name]
    return function(OPTIMIZER, warmup, steps, **arguments)


def _stable(top: Section, warmup: float, steps: int, given: Given) -> Schedule:
    from lrplot.frameworks import transformers as hf
    from lrplot.frameworks.calls import OPTIMIZER

    return hf.get_wsd_schedule(
        OPTIMIZER,
        warmup,
        _part(top, "lr_decay_steps", steps, given),
        num_training_steps=steps,
        num_cycles=top.count("lr_scheduler_num_cycles", 1) / 2,
        min_lr_ratio=top.number("lr_scheduler_min_lr_ratio", 0.0),
    )


def _notes(top: Section, given: Given, networks: dict[str, float]) -> list[str]:
    """Say which defaults count, and which rates are others."""
    timed = any(key in top for key in ("max_train_steps", "max_train_epochs"))
    known = given.max_iters is not None or given.max_epochs is not None
    defaults: dict[str, object] = {} if given.base_lr is not None else {"learning_rate": _RATE}
    if not (timed or known):
        defaults["max_train_steps"] = _STEPS
    notes = defaulted(top, defaults, "sd-scripts")
    if len(networks) == 1:
        notes.append(f"{next(iter(networks))} alone is trained, and the rate is its own")
    if _optimizer(top).startswith(_OF_THEIR_OWN):
        notes.append("the optimizer multiplies the rate by one that it estimates itself")
    if given.dataset_size is not None and top.flag("enable_bucket", default=False):
        notes.append(_BUCKETS)
    others = [key for key in _NOT_SHOWN if key in top and top.entries[key].value not in (0, "0")]
    return notes + ([f"not shown: {', '.join(others)}"] if others else [])
