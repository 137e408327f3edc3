"""Record what trainers make of their own config files, as ground truth for the readers of these.

    pip install -r requirements_formats.txt
    python record_formats.py [--format NAME ...] [--seed N] [--cases N] [-o FOLDER]

renews formats/NAME.json.gz. Each format has a module format_NAME.py; see format_case.py. A format
whose framework is not installed is skipped with a line that says so.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import tempfile
import warnings
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from record import write

if TYPE_CHECKING:
    from format_case import File

FORMATS = sorted(
    path.stem.removeprefix("format_")
    for path in Path(__file__).parent.glob("format_*.py")
    if path.stem != "format_case"
)
_ALL = 400  # rates that are kept of a case; of a longer one, these and the last among them


def recorded(module: Any, file: File) -> dict[str, Any]:
    """Run one file: its rates, as far as they go, and the error that ended it if one did."""
    case: dict[str, Any] = {"file": file.name, "text": file.text}
    if file.options:
        case["options"] = file.options
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        path = Path(folder) / file.name
        path.write_text(file.text, encoding="utf-8")
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                rates.extend(map(float, module.rates(path, file.options)))
        except ImportError:
            raise  # what is not installed refuses nothing
        except (Exception, SystemExit) as error:  # noqa: BLE001  what it raises is the record
            case["error"] = f"{type(error).__name__}: {str(error).replace(folder, '')[:200]}"
    return case | _thinned(rates)


def _thinned(rates: list[float]) -> dict[str, Any]:
    """Return the rates as text; of a long run, some in each stretch, with their steps."""
    if len(rates) <= _ALL:
        return {"lr": [rate.hex() for rate in rates]}
    stride = -(-len(rates) // (_ALL // 2))
    steps = sorted(
        {step + near for step in range(0, len(rates) - 1, stride) for near in (0, 1)}
        | {*range(len(rates) - 3, len(rates))}
    )
    return {"steps": steps, "lr": [rates[step].hex() for step in steps], "length": len(rates)}


def sources(module: Any) -> dict[str, str]:
    """Return the versions of what a format is recorded with."""
    found = {}
    for name in module.SOURCES:
        distribution, _, commit = name.partition("@")
        found[distribution] = commit or version(distribution).partition("+")[0]
    return found


def record(name: str, seed: int, count: int) -> list[dict[str, Any]]:
    """Run a format's files, those written by hand and as many drawn ones."""
    module = importlib.import_module(f"format_{name}")
    random = Random(f"{seed}/{name}")  # noqa: S311 - to draw cases, not secrets
    files = [*module.WRITTEN, *(module.drawn(random) for _ in range(count))]
    made = {"sources": sources(module)}
    return [{"id": f"{name}-{i}", **recorded(module, file), **made} for i, file in enumerate(files)]


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--format", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=40, help="drawn configs of each format")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "formats")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    for name in given.format:
        try:
            cases = record(name, given.seed, given.cases)
        except (ImportError, PackageNotFoundError) as error:
            print(f"{name}: skipped, {error}")
            continue
        path = given.output / f"{name}.json.gz"
        write(cases, path)
        stopped = [case["id"] for case in cases if "error" in case]
        print(f"{name}: {len(cases)} cases, {path.stat().st_size // 1000} kB; stopped: {stopped}")


if __name__ == "__main__":
    main()
