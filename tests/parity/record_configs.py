"""Record what real builders make of the config files under configs/.

    pip install -r requirements.txt six
    pip install --no-deps paddleseg==2.8.0 paddledet==2.6.0
    python record_configs.py [--format NAME ...]     # renews configs/NAME.json.gz, byte for byte

Each file of configs/NAME/ (not of a folder below, where bases lie) is read by the project's own
code and stepped as its trainer steps it; `lr[k]` is the rate that update k uses, hexadecimal.
detectron2 is on no index: fvcore reads the files and holds the curves, put together here as
detectron2/solver/build.py puts them together.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import sys
import types
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from format_case import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent / "configs"
PER_EPOCH = 33


# -- timm ---------------------------------------------------------------------------------------

TRAIN_PY = {
    "sched": "cosine",
    "sched_on_updates": False,
    "epochs": 300,
    "warmup_lr": 1e-5,
    "min_lr": 0.0,
    "warmup_epochs": 5,
    "warmup_prefix": False,
    "cooldown_epochs": 0,
    "decay_epochs": None,
    "decay_milestones": [90, 180, 270],
    "decay_rate": 0.1,
    "patience_epochs": 10,
    "lr_cycle_mul": 1.0,
    "lr_cycle_decay": 0.5,
    "lr_cycle_limit": 1,
    "lr_k_decay": 1.0,
}


def timm(path: Path) -> Iterator[float]:
    """Step create_scheduler_v2's scheduler as train.py does."""
    import yaml

    torch = importlib.import_module("torch")
    bare("timm")
    factory = importlib.import_module("timm.scheduler.scheduler_factory")
    args = SimpleNamespace(**{**TRAIN_PY, **yaml.safe_load(path.read_text())})
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=args.lr)
    kwargs = factory.scheduler_kwargs(args)
    scheduler, epochs = factory.create_scheduler_v2(
        optimizer, **kwargs, updates_per_epoch=PER_EPOCH
    )
    update = 0
    for epoch in range(int(epochs)):
        for _ in range(PER_EPOCH):
            yield optimizer.param_groups[0]["lr"]
            update += 1
            if scheduler is not None:
                scheduler.step_update(num_updates=update)
        if scheduler is not None:
            scheduler.step(epoch + 1)
    yield optimizer.param_groups[0]["lr"]


# -- PaddleSeg and PaddleDetection --------------------------------------------------------------


def stepped(scheduler: Any, count: int) -> Iterator[float]:
    for _ in range(count + 1):
        yield float(scheduler())
        scheduler.step()


def paddleseg(path: Path) -> Iterator[float]:
    """Build lr_scheduler with PaddleSeg's own SegBuilder."""
    package, utils = bare("paddleseg"), bare("paddleseg.utils")
    package.utils, utils.utils = utils, types.ModuleType("paddleseg.utils.utils")
    utils.utils.CachedProperty, utils.utils.NoAliasDumper = property, None
    sys.modules["paddleseg.utils.utils"] = utils.utils
    utils.logger = importlib.import_module("paddleseg.utils.logger")
    tree = importlib.import_module("paddleseg.cvlibs.config").parse_from_yaml(str(path))
    builder = importlib.import_module("paddleseg.cvlibs.builder").SegBuilder
    made = builder.__new__(builder)
    made.config = SimpleNamespace(iters=tree["iters"], lr_scheduler_cfg=tree["lr_scheduler"].copy())
    yield from stepped(made.lr_scheduler, tree["iters"])


def paddledetection(path: Path) -> Iterator[float]:
    """Build LearningRate with ppdet's own classes, from files its own reader merges."""
    bare("ppdet")
    bare("ppdet.optimizer")
    workspace = importlib.import_module("ppdet.core.workspace")
    optimizer = importlib.import_module("ppdet.optimizer.optimizer")
    tree = workspace._load_config_with_base(str(path))
    scheduler = optimizer.LearningRate(**tree["LearningRate"])(PER_EPOCH)
    yield from stepped(scheduler, tree["epoch"] * PER_EPOCH)


# -- detectron2 ---------------------------------------------------------------------------------

