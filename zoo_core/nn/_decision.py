"""How the outputs of a network become classes, probabilities or values: the one place that every road asks."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from zoo_core.contract import checked_classes, checked_values
from zoo_core.nn._alone import set_up
from zoo_core.parts import Activation, Array, Loss
from zoo_core.spec import copy_part

ROWS = 8
SPREAD = 3.0  # standard deviation of z: large enough for values outside 0 to 1


class Decision:
    """Asks the output activation first, and then the loss.

    Args:
        activation: that of the last layer.
        loss: that of the spec.
        outputs: the number of outputs.
        class_count: the number of classes.
        target_count: the number of targets of a regression; by default that of outputs.

    Example:
        Decision(Sigmoid(), Hinge(), 1, 2).classes(np.array([[0.3], [0.7]]))  # array([0, 1])
    """

    def __init__(
        self, activation: Activation, loss: Loss, outputs: int, class_count: int, target_count: int | None = None
    ) -> None:
        self.class_count, self._activation, self._loss, self._outputs = class_count, activation, loss, outputs
        self.target_count = outputs if target_count is None else target_count
        own = activation.decision_threshold
        self.threshold = loss.decision_threshold if own is None else own
        is_plain = type(activation).decide is Activation.decide and type(loss).decide is Loss.decide
        self._is_plain = is_plain and outputs in (1, class_count)

    def classes(self, outputs: Array) -> Array:
        """Return the index of the class of each row, integers of shape (rows,).

        Raises PluginError if an activation or a loss gives something else.
        """
        if self._is_plain:
            return Loss.decide(self._loss, outputs, self.threshold)
        found = self._activation.decide(outputs, self.threshold)
        part = self._loss if found is None else self._activation
        found = self._loss.decide(outputs, self.threshold) if found is None else found
        return checked_classes(part, found, len(outputs), self.class_count)

    def values(self, outputs: Array) -> Array:
        """Return the value that is predicted for each target, shape (rows, targets).

        Raises PluginError if the loss gives something else.
        """
        return checked_values(self._loss, self._loss.predicted_values(outputs), len(outputs), self.target_count)

    def labels(self, outputs: Array) -> Array:
        """Return which labels each row has: those whose output is above the threshold. Bools, shape (rows, labels)."""
        found: Array = outputs > self.threshold
        return found

    def label_probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each label, shape (rows, labels), or None if the outputs are no probabilities."""
        return outputs if self.gives_label_probabilities else None

    @cached_property
    def gives_label_probabilities(self) -> bool:
        """Whether the last activation gives numbers from 0 to 1 for any inputs."""
        sample = sample_outputs(self._activation, self._outputs)
        return sample is not None and bool((sample >= 0).all() and (sample <= 1).all())

    def probabilities(self, outputs: Array) -> Array | None:
        """Return the probability of each class, shape (rows, classes), or None if the outputs are no probabilities."""
        return self._probabilities(outputs) if self.gives_probabilities else None

    @cached_property
    def gives_probabilities(self) -> bool:
        """Whether the outputs for any inputs give probabilities, not only by chance those of some rows."""
        sample = sample_outputs(self._activation, self._outputs)
        return sample is None or self._probabilities(sample) is not None

    def _probabilities(self, outputs: Array) -> Array | None:
        found = self._activation.probabilities(outputs)
        return self._loss.probabilities(outputs) if found is None else found


def sample_outputs(activation: Activation, units: int, rows: int = ROWS, spread: float = SPREAD) -> Array | None:
    """Return outputs of a copy of an activation for random z, shape (rows, units), or None if it fails.

    `spread` is the standard deviation of z.
    """
    found = _sample(activation, units, rows, spread)
    return None if found is None else found[1]


def is_identity(activation: Activation, units: int) -> bool:
    """Return whether the outputs of an activation are its inputs; False if it fails."""
    found = _sample(activation, units, ROWS, SPREAD)
    return found is not None and np.array_equal(*found)


def _sample(activation: Activation, units: int, rows: int, spread: float) -> tuple[Array, Array] | None:
    """Return random z and outputs of a copy of an activation, or None if it fails."""
    activation, rng, outputs = copy_part(activation), np.random.default_rng(0), np.empty((rows, units))
    try:
        with np.errstate(all="ignore"):
            set_up(activation, units, outputs.dtype, rng, activation.gain)
            z = rng.normal(0.0, spread, (rows, activation.input_width(units)))
            activation.infer(z, outputs)
    except MemoryError:  # without a sample, classes would be decided in another way
        raise
    except Exception:  # a plugin's code may raise anything
        return None
    return z, outputs
