from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import lrplot
from lrplot.errors import InputError, ParameterError
from lrplot.plan import Given
from lrplot.schedules.base import Phase

POLY = lrplot.Poly(max_iters=1000, power=2, eta_min=0.001)


def plan(schedule: lrplot.Schedule = POLY, **more: Any) -> lrplot.Plan:
    return lrplot.Plan(**{"schedule": schedule, "base_lr": 0.1, "max_iters": 1000, **more})


def test_one_step_gives_a_float_and_several_an_array_of_their_shape() -> None:
    one = plan().lr(500)
    many = plan().lr([[0, 500], [1000, 2000]])

    assert type(one) is float
    assert one == pytest.approx(0.02575, rel=1e-15)
    assert many.dtype == np.float64
    assert many.tolist() == [[0.1, one], [0.001, 0.001]]


@pytest.mark.parametrize(
    "steps",
    [(0, 500), range(0, 501, 500), np.array([0, 500], "u8"), np.array([0, 500], np.int16)],
)
def test_steps_come_in_any_list_of_whole_numbers(steps: Any) -> None:
    assert plan().lr(steps).tolist() == [0.1, plan().lr(500)]


def test_no_steps_give_no_rates() -> None:
    assert plan().lr([]).tolist() == []
    assert plan().lr(np.empty((0, 3), dtype=np.int64)).shape == (0, 3)


def test_a_numpy_integer_is_one_step() -> None:
    assert plan().lr(np.int32(0)) == 0.1


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (-1, "must be between 0 and 2^53"),
        ([5, -1], "must be between 0 and 2^53"),
        (2**53 + 1, "must be between 0 and 2^53"),
        (np.array([2**64 - 1], dtype=np.uint64), "must be between 0 and 2^53"),
        (1.5, "must be whole numbers, got float64"),
        ([1.0], "must be whole numbers, got float64"),
        (True, "must be whole numbers, got bool"),
        ("500", "must be whole numbers, got <U3"),
        (None, "must be whole numbers, got object"),
        (2**70, "must be whole numbers, got object"),
    ],
)
def test_what_is_no_step_is_refused(steps: Any, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        plan().lr(steps)

    assert str(caught.value) == f"steps: {message}"


def test_steps_and_rates_of_many_blocks_are_those_of_each_step() -> None:
    steps = np.arange(40_000)[::-1]
    found = plan(lrplot.Poly(max_iters=50_000, power=0.9)).lr(steps)

    assert found.tolist() == sorted(found.tolist())
    assert found[-1] == 0.1


def test_asking_changes_nothing_that_was_given() -> None:
    steps = np.arange(10)
    steps.flags.writeable = False

    plan(lrplot.Constant()).lr(steps)[0] = 9

    assert steps.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (lrplot.Exponential(gamma=1e200), "exponential gives no finite rate at step 2: inf"),
        (lrplot.Scale(factor=1e308), "scale gives no finite rate at step 0: inf"),
    ],
)
def test_a_rate_that_is_none_is_refused_with_its_step(
    schedule: lrplot.Schedule, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        plan(schedule, base_lr=1e10).lr(range(10))

    assert str(caught.value) == message


def test_rates_whose_sum_alone_overflows_are_rates() -> None:
    assert plan(lrplot.Constant(), base_lr=1e308).lr(range(10)).tolist() == [1e308] * 10


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("base_lr", -0.1, "base_lr: must be a number >= 0.0, got -0.1"),
        ("base_lr", math.nan, "base_lr: must be a number >= 0.0, got nan"),
        ("base_lr", "x", "base_lr: must be a number, got text: 'x'"),
        ("max_iters", 0, "max_iters: must be a whole number >= 1, got 0"),
        ("max_iters", 2**53 + 1, f"max_iters: must be a whole number <= {2**53}, got {2**53 + 1}"),
        ("iters_per_epoch", 0, "iters_per_epoch: must be a whole number >= 1, got 0"),
        ("schedule", "poly", "schedule: must be a schedule, got 'poly'"),
    ],
)
def test_a_plan_checks_its_numbers(field: str, value: Any, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        plan(**{field: value})

    assert str(caught.value) == message


def test_a_plan_holds_plain_numbers() -> None:
    made = plan(base_lr=np.float32(0.5), max_iters=np.int64(10), iters_per_epoch=np.int64(5))

    assert (type(made.base_lr), type(made.max_iters)) == (float, int)
    assert type(made.iters_per_epoch) is int


def test_a_plan_is_called_by_its_schedule_unless_named() -> None:
    assert plan().name == "poly"
    assert plan(name="mine").name == "mine"


def test_a_plan_knows_its_phases_and_its_horizon() -> None:
    made = plan(lrplot.Wsd(max_iters=1000, decay_steps=100), iters_per_epoch=100)

    assert made.phases == (Phase("hold", 0, 900), Phase("decay", 900, 1000))
    assert made.horizon.steps("50%") == 500
    assert made.horizon.steps("2ep") == 200


def test_a_plan_of_the_momentum() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))

    assert cycle.of("lr") is cycle
    assert cycle.of("momentum").lr(0) == 0.95
    assert cycle.of("momentum").name == "onecycle momentum"
    with pytest.raises(InputError, match="poly does not schedule the momentum"):
        plan().of("momentum")


def test_what_is_not_given_is_asked_for_by_its_option() -> None:
    assert Given(max_iters=5).need("max_iters", "this") == 5
    with pytest.raises(InputError) as caught:
        Given().need("iters_per_epoch", "a warm-up in epochs")

    assert (
        str(caught.value) == "a warm-up in epochs needs --iters-per-epoch\n  add --iters-per-epoch"
    )


def test_a_plan_draws_itself_on_new_axes_and_on_given_ones() -> None:
    first = plan().plot()
    second = plan(name="again").plot(ax=first, color="red")

    assert second is first
    assert [line.get_label() for line in first.lines] == ["poly", "again"]
    assert first.lines[1].get_color() == "red"
