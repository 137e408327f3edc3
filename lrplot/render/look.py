"""What a figure should look like: one definition of its options, wherever they are written.

The fields of `Look` (type, bounds and description in one annotation) are the options of
`lrplot curve`, the keys of an entry in a list of figures, and the arguments in Python.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from lrplot.errors import InputError, ParameterError, Problem, suggest
from lrplot.schedules.base import Field, as_field, check_value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Limits", "Look", "as_look", "look_fields"]

Limits: TypeAlias = "tuple[str, str]"

_DPI = 150
_MOST_INCHES = 100
_MOST_PIXELS = 10**8


class Look(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a figure looks. A field's unit is how its value is written."""

    title: Annotated[
        str | None, Meta(description="the figure's title; the source's name unless given")
    ] = None
    label: Annotated[
        tuple[str, ...],
        Meta(description="a line's name; one for each, in their order", extra={"unit": "NAME"}),
    ] = ()
    style: Annotated[
        str,
        Meta(description="light, dark or paper, or a style of matplotlib", extra={"unit": "NAME"}),
    ] = "light"
    size: Annotated[str, Meta(description="width and height in inches", extra={"unit": "WxH"})] = (
        "7.2x4.2"
    )
    dpi: Annotated[
        Annotated[int, Meta(ge=20, le=1200)] | None,
        Meta(description=f"pixels in an inch; {_DPI} unless given"),
    ] = None
    width_px: Annotated[
        Annotated[int, Meta(ge=20, le=20_000)] | None,
        Meta(description="pixels across; sets the dpi, and the size stays"),
    ] = None
    transparent: Annotated[bool, Meta(description="no background")] = False
    legend: Annotated[bool, Meta(description="the names of the lines, where there are several")] = (
        True
    )
    xlim: Annotated[
        str,
        Meta(
            description="the part of the run to draw (0..8ep, 50%..)",
            extra={"unit": "FROM..TO"},
        ),
    ] = ".."
    ylim: Annotated[
        str,
        Meta(
            description="the rates to draw, as the axis counts them (0..0.1)",
            extra={"unit": "FROM..TO"},
        ),
    ] = ".."
    log: Annotated[bool, Meta(description="a logarithmic axis for the rate")] = False
    percent: Annotated[bool, Meta(description="axes in percent, of the run and of the peak")] = (
        False
    )
    mark: Annotated[
        tuple[str, ...],
        Meta(
            description="a step to point out with its rate (500, 8ep, 50%)", extra={"unit": "STEP"}
        ),
    ] = ()
    phases: Annotated[
        bool, Meta(description="the phases of the run (warm-up, decay) shaded and named")
    ] = False
    diff: Annotated[bool, Meta(description="the ratio to the first line, in a panel below")] = False
    param: Annotated[
        tuple[Literal["lr", "momentum"], ...],
        Meta(min_length=1, description="what to draw, each in a panel of its own"),
    ] = ("lr",)
    alt: Annotated[
        str | None, Meta(description="what a screen reader says; the curves in words unless given")
    ] = None

    def __post_init__(self) -> None:
        """Check every field against its annotation, then those that belong together."""
        for field in look_fields():
            checked = check_value(field.name, field.type, getattr(self, field.name))
            msgspec.structs.force_setattr(self, field.name, checked)
        if self.dpi is not None and self.width_px is not None:
            raise ParameterError("width_px", "sets the dpi: give one of the two")
        width, height = self.inches
        if width * height * self.resolution**2 > _MOST_PIXELS:
            raise ParameterError("size", f"comes to over {_MOST_PIXELS:,} pixels")
        for name in ("xlim", "ylim"):
            self.limits(name)

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height in inches."""
        try:
            width, height = (float(part) for part in self.size.lower().split("x"))
        except ValueError:
            raise ParameterError(
                "size", f"'{self.size}' is not inches by inches, as 7.2x4.2"
            ) from None
        if not (1 <= width <= _MOST_INCHES and 1 <= height <= _MOST_INCHES):
            raise ParameterError(
                "size", f"'{self.size}' is not between 1 and {_MOST_INCHES} inches"
            )
        return width, height

    @property
    def resolution(self) -> float:
        """Pixels in an inch."""
        return self.width_px / self.inches[0] if self.width_px else self.dpi or _DPI

    def limits(self, name: str) -> Limits:
        """Return the two ends that "xlim" or "ylim" names, each as written, "" where left open."""
        low, dots, high = getattr(self, name).partition("..")
        if not dots:
            raise ParameterError(name, f"'{low}' is not FROM..TO, as 0..100")
        return low.strip(), high.strip()


@cache
def look_fields() -> tuple[Field, ...]:
    """Return the fields of `Look`, read off its annotations."""
    return tuple(
        as_field(info.name, info.type, info.default) for info in msgspec.structs.fields(Look)
    )


def as_look(given: Mapping[str, Any]) -> Look:
    """Return the look that plain values describe: those of a file or of a command.

    A single value may stand for a list of one, and a number for the text it is written as.
    Raises InputError with a Problem for each key that is unknown or has a value it cannot have.
    """
    fields = {field.name: field for field in look_fields()}
    problems = [_unknown(key, tuple(fields)) for key in given if key not in fields]
    values = {}
    for key in given.keys() & fields.keys():
        try:
            values[key] = _checked(fields[key], given[key])
        except ParameterError as error:  # noqa: PERF203  each is told of, not the first alone
            problems += error.problems
    if problems:
        raise InputError(sorted(problems))
    return Look(**values)


def _unknown(key: str, known: tuple[str, ...]) -> Problem:
    hint = suggest(str(key), known) or f"there is {', '.join(known)}"
    return Problem(message="is no option of a figure", key=str(key), hint=hint)


def _checked(field: Field, value: Any) -> Any:
    """Return a value as the field has it, once it is listed or written out where that is meant."""
    if field.type_is(tuple):
        items = value if isinstance(value, (list, tuple)) else (value,)
        value = tuple(map(_as_text, items))
    elif field.type_is(str):
        value = _as_text(value)
    return check_value(field.name, field.type, value)


def _as_text(value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if number else value
