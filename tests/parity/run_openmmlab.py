"""Step the real schedulers and hooks of OpenMMLab configs: mmengine's, and mmcv 1.x's."""

from __future__ import annotations

import importlib
import importlib.util
import types
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

torch: Any = importlib.import_module("torch")
optim: Any = importlib.import_module("mmengine.optim")
Runner: Any = importlib.import_module("mmengine.runner").Runner
BaseLoop: Any = importlib.import_module("mmengine.runner.base_loop").BaseLoop
Hook: Any = importlib.import_module("mmengine.hooks").ParamSchedulerHook
registry: Any = importlib.import_module("mmengine.registry")

# Where the schedulers of their own lie that projects register: (package, module below it).
OWN = (
    ("mmdet", "engine.schedulers.quadratic_warmup"),
    ("mmseg", "engine.schedulers.poly_ratio_scheduler"),
    ("mmpose", "engine.schedulers.constant_lr"),
    ("mmagic", "engine.schedulers.linear_lr_scheduler_with_interval"),
    ("mmpretrain", "engine.schedulers.weight_decay_scheduler"),
)


class Unrecorded(Exception):  # noqa: N818 - it is no error: this is not run here
    """Something only the project's own code could run."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a config does not say: an epoch's iterations, the GPUs, and what to record."""

    epoch: int
    limit: int  # at most so many values
    gpus: int = 1
    param: str = "lr"


def curves(config: dict[str, Any], setting: Setting) -> dict[str, list[float]]:
    """Return the curves of a run by the optimizer's name, "" where there is one."""
    if config.get("optim_wrapper") or config.get("param_scheduler"):
        found = wrapped(config)
        return {name: list(engine_curve(config, name, found[name], setting)) for name in found}
    optimizers = plain_optimizers(config)
    return {name: list(hook_curve(config, optimizers[name], setting)) for name in optimizers}


# -- mmengine -----------------------------------------------------------------------------------


