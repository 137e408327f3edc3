"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lrplot.errors import InputError, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["write_whole", "written_whole"]

_ENDINGS = ("SIGTERM", "SIGHUP")  # that end a program at once, whatever it has open


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; see `written_whole`."""
    with written_whole(path) as temporary:
        temporary.write_bytes(data)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside the file, and rename it when the block ends well.

    A missing folder is created, a link is followed, and what is no file at all (a pipe, a device)
    is written to as it is. Raises InputError, naming the file, where it cannot be written.
    """
    with _told(path):
        target = Path(os.path.realpath(path))
        if path.is_dir():
            raise InputError("is a folder", where=Where(str(path)))
        if path.exists() and not path.is_file():
            yield path
            return
    with _told(path), _ended_in_order():
        temporary = _temporary(path, target)
        try:
            yield temporary
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _temporary(path: Path, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except (FileExistsError, NotADirectoryError):
        message = f"cannot be written: {path.parent} is no folder"
        raise InputError(message, where=Where(str(path))) from None
    os.close(handle)
    return Path(name)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say what went wrong with a file as the project says what is wrong."""
    try:
        yield
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be written: {reason}", where=Where(str(path))) from None


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let a program that is told to end first remove what is half written."""

    def leave(number: int, _frame: object) -> NoReturn:
        raise SystemExit(128 + number)

    in_charge = threading.current_thread() is threading.main_thread()
    known = [getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)]
    taken = [number for number in known if in_charge and _is_plain(number)]
    for number in taken:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _is_plain(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_DFL


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
