"""The sheet a figure is set on: what is written where, all in points from the lower left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, Bbox

from lrplot.render.figure.text import Ruler, families_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.path import Path

    from lrplot.render.figure.style import Style
    from lrplot.render.look import Look

__all__ = ["Box", "Sheet", "crosses", "new_sheet"]

_SMALLEST = (300.0, 180.0)  # points, below which text shrinks with the figure
_TITLES = (12.0, 11.0, 10.0, 9.0, 8.0, 7.0)
_FOR_TITLE = 0.35  # of the height, at most


class Box(NamedTuple):
    """A rectangle, by its left and lower ends, its width and its height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Where its middle is."""
        return self.x + self.width / 2, self.y + self.height / 2

    def grown(self, across: float, up: float) -> Box:
        """Return a box that reaches so much further on each side."""
        return Box(self.x - across, self.y - up, self.width + 2 * across, self.height + 2 * up)

    def meets(self, other: Box) -> bool:
        """Say whether two boxes have a place in common."""
        apart = self.x >= other.x + other.width or other.x >= self.x + self.width
        return not (apart or self.y >= other.y + other.height or other.y >= self.y + self.height)

    def within(self, other: Box) -> bool:
        """Say whether the box lies in another."""
        across = other.x <= self.x and self.x + self.width <= other.x + other.width
        return across and other.y <= self.y and self.y + self.height <= other.y + other.height


class Sheet(NamedTuple):
    """A figure, its style and its measures."""

    figure: Figure
    style: Style
    ruler: Ruler
    width: float
    height: float
    transparent: bool
    unit: float  # what a point of text is on this sheet: less than 1 on a very small one

    def write(self, x: float, y: float, text: str, size: float, **more: Any) -> None:
        """Write a text at a place."""
        more = {"va": "baseline", "color": self.style.ink, **more}
        self.figure.text(x / self.width, y / self.height, text, size=size * self.unit, **more)

    def measure(self, text: str, size: float, weight: str = "normal") -> float:
        """Return how wide a text is."""
        return self.ruler.width(text, size * self.unit, weight)

    def put(self, axes: Axes, box: Box) -> None:
        """Set axes into a box."""
        width, height = self.width, self.height
        axes.set_position((box.x / width, box.y / height, box.width / width, box.height / height))

    def paths(self, axes: Axes) -> list[Path]:
        """Return the lines drawn on axes, where they lie on the sheet."""
        points = 72 / float(self.figure.dpi)
        shapes = [line.get_path() for line in axes.lines]
        shapes += [path for band in axes.collections for path in band.get_paths()]
        moved = axes.transData + Affine2D().scale(points)
        return [moved.transform_path(shape) for shape in shapes]

    def title(self, text: str) -> tuple[str, float]:
        """Return a title broken into lines and its size: smaller where it is very long."""
        room = self.width - 20 * self.unit
        broken, size = text, _TITLES[0]
        for size in _TITLES:
            broken = self.ruler.wrapped(text, room, size * self.unit, "bold")
            if (broken.count("\n") + 1) * size * 1.25 * self.unit <= _FOR_TITLE * self.height:
                return broken, size
        most = max(1, int(_FOR_TITLE * self.height / (size * 1.25 * self.unit)))
        return "\n".join(broken.split("\n")[:most])[:-1] + "…", size


def new_sheet(look: Look, style: Style, texts: Iterable[str]) -> Sheet:
    """Return an empty sheet, with fonts for what is to be written on it."""
    import matplotlib as mpl

    inches = look.inches
    figure = Figure(figsize=inches, dpi=look.resolution)
    if look.transparent:
        figure.patch.set_alpha(0)
    families = families_for("".join(texts), list(mpl.rcParams["font.family"]))
    mpl.rcParams["font.family"] = families
    width, height = (72 * inch for inch in inches)
    unit = min(1.0, width / _SMALLEST[0], height / _SMALLEST[1])
    return Sheet(figure, style, Ruler.on(figure, families), width, height, look.transparent, unit)


def crosses(box: Box, paths: Iterable[Path]) -> bool:
    """Say whether a line goes through a box."""
    edges = Bbox.from_bounds(*box)
    return any(path.intersects_bbox(edges, filled=False) for path in paths)
