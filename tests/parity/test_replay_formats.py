"""Every recorded config file, held against the rates that its own trainer gave.

LRPLOT_FORMATS names another folder of recordings, fresh from `record_formats.py --seed`.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.errors import InputError
from lrplot.source import load
from tests.recordings import recorded

if TYPE_CHECKING:
    from collections import Counter

    from lrplot.plan import Plan

TINY = 1e-12  # of the largest rate: what rounding may do
DATA = Path(os.environ.get("LRPLOT_FORMATS", Path(__file__).parent / "formats"))


CASES = list(recorded(DATA))
RUNS = [param for param in CASES if param.values[0]["lr"]]
REFUSED = [param for param in CASES if not param.values[0]["lr"]]


def opened(case: dict[str, Any], folder: Path) -> Plan:
    path = folder / case["file"]
    path.write_text(case["text"], encoding="utf-8")
    return load(path, **case.get("options", {}))


@pytest.fixture
def plan(case: dict[str, Any], tmp_path: Path) -> Plan:
    return opened(case, tmp_path)


@pytest.mark.parametrize("case", RUNS)
def test_a_recorded_config_gives_its_trainers_rates(
    case: dict[str, Any], plan: Plan, tally: Counter[tuple[str, str]]
) -> None:
    wanted = [float.fromhex(value) for value in case["lr"]]
    steps = case.get("steps", range(len(wanted)))
    found = [float(rate) for rate in plan.lr(np.array(steps))]
    top = max(map(abs, wanted)) or 1.0
    off = {
        step: (rate, real)
        for step, rate, real in zip(steps, found, wanted, strict=True)
        if not abs(rate - real) <= 1e-12 * max(abs(real), 1e-3 * top)
    }
    assert not off
    name = case["id"].rpartition("-")[0]
    tally[name, "curves"] += 1
    tally[name, "equal"] += found == wanted


@pytest.mark.parametrize("case", RUNS)
def test_its_run_is_as_long_as_the_recording(case: dict[str, Any], plan: Plan) -> None:
    length = case.get("length", len(case["lr"]))
    if "error" in case:
        assert plan.max_iters >= length - 1
    else:
        assert plan.max_iters - length in {-1, 0} or "total_steps" in case["text"]


@pytest.mark.parametrize("case", REFUSED)
def test_what_its_trainer_refuses_is_refused(
    case: dict[str, Any], tmp_path: Path, tally: Counter[tuple[str, str]]
) -> None:
    with pytest.raises(InputError):
        opened(case, tmp_path)
    tally[case["id"].rpartition("-")[0], "refused"] += 1


@pytest.mark.parametrize("case", RUNS)
def test_between_two_knots_its_curve_does_not_turn(case: dict[str, Any], plan: Plan) -> None:
    end, rates = _far(plan, len(case["lr"]) - 1)
    knots = {step for knot in plan.schedule.knots(end) for step in knot}
    assert all(0 <= step <= end for step in knots)
    change = np.diff(rates)
    change[np.abs(change) <= TINY * np.abs(rates).max()] = 0
    edges = sorted({0, *knots, *(knot - 1 for knot in knots if knot), end})
    stretches = [{*np.sign(change[a:b]).tolist()} - {0.0} for a, b in pairwise(edges)]
    assert all(len(signs) <= 1 for signs in stretches)


def _far(plan: Plan, recorded: int) -> tuple[int, Any]:
    """Return the rates of twice the run, or of what was recorded where there are none beyond."""
    end = 2 * plan.max_iters
    try:
        return end, plan.lr(range(end + 1))
    except InputError:
        return recorded, plan.lr(range(recorded + 1))
