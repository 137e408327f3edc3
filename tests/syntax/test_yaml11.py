from __future__ import annotations

import pytest

from lrplot.syntax.documents import parse_document
from lrplot.syntax.yaml11 import text_to_yaml11


@pytest.mark.parametrize(
    ("written", "mended"),
    [("1e-4", "1.0e-4"), ("1.5e3", "1.5e+3"), ("1e5", "1.0e+5"), ("-2E-4", "-2.0e-4")],
)
def test_a_number_that_pyyaml_reads_as_text_is_named_with_what_would_do(
    written: str, mended: str
) -> None:
    (note,) = text_to_yaml11(parse_document(f"a: [{{b: {written}}}]", "x"), "lr", "Paddle")
    assert note == (
        f"lr.a[0].b is written {written}, which PyYAML reads as text, where Paddle stops: "
        f"write {mended}"
    )


@pytest.mark.parametrize("written", ["1.0e-4", "0.0001", "12", "1.e+3", "text", "'1e-4'", "1.0E-4"])
def test_what_pyyaml_reads_as_meant_is_not(written: str) -> None:
    assert text_to_yaml11(parse_document(f"a: {written}", "x"), "", "Paddle") == []
