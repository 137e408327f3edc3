from __future__ import annotations

import gzip
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.errors import InputError, LrplotError
from lrplot.frameworks.torch._scheduler import constructed
from lrplot.frameworks.torch._update import BLOCK, Scan
from lrplot.source import load

if TYPE_CHECKING:
    from lrplot.plan import Plan

DATA = Path(__file__).parents[1] / "parity" / "data" / "torch.json.gz"
CASES = json.loads(gzip.decompress(DATA.read_bytes()))
LENGTHS = {case["expr"]: case["max_iters"] for case in CASES if "error" not in case}
RECORDED = list(LENGTHS)
FAR = 10**12


def plan(call: str, **options: Any) -> Plan:
    return load(call, as_="torch", **{"base_lr": 0.1, **options})


def rates(call: str, *steps: int, **options: Any) -> list[float]:
    found: list[float] = plan(call, **options).lr(steps).tolist()
    return found


def said(call: str, **options: Any) -> str:
    with pytest.raises(LrplotError) as error:
        plan(call, **options).lr(range(31))
    return str(error.value)


# -- one scheduler: worked values, the ends and beyond ------------------------------------------


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("StepLR(optimizer, 2, 0.5)", {0: 0.1, 1: 0.1, 2: 0.05, 4: 0.025, FAR: 0}),
        ("StepLR(optimizer, -2, 0.5)", {1: 0.1, 2: 0.05, 4: 0.025}),
        ("StepLR(optimizer, 2.5, 0.5)", {4: 0.1, 5: 0.05, 10: 0.025}),
        ("StepLR(optimizer, 2, -0.5)", {2: -0.05, 4: 0.025}),
        ("MultiStepLR(optimizer, [4, 2], 0.5)", {0: 0.1, 2: 0.05, 4: 0.025, FAR: 0.025}),
        ("MultiStepLR(optimizer, [3, 3, 0], 0.5)", {0: 0.05, 2: 0.05, 3: 0.0125}),
        ("MultiStepLR(optimizer, [])", {0: 0.1, FAR: 0.1}),
        ("MultiStepLR(optimizer, [2.5])", {2: 0.1, 3: 0.1}),
        ("ConstantLR(optimizer)", {0: 0.1 / 3, 4: 0.1 / 3, 5: 0.1, FAR: 0.1}),
        ("ConstantLR(optimizer, 0.5, total_iters=0)", {0: 0.05, 1: 0.05, FAR: 0.05}),
        ("ConstantLR(optimizer, 0.5, total_iters=2.5)", {0: 0.05, 3: 0.05, FAR: 0.05}),
        ("LinearLR(optimizer)", {0: 0.1 / 3, 5: 0.1, FAR: 0.1}),
        ("LinearLR(optimizer, 0.5, 0.1, 4)", {0: 0.05, 1: 0.04, 4: 0.01, FAR: 0.01}),
        ("LinearLR(optimizer, 0.5, total_iters=0)", {0: 0.05, 1: 0.05, FAR: 0.05}),
        ("ExponentialLR(optimizer, 0.5)", {0: 0.1, 1: 0.05, 3: 0.0125, FAR: 0}),
        ("ExponentialLR(optimizer, -0.5)", {1: -0.05, 2: 0.025}),
        ("PolynomialLR(optimizer, 4, 2)", {0: 0.1, 2: 0.025, 4: 0, FAR: 0}),
        ("PolynomialLR(optimizer, 4, 0)", {0: 0.1, 4: 0.1, FAR: 0.1}),
        ("PolynomialLR(optimizer, 0)", {0: 0.1, FAR: 0.1}),
        ("CosineAnnealingLR(optimizer, 4)", {0: 0.1, 2: 0.05, 4: 0, 6: 0.05, 8: 0.1, 12: 0}),
        ("CosineAnnealingLR(optimizer, 4, 0.02)", {0: 0.1, 2: 0.06, 4: 0.02, 8: 0.1}),
        ("CosineAnnealingLR(optimizer, 1)", {0: 0.1, 1: 0, 2: 0.1, 3: 0, 10**6: 0.1, 10**6 + 1: 0}),
        ("CosineAnnealingLR(optimizer, 4, 0.3)", {0: 0.1, 2: 0.2, 4: 0.3, 6: 0.2}),
        ("CosineAnnealingLR(optimizer, -4)", {2: 0.05, 4: 0, 6: 0.05}),
        ("CosineAnnealingLR(optimizer, 2.5)", {5: 0.1, 10: 0.1}),
        ("LambdaLR(optimizer, lambda k: 1 / (k + 1))", {0: 0.1, 1: 0.05, FAR: 1e-13}),
        ("LambdaLR(optimizer, [lambda k: 0.5 ** k])", {2: 0.025}),
        ("MultiplicativeLR(optimizer, lambda k: 0.5)", {0: 0.1, 2: 0.025, FAR: 0}),
        ("MultiplicativeLR(optimizer, lambda k: k / 2)", {0: 0.1, 1: 0.05, 3: 0.075}),
        ("CosineAnnealingWarmRestarts(optimizer, 2)", {0: 0.1, 1: 0.05, 2: 0.1, FAR: 0.1}),
        ("CosineAnnealingWarmRestarts(optimizer, 2, 2)", {1: 0.05, 2: 0.1, 4: 0.05, 6: 0.1}),
        ("CosineAnnealingWarmRestarts(optimizer, 3, 3)", {363: 0.1}),
        ("SWALR(optimizer, 0.3, 4)", {0: 0.1, 2: 0.2, 4: 0.3, FAR: 0.3}),
        ("SWALR(optimizer, 0.3, 4, 'linear')", {0: 0.1, 1: 0.15, 4: 0.3, FAR: 0.3}),
        ("SWALR(optimizer, 0.3, 0)", {0: 0.3, 1: 0.3, FAR: 0.3}),
        ("CyclicLR(optimizer, 0.1, 0.3, 2)", {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.2, 4: 0.1, FAR: 0.1}),
        ("CyclicLR(optimizer, 0.1, 0.3, 2, 1)", {2: 0.3, 3: 0.1, 5: 0.3}),
        ("CyclicLR(optimizer, 0.1, 0.3, 2, mode='triangular2')", {2: 0.3, 6: 0.2, 10: 0.15}),
        ("CyclicLR(optimizer, 0.1, 0.3, 2, mode='exp_range', gamma=0.5)", {2: 0.15}),
        ("CyclicLR(optimizer, 0, 1, 2, scale_fn=lambda x: 1 / x)", {2: 1, 6: 0.5, 10: 1 / 3}),
        (
            "CyclicLR(optimizer, 0, 1, 2, scale_fn=lambda x: 1 / x if x else 0, scale_mode='k')",
            {2: 0.5, 6: 1 / 6},
        ),
        ("CyclicLR(optimizer, [0.1], [0.3], 2)", {2: 0.3}),
        ("OneCycleLR(optimizer, 1.0, 10, pct_start=0.5)", {0: 0.04, 4: 1.0, 9: 4e-6}),
        ("OneCycleLR(optimizer, 1.0, epochs=5, steps_per_epoch=2, pct_start=0.5)", {4: 1.0}),
        (
            "OneCycleLR(optimizer, 1.0, 11, None, None, 0.5, 'linear', True, 0, 0, 2, 2, True)",
            {0: 0.5, 9: 0.5, 10: 0.25},
        ),
    ],
)
def test_a_scheduler_gives_what_its_formula_says(call: str, values: dict[int, float]) -> None:
    assert rates(call, *values) == pytest.approx([*values.values()], rel=1e-6, abs=1e-15)


