from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrplot.cli import cli
from lrplot.cli.curve import curve
from lrplot.figures.request import Request
from lrplot.overrides import parameters
from lrplot.render.kinds import FORMATS
from lrplot.render.look import Look, look_fields
from lrplot.source import SOURCE_OPTIONS

MADE_BY = re.compile(r"<dc:source>.*?</dc:source>", re.DOTALL)


def test_a_list_of_figures_takes_what_the_command_takes() -> None:
    context = curve.make_context("curve", ["x.yaml", "--power=2"])
    options = {str(param.name) for param in curve.get_params(context)}
    own = {"sources", "output", "to", "help", "_click_default_help", "terminal"}

    looks = {field.name for field in look_fields()}
    assert options - own == looks | {*SOURCE_OPTIONS} | parameters().keys()


@pytest.mark.parametrize(
    "request_",
    [
        Request(sources=("poly",), options={"power": ("0.5", "2"), "cycle": True}),
        Request(sources=("StepLR(optimizer, 30)",), options={"base_lr": "1", "as_": "torch"}),
        Request(sources=("schedule: step\nbase_lr: 1\nstep_size: 30\n",)),
        Request(
            sources=("poly", "cosine"),
            options={"set": ("max_iters=90",)},
            look=Look(title="-a $x$ 'b'", legend=False, log=True, xlim="5..", label=("a", "b")),
        ),
    ],
)
def test_the_command_in_a_figure_makes_it_again(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = request_.image("svg").decode()
    found = MADE_BY.search(image)
    assert found
    assert "# lrplot-mark:" in found[0]

    done = CliRunner().invoke(cli, [*shlex.split(request_.command)[1:], "-o", "again.svg"])

    assert done.exit_code == 0, done.output
    again = Path("again.svg").read_text(encoding="utf-8")
    assert MADE_BY.sub("", again) == MADE_BY.sub("", image)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_command_and_a_list_make_the_same_file(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"figures: {{a: {{source: [poly, cosine], base_lr: 0.5, output: b.{kind}}}}}"
    Path("list.yaml").write_text(text, encoding="utf-8")
    for words in (
        ["curve", "poly", "cosine", "--base-lr", "0.5", "-o", f"a.{kind}"],
        ["figures", "list.yaml"],
    ):
        assert CliRunner().invoke(cli, words).exit_code == 0

    assert Path(f"a.{kind}").read_bytes() == Path(f"b.{kind}").read_bytes()


def test_several_lines_have_the_title_of_their_sources() -> None:
    figure = Request(sources=("poly", "cosine", "poly")).resolved()

    assert figure.look.title == "poly, cosine"


@pytest.mark.parametrize("flag", ["auto_scale_lr", "drop_last", "cycle"])
def test_every_flag_is_one_that_the_command_has(flag: str) -> None:
    for value in (True, False):
        words = Request(sources=("poly",), options={flag: value}).words
        context = curve.make_context("curve", ["poly", *words])
        assert bool(context.params[flag]) is value


def test_a_figure_is_the_same_whichever_the_current_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text("schedule: step\nbase_lr: 1\nstep_size: 3\n", encoding="utf-8")
    images = []
    for folder, start in ((tmp_path, "."), (tmp_path.parent, tmp_path.name)):
        monkeypatch.chdir(folder)
        images.append(Request(sources=("a.yaml",), folder=start).image("png"))

    assert images[0] == images[1]
