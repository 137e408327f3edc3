from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import InputError
from lrplot.units import LARGEST_STEP, Horizon, UnitError

if TYPE_CHECKING:
    from typing import Any

RUN = Horizon(max_iters=1000, iters_per_epoch=120)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("0", 0),
        ("500", 500),
        (" 500 ", 500),
        ("007", 7),
        ("500it", 500),
        ("500 it", 500),
        ("1iter", 1),
        ("500iters", 500),
        ("1iteration", 1),
        ("500iterations", 500),
        ("1 step", 1),
        ("500 STEPS", 500),
        ("1_000", 1000),
        ("160,000", 160_000),
        ("160k", 160_000),
        ("160K", 160_000),
        ("1.5k", 1500),
        (".5k", 500),
        ("5.k", 5000),
        ("2M", 2_000_000),
        ("2m it", 2_000_000),
        ("1g", 10**9),
        ("1b", 10**9),
        ("1e3", 1000),
        ("1E+3", 1000),
        ("1.5e3", 1500),
        ("5000e-3", 5),
        ("1e3k", 10**6),
        ("8ep", 960),
        ("8 epochs", 960),
        ("1epoch", 120),
        ("1.5ep", 180),
        ("0.1k ep", 12_000),
        ("50%", 500),
        ("50 %", 500),
        ("100%", 1000),
        ("33.3%", 333),
        ("250%", 2500),
        ("end", 1000),
        (" END ", 1000),
        ("9007199254740992", LARGEST_STEP),
    ],
)
def test_a_duration_is_so_many_steps(text: str, steps: int) -> None:
    assert RUN.steps(text) == steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [("0.05%", 1), ("0.04%", 0), ("0.15%", 2), ("0.0041ep", 0), ("0.0042ep", 1)],
)
def test_a_part_of_a_step_is_rounded_half_up(text: str, steps: int) -> None:
    assert RUN.steps(text) == steps


def test_a_part_of_a_huge_run_is_exact() -> None:
    assert Horizon(max_iters=LARGEST_STEP - 1).steps("100%") == LARGEST_STEP - 1
    assert Horizon(iters_per_epoch=10**15).steps("0.3ep") == 3 * 10**14


NO_DURATIONS = """
-5|five|5 parsecs|1.2.3|5ep5|%|k|0x10|1e|1e3.5|nan|inf|5 %%|e3|--|ep|1e9999|50% end|5;6
"""


@pytest.mark.parametrize("text", ["", " ", "5\n6", "1" * 5000, *NO_DURATIONS.strip().split("|")])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="is not a step") as caught:
        RUN.steps(text)
    assert caught.value.problems[0].hint == "write 500, 160k, 12ep, 50% or end"


@pytest.mark.parametrize("text", ["1.5", "1.5it", "0.0001k", "5e-1", ".5 steps"])
def test_a_fraction_of_a_step_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match="is not a whole number of steps"):
        RUN.steps(text)


@pytest.mark.parametrize("text", ["9007199254740993", "1e30", "99999999g", "1e15ep", "1e99%"])
def test_a_step_that_is_no_longer_exact_is_refused(text: str) -> None:
    with pytest.raises(UnitError, match=r"is more than 2\^53 steps"):
        RUN.steps(text)


@pytest.mark.parametrize(
    ("text", "option"),
    [("50%", "--max-iters"), ("end", "--max-iters"), ("8ep", "--iters-per-epoch")],
)
def test_what_a_unit_needs_is_asked_for_by_its_option(text: str, option: str) -> None:
    with pytest.raises(UnitError) as caught:
        Horizon().steps(text)

    assert f"'{text}' needs " in str(caught.value)
    assert option in caught.value.problems[0].hint


def test_steps_need_nothing() -> None:
    assert Horizon().steps("160k") == 160_000


@given(st.integers(0, LARGEST_STEP))
def test_every_step_reads_back(step: int) -> None:
    assert Horizon().steps(str(step)) == step
    assert Horizon().steps(f"{step:,}") == step


@given(
    st.text(max_size=30) | st.from_regex(r"[0-9.eE+_,]{0,9}[kmgb]?\s?(it|ep|%)?", fullmatch=True)
)
def test_any_text_is_a_step_or_is_refused(text: str) -> None:
    try:
        steps: Any = RUN.steps(text)
    except InputError:
        return
    assert 0 <= steps <= LARGEST_STEP
