"""Figures, tested by their data: lines, labels, scales, and the bytes they are saved as."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

import lrplot
from lrplot.errors import InputError
from lrplot.render.figure import COLOURS, draw, new_axes, save

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes


def poly(power: float = 2.0, name: str = "", end: int = 1000, base: float = 0.1) -> lrplot.Plan:
    schedule = lrplot.Poly(max_iters=end, power=power, eta_min=0.001)
    return lrplot.Plan(schedule=schedule, base_lr=base, max_iters=end, name=name)


def axes_of(*plans: lrplot.Plan, log: bool = False, param: str = "lr") -> Axes:
    (axes,) = draw(plans, title="T", log=log, param=param).axes
    return axes


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


# -- lines ----------------------------------------------------------------------------------------


def test_the_line_is_the_curve() -> None:
    plan = poly()
    (line,) = axes_of(plan).lines
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())

    assert (x[0], x[-1]) == (0, 1000)
    assert y.tolist() == plan.lr(x.astype(int)).tolist()


def test_a_jump_is_drawn_upright() -> None:
    step = lrplot.Step(step_size=500, gamma=0.5)
    (line,) = axes_of(lrplot.Plan(schedule=step, base_lr=1, max_iters=1000)).lines
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    at = x == 500

    assert y[at].tolist() == [1.0, 0.5]


def test_no_more_points_are_drawn_than_the_width_has_pixels() -> None:
    (line,) = axes_of(poly(end=10**12)).lines

    assert 800 < len(np.asarray(line.get_xdata())) < 1200


def test_a_wider_figure_is_drawn_with_more_points() -> None:
    narrow, wide = (
        draw([poly(end=10**6)], title="T", size=size).axes[0].lines[0]
        for size in ((3.0, 3.0), (20.0, 3.0))
    )

    assert len(np.asarray(wide.get_xdata())) > 4 * len(np.asarray(narrow.get_xdata()))


# -- dress ----------------------------------------------------------------------------------------


def test_the_axes_say_what_they_are() -> None:
    axes = axes_of(poly())

    assert axes.get_xlabel() == "iteration"
    assert axes.get_ylabel() == "learning rate"
    assert axes.get_title(loc="left") == "T"
    assert axes.get_xlim() == (0, 1000)
    assert -0.01 < axes.get_ylim()[0] <= 0
    assert axes.get_yscale() == "linear"


def test_a_parameter_other_than_the_rate_is_named() -> None:
    assert axes_of(poly(), param="momentum").get_ylabel() == "momentum"


def test_one_curve_needs_no_legend_and_several_have_an_entry_each() -> None:
    assert legend_of(axes_of(poly())) == []
    assert legend_of(axes_of(poly(0.5, "power=0.5"), poly(2, "power=2"))) == [
        "power=0.5",
        "power=2",
    ]


def test_the_longest_run_sets_the_width() -> None:
    assert axes_of(poly(end=100), poly(end=300)).get_xlim() == (0, 300)


@pytest.mark.parametrize("count", [2, 8, 9, 30])
def test_no_two_curves_look_alike(count: int) -> None:
    axes = axes_of(*(poly(i + 1, f"power={i}") for i in range(count)))
    looks = {(to_hex(line.get_color()), line.get_linestyle()) for line in axes.lines}

    assert len(looks) == min(count, 28)
    assert len(legend_of(axes)) == count


def test_colours_are_told_apart_by_their_lightness_too() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(COLOURS)) == 7
    assert max(map(luminance, COLOURS)) < 0.75  # none is lost on white


def test_a_long_legend_stands_beside_the_curves() -> None:
    few = axes_of(*(poly(i + 1, f"p{i}") for i in range(8))).get_legend()
    many = axes_of(*(poly(i + 1, f"p{i}") for i in range(9))).get_legend()
    assert few is not None
    assert many is not None

    assert few.get_bbox_to_anchor().width > 1
    assert many.get_bbox_to_anchor().width == 0  # a point on the right edge


@pytest.mark.parametrize(
    "name", ["_underscore", "a $x$ b", "100 $ or $\\frac{", "<&>", "a\nb", " "]
)
def test_a_name_is_shown_as_it_is(name: str, tmp_path: Path) -> None:
    figure = draw([poly(1, name), poly(2, "other")], title=name)
    save(figure, tmp_path / "a.png")

    assert [text.replace("\\$", "$") for text in legend_of(figure.axes[0])] == [name, "other"]


def test_a_logarithmic_axis() -> None:
    axes = axes_of(poly(), log=True)

    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 0


def test_a_rate_of_zero_leaves_a_gap_on_a_logarithmic_axis(tmp_path: Path) -> None:
    falling = lrplot.Plan(schedule=lrplot.Cosine(max_iters=100), base_lr=1, max_iters=100)

    save(draw([falling], title="T", log=True), tmp_path / "a.png")


def test_a_logarithmic_axis_without_a_rate_above_zero_is_refused() -> None:
    none = lrplot.Plan(schedule=lrplot.Constant(), base_lr=0, max_iters=100)

    with pytest.raises(InputError, match="no rate is above 0"):
        draw([none], title="T", log=True)


def test_one_positive_rate_in_view_is_enough_for_a_logarithmic_axis() -> None:
    none = lrplot.Plan(schedule=lrplot.Constant(), base_lr=0, max_iters=100)

    assert axes_of(none, poly(), log=True).get_yscale() == "log"


@pytest.mark.parametrize(
    ("rate", "tick"),
    [(0.1, "0.02"), (2e-4, "5e-5"), (20.0, "5"), (3e-7, "1e-7")],
)
def test_ticks_are_written_as_people_write_rates(rate: float, tick: str) -> None:
    axes = axes_of(lrplot.Plan(schedule=lrplot.Constant(), base_lr=rate, max_iters=10))
    axes.figure.canvas.draw()

    assert tick in [label.get_text() for label in axes.get_yticklabels()]


def test_steps_are_written_with_their_thousands() -> None:
    axes = axes_of(poly(end=160_000))
    axes.figure.canvas.draw()

    assert "100k" in [label.get_text() for label in axes.get_xticklabels()]


@pytest.mark.parametrize("end", [1, 2, 3, 10**12, 2**53])
@pytest.mark.parametrize("base", [0.0, 1e-300, 1e-9, 1e300])
def test_a_figure_of_any_length_and_height_can_be_saved(
    end: int, base: float, tmp_path: Path
) -> None:
    plan = lrplot.Plan(schedule=lrplot.Constant(), base_lr=base, max_iters=end)

    save(draw([plan], title="T"), tmp_path / "a.png")


# -- no global state ------------------------------------------------------------------------------


def test_nothing_outside_the_figure_is_touched() -> None:
    before = dict(plt.rcParams)

    draw([poly()], title="T")

    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []


def test_new_axes_stand_on_a_figure_of_the_asked_size() -> None:
    figure = new_axes((3.0, 2.0), dpi=50).figure

    assert isinstance(figure, Figure)
    assert figure.get_size_inches().tolist() == [3.0, 2.0]
    assert figure.dpi == 50


# -- files ----------------------------------------------------------------------------------------

MAGIC = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.mark.parametrize("kind", MAGIC)
def test_the_ending_names_the_format_and_the_same_figure_is_the_same_to_the_byte(
    kind: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind.upper()}"
    for path in (first, second):
        save(draw([poly(1, "one"), poly(2, "two")], title="Two", log=True), path)

    assert first.read_bytes().startswith(MAGIC[kind])
    assert first.read_bytes() == second.read_bytes()


def test_a_png_has_the_size_and_resolution_asked_for(tmp_path: Path) -> None:
    save(draw([poly()], title="T", size=(5.0, 3.0), dpi=80), tmp_path / "a.png")

    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (400, 240)


def test_an_svg_holds_its_text_as_text(tmp_path: Path) -> None:
    save(draw([poly(1, "one"), poly(2, "two")], title="Falling & rising"), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")

    for words in ("Falling &amp; rising", "learning rate", "iteration", ">one<", ">two<"):
        assert words in text
    assert "<dc:date>" not in text


def test_a_script_the_font_lacks_costs_no_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(draw([poly()], title="学习率"), tmp_path / "a.png")


def test_a_failure_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", fail)

    with pytest.raises(InputError, match="No space left on device"):
        save(draw([poly()], title="T"), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
