"""Curves as a page: one file that needs no network, to be hovered over and zoomed into."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from lrplot._lazy import np
from lrplot.errors import ParameterError
from lrplot.render.figure.panels import names_of
from lrplot.render.figure.typed import as_typed
from lrplot.render.figure.words import described
from lrplot.render.look import look_fields
from lrplot.render.palette import DARK, colour, dash
from lrplot.sampling import polyline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lrplot.plan import Plan
    from lrplot.render.look import Look
    from lrplot.schedules.base import Steps

__all__ = ["page"]

_VALUES = 2**15  # in the file, up to which it holds every step of every curve
_COLUMNS = 4000  # evaluated of a longer run, shared among its curves
_FEWEST = 500
_WIDTH = 2  # of a line, in pixels
_HEEDED = {"title", "label", "log", "param", "alt"}  # of a look; a page's reader does the rest


def page(plans: Sequence[Plan], look: Look, command: str = "") -> str:
    """Return the whole of an HTML file with all the curves, the same to the byte every time.

    It remembers the command that made it. Raises ParameterError where the look does not fit the
    plans, or has what a page has not.
    """
    curves = _named(plans, look)
    sampled = _sampled(curves)
    return Template(_asset("page.html")).substitute(
        command=_text(command),
        title=_text(look.title or ""),
        description=_text(described(plans, look)),
        resolution=_resolution(sampled, _end(curves)),
        curves=_in_script(_data(curves, look, sampled)),
        library=_asset("uPlot.iife.min.js"),
        library_licence=_asset("uPlot.LICENSE"),
        library_style=_asset("uPlot.min.css"),
        page_style=_asset("page.css"),
        program=_asset("page.js"),
    )


def _named(plans: Sequence[Plan], look: Look) -> list[Plan]:
    """Return the curves to draw, each by the name that its line has."""
    for field in look_fields():
        if field.name not in _HEEDED and getattr(look, field.name) != field.default:
            raise ParameterError(field.name, "plays no part in a page: leave it out")
    if len(look.param) > 1:
        raise ParameterError("param", "is one for a page: lr or momentum")
    replace, (param,) = msgspec.structs.replace, look.param
    named = zip(plans, names_of(plans, look), strict=True)
    return [replace(plan.of(param), name=name) for plan, name in named]


def _asset(name: str) -> str:
    return files("lrplot.render").joinpath("assets", name).read_text(encoding="utf-8").strip()


def _text(words: str) -> str:
    return escape(as_typed(words))


def _in_script(data: Any) -> str:
    """Return JSON that ends no script and starts no comment in HTML, whatever names are in it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# -- the steps ------------------------------------------------------------------------------------


class _Sampled(NamedTuple):
    """The steps in the file, and the rate of each curve there: None past its end."""

    steps: list[int]
    rates: list[list[float | None]]
    whole: bool  # whether these are all the steps of the run


def _end(plans: Sequence[Plan]) -> int:
    return max(plan.max_iters for plan in plans)


def _sampled(plans: Sequence[Plan]) -> _Sampled:
    """Return every step of a short run; else those that show all the curves, the same for each."""
    end = _end(plans)
    if (end + 1) * len(plans) <= _VALUES:
        every = np.arange(end + 1)
        return _Sampled(every.tolist(), [_rates(plan, every, every) for plan in plans], whole=True)
    columns = max(_FEWEST, _COLUMNS // len(plans))
    lines = [polyline(plan, columns)[0].astype(np.int64) for plan in plans]
    jumps = [line[1:][np.diff(line) == 0] for line in lines]
    steps = np.sort(np.concatenate([np.unique(np.concatenate(lines)), _union(jumps)]))
    before = np.append(np.diff(steps) == 0, False)  # of two rates at a step, the one held until it
    rates = [
        _rates(plan, steps, np.where(before & np.isin(steps, jump), steps - 1, steps))
        for plan, jump in zip(plans, jumps, strict=True)
    ]
    return _Sampled(steps.tolist(), rates, whole=False)


def _union(parts: Iterable[Steps]) -> Steps:
    return np.unique(np.concatenate(list(parts)))


def _rates(plan: Plan, steps: Steps, asked: Steps) -> list[float | None]:
    """Return what a curve has at some steps, asked for at others, as long as it runs."""
    count = int(np.searchsorted(steps, plan.max_iters, side="right"))
    return [*plan.lr(asked[:count]).tolist(), *[None] * (len(steps) - count)]


# -- what the page's program is told --------------------------------------------------------------


def _data(plans: Sequence[Plan], look: Look, sampled: _Sampled) -> dict[str, Any]:
    lengths = {_epoch(plan) for plan in plans}
    return {
        "unit": "epoch" if all(plan.in_epochs for plan in plans) else "iteration",
        "param": "learning rate" if look.param[0] == "lr" else look.param[0],
        "epoch": lengths.pop() if len(lengths) == 1 else None,
        "log": look.log,
        "whole": sampled.whole,
        "steps": sampled.steps,
        "lines": [
            {
                "name": plan.name,
                "epoch": _epoch(plan),
                "colours": [colour(number), colour(number, DARK)],
                "dash": [part * _WIDTH for part in dash(number)],
                "rates": rates,
            }
            for number, (plan, rates) in enumerate(zip(plans, sampled.rates, strict=True))
        ],
    }


def _epoch(plan: Plan) -> int | None:
    """Return the updates in an epoch, where that is known and a step is not one itself."""
    return None if plan.in_epochs else plan.iters_per_epoch


def _resolution(sampled: _Sampled, end: int) -> str:
    if sampled.whole:
        return f"All {end + 1:,} steps are in this file, with every digit of their rates."
    held = len(set(sampled.steps))
    return (
        f"{held:,} of {end + 1:,} steps are in this file, with every digit of their rates; the "
        "read-out goes from one of them to the next, and the line straight, whatever lies between."
    )
