"""What a figure can be asked to look like, and what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from lrplot.errors import InputError, ParameterError
from lrplot.render.look import Look, as_look, look_fields


def test_plain_values_make_a_look() -> None:
    given = {"size": "5x3", "dpi": 100, "log": True, "mark": ["500", "8ep"], "param": "momentum"}

    look = as_look(given)

    assert look == Look(size="5x3", dpi=100, log=True, mark=("500", "8ep"), param=("momentum",))
    assert look.inches == (5.0, 3.0)
    assert look.resolution == 100


def test_numbers_stand_for_the_text_they_are_written_as() -> None:
    assert as_look({"title": 2024, "mark": 500, "label": [0.5, 1]}) == Look(
        title="2024", mark=("500",), label=("0.5", "1")
    )


def test_every_field_is_described_for_help_and_documents() -> None:
    assert all(field.description for field in look_fields())
    assert not any(field.required for field in look_fields())


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        as_look({"dpi": 5, "xlm": "0..5", "log": "yes"})

    said = str(caught.value)
    assert "dpi: must be a whole number >= 20, got 5" in said
    assert "xlm: is no option of a figure\n  did you mean 'xlim'?" in said
    assert "log: must be true or false" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": "7"}, "size: '7' is not inches by inches, as 7.2x4.2"),
        ({"size": "axb"}, "is not inches by inches"),
        ({"size": "nanx4"}, "is not between 1 and 100 inches"),
        ({"size": "0.5x4"}, "is not between 1 and 100 inches"),
        ({"size": "100x100", "dpi": 1200}, "size: comes to over 100,000,000 pixels"),
        ({"xlim": "500"}, "xlim: '500' is not FROM..TO, as 0..100"),
        ({"ylim": "1"}, "ylim: '1' is not FROM..TO, as 0..100"),
        ({"param": "beta"}, "param: must be lr or momentum"),
        ({"param": []}, "param"),
        ({"width_px": 500, "dpi": 100}, "width_px: sets the dpi: give one of the two"),
        ({"width_px": 10**6}, "width_px: must be a whole number <= 20000"),
        ({"title": True}, "title: must be"),
    ],
)
def test_what_no_figure_can_look_like_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=r"\A[\s\S]*\Z") as caught:
        as_look(given)

    assert said in str(caught.value)


def test_a_look_made_in_python_is_checked_too() -> None:
    with pytest.raises(ParameterError, match="dpi"):
        Look(dpi=5)


@pytest.mark.parametrize(
    ("text", "ends"), [("0..8ep", ("0", "8ep")), ("50%..", ("50%", "")), (" .. end ", ("", "end"))]
)
def test_limits_may_be_left_open(text: str, ends: tuple[str, str]) -> None:
    assert Look(xlim=text).limits("xlim") == ends
