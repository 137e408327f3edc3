"""`lrplot curve`: a figure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from lrplot.cli.options import SourceCommand, load_plans, print_notes, source_argument
from lrplot.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lrplot.plan import Plan

__all__ = ["curve"]

_MOST_INCHES = 100
_MOST_PIXELS = 10**8


def _size(text: str) -> tuple[float, float]:
    """Turn 7.2x4.2 into a width and a height in inches."""
    try:
        width, height = (float(part) for part in text.lower().split("x"))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not inches by inches, as 7.2x4.2") from None
    if not (1 <= width <= _MOST_INCHES and 1 <= height <= _MOST_INCHES):
        raise click.BadParameter(f"{text!r} is not between 1 and {_MOST_INCHES} inches")
    return width, height


@click.command(cls=SourceCommand, short_help="Draw a figure (PNG, SVG or PDF).")
@source_argument
@click.option("-o", "--output", metavar="FILE", help="Where to: NAME.png, .svg or .pdf.")
@click.option("--title", metavar="TEXT", help="The figure's title; the source's name by default.")
@click.option(
    "--size",
    type=_size,
    default="7.2x4.2",
    show_default=True,
    metavar="WxH",
    help="Width and height in inches.",
)
@click.option(
    "--dpi",
    type=click.IntRange(20, 1200),
    default=150,
    show_default=True,
    metavar="N",
    help="Pixels per inch of a PNG.",
)
@click.option("--log", is_flag=True, help="A logarithmic axis for the rate.")
@click.option(
    "--param",
    type=click.Choice(["lr", "momentum"]),
    default="lr",
    show_default=True,
    help="Which parameter to draw.",
)
def curve(  # noqa: PLR0913  a command's parameters are its options
    sources: tuple[str, ...],
    *,
    output: str | None,
    title: str | None,
    size: tuple[float, float],
    dpi: int,
    log: bool,
    param: str,
    **given: Any,
) -> None:
    """Draw the curve of each SOURCE, a schedule's name or a file, into one figure.

    An option given several times (--power 0.5 --power 2) draws a curve for each value. The figure
    goes to NAME.png in the current folder, NAME being the source's, unless -o says otherwise.
    """
    path = _output(output, sources)
    if path.suffix.lower() == ".png" and size[0] * size[1] * dpi**2 > _MOST_PIXELS:
        raise UsageError(f"a PNG of this --size and --dpi has over {_MOST_PIXELS:,} pixels")
    plans = [plan.of(param) for plan in load_plans(sources, given)]
    from lrplot.render.figure import draw, save

    heading = _title(sources, plans) if title is None else title
    save(draw(plans, title=heading, size=size, dpi=dpi, log=log, param=param), path)
    print_notes(plans)
    click.echo(f"wrote {path}", err=True)


def _output(output: str | None, sources: tuple[str, ...]) -> Path:
    """Return the file to write, refusing an ending that is no format before any work is done."""
    from pathlib import Path

    stems = dict.fromkeys(map(_stem, sources))
    name = "stdin" if sources == ("-",) else "-".join(stems) or "curve"
    path = Path(output or f"{name}.png")
    if path.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise UsageError(f"-o {path}: the ending must be .png, .svg or .pdf")
    return path


def _title(sources: tuple[str, ...], plans: list[Plan]) -> str:
    if len(plans) == 1:
        return plans[0].name
    return ", ".join(dict.fromkeys(map(_stem, sources)))


def _stem(source: str) -> str:
    """Return what a source goes by: a file's name without its ending, the constructor of a call."""
    from pathlib import Path

    from lrplot.source import is_call

    called = re.search(r"(\w+)\s*\(", source)
    return called[1] if called and is_call(source) else Path(source).stem