def test_a_cosine_is_exactly_at_its_floor_at_t_max() -> None:
    assert rates("CosineAnnealingLR(optimizer, 7, 0.02)", 7) == [0.02]


def test_one_cycle_overshoots_at_its_last_step_as_torch_does() -> None:
    found = rates("OneCycleLR(optimizer, 1.0, 10, pct_start=0.5)", 8, 9, 10)
    assert found[2] == pytest.approx(found[0])
    linear = "OneCycleLR(optimizer, 1.0, 10, pct_start=0.5, anneal_strategy='linear')"
    assert rates(linear, 10)[0] < 0


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("CyclicLR(optimizer, 0.1, 0.3, 2)", {0: 0.9, 1: 0.85, 2: 0.8, 4: 0.9}),
        ("OneCycleLR(optimizer, 1.0, 10, pct_start=0.5)", {0: 0.95, 4: 0.85, 9: 0.95}),
        (
            "OneCycleLR(optimizer, 1.0, 10, pct_start=0.3, three_phase=True)",
            {0: 0.95, 2: 0.85, 4: 0.95, 9: 0.95},
        ),
    ],
)
def test_momentum_goes_the_other_way(call: str, values: dict[int, float]) -> None:
    found = plan(call).of("momentum").lr([*values])
    assert found.tolist() == pytest.approx([*values.values()])


