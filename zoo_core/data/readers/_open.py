"""What all readers share: opening a source, its name in messages, and one place where a damaged file becomes an error.

A reader of foreign bytes, NumPy's or Pillow's, may raise anything for a damaged file. `refusing_damage` turns it into a
DataError. Public readers are marked with `reads_foreign_bytes`, so that a list of exceptions is nowhere needed.
"""

from __future__ import annotations

import errno
import io
import os
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
            raise DataError(f"{source}: is not a file" if Path(source).exists() else f"{source}: does not exist")
        with Path(source).open("rb") as stream:
            # Files of the kernel claim no bytes and may give some for ever.
            yield stream if os.fstat(stream.fileno()).st_size else io.BytesIO()
