"""A figure put together: margins measured, axes dressed, lines drawn, names placed."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.ticker import FixedFormatter, FixedLocator, LogLocator, NullFormatter, NullLocator

from lrplot.render.figure import names, points, scales
from lrplot.render.figure.sheet import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from lrplot.plan import Plan
    from lrplot.render.figure.names import EndName
    from lrplot.render.figure.panels import Line, Panel
    from lrplot.render.figure.points import Stretch
    from lrplot.render.figure.scales import Scale
    from lrplot.render.figure.sheet import Sheet
    from lrplot.render.figure.view import View
    from lrplot.render.look import Look

__all__ = ["Composer"]

_PAD, _LABEL, _TICK = 10.0, 10.0, 9.0
_BETWEEN = 12.0  # points between two panels
_COLUMN_GAP = 12.0  # points between the columns of a legend
_RATHER_BESIDE = 0.8  # of the area below which a legend below is worth its worse order
_ROW = 30.0  # points of height for a mark of the vertical axis


class Margins(NamedTuple):
    """What is left around the axes."""

    left: float
    right: float
    top: float
    bottom: float


class Composer(NamedTuple):
    """All that a figure is put together from."""

    sheet: Sheet
    plans: Sequence[Plan]
    panels: Sequence[Panel]
    view: View
    look: Look

    def compose(self, title: str) -> None:
        """Draw everything."""
        sheet, unit = self.sheet, self.sheet.unit
        top = self._write_title(title)
        margins = Margins(0.0, self._edge(), top, self._below())
        boxes = self._boxes(margins)
        found = self._stretches(margins)
        ups = [self._up(panel, box, found) for panel, box in zip(self.panels, boxes, strict=True)]
        margins = margins._replace(left=self._left(boxes, ups))
        ends = self._ends(ups[0], boxes[0].height)
        if ends:
            widest = max(sheet.measure(end.text, 9.5) for end in ends)
            margins = margins._replace(right=widest + (_PAD + 6) * unit)
        all_axes = [self._axes(panel, up) for panel, up in zip(self.panels, ups, strict=True)]
        self._set(all_axes, self._boxes(margins))
        if self.look.legend and len(self.panels[0].lines) > 1 and not ends:
            margins = self._legend(all_axes, margins, found)
            margins = margins._replace(left=self._left(self._boxes(margins), ups))
        boxes = self._boxes(margins)
        self._finish(all_axes, boxes)
        self._write_ends(ends, boxes[0])
        for number, (axes, box) in enumerate(zip(all_axes, boxes, strict=True)):
            points.shade(sheet, axes, found, box, named=number == 0)
            self._point_out(axes, self.panels[number], box, found)

    def _point_out(self, axes: Axes, panel: Panel, box: Box, found: Sequence[Stretch]) -> None:
        """Point out the marked steps, below the names of the phases."""
        rows = points.rows_of(found) if panel is self.panels[0] else 0
        below = box._replace(height=box.height - rows * points.LEADING * self.sheet.unit)
        names = points.step_names(self.sheet, panel, self.view, box.width)
        points.point_out(self.sheet, axes, panel, below, names)

    # -- measures ---------------------------------------------------------------------------------

    def _write_title(self, title: str) -> float:
        """Write the title; return what is taken from the top."""
        sheet, unit = self.sheet, self.sheet.unit
        taken = _PAD * unit
        if title.strip():
            text, size = sheet.title(title)
            for line in text.split("\n"):
                taken += size * unit
                sheet.write(_PAD * unit, sheet.height - taken, line, size, weight="bold")
                taken += 0.25 * size * unit
            taken += 6 * unit
        above = (_TICK + _LABEL + 12) * unit if self.view.above else 0.0
        return taken + above

    def _edge(self) -> float:
        """Return the right margin: half of the last text along an axis has to fit."""
        room = 0.8 * self.sheet.width
        marks = [self._across(room).marks, self._further(room)]
        widths = (self.sheet.measure(max(each)[1], _TICK) for each in marks if each)
        return max(_PAD * self.sheet.unit, 0.5 * max(widths, default=0.0)) + 4

    def _across(self, room: float) -> Scale:
        return scales.across(self.view, room, lambda text: self.sheet.measure(text, _TICK))

    def _further(self, room: float) -> Sequence[tuple[float, str]]:
        """Return the marks of the axis above, if there is one."""
        if self.view.above is None:
            return ()
        steps = self.view.above.steps
        return scales.above(self.view, steps, room, lambda text: self.sheet.measure(text, _TICK))

    def _below(self) -> float:
        return (_PAD + _LABEL + _TICK + 13) * self.sheet.unit

    def _boxes(self, margins: Margins) -> list[Box]:
        """Return the place of each panel, from the top."""
        sheet, count = self.sheet, len(self.panels)
        gap = _BETWEEN * sheet.unit
        width = max(sheet.width - margins.left - margins.right, 10.0)
        free = max(sheet.height - margins.top - margins.bottom - gap * (count - 1), 10.0 * count)
        whole = sum(panel.height for panel in self.panels)
        heights = [free * panel.height / whole for panel in self.panels]
        tops = accumulate(
            heights,
            lambda top, height: top - gap - height,
            initial=sheet.height - margins.top + gap,
        )
        return [
            Box(margins.left, bottom, width, height)
            for bottom, height in zip(list(tops)[1:], heights, strict=True)
        ]

    def _stretches(self, margins: Margins) -> list[Stretch]:
        room = 0.85 * self.sheet.width - margins.right
        return (
            points.stretches(self.sheet, self.plans[0], self.view, room) if self.look.phases else []
        )

    def _up(self, panel: Panel, box: Box, found: Sequence[Stretch]) -> Scale:
        """Return a panel's vertical axis, with room on top for the names of the phases."""
        most = max(2, int(box.height / (_ROW * self.sheet.unit)))
        scale = scales.up(panel, self.look, most)
        return scales.raised(scale, self._header(panel, box, found) / box.height)

    def _header(self, panel: Panel, box: Box, found: Sequence[Stretch]) -> float:
        """Return the height that the names of phases and of marked steps take inside a panel."""
        names = points.step_names(self.sheet, panel, self.view, 0.85 * box.width)
        rows = max((name.row + 1.4 for name in names), default=0)  # some for the rates below
        rows += points.rows_of(found) if panel is self.panels[0] else 0
        return rows * points.LEADING * self.sheet.unit

    def _left(self, boxes: Sequence[Box], ups: Sequence[Scale]) -> float:
        widest = max(
            self.sheet.measure(text, _TICK) for up in ups for _, text in (*up.marks, (0, "0"))
        )
        lines = max(label.count("\n") + 1 for label in self._labels(boxes))
        return (_PAD + 1.25 * lines * _LABEL + 9) * self.sheet.unit + widest

    def _labels(self, boxes: Sequence[Box]) -> list[str]:
        """Return what is written along each panel's vertical axis, in lines that fit."""
        ruler, size = self.sheet.ruler, _LABEL * self.sheet.unit
        both = zip(self.panels, boxes, strict=True)
        return [ruler.wrapped(panel.label, box.height, size) for panel, box in both]

    # -- axes -------------------------------------------------------------------------------------

    def _axes(self, panel: Panel, up: Scale) -> Axes:
        """Return dressed axes with the lines of a panel on them."""
        axes = self.sheet.figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(self.view.low, self.view.high)
        if up.log:
            axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(up.low, up.high)
        clipped = bool(self.look.ylim.strip(".")) or up.log
        for number, line in enumerate(panel.lines):
            _draw(axes, line, self.sheet, 3 - 0.5 * number / len(panel.lines), clipped=clipped)
        if self.look.transparent:
            axes.patch.set_alpha(0)
        self._dress(axes, up)
        return axes

    def _dress(self, axes: Axes, up: Scale) -> None:
        style, unit = self.sheet.style, self.sheet.unit
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=_TICK * unit, width=0.8, length=3 * unit, pad=3 * unit)
        axes.yaxis.set_major_locator(FixedLocator([mark for mark, _ in up.marks]))
        axes.yaxis.set_major_formatter(FixedFormatter([text for _, text in up.marks]))
        few = up.log and up.high / up.low < 1e6  # noqa: PLR2004  where nine marks a decade have room
        axes.yaxis.set_minor_locator(LogLocator(subs=range(2, 10)) if few else NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
        if style.grid is None:
            return
        axes.grid(visible=True, axis="y", color=style.grid, linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines["left"].set_visible(style.spine)
        axes.tick_params(axis="y", which="both", left=style.spine)

    def _set(self, all_axes: Sequence[Axes], boxes: Sequence[Box]) -> None:
        for axes, box in zip(all_axes, boxes, strict=True):
            self.sheet.put(axes, box)

    def _finish(self, all_axes: Sequence[Axes], boxes: Sequence[Box]) -> None:
        """Write along the axes, now that they have their places."""
        self._set(all_axes, boxes)
        sheet, unit = self.sheet, self.sheet.unit
        across = self._across(boxes[0].width)
        labels = self._labels(boxes)
        for axes, box, label in zip(all_axes, boxes, labels, strict=True):
            axes.xaxis.set_major_locator(FixedLocator([mark for mark, _ in across.marks]))
            axes.xaxis.set_major_formatter(FixedFormatter([text for _, text in across.marks]))
            axes.tick_params(labelbottom=axes is all_axes[-1])
            y = box.y + box.height / 2
            sheet.write(
                _PAD * unit, y, label, _LABEL, rotation=90, va="center", ha="left", ma="center"
            )
        middle = boxes[-1].x + boxes[-1].width / 2
        bottom = boxes[-1].y - (_TICK + _LABEL + 13) * unit
        sheet.write(middle, bottom, self.view.unit, _LABEL, ha="center")
        if self.view.above:
            self._above(all_axes[0], boxes[0], self.view.above.unit)

    def _above(self, axes: Axes, box: Box, counted: str) -> None:
        """Draw an axis above, of epochs or of what else is counted beside steps."""
        sheet, unit = self.sheet, self.sheet.unit
        found = self._further(box.width)
        above = axes.secondary_xaxis("top")
        above.set_xticks([x for x, _ in found], [text for _, text in found])
        above.tick_params(labelsize=_TICK * unit, width=0.8, length=3 * unit, pad=3 * unit)
        above.spines["top"].set_color(sheet.style.muted)
        y = box.y + box.height + (_TICK + 10) * unit
        sheet.write(box.x + box.width / 2, y, counted, _LABEL, ha="center")

    # -- names ------------------------------------------------------------------------------------

    def _ends(self, up: Scale, height: float) -> list[EndName]:
        panel = self.panels[0]
        if not self.look.legend or len(panel.lines) < 2:  # noqa: PLR2004  one line needs no name
            return []
        return names.at_ends(self.sheet, panel, up, height, self.view.high)

    def _write_ends(self, ends: Sequence[EndName], box: Box) -> None:
        for end in ends:
            x, y = box.x + box.width + 6 * self.sheet.unit, box.y + end.y
            self.sheet.write(x, y, end.text, 9.5, color=end.colour, va="center_baseline")

    def _legend(
        self, all_axes: Sequence[Axes], margins: Margins, found: Sequence[Stretch]
    ) -> Margins:
        """Put the legend where the lines leave room, else beside the axes, or below them."""
        sheet, axes, unit = self.sheet, all_axes[0], self.sheet.unit
        box = self._boxes(margins)[0]
        _, size = names.legend_on(sheet, axes, self.panels[0])
        free = names.inside(sheet, axes, box, size, self._header(self.panels[0], box, found))
        if free:
            self._place_legend(axes, free.x, free.y)
            return margins
        count = len(self.panels[0].lines)
        columns = max(1, int((sheet.width - _PAD * unit) / (size.width + _COLUMN_GAP * unit)))
        below = size.height * -(-count // columns) / count
        fits = size.height <= sheet.height - margins.top
        beside_left, below_left = (
            (box.width - size.width) * box.height,
            box.width * (box.height - below),
        )
        if fits and beside_left >= _RATHER_BESIDE * below_left:
            y = max(box.y + box.height - size.height, 4 * unit)
            self._place_legend(axes, sheet.width - size.width - 4 * unit, y)
            return margins._replace(right=size.width + 10 * unit)
        size = self._place_legend(axes, _PAD * unit, 4 * unit, ncols=min(columns, count))
        return margins._replace(bottom=margins.bottom + size.height)

    def _place_legend(self, axes: Axes, x: float, y: float, **more: Any) -> Box:
        sheet = self.sheet
        place = {"loc": "lower left", "bbox_to_anchor": (x / sheet.width, y / sheet.height)}
        transform = sheet.figure.transFigure
        _, size = names.legend_on(
            sheet, axes, self.panels[0], bbox_transform=transform, **place, **more
        )
        return size


def _draw(axes: Axes, line: Line, sheet: Sheet, order: float, *, clipped: bool) -> None:
    """Draw a line, and the bands that stand in for it."""
    width = sheet.style.width * sheet.unit
    axes.plot(
        line.trace.x,
        line.trace.y,
        color=line.pen.colour,
        linestyle=line.pen.dash,
        linewidth=width,
        solid_joinstyle="round",
        solid_capstyle="butt",
        dash_capstyle="butt",
        label=line.name,
        clip_on=clipped,
        zorder=order,
    )
    for band in line.trace.bands:
        more: dict[str, Any] = {"clip_on": clipped, "zorder": order, "color": line.pen.colour}
        axes.fill_between(band.x, band.low, band.high, alpha=0.3, linewidth=0, **more)
        for edge in (band.low, band.high):
            axes.plot(band.x, edge, linewidth=width / 2, **more)
