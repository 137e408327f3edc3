"""What each schedule gives, worked out by hand from its formula: schedule, step, rate."""

from __future__ import annotations

from math import cos, exp, pi, sqrt

import numpy as np
import pytest

import lrplot
from lrplot import (
    Anneal,
    Chain,
    Clip,
    Constant,
    ConstantWarmup,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    ExpWarmup,
    Faster,
    InverseSqrt,
    InverseTime,
    Lambda,
    Linear,
    LinearWarmup,
    MultiStep,
    NaturalExp,
    Noam,
    OneCycle,
    PerEpoch,
    Piecewise,
    Plateau,
    Poly,
    Repeat,
    Scale,
    Schedule,
    Sequence,
    Step,
    Table,
    Wsd,
)
from lrplot.schedules import by_name

FAR = 10**12

# name of the case: the schedule, the base rate, {step: rate}
EXACT: dict[str, tuple[Schedule, float, dict[int, float]]] = {
    "constant": (Constant(), 0.3, {0: 0.3, 1: 0.3, 999: 0.3, FAR: 0.3}),
    "poly with a floor": (
        Poly(eta_min=0.001, max_iters=1000, power=2),
        0.1,
        {0: 0.1, 250: 0.0566875, 500: 0.02575, 1000: 0.001, 1001: 0.001, FAR: 0.001},
    ),
    "poly, a straight line": (
        Poly(max_iters=4, power=1),
        1.0,
        {0: 1.0, 1: 0.75, 2: 0.5, 3: 0.25, 4: 0.0, 5: 0.0},
    ),
    "poly of power 0 never falls": (Poly(max_iters=4, power=0), 1.0, {0: 1, 3: 1, 4: 1, 9: 1}),
    "poly rises to a floor above the base": (
        Poly(max_iters=2, power=1, eta_min=3),
        1.0,
        {0: 1.0, 1: 2.0, 2: 3.0, 3: 3.0},
    ),
    "poly half way: a larger power leaves less": (
        Chain(schedules=(Poly(max_iters=1000, power=2),)),
        1.0,
        {500: 0.25},
    ),
    "poly half way: power 1 leaves half": (Poly(max_iters=1000, power=1), 1.0, {500: 0.5}),
    "poly half way: power 0.5 leaves 71 %": (
        Poly(max_iters=1000, power=0.5),
        1.0,
        {500: sqrt(0.5)},
    ),
    "poly with cycle": (
        Poly(max_iters=100, power=1, cycle=True),
        1.0,
        # period 100 up to 100, 200 up to 200, 300 up to 300
        {0: 1.0, 50: 0.5, 100: 0.0, 101: 0.495, 150: 0.25, 200: 0.0, 201: 0.33, 225: 0.25, 300: 0},
    ),
    "linear": (
        Linear(max_iters=10, end_lr=0.01),
        0.11,
        {0: 0.11, 1: 0.1, 5: 0.06, 9: 0.02, 10: 0.01, 11: 0.01, FAR: 0.01},
    ),
    "exponential": (
        Exponential(gamma=0.5),
        0.8,
        {0: 0.8, 1: 0.4, 2: 0.2, 10: 0.8 / 1024, FAR: 0.0},
    ),
    "exponential, gamma 0": (Exponential(gamma=0), 0.8, {0: 0.8, 1: 0.0, 2: 0.0}),
    "natural_exp": (
        NaturalExp(gamma=0.1),
        0.5,
        {0: 0.5, 1: 0.5 * exp(-0.1), 10: 0.5 * exp(-1), FAR: 0.0},
    ),
    "inverse_time": (
        InverseTime(gamma=0.01),
        0.5,
        {0: 0.5, 100: 0.25, 300: 0.125, 900: 0.05, FAR: 0.5 / (1 + 10**10)},
    ),
    "piecewise": (
        Piecewise(boundaries=(100, 200), values=(1.0, 0.5, 0.1)),
        9.0,
        {0: 1.0, 99: 1.0, 100: 0.5, 199: 0.5, 200: 0.1, FAR: 0.1},
    ),
    "piecewise without a boundary": (Piecewise(boundaries=(), values=(0.2,)), 9, {0: 0.2, 7: 0.2}),
    "piecewise, a boundary at 0": (
        Piecewise(boundaries=(0,), values=(1.0, 0.5)),
        9.0,
        {0: 0.5, 1: 0.5},
    ),
    "step": (
        Step(step_size=30, gamma=0.1),
        0.5,
        {0: 0.5, 29: 0.5, 30: 0.05, 59: 0.05, 60: 0.005, 89: 0.005, 90: 0.0005},
    ),
    "multistep": (
        MultiStep(milestones=(30, 50), gamma=0.1),
        0.5,
        {0: 0.5, 29: 0.5, 30: 0.05, 49: 0.05, 50: 0.005, FAR: 0.005},
    ),
    "multistep, a milestone written twice counts twice": (
        MultiStep(milestones=(10, 10), gamma=0.5),
        1.0,
        {9: 1.0, 10: 0.25},
    ),
    "multistep without milestones": (MultiStep(milestones=()), 1.0, {0: 1.0, 99: 1.0}),
    "cosine": (
        Cosine(max_iters=100, eta_min=0.2),
        1.0,
        {0: 1.0, 50: 0.6, 100: 0.2, 101: 0.2, 200: 0.2, 25: 0.2 + 0.4 * (1 + sqrt(0.5))},
    ),
    "cosine_restarts of one length": (
        CosineRestarts(t_0=10),
        1.0,
        {0: 1.0, 5: 0.5, 9: (1 + cos(0.9 * pi)) / 2, 10: 1.0, 15: 0.5, 20: 1.0, 10 * FAR: 1.0},
    ),
    "cosine_restarts that double": (
        CosineRestarts(t_0=10, t_mult=2, eta_min=0.5),
        1.5,
        # cycles at 0, 10, 30, 70
        {0: 1.5, 5: 1.0, 10: 1.5, 20: 1.0, 30: 1.5, 50: 1.0, 70: 1.5, 110: 1.0},
    ),
    "noam": (
        Noam(d_model=512, warmup_steps=4000),
        1.0,
        {
            0: 0.0,
            1: 512**-0.5 * 4000**-1.5,
            4000: 1 / sqrt(512 * 4000),
            16000: 0.5 / sqrt(512 * 4000),
            10**6: 512**-0.5 / 1000,
        },
    ),
    "noam, the factor": (Noam(d_model=4, warmup_steps=100), 2.0, {50: 0.05, 100: 0.1, 400: 0.05}),
    "inverse_sqrt": (
        InverseSqrt(warmup_steps=100),
        0.4,
        {0: 0.0, 50: 0.2, 100: 0.4, 400: 0.2, 10_000: 0.04},
    ),
    "inverse_sqrt with a timescale": (
        InverseSqrt(warmup_steps=100, timescale=300),
        0.4,
        {0: 0.0, 100: 0.4, 1000: 0.2},  # sqrt(300 / (1000 + 200))
    ),
    "inverse_sqrt without a warm-up": (InverseSqrt(), 0.4, {0: 0.4, 30_000: 0.2}),
    "lambda": (Lambda(factor="0.95 ** epoch"), 0.5, {0: 0.5, 1: 0.475, 2: 0.45125}),
    "lambda, written as one": (
        Lambda(factor="lambda epoch: 0.95 ** epoch"),
        0.5,
        {0: 0.5, 1: 0.475, 2: 0.45125},
    ),
    "lambda with branches": (
        Lambda(factor="max(0.1, 1 - t/50) if t > 5 else t/5"),
        2.0,
        {0: 0.0, 1: 0.4, 5: 2.0, 6: 1.76, 25: 1.0, 45: 0.2, 99: 0.2},
    ),
    "cyclic, triangular": (
        Cyclic(max_lr=1.0, step_size_up=10),
        0.2,
        {0: 0.2, 5: 0.6, 10: 1.0, 15: 0.6, 20: 0.2, 30: 1.0, 2000 * 10 + 5: 0.6},
    ),
    "cyclic, slower down than up": (
        Cyclic(max_lr=1.0, step_size_up=2, step_size_down=8),
        0.0,
        {0: 0.0, 1: 0.5, 2: 1.0, 4: 0.75, 6: 0.5, 9: 0.125, 10: 0.0, 12: 1.0},
    ),
    "cyclic, triangular2": (
        Cyclic(max_lr=1.0, step_size_up=10, mode="triangular2"),
        0.2,
        {0: 0.2, 10: 1.0, 20: 0.2, 30: 0.6, 40: 0.2, 50: 0.4},
    ),
    "cyclic, exp_range": (
        Cyclic(max_lr=1.0, step_size_up=2, mode="exp_range", gamma=0.5),
        0.2,
        {0: 0.2, 1: 0.4, 2: 0.4, 4: 0.2, 6: 0.2 + 0.8 / 64},
    ),
    "onecycle": (
        OneCycle(max_iters=100, max_lr=1.0, pct_start=0.25, final_div_factor=10),
        9.0,
        {0: 0.04, 25: 1.0, 100: 0.004, 101: 0.004, FAR: 0.004},
    ),
    "onecycle, straight lines": (
        OneCycle(max_iters=100, max_lr=1.0, pct_start=0.5, div_factor=10, anneal="linear"),
        9.0,
        {0: 0.1, 25: 0.55, 50: 1.0, 75: (1 + 1e-5) / 2, 100: 1e-5},
    ),
    "onecycle, half cosines": (
        OneCycle(max_iters=80, max_lr=1.0, pct_start=0.5, div_factor=10),
        9.0,
        {10: 0.1 + 0.9 * (1 - sqrt(0.5)) / 2, 20: 0.55, 60: (1 + 1e-5) / 2},
    ),
    "onecycle, three phases": (
        OneCycle(
            max_iters=100,
            max_lr=1.0,
            pct_start=0.25,
            div_factor=10,
            final_div_factor=100,
            three_phase=True,
        ),
        9.0,
        {0: 0.1, 25: 1.0, 50: 0.1, 75: (0.1 + 0.001) / 2, 100: 0.001, 200: 0.001},
    ),
    "wsd": (
        Wsd(max_iters=100, warmup_steps=10, decay_steps=20, eta_min=0.1),
        1.1,
        {0: 0.0, 5: 0.55, 10: 1.1, 50: 1.1, 80: 1.1, 90: 0.6, 100: 0.1, 101: 0.1, FAR: 0.1},
    ),
    "wsd, half a cosine down": (
        Wsd(max_iters=100, decay_steps=40, decay="cosine"),
        1.0,
        {0: 1.0, 60: 1.0, 70: (1 + sqrt(0.5)) / 2, 80: 0.5, 100: 0.0},
    ),
    "wsd, one minus the root down": (
        Wsd(max_iters=100, decay_steps=40, decay="1-sqrt"),
        1.0,
        {60: 1.0, 70: 0.5, 100: 0.0},
    ),
    "wsd without a decay": (
        Wsd(max_iters=10, decay_steps=0, eta_min=0.25),
        1.0,
        {0: 1.0, 9: 1.0, 10: 0.25, 11: 0.25},
    ),
    "plateau": (
        Plateau(metrics=(1.0, 0.8, 0.8, 0.8, 0.8, 0.7), patience=2, factor=0.5),
        1.0,
        # 0.8 comes first at 1 and fails to improve at 2, 3, 4: the third is one too many
        {0: 1.0, 4: 1.0, 5: 0.5, 6: 0.5, FAR: 0.5},
    ),
    "anneal": (
        Anneal(milestones=(10, 20, 60), values=(0.0, 1.0, 0.5)),
        9.0,
        {0: 0.0, 10: 0.0, 15: 0.5, 20: 1.0, 30: 0.875, 60: 0.5, 61: 0.5, FAR: 0.5},
    ),
    "anneal by half cosines between fractions": (
        Anneal(milestones=(0.5, 2.5), values=(0.0, 1.0), shape="cos"),
        9.0,
        {0: 0.0, 1: (1 - sqrt(0.5)) / 2, 2: (1 + sqrt(0.5)) / 2, 3: 1.0},
    ),
    "anneal of one rate": (Anneal(milestones=(5,), values=(0.5,)), 9.0, {0: 0.5, 5: 0.5, 6: 0.5}),
    "table": (Table(values=(0.1, 0.08, 0.05)), 9.0, {0: 0.1, 1: 0.08, 2: 0.05, 3: 0.05, FAR: 0.05}),
    "linear_warmup from 0": (
        LinearWarmup(warmup_steps=4),
        1.0,
        {0: 0.0, 1: 0.25, 2: 0.5, 3: 0.75, 4: 1.0, 5: 1.0},
    ),
    "linear_warmup: the ratio is no rate": (
        LinearWarmup(warmup_steps=500, warmup_ratio=0.001),
        0.02,
        {0: 0.00002, 250: 0.01001, 500: 0.02, FAR: 0.02},
    ),
    "linear_warmup between two rates": (
        LinearWarmup(warmup_steps=10, start_lr=0.1, end_lr=0.6, then=Step(step_size=5)),
        0.5,
        {0: 0.1, 5: 0.35, 10: 0.5, 14: 0.5, 15: 0.05},
    ),
    "linear_warmup of no steps": (LinearWarmup(warmup_steps=0, start_lr=9), 1.0, {0: 1.0, 1: 1.0}),
    "constant_warmup": (
        ConstantWarmup(warmup_steps=3, warmup_ratio=0.1, then=Poly(max_iters=4, power=1)),
        1.0,
        {0: 0.1, 2: 0.1, 3: 1.0, 5: 0.5, 7: 0.0},
    ),
    "exp_warmup": (
        ExpWarmup(warmup_steps=2, warmup_ratio=0.01),
        1.0,
        {0: 0.01, 1: 0.1, 2: 1.0, 3: 1.0},
    ),
    "exp_warmup between two rates": (
        ExpWarmup(warmup_steps=3, start_lr=0.1, end_lr=0.8),
        0.5,
        {0: 0.1, 1: 0.2, 2: 0.4, 3: 0.5},
    ),
    "sequence": (
        Sequence(schedules=(Constant(), Poly(max_iters=10, power=1)), milestones=(5,)),
        1.0,
        {0: 1.0, 4: 1.0, 5: 1.0, 10: 0.5, 15: 0.0, 99: 0.0},
    ),
    "sequence from the base": (
        Sequence(schedules=(Scale(factor=0.5), Scale(factor=0.5)), milestones=(5,)),
        1.0,
        {4: 0.5, 5: 0.5},
    ),
    "sequence that carries": (
        Sequence(
            schedules=(Exponential(gamma=0.5), Scale(factor=0.5)),
            milestones=(2,),
            hand_over="carry",
        ),
        1.0,
        {0: 1.0, 1: 0.5, 2: 0.125, 9: 0.125},
    ),
    "chain: the product": (
        Chain(schedules=(Step(step_size=10, gamma=0.5), Poly(max_iters=20, power=1))),
        1.0,
        {0: 1.0, 5: 0.75, 10: 0.25, 15: 0.125, 20: 0.0},
    ),
    "chain: a floor acts on what reaches it": (
        Chain(schedules=(Step(step_size=1, gamma=0.1), Clip(min_lr=0.05, max_lr=0.5))),
        1.0,
        {0: 0.5, 1: 0.1, 2: 0.05, 3: 0.05},
    ),
    "per_epoch": (
        PerEpoch(schedule=Step(step_size=2, gamma=0.1), iters_per_epoch=100),
        0.5,
        {0: 0.5, 199: 0.5, 200: 0.05, 399: 0.05, 400: 0.005},
    ),
    "faster": (
        Faster(schedule=Poly(max_iters=100, power=1), times=4),
        1.0,
        {0: 1.0, 1: 0.96, 24: 0.04, 25: 0.0, 26: 0.0},
    ),
    "faster: an epoch of 7 batches is 4 updates, the last of one batch": (
        Faster(schedule=Poly(max_iters=14, power=1), times=2, iters_per_epoch=4, steps_per_epoch=7),
        14.0,
        {0: 14.0, 3: 8.0, 4: 7.0, 5: 5.0, 7: 1.0, 8: 0.0},
    ),
    "faster: 4 batches make an update, which comes before the steps of the last": (
        Faster(schedule=Poly(max_iters=100, power=1), times=8, at_once=2),
        1.0,
        {0: 0.94, 1: 0.86, 11: 0.06, 12: 0.0},
    ),
    "faster: an update of 3 batches, one of 3, and one of the epoch's last": (
        Faster(
            schedule=Poly(max_iters=14, power=1),
            times=3,
            at_once=1,
            iters_per_epoch=3,
            steps_per_epoch=7,
        ),
        14.0,
        {0: 12.0, 1: 9.0, 2: 8.0, 3: 5.0, 4: 2.0, 5: 1.0, 6: 0.0},
    ),
    "repeat": (
        Repeat(schedule=Poly(max_iters=10, power=1), period=4),
        1.0,
        {0: 1.0, 3: 0.7, 4: 1.0, 7: 0.7, 4 * FAR: 1.0},
    ),
    "scale": (Scale(factor=0.5), 0.3, {0: 0.15, FAR: 0.15}),
    "clip": (Clip(min_lr=0.001, max_lr=0.05), 0.1, {0: 0.05, FAR: 0.05}),
    "clip without a ceiling": (Clip(min_lr=0.2), 0.1, {0: 0.2}),
    "mmdetection's 1x, epochs of 100": (
        LinearWarmup(
            warmup_steps=500,
            warmup_ratio=0.001,
            then=Sequence(
                schedules=(
                    # the first drop is at epoch 8, 300 updates after the warm-up of 5 epochs
                    MultiStep(milestones=(300, 600), gamma=0.1),
                ),
                milestones=(),
            ),
        ),
        0.02,
        {0: 0.00002, 500: 0.02, 799: 0.02, 800: 0.002, 1099: 0.002, 1100: 0.0002, 1199: 0.0002},
    ),
}


