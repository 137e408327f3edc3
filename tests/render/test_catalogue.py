"""`list` and `show` know every schedule, call and format, and fit a terminal."""

from __future__ import annotations

import pytest

from lrplot.errors import UsageError
from lrplot.formats import FORMATS, reader
from lrplot.frameworks import FRAMEWORKS, framework
from lrplot.render.catalogue import listing, shown
from lrplot.schedules import by_name

FORMAT_NAMES = [reader(name).NAME for name in FORMATS]
CALLS = [
    f"{owner}.{made.__name__}"
    for owner in FRAMEWORKS
    for made in framework(owner).CONSTRUCTORS
    if "." not in made.__name__
]


def words(text: str) -> list[str]:
    return [line.split()[0].rstrip(",") for line in text.splitlines() if line.strip()]


def test_the_list_names_every_schedule_framework_and_format() -> None:
    found = words(listing())

    assert set(found) >= {*by_name, *FRAMEWORKS, *FORMAT_NAMES}


def test_the_list_fits_80_columns() -> None:
    assert max(map(len, listing().splitlines())) <= 80


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("poly", {"poly", "torch.PolynomialLR", "mmengine.PolyLR"}),
        ("WARM", {"linear_warmup", "constant_warmup", "exp_warmup", "wsd", "torchtitan"}),
        ("detectron", {"detectron2"}),
    ],
)
def test_a_pattern_keeps_what_holds_it(pattern: str, names: set[str]) -> None:
    found = words(listing(pattern))

    assert names <= set(found)
    assert "cyclic" not in found


def test_a_pattern_that_nothing_holds_gives_nothing() -> None:
    assert listing("xyzzy") == ""


@pytest.mark.parametrize("name", [*CALLS, *FORMAT_NAMES])
def test_every_call_and_format_has_a_page(name: str) -> None:
    page = shown(name)

    assert len(page.splitlines()) > 1 or name in page
    assert name.rpartition(".")[2] in page


def test_a_call_that_several_frameworks_have_is_shown_for_each() -> None:
    page = shown("StepLR")

    assert "torch 2.13" in page
    assert "StepLR(optimizer, step_size, gamma=0.1, last_epoch=-1)" in page
    assert "mmengine 0.10.7" in page


def test_a_near_miss_of_a_call_is_suggested() -> None:
    with pytest.raises(UsageError, match="did you mean 'CosineAnnealingLR'"):
        shown("CosineAnealingLR")
