"""Which format a config file is in: told by evidence, never guessed.

A format's module (`lrplot/formats/NAME.py`) defines

    NAME      what --from calls it
    NEEDS     optional: a clause that says what such a file has, for who has none of it
    detect    detect(tree) -> the evidence, "a DeepSpeed config: it has ...", or None
    loading   optional: loading(tree, given) -> what the file says of how samples become updates:
              batch_size, accumulate and drop_last, of_all_gpus (the samples of an update where the
              file does not say each GPU's), and the `rule` (`lrplot.accounting`) by which
              its trainer counts; None where `read` counts for itself. Where the data set's size is
              given, the length of an epoch follows, which `read` finds in given.iters_per_epoch
    gpus      optional: gpus(tree) -> how many GPUs the file trains on; None where it does not say
    read      read(tree, given) -> Plan; raises InputError at what the file does not tell

To add a format: write its module, name it here with its marks, and record curves of it under
`tests/`. Marks are keys that every file of the format has, somewhere in it: a file is shown only to
the formats whose marks it carries, so that no other is imported. They need not tell formats apart;
`detect` decides.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Problem, UsageError, suggest
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.spec import PLAN_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lrplot.syntax.tree import Node

__all__ = ["FORMATS", "NATIVE", "find", "marked", "reader"]

# A format's module, and its marks: these keys together, or | those.
FORMATS: dict[str, str] = {
    "hf_trainer": (
        "lr_scheduler_type | lr_scheduler_kwargs | num_train_epochs | per_device_train_batch_size"
    ),
    "trainer_state": "log_history",
    "deepspeed": "scheduler type",
    "llama_factory": "finetuning_type | micro_batch_size",
    "axolotl": "base_model",
    "torchtune": "_component_",
    "hydra": "_target_",
    "lightning_cli": "class_path",
    "torchtitan": "training optimizer | training lr_scheduler",
    "ultralytics": "lr0 | lrf | cos_lr | task mode",
    "detectron2": "SOLVER | _BASE_",
    "paddleseg": "lr_scheduler iters | learning_rate iters | _base_",
    "paddledetection": "LearningRate | _BASE_",
    "paddleclas": "Global epochs Optimizer",
    "paddleocr": "Global epoch_num Optimizer",
    "fairseq": "optimization lr_scheduler",
    "openocr": "Global epoch_num LRScheduler",
    "openpcdet": "OPTIMIZATION",
    "wenet": "scheduler optim_conf dataset_conf",
    "espnet": "optim_conf | optim max_epoch",
    "kohya": "lr_scheduler",
    "timm_args": (
        "sched | lr epochs opt | sched_on_updates | warmup_prefix | lr_base_size | lr_cycle_mul |"
        " lr_k_decay"
    ),
    "swin": "TRAIN | MODEL TYPE",
    "dinov2": "student | teacher | dino | ibot | crops",
    "llm_foundry": "max_duration scheduler optimizer",
    "olmo": "optimizer learning_rate scheduler",
    "gpt_neox": "optimizer params",
    "litgpt": "train micro_batch_size | train global_batch_size | train max_tokens",
    "nanogpt": "learning_rate | max_iters | lr_decay_iters | warmup_iters | min_lr | decay_lr",
    "nemo": "model optim",
    "mmengine": "optim_wrapper | param_scheduler",
    "mmcv": "lr_config | optimizer_config | optimizers | runner | total_epochs | total_iters",
}
IN_PYTHON = ("mmengine", "mmcv", "nanogpt")
NATIVE = "native"

_NATIVE_NEEDS = "a native spec names its schedule, as schedule: poly"
_NATIVE_KEYS = ("base_lr", "max_iters", "max_epochs", "iters_per_epoch")


def find(tree: Node, wanted: str | None = None, source: str = "") -> tuple[Any | None, str]:
    """Return the module that reads a document, None for the native spec's, and the evidence.

    Args:
        tree: the document.
        wanted: the format that --from names, where it is given.
        source: the file; one that ends in .py is shown only to the formats of such files.

    Raises:
        UsageError: no format is called as wanted.
        InputError: the document could be in several formats, or is in none.
    """
    if wanted is None and _wholly_native(tree):
        return None, _native(tree)  # no key is another format's: none of them is imported
    in_python = source.endswith(".py")
    names = IN_PYTHON if in_python else tuple(FORMATS)
    if wanted is not None:
        return _named(wanted, list(map(reader, names)), tree), ""
    likely = list(map(reader, marked(tree, names)))
    found = [(module, evidence) for module in likely if (evidence := module.detect(tree))]
    native = _native(tree)
    if len(found) + bool(native) > 1:
        raise _ambiguous(tree, {m.NAME: e for m, e in found} | ({NATIVE: native} if native else {}))
    if found:
        return found[0]
    if native or (not in_python and _nearly_native(tree)):
        return None, native
    raise _unknown(tree, list(map(reader, names)))


def reader(name: str) -> Any:
    """Return the module of a format, one of FORMATS."""
    return import_module(f"lrplot.formats.{name}")


def marked(tree: Node, names: Iterable[str] = FORMATS) -> list[str]:
    """Return those of the formats whose marks a document carries."""
    keys = _keys(tree)
    return [
        name
        for name in names
        if any(keys.issuperset(marks.split()) for marks in FORMATS[name].split("|"))
    ]


def _keys(tree: Node) -> set[Any]:
    """Return the keys of every mapping in a document, however deep."""
    keys: set[Any] = set()
    left = [tree]
    while left:
        value = left.pop().value
        if isinstance(value, dict):
            keys |= value.keys()
            left += value.values()
        elif isinstance(value, tuple):
            left += value
    return keys


def _named(wanted: str, modules: list[Any], tree: Node) -> Any | None:
    names = [NATIVE, *(module.NAME for module in modules)]
    if wanted not in names:
        hint = suggest(wanted, names) or f"known: {', '.join(names)}"
        raise UsageError(f"--from {wanted}: no format is called so", hint)
    if not isinstance(tree.value, dict):
        raise InputError("must be a mapping of keys to values", where=tree.where)
    return next((module for module in modules if wanted == module.NAME), None)


def _native(tree: Node) -> str:
    """Say by what the tree shows itself to be a native spec."""
    has = isinstance(tree.value, dict) and "schedule" in tree.value
    return "a native spec: it has schedule" if has else ""


def _wholly_native(tree: Node) -> bool:
    """Say whether every key is a native spec's: of the run, or of the schedule it names."""
    top = tree.value if isinstance(tree.value, dict) else {}
    if "schedule" not in top:
        return False
    named = top["schedule"].value
    own = fields_of(by_name[named]) if isinstance(named, str) and named in by_name else ()
    return top.keys() <= {*PLAN_KEYS, *(field.name for field in own)}


def _nearly_native(tree: Node) -> bool:
    """Say whether the native reader's own complaint tells most: a key of it is there, or nearly."""
    if not isinstance(tree.value, dict) or not tree.value:
        return True
    return any(key in _NATIVE_KEYS or _misspelt(str(key)) for key in tree.value)


def _misspelt(key: str) -> bool:
    """Say whether the key was to be `schedule`; many a format has a scheduler of its own."""
    return "scheduler" not in key and bool(suggest(key, ["schedule"]))


def _ambiguous(tree: Node, found: dict[str, str]) -> InputError:
    message = f"could be {' or '.join(found.values())}"
    hint = f"say which: --from {' or --from '.join(found)}"
    return InputError([Problem(message=message, where=tree.where, hint=hint)])


def _unknown(tree: Node, modules: list[Any]) -> InputError:
    message = "is in no format that lrplot knows"
    needs = [module.NEEDS for module in modules if hasattr(module, "NEEDS")]
    hint = "\n  ".join([_NATIVE_NEEDS, *needs])
    return InputError([Problem(message=message, where=tree.where, hint=hint)])
