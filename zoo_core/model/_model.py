"""`Model`: a network with its spec, the preprocessor of its inputs, its class names, history and provenance."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.basics import ThreadLock
from zoo_core.contract import checked_width, naming_parts
from zoo_core.data import RowSketch
from zoo_core.data.columns import input_columns
from zoo_core.data.labels import as_labels
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import SpecError
from zoo_core.model._description import DataDescription
from zoo_core.model._environment import environment as current_environment
from zoo_core.model._fingerprints import Fingerprints
from zoo_core.model._inference import checked_own, layer_outputs, network_outputs
from zoo_core.model._inputs import as_inputs, as_targets, class_labels
from zoo_core.model._preprocessors import Preprocessors, fitted_preprocessors
from zoo_core.model._saving import file_arrays, with_history
from zoo_core.model.answers import answers, probabilities
from zoo_core.model.given import GivenRows, as_weights, given_rows
from zoo_core.model.run_state import RunState
from zoo_core.nn import Decision, RandomStreams, TargetUnits, assemble
from zoo_core.parts import Array, ClassDecision, Layout, Loss, Metric, Record, Table
from zoo_core.spec import copy_part, dump, walk_parts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.spec import Spec

_MISSING = TableFormat().missing  # what stands for a missing value, where the data do not say


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
        training_rows: RowSketch | None = None,
        warnings: Mapping[str, str] | None = None,
        environment: Mapping[str, Any] | None = None,
        started_from: str = "",
        sha256: str = "",
        not_finite: str = "",
        approve: Callable[[Layout], None] = lambda layout: None,
        read_spec: Callable[[], Spec] | None = None,
        data_options: Mapping[str, Any] | None = None,
        read_loss: Callable[[], Loss] | None = None,
        source: RandomStreams | None = None,
        train: Table | None = None,
        preprocessors: Preprocessors | None = None,
    ) -> None:
        """Assemble the network; its parameters are not set.

        `preprocessors` are fitted ones, or they are fitted to `train`. `source` has given streams before. `approve`
        may refuse the layout before memory is allocated. With `read_spec`, the model is only used: `spec` describes the
        network alone. `read_spec` returns the whole spec for the first use of `Model.spec`, `read_loss` the loss for
        the first decision.
        """
        self.name, self.about = spec.name, about
        self.source = source or RandomStreams(copy_part(spec.generator), spec.seed)
        self.preprocessors = preprocessors or fitted_preprocessors(spec, about, train)
        self.preprocessor, self.target_preprocessor = self.preprocessors
        self.preprocessor.set_columns(about.described_columns)
        width = checked_width(self.preprocessor, about.inputs)
        self.network = assemble(spec, width, self.source, approve, trained=read_spec is None)
        self.fingerprints, self._read_spec = fingerprints or Fingerprints(), read_spec or (lambda: spec)
        self._read_loss = read_loss
        self.history, self.plugins = [dict(record) for record in history], [dict(source) for source in plugins]
        self.training_rows = training_rows or RowSketch()  # a sketch of the rows that it was trained on
        self.warnings = dict(warnings or {})  # what its run warned of, by key
        self.run_state: RunState | None = None  # of the run that it ended, which a later run may continue
        self.environment = dict(current_environment() if environment is None else environment)
        self.started_from = started_from  # sha256 of the model file whose weights the training began with
        self.sha256 = sha256  # of the file that was read or written last
        self.file: Path | None = None  # that was read or written last, if it has a name
        self.not_finite = not_finite  # the first array of the file that holds NaN or infinity
        self.data_options = dict(data_options or {})  # of the data set, as the file says them; not validated
        self.lock = ThreadLock()  # held while the network, which has one set of buffers, is used

    def __repr__(self) -> str:
        """Return the name, the layers and the number of parameters."""
        layers = (f"{layer.stages[-1].width} {layer.activation.name}" for layer in self.network.layers)
        chain = " -> ".join([*dict.fromkeys([str(self.about.inputs), str(self.network.inputs)]), *layers])
        return f"<{type(self).__name__} {self.name!r}: {chain}; {self.network.layout.size:,} parameters>"

    def _repr_html_(self) -> str:
        """Return layers, task, figures and learning curve for a notebook."""
        from zoo_core.model._html import model_html  # late: most models are not shown

        return model_html(self)

    def __copy__(self) -> Model:
        """Return a copy that shares the network, and so the lock."""
        vars(other := object.__new__(type(self))).update(vars(self))
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        """Return a copy that shares nothing, with the whole spec."""
        memo[id(self)] = other = object.__new__(type(self))
        whole = vars(self) | {"spec": self.spec, "_read_spec": None, "_read_loss": None}
        vars(other).update(copy.deepcopy(whole, memo))
        return other

    def __reduce__(self) -> tuple[Callable[..., Model], tuple[Any, ...]]:
        """Return what a pickle holds: the bytes of the model's file."""
        from zoo_core.model._pickling import reduce_model  # late: most models are not pickled

        return reduce_model(self)

    @cached_property
    def units(self) -> TargetUnits:
        """How targets become what the network learns, and outputs the user's own units."""
        return TargetUnits(self.target_preprocessor, self.about.target_count(self.network.outputs))

    @cached_property
    def spec(self) -> Spec:
        """The whole spec. The training half of a stored one is validated at its first use."""
        return self._read_spec()

    @cached_property
    def loss(self) -> Loss:
        """The loss of the spec, a copy."""
        return copy_part(self.spec.model.loss if self._read_loss is None else self._read_loss())

    @cached_property
    def decision(self) -> Decision:
        """How outputs become classes, probabilities or values, as output activation and loss say."""
        outputs, about = self.network.outputs, self.about
        counts = about.class_count(outputs), about.target_count(outputs)
        return Decision(self.network.layers[-1].activation, self.loss, outputs, *counts)

    def set_history(self, history: list[Record], fingerprints: list[list[int]]) -> None:
        """Set the records and the fingerprints of the epochs in a checkpoint."""
        self.history[:] = history
        self.fingerprints.rows[:] = fingerprints

    def metrics(self, decision: ClassDecision | None = None) -> list[Metric]:
        """Return new copies of the metrics of the spec, which know the classes. Raises SpecError if it has none.

        `decision` makes classes or values of outputs, by default as the model does.
        """
        if self.spec.training.metrics is None:
            raise SpecError(f"spec {self.name!r}: training.metrics is missing; name them, such as ['accuracy']")
        metrics = [copy_part(metric) for metric in self.spec.training.metrics]
        names = [] if self.about.task == "regression" else [str(label) for label in self._labels.tolist()]
        several = self.about.task == "multilabel"
        for metric in metrics:
            for _, part in walk_parts(metric, ""):
                if isinstance(part, Metric):
                    part.set_meaning(decision or self.decision, names, self.about.target_names, is_multilabel=several)
        return metrics

    @naming_parts
    def outputs(self, x: Any) -> Array:
        """Compute the outputs of the last layer; for a regression in the units of the targets.

        Args:
            x: inputs in the units of the data, shape (rows, features), or (rows, height, width) for images. The columns
                of a data frame, a mapping or a structured array are matched by name; others are left out. Where the
                model was trained on categories or dates, they hold texts; an array of numbers holds their codes.

        Returns:
            Outputs, shape (rows, outputs), in the dtype of the network, or in float64 where it learnt scaled targets.

        Raises:
            DataError: the inputs have another shape, lack a column by name, or are not finite.
            NumericError: the weights or the outputs are not finite.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.outputs(x).shape  # (rows, 10)
        """
        return checked_own(self, network_outputs(self, self._inputs(x)))

    def _inputs(self, x: Any) -> Any:
        about = self.about
        if _is_matrix(x, about.inputs) and not about.columns:
            return x
        form = about.inputs, about.image_shape, self.name, about.feature_names
        return as_inputs(x, *form, input_columns(self.preprocessor, about.described_columns), self.missing)

    @property
    def missing(self) -> Sequence[str]:
        """The texts that stand for a missing value in columns that are described."""
        found = self.data_options.get("missing")  # a data set of a plugin may mean something else by it
        is_texts = isinstance(found, (list, tuple)) and all(isinstance(text, str) for text in found)
        return found if found and is_texts else _MISSING

    @naming_parts
    def predict(self, x: Any) -> Array:
        """Predict labels or values.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            For classification the label of each row, shape (rows,): integers if all class names are whole numbers,
            else names. For regression values in the units of the targets, shape (rows,) for one target, else
            (rows, targets). For several labels a row, bools of shape (rows, labels), in the order of `labels`.

        Raises:
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict(x)  # array([3, 7, ...])
        """
        return answers(self, self.outputs(x))

    @naming_parts
    def predict_proba(self, x: Any) -> Array:
        """Predict the probability of each class, or of each of several labels.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            Probabilities from 0 to 1, shape (rows, classes), in the order of `labels`. Those of classes add up to 1 in
            each row; those of several labels a row do not.

        Raises:
            UsageError: output layer and loss give no probabilities; those of margins are scores.
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict_proba(x).sum(axis=1)  # 1 for each row
        """
        return probabilities(self, self.outputs(x))

    @naming_parts
    def activations(self, x: Any) -> dict[str, Array]:
        """Compute the output of each layer, to look into the network.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            For each layer, by its path such as "layers.0", what it gives outside training, shape (rows, units): after
            the activation, without dropout and the like. Those of the last layer are `outputs`, but for the units of
            scaled targets. The arrays are copies.

        Raises:
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.activations(x)["layers.0"].shape  # (rows, 64)
        """
        return layer_outputs(self, self._inputs(x))

    def labels(self) -> Array:
        """Return the label of each class, shape (classes,): integers if all class names are whole numbers.

        For several labels a row, these are their names.
        """
        return self._labels.copy()

    @cached_property
    def _labels(self) -> Array:
        if self.about.task == "multilabel":
            return np.array(self.about.target_names)
        return class_labels(self.about.class_names, self.about.class_count(self.network.outputs))

    @naming_parts
    def evaluate(self, x: Any, y: Any = None) -> dict[str, float]:
        """Compute the loss and the metrics of the spec.

        The loss is of the targets that the network learns: by default, most regressions learn standardized ones.
        Metrics are in the units of the targets.

        Args:
            x: inputs, as in `outputs`; without `y`, rows as in `train`: (x, y), (x, y, weights), a mapping of these
                names, or a frame that has the column which the model predicts.
            y: true labels as `labels` gives them, shape (rows,); for regression values, (rows,) or (rows, targets);
                for several labels a row, 0 and 1 or bools (rows, labels). They may be a column or a frame.

        Returns:
            "loss", the mean over all rows, and each metric by its name.

        Raises:
            DataError: inputs or targets have another shape, another label or a value that is not finite.
            NumericError: the weights or the outputs are not finite.
            PluginError: a part that only training and evaluation need cannot be imported.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.evaluate(x, y)  # {"loss": 0.05, "accuracy": 0.98}
        """
        from zoo_core.model.evaluation import evaluate_table  # late: predicting measures nothing

        return evaluate_table(self, self.table(x, y), check=True)

    def table(self, x: Any, y: Any = None) -> Table:
        """Return rows as they are given for `evaluate`, with the class indices of the model. Raises DataError."""
        rows = GivenRows(x, y) if y is not None else given_rows(x, self._target, what="rows to evaluate")
        x = self._inputs(rows.x)
        names = list(map(str, self._labels.tolist())) if self.about.task == "classification" else None
        count = self.about.target_count(self.network.outputs)
        targets = as_targets(rows.y, len(x), count, names, self.about.target_names, self.about.label_words)
        if self.about.task == "multilabel":
            targets = as_labels(targets, self.about.target_names, "targets")
        return Table(x, targets, as_weights(rows.weights, len(x)))

    def plot(self, kind: str = "curves", **options: Any) -> Figure:
        """Draw the model.

        Args:
            kind: "curves", "layers", "confusion", "weights", or a plot of a plugin; see `zoo_core.plot`.
            options: as for `zoo_core.plot`, such as `what="accuracy"` of "curves", or `data=(x, y)` of "confusion".

        Returns:
            A Matplotlib figure, which a notebook shows.

        Raises:
            UsageError, DataError, ResourceError, PluginError: as `zoo_core.plot`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.plot("weights")
        """
        from zoo_core.registry import DRAWER, load_target  # late: predicting draws nothing

        figure: Figure = load_target(DRAWER)(self, kind, **options)
        return figure

    def _target(self) -> Any:
        """Return the columns of a frame that hold the targets; None where the model does not know them."""
        return list(self.about.target_names) or getattr(self.spec.data.source, "target", None)

    @naming_parts
    def save(self, path: str | Path, *, overwrite: bool | Callable[[], bool] = True) -> str:
        """Write a model file, atomically.

        Args:
            path: the file, usually *.npz.
            overwrite: whether an existing file may be replaced; a function is asked again just before that.

        Returns:
            The sha256 of the file, 64 hexadecimal digits.

        Raises:
            ResourceError: the file cannot be written.
            UsageError: the file exists and may not be replaced.
            PluginError: the file would not give back this model. What was at `path` is still there.

        Example:
            model = zoo_core.train("glyphs-quickstart")
            model.save("glyphs.npz")
        """
        from zoo_core.model import prove  # late: predicting writes nothing
        from zoo_core.storage import write_model_file

        proof = partial(prove, self)
        self.sha256 = write_model_file(path, *self.contents(path), overwrite=overwrite, prove=proof)
        self.file = Path(path).absolute()
        return self.sha256

    @naming_parts
    def to_bytes(self) -> bytes:
        """Return the bytes of a model file, which `zoo_core.load` takes.

        Returns:
            What `save` writes. A pickle of the model holds the same bytes.

        Raises:
            PluginError: the bytes would not give back this model.

        Example:
            data = model.to_bytes()
            zoo_core.load(data).predict(x)
        """
        from zoo_core.model import prove  # late: predicting writes nothing
        from zoo_core.storage import contents_from_bytes, to_bytes

        data = to_bytes(*self.contents(), f"model {self.name!r}")
        prove(self, contents_from_bytes(data, f"model {self.name!r}", limit=len(data)))
        return data

    def arrays(self) -> dict[str, Array]:
        """Return the arrays of a model file by name, not copies: of network, preprocessors and run."""
        return file_arrays(self.network, self.preprocessors, self.fingerprints, self.training_rows)

    def contents(self, path: str | Path | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return header and arrays of a model file; they hold the state of the run too, if the spec asks for it."""
        if self.run_state is None or not self.spec.training.keep_optimizer:
            return self.header(path), self.arrays()
        section, arrays = self.run_state.packed()
        return self.header(path, {"run": section}), self.arrays() | arrays

    def header(self, path: str | Path | None = None, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the header of a model file; with `path`, also where the data of its spec lie from there."""
        about = {"spec": self.spec.to_dict(), "about": self.about.model_dump(), "parameters": self.network.layout.size}
        about |= {"plugins": self.plugins, "environment": self.environment, "started_from": self.started_from}
        about |= {"warnings": self.warnings} if self.warnings else {}
        if path is not None:
            about["spec_folder"] = self.spec.origin.relative_to(Path(path).parent, dump(self.spec.data.source))
        return with_history(about | dict(more or {}), self.history)


def _is_matrix(x: Any, inputs: int) -> bool:
    """Return whether inputs are an array that needs no change; for one row this is much quicker than all checks."""
    return type(x) is np.ndarray and x.dtype.kind == "f" and x.ndim == 2 and x.shape[1] == inputs
