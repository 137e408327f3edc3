"""The pages under docs/ say what lrplot says: `python docs/make.py` renews them."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
RENEW = "renew it: python docs/make.py"


def made() -> Any:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MAKE = made()


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


SAMPLES = list(MAKE.samples())


def test_the_page_of_formats_is_fresh() -> None:
    kept = Path("docs/formats.md").read_text(encoding="utf-8")

    assert MAKE.page(SAMPLES) == kept, RENEW


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_figure_is_fresh(sample: Any, tmp_path: Path) -> None:
    MAKE.figure(sample, tmp_path / "new.png")

    new, kept = (
        matplotlib.image.imread(path)
        for path in (tmp_path / "new.png", Path("docs/formats", f"{sample.name}.png"))
    )
    assert new.shape == kept.shape, RENEW
    assert np.abs(new - kept).mean() < 0.01, RENEW


def test_every_sample_config_is_shown_or_native() -> None:
    shown = {sample.path.name for sample in SAMPLES}
    files = [path for path in Path("sample_configs").iterdir() if path.is_file()]
    native = {path.name for path in files if re.search(r"\bschedule\b", path.read_text("utf-8"))}

    assert {path.name for path in files} <= shown | native