@pytest.mark.parametrize("case", EXACT)
def test_the_rates_are_those_worked_out_by_hand(case: str) -> None:
    schedule, base, expected = EXACT[case]
    steps = np.fromiter(expected, dtype=np.int64)

    found = schedule.lr(steps, np.full(steps.shape, float(base)))

    assert dict(zip(expected, found.tolist(), strict=True)) == pytest.approx(
        expected, rel=1e-12, abs=1e-15
    )


def test_every_schedule_has_a_worked_example() -> None:
    worked = {schedule.name() for schedule, _, _ in EXACT.values()}

    assert worked == set(by_name)


@pytest.mark.parametrize(
    ("schedule", "base", "step", "rate"),
    [
        (Poly(eta_min=0.001, max_iters=1000, power=2), 0.1, 0, 0.1),
        (Poly(eta_min=0.001, max_iters=1000, power=2), 0.1, 1000, 0.001),
        (Poly(eta_min=0.001, max_iters=1000, power=0.9), 0.1, 1000, 0.001),
        (Cosine(eta_min=0.001, max_iters=1000), 0.1, 1000, 0.001),
        (Linear(end_lr=0.3, max_iters=7), 0.1, 0, 0.1),
        (Linear(end_lr=0.3, max_iters=7), 0.1, 7, 0.3),
        (Cyclic(max_lr=0.7, step_size_up=3), 0.1, 3 * 10**9, 0.1),
        (Wsd(max_iters=10, decay_steps=5, eta_min=0.001), 0.1, 10, 0.001),
        (OneCycle(max_iters=100, max_lr=0.1, pct_start=0.25), 9.0, 25, 0.1),
    ],
)
def test_the_ends_are_exact_to_the_last_bit(
    schedule: Schedule, base: float, step: int, rate: float
) -> None:
    assert lrplot.Plan(schedule=schedule, base_lr=base, max_iters=10**10).lr(step) == rate


