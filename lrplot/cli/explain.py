"""`lrplot explain`: how the source was understood."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import click

from lrplot.cli.options import SourceCommand, load_plans, source_argument

__all__ = ["explain"]


@click.command(cls=SourceCommand, short_help="Say how a source was understood.")
@source_argument
@click.option("--spec", "as_spec", is_flag=True, help="Print it as a native spec, in YAML.")
def explain(sources: tuple[str, ...], *, as_spec: bool, **given: Any) -> None:
    """Say how each SOURCE was understood: its phases, its convention, and what was assumed."""
    from lrplot.render.explain import as_text, as_yaml

    plans = load_plans(sources, given)
    if as_spec:
        texts = list(map(as_yaml, plans))
    else:
        texts = [as_text(plan, before) for before, plan in pairwise([None, *plans]) if plan]
        texts += _partings(sources, given)
    click.echo("\n".join(texts), nl=False)


def _partings(sources: tuple[str, ...], given: dict[str, Any]) -> list[str]:
    """Say where each framework's curve parts from the one before it, a single one's from ours."""
    from lrplot.loop import LOOP_OPTIONS
    from lrplot.schedules import by_name

    names = given.get("as_") or ()
    looped = any(given.get(key) for key in LOOP_OPTIONS)
    if not names or looped or not all(source in by_name for source in sources):
        return []
    from textwrap import fill

    from lrplot.render.parting import parting

    chosen = [(name,) for name in names] if len(names) > 1 else [(), names]
    each = [load_plans(sources, {**given, "as_": name}) for name in chosen]
    pairs = [pair for before, after in pairwise(each) for pair in zip(before, after, strict=True)]
    return [fill(parting(*pair), 80) + "\n" for pair in pairs]
