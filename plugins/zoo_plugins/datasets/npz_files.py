"""Data sets in arrays: NumPy's .npz files."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from zoo_core.data.labels import as_labels, check_labels, distinct, encode_array, find_classes, label_list
from zoo_core.data.readers.npy import check_finite, read_arrays
from zoo_core.errors import DataError, nearest
from zoo_core.parts import Array, Data, DataFiles, Dataset, Table
from zoo_plugins.datasets._tables import Named, Task, check_weights, make_data


@dataclass
class Npz(Dataset):
    """Your own arrays in an .npz file, as numpy.savez writes it.

    path: the file; x, y: names of the training arrays, samples (rows, ...) and labels (rows,) or values, (rows,) or
    (rows, outputs); x_test, y_test: names of the test arrays, which the file may lack; weights, weights_test: names
    of the arrays with the weight of each row; task: "classification", "regression", or
    "multilabel": several labels a row, 0 and 1, (rows, labels).
    """

    name = "npz"

    path: Named
    x: Named = "x"
    y: Named = "y"
    x_test: Named = "x_test"
    y_test: Named = "y_test"
    weights: Named | None = None
    weights_test: Named | None = None
    task: Task = "classification"

    def load(self, folder: DataFiles) -> Data:
        """Return the tables. Bytes stay bytes, and samples of two dimensions are images."""
        path = folder.locate(self.path)
        arrays = read_arrays(path)
        x, y = (_pick(arrays, key, path) for key in (self.x, self.y))
        classes = self._classes(y, f"{path}, {self.y}") if self._labelled else ()
        own = self._table(x, y, classes, f"{path}, {self.x} and {self.y}")
        parts = [replace(own, weights=self._weigh(arrays, self.weights, len(x), path))]
        if (self.x_test in arrays) != (self.y_test in arrays):
            raise DataError(f"{path}: has only one of {self.x_test} and {self.y_test}; save both, or neither")
        if self.x_test in arrays:
            where = f"{path}, {self.x_test} and {self.y_test}"
            aside = self._table(arrays[self.x_test], arrays[self.y_test], classes, where)
            parts.append(replace(aside, weights=self._weigh(arrays, self.weights_test, len(aside.y), path)))
        image = (x.shape[1], x.shape[2]) if x.ndim == 3 else None
        pixels = "pixels" if x.dtype == np.uint8 else "standard"
        return make_data(parts, str(path), task=self.task, class_names=classes, image_shape=image, preprocessor=pixels)

    @staticmethod
    def _classes(y: Array, where: str) -> tuple[str, ...]:
        check_labels(y, where)
        return find_classes(label_list(distinct(y), where), where)

    @staticmethod
    def _weigh(arrays: dict[str, Array], key: str | None, rows: int, path: Path) -> Array | None:
        if key is None:
            return None
        weights = _pick(arrays, key, path)
        if weights.shape != (rows,) or weights.dtype.kind not in "biuf":
            raise DataError(f"{path}, {key}: {weights.dtype} of shape {weights.shape}, not numbers ({rows},)")
        check_finite(weights, f"{path}, {key}")
        return check_weights(weights.astype(np.float64), f"{path}, {key}")

    @property
    def _labelled(self) -> bool:
        return self.task == "classification"

    def _table(self, x: Array, y: Array, classes: tuple[str, ...], where: str) -> Table:
        if x.ndim < 2 or x.dtype.kind not in "biuf" or len(x) != len(np.atleast_1d(y)):
            raise DataError(f"{where}: {x.dtype} of shape {x.shape} and {y.shape}; wanted (rows, ...) and (rows, ...)")
        check_finite(x, where)
        x = x.reshape(len(x), math.prod(x.shape[1:]))
        if self._labelled:
            check_labels(y, where)
            return Table(x, encode_array(y, classes, where))
        if y.ndim not in (1, 2) or y.dtype.kind not in "biuf":
            raise DataError(f"{where}: values are {y.dtype} of shape {y.shape}, not numbers (rows,) or (rows, outputs)")
        check_finite(y, where)
        if self.task == "multilabel":
            return Table(x, as_labels(y, (), where))
        return Table(x, (y if y.ndim == 2 else y[:, None]).astype(np.float64))


def _pick(arrays: dict[str, Array], key: str, path: Path) -> Array:
    if key not in arrays:
        raise DataError(f"{path}: has no array {key!r}{nearest(key, arrays)} (arrays: {', '.join(sorted(arrays)[:8])})")
    return arrays[key]


PARTS = (Npz,)
