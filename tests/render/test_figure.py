"""Figures, tested by their data: lines, panels, axes, names and points."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

import lrplot
from lrplot.errors import InputError, ParameterError
from lrplot.render.figure import draw, drawing, new_axes, render
from lrplot.render.figure.scales import in_words
from lrplot.render.figure.style import HOUSE
from lrplot.render.look import Look
from lrplot.render.palette import COLOURS
from tests.strategies import bases, schedules

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from lrplot.schedules.base import Rates


def poly(
    power: float = 2.0, name: str = "", end: int = 1000, base: float = 0.1, **more: Any
) -> lrplot.Plan:
    schedule = lrplot.Poly(max_iters=end, power=power, eta_min=0.001)
    return lrplot.Plan(schedule=schedule, base_lr=base, max_iters=end, name=name, **more)


def constant(rate: float, end: int = 1000, name: str = "") -> lrplot.Plan:
    return lrplot.Plan(schedule=lrplot.Constant(), base_lr=rate, max_iters=end, name=name)


def onecycle() -> lrplot.Plan:
    schedule = lrplot.OneCycle(max_iters=1000, max_lr=0.1)
    return lrplot.Plan(schedule=schedule, base_lr=0.1, max_iters=1000)


def axes_of(*plans: lrplot.Plan, **look: Any) -> Axes:
    return draw(plans, Look(**look)).axes[0]


def data_of(axes: Axes, number: int = 0) -> tuple[Rates, Rates]:
    line = axes.lines[number]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def legend_of(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def ticks_of(axes: Axes, way: str) -> list[str]:
    axis = axes.xaxis if way == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    marks: list[float] = axis.get_majorticklocs().tolist()
    texts = axis.get_major_formatter().format_ticks(marks)
    return [text for mark, text in zip(marks, texts, strict=True) if low <= mark <= high]


def written_on(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


# -- lines ----------------------------------------------------------------------------------------


def test_the_line_is_the_curve() -> None:
    plan = poly()
    x, y = data_of(axes_of(plan))

    assert (x[0], x[-1]) == (0, 1000)
    assert y.tolist() == plan.lr(x.astype(int)).tolist()


def test_a_jump_is_drawn_upright() -> None:
    step = lrplot.Step(step_size=500, gamma=0.5)
    x, y = data_of(axes_of(lrplot.Plan(schedule=step, base_lr=1, max_iters=1000)))

    assert y[x == 500].tolist() == [1.0, 0.5]


def test_few_steps_are_drawn_as_steps() -> None:
    x, y = data_of(axes_of(poly(1, end=4)))

    assert x.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert y[::2].tolist() == poly(1, end=4).lr(range(5)).tolist()


def test_no_more_points_are_drawn_than_the_width_has_pixels() -> None:
    x, _ = data_of(axes_of(poly(end=10**12)))

    assert 800 < len(x) < 1200


def test_a_wider_figure_is_drawn_with_more_points() -> None:
    narrow, wide = (data_of(axes_of(poly(end=10**6), size=size))[0] for size in ("3x3", "20x3"))

    assert len(wide) > 4 * len(narrow)


def test_cycles_finer_than_pixels_are_drawn_as_a_band() -> None:
    cyclic = lrplot.Cyclic(max_lr=1.0, step_size_up=5)
    plan = lrplot.Plan(schedule=cyclic, base_lr=0.25, max_iters=10**9)
    begun = time.process_time()

    axes = axes_of(plan)

    assert time.process_time() - begun < 2
    (band,) = (item for item in axes.collections if isinstance(item, PolyCollection))
    corners = band.get_paths()[0].get_extents()
    assert (corners.y0, corners.y1) == (0.25, 1.0)
    assert (corners.x0, corners.x1) == (0, 10**9)


# -- axes -----------------------------------------------------------------------------------------


def test_the_axes_say_what_they_are() -> None:
    figure = draw([poly()], Look(title="T"))
    (axes,) = figure.axes

    assert {"T", "iteration", "learning rate"} <= set(written_on(figure))
    assert axes.get_xlim() == (0, 1000)
    assert -0.01 < axes.get_ylim()[0] < 0  # a line at 0 does not hide behind the axis
    assert axes.get_ylim()[1] > 0.1
    assert axes.get_yscale() == "linear"


def test_a_figure_is_called_as_its_only_line_unless_it_has_a_title() -> None:
    assert "poly" in written_on(draw([poly()]))
    assert "poly" not in written_on(draw([poly()], Look(title="")))


def test_the_longest_run_sets_the_width() -> None:
    assert axes_of(poly(end=100), poly(end=300)).get_xlim() == (0, 300)


@pytest.mark.parametrize(
    ("base", "ticks"),
    [
        (0.1, ["0.001", "0.02", "0.04", "0.06", "0.08", "0.1"]),
        (20.0, ["0.001", "5", "10", "15", "20"]),
    ],
)
def test_the_peak_and_the_floor_can_be_read(base: float, ticks: list[str]) -> None:
    assert ticks_of(axes_of(poly(base=base), title=""), "y") == ticks


@pytest.mark.parametrize(
    ("rate", "largest", "text"),
    [
        (0.0, 0.1, "0"),
        (0.02575, 0.1, "0.02575"),
        (1e-4, 1e-4, "1\u00d710\u207b\u2074"),
        (6.8e-5, 1e-4, "6.8\u00d710\u207b\u2075"),
        (1e-6, 0.1, "1\u00d710\u207b\u2076"),
        (2500.0, 2500.0, "2,500"),
        (1e12, 1e12, "1\u00d710\u00b9\u00b2"),
    ],
)
def test_rates_are_written_as_people_write_them(rate: float, largest: float, text: str) -> None:
    assert in_words(rate, largest) == text


def test_a_logarithmic_axis_that_reaches_far_down_is_written_in_powers() -> None:
    deep = lrplot.MultiStep(milestones=(300, 600), gamma=0.01)
    axes = axes_of(lrplot.Plan(schedule=deep, base_lr=0.1, max_iters=1000), log=True)

    assert ticks_of(axes, "y")[-1] == "10\u207b\u00b9"
    assert ticks_of(axes, "y")[0] == "10\u207b\u2075"


@pytest.mark.parametrize(
    ("end", "ticks"),
    [
        (160_000, ["0", "25k", "50k", "75k", "100k", "125k", "160k"]),
        (87_960, ["0", "20k", "40k", "60k", "87.96k"]),
        (5, ["0", "1", "2", "3", "4", "5"]),
        (10**12, ["0", "200G", "400G", "600G", "800G", "1T"]),
    ],
)
def test_steps_are_written_briefly_and_the_last_is_among_them(end: int, ticks: list[str]) -> None:
    assert ticks_of(axes_of(poly(end=end)), "x")[-1] == ticks[-1]
    assert set(ticks_of(axes_of(poly(end=end)), "x")) & set(ticks) >= {"0", ticks[-1]}


def test_steps_that_would_look_alike_are_written_in_full() -> None:
    axes = axes_of(poly(end=10**12), xlim="1000000..1000100")

    assert ticks_of(axes, "x")[0] == "1,000,000"
    assert ticks_of(axes, "x")[-1] == "1,000,100"


@settings(max_examples=60)
@given(st.integers(1, 2**53), st.floats(1e-9, 1e9), st.booleans())
def test_no_two_ticks_are_written_alike(end: int, base: float, log: bool) -> None:  # noqa: FBT001
    axes = axes_of(poly(end=end, base=base), log=log)

    for way in "xy":
        texts = ticks_of(axes, way)
        assert len(set(texts)) == len(texts)


def test_an_axis_of_epochs_stands_above_where_their_length_is_known() -> None:
    figure = draw([poly(end=1200, iters_per_epoch=100)])
    (above,) = figure.axes[0].child_axes

    assert "epoch" in written_on(figure)
    assert above.get_xticks().tolist() == [0, 200, 400, 600, 800, 1000, 1200]
    assert [text.get_text() for text in above.get_xticklabels()] == [
        "0",
        "2",
        "4",
        "6",
        "8",
        "10",
        "12",
    ]


def test_there_is_none_where_lengths_differ_or_steps_are_epochs() -> None:
    other = poly(end=1200, iters_per_epoch=50)
    assert not axes_of(poly(end=1200, iters_per_epoch=100), other).child_axes
    assert not axes_of(poly(end=12, iters_per_epoch=1)).child_axes
    assert "epoch" in written_on(draw([poly(end=12, iters_per_epoch=1)]))


@pytest.mark.parametrize(
    ("sizes", "unit", "texts"),
    [
        ({"batch_size": 256}, "samples", ["0", "50k", "100k", "150k", "200k", "250k"]),
        ({"batch_size": 8, "gpus": 4}, "samples", ["0", "5k", "10k", "15k", "20k", "25k", "30k"]),
        (
            {"batch_size": 1000, "seq_len": 3000},
            "tokens",
            ["0", "500M", "1B", "1.5B", "2B", "2.5B", "3B"],
        ),
    ],
)
def test_without_an_epoch_s_length_samples_or_tokens_are_above(
    sizes: dict[str, Any], unit: str, texts: list[str]
) -> None:
    figure = draw([poly(horizon=lrplot.Horizon(**sizes))])
    (above,) = figure.axes[0].child_axes

    assert unit in written_on(figure)
    assert [text.get_text() for text in above.get_xticklabels()] == texts
    if unit == "samples":
        each = sizes["batch_size"] * sizes.get("gpus", 1)
        assert above.get_xticks()[1] * each == pytest.approx(float(texts[1].rstrip("k")) * 1000)


def test_a_sample_in_a_step_needs_no_second_axis() -> None:
    assert not axes_of(poly(horizon=lrplot.Horizon(batch_size=1))).child_axes
    sized = poly(horizon=lrplot.Horizon(batch_size=8))
    assert not axes_of(sized, poly(horizon=lrplot.Horizon(batch_size=4))).child_axes
    assert not axes_of(sized, percent=True).child_axes


@pytest.mark.parametrize("length", [10**9, 1])
def test_the_last_text_of_the_axis_above_is_on_the_sheet(length: int) -> None:
    figure = draw([poly(end=1000 * length, iters_per_epoch=length or None)], Look(size="4x3"))
    figure.draw_without_rendering()

    right = figure.bbox.width
    for axes in figure.axes[0].child_axes:
        for label in axes.get_xticklabels():
            assert label.get_window_extent().x1 <= right


def test_how_a_duration_was_rounded_is_told() -> None:
    found = drawing([poly()], Look(mark=("33.33%", "50%", "7"), xlim="0.05%..end"))

    assert found.notes == (
        "33.33% of 1,000 steps is 333.3: 333",
        "0.05% of 1,000 steps is 0.5: 1",
    )


# -- log, percent, limits -------------------------------------------------------------------------


def test_a_logarithmic_axis() -> None:
    axes = axes_of(poly(), log=True)

    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] > 0


def test_a_rate_of_zero_leaves_a_gap_on_a_logarithmic_axis_and_is_told() -> None:
    falling = lrplot.Plan(schedule=lrplot.Cosine(max_iters=100), base_lr=1, max_iters=100)

    found = drawing([falling], Look(log=True))

    assert found.notes == ("cosine is 0 at times, which a logarithmic axis cannot show",)
    assert drawing([falling], Look()).notes == ()


def test_a_line_that_is_zero_throughout_is_told_so() -> None:
    found = drawing([poly(), constant(0, name="off")], Look(log=True))

    assert found.notes == ("off is 0 throughout, which a logarithmic axis cannot show",)


def test_a_rate_of_zero_throughout_is_on_an_axis_that_has_no_rates_below() -> None:
    axes = axes_of(constant(0))

    assert ticks_of(axes, "y")[0] == "0"


def test_a_peak_and_a_floor_that_are_near_each_other_cost_one_mark_alone() -> None:
    axes = axes_of(poly(1, base=0.0818, end=10_000), xlim="0..1000", ylim="0..0.2")

    assert ticks_of(axes, "y") == ["0", "0.05", "0.0818", "0.15", "0.2"]


def test_a_ratio_that_soars_at_the_end_leaves_the_rest_to_be_seen() -> None:
    cosine = lrplot.Plan(schedule=lrplot.Cosine(max_iters=1000), base_lr=0.1, max_iters=1000)
    linear = lrplot.Plan(schedule=lrplot.Poly(max_iters=1000), base_lr=0.1, max_iters=1000)

    _, below = draw([cosine, linear], Look(diff=True)).axes
    _, plain = draw([linear, cosine], Look(diff=True)).axes

    assert (below.get_yscale(), plain.get_yscale()) == ("log", "linear")


def test_a_logarithmic_axis_without_a_rate_above_zero_is_refused() -> None:
    with pytest.raises(InputError, match="no rate is above 0"):
        draw([constant(0)], Look(log=True))


def test_one_positive_rate_in_view_is_enough_for_a_logarithmic_axis() -> None:
    assert axes_of(constant(0), poly(), log=True).get_yscale() == "log"


def test_percent_is_of_each_run_and_of_each_peak() -> None:
    axes = axes_of(poly(end=100, base=0.1), poly(end=300, base=5.0), percent=True)

    assert axes.get_xlim() == (0, 100)
    for number in range(2):
        x, y = data_of(axes, number)
        assert (x[0], x[-1], y.max()) == (0, pytest.approx(100), pytest.approx(100))
    assert ticks_of(axes, "x")[-1] == "100%"
    assert ticks_of(axes, "y")[-1] == "100%"


def test_a_line_without_a_peak_has_no_percent() -> None:
    with pytest.raises(InputError, match="has no peak"):
        draw([constant(0)], Look(percent=True))


@pytest.mark.parametrize(
    ("xlim", "ends"),
    [("100..300", (100, 300)), ("50%..", (500, 1000)), ("..2ep", (0, 200)), ("0..end", (0, 1000))],
)
def test_a_part_of_the_run_is_drawn_in_any_unit(xlim: str, ends: tuple[int, int]) -> None:
    axes = axes_of(poly(iters_per_epoch=100), xlim=xlim)
    x, _ = data_of(axes)

    assert list(axes.get_xlim()) == list(ends)
    assert (x[0], x[-1]) == ends


def test_only_the_window_is_sampled() -> None:
    plan = poly(end=10**12)
    x, y = data_of(axes_of(plan, xlim="500000000000..500000000100"))

    assert np.unique(x).tolist() == list(range(500000000000, 500000000101))
    assert set(y.tolist()) <= set(plan.lr(np.unique(x).astype(int)).tolist())


def test_rates_outside_the_limits_are_cut_off() -> None:
    axes = axes_of(poly(), ylim="0.02..0.05")

    assert axes.get_ylim() == (0.02, 0.05)
    assert all(line.get_clip_on() for line in axes.lines)


@pytest.mark.parametrize(
    ("look", "key", "said"),
    [
        ({"xlim": "500..500"}, "xlim", "is empty"),
        ({"xlim": "50%..10"}, "xlim", "is empty"),
        ({"xlim": "2000..3000"}, "xlim", "the run ends at 1,000"),
        ({"xlim": "2000.."}, "xlim", "the run ends at 1,000"),
        ({"xlim": "a..b"}, "xlim", "'a' is not a step"),
        ({"xlim": "0..2ep"}, "xlim", "needs an epoch's length"),
        ({"ylim": "5..6"}, "ylim", "has no line: the learning rate goes from 0.001 to 0.1"),
        ({"ylim": "1..0"}, "ylim", "is empty"),
        ({"ylim": "x..1"}, "ylim", "'x' is not a number"),
        ({"ylim": "nan..1"}, "ylim", "'nan' is not a number"),
        ({"ylim": "0..1", "log": True}, "ylim", "reaches 0"),
        ({"mark": ("5000",)}, "mark", "step 5,000 is not drawn: poly is, 0 to 1,000"),
        ({"mark": ("a",)}, "mark", "'a' is not a step"),
        ({"label": ("a", "b")}, "label", "names 2 of 1 lines"),
        ({"diff": True}, "diff", "needs a second line"),
        ({"style": "drak"}, "style", "did you mean 'dark'?"),
    ],
)
def test_what_cannot_be_drawn_is_told_by_its_option(
    look: dict[str, Any], key: str, said: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        draw([poly()], Look(**look))

    assert caught.value.problems[0].key == key
    assert said in str(caught.value)


def test_a_limit_that_is_another_step_for_each_line_is_refused() -> None:
    with pytest.raises(ParameterError, match="not the same for each line"):
        draw([poly(end=100), poly(end=300)], Look(xlim="50%.."))
    assert axes_of(poly(end=100), poly(end=300), xlim="50%..", percent=True).get_xlim() == (50, 100)


# -- names ----------------------------------------------------------------------------------------


def floors(count: int) -> list[lrplot.Plan]:
    return [
        lrplot.Plan(
            schedule=lrplot.Poly(max_iters=1000, eta_min=i / 10),
            base_lr=1,
            max_iters=1000,
            name=f"floor {i}",
        )
        for i in range(count)
    ]


def test_one_line_needs_no_name() -> None:
    assert legend_of(axes_of(poly(name="it"), title="")) == []
    assert "it" not in written_on(draw([poly(name="it")], Look(title="")))


def test_names_stand_at_the_ends_of_lines_that_end_apart() -> None:
    figure = draw(floors(5))
    (axes,) = figure.axes
    names = [text for text in figure.texts if text.get_text().startswith("floor")]
    heights = [figure.transFigure.transform(text.get_position())[1] for text in names]

    assert legend_of(axes) == []
    assert [text.get_text() for text in names] == [f"floor {i}" for i in range(5)]
    assert heights == pytest.approx(
        [axes.transData.transform((1000, i / 10))[1] for i in range(5)], abs=2
    )


def test_lines_that_end_together_have_a_legend() -> None:
    assert legend_of(axes_of(poly(0.5, "a"), poly(1, "b"), poly(2, "c"))) == ["a", "b", "c"]


def test_lines_that_share_an_end_are_named_in_a_legend() -> None:
    assert legend_of(axes_of(poly(1, "a"), poly(2, "b"))) == ["a", "b"]
    assert legend_of(axes_of(*floors(2))) == []


def test_names_can_be_left_out() -> None:
    figure = draw([*floors(5), poly(1, "z")], Look(legend=False))

    assert legend_of(figure.axes[0]) == []
    assert not any("floor" in text for text in written_on(figure))


def test_a_legend_covers_no_line() -> None:
    figure = draw([poly(power, f"power={power}") for power in (0.3, 0.5, 0.9, 2, 3)])
    figure.canvas.draw()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend is not None
    box = legend.get_window_extent()

    for line in axes.lines:
        path = axes.transData.transform_path(line.get_path())
        assert not path.intersects_bbox(box, filled=False)


@pytest.mark.parametrize("size", ["7.2x4.2", "3.4x2.4"])
@pytest.mark.parametrize("names", [["p" * 5] * 20, ["a very long name of a line " * 2] * 4])
def test_a_long_legend_stands_beside_the_axes_or_below_and_inside_the_figure(
    size: str, names: list[str]
) -> None:
    plans = [poly(0.1 + i / 5, f"{name} {i}") for i, name in enumerate(names)]
    figure = draw(plans, Look(size=size))
    figure.canvas.draw()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert legend is not None

    assert legend_of(axes) == [plan.name for plan in plans]
    if size == "7.2x4.2":
        box, inside = legend.get_window_extent(), axes.get_window_extent()
        paths = [axes.transData.transform_path(line.get_path()) for line in axes.lines]
        assert not any(path.intersects_bbox(box, filled=False) for path in paths)
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert inside.width > 0.3 * figure.bbox.width


@pytest.mark.parametrize("style", [*HOUSE, "ggplot"])
def test_twenty_lines_can_be_told_apart(style: str) -> None:
    axes = axes_of(*(poly(i + 1, f"power={i}") for i in range(20)), style=style)

    dashes = [str(vars(line)["_dash_pattern"]) for line in axes.lines]
    colours = [to_hex(line.get_color()) for line in axes.lines]
    assert len(set(zip(colours, dashes, strict=True))) == 20


def test_colours_are_told_apart_by_their_lightness_too() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(COLOURS)) == 7
    assert max(map(luminance, COLOURS)) < 0.75  # none is lost on white


def test_lines_can_be_named() -> None:
    assert legend_of(axes_of(poly(0.5), poly(1), poly(2), label=("x", "y", "z"))) == ["x", "y", "z"]


NAMES = ["_underscore", "a $x$ b", "100 $ or $\\frac{", "<&>", "a\nb", " ", "\x01\x00", "\ud800"]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is_typed(name: str, kind: str) -> None:
    plans = [poly(1, name), poly(2, "other"), poly(3, "third")]
    found = drawing(plans, Look(title=name))

    shown = "".join("\ufffd" if char in "\x00\x01\ud800" else char for char in name)
    assert legend_of(found.figure.axes[0]) == [shown, "other", "third"]
    assert found.encoded(kind)


# -- panels ---------------------------------------------------------------------------------------


def test_a_parameter_other_than_the_rate_is_named() -> None:
    assert "momentum" in written_on(draw([onecycle()], Look(param=("momentum",))))


def test_the_momentum_stands_below_the_rate_and_shares_its_steps() -> None:
    figure = draw([onecycle()], Look(param=("lr", "momentum")))
    rate, momentum = figure.axes

    assert rate.get_xlim() == momentum.get_xlim()
    assert rate.get_position().x0 == momentum.get_position().x0
    assert rate.get_position().y0 > momentum.get_position().y1
    _, y = data_of(momentum)
    assert (y.min(), y.max()) == (pytest.approx(0.85), pytest.approx(0.95))
    assert momentum.get_ylim()[0] > 0.8  # it is not drawn from 0: nothing would be seen


def test_a_schedule_without_momentum_says_so() -> None:
    with pytest.raises(InputError, match="poly does not schedule the momentum"):
        draw([poly()], Look(param=("lr", "momentum")))


def test_the_ratio_to_the_first_line_stands_below() -> None:
    half = lrplot.Plan(schedule=lrplot.Constant(), base_lr=0.05, max_iters=1000, name="half")
    figure = draw([constant(0.1, name="whole"), half], Look(diff=True))
    _, ratio = figure.axes

    assert "ratio to whole" in written_on(figure)
    assert set(data_of(ratio, 0)[1].tolist()) == {1.0}
    assert set(data_of(ratio, 1)[1].tolist()) == {0.5}


def test_there_is_no_ratio_to_a_line_of_zeros() -> None:
    with pytest.raises(InputError, match="there is no ratio to it"):
        draw([constant(0.0, name="none"), poly()], Look(diff=True))


# -- points and phases ----------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["light", "seaborn-v0_8"])
@pytest.mark.parametrize(
    "mark",
    [
        ("10", "20", "30", "40"),
        ("10", "100", "120", "500", "510", "990", "end"),
        tuple(map(str, range(440, 560, 20))),
    ],
)
def test_steps_marked_close_together_are_told_apart(mark: tuple[str, ...], style: str) -> None:
    cosine = lrplot.Plan(schedule=lrplot.Cosine(max_iters=1000), base_lr=0.1, max_iters=1000)
    figure = draw([cosine], Look(mark=mark, style=style))
    figure.draw_without_rendering()

    small = [text for text in figure.texts if float(text.get_fontsize()) < 9]
    inked = [text.get_window_extent().shrunk(1, 0.7) for text in small]  # lines have space between
    assert len(inked) == 2 * len(mark)
    for number, box in enumerate(inked):
        assert not any(box.overlaps(other) for other in inked[:number])


def test_a_marked_step_that_the_window_cuts_off_is_not_named() -> None:
    figure = draw([poly(1)], Look(ylim="0.02..0.05", mark=("600", "900")))

    assert "step 600" in written_on(figure)
    assert "step 900" not in written_on(figure)


def test_a_marked_step_has_a_point_and_its_rate_on_each_line() -> None:
    plans = [poly(1, "one"), poly(2, "two")]
    figure = draw(plans, Look(mark=("250", "50%")))
    (axes,) = figure.axes

    dots = {
        tuple(np.ravel(line.get_xydata()).tolist())
        for line in axes.lines
        if line.get_marker() == "o"
    }
    assert dots == {(step, plan.lr(step)) for plan in plans for step in (250, 500)}
    assert {"step 250", "50%", "0.02575"} <= set(written_on(figure))


@settings(max_examples=25)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True))
def test_what_is_written_at_points_stays_in_the_figure(steps: list[int]) -> None:
    figure = draw([poly(2), poly(1)], Look(mark=tuple(map(str, steps))))
    renderer: Any = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    for text in figure.texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y0 >= -1
        assert box.y1 <= figure.bbox.height + 1


def test_phases_are_shaded_and_named() -> None:
    schedule = lrplot.Wsd(max_iters=1000, warmup_steps=100, decay_steps=300)
    figure = draw([lrplot.Plan(schedule=schedule, base_lr=1, max_iters=1000)], Look(phases=True))
    (axes,) = figure.axes

    assert {"warm-up", "hold", "decay"} <= set(written_on(figure))
    shaded = sorted((patch.get_extents().x0, patch.get_extents().x1) for patch in axes.patches)
    left = [axes.transData.transform((x, 0))[0] for x in (0, 100, 700, 1000)]
    assert shaded == [pytest.approx(left[:2]), pytest.approx(left[2:])]


def test_phases_of_one_line_among_others_are_told() -> None:
    plans = [poly(1, "one"), onecycle()]

    said = "the phases that are shaded are those of one"
    assert said in drawing(plans, Look(phases=True)).notes
    assert drawing([poly(1), poly(2)], Look(phases=True)).notes == ()


# -- styles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["light", "dark", "paper", "ggplot", "fivethirtyeight"])
def test_a_figure_can_be_drawn_in_any_style(name: str) -> None:
    found = drawing([poly(1, "a"), poly(2, "b")], Look(style=name, phases=True, mark=("10",)))

    assert to_hex(found.figure.get_facecolor()) == to_hex(found.style.ground)
    assert found.encoded("png").startswith(b"\x89PNG")


def test_nothing_but_the_lines_is_left_of_a_transparent_figure() -> None:
    figure = draw([poly()], Look(transparent=True))

    assert to_rgba(figure.get_facecolor())[3] == 0
    assert all(to_rgba(axes.get_facecolor())[3] == 0 for axes in figure.axes)


@pytest.mark.parametrize("style", ["light", "Solarize_Light2"])
def test_nothing_outside_the_figure_is_touched(style: str) -> None:
    before = dict(plt.rcParams)

    render([poly()], Look(style=style), "png")

    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []


def test_nobody_s_settings_play_a_part() -> None:
    plain = render([poly()], Look(), "svg")
    with plt.rc_context(
        {"lines.linewidth": 9, "font.family": "serif", "axes.grid": True, "text.usetex": True}
    ):
        assert render([poly()], Look(), "svg") == plain


# -- titles ---------------------------------------------------------------------------------------


def test_a_long_title_is_broken_into_lines_that_fit() -> None:
    title = (
        "What the rate comes to over the whole of a long run, in four words or twenty, " * 2 + "end"
    )
    figure = draw([poly()], Look(title=title))
    renderer: Any = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    lines = [text for text in figure.texts if text.get_fontweight() == "bold"]

    assert " ".join(text.get_text() for text in lines) == title
    for line in lines:
        assert line.get_window_extent(renderer).x1 <= figure.bbox.width
        assert line.get_window_extent(renderer).y0 > figure.axes[0].get_window_extent().y1


def test_characters_that_no_font_has_are_told() -> None:
    found = drawing([poly()], Look(title="\u5b66\u4e60\u7387 of poly"))

    assert found.encoded("png")
    assert found.notes == () or "no font is installed that has \u4e60\u5b66\u7387" in found.notes[0]


def test_a_font_that_is_installed_draws_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = font_with("\u5b66\u4e60\u7387", "Noto Sans CJK SC", tmp_path)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist])
    font_manager.fontManager.addfont(installed)

    found = drawing([poly()], Look(title="\u5b66\u4e60\u7387 of poly"))

    assert found.notes == ()
    (title,) = (text for text in found.figure.texts if "poly" in text.get_text())
    assert "Noto Sans CJK SC" in title.get_fontfamily()
    assert found.encoded("png")


def font_with(characters: str, family: str, folder: Path) -> Path:
    """Make a font in which each of the characters is a square."""
    builder: Any = pytest.importorskip("fontTools.fontBuilder")
    pens: Any = pytest.importorskip("fontTools.pens.ttGlyphPen")
    pen = pens.TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    names = {ord(char): f"u{ord(char):x}" for char in characters}
    glyphs = [".notdef", *names.values()]
    built = builder.FontBuilder(1000, isTTF=True)
    built.setupGlyphOrder(glyphs)
    built.setupCharacterMap(names)
    built.setupGlyf(dict.fromkeys(glyphs, square))
    built.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    built.setupHorizontalHeader(ascent=800, descent=-200)
    built.setupNameTable({"familyName": family, "styleName": "Regular"})
    built.setupOS2(sTypoAscender=800, usWinAscent=800, usWinDescent=200)
    built.setupPost()
    path = folder / "cjk.ttf"
    built.save(path)
    return path


# -- anything -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [1, 2, 3, 10**12, 2**53])
@pytest.mark.parametrize("base", [0.0, 1e-300, 1e-9, 1e300])
@pytest.mark.parametrize("size", ["7.2x4.2", "1x1"])
def test_a_figure_of_any_length_height_and_size_can_be_drawn(
    end: int, base: float, size: str
) -> None:
    assert render([constant(base, end)], Look(size=size), "png")


@settings(max_examples=60, phases=[Phase.generate])
@given(st.lists(schedules, min_size=1, max_size=3), bases, st.integers(1, 10**9), st.data())
def test_any_curves_can_be_drawn_in_any_look(
    several: list[lrplot.Schedule], base: float, end: int, data: st.DataObject
) -> None:
    plans = [lrplot.Plan(schedule=each, base_lr=base, max_iters=end) for each in several]
    flags: dict[str, Any] = {
        name: data.draw(st.booleans()) for name in ("log", "percent", "phases")
    }
    look = Look(
        **flags, diff=len(plans) > 1, style=data.draw(st.sampled_from([*HOUSE])), mark=("50%",)
    )
    try:
        assert render(plans, look, "svg")
    except InputError as error:
        assert "0" in str(error)  # noqa: PT017  all that can be wrong is a rate of 0


def test_new_axes_stand_on_a_figure_of_the_asked_size() -> None:
    figure = new_axes((3.0, 2.0), dpi=50).figure

    assert isinstance(figure, Figure)
    assert figure.get_size_inches().tolist() == [3.0, 2.0]
    assert figure.dpi == 50


def test_a_plan_draws_itself_on_any_axes() -> None:
    axes = Figure().add_subplot()

    assert poly(name="a $x$ b").plot(axes, color="red") is axes
    assert data_of(axes)[0][-1] == 1000
    assert axes.lines[0].get_label() == r"a \$x\$ b"
    assert isinstance(axes.title, Text)
