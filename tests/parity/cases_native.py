"""Native schedules that are turned into each framework's own: what is recorded of `--as`.

By a native schedule's name, options to load it with. The awkward ones are those in which
frameworks differ: floors, starts, ends, and lengths that do not go into the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrplot.errors import UsageError
from lrplot.frameworks.native import as_framework, call_for
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

__all__ = ["NATIVES", "RUN", "call_of", "pairs"]

RUN: dict[str, Any] = {"base_lr": 0.1, "max_iters": 60}

_METRICS = [1.0, *[0.9] * 5, *[0.8] * 7, *[0.9] * 20, *[0.7] * 27]
_THEN = (
    {"type": "constant"},
    {"type": "linear"},
    {"type": "linear", "end_lr": 0.01},
    {"type": "poly", "power": 2, "eta_min": 0.001},
    {"type": "poly", "power": 1},
    {"type": "cosine"},
    {"type": "cosine", "eta_min": 0.001},
    {"type": "cosine_restarts", "t_0": 10},
    {"type": "step", "step_size": 15, "gamma": 0.5},
    {"type": "multistep", "milestones": [20, 30], "gamma": 0.5},
    {"type": "exponential", "gamma": 0.95},
    {"type": "inverse_sqrt", "timescale": 20},
    {"type": "wsd", "decay_steps": 20, "decay": "cosine"},
)


def _parts(*schedules: Any, **more: Any) -> dict[str, Any]:
    """Return the options of a composition: keys of a file, as lists of schedules are."""
    return {"set": [f"schedules={list(schedules)!r}", *(f"{k}={v!r}" for k, v in more.items())]}


NATIVES: dict[str, list[dict[str, Any]]] = {
    "constant": [{}],
    "poly": [{}, {"power": 2, "eta_min": 0.001}, {"power": 1}, {"max_iters": 45}, {"cycle": True}],
    "linear": [{}, {"end_lr": 0.01}, {"end_lr": 0.2}],
    "exponential": [{"gamma": 0.95}, {"gamma": 1.01}, {"gamma": 0.0}],
    "natural_exp": [{"gamma": 0.05}],
    "inverse_time": [{"gamma": 0.05}],
    "piecewise": [{"boundaries": [10, 30], "values": [0.2, 0.1, 0.01]}],
    "step": [{"step_size": 20}, {"step_size": 7, "gamma": 0.5}],
    "multistep": [
        {"milestones": [20, 40]},
        {"milestones": [20, 20, 90], "gamma": 0.5},
        {"milestones": [0, 30], "gamma": 0.5},
    ],
    "cosine": [{}, {"eta_min": 0.001}],
    "cosine_restarts": [
        {"t_0": 20},
        {"t_0": 20, "eta_min": 0.001},
        {"t_0": 20, "t_mult": 2},
        {"t_0": 17, "t_mult": 2, "eta_min": 0.001},
    ],
    "noam": [{"d_model": 64, "warmup_steps": 20, "base_lr": 1.0}],
    "inverse_sqrt": [{"warmup_steps": 20}, {}, {"warmup_steps": 10, "timescale": 30}],
    "lambda": [{"factor": "0.95 ** epoch"}, {"factor": "lambda t: 1 / (1 + t)"}],
    "cyclic": [
        {"max_lr": 0.5, "step_size_up": 10},
        {"max_lr": 0.5, "step_size_up": 8, "mode": "triangular2"},
    ],
    "onecycle": [
        {},
        {"anneal": "linear"},
        {"anneal": "linear", "three_phase": True},
        {"three_phase": True, "pct_start": 0.25},
    ],
    "wsd": [
        {"decay_steps": 20},
        {"decay_steps": 20, "warmup_steps": 10},
        {"decay_steps": 20, "warmup_steps": 10, "decay": "cosine", "eta_min": 0.001},
        {"decay_steps": 20, "warmup_steps": 10, "decay": "1-sqrt"},
    ],
    "plateau": [
        {"metrics": _METRICS, "iters_per_epoch": 1, "patience": 2, "factor": 0.5},
        {
            "metrics": _METRICS,
            "iters_per_epoch": 1,
            "patience": 1,
            "mode": "max",
            "cooldown": 2,
            "min_lr": 0.001,
        },
    ],
    "linear_warmup": [
        *({"warmup_steps": 10, "set": [f"then={then!r}"]} for then in _THEN),
        *({"warmup_steps": 10, "warmup_ratio": 0.1, "set": [f"then={then!r}"]} for then in _THEN),
        {"warmup_steps": 0},
        {"warmup_steps": 10, "start_lr": 0.01, "end_lr": 0.05},
    ],
    "constant_warmup": [
        {"warmup_steps": 0, "warmup_ratio": 0.1},
        {"warmup_steps": 10, "warmup_ratio": 0.1},
        {"warmup_steps": 10, "start_lr": 0.01, "set": [f"then={_THEN[5]!r}"]},
    ],
    "exp_warmup": [
        {"warmup_steps": 0, "warmup_ratio": 0.1},
        {"warmup_steps": 10, "warmup_ratio": 0.1},
        {"warmup_steps": 10, "start_lr": 0.01, "set": [f"then={_THEN[5]!r}"]},
    ],
    "anneal": [
        {"milestones": [0, 10, 50], "values": [0.01, 0.1, 0.001]},
        {"milestones": [5, 10, 50], "values": [0.01, 0.1, 0.0], "shape": "cos"},
    ],
    "table": [{"values": [0.1, 0.08, 0.05]}],
    "sequence": [
        _parts({"type": "linear", "end_lr": 0.05}, {"type": "cosine"}, milestones=[20]),
        _parts(
            {"type": "linear", "end_lr": 0.05},
            {"type": "exponential", "gamma": 0.9},
            milestones=[20],
            hand_over="carry",
        ),
    ],
    "chain": [_parts(_THEN[8], _THEN[10])],
    "scale": [{"factor": 0.5}],
    "clip": [{"min_lr": 0.01}],
}


def pairs() -> Iterator[tuple[str, dict[str, Any], Plan]]:
    """Yield every case: the schedule's name, the options, and its native plan."""
    for name, many in NATIVES.items():
        for options in many:
            yield name, options, load(name, **{**RUN, **options})


def call_of(plan: Plan, framework: str) -> str | None:
    """Return the call that is written for a framework, None where it has none."""
    try:
        as_framework(plan, framework)
    except UsageError:
        return None
    return call_for(plan.schedule, plan, framework)
