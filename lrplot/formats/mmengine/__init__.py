"""mmengine's configs: the rate of `optim_wrapper` under `param_scheduler`, as its Runner has it.

    optim_wrapper = dict(optimizer=dict(type="SGD", lr=0.01))
    param_scheduler = [dict(type="PolyLR", eta_min=1e-4, power=0.9, end=160000, by_epoch=False)]
    train_cfg = dict(type="IterBasedTrainLoop", max_iters=160000)

Of the schedulers in the list those of other parameters are skipped. Without any the rate stays.
Source: mmengine 0.10.7, runner/runner.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "mmengine"
NEEDS = "an mmengine config has optim_wrapper and param_scheduler"


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be an mmengine config; None where it does not."""
    keys = tree.value if isinstance(tree.value, dict) else {}
    found = [key for key in ("optim_wrapper", "param_scheduler") if key in keys]
    beside = [key for key in ("train_cfg", "default_hooks", "default_scope") if key in keys]
    if not found or not (beside or len(found) > 1):
        return None
    return f"an mmengine config: it has {' and '.join([*found, *beside][:2])}"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the loader makes batches of samples; each is an iteration."""
    from lrplot.formats.mmengine._plan import loading_of

    return loading_of(tree, given)


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of an mmengine config; raise InputError at what it does not tell."""
    from lrplot.formats.mmengine._plan import plan_of

    return plan_of(tree, given)