def test_a_restart_at_a_huge_step_is_found_in_integers() -> None:
    restarts = CosineRestarts(t_0=1, t_mult=10)
    start = (10**15 - 1) // 9  # the sum of the first 15 cycles
    plan = lrplot.Plan(schedule=restarts, base_lr=1.0, max_iters=2**53)

    assert plan.lr(start) == 1.0
    assert plan.lr(start - 1) < 1e-6


def test_a_cycle_of_poly_at_a_huge_step_is_found_in_integers() -> None:
    poly = Poly(max_iters=3, power=1, cycle=True)
    plan = lrplot.Plan(schedule=poly, base_lr=1.0, max_iters=2**53)
    multiple = 3 * 10**15

    assert plan.lr(multiple) == 0.0
    assert plan.lr(multiple + 1) == pytest.approx(2 / (multiple + 3))


def test_momentum_of_one_cycle_mirrors_the_rate() -> None:
    cycle = OneCycle(max_iters=100, max_lr=1.0, pct_start=0.25, anneal="linear")
    momentum = lrplot.Plan(schedule=cycle.momentum(), base_lr=1.0, max_iters=100)

    assert momentum.lr([0, 25, 100, 200]).tolist() == [0.95, 0.85, 0.95, 0.95]


def test_momentum_of_three_phases_stays_up_in_the_last() -> None:
    cycle = OneCycle(max_iters=100, max_lr=1.0, pct_start=0.25, three_phase=True)
    momentum = lrplot.Plan(schedule=cycle.momentum(), base_lr=1.0, max_iters=100)

    assert momentum.lr([0, 25, 50, 75, 100]).tolist() == [0.95, 0.85, 0.95, 0.95, 0.95]


