"""Which reader reads a table is said by the ending of its file, here and nowhere else.

Files with an ending that a plugin reads come as columns. They are passed on as a text table in the default format, so
that all that follows is the same.
"""

from __future__ import annotations

import io
from itertools import chain
from pathlib import Path
from typing import Any

from zoo_core.data.readers._binary_tables import BINARY_ENDINGS, read_binary
from zoo_core.data.readers._columns_text import ColumnsText, csv_lines, kept_text
from zoo_core.data.readers._contents import Contents, file_contents
from zoo_core.data.readers._open import Source, check_holes, opened, source_name
from zoo_core.data.readers._text import Raw
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.parts import Array

PLAIN_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data")  # usual ones; a table of text may have any other
TABLE_ENDINGS = (*PLAIN_ENDINGS, ".gz", *BINARY_ENDINGS)


def read_table(source: Source | Contents) -> tuple[str, Raw]:
    """Return the name of a source and what is in it.

    A path gives contents that can be read again and again, an open file all its bytes or its text. The reader of a
    plugin, and that of Parquet, Arrow or Excel, gives `ColumnsText`.
    """
    if isinstance(source, Contents):
        return source.where, source
    where = source_name(source)
    if isinstance(source, (str, Path)) and (table := _other_table(Path(source))) is not None:
        return where, table
    with opened(source) as stream:
        check_holes(where, stream)
        if isinstance(source, (str, Path)) and isinstance(stream, io.BufferedReader):
            return where, file_contents(source)
        return where, stream.read()


def _other_table(path: Path) -> ColumnsText | None:
    """Return the table in a file that the reader of a plugin or of the extra `tables` reads by its ending, or None.

    Raises PluginError if the reader fails, breaks its contract or lacks its library. Raises DataError if the file has
    no rows.
    """
    if not path.suffix or path.suffix.lower() in PLAIN_ENDINGS:
        return None
    from zoo_core.registry import Registry, read_columns, reader_of

    registry = Registry()
    if reader_of(path, registry) is not None:
        return _as_text(read_columns(path, registry), str(path))
    return read_binary(path) if path.suffix.lower() in BINARY_ENDINGS and path.is_file() else None


def _as_text(columns: dict[str, Array], where: str) -> ColumnsText:
    rows = zip(*(map(_cell, column.tolist()) for column in columns.values()), strict=True)
    text = kept_text(csv_lines(chain((columns,), rows)), where)
    return ColumnsText(where, text.open, text.size)


def _cell(value: Any) -> str:
    """Return a value with the digits that give it again; NaN is a missing value."""
    return "" if value != value else str(value)


def declared_kinds(raw: Raw) -> dict[str, str]:
    """Return the kinds of columns that a file itself says, by name."""
    return dict.fromkeys(raw.categories, "category") if isinstance(raw, ColumnsText) else {}


def format_of(raw: Raw, form: TableFormat) -> TableFormat:
    """Return how a table is written: as `form` says, or as the columns of a plugin are."""
    return raw.FORMAT if isinstance(raw, ColumnsText) else form
