"""Measure the speed budgets, as ratios in one run: `python benchmarks/run.py`.

Each figure is the least time of ours over the least time of the yardstick, the two taken in turns
so that a busy machine slows both. Needs lrplot installed and a POSIX system; the rows against torch
need torch too.
"""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from figures import AT_MOST, COUNT, set_ratio

import lrplot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[[], object]

MATPLOTLIB = """
import matplotlib.pyplot as plt, numpy as np
t = np.arange(1001)
plt.plot(t, 0.1 * (1 - t / 1000) ** 0.9)
plt.savefig("yardstick.png")
"""
COMPLETION = {
    "_LRPLOT_COMPLETE": "bash_complete",
    "COMP_WORDS": "lrplot curve po",
    "COMP_CWORD": "2",
}
LRPLOT = [sys.executable, "-m", "lrplot"]


class Row(NamedTuple):
    """A budget, and what was measured against it."""

    what: str
    against: str
    at_most: float
    ratio: float | None
    note: str = ""


def command(*words: str, env: dict[str, str] | None = None) -> Run:
    """Return a run of a command, its output thrown away."""
    environment = {**os.environ, **(env or {})}

    def run() -> None:
        subprocess.run(words, check=True, env=environment, capture_output=True)

    return run


def python(code: str) -> Run:
    """Return a run of a piece of Python in its own process."""
    return command(sys.executable, "-c", code)


def ratio(ours: Run, yardstick: Run, rounds: int, repeats: int = 1) -> float:
    """Return the least time of ours, run as often in each round, over that of the yardstick."""
    least = [float("inf"), float("inf")]
    for _ in range(rounds):
        for i, run in [*[(0, ours)] * repeats, (1, yardstick)]:
            start = time.perf_counter()
            run()
            least[i] = min(least[i], time.perf_counter() - start)
    return least[0] / least[1]


def commands() -> Iterator[Row]:
    """Measure what starting costs."""
    config = Path("config.yaml")
    config.write_text("schedule: poly\nbase_lr: 0.1\nmax_iters: 1000\n", encoding="utf-8")
    numbers = python("import click, numpy, yaml")
    got = ratio(command(*LRPLOT, "at", "500", str(config)), numbers, 40)
    yield Row("lrplot at 500 config.yaml", "import click, numpy, yaml", 1.25, got)
    click = python("import click")
    for words in (["--help"], ["--version"]):
        got = ratio(command(*LRPLOT, *words), click, 40)
        yield Row(f"lrplot {words[0]}", "import click", 1.3, got)
    got = ratio(command(*LRPLOT, env=COMPLETION), click, 40)
    yield Row("completion of a name", "import click", 1.3, got)


def figures() -> Iterator[Row]:
    """Measure what drawing costs."""
    curve = [*LRPLOT, "curve", "poly", "-o", "x.png"]
    got = ratio(command(*curve), python(MATPLOTLIB), 12)
    yield Row("lrplot curve poly -o x.png", "the shortest matplotlib script", 1.2, got)
    cyclic = [*LRPLOT, "curve", "poly", "--cycle", "-o", "x.png", "--max-iters"]
    long, short = command(*cyclic, "1000000000000"), command(*cyclic, "1000")
    yield Row("a figure over 10^12 iterations", "over 10^3", 1.1, ratio(long, short, 15))
    yield Row("its memory", "over 10^3", 1.1, resident(*cyclic, "1e12") / resident(*cyclic, "1e3"))
    for kind in ("png", "svg"):
        what, against = f"{COUNT} {kind} figures in a set", "as many runs of lrplot curve"
        yield Row(what, against, AT_MOST, set_ratio(kind))


def values() -> Iterator[Row]:
    """Measure what evaluating and writing cost."""
    steps = np.arange(10**7)
    schedule = lrplot.Poly(max_iters=10**7, power=0.9, eta_min=0.001)
    plan = lrplot.Plan(schedule=schedule, base_lr=0.1, max_iters=10**7)

    def plain() -> object:
        return (0.1 - 0.001) * (1 - steps / 10**7) ** 0.9 + 0.001

    note = f"peak {peak(lambda: plan.lr(steps)) / steps.nbytes - 1:.2f} arrays beside the result"
    got = ratio(lambda: plan.lr(steps), plain, 20)
    yield Row("10^7 steps of poly", "the plain numpy expression", 1.0, got, note)
    yield csv_row()
    yield from torch_rows()


def csv_row() -> Row:
    """Measure a CSV of a million steps."""
    table = [*LRPLOT, "table", "poly", "--max-iters", "1000000", "--every", "1", "--format", "csv"]
    steps = np.arange(10**6 + 1)
    columns = np.column_stack([steps, 0.1 * (1 - steps / 10**6) ** 0.9])
    got = ratio(command(*table), lambda: np.savetxt(io.BytesIO(), columns, delimiter=","), 5)
    return Row("CSV of 10^6 steps", "numpy.savetxt of the same columns", 0.5, got)


STEPS = 160_000
CALLS = (
    "PolynomialLR(optimizer, 160_000, 0.9)",
    "OneCycleLR(optimizer, 0.1, 160_000)",
    "LambdaLR(optimizer, lambda e: 0.99 ** e)",
    "LambdaLR(optimizer, lambda e: 0.5 * (1 + math.cos(math.pi * e / 160_000)))",
    "LambdaLR(optimizer, lambda e: e / 500 if e < 500 else (500 / e) ** 0.5)",
    "MultiplicativeLR(optimizer, lambda e: 1 - 1 / (e + 10))",
    "SequentialLR(optimizer, [LinearLR(optimizer, 0.1), CosineAnnealingLR(optimizer, 10**5)], [5])",
)


def torch_rows() -> Iterator[Row]:
    """Measure 160,000 steps of pasted calls against torch, where it is installed."""
    against = "torch stepping an optimizer"
    for call in CALLS:
        what = call.replace("optimizer, ", "")[:32]
        if find_spec("torch") is None:
            yield Row(what, against, 1 / 500, None, "torch is not installed")
            continue
        plan, steps = lrplot.load(call, base_lr=0.1, as_="torch"), np.arange(STEPS)
        got = ratio(partial(plan.lr, steps), partial(torch_steps, call), 3, repeats=20)
        yield Row(what, against, 1 / 500, got, f"1/{1 / got:.0f}")


def torch_steps(call: str) -> None:
    """Build one of the calls above with torch itself, and step it."""
    import torch  # type: ignore[import-not-found,unused-ignore]

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    names = {**vars(torch.optim.lr_scheduler), "optimizer": optimizer, "math": math}
    scheduler = eval(call, names)  # noqa: S307  of the texts above
    for _ in range(STEPS):
        optimizer.step()
        scheduler.step()


def resident(*words: str) -> float:
    """Return the most memory that a command had to itself, in whatever unit the system counts."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_maxrss


def peak(run: Run) -> int:
    """Return the most memory that Python and numpy held while it ran."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def main() -> None:
    """Measure everything in an empty folder and print a row for each budget."""
    print(f"{'what':32}  {'against':34}  {'ratio':>7}  at most")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for rows in (commands(), figures(), values()):
            for row in rows:
                got = "-" if row.ratio is None else f"{row.ratio:.4g}"
                mark = "  OVER" if row.ratio is not None and row.ratio > row.at_most else ""
                limit = f"{row.at_most:.4g}"
                print(
                    f"{row.what:32}  {row.against:34}  {got:>7}  {limit}{mark}  {row.note}".rstrip()
                )
        os.chdir("/")


if __name__ == "__main__":
    main()
