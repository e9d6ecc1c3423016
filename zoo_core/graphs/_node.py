"""A graph: what a model computes, written down as operators over arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zoo_core.parts import Array


@dataclass(frozen=True, eq=False)
class Node:
    """One array of a graph: the input, a constant, or what an operator gives.

    The input and all results have the shape (rows, width); where shapes differ, an array of width 1 is repeated. A
    constant has the shape (), (width,), or that of a matrix.

    Args:
        op: "Input", "Constant", or an operator, most of them with the name and meaning that ONNX gives it.
        inputs: what it works on.
        attributes: the options of the operator.
        dtype: that of the array.
        width: the number of columns.
        stage: which part of the model computes it, such as "layers.0.activation".
        value: of a constant.
        name: of a constant, that of the array in the model file, or "".
    """

    op: str
    inputs: tuple[Node, ...]
    attributes: Mapping[str, Any]
    dtype: np.dtype[Any]
    width: int
    stage: str = ""
    value: Array | None = None
    name: str = ""


@dataclass(frozen=True)
class Graph:
    """What a model computes.

    Args:
        input: the rows in the units of the data; a missing value is NaN, a category its index.
        outputs: what it gives, by name: "label" and "probabilities" or "outputs", or "values", or "labels".
        titles: what each stage is, for people, in the order of the stages.
    """

    input: Node
    outputs: Mapping[str, Node]
    titles: Mapping[str, str] = field(default_factory=dict)

    def nodes(self) -> list[Node]:
        """Return all nodes that the outputs need, each after its inputs."""
        found: dict[Node, None] = {}
        for output in self.outputs.values():
            found.update(dict.fromkeys(_before(output, found)))
        return list(found)


def _before(last: Node, known: Mapping[Node, None]) -> Iterator[Node]:
    """Yield a node and all that it needs, inputs first; a loop, since a graph may be deep."""
    waiting, seen = [(last, False)], set(known)
    while waiting:
        node, is_ready = waiting.pop()
        if is_ready:
            yield node
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            waiting += [(other, False) for other in reversed(node.inputs)]
