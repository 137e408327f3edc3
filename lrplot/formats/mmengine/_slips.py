"""What is commonly written wrongly in a `param_scheduler`, found and said; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from lrplot.formats._shared.keys import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lrplot.frameworks.mmengine._dicts import Run

__all__ = ["slips"]

_MOST = 6


class _Window(msgspec.Struct, frozen=True):
    """A scheduler's window in its own unit, and the length of the run in that unit."""

    section: Section
    kind: str
    unit: str
    begin: float
    end: float
    run: float

    def at(self, key: str) -> str:
        """Return the file and line where a key stands."""
        return str(self.section.where(key)).rpartition("/")[2].rpartition(":")[0]


def slips(sections: Sequence[Section], run: Run) -> list[str]:
    """Return a sentence for each slip in a list of schedulers that are all valid.

    Args:
        sections: the dicts of the list.
        run: the run they are made for.
    """
    windows = [window for section in sections if (window := _window(section, run)) is not None]
    found = [said for window in windows for said in _of_one(window)]
    return [*found[:_MOST], *_idle(windows)]


def _window(section: Section, run: Run) -> _Window | None:
    by_epoch = section.flag("by_epoch", default=True)
    length = run.max_epochs if by_epoch else run.max_iters
    if length is None:
        return None
    return _Window(
        section=section,
        kind=section.text("type").rpartition(".")[2],
        unit="epoch" if by_epoch else "iteration",
        begin=section.number("begin", 0),
        end=section.number("end", length),
        run=length,
    )


def _of_one(window: _Window) -> Iterator[str]:
    said = window.kind
    if window.end > window.run and "end" in window.section:
        yield (
            f"{said} ends at {window.unit} {window.end:g}, past the run's {window.run:g} "
            f"({window.at('end')}): its end is not reached"
        )
    yield from _milestones(window)
    if said.startswith("CosineAnnealing"):
        yield from _cosine(window)


def _milestones(window: _Window) -> Iterator[str]:
    node = window.section.get("milestones")
    marks = [item.value for item in node.value] if node and isinstance(node.value, tuple) else []
    room = min(window.end, window.run) - window.begin
    late = [mark for mark in marks if isinstance(mark, (int, float)) and mark >= room]
    where = window.at("milestones")
    if late:
        yield (
            f"milestone {late[0]:g} of {window.kind} never comes: its window ends after "
            f"{room:g} {window.unit}s ({where})"
        )
    if marks and window.begin:
        yield f"milestones of {window.kind} count from its begin, {window.begin:g} ({where})"


def _cosine(window: _Window) -> Iterator[str]:
    length = window.end - window.begin
    period: Any = window.section.number("T_max", None) or length
    if period != length:
        yield (
            f"T_max {period:g} of {window.kind} is not its window's {length:g} {window.unit}s "
            f"({window.at('T_max')})"
        )
    elif not window.section.flag("convert_to_iter_based", default=False):
        yield (
            f"{window.kind} ends one step above its floor: T_max is end - begin, and its last "
            f"action is one {window.unit} before that"
        )


def _idle(windows: list[_Window]) -> Iterator[str]:
    """Yield where nothing acts: between windows of one unit, and after the last of them."""
    if not windows or len({window.unit for window in windows}) > 1:
        return
    ordered = sorted(windows, key=lambda window: window.begin)
    reached = 0.0
    for window in ordered:
        if window.begin > reached:
            yield _nothing(window, reached, window.begin)
        reached = max(reached, window.end)
    if reached < windows[0].run:
        yield _nothing(windows[0], reached, windows[0].run)


def _nothing(window: _Window, start: float, end: float) -> str:
    return f"no scheduler acts from {window.unit} {start:g} to {end:g}: the rate stays"
