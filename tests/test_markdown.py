"""The fence, in a small real site that MkDocs builds, and in Python-Markdown alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from base64 import b64decode
from html import escape
from pathlib import Path

import markdown
import pytest

import lrplot

ROOT = str(Path(lrplot.__file__).parents[1])
CONFIG = """
site_name: Rates
plugins: []
markdown_extensions:
  - {fences}
  - lrplot.markdown: {options}
"""
PAGE = """---
title: Rates
---
# Rates

```lrplot
source: poly
power: [0.5, 2]
size: 5x3
alt: Two <powers>
caption: The <powers>
```

- in a list

    ```lrplot
    OneCycleLR(optimizer, max_lr=0.1,
               total_steps=1000)
    ```

~~~~lrplot
schedule: constant
base_lr: 0.25
max_iters: 100
~~~~

```lrplot
../configs/steps.yaml
```

````md
```lrplot
shown, not drawn
```
````

```python
lrplot
```
"""
IMAGE = re.compile(r'<img src="data:image/svg\+xml;base64,([^"#]*)(#[\w-]+)?" alt="([^"]*)"')


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("configs", "site_of_docs/docs"):
        (tmp_path / folder).mkdir(parents=True)
    config = "schedule: step\nbase_lr: 1\nstep_size: 30\nmax_iters: 90\n"
    (tmp_path / "configs" / "steps.yaml").write_text(config, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "site_of_docs")


def build(
    page: str, *words: str, fences: str = "fenced_code", options: str = "{}"
) -> subprocess.CompletedProcess[str]:
    Path("docs/index.md").write_text(page, encoding="utf-8")
    text = CONFIG.format(fences=fences, options=options)
    Path("mkdocs.yml").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", *words],
        env={**os.environ, "PYTHONPATH": ROOT},
        capture_output=True,
        text=True,
        check=False,
    )


def made() -> str:
    return Path("site/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("fences", ["fenced_code", "pymdownx.superfences"])
def test_a_page_has_its_figures(fences: str) -> None:
    done = build(PAGE, "--strict", fences=fences)

    assert done.returncode == 0, done.stderr
    found = IMAGE.findall(made())
    drawn = [b64decode(data).decode() for data, _, _ in found]
    assert all(text.startswith("<?xml") and text.endswith("</svg>\n") for text in drawn)
    assert [alt.partition("iterations. ")[2] or alt for _, _, alt in found] == [
        "Two &lt;powers&gt;",
        (
            "OneCycleLR starts at 0.004, peaks at 0.1 at step 299, falls to 4e-07 at step 999 and "
            "ends at 9.03548e-07."
        ),
        "constant stays at 0.25.",
        "steps starts at 1 and ends at 0.001.",
    ]
    assert "<figcaption>The &lt;powers&gt;</figcaption></figure>" in made()
    assert re.search(r"<li>\s*(<p>)?in a list(</p>)?\s*<figure", made())
    assert "shown, not drawn" in made()
    assert made().count("<figure") == 4


def test_a_dark_twin_for_material() -> None:
    assert build(PAGE, options="{dark: material}").returncode == 0

    (light, shown, alt), (dark, hidden, again), *_ = IMAGE.findall(made())
    assert (shown, hidden) == ("#only-light", "#only-dark")
    assert alt == again
    assert "--style dark" in b64decode(dark).decode()
    assert all("--transparent" in b64decode(side).decode() for side in (light, dark))
    assert "--style" not in b64decode(light).decode()


def test_a_dark_twin_by_the_reader_s_system() -> None:
    assert build(PAGE, options="{dark: media}").returncode == 0

    pattern = r'<picture><source media="\(prefers-color-scheme: dark\)" srcset="data:[^"]*"><img'
    assert len(re.findall(pattern, made())) == 4


@pytest.mark.parametrize(
    ("fence", "message"),
    [
        ("source: poly\npwer: 2", "index.md:6:1: pwer: is not a key of a figure"),
        ("source: poly\npower: -2", "index.md:6:8: power: must be a number >= 0.0, got -2"),
        ("schedule: poly\nbase_lr: 1\npwer: 2", "index.md:7:1: pwer: is not a parameter of poly"),
        ("nope.yaml", "index.md:5:1: source: 'nope.yaml' is neither a file nor a schedule"),
        ("source: constant\nbase_lr: 0\nlog: true", "index.md:5:9: source: no rate is above 0"),
        ("source: poly\nsource: step", "index.md:6:1: source: is written twice"),
        ("", "index.md:5:1: source: is missing"),
    ],
)
def test_what_is_wrong_fails_a_strict_build_and_shows_in_the_page(fence: str, message: str) -> None:
    page = f"---\ntitle: x\n---\n```lrplot\n{fence}\n```\n"

    done = build(page, "--strict")
    assert done.returncode == 1
    assert f"WARNING -  {message}" in done.stderr

    assert build(page).returncode == 0
    assert escape(message) in made()
    assert 'class="lrplot-error"' in made()


def test_paths_start_from_the_folder_that_is_given() -> None:
    page = "```lrplot\nsteps.yaml\n```\n"

    assert build(page, "--strict", options="{folder: ../configs}").returncode == 0
    assert build(page, "--strict").returncode == 1


def test_markdown_alone_draws_too(capsys: pytest.CaptureFixture[str]) -> None:
    html = markdown.markdown("a\n```lrplot\npoly\n```\nb\n", extensions=["lrplot.markdown"])

    assert re.sub(r'src="[^"]*"', "", html).startswith('<p>a</p>\n<figure class="lrplot"><img ')
    assert html.endswith("<p>b</p>")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("text", ["```lrplot\npoly", "`lrplot`", "```lrplots\npoly\n```"])
def test_what_is_no_fence_of_ours_stays(text: str) -> None:
    assert "<img" not in markdown.markdown(text, extensions=["fenced_code", "lrplot.markdown"])


def test_an_option_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="dark is 'sometimes', not media or material"):
        markdown.markdown(
            "",
            extensions=["lrplot.markdown"],
            extension_configs={"lrplot.markdown": {"dark": "sometimes"}},
        )