@pytest.mark.parametrize(
    ("schedule", "names"),
    [
        (Wsd(max_iters=100, warmup_steps=10, decay_steps=20), ["warm-up", "hold", "decay"]),
        (Wsd(max_iters=100, decay_steps=0), ["hold"]),
        (LinearWarmup(warmup_steps=10, then=Poly(max_iters=90)), ["warm-up", "poly"]),
        (OneCycle(max_iters=100, max_lr=1), ["warm-up", "decay"]),
        (
            OneCycle(max_iters=100, max_lr=1, three_phase=True),
            ["warm-up", "decay", "annihilation"],
        ),
        (Step(step_size=30), ["step"] * 4),
        (Step(step_size=1), ["step"]),  # too many levels to name each
        (MultiStep(milestones=(30, 50)), ["multistep"] * 3),
        (Piecewise(boundaries=(30,), values=(1, 2)), ["piecewise"] * 2),
        (
            Sequence(schedules=(Constant(), Poly(max_iters=9)), milestones=(5,)),
            ["constant", "poly"],
        ),
        (Chain(schedules=(Step(step_size=50), Poly(max_iters=100))), ["step x poly"] * 2),
        (Chain(schedules=(Constant(), Poly(max_iters=100))), ["poly"]),
        (Chain(schedules=(Constant(),)), ["constant"]),
        (PerEpoch(schedule=MultiStep(milestones=(3,)), iters_per_epoch=10), ["multistep"] * 2),
        (Faster(schedule=MultiStep(milestones=(30,)), times=3), ["multistep"] * 2),
        (Plateau(metrics=(1.0, 1.0, 1.0), patience=0), ["plateau"] * 3),
    ],
)
def test_phases_are_the_stretches_a_person_would_name(schedule: Schedule, names: list[str]) -> None:
    assert [phase.name for phase in schedule.phases(100)] == names


