"""Values as CSV, TSV, JSON, JSON Lines or Markdown, streamed: memory does not grow with steps."""

from __future__ import annotations

import json
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from lrplot.errors import UsageError, suggest
from lrplot.render.numbers import exact, rounded
from lrplot.sampling import blocks
from lrplot.units import SIZES, Horizon, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lrplot.plan import Plan

    Rows = Iterator[list[list[Any]]]  # per block of steps, its columns

__all__ = ["FORMATS", "Grid", "columns_of"]


class Grid(NamedTuple):
    """What a table shows: curves by steps, under one parameter's name.

    chosen are the columns, in their order; those that belong there where it is empty. The
    parameter's name stands for every curve.
    """

    plans: tuple[Plan, ...]
    steps: Sequence[int]
    param: str = "lr"
    chosen: tuple[str, ...] = ()

    @property
    def header(self) -> list[str]:
        """The columns' names: step, then lr or each curve's name, then where the step lies."""
        names = self._names
        return [names[place] for place in self._places]

    @property
    def _names(self) -> list[str]:
        names = [plan.name for plan in self.plans] if len(self.plans) > 1 else [self.param]
        return ["step", *_told_apart(names), *self.positions([0])]

    @property
    def _places(self) -> list[int]:
        """Where the chosen columns stand among all; UsageError where one does not."""
        names = self._names
        curves = [*range(1, len(self.plans) + 1)]
        places = {name: [place] for place, name in enumerate(names)} | {self.param: curves}
        unknown = next((name for name in self.chosen if name not in places), None)
        if unknown is not None:
            missing = unknown in Position._fields
            message = "is not known of this run" if missing else "is no column"
            hint = suggest(unknown, places) or f"there is {', '.join(names)}"
            raise UsageError(f"--columns: {unknown} {message}", hint)
        return [place for name in self.chosen or names for place in places[name]]

    def positions(self, steps: Any) -> dict[str, Any]:
        """Return where steps lie, as all the curves have it: epoch, samples, tokens, percent.

        Where a run is counted in steps alone, a step says where it lies: nothing stands beside it
        unless columns are chosen.
        """
        found = self.horizon.positions(steps)
        return found if self.chosen or found.keys() - {"percent"} else {}

    @property
    def horizon(self) -> Horizon:
        """What all the curves' horizons agree on."""
        return _agreed(self.plans)

    def columns(self) -> Rows:
        """Return the columns, block by block, as plain numbers.

        The first block is worked out at once: what has no rate is found before a header is written.
        """
        found = self._blocks()
        return chain(list(islice(found, 1)), found)

    def _blocks(self) -> Rows:
        places = self._places
        for steps in blocks(self.steps):
            rates = [plan.lr(steps).tolist() for plan in self.plans]
            lies = [each.tolist() for each in self.positions(steps).values()]
            found = [steps.tolist(), *rates, *lies]
            yield [found[place] for place in places]


def _agreed(plans: Sequence[Plan]) -> Horizon:
    """Return what all the curves' horizons agree on; sizes go together, as they make one batch."""
    ends = {None if plan.open_end else plan.max_iters for plan in plans}
    epochs = {plan.iters_per_epoch for plan in plans}
    sizes = {tuple(getattr(plan.horizon, name) for name in SIZES) for plan in plans}
    agreed: dict[str, Any] = dict(zip(SIZES, sizes.pop(), strict=True)) if len(sizes) == 1 else {}
    if len(epochs) > 1:
        agreed["dataset_size"] = None
    return Horizon(
        max_iters=ends.pop() if len(ends) == 1 else None,
        iters_per_epoch=epochs.pop() if len(epochs) == 1 else None,
        rule=plans[0].horizon.rule,
        **agreed,
    )


def _told_apart(names: list[str]) -> list[str]:
    """Number the names that a column before them has: JSON keeps one value per name."""
    taken = list(Position._fields)
    for name in names:
        numbered = (f"{name} ({number})" for number in count(2))
        taken.append(next(each for each in chain([name], numbered) if each not in taken))
    return taken[len(Position._fields) :]


def columns_of(grid: Grid) -> list[list[Any]]:
    """Return all the columns of a table that is small enough to be read."""
    parts = list(grid.columns())
    return [[value for part in parts for value in part[i]] for i in range(len(grid.header))]


def _delimited(grid: Grid, out: TextIO, delimiter: str) -> None:
    import csv

    parts = grid.columns()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(grid.header)
    for columns in parts:
        rows = zip(*map(exact, columns), strict=True)
        out.writelines(("\n".join(map(delimiter.join, rows)), "\n"))


def _csv(grid: Grid, out: TextIO) -> None:
    _delimited(grid, out, ",")


def _tsv(grid: Grid, out: TextIO) -> None:
    _delimited(grid, out, "\t")


class _Records(Grid):
    """Rows that carry names, and so all that is known of a step: its percent in any run."""

    __slots__ = ()

    def positions(self, steps: Any) -> dict[str, Any]:
        """Return where steps lie, as all the curves have it."""
        return self.horizon.positions(steps)


def _records(grid: Grid) -> Iterator[str]:
    named = _Records(*grid)
    header, parts = named.header, named.columns()
    return (
        json.dumps(dict(zip(header, row, strict=True)))
        for columns in parts
        for row in zip(*columns, strict=True)
    )


def _jsonl(grid: Grid, out: TextIO) -> None:
    out.writelines(f"{record}\n" for record in _records(grid))


def _json(grid: Grid, out: TextIO) -> None:
    """Write one object: the curves with their conventions and notes, then the rows."""
    curves = [
        {
            "name": plan.name,
            "convention": plan.convention,
            "base_lr": plan.base_lr,
            "max_iters": plan.max_iters,
            "iters_per_epoch": plan.iters_per_epoch,
            "samples_per_iter": plan.horizon.samples_per_iter,
            "derivation": list(plan.horizon.derivation),
            "notes": list(plan.notes),
        }
        for plan in grid.plans
    ]
    records = _records(grid)
    out.write(f'{{"curves": {json.dumps(curves)},\n "rows": [')
    out.writelines(f"{',' if number else ''}\n  {record}" for number, record in enumerate(records))
    out.write("\n]}\n")


def _markdown(grid: Grid, out: TextIO) -> None:
    names, parts = [name.replace("|", "\\|") for name in grid.header], grid.columns()
    out.write(f"| {' | '.join(names)} |\n|{'---:|' * len(names)}\n")
    for columns in parts:
        out.writelines(
            f"| {' | '.join(map(_plain, row))} |\n" for row in zip(*columns, strict=True)
        )


def _plain(value: float) -> str:
    return str(value) if isinstance(value, int) else rounded(value)


FORMATS: dict[str, Callable[[Grid, TextIO], None]] = {
    "csv": _csv,
    "tsv": _tsv,
    "json": _json,
    "jsonl": _jsonl,
    "markdown": _markdown,
}
