"""Which format a config file is in: told by evidence, never guessed.

A format's module (`lrplot/frameworks/NAME.py`) defines

    NAME      what --from calls it
    NEEDS     optional: a clause that says what such a file has, for who has none of it
    detect    detect(tree) -> the evidence, "a DeepSpeed config: it has ...", or None
    read      read(tree, given) -> Plan; raises InputError at what the file does not tell

and imports its framework only within `read`, as every file is shown to every `detect`. To add a
format: write its module, name it here, and record curves of it under `tests/`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lrplot.errors import InputError, Problem, UsageError, suggest
from lrplot.schedules import by_name
from lrplot.schedules.base import fields_of
from lrplot.spec import PLAN_KEYS

if TYPE_CHECKING:
    from lrplot.syntax.tree import Node

__all__ = ["FORMATS", "NATIVE", "find"]

FORMATS: tuple[str, ...] = (
    "hf_trainer",
    "trainer_state",
    "deepspeed_config",
    "llama_factory",
    "axolotl",
    "torchtune",
    "hydra",
    "lightning_cli",
    "torchtitan",
    "ultralytics",
    "detectron2",
    "paddleseg",
    "paddledetection",
    "paddleclas",
    "paddleocr",
    "fairseq",
    "openocr",
    "openpcdet",
    "wenet",
    "espnet",
    "kohya",
    "timm_args",
    "swin",
    "dinov2",
    "llm_foundry",
    "olmo",
    "gpt_neox",
    "litgpt",
    "nanogpt",
    "nemo",
    "mmengine_config",
    "mmcv",
)
IN_PYTHON = ("mmengine_config", "mmcv", "nanogpt")
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
    names = IN_PYTHON if source.endswith(".py") else FORMATS
    modules = [import_module(f"lrplot.frameworks.{name}") for name in names]
    if wanted is not None:
        return _named(wanted, modules, tree), ""
    found = [(module, evidence) for module in modules if (evidence := module.detect(tree))]
    native = _native(tree)
    if len(found) + bool(native) > 1:
        raise _ambiguous(tree, {m.NAME: e for m, e in found} | ({NATIVE: native} if native else {}))
    if found:
        return found[0]
    if native or _nearly_native(tree):
        return None, native
    raise _unknown(tree, modules)


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
