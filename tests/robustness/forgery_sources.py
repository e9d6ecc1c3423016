"""Small sound models of every kind of table: what the forgers of `forgeries` start from."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

import zoo_core
from tests.helpers.plugins import registry_with
from zoo_core.parts import Array, Column, Data, Preprocessor, Table
from zoo_core.registry import Registry

RNG = np.random.default_rng(0)
ROWS = 60
CATEGORIES = ("u", "v", "w", "z")  # the last one is in no row
COLUMNS = (Column("size"), Column("sort", "category", CATEGORIES), Column("on", "boolean"), Column("day", "date"))
X = np.column_stack([
    RNG.normal(size=ROWS), RNG.integers(0, 3, ROWS), RNG.integers(0, 2, ROWS), RNG.integers(0, 2**30, ROWS),
]).astype(float)  # fmt: skip
SCORES = X[:, 0] + X[:, 1]
TABLE = X.copy()
TABLE[::9, 0] = TABLE[4::9, 1] = TABLE[5::9, 3] = np.nan
NUMBERS = RNG.normal(size=(ROWS, 4)) * [1, 10, 100, 0.1]
VALUES = 500 + 80 * np.column_stack([SCORES, NUMBERS[:, 0]])
CLASSES = ("no", "yes", "perhaps")
ROWWISE = {"name": "table", "number": "rank", "missing": "mean", "missing_flags": True}


@dataclass
class Powers(Preprocessor):
    """The columns, centred, and their squares: state that is one array and one number, and twice the columns."""

    name = "powers_of_forgeries"
    state = ("mean", "largest")
    is_invertible: ClassVar[bool] = False

    def fit(self, x: Any) -> None:
        """Learn the means and the largest value."""
        rows = x.take(np.arange(x.shape[0]), axis=0).astype(np.float64)
        self.mean, self.largest = rows.mean(axis=0), float(np.abs(rows).max())

    def output_width(self, inputs: int) -> int:
        """Return twice the number of columns."""
        return 2 * inputs

    def transform(self, x: Array, out: Array) -> None:
        """Write both."""
        scaled = (x - self.mean) / self.largest
        out[:, : x.shape[1]], out[:, x.shape[1] :] = scaled, scaled**2


class Kept(Preprocessor):
    """Leaves out columns that do not vary: state that is a list of indices."""

    name = "kept_of_forgeries"
    state = ("kept",)

    def fit(self, x: Any) -> None:
        """Find the columns that vary."""
        rows = x.take(np.arange(x.shape[0]), axis=0)
        self.kept = np.flatnonzero(np.ptp(rows, axis=0) > 0)

    def output_width(self, inputs: int) -> int:
        """Return the number of columns that vary."""
        return len(self.kept)

    def transform(self, x: Array, out: Array) -> None:
        """Write them."""
        out[...] = x[:, self.kept]


@dataclass(frozen=True)
class Source:
    """A sound model: its name, its header and arrays, and rows that it takes."""

    name: str
    header: dict[str, Any]
    arrays: dict[str, Array]
    x: Array
    y: Array

    @property
    def registry(self) -> Registry:
        """Where its parts are."""
        return registry()


@cache
def registry() -> Registry:
    """Return a registry with the preprocessors of this module."""
    return registry_with(Powers, Kept)


def _spec(loss: str, units: int, activation: str | None = None, **data: Any) -> dict[str, Any]:
    last = {"units": units} if activation is None else {"units": units, "activation": activation}
    splits = {"validation": 0.2} if "folds" in data else {"validation": 0.2, "test": 0.2}
    return {
        "name": "forged", "data": {"name": "arrays", **splits, **data},
        "model": {"loss": loss, "layers": [{"units": 4, "activation": "relu", "normalizer": "batch_norm"}, last]},
        "optimizer": "adam", "training": {"epochs": 2, "keep_optimizer": True, "trace": True},
    }  # fmt: skip


def _kinds() -> Iterator[tuple[str, dict[str, Any], Data]]:
    """Yield the name, the spec and the data of each model."""
    labels = np.argmax(np.column_stack([SCORES, -SCORES, NUMBERS[:, 0]]), axis=1)
    names = [f"feature {i}" for i in range(4)]
    table = Data(Table(TABLE, labels), class_names=CLASSES, columns=COLUMNS, preprocessor="table")
    values = Data(Table(NUMBERS, VALUES), task="regression", target_names=("rent", "area"), feature_names=names)
    one = replace(values, train=Table(NUMBERS, VALUES[:, :1]), target_names=("rent",))
    plain = Data(Table(NUMBERS, labels), class_names=CLASSES)
    flags = Table(NUMBERS, np.column_stack([VALUES > 500]))
    several = Data(flags, task="multilabel", target_names=("p", "q"), preprocessor="standard")
    softmax = "cross_entropy", 3, "softmax"
    yield "categories and dates", _spec(*softmax), table
    yield "ranks and flags", _spec(*softmax, preprocessor=ROWWISE), table
    yield "targets of a table", _spec("mse", 2), replace(values, train=Table(TABLE, VALUES), columns=COLUMNS,
                                                         feature_names=(), preprocessor="table")  # fmt: skip
    yield "two targets", _spec("mse", 2, preprocessor="rank"), values
    yield "a target", _spec("mae", 1, preprocessor="min_max", target_preprocessor="min_max"), one
    yield "labels", _spec("binary_cross_entropy", 2, "sigmoid"), several
    yield "classes", _spec(*softmax, preprocessor="standard", folds=3, fold=2, stratify=True), plain
    yield "two classes", _spec("binary_cross_entropy", 1, "sigmoid", preprocessor="pixels"), Data(
        Table(NUMBERS, (labels > 0).astype(int)), class_names=("0", "1"))  # fmt: skip
    yield "own powers", _spec(*softmax, preprocessor=Powers.name), plain
    yield "own choice", _spec("mse", 1, preprocessor=Kept.name), one


@cache
def sources() -> tuple[Source, ...]:
    """Return the models, trained for two epochs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_source(*kind) for kind in _kinds())


def _source(name: str, spec: dict[str, Any], data: Data) -> Source:
    model = zoo_core.train(spec, data=data, registry=registry())
    with np.load(io.BytesIO(model.to_bytes())) as file:
        header = json.loads(file["header"].tobytes())
        arrays = {key: file[key] for key in file.files if key != "header"}
    labels = np.array(data.class_names)[data.train.y] if data.class_names else data.train.y
    return Source(name, header, arrays, data.train.x, labels)
