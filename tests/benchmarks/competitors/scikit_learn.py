"""scikit-learn's MLPClassifier, an epoch being a call of `partial_fit`; inputs are not checked again each time."""

from __future__ import annotations

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload


class ScikitLearn(Competitor):
    """sklearn.neural_network."""

    title = "scikit-learn"
    package = "scikit-learn"

    @classmethod
    def refuses(cls, work: Workload) -> str:
        """Return what its networks do not have."""
        return "has no dropout, no batch_norm" if work.dropout or work.batch_norm else ""

    def prepare(self, work: Workload, threads: int) -> None:
        """Have it make its arrays in a first call, then give it our weights and a fresh optimizer."""
        import sklearn
        from sklearn.neural_network import MLPClassifier

        sklearn.set_config(assume_finite=True)
        self._x, self._y = data.training_rows(work)
        self._model = MLPClassifier(
            work.widths[1:-1], solver=work.optimizer, learning_rate_init=work.learning_rate, batch_size=work.batch,
            shuffle=work.shuffle, momentum=work.momentum, nesterovs_momentum=False, random_state=3,
            alpha=work.l2 * work.batch,  # which it divides by the rows of a batch
        )  # fmt: skip
        self._model.partial_fit(self._x[: work.batch], self._y[: work.batch], classes=np.arange(work.widths[-1]))
        del self._model._optimizer
        for own, start in zip(self._model.coefs_, data.starting_weights(work), strict=True):
            own[...] = start
        for bias in self._model.intercepts_:
            bias[...] = 0

    def epoch(self) -> None:
        """Go through all rows once."""
        self._model.partial_fit(self._x, self._y)
        self.train_loss = self._model.loss_

    def probabilities(self, x: Array) -> Array:
        """Ask the model."""
        found: Array = self._model.predict_proba(x)
        return found
