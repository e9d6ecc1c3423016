"""What all readers share: opening a source, its name in messages, and one place where a damaged file becomes an error.

A reader of foreign bytes, NumPy's or Pillow's, may raise anything for a damaged file. `refusing_damage` turns it into a
DataError. Public readers are marked with `reads_foreign_bytes`, so that a list of exceptions is nowhere needed.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import IO, Any, TypeVar

from zoo_core.errors import DataError, ResourceError, ZooError

Source = Path | str | IO[Any]
Reader = TypeVar("Reader", bound=Callable[..., Any])
MAX_DEFLATE_RATIO = 1032  # no deflate stream expands by more (zlib's technical notes)
MAX_RATIO = 100  # by which compressed data may expand; images and tables of measurements stay far below
FREE_BYTES = 64 * 2**20  # that any file may expand to; $ZOO_MAX_SIZE raises it
OF_THE_PARSER = None, errno.EINVAL  # errno of an OSError that says nothing about the system: Pillow, a wrong offset
DAMAGED = "is damaged, or of a kind that is not read"


def source_name(source: Source) -> str:
    """Return the name of a path or an open file for messages."""
    return str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "the input"))


def cannot_read(where: object, error: OSError) -> ResourceError:
    """Return the error to raise when the operating system refuses to read."""
    return ResourceError(f"cannot read {where}: {error.strerror or error}")


@contextmanager
def refusing_damage(where: object, what: str = DAMAGED) -> Iterator[None]:
    """Raise DataError for whatever a parser raises inside the block, ResourceError where the system refuses to read.

    Errors of the zoo and MemoryError pass. `where` names the file, `what` says what is wrong with it.
    """
    try:
        yield
    except (ZooError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in OF_THE_PARSER:
            raise cannot_read(where, error) from error
        reason = (str(error).splitlines() or [""])[0][:80] or type(error).__name__
        raise DataError(f"{where}: {what} ({reason})") from error


def reads_foreign_bytes(read: Reader) -> Reader:
    """Mark a reader whose first argument is a source: what a parser raises in it becomes a DataError."""

    arguments = signature(read)

    @wraps(read)
    def reader(source: Source, *args: Any, **options: Any) -> Any:
        arguments.bind(source, *args, **options)  # a call with wrong arguments is no damage of the file
        with refusing_damage(source_name(source)):
            return read(source, *args, **options)

    return reader  # type: ignore[return-value]


def check_expansion(where: object, expanded: int, packed: int) -> None:
    """Raise DataError for compressed data that expand from `packed` bytes to far more memory than they justify."""
    if expanded > MAX_DEFLATE_RATIO * packed:
        raise DataError(f"{where}: claims more bytes than its compressed data can hold")
    check_growth(where, expanded, packed)


def check_growth(where: object, expanded: int, packed: int) -> None:
    """Raise DataError for data that take far more memory, `expanded` bytes, than the file justifies."""
    if expanded > allowed_size(packed):
        raise DataError(
            f"{where}: {packed:,} bytes expand to {expanded:,}, more than {MAX_RATIO} times as many; if you trust the "
            f"file, set ZOO_MAX_SIZE to {-(-expanded // 2**20)} (MiB), or save it without compression"
        )


def allowed_size(packed: int) -> int:
    """Return to how many bytes compressed data may expand that take `packed` bytes themselves."""
    return max(MAX_RATIO * packed, _free_bytes())


def _free_bytes() -> int:
    raised = os.environ.get("ZOO_MAX_SIZE", "")
    return max(FREE_BYTES, int(raised) * 2**20 if re.fullmatch("[0-9]{1,9}", raised) else 0)


def check_holes(where: object, stream: Any) -> None:
    """Raise DataError for a file that is mostly holes: it takes no room on the disk, and would take much memory."""
    try:
        state = os.fstat(stream.fileno())
        size, stored = state.st_size, 512 * state.st_blocks
    except (AttributeError, OSError):  # no file, or a system that does not say how much is stored
        return
    if size > max(MAX_RATIO * stored, _free_bytes()):
        raise DataError(f"{where}: of its {size:,} bytes only {stored:,} were ever written; get the whole file")


@contextmanager
def opened(source: Source) -> Iterator[Any]:
    """Open a path for reading bytes, or take a file that is already open.

    Raises DataError if the path is no regular file, because reading a pipe or a device might never end. Raises for the
    block as `refusing_damage` does.
    """
    with refusing_damage(source_name(source)):
        if not isinstance(source, (str, Path)):
            yield source
            return
        if not Path(source).is_file():
            raise DataError(f"{source}: is not a file" if Path(source).exists() else f"{source}: there is no such file")
        with Path(source).open("rb") as stream:
            # Files of the kernel claim no bytes and may give some for ever.
            yield stream if os.fstat(stream.fileno()).st_size else io.BytesIO()
