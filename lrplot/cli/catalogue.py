"""`lrplot list`, `show` and `schema`: what lrplot knows."""

from __future__ import annotations

import click

from lrplot.cli.options import complete_source
from lrplot.errors import UsageError

__all__ = ["list_", "schema", "show"]


@click.command("list", short_help="List the schedules, calls and formats it knows.")
@click.argument("pattern", default="")
def list_(pattern: str) -> None:
    """List the schedules, the frameworks whose calls can be pasted, and the formats of files.

    With PATTERN, those whose name or summary holds it, each call by itself.
    """
    from lrplot.render.catalogue import listing

    found = listing(pattern)
    if not found:
        raise UsageError(f"nothing matches '{pattern}'", "`lrplot list` names them all")
    click.echo(found, nl=False)


@click.command(short_help="Show a schedule's formula, parameters and example.")
@click.argument("name", shell_complete=complete_source)
def show(name: str) -> None:
    """Show what NAME is: a schedule's formula, parameters and example, a call, a format.

    A call that several frameworks have is shown for each; torch.StepLR is one of them.
    """
    from lrplot.render.catalogue import shown

    click.echo(shown(name), nl=False)


@click.command(short_help="Print the JSON Schema of spec files.")
def schema() -> None:
    """Print the JSON Schema of native spec files, for editors to complete and check with."""
    import json

    from lrplot.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
