"""The table that people read: aligned, and whole in any terminal."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len

import lrplot
from lrplot.render.export import Grid
from lrplot.render.table import print_table

WARM = lrplot.LinearWarmup(warmup_steps=100, then=lrplot.Poly(max_iters=900))


def plan(schedule: lrplot.Schedule | None = None, **more: Any) -> lrplot.Plan:
    fields = {"schedule": schedule or WARM, "base_lr": 0.1, "max_iters": 1000, **more}
    return lrplot.Plan(**fields)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that prints a table into a terminal of a width, and returns its lines."""

    def shown(
        *plans: lrplot.Plan, steps: Any = (0, 50, 100, 500, 1000), width: int = 80, **out: Any
    ) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("NO_COLOR", "1")
        file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        print_table(Grid(plans, list(steps)), file, **out)
        file.seek(0)
        return file.read().splitlines()

    return shown


def test_a_table_says_rate_share_of_the_peak_and_phase(shown: Any) -> None:
    assert shown(plan()) == [
        "linear_warmup",
        "",
        "  step          lr   % peak                  phase",
        " ───────────────────────────────────────────────────",
        "     0   0              0                    warm-up",
        "    50   0.05          50     ██████",
        "   100   0.1          100     ████████████   poly",
        "   500   0.0589189     58.9   ███████▏",
        " 1,000   0              0                    end",
        "",
        "5 of 1,001 steps · convention: native",
    ]


@pytest.mark.parametrize(
    "schedule", [WARM, lrplot.Cosine(max_iters=1000), lrplot.Step(step_size=9)]
)
def test_the_points_of_the_rates_stand_below_each_other(
    shown: Any, schedule: lrplot.Schedule
) -> None:
    lines = shown(plan(schedule), steps=range(0, 1001, 37))
    body = [line for line in lines if re.match(r" +[\d,]+ ", line)]
    points = set()
    for line in body:
        number = re.compile(r" +[\d,]+ +(\d+)").match(line)
        assert number
        points.add(number.end())

    assert len(body) == 28
    assert len(points) == 1


def test_where_the_epoch_is_known_it_stands_beside_the_step(shown: Any) -> None:
    lines = shown(plan(iters_per_epoch=250))

    assert lines[2].split()[:3] == ["step", "epoch", "%"] or lines[2].split()[:2] == [
        "step",
        "epoch",
    ]
    assert [line.split()[:2] for line in lines[4:-2]] == [
        ["0", "0"],
        ["50", "0.2"],
        ["100", "0.4"],
        ["500", "2"],
        ["1,000", "4"],
    ]


def test_a_phase_is_named_where_it_begins_even_if_it_has_the_name_of_the_one_before(
    shown: Any,
) -> None:
    steps = lrplot.MultiStep(milestones=(200, 400))
    warm = lrplot.LinearWarmup(warmup_steps=100, then=steps)
    lines = shown(plan(warm), steps=range(0, 1001, 100))

    named = [line.split()[-1] for line in lines[4:-2] if line[-1].isalpha()]
    assert named == ["warm-up", "multistep", "multistep", "multistep", "end"]


def test_one_phase_is_not_worth_a_column(shown: Any) -> None:
    assert "phase" not in "".join(shown(plan(lrplot.Cosine(max_iters=1000))))


def test_a_level_rate_needs_no_bars(shown: Any) -> None:
    text = "\n".join(shown(plan(lrplot.Constant())))

    assert "peak" not in text
    assert "█" not in text


def test_a_share_of_the_peak_is_of_the_curve_s_not_of_the_rows(shown: Any) -> None:
    lines = shown(plan(), steps=[50])

    assert "50" in lines[4].split()[2]
    assert "██████" in lines[4].split()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_no_number_is_cut_and_nothing_is_wider_than_the_terminal(
    shown: Any, width: int, count: int
) -> None:
    plans = [
        plan(lrplot.Poly(max_iters=10**12, power=1 + i / 7), max_iters=10**12, name=f"curve {i}")
        for i in range(count)
    ]
    steps = [0, 1, 123_456_789_012, 10**12]
    lines = shown(*plans, steps=steps, width=width)
    words = " ".join(lines).split()

    table = [line for line in lines if "convention" not in line]
    assert max(map(cell_len, table)) <= width
    for each in plans:
        assert all(f"{rate:.6g}" in words for rate in each.lr(steps))
    assert "123,456,789,012" in words


@pytest.mark.parametrize("width", [1, 8, 20])
def test_a_terminal_too_narrow_for_anything_gets_whole_numbers_all_the_same(
    shown: Any, width: int
) -> None:
    words = " ".join(shown(plan(), plan(name="b"), width=width)).split()

    assert words.count("0.05") == 2
    assert words.count("1,000") == 2


def test_what_is_spared_first(shown: Any) -> None:
    heads = [shown(plan(iters_per_epoch=250), width=width)[2] for width in (90, 70, 50, 40, 25)]
    kept = [[name for name in ("epoch", "lr", "% peak", "phase") if name in head] for head in heads]

    assert kept[0] == kept[1] == ["epoch", "lr", "% peak", "phase"]
    assert kept[-1] == ["lr"]
    assert [len(names) for names in kept] == sorted(map(len, kept), reverse=True)


def test_a_long_name_is_broken_not_cut(shown: Any) -> None:
    name = "a name that is far too long for a column of numbers"
    lines = shown(plan(name=name), plan(name="b"), width=60)

    assert max(map(len, lines[:-1])) <= 60
    head = "".join(line for line in lines if "─" not in line)
    assert all(word in head for word in name.split())


def test_a_terminal_without_these_characters_gets_others(shown: Any) -> None:
    lines = shown(plan(), unicode=False)

    assert all(line.isascii() for line in lines)
    assert lines[3].strip("- ") == ""
    assert len(lines[3]) == len(shown(plan())[3])
    assert any("############" in line for line in lines)
    assert lines[-1] == "5 of 1,001 steps - convention: native"


def test_what_is_said_of_the_whole_is_said_once_and_fits(shown: Any) -> None:
    plans = [plan(name=f"curve {i}", convention=f"convention number {i}") for i in range(6)]
    lines = shown(*plans, width=40)
    said = lines.index(next(line for line in lines if "convention:" in line))

    assert sum("steps" in line for line in lines) == 1
    assert max(map(len, lines)) <= 40
    assert " ".join(lines[said:]) == "5 of 1,001 steps \u00b7 convention: " + ", ".join(
        each.convention for each in plans
    )


@pytest.mark.parametrize("width", [30, 80])
def test_no_line_ends_in_blanks(shown: Any, width: int) -> None:
    lines = [*shown(plan(), width=width), *shown(plan(), plan(name="b"), width=width)]

    assert lines == [line.rstrip() for line in lines]


def test_no_line_ends_in_coloured_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = io.StringIO()
    print_table(Grid((plan(),), [0, 500, 1000]), out)

    assert "\x1b[38;2;0;114;178m" in out.getvalue()
    for line in out.getvalue().splitlines():
        assert not re.search(r" (\x1b\[[0-9;]*m)*$", line), line
