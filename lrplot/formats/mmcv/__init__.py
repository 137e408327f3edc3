"""mmcv 1.x's configs: `optimizer` under `lr_config`, as its runners have it.

    optimizer = dict(type="SGD", lr=0.02)
    lr_config = dict(policy="step", step=[8, 11], warmup="linear", warmup_iters=500)
    runner = dict(type="EpochBasedRunner", max_epochs=12)

The hook goes by epochs unless the runner is the IterBasedRunner, which has it go by iterations;
the warm-up counts iterations unless warmup_by_epoch. Without lr_config the rate stays.
Source: mmcv 1.7.2, runner/base_runner.py, iter_based_runner.py and hooks/lr_updater.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrplot.plan import Given, Plan
    from lrplot.syntax.tree import Node

__all__ = ["NAME", "NEEDS", "detect", "loading", "read"]

NAME = "mmcv"
NEEDS = "an mmcv 1.x config has optimizer, lr_config and runner"


def detect(tree: Node) -> str | None:
    """Say by what the tree shows itself to be an mmcv 1.x config; None where it does not."""
    keys = tree.value if isinstance(tree.value, dict) else {}
    if {"optim_wrapper", "param_scheduler", "lr_scheduler"} & keys.keys():
        return None  # mmengine's, with something left over from before; or PaddleSeg's
    lengths = ("runner", "total_epochs", "total_iters")
    beside = [key for key in ("optimizer", "optimizers", *lengths) if key in keys]
    found = ["lr_config"] if "lr_config" in keys else []
    if not beside or not (found or "optimizer_config" in keys or len(beside) > 1):
        return None
    return f"an mmcv 1.x config: it has {' and '.join([*found, *beside][:2])}"


def loading(tree: Node, given: Given) -> dict[str, Any]:
    """Return how the loader makes batches of samples; each is an iteration."""
    from lrplot.formats.mmcv._plan import loading_of

    return loading_of(tree, given)


def read(tree: Node, given: Given) -> Plan:
    """Return the plan of an mmcv 1.x config; raise InputError at what it does not tell."""
    from lrplot.formats.mmcv._plan import plan_of

    return plan_of(tree, given)
