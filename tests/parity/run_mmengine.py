"""Step mmengine's real schedulers as its ParamSchedulerHook does."""

from __future__ import annotations

import importlib
import types
from typing import TYPE_CHECKING, Any

from build import built, held
from run_torch import optimizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "mmengine"
scheduler_module = importlib.import_module("mmengine.optim.scheduler")
optim = importlib.import_module("mmengine.optim")
Runner: Any = importlib.import_module("mmengine.runner").Runner
BaseLoop: Any = importlib.import_module("mmengine.runner.base_loop").BaseLoop
Hook: Any = importlib.import_module("mmengine.hooks").ParamSchedulerHook

KINDS = [name for name in dir(scheduler_module) if name.endswith(("LR", "Momentum"))]


def on_optimizer(function: Any, optimizer: Any) -> Any:
    """Let a call leave the optimizer out, as people list schedulers."""

    def call(*args: Any, **kwargs: Any) -> Any:
        given = args if args and args[0] is optimizer else (optimizer, *args)
        return function(*given, **kwargs)

    return call


def names(optimizer: Any) -> dict[str, Any]:
    """Name the schedulers, bare and qualified."""
    kinds: dict[str, Any] = {}
    for name in KINDS:
        kind = getattr(scheduler_module, name)
        kinds[name] = on_optimizer(kind, optimizer)
        if hasattr(kind, "build_iter_from_epoch"):
            kinds[name].build_iter_from_epoch = on_optimizer(kind.build_iter_from_epoch, optimizer)
    space = types.SimpleNamespace(**kinds)
    space.scheduler = types.SimpleNamespace(**kinds)
    return {**kinds, "optimizer": optimizer, "mmengine": types.SimpleNamespace(optim=space)}


def runner_of(request: Request) -> Any:
    """Stand in for a Runner about to train: its loop is built, and knows the run's length."""
    length = request.iters_per_epoch or 1
    loop = type("Loop", (BaseLoop,), {"__init__": lambda _: None, "run": lambda _: None})
    return types.SimpleNamespace(
        _train_loop=loop(),
        max_iters=request.max_iters,
        max_epochs=request.max_iters // length,
        train_dataloader=range(length),
        logger=types.SimpleNamespace(debug=print_nothing),
    )


def print_nothing(message: str) -> None:
    """Take a debug message."""
    del message


def curve(request: Request) -> Iterator[float]:
    """Yield what the optimizer holds at every iteration, and after the last."""
    optimizer = optimizer_of(request)
    wrapper = optim.OptimWrapper(optimizer)
    runner, hook = runner_of(request), Hook()
    given = built(request.expr, names(wrapper))
    runner.param_schedulers = Runner._build_param_scheduler(runner, given, wrapper)
    yield held(optimizer, request.param)
    for k in range(request.max_iters):
        optimizer.step()
        hook.after_train_iter(runner, k)
        if (k + 1) % (request.iters_per_epoch or 1) == 0:
            hook.after_train_epoch(runner)
            if request.metrics:
                value = request.metrics[k]
                hook.after_val_epoch(runner, {"loss": value, "acc": value})
        yield held(optimizer, request.param)
