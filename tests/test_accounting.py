"""The sums from samples to updates: their lines, their order, and where they round."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.accounting import EACH_SHARE, Division, Loading, Rule

BATCHES_FIRST = Rule(
    name="batches, dealt out", divisions=(Division(("batch_size",)), Division(("gpus",)))
)
WHOLE_ONLY = Rule(
    name="whole batches only",
    divisions=(
        Division(("gpus",), "up"),
        Division(("batch_size",), "down"),
        Division(("accumulate",), "down"),
    ),
)


@pytest.mark.parametrize(
    ("rule", "loading", "lines"),
    [
        (
            EACH_SHARE,
            Loading(117_266, 2, 8),
            [
                (
                    "117,266 samples / (8 GPUs x 2 per GPU) = 7,329.1 -> 7,330 iterations "
                    "per epoch (last partial batch kept)"
                ),
            ],
        ),
        (
            EACH_SHARE,
            Loading(15, 4, 2, drop_last=True),
            [
                "15 samples / 2 GPUs = 7.5 -> 8 samples per GPU (the shares made even)",
                "8 samples / 4 per GPU = 2 iterations per epoch",
            ],
        ),
        (
            EACH_SHARE,
            Loading(1000, 4, accumulate=3),
            [
                "1,000 samples / 4 per batch = 250 batches per epoch",
                (
                    "250 batches / 3 accumulated = 83.3 -> 84 updates per epoch (last partial "
                    "accumulation kept)"
                ),
            ],
        ),
        (
            BATCHES_FIRST,
            Loading(31, 4, 2, drop_last=True),
            [
                (
                    "31 samples / (2 GPUs x 4 per GPU) = 3.9 -> 3 iterations per epoch "
                    "(last partial batch dropped)"
                ),
            ],
        ),
        (
            WHOLE_ONLY,
            Loading(7, 2, accumulate=2),
            [
                "7 samples / 2 per batch = 3.5 -> 3 batches per epoch (last partial batch dropped)",
                (
                    "3 batches / 2 accumulated = 1.5 -> 1 update per epoch (last partial "
                    "accumulation dropped)"
                ),
            ],
        ),
        (EACH_SHARE, Loading(1, 1), ["1 sample / 1 per batch = 1 iteration per epoch"]),
        (
            EACH_SHARE,
            Loading(100_001, 50_000),
            [
                (
                    "100,001 samples / 50,000 per batch = 2.00002 -> 3 iterations per epoch "
                    "(last partial batch kept)"
                ),
            ],
        ),
    ],
)
def test_a_sum_is_written_so_that_it_can_be_checked(
    rule: Rule, loading: Loading, lines: list[str]
) -> None:
    assert list(rule.lines(loading)) == lines


@given(
    st.integers(1, 10**6),
    st.integers(1, 64),
    st.integers(1, 64),
    st.integers(1, 9),
    st.booleans(),
)
def test_rounding_at_each_division_or_once_is_the_same(
    samples: int, batch: int, gpus: int, accumulate: int, drop_last: Any
) -> None:
    loading = Loading(samples, batch, gpus, accumulate, drop_last)
    rounded = math.floor if drop_last else math.ceil
    share = math.ceil(Fraction(samples, gpus))
    batches = rounded(Fraction(share, batch))

    assert EACH_SHARE.count(loading) == math.ceil(Fraction(batches, accumulate))
    dealt = rounded(Fraction(rounded(Fraction(samples, batch)), gpus))
    assert BATCHES_FIRST.count(loading) == dealt
    assert WHOLE_ONLY.count(loading) == share // batch // accumulate
