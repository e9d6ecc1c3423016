"""Writes the functions of a graph as statements for one row: a loop over columns for each run of operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from zoo_core.graphs import Node
from zoo_core.parts import Array
from zoo_plugins.exporters._stages import Function
from zoo_plugins.exporters.scalar_expressions import Text, expression, settled
from zoo_plugins.exporters.scalar_language import SIGN, WIDTH, Language
from zoo_plugins.exporters.scalar_steps import BLOCKS, REDUCTIONS, SELECTIONS, WHOLE_ROWS, Step, inputs_of, steps_of

INLINE = 60  # characters of an expression that may stand inside another one


class Body:
    """The statements of one function.

    Args:
        function: what it computes.
        names: those of the arrays that it is given, and of its results.
        language: the language.
    """

    def __init__(self, function: Function, names: dict[Node, str], language: Language) -> None:
        self._function, self._language = function, language
        self._arrays = dict(names)
        self._texts: dict[Node, Text] = {}
        self._count = 0
        self.cells = 0  # numbers in arrays of its own
        self._steps = steps_of(function.nodes)
        self._home = {node: step for step in self._steps for node in step.nodes}
        self._uses = Counter(other for node in function.nodes for other in inputs_of(node))
        self._reader = {other: node for node in function.nodes for other in inputs_of(node)}
        self._stored = self._find_stored()

    def _find_stored(self) -> set[Node]:
        """Return the nodes that need an array: results, and what another step reads."""
        found = set(self._function.results)
        for node in self._function.nodes:
            for other in inputs_of(node):
                is_whole = node.op in SELECTIONS or (node.op in BLOCKS and node.op != "Concat")
                is_apart = other.width > 1 and self._home.get(other) is not self._home[node]
                if is_whole or is_apart:
                    found.add(other)
        return found

    def lines(self) -> Iterator[str]:
        """Yield the statements, each a line; those in a loop are indented."""
        for step in self._steps:
            if step.width > 1:
                yield from self._loop(step)
            elif step.width == 1:
                yield from self._scalar(step.nodes[0])
            else:
                yield from self._block(step.nodes[0])

    # -------------------------------------------------------------- steps

    def _loop(self, step: Step) -> Iterator[str]:
        lines = []
        for node in step.nodes:
            if node in self._stored:
                yield from self._new_array(node)
            lines += self._statements(node, "j")
        yield from self._looped(step.width, lines)

    def _looped(self, count: int, lines: list[str]) -> Iterator[str]:
        head = self._language.loop("j", count)
        if len(lines) == 1 and len(head) + len(lines[0]) < WIDTH - 4:
            yield f"{head} {lines[0]}"
        else:
            yield from (f"{head} {{", *(f"    {line}" for line in lines), "}")

    def _scalar(self, node: Node) -> Iterator[str]:
        if node in self._stored:
            yield from self._new_array(node)
        yield from self._statements(node, "0")

    def _statements(self, node: Node, place: str) -> list[str]:
        """Return what keeps one entry of a node; the entry may instead stand inside the one that reads it."""
        found = self._entry(node, place)
        if node in self._stored:
            name = self._arrays[node]
            return [f"{name}[{place}] = {found.text};"]
        if self._uses[node] == 1 and len(found.text) <= INLINE and self._is_read_once(node):
            self._texts[node] = found
            return []
        name = self._new_name()
        self._texts[node] = Text(name)
        return [self._language.variable(name, settled(found, node.dtype, self._language)[0], node.dtype)]

    def _is_read_once(self, node: Node) -> bool:
        """Return whether the one that reads a number does it in no longer loop."""
        reader = self._reader[node]
        return self._home[reader].width == node.width or (reader.op == "Concat" and node.width == 1)

    def _block(self, node: Node) -> Iterator[str]:
        if node.op in REDUCTIONS:
            yield from self._reduction(node)
            return
        yield from self._new_array(node)
        own = self._arrays[node]
        if node.op == "Concat":
            yield from self._joined(node, own)
        elif node.op == "Gemm":
            x, weights, *bias = node.inputs
            zero = Text(self._language.number(0, node.dtype))
            yield from self._language.product(
                node,
                self._arrays[x],
                own,
                self._constant(weights),
                lambda j: (self._read(bias[0], j) if bias else zero)[0],
            )
        else:
            name = self._language.call(WHOLE_ROWS[node.op], node.dtype)
            yield f"{name}({self._arrays[node.inputs[0]]}, {node.width}, {own});"

    def _reduction(self, node: Node) -> Iterator[str]:
        x = node.inputs[0]
        name = self._language.call(REDUCTIONS[node.op], x.dtype)
        found = Text(f"{name}({self._arrays[x]}, {x.width})", is_wide=node.dtype == np.float32)
        if node in self._stored:
            yield from self._new_array(node)
            yield f"{self._arrays[node]}[0] = {found.text};"
            return
        self._texts[node] = Text(self._new_name())
        yield self._language.variable(self._texts[node].text, settled(found, node.dtype, self._language)[0], node.dtype)

    def _joined(self, node: Node, own: str) -> Iterator[str]:
        start = 0
        for other in node.inputs:
            if other.width == 1:
                yield f"{own}[{start}] = {self._read(other, '0').text};"
            else:
                yield from self._looped(other.width, [f"{own}[{_shifted(start, 1)}] = {self._read(other, 'j').text};"])
            start += other.width

    # -------------------------------------------------------------- entries

    def _entry(self, node: Node, place: str) -> Text:
        """Return the expression of one entry of a node."""
        if node.op in SELECTIONS:
            return Text(f"{self._arrays[node.inputs[0]]}[{self._selected(node, place)}]")
        if node.op == "Expand":
            return self._read(node.inputs[0], place)
        if node.op == "Take":
            table, indices = node.inputs
            index = settled(self._read(indices, place), indices.dtype, self._language)[0]
            name = self._language.call("place", indices.dtype)
            return Text(f"{self._constant(table)}[{name}({index}, {table.width})]")
        return expression(node, [self._read(other, place) for other in node.inputs], self._language)

    def _read(self, node: Node, place: str) -> Text:
        """Return an entry of an input; a width of 1 is repeated."""
        at = place if node.width > 1 else "0"
        if node.value is not None:
            if node.value.ndim == 0:
                text = self._language.number(node.value[()], node.dtype)
                return Text(text, SIGN) if text.startswith("-") else Text(text)
            return Text(f"{self._constant(node)}[{at}]")
        return self._texts[node] if node in self._texts else Text(f"{self._arrays[node]}[{at}]")

    def _selected(self, node: Node, place: str) -> str:
        """Return the place in the input of an entry of a selection."""
        whole = range(node.inputs[0].width)
        if node.op == "Slice":
            chosen = list(whole[slice(*(node.attributes[key] for key in ("start", "stop", "step")))])
        else:
            chosen = [whole[index] for index in node.attributes["indices"]]
        if len(chosen) == 1:
            return str(chosen[0])
        steps = set(np.diff(chosen).tolist())
        if len(steps) == 1:
            return _shifted(chosen[0], steps.pop(), place)
        return f"{self._language.kept(np.array(chosen, np.int64), f'{node.stage}.columns')}[{place}]"

    # -------------------------------------------------------------- names

    def _constant(self, node: Node) -> str:
        value: Array | None = node.value
        assert value is not None
        return self._language.kept(value, node.name or f"{node.stage}.constant")

    def _new_array(self, node: Node) -> Iterator[str]:
        if node in self._arrays:
            return
        name = "z" if node.op == "Gemm" and "z" not in self._arrays.values() else self._new_name()
        self._arrays[node] = name
        self.cells += node.width
        yield self._language.array(name, node.width, node.dtype)

    def _new_name(self) -> str:
        self._count += 1
        return f"t{self._count}"


def _shifted(start: int, step: int, counter: str = "j") -> str:
    """Return the place `start + step * counter`."""
    if step < 0:
        return f"{start} - {-step} * {counter}" if step != -1 else f"{start} - {counter}"
    moved = counter if step == 1 else f"{step} * {counter}"
    return f"{start} + {moved}" if start and step else moved if step else str(start)
