"""Checks of data sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data import DataFolder, cache_folder, checked_data
from zoo_core.errors import PluginError, ResourceError
from zoo_core.parts import Array, Data, Dataset, Table
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding, NotRunError
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness

TAKEN = 8  # rows


def _load_data(subject: PartUnderTest) -> Any:
    """Load the data without a download."""
    own = os.environ.get("ZOO_DATA_DIR")
    folder = DataFolder((Path(own).expanduser(),) if own else (), cache_folder(), offline=True)
    try:
        return subject.make().load(folder)
    except ResourceError:
        raise NotRunError("its files are not here, and a check downloads nothing; download them first") from None


def _named_tables(data: Data) -> Iterator[tuple[str, Table]]:
    """Yield the tables by name; lists are arrays, as in training."""
    for name, table in (("train", data.train), ("test", data.test)):
        if table is not None:
            x = table.x if hasattr(table.x, "shape") and hasattr(table.x, "take") else np.asarray(table.x)
            yield name, Table(x, np.asarray(table.y), table.weights)


def _check_tables(subject: PartUnderTest) -> Iterator[Finding]:
    data = _load_data(subject)
    if not isinstance(data, Data):
        yield Finding("load does not return Data", "", "zoo_core.parts.Data", type(data).__name__)
        return
    found = [finding for name, table in _named_tables(data) for finding in _check_table(name, table, data)]
    yield from found
    if found:
        return
    try:
        data = checked_data(subject.make(), data)
    except PluginError as error:
        yield Finding(str(error))
        return
    for name, table in _named_tables(data):
        yield from _take_findings(name, table.x)
    features = data.train.x.shape[1]
    if data.image_shape and int(np.prod(data.image_shape)) != features:
        yield Finding(f"image_shape {data.image_shape} does not make {features} features")
    if data.preprocessor not in subject.registry.names("preprocessor"):
        yield Finding(f"the preprocessor {data.preprocessor!r} is unknown")


def _check_table(name: str, table: Table, data: Data) -> Iterator[Finding]:
    x, y = table.x, table.y
    if not all(x.shape):
        yield Finding(f"{name}: there are no rows or no columns", "", "x (rows, features)", f"x of shape {x.shape}")
        return
    if len(x.shape) != 2 or x.shape[0] != len(y):
        yield Finding(
            f"{name}: x and y have different numbers of rows", "", f"x (rows, features) and {x.shape[0]} targets",
            f"x of shape {x.shape}, {len(y)} targets",
        )  # fmt: skip
        return
    yield from _target_findings(name, y, data)
    head = np.asarray(x.take(np.arange(min(100, x.shape[0])), axis=0))
    if head.dtype.kind not in "fiu" or not np.isfinite(head).all():
        yield Finding(f"{name}: x must hold finite numbers", "the first 100 rows", "finite numbers", str(head.dtype))


def _target_findings(name: str, y: Array, data: Data) -> Iterator[Finding]:
    if data.task == "regression":
        if y.ndim != 2 or y.dtype.kind != "f":
            got = f"{y.dtype} of shape {y.shape}"
            yield Finding(f"{name}: targets of a regression must be numbers", "", "float, shape (rows, outputs)", got)
    elif data.task == "multilabel":
        if y.ndim != 2 or not np.isin(y, (0, 1)).all():
            got = f"{y.dtype} of shape {y.shape}"
            yield Finding(f"{name}: labels must be true or false", "", "0 and 1, shape (rows, labels)", got)
    elif y.ndim != 1 or y.dtype.kind not in "iu":
        got = f"{y.dtype} of shape {y.shape}"
        yield Finding(f"{name}: labels must be integers", "", "integers, shape (rows,)", got)
    elif y.min() < 0 or (data.class_names and y.max() >= len(data.class_names)):
        last = len(data.class_names) - 1
        yield Finding(f"{name}: a label is out of range", "", f"0 to {last}", f"{y.min()} to {y.max()}")
    elif name == "train" and y.min() > 0:
        yield Finding(f"{name}: no row has the label 0", "", "labels count from 0", f"{y.min()} to {y.max()}")


def _take_findings(name: str, x: Any) -> Iterator[Finding]:
    """Take rows as training does: in any order, also into a buffer."""
    where = np.arange(x.shape[0])[: 4 * TAKEN : 4][::-1].copy()
    try:
        found = x.take(where, axis=0)
        buffer = x.take(where, axis=0, out=np.zeros_like(found))
        alone = np.concatenate([x.take(where[i : i + 1], axis=0) for i in range(len(where))])
    except PluginError as error:
        yield Finding(f"{name}: {error}")
        return
    for call, rows in (("with `out`", buffer), ("of one row at a time", alone)):
        if not np.array_equal(found, rows, equal_nan=rows.dtype.kind == "f"):
            yield Finding(f"{name}: x.take {call} gives other rows than x.take(indices, axis=0)")
            return


def _first_rows(data: Data) -> list[Array]:
    rows = [table.x.take(np.arange(min(1000, table.x.shape[0])), axis=0) for _, table in _named_tables(data)]
    return [*rows, *(table.y for _, table in _named_tables(data))]


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return _first_rows(_load_data(subject))


CHECKS = {
    Dataset: (
        Check("tables", "tables, labels, names and shapes agree", _check_tables),
        no_randomness(_draw),
    ),
}
