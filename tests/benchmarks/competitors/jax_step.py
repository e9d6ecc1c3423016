"""JAX: one jitted function for a step, with its state donated; the data lie on the device, a step gets the indices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
KEPT = 0.9  # share of the old in batch_norm's running figures


class JaxStep(Competitor):
    """jax.jit over jax.value_and_grad."""

    title = "JAX"
    package = "jax"

    @classmethod
    def environment(cls, threads: int) -> dict[str, str]:
        """Return what limits XLA, which looks at none of the usual variables."""
        one = "--xla_cpu_multi_thread_eigen=false" if threads == 1 else ""
        return super().environment(threads) | {"NPROC": str(threads), "XLA_FLAGS": one, "JAX_PLATFORMS": "cpu"}

    def prepare(self, work: Workload, threads: int) -> None:
        """Put everything on the device and wrap the functions."""
        import jax

        self._jax, self._work, self._rng = jax, work, np.random.default_rng(3)
        self._x, self._y = (jax.device_put(a) for a in data.training_rows(work))
        layers = [self._layer(w) for w in data.starting_weights(work)]
        zeros = partial(jax.tree.map, jax.numpy.zeros_like)
        running = [(jax.numpy.zeros(n), jax.numpy.ones(n)) for n in work.widths[1:-1]]
        self._state = (layers, zeros(layers), zeros(layers), running, jax.random.key(3), jax.numpy.zeros((), int))
        self._step = jax.jit(self._update, donate_argnums=0)
        self._predict = jax.jit(lambda layers, running, x: jax.nn.softmax(self._logits(layers, running, x, None)[0]))

    def _layer(self, weights: Array) -> dict[str, Any]:
        jnp, units = self._jax.numpy, weights.shape[1]
        norm = {"gamma": jnp.ones(units), "beta": jnp.zeros(units)} if self._work.batch_norm else {}
        return {"w": jnp.asarray(weights), "b": jnp.zeros(units), **norm}

    def epoch(self) -> None:
        """Take a step for each batch; the loss stays on the device until the end."""
        rows, size = self._work.rows, self._work.batch
        total = 0.0
        order = self._order()
        for start in range(0, rows, size):
            which = order[start : start + size]
            self._state, loss = self._step(self._state, self._x, self._y, which)
            total = total + loss
        self.train_loss = float(total) / rows

    def _order(self) -> Array:
        rows = self._work.rows
        return (self._rng.permutation(rows) if self._work.shuffle else np.arange(rows)).astype(np.int32)

    def probabilities(self, x: Array) -> Array:
        """Run the jitted prediction and wait for it."""
        return np.asarray(self._predict(self._state[0], self._state[3], x))

    # -------------------------------------------------------------- what is jitted

    def _update(self, state: Any, x: Any, y: Any, which: Any) -> Any:
        """Return the state after a batch, and the sum of its losses."""
        jax, work = self._jax, self._work
        layers, first, second, running, key, steps = state
        key, drop = jax.random.split(key) if work.dropout else (key, None)
        of = jax.value_and_grad(self._loss, has_aux=True)
        (loss, running), gradients = of(layers, running, x[which], y[which], drop)
        if work.l2:
            gradients = [g | {"w": g["w"] + work.l2 * p["w"]} for g, p in zip(gradients, layers, strict=True)]
        move = self._adam if work.optimizer == "adam" else self._sgd
        layers, first, second = move(layers, first, second, gradients, steps + 1)
        return (layers, first, second, running, key, steps + 1), loss * len(which)

    def _loss(self, layers: Any, running: Any, x: Any, y: Any, key: Any) -> Any:
        jax = self._jax
        logits, running = self._logits(layers, running, x, key, training=True)
        chosen = jax.numpy.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
        return -chosen.mean(), running

    def _logits(self, layers: Any, running: Any, x: Any, key: Any, *, training: bool = False) -> Any:
        jax, after = self._jax, []
        for i, layer in enumerate(layers):
            x = x @ layer["w"] + layer["b"]
            if i == len(layers) - 1:
                return x, after
            x, kept = self._normalize(layer, running[i], x, training)
            after.append(kept)
            x = jax.nn.relu(x)
            if training and key is not None:
                mask = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - self._work.dropout, x.shape)
                x = jax.numpy.where(mask, x / (1 - self._work.dropout), 0)
        return None

    def _normalize(self, layer: Any, running: Any, x: Any, training: bool) -> Any:
        if not self._work.batch_norm:
            return x, running
        mean, variance = (x.mean(0), x.var(0)) if training else running
        scaled = (x - mean) / self._jax.numpy.sqrt(variance + 1e-5) * layer["gamma"] + layer["beta"]
        kept = [KEPT * old + (1 - KEPT) * new for old, new in zip(running, (mean, variance), strict=True)]
        return scaled, tuple(kept)

    def _sgd(self, layers: Any, first: Any, second: Any, gradients: Any, step: Any) -> Any:
        tree, work = self._jax.tree, self._work
        if work.momentum:
            gradients = first = tree.map(lambda v, g: work.momentum * v + g, first, gradients)
        return tree.map(lambda p, g: p - work.learning_rate * g, layers, gradients), first, second

    def _adam(self, layers: Any, first: Any, second: Any, gradients: Any, step: Any) -> Any:
        tree, jnp = self._jax.tree, self._jax.numpy
        first = tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradients)
        second = tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g**2, second, gradients)
        rate = self._work.learning_rate / (1 - BETA1**step)
        root = jnp.sqrt(1 - BETA2**step)
        layers = tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + EPSILON), layers, first, second)
        return layers, first, second
