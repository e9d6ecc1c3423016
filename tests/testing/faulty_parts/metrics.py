"""Metrics with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Metric


class Mae(Metric):
    """Correct: the mean absolute error."""

    name = "mae_under_test"
    task = "regression"
    higher_is_better = False
    state = ("total", "weight")

    def start(self, rows, outputs):
        self.total = self.weight = 0.0

    def update(self, outputs, targets, weights):
        weights = np.ones(len(outputs)) if weights is None else weights
        self.total += float(np.abs(outputs - targets).mean(axis=1) @ weights)
        self.weight += float(weights.sum())

    def result(self):
        return self.total / self.weight if self.weight else float("nan")


@faulty("batching", "only the last batch counts")
class LastBatch(Mae):
    """Replaces instead of adding."""

    def update(self, outputs, targets, weights):
        self.start(0, 0)
        super().update(outputs, targets, weights)


@faulty("batching", "it averages over batches")
class MeanOfMeans(Mae):
    """Every batch counts the same."""

    def update(self, outputs, targets, weights):
        self.total += float(np.abs(outputs - targets).mean())
        self.weight += 1


@faulty("weights", "the weights are ignored")
class Unweighted(Mae):
    """Ignores the weights."""

    def update(self, outputs, targets, weights):
        super().update(outputs, targets, None)


@faulty("weights", "divide by the sum of weights")
class ByRows(Mae):
    """Divides by rows."""

    def update(self, outputs, targets, weights):
        super().update(outputs, targets, weights)
        self.weight += 0 if weights is None else len(outputs) - float(weights.sum())


@faulty("direction", "higher_is_better is True")
class Backwards(Mae):
    """An error with higher_is_better."""

    higher_is_better = True


@faulty("result", "start does not reset")
class Remembering(Mae):
    """Starts only once."""

    def start(self, rows, outputs):
        if not hasattr(self, "total"):
            super().start(rows, outputs)


@faulty("state", "name what update collects in the class attribute `state`")
class Forgetful(Mae):
    """Names no state."""

    state = ()


@faulty("buffers", "update keeps `outputs` itself")
class Keeping(Mae):
    """Keeps the arrays of every batch."""

    def start(self, rows, outputs):
        self.rows = []

    def update(self, outputs, targets, weights):
        self.rows.append((outputs, targets, np.ones(len(outputs)) if weights is None else weights))

    def result(self):
        outputs, targets, weights = (np.concatenate(arrays) for arrays in zip(*self.rows, strict=True))
        return float(np.abs(outputs - targets).mean(axis=1) @ weights / weights.sum()) if weights.any() else 0.0
