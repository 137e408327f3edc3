"""What a field's annotation says is what the constructor holds to, for every schedule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import numpy as np
import pytest
from msgspec import Meta

import lrplot
from lrplot.errors import ParameterError
from lrplot.schedules import by_name
from lrplot.schedules.base import Field, Period, as_field, fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The least each schedule must be given.
NEEDED: dict[str, dict[str, Any]] = {
    "poly": {"max_iters": 10},
    "linear": {"max_iters": 10},
    "exponential": {"gamma": 0.5},
    "natural_exp": {"gamma": 0.5},
    "inverse_time": {"gamma": 0.5},
    "piecewise": {"boundaries": (5,), "values": (1.0, 0.5)},
    "step": {"step_size": 5},
    "multistep": {"milestones": (5,)},
    "cosine": {"max_iters": 10},
    "cosine_restarts": {"t_0": 5},
    "noam": {"d_model": 8, "warmup_steps": 5},
    "lambda": {"factor": "0.9 ** t"},
    "cyclic": {"max_lr": 1.0},
    "onecycle": {"max_iters": 10, "max_lr": 1.0},
    "wsd": {"max_iters": 10, "decay_steps": 5},
    "plateau": {"metrics": (1.0, 0.9)},
    "linear_warmup": {"warmup_steps": 5},
    "constant_warmup": {"warmup_steps": 5, "start_lr": 0.1},
    "exp_warmup": {"warmup_steps": 5, "start_lr": 0.1},
    "anneal": {"milestones": (5.0,), "values": (1.0,)},
    "table": {"values": (1.0, 0.5)},
    "sequence": {"schedules": (lrplot.Constant(),), "milestones": ()},
    "chain": {"schedules": (lrplot.Constant(),)},
    "per_epoch": {"schedule": lrplot.Constant(), "iters_per_epoch": 5},
    "faster": {"schedule": lrplot.Constant(), "times": 2},
    "repeat": {"schedule": lrplot.Constant(), "period": 5},
    "scale": {"factor": 0.5},
}

FIELDS = [
    pytest.param(name, field, id=f"{name}-{field.name}")
    for name, cls in by_name.items()
    for field in fields_of(cls)
]
PLAIN = [param for param in FIELDS if param.values[1].holds == "value"]  # type: ignore[union-attr]


def build(name: str, **fields: Any) -> lrplot.Schedule:
    return by_name[name](**NEEDED.get(name, {}) | fields)


def refusal(name: str, field: str, value: Any) -> str:
    with pytest.raises(ParameterError) as caught:
        build(name, **{field: value})
    (problem,) = caught.value.problems
    assert problem.key == field
    return problem.message


def metas(annotation: Any) -> Iterator[Meta]:
    """Yield the bounds of a field, not those of the items it holds."""
    if get_origin(annotation) is Annotated:
        inner, *outer = get_args(annotation)
        yield from metas(inner)
        yield from (meta for meta in outer if isinstance(meta, Meta))
    elif type(None) in get_args(annotation):
        yield from (meta for part in get_args(annotation) for meta in metas(part))


def item(annotation: Any) -> Any:
    """Return the annotation of the items a list field holds."""
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0]
    return next(filter(None, map(item, get_args(annotation))), None)


def outside(annotation: Any, *, whole: bool) -> Iterator[tuple[Any, str]]:
    """Yield a value just past each bound, and how the message names the bound."""
    for meta in metas(annotation):
        least, most = meta.ge, meta.le
        if least is not None:
            yield (least - 1 if whole else math.nextafter(least, -math.inf)), f">= {least}"
        if most is not None:
            yield (most + 1 if whole else math.nextafter(most, math.inf)), f"<= {most}"
        if meta.gt is not None:
            yield meta.gt, f"> {meta.gt}"
        if meta.lt is not None:
            yield meta.lt, f"< {meta.lt}"


def test_every_schedule_is_built_from_what_it_needs() -> None:
    for name, cls in by_name.items():
        required = {field.name for field in fields_of(cls) if field.required}

        assert required <= set(NEEDED.get(name, {}))
        assert isinstance(build(name), cls)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_every_field_says_what_it_is(name: str, field: Field) -> None:
    assert field.description, f"{name}.{field.name} has no description"


@pytest.mark.parametrize(("name", "field"), PLAIN)
def test_a_value_past_a_bound_is_refused_with_the_bound(name: str, field: Field) -> None:
    inner = item(field.type)
    annotation = inner or field.type
    for value, bound in outside(annotation, whole=field.type_is(int) or inner_is_int(inner)):
        message = refusal(name, field.name, (value,) if inner else value)

        said = bound.replace(".0", "")
        assert said in message.replace(".0", "")


def inner_is_int(annotation: Any) -> bool:
    return annotation is not None and as_field("item", annotation).type_is(int)


def _is_list(field: Field) -> bool:
    return field.type_is(tuple)


def _of(kind: type) -> list[Any]:
    return [param for param in PLAIN if param.values[1].type_is(kind)]  # type: ignore[union-attr]


@pytest.mark.parametrize(("name", "field"), _of(float))
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("fast", "must be a number, got text: 'fast'"),
        (True, "must be a number, got true/false: True"),
        ([1.0], "must be a number, got a list"),
        ({}, "must be a number, got a mapping"),
        (10**400, "is too large"),
    ],
)
def test_what_is_no_number_is_refused(name: str, field: Field, value: Any, said: str) -> None:
    assert refusal(name, field.name, value).startswith(said)


@pytest.mark.parametrize(("name", "field"), _of(float))
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(name: str, field: Field, value: float) -> None:
    message = refusal(name, field.name, value)

    assert message.startswith("must be a")
    assert message.endswith(f"got {value}")


@pytest.mark.parametrize(("name", "field"), _of(int))
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2.5, "must be a whole number, got a fraction: 2.5"),
        (math.nan, "must be a whole number, got a fraction: nan"),
        (True, "must be a whole number, got true/false: True"),
        ("8", "must be a whole number, got text: '8'"),
        ([8], "must be a whole number, got a list"),
    ],
)
def test_what_is_no_whole_number_is_refused(name: str, field: Field, value: Any, said: str) -> None:
    assert refusal(name, field.name, value) == said


@pytest.mark.parametrize(("name", "field"), _of(bool))
@pytest.mark.parametrize("value", [0, 1, "yes"])
def test_what_is_neither_true_nor_false_is_refused(name: str, field: Field, value: Any) -> None:
    assert refusal(name, field.name, value).startswith("must be true or false, got ")


@pytest.mark.parametrize(("name", "field"), _of(tuple))
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "must be a list, got a number: 3"),
        ("3", "must be a list, got text: '3'"),
        (["3"], ", got text (item 1)"),
        ([1, None], ", got nothing (item 2)"),
        ([True], ", got true/false (item 1)"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(
    name: str, field: Field, value: Any, said: str
) -> None:
    assert said in refusal(name, field.name, value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize(("name", "field"), _of(tuple))
def test_a_list_that_holds_no_number_is_refused(name: str, field: Field, value: float) -> None:
    assert refusal(name, field.name, [value]).startswith("must be a")


@pytest.mark.parametrize(
    ("name", "field"),
    [p for p in PLAIN if p.values[1].choices()],  # type: ignore[union-attr]
)
def test_a_word_that_is_no_choice_is_refused_with_the_choices(name: str, field: Field) -> None:
    choices = " or ".join(field.choices())

    assert refusal(name, field.name, "neither") == f"must be {choices}, got 'neither'"
    assert refusal(name, field.name, 3) == f"must be {choices}, got 3"


@pytest.mark.parametrize(("name", "field"), PLAIN)
def test_nothing_is_taken_only_where_it_is_the_default(name: str, field: Field) -> None:
    if field.default is None:
        build_with_nothing = {**NEEDED.get(name, {}), field.name: None}
        if name not in {"constant_warmup", "exp_warmup"}:  # one of their starts must be given
            assert getattr(by_name[name](**build_with_nothing), field.name) is None
    else:
        assert "got " in refusal(name, field.name, None)


@pytest.mark.parametrize(
    ("name", "field"),
    [p for p in FIELDS if p.values[1].holds != "value"],  # type: ignore[union-attr]
)
def test_what_is_no_schedule_is_refused(name: str, field: Field) -> None:
    several = field.holds == "schedules"
    for wrong in (None, 3, "poly", lrplot.Poly):
        given = [wrong] if several else wrong

        assert refusal(name, field.name, given) == f"must be a schedule, got {wrong!r}"


def test_a_list_of_schedules_is_a_list_with_something_in_it() -> None:
    assert refusal("chain", "schedules", lrplot.Constant()) == "must be a list of schedules"
    assert refusal("chain", "schedules", []) == "needs at least one schedule"


# -- what is taken ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [int, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.array])
def test_any_integer_is_a_step(kind: Callable[[int], Any]) -> None:
    step = lrplot.Step(step_size=kind(30))

    assert step == lrplot.Step(step_size=30)
    assert type(step.step_size) is int


@pytest.mark.parametrize("kind", [float, np.float16, np.float32, np.float64, np.array])
def test_any_float_is_a_rate(kind: Callable[[float], Any]) -> None:
    poly = lrplot.Poly(max_iters=10, eta_min=kind(0.5))

    assert poly == lrplot.Poly(max_iters=10, eta_min=0.5)
    assert type(poly.eta_min) is float


def test_a_whole_number_becomes_the_float_it_is() -> None:
    assert type(lrplot.Poly(max_iters=10, power=2).power) is float


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_any_list_of_numbers_is_a_list(kind: Callable[[list[int]], Any]) -> None:
    many = lrplot.MultiStep(milestones=kind([30, 50]))

    assert many == lrplot.MultiStep(milestones=(30, 50))
    assert many.milestones == (30, 50)


def test_a_list_that_was_given_may_change_afterwards() -> None:
    values = [0.1, 0.2]
    table = lrplot.Table(values=values)  # type: ignore[arg-type]
    values.append(0.3)

    assert table.values == (0.1, 0.2)


def test_the_largest_step_is_taken() -> None:
    assert lrplot.Cosine(max_iters=2**53).max_iters == 2**53


@pytest.mark.parametrize(
    ("name", "fields", "key", "message"),
    [
        ("piecewise", {"values": (1.0,)}, "values", "must hold one value more than boundaries"),
        (
            "piecewise",
            {"boundaries": (5, 5), "values": (1, 1, 1)},
            "boundaries",
            "must rise from one to the next: 5, 5",
        ),
        ("multistep", {"milestones": (5, 4)}, "milestones", "must not fall from one to the next"),
        ("anneal", {"milestones": (5, 5), "values": (1, 1)}, "milestones", "must rise"),
        ("anneal", {"values": (1, 1)}, "values", "must be one per milestone: 1, got 2"),
        ("onecycle", {"three_phase": True, "pct_start": 0.5}, "pct_start", "must be under 0.5"),
        ("wsd", {"warmup_steps": 6}, "decay_steps", "warm-up and decay take 11 steps, more than"),
        ("clip", {"min_lr": 2, "max_lr": 1}, "max_lr", "must not be below min_lr, 2.0"),
        ("linear_warmup", {"start_lr": 1, "warmup_ratio": 1}, "warmup_ratio", "give start_lr or"),
        ("constant_warmup", {"start_lr": None}, "start_lr", "is missing"),
        ("exp_warmup", {"start_lr": 0}, "start_lr", "must be above 0"),
        ("exp_warmup", {"start_lr": None}, "start_lr", "must be above 0"),
        ("exp_warmup", {"start_lr": None, "warmup_ratio": 0}, "warmup_ratio", "must be above 0"),
        ("exp_warmup", {"end_lr": 0}, "end_lr", "must be above 0"),
        ("sequence", {"milestones": (3,)}, "milestones", "must be one fewer than schedules: 0"),
        (
            "sequence",
            {"schedules": [lrplot.Constant()] * 2, "milestones": (0,)},
            "milestones",
            "must rise from one to the next, above 0",
        ),
        ("lambda", {"factor": "0.9 **"}, "factor", ""),
        ("lambda", {"factor": "__import__('os')"}, "factor", ""),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(
    name: str, fields: dict[str, Any], key: str, message: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        build(name, **fields)

    assert caught.value.problems[0].key == key
    assert caught.value.problems[0].message.startswith(message)


def test_a_refusal_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="power: must be a number >= 0"):
        lrplot.Poly(max_iters=10, power=-1)


def test_an_unknown_parameter_is_a_type_error_as_for_any_function() -> None:
    with pytest.raises(TypeError, match="powr"):
        lrplot.Poly(max_iters=10, powr=2)  # type: ignore[call-arg]


# -- what the rest of lrplot sees of a field -------------------------------------------------------


def field(name: str, key: str) -> Field:
    return next(field for field in fields_of(by_name[name]) if field.name == key)


@pytest.mark.parametrize(
    ("name", "key", "constraint", "metavar"),
    [
        ("poly", "max_iters", "steps, >= 1, the run's", "STEPS"),
        ("poly", "power", ">= 0, default 0.9", "X"),
        ("poly", "eta_min", "rate, >= 0, default 0.0", "RATE"),
        ("poly", "cycle", "default false", "X"),
        ("step", "step_size", "steps, >= 1, required", "STEPS"),
        ("multistep", "milestones", "steps, >= 0, required", "LIST"),
        ("lambda", "factor", "required", "TEXT"),
        ("onecycle", "max_lr", "rate, > 0, base_lr unless given", "RATE"),
        ("onecycle", "pct_start", "> 0, < 1, default 0.3", "X"),
        (
            "cyclic",
            "mode",
            "triangular or triangular2 or exp_range, default triangular",
            "triangular|triangular2|exp_range",
        ),
        ("cyclic", "step_size_down", "steps, >= 1, optional", "STEPS"),
        ("linear_warmup", "then", "optional", "X"),
    ],
)
def test_a_field_tells_its_unit_its_bounds_and_its_default(
    name: str, key: str, constraint: str, metavar: str
) -> None:
    assert field(name, key).constraint() == constraint
    assert field(name, key).metavar() == metavar


def test_a_field_can_be_read_off_any_annotation() -> None:
    period = as_field("n", Annotated[Period, Meta(description="how many")])

    assert (period.unit, period.description, period.required) == ("steps", "how many", True)
    assert period.check(np.int64(5)) == 5


def test_schedules_are_known_by_their_names() -> None:
    assert "poly" in by_name
    assert "Poly" not in by_name
    assert by_name.get("nothing") is None
    assert len(by_name) == len(list(by_name))
    assert all(cls.name() == name for name, cls in by_name.items())


def test_an_unknown_name_of_the_package_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="Polly"):
        lrplot.Polly  # noqa: B018
    with pytest.raises(AttributeError, match="Polly"):
        lrplot.schedules.Polly  # noqa: B018
    assert "Poly" in dir(lrplot)


@pytest.mark.parametrize("name", sorted(lrplot.__all__))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(lrplot, name) is not None


@pytest.mark.parametrize("name", [name for name, cls in by_name.items() if cls.example])
def test_every_example_is_a_schedule_in_a_run_of_a_thousand_steps(name: str) -> None:
    cls = by_name[name]
    supplied = {"max_iters": 1000, "base_lr": 0.1}
    fields = {field.name: field for field in fields_of(cls)}
    run = {key: supplied[field.source] for key, field in fields.items() if field.source in supplied}
    own = {key: value for key, value in cls.example.items() if key in fields}

    assert cls(**{**run, **own}).name() == name
