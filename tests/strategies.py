"""Drawing any schedule: what the laws are held against."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import strategies as st

import lrplot

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["LEAVES", "bases", "factors", "lengths", "rates", "schedules", "steps_arrays"]


def rates(least: float = 0.0) -> SearchStrategy[float]:
    return st.floats(least, 10.0, allow_subnormal=False)


bases = rates(1e-6)
lengths = st.integers(1, 60)
warmups = st.integers(0, 60)
gammas = st.floats(0.0, 1.0, allow_subnormal=False)
steps_arrays = st.lists(st.integers(0, 200), min_size=1, max_size=20)

EXPRESSIONS = (
    "0.95 ** epoch",
    "1 / (1 + t)",
    "lambda epoch: 0.65 ** epoch",
    "max(0.1, 1 - t/50) if t > 5 else t/5",
    "0.1 ** (step // 30)",
    "1 if t < 30 else 0.1",
    "min(1, t / 20) * (0.5 * (1 + cos(pi * min(t, 90) / 90)))",
)


@st.composite
def _risen(draw: st.DrawFn, most: int = 5, *, least: int = 0, first: int = 0) -> tuple[int, ...]:
    """Return steps that rise from one to the next."""
    gaps = draw(st.lists(lengths, min_size=least, max_size=most))
    return tuple(accumulate(gaps, initial=first))[1:]


@st.composite
def _piecewise(draw: st.DrawFn) -> lrplot.Piecewise:
    boundaries = draw(_risen())
    count = len(boundaries) + 1
    values = draw(st.lists(rates(), min_size=count, max_size=count))
    return lrplot.Piecewise(boundaries=boundaries, values=tuple(values))


@st.composite
def _anneal(draw: st.DrawFn) -> lrplot.Anneal:
    milestones = draw(st.lists(st.floats(0, 100), min_size=1, max_size=5, unique=True))
    values = draw(st.lists(rates(), min_size=len(milestones), max_size=len(milestones)))
    shape: Literal["cos", "linear"] = draw(st.sampled_from(("cos", "linear")))
    return lrplot.Anneal(milestones=tuple(sorted(milestones)), values=tuple(values), shape=shape)


@st.composite
def _onecycle(draw: st.DrawFn) -> lrplot.OneCycle:
    three_phase = draw(st.booleans())
    return lrplot.OneCycle(
        max_iters=draw(lengths),
        max_lr=draw(rates(1e-6)),
        pct_start=draw(st.floats(0.01, 0.49 if three_phase else 0.99)),
        div_factor=draw(st.floats(0.5, 100)),
        final_div_factor=draw(st.floats(0.5, 1e5)),
        anneal=draw(st.sampled_from(["cos", "linear"])),
        three_phase=three_phase,
    )


@st.composite
def _wsd(draw: st.DrawFn) -> lrplot.Wsd:
    warmup, hold, decay = draw(warmups), draw(lengths), draw(warmups)
    return lrplot.Wsd(
        max_iters=warmup + hold + decay,
        warmup_steps=warmup,
        decay_steps=decay,
        decay=draw(st.sampled_from(["linear", "cosine", "1-sqrt"])),
        eta_min=draw(rates()),
    )


@st.composite
def _clip(draw: st.DrawFn) -> lrplot.Clip:
    low = draw(rates())
    high = draw(st.none() | st.floats(low, 20.0))
    return lrplot.Clip(min_lr=low, max_lr=high)


_polys = {"max_iters": lengths, "power": st.floats(0, 5), "eta_min": rates()}
_plateaus = st.builds(
    lrplot.Plateau,
    metrics=st.lists(st.floats(0.1, 10.0), min_size=1, max_size=40).map(tuple),
    mode=st.sampled_from(["min", "max"]),
    factor=st.floats(0.01, 0.99),
    patience=st.integers(0, 5),
    threshold=st.floats(0, 0.5),
    threshold_mode=st.sampled_from(["rel", "abs"]),
    cooldown=st.integers(0, 5),
    min_lr=rates(),
)

# One strategy per name: every schedule that holds no other.
LEAVES: dict[str, SearchStrategy[Any]] = {
    "constant": st.just(lrplot.Constant()),
    "poly": st.builds(lrplot.Poly, cycle=st.booleans(), **_polys),
    "linear": st.builds(lrplot.Linear, max_iters=lengths, end_lr=rates()),
    "exponential": st.builds(lrplot.Exponential, gamma=gammas),
    "natural_exp": st.builds(lrplot.NaturalExp, gamma=gammas),
    "inverse_time": st.builds(lrplot.InverseTime, gamma=gammas),
    "piecewise": _piecewise(),
    "step": st.builds(lrplot.Step, step_size=lengths, gamma=gammas),
    "multistep": st.builds(
        lrplot.MultiStep, milestones=st.lists(lengths).map(sorted).map(tuple), gamma=gammas
    ),
    "cosine": st.builds(lrplot.Cosine, max_iters=lengths, eta_min=rates()),
    "cosine_restarts": st.builds(
        lrplot.CosineRestarts, t_0=lengths, t_mult=st.integers(1, 4), eta_min=rates()
    ),
    "noam": st.builds(lrplot.Noam, d_model=st.integers(1, 2048), warmup_steps=lengths),
    "inverse_sqrt": st.builds(
        lrplot.InverseSqrt, warmup_steps=warmups, timescale=st.none() | lengths
    ),
    "lambda": st.builds(lrplot.Lambda, factor=st.sampled_from(EXPRESSIONS)),
    "cyclic": st.builds(
        lrplot.Cyclic,
        max_lr=rates(),
        step_size_up=lengths,
        step_size_down=st.none() | lengths,
        mode=st.sampled_from(["triangular", "triangular2", "exp_range"]),
        gamma=gammas,
    ),
    "onecycle": _onecycle(),
    "wsd": _wsd(),
    "plateau": _plateaus,
    "anneal": _anneal(),
    "table": st.builds(lrplot.Table, values=st.lists(rates(), min_size=1, max_size=40).map(tuple)),
    "scale": st.builds(lrplot.Scale, factor=rates()),
    "clip": _clip(),
}


@st.composite
def _sequence(draw: st.DrawFn, inner: SearchStrategy[lrplot.Schedule]) -> lrplot.Sequence:
    milestones = draw(_risen(3))
    count = len(milestones) + 1
    return lrplot.Sequence(
        schedules=tuple(draw(st.lists(inner, min_size=count, max_size=count))),
        milestones=milestones,
        hand_over=draw(st.sampled_from(["base", "carry"])),
    )


def _warmup(cls: type[Any], start: dict[str, SearchStrategy[Any]]) -> Any:
    def build(inner: SearchStrategy[lrplot.Schedule]) -> SearchStrategy[lrplot.Schedule]:
        ends = st.none() | rates(0.01)
        return st.builds(cls, warmup_steps=warmups, then=inner, end_lr=ends, **start)

    return build


@st.composite
def _faster_in_epochs(draw: st.DrawFn, inner: SearchStrategy[lrplot.Schedule]) -> lrplot.Faster:
    """Draw one whose epochs end in an update of fewer steps than the others."""
    times, updates = draw(st.integers(1, 9)), draw(st.integers(1, 20))
    left = draw(st.integers(1, times))
    return lrplot.Faster(
        schedule=draw(inner),
        times=times,
        at_once=draw(st.none() | st.integers(1, times)),
        iters_per_epoch=updates,
        steps_per_epoch=(updates - 1) * times + left,
    )


def _compositions(inner: SearchStrategy[lrplot.Schedule]) -> SearchStrategy[lrplot.Schedule]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    ratio = {"warmup_ratio": st.floats(0.01, 2.0)}
    start = {"start_lr": rates(0.01)}
    return st.one_of(
        _sequence(inner),
        st.builds(lrplot.Chain, schedules=several),
        st.builds(lrplot.PerEpoch, schedule=inner, iters_per_epoch=lengths),
        st.builds(lrplot.Faster, schedule=inner, times=st.integers(1, 9)),
        _faster_in_epochs(inner),
        st.builds(lrplot.Repeat, schedule=inner, period=lengths),
        _warmup(lrplot.LinearWarmup, {})(inner),
        _warmup(lrplot.LinearWarmup, ratio)(inner),
        _warmup(lrplot.ConstantWarmup, start)(inner),
        _warmup(lrplot.ExpWarmup, ratio)(inner),
    )


schedules: SearchStrategy[lrplot.Schedule] = st.recursive(
    st.one_of(*LEAVES.values()), _compositions, max_leaves=5
)

# Those that multiply the rate that flows in by a number that depends on the step alone.
factors: SearchStrategy[lrplot.Schedule] = st.one_of(
    *(LEAVES[name] for name in ("constant", "exponential", "natural_exp", "inverse_time")),
    *(LEAVES[name] for name in ("step", "multistep", "noam", "inverse_sqrt", "lambda", "scale")),
    st.builds(lrplot.Poly, max_iters=lengths, power=st.floats(0, 5), cycle=st.booleans()),
    st.builds(lrplot.Cosine, max_iters=lengths),
    st.builds(lrplot.CosineRestarts, t_0=lengths, t_mult=st.integers(1, 4)),
)
