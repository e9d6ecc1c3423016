"""`GraphBuilder` makes the nodes of a graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from zoo_core.graphs._node import Node
from zoo_core.graphs._operators import apply
from zoo_core.parts import Array

ROWS = (7, 11, 13, 17)  # of the sample that a recording carries along; the first that is no number of columns

DTYPES = ("float32", "float64", "int64", "bool")  # those that every target has


class RecordingError(Exception):
    """What a part does cannot be written down as a graph; the text says why."""


class MissingOperator(RecordingError):  # noqa: N818 - it is an error only where the code cannot be recorded either
    """The target lacks an operator."""


class GraphBuilder:
    """Makes nodes, each once in a stage.

    Args:
        dtype: that of the network, float32 or float64.
        arrays: those of the model file by their names; constants keep these names.
        operators: the further operators that the target has.
    """

    def __init__(
        self, dtype: np.dtype[Any], arrays: Mapping[str, Array] | None = None, operators: Collection[str] = ()
    ) -> None:
        self.dtype, self.stage = np.dtype(dtype), ""
        self.follows_sample = False  # whether a branch on values follows those of the sample
        self.input: Node | None = None
        self._names = {_place(array): name for name, array in (arrays or {}).items() if array.ndim}
        self._known = dict[Any, Node]()
        self.operators = frozenset(operators)

    # -------------------------------------------------------------- nodes

    def node(self, op: str, *inputs: Node, dtype: Any, width: int, **attributes: Any) -> Node:
        """Return the node of an operator; that of constants is their value."""
        if all(other.value is not None for other in inputs):
            with np.errstate(all="ignore"):
                value = apply(op, [_row(other.value) for other in inputs], attributes)
            return self.constant_node(value.astype(dtype))
        return self._made(op, inputs, attributes, np.dtype(dtype), width)

    def _made(self, op: str, inputs: tuple[Node, ...], attributes: dict[str, Any], dtype: Any, width: int) -> Node:
        """Return the node, the one from before if this stage has made it already."""
        if dtype.name not in DTYPES:
            raise RecordingError(f"it computes in {dtype}; {', '.join(DTYPES)} can be recorded")
        key = op, inputs, dtype.str, width, self.stage, repr(sorted(attributes.items()))
        if key not in self._known:
            self._known[key] = Node(op, inputs, attributes, dtype, width, self.stage)
        return self._known[key]

    def constant_node(self, value: Array, name: str = "") -> Node:
        """Return the node of a constant: of one number if all are equal, else of a row or a matrix."""
        array = np.asarray(value)
        name = name or self._names.get(_place(array), "")
        if array.ndim == 2 and len(array) == 1:
            array = array[0]
        if not name and array.ndim == 1 and (array.size == 1 or _is_uniform(array)):
            array = array[0].reshape(())
        array = np.array(array, order="C")
        key = array.dtype.str, array.shape, array.tobytes(), name
        if key not in self._known:
            width = array.shape[-1] if array.ndim else 1
            self._known[key] = Node("Constant", (), {}, array.dtype, width, self.stage, array, name)
        return self._known[key]

    def matrix(self, value: Array) -> Node:
        """Return the node of a constant that keeps its shape, also where its numbers are equal."""
        key = "matrix", value.dtype.str, value.shape, value.tobytes()
        if key not in self._known:
            name = self._names.get(_place(value), "")
            own = np.array(value, order="C")
            self._known[key] = Node("Constant", (), {}, own.dtype, own.shape[-1], self.stage, own, name)
        return self._known[key]

    table = matrix

    def cast(self, node: Node, dtype: Any) -> Node:
        """Return a node of another dtype."""
        if node.dtype == dtype:
            return node
        return self.node("Cast", node, dtype=dtype, width=node.width, to=np.dtype(dtype).name)

    def widened(self, node: Node, width: int) -> Node:
        """Return a node that really has rows of `width` columns, for operators of whole rows."""
        if node.value is None and node.width == width:
            return node
        if self.input is None:
            raise RecordingError("it needs the number of rows")
        return self._made("Expand", (node, self.input), {"width": width}, node.dtype, width)

    # -------------------------------------------------------------- what symbolic arrays ask

    def record_ufunc(self, ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
        """Write down a universal function of NumPy."""
        raise NotImplementedError

    def record_function(self, function: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
        """Write down another function of NumPy."""
        raise NotImplementedError

    def method(self, name: str) -> Callable[..., Any]:
        """Return what an array's method of this name does. Raises RecordingError if no graph has it."""
        raise NotImplementedError

    @contextlib.contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Name the stage of the nodes that are made inside."""
        before, self.stage = self.stage, stage
        try:
            yield
        finally:
            self.stage = before


def sample_rows(widths: Sequence[int]) -> int:
    """Return a number of rows that no array has columns of."""
    return next(rows for rows in ROWS if rows not in widths)


def _row(value: Array | None) -> Array:
    """Return a constant with two dimensions, so that operators of rows apply."""
    return np.atleast_2d(np.asarray(value))


def _place(array: Array) -> tuple[int, tuple[int, ...]]:
    """Return where an array lies in memory, and its shape: views of one array share them."""
    return array.__array_interface__["data"][0], array.shape


def _is_uniform(array: Array) -> bool:
    return array.size > 0 and array.dtype.kind in "biuf" and array.tobytes() == array[:1].tobytes() * array.size
