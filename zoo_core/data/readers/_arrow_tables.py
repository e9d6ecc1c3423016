"""Tables in files of Parquet or Arrow as text. Another process reads them: a page of each column at a time."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

from zoo_core.data.readers._columns_text import ERRORS, ColumnsText, csv_lines
from zoo_core.data.readers._contents import kept
from zoo_core.data.readers._open import DAMAGED, OF_THE_PARSER, allowed_size, cannot_read, check_growth, refusing_damage
from zoo_core.errors import DataError, PluginError, ZooError

PIECE = 2**18  # bytes that are taken at a time
BOOT = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "from zoo_core.data.readers._arrow_process import main; main(*sys.argv[1:3])"
)


def read_arrow(path: Path) -> ColumnsText:
    """Return the table in a file of Parquet or Arrow.

    Raises DataError if the file is damaged, has columns of lists or the like, or expands to far more than it holds.
    """
    with _reader(path) as stream:
        columns = json.loads(stream.readline() or "[]")
        for name, *_, unknown in columns:
            if unknown:
                raise DataError(f"{path}: column {name!r} holds {unknown}; a table has numbers, texts or dates")
        header = next(csv_lines([[name for name, *_ in columns]])).encode(errors=ERRORS)
        text = kept(chain([header], _pieces(stream, path)), str(path))
    texts = tuple(name for name, is_text, *_ in columns if is_text)
    categories = tuple(name for name, _, is_category, _ in columns if is_category)
    note = f"arro3 reads the columns of the {path.suffix} file"
    return ColumnsText(str(path), text.open, text.size, texts, note, categories=categories)


def _pieces(stream: IO[bytes], path: Path) -> Iterator[bytes]:
    size, stored = 0, path.stat().st_size
    while piece := stream.read(PIECE):
        size += len(piece)
        check_growth(path, size, stored)
        yield piece


@contextmanager
def _reader(path: Path) -> Iterator[IO[bytes]]:
    """Give the output of the process that reads a file. Raises DataError at the end if that has failed."""
    import subprocess  # late, as in `kept`
    import tempfile

    size = allowed_size(path.stat().st_size)
    command = [sys.executable, "-I", "-c", BOOT, str(path.absolute()), str(size), *sys.path]
    with tempfile.TemporaryFile() as errors:
        with refusing_damage(path):
            path.open("rb").close()  # what the system says against it is told as for other files
            child: Any = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield child.stdout
        except BaseException:
            child.kill()
            raise
        finally:
            child.stdout.close()
            child.wait()
        if child.returncode:
            raise _failure(path, errors, size)


def _failure(path: Path, errors: IO[bytes], size: int) -> ZooError:
    """Return the error to raise for what a process has written before it failed."""
    errors.seek(0)
    lines = errors.read(PIECE).decode(errors="replace").splitlines() or ["the process that reads it has ended"]
    if any("memory allocation of" in line or f"[Errno {errno.EFBIG}]" in line for line in lines):
        check_growth(path, size + 1, path.stat().st_size)
    refused = re.search(r"\[Errno ([0-9]+)\] ([^:]*)", lines[-1])
    if refused and int(refused[1]) not in OF_THE_PARSER:
        return cannot_read(path, OSError(int(refused[1]), refused[2]))
    if missing := re.search(r"No module named '([a-z0-9.]+)'", lines[-1]):
        why = f"{path}: large batches that are compressed are read with {missing[1]}, which is not installed"
        return PluginError(f"{why}; pip install 'mlp-zoo[tables]', or save the table as Parquet")
    return DataError(f"{path}: {DAMAGED} ({lines[-1][:80]})")
