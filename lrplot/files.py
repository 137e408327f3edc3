"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lrplot.errors import InputError, Where

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["written_whole"]


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside the file, and rename it when the block ends well.

    A missing folder is created. Raises InputError, naming the file, where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise InputError("is a folder", where=Where(str(path)))
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
    except (FileExistsError, NotADirectoryError):
        message = f"cannot be written: {path.parent} is no folder"
        raise InputError(message, where=Where(str(path))) from None
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=Where(str(path))) from None
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"cannot be written: {reason}", where=Where(str(path))) from None
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
