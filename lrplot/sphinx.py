"""Figures in Sphinx: a directive, after `extensions = ["lrplot.sphinx"]`.

    .. lrplot:: poly
       :power: [0.5, 0.9, 2]
       :alt: Three powers of polynomial decay

Its options are those of `lrplot curve`, with `caption`, `align`, `width`, `class` and `name` of
Sphinx's figures; its body may hold a spec or a call. What is wrong is a warning at the line of the
directive. The page is made anew when a config that it draws changes.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from lrplot import __version__
from lrplot.errors import InputError, LrplotError, Where
from lrplot.figures.reader import Entry, from_texts, read_entry
from lrplot.files import write_whole
from lrplot.source import is_call
from lrplot.syntax.documents import files_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

    from lrplot.errors import Problem
    from lrplot.figures.request import Request

__all__ = ["setup"]

_LOGGER = logging.getLogger(__name__)
_OWN: dict[str, Callable[[str], Any]] = {
    "align": lambda text: directives.choice(text, ("left", "center", "right")),
    "caption": directives.unchanged_required,
    "class": directives.class_option,
    "name": directives.unchanged_required,
    "width": directives.length_or_percentage_or_unitless,
}
# Themes that show images of the class only-light or only-dark as the reader has chosen.
_TWO_SIDED = {"furo", "pydata_sphinx_theme", "sphinx_book_theme"}
_KINDS = {"image/svg+xml": "svg", "application/pdf": "pdf", "image/png": "png"}
_IN_THE_MIDDLE = {"default", "center"}
_OPTION = re.compile(r"\s+:([\w-]+):")  # a line that sets one
_PIXELS = 96  # in an inch of a page


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class _AnyOption(dict[str, "Callable[[str], Any]"]):
    """The options of the directive: those it does not know are refused by who reads the figure."""

    def __missing__(self, name: str) -> Callable[[str], Any]:
        return _stripped


class _Picture(nodes.General, nodes.Inline, nodes.Element):
    """Stands for a figure until it is known which formats the builder takes."""


class _Directive(SphinxDirective):
    """`.. lrplot:: SOURCE`, with a spec or a call in its body in place of SOURCE."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = _AnyOption(_OWN)

    def run(self) -> list[nodes.Node]:
        """Return the figure, or nothing after a warning; note the files that it depends on."""
        with files_read() as names:
            found = self._figure()
        for name in names:
            self.env.note_dependency(Path(name).resolve())
        return found

    def _figure(self) -> list[nodes.Node]:
        where = Where(*self.get_source_info())
        try:
            entry = self._entry(where)
        except InputError as error:
            return self._refuse(error.problems, where)
        try:
            picture = self._picture(entry)
        except LrplotError as error:
            return self._refuse(entry.placed(error), where)
        return self._framed(picture)

    def _entry(self, where: Where) -> Entry:
        """Read the directive as an entry of a list of figures."""
        options = {
            key.replace("-", "_"): text for key, text in self.options.items() if key not in _OWN
        }
        tree = from_texts(self._sources(), options, where, self._places(where))
        entry = read_entry(tree, folder=str(Path(where.source).parent))
        if self.content:
            entry.places["text"] = Where(where.source, self.content_offset + 1, 1)
        return entry

    def _places(self, where: Where) -> dict[str, Where]:
        """Return the lines of the options, which docutils does not tell."""
        lines = map(_OPTION.match, self.block_text.splitlines())
        return {
            found[1].replace("-", "_"): Where(where.source, where.line + number)
            for number, found in enumerate(lines)
            if found
        }

    def _sources(self) -> list[str]:
        """Return the sources of the argument, and the spec or call in the body."""
        words = self.arguments[0] if self.arguments else ""
        sources = [words] if is_call(words) else shlex.split(words)
        body = "\n".join(self.content)
        root = str(self.env.srcdir)  # where absolute paths start in a page
        return [f"{root}{word}" if word.startswith("/") else word for word in sources] + [
            body
        ] * bool(body)

    def _picture(self, entry: Entry) -> _Picture:
        """Return what becomes an image once the format is known."""
        request = entry.request
        width = self.options.get("width", f"{request.look.inches[0] * _PIXELS:.0f}px")
        picture = _Picture(
            entry=entry,
            mark=request.mark.partition(":")[2],
            alt=request.alt,
            docname=self.env.docname,
            width=width,
            classes=self.options.get("class", []),
        )
        self.set_source_info(picture)
        return picture

    def _framed(self, picture: _Picture) -> list[nodes.Node]:
        """Return the figure with its caption."""
        figure = nodes.figure("", picture, align=self.options.get("align", "default"))
        self.set_source_info(figure)
        self.add_name(figure)
        caption = self.options.get("caption")
        if caption is None:
            return [figure]
        inline, messages = self.parse_inline(caption)
        figure += nodes.caption(caption, "", *inline)
        return [figure, *messages]

    def _refuse(self, problems: Iterable[Problem], where: Where) -> list[nodes.Node]:
        """Warn of each problem at its line; the page is read again next time."""
        self.env.note_reread()
        _warn(problems, where)
        return []


