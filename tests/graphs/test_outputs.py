"""Labels, probabilities and values leave the zoo as a model gives them: for each task, decision and unit."""

from __future__ import annotations

import numpy as np

import zoo_core
from tests.helpers.plugins import registry_with
from tests.nn.test_target_widths import Interval
from zoo_core.graphs import evaluate, record_model

RNG = np.random.default_rng(0)
X = RNG.normal(0, 1, (120, 4)) * [1, 10, 1e-3, 1e6] + [0, 5, 1, 1.6e9]
SCORE = (X[:, 0] + (X[:, 1] - 5) / 10) / 2
TEXTS = np.array(["low", "middle", "hoch \u2603"])[np.digitize(SCORE, [-0.3, 0.3])]
TWO = np.array(["no", "yes"])[(SCORE > 0).astype(int)]
LABELS = np.stack([SCORE > 0, X[:, 0] > 0, X[:, 2] > 1], axis=1).astype(int)
VALUES = np.stack([1e5 * SCORE + 3e6, SCORE], axis=1)


def spec(loss, units, activation="identity", dtype="float32", **data):
    hidden = {"units": 8, "activation": "gelu"}
    layers = [hidden, {"units": units, "activation": activation}]
    return {"dtype": dtype, "data": {"preprocessor": "standard", **data}, "model": {"loss": loss, "layers": layers},
            "optimizer": "adam", "training": {"epochs": 2}}  # fmt: skip


CASES = {
    "texts": (spec("cross_entropy", 3, "softmax"), TEXTS),
    "whole numbers": (spec("cross_entropy", 3, "softmax", "float64"), np.digitize(SCORE, [-0.3, 0.3]) * 5),
    "truth values": (spec("cross_entropy", 2, "softmax"), SCORE > 0),
    "one output": (spec("binary_cross_entropy", 1, "sigmoid"), TWO),
    "one margin": (spec("hinge", 1), TWO),
    "margins": (spec("categorical_hinge", 3), TEXTS),
    "an order": (spec("ordinal", 2, "sigmoid"), np.digitize(SCORE, [-0.3, 0.3])),
    "labels": (spec("binary_cross_entropy", 3, "sigmoid", task="multilabel"), LABELS),
    "label scores": (spec("mse", 3, task="multilabel"), LABELS),
    "a value": (spec("mse", 1, "identity"), VALUES[:, 0]),
    "values": (spec("mse", 2, "identity", "float64"), VALUES),
    "unscaled values": (spec("mse", 2, "identity", target_preprocessor="none"), VALUES),
}


def close(model, found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-6 if model.spec.dtype == "float32" else 1e-13, atol=2e-6)


def check(model, answers):
    """Compare the outputs of an export, by name, with the model."""
    if model.about.task == "regression":
        assert list(answers) == ["values"]
        wanted = model.predict(X)
        close(model, answers["values"], wanted[:, None] if wanted.ndim == 1 else wanted)
        return
    first, second = answers
    assert first == ("labels" if model.about.task == "multilabel" else "label")
    np.testing.assert_array_equal(answers[first], model.predict(X))
    if model.decision.gives_probabilities if first == "label" else model.decision.gives_label_probabilities:
        assert second == "probabilities"
        close(model, answers[second], model.predict_proba(X))
    else:
        assert second == "outputs"
        close(model, answers[second], model.outputs(X))


class Scaled(Interval):
    """An interval in the unit of the targets."""

    name = "scaled"
    scales_targets = True


def test_several_outputs_for_a_target_keep_its_unit_and_give_one_value(tmp_path):
    registry = registry_with(Scaled)
    model = zoo_core.train(spec("scaled", 4, target_preprocessor="standard"), registry=registry, data=(X, VALUES))
    found = evaluate(record_model(model), X)["values"]
    close(model, found, model.predict(X))
    assert found.shape == VALUES.shape
    zoo_core.export(model, tmp_path / "m.py")