@pytest.mark.parametrize(
    ("call", "values"),
    [
        (
            "SequentialLR(opt, [ConstantLR(opt), CyclicLR(opt, 0.1, 0.3, 2)], [6])",
            {0: 0.9, 5: 0.9, 6: 0.9, 7: 0.85, 8: 0.8, 10**9: 0.8},
        ),
        (
            "SequentialLR(opt, [CyclicLR(opt, 0.1, 0.3, 2), ConstantLR(opt)], [4])",
            {0: 0.9, 3: 0.85, 4: 0.85, 10**9: 0.85},
        ),
        (
            "ChainedScheduler([CyclicLR(optimizer, 0.1, 0.3, 2), StepLR(optimizer, 3)])",
            {0: 0.9, 1: 0.85, 2: 0.8, 4: 0.9},
        ),
    ],
)
def test_in_a_container_who_does_not_cycle_the_momentum_leaves_it(
    call: str, values: dict[int, float]
) -> None:
    found = plan(call).of("momentum").lr([*values])
    assert found.tolist() == pytest.approx([*values.values()])


def test_where_torch_gives_no_rate_it_gives_no_momentum() -> None:
    momentum = plan("ChainedScheduler([OneCycleLR(optimizer, 1.0, 10)])").of("momentum")
    with pytest.raises(InputError, match="raises past its total_steps"):
        momentum.lr(11)


@pytest.mark.parametrize(
    "call",
    [
        "StepLR(optimizer, 3)",
        "CyclicLR(optimizer, 0.1, 0.3, cycle_momentum=False)",
        "OneCycleLR(optimizer, 1.0, 10, cycle_momentum=False)",
        "SequentialLR(optimizer, [OneCycleLR(optimizer, 1.0, 10, cycle_momentum=False)], [])",
        "ChainedScheduler([ConstantLR(optimizer), StepLR(optimizer, 2)])",
    ],
)
def test_without_a_cycle_there_is_no_momentum(call: str) -> None:
    with pytest.raises(InputError, match="does not schedule the momentum"):
        plan(call).of("momentum")


def test_a_plateau_drops_after_patience_and_holds_after_the_last_metric() -> None:
    call = "ReduceLROnPlateau(optimizer, patience=1, factor=0.5)"
    found = rates(call, *range(6), 99, metrics=[1.0, 1.0, 1.0, 1.0, 0.5])
    assert found == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05])


def test_a_negative_patience_drops_at_every_metric() -> None:
    call = "ReduceLROnPlateau(optimizer, patience=-1, factor=0.5, min_lr=[0.02])"
    assert rates(call, 0, 1, 2, 3, metrics=[4, 3, 2]) == pytest.approx([0.1, 0.05, 0.025, 0.02])


# -- several ------------------------------------------------------------------------------------

