"""Make docs/formats.md from the figures of formats in docs/figures.yaml: `python docs/make.py`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lrplot.figures.document import read_figures
from lrplot.formats import FORMATS, reader
from lrplot.render.explain import as_text

if TYPE_CHECKING:
    from lrplot.figures.document import Figure

DOCS = Path("docs")
LIST = DOCS / "figures.yaml"


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


def main() -> int:
    """Write the page."""
    Path("docs/formats.md").write_text(page(samples()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
