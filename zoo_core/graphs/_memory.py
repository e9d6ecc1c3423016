"""The memory of a symbolic array, which its views share."""

from __future__ import annotations

from zoo_core.graphs._builder import GraphBuilder, RecordingError
from zoo_core.graphs._node import Node
from zoo_core.parts import Array


class Memory:
    """What an array and the views of it share: its present values as nodes side by side, and those for the sample."""

    def __init__(self, graph: GraphBuilder, node: Node | None, sample: Array, locked: str) -> None:
        self.graph, self.sample, self.locked = graph, sample, locked
        self._width = sample.shape[1] if sample.ndim == 2 else 1
        self._pieces: list[tuple[range, Node | None]] = [(range(self._width), node)]

    def node(self) -> Node:
        """Return the node of the whole array."""
        nodes = [node for _, node in self._pieces if node is not None]
        if len(nodes) < len(self._pieces):
            raise RecordingError("it reads an array before it has written to it")
        if len(nodes) == 1:
            return nodes[0]
        wide = [self.graph.widened(node, len(at)) for (at, _), node in zip(self._pieces, nodes, strict=True)]
        return self.graph.node("Concat", *wide, dtype=self.sample.dtype, width=self._width)

    def columns(self, wanted: range) -> Node:
        """Return the node of some columns."""
        for at, node in self._pieces:
            if node is not None and wanted[0] in at and wanted[-1] in at:
                within = range(wanted.start - at.start, wanted.stop - at.start, wanted.step)
                return node if wanted == at else columns_of(self.graph, self.graph.widened(node, len(at)), within)
        return columns_of(self.graph, self.graph.widened(self.node(), self._width), wanted)

    def write(self, at: range, node: Node) -> None:
        """Replace some columns, which lie side by side."""
        kept = [(at, node), *(self._rest(old, at, piece) for old, piece in self._pieces if old.start < at.start)]
        kept += [self._rest(old, at, piece, after=True) for old, piece in self._pieces if old.stop > at.stop]
        self._pieces = sorted(kept, key=lambda piece: piece[0].start)

    def _rest(self, old: range, new: range, node: Node | None, *, after: bool = False) -> tuple[range, Node | None]:
        """Return what is left of a piece before the new columns, or after them."""
        left = range(max(old.start, new.stop), old.stop) if after else range(old.start, min(old.stop, new.start))
        if node is None or left == old or (node.value is not None and node.value.ndim == 0):
            return left, node
        within = range(left.start - old.start, left.stop - old.start)
        return left, columns_of(self.graph, self.graph.widened(node, len(old)), within)


def columns_of(graph: GraphBuilder, node: Node, columns: range) -> Node:
    """Return the node of some columns."""
    if columns == range(node.width):
        return node
    bounds = {"start": columns.start, "stop": columns.stop, "step": columns.step}
    return graph.node("Slice", node, dtype=node.dtype, width=len(columns), **bounds)
