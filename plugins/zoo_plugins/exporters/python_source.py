"""Writes a model as a module of Python that needs NumPy alone."""

from __future__ import annotations

import base64
import textwrap
from collections import Counter
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.graphs import Graph, Node, check_export, record_model
from zoo_core.parts import Array
from zoo_plugins.exporters import python_tables
from zoo_plugins.exporters._about import plain, sentences
from zoo_plugins.exporters._stages import Function, functions_of
from zoo_plugins.exporters.python_expressions import ATOM, HELPERS, SIGN, Text, expression

WIDTH = 100  # of a line
FUTURE = ["from __future__ import annotations", ""]
SHORT = 64  # numbers of an array that are written as numbers
INLINE = 60  # characters of an expression that may stand inside another one


def write_python(model: Any, path: Path) -> str:
    """Write a model as a module of Python, with its preparation and its labels; the weights stand at its end."""
    graph = record_model(model)
    source = _Module(graph, model, path.stem).source()
    space: dict[str, Any] = {"__name__": path.stem}
    exec(compile(source, path.name, "exec"), space)
    check_export(model, graph, lambda x: _run(space, x), f"the export {path.name}")
    path.write_text(source, encoding="utf-8")
    return "needs NumPy alone; checked on 257 rows"


def _run(space: dict[str, Any], x: Array) -> dict[str, Array]:
    """Return what a written module gives, by the names of a graph."""
    with np.errstate(all="ignore"):
        found: dict[str, Array] = space["outputs"](x)
    return found


class _Module:
    """The text of a module."""

    def __init__(self, graph: Graph, model: Any, name: str) -> None:
        self._graph, self._model, self._name = graph, model, name
        self._arrays: dict[str, Array] = {}
        self._constants: dict[Node, str] = {}
        self._helpers: set[str] = set()
        self._columns = python_tables.columns_of(model)

    def source(self) -> str:
        """Return the whole text."""
        functions = functions_of(self._graph)
        bodies = [self._function(function) for function in functions]
        helpers = [HELPERS[name] for name in sorted(self._helpers)]
        public = [self._outputs(functions), *self._predictions()]
        tables = python_tables.functions(self._columns) if self._columns else []
        data = self._data()
        unpack = [_UNPACK] if "_array(" in data else []
        head = self._head(["import base64"] if unpack else [])
        parts = [head, *public, *tables, *bodies, *helpers, *unpack, data]
        return "\n\n\n".join(parts) + "\n"

    # -------------------------------------------------------------- texts

    def _head(self, imports: list[str]) -> str:
        about = "\n".join(f"{line}" for s in sentences(self._model) for line in textwrap.wrap(s, WIDTH))
        imported = f"from {self._name} import predict"
        if not self._name.isidentifier() or iskeyword(self._name):
            imported = f"import importlib\n    predict = importlib.import_module('{plain(self._name)}').predict"
        example = f"    {imported}\n    predict(x)  # x: (rows, {self._graph.input.width})"
        text = f'"""{about}\n\nNeeds NumPy alone.\n\n{example}\n"""\n\n'
        text += "\n".join([*FUTURE, *imports, *python_tables.imports(self._columns), "", "import numpy as np"])
        labels = [f"LABELS = np.array({_wrapped(self._model.labels().tolist())})"] if self._labels else []
        told = [python_tables.constants(self._columns, self._model.missing, _wrapped)] if self._columns else []
        return "\n".join([text, "", *labels, *told]).rstrip()

    @property
    def _labels(self) -> bool:
        return bool(self._model.about.task != "regression")

    def _outputs(self, functions: list[Function]) -> str:
        """Return the function that runs all others, one after the other."""
        names = {self._graph.input: "x"}
        given = "numbers(x)" if self._columns else "x"
        lines = [f"    x = np.asarray({given}, np.{self._graph.input.dtype.name})"]
        lines += [f"    if x.ndim != 2 or x.shape[1] != {self._graph.input.width}:"]
        lines += [f'        raise ValueError(f"x has shape {{x.shape}}; give (rows, {self._graph.input.width})")']
        for function in functions:
            passed = ", ".join(names[node] for node in function.given)
            for node in function.results:
                names[node] = f"y{len(names)}"
            lines.append(f"    {', '.join(names[n] for n in function.results)} = {function.name}({passed})")
        entries = [f'"{name}": {self._result(name, names[node])}' for name, node in self._graph.outputs.items()]
        lines.append(f"    return {{{', '.join(entries)}}}")
        doc = '    """Return all that the model gives for rows in the units of its data, by name."""'
        return "\n".join(["def outputs(x):", doc, *lines])

    def _result(self, name: str, text: str) -> str:
        return f"LABELS[{text}[:, 0]]" if name == "label" else text

    def _predictions(self) -> list[str]:
        found = [_PREDICT.format(doc=doc, key=key, column=column) for doc, key, column in self._predict()]
        if "probabilities" in self._graph.outputs:
            found.append(_PROBABILITIES)
        return [*found, _FINITE]

    def _predict(self) -> list[tuple[str, str, str]]:
        task, values = self._model.about.task, self._graph.outputs.get("values")
        if task == "regression" and values is not None:
            one = values.width == 1
            return [(f"value{'' if one else 's'} of each row, shape {'(rows,)' if one else f'(rows, {values.width})'}",
                     "values", "[:, 0]" if one else "")]  # fmt: skip
        if task == "multilabel":
            return [("labels of each row, bools of shape (rows, labels), in the order of LABELS", "labels", "")]
        return [("label of each row, shape (rows,)", "label", "")]

    # -------------------------------------------------------------- functions

    def _function(self, function: Function) -> str:
        uses = Counter(i for node in function.nodes for i in node.inputs)
        names = dict(zip(function.given, ("x", "y", "z"), strict=False))
        names = names if len(function.given) < 4 else {n: f"x{i}" for i, n in enumerate(function.given)}
        texts: dict[Node, Text] = {node: (name, ATOM) for node, name in names.items()}
        lines: list[str] = []

        def text(node: Node) -> Text:
            return texts[node] if node.value is None else self._constant(node)

        for node in function.nodes:
            made = expression(node, text, self._keep)
            self._note_helpers(made[0])
            if (uses[node] != 1 or len(made[0]) > INLINE) and [node] != list(function.results):
                name = "z" if node.op == "Gemm" and "z" not in names.values() else f"t{len(lines) + 1}"
                lines.append(f"    {name} = {made[0]}")
                made = name, ATOM
            texts[node] = made
        lines.append(f"    return {', '.join(texts[node][0] for node in function.results)}")
        head = f"def {function.name}({', '.join(names.values())}):"
        doc = [f'    """{function.title[:1].upper()}{function.title[1:]}."""'] if function.title else []
        return "\n".join([head, *doc, *lines])

    def _note_helpers(self, text: str) -> None:
        self._helpers |= {name for name in HELPERS if text.startswith(f"{name}(") or f" {name}(" in text}

    # -------------------------------------------------------------- constants

    def _constant(self, node: Node) -> Text:
        """Return a number as it is written, or the name of an array."""
        value = node.value
        assert value is not None
        if value.ndim == 0:
            shown = _number(value)
            return shown, SIGN if shown.startswith("-") else ATOM
        if node not in self._constants:
            self._constants[node] = self._keep(value, node.name or f"{node.stage}.constant")
        return self._constants[node], ATOM

    def _keep(self, value: Array, name: str) -> str:
        own, count = name, 1
        while own in self._arrays and self._arrays[own].tobytes() != value.tobytes():
            count += 1
            own = f"{name}_{count}"
        self._arrays[own] = value
        return f'ARRAYS["{own}"]'

    def _data(self) -> str:
        entries = []
        for name, value in self._arrays.items():
            if value.size <= SHORT:
                entries.append(f'    "{name}": {_literal(value)},')
                continue
            little = value.astype(value.dtype.newbyteorder("<"))
            code = base64.b85encode(little.tobytes()).decode()
            body = "\n".join(code[at : at + WIDTH] for at in range(0, len(code), WIDTH))
            entries.append(f'    "{name}": _array("{little.dtype.str}", {value.shape}, """\n{body}\n"""),')
        return "\n".join(["ARRAYS = {", *entries, "}"])


