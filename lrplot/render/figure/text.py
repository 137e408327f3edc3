"""Text measured, broken into lines, and in fonts that have its characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure

__all__ = ["Ruler", "families_for", "lacking"]

# Families that have the characters of Chinese, Japanese and Korean, as systems deliver them.
_EASTERN = (
    *(f"Noto Sans CJK {place}" for place in ("SC", "TC", "JP", "KR", "HK")),
    *(f"Noto Sans {place}" for place in ("SC", "TC", "JP", "KR", "HK")),
    *("Source Han Sans SC", "Source Han Sans", "Source Han Sans CN", "Noto Serif CJK SC"),
    *("PingFang SC", "Hiragino Sans", "Hiragino Sans GB", "Apple SD Gothic Neo", "Heiti SC"),
    *("Microsoft YaHei", "SimHei", "SimSun", "Yu Gothic", "MS Gothic", "Malgun Gothic"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "IPAGothic", "IPAexGothic", "TakaoGothic"),
    *("NanumGothic", "UnDotum", "Droid Sans Fallback", "Arial Unicode MS", "Unifont"),
)


def families_for(text: str, families: list[str]) -> list[str]:
    """Return the families with one more for the characters they lack, where it is installed."""
    missing = lacking(text, tuple(families))
    if not missing:
        return families
    installed = {font.name for font in font_manager.fontManager.ttflist}
    able = [name for name in _EASTERN if name in installed]
    best = min(able, key=lambda name: len(lacking(missing, (*families, name))), default="")
    return [*families[:1], best, *families[1:]] if best else families


def lacking(text: str, families: tuple[str, ...]) -> str:
    """Return the characters that none of the families has."""
    needed = {char for char in set(text) - {"\n"} if ord(char) > 126}  # noqa: PLR2004  all have ASCII
    if not needed:
        return ""
    found = set().union(*(_characters(path) for path in map(_file, families) if path))
    return "".join(sorted(char for char in needed if ord(char) not in found))


def _file(family: str) -> str:
    """Return the file of a font, empty if it is not installed."""
    wanted = FontProperties(family=[family])
    try:
        return str(font_manager.findfont(wanted, fallback_to_default=False))
    except ValueError:
        return ""


@cache
def _characters(path: str) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(path).get_charmap())


class Ruler(NamedTuple):
    """Measures text, in points."""

    canvas: FigureCanvasAgg
    families: tuple[str, ...]

    @classmethod
    def on(cls, figure: Figure, families: Iterable[str]) -> Ruler:
        """Return the ruler of a figure."""
        return cls(FigureCanvasAgg(figure), tuple(families))

    @property
    def renderer(self) -> Any:
        """What the figure is measured with."""
        canvas: Any = self.canvas  # its types are not told
        return canvas.get_renderer()

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """Return the width of the widest line."""
        font = FontProperties(family=list(self.families), size=size, weight=weight)
        wide = (
            self.renderer.get_text_width_height_descent(line, font, ismath=False)[0]
            for line in text.split("\n")
        )
        return float(max(wide)) * 72 / float(self.canvas.figure.dpi)

    def wrapped(self, text: str, room: float, size: float, weight: str = "normal") -> str:
        """Break a text into lines that fit, at a blank where there is one."""
        return "\n".join(
            broken for line in text.split("\n") for broken in self._broken(line, room, size, weight)
        )

    def _broken(self, line: str, room: float, size: float, weight: str) -> Iterable[str]:
        while line and self.width(line, size, weight) > room:
            fits = self._fitting(line, room, size, weight)
            blank = line.rfind(" ", 1, fits + 1)
            cut = blank if blank > 0 else fits
            yield line[:cut].rstrip()
            line = line[cut:].lstrip()
        yield line

    def _fitting(self, line: str, room: float, size: float, weight: str) -> int:
        """Return how many characters fit, one at least."""
        low, high = 1, len(line)
        while high - low > 1:
            middle = (low + high) // 2
            fits = self.width(line[:middle], size, weight) <= room
            low, high = (middle, high) if fits else (low, middle)
        return low
