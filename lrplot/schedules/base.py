"""What a schedule is: an immutable value with a formula, its fields' bounds, and its knots."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta

from lrplot.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    Steps: TypeAlias = NDArray[np.int64]
    Rates: TypeAlias = NDArray[np.float64]

__all__ = [
    "Field",
    "Knots",
    "Length",
    "Period",
    "Phase",
    "Rate",
    "Schedule",
    "as_field",
    "check_value",
    "extent_past",
    "fields_of",
    "joined_phases",
    "points",
]

Knots: TypeAlias = "tuple[range, ...]"

# The kinds of value that fields share. `unit` tells readers what a number counts: they turn "8ep"
# into steps where it says "steps". `from` names what the surroundings supply when a file or a
# command leaves the field out; the Python constructor has no surroundings, so it asks.
Rate: TypeAlias = Annotated[float, Meta(ge=0, extra={"unit": "rate"})]
Length: TypeAlias = Annotated[
    int,
    Meta(
        ge=1,
        le=2**53,
        description="steps from start to end (T)",
        extra={"unit": "steps", "from": "max_iters"},
    ),
]
Period: TypeAlias = Annotated[int, Meta(ge=1, le=2**53, extra={"unit": "steps"})]


class Phase(msgspec.Struct, frozen=True):
    """A stretch of the run that a person would name: steps start..end, end not included."""

    name: str
    start: int
    end: int


class Schedule(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """A learning-rate schedule: an immutable, comparable value.

    A subclass is one definition: its fields (type, bounds, unit and help in one annotation) drive
    the constructor's checks, spec files, JSON Schema, command-line options and the `show` page.
    """

    example: ClassVar[dict[str, Any]] = {}

    def __post_init__(self) -> None:
        """Check every field against its annotation, then the fields against each other."""
        for field in fields_of(type(self)):
            checked = field.check(getattr(self, field.name))
            msgspec.structs.force_setattr(self, field.name, checked)
        self.check()

    def check(self) -> None:
        """Raise ParameterError where the fields, each fine alone, do not fit together."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        """Return the rate at each step, given the rate that flows in at each step.

        Args:
            steps: int64, any shape, each >= 0; step t is the (t+1)-th optimizer update.
            base: float64 of the same shape: the optimizer's rate, or another schedule's output.
        """
        raise NotImplementedError

    def knots(self, end: int) -> Knots:
        """Return the steps in [0, end] where the value may jump or kink, as a union of ranges."""
        del end
        return ()

    def uses_base(self) -> bool:
        """Say whether the base rate plays a part; where it does not, nobody is asked for it."""
        return True

    @classmethod
    def room(cls, given: Mapping[str, Any], end: int, index: int) -> int:
        """Return how many of its own steps an inner schedule gets where the outer one gets end.

        given holds the outer schedule's other fields; index counts its inner schedules.
        """
        del index
        return int(-(-end // cls.clock(given)))

    @classmethod
    def clock(cls, given: Mapping[str, Any]) -> int | Fraction:
        """Return how many steps of this schedule make one step of those inside it."""
        del given
        return 1

    def extent(self) -> int:
        """Return a horizon that shows what the schedule does, for when nobody names one."""
        return 1000

    def phases(self, end: int) -> tuple[Phase, ...]:
        """Return the stretches of [0, end) that a person would name."""
        return (Phase(self.name(), 0, end),) if end > 0 else ()

    def momentum(self) -> Schedule | None:
        """Return the schedule of the momentum where this one cycles it, else None."""
        return None

    @classmethod
    def name(cls) -> str:
        """Return the name the schedule goes by in files and on the command line."""
        tag = cls.__struct_config__.tag
        return tag if isinstance(tag, str) else cls.__name__


class Field(msgspec.Struct, frozen=True):
    """One parameter of a schedule, as everything outside the schedule sees it."""

    name: str
    type: Any
    default: Any
    description: str
    unit: str
    source: str  # what the surroundings supply it from ("max_iters"), or ""
    holds: str  # "value", "schedule" or "schedules"

    @property
    def required(self) -> bool:
        """Whether the Python constructor needs it."""
        return self.default is NODEFAULT

    def type_is(self, kind: type) -> bool:
        """Say whether the field holds values of a Python type: float, int, bool, str or tuple."""
        return kind in _types(self.type)

    def choices(self) -> tuple[str, ...]:
        """Return the words the field admits, where it admits only some."""
        return _literals(self.type)

    def metavar(self) -> str:
        """Return what stands for a value in a help text."""
        if self.choices():
            return "|".join(self.choices())
        if self.type_is(tuple):
            return "LIST"
        return {"steps": "STEPS", "rate": "RATE"}.get(
            self.unit, "TEXT" if self.type_is(str) else "X"
        )

    def constraint(self) -> str:
        """Return unit, bounds and default in brackets' brevity: "steps, >= 1, required"."""
        bounds = [
            f"{sign} {bound:g}"
            for meta in _metas(self.type)
            for sign, bound in ((">=", meta.ge), (">", meta.gt), ("<", meta.lt), ("<=", meta.le))
            if bound is not None and bound < 2**53
        ]
        words = [self.unit, " or ".join(self.choices()), *dict.fromkeys(bounds), self._default()]
        return ", ".join(filter(None, words))

    def _default(self) -> str:
        if self.source:
            return f"{self.source} unless given" if self.source != self.name else "the run's"
        if self.required:
            return "required"
        if self.default is None or isinstance(self.default, Schedule):
            return "optional"
        return f"default {str(self.default).lower() if self.type_is(bool) else self.default}"

    def check(self, value: Any) -> Any:
        """Return the value as its type has it (2 becomes 2.0), or raise ParameterError."""
        if self.holds != "value":
            return self._check_schedules(value)
        return check_value(self.name, self.type, value)

    def _check_schedules(self, value: Any) -> Any:
        several = self.holds == "schedules"
        if several and not isinstance(value, (list, tuple)):
            raise ParameterError(self.name, "must be a list of schedules")
        items = tuple(value) if several else (value,)
        if several and not items:
            raise ParameterError(self.name, "needs at least one schedule")
        for item in items:
            if not isinstance(item, Schedule) and not (item is None and self.default is None):
                raise ParameterError(self.name, f"must be a schedule, got {item!r}")
        return items if several else value


