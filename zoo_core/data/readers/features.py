"""Tables to predict from: read as the model's own table was, with the columns matched by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from zoo_core.data.readers._cells import is_number
from zoo_core.data.readers._contents import Contents
from zoo_core.data.readers._open import Source, reads_foreign_bytes
from zoo_core.data.readers._rows import RowReader
from zoo_core.data.readers._text import Raw, is_beyond_ascii
from zoo_core.data.readers.feature_table import FeatureTable
from zoo_core.data.readers.table_format import DELIMITERS, TableFormat
from zoo_core.data.readers.table_reader import TableReader, other_delimiter
from zoo_core.data.readers.tables import format_of, read_table
from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array, Column


@reads_foreign_bytes
def read_features(
    source: Source | Contents, feature_names: Sequence[str], features: int | None = None,
    options: Mapping[str, Any] | None = None, columns: Sequence[Column] = (), gaps: bool = False,
) -> Array:  # fmt: skip
    """Read a text table to predict from.

    With a header, columns are matched by name, in any order; others, such as the target, are left out. If the first
    row has numbers or the model has no names, columns are taken in their order.

    Args:
        source: a path or an open file, as in `read_csv`.
        feature_names: the names of the model's features; empty if it has none.
        features: the number of the model's features, if there are no names.
        options: those of the data set that the model was trained on; a table is read by them.
        columns: what the features are, if the model says so; NaN is a missing value then.
        gaps: whether values may be missing.

    Returns:
        Inputs, float64, shape (rows, features).

    Raises:
        DataError: as in `read_csv`, or a feature is missing.
        ResourceError: the file cannot be opened.

    Example:
        x = read_features("new-flowers.csv", model.about.feature_names)
        model.predict(x)
    """
    return open_features(source, feature_names, features, options, columns, gaps).read()


@reads_foreign_bytes
def open_features(
    source: Source | Contents, feature_names: Sequence[str], features: int | None = None,
    options: Mapping[str, Any] | None = None, columns: Sequence[Column] = (), gaps: bool = False,
) -> FeatureTable:  # fmt: skip
    """Open a text table to predict from; as `read_features`, but its rows are not read yet."""
    where, raw = read_table(source)
    form = stored_format(raw, options or {}, where, feature_names)
    first = _first_cells(raw, form, where)
    numeric = [is_number(cell) for cell in first]
    known = bool(feature_names) and set(feature_names) <= set(first)
    if not known and (options or {}).get("header") is False:
        numeric = [True]
    without = all(numeric) or (not feature_names and any(numeric))
    form = format_of(raw, replace(form, header=known or not without))
    table = TableReader(raw, form, where)
    is_named = feature_names and form.header
    width = len(feature_names) or features
    places = _named_places(table, feature_names) if is_named else _places(table, width, options or {}, feature_names)
    return FeatureTable(table, places, columns, gaps)


def stored_format(raw: Raw, options: Mapping[str, Any], where: str, names: Sequence[str] = ()) -> TableFormat:
    """Return the format that a model's options say, with the delimiter of the file where theirs does not divide it.

    It does not where it gives one cell, or not all of the given names, and another delimiter gives them. A file that
    plainly is UTF-8 is read as such: in another encoding its texts would be others, and no category would be known.
    """
    try:
        form = TableFormat.from_options(options)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: the model does not say how its table is written: {error}") from error
    if form.encoding != "utf-8" and is_beyond_ascii(raw, where):
        form = replace(form, encoding="utf-8")
    if names and (own := _format_with(names, raw, form, where)):
        return own
    other = other_delimiter(_first_cells(raw, form, where), form.delimiter)
    return replace(form, delimiter=other) if other else form


def _format_with(names: Sequence[str], raw: Raw, form: TableFormat, where: str) -> TableFormat | None:
    """Return the first format, of the given one and those with another delimiter, in which the first line has names."""
    for own in (form, *(replace(form, delimiter=delimiter) for delimiter in DELIMITERS)):
        with suppress(DataError):  # quotes end elsewhere with another delimiter
            if set(names) <= set(_first_cells(raw, own, where)):
                return own
    return None


def _first_cells(raw: Raw, form: TableFormat, where: str) -> list[str]:
    first = RowReader(raw, form, where).next_row()
    if first is None:
        raise DataError(f"{where}: is empty")
    return [cell.strip() for cell in first.cells]


def _named_places(table: TableReader, wanted: Sequence[str]) -> list[int]:
    """Return the index of each wanted column. Raises DataError for missing ones."""
    known = {name: i for i, name in enumerate(table.names)}
    missing = [name for name in wanted if name not in known]
    if missing:
        hint = nearest(missing[0], [name for name in table.names if name and name not in wanted])
        if len(missing) == len(wanted) and any(map(is_number, table.names)):
            hint = f"; its first line, {', '.join(table.names[:4])[:60]}, is read as names: write them above it"
        listed = ", ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
        raise DataError(f"{table.where}: lacks {len(missing)} of the model's {len(wanted)} features: {listed}{hint}")
    return [known[name] for name in wanted]


def _places(
    table: TableReader, features: int | None, options: Mapping[str, Any], names: Sequence[str] = ()
) -> list[int]:  # fmt: skip
    """Return the places of the features in a table without names: all columns, or those that training took."""
    columns = table.columns
    if features is None or len(columns) == features:
        return columns
    own = options.get("features")
    targets = options["target"] if isinstance(options.get("target"), list) else [options.get("target")]
    taken = own if own is not None else [*targets, *map(options.get, ("weights", "group", "time"))]
    there = range(-len(columns), len(table.names))
    places = [table.index(column) for column in taken if isinstance(column, int) and column in there]
    places = [i for i in places if i in columns]
    found = places if own is not None else [i for i in columns if i not in places]
    if own is None:
        found = _numbered_places(names, columns, options.get("columns") or {}, targets) or found
    if len(found) != features:
        raise DataError(f"{table.where}: has {len(columns)} columns, but the model has {features} features")
    return found


def _numbered_places(
    names: Sequence[str], columns: Sequence[int], kinds: Mapping[str, Any], targets: Sequence[Any]
) -> list[int]:  # fmt: skip
    """Return the places of features whose names are their numbers, in a table with or without the targets, or []."""
    numbers = {int(name) for name in (*names, *kinds) if name.isascii() and name.isdigit()}
    known = sorted(numbers | {target for target in targets if isinstance(target, int)})
    for own in (known, [number for number in known if number not in targets]):
        if len(own) == len(columns) and all(name.isdigit() and int(name) in own for name in names):
            return [columns[own.index(int(name))] for name in names]
    return []
