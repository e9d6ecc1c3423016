"""Data frames, mappings and structured arrays as arrays of numbers, with the columns matched by their names."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array, Column

MAX_LISTED = 8  # names in a message
NAMED = {"Interval", "Period"}  # types of pandas


class FrameColumns(dict[str, Array]):
    """The columns of a frame by name, each shape (rows,).

    `categories` has the names of those that the frame declares as categories, whatever their values are.
    """

    def __init__(self, columns: Mapping[str, Array], categories: Iterable[str] = ()) -> None:
        super().__init__(columns)
        self.categories = frozenset(categories)

    def only(self, names: Iterable[str]) -> FrameColumns:
        """Return some of the columns, those that are there."""
        return FrameColumns({name: self[name] for name in names if name in self}, self.categories)


def is_frame(value: Any) -> bool:
    """Return whether a value has columns with names: a data frame, a mapping of columns, or a structured array.

    So do a list of mappings, one for each row, and a mapping of numbers or a series with their names, for one row.
    """
    if isinstance(value, np.ndarray):
        return value.dtype.names is not None
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(row, Mapping) for row in value)
    return isinstance(value, Mapping) or any(hasattr(type(value), a) for a in ("columns", "column_names"))


def frame_columns(frame: Any) -> FrameColumns:
    """Return the columns of a frame by name, each shape (rows,). Raises DataError for what is no frame."""
    if isinstance(frame, FrameColumns):
        return frame
    if isinstance(frame, np.ndarray):
        return FrameColumns({name: frame[name] for name in frame.dtype.names or ()})
    if isinstance(frame, (list, tuple)):
        return _columns_of_rows(frame)
    if isinstance(frame, Mapping):
        given = _named_apart(_columns_of_row(frame).items())
        columns = {name: _plain_array(column, name) for name, column in given.items()}
        return FrameColumns(columns, (name for name, column in given.items() if _is_declared(column)))
    import narwhals as nw  # late: most calls pass arrays

    try:
        own = nw.from_native(frame)
        own = own.collect() if isinstance(own, nw.LazyFrame) else own
        found = list(own.iter_columns())
        columns = {name: _as_array(column) for name, column in _named_apart((c.name, c) for c in found).items()}
        return FrameColumns(columns, (str(column.name) for column in found if _is_declared(column)))
    except (MemoryError, DataError):
        raise
    except Exception as error:  # a foreign frame may raise anything
        raise DataError(f"a {type(frame).__name__} cannot be read as a table: {error}") from error


def _is_declared(column: Any) -> bool:
    """Return whether a column of pandas, polars, pyarrow or narwhals is declared to be of categories."""
    dtype = getattr(column, "dtype", None) or getattr(column, "type", None)
    return str(dtype).lower().startswith(("category", "categorical", "enum", "dictionary"))


def _named_apart(columns: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Return columns by their names as texts. Raises DataError for two of the same text, such as 1 and "1"."""
    found: dict[str, Any] = {}
    for name, column in columns:
        if str(name) in found:
            raise DataError(f"two columns are called {str(name)!r}; give each a name of its own")
        found[str(name)] = column
    return found


def _plain_array(values: Any, name: str) -> Array:
    """Return a sequence as an array, without making texts of the numbers beside texts; a masked value is None."""
    if "numpy.ma" in sys.modules and np.ma.is_masked(values):
        values = values.astype(object).filled(None)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise DataError(f"column {name!r} is no array: the rows differ in length") from error
    is_mixed = array.dtype.kind in "US" and not hasattr(values, "dtype") and not all(isinstance(v, str) for v in values)
    return np.asarray(values, object) if is_mixed else _plain_values(array)


