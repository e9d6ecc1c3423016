"""Losses for classes that have an order, such as grades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array, Loss
from zoo_plugins._rows import row_sum
from zoo_plugins.activations.basic import Sigmoid
from zoo_plugins.losses.classification import floored


@dataclass(kw_only=True)
class Ordinal(Loss):
    """Cross-entropy of K - 1 questions for K classes in order: output k is the probability of a class above k.

    The loss of a row is -sum_k t_k log(p_k) + (1 - t_k) log(1 - p_k), with t_k = 1 for the outputs below its class. The
    predicted class is the number of outputs above 1/2 before the first that is not. The probability of a class is the
    difference of neighbouring outputs, where an output counts at most as much as those before it. Source: Cheng, Wang
    and Pollastri, "A neural network approach to ordinal regression" (2007), sections 3.1 and 3.2. Use sigmoid.
    """

    name = "ordinal"
    targets = "labels"
    task = "classification"
    output_range = "unit_interval"
    fused_with = (Sigmoid,)

    def output_widths(self, classes: int) -> tuple[int, ...]:
        """Return one less than the number of classes."""
        return (classes - 1,)

    def value(self, outputs: Array, targets: Array) -> Array:
        t = above(targets, outputs)
        return -row_sum(t * np.log(floored(outputs)) + (1 - t) * np.log(floored(1 - outputs)))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, above(targets, outputs), out=out)
        out /= floored(outputs) * floored(1 - outputs)

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        return row_sum(np.maximum(z, 0.0) - z * above(targets, outputs) + np.log1p(np.exp(-np.abs(z))))

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, above(targets, outputs), out=out)

    def decide(self, outputs: Array, threshold: float) -> Array:
        """Return the number of outputs above the threshold before the first that is not."""
        count: Array = np.count_nonzero(np.minimum.accumulate(outputs, axis=1) > threshold, axis=1)
        return count

    def probabilities(self, outputs: Array) -> Array | None:
        """Return the differences of neighbouring outputs, or None for outputs outside 0 to 1."""
        if outputs.size and not (outputs.min() >= 0 and outputs.max() <= 1):
            return None
        falling = np.minimum.accumulate(outputs, axis=1)
        p: Array = -np.diff(falling, axis=1, prepend=outputs.dtype.type(1), append=outputs.dtype.type(0))
        return p


def above(targets: Array, outputs: Array) -> Array:
    """Return for each output k the share of a class above k, in the shape and dtype of `outputs`.

    Targets are labels (rows,), or shares of all classes (rows, classes).
    """
    if targets.ndim == 1:
        return (targets[:, None] > np.arange(outputs.shape[1])).astype(outputs.dtype)
    shares: Array = np.cumsum(targets[:, :0:-1], axis=1)[:, ::-1]
    return shares


PARTS = (Ordinal,)
