"""Operators of ONNX that not every target has. A part may use them in its form; without them, its code is recorded."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from zoo_core.parts import Array

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def _gelu(x: Array, approximate: str = "none") -> Array:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    found: Array = x * 0.5 * (1 + (np.tanh(inner) if approximate == "tanh" else _erf(x / math.sqrt(2))))
    return found.astype(x.dtype)


def _softplus(x: Array) -> Array:
    found: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return found


def _leaky_relu(x: Array, alpha: float = 0.01) -> Array:
    return np.where(x < 0, x * x.dtype.type(alpha), x)


def _hard_sigmoid(x: Array, alpha: float = 0.2, beta: float = 0.5) -> Array:
    found: Array = np.clip(x * x.dtype.type(alpha) + x.dtype.type(beta), 0, 1)
    return found


def _layer_norm(x: Array, scale: Array, bias: Array, axis: int, epsilon: float) -> Array:
    apart = x - x.mean(axis=1, keepdims=True)
    deviation = np.sqrt((apart * apart).mean(axis=1, keepdims=True) + x.dtype.type(epsilon))
    found: Array = apart / deviation * scale + bias
    return found


# Their names, inputs and options are those of ONNX, whose page "Operators" has the formulas.
FURTHER: dict[str, Callable[..., Array]] = {
    "Celu": lambda x, alpha=1.0: (np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)).astype(x.dtype),
    "Elu": _elu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": lambda x: x * _hard_sigmoid(x, 1 / 6, 0.5),
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _leaky_relu,
    "Mish": lambda x: x * np.tanh(_softplus(x)),
    "PRelu": lambda x, slope: np.where(x < 0, x * slope, x),
    "Selu": lambda x, alpha, gamma: x.dtype.type(gamma) * _elu(x, alpha),
    "Softplus": _softplus,
    "Softsign": lambda x: x / (1 + np.abs(x)),
}
