"""Measure a set of 50 figures against 50 separate runs: `python benchmarks/figures.py`.

A separate run is the quickest of several, as 50 of them would be; the set is drawn into an empty
folder each time, so that every file is written.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNT = 50
AT_MOST = 1 / 8
LRPLOT = [sys.executable, "-m", "lrplot"]


def seconds(*words: str) -> float:
    """Return how long a command takes."""
    start = time.perf_counter()
    subprocess.run([*LRPLOT, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def set_ratio(kind: str, rounds: int = 5) -> float:
    """Return the time of a set over that of as many separate runs, each at its quickest."""
    powers = [1 + number / 10 for number in range(COUNT)]
    entries = "".join(
        f"  f{number}: {{source: poly, power: {power}, output: f{number}.{kind}}}\n"
        for number, power in enumerate(powers)
    )
    Path("figures.yaml").write_text(f"figures:\n{entries}", encoding="utf-8")
    alone, together = [], []
    for number in range(rounds):
        single = ("curve", "poly", "--power", str(powers[number]), "-o", f"alone.{kind}")
        alone += [seconds(*single) for _ in range(2)]
        for path in Path().glob(f"f*.{kind}"):
            path.unlink()
        together.append(seconds("figures", "figures.yaml"))
    return min(together) / (COUNT * min(alone))


def main() -> None:
    """Print a row for each format."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for kind in ("png", "svg"):
            got = set_ratio(kind)
            limit = f"at most {AT_MOST}{'  OVER' if got > AT_MOST else ''}"
            print(f"{COUNT} {kind} figures in a set over separate runs: {got:.3g}, {limit}")
        os.chdir("/")


if __name__ == "__main__":
    main()
