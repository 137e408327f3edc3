"""The directive, in small real sites that Sphinx builds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import lrplot

ROOT = str(Path(lrplot.__file__).parents[1])
PAGE = """
Rates
=====

.. lrplot:: poly
   :power: [0.5, 2]
   :size: 5x3
   :alt: Two powers
   :caption: The *powers*
   :align: left
   :width: 50%
   :class: wide
   :name: powers

.. lrplot:: configs/steps.yaml /configs/steps.yaml
   :base-lr: 0.5
   :log:

.. lrplot::
   :base_lr: 0.1

   StepLR(optimizer,
          step_size=30)

.. lrplot::

   schedule: constant
   base_lr: 0.25
   max_iters: 100
"""
STEPS = "schedule: step\nbase_lr: 1\nstep_size: 30\nmax_iters: 90\n"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("configs").mkdir()
    Path("configs/steps.yaml").write_text(STEPS, encoding="utf-8")
    Path("conf.py").write_text('extensions = ["lrplot.sphinx"]\n', encoding="utf-8")


def write(text: str, name: str = "index.rst") -> None:
    Path(name).write_text(text, encoding="utf-8")


def build(*words: str, builder: str = "html") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", builder, *words, ".", f"_{builder}"],
        env={**os.environ, "PYTHONPATH": ROOT, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


class Images(HTMLParser):
    """Collects the attributes of a page's images and figures."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str | None]]] = {"img": [], "figure": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.found:
            self.found[tag].append(dict(attrs))


def page(builder: str = "html", name: str = "index.html") -> str:
    return Path(f"_{builder}", name).read_text(encoding="utf-8")


def images() -> list[dict[str, str | None]]:
    parser = Images()
    parser.feed(page())
    return parser.found["img"]


def test_a_page_has_its_figures() -> None:
    write(PAGE)

    assert build("-W").returncode == 0

    first, *others = images()
    assert (first["alt"], first["class"]) == ("Two powers", "wide")
    assert first["style"] == "width: 50%;"
    assert others[0]["alt"] == (
        "Line chart of the learning rate over 90 iterations. steps starts at 0.5 and ends at "
        "0.0005. steps starts at 0.5 and ends at 0.0005."
    )
    assert others[0]["style"] == "width: 691px;"
    assert "120 iterations. StepLR" in str(others[1]["alt"])
    assert "stays at 0.25" in str(others[2]["alt"])
    framed = re.compile(r'<figure class="align-left" id="powers">.*The <em>powers</em>', re.DOTALL)
    assert framed.search(page())
    for image in images():
        drawn = Path("_html", str(image["src"])).read_text(encoding="utf-8")
        assert drawn.startswith("<?xml")
        assert f"<desc>{image['alt']}</desc>" in drawn


def test_a_theme_with_a_dark_side_gets_a_dark_twin() -> None:
    write(PAGE)
    write('extensions = ["lrplot.sphinx"]\nlrplot_dark = True\n', "conf.py")

    assert build("-W").returncode == 0

    assert [image["class"] for image in images()[:4]] == [
        "wide only-light",
        "wide only-dark",
        "only-light",
        "only-dark",
    ]
    light, dark = (Path("_html", str(image["src"])).read_text("utf-8") for image in images()[:2])
    assert light != dark
    assert "--style dark" in dark
    assert "--transparent" in dark
    assert "--transparent" in light


def test_twins_are_centred_where_their_theme_makes_them_blocks() -> None:
    write(PAGE)
    write('extensions = ["lrplot.sphinx"]\nhtml_theme = "furo"\n', "conf.py")

    assert build("-W").returncode == 0

    first, _, second, _, *_ = [str(image["class"]) for image in images() if image.get("class")]
    assert first == "wide only-light"
    assert second == "only-light align-center"


def test_every_builder_gets_what_it_takes() -> None:
    write(PAGE)

    assert build("-W", builder="latex").returncode == 0
    assert build("-W", builder="text").returncode == 0

    assert len(list(Path("_latex").glob("lrplot-*.pdf"))) == 4
    assert page("text", "index.txt").count("Two powers") == 1


@pytest.mark.parametrize(
    ("directive", "line", "message"),
    [
        (".. lrplot:: poly\n   :pwer: 2\n", 5, "pwer: is not a key of a figure"),
        (".. lrplot:: poly\n   :power: -2\n", 5, "power: must be a number >= 0.0, got -2"),
        (".. lrplot:: poly\n   :base-lr: 1\n   :power: [1, 2\n", 6, "power: "),
        (".. lrplot:: nope.yaml\n", 4, "is neither a file nor a schedule"),
        (".. lrplot::\n", 4, "source: is missing"),
        (".. lrplot:: poly\n   :style: nice\n", 5, "style: 'nice' is no style"),
        (".. lrplot::\n\n   schedule: poly\n   base_lr: 1\n   powr: 2\n", 8, "powr: is not a"),
        (".. lrplot:: constant\n   :base-lr: 0\n   :log:\n", 4, "source: no rate is above 0"),
    ],
)
def test_what_is_wrong_is_a_warning_at_its_line(directive: str, line: int, message: str) -> None:
    write(f"Rates\n=====\n\n{directive}")

    done = build("-W", "--keep-going")

    assert done.returncode == 1
    (said,) = [text for text in done.stderr.splitlines() if message in text]
    assert f"index.rst:{line}: " in said


def test_what_is_wrong_in_a_config_is_said_there() -> None:
    write("Rates\n=====\n\n.. lrplot:: configs/steps.yaml\n")
    write(STEPS.replace("step_size", "stp_size"), "configs/steps.yaml")

    done = build("-W")

    assert done.returncode == 1
    assert re.search(r"index.rst:4: .*configs/steps.yaml:3:1: stp_size: is not", done.stderr)


def test_a_page_is_made_anew_when_its_config_changes_and_not_else() -> None:
    write("Rates\n=====\n\n.. lrplot:: configs/steps.yaml\n")
    build("-W")
    before = images()

    assert "0 added, 0 changed, 0 removed" in build("-W").stdout
    write(STEPS.replace("base_lr: 1", "base_lr: 2"), "configs/steps.yaml")
    later = Path("configs/steps.yaml").stat().st_mtime + 5
    os.utime("configs/steps.yaml", (later, later))
    assert "0 added, 1 changed, 0 removed" in build("-W").stdout

    assert images()[0]["src"] != before[0]["src"]
    assert "starts at 2" in str(images()[0]["alt"])


def test_pages_are_read_by_several_processes() -> None:
    names = [f"page{number}" for number in range(8)]
    toc = "\n".join(f"   {name}" for name in names)
    write(f"Rates\n=====\n\n.. toctree::\n\n{toc}\n")
    for number, name in enumerate(names):
        write(f"{name}\n=====\n\n.. lrplot:: poly\n   :power: {number + 1}\n", f"{name}.rst")

    assert build("-W", "-j", "2").returncode == 0

    assert len(list(Path("_html/_images").glob("lrplot-*.svg"))) == len(names)
