"""Writes a model as C of 2011 that needs its mathematical library alone, with a header."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from zoo_core.errors import UsageError
from zoo_core.graphs import Graph, Node, check_export, record_model
from zoo_core.parts import Array
from zoo_plugins.exporters._comments import about_lines, comment
from zoo_plugins.exporters._running import Runner, answers, run
from zoo_plugins.exporters._stages import Function, functions_of
from zoo_plugins.exporters.c_interface import Interface, text
from zoo_plugins.exporters.c_language import TYPES, C, literal
from zoo_plugins.exporters.scalar_constants import filled, identifier
from zoo_plugins.exporters.scalar_steps import given_to
from zoo_plugins.exporters.scalar_walk import Body

INDENT = "    "
STACK = 1 << 16  # numbers in arrays of functions; a larger model keeps them for each thread instead
PLAIN_NAME = r"[A-Za-z0-9_.+ -]+"  # of a file that #include takes everywhere
FLAGS = ["-std=c11", "-O2"]


def write_c(model: Any, path: Path) -> str:
    """Write a model as C, with its preparation and its labels, and the header beside it."""
    if not re.fullmatch(PLAIN_NAME, path.name):
        raise UsageError(f"{path.name}: the name of a C file may hold letters of English, digits and _ . + -")
    graph = record_model(model)
    module = _Module(graph, model, path)
    files = {path.name: module.source(), module.interface.file: module.interface.header()}

    def compiled(compiler: str, folder: Path, x: Array) -> dict[str, Array]:
        main = f"run_{path.name}"
        for name, content in {**files, main: module.interface.program()}.items():
            (folder / name).write_text(content, encoding="utf-8")
        run([compiler, "-x", "c", *FLAGS, f"./{path.name}", main, "-o", "program", "-lm"], folder)
        return answers([str(folder / "program")], folder, graph, x)

    runner = Runner(model, graph, ("cc", "gcc", "clang"), "C compiler", compiled, _probe)
    check_export(model, graph, runner.run, f"the export {path.name}")
    for name, content in files.items():
        path.with_name(name).write_text(content, encoding="utf-8")
    return f"needs libm alone; checked on 257 rows {runner.how}"


def _probe(compiler: str, folder: Path) -> None:
    """Compile and run the shortest program that uses what written code uses."""
    program = "#include <math.h>\n#include <stdbool.h>\n#include <stdlib.h>\nint main(void) { return 0; }\n"
    (folder / "probe.c").write_text(program, encoding="ascii")
    run([compiler, *FLAGS, "probe.c", "-o", "probe", "-lm"], folder)
    run([str(folder / "probe")], folder)


class _Module:
    """The text of a C file."""

    def __init__(self, graph: Graph, model: Any, path: Path) -> None:
        self._graph, self._model = graph, model
        self.interface = Interface(graph, model, identifier(path.stem), path.with_suffix(".h").name)
        cells = sum(node.width for node in graph.nodes() if node.value is None)
        self._language = C("static _Thread_local " if cells > STACK else "")

    def source(self) -> str:
        """Return the whole text."""
        functions = functions_of(self._graph)
        bodies = [self._function(function) for function in functions]
        public = [f"{head}\n{{\n{body}\n}}" for _, head, body in self.interface.functions()]
        parts = [self._head(), self._includes(), *self._declared(), *self._texts(), *self._language.helpers(), *bodies]
        return "\n\n".join([*parts, self._compute(functions), *public, *self._data()]) + "\n"

    # -------------------------------------------------------------- texts

    def _head(self) -> str:
        return "/*\n" + "\n".join(f" * {line}".rstrip() for line in about_lines(self._model)) + "\n */"

    def _includes(self) -> str:
        return f'#include "{self.interface.file}"\n\n#include <math.h>\n#include <stdlib.h>'

    def _texts(self) -> list[str]:
        return [
            f"const char *const {name}[{len(texts)}] = {{\n" + "\n".join(f"    {text(t)}," for t in texts) + "\n};"
            for name, texts in self.interface.texts().items()
        ]

    def _declared(self) -> list[str]:
        """Return the heads of the constant arrays, whose numbers stand at the end."""
        heads = [f"{self._array_head(name, value)};" for name, value in self._language.arrays.items()]
        return ["/* The numbers of these arrays stand at the end. */\n" + "\n".join(heads)] if heads else []

    def _array_head(self, name: str, value: Array) -> str:
        size = " * ".join(map(str, value.shape))
        return f"static const {TYPES[value.dtype.name]} {name}[{size}]"

    def _data(self) -> list[str]:
        return [
            f"{self._array_head(name, value)} = {{\n{filled(value, partial(literal, dtype=value.dtype))}\n}};"
            for name, value in self._language.arrays.items()
        ]

    # -------------------------------------------------------------- functions

    def _function(self, function: Function) -> str:
        given, results = given_to(function), list(function.results)
        names = dict(zip(given, _names("x", len(given)), strict=True))
        names |= dict(zip(results, _names("y", len(results)), strict=True))
        lines = Body(function, names, self._language).lines()
        taken = [f"const {TYPES[node.dtype.name]} *restrict {names[node]}" for node in given]
        taken += [f"{TYPES[node.dtype.name]} *restrict {names[node]}" for node in results]
        title = [f"/* {comment(function.title[:1].upper() + function.title[1:])}. */"] if function.title else []
        head = f"static void {identifier(function.name)}({', '.join(taken)})"
        return "\n".join([*title, head, "{", *(INDENT + line for line in lines), "}"])

    def _compute(self, functions: list[Function]) -> str:
        """Return the function that runs all others, one after the other."""
        names: dict[Node, str] = {self._graph.input: "row"}
        names |= {node: key for key, node in self._graph.outputs.items()}
        is_read = any(self._graph.input in given_to(function) for function in functions)
        lines = [] if is_read else ["(void)row;"]
        for function in functions:
            for node in function.results:
                if node not in names:
                    names[node] = f"y{len(names)}"
                    lines.append(self._language.array(names[node], node.width, node.dtype))
            passed = [names[node] for node in (*given_to(function), *function.results)]
            lines.append(f"{identifier(function.name)}({', '.join(passed)});")
        taken = [f"const {TYPES[self._graph.input.dtype.name]} *row"]
        taken += [f"{TYPES[node.dtype.name]} *{key}" for key, node in self._graph.outputs.items()]
        title = "/* All that the model gives for a row. */"
        return "\n".join([title, f"static void compute({', '.join(taken)})", "{", *(INDENT + x for x in lines), "}"])


def _names(letter: str, count: int) -> list[str]:
    return [letter] if count == 1 else [f"{letter}{at}" for at in range(1, count + 1)]