WARM = "LinearLR(optimizer, 0.1, total_iters=3)"
INNER = f"SequentialLR(optimizer, [{WARM}, ExponentialLR(optimizer, 0.9)], [3])"
CHAIN = "ChainedScheduler([ExponentialLR(optimizer, 0.5), ConstantLR(optimizer, 0.1, 3)])"


@pytest.mark.parametrize(
    ("call", "values"),
    [
        (f"SequentialLR(optimizer, [{WARM}, ExponentialLR(optimizer, 0.9)], [3])",
         {0: 0.01, 2: 0.07, 3: 0.1, 4: 0.09, FAR: 0}),
        # a milestone of 0 skips the first, one that repeats the one between
        (f"SequentialLR(optimizer, [{WARM}, ExponentialLR(optimizer, 0.9)], [0])",
         {0: 0.1, 1: 0.09}),
        (f"SequentialLR(optimizer, [{WARM}, {WARM}, ExponentialLR(optimizer, 0.9)], [2, 2])",
         {1: 0.04, 2: 0.1, 3: 0.09}),
        # out of order, the list is searched as if it were in order
        (f"SequentialLR(optimizer, [{WARM}, {WARM}, ExponentialLR(optimizer, 0.9)], [5, 3])",
         {2: 0.07, 3: 0.1, 4: 0.09}),
        # these two go on from the rate that stands
        (f"SequentialLR(optimizer, [{WARM}, MultiplicativeLR(optimizer, lambda k: 0.5)], [2])",
         {1: 0.04, 2: 0.02, 3: 0.01}),
        (f"SequentialLR(optimizer, [{WARM}, SWALR(optimizer, 0.3, 2, 'linear')], [3])",
         {2: 0.07, 3: 0.07, 4: 0.185, 5: 0.3, FAR: 0.3}),
        # each that is built changes the rate, and OneCycleLR the base of those after it
        (f"SequentialLR(optimizer, [{WARM}, OneCycleLR(optimizer, 2.0, 8)], [3])",
         {0: 0.008, 1: 0.032, 2: 0.056, 3: 0.08}),
        # inside another, one switches a step early
        (f"SequentialLR(optimizer, [{INNER}, StepLR(optimizer, 5)], [8])",
         {0: 0.01, 1: 0.04, 2: 0.1, 3: 0.09, 8: 0.1}),
        # the initial step of a chain is an ordinary step of each
        (f"SequentialLR(optimizer, [{CHAIN}, StepLR(optimizer, 5)], [9])",
         {0: 0.005, 1: 0.0025, 2: 0.00125, 3: 0.00625}),
        (f"ChainedScheduler([{WARM}, ExponentialLR(optimizer, 0.5)])",
         {0: 0.01, 1: 0.02, 3: 0.0125, FAR: 0}),
        # one that sets the rate forgets those before it
        ("ChainedScheduler([ExponentialLR(optimizer, 0.5), CyclicLR(optimizer, 0.01, 0.03, 2)])",
         {0: 0.1, 1: 0.02, 2: 0.03, FAR: 0.01}),
        ("ChainedScheduler([CyclicLR(optimizer, 0.01, 0.03, 2), ExponentialLR(optimizer, 0.5)])",
         {0: 0.01, 1: 0.01, 2: 0.015, FAR: 0.005}),
        # a floor under a product: no product of curves gives this
        ("ChainedScheduler([CosineAnnealingLR(optimizer, 4, 0.02), StepLR(optimizer, 1, 0.5)])",
         {0: 0.1, 1: 0.0441421356, 2: 0.0170710678}),
    ],
)  # fmt: skip
def test_a_container_gives_what_its_steps_make(call: str, values: dict[int, float]) -> None:
    assert rates(call, *values) == pytest.approx([*values.values()], rel=1e-8, abs=1e-15)


