"""Losses for classes: cross-entropies and their relatives.

`outputs` are probabilities, shape (rows, classes). `z` are the logits that give them, if the output activation is
fused with the loss. Targets are labels, integers of shape (rows,), or shares, shape (rows, classes). A
probability below the dtype's epsilon counts as epsilon, except in the fused methods, which are exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Loss
from zoo_plugins._rows import at_labels, log_probabilities, one_hot, row_dot, row_mean, row_sum, write_one_hot
from zoo_plugins.activations.basic import Sigmoid
from zoo_plugins.activations.softmax import Softmax


def floored(outputs: Array) -> Array:
    """Return the probabilities, at least epsilon."""
    floor = float(np.finfo(outputs.dtype).eps)
    return np.maximum(outputs, floor)


@dataclass(kw_only=True)
class CrossEntropy(Loss):
    """Cross-entropy of a row: -sum_k t_k log(p_k), or -log(p_label) for a label (Bishop 2006, eq. 4.108).

    Fused with softmax it is computed from the logits, is never infinite, and has the gradient p - t.
    """

    name = "cross_entropy"
    targets = "labels"
    task = "classification"
    output_range = "probabilities"
    fused_with = (Softmax,)

    def value(self, outputs: Array, targets: Array) -> Array:
        if targets.ndim == 1:
            return -np.log(floored(at_labels(outputs, targets)))
        return -row_dot(targets, np.log(floored(outputs)))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        if targets.ndim == 1:
            out.fill(0.0)
            out[np.arange(len(targets)), targets] = -1.0 / floored(at_labels(outputs, targets))
        else:
            np.divide(targets, -floored(outputs), out=out)

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        if targets.ndim == 1:
            p = at_labels(outputs, targets)
            return (
                -np.log(p) if p.item(p.argmin()) > np.finfo(p.dtype).tiny else self._from_margins(z, outputs, targets)
            )
        return -row_dot(targets, log_probabilities(z, outputs))

    @staticmethod
    def _from_margins(z: Array, outputs: Array, labels: Array) -> Array:
        """Return -log p as (z_max - z) - log p_max. Nothing underflows, since p_max is at least 1 / classes."""
        likeliest = z.argmax(axis=1)
        margin = at_labels(z, likeliest) - at_labels(z, labels)
        margin -= np.log(at_labels(outputs, likeliest))
        return margin

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        if targets.ndim == 1:
            write_one_hot(targets, out)
            np.subtract(outputs, out, out=out)
        else:
            np.multiply(outputs, row_sum(targets)[:, None], out=out)
            out -= targets


@dataclass(kw_only=True)
class KlDivergence(CrossEntropy):
    """Kullback-Leibler divergence of a row: sum_k t_k log(t_k / p_k) (Kullback and Leibler 1951).

    It is the cross-entropy minus the entropy of the targets: the gradient is the same, and the value is 0 where p = t.
    """

    name = "kl_divergence"

    def value(self, outputs: Array, targets: Array) -> Array:
        return super().value(outputs, targets) - self._entropy(targets)

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        return super().fused_value(z, outputs, targets) - self._entropy(targets)

    @staticmethod
    def _entropy(targets: Array) -> Array | float:
        if targets.ndim == 1:
            return 0.0
        tiny = float(np.finfo(targets.dtype).tiny)
        return -row_dot(targets, np.log(np.maximum(targets, tiny)))


@dataclass(kw_only=True)
class BinaryCrossEntropy(Loss):
    """Mean over the columns of -t log(p) - (1 - t) log(1 - p), targets 0 to 1 (Bishop 2006, eq. 4.90).

    Each column is one yes-or-no question, also one of several labels a row. Fused with sigmoid it is
    max(z, 0) - t z + log(1 + exp(-|z|)), with the gradient (p - t) / columns.
    """

    name = "binary_cross_entropy"
    task = "classification"
    multilabel = True
    output_range = "unit_interval"
    fused_with = (Sigmoid,)

    def value(self, outputs: Array, targets: Array) -> Array:
        terms = targets * np.log(floored(outputs)) + (1 - targets) * np.log(floored(1 - outputs))
        return -row_mean(terms)

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=out)
        out /= floored(outputs) * floored(1 - outputs) * outputs.shape[1]

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        terms = np.maximum(z, 0.0) - z * targets + np.log1p(np.exp(-np.abs(z)))
        return row_mean(terms)

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        np.subtract(outputs, targets, out=out)
        out *= 1 / outputs.shape[1]


@dataclass(kw_only=True)
class Focal(Loss):
    """Cross-entropy with less weight for easy rows: -sum_k t_k (1 - p_k)^gamma log(p_k) (Lin et al. 2017, eq. 4).

    gamma: 0 (plain cross-entropy) to 10. The paper's alpha is the loss option `class_weights`.
    """

    name = "focal"
    targets = "labels"
    task = "classification"
    output_range = "probabilities"
    fused_with = (Softmax,)

    gamma: Annotated[float, Ge(0), Le(10)] = 2.0

    def value(self, outputs: Array, targets: Array) -> Array:
        return self._value(np.log(floored(outputs)), one_hot(targets, outputs))

    def gradient(self, outputs: Array, targets: Array, out: Array) -> None:
        probabilities = floored(outputs)
        np.multiply(one_hot(targets, outputs), self._slope(np.log(probabilities)), out=out)
        out /= probabilities

    def fused_value(self, z: Array, outputs: Array, targets: Array) -> Array:
        return self._value(log_probabilities(z, outputs), one_hot(targets, outputs))

    def fused_gradient(self, z: Array, outputs: Array, targets: Array, out: Array) -> None:
        slope = one_hot(targets, outputs) * self._slope(log_probabilities(z, outputs))
        np.multiply(outputs, row_sum(slope)[:, None], out=out)
        np.subtract(slope, out, out=out)

    def _value(self, log_p: Array, shares: Array) -> Array:
        return -row_dot(shares, log_p * self._complement(log_p) ** self.gamma)

    def _slope(self, log_p: Array) -> Array:
        """Return the derivative of -(1 - p)^gamma log(p) by log(p)."""
        complement = self._complement(log_p)
        slope: Array = self.gamma * np.exp(log_p) * log_p * complement ** (self.gamma - 1) - complement**self.gamma
        return slope

    @staticmethod
    def _complement(log_p: Array) -> Array:
        # Return 1 - p, at least epsilon: negative powers stay finite where p = 1.
        complement: Array = np.maximum(-np.expm1(log_p), float(np.finfo(log_p.dtype).eps))
        return complement


PARTS = (CrossEntropy, KlDivergence, BinaryCrossEntropy, Focal)