def _warn(problems: Iterable[Problem], directive: Where) -> None:
    """Warn of each problem where it is: in the page, or in a config that the directive draws."""
    for problem in problems:
        place, text = directive, str(problem)
        if problem.where is not None and problem.where.source == directive.source:
            place, text = problem.where, str(problem._replace(where=None))
        _LOGGER.warning(text, location=f"{place.source}:{place.line}", type="lrplot")


def _draw(app: Sphinx, document: nodes.document, _docname: str) -> None:
    """Put images in the place of figures, now that the builder is known."""
    for picture in list(document.findall(_Picture)):
        picture.replace_self(_drawn(app, picture))


def _drawn(app: Sphinx, picture: _Picture) -> list[nodes.Node]:
    """Return an image for each side of the theme, or words where no image can be shown."""
    entry: Entry = picture["entry"]
    words: list[nodes.Node] = [nodes.paragraph("", picture["alt"])]
    mimetype = next((each for each in app.builder.supported_image_types if each in _KINDS), None)
    if mimetype is None:
        return words
    try:
        sides = _sides(app, entry.request)
        return [
            _image(app, picture, mimetype, side, [*shown, *_centred(app, picture)] if shown else [])
            for side, shown in sides
        ]
    except LrplotError as error:
        _warn(entry.placed(error), entry.places[""])
        return words


def _sides(app: Sphinx, request: Request) -> list[tuple[Request, list[str]]]:
    """Return the figures to draw, each with the classes that say when it is shown."""
    dark = app.config.lrplot_dark
    if dark is None:
        dark = app.config.html_theme in _TWO_SIDED
    if request.look.style != "light" or app.builder.format != "html" or not dark:
        return [(request, [])]
    return [(request.twin(style), [f"only-{style}"]) for style in ("light", "dark")]


def _centred(app: Sphinx, picture: _Picture) -> list[str]:
    """Return the class that centres an image which its theme makes a block, where it shows it."""
    align = picture.parent.get("align", "default")
    return ["align-center"] * (app.config.html_theme in _TWO_SIDED and align in _IN_THE_MIDDLE)


def _image(
    app: Sphinx, picture: _Picture, mimetype: str, request: Request, shown: list[str]
) -> nodes.image:
    """Return an image of a file, which is drawn unless an earlier build has done so."""
    slug = re.sub(r"\W+", "-", request.look.style) + "-clear" * request.look.transparent
    name = f"lrplot-{picture['mark'][:16]}-{slug}.{_KINDS[mimetype]}"
    path = Path(app.doctreedir, "lrplot", __version__, name)
    if not path.exists():
        write_whole(path, request.image(_KINDS[mimetype]))
    app.env.images.add_file(picture["docname"], str(path))
    return nodes.image(
        uri=str(path),
        candidates={mimetype: str(path)},
        alt=picture["alt"],
        width=picture["width"],
        classes=[*picture["classes"], *shown],
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    """Make the directive known to Sphinx."""
    app.add_directive("lrplot", _Directive)
    app.add_config_value("lrplot_dark", None, "html", types=(bool, type(None)))
    app.connect("doctree-resolved", _draw)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}
