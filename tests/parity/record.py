"""Record what real frameworks give, as ground truth for lrplot.

    python record.py [--framework NAME ...] [--seed N] [--cases N] [-o FOLDER]

Draws schedules as the text people write, builds each with the framework itself, steps it, and
stores the rate of every step as hexadecimal floats in FOLDER/NAME.json.gz. The same seed and
frameworks give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import importlib.metadata
import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from draw import Draw, Request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

FRAMEWORKS = (
    "torch",
    "paddle",
    "mmengine",
    "hf",
    "optax",
    "keras",
    "deepspeed",
    "timm",
    "fvcore",
)


def requests(framework: str, seed: int, count: int) -> Iterator[tuple[str, Request]]:
    """Yield the drawn requests family by family, then the awkward ones asked for on purpose."""
    module = importlib.import_module(f"cases_{framework}")
    families = list(module.FAMILIES.items())
    for i in range(count):
        name, family = families[i % len(families)]
        turn = i // len(families)
        yield f"{framework}-{name}-{turn}", family(Draw(f"{seed}/{framework}/{name}/{turn}"))
    for i, given in enumerate(module.AWKWARD):
        request = given if isinstance(given, Request) else module.awkward(given)
        yield f"{framework}-awkward-{i}", request


def recorded(runner: ModuleType, request: Request) -> dict[str, Any]:
    """Run one request: its curve, and the error that ended it if one did."""
    values: list[str] = []
    try:
        values.extend(value.hex() for value in runner.curve(request))
    except Exception as error:  # noqa: BLE001 - whatever the framework raises is the record
        lines = "".join(map(str, error.args[:1])).strip().splitlines() or [""]
        failure = {"error": f"{type(error).__name__}: {lines[0]}".rstrip(": ")}
        return {**failure, "raised_at": len(values), "lr": values} if values else failure
    return {"lr": values}


def case(framework: str, runner: ModuleType, name: str, request: Request) -> dict[str, Any]:
    """One record, without the fields that say nothing."""
    version = importlib.metadata.version(runner.DISTRIBUTION).split("+")[0]
    optional = {
        "metrics": list(request.metrics),
        "iters_per_epoch": request.iters_per_epoch,
        "optimizer": request.optimizer if request.param == "momentum" else None,
    }
    return {
        "id": name,
        "framework": framework,
        "version": version,
        "expr": request.expr,
        "base_lr": request.base_lr,
        "max_iters": request.max_iters,
        "param": request.param,
        "rtol": request.rtol,
        **{key: value for key, value in optional.items() if value},
        **recorded(runner, request),
    }


def write(cases: list[dict[str, Any]], path: Path) -> None:
    """Store the cases, a line each, compressed without a time stamp."""
    lines = ",\n".join(json.dumps(case, sort_keys=True) for case in cases)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(f"[\n{lines}\n]\n".encode(), mtime=0))


def record(framework: str, seed: int, count: int, folder: Path) -> None:
    """Record one framework, or say that it is absent."""
    try:
        runner = importlib.import_module(f"run_{framework}")
    except ImportError as error:
        print(f"{framework}: skipped, {error}")
        return
    drawn = requests(framework, seed, count)
    cases = [case(framework, runner, name, request) for name, request in drawn]
    path = folder / f"{framework}.json.gz"
    write(cases, path)
    errors = sum("error" in case for case in cases)
    size = path.stat().st_size // 1000
    print(f"{framework}: {len(cases)} cases, {errors} of them errors, {size} kB in {path}")


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--framework", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=120, help="random cases per framework")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "data")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for framework in given.framework:
        record(framework, given.seed, given.cases, given.output)


if __name__ == "__main__":
    main()
