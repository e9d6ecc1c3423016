"""Writes a model as ONNX, the format that most programs for inference read."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.graphs import FURTHER, Graph, Node, check_export, record_model
from zoo_core.parts import Array
from zoo_plugins.exporters._about import facts
from zoo_plugins.exporters.onnx_composed import Terms, composed

OPSET = 20  # the first that has Gelu
IR = 9  # what belongs to it
RENAMED = {"Columns": "Gather", "Fmod": "Mod", "Take": "Gather", "Sort": "TopK"}
AXES = ("ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin")


def write_onnx(model: Any, path: Path) -> str:
    """Write a model as ONNX, with its preparation and its labels.

    The input "input" is (rows, features). The outputs are those of the graph; "label" holds labels, integers or texts.
    Source: ONNX, "Operators", opset 20.
    """
    try:
        import onnx
    except ImportError:
        raise PluginError("writing .onnx needs the package onnx: pip install 'mlp-zoo[onnx]'") from None
    # ONNX Runtime computes few of the further operators in float64, and their options are float32.
    graph = record_model(model, FURTHER if model.network.dtype == np.float32 else ())
    proto = _Writer(onnx, graph, model).model()
    onnx.checker.check_model(proto, full_check=True)
    runtime, run = _runtime(onnx, proto)
    check_export(model, graph, run, f"the export {path.name}, as {runtime} runs it,")
    path.write_bytes(proto.SerializeToString())
    return f"opset {OPSET}, IR {IR}; checked on 257 rows with {runtime}"


class _Writer:
    """Makes the nodes of ONNX."""

    def __init__(self, onnx: Any, graph: Graph, model: Any) -> None:
        self._onnx, self._graph, self._model = onnx, graph, model
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._names: dict[Node, str] = {graph.input: "input"}
        self._rows = ""

    def model(self) -> Any:
        """Return the whole model, as ONNX's own class."""
        helper = self._onnx.helper
        for node in self._graph.nodes():
            self._add(node)
        outputs = [self._output(name, node) for name, node in self._graph.outputs.items()]
        given = self._value("input", self._graph.input.dtype, ["rows", self._graph.input.width])
        made = helper.make_graph(
            self._nodes, self._model.name, [given], outputs, list(self._constants.values()),
            doc_string=self._model.spec.description,
        )  # fmt: skip
        found = helper.make_model(
            made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="mlp-zoo",
            producer_version=version("mlp-zoo"),
        )  # fmt: skip
        helper.set_model_props(found, {key: _text(value) for key, value in facts(self._model).items()})
        return found

    # -------------------------------------------------------------- nodes

    def _add(self, node: Node) -> None:
        if node.value is not None:
            self._names[node] = self.constant(node.value, node.name)
        elif node.op != "Input":
            self._names[node] = self._operator(node, [self._names[other] for other in node.inputs])

    def _operator(self, node: Node, inputs: list[str]) -> str:
        if write := composed(node):
            return write(Terms(self, node), inputs[0])
        if node.op in SPECIAL:
            return SPECIAL[node.op](self, node, inputs)
        if node.op in AXES:
            inputs = [*inputs, self._integers(1)]
        options = {"axis": 1, "keepdims": 1} if node.op == "ArgMax" else {}
        options |= node.attributes if node.op in FURTHER else {}
        options |= {"fmod": 1} if node.op == "Fmod" else {}
        options |= {"axis": 1} if node.op in ("Softmax", "Concat", "Columns") else {}
        inputs = [*inputs, self._integers(*node.attributes["indices"])] if node.op == "Columns" else inputs
        return self.made(RENAMED.get(node.op, node.op), inputs, node.stage, **options)

    def made(self, op: str, inputs: list[str], stage: str, outputs: int = 1, **options: Any) -> str:
        """Add a node, and return the name of its first output."""
        name = f"{stage}/{op}_{len(self._nodes)}"
        names = [name, *(f"{name}_{i}" for i in range(1, outputs))]
        self._nodes.append(self._onnx.helper.make_node(op, inputs, names, name=name, **options))
        return name

    def _cumsum(self, node: Node, inputs: list[str]) -> str:
        return self.made("CumSum", [*inputs, self.constant(np.array(1, np.int64))], node.stage)

    def _sort(self, node: Node, inputs: list[str]) -> str:
        options = {"axis": 1, "largest": 0, "sorted": 1}
        return self.made("TopK", [*inputs, self._integers(node.width)], node.stage, 2, **options)

    def _slice(self, node: Node, inputs: list[str]) -> str:
        bounds = [self._integers(node.attributes[key]) for key in ("start", "stop")]
        steps = [self._integers(1), self._integers(node.attributes["step"])]
        return self.made("Slice", [*inputs, *bounds, *steps], node.stage)

    def _expand(self, node: Node, inputs: list[str]) -> str:
        shape = self.made("Shape", [inputs[1]], node.stage, start=0, end=1)
        both = self.made("Concat", [shape, self._integers(node.width)], node.stage, axis=0)
        return self.made("Expand", [inputs[0], both], node.stage)

    def _cast(self, node: Node, inputs: list[str]) -> str:
        return self.made("Cast", inputs, node.stage, to=self.type_of(node.dtype))

    # -------------------------------------------------------------- constants and outputs

    def constant(self, value: Array, name: str = "") -> str:
        """Return the name of an initializer; equal ones are written once."""
        key = name or f"{value.dtype}{value.shape}{value.tobytes().hex() if value.size < 9 else id(value)}"
        if key not in self._constants:
            called = name or f"constant_{len(self._constants)}"
            self._constants[key] = self._onnx.numpy_helper.from_array(np.asarray(value, order="C"), called)
        return str(self._constants[key].name)

    def _integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def type_of(self, dtype: Any) -> int:
        """Return ONNX's number for a dtype."""
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _value(self, name: str, dtype: Any, shape: list[Any]) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self.type_of(dtype), shape)

    def _output(self, name: str, node: Node) -> Any:
        """Name an output; classes become their labels."""
        helper = self._onnx.helper
        if name != "label":
            self._nodes.append(helper.make_node("Identity", [self._names[node]], [name], name=name))
            return self._value(name, node.dtype, ["rows", node.width])
        labels = self._model.labels()
        labels = labels.astype(object) if labels.dtype.kind == "U" else labels
        table = self.constant(labels, "labels")
        flat = self.made("Reshape", [self._names[node], self._integers(-1)], node.stage)
        self._nodes.append(helper.make_node("Gather", [table, flat], [name], name=name, axis=0))
        return self._value(name, labels.dtype, ["rows"])


SPECIAL: dict[str, Callable[[_Writer, Node, list[str]], str]] = {
    "CumSum": _Writer._cumsum, "Sort": _Writer._sort,
    "Slice": _Writer._slice, "Expand": _Writer._expand, "Cast": _Writer._cast,
}  # fmt: skip


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _runtime(onnx: Any, proto: Any) -> tuple[str, Callable[[Array], dict[str, Array]]]:
    """Return what runs the export, and the function that does: ONNX Runtime, or else the reference of onnx."""
    names = [output.name for output in proto.graph.output]
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        reference = ReferenceEvaluator(proto)
        return f"onnx.reference {onnx.__version__}", lambda x: dict(
            zip(names, reference.run(None, {"input": x}), strict=True)
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return f"ONNX Runtime {onnxruntime.__version__}", lambda x: dict(
        zip(names, session.run(None, {"input": x}), strict=True)
    )
