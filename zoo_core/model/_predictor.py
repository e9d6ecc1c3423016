"""What predicts: a network, the preprocessor of its inputs, and what its outputs mean."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from zoo_core.data.readers.npy import is_finite
from zoo_core.errors import NumericError, UsageError
from zoo_core.model._header import DataDescription
from zoo_core.model._inputs import as_inputs, check_finite, class_indices, class_labels
from zoo_core.nn import RandomStreams, assemble
from zoo_core.parts import Array, Layout
from zoo_core.spec import NetworkSpec, copy_part

PREPROCESSOR = "preprocessor."  # how names of its arrays begin in a file


P = ParamSpec("P")
R = TypeVar("R")


class Turns:
    """A lock; a copy of its owner, or one that is sent to another process, gets a lock of its own."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Turns, ()


def in_turn(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Have a thread that calls the method wait until others have left those of the same object's `turns`."""

    @functools.wraps(method)
    def alone(self: Any, /, *arguments: P.args, **options: P.kwargs) -> R:
        with self.turns.lock:
            return method(self, *arguments, **options)

    return alone


class Predictor:
    """A network that is used and not trained. Made by `zoo_core.load_predictor`; every model is one.

    Several threads may predict; they take turns.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        about: DataDescription,
        approve: Callable[[Layout], None] = lambda layout: None,
        *,
        trained: bool = False,
    ) -> None:
        if spec.data.preprocessor is None:
            raise ValueError("data.preprocessor is left open; see zoo_core.runs._defaults.fill_defaults")
        self.name, self.about = spec.name, about
        self.source = RandomStreams(copy_part(spec.generator), spec.seed)
        self.network = assemble(spec, about.inputs, self.source, approve, trained=trained)
        self.preprocessor = copy_part(spec.data.preprocessor)
        self.turns = Turns()  # the network has one set of buffers
        self.not_finite = ""  # the first array of the file that holds NaN or infinity

    def __repr__(self) -> str:
        """Return the name, the layers and the number of parameters."""
        layers = [f"{layer.stages[-1].width} {layer.activation.name}" for layer in self.network.layers]
        chain = " -> ".join([str(self.about.inputs), *layers])
        return f"<{type(self).__name__} {self.name!r}: {chain}; {self.network.layout.size:,} parameters>"

    @in_turn
    @np.errstate(all="ignore")  # what is not finite is found and explained
    def outputs(self, x: Any) -> Array:
        """Return what the output layer gives for raw inputs: shape (rows, outputs), the network's dtype.

        `x` has shape (rows, features) or (rows, height, width) for images, in the data's own units (pixels 0 to
        255). Raises DataError for another shape or a value that is not finite, NumericError for broken weights.
        """
        x = as_inputs(x, self.about.inputs, self.about.image_shape, self.name)
        out = np.empty((x.shape[0], self.network.outputs), self.network.dtype)
        for which, _, outputs in self._infer(x, given=True):
            out[which] = outputs
        if not is_finite(out):
            raise NumericError(
                f"model {self.name!r} gives values that are not finite; its weights are damaged or its inputs huge"
            )
        return out

    def predict(self, x: Any) -> Array:
        """Return labels, shape (rows,), as the data names them (integers where names are numbers); or values.

        For regression the shape is (rows,) with one target and (rows, targets) with several.
        """
        outputs = self.outputs(x)
        if self.about.task == "regression":
            return outputs[:, 0] if outputs.shape[1] == 1 else outputs
        chosen: Array = self._labels[class_indices(outputs)]
        return chosen

    def predict_proba(self, x: Any) -> Array:
        """Return the probability of each class, shape (rows, classes).

        Raises UsageError where the output layer does not give probabilities.
        """
        outputs = self.outputs(x)
        if outputs.shape[1] == 1 and self.about.task == "classification":
            outputs = np.hstack([1 - outputs, outputs])
        if self.about.task != "classification" or not _are_probabilities(outputs):
            last = self.network.layers[-1].activation.name
            raise UsageError(
                f"model {self.name!r} gives no probabilities: its output layer is {last!r}; "
                "use predict, or outputs for the raw scores"
            )
        return outputs

    def labels(self) -> Array:
        """Return the label of each class: integers where all names are numbers, else the names."""
        return self._labels.copy()

    @cached_property
    def _labels(self) -> Array:
        return class_labels(self.about.class_names, max(self.network.outputs, 2))

    def _infer(self, x: Any, *, given: bool = False) -> Iterator[tuple[slice, Array, Array]]:
        """Predict chunk by chunk, see `Network.infer`; rows that a caller has given are checked on the way."""

        def load(which: slice, out: Array) -> Array:
            rows: Array = x[which] if isinstance(x, np.ndarray) else x.take(np.arange(which.start, which.stop), axis=0)
            if given:
                check_finite(rows, "inputs", which.start)
            return self.preprocessor.prepare(rows, out)

        if self.not_finite:
            raise NumericError(
                f"model {self.name!r}: its array {self.not_finite!r} holds values that are not finite; "
                "it diverged in training or was damaged: train it again, or get another file"
            )
        yield from self.network.infer(x.shape[0], load)


def _are_probabilities(outputs: Array) -> bool:
    """Tell whether no output is negative and each row sums to 1, to three digits."""
    if not len(outputs):
        return True
    sums = outputs.dot(np.ones(outputs.shape[1], outputs.dtype))
    least, most = sums.item(sums.argmin()), sums.item(sums.argmax())
    return bool(outputs.item(outputs.argmin()) >= 0 and least >= 0.999 and most <= 1.001)
