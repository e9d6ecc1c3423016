"""Divides the operators of a function into steps: loops over columns, single numbers, and work on whole arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zoo_core.graphs import Node
from zoo_plugins.exporters._stages import Function

REDUCTIONS = {
    "ReduceSum": "sum", "ReduceProd": "product", "ReduceMax": "largest", "ReduceMin": "smallest",
    "ArgMax": "index_of_largest",
}  # fmt: skip
WHOLE_ROWS = {"CumSum": "running_sum", "Sort": "sorted", "Softmax": "softmax", "LogSoftmax": "log_softmax"}
BLOCKS = {"Gemm", "Concat", *REDUCTIONS, *WHOLE_ROWS}  # operators that need whole arrays
SELECTIONS = {"Slice", "Columns"}  # they read an array at another place


@dataclass
class Step:
    """Statements that belong together.

    Args:
        width: 0 for an operator of whole arrays, 1 for one number, else the columns of a loop.
        nodes: what they compute.
    """

    width: int
    nodes: list[Node] = field(default_factory=list)


def inputs_of(node: Node) -> tuple[Node, ...]:
    """Return the inputs whose numbers an operator reads; `Expand` has one that only tells how many rows there are."""
    return node.inputs[:1] if node.op == "Expand" else node.inputs


def given_to(function: Function) -> list[Node]:
    """Return the arrays of other functions that a function reads."""
    read = {other for node in function.nodes for other in inputs_of(node)}
    return [node for node in function.given if node in read]


def steps_of(nodes: Sequence[Node]) -> list[Step]:
    """Return the steps of a function: neighbours of the same width share a loop."""
    steps: list[Step] = []
    is_open = False
    for node in nodes:
        if node.op in BLOCKS:
            steps.append(Step(0, [node]))
            is_open = False
            continue
        if is_open and node.op in SELECTIONS and node.inputs[0] in steps[-1].nodes:
            is_open = False
        if node.width == 1:  # needs nothing of the loop, so it may stand before it
            steps.insert(len(steps) - is_open, Step(1, [node]))
        elif is_open and steps[-1].width == node.width:
            steps[-1].nodes.append(node)
        else:
            steps.append(Step(node.width, [node]))
            is_open = True
    return steps
