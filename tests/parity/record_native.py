"""Record what real frameworks make of the calls that `--as` writes for native schedules.

    python record_native.py [--framework NAME ...] [-o FILE]

lrplot, installed beside the frameworks, writes each call; the framework builds and steps it. The
same versions give the same bytes, in native.json.gz.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import record
from cases_native import RUN, call_of, pairs
from draw import Request

from lrplot.frameworks import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNERS = {"transformers": "hf"}  # that go by another name than lrplot's module


def recorded(framework: str) -> Iterator[dict[str, Any]]:
    """Yield a record for every native schedule: the call's, or that the framework has none."""
    name = RUNNERS.get(framework, framework)
    runner = importlib.import_module(f"run_{name}")
    rtol = getattr(importlib.import_module(f"cases_{name}"), "RTOL", 1e-9)
    for i, (native, options, plan) in enumerate(pairs()):
        own = {"native": native, "options": {**RUN, **options}}
        expr = call_of(plan, framework)
        request = Request(
            expr=expr or "",
            max_iters=plan.max_iters,
            base_lr=plan.base_lr,
            metrics=options.get("metrics", ()),
            iters_per_epoch=options.get("iters_per_epoch"),
            rtol=rtol,
        )
        found = record.case(framework, runner, "", request) if expr else {"framework": framework}
        yield {**found, **own, "id": f"{framework}-{native}-{i}"}


def main() -> None:
    """Read the command line and record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--framework", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(__file__).parent / "native.json.gz"
    )
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    cases = [case for framework in given.framework for case in recorded(framework)]
    record.write(cases, given.output)
    written = sum("expr" in case for case in cases)
    print(f"{len(cases)} pairs, {written} calls, {sum('error' in c for c in cases)} raise an error")


if __name__ == "__main__":
    main()
