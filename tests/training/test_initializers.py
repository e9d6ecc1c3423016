"""Initializers know the depth of their layer and, if they want, the training rows that reach it."""

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.parts import Activation, Initializer, Noise, Parameter
from zoo_core.runs import prepare
from zoo_core.testing import check_part

LAYERS = [{"units": 20}, {"units": 16}, {"units": 10, "activation": "softmax"}]


class Note(Initializer):
    """Fills with 0.01 times normal numbers, and notes what it knows."""

    name = "note"
    wants_inputs = True

    def fill(self, out, rng, gain):
        NOTED.append((self.depth, self.layers, out.shape, None if self.inputs is None else self.inputs.copy()))
        out[...] = 0.01 * rng.normal(size=out.shape)


NOTED = []


def network(initializer, *parts, activation="relu", data=None, **hidden):
    NOTED.clear()
    layers = [{"initializer": initializer, "activation": activation, **hidden, **layer} for layer in LAYERS]
    spec = small_spec(data=data or {}, model={"layers": layers}) | {
        "model": {"loss": "cross_entropy", "layers": layers}
    }
    return prepare(spec, registry=registry_with(*parts))


def test_each_fill_knows_its_layer_and_the_rows_that_reach_it():
    trainer = network("note", Note, bias_initializer="note", data={"preprocessor": "pixels"})
    assert [noted[:3] for noted in NOTED] == [
        (0, 3, (784, 20)), (0, 3, (20,)), (1, 3, (20, 16)), (1, 3, (16,)), (2, 3, (16, 10)), (2, 3, (10,))
    ]  # fmt: skip
    rows = trainer.splits["train"].x / np.float32(255)
    weights = trainer.network.state()
    for depth in range(3):
        np.testing.assert_allclose(NOTED[2 * depth][3], rows, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(NOTED[2 * depth][3], NOTED[2 * depth + 1][3])
        rows = np.maximum(rows @ weights[f"layers.{depth}.weights"] + weights[f"layers.{depth}.bias"], 0)


@pytest.mark.parametrize(("rows", "seen"), [(100, 100), (600, 512), (513, 512)])
def test_at_most_512_rows_come_from_the_whole_training_split(rows, seen):
    trainer = network("note", Note, data={"rows": rows, "preprocessor": "none"})
    x = trainer.splits["train"].x
    np.testing.assert_array_equal(NOTED[0][3], x[np.arange(seen) * rows // seen])


def test_noise_is_left_out_and_rows_are_not_kept_by_the_model():
    class Loud(Noise):
        """Adds 1000."""

        name = "loud"

        def forward(self, x, out):
            np.add(x, 1000, out=out)

        def backward(self, x, y, grad, out):
            out[...] = grad

    trainer = network("note", Note, Loud, regularizers=["loud"])
    assert max(np.abs(noted[3]).max() for noted in NOTED) < 100
    for initializer in trainer.network._initializers():
        assert initializer.inputs is None


def test_a_model_that_starts_from_another_draws_nothing(tmp_path):
    network("note", Note)
    spec = small_spec({"initializer": "note"})
    zoo_core.train(spec, registry=registry_with(Note), output=tmp_path / "m.npz")
    NOTED.clear()
    zoo_core.train(spec, registry=registry_with(Note), start_from=tmp_path / "m.npz")
    assert NOTED == []


def test_a_class_that_does_not_ask_gets_no_rows():
    deaf = type("Deaf", (Note,), {"wants_inputs": False})
    network("note", deaf)
    assert [noted[3] for noted in NOTED] == [None] * 3


def test_the_parameters_of_a_transform_get_the_place_of_its_layer():
    class Shift(Activation):
        """f(z) = z + s, with a trained s."""

        name = "shift"

        def parameters(self, width):
            return {"s": Parameter((width,), Note())}

        def forward(self, x, out):
            np.add(x, self.weights["s"], out=out)

        def backward(self, x, y, grad, out):
            np.sum(grad, axis=0, out=self.gradients["s"])
            out[...] = grad

    network("he_normal", Note, Shift, activation="shift")
    assert [noted[:3] for noted in NOTED] == [(0, 3, (20,)), (1, 3, (16,))]
    assert [noted[3].shape for noted in NOTED] == [(100, 784), (100, 20)]


@pytest.mark.parametrize("activation", ["relu", "tanh", "selu"])
def test_lsuv_gives_each_layer_outputs_of_variance_1(activation):
    trainer = network("lsuv", activation=activation, data={"rows": 400, "preprocessor": "standard"})
    objective, loader = trainer.objective, trainer.loader
    loader.start_epoch()
    x = np.empty((400, 784), np.float32)
    trainer.model.preprocessor.transform(trainer.splits["train"].x, x)
    for layer in trainer.network.layers:
        z = x.astype(float) @ trainer.network.weights(layer)
        assert np.std(z) == pytest.approx(1, abs=1e-4)
        x = np.empty(z.shape, np.float32)
        layer.activation.forward(z.astype(np.float32), x)
    assert objective is not None


def test_depth_scaled_has_the_variance_of_its_formula():
    trainer = network({"name": "depth_scaled", "gain": 2.0})
    for depth, layer in enumerate(trainer.network.layers):
        weights = trainer.network.weights(layer)
        limit = 2 * np.sqrt(6 / sum(weights.shape) / (depth + 1))  # alpha / sqrt(l) * sqrt(6 / (d_i + d_o))
        assert 0.9 * limit < np.abs(weights).max() <= limit
        assert weights.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


def test_the_kit_passes_and_finds():
    assert [r for r in check_part(Note) if r.state != "passed"] == []

    def fill(self, out, rng, gain):
        out[...] = rng.normal(size=out.shape) / self.depth

    first = type("First", (Initializer,), {"name": "first", "__doc__": "Fails in the first layer.", "fill": fill})
    assert {r.check for r in check_part(first) if r.state == "failed"} == {"places"}

    def needy(self, out, rng, gain):
        out[...] = self.inputs.std()

    part = type("Needy", (Note,), {"name": "needy", "__doc__": "Needs data.", "fill": needy})
    assert {r.check for r in check_part(part) if r.state == "failed"} == {"places"}

    def greedy(self, out, rng, gain):
        self.inputs *= 2
        out[...] = 1

    part = type("Greedy", (Note,), {"name": "greedy", "__doc__": "Changes inputs.", "fill": greedy})
    assert "places" in {r.check for r in check_part(part) if r.state == "failed"}
