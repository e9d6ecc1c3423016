"""What a model is assembled of: its network, the preprocessors, the loss, and the meaning of inputs and outputs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core.basics import ThreadLock
from zoo_core.contract import checked_width
from zoo_core.data import RowSketch
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import SpecError
from zoo_core.model._description import DataDescription
from zoo_core.model._environment import environment as current_environment
from zoo_core.model._fingerprints import Fingerprints
from zoo_core.model._inputs import class_labels
from zoo_core.model._preprocessors import Preprocessors, fitted_preprocessors
from zoo_core.model.run_state import RunState
from zoo_core.nn import Decision, RandomStreams, TargetUnits, assemble
from zoo_core.parts import Array, ClassDecision, Layout, Loss, Metric, Record, Table
from zoo_core.spec import copy_part, walk_parts

if TYPE_CHECKING:
    from typing import Self

    from zoo_core.spec import Spec

_MISSING = TableFormat().missing  # what stands for a missing value, where the data do not say


class AssembledModel:
    """A network with all that tells the meaning of its inputs and outputs, and where it comes from.

    `Model` adds what a user asks of it. Modules that only compute with a model need no more than this.
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

    def __copy__(self) -> Self:
        """Return a copy that shares the network, and so the lock."""
        vars(other := object.__new__(type(self))).update(vars(self))
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy that shares nothing, with the whole spec."""
        memo[id(self)] = other = object.__new__(type(self))
        whole = vars(self) | {"spec": self.spec, "_read_spec": None, "_read_loss": None}
        vars(other).update(copy.deepcopy(whole, memo))
        return other

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

    @property
    def missing(self) -> Sequence[str]:
        """The texts that stand for a missing value in columns that are described."""
        found = self.data_options.get("missing")  # a data set of a plugin may mean something else by it
        is_texts = isinstance(found, (list, tuple)) and all(isinstance(text, str) for text in found)
        return found if found and is_texts else _MISSING

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
