from __future__ import annotations

import pytest

from lrplot.errors import (
    InputError,
    LrplotError,
    ParameterError,
    Problem,
    UsageError,
    Where,
    suggest,
)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Where("a.yaml"), "a.yaml"),
        (Where("a.yaml", 3, 7), "a.yaml:3:7"),
        (Where("--power"), "--power"),
    ],
)
def test_a_place_is_written_as_editors_write_it(where: Where, said: str) -> None:
    assert str(where) == said


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Problem("is wrong"), "is wrong"),
        (Problem("is wrong", key="power"), "power: is wrong"),
        (Problem("is wrong", where=Where("a", 1, 2)), "a:1:2: is wrong"),
        (Problem("is wrong", "power", Where("--power")), "--power: is wrong"),
        (
            Problem("is wrong", "power", Where("a", 1, 2), "mend it"),
            "a:1:2: power: is wrong\n  mend it",
        ),
    ],
)
def test_a_problem_says_where_what_and_what_to_do(problem: Problem, said: str) -> None:
    assert str(problem) == said


def test_an_endless_value_is_shown_by_its_ends() -> None:
    said = str(Problem(f"got {'x' * 10_000}y", key="power"))

    assert said.startswith("power: got xxx")
    assert said.endswith("xxxy")
    assert " ... " in said
    assert len(said) < 500


def test_errors_carry_every_problem_once_in_order() -> None:
    first, second = Problem("one"), Problem("two", hint="so")

    error = InputError([first, second, first])

    assert error.problems == (first, second)
    assert str(error) == "one\ntwo\n  so"


def test_errors_can_be_made_from_a_sentence() -> None:
    assert str(InputError("is empty", where=Where("a.yaml"))) == "a.yaml: is empty"
    assert str(UsageError("no step", "give one")) == "no step\n  give one"
    assert UsageError([Problem("x")]).problems == (Problem("x"),)


def test_the_tree_of_errors_and_their_exit_codes() -> None:
    assert issubclass(ParameterError, InputError)
    assert issubclass(ParameterError, ValueError)
    assert issubclass(InputError, LrplotError)
    assert issubclass(UsageError, LrplotError)
    assert not issubclass(UsageError, InputError)
    assert (InputError.exit_code, ParameterError.exit_code, UsageError.exit_code) == (1, 1, 2)


def test_a_parameter_error_names_its_key() -> None:
    error = ParameterError("power", "is wrong", "mend it")

    assert error.problems == (Problem("is wrong", key="power", hint="mend it"),)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ploy", "did you mean 'poly'?"),
        ("cosin", "did you mean 'cosine'?"),
        ("xyzzy", ""),
        ("", ""),
    ],
)
def test_a_near_miss_gets_a_suggestion(name: str, said: str) -> None:
    assert suggest(name, ["poly", "cosine", "step"]) == said
