"""Marks of axes: round, in range, and as many as there is room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.render.ticks import evenly, powers, rate, short

ENDS = st.floats(min_value=1e-12, max_value=1e12)


@given(low=ENDS | st.just(0.0), span=ENDS, most=st.integers(1, 20))
def test_even_marks_are_round_inside_and_no_more_than_asked_for(
    low: float, span: float, most: int
) -> None:
    high = low + span
    if span < 1e-6 * high:
        return
    found = evenly(low, high, most)

    assert len(found) <= most + 1
    slack = 1e-6 * span
    assert all(low - slack <= mark <= high + slack for mark in found)
    if len(found) > 1:
        digits = f"{found[1] - found[0]:.3e}".partition("e")[0]
        assert digits in {"1.000", "2.000", "2.500", "5.000"}


@given(end=st.integers(1, 2**53), most=st.integers(1, 20))
def test_marks_of_steps_are_whole(end: int, most: int) -> None:
    found = evenly(0, end, most, whole=True)

    assert all(mark == int(mark) for mark in found)
    assert len(found) <= most + 1
    assert found[0] == 0


@pytest.mark.parametrize(
    ("low", "high", "most", "marks"),
    [
        (0, 0.1, 5, [0, 0.02, 0.04, 0.06, 0.08, 0.1]),
        (0, 7, 3, [0, 5]),
        (0, 160_000, 4, [0, 50_000, 100_000, 150_000]),
        (200, 400, 4, [200, 250, 300, 350, 400]),
    ],
)
def test_even_marks(low: float, high: float, most: int, marks: list[float]) -> None:
    assert evenly(low, high, most, whole=high > 1) == pytest.approx(marks)


@pytest.mark.parametrize(
    ("low", "high", "most", "marks"),
    [
        (1e-4, 1e-1, 9, [1e-4, 1e-3, 1e-2, 1e-1]),
        (6e-11, 6e-5, 3, [1e-10, 1e-8, 1e-6]),
        (0.03, 0.08, 9, [0.05]),
        (0.9, 3, 9, [1, 2]),
    ],
)
def test_powers(low: float, high: float, most: int, marks: list[float]) -> None:
    assert powers(low, high, most) == marks


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (7, "7"),
        (500, "500"),
        (1000, "1k"),
        (2500, "2.5k"),
        (87_960, "87.96k"),
        (160_000, "160k"),
        (10**6, "1M"),
        (10**9, "1G"),
        (10**12, "1T"),
        (2 * 10**15, "2P"),
    ],
)
def test_steps_are_short(count: int, text: str) -> None:
    assert short(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.02, "0.02"),
        (0.001, "0.001"),
        (0.00099999999, "0.001"),
        (1e-4, "1e-4"),
        (2.5e-5, "2.5e-5"),
        (6e-11, "6e-11"),
        (0.0999995, "0.0999995"),
    ],
)
def test_rates_are_written_as_people_write(value: float, text: str) -> None:
    assert rate(value) == text