def test_containers_nest_as_deep_as_people_nest_them() -> None:
    call = "ExponentialLR(optimizer, 0.9)"
    for _ in range(10):
        call = f"ChainedScheduler([{call}])"
        call = f"SequentialLR(optimizer, [{call}, StepLR(optimizer, 2)], [50])"
    assert math.isfinite(plan(call).lr(60))


def test_a_scheduler_of_another_library_is_one_that_sets_the_rate() -> None:
    cosine = "get_cosine_schedule_with_warmup(optimizer, 0, 10)"
    found = rates(f"SequentialLR(optimizer, [{WARM}, {cosine}], [3])", 2, 3, 8, 13)
    assert found == pytest.approx([0.07, 0.1, 0.05, 0])


def test_what_the_optimizer_holds_is_asked_for_only_where_it_plays_a_part() -> None:
    own = "OneCycleLR(optimizer, 1.0, 100)"
    for call in (
        own,
        "CyclicLR(optimizer, 0.1, 0.3)",
        f"ChainedScheduler([{own}, StepLR(optimizer, 3)])",
        f"SequentialLR(optimizer, [{own}, ExponentialLR(optimizer, 0.5)], [50])",
    ):
        assert not plan(call).schedule.uses_base()
    for call in (
        "StepLR(optimizer, 3)",
        "LambdaLR(optimizer, lambda k: 1)",
        f"SequentialLR(optimizer, [ExponentialLR(optimizer, 0.5), {own}], [50])",
    ):
        assert plan(call).schedule.uses_base()


# -- laws ---------------------------------------------------------------------------------------


@given(st.sampled_from(RECORDED), st.lists(st.integers(0, 9000), min_size=1, max_size=20))
def test_asking_for_several_steps_gives_what_asking_for_each_gives(
    call: str, steps: list[int]
) -> None:
    curve = plan(call, metrics=[1.0])
    try:
        together = curve.lr(steps).tolist()
    except InputError:
        return  # past where torch raises
    assert together == [curve.lr(step) for step in steps]


FORMULAS = (
    "StepLR(optimizer, 7, 0.99)",
    "MultiStepLR(optimizer, [1, 4096, 4097, 4097, 9000], 0.5)",
    "ConstantLR(optimizer, 0.3, 5000)",
    "LinearLR(optimizer, 0.1, total_iters=9000)",
    "LinearLR(optimizer, 1.0, 0.2, 9000.5)",
    "ExponentialLR(optimizer, 0.999)",
    "PolynomialLR(optimizer, 10_000, 0.9)",
    "CosineAnnealingLR(optimizer, 9000, 1e-3)",
    "CosineAnnealingLR(optimizer, 1000)",
    "CosineAnnealingLR(optimizer, 3)",
    "MultiplicativeLR(optimizer, lambda k: 0.999)",
    "SWALR(optimizer, 0.5, 10_000)",
    "SWALR(optimizer, 0.5, 10_000, 'linear')",
    "ChainedScheduler([LinearLR(optimizer, 0.1, total_iters=5000), StepLR(optimizer, 300, 0.9)])",
)


@pytest.mark.parametrize("call", FORMULAS)
def test_far_steps_are_what_one_step_after_the_other_leads_to(call: str) -> None:
    steps = np.arange(1, 3 * BLOCK)
    schedule: Any = plan(call).schedule
    node, start = constructed(schedule, 0.1)
    stepped = Scan(node, start).at(steps)
    assert plan(call).lr(steps) == pytest.approx(stepped, rel=1e-10, abs=1e-16)


