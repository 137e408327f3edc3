"""Curves in characters: what is drawn are rates of the schedule, in the room there is."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

import lrplot
from lrplot.errors import InputError, ParameterError
from lrplot.render.look import Look
from lrplot.render.terminal import draw, print_curves

WINDOWS = [(80, 22), (40, 10), (200, 48)]


def plan(schedule: lrplot.Schedule | None = None, **more: Any) -> lrplot.Plan:
    poly = lrplot.Poly(max_iters=1000)
    fields = {"schedule": schedule or poly, "base_lr": 0.1, "max_iters": 1000, **more}
    return lrplot.Plan(**fields)


def rows(*plans: lrplot.Plan, width: int = 80, height: int = 22, **more: Any) -> list[str]:
    unicode = more.pop("unicode", True)
    text = draw(plans, Look(**more), width=width, height=height, unicode=unicode)
    return text.plain.split("\n")


def edge(lines: list[str]) -> int:
    """Return the column at which the inside of the axes begins."""
    return next(i for i, sign in enumerate(lines[0]) if sign in "┤│") + 1


def dots(lines: list[str]) -> list[tuple[int, int]]:
    """Return the places of all dots, counted from the lower left."""
    inside = [line for line in lines if "┤" in line or "│" in line]
    start = edge(lines)
    found = []
    for up, line in enumerate(reversed(inside)):
        for column, sign in enumerate(line[start:]):
            mask = ord(sign) - 0x2800 if sign >= "\u2800" else 0
            for bit, (x, y) in enumerate(
                [(0, 3), (0, 2), (0, 1), (1, 3), (1, 2), (1, 1), (0, 0), (1, 0)]
            ):
                if mask >> bit & 1:
                    found.append((2 * column + x, 4 * up + y))
    return found


# -- what is drawn --------------------------------------------------------------------------------

SHAPES = {
    "poly": plan(),
    "warm": plan(lrplot.LinearWarmup(warmup_steps=100, then=lrplot.Cosine(max_iters=900))),
    "step": plan(lrplot.MultiStep(milestones=(300, 301, 700))),
    "cyclic": plan(lrplot.Cyclic(max_lr=0.1, step_size_up=40), base_lr=0.01),
    "fine": plan(lrplot.Cyclic(max_lr=0.1, step_size_up=3), base_lr=0.01, max_iters=10_000),
    "short": plan(lrplot.Poly(max_iters=12), max_iters=12),
}


@pytest.mark.parametrize(("width", "height"), WINDOWS)
@pytest.mark.parametrize("name", SHAPES)
def test_no_dot_is_where_the_schedule_never_is(name: str, width: int, height: int) -> None:
    given = SHAPES[name]
    lines = rows(given, width=width, height=height, ylim="0..0.1")
    count = sum("┤" in line or "│" in line for line in lines)
    columns, end = 2 * (width - edge(lines)) - 1, given.max_iters
    found = dots(lines)

    for x, y in found:
        first = max(0, int((x - 1) / columns * end) - 1)
        last = min(end, int((x + 1) / columns * end) + 1)
        near = given.lr(np.arange(first, last + 1)) / 0.1 * (4 * count - 1)
        assert near.min() - 1 <= y <= near.max() + 1, (x, y)
    assert {x for x, _ in found} == set(range(columns + 1))


@pytest.mark.parametrize("end", [10**3, 10**6, 10**12])
def test_a_spike_is_seen_at_any_scale(end: int) -> None:
    at = end // 3
    spike = lrplot.Piecewise(boundaries=(at, at + 1), values=(0.01, 0.1, 0.01))
    found = dots(rows(plan(spike, max_iters=end), ylim="0..0.11"))
    heights = {y for _, y in found}

    assert len({x for x, y in found if y == max(heights)}) == 1
    assert len(heights) > 60


def test_a_jump_is_upright() -> None:
    found = dots(rows(plan(lrplot.MultiStep(milestones=(500,)), max_iters=10**6)))
    by_column = {x: {y for at, y in found if at == x} for x, _ in found}

    assert sum(len(ys) > 1 for ys in by_column.values()) == 1


def test_the_same_is_drawn_every_time() -> None:
    plans = [plan(name="a"), plan(lrplot.Cosine(max_iters=1000), name="b")]

    assert rows(*plans) == rows(*plans)


# -- how it is fitted -----------------------------------------------------------------------------


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_it_fills_the_window_and_no_more(
    width: int, height: int, count: int, *, unicode: bool
) -> None:
    plans = [plan(lrplot.Poly(max_iters=1000, power=i), name=f"学习率 {i}") for i in range(count)]
    lines = rows(*plans, width=width, height=height, title="t" * 300, unicode=unicode)

    assert len(lines) == height
    assert max(map(cell_len, lines)) == width
    assert lines[0] == "t" * (width - 3) + "..."


def test_a_window_too_small_for_anything_gets_a_picture_all_the_same() -> None:
    lines = rows(plan(), plan(name="b"), width=1, height=1, title="title")

    assert sum("┤" in line or "│" in line for line in lines) >= 4


def test_plain_characters_are_ascii() -> None:
    lines = rows(plan(), plan(name="b"), unicode=False, mark=("500",), log=True, title="t")

    assert all(line.isascii() for line in lines)


# -- axes and words -------------------------------------------------------------------------------


def test_ticks_are_written_as_people_write() -> None:
    long = plan(lrplot.Poly(max_iters=160_000), max_iters=160_000, base_lr=6e-5)
    lines = rows(long, log=True, ylim="1e-7..1e-4")
    steps = lines[-3].split()
    rates = [line.split()[0] for line in lines if "┤" in line]

    assert steps[0] == "0"
    assert steps[-1] == "160k"
    assert {"40k", "80k", "120k"} <= set(steps)
    assert {"1e-5", "1e-6", "6e-5"} <= set(rates)


@pytest.mark.parametrize("end", [7, 1000, 87_960, 123_457, 10**6 + 1, 10**12])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_steps_below_the_axis_keep_apart(end: int, width: int) -> None:
    lines = rows(plan(max_iters=end), width=width)
    texts = lines[-2].split()

    assert texts[0] == "0"
    assert len(texts) >= 2
    assert lines[-3].count("┬") == len(texts)


def test_the_unit_is_said() -> None:
    assert rows(plan())[-1].strip() == "iteration"
    assert rows(plan(iters_per_epoch=7330))[-1].strip() == "iteration, 7,330 to an epoch"
    assert rows(plan(iters_per_epoch=1))[-1].strip() == "epoch"


def test_lines_are_told_apart_by_letters() -> None:
    plans = [plan(lrplot.Poly(max_iters=1000, power=p), name=f"power={p}") for p in (0.5, 1, 2)]
    for unicode in (True, False):
        lines = rows(*plans, unicode=unicode)
        assert lines[-1] == "a power=0.5  b power=1  c power=2"
        assert set("abc") <= set("".join(lines[:-4]))


def test_one_line_needs_no_legend_and_a_legend_can_be_left_out() -> None:
    assert "poly" not in "".join(rows(plan()))
    assert "two" not in "".join(rows(plan(), plan(name="two"), legend=False))


def test_labels_name_the_lines() -> None:
    assert rows(plan(), plan(), label=("x", "y"))[-1] == "a x  b y"
    with pytest.raises(ParameterError):
        rows(plan(), label=("x", "y"))


def test_a_legend_that_is_too_long_says_how_much_is_missing() -> None:
    lines = rows(*(plan(name=f"a rather long name {i}") for i in range(30)), width=40, height=12)

    assert lines[-1].endswith("more")
    shown = sum(line.count("long name") for line in lines)
    assert lines[-1].endswith(f"and {30 - shown} more")


# -- the look -------------------------------------------------------------------------------------


def test_zero_is_left_out_of_a_log_axis_and_that_is_said() -> None:
    assert rows(plan(), log=True)[-1] == "0 has no place on this axis"
    with pytest.raises(InputError, match="no rate is above 0"):
        rows(plan(base_lr=0), log=True)


def test_a_part_of_the_run_can_be_drawn() -> None:
    lines = rows(plan(), xlim="20%..40%")

    assert (lines[-2].split()[0], lines[-2].split()[-1]) == ("200", "400")


def test_percent_of_run_and_peak() -> None:
    lines = rows(plan(), percent=True)

    assert "100%" in lines[-2]
    assert any(line.startswith("100% ┤") for line in lines)


def test_a_marked_step_is_pointed_out() -> None:
    lines = rows(plan(), mark=("500",))

    assert sum("●" in line for line in lines[:-1]) == 1
    assert lines[-1] == "● step 500: 0.0535887"
    assert rows(plan(), plan(), mark=("500",))[-1].count("b at step 500: 0.0535887") == 1


def test_a_marked_rate_in_percent_says_so() -> None:
    assert rows(plan(), mark=("50%",), percent=True)[-1] == "\u25cf 50%: 53.59%"


def test_what_is_marked_is_said_of_each_parameter() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))
    lines = rows(cycle, param=("lr", "momentum"), mark=("300",))

    assert lines[-1] == ("\u25cf learning rate at step 300: 0.1  \u25cf momentum at step 300: 0.85")


def test_panels_share_a_small_window() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))
    lines = rows(cycle, param=("lr", "momentum"), width=40, height=10, title="onecycle")

    assert len(lines) == 10


def test_where_the_window_cuts_a_line_is_neither_its_peak_nor_its_floor() -> None:
    lines = rows(plan(), ylim="0.0123..0.0789")
    labels = [line.split()[0] for line in lines if "\u2524" in line]

    assert labels == ["0.06", "0.04", "0.02"]


def test_several_parameters_are_above_each_other() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))
    lines = rows(cycle, param=("lr", "momentum"))

    assert [line for line in lines if line in {"learning rate", "momentum"}] == [
        "learning rate",
        "momentum",
    ]
    assert len(lines) <= 22


# -- phases ---------------------------------------------------------------------------------------

WARM = lrplot.LinearWarmup(warmup_steps=50, then=lrplot.Cosine(max_iters=950))
LATE = lrplot.Sequence(
    schedules=(lrplot.Constant(), lrplot.Poly(max_iters=500), lrplot.Constant()),
    milestones=(500, 990),
)


def test_phases_are_named_where_they_begin() -> None:
    lines = rows(plan(WARM, name="w"), phases=True)

    assert lines[:3] == [
        "     \u250cwarm-up",
        "     \u2502   \u250ccosine",
        " 0.1 \u2524   \u2880\u28c0\u28c0\u28c0\u2840",
    ]
    column = lines[1].index("\u250c")
    assert lines[-4][column] == "\u250a"  # in the lowest row, clear of the curve
    assert len(lines) == 22


def test_a_phase_that_begins_late_has_its_name_before_its_line() -> None:
    (names, *rest) = rows(plan(LATE), phases=True)

    assert names.split() == ["\u250cconstant", "\u250cpoly", "constant\u2510"]
    assert len(names) <= 80
    assert rest[-4][names.index("\u250cp")] == "\u250a"


def test_phases_are_those_of_the_part_that_is_drawn() -> None:
    (names, *rest) = rows(plan(LATE), phases=True, xlim="40%..60%")
    middle = (edge(rest) + 80) // 2

    assert names.split() == ["\u250cconstant", "\u250cpoly"]
    assert names.index("\u250cconstant") == edge(rest) - 1
    assert abs(names.index("\u250cpoly") - middle) <= 1
    assert rows(plan(LATE), phases=True, xlim="60%..70%")[0].strip() == "\u250cpoly"


def test_phases_hide_no_dot() -> None:
    given = plan(LATE)
    plain, named = rows(given), rows(given, phases=True, height=23)

    assert dots(named[1:]) == dots(plain)


def test_phases_are_told_in_ascii_where_there_is_nothing_else() -> None:
    lines = rows(plan(WARM), phases=True, unicode=False)

    assert all(line.isascii() for line in lines)
    assert [line.strip() for line in lines[:2]] == ["+warm-up", "|   +cosine"]
    assert lines[-4][lines[1].index("+")] == ":"


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_phases_have_their_rows_in_the_window(width: int, height: int) -> None:
    lines = rows(plan(WARM), plan(LATE), width=width, height=height, phases=True, title="t")

    assert len(lines) == height
    assert max(map(cell_len, lines)) == width


def test_of_several_curves_the_first_has_its_phases_named_and_that_is_said() -> None:
    lines = rows(plan(WARM, name="one"), plan(LATE, name="two"), phases=True)

    assert "warm-up" in lines[0]
    assert "poly" not in "".join(lines)
    assert lines[-1] == "a one  b two  phases of a"
    same = rows(plan(WARM, name="one"), plan(WARM, name="two"), phases=True)
    assert same[-1] == "a one  b two"


def test_several_panels_have_names_once_and_lines_in_each() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))
    lines = rows(cycle, param=("lr", "momentum"), phases=True)
    column = lines[1].index("\u250cdecay")
    below = lines.index("momentum")

    assert "".join(lines).count("decay") == 1
    for part in (lines[2:below], lines[below + 1 : -3]):
        assert {line[column : column + 1] for line in part} >= {"\u250a"}


# -- printing -------------------------------------------------------------------------------------


def printed(monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    out = io.StringIO()
    plans = [plan(), plan(lrplot.Cosine(max_iters=1000), name="cosine")]
    print_curves(plans, Look(), out, width=80, height=20, unicode=True)
    return out.getvalue()


def test_a_pipe_gets_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in printed(monkeypatch)


def test_a_terminal_gets_the_colours_of_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, FORCE_COLOR="1", TERM="xterm", COLORTERM="truecolor")

    assert "\x1b[38;2;0;114;178m" in text  # #0072B2
    assert "\x1b[38;2;213;94;0m" in text  # #D55E00


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, FORCE_COLOR="1", TERM="xterm", NO_COLOR="1")

    assert "38;" not in text
    assert "\x1b[3" not in text


def test_what_is_too_small_to_be_reckoned_with_is_as_good_as_0() -> None:
    tiny = lrplot.Piecewise(boundaries=(500,), values=(0.1, 5e-324))

    assert rows(plan(tiny), log=True)
    assert rows(plan(tiny))
