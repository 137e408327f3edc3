"""Which steps a table and a figure evaluate, and how a jump is drawn."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lrplot
from lrplot.plan import Plan
from lrplot.sampling import (
    BLOCK,
    blocks,
    curve_of,
    extremes,
    peak,
    polyline,
    ratio,
    readable,
    trace,
)
from lrplot.sampling.window import Window
from tests.strategies import LEAVES, bases, schedules

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrplot.schedules.base import Rates, Steps

FAR = 10**12


def plan(schedule: lrplot.Schedule, end: int = 1000, base: float = 1.0) -> Plan:
    return Plan(schedule=schedule, base_lr=base, max_iters=end)


def strokes(x: Rates, y: Rates) -> list[tuple[float, float, float]]:
    """Return where the line goes straight up or down: x, from, to."""
    at = np.flatnonzero(np.diff(x) == 0)
    return [(float(x[i]), float(y[i]), float(y[i + 1])) for i in at]


class Counted(lrplot.Constant, frozen=True, kw_only=True, tag="counted"):
    """A constant that notes how many steps it is asked for, and jumps at every one."""

    def lr(self, steps: Steps, base: Rates) -> Rates:
        asked.append(steps.size)
        rates: Rates = base * (1 + steps % 2)
        return rates

    def knots(self, end: int) -> tuple[range, ...]:
        return (range(end + 1), range(0, end + 1, 7))


asked: list[int] = []


# -- blocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [range(0), range(5), range(3, 10**5, 7), [5, 3, 9], [2] * 40_000])
def test_blocks_are_the_steps_in_order_and_bounded(steps: range | list[int]) -> None:
    found = list(blocks(steps))

    assert [step for block in found for step in block.tolist()] == list(steps)
    assert all(block.dtype == np.int64 and block.size <= BLOCK for block in found)


def test_blocks_of_an_endless_range_come_one_at_a_time() -> None:
    first = next(iter(blocks(range(0, FAR * FAR, FAR))))

    assert first[:2].tolist() == [0, FAR]


# -- readable -------------------------------------------------------------------------------------


def test_a_short_run_is_shown_whole() -> None:
    assert readable(plan(lrplot.Poly(max_iters=40), end=40)) == list(range(41))


def test_a_long_run_is_shown_at_even_steps_with_its_ends() -> None:
    found = readable(plan(lrplot.Poly(max_iters=1000)))

    assert found == list(range(0, 1001, 50))


def test_each_knot_is_shown_where_they_are_few() -> None:
    found = readable(plan(lrplot.MultiStep(milestones=(333, 777))))

    assert {333, 777} < set(found)
    assert found == sorted(found)
    assert len(found) == 21 + 2


def test_knots_are_left_out_where_they_are_many() -> None:
    assert len(readable(plan(lrplot.Step(step_size=1)))) == 21


@pytest.mark.parametrize("rows", [1, 2, 3, 10, 500])
def test_so_many_rows_are_shown_as_are_asked_for(rows: int) -> None:
    found = readable(plan(lrplot.Constant(), end=10**6), rows)

    assert len(found) == rows
    assert found[0] == 0
    assert rows == 1 or found[-1] == 10**6


def test_no_more_rows_are_made_than_there_are_steps() -> None:
    assert readable(plan(lrplot.Constant(), end=10), 10**15) == list(range(11))


@given(schedules, st.integers(1, 10**6), st.none() | st.integers(1, 100))
def test_rows_lie_in_the_run_in_order_without_repeats(
    schedule: lrplot.Schedule, end: int, rows: int | None
) -> None:
    found = readable(plan(schedule, end), rows)

    assert found == sorted(set(found))
    assert 0 <= found[0] <= found[-1] <= end
    assert len(found) <= max(rows or 42, 1) + 61


# -- polyline -------------------------------------------------------------------------------------


@given(schedules, bases, st.integers(1, 400), st.integers(1, 200))
def test_every_point_drawn_is_a_rate_the_schedule_has(
    schedule: lrplot.Schedule, base: float, end: int, columns: int
) -> None:
    curve = plan(schedule, end, base)
    x, y = polyline(curve, columns)

    rates = curve.lr(range(end + 1))
    steps = x.astype(np.int64)
    assert (steps == x).all()
    assert (np.diff(x) >= 0).all()
    assert (x[0], x[-1]) == (0, end)
    # a point is the rate at its step or, at the foot of a stroke, of the step before
    assert ((y == rates[steps]) | (y == rates[np.maximum(steps - 1, 0)])).all()


def drawn_range(x: Rates, y: Rates, edges: Rates) -> tuple[Rates, Rates]:
    """Return the least and the largest y of a line in each column, its strokes and slopes too."""
    inner = np.interp(edges, x, y)  # where the line goes from one column into the next
    xs = np.concatenate([x, edges, edges])
    ys = np.concatenate([y, inner, inner])
    column = np.searchsorted(edges, xs, side="right") - 1
    column[len(x) + len(edges) :] -= 1  # an edge belongs to both its columns
    column = column.clip(0, len(edges) - 2)
    low, high = np.full(len(edges) - 1, np.inf), np.full(len(edges) - 1, -np.inf)
    np.minimum.at(low, column, ys)
    np.maximum.at(high, column, ys)
    return low, high


def spread(values: Rates, worst: Callable[[Rates], Rates], by: int = 1) -> Rates:
    """Return the worst of each column and its neighbours."""
    padded = np.pad(values, by, mode="edge")
    around = [padded[i : len(padded) - 2 * by + i] for i in range(2 * by + 1)]
    return worst(np.stack(around))


def hold_against_every_step(curve: Plan, low: int, high: int, columns: int, by: float) -> None:
    """Hold the line against the rate of every step: nothing missed, nothing made up."""
    found = trace(curve_of(curve), low, high, columns)
    assert not found.bands
    steps = np.arange(low, high + 1)
    rates = curve.lr(steps)
    edges = np.linspace(low, high, columns + 1)
    least, most = drawn_range(found.x, found.y, edges)
    column = np.searchsorted(edges[1:-1], steps, side="right")
    slack = by * float(np.ptp(rates)) + 1e-12 * float(np.abs(rates).max())

    near_least = spread(least, lambda part: part.min(axis=0))
    near_most = spread(most, lambda part: part.max(axis=0))
    assert (rates >= near_least[column] - slack).all()
    assert (rates <= near_most[column] + slack).all()

    reach = max(1, -(-columns // (high - low))) + 1  # columns that the line needs for a step
    has_least, has_most = drawn_range(steps.astype(float), rates, edges)
    assert (least >= spread(has_least, lambda part: part.min(axis=0), reach) - 1e-12).all()
    assert (most <= spread(has_most, lambda part: part.max(axis=0), reach) + 1e-12).all()


@settings(max_examples=400)
@given(schedules, bases, st.integers(25, 1200), st.integers(1, 400), st.data())
def test_the_line_is_the_schedule_to_the_pixel(
    schedule: lrplot.Schedule, base: float, columns: int, end: int, data: st.DataObject
) -> None:
    low = data.draw(st.integers(0, end - 1))
    high = data.draw(st.integers(low + 1, end))
    curve = plan(schedule, end, base)
    if not trace(curve_of(curve), low, high, columns).bands:
        hold_against_every_step(curve, low, high, columns, by=0)


@settings(max_examples=150)
@given(st.one_of(*LEAVES.values()), st.integers(5000, 50_000))
def test_where_not_every_step_is_evaluated_none_that_stands_out_is_missed(
    schedule: lrplot.Schedule, end: int
) -> None:
    curve = plan(schedule, end)
    if not trace(curve_of(curve), 0, end, 100).bands:
        hold_against_every_step(curve, 0, end, 100, by=2e-3)


@pytest.mark.parametrize("gamma", [0.125, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("end", [9_000, 40_000])
def test_what_is_over_within_a_column_is_seen(gamma: float, end: int) -> None:
    fading = lrplot.Cyclic(max_lr=2.0, step_size_up=20, mode="exp_range", gamma=gamma)

    hold_against_every_step(plan(fading, end), 0, end, 100, by=2e-3)


@given(schedules, bases, st.integers(1, 60))
def test_few_steps_are_drawn_as_stairs(schedule: lrplot.Schedule, base: float, end: int) -> None:
    curve = plan(schedule, end, base)
    found = trace(curve_of(curve), 0, end, 1000)

    assert found.bands == ()
    for i in np.flatnonzero(np.diff(found.x)):  # treads are level, and begin and end at a step
        assert found.y[i] == found.y[i + 1] == curve.lr(int(found.x[i]))
    assert found.y[-1] == curve.lr(end)


@given(st.integers(0, FAR - 1000), st.integers(1, 900))
def test_a_window_on_a_long_run_is_exact(low: int, width: int) -> None:
    curve = plan(lrplot.Poly(max_iters=FAR, power=0.9), FAR)
    asked_of = Window(low, low + width, 1000)
    steps, _ = asked_of.steps(curve.schedule.knots(FAR))

    assert steps.tolist() == list(range(low, low + width + 1))


def test_a_window_sees_the_knots_inside_it_alone() -> None:
    knots = lrplot.Step(step_size=7).knots(FAR)

    for columns in (100, 1000):
        _, inside = Window(FAR // 2, FAR // 2 + 10**6, columns).steps(knots)
        assert inside.min() >= FAR // 2
        assert inside.max() <= FAR // 2 + 10**6
        assert (inside % 7 == 0).all()


@pytest.mark.parametrize("cycle", [2, 3, 10, 977, 10**6])
def test_cycles_finer_than_pixels_are_a_band_from_their_least_to_their_largest(cycle: int) -> None:
    curve = plan(lrplot.Cyclic(max_lr=1.0, step_size_up=cycle), 10**9, 0.25)

    found = trace(curve_of(curve), 0, 10**9, 900)

    (band,) = found.bands
    assert (band.x[0], band.x[-1]) == (0, 10**9)
    assert (np.diff(band.x) > 0).all()
    assert band.low == pytest.approx(np.full(len(band.x), 0.25), abs=1e-3)
    assert band.high == pytest.approx(np.full(len(band.x), 1.0), abs=1e-3)
    assert np.isnan(found.y[1:-1]).all()


def test_a_hundred_million_cycles_take_milliseconds() -> None:
    curve = plan(lrplot.Cyclic(max_lr=1.0, step_size_up=5), 10**9)
    begun = time.process_time()

    trace(curve_of(curve), 0, 10**9, 1000)

    assert time.process_time() - begun < 0.2


def test_a_band_takes_the_place_of_the_line_only_where_cycles_are_too_fine() -> None:
    curve = plan(lrplot.CosineRestarts(t_0=1, t_mult=2), 2**30)
    found = trace(curve_of(curve), 0, 2**30, 900)

    assert not found.bands  # the fast ones share the first few columns
    fast = lrplot.Sequence(
        schedules=(lrplot.Cyclic(max_lr=2.0, step_size_up=5), lrplot.Poly(max_iters=500_000)),
        milestones=(500_000,),
    )
    found = trace(curve_of(plan(fast, 10**6)), 0, 10**6, 900)
    (band,) = found.bands
    assert (band.x[0], band.x[-1]) == (0, pytest.approx(500_000, abs=6_000))
    line = ~np.isnan(found.y)
    assert found.x[line][1] >= band.x[-1] - 2_000
    assert found.x[-1] == 10**6


def test_a_cycle_that_no_knot_tells_of_is_seen_too() -> None:
    hidden = plan(lrplot.Lambda(factor="0.5 + 0.5*cos(t)"), 10**8)

    (band,) = trace(curve_of(hidden), 0, 10**8, 900).bands

    assert band.low.max() < 0.4
    assert band.high.min() > 0.6


def test_a_ratio_has_no_value_where_the_first_is_0() -> None:
    first = plan(lrplot.MultiStep(milestones=(400, 600), gamma=0.0), base=0.5)
    found = trace(ratio(plan(lrplot.Constant(), base=1.0), first), 0, 1000, 900)

    assert np.unique(found.y[~np.isnan(found.y)]).tolist() == [2.0]
    assert found.x[~np.isnan(found.y)].max() == 399


def test_a_ratio_is_broken_where_it_has_no_value_between() -> None:
    first = plan(lrplot.Piecewise(boundaries=(400, 600), values=(1.0, 0.0, 0.5)))
    found = trace(ratio(plan(lrplot.Constant(), base=1.0), first), 0, 1000, 900)

    gap = np.flatnonzero(np.isnan(found.y))
    assert gap.size
    assert found.y[gap[0] - 1] == 1.0
    assert found.y[gap[-1] + 1] == 2.0


def test_of_a_level_peak_the_first_step_is_told() -> None:
    warm = lrplot.LinearWarmup(warmup_steps=500, then=lrplot.Constant())
    for end in (1000, 87_960, 10**12):
        plan = lrplot.Plan(schedule=warm, base_lr=0.02, max_iters=end)
        assert extremes(plan) == ((0, 0.0), (500, 0.02))


def test_the_peak_is_found_wherever_it_is() -> None:
    spike = lrplot.Piecewise(boundaries=(FAR // 3, FAR // 3 + 1), values=(0.1, 7.0, 0.1))

    assert peak(plan(spike, FAR)) == 7.0


@given(schedules, bases)
def test_where_pixels_suffice_every_step_is_on_the_line(
    schedule: lrplot.Schedule, base: float
) -> None:
    curve = plan(schedule, 200, base)
    x, y = polyline(curve, 1000)

    last = {int(at): rate for at, rate in zip(x, y, strict=True)}  # a stroke ends at its rate
    assert [last[step] for step in range(201)] == curve.lr(range(201)).tolist()


@pytest.mark.parametrize("columns", [10, 1000, 5000])
def test_each_jump_is_a_vertical_stroke_at_the_step_where_it_takes_force(columns: int) -> None:
    curve = plan(lrplot.MultiStep(milestones=(333, 777), gamma=0.5))

    assert strokes(*polyline(curve, columns)) == [(333, 1.0, 0.5), (777, 0.5, 0.25)]


def test_a_jump_in_a_falling_curve_is_a_stroke_too() -> None:
    two = lrplot.Sequence(schedules=(lrplot.Poly(max_iters=500, power=1),) * 2, milestones=(500,))
    ((x, low, high),) = strokes(*polyline(plan(two), 100))

    assert (x, high) == (500, 1.0)
    assert low == pytest.approx(1 / 500)


def test_a_kink_is_no_stroke() -> None:
    warm = lrplot.LinearWarmup(warmup_steps=333, then=lrplot.Poly(max_iters=667, power=1))

    assert strokes(*polyline(plan(warm), 100)) == []


def test_a_jump_at_the_last_step_and_at_the_first_are_drawn() -> None:
    late = lrplot.MultiStep(milestones=(1, 1000), gamma=0.5)

    assert strokes(*polyline(plan(late), 100)) == [(1, 1.0, 0.5), (1000, 0.5, 0.25)]


@pytest.mark.parametrize("end", [10**3, 10**6, FAR, 2**53])
def test_a_figure_costs_what_its_width_does_not_what_its_run_does(end: int) -> None:
    asked.clear()

    x, _ = polyline(plan(Counted(), end), 1000)

    assert sum(asked) < 50_000
    assert len(x) < 100_000


@pytest.mark.parametrize(
    "schedule",
    [
        lrplot.Step(step_size=3, gamma=0.999),
        lrplot.CosineRestarts(t_0=7),
        lrplot.CosineRestarts(t_0=1, t_mult=2),
        lrplot.Cyclic(max_lr=1.0, step_size_up=5),
        lrplot.PerEpoch(schedule=lrplot.Poly(max_iters=FAR // 9), iters_per_epoch=9),
        lrplot.Repeat(schedule=lrplot.Table(values=(0.1, 0.2) * 4500), period=9000),
        lrplot.Repeat(schedule=lrplot.Table(values=(0.1, 0.2) * 9000), period=18_000),
    ],
)
def test_a_run_of_a_million_million_steps_is_drawn_at_once(schedule: lrplot.Schedule) -> None:
    begun = time.process_time()
    x, y = polyline(plan(schedule, FAR), 1000)

    assert time.process_time() - begun < 5
    assert (x[0], x[-1]) == (0, FAR)
    assert len(x) < 300_000
    assert np.isfinite(y).all()


def test_restarts_too_fast_for_the_pixels_are_drawn_as_their_band() -> None:
    curve = plan(lrplot.CosineRestarts(t_0=7), 10**6)
    x, y = polyline(curve, 100)

    column = (x * 100 / 10**6).astype(int).clip(max=99)
    for number in range(100):
        assert y[column == number].max() == 1.0
        assert y[column == number].min() == pytest.approx(curve.lr(6))
