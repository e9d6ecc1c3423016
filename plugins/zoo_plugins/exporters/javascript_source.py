"""Writes a model as JavaScript that needs nothing: a module for Node.js, and a script for a web page."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zoo_core.data.readers.values import TRUTHS
from zoo_core.graphs import Graph, Node, check_export, record_model
from zoo_core.parts import Array, Column
from zoo_plugins.exporters import javascript_texts
from zoo_plugins.exporters._comments import about_lines, comment
from zoo_plugins.exporters._running import Runner, answers, run
from zoo_plugins.exporters._stages import Function, functions_of
from zoo_plugins.exporters.javascript_language import ARRAYS, JavaScript, literal
from zoo_plugins.exporters.scalar_constants import WIDTH, filled, identifier
from zoo_plugins.exporters.scalar_steps import given_to
from zoo_plugins.exporters.scalar_walk import Body

INDENT = "    "
LONG = 80  # characters of a list in one line
SHORT = 128  # numbers of an array that are written as numbers
STORED = {"Float32Array": "<f4", "Float64Array": "<f8", "Uint8Array": "u1"}


def write_javascript(model: Any, path: Path) -> str:
    """Write a model as JavaScript, with its preparation and its labels; the weights stand at its end."""
    graph = record_model(model)
    source = _Script(graph, model, path).source()

    def by_node(node: str, folder: Path, x: Array) -> dict[str, Array]:
        (folder / "model.js").write_text(source, encoding="utf-8")
        (folder / "run.js").write_text(javascript_texts.PROGRAM, encoding="utf-8")
        return answers([node, "run.js", str(graph.input.width), *graph.outputs], folder, graph, x)

    runner = Runner(model, graph, ("node",), "node", by_node, lambda node, folder: run([node, "-e", "0"], folder))
    check_export(model, graph, runner.run, f"the export {path.name}")
    path.write_text(source, encoding="utf-8")
    return f"needs nothing; checked on 257 rows {runner.how}"


class _Script:
    """The text of a script."""

    def __init__(self, graph: Graph, model: Any, path: Path) -> None:
        self._graph, self._model, self._name, self._file = graph, model, identifier(path.stem), path.name
        self._language = JavaScript()

    def source(self) -> str:
        """Return the whole text."""
        functions = functions_of(self._graph)
        bodies = [self._function(function) for function in functions]
        parts = [self._labels(), self._outputs(functions), *self._public(), *self._row(), *bodies]
        data = self._data()
        parts += [*self._language.helpers(), data, javascript_texts.END % (self._members(), self._name)]
        return f"{self._head()}\n{javascript_texts.START}\n\n" + "\n\n".join(filter(None, parts)) + "\n"

    # -------------------------------------------------------------- texts

    def _head(self) -> str:
        lines = [*about_lines(self._model), "", *javascript_texts.use(self._name, comment(self._file), self._members())]
        return "/*\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"

    def _labels(self) -> str:
        if self._model.about.task == "regression":
            return "const fround = Math.fround;"
        labels = self._model.labels().tolist()
        return f"const fround = Math.fround;\nconst LABELS = {_wrapped([text(label) for label in labels])};"

    def _members(self) -> str:
        found = ["outputs", "predict"] + ["predict_proba"] * ("probabilities" in self._graph.outputs)
        return ", ".join([*found, *["LABELS"] * (self._model.about.task != "regression")])

    def _public(self) -> list[str]:
        graph = self._graph
        found = ["values"] if "values" in graph.outputs else ["labels" if "labels" in graph.outputs else "label"]
        one = "[0]" if found == ["values"] and graph.outputs["values"].width == 1 else ""
        functions = [javascript_texts.PREDICT[found[0] + one] + javascript_texts.EACH % ("predict", found[0] + one)]
        if "probabilities" in graph.outputs:
            functions += [javascript_texts.PROBABILITIES + javascript_texts.EACH % ("predict_proba", "probabilities")]
        numbers = next(key for key, node in graph.outputs.items() if node.dtype.kind == "f")
        return [*functions, javascript_texts.ROWS % numbers]

    def _row(self) -> list[str]:
        """Return the functions that make numbers of a row."""
        columns, given = self._model.about.described_columns, self._graph.input
        has_texts = any(column.kind != "number" for column in columns)
        takes = ": a category may be its text, a date a Date or a text" if has_texts else ""
        form = {"takes": takes, "count": given.width, "array": ARRAYS[given.dtype.name]}
        return [javascript_texts.NUMBERS % form, self._table(columns) if has_texts else javascript_texts.NUMBER]

    def _table(self, columns: Sequence[Column]) -> str:
        """Return the function that makes a number of a value in a table."""
        categories = {at: c.categories for at, c in enumerate(columns) if c.kind == "category"}
        lines = [f"    {at}: {_wrapped([text(t) for t in texts], INDENT)}," for at, texts in categories.items()]
        return javascript_texts.TABLE % {
            "categories": "\n".join(["{", *lines, "}"]) if lines else "{}",
            "dates": text({str(at): c.order for at, c in enumerate(columns) if c.kind == "date"}),
            "booleans": text({str(at): c.name for at, c in enumerate(columns) if c.kind == "boolean"}),
            "missing": _wrapped([text(str(mark)) for mark in self._model.missing]),
            "truths": text({word: int(truth) for word, truth in TRUTHS.items()}),
        }

    # -------------------------------------------------------------- functions

    def _outputs(self, functions: list[Function]) -> str:
        """Return the function that runs all others, one after the other."""
        names = {self._graph.input: "x"}
        lines = ["const x = numbers(row);"]
        for function in functions:
            given = ", ".join(names[node] for node in given_to(function))
            for node in function.results:
                names[node] = f"y{len(names)}"
            found = ", ".join(names[node] for node in function.results)
            found = found if len(function.results) == 1 else f"[{found}]"
            lines.append(f"const {found} = {function.name}({given});")
        entries = ", ".join(f"{key}: {self._result(key, node, names)}" for key, node in self._graph.outputs.items())
        lines.append(f"return {{ {entries} }};")
        return "\n".join([javascript_texts.OUTPUTS, *(INDENT + line for line in lines), "}"])

    def _result(self, key: str, node: Node, names: dict[Node, str]) -> str:
        return {"label": f"LABELS[{names[node]}[0]]", "labels": f"Array.from({names[node]}, Boolean)"}.get(
            key, names[node]
        )

    def _function(self, function: Function) -> str:
        given, results = given_to(function), list(function.results)
        names = dict(zip(given, _names("x", len(given)), strict=True))
        names |= dict(zip(results, _names("y", len(results)), strict=True))
        lines = [self._language.array(names[node], node.width, node.dtype) for node in results]
        lines += Body(function, names, self._language).lines()
        found = ", ".join(names[node] for node in results)
        lines.append(f"return {found if len(results) == 1 else f'[{found}]'};")
        title = [f"// {comment(function.title[:1].upper() + function.title[1:])}."] if function.title else []
        head = f"function {identifier(function.name)}({', '.join(names[node] for node in given)}) {{"
        return "\n".join([*title, head, *(INDENT + line for line in lines), "}"])

    # -------------------------------------------------------------- constants

    def _data(self) -> str:
        return "\n\n".join(self._array(name, value) for name, value in self._language.arrays.items())

    def _array(self, name: str, value: Array) -> str:
        """Return the statement that makes a constant array: of numbers to read, or of many as base 64."""
        kind, shape = ARRAYS[value.dtype.name], " x ".join(map(str, value.shape))
        if value.size <= SHORT:
            return f"// {shape}\nconst {name} = new {kind}([\n{filled(value, literal)}\n]);"
        code = base64.b64encode(value.astype(STORED[kind]).tobytes()).decode()
        lines = "\n".join(code[at : at + WIDTH] for at in range(0, len(code), WIDTH))
        made = self._language.call("unpacked", value.dtype)
        return f"// {shape}\nconst {name} = {made}({kind}, {value.size}, `\n{lines}\n`);"


def _names(letter: str, count: int) -> list[str]:
    return [letter] if count == 1 else [f"{letter}{at}" for at in range(1, count + 1)]


def text(value: Any) -> str:
    """Return a label or a text as JavaScript writes it, also inside a web page; a huge integer becomes a text."""
    if isinstance(value, int) and abs(value) >= 1 << 53:
        value = str(value)
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e")


def _wrapped(texts: list[str], indent: str = "") -> str:
    shown = ", ".join(texts)
    if len(shown) < LONG:
        return f"[{shown}]"
    return "[\n" + "\n".join(f"{indent}    {entry}," for entry in texts) + f"\n{indent}]"
