"""Make docs/formats.md and its figures from sample_configs: `python docs/make.py`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from lrplot.errors import option
from lrplot.frameworks.formats import FORMATS
from lrplot.render.explain import as_text
from lrplot.render.figure import draw, save
from lrplot.source import load

ROOT = Path(__file__).parent.parent
SAMPLES = "sample_configs"

# A sample's file is called as its format, but for these; and what a file cannot say is said here.
FILES = {
    "hf": "alignment_handbook.yaml",
    "deepspeed": "ds_config.json",
    "lightning": "lightning_cli.yaml",
    "mmengine": "mmseg_poly_160k.py",
    "mmcv": "mmdet_1x_mmcv.py",
}
OPTIONS: dict[str, dict[str, str | list[str]]] = {
    "trainer-state": {"base_lr": "3e-5", "set": ["lr_scheduler_type=linear"]},
    "dinov2": {"gpus": "8"},
    "swin": {"gpus": "8", "iters_per_epoch": "1251"},
    "mmcv": {"iters_per_epoch": "7330"},
    "openocr": {"iters_per_epoch": "1000"},
    "openpcdet": {"iters_per_epoch": "4941"},
    "paddleocr": {"iters_per_epoch": "1000"},
    "ultralytics": {"iters_per_epoch": "100"},
}


class Sample(NamedTuple):
    """A format with its sample: what its section of the page shows."""

    name: str
    summary: str
    path: Path
    options: dict[str, str | list[str]]

    @property
    def command(self) -> str:
        """The command that explains the sample."""
        given = [
            (option(key), text)
            for key, value in self.options.items()
            for text in (value if isinstance(value, list) else [value])
        ]
        return " ".join(["lrplot explain", self.path.as_posix(), *map(" ".join, given)])


def samples() -> list[Sample]:
    """Return a sample per format, in the order in which formats are looked for."""
    return [_sample(import_module(f"lrplot.frameworks.{name}")) for name in FORMATS]


def _sample(module: object) -> Sample:
    name = str(getattr(module, "NAME"))  # noqa: B009  each format's module has one
    stem = name.replace("-", "_")
    known = FILES.get(name)
    folder = ROOT / SAMPLES
    found = [folder / known] if known else sorted(folder.glob(f"{stem}.*"))
    summary = (module.__doc__ or "").partition("\n")[0]
    return Sample(name, summary, found[0].relative_to(ROOT), OPTIONS.get(name, {}))


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
    plan = load(sample.path, **sample.options)
    code = sample.path.read_text(encoding="utf-8").strip()
    return (
        f"## {sample.name}\n\n{sample.summary}\n\n"
        f"```{sample.path.suffix[1:]}\n{code}\n```\n\n"
        f"```console\n$ {sample.command}\n{as_text(plan)}```\n\n"
        f"![The rate of {sample.path.name}](formats/{sample.name}.png)\n"
    )


def figure(sample: Sample, path: Path) -> None:
    """Draw a sample's curve."""
    plan = load(sample.path, **sample.options)
    save(draw([plan], title=f"{sample.name}: {plan.name}", size=(6.0, 3.2), dpi=100), path)


def main() -> int:
    """Write the page and the figures."""
    each = samples()
    for sample in each:
        figure(sample, Path("docs/formats", f"{sample.name}.png"))
    Path("docs/formats.md").write_text(page(each), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
