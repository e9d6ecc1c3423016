"""The preprocessor of tables: each kind of column has one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from zoo_core.errors import DataError, SpecError
from zoo_core.parts import Array, Column, Preprocessor
from zoo_plugins.preprocessors._groups import ChangedRows, check_array, check_places, names_of, sample
from zoo_plugins.preprocessors.dates import DateParts
from zoo_plugins.preprocessors.one_hot import OneHot
from zoo_plugins.preprocessors.scaling import Standard, chunks


@dataclass
class TablePreprocessor(Preprocessor):
    """Prepares the columns of a table by their kinds, and writes all side by side: numbers, categories, dates.

    As scikit-learn's `ColumnTransformer` with `SimpleImputer`, `StandardScaler` and `OneHotEncoder`.

    number: for numbers and booleans, whose missing values are filled first; category: for categories; date: for dates.
    missing: what a missing number becomes, the median or the mean of its column in the training rows, or 0; "error"
    refuses it. missing_flags: write a column of 0 and 1 for each column that lacks numbers in the training rows.
    A number that does not vary in the training rows is left out.
    """

    name = "table"
    state = ("fill", "kept", "flagged")
    wants_columns = True
    wants_targets = True
    wants_weights = True
    number: Preprocessor = field(default_factory=Standard)
    category: Preprocessor = field(default_factory=OneHot)
    date: Preprocessor = field(default_factory=DateParts)
    missing: Literal["median", "mean", "zero", "error"] = "median"
    missing_flags: bool = False

    @property
    def refuses_unknown(self) -> bool:  # type: ignore[override]
        """Whether the preprocessor of the categories refuses one that its columns lack."""
        return self.category.refuses_unknown

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Take the columns, and tell each preprocessor inside its own."""
        super().set_columns(columns)
        numbers, categories, dates = self._places(len(columns))
        kept = numbers[self.kept] if hasattr(self, "kept") and len(columns) else numbers
        for part, places in ((self.number, kept), (self.category, categories), (self.date, dates)):
            part.set_columns([columns[i] for i in places])

    def _places(self, inputs: int) -> tuple[Array, Array, Array]:
        """Return the indices of numbers and booleans, of categories and of dates; without columns all are numbers."""
        kinds = [column.kind for column in self.columns] or ["number"] * inputs
        groups = (("number", "boolean"), ("category",), ("date",))
        numbers, categories, dates = (np.array([i for i, k in enumerate(kinds) if k in g], np.int64) for g in groups)
        return numbers, categories, dates

    # -------------------------------------------------------------- learning

    def fit(self, x: Any) -> None:
        """Learn each group. Raises DataError where no column varies, or for a missing number that is an error."""
        numbers = self._places(x.shape[1])[0]
        self._fit_numbers(x, numbers)
        self.set_columns(self.columns)
        for part, places, width in self._groups(x.shape[1]):
            if width:
                self._fit_group(part, ChangedRows(x, width, partial(self._filled, places)))
        if not self.output_width(x.shape[1]):
            raise DataError(f"preprocessor {self.name!r}: no column varies in the training rows")

    def _fit_numbers(self, x: Any, numbers: Array) -> None:
        """Learn what fills a gap in each number, which numbers vary, and which lack values."""
        low, high = np.full(len(numbers), np.inf), np.full(len(numbers), -np.inf)
        gaps = np.zeros(len(numbers), np.int64)
        for chunk in chunks(x):
            values = chunk[:, numbers]
            low, high = np.fmin(low, np.fmin.reduce(values)), np.fmax(high, np.fmax.reduce(values))
            gaps += np.isnan(values).sum(axis=0)
        if self.missing == "error" and gaps.any():
            self._refuse_gap(int(numbers[np.argmax(gaps > 0)]), x.shape[1])
        self.fill = self._fill_values(x, numbers, low <= high)
        varies = (low < high) | ((low == high) & (gaps > 0) & (self.fill != low))
        self.kept = np.flatnonzero(varies).astype(np.int64)
        self.flagged = np.flatnonzero((gaps > 0) & self.missing_flags).astype(np.int64)

    def _fill_values(self, x: Any, numbers: Array, known: Array) -> Array:
        """Return what fills the gaps of each number; 0 where no training row has a value."""
        fill = np.zeros(len(numbers))
        if self.missing in ("median", "mean") and known.any():
            values = sample(x)[:, numbers[known]]
            fill[known] = np.nanmedian(values, axis=0) if self.missing == "median" else np.nanmean(values, axis=0)
        return fill

    def _fit_group(self, part: Preprocessor, rows: ChangedRows) -> None:
        odd = next((c for c in part.columns if c.kind not in ("number", "boolean")), None)
        if odd is not None and not part.wants_columns:
            raise SpecError(f"data.preprocessor: {part.name!r} takes numbers alone, and column {odd.name!r} is none")
        part.set_targets(self.targets if part.wants_targets else None)
        part.set_weights(self.weights if part.wants_weights else None)
        part.fit(rows)
        part.set_targets(None)
        part.set_weights(None)

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return what prepares each column, what it has learnt, and what a missing number becomes."""
        found: list[dict[str, Any]] = [{"left out": "it does not vary"} for _ in range(inputs)]
        for part, places, width in self._groups(inputs):
            for at, own in zip(places, part.learnt(width) if width else [], strict=True):
                found[at] = {"by": part.name, **own}
        for at, fill in zip(self._places(inputs)[0], self.fill.tolist(), strict=True):
            if self.missing != "error" and "by" in found[at]:
                found[at]["a missing value becomes"] = fill
        return found

    # -------------------------------------------------------------- preparing

    def _groups(self, inputs: int) -> Iterator[tuple[Preprocessor, Array, int]]:
        """Yield the preprocessors with the indices of their columns, and how many columns they get."""
        numbers, categories, dates = self._places(inputs)
        yield self.number, numbers[self.kept], len(self.kept)
        yield self.category, categories, len(categories)
        yield self.date, dates, len(dates)

    def _filled(self, places: Array, rows: Array) -> Array:
        """Return some columns; gaps of numbers are filled, those of others stay for their preprocessors."""
        values = rows[:, places].astype(np.float64)
        fill = np.full(rows.shape[1], np.nan)
        fill[self._places(rows.shape[1])[0]] = self.fill
        gaps = np.isnan(values)
        if gaps.any():
            values[gaps] = np.broadcast_to(fill[places], values.shape)[gaps]
        return values

    def check_state(self, inputs: int) -> None:
        """Check what fills gaps, the places of the numbers, and each preprocessor inside that has columns."""
        numbers = len(self._places(inputs)[0])
        check_array("fill", self.fill, (numbers,))
        check_places("kept", self.kept, numbers)
        check_places("flagged", self.flagged, numbers)
        self.set_columns(self.columns)  # those of the numbers depend on `kept`
        for option, (part, _, width) in zip(("number", "category", "date"), self._groups(inputs), strict=True):
            try:
                part.check_state(width) if width else _check_unused(part)
            except ValueError as error:
                raise ValueError(f"{option}.{error}") from error

    def output_width(self, inputs: int) -> int:
        """Return the sum of the widths of the groups, and the number of flags."""
        return len(self.flagged) + sum(part.output_width(width) for part, _, width in self._groups(inputs) if width)

    def output_names(self) -> list[str]:
        """Return the names of all groups; those of flags end with a question mark."""
        if not self.columns:
            return []
        found = []
        for at, (part, _, width) in enumerate(self._groups(len(self.columns))):
            found += part.output_names() if width else []
            if at == 0:
                found += [f"{self.columns[i].name}?" for i in self._places(len(self.columns))[0][self.flagged]]
        return found

    def transform(self, x: Array, out: Array) -> None:
        """Write the groups. Raises DataError for a missing number, if the rule says so."""
        numbers = self._places(x.shape[1])[0]
        gaps = np.isnan(x[:, numbers]) if x.dtype.kind == "f" else np.zeros((len(x), len(numbers)), bool)
        if self.missing == "error" and gaps.any():
            self._refuse_gap(int(numbers[np.argmax(gaps.any(axis=0))]), x.shape[1])
        start = 0
        for at, (part, places, width) in enumerate(self._groups(x.shape[1])):
            if width:
                found = np.empty((len(x), part.output_width(width)), out.dtype)
                part.transform(self._filled(places, x), found)
                out[:, start : start + found.shape[1]] = found
                start += found.shape[1]
            if at == 0:
                out[:, start : start + len(self.flagged)] = gaps[:, self.flagged]
                start += len(self.flagged)

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the groups side by side; with missing = "error", a missing number makes its row NaN."""
        gaps, found = np.isnan(x[:, self._places(x.shape[1])[0]]), []
        for at, (part, places, width) in enumerate(self._groups(x.shape[1])):
            if width:
                given = x[:, places]
                if at == 0 and self.missing != "error":
                    given = np.where(np.isnan(given), self.fill[self.kept], given)
                found += [graph.transform(part, given)] if part.output_width(width) else []
            if at == 0 and len(self.flagged):
                found.append(gaps[:, self.flagged].astype(graph.dtype))
        return np.hstack(found)

    def _refuse_gap(self, at: int, inputs: int) -> None:
        name = names_of(self.columns, inputs)[at]
        raise DataError(
            f"column {name} has a missing value; fill it in, or write missing = 'median' for the preprocessor"
        )


def _check_unused(part: Preprocessor) -> None:
    """Raise ValueError for the state of a preprocessor that has no columns."""
    for name in part.state:
        if name in vars(part):
            raise ValueError(f"{name} is there, and the table has no column for it")


PARTS = (TablePreprocessor,)
