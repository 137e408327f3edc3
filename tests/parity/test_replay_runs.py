"""Real training runs, from the command line to the rate of each update.

LRPLOT_RUNS names another folder of recordings, fresh from `record_runs.py --seed`.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from lrplot.cli import cli
from lrplot.units import Position
from tests.recordings import recorded

if TYPE_CHECKING:
    from collections import Counter

DATA = Path(os.environ.get("LRPLOT_RUNS", Path(__file__).parent / "runs"))
CLOSE = 1e-9  # relative to the rate, or to a thousandth of the largest


CASES = list(recorded(DATA))
RUNS = [param for param in CASES if param.values[0]["lr"]]
REFUSED = [param for param in CASES if not param.values[0]["lr"]]


def words(case: dict[str, Any], folder: Path) -> list[str]:
    """Return the command that asks for the rate of each update."""
    path = folder / case["file"]
    path.write_text(case["text"], encoding="utf-8")
    made = ",".join(map(str, range(len(case["lr"]))))  # of a run that the trainer broke off
    asked = ["--steps", made] if "error" in case and made else ["--every", "1"]
    found = ["table", str(path), *asked, "--format", "csv"]
    for key, value in case["options"].items():
        if key == "drop_last":
            found.append("--drop-last" if value else "--keep-last")
        elif value is True:
            found.append(f"--{key.replace('_', '-')}")
        else:
            for each in value if isinstance(value, list) else [value]:
                found += [f"--{key.replace('_', '-')}", str(each)]
    return found


def printed(text: str) -> list[float]:
    """Return the rates of a table; of several curves the last is what really happens."""
    names, *rows = csv.reader(text.splitlines())
    last = max(i for i, name in enumerate(names) if name not in Position._fields)
    return [float(row[last]) for row in rows]


@pytest.mark.parametrize("case", RUNS)
def test_the_command_prints_the_rate_of_each_update(
    case: dict[str, Any], tmp_path: Path, tally: Counter[tuple[str, str]]
) -> None:
    done = CliRunner().invoke(cli, words(case, tmp_path), prog_name="lrplot")
    assert done.exit_code == 0, done.output
    found = printed(done.stdout)
    wanted = [float.fromhex(rate) for rate in case["lr"]]
    least = 1e-3 * max(wanted)
    after = "error" not in case  # then the last is where it stands after the run
    assert len(found) == len(wanted) + after
    off = {
        step: pair
        for step, pair in enumerate(zip(found, wanted, strict=False))
        if not abs(pair[0] - pair[1]) <= CLOSE * max(pair[1], least)
    }
    assert not off
    name = case["id"].rpartition("-")[0]
    tally[f"{name} runs", "curves"] += 1
    tally[f"{name} runs", "equal"] += found[: len(wanted)] == wanted


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_update_comes_of_is_refused(
    case: dict[str, Any], tmp_path: Path, tally: Counter[tuple[str, str]]
) -> None:
    done = CliRunner().invoke(cli, words(case, tmp_path), prog_name="lrplot")
    assert done.exit_code in (1, 2)
    tally[f"{case['id'].rpartition('-')[0]} runs", "refused"] += 1