SOLVER = {
    "LR_SCHEDULER_NAME": "WarmupMultiStepLR",
    "MAX_ITER": 40000,
    "BASE_LR": 0.001,
    "BASE_LR_END": 0.0,
    "GAMMA": 0.1,
    "STEPS": (30000,),
    "NUM_DECAYS": 3,
    "WARMUP_FACTOR": 1.0 / 1000,
    "WARMUP_ITERS": 1000,
    "WARMUP_METHOD": "linear",
    "RESCALE_INTERVAL": False,
}


def detectron2(path: Path) -> Iterator[float]:
    """Compose fvcore's schedulers as detectron2 does, from files fvcore merges."""
    import ast

    config = importlib.import_module("fvcore.common.config")
    tree = config.CfgNode.load_yaml_with_base(str(path))
    solver = SimpleNamespace(**{**SOLVER, **tree["SOLVER"]})
    if isinstance(solver.STEPS, str):
        solver.STEPS = ast.literal_eval(solver.STEPS)
    multiplier = _warmed(solver, _decay(solver))
    for step in range(solver.MAX_ITER + 1):
        yield solver.BASE_LR * multiplier(step / solver.MAX_ITER)


def _decay(solver: Any) -> Any:
    fvcore = importlib.import_module("fvcore.common.param_scheduler")
    if solver.LR_SCHEDULER_NAME == "WarmupMultiStepLR":
        steps = [step for step in solver.STEPS if step <= solver.MAX_ITER]
        values = [solver.GAMMA**k for k in range(len(steps) + 1)]
        return fvcore.MultiStepParamScheduler(values, milestones=steps, num_updates=solver.MAX_ITER)
    if solver.LR_SCHEDULER_NAME == "WarmupCosineLR":
        return fvcore.CosineParamScheduler(1, solver.BASE_LR_END / solver.BASE_LR)
    return fvcore.StepWithFixedGammaParamScheduler(
        1.0, solver.NUM_DECAYS, solver.GAMMA, solver.MAX_ITER
    )


def _warmed(solver: Any, decay: Any) -> Callable[[float], float]:
    fvcore = importlib.import_module("fvcore.common.param_scheduler")
    length = min(solver.WARMUP_ITERS / solver.MAX_ITER, 1.0)
    first = solver.WARMUP_FACTOR * decay(0.0)
    warmup = fvcore.ConstantParamScheduler(first)
    if solver.WARMUP_METHOD == "linear":
        last = decay(0.0) if solver.RESCALE_INTERVAL else decay(length)
        warmup = fvcore.LinearParamScheduler(first, last)
    scaling = "rescaled" if solver.RESCALE_INTERVAL else "fixed"
    composite: Callable[[float], float] = fvcore.CompositeParamScheduler(
        [warmup, decay], [length, 1 - length], ["rescaled", scaling]
    )
    return composite


# -- all of them --------------------------------------------------------------------------------

BUILDERS = {
    "timm": timm,
    "paddleseg": paddleseg,
    "paddledetection": paddledetection,
    "detectron2": detectron2,
}
IN_EPOCHS = ("timm", "paddledetection")


def recorded(name: str, path: Path) -> dict[str, Any]:
    """Run one config: its curve, as far as it goes, and the error that ended it if one did."""
    values: list[str] = []
    case: dict[str, Any] = {"file": f"{name}/{path.name}", "lr": values}
    if name in IN_EPOCHS:
        case["iters_per_epoch"] = PER_EPOCH
    try:
        values.extend(value.hex() for value in BUILDERS[name](path))
    except Exception as error:  # noqa: BLE001  whatever the builder raises is the record
        case["error"] = repr(error)
    return case


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", nargs="*", choices=BUILDERS, default=list(BUILDERS))
    for name in parser.parse_args().format:
        files = sorted(path for path in (HERE / name).iterdir() if path.is_file())
        cases = [recorded(name, path) for path in files]
        text = json.dumps(cases, indent=0, sort_keys=True)
        (HERE / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        failed = [case["file"] for case in cases if "error" in case]
        print(f"{name}: {len(cases)} files, refused or stopped: {failed}")


if __name__ == "__main__":
    main()