def _literal(value: Array) -> str:
    """Return the expression of a short array, whose numbers can be read."""
    numbers = textwrap.fill(", ".join(map(_number, value.ravel())), WIDTH, break_on_hyphens=False)
    shown = f"[{numbers}]" if "\n" not in numbers else "[\n" + textwrap.indent(numbers, " " * 8) + "\n    ]"
    shape = f".reshape({value.shape})" if value.ndim > 1 else ""
    return f"np.array({shown}, np.{value.dtype.name}){shape}"


def _number(value: Array) -> str:
    """Return the shortest text of a number that gives its value in its dtype."""
    item = value.item()
    if value.dtype.kind != "f":
        return str(item)
    return f"np.{'nan' if np.isnan(item) else 'inf'}" if item != item or item == np.inf else (
        "-np.inf" if item == -np.inf else repr(float(str(value[()])))
    )  # fmt: skip


def _wrapped(values: list[Any]) -> str:
    text = ", ".join(map(repr, values))
    lines = textwrap.wrap(text, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    if len(lines) < 2 or any(isinstance(value, str) for value in values):
        return f"[{text}]"
    return "[\n" + "\n".join(f"    {line}" for line in lines) + "\n]"


_PREDICT = '''def predict(x):
    """Return the {doc}."""
    return _finite(outputs(x))["{key}"]{column}'''
_PROBABILITIES = '''def predict_proba(x):
    """Return the probability of each label, shape (rows, labels), in the order of LABELS."""
    return _finite(outputs(x))["probabilities"]'''
_FINITE = '''def _finite(found):
    """Return outputs. Raise ValueError for a row that the model does not take, and whose outputs are not finite."""
    for values in found.values():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            row = np.argmin(np.isfinite(values).all(axis=1))
            raise ValueError(f"row {row} (from 0): an entry is missing, unknown or huge, and the model takes no such")
    return found'''
_UNPACK = '''def _array(dtype, shape, text):
    """Return the array that a text in base 85 stands for."""
    return np.frombuffer(base64.b85decode("".join(text.split())), dtype).reshape(shape)'''
