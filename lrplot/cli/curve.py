"""`lrplot curve`: a figure."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.messages import rows, say_notes
from lrplot.cli.options import (
    SourceCommand,
    conventions_of,
    notes_of,
    source_argument,
)
from lrplot.cli.terminal import show
from lrplot.errors import InputError, ParameterError, Problem, UsageError, Where, option
from lrplot.render.kinds import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from lrplot.figures.request import Request, Resolved
    from lrplot.schedules.base import Field

__all__ = ["curve"]

_ENDINGS = f"{', '.join(f'.{kind}' for kind in FORMATS[:-1])} or .{FORMATS[-1]}"


class _FigureOption(click.Option):
    """An option that is shown under a heading of its own."""

    section = "Figure options"


class _Curve(SourceCommand):
    """A command that has an option for each field of a look."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note whether there is any option."""
        ctx.meta["lrplot.optioned"] = any(arg.startswith("-") for arg in args)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options of a look among the others, if there is any option at all."""
        looks = _look_options() if ctx.meta.get("lrplot.optioned") else []
        return [*super().get_params(ctx), *looks]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete an option among all of them."""
        ctx.meta["lrplot.optioned"] |= incomplete.startswith("-")
        return super().shell_complete(ctx, incomplete)


@cache
def _look_options() -> list[click.Parameter]:
    from lrplot.render.look import look_fields

    return [_look_option(field) for field in look_fields()]


def _look_option(field: Field) -> _FigureOption:
    """Return the option that a field of a look is set by."""
    name, text = option(field.name), f"{field.description[0].upper()}{field.description[1:]}."
    if field.type_is(bool):
        names = f"{name}/--no-{field.name}" if field.default else name
        return _FigureOption([names], is_flag=True, default=None, help=text)
    kind = click.Choice(field.choices()) if field.choices() else int if field.type_is(int) else str
    shown = field.unit or ("N" if kind is int else None if field.choices() else field.metavar())
    several = field.type_is(tuple)
    return _FigureOption([name], type=kind, multiple=several, metavar=shown, help=text)


@click.command(cls=_Curve, short_help="Draw a figure (PNG, SVG, PDF or a page).")
@source_argument
@click.option(
    "-o",
    "--output",
    cls=_FigureOption,
    metavar="FILE",
    help=f"Where to: NAME{_ENDINGS}; - is stdout.",
)
@click.option(
    "--to",
    cls=_FigureOption,
    type=click.Choice(FORMATS),
    help="The format, where no file's ending says it.",
)
@click.option(
    "--terminal", cls=_FigureOption, is_flag=True, help="Draw it here, and write no file."
)
def curve(
    sources: tuple[str, ...],
    *,
    output: str | None,
    to: str | None,
    terminal: bool,
    **given: Any,
) -> None:
    """Draw the curve of each SOURCE, a schedule's name or a file, into one figure.

    An option given several times (--power 0.5 --power 2) draws a curve for each value. The figure
    goes to NAME.png in the current folder, NAME being the source's, unless -o says otherwise. On a
    terminal it is drawn there too. A .html is a page to hover over and zoom into.
    """
    if terminal and (output or to):
        raise UsageError("--terminal writes no file: leave out -o and --to")
    path, kind = _output(output, to, sources)
    request = _request(sources, given)
    figure = request.resolved()
    if terminal:
        _show(figure, notes := [*notes_of(figure.plans), *figure.roundings])
        say_notes(notes)
        return
    with _as_usage():
        image = figure.image(kind)
    notes = [*conventions_of(figure.plans), *notes_of(figure.plans), *image.notes]
    _put(image.data, path)
    if path is not None and sys.stdout.isatty():
        _show(figure, notes)
    say_notes(notes)
    if path is not None:
        click.echo(f"wrote {path}", err=True)


def _output(
    output: str | None, to: str | None, sources: tuple[str, ...]
) -> tuple[Path | None, str]:
    """Return the file to write, None being stdout, and its format, before any work is done."""
    from pathlib import Path

    from lrplot.render.naming import file_stem

    if output == "-":
        if sys.stdout.isatty():
            raise UsageError("-o - writes a file's bytes, which a terminal cannot show")
        return None, to or FORMATS[0]
    path = Path(output or f"{file_stem(sources)}.{to or FORMATS[0]}")
    ending = path.suffix.lower().removeprefix(".")
    if ending not in FORMATS and (to is None or ending):
        raise UsageError(f"-o {path}: the ending must be {_ENDINGS}")
    if to and ending and to != ending:
        raise UsageError(f"-o {path} says {ending}, --to says {to}: give one of the two")
    return path, to or ending


def _request(sources: tuple[str, ...], given: dict[str, Any]) -> Request:
    """Return what is asked for: what is given of a look, and what overrides the sources."""
    from lrplot.figures.request import Request
    from lrplot.render.look import as_look, look_fields

    chosen = {key: value for key, value in given.items() if value not in (None, ())}
    looks = {field.name for field in look_fields()}
    try:
        look = as_look({key: value for key, value in chosen.items() if key in looks})
    except InputError as error:
        raise UsageError(_as_options(error)) from None
    options = {key: value for key, value in chosen.items() if key not in looks}
    return Request(sources=sources, options=options, look=look)


def _put(data: bytes, path: Path | None) -> None:
    """Write a file whole, or to stdout."""
    if path is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from lrplot.files import write_whole

    write_whole(path, data)


def _show(figure: Resolved, notes: Iterable[str]) -> None:
    """Draw the curves here, with room for the notes below them."""
    with _as_usage():
        show(figure.plans, figure.look, rows(notes))


@contextmanager
def _as_usage() -> Iterator[None]:
    """Say of a look that does not fit the plans what its user got wrong."""
    try:
        yield
    except ParameterError as error:
        raise UsageError(_as_options(error)) from None


def _as_options(error: InputError) -> Iterator[Problem]:
    """Say the problems of a look as its user wrote it: as options."""
    for problem in error.problems:
        yield problem._replace(key="", where=Where(option(problem.key)))
