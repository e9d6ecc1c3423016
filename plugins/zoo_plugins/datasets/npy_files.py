"""Data sets larger than memory: rows stay in their files until a batch needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import MinLen

from zoo_core.data.labels import as_labels, distinct, encode_array, find_classes, label_list
from zoo_core.data.readers.npy import check_finite, read_arrays
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.errors import DataError
from zoo_core.parts import Array, Data, DataFiles, Dataset, Table, Task

Named = Annotated[str, MinLen(1)]


@dataclass
class Npy(Dataset):
    """Your own arrays in .npy files, as numpy.save writes them. Inputs may be larger than memory.

    inputs: path of the samples, shape (rows, ...); targets: path of labels (rows,) or values, (rows,) or
    (rows, outputs); test_inputs, test_targets: paths of the test files; task: "classification", "regression", or
    "multilabel": several labels a row, 0 and 1, (rows, labels). Samples of bytes with two dimensions are images.
    """

    name = "npy"

    inputs: Named
    targets: Named
    test_inputs: Named | None = None
    test_targets: Named | None = None
    task: Task = "classification"

    def __post_init__(self) -> None:
        if (self.test_inputs is None) != (self.test_targets is None):
            raise ValueError("test_inputs and test_targets come together, or not at all")

    def load(self, folder: DataFiles) -> Data:
        """Return the tables; targets are in memory, inputs are not."""
        x, y = _read_pair(folder.locate(self.inputs), folder.locate(self.targets))
        classes = self._classes(y)
        own, test = Table(x, self._targets(y, classes, self.targets)), None
        if self.test_inputs is not None and self.test_targets is not None:
            aside = _read_pair(folder.locate(self.test_inputs), folder.locate(self.test_targets))
            if aside[0].sample_shape != x.sample_shape:
                raise DataError(f"{aside[0].path}: samples of shape {aside[0].sample_shape}, not {x.sample_shape}")
            test = Table(aside[0], self._targets(aside[1], classes, self.test_targets))
        image = (x.sample_shape[0], x.sample_shape[1]) if len(x.sample_shape) == 2 else None
        pixels = "pixels" if x.dtype == np.uint8 else "standard"
        return Data(own, test, self.task, classes, image_shape=image, preprocessor=pixels)

    def _classes(self, y: Array) -> tuple[str, ...]:
        if self.task != "classification":
            return ()
        if y.ndim != 1:
            raise DataError(f"{self.targets}: labels have the shape {y.shape}; one for each row is wanted, ({len(y)},)")
        return find_classes(label_list(distinct(y), self.targets), self.targets)

    def _targets(self, y: Array, classes: tuple[str, ...], where: str) -> Array:
        if self.task == "classification":
            return encode_array(y, classes, where)
        if y.ndim not in (1, 2) or y.dtype.kind not in "biuf":
            raise DataError(f"{where}: values are {y.dtype} of shape {y.shape}, not numbers (rows,) or (rows, outputs)")
        if self.task == "multilabel":
            return as_labels(y, (), where)
        return (y if y.ndim == 2 else y[:, None]).astype(np.float64)


def _read_pair(inputs: Path, targets: Path) -> tuple[DiskRows, Array]:
    """Return samples and targets. Raises DataError if their numbers of rows differ, or if one is not finite."""
    x, y = DiskRows(inputs), _read_targets(targets)
    if y.ndim == 0 or len(x) != len(y) or not len(x) or not x.shape[1]:
        raise DataError(f"{inputs} has {len(x)} rows of {x.shape[1]} numbers, {targets} has shape {y.shape}")
    x.check_finite()
    return x, y


def _read_targets(path: Path) -> Array:
    """Return targets: numbers, or names of classes."""
    found = read_arrays(path)
    if list(found) != [""]:
        raise DataError(f"{path}: is no .npy file, but an archive of {len(found)} arrays; for these there is 'npz'")
    check_finite(found[""], str(path))
    return found[""]


PARTS = (Npy,)
