"""An error of a run carries the model as it was trained, and a state that no file holds costs no weights."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Ge

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.errors import NumericError, PluginError
from zoo_core.parts import Activation, Callback, Optimizer


@dataclass
class Grows(Activation):
    """f(z) = z. After `calls` calls its state is an array of another shape, or None."""

    name = "grows"
    state = ("seen", "rows")
    calls: Annotated[int, Ge(1)] = 1
    empty: bool = False

    def start(self, width, dtype):
        self.seen, self.rows = 0, np.zeros(1)

    def forward(self, x, out):
        out[...] = x
        self.seen += 1
        if self.seen == self.calls:
            self.rows = None if self.empty else np.zeros(3)

    def infer(self, x, out):
        out[...] = x

    def derivative(self, z, a, out):
        out[...] = 1


@dataclass
class Raises(Callback):
    """Raises at the end, with the error of this name, `error`."""

    name = "raises"
    error: str = "ValueError"

    def on_train_end(self, run):
        raise {"ValueError": ValueError, "KeyboardInterrupt": KeyboardInterrupt}[self.error]("boom")


@dataclass
class Hoards(Optimizer):
    """Stays where it is, and keeps a set in its state from the third step on."""

    name = "hoards"
    state = ("kept",)
    learning_rate: Annotated[float, Ge(0)] = 0.1

    def start(self, layout):
        self.kept = 0

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * gradients
        self.kept = {1} if self.steps >= 3 else 0


@dataclass
class RaisesEarly(Callback):
    """Raises after the first batch of the first epoch."""

    name = "raises_early"

    def on_batch_end(self, run):
        raise ValueError("boom")


REGISTRY = registry_with(Grows, Raises, RaisesEarly, Hoards)


def spec_with(activation="relu", optimizer="sgd", callbacks=()):
    spec = small_spec()
    spec["model"]["layers"][0]["activation"] = activation
    return spec | {"optimizer": optimizer, "training": spec["training"] | {"callbacks": list(callbacks)}}


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("calls", [1, 2, 3, 4])  # in the first and in the second epoch, of two steps each
def test_a_state_that_changes_its_form_costs_no_weights(tmp_path, calls, empty):
    part = {"name": "grows", "calls": calls, "empty": empty}
    with pytest.raises(PluginError, match="'rows' of its `state`") as caught:
        zoo_core.train(spec_with(part), registry=REGISTRY, output=tmp_path / "m.npz")
    mended, kept = caught.value.__notes__[:2]
    assert mended == "activation 'grows': 'rows' of its `state` is put back to an earlier value"
    assert kept == f"the weights so far are kept: {tmp_path / 'm.last.npz'}"
    model = zoo_core.load(tmp_path / "m.last.npz", REGISTRY)
    assert np.array_equal(model.network.parameters, caught.value.model.network.parameters)
    assert not np.array_equal(
        model.network.parameters, zoo_core.prepare(spec_with(part), registry=REGISTRY).network.parameters
    )


def test_a_state_that_no_checkpoint_holds_costs_no_weights(tmp_path):
    with pytest.raises(PluginError, match=r"^optimizer 'hoards': state .* holds set"):
        zoo_core.train(
            spec_with(optimizer="hoards"), registry=REGISTRY, output=tmp_path / "m.npz", checkpoint_every="1steps"
        )
    assert list(tmp_path.glob("m*.npz"))


@pytest.mark.parametrize("error", ["ValueError", "KeyboardInterrupt"])
def test_an_error_without_an_output_carries_the_model(error):
    spec = spec_with(callbacks=[{"name": "raises", "error": error}])
    with pytest.raises((PluginError, KeyboardInterrupt)) as caught:
        zoo_core.train(spec, registry=REGISTRY)
    assert caught.value.__notes__ == ["the model with the weights so far is the attribute `model` of this error"]
    expected = zoo_core.train(spec_with(), registry=REGISTRY)
    assert np.array_equal(caught.value.model.network.parameters, expected.network.parameters)
    assert caught.value.model.history[-1]["epoch"] == 1


def test_an_error_within_the_first_epoch_costs_no_weights(tmp_path):
    with pytest.raises(PluginError, match="boom") as caught:
        zoo_core.train(spec_with(callbacks=["raises_early"]), registry=REGISTRY, output=tmp_path / "m.npz")
    assert caught.value.__notes__[0] == f"the weights so far are kept: {tmp_path / 'm.last.npz'}"
    assert zoo_core.load(tmp_path / "m.last.npz", REGISTRY).history == []


def test_a_run_that_diverges_carries_no_model():
    spec = spec_with(optimizer={"name": "sgd", "learning_rate": 1e300})
    with pytest.raises(NumericError) as caught:
        zoo_core.train(spec)
    assert not hasattr(caught.value, "model")
