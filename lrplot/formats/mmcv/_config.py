"""`lr_config` and `momentum_config` of mmcv 1.x: from a section to the updater it describes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot.errors import InputError, Problem, suggest
from lrplot.formats._shared.places import placed
from lrplot.formats.mmcv._hooks import LR_HOOKS, MOMENTUM_HOOKS, Progress, hook_of
from lrplot.formats.mmcv._updater import MomentumUpdater, Updater
from lrplot.schedules.decay import Constant
from lrplot.syntax.tree import Node, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrplot.formats._shared.keys import Section
    from lrplot.schedules.base import Schedule

__all__ = ["Run", "by_epoch", "lr_updater", "momentum_updater"]

_WARMUP = ("warmup", "warmup_iters", "warmup_ratio", "warmup_by_epoch")
_KEYS = {
    "every": "step",
    "marks": "step",
    "high": "target_ratio",
    "low": "target_ratio",
    "rates": "max_lr",
    "ratio": "warmup_ratio",
    "up": "step_ratio_up",
}


class Run(NamedTuple):
    """How a run goes by.

    Attributes:
        epochs: its epochs; None where the runner counts iterations, so that none ever begins.
        iters: its length in steps: iterations, or the epochs where nothing needs iterations.
        epoch_length: steps in an epoch, where known.
    """

    epochs: int | None
    iters: int
    epoch_length: int | None

    @property
    def by_iteration(self) -> bool:
        """Whether the runner counts iterations."""
        return self.epochs is None


def by_epoch(config: Section, *, by_iteration: bool) -> bool:
    """Say whether a hook goes by epochs: as written, else as its runner and its policy have it.

    The runner that counts iterations says so to the hook of the rate; that of the momentum goes by
    epochs all the same, of which there are none then.
    """
    by_steps = config.text("policy", "").lower() in {"cyclic", "onecycle"}
    return bool(config.flag("by_epoch", default=not by_iteration and not by_steps))


def lr_updater(config: Section, run: Run, momentum: Schedule | None) -> Schedule:
    """Return the schedule of an `lr_config`; the base rate where it is empty."""
    if not config.entries:
        return Updater(policy=Constant(), length=run.iters, beside=momentum)
    hook = _Hook(config, run, LR_HOOKS, "Lr")
    arguments = hook.arguments()
    if hook.idle:
        return Updater(policy=Constant(), length=run.iters, beside=momentum)
    return Updater(**arguments, beside=momentum)


def momentum_updater(config: Section, run: Run) -> Schedule | None:
    """Return the schedule of a `momentum_config`, if it is not empty."""
    if not config.entries:
        return None
    hook = _Hook(config, run, MOMENTUM_HOOKS, "Momentum")
    arguments = hook.arguments()
    return None if hook.idle else MomentumUpdater(**arguments)


class _Hook:
    """One hook's section, read against the hook's own parameters."""

    def __init__(self, config: Section, run: Run, hooks: Mapping[str, Any], kind: str) -> None:
        self.config, self.run, self.kind = config, run, kind
        self.policy = config.text("policy")
        with placed(config, _KEYS):
            self.hook = hook_of(self.policy, hooks, kind)
        self.by_epoch = by_epoch(config, by_iteration=run.by_iteration and kind == "Lr")

    @property
    def idle(self) -> bool:
        """Whether the hook never sets anything: it waits for epochs that the runner has not."""
        return self.run.by_iteration and self.by_epoch

    def arguments(self) -> dict[str, Any]:
        """Return what the updater is made of."""
        warm = self._warmup()
        progress = Progress(
            by_epoch=self.by_epoch,
            length=(self.run.epochs or 1) if self.by_epoch else self.run.iters,
            max_iters=self.run.iters,
            epoch_length=self.run.epoch_length,
            warmup=warm["warmup"],
            warmup_iters=warm["warmup_iters"],
        )
        with placed(self.config, _KEYS):
            policy = self.hook(**self._own(), run=progress)
        return {
            "policy": policy,
            "tick": (self.run.epoch_length or 1) if self.by_epoch else 1,
            "length": self.run.iters,
            **warm,
        }

    def _own(self) -> dict[str, Any]:
        """Return the policy's own arguments; refuse what is none, and say which is missing."""
        parameters = dict(inspect.signature(self.hook).parameters)
        del parameters["run"]
        known = (
            *parameters,
            *(_WARMUP if self.kind == "Lr" else _WARMUP[:3]),
            "by_epoch",
            "policy",
        )
        found: dict[str, Any] = {}
        for key, node in self.config.entries.items():
            if key not in known:
                hint = suggest(key, known) or f"known: {', '.join(known)}"
                message = f"mmcv's policy {self.policy} has no such parameter, and stops"
                where = self.config.node.keys.get(key, node.where)
                raise InputError([Problem(message, self.config.join(key), where, hint)])
            if key in parameters:
                found[key] = self._plain(key, node)
        for key, parameter in parameters.items():
            if parameter.default is parameter.empty and key not in found:
                raise self.config.wrong(key, f"is missing: the policy {self.policy} needs it")
        return found

    def _plain(self, key: str, node: Node) -> Any:
        if isinstance(node.value, Unknown):
            hint = f"--set {self.config.join(key)}=VALUE says it"
            raise self.config.wrong(key, node.value.reason, hint)
        if isinstance(node.value, tuple):
            return [self._plain(key, item) for item in node.value]
        return node.value

    def _warmup(self) -> dict[str, Any]:
        """Return the warm-up in iterations, checked as mmcv checks it."""
        config = self.config
        if config.get("warmup") is None:
            return {"warmup": "", "warmup_iters": 0}
        form = config.choice("warmup", ("constant", "linear", "exp"))
        iters = config.count("warmup_iters", 0)
        ratio = config.number("warmup_ratio", 0.1 if self.kind == "Lr" else 0.9)
        if iters == 0:
            raise config.wrong("warmup_iters", "must be above 0")
        if not 0 < ratio <= 1:
            raise config.wrong("warmup_ratio", f"must be above 0 and at most 1, got {ratio:g}")
        if config.flag("warmup_by_epoch", default=False):
            if self.run.by_iteration:
                message = "a warm-up by epochs fails with a runner that counts iterations"
                raise config.wrong("warmup_by_epoch", message)
            iters *= self.run.epoch_length or 1
        if self.policy == "YOLOX":
            form = "quadratic"
        return {"warmup": form, "warmup_iters": iters, "ratio": ratio}