@pytest.mark.parametrize("call", [*FORMULAS, "CyclicLR(optimizer, 0.1, 0.3, mode='exp_range')"])
def test_a_far_step_costs_no_more_than_a_near_one(call: str) -> None:
    curve = plan(call)
    started = time.perf_counter()
    assert math.isfinite(curve.lr(FAR))
    assert sum(map(len, curve.schedule.knots(100))) <= 202
    assert len(curve.schedule.knots(FAR)) < 100
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize("call", RECORDED)
def test_every_jump_is_at_a_knot(call: str) -> None:
    curve = plan(call, metrics=[1.0] * 30)
    found = curve.lr(range(LENGTHS[call] + 1))
    knots = {step for knot in curve.schedule.knots(len(found)) for step in knot}
    change = np.abs(np.diff(found, prepend=found[0], append=found[-1]))
    beside = np.maximum(change[:-2], change[2:]) + 1e-12 * np.abs(found).max()
    jumps = {int(step) for step in np.flatnonzero(change[1:-1] > 3.5 * beside) + 1}
    assert not jumps - knots


@pytest.mark.parametrize("call", RECORDED)
def test_phases_cover_the_run(call: str) -> None:
    curve = plan(call, metrics=[1.0], max_iters=150)
    assert curve.phases[0].start == 0
    assert curve.phases[-1].end == 150
    assert all(a.end == b.start for a, b in zip(curve.phases, curve.phases[1:], strict=False))


# -- what torch refuses, and what it stumbles on later ------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("StepLR(optimizer, 0)", "step 1: StepLR divides by its step_size, 0"),
        ("StepLR(optimizer, 5, last_epoch=3)", "last_epoch: must be -1, got 3"),
        ("MultiStepLR(optimizer, 5)", "milestones: must be a list of numbers, got 5"),
        ("MultiStepLR(optimizer, ['a'])", "milestones: must be a number, got 'a'"),
        ("ConstantLR(optimizer, 1.5)", "factor: must be between 0 and 1, got 1.5"),
        ("ConstantLR(optimizer, 0, 4)", "step 4: ConstantLR divides by its factor, 0"),
        ("LinearLR(optimizer, 0)", "start_factor: must be above 0 and at most 1, got 0"),
        ("LinearLR(optimizer, 1, 2)", "end_factor: must be between 0 and 1, got 2"),
        ("PolynomialLR(optimizer, 6, -1)", "step 6: PolynomialLR divides by 0"),
        ("CosineAnnealingLR(optimizer, 0)", "step 1: CosineAnnealingLR divides by its T_max, 0"),
        ("CosineAnnealingWarmRestarts(optimizer, 0)", "T_0: must be a whole number above 0"),
        ("CosineAnnealingWarmRestarts(optimizer, 9.0)", "T_0: must be a whole number above 0"),
        ("CosineAnnealingWarmRestarts(optimizer, 9, 1.5)", "T_mult: must be a whole number"),
        ("CyclicLR(optimizer, 0.1, 0.3, 0)", "step_size_up: is 0: torch divides by it"),
        ("CyclicLR(optimizer, 0.1, 0.3, mode='saw')", "mode: must be one of triangular, "),
        ("CyclicLR(optimizer, 0.1, [1, 2])", "max_lr: has 2 values; one parameter group"),
        ("CyclicLR(optimizer, 0, 1, scale_fn=lambda x: y)", "scale_fn: unknown name 'y'"),
        ("OneCycleLR(optimizer, 1.0)", "total_steps: is missing"),
        ("OneCycleLR(optimizer, 1.0, 20.0)", "total_steps: must be a whole number above 0"),
        ("OneCycleLR(optimizer, 1.0, 20, pct_start=1)", "pct_start: must be a float between"),
        ("OneCycleLR(optimizer, 1.0, 20, pct_start=1.5)", "pct_start: must be a float between"),
        ("OneCycleLR(optimizer, 1.0, 10, pct_start=0.1)", "pct_start: puts the peak at step 0"),
        ("OneCycleLR(optimizer, 1.0, 20, anneal_strategy='exp')", "anneal_strategy: must be cos"),
        ("OneCycleLR(optimizer, 1.0, 20, div_factor=0)", "div_factor: is 0: torch divides"),
        ("OneCycleLR(optimizer, 1.0, 20)", "step 21: OneCycleLR raises past its total_steps, 20"),
        ("ReduceLROnPlateau(optimizer, 'auto')", "mode: must be min or max, got 'auto'"),
        ("ReduceLROnPlateau(optimizer, factor=1.0)", "factor: "),
        ("SWALR(optimizer, 0.1, -1)", "anneal_epochs: must be a whole number, 0 or above"),
        ("SWALR(optimizer, 0.1, anneal_strategy='exp')", "anneal_strategy: must be cos or linear"),
        ("LambdaLR(optimizer, 0.5)", "lr_lambda: must be a lambda, got 0.5"),
        ("LambdaLR(optimizer, [lambda e: 1, lambda e: 2])", "lr_lambda: has 2 lambdas; one"),
        ("LambdaLR(optimizer, lambda e: f(e))", "lr_lambda: unknown function 'f'"),
        ("MultiplicativeLR(optimizer, 0.5)", "lr_lambda: must be a lambda, got 0.5"),
        ("SequentialLR(optimizer, [], [])", "schedulers: must be a list of at least one"),
        ("SequentialLR(optimizer, [3], [])", "schedulers: must hold schedulers, got 3"),
        ("SequentialLR(optimizer, [StepLR(optimizer, 2)], [3])", "milestones: must be one fewer"),
        ("ChainedScheduler([ReduceLROnPlateau(optimizer)])", "ChainedScheduler cannot hold a Re"),
        (
            f"SequentialLR(optimizer, [{WARM}, ChainedScheduler([{WARM}])], [6])",
            "step 6: it cannot hand over to a SequentialLR or a ChainedScheduler",
        ),
        (
            f"SequentialLR(optimizer, [{WARM}, LinearLR(optimizer, total_iters=0)], [6])",
            "step 6: LinearLR divides by its total_iters, 0, when handed over to",
        ),
        (
            "CyclicLR(optimizer, 0.1, 0.3, 0.01, mode='triangular2')",
            "CyclicLR's triangular2 raises 2.0 to a power that no float holds",
        ),
        ("CosineAnnealingLR(optimizer, 1e-320)", "T_max: is too near 0 to divide by"),
        ("OneCycleLR(optimizer, 1.0, 9, anneal_strategy=['cos'])", "must be cos or linear, got"),
        ("SWALR(optimizer, 0.1, anneal_strategy=[1])", "anneal_strategy: must be cos or linear"),
    ],
)
def test_what_torch_refuses_is_refused_with_its_reason(call: str, message: str) -> None:
    assert message in said(call, metrics=[1.0])


