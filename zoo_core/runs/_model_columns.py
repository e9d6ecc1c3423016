"""Data in the columns of a model that exists already: its codes of categories are kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from zoo_core.data.columns import input_columns, recoded
from zoo_core.data.labels import LabelIndex, row_name
from zoo_core.data.readers.values import UNKNOWN_TEXT
from zoo_core.errors import DataError
from zoo_core.model import Model
from zoo_core.parts import Array, Column, Data, Table


def with_model_columns(model: Model, data: Data) -> Data:
    """Return data whose categories have the codes of the model. Raises DataError for columns of other kinds."""
    ours, theirs = model.about.described_columns, data.columns
    if len(ours) != len(theirs) or ours == theirs or not isinstance(data.train.x, np.ndarray):
        return data
    for a, b in zip(ours, theirs, strict=True):
        if (a.name, a.kind) != (b.name, b.kind):
            given, trained = f"{b.kind} {b.name!r}", f"{a.kind} {a.name!r}"
            raise DataError(f"the data have the {given} where model {model.name!r} was trained on the {trained}")
    _check_known(model, data)
    train = dataclasses.replace(data.train, x=recoded(data.train.x, theirs, ours))
    test = data.test and dataclasses.replace(data.test, x=recoded(data.test.x, theirs, ours))
    return dataclasses.replace(data, train=train, test=test, columns=ours)


class UnknownTextError(DataError):
    """A category that a model has not seen, and that its preprocessor refuses."""


def _check_known(model: Model, data: Data) -> None:
    """Raise UnknownTextError for a category that the model lacks, where its preprocessor refuses such."""
    for at, column in enumerate(input_columns(model.preprocessor, model.about.described_columns)):
        if not column.refuses_unknown:
            continue
        index, texts = LabelIndex(column.categories), data.columns[at].categories
        unknown = [code for code, text in enumerate(texts) if index.find(text) is None]
        for table in (data.train, *([data.test] if data.test else [])):
            wrong = np.isin(table.x[:, at], unknown)
            if wrong.any():
                row = int(np.argmax(wrong))
                raise _unknown(row_name(row), column, texts[int(table.x[row, at])])


def _unknown(where: str, column: Column, text: str) -> UnknownTextError:
    return UnknownTextError(f"{where}, column {column.name!r}: {text[:40]!r} {UNKNOWN_TEXT}")


def check_splits_known(model: Model, splits: Mapping[str, Table], rows: Mapping[str, Array]) -> None:
    """Raise UnknownTextError for a category that training rows lack, where the preprocessor refuses such.

    `rows` are the indices of the rows of each split in the data.
    """
    for at, column in enumerate(input_columns(model.preprocessor, model.about.described_columns)):
        if not column.refuses_unknown:
            continue
        values = {name: np.asarray(table.x)[:, at] for name, table in splits.items()}
        for name, own in values.items():
            wrong = np.flatnonzero(~np.isin(own, values["train"]) & ~np.isnan(own))
            if len(wrong):
                where = f"data.{name}: {row_name(int(rows[name][wrong[0]]))}"
                raise _unknown(where, column, column.categories[int(own[wrong[0]])])


def in_columns_of(earlier: Model | None, data: Data) -> Data:
    """Return data to go on with from an earlier model, whose preprocessor knows its codes alone.

    Raises DataError where one of them describes its columns and the other does not.
    """
    if earlier is None:
        return data
    if bool(earlier.about.described_columns) != bool(data.columns):
        which = "the data do, and the model" if data.columns else "the model does, and the data"
        raise DataError(
            f"data and the model to start from, {earlier.name!r}, must both say what each column is, or none of them; "
            f"{which} does not: see data.columns"
        )
    return with_model_columns(earlier, data)
