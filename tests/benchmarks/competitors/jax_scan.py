"""JAX with a whole epoch in one jitted function, its steps under `lax.scan`: no call from Python in between."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.competitors.jax_step import JaxStep
from tests.benchmarks.workloads import Workload


class JaxScan(JaxStep):
    """jax.lax.scan."""

    title = "JAX, epoch in one scan"

    def prepare(self, work: Workload, threads: int) -> None:
        """Wrap the epoch too."""
        super().prepare(work, threads)
        self._many = self._jax.jit(self._scan, donate_argnums=0)

    def _scan(self, state: Any, x: Any, y: Any, batches: Any) -> Any:
        return self._jax.lax.scan(lambda s, which: self._update(s, x, y, which), state, batches)

    def epoch(self) -> None:
        """Run all whole batches in one call, then what is left."""
        rows, size, order = self._work.rows, self._work.batch, self._order()
        whole = rows // size * size
        self._state, losses = self._many(self._state, self._x, self._y, order[:whole].reshape(-1, min(size, rows)))
        total = float(losses.sum())
        if whole < rows:
            self._state, loss = self._step(self._state, self._x, self._y, order[whole:])
            total += float(loss)
        self.train_loss = total / rows
