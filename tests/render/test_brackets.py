"""Names above a picture: each on its line, and none on another."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrplot.render.brackets import EDGE, Brackets, Signs, Start, bracketed

SIGNS = Signs("<", ">", "=", "|")


def names(*starts: tuple[str, int], columns: int = 40, most: int = 3) -> Brackets:
    """Return the names of phases that go on to where the next one begins."""
    ends = [*(column for _, column in starts), columns][1:]
    found = [Start(text, at, end - at) for (text, at), end in zip(starts, ends, strict=False)]
    return bracketed(found, columns, most, SIGNS)


@pytest.mark.parametrize(
    ("starts", "rows"),
    [
        ([("all", EDGE)], ["<all"]),
        ([("one", EDGE), ("two", 4)], ["<one <two"]),
        ([("one", EDGE), ("two", 3)], ["<one", "|   <two"]),
        ([("one", EDGE), ("two", EDGE)], ["<one", "=two"]),
        ([("one", EDGE), ("two", 1), ("three", 9)], ["<one      <three", "| <two    |"]),
        ([("one", EDGE), ("two", 1), ("three", 3)], ["<one", "| <two", "| | <three"]),
        ([("one", EDGE), ("last", 36)], ["<one                             last>"]),
    ],
)
def test_each_name_is_in_the_first_row_in_which_it_meets_no_other(
    starts: list[tuple[str, int]], rows: list[str]
) -> None:
    assert list(names(*starts).rows) == rows


def test_a_name_that_has_no_room_is_left_out() -> None:
    found = names(("one", EDGE), ("two", 1), ("three", 2), ("four", 3), ("five", 30))

    assert " ".join(found.rows).replace("|", " ").split() == ["<one", "<five", "<two", "<three"]
    assert names(("one", 3), columns=4).rows == (" one>",)
    assert names(("a", 33), ("last", 36)).rows == (f"{'':<34}<a",)  # it would be on a's line
    assert names(("longer than that", EDGE), columns=9) == Brackets((), ())
    assert names(("one", EDGE), ("two", 20), most=0) == Brackets((), (20,))


def test_phases_of_one_name_are_named_once_and_have_a_line_each() -> None:
    found = names(("step", EDGE), ("step", 10), ("step", 20), ("other", 30))

    assert found.rows == ("<step                          <other",)
    assert found.lines == (10, 20, 30)


def test_what_is_narrow_and_has_no_name_has_no_line() -> None:
    assert names(*(("step", at) for at in range(40))).lines == (0,)
    assert names(("step", EDGE), ("step", 10), ("step", 12)).lines == (12,)


@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=12), st.integers(0, 9)), max_size=12),
    st.integers(1, 60),
    st.integers(0, 4),
)
def test_whatever_the_phases_every_name_is_whole_and_on_a_line_of_its_own(
    given_: list[tuple[str, int]], columns: int, most: int
) -> None:
    at = [min(EDGE + way, columns - 1) for way in accumulate(way for _, way in given_)]
    starts = [(text, column) for (text, _), column in zip(given_, at, strict=True)]
    found = names(*starts, columns=columns, most=most)

    assert len(found.rows) <= most
    assert all(len(row) <= columns + 1 for row in found.rows)
    for row in found.rows:
        for word in row.replace("|", " ").split():
            assert any(word in {f"<{text}", f"={text}", f"{text}>"} for text, _ in starts)
    for above, below in zip(found.rows, found.rows[1:], strict=False):
        for column, sign in enumerate(above):
            if sign in "<>=|":
                assert below[column : column + 1] in {"|", "="}
