"""Writes down what outputs mean: values in the user's units, classes and their probabilities, labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo_core.graphs._node import Node
from zoo_core.graphs._record_part import guarded, recording_copy, trace
from zoo_core.graphs._recorder import Recorder
from zoo_core.graphs._symbolic_array import SymbolicArray
from zoo_core.model import Model
from zoo_core.parts import Activation, Loss, Preprocessor

TARGETS = "target_preprocessor"
DECISION = "decision"


def record_outputs(graph: Recorder, model: Model, x: SymbolicArray) -> dict[str, Node]:
    """Return the outputs of a model by name, given what its last layer gives."""
    with graph.at(TARGETS):
        x = _own_units(graph, model, x)
    with graph.at(DECISION):
        if model.about.task == "regression":
            return {"values": _values(graph, model, x).node}
        if model.about.task == "multilabel":
            labels = graph.Greater(x, x.dtype.type(model.decision.threshold))
            return {"labels": labels.node, _kind(model.decision.gives_label_probabilities): x.node}
        classes = _classes(graph, model, x)
        label = graph.cast(classes.node, np.int64)
        if not model.decision.gives_probabilities:
            return {"label": label, "outputs": x.node}
        return {"label": label, "probabilities": _probabilities(graph, model, x).node}


def _kind(are_probabilities: bool) -> str:
    return "probabilities" if are_probabilities else "outputs"


def _own_units(graph: Recorder, model: Model, x: SymbolicArray) -> SymbolicArray:
    """Return outputs in the units of the targets, as `nn.TargetUnits.own` does."""
    part = model.target_preprocessor
    if part is None or part.is_identity:
        return x
    targets = model.about.target_count(model.network.outputs)
    each = x.shape[1] // targets
    if each == 1:
        return _inverse(graph, part, x)
    parts = [_inverse(graph, part, x[:, at::each]) for at in range(each)]
    order = [at * targets + target for target in range(targets) for at in range(each)]
    joined: Any = np.concatenate(parts, axis=1)
    found: SymbolicArray = joined[:, order]
    return found


def _inverse(graph: Recorder, part: Preprocessor, x: SymbolicArray) -> SymbolicArray:
    width = x.shape[1]
    found: SymbolicArray = guarded(part, "inverse", lambda: trace(graph, part, "inverse", x, width, np.float64))
    return found


def _values(graph: Recorder, model: Model, x: SymbolicArray) -> SymbolicArray:
    loss = model.loss
    if type(loss).predicted_values is Loss.predicted_values:
        return x
    found: SymbolicArray = guarded(
        loss, "predicted_values", lambda: recording_copy(graph, loss).predicted_values(x.read_only(x.sample))
    )
    return found


def _classes(graph: Recorder, model: Model, x: SymbolicArray) -> SymbolicArray:
    """Return the index of the class, (rows,)."""
    decision, activation, loss = model.decision, model.network.layers[-1].activation, model.loss
    for part, base in ((activation, Activation), (loss, Loss)):
        if type(part).decide is base.decide:
            continue
        own, given = recording_copy(graph, part), x.read_only(x.sample)
        found = guarded(part, "decide", lambda own=own, given=given: own.decide(given, decision.threshold))
        if found is not None:
            return found  # type: ignore[no-any-return]
    if x.shape[1] == 1:
        return x[:, 0] > decision.threshold  # type: ignore[no-any-return]
    return x.argmax(axis=1)  # type: ignore[no-any-return]


def _probabilities(graph: Recorder, model: Model, x: SymbolicArray) -> SymbolicArray:
    """Return the probability of each class; that the outputs are probabilities is known, so checks may be followed."""
    activation, loss, given = model.network.layers[-1].activation, model.loss, x.read_only(x.sample)
    if type(loss).probabilities is Loss.probabilities and type(activation).probabilities is Activation.probabilities:
        both: Any = np.hstack([1 - x, x]) if x.shape[1] == 1 else x
        return both  # type: ignore[no-any-return]
    graph.follows_sample = True
    try:
        found = guarded(activation, "probabilities", lambda: recording_copy(graph, activation).probabilities(given))
        if found is None:
            found = guarded(loss, "probabilities", lambda: recording_copy(graph, loss).probabilities(given))
    finally:
        graph.follows_sample = False
    return found  # type: ignore[no-any-return]
