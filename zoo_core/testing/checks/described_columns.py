"""Checks of preprocessors that take categories, dates and missing values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.errors import DataError
from zoo_core.parts import Array, Column
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.saved_state import transfer_findings

ROWS = 40
COLUMNS = (
    Column("size"), Column("sort", "category", ("a", "b", "c", "d")), Column("on", "boolean"), Column("day", "date"),
)  # fmt: skip


def wants_columns(part: Any) -> bool:
    """Return whether a preprocessor takes categories and missing values."""
    return bool(part.wants_columns)


def described_inputs() -> Array:
    """Return rows of COLUMNS, in which values are missing; the training rows lack the last category."""
    rng = np.random.default_rng(4)
    columns = (rng.normal(size=ROWS), rng.integers(0, 3, ROWS), rng.integers(0, 2, ROWS), rng.integers(0, 10**9, ROWS))
    x = np.column_stack(columns).astype(np.float64)
    x[rng.random(x.shape) < 0.1] = np.nan
    return x


def fit(part: Any, x: Any) -> None:
    """Fit a preprocessor, with targets of two classes and with weights if it wants some."""
    part.set_targets(np.arange(x.shape[0]) % 2 if part.wants_targets else None)
    part.set_weights(np.arange(x.shape[0]) % 3 + 0.5 if part.wants_weights else None)
    part.fit(x)
    part.set_targets(None)
    part.set_weights(None)


def check_described(subject: PartUnderTest) -> Iterator[Finding]:
    """Fit, save and use a preprocessor on columns of all kinds."""
    part, x = subject.make(), described_inputs()
    part.set_columns(COLUMNS)
    try:
        fit(part, x)
        whole = _transform(part, x)
    except DataError as error:
        yield Finding(
            f"it refuses columns of all kinds with missing values: {error}", likely="`wants_columns` is false"
        )
        return
    if not np.isfinite(whole).all():
        row, column = np.argwhere(~np.isfinite(whole))[0]
        where, likely = f"row {row}, x = {x[row]}, column {column}", "NaN stays NaN in sums and products"
        yield Finding("a prepared value is not finite", where, "finite", str(whole[row, column]), likely)
        return
    if len(part.output_names()) not in (0, whole.shape[1]):
        wrong = str(len(part.output_names()))
        yield Finding("output_names has another number of names", "", str(whole.shape[1]), wrong)
    if not np.array_equal(np.concatenate([_transform(part, row[None]) for row in x]), whole):
        yield Finding("the result for a row depends on the other rows", likely="transform learns; only `fit` may")
    yield from _new_rows(part, x)
    yield from _loaded(subject, part, x, whole)


def _new_rows(part: Any, x: Array) -> Iterator[Finding]:
    """Prepare rows that the training rows were not like: unknown categories, nothing but missing values."""
    new = x[:3].copy()
    new[0, 1], new[1, 1], new[2] = -1, 3, np.nan
    try:
        found = _transform(part, new)
    except DataError:  # it may refuse them by a rule
        return
    except Exception as error:
        yield Finding(
            f"an unknown category or a missing value fails: {type(error).__name__}: {error}",
            likely="-1 is a category that nobody knows; raise DataError where a rule refuses it",
        )
        return
    if not np.isfinite(found).all():
        yield Finding("an unknown category or a missing value gives a value that is not finite")


def _loaded(subject: PartUnderTest, part: Any, x: Array, whole: Array) -> Iterator[Finding]:
    new = subject.make()
    unsaved = list(transfer_findings(part, new))
    yield from unsaved
    new.set_columns(COLUMNS)
    if not unsaved and not np.array_equal(_transform(new, x), whole):
        yield Finding("loaded from a model file, it gives other values for columns of all kinds")


def _transform(part: Any, x: Array) -> Array:
    out = np.full((len(x), part.output_width(x.shape[1])), 7.0)
    part.transform(x, out)
    return out
