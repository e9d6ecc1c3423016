"""What a model answers, from the outputs of its network: labels or values, and probabilities."""

from __future__ import annotations

import numpy as np

from zoo_core.errors import Hint, UsageError
from zoo_core.model._assembled import AssembledModel
from zoo_core.parts import Array


def answers(model: AssembledModel, outputs: Array) -> Array:
    """Return what `Model.predict` does, for the outputs of the rows."""
    if model.about.task == "multilabel":
        return model.decision.labels(outputs)
    if model.about.task == "regression":
        values = model.decision.values(outputs)
        return values[:, 0] if values.shape[1] == 1 else values
    return model.labels().take(model.decision.classes(outputs))


def named_answers(model: AssembledModel, outputs: Array) -> dict[str, Array]:
    """Return the answers by the names that they have in `zoo serve` and in exports to ONNX."""
    if model.about.task == "regression":
        return {"values": model.decision.values(outputs)}
    found = _probabilities(model, outputs)
    name = "labels" if model.about.task == "multilabel" else "label"
    return {name: answers(model, outputs), **({"outputs": outputs} if found is None else {"probabilities": found})}


def in_words(model: AssembledModel, found: Array) -> Array:
    """Return answers of several labels in the words of the training data, such as Ja and Nein; others unchanged."""
    words = model.about.label_words
    if not words:
        return found
    return np.column_stack([np.where(has, true, false) for has, (false, true) in zip(found.T, words, strict=True)])


def probabilities(model: AssembledModel, outputs: Array) -> Array:
    """Return what `Model.predict_proba` does, for the outputs of the rows. Raises UsageError if there are none."""
    if (found := _probabilities(model, outputs)) is not None:
        return found
    raise UsageError(
        f"model {model.name!r} gives no probabilities: its output layer is "
        f"{model.network.layers[-1].activation.name!r}, its loss {model.loss.name!r}",
        Hint("no_probabilities"),
    )


def _probabilities(model: AssembledModel, outputs: Array) -> Array | None:
    if model.about.task == "regression":
        return None
    several = model.about.task == "multilabel"
    return (model.decision.label_probabilities if several else model.decision.probabilities)(outputs)
