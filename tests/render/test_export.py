"""Tables for tools: every digit, whatever the format, in bounded memory."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lrplot
from lrplot.errors import InputError, UsageError
from lrplot.render.export import FORMATS, Grid, columns_of
from lrplot.render.numbers import exact, rounded
from lrplot.sampling import rows as sampled_rows

if TYPE_CHECKING:
    from typing import TextIO


def plan(name: str = "", epoch: int | None = None, **more: Any) -> lrplot.Plan:
    schedule = more.pop("schedule", lrplot.Exponential(gamma=0.5))
    return lrplot.Plan(
        schedule=schedule, base_lr=0.1, max_iters=1000, name=name, iters_per_epoch=epoch, **more
    )


def written(kind: str, *plans: lrplot.Plan, steps: Any = (0, 1, 10), param: str = "lr") -> str:
    out = io.StringIO()
    FORMATS[kind](Grid(plans, list(steps), param), out)
    return out.getvalue()


def test_csv_of_one_curve_is_step_and_rate() -> None:
    assert written("csv", plan()) == "step,lr\n0,0.1\n1,0.05\n10,9.765625e-05\n"


def test_epoch_and_percent_are_added_where_an_epochs_length_is_known() -> None:
    assert written("csv", plan(epoch=4)).splitlines()[:3] == [
        "step,lr,epoch,percent",
        "0,0.1,0.0,0.0",
        "1,0.05,0.25,0.1",
    ]


def test_samples_and_tokens_are_added_where_an_update_is_known() -> None:
    horizon = lrplot.Horizon(dataset_size=10, batch_size=4, seq_len=8, max_iters=1000)

    assert written("csv", plan(horizon=horizon), steps=[0, 1, 3, 4]).splitlines() == [
        "step,lr,epoch,samples,tokens,percent",
        "0,0.1,0.0,0,0,0.0",
        "1,0.05,0.3333333333333333,4,32,0.1",
        "3,0.0125,1.0,10,80,0.3",
        "4,0.00625,1.3333333333333333,14,112,0.4",
    ]
    unsaid = written("csv", plan(horizon=horizon, open_end=True), steps=[0])
    assert unsaid.startswith("step,lr,epoch,samples,tokens\n")


def test_curves_whose_updates_differ_have_no_samples() -> None:
    small, large = (lrplot.Horizon(batch_size=size, gpus=2) for size in (4, 8))

    differ = written("csv", plan("a", horizon=small), plan("b", horizon=large), steps=[0])
    assert differ.startswith("step,a,b\n")
    agree = written("csv", plan("a", horizon=small), plan("b", horizon=small), steps=[1])
    assert agree == "step,a,b,samples,percent\n1,0.05,0.05,8,0.1\n"


def test_several_curves_have_a_column_each_by_name() -> None:
    text = written("csv", plan("one"), plan("two, too"), steps=[0])

    assert text == 'step,one,"two, too"\n0,0.1,0.1\n'


def test_curves_that_disagree_on_the_epoch_show_none() -> None:
    assert written("csv", plan("a", 4), plan("b", 5), steps=[0]).startswith("step,a,b\n")
    assert written("csv", plan("a", 4), plan("b", 4), steps=[0]).startswith(
        "step,a,b,epoch,percent\n"
    )


def test_the_column_of_another_parameter_has_its_name() -> None:
    assert written("csv", plan(), param="momentum").startswith("step,momentum\n")


def test_tsv_has_tabs() -> None:
    assert written("tsv", plan(), steps=[0, 1]) == "step\tlr\n0\t0.1\n1\t0.05\n"


def test_json_lines_are_an_object_each() -> None:
    lines = written("jsonl", plan(epoch=4), steps=[0, 1]).splitlines()

    assert [json.loads(line) for line in lines] == [
        {"step": 0, "lr": 0.1, "epoch": 0.0, "percent": 0.0},
        {"step": 1, "lr": 0.05, "epoch": 0.25, "percent": 0.1},
    ]


def test_json_says_what_the_curves_are_and_then_their_rows() -> None:
    found = json.loads(written("json", plan("mine", notes=("careful",)), steps=[0, 1]))

    assert found == {
        "curves": [
            {
                "name": "mine",
                "convention": "native",
                "base_lr": 0.1,
                "max_iters": 1000,
                "iters_per_epoch": None,
                "samples_per_iter": None,
                "derivation": [],
                "notes": ["careful"],
            }
        ],
        "rows": [
            {"step": 0, "lr": 0.1, "percent": 0.0},
            {"step": 1, "lr": 0.05, "percent": 0.1},
        ],
    }


def test_json_without_rows_is_json() -> None:
    assert json.loads(written("json", plan(), steps=[]))["rows"] == []


def test_markdown_is_a_table_for_people() -> None:
    assert written("markdown", plan("a|b"), plan("c"), steps=[0, 1]) == (
        "| step | a\\|b | c |\n|---:|---:|---:|\n| 0 | 0.1 | 0.1 |\n| 1 | 0.05 | 0.05 |\n"
    )


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_no_column_is_lost_to_another_of_its_name(kind: str) -> None:
    text = written(kind, plan("step"), plan("epoch"), plan("a"), plan("a"), plan("a"), steps=[7])
    row = json.loads(text)["rows"][0] if kind == "json" else json.loads(text)

    assert row["step"] == 7
    assert list(row) == ["step", "step (2)", "epoch (2)", "a", "a (2)", "a (3)", "percent"]


@given(st.lists(st.floats(0, 1e308), min_size=1, max_size=20))
def test_every_format_for_tools_reads_back_to_the_same_float(values: list[float]) -> None:
    table = plan(schedule=lrplot.Table(values=tuple(values)))
    steps = range(len(values))

    for kind, delimiter in (("csv", ","), ("tsv", "\t")):
        text = io.StringIO(written(kind, table, steps=steps))
        rows = list(csv.DictReader(text, delimiter=delimiter))
        assert [float(row["lr"]) for row in rows] == values
        assert [int(row["step"]) for row in rows] == list(steps)
    lines = written("jsonl", table, steps=steps).splitlines()
    assert [json.loads(line)["lr"] for line in lines] == values
    found = json.loads(written("json", table, steps=steps))["rows"]
    assert [row["lr"] for row in found] == values


class Sink(io.TextIOBase):
    """Counts what is written and keeps nothing."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, text: str) -> int:
        self.size += len(text)
        return len(text)


