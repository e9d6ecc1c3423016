"""The functions that source code is divided into: one for the preparation, for each layer, for units and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zoo_core.graphs import Graph, Node


@dataclass(frozen=True)
class Function:
    """Some nodes of a graph that belong together.

    Args:
        name: that of the function, such as "layer_1".
        title: what it does, for people.
        given: the nodes of other functions that it works on, none of them a constant.
        nodes: its own ones, each after its inputs, without constants.
        results: those that other functions or the outputs of the graph need.
    """

    name: str
    title: str
    given: Sequence[Node]
    nodes: Sequence[Node]
    results: Sequence[Node]


def functions_of(graph: Graph) -> list[Function]:
    """Return the functions of a graph, in the order in which they run."""
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes():
        if node.value is None and node is not graph.input:
            groups.setdefault(_group(node.stage), []).append(node)
    wanted = set(graph.outputs.values())
    for nodes in groups.values():
        own = set(nodes)
        wanted |= {other for node in nodes for other in node.inputs if other not in own}
    return [_function(graph, stage, nodes, wanted) for stage, nodes in groups.items()]


def _function(graph: Graph, stage: str, nodes: list[Node], wanted: set[Node]) -> Function:
    own = set(nodes)
    given = dict.fromkeys(i for node in nodes for i in node.inputs if i not in own and i.value is None)
    titles = [title for path, title in graph.titles.items() if _group(path) == stage]
    return Function(_name(stage), ", ".join(titles), list(given), nodes, [n for n in nodes if n in wanted])


def _group(stage: str) -> str:
    """Return the part of a stage's path that names its function: "layers.0" of "layers.0.activation"."""
    return ".".join(stage.split(".")[:2])


def _name(group: str) -> str:
    kind, _, number = group.partition(".")
    return f"layer_{int(number) + 1}" if kind == "layers" else NAMES.get(group, group.replace(".", "_"))


NAMES = {"preprocessor": "prepare", "target_preprocessor": "own_units", "decision": "decide"}
