"""Figures in Markdown: an extension of Python-Markdown, and so of MkDocs.

    markdown_extensions:
      - lrplot.markdown

draws what stands in a fence: an entry of a list of figures, or a spec, a call, a name alone.

    ```lrplot
    source: poly
    power: [0.5, 0.9, 2]
    caption: Three powers of polynomial decay
    ```

The figure goes into the page itself, as an image of SVG: there is no file to be kept, copied or
cleaned up, and the theme's styles stay out of it. What is wrong is logged as a warning, with the
line of the fence, which makes `mkdocs build --strict` fail.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from logging import getLogger
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from markdown import Extension
from markdown.preprocessors import Preprocessor

from lrplot.errors import InputError, LrplotError, Where
from lrplot.figures.reader import from_texts, read_entry
from lrplot.source import is_call, is_document
from lrplot.syntax.documents import parse_document
from lrplot.syntax.tree import refuse_repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from markdown import Markdown

    from lrplot.errors import Problem
    from lrplot.figures.reader import Entry
    from lrplot.figures.request import Request

__all__ = ["FigureExtension", "makeExtension"]

_LOGGER = getLogger("mkdocs.lrplot")  # below MkDocs's own, so that --strict counts it
_FENCE = re.compile(r"(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_ENTRY = re.compile(r"^\s*source\s*:", re.MULTILINE)
_BEFORE_FENCES = 28  # fenced_code and pymdownx.superfences have 25, normalize_whitespace has 30
_PIXELS = 96  # in an inch of a page


class _Image(NamedTuple):
    """An image of a page."""

    source: str
    alt: str
    width: str

    def html(self, ending: str = "") -> str:
        """Return the element; what ends the source tells a theme when to show it."""
        return (
            f'<img src="{self.source}{ending}" alt="{self.alt}" width="{self.width}" '
            'style="max-width: 100%; height: auto">'
        )


def _by_system(request: Request, image: Callable[[Request], _Image]) -> str:
    """Show a dark twin, on its own ground as the page may be white, where the system is dark."""
    dark, condition = image(request.styled("dark")), 'media="(prefers-color-scheme: dark)"'
    light = image(request).html()
    return f'<picture><source {condition} srcset="{dark.source}">{light}</picture>'


def _by_material(request: Request, image: Callable[[Request], _Image]) -> str:
    """Show a dark twin where Material for MkDocs is switched to its dark palette."""
    light, dark = (image(request.twin(style)) for style in ("light", "dark"))
    return light.html("#only-light") + dark.html("#only-dark")


_Twin: TypeAlias = "Callable[[Request, Callable[[Request], _Image]], str]"
_TWINS: dict[str, _Twin] = {"media": _by_system, "material": _by_material}
_DRAWN: dict[str, str] = {}  # by what they show: `mkdocs serve` makes every page anew


class FigureExtension(Extension):
    """Draws fences of the language `lrplot`."""

    def __init__(self, **configs: Any) -> None:
        """Take the options `folder` and `dark`."""
        self.config = {
            "folder": [".", "the folder that sources' paths start from"],
            "dark": ["", f"how a dark twin is shown: {', '.join(_TWINS)}; none unless given"],
        }
        super().__init__(**configs)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  Python-Markdown's name
        """Draw before any other extension takes the fences."""
        dark = self.getConfig("dark")
        if dark and dark not in _TWINS:
            raise ValueError(f"lrplot.markdown: dark is '{dark}', not {' or '.join(_TWINS)}")
        fences = _Fences(md, self.getConfig("folder"), _TWINS.get(dark))
        md.preprocessors.register(fences, "lrplot", _BEFORE_FENCES)


def makeExtension(**configs: Any) -> FigureExtension:  # noqa: N802  Python-Markdown's name
    """Return the extension, as Python-Markdown asks for it by the module's name."""
    return FigureExtension(**configs)


class _Fences(Preprocessor):
    """Puts a figure in the place of each fence that describes one."""

    def __init__(self, md: Markdown, folder: str, twin: _Twin | None) -> None:
        super().__init__(md)
        self.folder, self.twin = folder, twin

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines of a page with its figures in place; what other fences hold stays."""
        return list(self._drawn(lines))

    def _drawn(self, lines: list[str]) -> Iterator[str]:
        at = 0
        while at < len(lines):
            fence = _FENCE.match(lines[at])
            end = _end(lines, at, fence["fence"]) if fence else at
            if fence and fence["language"] == "lrplot" and end > at:
                html = self._html(lines[at + 1 : end], self._where(lines, at, end))
                yield from ("", fence["indent"] + self.md.htmlStash.store(html), "")
            else:
                yield from lines[at : end + 1]
            at = end + 1

    def _where(self, lines: list[str], at: int, end: int) -> Where:
        """Return the place of a fence's second line: in the page's file, where MkDocs says it."""
        every = self.md.treeprocessors
        known = every["relpath"] if "relpath" in every else None  # noqa: SIM401  it has no get
        page = getattr(known, "file", None)
        text: str = getattr(page, "content_string", "")
        found = text.find("\n".join(lines[at : end + 1]))
        before = at if found < 0 else text.count("\n", 0, found)
        column = len(lines[at]) - len(lines[at].lstrip()) + 1
        return Where(getattr(page, "src_uri", "page"), before + 2, column)

    def _html(self, lines: list[str], first: Where) -> str:
        """Return the figure that a fence describes, or what is wrong with it."""
        try:
            entry = _entry("\n".join(lines), first, self.folder)
        except InputError as error:
            return _refused(error.problems)
        try:
            return self._figure(entry)
        except LrplotError as error:
            return _refused(entry.placed(error))

    def _figure(self, entry: Entry) -> str:
        request = entry.request
        width = f"{request.look.inches[0] * _PIXELS:.0f}"
        alt = escape(request.alt)

        def image(request: Request) -> _Image:
            return _Image(_source(request), alt, width)

        twin = self.twin if request.look.style == "light" else None
        shown = twin(request, image) if twin else image(request).html()
        caption = entry.beside.get("caption")
        below = f"<figcaption>{escape(caption.text)}</figcaption>" if caption else ""
        return f'<figure class="lrplot">{shown}{below}</figure>'


def _end(lines: list[str], at: int, fence: str) -> int:
    """Return the line that closes a fence, or the one that opens it where none does."""
    for number in range(at + 1, len(lines)):
        line = lines[number].strip()
        if line.startswith(fence) and not line.strip(fence[0]):
            return number
    return at


def _entry(text: str, first: Where, folder: str) -> Entry:
    """Read a fence: a mapping with a source, or the source itself."""
    if not _ENTRY.search(text):
        written = dedent(text) if is_document(text) or is_call(text) else text.strip()
        entry = read_entry(from_texts([written] if written else [], {}, first, {}), folder=folder)
        entry.places["text"] = first
        return entry
    tree = parse_document("\n" * (first.line - 1) + text, first.source)
    refuse_repeats(tree)
    return read_entry(tree, folder=folder, beside=("caption",))


def _refused(problems: Iterable[Problem]) -> str:
    """Log each problem, and show them in the page."""
    texts = list(map(str, problems))
    for text in texts:
        _LOGGER.warning(text)
    return f'<pre class="lrplot-error">{escape(chr(10).join(texts))}</pre>'


def _source(request: Request) -> str:
    """Return a figure as the source of an image that holds itself."""
    if request.mark not in _DRAWN:
        data = b64encode(request.image("svg")).decode()
        _DRAWN[request.mark] = f"data:image/svg+xml;base64,{data}"
    return _DRAWN[request.mark]