def _columns_of_row(columns: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return a mapping of columns; that of a single row has numbers or texts in place of columns."""
    is_row = columns and all(isinstance(value, (str, bytes)) or _is_scalar(value) for value in columns.values())
    return {name: [value] for name, value in columns.items()} if is_row else columns


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (list, tuple)) and np.ndim(value) == 0


def _columns_of_rows(rows: Sequence[Mapping[Any, Any]]) -> FrameColumns:
    """Return the columns of a list of rows. Raises DataError if a row lacks a name that the first has."""
    for number, row in enumerate(rows):
        missing = [name for name in rows[0] if name not in row]
        if missing:
            raise DataError(f"row {number} (from 0) has no {missing[0]!r}, which row 0 has; give each row all names")
    return FrameColumns({str(name): _plain_array([row[name] for row in rows], str(name)) for name in rows[0]})


def _as_array(series: Any) -> Array:
    """Return a column of a frame as an array; a missing number is NaN."""
    if series.dtype.is_numeric() and series.null_count():
        import narwhals as nw

        series = series.cast(nw.Float64)
    array: Array = series.to_numpy()
    return _plain_values(array)


def _plain_values(array: Array) -> Array:
    """Return numbers for the decimals of a database, and for intervals and periods the texts that a file would have."""
    types = {type(value).__name__ for value in array.tolist()} if array.dtype == object and array.ndim == 1 else set()
    if "Decimal" in types and types <= {"Decimal", "NoneType", "float"}:
        return array.astype(np.float64)
    if types & NAMED:
        return np.array([str(v) if type(v).__name__ in NAMED else v for v in array.tolist()], object)
    return array


def match_columns(frame: Any, names: Sequence[str], width: int, what: str, model: str) -> Array:
    """Return the columns of a frame that a model needs, shape (rows, width).

    They are matched by name, in any order, and others are left out. A model without names takes them in their order.
    `what` is "inputs" or "targets". Raises DataError if one is missing, or holds no numbers.
    """
    columns = _with_plain_names(frame_columns(frame), names)
    chosen = _named(columns, names, what, model) if names else list(columns)
    if len(chosen) != width:
        raise DataError(f"{what} have {len(chosen)} columns, and model {model!r} needs {width}")
    arrays = [_numbers(columns[name], name, what) for name in chosen]
    _check_lengths(arrays, what)
    return np.column_stack(arrays)


def described_matrix(frame: Any, columns: Sequence[Column], missing: Sequence[str], what: str, model: str) -> Array:
    """Return the columns of a frame as the numbers that a model takes, shape (rows, columns).

    They are matched by name; the columns of an array of texts and numbers are taken in their order. `missing` are
    texts that stand for a missing value. Raises DataError for a missing column, or a value that its column cannot have.
    """
    if isinstance(frame, np.ndarray) and frame.dtype.names is None:
        given = {column.name: frame[:, at] for at, column in enumerate(columns)}
    else:
        names = [column.name for column in columns]
        given = _with_plain_names(frame_columns(frame), names)
        _named(given, names, what, model)
    arrays = [_described_values(given[column.name], column, missing, what) for column in columns]
    _check_lengths(arrays, what)
    return np.column_stack(arrays)


def _described_values(values: Array, column: Column, missing: Sequence[str], what: str) -> Array:
    from zoo_core.data.readers.values import ValueFaultError, column_values, typed_array

    if values.ndim != 1:
        raise DataError(f"{what}: column {column.name!r} has shape {values.shape}, not (rows,)")
    try:
        return column_values(typed_array(column.name, values, column.kind, missing), column)
    except ValueFaultError as fault:
        raise DataError(f"{what}: column {column.name!r}, row {fault.row} (from 0): {fault}") from None


def _check_lengths(arrays: Sequence[Array], what: str) -> None:
    if len({len(array) for array in arrays}) > 1:
        raise DataError(f"{what}: the columns differ in length: {', '.join(str(len(array)) for array in arrays[:8])}")


def _with_plain_names(columns: dict[str, Array], names: Sequence[str]) -> dict[str, Array]:
    """Return columns also by their names without blanks around them, as a file is read, where a name is missing."""
    if all(name in columns for name in names):
        return columns
    return {**{str(name).strip(): array for name, array in columns.items()}, **columns}


def _named(columns: Mapping[str, Array], names: Sequence[str], what: str, model: str) -> Sequence[str]:
    missing = [name for name in names if name not in columns]
    if not missing:
        return names
    listed = ", ".join(map(repr, missing[:MAX_LISTED])) + (", ..." if len(missing) > MAX_LISTED else "")
    hint = nearest(missing[0], [name for name in columns if name not in names])
    raise DataError(
        f"{what} lack {len(missing)} of the {len(names)} columns of model {model!r}: {listed}"
        f"{hint}; name the columns as in training, or give a plain array in their order"
    )


def _numbers(column: Array, name: str, what: str) -> Array:
    """Return a column as numbers (rows,). Raises DataError if it holds anything else."""
    if column.dtype.kind == "O" and all(_is_number(value) for value in column.tolist()):
        try:
            column = column.astype(np.float64)  # None becomes NaN, which is refused with its row
        except OverflowError as error:
            raise DataError(f"{what}: column {name!r} has a number above all floats: {error}") from error
    if column.ndim != 1 or column.dtype.kind not in "buif":
        raise DataError(f"{what}: column {name!r} holds {column.dtype} of shape {column.shape}, not numbers (rows,)")
    return column


def _is_number(value: Any) -> bool:
    return value is None or (not isinstance(value, (str, bytes)) and hasattr(value, "__float__"))
