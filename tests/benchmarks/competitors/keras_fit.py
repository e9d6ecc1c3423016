"""Keras: `Model.fit`, on JAX where that is installed, else on PyTorch; prediction by `predict_on_batch`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.competitors.jax_step import JaxStep
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload


class KerasFit(Competitor):
    """keras.Sequential."""

    title = "Keras"
    package = "keras"

    @classmethod
    def refuses(cls, work: Workload) -> str:
        """Return whether there is a backend that works without TensorFlow."""
        return "" if find_spec("jax") or find_spec("torch") else "has neither JAX nor PyTorch to run on"

    @classmethod
    def environment(cls, threads: int) -> dict[str, str]:
        """Return the limits of the backend, and which it is."""
        return JaxStep.environment(threads) | {"KERAS_BACKEND": "jax" if find_spec("jax") else "torch"}

    def prepare(self, work: Workload, threads: int) -> None:
        """Build and compile."""
        import keras

        keras.utils.set_random_seed(3)
        self._work = work
        self._x, self._y = data.training_rows(work)
        self._model = keras.Sequential([keras.Input(work.widths[:1]), *self._stages(keras)])
        rules = {
            "sgd": lambda: keras.optimizers.SGD(work.learning_rate, momentum=work.momentum),
            "adam": lambda: keras.optimizers.Adam(work.learning_rate, epsilon=1e-8),
        }
        self._model.compile(rules[work.optimizer](), keras.losses.SparseCategoricalCrossentropy())
        dense = [layer for layer in self._model.layers if isinstance(layer, keras.layers.Dense)]
        for layer, start in zip(dense, data.starting_weights(work), strict=True):
            layer.set_weights([start, np.zeros(start.shape[1], np.float32)])

    def _stages(self, keras: Any) -> list[Any]:
        layers, work, stages = keras.layers, self._work, []
        penalty = keras.regularizers.L2(work.l2 / 2) if work.l2 else None
        for units in work.widths[1:-1]:
            norm = [layers.BatchNormalization(momentum=0.9, epsilon=1e-5)] if work.batch_norm else []
            drop = [layers.Dropout(work.dropout)] if work.dropout else []
            stages += [layers.Dense(units, kernel_regularizer=penalty), *norm, layers.ReLU(), *drop]
        return [*stages, layers.Dense(work.widths[-1], activation="softmax", kernel_regularizer=penalty)]

    def epoch(self) -> None:
        """Fit for one epoch."""
        work = self._work
        done = self._model.fit(self._x, self._y, work.batch, epochs=1, shuffle=work.shuffle, verbose=0)
        self.train_loss = done.history["loss"][0]

    def probabilities(self, x: Array) -> Array:
        """Run the jitted prediction on all rows as one batch."""
        return np.asarray(self._model.predict_on_batch(x))
