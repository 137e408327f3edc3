"""`lrplot curve`: a figure."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.options import SourceCommand, load_plans, print_notes, source_argument
from lrplot.cli.terminal import show
from lrplot.errors import InputError, ParameterError, Problem, UsageError, Where, option
from lrplot.render.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from lrplot.plan import Plan
    from lrplot.render.look import Look
    from lrplot.schedules.base import Field

__all__ = ["curve"]

_KINDS = (*KINDS, "html")
_ENDINGS = ".png, .svg, .pdf or .html"


class _FigureOption(click.Option):
    """An option that is shown under a heading of its own."""

    section = "Figure options"


class _Curve(SourceCommand):
    """A command that remembers how it was written, and has an option for each field of a look."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the command, which a figure is to remember, and whether it has any option."""
        ctx.meta["lrplot.command"] = shlex.join([*ctx.command_path.split(), *args])
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
    type=click.Choice(_KINDS),
    help="The format, where no file's ending says it.",
)
@click.option(
    "--terminal", cls=_FigureOption, is_flag=True, help="Draw it here, and write no file."
)
@click.pass_context
def curve(
    ctx: click.Context,
    /,
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
    look = _look(given)
    plans = load_plans(sources, given)
    look = _titled(sources, plans, look)
    if terminal:
        with _as_usage():
            show(plans, look)
        print_notes(plans)
        return
    with _as_usage():
        data, notes = _drawn(plans, look, kind, ctx.meta["lrplot.command"])
    if path is None:
        sys.stdout.buffer.write(data)
    else:
        from lrplot.files import write_whole

        write_whole(path, data)
        if sys.stdout.isatty():
            show(plans, look)
    print_notes(plans)
    for note in notes:
        click.echo(f"note: {note}", err=True)
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
        return None, to or _KINDS[0]
    path = Path(output or f"{file_stem(sources)}.{to or _KINDS[0]}")
    ending = path.suffix.lower().removeprefix(".")
    if ending not in _KINDS and (to is None or ending):
        raise UsageError(f"-o {path}: the ending must be {_ENDINGS}")
    if to and ending and to != ending:
        raise UsageError(f"-o {path} says {ending}, --to says {to}: give one of the two")
    return path, to or ending


def _look(given: dict[str, Any]) -> Look:
    """Take the options of a look from all that are given."""
    from lrplot.render.look import as_look, look_fields

    taken = {field.name: given.pop(field.name, None) for field in look_fields()}
    try:
        return as_look({key: value for key, value in taken.items() if value not in (None, ())})
    except InputError as error:
        raise UsageError(_as_options(error)) from None


def _titled(sources: Sequence[str], plans: list[Plan], look: Look) -> Look:
    """Return the look with the title that it has where nobody gives one."""
    import msgspec

    from lrplot.render.naming import title_of

    if look.title is not None:
        return look
    return msgspec.structs.replace(look, title=title_of(sources, plans))


def _drawn(plans: list[Plan], look: Look, kind: str, command: str) -> tuple[bytes, tuple[str, ...]]:
    """Return the figure's bytes, and what of it could not be drawn."""
    if kind == "html":
        from lrplot.render.html import page

        return page(plans, look, command).encode(), ()
    from lrplot.render.figure import drawing

    figure = drawing(plans, look)
    return figure.encoded(kind, command), figure.notes


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
