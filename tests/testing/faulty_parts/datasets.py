"""Data sets with one mistake each."""

from typing import ClassVar

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Data, Dataset, Table


class Points(Dataset):
    """Correct: two classes of points."""

    name = "points_under_test"

    def load(self, folder):
        x = np.arange(20.0).reshape(10, 2)
        return Data(Table(x, np.arange(10) % 2), class_names=("a", "b"))


@faulty("tables", "a label is out of range")
class ThreeClasses(Points):
    """One label too many."""

    def load(self, folder):
        data = super().load(folder)
        return Data(Table(data.train.x, np.arange(10) % 3), class_names=("a", "b"))


@faulty("tables", "x and y have different numbers of rows")
class Longer(Points):
    """One target too many."""

    def load(self, folder):
        return Data(Table(super().load(folder).train.x, np.arange(11) % 2), class_names=("a", "b"))


@faulty("randomness", "draws from a generator of its own")
class Drawn(Points):
    """Other rows every time."""

    def load(self, folder):
        return Data(Table(np.random.default_rng().normal(size=(10, 2)), np.arange(10) % 2), class_names=("a", "b"))


@faulty("tables", "train: no row has the label 0")
class FromOne(Points):
    """Labels that count from 1."""

    def load(self, folder):
        return Data(Table(super().load(folder).train.x, np.arange(10) % 2 + 1))


@faulty("tables", "there are no rows or no columns")
class Empty(Points):
    """No rows."""

    def load(self, folder):
        return Data(Table(np.zeros((0, 2)), np.zeros(0, int)))


class Rows:
    """Rows that are computed."""

    shape, dtype = (10, 2), np.dtype(np.float64)

    def take(self, indices, axis=0, out=None):
        return np.outer(np.asarray(indices) + 1.0, [1, 2])


class WithoutOut(Rows):
    """Takes no `out`."""

    def take(self, indices, axis=0):
        return super().take(indices)


class Short(Rows):
    """Gives one row too few."""

    def take(self, indices, axis=0, out=None):
        return super().take(indices[1:])


class OtherDtype(Rows):
    """Gives another dtype than it has."""

    def take(self, indices, axis=0, out=None):
        return super().take(indices).astype(np.float32)


class Alphabetical(Rows):
    """Gives rows in ascending order, whatever the order of the indices."""

    def take(self, indices, axis=0, out=None):
        return super().take(np.sort(indices))


class OfRows(Points):
    """Rows of a class with a mistake."""

    rows: ClassVar[type] = Rows

    def load(self, folder):
        return Data(Table(self.rows(), np.arange(10) % 2), class_names=("a", "b"))


@faulty("tables", "its method 'take' does not take the arguments (indices, axis, out)")
class RowsWithoutOut(OfRows):
    """No argument `out`."""

    rows = WithoutOut


@faulty("tables", "not float64 of shape (3, 2)")
class ShortRows(OfRows):
    """Too few rows."""

    rows = Short


@faulty("tables", "gave float32 of shape (3, 2) for 3 rows")
class RowsOfAnotherDtype(OfRows):
    """Another dtype."""

    rows = OtherDtype


@faulty("tables", "x.take of one row at a time gives other rows")
class SortedRows(OfRows):
    """Another order."""

    rows = Alphabetical