@pytest.mark.parametrize("kind", FORMATS)
def test_memory_does_not_grow_with_the_steps(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_rows, "BLOCK", 500)

    def peak(count: int) -> int:
        tracemalloc.start()
        FORMATS[kind](Grid((plan(),), range(count)), cast("TextIO", Sink()))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2_000)  # what is imported and remembered at the first use
    assert peak(20_000) < 1.5 * peak(2_000)


def test_the_columns_of_a_small_table() -> None:
    assert columns_of(Grid((plan(epoch=2),), [0, 1])) == [
        [0, 1],
        [0.1, 0.05],
        [0.0, 0.5],
        [0.0, 0.1],
    ]


@pytest.mark.parametrize(
    ("value", "people", "tools"),
    [
        (0.1, "0.1", "0.1"),
        (0.0257499999999, "0.02575", "0.0257499999999"),
        (1e-5, "1e-05", "1e-05"),
        (0.0, "0", "0.0"),
        (1234567.0, "1.23457e+06", "1234567.0"),
        (1 / 3, "0.333333", "0.3333333333333333"),
    ],
)
def test_people_see_six_digits_and_tools_all(value: float, people: str, tools: str) -> None:
    assert rounded(value) == people
    assert exact([value]) == [tools]


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**53), min_size=1)
)
def test_exact_text_is_that_of_repr(values: list[float]) -> None:
    assert exact(values) == [*map(repr, values)]


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_written_of_a_run_that_has_no_rates(kind: str) -> None:
    over = lrplot.load("OneCycleLR(optimizer, max_lr=0.1, total_steps=5)")
    out = io.StringIO()

    with pytest.raises(InputError):
        FORMATS[kind](Grid((over,), range(20)), out)
    assert not out.getvalue()


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (("step", "lr", "percent"), ["step,lr,percent", "1,0.05,0.1"]),
        (("percent", "step"), ["percent,step", "0.1,1"]),
        (("lr",), ["lr", "0.05"]),
        (("lr", "lr"), ["lr,lr", "0.05,0.05"]),
    ],
)
def test_columns_can_be_chosen(chosen: tuple[str, ...], rows: list[str]) -> None:
    out = io.StringIO()
    FORMATS["csv"](Grid((plan(),), [1], "lr", chosen), out)
    assert out.getvalue().splitlines() == rows


def test_the_parameters_name_stands_for_every_curve() -> None:
    out = io.StringIO()
    FORMATS["jsonl"](Grid((plan("a"), plan("b")), [1], "lr", ("lr", "percent")), out)
    assert json.loads(out.getvalue()) == {"a": 0.05, "b": 0.05, "percent": 0.1}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prcent", "--columns: prcent is no column\n  did you mean 'percent'?"),
        ("samples", "--columns: samples is not known of this run\n  there is step, lr, percent"),
    ],
)
def test_a_column_that_is_not_there_is_refused(name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        FORMATS["csv"](Grid((plan(),), [1], "lr", ("step", name)), io.StringIO())
    assert str(caught.value) == said
