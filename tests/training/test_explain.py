"""An explained step is the step that training takes, and the numbers of a textbook; wrong gradients are caught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from zoo_core.display.text import explanation_page
from zoo_core.errors import NumericError, UsageError
from zoo_core.parts import Activation, Parameter
from zoo_core.registry import Registry
from zoo_core.runs import prepare
from zoo_core.training import Explanation
from zoo_core.training.explain import explain, in_float64

GLYPHS = {"name": "glyphs", "rows": 40, "test_rows": 10}


def spec(hidden: object, *, loss: object = "cross_entropy", last: str = "softmax", **changes: object) -> dict:
    """Return a spec whose single epoch is a single step."""
    layers = [hidden if isinstance(hidden, dict) else {"units": 6, "activation": hidden}]
    layers.append({"units": 10, "activation": last})
    return {
        "seed": 3, "dtype": "float64", "data": GLYPHS,
        "model": {"loss": loss, "layers": layers, **changes.pop("model", {})},
        "optimizer": "sgd", "training": {"epochs": 1, "batch_size": "all"}, **changes,
    }  # fmt: skip


NOISY = {"units": 6, "activation": "relu", "normalizer": "batch_norm", "regularizers": [
    {"name": "dropout", "rate": 0.3}, {"name": "l2", "strength": 0.01}, {"name": "max_norm", "max_value": 0.5},
]}  # fmt: skip
BALANCED = {"name": "cross_entropy", "class_weights": "balanced"}
SOFTENING = ["gaussian_noise", "label_smoothing", "l1"]
SPECS = {
    "plain": spec("tanh"),
    "noise, penalty, constraint": spec(NOISY, optimizer={"name": "adam", "learning_rate": 0.01}),
    "two evaluations a step": spec(NOISY, optimizer={"name": "sam", "base": {"name": "sgd", "learning_rate": 0.1}}),
    "wider z": spec({"units": 6, "activation": {"name": "maxout", "pieces": 3}}),
    "rows mix": spec("softmax"),
    "trained slope, no bias": spec({"units": 6, "activation": "prelu", "bias": False}),
    "loss not fused": spec("tanh", loss="cosine", last="sigmoid"),
    "class weights, sum": spec("tanh", loss={**BALANCED, "reduction": "sum"}),
    "noise on inputs, softer targets": spec("gelu", model={"regularizers": SOFTENING}),
    "one layer": spec("tanh", model={"layers": [{"units": 10, "activation": "softmax"}]}),
}  # fmt: skip


def explained(given: dict, registry: Registry | None = None) -> Explanation:
    registry = registry or Registry()
    return explain(in_float64(prepare(given, registry=registry)))


@pytest.mark.parametrize("name", SPECS)
def test_the_step_is_the_one_that_training_takes(name: str) -> None:
    step = explained(SPECS[name])
    model = zoo_core.train(SPECS[name])
    for change in step.changes:
        (segment,) = [s for s in model.network.layout.segments if s.path == change.path]
        np.testing.assert_array_equal(change.after, segment.view(model.network.parameters), err_msg=change.path)
    assert step.cost.data == pytest.approx(_mean_loss(model.history[0], step), rel=1e-12)
    assert step.cost.total == pytest.approx(step.cost.data + sum(step.cost.penalties.values()))


def _mean_loss(record: dict, step: Explanation) -> float:
    """Return the record's loss as the objective has it: records always hold the mean."""
    weights = len(step.cost.values) if step.cost.weights is None else step.cost.weights.sum()
    return record["train_loss"] * (weights if step.cost.reduction == "sum" else 1)


@pytest.mark.parametrize("name", SPECS)
def test_central_differences_confirm_every_gradient(name: str) -> None:
    step = explained(SPECS[name])
    assert [check.path for check in step.checks] == [change.path for change in step.changes]
    for check, change in zip(step.checks, step.changes, strict=True):
        assert check.backward == change.gradient[check.index]
        assert check.agrees, check
    assert any(abs(check.backward) > 1e-4 for check in step.checks)


def test_the_output_of_each_stage_is_the_input_of_the_next() -> None:
    step = explained(SPECS["noise, penalty, constraint"])
    for one, other in zip(step.stages, step.stages[1:], strict=False):
        np.testing.assert_array_equal(one.y, other.x)
        if one.dy is not None:
            np.testing.assert_array_equal(one.dy, other.dx)
    kinds = [stage.kind for stage in step.stages]
    assert kinds == ["dense", "normalizer", "activation", "regularizer", "dense", "activation"]
    assert step.stages[-1].dy is None  # the loss goes back through softmax itself
    change = step.changes[0]
    np.testing.assert_allclose(change.penalty, 0.02 * change.before)


def test_the_run_of_a_float32_spec_is_explained_from_its_own_first_weights() -> None:
    given = {**SPECS["plain"], "dtype": "float32"}
    step = explained(given)
    first = prepare(given).network
    for change, segment in zip(step.changes, first.layout.segments, strict=True):
        assert change.before.dtype == np.float64
        np.testing.assert_array_equal(change.before, segment.view(first.parameters))
    trained = zoo_core.train(given)
    assert step.cost.data == pytest.approx(trained.history[0]["train_loss"], rel=1e-6)
    assert all(check.agrees for check in step.checks)


