from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.accounting import EACH_SHARE, Loading, Rule
from lrplot.durations import LARGEST_STEP, UnitError, count_of
from lrplot.errors import InputError, ParameterError
from lrplot.formats import deepspeed, timm_args, torchtune
from lrplot.units import Horizon

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
NO_GROUPS = ["1,00", "1,5ep", "1000,000", "1,000_000", "2,5%"]


@pytest.mark.parametrize(
    "text", ["", " ", "5\n6", "1" * 5000, *NO_GROUPS, *NO_DURATIONS.strip().split("|")]
)
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


# -- samples, tokens, and the sums between them -------------------------------------------------

SIZED = Horizon(dataset_size=1005, batch_size=8, gpus=2, accumulate=4, max_epochs=10, seq_len=128)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("64samples", 1),
        ("1005 samples", 16),
        ("2.01ksamples", 32),
        ("8192tok", 1),
        ("128.64ktok", 16),
        ("1286400 tokens", 160),
        ("3ep", 48),
        ("end", 160),
    ],
)
def test_samples_and_tokens_are_steps_where_an_update_is_known(text: str, steps: int) -> None:
    assert SIZED.steps(text) == steps


def test_a_run_is_what_follows_from_its_sizes() -> None:
    run = Horizon(dataset_size=117_266, batch_size=2, gpus=8, max_epochs=12)

    assert (run.iters_per_epoch, run.max_iters, run.samples_per_iter) == (7330, 87_960, 16)
    assert run.derivation == (
        (
            "117,266 samples / (8 GPUs x 2 per GPU) = 7,329.1 -> 7,330 iterations per epoch "
            "(last partial batch kept)"
        ),
        "x 12 epochs = 87,960 updates",
    )
    assert Horizon(iters_per_epoch=5, max_epochs=1.5).derivation == (
        "5 updates per epoch x 1.5 epochs = 7.5 -> 8 updates",
    )
    assert Horizon(max_iters=5).derivation == ()


def test_a_step_lies_somewhere_in_every_unit_that_is_known() -> None:
    assert SIZED.position(17) == (17, 17 / 16, 1005 + 64, (1005 + 64) * 128, 17 / 1.6)
    assert SIZED.position(15) == (15, 15 / 16, 960, 960 * 128, 15 / 1.6)
    assert Horizon().position(3) == (3, None, None, None, None)
    dropped = Horizon(dataset_size=10, batch_size=4, drop_last=True)
    assert dropped.position(3).samples == 12


# (updates, samples used) of an epoch, each worked by hand
@pytest.mark.parametrize(
    ("rule", "loading", "used"),
    [
        (EACH_SHARE, Loading(1000, 10, accumulate=3, drop_last=True), (34, 1000)),
        (EACH_SHARE, Loading(1007, 10, accumulate=3, drop_last=True), (34, 1000)),
        (EACH_SHARE, Loading(1007, 10, gpus=3, accumulate=2), (17, 1007)),
        (timm_args.RULE, Loading(10_007, 128, gpus=3), (26, 9984)),
        (torchtune.RULE, Loading(10_007, 4, gpus=8, accumulate=3), (104, 104 * 96)),
    ],
)
def test_what_an_epoch_leaves_out_is_not_counted(
    rule: Rule, loading: Loading, used: tuple[int, int]
) -> None:
    sizes = {key: value for key, value in loading._asdict().items() if value is not None}
    run = Horizon(**sizes, max_epochs=3, rule=rule)

    assert (run.iters_per_epoch, run.position(used[0]).samples) == used
    assert run.position(3 * used[0]).samples == 3 * used[1]
    assert run.steps(f"{2 * used[1]}samples") == 2 * used[0]


def test_what_is_left_of_an_epoch_may_go_on_into_the_next() -> None:
    sizes: dict[str, Any] = {"dataset_size": 10_007, "batch_size": 8, "gpus": 4, "accumulate": 4}
    run = Horizon(**sizes, max_epochs=4, rule=deepspeed.RULE)

    assert (run.max_iters, run.iters_per_epoch, run.updates_per_epoch) == (313, None, 78.25)
    assert run.derivation[-1] == "x 4 epochs = 313 updates"
    assert "= 78.25 updates per epoch (the rest goes on into the next)" in run.derivation[-2]
    assert (run.steps("1ep"), run.steps("4ep")) == (78, 313)
    assert run.position(313).epoch == 4
    # 313 batches, the last of 23 samples: three updates take 312 of them, and one of the next epoch
    assert [run.position(step).samples for step in (78, 79, 313)] == [9984, 10_007 + 96, 4 * 10_007]
    assert Horizon(**sizes, max_epochs=3, rule=deepspeed.RULE).max_iters == 234
    assert (
        Horizon(**{**sizes, "dataset_size": 90}, max_epochs=3, rule=deepspeed.RULE).max_iters == 2
    )
    assert Horizon(**{**sizes, "accumulate": 1}, rule=deepspeed.RULE).iters_per_epoch == 313


