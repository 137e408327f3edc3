"""Drawing a set of figures: in this process, or in several where that pays."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.resource_tracker import ensure_running
from typing import TYPE_CHECKING, TypeAlias

from lrplot.errors import InputError, LrplotError, Problem, Where
from lrplot.figures.freshness import is_fresh
from lrplot.figures.request import Image
from lrplot.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from lrplot.figures.document import Figure

__all__ = ["Drawing", "check", "drawings", "workers_for", "write"]

Drawing: TypeAlias = "Image | list[Problem]"

# A process of its own pays once it draws this many: they take as long as it takes to start.
_PAYING = 12


def workers_for(count: int) -> int:
    """Return how many processes draw this many figures soonest: 1 is this one alone."""
    return max(1, min(_processors(), count // _PAYING))


def _processors() -> int:
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known else os.cpu_count() or 1


def drawings(figures: Sequence[Figure], workers: int = 1) -> Iterator[Drawing]:
    """Yield each figure's image, or what is wrong with it, in the figures' order."""
    if workers == 1:
        yield from map(_drawing, figures)
        return
    with _uninterrupted():
        shares = [_start(figures[number::workers]) for number in range(workers)]
    for number in range(len(figures)):
        yield _received(shares[number % workers])


def _received(share: Connection) -> Drawing:
    try:
        drawing: Drawing = share.recv()
    except EOFError:
        message = "a process that draws was ended from outside; is there enough memory?"
        raise InputError(message) from None
    return drawing


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave Ctrl-C, which every process of a terminal gets, to the one that was started."""
    mask = getattr(signal, "pthread_sigmask", None)
    if mask is None:
        yield
        return
    ensure_running()  # the first process to start would start it, and leave nothing blocked
    before = mask(signal.SIG_BLOCK, {signal.SIGINT})  # a process inherits what is blocked
    try:
        yield
    finally:
        mask(signal.SIG_SETMASK, before)


def _start(share: Sequence[Figure]) -> Connection:
    """Start a process that draws some of the figures; return where it sends them."""
    context = get_context("spawn")  # a fork would copy the locks of threads that run here
    ours, theirs = context.Pipe(duplex=False)
    context.Process(target=_send, args=(theirs, share), daemon=True).start()
    theirs.close()
    return ours


def _send(to: Connection, share: Sequence[Figure]) -> None:
    """Draw figures until they are done, or until nobody is there to take them."""
    with suppress(BrokenPipeError):
        for figure in share:
            to.send(_drawing(figure))


def _drawing(figure: Figure) -> Drawing:
    try:
        return figure.entry.request.resolved().image(figure.kind)
    except LrplotError as error:
        return figure.entry.placed(error)


def write(path: Path, drawing: Drawing) -> tuple[str, Sequence[Problem]]:
    """Write a figure's file unless it holds just that already; say what came of it, and why."""
    if not isinstance(drawing, Image):
        return "failed", drawing
    if _holds(path, drawing.data):
        return "unchanged", ()
    try:
        write_whole(path, drawing.data)
    except InputError as error:
        return "failed", error.problems
    return "written", ()


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def check(figure: Figure) -> list[Problem]:
    """Return why a figure's file is not what would be drawn: it is missing or stale, or cannot be.

    Nothing is drawn: what could go wrong only then is found when the figure is made.
    """
    try:
        mark = figure.entry.request.mark
        state = "" if is_fresh(figure.path, mark) else "is stale"
    except LrplotError as error:
        return figure.entry.placed(error)
    except OSError:
        state = "is missing"
    return [Problem(state, where=Where(str(figure.path)))] if state else []
