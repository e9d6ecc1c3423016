"""A trained network with all it needs to be used: spec, preprocessor, names of classes, history, origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core._part_checks import checked_figures
from zoo_core.errors import SpecError
from zoo_core.model._fingerprints import FINGERPRINTS as TRACE, Fingerprints
from zoo_core.model._header import DataDescription, check_header_size, environment, fit_history
from zoo_core.model._inputs import as_class_indices, as_inputs, as_targets, as_values, class_indices
from zoo_core.model._predictor import PREPROCESSOR, Predictor, in_turn
from zoo_core.model._provenance import provenance
from zoo_core.nn import is_fused, row_losses, targets_for
from zoo_core.parts import Array, Layout, Metric, Part, Record, Table
from zoo_core.registry import Registry
from zoo_core.spec import Spec, copy_part, parts_of
from zoo_core.storage import write_model_file

MAX_ARRAYS = 240  # of 255 that a file can hold; the others are for what a run that is not over keeps


class Model(Predictor):
    """A network that can be trained, evaluated, used and saved. Made by `zoo_core.train` or `zoo_core.load`.

    Several threads may predict and evaluate; they take turns. While it is trained it belongs to its trainer.
    """

    def __init__(
        self,
        spec: Spec,
        about: DataDescription,
        registry: Registry,
        approve: Callable[[Layout], None] = lambda layout: None,
    ) -> None:
        if spec.training.metrics is None:
            raise ValueError("training.metrics is left open; see zoo_core.runs._defaults.fill_defaults")
        super().__init__(spec, about, approve, trained=True)
        self.spec = spec
        self.history: list[Record] = []
        self.trace = Fingerprints()
        self.plugins = provenance(registry, parts_of(spec))
        self.sha256 = ""
        self.started_from = ""  # sha256 of the model file whose weights the training began with
        self.loss = copy_part(spec.model.loss)
        self._metrics = spec.training.metrics

    @cached_property
    def environment(self) -> dict[str, Any]:
        """What the bits of a result depend on besides spec and data: here, or where a loaded model was made."""
        return environment()

    @property
    def history_keys(self) -> list[str]:
        """Every key that a record of the history has, in order of appearance."""
        return list(dict.fromkeys(key for record in self.history for key in record))

    def metrics(self) -> list[Metric]:
        """Return fresh copies of the spec's metrics."""
        return [copy_part(m) for m in self._metrics]

    @np.errstate(all="ignore")
    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """Return the loss and every metric of the spec for inputs and their true labels or values."""
        x = as_inputs(x, self.about.inputs, self.about.image_shape, self.name)
        y = as_targets(y, len(x))
        classes = self.about.task == "classification"
        targets = as_class_indices(y, self.labels()) if classes else as_values(y, self.network.outputs)
        return self.evaluate_table(Table(x, targets), given=True)

    @in_turn
    @np.errstate(all="ignore")
    def evaluate_table(self, table: Table, *, given: bool = False) -> dict[str, float]:
        """Return loss and metrics over a split, whose labels are class indices (rows,); `given` inputs are checked."""
        metrics, rows = self.metrics(), table.x.shape[0]
        fused = is_fused(self.loss, self.network)
        targets = targets_for(self.loss, table.y, self.network.outputs, self.network.dtype)
        for metric in metrics:
            metric.start(rows, self.network.outputs)
        total = weight = 0.0
        for which, z, outputs in self._infer(table.x, given=given):
            values = row_losses(self.loss, fused, z, outputs, targets[which])
            weights = None if table.weights is None else table.weights[which]
            total += float(values.sum() if weights is None else values @ weights)
            weight += len(values) if weights is None else float(weights.sum())
            for metric in metrics:
                metric.update(outputs, table.y[which], weights)
        return {"loss": total / weight} | {name: value for m in metrics for name, value in checked_figures(m).items()}

    @in_turn
    @np.errstate(all="ignore")
    def confusion(self, table: Table) -> Array:
        """Return counts (classes, classes): row the true class, column the predicted one."""
        classes = max(self.network.outputs, 2)
        counts = np.zeros((classes, classes), np.int64)
        for which, _, outputs in self._infer(table.x):
            np.add.at(counts, (table.y[which], class_indices(outputs)), 1)
        return counts

    # -------------------------------------------------------------- files

    def save(self, path: str | Path, *, overwrite: bool = True) -> str:
        """Write the model to one `.npz`, atomically, and return the file's sha256.

        Raises ResourceError when it cannot be written, UsageError when it exists and may not be replaced.
        """
        self.sha256 = write_model_file(path, self.header(), self.arrays(), overwrite=overwrite)
        return self.sha256

    def arrays(self) -> dict[str, Array]:
        """Return every array of a model file by name: parameters, running state, preprocessor, trace; not copies."""
        fitted = {f"{PREPROCESSOR}{name}": np.asarray(value) for name, value in _state(self.preprocessor)}
        trace = {TRACE: self.trace.storable()} if self.trace.rows else {}
        return self.network.state() | fitted | trace

    def header(self) -> dict[str, Any]:
        """Return what the header of a model file says of the model."""
        header = {
            "spec": self.spec.to_dict(),
            "about": self.about.model_dump(),
            "parameters": self.network.layout.size,
            "plugins": self.plugins,
            "environment": self.environment,
            **({"started_from": self.started_from} if self.started_from else {}),
        }
        return {**header, "history": fit_history(self.history, header)}

    def check_storable(self) -> None:
        """Raise SpecError unless a model file can hold this model, so that no training is lost at its end."""
        count = len(self.network.state()) + len(self.preprocessor.state)
        if count > MAX_ARRAYS:
            raise SpecError(f"spec {self.name!r}: a model file holds {MAX_ARRAYS} arrays, not {count}: fewer layers")
        check_header_size(self.header(), f"spec {self.name!r}")


def _state(part: Part) -> Iterator[tuple[str, Any]]:
    for name in part.state:
        value = getattr(part, name, None)
        if value is not None:
            yield name, value
