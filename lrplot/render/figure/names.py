"""Which line is which: names at the lines' ends where they fit, a legend where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lrplot._lazy import np
from lrplot.render.figure.sheet import Box, crosses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

    from lrplot.render.figure.panels import Line, Panel
    from lrplot.render.figure.scales import Scale
    from lrplot.render.figure.sheet import Sheet

__all__ = ["EndName", "at_ends", "inside", "legend_on", "mixed"]

_SIZE = 9.5
_LEADING = 12.0
_MOST_WIDTH = 0.3  # of the sheet, that names at the ends may take
_MOST_SHIFT = 0.45  # of a line of text, that a name may be from its line's end
_NEAR_END = 0.01  # of the width, that a line may end before the others do


class EndName(NamedTuple):
    """A name beside the end of its line: how high, and in which colour."""

    text: str
    y: float
    colour: str


def at_ends(sheet: Sheet, panel: Panel, scale: Scale, height: float, right: float) -> list[EndName]:
    """Return the names beside the lines' ends, or none where they have no room to be told apart."""
    lines = panel.lines
    if len(lines) > sheet.style.every > 1 or len(lines) > len(sheet.style.colours):
        return []
    ends = [_end(line) for line in lines]
    reach = [x for x, _ in ends]
    if min(reach) < right - _NEAR_END * abs(right) or any("\n" in line.name for line in lines):
        return []
    if max(sheet.measure(line.name, _SIZE) for line in lines) > _MOST_WIDTH * sheet.width:
        return []
    wanted = [scale.place(y) * height for _, y in ends]
    leading = _LEADING * sheet.unit
    found = _apart(wanted, leading, height)
    if any(abs(a - b) > _MOST_SHIFT * leading for a, b in zip(wanted, found, strict=True)):
        return []
    return [
        EndName(line.name, y, mixed(line.pen.colour, sheet.style.ink))
        for line, y in zip(lines, found, strict=True)
    ]


def _end(line: Line) -> tuple[float, float]:
    """Return where a line, or the band it ends in, ends."""
    has = np.flatnonzero(~np.isnan(line.trace.y))
    points = [(float(line.trace.x[has[-1]]), float(line.trace.y[has[-1]]))] if has.size else []
    points += [(float(b.x[-1]), float(b.low[-1] + b.high[-1]) / 2) for b in line.trace.bands[-1:]]
    return max(points, default=(0.0, 0.0))


def _apart(wanted: Sequence[float], gap: float, most: float) -> list[float]:
    """Move places, in their order, as little as keeps them a gap apart and within 0..most."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    blocks: list[list[float]] = []  # of each: how many places, and the sum of their offsets
    for rank, index in enumerate(order):
        blocks.append([1, wanted[index] - rank * gap])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] > blocks[-1][1] / blocks[-1][0]:
            count, total = blocks.pop()
            blocks[-1] = [blocks[-1][0] + count, blocks[-1][1] + total]
    level = [total / count for count, total in blocks for _ in range(int(count))]
    highest = most - (len(wanted) - 1) * gap
    found = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        found[index] = min(max(level[rank], 0.0), max(highest, 0.0)) + rank * gap
    return found


def mixed(colour: str, ink: str, part: float = 0.25) -> str:
    """Return a colour with some of the ink in it: thin text needs more contrast than a line."""
    from matplotlib.colors import to_hex, to_rgb

    both = zip(to_rgb(colour), to_rgb(ink), strict=True)
    red, green, blue = ((1 - part) * a + part * b for a, b in both)
    return to_hex((red, green, blue))


def legend_on(sheet: Sheet, axes: Axes, panel: Panel, **place: Any) -> tuple[Legend, Box]:
    """Put a legend on axes; return it and the room it takes."""
    names = [line.name for line in panel.lines]
    legend = axes.legend(
        axes.lines[: len(names)],
        names,
        frameon=not sheet.transparent,  # the grid goes behind it
        facecolor="inherit",
        edgecolor="none",
        framealpha=0.85,
        fancybox=False,
        fontsize=_SIZE * sheet.unit,
        labelspacing=0.35,
        handlelength=2.4,
        borderaxespad=0,
        borderpad=0.3,
        columnspacing=1.2,
        alignment="left",
        **place,
    )
    extent = legend.get_window_extent(sheet.ruler.renderer)
    points = 72 / float(sheet.figure.dpi)
    return legend, Box(0, 0, extent.width * points, extent.height * points)


def inside(sheet: Sheet, axes: Axes, box: Box, size: Box, top: float) -> Box | None:
    """Return a free place in the axes' box for a legend of this size, if there is one."""
    pad = 6 * sheet.unit
    paths = sheet.paths(axes)
    left, right = box.x + pad, box.x + box.width - size.width - pad
    low, high = box.y + pad, box.y + box.height - size.height - pad - top
    middle = (left + right) / 2
    corners = [
        (right, high),
        (left, low),
        (left, high),
        (right, low),
        (middle, high),
        (middle, low),
    ]
    for x, y in corners:
        found = Box(x, y, size.width, size.height)
        if found.within(box) and not crosses(found, paths):
            return found
    return None
