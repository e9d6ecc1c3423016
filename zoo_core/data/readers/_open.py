"""What all readers share: the name of a source in messages, opening it, and errors of the operating system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from zoo_core.errors import DataError, ResourceError

Source = Path | str | IO[Any]
MAX_DEFLATE_RATIO = 1032  # no deflate stream expands by more (zlib's technical notes)


def source_name(source: Source) -> str:
    """Return the name of a path or an open file for messages."""
    return str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", "the input"))


def cannot_read(where: object, error: OSError) -> ResourceError:
    """Return the error to raise when the operating system refuses to read."""
    return ResourceError(f"cannot read {where}: {error.strerror or error}")


@contextmanager
def opened(source: Source) -> Iterator[Any]:
    """Open a path for reading bytes, or take a file that is already open.

    Raises DataError if the path is no regular file, because reading a pipe might never end. An OSError, also one from
    inside the block, is raised as ResourceError.
    """
    try:
        if not isinstance(source, (str, Path)):
            yield source
            return
        if not Path(source).is_file():
            raise DataError(f"{source}: is not a file" if Path(source).exists() else f"{source}: does not exist")
        with Path(source).open("rb") as stream:
            yield stream
    except OSError as error:
        raise cannot_read(source_name(source), error) from error
