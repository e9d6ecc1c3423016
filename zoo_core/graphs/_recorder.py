"""`Recorder` is what a recording goes through; parts get it as `graph` in their own forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from zoo_core.graphs._builder import GraphBuilder, MissingOperator, RecordingError
from zoo_core.graphs._functions import METHODS, record_function
from zoo_core.graphs._further_operators import FURTHER
from zoo_core.graphs._operators import BROADCAST, ELEMENTWISE, ROWWISE, apply
from zoo_core.graphs._record_part import record_part
from zoo_core.graphs._reductions import log_sum
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.graphs._ufuncs import called, record_ufunc
from zoo_core.parts import Part

REDUCTIONS = frozenset({"ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin", "ArgMax"})


class Recorder(GraphBuilder):
    """Writes down functions of NumPy, operators, and parts.

    Example:
        def onnx(self, graph, x):
            return graph.Softmax(x)
    """

    def record_ufunc(self, ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
        """Write down a universal function of NumPy."""
        if ufunc is np.matmul and method == "__call__":
            return record_function(self, np.dot, inputs, options | {"out": options.get("out", (None,))[0]})
        if ufunc is np.logaddexp and method == "reduce":
            return log_sum(*inputs, **options | {"out": options.get("out", (None,))[0]})
        return record_ufunc(self, ufunc, method, inputs, options)

    def record_function(self, function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
        """Write down another function of NumPy."""
        return record_function(self, function, inputs, options)

    def method(self, name: str) -> Callable[..., Any]:
        """Return what an array's method of this name does. Raises RecordingError if no graph has it."""
        if name not in METHODS:
            raise RecordingError(f"it uses {name!r} of an array, which no graph has")
        return called(f".{name}()", METHODS[name])

    def constant(self, value: Any) -> SymbolicArray:
        """Return a constant as an array: a number, or one number for each column; floats in the dtype of the network.

        Args:
            value: a number or an array of shape (), (width,) or (1, width).
        """
        array = np.asarray(value)
        array = array.astype(self.dtype) if array.dtype.kind == "f" else array
        return SymbolicArray(self, self.constant_node(array), np.atleast_2d(array))

    def transform(self, part: Part, x: SymbolicArray) -> SymbolicArray:
        """Return what another part makes of `x`: by its own form, or as its code computes it.

        Args:
            part: an activation, normalizer or preprocessor that is set up.
            x: its input.
        """
        return record_part(self, part, x)

    def operator(self, op: str, *inputs: Any, **options: Any) -> SymbolicArray:
        """Return the array that an operator gives for arrays and numbers; the first input tells its dtype."""
        arrays = [other if isinstance(other, SymbolicArray) else self.constant(other) for other in inputs]
        with np.errstate(all="ignore"):
            sample = apply(op, [other.sample for other in arrays], options)
        nodes = [other.node for other in arrays]
        if op in ROWWISE or op in FURTHER:
            nodes[0] = self.widened(nodes[0], arrays[0].sample.shape[1])
        width = 1 if op in REDUCTIONS else max(node.width for node in nodes)
        return SymbolicArray(self, self.node(op, *nodes, dtype=sample.dtype, width=width, **options), sample)

    def __getattr__(self, name: str) -> Callable[..., SymbolicArray]:
        """Return the function of an operator."""
        if name in FURTHER and name not in self.operators:
            raise MissingOperator(f"the target has no operator {name!r}")
        if name in ELEMENTWISE or name in BROADCAST or name in ROWWISE or name in FURTHER:
            return partial(self.operator, name)
        raise AttributeError(f"graphs have no operator {name!r}")
