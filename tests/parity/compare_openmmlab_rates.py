"""Compare the rates of OpenMMLab configs with those of the real schedulers and hooks.

    python compare_openmmlab_rates.py ROOT... [--packages FOLDER...] [--epoch N] [--list]

ROOT is a folder of configs (a wheel's `.mim/configs`, a checkout's `configs`). Each config is
loaded by mmengine, its schedulers are built by mmengine's Runner and stepped by its
ParamSchedulerHook; the hook of an `lr_config` is built and called as mmcv 1.7.2's runners do. An
epoch has N iterations, and there are 8 GPUs. Prints how many configs with a schedule were read,
agree at every step, differ and were refused, and why; exits 1 where under 99.5 % of a folder
agree. Needs mmengine, and mmcv 1.7.2 for configs
with an `lr_config`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import run_openmmlab
from compare_openmmlab_trees import load, reduce
from run_openmmlab import Setting, Unrecorded

from lrplot import load as load_plan
from lrplot.errors import LrplotError

GPUS = 8
LIMIT = 200_000  # steps
RTOL = 1e-9
ENOUGH = 99.5  # percent of the configs with a schedule
MOST_ALONE = 0.05  # a comparison with nothing on the other side shows nothing
SCHEDULE = ("optim_wrapper", "param_scheduler", "lr_config", "optimizer", "optimizers")
USED = (
    *SCHEDULE, "train_cfg", "runner", "total_epochs", "total_iters", "auto_scale_lr",
    "default_hooks", "default_scope",
)  # fmt: skip

_curves: dict[str, dict[str, Any]] = {}


def curves(config: dict[str, Any], epoch: int) -> dict[str, Any]:
    """Return the real rates by optimizer, each schedule run once."""
    used = {key: config[key] for key in USED if key in config}
    loader = config.get("train_dataloader")
    batch = loader.get("batch_size") if isinstance(loader, dict) else None
    used["data"] = config.get("data", {}).get("samples_per_gpu")
    key = json.dumps([used, batch, epoch], sort_keys=True, default=repr)
    if key not in _curves:
        _curves[key] = run_openmmlab.curves(config, Setting(epoch=epoch, limit=LIMIT, gpus=GPUS))
    return _curves[key]


def difference(path: Path, packages: list[Path], epoch: int, name: str, rates: Any) -> str:
    """Return the first difference between our rates and the real ones, or nothing."""
    options: dict[str, Any] = {"optimizer": name or None, "iters_per_epoch": epoch, "gpus": GPUS}
    plan = load_plan(path, **options, config_root=list(map(str, packages)))
    if plan.max_iters != len(rates) - 1 and len(rates) < LIMIT:
        return f"{plan.max_iters} steps, not {len(rates) - 1}"
    ours, theirs = plan.lr(np.arange(len(rates))), np.asarray(rates)
    error = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1e-9 * np.abs(theirs).max())
    worst = int(np.nanargmax(error)) if len(error) else 0
    if np.isnan(error).any() or error[worst] > RTOL:
        return f"step {worst}: {ours[worst]!r} != {theirs[worst]!r}"
    return ""


def compare(path: Path, packages: list[Path], epoch: int) -> tuple[str, str]:
    """Return what became of one config: a verdict and its reason."""
    try:
        config = load(path)
    except BaseException as error:  # noqa: BLE001 - a config may raise, or exit, as it likes
        return "not loaded", f"{type(error).__name__}: {error}"
    if not any(config.get(key) for key in SCHEDULE):
        return "no schedule", ""
    try:
        real = curves(reduce(config), epoch)
    except Unrecorded as error:
        real, reason = {"": None}, str(error)
    except Exception as error:  # noqa: BLE001 - whatever the framework raises
        real, reason = {"": None}, f"fails: {type(error).__name__}: {error}"
    try:
        for name, rates in real.items():
            if rates is None:
                difference(path, packages, epoch, name, [0.0])
                return "read alone", reason
            found = difference(path, packages, epoch, name, rates)
            if found:
                return "differ", found
    except LrplotError as error:
        return ("both refuse" if None in real.values() else "refused"), str(error)
    return "agree", ""


def report(root: Path, packages: list[Path], epoch: int, *, everything: bool) -> float:
    """Compare the configs below one folder, print what became of them, return what part agrees."""
    verdicts: Counter[str] = Counter()
    began = time.perf_counter()
    for path in sorted(root.rglob("*.py")):
        verdict, reason = compare(path, packages, epoch)
        verdicts[verdict] += 1
        if verdict in {"differ", "refused", "read alone"} or (everything and reason):
            print(
                f"  {verdict}: {path.relative_to(root)}: {' / '.join(reason.split(chr(10)))[:400]}"
            )
    total = verdicts["agree"] + verdicts["differ"] + verdicts["refused"]
    share = 100 * verdicts["agree"] / max(total, 1)
    seconds = time.perf_counter() - began
    print(f"{root}: {dict(verdicts)}: {share:.2f} % of {total} agree, in {seconds:.0f} s")
    return share if verdicts["read alone"] <= MOST_ALONE * total else 0.0


def main() -> None:
    """Compare every config below the given folders and print the tallies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--packages", nargs="*", type=Path, default=[])
    parser.add_argument("--epoch", type=int, default=37, help="iterations in an epoch")
    parser.add_argument("--list", action="store_true", help="print every reason, also the expected")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()
    sys.path.extend(map(str, options.packages))
    shares = [
        report(root, options.packages, options.epoch, everything=options.list)
        for root in options.roots
    ]
    sys.exit(min(shares) < ENOUGH)


if __name__ == "__main__":
    main()
