"""thinc: layers in a chain, batches from its own `multibatch`, as its documentation trains."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload


class ThincChain(Competitor):
    """thinc.api."""

    title = "thinc"
    package = "thinc"

    @classmethod
    def refuses(cls, work: Workload) -> str:
        """Return what it does not have."""
        return "has no batch_norm, no momentum" if work.batch_norm or work.momentum else ""

    def prepare(self, work: Workload, threads: int) -> None:
        """Build the chain; what its optimizer does beyond the rule, clipping and averaging, is switched off."""
        import thinc.api as thinc

        self._work = work
        self._x, self._y = data.training_rows(work)
        plain = {"grad_clip": 0.0, "use_averages": False, "L2": work.l2}
        rule = thinc.Adam if work.optimizer == "adam" else thinc.SGD
        self._optimizer = rule(work.learning_rate, **plain)
        self._model = self._build(thinc)
        self._model.initialize(self._x[:1], np.eye(work.widths[-1], dtype=np.float32)[:1])
        for layer, start in zip(self._dense, data.starting_weights(work), strict=True):
            layer.set_param("W", np.ascontiguousarray(start.T))
        np.random.seed(3)  # noqa: NPY002  thinc shuffles and drops with it

    def _build(self, thinc: Any) -> Any:
        *hidden, last = ((inputs, units) for inputs, units in self._work.shapes)
        stages: list[Any] = []
        self._dense = [thinc.Relu(nI=i, nO=n) for i, n in hidden] + [thinc.Softmax(nI=last[0], nO=last[1])]
        for layer in self._dense[:-1]:
            stages += [layer, thinc.Dropout(self._work.dropout)] if self._work.dropout else [layer]
        stages.append(self._dense[-1])
        return thinc.chain(*stages) if len(stages) > 1 else stages[0]

    def epoch(self) -> None:
        """Take a step for each batch."""
        work, model, ops = self._work, self._model, self._model.ops
        total = 0.0
        for x, y in ops.multibatch(work.batch, self._x, self._y, shuffle=work.shuffle):
            outputs, backprop = model.begin_update(x)
            at = np.arange(len(y)), y
            total -= float(np.log(outputs[at]).sum())
            outputs[at] -= 1
            backprop(outputs / len(y))
            model.finish_update(self._optimizer)
            self._optimizer.step_schedules()
        self.train_loss = total / work.rows

    def probabilities(self, x: Array) -> Array:
        """Ask the model."""
        found: Array = self._model.predict(x)
        return found
