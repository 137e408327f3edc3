"""What holds of every schedule, whatever its parameters and however they are nested."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lrplot
from lrplot.schedules import by_name
from tests.strategies import LEAVES, bases, factors, lengths, rates, schedules, steps_arrays

if TYPE_CHECKING:
    from lrplot.schedules.base import Rates, Schedule

FAR = 10**12


def lr(schedule: Schedule, steps: list[int] | range, base: float = 1.0) -> Rates:
    asked = np.asarray(steps, dtype=np.int64)
    return schedule.lr(asked, np.full(asked.shape, base))


def test_the_strategies_draw_every_schedule() -> None:
    compositions = {"sequence", "chain", "per_epoch", "faster", "repeat"}
    warm_ups = {"linear_warmup", "constant_warmup", "exp_warmup"}

    assert set(LEAVES) | compositions | warm_ups == set(by_name)


@given(schedules, steps_arrays, bases, st.randoms(use_true_random=False))
def test_the_order_of_the_steps_does_not_matter(
    schedule: Schedule, steps: list[int], base: float, random: object
) -> None:
    order = list(range(len(steps)))
    random.shuffle(order)  # type: ignore[attr-defined]

    shuffled = lr(schedule, [steps[i] for i in order], base)

    assert shuffled.tolist() == lr(schedule, steps, base)[order].tolist()


@given(schedules, steps_arrays, bases)
def test_an_array_of_steps_gives_what_each_step_alone_gives(
    schedule: Schedule, steps: list[int], base: float
) -> None:
    together = lr(schedule, steps, base).tolist()

    assert together == [lr(schedule, [step], base).item() for step in steps]


@given(schedules, bases, st.integers(0, 200))
def test_a_plan_gives_what_its_schedule_gives(schedule: Schedule, base: float, step: int) -> None:
    plan = lrplot.Plan(schedule=schedule, base_lr=base, max_iters=100)

    assert plan.lr(step) == lr(schedule, [step], base).item()


@given(schedules, bases)
def test_every_rate_is_finite_and_not_below_zero(schedule: Schedule, base: float) -> None:
    found = lr(schedule, [*range(300), 10**6, FAR, 2**53], base)

    assert np.isfinite(found).all()
    assert (found >= -1e-12).all()


@given(schedules, bases, st.sampled_from([(), (0,), (1,), (7,), (2, 3), (1, 2, 2)]))
def test_evaluation_leaves_its_inputs_alone_and_keeps_shape_and_type(
    schedule: Schedule, base: float, shape: tuple[int, ...]
) -> None:
    steps = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    flowing = np.full(shape, base)
    steps.flags.writeable = flowing.flags.writeable = False

    found = schedule.lr(steps, flowing)

    assert np.shape(found) == shape
    assert np.asarray(found).dtype == np.float64
    assert not np.shares_memory(found, flowing)


@given(schedules)
def test_a_schedule_equals_its_copy_and_hashes_alike(schedule: Schedule) -> None:
    fields = {name: getattr(schedule, name) for name in schedule.__struct_fields__}

    again = type(schedule)(**fields)

    assert again == schedule
    assert hash(again) == hash(schedule)


@given(schedules)
def test_a_schedule_cannot_be_changed(schedule: Schedule) -> None:
    for name in (*schedule.__struct_fields__, "new"):
        with pytest.raises(AttributeError):
            setattr(schedule, name, 1)


@given(schedules)
def test_a_schedule_can_be_pickled_and_copied(schedule: Schedule) -> None:
    import copy
    import pickle

    assert pickle.loads(pickle.dumps(schedule)) == schedule  # noqa: S301  written right here
    assert copy.deepcopy(schedule) == schedule


# -- composition ----------------------------------------------------------------------------------


@given(st.lists(factors, min_size=1, max_size=4), steps_arrays, bases)
def test_a_chain_of_factors_is_their_product(
    parts: list[Schedule], steps: list[int], base: float
) -> None:
    chain = lrplot.Chain(schedules=tuple(parts))

    product = base * np.prod([lr(part, steps) for part in parts], axis=0)

    assert lr(chain, steps, base) == pytest.approx(product, rel=1e-12, abs=1e-300)


@given(st.lists(schedules, min_size=1, max_size=3), bases, steps_arrays)
def test_a_chain_of_a_chain_is_one_chain(
    parts: list[Schedule], base: float, steps: list[int]
) -> None:
    flat = lrplot.Chain(schedules=tuple(parts))
    nested = lrplot.Chain(schedules=(lrplot.Chain(schedules=tuple(parts[:1])), *parts[1:]))

    assert lr(nested, steps, base).tolist() == lr(flat, steps, base).tolist()


@given(schedules, schedules, lengths, bases)
def test_a_sequence_is_each_schedule_on_its_own_clock(
    first: Schedule, second: Schedule, start: int, base: float
) -> None:
    whole = lrplot.Sequence(schedules=(first, second), milestones=(start,))

    found = lr(whole, range(start + 50), base).tolist()

    assert found[:start] == lr(first, range(start), base).tolist()
    assert found[start:] == lr(second, range(50), base).tolist()


@given(schedules, schedules, lengths, bases)
def test_a_carrying_sequence_hands_over_the_rate_it_came_to(
    first: Schedule, second: Schedule, start: int, base: float
) -> None:
    whole = lrplot.Sequence(schedules=(first, second), milestones=(start,), hand_over="carry")

    handed = lr(first, [start], base).item()

    assert lr(whole, range(start, start + 50), base).tolist() == (
        lr(second, range(50), handed).tolist()
    )


@given(schedules, lengths, bases)
def test_repeating_is_the_step_within_the_period(inner: Schedule, n: int, base: float) -> None:
    steps = range(200)

    found = lr(lrplot.Repeat(schedule=inner, period=n), steps, base)

    assert found.tolist() == lr(inner, [step % n for step in steps], base).tolist()


@given(schedules, lengths, bases)
def test_an_epoch_clock_is_the_whole_epochs_passed(inner: Schedule, n: int, base: float) -> None:
    steps = range(200)

    found = lr(lrplot.PerEpoch(schedule=inner, iters_per_epoch=n), steps, base)

    assert found.tolist() == lr(inner, [step // n for step in steps], base).tolist()


@given(schedules, st.integers(0, 60), bases)
def test_what_follows_a_warm_up_counts_from_its_end(inner: Schedule, n: int, base: float) -> None:
    warm = lrplot.LinearWarmup(warmup_steps=n, then=inner)

    assert lr(warm, range(n, n + 50), base).tolist() == lr(inner, range(50), base).tolist()


# -- stretch --------------------------------------------------------------------------------------


def _of_length(floor: float, power: float, *lengths: int) -> list[list[Schedule]]:
    return [
        [
            lrplot.Poly(max_iters=length, eta_min=floor, power=power),
            lrplot.Cosine(max_iters=length, eta_min=floor),
            lrplot.Linear(max_iters=length, end_lr=floor),
        ]
        for length in lengths
    ]


@given(lengths, st.integers(1, 10**9), st.integers(0, 90), bases, rates(), st.floats(0, 5))
def test_a_run_k_times_longer_has_the_same_rates_k_times_later(  # noqa: PLR0913, PLR0917  the law's terms
    length: int, k: int, step: int, base: float, floor: float, power: float
) -> None:
    for short, long in zip(*_of_length(floor, power, length, length * k), strict=True):
        assert lr(long, [step * k], base).item() == lr(short, [step], base).item()


@given(schedules, st.integers(1, 10**6))
def test_steps_that_nothing_counts_are_free(inner: Schedule, k: int) -> None:
    slow = lrplot.PerEpoch(schedule=inner, iters_per_epoch=k)

    assert lr(slow, [i * k for i in range(50)]).tolist() == lr(inner, range(50)).tolist()


# -- knots ----------------------------------------------------------------------------------------


def _isolated_jumps(values: Rates) -> set[int]:
    """Return each step whose change dwarfs both the change before it and the one after."""
    change = np.abs(np.diff(values))  # change[i] leads to step i + 1
    around = np.maximum(change[:-2], change[2:])
    dwarfs = change[1:-1] > 3 * around + 1e-9 * np.abs(values).max()
    return set((np.flatnonzero(dwarfs) + 2).tolist())


@given(schedules, bases)
def test_every_jump_is_at_a_knot(schedule: Schedule, base: float) -> None:
    end = 250
    knots = {step for knot in schedule.knots(end) for step in knot}
    near = {step + i for step in (0, *knots) for i in range(-2, 3)}  # steep, not a jump

    missed = _isolated_jumps(lr(schedule, range(end + 1), base)) - near - {end}

    assert not missed - knots


@given(
    st.one_of(*(LEAVES[name] for name in ("step", "multistep", "piecewise", "table", "plateau")))
)
def test_a_schedule_of_levels_changes_at_its_knots_only(schedule: Schedule) -> None:
    end = 250
    knots = {step for knot in schedule.knots(end) for step in knot}
    values = lr(schedule, range(end + 1))

    changes = set((np.flatnonzero(np.diff(values)) + 1).tolist())

    assert changes <= knots


@given(schedules, st.sampled_from([0, 1, 2, 17, 100, FAR]))
def test_knots_stay_within_the_run(schedule: Schedule, end: int) -> None:
    found = [knot for knot in schedule.knots(end) if len(knot)]

    assert all(isinstance(knot, range) for knot in found)
    assert all(knot[0] >= 0 and knot[-1] <= end for knot in found)


@given(schedules)
def test_a_run_without_end_has_no_more_ranges_of_knots_than_a_short_one(
    schedule: Schedule,
) -> None:
    short, far = len(schedule.knots(10**6)), len(schedule.knots(FAR))

    assert far <= short + 100  # restarts that grow: one for each cycle, as many as a logarithm


@given(schedules, bases)
def test_a_step_a_million_million_away_is_as_quick_as_any(schedule: Schedule, base: float) -> None:
    begun = time.process_time()
    lr(schedule, [0, FAR, FAR + 1, 2**53], base)
    schedule.knots(FAR)

    assert time.process_time() - begun < 5


# -- phases, room and what is asked for ------------------------------------------------------------


@given(schedules, st.integers(1, 300))
def test_phases_lie_within_the_run_in_order(schedule: Schedule, end: int) -> None:
    phases = schedule.phases(end)

    assert all(0 <= phase.start < phase.end <= end for phase in phases)
    assert all(a.end <= b.start for a, b in pairwise(phases))


@given(schedules)
def test_a_run_of_no_steps_has_no_phases(schedule: Schedule) -> None:
    assert schedule.phases(0) == ()


@given(schedules)
def test_a_schedule_has_an_extent_to_show_itself_in(schedule: Schedule) -> None:
    assert schedule.extent() >= 1


@given(
    st.sampled_from(["piecewise", "table", "onecycle", "anneal"]).flatmap(
        lambda name: LEAVES[name]
    ),
    schedules,
    st.tuples(bases, bases),
)
def test_a_schedule_that_does_not_use_the_base_gives_the_same_from_any(
    level: Schedule, other: Schedule, pair: tuple[float, float]
) -> None:
    for schedule in (
        level,
        lrplot.Chain(schedules=(other, level)),
        lrplot.Sequence(schedules=(level, level), milestones=(7,)),
        lrplot.LinearWarmup(warmup_steps=9, end_lr=0.3, then=level),
        lrplot.Repeat(schedule=level, period=30),
        lrplot.PerEpoch(schedule=level, iters_per_epoch=3),
    ):
        one, two = (lr(schedule, range(200), base).tolist() for base in pair)

        assert not schedule.uses_base()
        assert one == two


@given(schedules)
def test_a_schedule_whose_rates_follow_the_base_says_so(schedule: Schedule) -> None:
    one, two = (lr(schedule, range(200), base).tolist() for base in (0.5, 0.7))

    assert one == two or schedule.uses_base()


@given(LEAVES["onecycle"])
def test_momentum_of_one_cycle_runs_the_other_way(schedule: lrplot.OneCycle) -> None:
    rates_, momenta = lr(schedule, range(80)), lr(schedule.momentum(), range(80))
    rising = np.diff(rates_) > 1e-12

    assert (
        np.diff(momenta)[rising & (np.arange(79) < schedule.pct_start * schedule.max_iters - 1)]
        <= 1e-12
    ).all()


@given(st.sampled_from(sorted(set(LEAVES) - {"onecycle"})).flatmap(lambda name: LEAVES[name]))
def test_no_other_schedule_cycles_the_momentum(schedule: Schedule) -> None:
    assert schedule.momentum() is None
