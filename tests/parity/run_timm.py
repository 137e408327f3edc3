"""Step timm's real schedulers as its training script does."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build import built, held
from run_torch import optimizer_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from draw import Request

DISTRIBUTION = "timm"


def scheduler_package() -> Any:
    """Import timm.scheduler without the models, which need torchvision."""
    found = importlib.util.find_spec("timm")
    if found is None or found.origin is None:
        raise ImportError("no module named 'timm'")
    bare = types.ModuleType("timm")
    bare.__path__ = [str(Path(found.origin).parent)]
    sys.modules["timm"] = bare
    return importlib.import_module("timm.scheduler")


schedulers = scheduler_package()
NAMES = {
    "timm": types.SimpleNamespace(scheduler=schedulers),
    **{name: getattr(schedulers, name) for name in dir(schedulers) if name.endswith("Scheduler")},
}


def curve(request: Request) -> Iterator[float]:
    """Yield what the optimizer holds: as built, then after step(k) or step_update(k)."""
    optimizer = optimizer_of(request)
    scheduler = built(request.expr, {**NAMES, "optimizer": optimizer})
    step = scheduler.step if scheduler.t_in_epochs else scheduler.step_update
    yield held(optimizer, request.param)
    for k in range(1, request.max_iters + 1):
        optimizer.step()
        step(k, *request.metrics[k - 1 : k])
        yield held(optimizer, request.param)
