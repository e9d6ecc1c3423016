"""`SymbolicArray` stands for an array while a part runs, and writes down what NumPy would do with it."""

from __future__ import annotations

from functools import partial
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from zoo_core.graphs._builder import GraphBuilder, RecordingError
from zoo_core.graphs._memory import Memory
from zoo_core.graphs._node import Node
from zoo_core.parts import Array

VALUES = "it asks for the values of an array, so that its result would depend on the rows of the sample"


class SymbolicArray(NDArrayOperatorsMixin):
    """Rows of an unknown number, as NumPy's functions and a part's code see them.

    It carries a few rows of a sample along. NumPy itself computes with these, so shapes, dtypes and errors are its own.

    Args:
        graph: takes the operators.
        node: the present values, or None for an array that is still to be written.
        sample: the values of the sample, shape (rows, width) or (rows,).
        locked: why nobody may write into it, or "".
    """

    __array_priority__ = 1000
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, graph: GraphBuilder, node: Node | None, sample: Array, locked: str = "") -> None:
        self.graph, self._memory = graph, Memory(graph, node, sample, locked)
        self._columns: range | None = None
        self.sample = sample

    # -------------------------------------------------------------- reading and writing

    @property
    def node(self) -> Node:
        """The node of the present values."""
        return self._memory.node() if self._columns is None else self._memory.columns(self._columns)

    def view(self, columns: range, sample: Array) -> SymbolicArray:
        """Return a view of some columns; `sample` is NumPy's view of the same."""
        found = SymbolicArray(self.graph, None, sample)
        found._memory = self._memory
        found._columns = (
            columns if self._columns is None else self._columns[columns.start : columns.stop : columns.step]
        )
        return found

    def read_only(self, sample: Array) -> SymbolicArray:
        """Return the same values in another shape; nobody may write into them."""
        return SymbolicArray(self.graph, self.node, sample, "it writes into a view of another shape")

    def write(self, node: Node, sample: Array) -> None:
        """Replace the values, converted to the dtype of this array."""
        if self._memory.locked:
            raise RecordingError(self._memory.locked)
        with np.errstate(all="ignore"):
            self.sample[...] = sample
        columns = (
            range(self._memory.sample.shape[1] if self.ndim == 2 else 1) if self._columns is None else self._columns
        )
        if columns.step != 1:
            raise RecordingError("it writes into columns that do not lie side by side")
        self._memory.write(columns, self.graph.cast(node, self.sample.dtype))

    # -------------------------------------------------------------- indices

    def __getitem__(self, key: Any) -> SymbolicArray:
        """Return columns: a view for a number or a slice, a copy for a list; or the same values in another shape."""
        rows, columns = key if isinstance(key, tuple) and len(key) == 2 else (key, slice(None))
        if not _is_all(rows):
            raise RecordingError(_index_reason(rows, "reads"))
        if self.ndim == 1 or columns is None:
            return self.read_only(self.sample[key])
        if isinstance(columns, (int, np.integer, slice)):
            kept = range(self.shape[1])[columns]
            kept = range(kept, kept + 1) if isinstance(kept, int) else kept
            if len(kept) and kept.step > 0:
                return (
                    self
                    if len(kept) == self.shape[1] and self.sample[key].ndim == 2
                    else self.view(kept, self.sample[key])
                )
        if isinstance(columns, SymbolicArray):
            raise RecordingError(_index_reason(columns, "reads"))
        return self._chosen(np.arange(self.shape[1])[columns], key)

    def _chosen(self, indices: Array, key: Any) -> SymbolicArray:
        node = self.graph.widened(self.node, self.shape[1])
        kept = tuple(indices.tolist())
        node = self.graph.node("Columns", node, dtype=node.dtype, width=len(kept), indices=kept)
        return SymbolicArray(self.graph, node, self.sample[key].copy())

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write all rows, or some columns of all rows."""
        if key is Ellipsis or _is_all(key):
            target = self
        elif isinstance(key, tuple) and len(key) == 2 and _is_all(key[0]) and isinstance(key[1], (int, slice)):
            target = self[key]
        else:
            raise RecordingError(_index_reason(key, "writes"))
        target.write(*operand(self.graph, value, target.sample))

    # -------------------------------------------------------------- what NumPy asks

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Write down a universal function."""
        return self.graph.record_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        """Write down another function of NumPy."""
        return self.graph.record_function(function, inputs, options)

    def __array__(self, *arguments: Any, **options: Any) -> NoReturn:
        """Refuse to become an array of values."""
        raise RecordingError(f"{VALUES}; np.asarray does that, and x.astype(dtype) does not")

    # -------------------------------------------------------------- what an array tells

    shape = property(lambda self: self.sample.shape)
    ndim = property(lambda self: self.sample.ndim)
    dtype = property(lambda self: self.sample.dtype)
    size = property(lambda self: self.sample.size)
    itemsize = property(lambda self: self.sample.itemsize)

    def __len__(self) -> int:
        return len(self.sample)

    def __bool__(self) -> bool:
        if not self.graph.follows_sample:
            raise RecordingError("it branches on the values of an array")
        return bool(self.sample)

    def item(self, *index: int) -> Any:
        """Return a number of the sample, where the recording follows it."""
        if not self.graph.follows_sample:
            raise RecordingError(VALUES)
        return self.sample.item(*index)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return int(self.item())

    def __iter__(self) -> NoReturn:
        raise RecordingError("it goes through the rows of an array one by one")

    def fill(self, value: Any) -> None:
        """Write one number everywhere."""
        self[...] = value

    def astype(self, dtype: Any, **options: Any) -> SymbolicArray:
        """Return a copy of another dtype."""
        with np.errstate(all="ignore"):
            return SymbolicArray(self.graph, self.graph.cast(self.node, np.dtype(dtype)), self.sample.astype(dtype))

    def copy(self, order: str = "C") -> SymbolicArray:
        """Return a copy."""
        return SymbolicArray(self.graph, self.node, self.sample.copy())

    def __getattr__(self, name: str) -> Any:
        """Return a method of arrays that is also a function of NumPy, such as `sum`."""
        if name.startswith("__"):  # NumPy asks for protocols, and goes on to `__array__`
            raise AttributeError(name)
        return partial(self.graph.method(name), self)


def operand(graph: GraphBuilder, value: Any, like: Array | None = None) -> tuple[Node, Any]:
    """Return the node and the sample of what stands in an operation: an array, a number or a constant."""
    if isinstance(value, SymbolicArray):
        return value.node, value.sample
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise RecordingError(f"it computes with {array.dtype}")
    rows = len(like) if like is not None else -1
    if array.ndim == 2 and len(array) == rows > 1:
        if any(row.tobytes() != array[0].tobytes() for row in array):
            raise RecordingError("it computes with an array that has other values in each row")
        array = array[0]
    elif array.ndim == 1 and like is not None and like.ndim == 1 and len(array) == rows:
        array = array[:1]
    return graph.constant_node(array), value


def _is_all(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key == slice(None))


def _index_reason(key: Any, verb: str) -> str:
    keys = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, SymbolicArray) and k.dtype == bool for k in keys):
        return f"it {verb} an array through a mask; np.where gives all entries"
    if any(isinstance(k, SymbolicArray) for k in keys):
        return f"it {verb} entries whose places depend on values"
    return f"it {verb} single rows of an array"
