"""`lrplot figures`: all the figures that a file lists."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from lrplot.cli.messages import say_notes
from lrplot.errors import InputError, Problem, UsageError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lrplot.figures.document import Figure
    from lrplot.figures.making import Drawing

__all__ = ["figures"]


@click.command(short_help="Make or check all the figures that a file lists.")
@click.argument("file", type=click.Path())
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is stale or missing.")
def figures(file: str, names: tuple[str, ...], *, check: bool) -> None:
    """Make every figure that FILE lists (docs/figures.yaml), or those of these names.

    A NAME may be a pattern: 'formats/*'. Only files that change are written; where a figure cannot
    be made, the others still are.
    """
    from pathlib import Path

    from lrplot.figures.document import read_figures

    chosen = _chosen(read_figures(Path(file)), names)
    if check:
        _check(chosen, file)
    else:
        _make(chosen)


def _chosen(every: list[Figure], patterns: tuple[str, ...]) -> list[Figure]:
    """Return the figures whose names match, in their order; each pattern must match one."""
    from fnmatch import fnmatchcase

    names = list(dict.fromkeys(figure.name for figure in every))
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = suggest(pattern, names) or f"there is {', '.join(names)}"
            raise UsageError(f"no figure is called '{pattern}'", hint)
    return [
        figure
        for figure in every
        if not patterns or any(fnmatchcase(figure.name, pattern) for pattern in patterns)
    ]


def _check(chosen: Sequence[Figure], file: str) -> None:
    """Name each figure whose file is not what would be drawn."""
    from lrplot.figures.making import check

    problems = [problem for figure in chosen for problem in check(figure)]
    if problems:
        last = problems[-1]
        hint = "\n  ".join(filter(None, (last.hint, f"renew: lrplot figures {file}")))
        raise InputError([*problems[:-1], last._replace(hint=hint)])
    click.echo(f"{_counted(chosen)}: all fresh", err=True)


def _make(chosen: Sequence[Figure]) -> None:
    """Draw the figures, and write those whose files hold something else."""
    from lrplot.figures.making import drawings, workers_for, write

    problems: list[Problem] = []
    done: Counter[str] = Counter()
    drawn = drawings(chosen, workers_for(len(chosen)))
    for figure, drawing in zip(chosen, _with_progress(drawn, len(chosen)), strict=True):
        result, wrong = write(figure.path, drawing)
        problems += wrong
        done[result] += 1
        say_notes(f"{figure.path}: {text}" for text in getattr(drawing, "notes", ()))
        if result == "written":
            click.echo(f"wrote {figure.path}", err=True)
    results = ", ".join(f"{number} {result}" for result, number in done.items())
    click.echo(f"{_counted(chosen)}: {results}", err=True)
    if problems:
        raise InputError(problems)


def _with_progress(drawn: Iterator[Drawing], total: int) -> Iterable[Drawing]:
    """Show how far it is, where a person is watching."""
    if not sys.stderr.isatty():
        return drawn
    from rich.console import Console
    from rich.progress import track

    return track(drawn, "drawing", total, transient=True, console=Console(stderr=True))


def _counted(chosen: Sequence[Figure]) -> str:
    return "1 file" if len(chosen) == 1 else f"{len(chosen)} files"
