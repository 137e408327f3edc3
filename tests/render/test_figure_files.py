"""The bytes of figures: the same every time and everywhere, and what they say of themselves."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from PIL import Image

import lrplot
from lrplot.cli import cli
from lrplot.render.figure import drawing, render
from lrplot.render.look import Look

if TYPE_CHECKING:
    from PIL.PngImagePlugin import PngImageFile

ROOT = str(Path(lrplot.__file__).parents[1])
KINDS = ["png", "svg", "pdf"]
MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
SVG = "{http://www.w3.org/2000/svg}"


def poly(power: float, name: str) -> lrplot.Plan:
    schedule = lrplot.Poly(max_iters=1000, power=power, eta_min=0.001)
    return lrplot.Plan(schedule=schedule, base_lr=0.1, max_iters=1000, name=name)


PLANS = [poly(1, "one"), poly(2, "two"), poly(3, "three")]


def run(
    *words: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "lrplot", *words],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": ROOT, **(env or {})},
        cwd=cwd,
        check=False,
        timeout=60,
    )


def png(data: bytes) -> PngImageFile:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image  # type: ignore[return-value]


# -- the same to the byte -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", ["light", "dark", "paper", "ggplot"])
def test_the_same_figure_is_the_same_to_the_byte(kind: str, style: str) -> None:
    look = Look(title="Two", log=True, style=style, mark=("50%",), phases=True, diff=True)

    first, second = (render(PLANS, look, kind, "lrplot curve") for _ in range(2))

    assert first.startswith(MAGIC[kind])
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_same_in_any_folder_whatever_stands_there(kind: str, tmp_path: Path) -> None:
    words = ("curve", "onecycle", "--param", "lr", "--param", "momentum", "-o", f"a.{kind}")
    made = []
    for number, setting in enumerate(("", "lines.linewidth: 9\nfont.family: serif\n")):
        folder = tmp_path / f"folder {number}"
        folder.mkdir()
        (folder / "matplotlibrc").write_text(setting, encoding="utf-8")
        env = {"PYTHONHASHSEED": str(number), "SOURCE_DATE_EPOCH": str(number), "TZ": "Asia/Tokyo"}
        done = run(*words, cwd=folder, env=env)
        assert done.returncode == 0, done.stderr
        made.append((folder / f"a.{kind}").read_bytes())

    assert made[0] == made[1]


# -- what they say of themselves ------------------------------------------------------------------


def test_a_png_bears_the_command_that_made_it_and_no_time() -> None:
    image = png(render(PLANS, Look(title="T", alt="what it shows"), "png", "lrplot curve x.yaml"))

    assert image.text == {
        "Title": "T",
        "Description": "what it shows",
        "Software": "lrplot",
        "Comment": "lrplot curve x.yaml",
    }


@pytest.mark.parametrize("kind", [*KINDS, "html"])
def test_the_command_in_a_figure_makes_it_again(kind: str, tmp_path: Path) -> None:
    words = ["curve", "poly", "--power", "2", "--title", "it's $5", "-o", f"a.{kind}"]
    assert run(*words, cwd=tmp_path).returncode == 0
    made = (tmp_path / f"a.{kind}").read_bytes()
    found = re.search(rb"lrplot curve .*?# lrplot-mark:\w+", made.replace(b"\\", b""), re.DOTALL)
    assert found

    script = f'lrplot() {{ "{sys.executable}" -m lrplot "$@"; }}; {unescape(found[0].decode())}'
    subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, check=True, env={**os.environ, "PYTHONPATH": ROOT}
    )

    assert (tmp_path / f"poly.{kind}").read_bytes() == made


def test_what_a_figure_is_called_and_where_it_lies_is_no_part_of_it(tmp_path: Path) -> None:
    for name in ("a.svg", "there/b.svg"):
        assert run("curve", "poly", "-o", str(tmp_path / name), cwd=tmp_path).returncode == 0

    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "there/b.svg").read_bytes()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_standard_output_that_takes_no_more_is_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lrplot", "curve", "poly", "-o", "-"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": ROOT},
            check=False,
        )

    assert done.returncode == 1
    said = b"lrplot: standard output: cannot be written: No space left on device\n"
    assert done.stderr.endswith(said)


@pytest.mark.parametrize(
    ("look", "size"),
    [
        (Look(), (1080, 630)),
        (Look(size="5x3", dpi=80), (400, 240)),
        (Look(width_px=1200), (1200, 700)),
        (Look(width_px=777, size="3.7x2"), (777, 420)),
    ],
)
def test_a_png_has_the_size_asked_for(look: Look, size: tuple[int, int]) -> None:
    assert png(render(PLANS, look, "png")).size == size


@pytest.mark.parametrize("width", range(300, 1500, 97))
def test_a_png_is_as_wide_as_it_was_asked_to_be(width: int) -> None:
    assert png(render(PLANS[:1], Look(width_px=width, size="7.3x1.9"), "png")).size[0] == width


def test_a_transparent_png_is_so() -> None:
    for transparent, alpha in ((True, 0), (False, 255)):
        image = png(render(PLANS, Look(transparent=transparent), "png")).convert("RGBA")
        assert image.getpixel((2, 2))[3] == alpha  # type: ignore[index]


def test_an_svg_holds_its_text_as_text() -> None:
    text = render(PLANS, Look(title="Falling & rising <b>"), "svg").decode()

    for words in ("Falling &amp; rising &lt;b&gt;", "learning rate", "iteration", ">one<", ">two<"):
        assert words in text
    assert "<dc:date>" not in text


@pytest.mark.parametrize(
    ("style", "generic"), [("light", "sans-serif"), ("dark", "sans-serif"), ("paper", "serif")]
)
def test_an_svg_s_text_has_a_font_wherever_it_is_seen(style: str, generic: str) -> None:
    text = render(PLANS, Look(style=style), "svg").decode()
    families = set(re.findall(r"font-family: ([^;\"]*)", text))

    assert families
    assert all(family.endswith(f"', {generic}") for family in families)


def test_an_svg_is_read_out_and_fills_the_width_it_is_given() -> None:
    root = ET.fromstring(render(PLANS, Look(title="a < b", alt="x & y"), "svg", "lrplot curve x"))  # noqa: S314  our own

    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert [child.text for child in root][:2] == ["a < b", "x & y"]
    assert root.get("viewBox") == "0 0 518.4 302.4"
    assert root.get("width") is None
    assert root.get("height") is None
    assert "lrplot curve x" in "".join(root.itertext())


def test_what_a_figure_shows_is_said_in_words_unless_given() -> None:
    warm = lrplot.LinearWarmup(warmup_steps=100, then=lrplot.Poly(max_iters=900))
    plans = [*PLANS[:1], lrplot.Plan(schedule=warm, base_lr=0.1, max_iters=1000, name="warm")]

    assert drawing(plans, Look()).alt == (
        "Line chart of the learning rate over 1,000 iterations. one starts at 0.1 and ends at "
        "0.001. warm starts at 0, peaks at 0.1 at step 100 and ends at 0."
    )


def test_a_peak_is_said_to_be_where_it_is_first() -> None:
    flat = lrplot.MultiStep(milestones=(58_640, 80_630), gamma=0.1)
    warm = lrplot.LinearWarmup(warmup_steps=500, then=flat)
    plan = lrplot.Plan(schedule=warm, base_lr=0.02, max_iters=87_960, name="1x")

    assert drawing([plan], Look()).alt.endswith("peaks at 0.02 at step 500 and ends at 0.0002.")


def test_what_falls_and_comes_back_is_not_said_to_stay() -> None:
    cycle = lrplot.OneCycle(max_iters=1000, max_lr=0.1)
    plan = lrplot.Plan(schedule=cycle, base_lr=0.1, max_iters=1000)

    said = drawing([plan], Look(param=("momentum",))).alt
    assert said.endswith("starts at 0.95, falls to 0.85 at step 300 and ends at 0.95.")


def test_a_pdf_bears_its_title_and_no_date() -> None:
    data = render(PLANS, Look(title="Three powers"), "pdf", "lrplot curve x")

    assert b"/Title (Three powers)" in data
    assert b"/Keywords (lrplot curve x)" in data
    assert b"CreationDate" not in data


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_in_any_script_is_kept(kind: str) -> None:
    data = render(PLANS, Look(title="\u5b66"), kind, "lrplot curve \u5b66.yaml \udce9")

    if kind == "png":
        assert png(data).text["Comment"] == "lrplot curve \u5b66.yaml \ufffd"
    assert data.startswith(MAGIC[kind])


# -- where they go --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_goes_to_standard_output(kind: str, tmp_path: Path) -> None:
    done = run("curve", "poly", "-o", "-", "--to", kind, cwd=tmp_path)

    assert done.stdout.startswith(MAGIC[kind])
    assert list(tmp_path.iterdir()) == []


def test_a_format_alone_names_the_file(tmp_path: Path) -> None:
    done = run("curve", "poly", "--to", "svg", cwd=tmp_path)

    assert done.stderr.decode().splitlines()[-1] == "wrote poly.svg"
    assert (tmp_path / "poly.svg").read_bytes().startswith(MAGIC["svg"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["-o", "a.jpg"], 2, "the ending must be .png, .svg"),
        (["-o", "a"], 2, "the ending must be .png, .svg"),
        (["-o", "a.svg", "--to", "png"], 2, "-o a.svg says svg, --to says png"),
        (["--style", "drak"], 2, "--style: 'drak' is no style\n  did you mean 'dark'?"),
        (["--dpi", "5"], 2, "--dpi: must be a whole number >= 20, got 5"),
        (["--size", "7"], 2, "--size: '7' is not inches by inches"),
        (["--xlim", "2000.."], 2, "--xlim: '2000..' has no line: the run ends at 1,000"),
        (["--ylim", "5..6"], 2, "--ylim: '5..6' has no line: the learning rate goes from 0 to 0.1"),
        (["--base-lr", "0", "--log"], 1, "no rate is above 0"),
        (["--param", "momentum"], 1, "poly does not schedule the momentum"),
        (["-o", "there/a.png"], 1, "there/a.png: cannot be written: there is no folder"),
    ],
)
def test_what_cannot_be_drawn_is_told_and_leaves_nothing(
    words: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("no folder", encoding="utf-8")

    result = CliRunner().invoke(cli, ["curve", "poly", *words])

    assert result.exit_code == code
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_a_full_disk_leaves_the_old_figure(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "sys.argv = ['lrplot', 'curve', 'poly', '-o', 'a.png']\n"
        "from lrplot.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert b"lrplot: a.png: cannot be written: File too large" in done.stderr
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.png", b"old")]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_half_way_leaves_the_old_file_and_nothing_else(
    number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    script = (
        "import time; from pathlib import Path\n"
        "from lrplot.files import written_whole\n"
        "with written_whole(Path('a.png')) as temporary:\n"
        "    temporary.write_bytes(b'half')\n"
        "    print('half way', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ROOT},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half way\n"
        assert len(list(tmp_path.iterdir())) == 2
        process.send_signal(number)
        begun = time.monotonic()
        assert process.wait(timeout=30) != 0
        assert time.monotonic() - begun < 30

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.png", b"old")]


def test_the_help_of_curve_reads_well_at_80_columns() -> None:
    text = CliRunner().invoke(cli, ["curve", "--help"], terminal_width=80).output
    figure = text.partition("Figure options:")[2].partition("\n\n")[0]

    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"\.\.\.?\.\s", figure)
    for name in Look.__struct_fields__:
        assert f"--{name.replace('_', '-')}" in figure
