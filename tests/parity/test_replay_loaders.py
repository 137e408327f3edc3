"""lrplot's sums against what real loaders and trainers count."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import lrplot
from lrplot.accounting import EACH_SHARE, Rule
from lrplot.errors import InputError
from lrplot.formats import hf_trainer
from lrplot.formats._shared import openmmlab
from lrplot.loop.stepping import stepped
from lrplot.units import SIZES, Horizon

FOLDER = Path(__file__).parent / "loaders"
RULES: dict[str, Rule] = {
    "torch": EACH_SHARE,
    "mmengine": openmmlab.RULE,
    "lightning": EACH_SHARE,
    "paddlepaddle": EACH_SHARE,
    "transformers": hf_trainer.RULE,
}


def rows(name: str) -> list[dict[str, Any]]:
    found = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return list(found[0]["rows"])


def sizes(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SIZES if name in row}


def horizon(row: dict[str, Any], rule: Rule) -> Horizon | None:
    """Return the run's horizon, None where no batch is whole."""
    try:
        return Horizon(**sizes(row), max_epochs=row["epochs"], rule=rule)
    except InputError:
        return None


@pytest.mark.parametrize("name", RULES)
def test_the_sums_agree_with_what_is_counted(name: str) -> None:
    counted = rows(name)

    for row in counted:
        run = horizon(row, RULES[name])
        batches, updates = row.get("batches"), row.get("updates", row.get("made"))
        assert (run is None) == (not (batches if batches is not None else updates)), row
        if run is not None:
            assert batches in (None, run.batches_per_epoch), row
            assert updates in (None, run.max_iters), row
            assert row.get("made") in (None, run.max_iters), row
    assert len(counted) > 500


def test_a_scheduler_stepped_for_every_process_takes_as_many_steps() -> None:
    for row in rows("accelerate"):
        run = horizon({**row, "gpus": 1}, EACH_SHARE)
        if run is None:
            assert row["updates"] == 0
            continue
        assert run.max_iters == row["updates"], row
        counts = lrplot.Lambda(factor="t")
        meant = lrplot.Plan(schedule=counts, base_lr=1.0, max_iters=row["updates"], horizon=run)
        assert stepped(meant, times=row["gpus"]).lr(row["updates"]) == row["scheduler_steps"], row
