"""Every recorded curve of a real framework, held against what lrplot says of the same call.

LRPLOT_RECORDINGS names another folder of recordings, fresh from `record.py --seed`.
"""

from __future__ import annotations

import gzip
import json
import math
import os
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lrplot.errors import InputError
from lrplot.source import load

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from lrplot.plan import Plan

DATA = Path(os.environ.get("LRPLOT_RECORDINGS", Path(__file__).parent / "data"))
MODULES = {"hf": "transformers"}  # recordings that go by another name than the module
REFUSED_AT_ONCE = {"timm-awkward-19"}  # the framework fails at the first step, over a type
LEFT_OUT = "required positional argument: 'optimizer'"  # lrplot takes it as written


def recorded() -> Iterator[Any]:
    for path in sorted(DATA.glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())):
            yield pytest.param(case, id=case["id"])


def plan_of(case: dict[str, Any]) -> Plan:
    names = ("base_lr", "max_iters", "iters_per_epoch", "metrics")
    options = {name: case[name] for name in names if name in case}
    framework = MODULES.get(case["framework"], case["framework"])
    return load(case["expr"], as_=framework, **options).of(case["param"])


def rates(case: dict[str, Any]) -> Iterator[float]:
    """Yield the recorded rates, up to the first that is none."""
    values = map(float.fromhex, case.get("lr", ()))
    return takewhile(math.isfinite, values)


def is_refused(case: dict[str, Any]) -> bool:
    if case["id"] in REFUSED_AT_ONCE:
        return True
    return bool("error" in case and "lr" not in case and LEFT_OUT not in case["error"])


def has_none(case: dict[str, Any]) -> bool:
    """Say whether at some step there is no rate, or the framework raises."""
    return len(list(rates(case))) < len(case.get("lr", ())) or "raised_at" in case


def is_held(case: dict[str, Any]) -> bool:
    """Say whether only the end has no value: fvcore's, where lrplot holds the last and says so."""
    return bool(case["framework"] == "fvcore" and case["raised_at"] == case["max_iters"])


def is_told_more(case: dict[str, Any]) -> bool:
    """Say whether it raises over the name of a metric, of which --metrics has none."""
    return "KeyError: Excepted key" in str(case.get("error"))


CASES = list(recorded())
CURVES = [param for param in CASES if not is_refused(param.values[0])]
REFUSALS = [param for param in CASES if is_refused(param.values[0])]


@pytest.mark.parametrize("case", CURVES)
def test_a_recorded_curve_is_given_back(
    case: dict[str, Any], tally: Counter[tuple[str, str]]
) -> None:
    plan = plan_of(case)
    wanted = list(rates(case))
    found = [float(rate) for rate in plan.lr(range(len(wanted)))]
    scale = max(map(abs, wanted), default=0.0) or 1.0
    off = {
        step: (rate, real)
        for step, (rate, real) in enumerate(zip(found, wanted, strict=True))
        if not abs(rate - real) <= case["rtol"] * max(abs(real), 1e-9 * scale)
    }
    assert not off
    tally[case["framework"], "curves"] += 1
    tally[case["framework"], "equal"] += found == wanted


RAISED = [p for p in CURVES if has_none(p.values[0])]
RAISED = [p for p in RAISED if not is_held(p.values[0]) and not is_told_more(p.values[0])]


@pytest.mark.parametrize("case", RAISED)
def test_where_the_framework_raises_there_is_no_rate(case: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        plan_of(case).lr(len(list(rates(case))))


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_framework_refuses_is_refused(
    case: dict[str, Any], tally: Counter[tuple[str, str]]
) -> None:
    with pytest.raises(InputError):
        plan_of(case).lr(0)
    tally[case["framework"], "refused"] += 1
