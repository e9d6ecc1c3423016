"""The fixed cost of a fit: 100 rows of 20 numbers, in processor time, as an estimator would call it again and again."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import zoo_core
from tests.benchmarks.contract import competitor, version
from tests.benchmarks.pool import pool, take_turns
from tests.benchmarks.results import Measured, Result

ROWS, INPUTS, UNITS, BATCH = 100, 20, 100, 32
FITS = 50  # in a round; the first ones of a process, which import, do not count
TITLES = {"zoo": "zoo", "scikit-learn": "MLPClassifier"}


def fit(*, epochs: int, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Return the processor seconds of one fit in a process that has fitted before; both use one thread."""
    wanted = [key for key in keys or TITLES if key in TITLES]
    here = [key for key in wanted if version(key)]

    def turn() -> dict[tuple[str, int], float]:
        times = {}
        for key in here:
            with pool([key], [1]) as found:
                name = f"tests.benchmarks.fit:{key.replace('-', '_')}"
                times[key, 1] = found.processes[0].ask("call", function=name, epochs=epochs)
        return times

    times = take_turns(turn, rounds, seconds)
    title = f"A fit of {ROWS} x {INPUTS}, {epochs} epoch{'s' * (epochs > 1)}, processor time"
    measured = [Measured(key, TITLES[key], n, values) for (key, n), values in times.items()]
    return Result(title, measured, {k: f"{competitor(k).package} is not installed" for k in wanted if k not in here})


def zoo(epochs: int) -> float:
    """Return the processor seconds of one fit of the zoo."""
    layers = [{"units": UNITS, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    training = {"epochs": epochs, "batch_size": BATCH}
    spec = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": training}
    return median(lambda x, y: zoo_core.train(spec, data=(x, y)))


def scikit_learn(epochs: int) -> float:
    """Return the same for scikit-learn, which warns where it has not converged."""
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    options = {"batch_size": BATCH, "max_iter": epochs, "n_iter_no_change": epochs + 1}
    return median(lambda x, y: MLPClassifier((UNITS,), **options).fit(x, y))


def median(train: Callable[[Any, Any], object]) -> float:
    """Return the median processor seconds of a fit."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, INPUTS)), rng.integers(0, 2, ROWS)
    times = []
    for _ in range(FITS + 5):
        began = time.process_time()
        train(x, y)
        times.append(time.process_time() - began)
    return float(np.median(times[5:]))
