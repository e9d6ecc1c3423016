"""Writes down one part without a model, for checks of parts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from zoo_core.graphs._node import Graph, Node
from zoo_core.graphs._record_part import record_part
from zoo_core.graphs._recorder import Recorder
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.parts import Array, Part


def record_alone(part: Part, x: Array, width: int, dtype: Any, operators: Collection[str] = ()) -> Graph:
    """Return what a part makes of rows, as the output "out".

    Args:
        part: a transform or a preprocessor that is set up.
        x: some rows that it takes, shape (rows, columns).
        width: the number of columns of its output.
        dtype: that of the network.
        operators: as in `record_model`.

    Raises:
        PluginError: it cannot be written down.
    """
    graph = Recorder(dtype, dict[str, Array](), operators)
    graph.input = Node("Input", (), {}, x.dtype, x.shape[1], "input")
    with graph.at(part.kind):
        found = record_part(graph, part, SymbolicArray(graph, graph.input, x.copy()), width)
    return Graph(graph.input, {"out": found.node})
