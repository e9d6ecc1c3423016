"""`Model`: a network with its spec, the preprocessor of its inputs, its class names, history and provenance."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.readers.npy import is_finite
from zoo_core.errors import NumericError, SpecError, UsageError
from zoo_core.model._array_names import FINGERPRINTS, PREPROCESSOR
from zoo_core.model._environment import environment as current_environment
from zoo_core.model._fingerprints import Fingerprints
from zoo_core.model._header import DataDescription, check_header_size, fit_history
from zoo_core.model._inputs import (
    are_probabilities,
    as_class_indices,
    as_inputs,
    as_targets,
    as_values,
    check_finite,
    class_indices,
    class_labels,
)
from zoo_core.nn import RandomStreams, RunningMetrics, assemble, is_fused, targets_for
from zoo_core.parts import Array, Layout, Loss, Metric, Record, Table
from zoo_core.spec import Spec, copy_part
from zoo_core.storage import write_model_file

MAX_ARRAYS = 240  # of 255 in a file; a checkpoint needs the others for its run


class Model:
    """A network that predicts, with all it needs. Made by `zoo_core.train` and `zoo_core.load`.

    Several threads may use it: calls are serialized. During training only its trainer may use it.

    Example:
        model = zoo_core.load("glyphs-quickstart")
        model.predict(x)  # x: (rows, 784), pixels from 0 to 255
    """

    def __init__(
        self,
        spec: Spec,
        about: DataDescription,
        *,
        plugins: Iterable[Mapping[str, Any]] = (),
        history: Iterable[Record] = (),
        fingerprints: Fingerprints | None = None,
        environment: Mapping[str, Any] | None = None,
        started_from: str = "",
        sha256: str = "",
        approve: Callable[[Layout], None] = lambda layout: None,
        read_spec: Callable[[], Spec] | None = None,
    ) -> None:
        """Assemble the network; its parameters are not set.

        `plugins` has the source of each part, see `provenance`. `approve` may refuse the layout of the network before
        memory is allocated. `read_spec` is for a model that is only used: `spec` then describes the network alone,
        and `read_spec` returns the whole spec, for the first use of `Model.spec`.
        """
        if spec.data.preprocessor is None:
            raise SpecError(f"spec {spec.name!r}: data.preprocessor is missing; name one, such as 'standard'")
        self.name, self.about = spec.name, about
        self.source = RandomStreams(copy_part(spec.generator), spec.seed)
        self.network = assemble(spec, about.inputs, self.source, approve, trained=read_spec is None)
        self.preprocessor = copy_part(spec.data.preprocessor)
        self._read_spec = read_spec or (lambda: spec)
        self.history = [dict(record) for record in history]
        self.fingerprints = fingerprints or Fingerprints()
        self.plugins = [dict(source) for source in plugins]
        self.environment = dict(current_environment() if environment is None else environment)
        self.started_from = started_from  # sha256 of the model file whose weights the training began with
        self.sha256 = sha256  # of the file that was read or written last
        self.not_finite = ""  # the first array of the file that holds NaN or infinity
        self._lock = threading.RLock()  # the network has one set of buffers

    def __repr__(self) -> str:
        """Return the name, the layers and the number of parameters."""
        layers = [f"{layer.stages[-1].width} {layer.activation.name}" for layer in self.network.layers]
        chain = " -> ".join([str(self.about.inputs), *layers])
        return f"<{type(self).__name__} {self.name!r}: {chain}; {self.network.layout.size:,} parameters>"

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy gets: all but the lock, which no other process can use."""
        return vars(self) | {"spec": self.spec, "_read_spec": None, "_lock": None}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Give a copy a lock of its own."""
        vars(self).update(state, _lock=threading.RLock())

    @cached_property
    def spec(self) -> Spec:
        """The whole spec. Of a file, its training half is validated here, when it is first used."""
        return self._read_spec()

    @cached_property
    def loss(self) -> Loss:
        """The loss of the spec, a copy."""
        return copy_part(self.spec.model.loss)

    def set_history(self, history: list[Record], fingerprints: list[list[int]]) -> None:
        """Put back the records and the fingerprints of the epochs of a checkpoint."""
        self.history[:] = history
        self.fingerprints.rows[:] = fingerprints

    def metrics(self) -> list[Metric]:
        """Return new copies of the metrics of the spec. Raises SpecError if it has none."""
        if self.spec.training.metrics is None:
            raise SpecError(f"spec {self.name!r}: training.metrics is missing; name them, such as ['accuracy']")
        return [copy_part(metric) for metric in self.spec.training.metrics]

    # -------------------------------------------------------------- predicting

    @np.errstate(all="ignore")  # values that are not finite are found and explained
    def outputs(self, x: Any) -> Array:
        """Compute the outputs of the last layer.

        Args:
            x: inputs, shape (rows, features) or, for images, (rows, height, width), in the units of the data, such as
                pixels from 0 to 255.

        Returns:
            Outputs, shape (rows, outputs), in the dtype of the network.

        Raises:
            DataError: the inputs have another shape or are not finite.
            NumericError: the weights or the outputs are not finite.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.outputs(x).shape  # (rows, 10)
        """
        x = as_inputs(x, self.about.inputs, self.about.image_shape, self.name)
        out = np.empty((x.shape[0], self.network.outputs), self.network.dtype)
        with self._lock:
            for rows, _, outputs in self._infer(x, check=True):
                out[rows] = outputs
        if not is_finite(out):
            raise NumericError(
                f"model {self.name!r} gives values that are not finite; its weights are damaged or its inputs huge"
            )
        return out

    def predict(self, x: Any) -> Array:
        """Predict labels or values.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            For classification the label of each row, shape (rows,): integers if all class names are whole numbers,
            else names. For regression values, shape (rows,) for one target, else (rows, targets).

        Raises:
            DataError: the inputs have another shape or are not finite.
            NumericError: the weights or the outputs are not finite.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict(x)  # array([3, 7, ...])
        """
        outputs = self.outputs(x)
        if self.about.task == "regression":
            return outputs[:, 0] if outputs.shape[1] == 1 else outputs
        chosen: Array = self._labels[class_indices(outputs)]
        return chosen

    def predict_proba(self, x: Any) -> Array:
        """Predict the probability of each class.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            Probabilities from 0 to 1, shape (rows, classes), in the order of `labels`.

        Raises:
            UsageError: the output layer gives no probabilities.
            DataError: the inputs have another shape or are not finite.
            NumericError: the weights or the outputs are not finite.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict_proba(x).sum(axis=1)  # 1 for each row
        """
        outputs = self.outputs(x)
        if outputs.shape[1] == 1 and self.about.task == "classification":
            outputs = np.hstack([1 - outputs, outputs])
        if self.about.task != "classification" or not are_probabilities(outputs):
            last = self.network.layers[-1].activation.name
            raise UsageError(
                f"model {self.name!r} gives no probabilities: its output layer is {last!r}; "
                "use predict, or outputs for the raw scores"
            )
        return outputs

    def labels(self) -> Array:
        """Return the label of each class.

        Returns:
            Labels, shape (classes,): integers if all class names are whole numbers, else names.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.labels()  # array([0, 1, ..., 9])
        """
        return self._labels.copy()

    @cached_property
    def _labels(self) -> Array:
        return class_labels(self.about.class_names, max(self.network.outputs, 2))

    def _infer(self, x: Any, *, check: bool = False) -> Iterator[tuple[slice, Array, Array]]:
        """Yield slices of rows with the outputs of the network, see `Network.infer`; `check` looks at the inputs."""

        def load(rows: slice, out: Array) -> Array:
            inputs: Array = x[rows] if isinstance(x, np.ndarray) else x.take(np.arange(rows.start, rows.stop), axis=0)
            if check:
                check_finite(inputs, "inputs", rows.start)
            return self.preprocessor.prepare(inputs, out)

        if self.not_finite:
            raise NumericError(
                f"model {self.name!r}: its array {self.not_finite!r} holds values that are not finite; "
                "it diverged in training or was damaged: train it again, or get another file"
            )
        yield from self.network.infer(x.shape[0], load)

    # -------------------------------------------------------------- evaluating

    def evaluate(self, x: Any, y: Any) -> dict[str, float]:
        """Compute the loss and the metrics of the spec.

        Args:
            x: inputs, as in `outputs`.
            y: true labels as `labels` gives them, shape (rows,); for regression values, (rows,) or (rows, targets).

        Returns:
            "loss", the mean over all rows, and each metric by its name.

        Raises:
            DataError: inputs or targets have another shape, another label or a value that is not finite.
            PluginError: a part that only training and evaluation need cannot be imported.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.evaluate(x, y)  # {"loss": 0.05, "accuracy": 0.98}
        """
        x = as_inputs(x, self.about.inputs, self.about.image_shape, self.name)
        y = as_targets(y, len(x))
        classes = self.about.task == "classification"
        targets = as_class_indices(y, self.labels()) if classes else as_values(y, self.network.outputs)
        return self.evaluate_table(Table(x, targets), check=True)

    @np.errstate(all="ignore")
    def evaluate_table(self, table: Table, *, check: bool = False) -> dict[str, float]:
        """Return loss and metrics over a split, with class indices (rows,) as labels; `check` looks at the inputs."""
        running = RunningMetrics(self.loss, is_fused(self.loss, self.network), self.metrics())
        targets = targets_for(self.loss, table.y, self.network.outputs, self.network.dtype)
        running.start(table.x.shape[0], self.network.outputs)
        with self._lock:
            for which, z, outputs in self._infer(table.x, check=check):
                weights = None if table.weights is None else table.weights[which]
                running.update(z, outputs, targets[which], table.y[which], weights)
        return {"loss": running.mean_loss} | running.figures()

    @np.errstate(all="ignore")
    def confusion(self, table: Table) -> Array:
        """Return counts, shape (classes, classes): row the true class, column the predicted one."""
        classes = max(self.network.outputs, 2)
        counts = np.zeros((classes, classes), np.int64)
        with self._lock:
            for rows, _, outputs in self._infer(table.x):
                np.add.at(counts, (table.y[rows], class_indices(outputs)), 1)
        return counts

    # -------------------------------------------------------------- files

    def save(self, path: str | Path, *, overwrite: bool = True) -> str:
        """Write a model file, atomically.

        Args:
            path: the file, by custom *.npz.
            overwrite: whether an existing file may be replaced.

        Returns:
            The sha256 of the file, 64 hexadecimal digits.

        Raises:
            ResourceError: the file cannot be written.
            UsageError: the file exists and may not be replaced.

        Example:
            model = zoo_core.train("glyphs-quickstart")
            model.save("glyphs.npz")
        """
        self.sha256 = write_model_file(path, self.header(), self.arrays(), overwrite=overwrite)
        return self.sha256

    def arrays(self) -> dict[str, Array]:
        """Return the arrays of a model file by name, not copies: network, preprocessor and fingerprints."""
        fitted = {name: getattr(self.preprocessor, name, None) for name in self.preprocessor.state}
        found = {f"{PREPROCESSOR}{name}": np.asarray(v) for name, v in fitted.items() if v is not None}
        fingerprints = {FINGERPRINTS: self.fingerprints.storable()} if self.fingerprints.rows else {}
        return self.network.state() | found | fingerprints

    def header(self) -> dict[str, Any]:
        """Return the header of a model file."""
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
        """Raise SpecError unless a model file can hold this model: better before training than after it."""
        count = len(self.network.state()) + len(self.preprocessor.state)
        if count > MAX_ARRAYS:
            raise SpecError(f"spec {self.name!r}: a model file holds {MAX_ARRAYS} arrays, not {count}: fewer layers")
        check_header_size(self.header(), f"spec {self.name!r}")