def wrapped(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the optimizers' settings by name."""
    wrapper = config.get("optim_wrapper")
    if wrapper is None:
        raise Unrecorded("no optim_wrapper")
    if "optimizer" in wrapper:
        return {"": wrapper["optimizer"]}
    found = {
        key: value["optimizer"]
        for key, value in wrapper.items()
        if isinstance(value, dict) and "optimizer" in value
    }
    if not found:
        raise Unrecorded("no optimizer")
    return found


def engine_curve(
    config: dict[str, Any], name: str, settings: dict[str, Any], setting: Setting
) -> Iterator[float]:
    """Yield the rate at every iteration of mmengine's loop, and after the last."""
    hook = (config.get("default_hooks") or {}).get("param_scheduler") or {}
    if hook.get("type", "ParamSchedulerHook").rpartition(".")[2] != "ParamSchedulerHook":
        raise Unrecorded(f"stepped by {hook['type']}")
    optimizer = built_optimizer(rate_of(config, settings, setting.gpus), 0.9)
    in_epochs, epochs, iters = loop_of(config, setting.epoch)
    kinds = listed(config.get("param_scheduler"), name)
    register_own(config, kinds)
    runner = types.SimpleNamespace(
        _train_loop=type("Loop", (BaseLoop,), {"__init__": lambda _: None, "run": None})(),
        max_iters=iters,
        max_epochs=epochs,
        train_dataloader=range(setting.epoch),
        logger=types.SimpleNamespace(debug=lambda _: None),
    )
    wrapper = optim.OptimWrapper(optimizer)
    runner.param_schedulers = Runner._build_param_scheduler(runner, kinds, wrapper)
    stepping, hub = Hook(), importlib.import_module("mmengine").MessageHub.get_current_instance()
    group = optimizer.param_groups[0]
    yield group["lr"]
    for k in range(min(iters, setting.limit)):
        hub.update_info("iter", k)
        hub.update_info("epoch", k // setting.epoch if in_epochs else 0)
        stepping.after_train_iter(runner, k)
        if (k + 1) % setting.epoch == 0 if in_epochs else k + 1 == iters:
            stepping.after_train_epoch(runner)
        yield group["lr"]


def built_optimizer(rate: float, momentum: float) -> Any:
    """Return an optimizer of one weight."""
    weight = torch.nn.Parameter(torch.zeros(1))
    return torch.optim.SGD([weight], lr=rate, momentum=momentum)


def listed(given: Any, name: str) -> list[dict[str, Any]]:
    """Return the schedulers of an optimizer: they may be one, a list, or either by name."""
    if isinstance(given, dict) and "type" not in given:
        given = given[name]
    return given if isinstance(given, list) else [given] if given else []


def rate_of(config: dict[str, Any], settings: dict[str, Any], gpus: int) -> float:
    """Return the rate the optimizer is built with."""
    scale = config.get("auto_scale_lr") or {}
    if "lr" not in settings:
        raise Unrecorded("the optimizer's own default rate")
    rate = float(settings["lr"])
    if scale.get("enable"):
        rate *= float(gpus * config["train_dataloader"]["batch_size"]) / scale["base_batch_size"]
    return rate


def loop_of(config: dict[str, Any], epoch: int) -> tuple[bool, int, int]:
    """Return whether the loop counts epochs, its epochs and its iterations."""
    cfg = config.get("train_cfg") or {}
    if "max_epochs" in cfg and cfg.get("type", "").rpartition(".")[2] == "TrainLoop":  # xtuner's
        return False, 1, int(cfg["max_epochs"] * epoch)
    if "max_epochs" in cfg:
        return True, cfg["max_epochs"], cfg["max_epochs"] * epoch
    if "max_iters" in cfg:
        return False, 1, cfg["max_iters"]
    raise Unrecorded("no length of the run")


def register_own(config: dict[str, Any], kinds: list[dict[str, Any]]) -> None:
    """Register schedulers that the config names and mmengine does not have, or has otherwise."""
    others = config.get("default_scope") == "mmpose"
    for kind in kinds:
        kind["type"] = kind["type"].rpartition(".")[2]
        kind.pop("_scope_", None)
        if others or registry.PARAM_SCHEDULERS.get(kind["type"]) is None:
            for package, module in OWN:
                import_own(package, module)
        if registry.PARAM_SCHEDULERS.get(kind["type"]) is None:
            raise Unrecorded(f"no {kind['type']}")


def import_own(package: str, module: str) -> None:
    """Run a project's module of schedulers with mmengine's registry in the place of its own."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return
    path = f"{spec.submodule_search_locations[0]}/{module.replace('.', '/')}.py"
    if not Path(path).exists():  # another generation of the package
        return
    text = Path(path).read_text(encoding="utf-8")
    text = text.replace(f"from {package}.registry import", "from mmengine.registry import")
    text = text.replace(".register_module()", ".register_module(force=True)")
    space: dict[str, Any] = {"__name__": module}
    exec(compile(text, path, "exec"), space)  # noqa: S102 - the framework's own code is the reference


# -- mmcv 1.x -----------------------------------------------------------------------------------


def plain_optimizers(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the optimizers' settings by name."""
    settings = config.get("optimizer") or config.get("optimizers") or {}
    if "type" in settings or "lr" in settings:
        return {"": settings}
    found = {key: value for key, value in settings.items() if isinstance(value, dict)}
    if not found:
        raise Unrecorded("no optimizer")
    return found


def hook_curve(
    config: dict[str, Any], settings: dict[str, Any], setting: Setting
) -> Iterator[float]:
    """Yield the rate at every iteration of mmcv's runner; after the last it still holds."""
    hooks = importlib.import_module("mmcv.runner.hooks")
    if "lr" not in settings:
        raise Unrecorded("the optimizer's own default rate")
    optimizer = built_optimizer(settings["lr"], settings.get("momentum", 0.0))
    by_iteration, epochs, iters = runner_of(config, setting.epoch)
    runner = types.SimpleNamespace(
        optimizer=optimizer,
        iter=0,
        epoch=0,
        max_epochs=epochs,
        max_iters=iters,
        data_loader=range(setting.epoch),
    )
    kind = "Lr" if setting.param == "lr" else "Momentum"
    hook = hook_of(config, hooks, kind, by_iteration=by_iteration)
    group = optimizer.param_groups[0]
    if hook is not None:
        hook.before_run(runner)
    for k in range(min(iters, setting.limit)):
        runner.iter, runner.epoch = k, k // setting.epoch
        if hook is not None and not by_iteration and k % setting.epoch == 0:
            hook.before_train_epoch(runner)
        if hook is not None:
            hook.before_train_iter(runner)
        yield group[setting.param]
    if iters <= setting.limit:
        yield group[setting.param]


def hook_of(config: dict[str, Any], hooks: Any, kind: str, *, by_iteration: bool) -> Any:
    """Build the updater as BaseRunner.register_lr_hook and register_momentum_hook do."""
    given = dict(config.get(f"{kind.lower()}_config") or {})
    if not given:
        return None
    if by_iteration and kind == "Lr":
        given.setdefault("by_epoch", False)
    policy = given.pop("policy")
    policy = policy.title() if policy == policy.lower() else policy
    name = f"{policy}{kind}UpdaterHook"
    updater = hooks.HOOKS.get(name) or own_hook(name, hooks)
    if isinstance(given.get("target_ratio"), list):
        given["target_ratio"] = tuple(given["target_ratio"])
    return updater(**given)


def own_hook(name: str, hooks: Any) -> Any:
    """Return the hook of a project, from its own module."""
    for package, module in (
        ("mmdet", "core.hook.yolox_lrupdater_hook"),
        ("mmcls", "core.hook.lr_updater"),
        ("mmaction", "core.scheduler.lr_updater"),
    ):
        import_own(package, module)
    found = hooks.HOOKS.get(name)
    if found is None:
        raise Unrecorded(f"no {name}")
    return found


def runner_of(config: dict[str, Any], epoch: int) -> tuple[bool, int, int]:
    """Return whether the runner counts iterations, its epochs and its iterations."""
    runner = config.get("runner") or {}
    epochs = runner.get("max_epochs") or config.get("total_epochs")
    iters = runner.get("max_iters") or config.get("total_iters")
    kind = runner.get("type", "IterBasedRunner" if iters and not epochs else "EpochBasedRunner")
    if "Iter" in kind and iters:
        return True, 1, iters
    if epochs:
        return False, epochs, epochs * epoch
    raise Unrecorded("no length of the run")
