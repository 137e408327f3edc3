"""Record the rate that each update of real training runs used, as ground truth from end to end.

    pip install -r requirements.txt -r requirements_formats.txt
    python record_runs.py [--trainer NAME ...] [--seed N] [--cases N] [-o FOLDER]

renews runs/NAME.json.gz. Each trainer has a module train_NAME.py; see train_case.py. Where a run
has several processes they are real ones, joined by gloo, and the first tells its rates.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import logging
import os
import socket
import tempfile
import warnings
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from record import write
from record_formats import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from train_case import Run

TRAINERS = sorted(
    path.stem.removeprefix("train_")
    for path in Path(__file__).parent.glob("train_*.py")
    if path.stem != "train_case"
)
PROCESSES = (1, 2, 3)


def recorded(module: Any, run: Run) -> dict[str, Any]:
    """Return one run as it is stored: its rates, as far as they go, and what ended it if so."""
    case: dict[str, Any] = {"file": run.file.name, "text": run.file.text, "options": run.options}
    if run.loop:
        case["loop"] = run.loop
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        path = Path(folder) / run.file.name
        path.write_text(run.file.text, encoding="utf-8")
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                rates.extend(map(float, module.rates(path, run)))
        except ImportError:
            raise  # what is not installed refuses nothing
        except (Exception, SystemExit) as error:  # noqa: BLE001  what it raises is the record
            case["error"] = f"{type(error).__name__}: {str(error).replace(folder, '')[:200]}"
    return case | {"lr": [rate.hex() for rate in rates]}


def drawn(name: str, seed: int, count: int, processes: int) -> Iterator[Run]:
    """Yield the runs of a trainer with so many processes."""
    module = importlib.import_module(f"train_{name}")
    random = Random(f"{seed}/{name}/{processes}")  # noqa: S311 - to draw cases, not secrets
    for _ in range(count):
        yield module.drawn(random, processes)


def work(rank: int, port: int, asked: tuple[str, int, int, int], path: Path) -> None:
    """Run all of a trainer's runs in one process of theirs; the first stores them."""
    name, *_, processes = asked
    if processes > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    quieten()
    module = importlib.import_module(f"train_{name}")
    cases = [recorded(module, run) for run in drawn(*asked)]
    if rank == 0:
        path.write_text(json.dumps(cases), encoding="utf-8")


def quieten() -> None:
    """Leave out what trainers say, and graphics cards."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": ""}


def record(name: str, seed: int, count: int) -> list[dict[str, Any]]:
    """Run a trainer's runs, with one process and with several."""
    made = {"sources": sources(importlib.import_module(f"train_{name}"))}
    spawn = importlib.import_module("torch.multiprocessing").spawn
    cases: list[dict[str, Any]] = []
    for processes in PROCESSES:
        with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port, path = free.getsockname()[1], Path(folder) / "cases.json"
            free.close()
            spawn(work, (port, (name, seed, count, processes), path), nprocs=processes)
            cases += json.loads(path.read_text(encoding="utf-8"))
    return [{"id": f"{name}-{i}", **case, **made} for i, case in enumerate(cases)]


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trainer", nargs="+", choices=TRAINERS, default=TRAINERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=40, help="runs with each number of processes")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "runs")
    given = parser.parse_args()
    quieten()
    given.output.mkdir(exist_ok=True)
    for name in given.trainer:
        cases = record(name, given.seed, given.cases)
        path = given.output / f"{name}.json.gz"
        write(cases, path)
        stopped = [case["id"] for case in cases if "error" in case]
        print(f"{name}: {len(cases)} cases, {path.stat().st_size // 1000} kB; stopped: {stopped}")


if __name__ == "__main__":
    main()
