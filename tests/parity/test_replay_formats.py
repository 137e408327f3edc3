"""Every recorded config file, held against the rates that its own trainer gave.

LRPLOT_FORMATS names another folder of recordings, fresh from `record_formats.py --seed`.
"""

from __future__ import annotations

import gzip
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lrplot.plan import Plan

TINY = 1e-12  # of the largest rate: what rounding may do
DATA = Path(os.environ.get("LRPLOT_FORMATS", Path(__file__).parent / "formats"))


def recorded() -> Iterator[Any]:
    for path in sorted(DATA.glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())):
            yield pytest.param(case, id=case["id"])


CASES = list(recorded())


@pytest.fixture
def plan(case: dict[str, Any], tmp_path: Path) -> Plan:
    path = tmp_path / case["file"]
    path.write_text(case["text"], encoding="utf-8")
    return load(path, **case.get("options", {}))


@pytest.mark.parametrize("case", CASES)
def test_a_recorded_config_gives_its_trainers_rates(case: dict[str, Any], plan: Plan) -> None:
    wanted = [float.fromhex(value) for value in case["lr"]]
    found = [float(rate) for rate in plan.lr(range(len(wanted)))]
    top = max(map(abs, wanted)) or 1.0
    off = {
        step: (rate, real)
        for step, (rate, real) in enumerate(zip(found, wanted, strict=True))
        if not abs(rate - real) <= 1e-12 * max(abs(real), 1e-3 * top)
    }
    assert not off


@pytest.mark.parametrize("case", CASES)
def test_its_run_is_as_long_as_the_recording(case: dict[str, Any], plan: Plan) -> None:
    assert plan.max_iters - len(case["lr"]) in {-1, 0} or "total_steps" in case["text"]


@pytest.mark.parametrize("case", CASES)
def test_between_two_knots_its_curve_does_not_turn(case: dict[str, Any], plan: Plan) -> None:
    del case
    end = 2 * plan.max_iters
    rates = plan.lr(range(end + 1))
    knots = {step for knot in plan.schedule.knots(end) for step in knot}
    assert all(0 <= step <= end for step in knots)
    change = np.diff(rates)
    change[np.abs(change) <= TINY * np.abs(rates).max()] = 0
    edges = sorted({0, *knots, *(knot - 1 for knot in knots if knot), end})
    stretches = [{*np.sign(change[a:b]).tolist()} - {0.0} for a, b in pairwise(edges)]
    assert all(len(signs) <= 1 for signs in stretches)