@pytest.mark.parametrize(
    ("schedule", "extent"),
    [
        (Constant(), 1000),
        (Step(step_size=30), 120),
        (MultiStep(milestones=(30, 80)), 100),
        (MultiStep(milestones=()), 1),
        (Piecewise(boundaries=(100, 200), values=(1, 2, 3)), 250),
        (Anneal(milestones=(0, 8), values=(1, 2)), 10),
        (CosineRestarts(t_0=10, t_mult=2), 70),
        (Cyclic(max_lr=1, step_size_up=10, step_size_down=5), 60),
        (Noam(d_model=8, warmup_steps=40), 400),
        (InverseSqrt(warmup_steps=40), 400),
        (InverseSqrt(), 1000),
        (Plateau(metrics=(1.0, 2.0, 3.0)), 3),
        (Table(values=(1, 2, 3)), 2),
        (LinearWarmup(warmup_steps=100, then=Step(step_size=10)), 140),
        (Sequence(schedules=(Constant(), Step(step_size=10)), milestones=(5,)), 45),
        (Chain(schedules=(Step(step_size=10), Step(step_size=20))), 80),
        (PerEpoch(schedule=MultiStep(milestones=(8,)), iters_per_epoch=10), 100),
        (Faster(schedule=MultiStep(milestones=(80,)), times=4), 25),
        (Repeat(schedule=Constant(), period=7), 21),
    ],
)
def test_the_extent_shows_what_a_schedule_does(schedule: Schedule, extent: int) -> None:
    assert schedule.extent() == extent


def test_a_schedule_inside_gets_the_room_its_place_has() -> None:
    sequence = {"milestones": (30, 50)}

    assert [Sequence.room(sequence, 100, index) for index in range(4)] == [30, 20, 50, 100]
    assert Repeat.room({"period": 7}, 100, 0) == 7
    assert LinearWarmup.room({"warmup_steps": 30}, 100, 0) == 70
    assert LinearWarmup.room({"warmup_steps": 300}, 100, 0) == 1
    assert PerEpoch.room({"iters_per_epoch": 30}, 100, 0) == 4
    assert Faster.room({"times": 4}, 100, 0) == 400
    assert Chain.room({}, 100, 1) == 100
