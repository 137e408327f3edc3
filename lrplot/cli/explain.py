"""`lrplot explain`: how the source was understood."""

from __future__ import annotations

from typing import Any

import click

from lrplot.cli.options import SourceCommand, load_plans, source_argument

__all__ = ["explain"]


@click.command(cls=SourceCommand, short_help="Say how a source was understood.")
@click.argument(
    "sources", nargs=-1, required=True, shell_complete=source_argument, metavar="SOURCE..."
)
@click.option("--spec", "as_spec", is_flag=True, help="Print it as a native spec, in YAML.")
def explain(sources: tuple[str, ...], *, as_spec: bool, **given: Any) -> None:
    """Say how each SOURCE was understood: its phases, its convention, and what was assumed."""
    from lrplot.render.explain import as_text, as_yaml

    plans = load_plans(sources, given)
    click.echo("\n".join(map(as_yaml if as_spec else as_text, plans)), nl=False)