@pytest.mark.parametrize(
    ("call", "rate"),
    [
        ("LinearLR(optimizer, 0.5, total_iters=10**29)", 0.5),
        ("LinearLR(optimizer, 0.5, total_iters=1e300)", 0.5),
        ("PolynomialLR(optimizer, 10**29, power=2)", 1.0),
        ("CosineAnnealingLR(optimizer, 10**29)", 1.0),
        ("CosineAnnealingWarmRestarts(optimizer, 10**29)", 1.0),
    ],
)
def test_a_length_past_every_step_leaves_the_curve_at_its_start(call: str, rate: float) -> None:
    assert rates(call, 0, 10, 2**53, max_iters=20, base_lr=1.0) == pytest.approx([rate] * 3)
    assert len(list(plan(call).schedule.knots(10**9))) < 9


def test_what_only_a_scan_reaches_is_refused_past_its_limit() -> None:
    call = "MultiplicativeLR(optimizer, lambda k: 1 - 1 / (k + 9))"
    with pytest.raises(InputError, match="step 100,000,001 can only be reached one step at a time"):
        plan(call).lr(10**8 + 1)


def test_a_contradiction_of_torch_is_told() -> None:
    (note,) = plan("CosineAnnealingWarmRestarts(optimizer, 3, 3)").notes
    assert note.startswith("torch contradicts itself at step 363: ")
    assert not plan("CosineAnnealingWarmRestarts(optimizer, 10, 2)").notes
    assert not plan("CosineAnnealingWarmRestarts(optimizer, 10)").notes
