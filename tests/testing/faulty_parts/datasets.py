"""Data sets with one mistake each."""

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
