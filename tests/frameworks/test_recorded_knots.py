"""Knots of recorded calls, held against every step: a figure may trust them."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

DATA = Path(__file__).parents[1] / "parity" / "data"
MODULES = {"hf": "transformers", "deepspeed": "deepspeed", "timm": "timm", "fvcore": "fvcore"}
TINY = 1e-12  # of the largest rate: what rounding may do


def recorded() -> Iterator[Any]:
    for name in MODULES:
        for case in json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes())):
            if "error" not in case:
                yield pytest.param(case, id=case["id"])


CASES = list(recorded())


def plan_of(case: dict[str, Any]) -> Plan:
    names = ("base_lr", "max_iters", "iters_per_epoch", "metrics")
    options = {name: case[name] for name in names if name in case}
    return load(case["expr"], as_=MODULES[case["framework"]], **options).of(case["param"])


def dense(plan: Plan) -> tuple[np.ndarray[Any, Any], set[int]]:
    """Return the rate at every step to well past the end, and the knots."""
    end = 2 * plan.max_iters
    try:
        rates = plan.lr(range(end + 1))
    except InputError:  # nothing beyond the end
        end = plan.max_iters
        rates = plan.lr(range(end + 1))
    return rates, {step for knot in plan.schedule.knots(end) for step in knot}


@pytest.mark.parametrize("case", CASES)
def test_between_two_knots_a_curve_does_not_turn(case: dict[str, Any]) -> None:
    rates, knots = dense(plan_of(case))
    change = np.diff(rates)
    change[np.abs(change) <= TINY * np.abs(rates).max()] = 0
    edges = sorted({0, *knots, *(knot - 1 for knot in knots if knot), len(rates) - 1})
    turning = [
        (start, stop)
        for start, stop in pairwise(edges)
        if len({*np.sign(change[start:stop]).tolist()} - {0.0}) > 1
    ]
    assert not turning


@pytest.mark.parametrize("case", CASES)
def test_every_jump_is_at_a_knot(case: dict[str, Any]) -> None:
    rates, knots = dense(plan_of(case))
    change = np.abs(np.diff(rates, prepend=rates[0], append=rates[-1]))
    beside = np.maximum(change[:-2], change[2:])
    least = TINY * np.abs(rates).max()
    jumps = {int(step) for step in np.flatnonzero(change[1:-1] > 3.5 * beside + least) + 1}
    assert not jumps - knots


@pytest.mark.parametrize("case", CASES)
def test_knots_lie_within_what_was_asked(case: dict[str, Any]) -> None:
    plan = plan_of(case)
    for end in (0, 1, plan.max_iters):
        assert all(0 <= k[0] <= k[-1] <= end for k in plan.schedule.knots(end) if len(k))
