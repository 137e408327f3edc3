from __future__ import annotations

from pathlib import Path

import pytest

from lrplot.errors import InputError, LrplotError
from lrplot.figures.document import Figure, read_figures


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()


def read(text: str) -> list[Figure]:
    path = Path("docs/figures.yaml")
    path.write_text(text, encoding="utf-8")
    return read_figures(path)


def refused(text: str) -> str:
    with pytest.raises(InputError) as error:
        read(text)
    return str(error.value)


def test_an_entry_is_a_command() -> None:
    (figure,) = read("""
figures:
  powers:
    source: [poly, configs/a.yaml]
    power: [0.5, 2]
    base_lr: 1e-4
    as: torch
    from: native
    set: a.b=c
    milestones: [30, 60]
    cycle: true
    legend: false
    label: [one, two]
    dpi: 100
    title: null
""")

    assert figure.path == Path("docs/powers.svg")
    assert figure.entry.request.command == (
        "lrplot curve poly configs/a.yaml --power 0.5 --power 2 --base-lr 1e-4 --as torch "
        "--from native --set a.b=c --milestones 30,60 --cycle --label one --label two --dpi 100 "
        "--no-legend"
    )


def test_a_list_of_lists_varies_an_option_that_is_a_list() -> None:
    (figure,) = read("figures: {a: {source: multistep, milestones: [[30, 60], [50]]}}")

    assert figure.entry.request.options == {"milestones": ("30,60", "50")}


def test_outputs_and_styles_make_a_file_each() -> None:
    figures = read(
        """
defaults: {styles: [light, dark]}
figures:
  a: {source: poly, output: [img/{name}.png, a.svg]}
  b: {source: poly, styles: [dark]}
""".replace("img/{name}.png", '"img/{name}.png"')
    )

    assert {figure.path.as_posix(): figure.entry.request.look.style for figure in figures} == {
        "docs/img/a.png": "light",
        "docs/img/a-dark.png": "dark",
        "docs/a.svg": "light",
        "docs/a-dark.svg": "dark",
        "docs/b.svg": "dark",
    }


def test_a_style_that_is_named_twice_is_one_file() -> None:
    (figure,) = read("figures: {a: {source: poly, styles: [dark, dark]}}")

    assert figure.path == Path("docs/a.svg")


@pytest.mark.parametrize("output", ["/", ".", "..", "''", '"a\\0.svg"', "{a: b}", ".svg", "a.svg/"])
def test_what_names_no_figure_is_refused(output: str) -> None:
    if output == "a.svg/":
        assert read(f"figures: {{a: {{source: poly, output: {output}}}}}")
    else:
        assert "is no figure's name" in refused(
            f"figures: {{a: {{source: poly, output: {output}}}}}"
        )


def test_defaults_stand_back() -> None:
    one, two = read("""
defaults: {source: poly, power: 2, size: 3x2}
figures:
  one: {power: 3}
  two: {source: cosine, power: null}
""")

    assert one.entry.request.command == "lrplot curve poly --power 3 --size 3x2"
    assert two.entry.request.command == "lrplot curve cosine --size 3x2"


def test_sources_start_from_the_folder_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("docs/a.yaml").write_text("schedule: constant\nbase_lr: 0.5\n", encoding="utf-8")
    Path("docs/series.txt").write_text("1\n1\n1\n", encoding="utf-8")
    text = "figures: {a: {source: [a.yaml, plateau], metrics: series.txt}}"
    (figure,) = read(
        text.replace("[a.yaml, plateau]", "a.yaml").replace(", metrics: series.txt", "")
    )
    (replayed,) = read("figures: {a: {source: plateau, metrics: series.txt}}")

    assert [plan.lr(0) for plan in figure.entry.request.plans()] == [0.5]
    assert replayed.entry.request.plans()
    monkeypatch.chdir("docs")
    (figure,) = read_figures(Path("figures.yaml"))
    assert figure.entry.request.plans()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", "docs/figures.yaml:1:1: must be a mapping of keys to values"),
        ("figures: 3", "docs/figures.yaml:1:10: figures: must be a mapping of keys to values"),
        ("figures: {}", "docs/figures.yaml:1:10: figures: names no figure"),
        (
            "figurs: {}\nfigures: {a: {source: poly}}",
            "docs/figures.yaml:1:1: figurs: is not a key\n  did you mean 'figures'?",
        ),
        (
            "figures: {a: {source: poly, pwer: 2}}",
            "docs/figures.yaml:1:29: a.pwer: is not a key of a figure\n  did you mean 'power'?",
        ),
        (
            "figures: {a: {power: 2}}",
            "docs/figures.yaml:1:14: a.source: is missing\n  for example source: poly",
        ),
        (
            "figures: {a: {source: poly, power: {a: 1}}}",
            "docs/figures.yaml:1:36: a.power: must be a value or a list of values",
        ),
        (
            "figures: {a: {source: poly, dpi: 5}}",
            "docs/figures.yaml:1:34: a.dpi: must be a whole number >= 20, got 5",
        ),
        (
            "defaults: {dpi: 5}\nfigures: {a: {source: poly}, b: {source: poly}}",
            "docs/figures.yaml:1:17: defaults.dpi: must be a whole number >= 20, got 5",
        ),
        (
            "figures:\n  a: {source: poly}\n  a: {source: poly}",
            "docs/figures.yaml:3:3: figures.a: is written twice; first in line 2",
        ),
        (
            "figures: {a: {source: poly, output: a.gif}}",
            """docs/figures.yaml:1:37: a.output: 'a.gif' is no figure's name
  it ends with .png, .svg, .pdf, .html""",
        ),
        (
            "figures: {a: {source: poly, style: dark, styles: [light]}}",
            "docs/figures.yaml:1:50: a.styles: excludes style: give one of the two",
        ),
        (
            "figures: {a: {source: poly, output: ../a.svg}}",
            """docs/figures.yaml:1:37: a.output: '../a.svg' lies outside docs
  a list of figures writes into its own folder, and those in it""",
        ),
        (
            "figures: {a: {source: poly},\n  b: {source: poly, output: x/../A.svg}}",
            "docs/figures.yaml:2:29: b.output: 'docs/A.svg' is a's too, docs/figures.yaml:1:14",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    assert refused(text) == message


def test_a_link_out_of_the_folder_is_no_way_out() -> None:
    Path("elsewhere").mkdir()
    Path("docs/out").symlink_to("../elsewhere")

    assert "lies outside docs" in refused("figures: {a: {source: poly, output: out/a.svg}}")


@pytest.mark.parametrize("source", ["|", '""', "[]", "{a: b}", "3", "|\n\n"])
def test_a_source_that_is_none_is_refused(source: str) -> None:
    with pytest.raises(LrplotError):
        read(f"figures:\n  a:\n    source: {source}")[0].entry.request.plans()


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = "figures:\n  a: 3\n  b: {}\n  c: {source: poly, log: maybe, dpi: 5}\nother: 1\n"

    assert [line.split(": ")[1] for line in refused(text).splitlines() if line[0] != " "] == [
        "other",
        "a",
        "b.source",
        "c.dpi",
        "c.log",
    ]
