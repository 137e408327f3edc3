"""Which steps `lrplot table` prints: every so many of anything, with what was rounded."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from lrplot.cli import cli

RUN = ("poly", "--base-lr", "0.1", "--max-iters", "250", "--iters-per-epoch", "50")


def table(*words: str) -> tuple[list[int], str, int]:
    """Return the steps that are printed, what is said beside them, and the exit code."""
    result = CliRunner().invoke(cli, ["table", *RUN, "--format", "csv", *words])
    return (
        [int(row.split(",")[0]) for row in result.stdout.split()[1:]],
        result.stderr,
        (result.exit_code),
    )


@pytest.mark.parametrize(
    ("every", "steps"),
    [
        ("100", [0, 100, 200]),
        ("0.1k", [0, 100, 200]),
        ("1ep", [0, 50, 100, 150, 200, 250]),
        ("0.5ep", [*range(0, 251, 25)]),
        ("20%", [0, 50, 100, 150, 200, 250]),
        ("end", [0, 250]),
        ("1000", [0]),
        ("1,000", [0]),
    ],
)
def test_rows_are_so_far_apart(every: str, steps: list[int]) -> None:
    assert table("--every", every) == (steps, "", 0)


def test_what_was_rounded_is_said() -> None:
    steps, said, _ = table("--every", "33%")
    assert steps == [0, 83, 165, 248]  # each rounded by itself
    assert said == "note: 33% of 250 steps is 82.5: 83\n"

    steps, said, _ = table("--every", "12.5%")
    assert steps == [0, 31, 63, 94, 125, 156, 188, 219, 250]
    assert said == "note: 12.5% of 250 steps is 31.25: 31\n"

    steps, said, _ = table("--steps", "1%,0.01ep,end")
    assert steps == [3, 1, 250]
    assert said.splitlines() == [
        "note: 1% of 250 steps is 2.5: 3",
        "note: 0.01ep of 50 steps each is 0.5: 1",
    ]


def test_what_lies_past_the_end_is_said() -> None:
    assert table("--steps", "10,1k")[1] == "note: step 1,000 is past the end of the run, 250\n"


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ("0", "lrplot: --every: '0' is less than a step\n"),
        ("0.1%", "lrplot: --every: '0.1%' is less than a step\n"),
        ("1,2", "lrplot: --every: '1,2' is not a step\n  write 500, 160k, 12ep, 50% or end\n"),
        ("-5", "lrplot: --every: '-5' is not a step\n  write 500, 160k, 12ep, 50% or end\n"),
    ],
)
def test_what_is_no_distance_is_refused(every: str, said: str) -> None:
    assert table("--every", every) == ([], said, 2)


def test_columns_are_chosen_for_tools_only() -> None:
    asked = ["table", *RUN, "--steps", "0,end", "--columns", "percent, lr"]
    told = CliRunner().invoke(cli, [*asked, "--format", "csv"])
    assert told.stdout == "percent,lr\n0.0,0.1\n100.0,0.0\n"
    refused = CliRunner().invoke(cli, asked)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--columns goes with --format csv" in refused.stderr
