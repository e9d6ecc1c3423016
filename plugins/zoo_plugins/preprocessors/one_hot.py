"""Categories as columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from zoo_core.errors import DataError
from zoo_core.parts import Array, Preprocessor
from zoo_plugins.preprocessors._groups import check_array, check_values, names_of
from zoo_plugins.preprocessors.scaling import chunks

MOST = 10_000  # prepared columns


@dataclass
class OneHot(Preprocessor):
    """A column of 0 and 1 for each value that a column has in the training rows; a missing value counts as one.

    As scikit-learn's `OneHotEncoder`. A column with a single value is left out. `unknown` is the rule for values that
    the training rows lack: "ignore" writes 0 in all columns, "error" refuses the row.
    """

    name = "one_hot"
    state = ("values", "sizes", "missing")
    wants_columns = True
    unknown: Literal["ignore", "error"] = "ignore"

    @property
    def refuses_unknown(self) -> bool:  # type: ignore[override]
        """Whether a category that the columns lack is refused as it is read."""
        return self.unknown == "error"

    def fit(self, x: Any) -> None:
        """Find the different values of each column. Raises DataError for more than 10,000 in all."""
        found = [np.empty(0)] * x.shape[1]
        for chunk in chunks(x):
            found = [np.union1d(old, column) for old, column in zip(found, chunk.T, strict=True)]
            if sum(map(len, found)) > MOST:
                self._refuse([len(values) for values in found])
        present = [values[~np.isnan(values)] for values in found]
        self.sizes = np.array([len(values) for values in present], np.int64)
        self.missing = np.array([len(a) < len(b) for a, b in zip(present, found, strict=True)], np.uint8)
        self.values = np.concatenate([*present, np.empty(0)])

    def _refuse(self, counts: list[int]) -> None:
        name = names_of(self.columns, len(counts))[int(np.argmax(counts))]
        raise DataError(
            f"preprocessor {self.name!r}: column {name} and others have more than {MOST:,} different values; "
            "a column that differs in nearly every row tells nothing of new rows: leave it out"
        )

    def check_state(self, inputs: int) -> None:
        """Check the shapes, that the sizes add up, and that the values ascend and are those of the columns."""
        check_array("values", self.values, (-1,))
        check_array("sizes", self.sizes, (inputs,), np.int64)
        check_array("missing", self.missing, (inputs,), np.uint8)
        check_values("sizes", self.sizes, (self.sizes < 0) | (self.sizes > MOST), f"is from 0 to {MOST}")
        if self.sizes.sum() != len(self.values):
            raise ValueError(f"sizes adds up to {self.sizes.sum()}, and there are {len(self.values)} values")
        check_values("missing", self.missing, self.missing > 1, "is 0 or 1")
        for at, values, _ in self._widths():
            check_values("values", values[1:], values[1:] <= values[:-1], f"ascends in column {at}")
            self._check_codes(at, values)

    def _check_codes(self, at: int, values: Array) -> None:
        """Raise ValueError for values that are no codes of the categories of their column."""
        if self.columns and self.columns[at].kind == "category":
            count = len(self.columns[at].categories)
            wrong = (values % 1 != 0) | (values < -1) | (values >= count)  # -1 is a category that the column lacks
            check_values("values", values, wrong, f"column {self.columns[at].name!r} has {count} categories")

    def output_width(self, inputs: int) -> int:
        """Return the number of all values."""
        return sum(width for _, _, width in self._widths())

    def _widths(self) -> Iterator[tuple[int, Array, int]]:
        """Yield the index of each column, its values, and how many columns are written for it."""
        starts = np.cumsum(self.sizes) - self.sizes
        for at, (start, size) in enumerate(zip(starts.tolist(), self.sizes.tolist(), strict=True)):
            width = size + int(self.missing[at] > 0)
            yield at, self.values[start : start + size], width if width > 1 else 0

    def output_names(self) -> list[str]:
        """Return such as "sex=female" for each column."""
        if not self.columns:
            return []
        names = []
        for at, values, width in self._widths():
            column = self.columns[at]
            texts = [self._text(at, value) for value in values.tolist()] + ["?"] * int(self.missing[at] > 0)
            names += [f"{column.name}={text}" for text in texts[:width]]
        return names

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return the values of each column in the training rows, and how many columns are written for it."""
        found = []
        for at, values, width in self._widths():
            missing = {"missing values": "a category of their own"} if self.missing[at] else {}
            texts = [self._text(at, value) for value in values.tolist()]
            found.append({"columns": width, "categories": texts, **missing})
        return found

    def _text(self, at: int, value: float) -> str:
        texts = self.columns[at].categories if self.columns else ()
        return texts[int(value)] if 0 <= value < len(texts) else f"{value:g}"

    def transform(self, x: Array, out: Array) -> None:
        """Write the columns. Raises DataError for an unknown value, if the rule says so."""
        out.fill(0)
        start = 0
        for at, values, width in self._widths():
            places = self._find(x[:, at], values, at)
            if width:
                rows = np.flatnonzero(places >= 0)
                out[rows, start + places[rows]] = 1
            start += width

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the columns; with unknown = "error", a value that `transform` refuses makes its row NaN."""
        found: list[Any] = []
        refused: Any = False
        for at, values, width in self._widths():
            column = x[:, at : at + 1]
            known = [column == values] if len(values) else []
            known += [np.isnan(column)] if self.missing[at] else []
            found += known if width else []
            refused = refused | ~np.hstack(known).any(axis=1, keepdims=True)
        result = np.hstack(found).astype(graph.dtype)
        return np.where(refused, graph.dtype.type(np.nan), result) if self.unknown == "error" else result

    def _find(self, column: Array, values: Array, at: int) -> Array:
        """Return the place of each value, shape (rows,); -1 if the training rows lack it."""
        places = np.searchsorted(values, column).clip(0, max(len(values) - 1, 0))
        known = values[places] == column if len(values) else np.zeros(len(column), bool)
        found = np.where(known, places, -1)
        if self.missing[at]:
            found[np.isnan(column)] = len(values)
        if self.unknown == "error" and (found < 0).any():
            self._refuse_value(column[np.argmax(found < 0)], at)
        return found

    def _refuse_value(self, value: float, at: int) -> None:
        name = names_of(self.columns, len(self.sizes))[at]
        shown = "a missing value" if np.isnan(value) else f"the value {self._text(at, value)!r}"
        shown = "a value" if value < 0 and self.columns else shown
        raise DataError(
            f"column {name} has {shown} that no training row has; with unknown = 'ignore' it would count as none"
        )


PARTS = (OneHot,)
