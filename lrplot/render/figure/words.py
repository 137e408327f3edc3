"""What is said of a figure: its heading, its description in words, and what it could not draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrplot._lazy import np
from lrplot.render.figure.typed import as_typed
from lrplot.render.figure.view import roundings
from lrplot.render.numbers import rounded
from lrplot.sampling import extremes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from lrplot.plan import Plan
    from lrplot.render.look import Look

__all__ = ["described", "heading", "remarks"]

_TOLD = 8  # lines, of which each is described


def heading(plans: Sequence[Plan], look: Look) -> str:
    """Return the title: the one that is given, else the name of the only line."""
    if look.title is not None:
        return as_typed(look.title)
    return as_typed(plans[0].name) if len(plans) == 1 else ""


def described(plans: Sequence[Plan], look: Look) -> str:
    """Return what the figure shows, for who cannot see it."""
    if look.alt is not None:
        return as_typed(look.alt)
    what = {"lr": "learning rate", "momentum": "momentum"}[look.param[0]]
    unit = "epochs" if all(plan.in_epochs for plan in plans) else "iterations"
    most = max(plan.max_iters for plan in plans)
    head = f"Line chart of the {what} over {most:,} {unit}."
    names = look.label or tuple(plan.name for plan in plans)
    told = zip(names, plans[:_TOLD], strict=False)
    lines = [f"{name} {_course(plan.of(look.param[0]))}." for name, plan in told]
    rest = len(plans) - len(lines)
    lines += [f"And {rest} more lines."] if rest else []
    return as_typed(" ".join([head, *lines]))


def _course(plan: Plan) -> str:
    """Say where a line starts, where it is highest and lowest, and where it ends."""
    floor, top = extremes(plan)
    start, end = (rounded(plan.lr(step)) for step in (0, plan.max_iters))
    if rounded(floor.rate) == rounded(top.rate):
        return f"stays at {start}"
    turns = sorted([(top.step, "peaks at", top.rate), (floor.step, "falls to", floor.rate)])
    between = "".join(
        f", {verb} {rounded(rate)} at step {step:,}"
        for step, verb, rate in turns
        if rounded(rate) not in {start, end}
    )
    return f"starts at {start}{between} and ends at {end}"


def remarks(figure: Figure, plans: Sequence[Plan], look: Look) -> tuple[str, ...]:
    """Return what the reader of a figure should know: what of it could not be drawn."""
    first = f"the phases that are shaded are those of {as_typed(plans[0].name)}"
    others = look.phases and any(plan.phases != plans[0].phases for plan in plans)
    return (*roundings(plans, look), *_undrawn(figure), *[first] * others)


def _undrawn(figure: Figure) -> tuple[str, ...]:
    from matplotlib.text import Text

    from lrplot.render.figure.text import lacking

    found = [
        f"{line.get_label()} is 0 {'throughout' if masked.all() else 'at times'}, which a "
        "logarithmic axis cannot show"
        for axes in figure.axes
        if axes.get_yscale() == "log"
        for line in axes.lines
        for masked in [np.asarray(line.get_ydata()) <= 0]
        if masked.any() and not str(line.get_label()).startswith("_")
    ]
    missing = {
        char
        for text in figure.findobj(Text)
        if isinstance(text, Text)
        for char in lacking(text.get_text(), tuple(text.get_fontfamily()))
    }
    if missing:
        shown = "".join(sorted(missing)[:20])
        found.append(f"no font is installed that has {shown}: boxes stand in their place")
    return tuple(dict.fromkeys(found))
