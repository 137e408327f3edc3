from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrplot
from lrplot.figures.document import Figure, read_figures
from lrplot.figures.freshness import mark_of
from lrplot.figures.making import check, drawings, workers_for, write
from lrplot.figures.request import Image
from lrplot.render.kinds import FORMATS
from lrplot.render.look import Look
from lrplot.sampling.window import Window

ROOT = str(Path(lrplot.__file__).parents[1])
CONFIG = "schedule: step\nbase_lr: {rate}\nstep_size: 30\nmax_iters: 90\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def listed(text: str) -> list[Figure]:
    path = Path("figures.yaml")
    path.write_text(text, encoding="utf-8")
    return read_figures(path)


def made(figures: list[Figure]) -> list[str]:
    drawn = drawings(figures)
    return [write(each.path, image)[0] for each, image in zip(figures, drawn, strict=True)]


def stale(figures: list[Figure]) -> list[str]:
    return [str(problem) for figure in figures for problem in check(figure)]


# -- freshness ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "html"])
@pytest.mark.parametrize("title", ["plain", "学习率"])
def test_a_file_tells_whether_it_shows_the_rates_of_today(kind: str, title: str) -> None:
    config = Path("学.yaml" if title != "plain" else "a.yaml")
    config.write_text(CONFIG.format(rate=1), encoding="utf-8")
    figures = listed(f"figures: {{a: {{source: {config}, title: {title}, output: a.{kind}}}}}")

    assert stale(figures) == [f"a.{kind}: is missing"]
    assert made(figures) == ["written"]
    assert stale(figures) == []
    config.write_text(CONFIG.format(rate=1.0001), encoding="utf-8")
    assert stale(figures) == [f"a.{kind}: is stale"]
    config.unlink()
    assert "neither a file nor a schedule" in stale(figures)[0]


def test_a_figure_of_somebody_else_is_stale() -> None:
    Path("a.svg").write_text("<svg/>", encoding="utf-8")

    assert stale(listed("figures: {a: {source: poly}}")) == ["a.svg: is stale"]


@pytest.mark.parametrize("look", ["size: 3x2", "title: x", "alt: x", "log: true", "style: dark"])
def test_a_change_of_looks_makes_a_figure_stale(look: str) -> None:
    made(listed("figures: {a: {source: poly}}"))

    assert stale(listed(f"figures: {{a: {{source: poly, {look}}}}}")) == ["a.svg: is stale"]


class Rates(lrplot.Schedule, frozen=True, tag="rates_of_a_test"):
    """Any function of the step."""

    function: Any

    def lr(self, steps: Any, base: Any) -> Any:
        return base * self.function(steps)


def mark(function: Any, end: int = 1000) -> str:
    plan = lrplot.Plan(schedule=Rates(function=function), base_lr=0.1, max_iters=end, name="x")
    return mark_of([plan], Look())


def test_the_last_digits_that_processors_differ_in_change_no_mark() -> None:
    noise = np.random.default_rng(1)

    def cosine(steps: Any) -> Any:
        return 0.5 * (1 + np.cos(np.pi * steps / 1000))

    def elsewhere(steps: Any) -> Any:
        return cosine(steps) + noise.uniform(-1, 1, steps.shape) * 2.0**-52

    assert len({mark(cosine), *(mark(elsewhere) for _ in range(50))}) == 1


def test_a_mark_holds_from_one_release_to_the_next() -> None:
    short, long = (mark(lambda steps: steps % 1024 / 1024, end) for end in (1000, 2**40))

    assert short == "lrplot-mark:86ab6e544a16f1aeab54d1a5a2e6674b"
    assert long == "lrplot-mark:ddd549c301901049f2c98113a09da6a4"


def test_a_mark_does_not_hang_on_how_a_figure_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark(lambda steps: steps / 1000)

    monkeypatch.setattr(Window, "steps", None)
    monkeypatch.setattr(Window, "edges", None)

    assert mark(lambda steps: steps / 1000) == before


def test_what_is_counted_above_is_a_part_of_the_mark() -> None:
    def sized(**sizes: Any) -> str:
        horizon = lrplot.Horizon(**sizes)
        plan = lrplot.Plan(
            schedule=lrplot.Constant(), base_lr=1, max_iters=10, name="x", horizon=horizon
        )
        return mark_of([plan], Look())

    marks = [sized(), sized(batch_size=8), sized(batch_size=9), sized(batch_size=8, seq_len=2)]
    assert len(set(marks)) == 4


def test_a_name_that_is_no_text_has_a_mark_too() -> None:
    plan = lrplot.Plan(schedule=lrplot.Constant(), base_lr=1, max_iters=10, name="caf\udce9")
    look = Look(title="caf\udce9", label=("\udce9",))

    assert mark_of([plan], look) != mark_of([plan], Look())


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_made_and_held_fresh(kind: str) -> None:
    figures = listed(f"figures: {{a: {{source: [poly, cosine], output: a.{kind}}}}}")

    assert made(figures) == ["written"]
    assert stale(figures) == []
    assert made(figures) == ["unchanged"]


