"""The matrix product of a layer, `z = x W + b`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import DTypeLike

from zoo_core.basics import aligned
from zoo_core.basics.workers import Pool
from zoo_core.nn._products import SHARED_WORK, multiply_blocks, multiply_both, product_blocks
from zoo_core.parts import Array, Initializer, Parameter, Transform

Forward = Callable[[Array, Array], None]  # x, out
Backward = Callable[[Array, Array, Array, Any], None]  # x, y, grad, out
Product = Callable[[Array, Array, Array], object]  # a, b, out

COPIED_BIAS = 16_384  # outputs up to which adding a copy of the bias is faster than a sum that broadcasts
DOT = cast(Product, np.ndarray.dot)


class Dense(Transform):
    """The affine map `z = x W + b` of every layer; `weights` has shape (inputs, units).

    The threads of `pool` share large products.
    """

    backward_is_linear = True
    pool = Pool()

    def __init__(self, inputs: int, initializer: Initializer | float, bias: Initializer | float | None) -> None:
        self.inputs = inputs
        self._initial = {"weights": initializer} | ({} if bias is None else {"bias": bias})

    def parameters(self, width: int) -> dict[str, Parameter]:
        """Return the weight matrix and, unless it is left out, the bias vector."""
        shapes = {"weights": (self.inputs, width), "bias": (width,)}
        return {name: Parameter(shapes[name], initial) for name, initial in self._initial.items()}

    def start(self, width: int, dtype: DTypeLike) -> None:
        """Keep the views of parameters and gradients."""
        self._w, self._gw = self.weights["weights"], self.gradients["weights"]
        bias = self.weights.get("bias")
        self._b = None if bias is None else bias[None, :]  # (1, units): a single row needs no broadcasting
        self._gb = self.gradients.get("bias")

    def forward(self, x: Array, out: Array) -> None:
        """Write x W + b."""
        self.bound_forward(len(out))(x, out)

    def bound_forward(self, rows: int) -> Forward:
        """Return `forward` for a number of rows as a closure; reading attributes would take as long as adding b."""
        (inputs, units), w, b = self._w.shape, self._w, self._b
        multiply = self._product(rows, inputs, units, b)

        def product(x: Array, out: Array) -> None:
            multiply(x, w, out)

        def affine(x: Array, out: Array) -> None:
            multiply(x, w, out)
            out += b

        if multiply is not DOT:
            return product  # which adds b, too
        if b is None or rows == 1 or rows * b.size > COPIED_BIAS:
            return product if b is None else affine
        copied = aligned((rows, b.size), b.dtype, None)

        def small(x: Array, out: Array) -> None:
            multiply(x, w, out)
            copied[...] = b
            out += copied

        return small

    def infer(self, x: Array, out: Array) -> None:
        """Write x W + b."""
        if len(x) * self._w.size >= SHARED_WORK:
            multiply_blocks(self.pool, product_blocks(len(x), *self._w.shape), x, self._w, out, self._b)
            return
        x.dot(self._w, out)
        if self._b is not None:
            out += self._b

    def backward(self, x: Array, y: Array, grad: Array, out: Array | None) -> None:
        """Write the gradients of W and b and, unless `out` is None, grad W^T."""
        self.bound_backward(len(grad))(x, y, grad, out)

    def bound_backward(self, rows: int) -> Backward:
        """Return `backward` for a number of rows as a closure."""
        inputs, units = self._w.shape
        for_weights, for_inputs = self._product(inputs, rows, units), self._product(rows, units, inputs)
        blocks, more_blocks = product_blocks(inputs, rows, units), product_blocks(rows, units, inputs)
        are_shared = min(len(blocks), len(more_blocks)) > 1
        wt = self._w.T
        gw, gb, ones = self._gw, self._gb, aligned(rows, self._w.dtype, 1.0)

        def backward(x: Array, y: Array, grad: Array, out: Array | None) -> None:
            if gb is not None:
                if rows == 1:
                    gb[...] = grad
                else:
                    ones.dot(grad, gb)  # the sum over rows, several times as fast as a reduction
            if are_shared and out is not None:
                multiply_both(self.pool, (blocks, x.T, grad, gw), (more_blocks, grad, wt, out))
                return
            for_weights(x.T, grad, gw)
            if out is not None:
                for_inputs(grad, wt, out)

        return backward

    def _product(self, rows: int, inner: int, columns: int, bias: Array | None = None) -> Product:
        """Return what multiplies matrices of these shapes; a product that threads share adds the bias, too."""
        blocks = product_blocks(rows, inner, columns)

        def shared(a: Array, b: Array, out: Array) -> None:
            multiply_blocks(self.pool, blocks, a, b, out, bias)

        return DOT if len(blocks) == 1 else shared
