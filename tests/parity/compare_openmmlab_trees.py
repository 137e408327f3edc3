"""Compare trees of OpenMMLab configs with what mmengine loads, on the keys a schedule needs.

    python tests/parity/compare_openmmlab_trees.py ROOT... [--packages FOLDER...] [--list]
    python tests/parity/compare_openmmlab_trees.py tests/syntax/python_configs --record

ROOT is a folder of configs (a wheel's `.mim/configs`, a checkout's `configs`). `--packages` names
folders that hold packages other configs inherit from, as `mmdet::...` or `from mmdet.configs...`.
Needs mmengine; prints how many configs were read, agree, differ and were refused, and why.
`--record` instead writes what mmengine loads into ROOT/expected.json.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import math
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from lrplot.errors import InputError
from lrplot.syntax.python_config import read_config
from lrplot.syntax.tree import Node, Unknown

KEYS = (
    "param_scheduler", "lr_config", "optim_wrapper", "optimizer", "train_cfg", "runner",
    "total_epochs", "total_iters", "max_epochs", "max_iters", "auto_scale_lr", "default_hooks",
    "custom_hooks", "momentum_config", "optimizer_config",
)  # fmt: skip


def unwrap(node: Node) -> Any:
    """Turn a tree into plain data; an Unknown stays itself."""
    if isinstance(node.value, dict):
        return {key: unwrap(item) for key, item in node.value.items()}
    if isinstance(node.value, tuple):
        return [unwrap(item) for item in node.value]
    return node.value


def reduce(value: Any) -> Any:
    """Turn what mmengine loaded into plain data of the same kind; a class is its name."""
    if isinstance(value, dict):
        return {key: reduce(item) for key, item in dict.items(value)}
    if isinstance(value, (list, tuple, range)):
        return [reduce(item) for item in value]
    return value.__name__ if isinstance(value, type) else value


def difference(ours: Any, theirs: Any, path: str) -> str:
    """Return the first difference as `path: ours != theirs`, or nothing."""
    if isinstance(ours, Unknown):
        return f"{path}: unknown: {ours.reason}"
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs) and set(ours) != set(theirs):
            return f"{path}: keys {sorted(map(str, set(ours) ^ set(theirs)))}"
        return next(filter(None, (difference(ours[k], theirs[k], f"{path}.{k}") for k in ours)), "")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next(filter(None, (difference(a, b, f"{path}[{i}]") for i, (a, b) in pairs)), "")
    return "" if same(ours, theirs) else f"{path}: {ours!r} != {theirs!r}"


def same(ours: Any, theirs: Any) -> bool:
    """Tell whether two scalars are the same; a class may carry its module's name."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or theirs.endswith(f".{ours}")
    return type(ours) is type(theirs) and bool(ours == theirs)


def load(path: Path) -> dict[str, Any]:
    """Load a config with mmengine."""
    config = importlib.import_module("mmengine.config").Config
    return dict(config.fromfile(str(path), import_custom_modules=False).to_dict())


def compare(path: Path, packages: list[Path]) -> tuple[str, str]:
    """Return what became of one config: a verdict and its reason."""
    try:
        theirs: Any = load(path)
    except BaseException as error:  # noqa: BLE001 - a config may raise, or exit, as it likes
        theirs = error
    try:
        tree = read_config(path, packages).value
    except InputError as error:
        if isinstance(theirs, BaseException):
            return "both refuse", f"{error} | {type(theirs).__name__}: {theirs}"
        return "refused", str(error)
    if isinstance(theirs, BaseException):
        return "mmengine fails", f"{type(theirs).__name__}: {theirs}"
    ours = {key: unwrap(tree[key]) for key in KEYS if key in tree}
    found = difference(ours, reduce({key: theirs[key] for key in KEYS if key in theirs}), "")
    return ("differ", found) if found else ("agree", "")


def main() -> None:
    """Compare every config below the given folders and print the tallies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--packages", nargs="*", type=Path, default=[])
    parser.add_argument("--list", action="store_true", help="print every reason, also the expected")
    parser.add_argument("--record", action="store_true", help="write ROOT/expected.json instead")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    sys.path.extend(map(str, options.packages))
    for root in options.roots:
        if options.record:
            record(root)
        else:
            report(root, options.packages, everything=options.list)


def record(root: Path) -> None:
    """Write what mmengine loads from every config below a folder."""
    found = {str(path.relative_to(root)): reduce(load(path)) for path in sorted(root.rglob("*.py"))}
    text = json.dumps(found, indent=1, sort_keys=True)
    (root / "expected.json").write_text(text + "\n", encoding="utf-8")


def report(root: Path, packages: list[Path], *, everything: bool) -> None:
    """Compare the configs below one folder and print what became of them."""
    verdicts: Counter[str] = Counter()
    began = time.perf_counter()
    for path in sorted(root.rglob("*.py")):
        verdict, reason = compare(path, packages)
        verdicts[verdict] += 1
        if verdict in {"differ", "refused"} or (everything and reason):
            print(f"  {verdict}: {path.relative_to(root)}: {reason[:300]}")
    seconds = time.perf_counter() - began
    loaded = verdicts["agree"] + verdicts["differ"] + verdicts["refused"]
    share = 100 * verdicts["agree"] / max(loaded, 1)
    print(f"{root}: {verdicts.total()} read, {dict(verdicts)}: {share:.2f} % of {loaded} agree")
    print(f"  in {seconds:.0f} s")


if __name__ == "__main__":
    main()