@pytest.mark.parametrize("change", [1e-6, 1e-4, 1.0])
@pytest.mark.parametrize("end", [10, 1000, 10**12])
def test_a_rate_that_changes_changes_the_mark(change: float, end: int) -> None:
    flat, other = (mark(lambda steps, by=by: 1 + by * (steps > end / 2), end) for by in (0, change))

    assert flat != other


# -- drawing --------------------------------------------------------------------------------------


def test_only_what_changes_is_written() -> None:
    figures = listed("figures: {a: {source: poly}, b: {source: poly, power: 2}}")
    assert made(figures) == ["written", "written"]
    os.utime("a.svg", (1, 1))
    os.utime("b.svg", (1, 1))

    figures = listed("figures: {a: {source: poly}, b: {source: poly, power: 3}}")
    assert made(figures) == ["unchanged", "written"]
    assert Path("a.svg").stat().st_mtime == 1
    assert Path("b.svg").stat().st_mtime > 1


def test_several_processes_draw_what_one_does_and_say_what_is_wrong_in_place() -> None:
    entries = ", ".join(f"f{i}: {{source: poly, power: {i - 1}}}" for i in range(5))
    figures = listed(f"figures: {{{entries}}}")
    alone, together = (list(drawings(figures, workers)) for workers in (1, 3))

    assert alone == together
    assert [str(problem) for problem in alone[0]] == [
        "figures.yaml:1:37: f0.power: must be a number >= 0.0, got -1"
    ]
    assert all(isinstance(drawing, Image) for drawing in alone[1:])


def test_few_figures_are_drawn_by_this_process_alone() -> None:
    assert workers_for(1) == workers_for(20) == 1
    assert 1 <= workers_for(1000) <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source: poly, style: nice", "figures.yaml:1:36: a.style: 'nice' is no style"),
        ("source: constant, base_lr: 0, log: true", "figures.yaml:1:23: a.source: no rate is"),
        ("source: poly, set: [x]", "figures.yaml:1:34: a.set: set x is not KEY=VALUE"),
        ("source: a.yaml", "a.yaml:3:1: stp: is not a parameter of step"),
        ("source: StepLR(optimizer), as: torch", "figures.yaml:1:23: "),
    ],
)
def test_what_goes_wrong_in_drawing_is_said_where_it_is_written(text: str, message: str) -> None:
    Path("a.yaml").write_text("schedule: step\nbase_lr: 1\nstp: 3\nstep_size: 3\n", "utf-8")
    (figure,) = listed(f"figures: {{a: {{{text}}}}}")
    (drawing,) = drawings([figure])

    assert isinstance(drawing, list)
    assert str(drawing[0]).startswith(message)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("|\n      schedule: step\n      stp: 3", "5:7: stp: is not a parameter of step"),
        ("StepLR(optimizer, 30, x=1)", "3:37: "),
        ('"StepLR(optimizer, 30, x=1)"', "3:13: "),
        ('"schedule: step\\nstp: 3\\n"', "3:13: "),
        ("['StepLR(optimizer, 30, x=1)', poly]", "3:13: "),
        ("\n    - StepLR(optimizer, 30, x=1)", "4:5: "),
    ],
)
def test_what_is_written_in_place_is_wrong_where_it_stands(source: str, place: str) -> None:
    given = "as: torch" if "LR" in source else "max_iters: 90"
    text = f"figures:\n  a:\n    source: {source}\n    {given}\n    base_lr: 1\n"
    (figure,) = listed(text)
    (drawing,) = drawings([figure])

    assert str(drawing[0]).startswith(f"figures.yaml:{place}"), drawing


def test_what_is_wrong_in_a_config_names_the_figure_too() -> None:
    Path("a.yaml").write_text("schedule: step\nbase_lr: -1\nstep_size: 3\n", encoding="utf-8")
    (figure,) = listed("figures: {a: {source: a.yaml}}")
    (drawing,) = drawings([figure])

    assert str(drawing[0]).endswith("\n  for the figure a at figures.yaml:1:14")


# -- interruption ---------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_leaves_whole_files_and_no_process(number: signal.Signals) -> None:
    listed("figures:\n" + "".join(f"  f{i}: {{source: poly, power: {i}}}\n" for i in range(40)))
    running = subprocess.Popen(
        [sys.executable, "-m", "lrplot", "figures", "figures.yaml"],
        env={**os.environ, "PYTHONPATH": ROOT},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not Path("f0.svg").exists() and time.monotonic() < end:
        time.sleep(0.01)
    if number is signal.SIGINT:
        os.killpg(running.pid, number)  # as a terminal does
    else:
        running.send_signal(number)
    _, said = running.communicate(timeout=60)  # every process that holds the pipe is gone

    files = {path.name for path in Path().iterdir()} - {"figures.yaml"}
    assert 0 < len(files) < 40
    assert all(Path(name).read_text("utf-8").endswith("</svg>\n") for name in files)
    assert b"Traceback" not in said
