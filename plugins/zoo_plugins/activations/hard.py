"""Elementwise activations of straight or parabolic pieces: fast, with exact zeros or flat ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Activation, Array


def mark_between(z: Array, low: float, high: float, out: Array, spare: Array) -> None:
    """Write 1 where low < z < high, else 0; `spare` is overwritten."""
    np.greater(z, low, out=out)
    np.less(z, high, out=spare)
    out *= spare


@dataclass
class Relu6(Activation):
    """Rectifier with a ceiling: f(z) = min(max(z, 0), 6) (Krizhevsky 2010)."""

    name = "relu6"
    kinks = (0.0, 6.0)
    gain = 2**0.5

    def forward(self, z: Array, out: Array) -> None:
        np.clip(z, 0.0, 6.0, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        mark_between(z, 0.0, 6.0, out, self.scratch(z))


@dataclass
class HardSigmoid(Activation):
    """Sigmoid in three pieces: f(z) = min(max(z / 6 + 1 / 2, 0), 1) (Howard et al. 2019)."""

    name = "hard_sigmoid"
    decision_threshold = 0.5
    kinks = (-3.0, 3.0)

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, 1 / 6, out=out)
        out += 0.5
        np.clip(out, 0.0, 1.0, out=out)

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.HardSigmoid(x, alpha=1 / 6, beta=0.5)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        mark_between(z, -3.0, 3.0, out, self.scratch(z))
        out *= 1 / 6


@dataclass
class HardTanh(Activation):
    """Tanh in three pieces: f(z) = min(max(z, -1), 1) (Collobert 2004)."""

    name = "hard_tanh"
    kinks = (-1.0, 1.0)

    def forward(self, z: Array, out: Array) -> None:
        np.clip(z, -1.0, 1.0, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        mark_between(z, -1.0, 1.0, out, self.scratch(z))


@dataclass
class HardSilu(Activation):
    """Silu with the hard sigmoid: f(z) = z * min(max(z / 6 + 1 / 2, 0), 1) (Howard et al. 2019)."""

    name = "hard_silu"
    kinks = (-3.0, 3.0)
    gain = 1.7367

    def forward(self, z: Array, out: Array) -> None:
        np.multiply(z, 1 / 6, out=out)
        out += 0.5
        np.clip(out, 0.0, 1.0, out=out)
        out *= z

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.HardSwish(x)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        # The derivative is z / 3 + 1 / 2 between the kinks, 0 to their left, 1 to their right.
        between, spare = self.scratch(z, "between"), self.scratch(z, "spare")
        mark_between(z, -3.0, 3.0, between, spare)
        np.clip(z, -3.0, 3.0, out=out)
        out *= 1 / 3
        out += 0.5
        out *= between
        np.greater_equal(z, 3.0, out=spare)
        out += spare


@dataclass
class HardMish(Activation):
    """Mish in pieces: f(z) = z / 2 * min(max(z + 2, 0), 2) (Abdallah 2020; timm)."""

    name = "hard_mish"
    kinks = (-2.0, 0.0)
    gain = 1.3312

    def forward(self, z: Array, out: Array) -> None:
        np.add(z, 2.0, out=out)
        np.clip(out, 0.0, 2.0, out=out)
        out *= z
        out *= 0.5

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        # The derivative is z + 1 between the kinks, 0 to their left, 1 to their right.
        left = self.scratch(z)
        np.greater(z, -2.0, out=left)
        np.minimum(z, 0.0, out=out)
        out += 1.0
        out *= left


@dataclass
class SparsePlus(Activation):
    """Softplus with an exact zero: 0 up to -1, (z + 1)^2 / 4 up to 1, z beyond (Keras 3, `sparse_plus`)."""

    name = "sparse_plus"

    def forward(self, z: Array, out: Array) -> None:
        beyond = self.scratch(z)
        np.clip(z, -1.0, 1.0, out=out)
        np.subtract(z, 1.0, out=beyond)
        np.maximum(beyond, 0.0, out=beyond)
        out += 1.0
        np.square(out, out=out)
        out *= 0.25
        out += beyond

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.clip(z, -1.0, 1.0, out=out)
        out += 1.0
        out *= 0.5


@dataclass
class SparseSigmoid(Activation):
    """Derivative of sparse_plus: f(z) = min(max((z + 1) / 2, 0), 1) (Keras 3, `sparse_sigmoid`)."""

    name = "sparse_sigmoid"
    decision_threshold = 0.5
    kinks = (-1.0, 1.0)

    def forward(self, z: Array, out: Array) -> None:
        np.clip(z, -1.0, 1.0, out=out)
        out += 1.0
        out *= 0.5

    def onnx(self, graph: Any, x: Any) -> Any:
        return graph.HardSigmoid(x, alpha=0.5, beta=0.5)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        mark_between(z, -1.0, 1.0, out, self.scratch(z))
        out *= 0.5


PARTS = (Relu6, HardSigmoid, HardTanh, HardSilu, HardMish, SparsePlus, SparseSigmoid)
