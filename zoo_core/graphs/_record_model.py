"""Writes down a whole model: preparation, layers, the units of targets, and labels."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from zoo_core.errors import UsageError
from zoo_core.graphs._builder import sample_rows
from zoo_core.graphs._node import Graph, Node
from zoo_core.graphs._outputs import DECISION, TARGETS, record_outputs
from zoo_core.graphs._record_part import record_part
from zoo_core.graphs._recorder import Recorder
from zoo_core.graphs._rows import typical_rows
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.model import Model
from zoo_core.nn import Dense, Stage

INPUT = "input"
PREPROCESSOR = "preprocessor"


def record_model(model: Model, operators: Collection[str] = ()) -> Graph:
    """Return what a model computes for rows in the units of its data.

    Args:
        model: a trained model.
        operators: those of `FURTHER` that the target has, such as "Elu". All others it must have.

    Returns:
        A graph whose input is float64, or float32 for pictures and where the network takes the rows as they are. Its
        outputs are "label" (the index of the class) and "probabilities", or "outputs" where there are none; "values"
        for a regression; "labels" and "probabilities", or "outputs", for several labels a row.

    Raises:
        PluginError: a part cannot be written down.
        UsageError: the weights of the model are not finite.

    Example:
        graph = record_model(zoo_core.load("glyphs-quickstart"))
        evaluate(graph, x)["label"]
    """
    if model.not_finite:
        raise UsageError(f"model {model.name!r}: its array {model.not_finite!r} is not finite, so it predicts nothing")
    graph = Recorder(model.network.dtype, model.arrays(), operators)
    x = _input(graph, model)
    titles = {}
    with graph.at(PREPROCESSOR):
        if not (model.preprocessor.is_identity and x.dtype == graph.dtype):
            titles[PREPROCESSOR] = f"preprocessor {model.preprocessor.name!r}"
            x = record_part(graph, model.preprocessor, x, model.network.inputs)
    for stage in (s for s in model.network.stages if not s.training_only):
        with graph.at(stage.path):
            titles[stage.path] = _title(stage)
            x = _layer(graph, stage, x)
    outputs = record_outputs(graph, model, x)
    titles |= {TARGETS: "outputs in the units of the targets", DECISION: "what the outputs mean"}
    assert graph.input is not None
    return Graph(graph.input, outputs, titles)


def _input(graph: Recorder, model: Model) -> SymbolicArray:
    """Return the input, with sample rows that the model can take."""
    inputs = model.about.inputs
    plain = model.preprocessor.is_identity or model.about.image_shape is not None
    dtype = np.dtype(graph.dtype if plain else np.float64)  # large numbers, such as dates, need float64
    rows = sample_rows([inputs, *(stage.width for stage in model.network.stages)])
    graph.input = Node("Input", (), {}, dtype, inputs, INPUT)
    return SymbolicArray(graph, graph.input, typical_rows(model, rows).astype(dtype))


def _layer(graph: Recorder, stage: Stage, x: SymbolicArray) -> SymbolicArray:
    part = stage.transform
    if not isinstance(part, Dense):
        return record_part(graph, part, x, stage.width)
    weights, bias = part.weights["weights"], part.weights.get("bias")
    constants = [graph.matrix(weights), *([] if bias is None else [graph.constant_node(bias)])]
    sample = x.sample @ weights + (0 if bias is None else bias)
    node = graph.node("Gemm", x.node, *constants, dtype=graph.dtype, width=stage.width)
    return SymbolicArray(graph, node, sample.astype(graph.dtype))


def _title(stage: Stage) -> str:
    part = stage.transform
    return f"{stage.width} units" if isinstance(part, Dense) else f"{part.kind} {part.name!r}"
