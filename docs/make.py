"""Make what the pages of docs/ take from lrplot itself: `python docs/make.py`.

docs/formats.md is made from the figures of formats in docs/figures.yaml, and in docs/steps.md the
table of the trainers' rules.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lrplot.accounting import EACH_SHARE, Loading
from lrplot.figures.document import read_figures
from lrplot.formats import FORMATS, reader
from lrplot.render.explain import as_text

if TYPE_CHECKING:
    from lrplot.accounting import Division, Rule
    from lrplot.figures.document import Figure

DOCS = Path("docs")
LIST = DOCS / "figures.yaml"
FORMATS_PAGE = DOCS / "formats.md"
STEPS_PAGE = DOCS / "steps.md"


class Sample(NamedTuple):
    """A format with its sample: what its section of the page shows."""

    name: str
    summary: str
    figure: Figure

    @property
    def path(self) -> Path:
        """The sample's config."""
        return Path(os.path.normpath(DOCS / self.figure.entry.request.sources[0]))

    @property
    def command(self) -> str:
        """The command that explains the sample."""
        words = self.figure.entry.request.words
        return shlex.join(["lrplot", "explain", self.path.as_posix(), *words])


def samples() -> list[Sample]:
    """Return a sample per format, in the order in which formats are looked for."""
    figures = {figure.name: figure for figure in read_figures(LIST)}
    modules = [reader(name) for name in FORMATS]
    return [
        Sample(
            module.NAME,
            (module.__doc__ or "").partition("\n")[0],
            figures[f"formats/{module.NAME}"],
        )
        for module in modules
    ]


def page(each: list[Sample]) -> str:
    """Return the page: per format its summary, a real config, how it is read, and its figure."""
    head = (
        "# The configs lrplot reads\n\n"
        "One small, real config per format, how lrplot understands it, and its curve. A file is\n"
        "recognised by evidence; `--from NAME` settles it where a file could be several.\n"
    )
    return "\n".join([head, *map(section, each)])


def section(sample: Sample) -> str:
    """Return a format's section."""
    (plan,) = sample.figure.entry.request.plans()
    code = sample.path.read_text(encoding="utf-8").strip()
    return (
        f"## {sample.name}\n\n{sample.summary}\n\n"
        f"```{sample.path.suffix[1:]}\n{code}\n```\n\n"
        f"```console\n$ {sample.command}\n{as_text(plan)}```\n\n"
        f"![The rate of {sample.path.name}]({sample.figure.path.relative_to(DOCS).as_posix()})\n"
    )


# -- the trainers' rules ---------------------------------------------------------------------------

TABLE = re.compile(r"(?<=\n)\| trainer \|.*\n(?:\|.*\n)*")
COUNTED = Loading(dataset_size=1007, batch_size=8, gpus=2, accumulate=2)  # as the page counts it
ARROWS = {"up": "↑", "down": "↓", "drop_last": "↕", "carried": "→"}
WORDS = {"gpus": "GPUs", "batch_size": "batch", "accumulate": "accumulated"}


def rules() -> dict[tuple[Division, ...], list[Rule]]:
    """Return the rules that lrplot has, by what they divide by: its own first."""
    found = [getattr(module, "RULE", None) for module in map(reader, FORMATS)]
    alike: dict[tuple[Division, ...], list[Rule]] = {}
    for rule in filter(None, [EACH_SHARE, *found]):
        alike.setdefault(rule.divisions, []).append(rule)
    return alike


def table() -> str:
    """Return the table of the rules: what each divides by, and what that makes of COUNTED."""
    rows = [
        ["trainer", "divides by", "last batch kept", "dropped"],
        ["---", "---", "--:", "--:"],
        *(_row(alike) for alike in rules().values()),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(alike: list[Rule]) -> list[str]:
    rule = alike[0]
    names = dict.fromkeys("native" if each is EACH_SHARE else each.name for each in alike)
    order = ", ".join(
        f"{' x '.join(WORDS[name] for name in division.by)} {ARROWS[division.rounds]}"
        for division in rule.divisions
    )
    counts = [rule.count(COUNTED._replace(drop_last=dropped)) for dropped in (False, True)]
    return [", ".join(names), order, *(f"{float(count):g}" for count in counts)]


def with_table(text: str) -> str:
    """Return the page of steps with the table as it is now."""
    return TABLE.sub(table(), text)


def main() -> int:
    """Write the pages."""
    FORMATS_PAGE.write_text(page(samples()), encoding="utf-8")
    steps = STEPS_PAGE.read_text(encoding="utf-8")
    STEPS_PAGE.write_text(with_table(steps), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
