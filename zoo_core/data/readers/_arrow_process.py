"""A table of Parquet or Arrow as text, written to standard output by a process of its own.

arro3 reads foreign bytes. Damaged ones may end its process, and a small page may expand to more than the memory. Here
neither harms the process that wants the table. This module imports nothing of the zoo, so that it takes little memory.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

PARQUET = ".parquet", ".pq"
CELLS = 2**15  # that are read at a time
TEXT_ROWS = 64  # that are read at a time where columns hold texts: many cells may share a long one
SMALL = 2**22  # bytes of a file whose pages are few, or little ones
AT_ONCE = 16  # as many rows are in a batch of a temporary file
WIDER = 4  # a cell takes no more bytes in a temporary file than this times those of its text
OWN = 2**28  # bytes of addresses that Python and arro3 take themselves
TIMES = "date", "time", "timestamp"
KNOWN = "numeric", "decimal", "boolean", "null", *TIMES
TEXTS = "string", "large_string", "string_view"


def write_table(path: str, out: IO[bytes]) -> None:
    """Write a line of JSON that describes each column, and then the rows, without a header.

    The description of a column is its name, whether it holds texts, and whether its type is one of categories. At its
    end is the name of a type that no table has, or "".
    """
    library = import_module("arro3.io")
    schema = (library.read_parquet if path.lower().endswith(PARQUET) else library.read_ipc)(path).schema
    columns = [(field.name, *_described(field.type)) for field in schema]
    out.write(json.dumps(columns).encode() + b"\n")
    if any(unknown for *_, unknown in columns):
        return
    has_texts = any(is_text for _, is_text, *_ in columns)
    rows = max(1, min(TEXT_ROWS if has_texts else CELLS, CELLS // max(1, len(columns))))
    batches = _batches(path, schema, rows, rows if has_texts else AT_ONCE * rows)
    while (batch := next(batches, None)) is not None:
        for begin in range(0, batch.num_rows, rows):
            library.write_csv(batch.slice(begin, min(rows, batch.num_rows - begin)), out, header=False)
        batch = None  # its memory is free before the next one is read


def _batches(path: str, schema: Any, rows: int, at_once: int) -> Any:
    """Return an iterator of batches: of `rows` rows, of `at_once` in temporary files, or of as many as the file has."""
    library, is_parquet, batches = import_module("arro3.io"), path.lower().endswith(PARQUET), None
    is_changed = is_parquet and any(map(_is_boolean_dictionary, (field.type for field in schema)))
    if is_changed or Path(path).stat().st_size > SMALL:
        from zoo_core.data.readers import _large_batches, _wide_parquet  # late: few tables need them

        if is_parquet:
            batches = _wide_parquet.wide_batches(path, at_once, is_changed)
        else:
            batches = _large_batches.small_batches(path, [_layout(field.type) for field in schema])
    return batches or (library.read_parquet(path, batch_size=rows) if is_parquet else library.read_ipc(path))


def _described(kind: Any) -> tuple[bool, bool, str]:
    """Return whether a type is one of texts, whether it is one of categories, and its name if it is none of a table.

    The encoding of a column does not count: Parquet stores plain texts and numbers in dictionaries, too.
    """
    kinds, shown = type(kind), str(kind).partition("<")[2].rpartition(">")[0]
    is_dictionary = kinds.is_dictionary(kind)
    kind = kind.value_type if is_dictionary else kind
    is_text, is_known, is_time = (_is_any(kind, names) for names in (TEXTS, KNOWN, TIMES))
    return is_text, is_dictionary and not is_time, "" if is_text or is_known else shown


def _is_boolean_dictionary(kind: Any) -> bool:
    """Return whether a type is one of categories that are true and false, which arro3 does not read from Parquet."""
    return bool(type(kind).is_dictionary(kind) and type(kind).is_boolean(kind.value_type))


def _is_any(kind: Any, names: Iterable[str]) -> bool:
    return any(getattr(type(kind), f"is_{name}")(kind) for name in names)


def _layout(kind: Any) -> str:
    """Return the name of a type that holds no value of as many bytes in each row, else ""."""
    return next((name for name in (*TEXTS, "boolean", "null") if getattr(type(kind), f"is_{name}")(kind)), "")


def limit_memory(size: int) -> None:
    """Let this process ask for no more memory than `size` bytes, where the system can see to it; limit files, too."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size + OWN, size + OWN))
        resource.setrlimit(resource.RLIMIT_FSIZE, (WIDER * size, WIDER * size))


def main(path: str, size: str) -> None:
    """Write the table in a file, with at most `size` bytes of memory; what goes wrong is the last line of errors."""
    limit_memory(int(size))
    try:
        write_table(path, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except BaseException as error:  # a panic of arro3 is no Exception
        sys.exit(" ".join(str(error).split()) or type(error).__name__)
