"""`lrplot list`, `show` and `schema`: what lrplot knows."""

from __future__ import annotations

import click

from lrplot.cli.options import complete_source
from lrplot.errors import UsageError, suggest

__all__ = ["list_", "schema", "show"]


@click.command("list", short_help="List the schedules.")
@click.argument("pattern", default="")
def list_(pattern: str) -> None:
    """List the schedules; with PATTERN, those whose name or summary holds it."""
    from lrplot.render.pages import listing

    found = listing(pattern)
    if not found:
        raise UsageError(f"no schedule matches '{pattern}'", "`lrplot list` names them all")
    click.echo(found, nl=False)


@click.command(short_help="Show a schedule's formula, parameters and example.")
@click.argument("name", shell_complete=complete_source)
def show(name: str) -> None:
    """Show the formula, parameters and an example of the schedule called NAME."""
    from lrplot.render.pages import page
    from lrplot.schedules import by_name

    if name not in by_name:
        hint = suggest(name, by_name) or "`lrplot list` names them all"
        raise UsageError(f"no schedule is called '{name}'", hint)
    click.echo(page(by_name[name]), nl=False)


@click.command(short_help="Print the JSON Schema of spec files.")
def schema() -> None:
    """Print the JSON Schema of native spec files, for editors to complete and check with."""
    import json

    from lrplot.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