def test_a_batch_is_the_one_that_training_draws_first() -> None:
    given = {**SPECS["plain"], "training": {"epochs": 1, "batch_size": 7}}
    trainer = prepare(given)
    batches = trainer.loader.batches
    batches.start_epoch()
    step = explained(given)
    np.testing.assert_array_equal(step.rows, batches.indices(0))
    assert step.stages[0].x.shape == (7, 784)


def test_a_later_step_follows_those_before_it() -> None:
    given = {**SPECS["noise, penalty, constraint"], "training": {"epochs": 1, "batch_size": 7}}
    registry = Registry()
    step = explain(in_float64(prepare(given, registry=registry)), step=5)  # the last of 40 rows
    model = zoo_core.train(given)
    assert len(step.rows) == 5
    for change, segment in zip(step.changes, model.network.layout.segments, strict=True):
        np.testing.assert_array_equal(change.after, segment.view(model.network.parameters))
    assert all(check.agrees for check in step.checks)
    with pytest.raises(UsageError, match="has 6 step"):
        explain(prepare(given), step=6)


def test_a_textbook_s_numbers(tmp_path) -> None:
    """The worked example of M. Mazur, "A step by step backpropagation example" (2015), to the digits printed there.

    Two inputs, two sigmoid units, two sigmoid outputs, half the summed squared error (the mean over two columns),
    learning rate 0.5.
    """
    np.savez(tmp_path / "one.npz", x=np.array([[0.05, 0.10]]), y=np.array([[0.01, 0.99]]))
    layers = [{"units": 2, "activation": "sigmoid"}, {"units": 2, "activation": "sigmoid"}]
    given = {
        "dtype": "float64",
        "data": {"name": "npz", "path": str(tmp_path / "one.npz"), "task": "regression", "preprocessor": "none"},
        "model": {"loss": "mse", "layers": layers}, "optimizer": {"name": "sgd", "learning_rate": 0.5},
        "training": {"epochs": 1, "batch_size": "all"},
    }  # fmt: skip
    trainer = prepare(given)
    first = {"layers.0.weights": [[0.15, 0.25], [0.20, 0.30]], "layers.0.bias": [0.35, 0.35],
             "layers.1.weights": [[0.40, 0.50], [0.45, 0.55]], "layers.1.bias": [0.60, 0.60]}  # fmt: skip
    trainer.network.restore({path: np.array(values) for path, values in first.items()})
    step = explain(trainer)
    z1, a1, z2, a2 = (stage.y for stage in step.stages)
    np.testing.assert_allclose(z1[0, 0], 0.3775, atol=1e-12)
    np.testing.assert_allclose(a1[0], [0.593269992, 0.596884378], atol=1e-9)
    np.testing.assert_allclose(z2[0, 0], 1.105905967, atol=1e-9)
    np.testing.assert_allclose(a2[0], [0.75136507, 0.772928465], atol=1e-8)
    assert step.cost.total == pytest.approx(0.298371109, abs=1e-9)
    np.testing.assert_allclose(step.stages[3].dx[0, 0], 0.138498562, atol=1e-9)
    np.testing.assert_allclose(step.stages[2].dx[0, 0], 0.036350306, atol=1e-9)
    after = {change.path: change.after for change in step.changes}
    np.testing.assert_allclose(
        after["layers.1.weights"].T.ravel(), [0.35891648, 0.408666186, 0.511301270, 0.561370121], atol=1e-8
    )
    np.testing.assert_allclose(
        after["layers.0.weights"].T.ravel(), [0.149780716, 0.19956143, 0.24975114, 0.29950229], atol=1e-8
    )


@dataclass
class Twice(Activation):
    """Has twice the derivative that it should have."""

    name = "twice"

    def forward(self, z, out):
        np.tanh(z, out=out)

    def derivative(self, z, a, out):
        np.multiply(2, 1 - a * a, out=out)


@dataclass
class Scaled(Activation):
    """f(z) = s tanh(z) with one trained number s for the whole layer, and a table that is never used."""

    name = "scaled"

    def parameters(self, width):
        return {"scale": Parameter((), 0.5), "table": Parameter((2, 3, 4))}

    def forward(self, x, out):
        np.multiply(self.weights["scale"], np.tanh(x), out=out)

    def backward(self, x, y, grad, out):
        self.gradients["scale"][...] = np.sum(grad * np.tanh(x))
        self.gradients["table"].fill(0)
        np.multiply(grad, self.weights["scale"] * (1 - np.tanh(x) ** 2), out=out)


def test_a_wrong_derivative_of_a_third_party_part_is_seen() -> None:
    registry = registry_with(Twice)
    checks = {check.path: check for check in explained(spec("twice"), registry).checks}
    wrong = checks["layers.0.weights"]
    assert not wrong.agrees
    assert wrong.backward == pytest.approx(2 * wrong.central, rel=1e-6)
    assert checks["layers.1.weights"].agrees


def test_parameters_of_any_shape_are_explained_and_drawn() -> None:
    registry = registry_with(Scaled)
    step = explained(spec("scaled"), registry)
    checks = {check.path: check for check in step.checks}
    assert checks["layers.0.activation.scale"].index == ()
    assert all(check.agrees for check in step.checks)
    page = "\n".join(line.plain for line in explanation_page(step, {"explained": "a test"}))
    assert "∂L/∂scale  a parameter of scaled" in page
    assert "∂L/∂table  a parameter of scaled" in page


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    trainer = prepare(SPECS["plain"])
    trainer.network.parameters.fill(np.nan)
    with pytest.raises(NumericError):
        explain(trainer)
