"""Preprocessors and data sets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data import DataFolder, cache_folder
from zoo_core.errors import ResourceError
from zoo_core.parts import Array, Data, Table
from zoo_core.testing.harness.buffers import changed, overwritten
from zoo_core.testing.harness.findings import Check, Finding, NotRunError
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.subject import PartUnderTest, restore, save

ROWS, FEATURES = 40, 5


def inputs(dtype: Any = np.float64) -> Array:
    """Return raw inputs; the last feature does not vary."""
    x = np.random.default_rng(9).uniform(0, 255, (ROWS, FEATURES))
    x[:, -1] = 3
    return x.astype(dtype)


class Rows:
    """Inputs that lie elsewhere: no array, but `shape`, `dtype` and `take` like one."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def take(self, indices: Array, axis: int | None = None, out: Array | None = None) -> Array:
        """Return some rows."""
        found: Array = self._array.take(indices, axis=axis, out=out)
        return found


def _fitted(subject: PartUnderTest, x: Any = None) -> Any:
    part = subject.make()
    part.fit(inputs() if x is None else x)
    return part


def _apply(part: Any, x: Array, dtype: Any = np.float64) -> Array:
    out = np.zeros(x.shape, dtype)
    part.transform(x, out)
    return out


def _outputs(subject: PartUnderTest) -> Iterator[Finding]:
    def run(fill: float) -> dict[str, Array]:
        out = np.full((ROWS, FEATURES), fill)
        _fitted(subject).transform(inputs(), out)
        return {"out of apply": out}

    yield from overwritten(run)


def _unchanged(subject: PartUnderTest) -> Iterator[Finding]:
    x, part = inputs(), subject.make()
    with changed("fit", {"x": x}) as findings:
        part.fit(x)
    yield from findings
    with changed("transform", {"x": x}) as findings:
        _apply(part, x)
    yield from findings


def _values(subject: PartUnderTest) -> Iterator[Finding]:
    for x in (inputs(), inputs(np.float32), inputs(np.uint8)):
        part = _fitted(subject, x)
        whole = _apply(part, x)
        if not np.isfinite(whole).all():
            at = tuple(np.argwhere(~np.isfinite(whole))[0])
            yield Finding(
                "a prepared value is not finite", f"{x.dtype}, feature {at[1]}, input {x[at]:g}", "finite",
                str(whole[at]), "a division by the spread of a feature that does not vary: take 1 there",
            )  # fmt: skip
            return
        alone = np.concatenate([_apply(part, row[None]) for row in x])
        if not np.allclose(alone, whole, rtol=1e-12, atol=0):
            yield Finding(
                "a row is prepared otherwise alone than among others", f"{x.dtype}, row 0", str(alone[0]),
                str(whole[0]), "apply computes statistics of the rows it gets; learn them in `fit`",
            )  # fmt: skip
            return
        single = _apply(part, x, np.float32)
        if not np.allclose(single, whole, rtol=1e-4, atol=1e-4):
            yield Finding("a float32 network gets other values", f"{x.dtype}", str(whole[0]), str(single[0]))


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = _fitted(subject), subject.make()
    restore(new, save(old))
    try:
        got = _apply(new, inputs())
    except AttributeError as error:
        yield Finding(
            f"loaded from a model file, apply fails: {error}",
            likely=f"`state` leaves out what `fit` has learnt; it names {old.state}",
        )
        return
    if not np.array_equal(got, _apply(old, inputs())):
        yield Finding(
            "loaded from a model file, it gives other values",
            likely=f"`state` leaves out what `fit` has learnt; it names {old.state}",
        )


def _streaming(subject: PartUnderTest) -> Iterator[Finding]:
    expected = _apply(_fitted(subject), inputs())
    try:
        got = _apply(_fitted(subject, Rows(inputs())), inputs())
    except (TypeError, AttributeError) as error:
        yield Finding(
            f"fit fails on rows that are no array: {error}",
            likely="fit may use only x.shape, x.dtype and x.take(indices, axis=0): rows may lie on disk",
        )
        return
    if not np.allclose(got, expected):
        yield Finding("fit learns other numbers from rows that are no array", "", str(expected[0]), str(got[0]))


def _prepare(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [_apply(_fitted(subject), inputs())]


PREPROCESSOR = (
    Check("out", "`out` is overwritten, never read or added to", _outputs),
    Check("inputs", "the data is not changed", _unchanged),
    Check("values", "prepared values are finite, and of their row alone, for bytes and floats", _values),
    Check("state", "loaded from a model file, it prepares as before", _state),
    Check("streaming", "fit needs only shape, dtype and take", _streaming),
    no_randomness(_prepare),
)


# ------------------------------------------------------------------ data sets


def _load(subject: PartUnderTest) -> Any:
    """Load without downloading anything."""
    own = os.environ.get("ZOO_DATA_DIR")
    folder = DataFolder((Path(own).expanduser(),) if own else (), cache_folder(), offline=True)
    try:
        return subject.make().load(folder)
    except ResourceError:
        raise NotRunError("its files are not here, and a check downloads nothing; download them first") from None


def _tables(data: Data) -> Iterator[tuple[str, Table]]:
    yield "train", data.train
    if data.test is not None:
        yield "test", data.test


def _form(subject: PartUnderTest) -> Iterator[Finding]:
    data = _load(subject)
    if not isinstance(data, Data):
        yield Finding("load does not return Data", "", "zoo_core.parts.Data", type(data).__name__)
        return
    for name, table in _tables(data):
        yield from _table(name, table, data)
    features = data.train.x.shape[1]
    if data.image_shape and int(np.prod(data.image_shape)) != features:
        yield Finding(f"image_shape {data.image_shape} does not make {features} features")
    if data.preprocessor not in subject.registry.names("preprocessor"):
        yield Finding(f"the preprocessor {data.preprocessor!r} is not known")


def _table(name: str, table: Table, data: Data) -> Iterator[Finding]:
    x, y = table.x, table.y
    if len(x.shape) != 2 or x.shape[0] != len(y):
        yield Finding(
            f"{name}: x and y do not fit", "", f"x of shape (rows, features) and {x.shape[0]} targets",
            f"x of shape {x.shape}, {len(y)} targets",
        )  # fmt: skip
        return
    if data.task == "regression":
        if y.ndim != 2 or y.dtype.kind != "f":
            got = f"{y.dtype} of shape {y.shape}"
            yield Finding(f"{name}: targets of a regression are values", "", "float, shape (rows, outputs)", got)
    elif y.ndim != 1 or y.dtype.kind not in "iu":
        got = f"{y.dtype} of shape {y.shape}"
        yield Finding(f"{name}: labels are whole numbers", "", "integers, shape (rows,)", got)
    elif y.min() < 0 or (data.class_names and y.max() >= len(data.class_names)):
        last = len(data.class_names) - 1
        yield Finding(f"{name}: a label is out of range", "", f"0 to {last}", f"{y.min()} to {y.max()}")
    head = np.asarray(x.take(np.arange(min(100, x.shape[0])), axis=0))
    if head.dtype.kind not in "fiu" or not np.isfinite(head).all():
        yield Finding(f"{name}: x is to hold finite numbers", "the first 100 rows", "finite numbers", str(head.dtype))


def _arrays(data: Data) -> list[Array]:
    rows = [table.x.take(np.arange(min(1000, table.x.shape[0])), axis=0) for _, table in _tables(data)]
    return [*rows, *(table.y for _, table in _tables(data))]


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return _arrays(_load(subject))


DATASET = (
    Check("tables", "tables, labels, names and shapes fit together", _form),
    no_randomness(_draw),
)
