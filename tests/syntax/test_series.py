"""A metric series from a text file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lrplot.errors import InputError
from lrplot.syntax.series import read_series

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[[str, str], Path]


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("1\n0.5\n", (1.0, 0.5)),
        ("1", (1.0,)),
        ("  1e-1 \n\n\n-2\n", (0.1, -2.0)),
        ("metric\n1\n2\n", (1.0, 2.0)),
        ("step,metric\n0,1\n1,0.5\n", (1.0, 0.5)),
        ("0,1\n1,0.5\n", (1.0, 0.5)),
        ("step, metric\r\n0, 1\r\n1, 0.5\r\n", (1.0, 0.5)),
        ("0.0,1\n1.0,0.5\n", (1.0, 0.5)),
        ("\ufeff1\n2\n", (1.0, 2.0)),
    ],
)
def test_a_series_is_a_number_per_line_or_a_step_and_a_number(
    write: Write, text: str, series: tuple[float, ...]
) -> None:
    assert read_series(write("m.csv", text)) == series


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\nx\n", ":2:1: must be a number, or a step and a number"),
        ("1\n1,2,3\n", ":2:1: must be a number, or a step and a number"),
        ("nan\n", ":1:1: must be a number, or a step and a number"),
        ("1\ninf\n", ":2:1: must be a number, or a step and a number"),
        ("0,\n", ":1:1: must be a number, or a step and a number"),
        ("loss\nmetric\n", ":2:1: must be a number, or a step and a number"),
        ("1,5\n", ":1:1: step 1 where 0 is due: one line per step, from 0"),
        ("0,5\n2,5\n", ":2:1: step 2 where 1 is due: one line per step, from 0"),
        ("0,5\n0,5\n", ":2:1: step 0 where 1 is due: one line per step, from 0"),
        ("0,5\nx,5\n", ":2:1: step x where 1 is due: one line per step, from 0"),
        ("step,metric\n", ": holds no metric"),
        ("", ": is empty"),
        ("\0", ": is a binary file, not text"),
    ],
)
def test_what_is_no_series_is_refused_with_its_line(write: Write, text: str, said: str) -> None:
    path = write("m.csv", text)

    with pytest.raises(InputError) as caught:
        read_series(path)

    assert str(caught.value) == f"{path}{said}"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_series(str(tmp_path / "m.csv"))
