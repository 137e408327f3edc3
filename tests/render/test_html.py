"""The page: what its file holds, without a browser."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lrplot
from lrplot.errors import ParameterError
from lrplot.render import html
from lrplot.render.html import page
from lrplot.render.look import Look
from lrplot.render.palette import COLOURS, DARK

ROOT = Path(__file__).parents[2]
HOSTILE = "a</script><script>alert(1)</script>&<!-- \u2028 $title 学习率"


def plan(schedule: lrplot.Schedule | None = None, **more: Any) -> lrplot.Plan:
    poly = lrplot.Poly(max_iters=1000)
    fields = {"schedule": schedule or poly, "base_lr": 0.1, "max_iters": 1000, **more}
    return lrplot.Plan(**fields)


def curves(text: str) -> Any:
    """Return the data as the page's own program reads them."""
    found = re.search(r'<script type="application/json" id="curves">(.*?)</script>', text)
    assert found
    return json.loads(found[1])


class Tags(HTMLParser):
    """Collects what a browser would make elements of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


# -- one file, the same every time ----------------------------------------------------------------


def test_the_same_curves_are_the_same_page_to_the_byte() -> None:
    look = Look(title="poly")

    assert page([plan(), plan(name="b")], look) == page([plan(), plan(name="b")], look)


def test_a_page_fetches_nothing() -> None:
    tags = Tags(page([plan()], Look(title="poly"))).found
    links = [attrs.get("href") or attrs.get("src") for _, attrs in tags]
    policy = [attrs["content"] for _, attrs in tags if "http-equiv" in attrs]

    assert [link for link in links if link] == ["data:,"]
    assert policy == [
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    ]


def test_a_page_has_a_title_and_a_description() -> None:
    text = page([plan(lrplot.Poly(max_iters=1000, eta_min=0.001))], Look(title="two & three"))
    tags = dict(Tags(text).found)
    chart = next(attrs for _, attrs in Tags(text).found if attrs.get("id") == "chart")

    assert "<title>two &amp; three</title>" in text
    assert tags["html"] == {"lang": "en"}
    assert chart["aria-labelledby"] == "title"
    assert chart["aria-describedby"] == "about"
    said = "Line chart of the learning rate over 1,000 iterations."
    assert f'<p id="about">{said} poly starts at 0.1 and ends at 0.001.</p>' in text


def test_a_page_remembers_the_command_that_made_it() -> None:
    tags = Tags(page([plan()], Look(), 'lrplot curve "a<b"')).found
    found = [attrs["content"] for _, attrs in tags if attrs.get("name") == "generator"]

    assert found == ['lrplot curve "a<b"']


def test_the_description_may_be_written_by_hand() -> None:
    assert '<p id="about">falls &lt; 1</p>' in page([plan()], Look(alt="falls < 1"))


def test_names_cannot_leave_their_place() -> None:
    text = page([plan(name=HOSTILE)], Look(title=HOSTILE))
    kinds = [attrs.get("type") for tag, attrs in Tags(text).found if tag == "script"]

    assert kinds == ["application/json", None]
    assert curves(text)["lines"][0]["name"] == HOSTILE
    assert "<script>alert" not in text


def test_a_name_that_is_no_text_is_no_trouble() -> None:
    text = page([plan(name="caf\udce9")], Look(title="caf\udce9"))

    assert "<title>caf\ufffd</title>" in text
    text.encode()


def test_the_library_is_the_one_that_was_published() -> None:
    folder = Path(html.__file__).parent / "assets"
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    sums = {
        name: digest
        for digest, name in re.findall(r"^ {4}(\w{64})  (uPlot\..*)$", text, re.MULTILINE)
    }

    assert set(sums) == {path.name for path in folder.glob("uPlot.*")}
    for name, digest in sums.items():
        assert sha256((folder / name).read_bytes()).hexdigest() == digest
    assert "Permission is hereby granted" in page([plan()], Look())


# -- the numbers ----------------------------------------------------------------------------------


def test_a_short_run_is_there_step_by_step_with_every_digit() -> None:
    given = plan(lrplot.Cosine(max_iters=1000))
    data = curves(page([given], Look()))

    assert data["whole"] is True
    assert data["steps"] == list(range(1001))
    assert data["lines"][0]["rates"] == given.lr(range(1001)).tolist()


def test_a_shorter_curve_beside_a_longer_ends_where_it_ends() -> None:
    short = plan(lrplot.Constant(), max_iters=10)
    first, second = curves(page([plan(max_iters=20), short], Look()))["lines"]

    assert None not in first["rates"]
    assert second["rates"] == [0.1] * 11 + [None] * 10


LONG = {
    "poly": plan(lrplot.Poly(max_iters=10**6), max_iters=10**6),
    "step": plan(lrplot.Step(step_size=123_457), max_iters=10**6),
    "warm": plan(
        lrplot.LinearWarmup(warmup_steps=1500, then=lrplot.Poly(max_iters=10**6)), max_iters=10**6
    ),
    "cycles": plan(
        lrplot.Cyclic(max_lr=0.2, step_size_up=50), max_iters=10**9, iters_per_epoch=10**6
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_run_has_rates_of_the_schedule_alone(name: str) -> None:
    given = LONG[name]
    data = curves(page([given, LONG["poly"]], Look()))
    steps = np.array(data["steps"])
    rates = data["lines"][0]["rates"]
    own = np.append(np.diff(steps) > 0, True)  # the second of two at a step is the step's own

    assert data["whole"] is False
    assert steps[0] == 0
    assert steps[-1] == given.max_iters
    assert np.array_equal(np.array(rates)[own], given.lr(steps[own]))
    held = np.array(rates)[~own]
    later = given.lr(steps[~own])
    assert np.all((held == later) | (held == given.lr(steps[~own] - 1)))


def test_a_jump_of_a_long_run_is_upright() -> None:
    data = curves(page([LONG["step"], LONG["poly"]], Look()))
    at = [i for i, step in enumerate(data["steps"]) if step == 123_457]
    jumping, smooth = (line["rates"] for line in data["lines"])

    assert len(at) == 2
    assert [jumping[i] for i in at] == [0.1, pytest.approx(0.01)]
    assert smooth[at[0]] == smooth[at[1]]


def test_the_page_says_how_much_of_the_run_it_holds() -> None:
    assert "All 1,001 steps are in this file" in page([plan()], Look())
    text = page([LONG["poly"]], Look())
    count = len(set(curves(text)["steps"]))
    assert f"{count:,} of 1,000,001 steps are in this file" in text
    assert 4000 <= count < 10_000


def test_twenty_long_curves_stay_a_file_one_can_send() -> None:
    plans = [plan(lrplot.Poly(max_iters=10**9, power=p), max_iters=10**9) for p in range(1, 21)]

    assert len(page(plans, Look())) < 2**20


# -- what the page is told ------------------------------------------------------------------------


def test_lines_have_the_colours_of_the_figures() -> None:
    lines = curves(page([plan(name=str(i)) for i in range(20)], Look()))["lines"]

    assert [line["colours"][0] for line in lines[:7]] == list(COLOURS)
    assert [line["colours"][1] for line in lines[:7]] == list(DARK)
    assert len({(*line["colours"], *line["dash"]) for line in lines}) == 20


@pytest.mark.parametrize(
    ("lengths", "common", "unit"),
    [
        ((250, 250), 250, "iteration"),
        ((250, 500), None, "iteration"),
        ((None, None), None, "iteration"),
        ((250, None), None, "iteration"),
        ((1, 1), None, "epoch"),
        ((1, 250), None, "iteration"),
    ],
)
def test_an_epoch_that_all_share_has_an_axis(
    lengths: tuple[int | None, ...], common: int | None, unit: str
) -> None:
    data = curves(page([plan(iters_per_epoch=length) for length in lengths], Look()))

    assert (data["epoch"], data["unit"]) == (common, unit)


def test_the_look_is_told() -> None:
    cycle = plan(lrplot.OneCycle(max_iters=1000, max_lr=0.1))
    data = curves(page([cycle, cycle], Look(log=True, param=("momentum",), label=("a", "b"))))

    assert data["log"] is True
    assert data["param"] == "momentum"
    assert [line["name"] for line in data["lines"]] == ["a", "b"]
    assert data["lines"][0]["rates"] == cycle.of("momentum").lr(range(1001)).tolist()


@pytest.mark.parametrize(
    ("look", "key"),
    [
        (Look(percent=True), "percent"),
        (Look(ylim="0..1"), "ylim"),
        (Look(mark=("5",)), "mark"),
        (Look(style="dark"), "style"),
        (Look(param=("lr", "momentum")), "param"),
        (Look(label=("a", "b")), "label"),
    ],
)
def test_what_a_page_has_not_is_refused(look: Look, key: str) -> None:
    with pytest.raises(ParameterError) as refused:
        page([plan()], look)

    assert refused.value.problems[0].key == key
