"""A loop in plain NumPy as a good textbook has it: a new array for each result, no framework."""

from __future__ import annotations

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class NumpyLoop(Competitor):
    """Forward, backward and update by hand; also what the tests compare the others with."""

    title = "plain NumPy loop"

    @classmethod
    def refuses(cls, work: Workload) -> str:
        """Return what the loop does not have."""
        return "has no dropout, no batch_norm" if work.dropout or work.batch_norm else ""

    def prepare(self, work: Workload, threads: int) -> None:
        """Make parameters and moments."""
        self._work, self._rng = work, np.random.default_rng(3)
        self._x, self._y = data.training_rows(work)
        self._w = data.starting_weights(work)
        self._b = [np.zeros(w.shape[1], np.float32) for w in self._w]
        self._first = [np.zeros_like(p) for p in (*self._w, *self._b)]
        self._second = [np.zeros_like(p) for p in (*self._w, *self._b)]
        self._updates = 0

    def epoch(self) -> None:
        """Take a step for each batch."""
        rows, size = self._work.rows, self._work.batch
        order = self._rng.permutation(rows) if self._work.shuffle else np.arange(rows)
        total = 0.0
        for start in range(0, rows, size):
            which = order[start : start + size]
            total += self._step(self._x[which], self._y[which])
        self.train_loss = total / rows

    def _step(self, x: Array, y: Array) -> float:
        values = self._forward(x)
        at = np.arange(len(x)), y
        loss = -float(np.log(values[-1][at]).sum())
        delta = values[-1]
        delta[at] -= 1
        delta /= len(x)
        w_gradients, b_gradients = [], []
        for i in reversed(range(len(self._w))):
            w_gradients.insert(0, values[i].T @ delta + np.float32(self._work.l2) * self._w[i])
            b_gradients.insert(0, delta.sum(axis=0))
            if i:
                delta = delta @ self._w[i].T * (values[i] > 0)
        self._update([*w_gradients, *b_gradients])
        return loss

    def _forward(self, x: Array) -> list[Array]:
        values = [x]
        for i, (w, b) in enumerate(zip(self._w, self._b, strict=True)):
            z = values[-1] @ w + b
            values.append(np.maximum(z, 0) if i < len(self._w) - 1 else softmax(z))
        return values

    def _update(self, gradients: list[Array]) -> None:
        self._updates += 1
        move = self._adam if self._work.optimizer == "adam" else self._sgd
        for i, (parameter, gradient) in enumerate(zip((*self._w, *self._b), gradients, strict=True)):
            parameter -= self._work.learning_rate * move(i, gradient)

    def _sgd(self, i: int, gradient: Array) -> Array:
        if self._work.momentum:
            self._first[i] = self._work.momentum * self._first[i] + gradient
            return self._first[i]
        return gradient

    def _adam(self, i: int, gradient: Array) -> Array:
        self._first[i] = BETA1 * self._first[i] + (1 - BETA1) * gradient
        self._second[i] = BETA2 * self._second[i] + (1 - BETA2) * gradient**2
        mean = self._first[i] / (1 - BETA1**self._updates)
        return mean / (np.sqrt(self._second[i] / (1 - BETA2**self._updates)) + EPSILON)

    def probabilities(self, x: Array) -> Array:
        """Run forward, all rows at once."""
        return self._forward(x)[-1]


def softmax(z: Array) -> Array:
    """Return exp(z) / sum(exp(z)) of each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    e /= e.sum(axis=1, keepdims=True)
    return e
