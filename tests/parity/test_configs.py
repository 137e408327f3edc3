"""Every recorded config of a project whose builder was run, held against what lrplot reads."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lrplot.source import load

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "configs"


def recorded() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.json.gz")):
        for case in json.loads(gzip.decompress(path.read_bytes())):
            yield pytest.param(case, id=case["file"])


@pytest.mark.parametrize("case", list(recorded()))
def test_a_recorded_config_gives_the_rates_of_its_own_builder(case: dict[str, Any]) -> None:
    options = {key: case[key] for key in ("iters_per_epoch",) if key in case}
    plan = load(FOLDER / case["file"], **options)
    wanted = np.array([float.fromhex(value) for value in case["lr"]])
    given = plan.lr(np.arange(len(wanted)))
    close = 1e-9 * np.maximum(abs(wanted), 1e-6 * abs(wanted).max())
    late = np.flatnonzero(abs(given - wanted) > close)
    assert not late.size, f"step {late[0]}: {given[late[0]]!r}, recorded {wanted[late[0]]!r}"
    assert plan.max_iters == len(wanted) - ("error" not in case)
