"""Small data sets, made once."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris


@pytest.fixture(scope="session")
def iris():
    """150 rows of 4 features, and their classes 0 to 2."""
    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def named_iris(iris):
    """The same rows, with classes that are texts."""
    x, y = iris
    return x, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture(scope="session")
def diabetes():
    """442 rows of 10 features, and values from 25 to 346."""
    return load_diabetes(return_X_y=True)


@pytest.fixture(scope="session")
def labels():
    """120 rows with three labels each, of which any may hold."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 5))
    return x, (x[:, :3] + 0.1 * rng.normal(size=(120, 3)) > 0).astype(int)


def pytest_collection_modifyitems(items):
    """Let an old scikit-learn call a new SciPy as it does."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:scipy.optimize:DeprecationWarning"))