@given(st.integers(1, 5000), st.integers(1, 64), st.integers(1, 9), st.integers(0, 999))
def test_carried_updates_have_all_their_samples_but_for_an_epochs_last_batch(
    samples: int, batch: int, accumulate: int, step: int
) -> None:
    run = Horizon(
        dataset_size=samples, batch_size=batch, accumulate=accumulate, rule=deepspeed.RULE
    )
    batches = -(-samples // batch)
    taken = [min(batch, samples - i % batches * batch) for i in range(step * accumulate)]
    assert run.position(step).samples == sum(taken)


@given(st.integers(0, 10**9), st.integers(1, 5000), st.integers(1, 64))
def test_a_position_in_samples_reads_back_as_its_step(step: int, samples: int, batch: int) -> None:
    run = Horizon(dataset_size=samples, batch_size=batch)
    assert run.steps(f"{run.position(step).samples}samples") == step


@pytest.mark.parametrize(
    ("run", "text", "said"),
    [
        (Horizon(max_iters=1005), "10%", "10% of 1,005 steps is 100.5: 101"),
        (Horizon(max_iters=1000), "10%", ""),
        (Horizon(iters_per_epoch=63), "3.3ep", "3.3ep of 63 steps each is 207.9: 208"),
        (SIZED, "100samples", "100samples at 64 samples a step is 1.5625: 2"),
        (SIZED, "9000tok", "9000tok at 8,192 tokens a step is 1.098632812: 1"),
        (
            SIZED,
            "2ksamples",
            (
                "2ksamples at 1,005 samples in an epoch of 16 steps, 64 samples a step, "
                "is 31.546875: 32"
            ),
        ),
        (Horizon(batch_size=64), "100samples", "100samples at 64 samples a step is 1.5625: 2"),
        (Horizon(iters_per_epoch=1), "1.5ep", "1.5ep lies in epoch 1, and steps are epochs here"),
        (Horizon(), "500", ""),
    ],
)
def test_a_rounding_that_mattered_is_said(run: Horizon, text: str, said: str) -> None:
    assert run.rounding(text) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"max_iters": 0}, "max_iters: must be a whole number >= 1, got 0"),
        ({"gpus": -1}, "gpus: must be a whole number >= 1, got -1"),
        ({"batch_size": 1.5}, "batch_size: must be a whole number, got a fraction: 1.5"),
        ({"dataset_size": 2**63}, "dataset_size: must be a whole number <= 9007199254740992"),
        ({"max_epochs": 0}, "max_epochs: must be a number > 0.0, got 0"),
        (
            {"iters_per_epoch": 11, "dataset_size": 100, "batch_size": 10},
            "is 11, where 100 samples / 10 per batch = 10 iterations per epoch",
        ),
        (
            {"max_iters": 10, "max_epochs": 2, "iters_per_epoch": 3},
            "is 10, where 3 updates per epoch x 2 epochs = 6 updates",
        ),
        ({"max_epochs": 2**53, "iters_per_epoch": 2}, "max_epochs: makes more than 2^53 updates"),
        ({"max_epochs": 0.001, "iters_per_epoch": 2}, "makes no update: 0.001 epochs of 2 updates"),
        (
            {"dataset_size": 3, "batch_size": 8, "drop_last": True},
            "makes no update in an epoch: 3 samples",
        ),
        ({"rule": 3}, "rule: must be a Rule, got 3"),
    ],
)
def test_what_cannot_be_a_run_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Horizon(**values)
    assert said in str(caught.value)


@pytest.mark.parametrize(("text", "option"), [("5samples", "--batch-size"), ("5tok", "--seq-len")])
def test_samples_need_the_size_of_an_update(text: str, option: str) -> None:
    with pytest.raises(UnitError) as caught:
        Horizon().steps(text)
    assert option in caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("text", "counted", "count"),
    [
        ("1e6", "", 10**6),
        ("118k", "dataset_size", 118_000),
        ("1.28Msamples", "dataset_size", 1_280_000),
        ("2 samples", "batch_size", 2),
        ("2ktok", "seq_len", 2000),
    ],
)
def test_a_size_is_written_as_a_length_is(text: str, counted: str, count: int) -> None:
    assert count_of(text, counted) == count


@pytest.mark.parametrize(
    ("text", "counted"), [("5ep", ""), ("2samples", "gpus"), ("2tok", "batch_size"), ("1.5", "")]
)
def test_a_size_takes_no_unit_of_another(text: str, counted: str) -> None:
    with pytest.raises(UnitError, match="is not a whole number"):
        count_of(text, counted)


def test_steps_may_be_numbers_and_huge_ones_are_refused() -> None:
    assert (RUN.steps(5), RUN.rounding(5)) == (5, "")
    with pytest.raises(ParameterError, match=r"steps: must be below 2\^63"):
        RUN.position(2**70)