@cache
def fields_of(cls: type[Schedule]) -> tuple[Field, ...]:
    """Return the fields of a schedule class, read off its annotations."""
    return tuple(
        as_field(info.name, info.type, info.default) for info in msgspec.structs.fields(cls)
    )


def as_field(name: str, annotation: Any, default: Any = NODEFAULT) -> Field:
    """Return the field an annotation describes."""
    metas = [meta for meta in _metas(annotation) if isinstance(meta, Meta)]
    extra: dict[str, str] = {}
    for meta in metas:
        extra |= meta.extra or {}
    described = [meta.description for meta in metas if meta.description]
    return Field(
        name=name,
        type=annotation,
        default=default,
        description=described[-1] if described else "",
        unit=extra.get("unit", ""),
        source=extra.get("from", ""),
        holds=_holds(annotation),
    )


def _metas(annotation: Any) -> list[Any]:
    """Collect the Meta of an annotation and of what it wraps, the outermost last."""
    found = [meta for inner in get_args(annotation) for meta in _metas(inner)]
    return [*found, *getattr(annotation, "__metadata__", ())]


def _types(annotation: Any) -> set[Any]:
    """Return the plain types an annotation admits: {float, NoneType} for a rate or nothing."""
    origin = get_origin(annotation)
    if origin is None:
        return {annotation}
    if origin is tuple or origin is Literal:
        return {origin}
    return {
        kind
        for part in get_args(annotation)[: 1 if origin is Annotated else None]
        for kind in _types(part)
    }


def _literals(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in _literals(part))


def _holds(annotation: Any) -> str:
    if isinstance(annotation, type) and issubclass(annotation, Schedule):
        return "schedule"
    inner = {_holds(argument) for argument in get_args(annotation)} - {"value"}
    if not inner:
        return "value"
    return "schedules" if get_origin(annotation) is tuple else inner.pop()


def check_value(name: str, annotation: Any, value: Any) -> Any:
    """Return the value as the annotation has it (2 becomes 2.0), or raise ParameterError."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    try:
        checked = msgspec.convert(plain, annotation)
    except msgspec.ValidationError as error:
        choices = " or ".join(_literals(annotation))
        said = f"must be {choices}, got {plain!r}" if choices else _in_words(str(error), plain)
        raise ParameterError(name, said) from None
    _refuse_non_finite(name, checked)
    return checked


def _refuse_non_finite(name: str, value: Any) -> None:
    values = value if isinstance(value, tuple) else (value,)
    for item in values:
        if isinstance(item, float) and not math.isfinite(item):
            raise ParameterError(name, f"must be a finite number, got {item}")


_WORDS = (
    ("Number out of range", "is too large"),
    ("Expected `float | null`", "must be a number"),
    ("Expected `int | null`", "must be a whole number"),
    ("Expected `float`", "must be a number"),
    ("Expected `int`", "must be a whole number"),
    ("Expected `bool`", "must be true or false"),
    ("Expected `str | null`", "must be text"),
    ("Expected `str`", "must be text"),
    ("Expected `array`", "must be a list"),
    ("got `float`", "got a fraction"),
    ("got `int`", "got a number"),
    ("got `str`", "got text"),
    ("got `bool`", "got true/false"),
    ("got `array`", "got a list"),
    ("got `object`", "got a mapping"),
    ("got `null`", "got nothing"),
)


def _in_words(message: str, value: Any) -> str:
    """Say msgspec's complaint in the words of people who train models, with the value."""
    for theirs, ours in _WORDS:
        message = message.replace(theirs, ours)
    message, _, path = message.partition(" - at `$")
    item = f" (item {int(path.strip('[]`')) + 1})" if path else ""
    shown = "" if item or isinstance(value, (list, tuple, dict)) else f": {value!r}"
    return f"{message}{item}{shown}" if "got" in message else f"{message}{item}, got {value!r}"


def points(end: int, *steps: float) -> Knots:
    """Return knots at given steps, those inside [0, end]; a fraction marks both its neighbours."""
    whole = {neighbour for step in steps for neighbour in (math.floor(step), math.ceil(step))}
    return tuple(range(step, step + 1) for step in sorted(whole) if 0 <= step <= end)


def extent_past(*steps: float) -> int:
    """Return a horizon a quarter past the last of these steps, so that what follows is seen."""
    return max(1, math.ceil(max(steps, default=0) * 1.25))


def joined_phases(parts: list[tuple[Phase, ...]]) -> tuple[Phase, ...]:
    """Cut the run wherever a phase of any part begins, and join the names of what runs there."""
    edges = sorted({edge for part in parts for p in part for edge in (p.start, p.end)})
    return tuple(Phase(_names_at(parts, start), start, end) for start, end in pairwise(edges))


def _names_at(parts: list[tuple[Phase, ...]], step: int) -> str:
    found = [phase.name for part in parts for phase in part if phase.start <= step < phase.end]
    told = dict.fromkeys(name for name in found if name not in ("constant", "scale"))
    return " x ".join(told) or "constant"
