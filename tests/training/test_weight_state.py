"""Constraints and penalties of a plugin have a start and a state, which files and resumed runs keep to the bit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.runs import write_run
from zoo_core.errors import ModelFileError
from zoo_core.parts import Constraint, Penalty
from zoo_core.runs import Output, prepare
from zoo_core.runs._checkpoint_writer import save_checkpoint
from zoo_core.spec import read_spec
from zoo_core.storage import read_model_file, write_model_file
from zoo_core.testing import check_part
from zoo_core.training import Interval
from zoo_core.training.events import SafePoint


@dataclass
class Prune(Constraint):
    """Sets the smallest weights to 0 for good, one more after each step, up to `share` of all (Zhu and Gupta 2017)."""

    name = "prune"
    state = ("kept", "calls")
    share: Annotated[float, Gt(0), Le(1)] = 0.5

    def start(self, shape, dtype):
        self.kept, self.calls = np.ones(shape, dtype), 0

    def constrain(self, weights):
        self.calls += 1
        count = min(self.calls, int(self.share * weights.size))
        sizes = np.abs(weights) * self.kept
        self.kept[...] = sizes > np.partition(sizes.ravel(), count - 1)[count - 1]
        weights *= self.kept


@dataclass
class Anchor(Penalty, Constraint):
    """strength * sum (w - origin)^2, where the origin is the first weights that it sees, and all within `limit`."""

    name = "anchor"
    state = ("origin", "began")
    strength: Annotated[float, Ge(0)] = 0.01
    limit: Annotated[float, Gt(0)] = 10.0

    def start(self, shape, dtype):
        assert not hasattr(self, "origin"), "one part that is both is started once"
        self.origin, self.began = np.zeros(shape, dtype), False

    def _see(self, weights):
        if not self.began:
            self.origin[...], self.began = weights, True

    def value(self, weights):
        self._see(weights)
        return self.strength * float(((weights - self.origin) ** 2).sum())

    def gradient(self, weights, out):
        self._see(weights)
        np.subtract(weights, self.origin, out=out)
        out *= 2 * self.strength

    def constrain(self, weights):
        np.clip(weights, -self.limit, self.limit, out=weights)


REGISTRY = registry_with(Prune, Anchor)


@pytest.fixture
def spec(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path)
    return read_spec("s.toml", ['model.layers.0.regularizers=["prune", "anchor"]', "training.epochs=3"], REGISTRY)


def test_state_is_made_for_the_shape_of_each_layer_and_saved_in_the_model(spec):
    model = zoo_core.train(spec, registry=REGISTRY, output="m.npz")
    arrays = read_model_file("m.npz").arrays
    assert arrays["layers.0.regularizers.weights.1.kept"].shape == (4, 6)
    assert arrays["layers.0.regularizers.weights.1.calls"] == 15
    assert (arrays["layers.0.weights"] == 0).sum() == 12
    assert arrays["layers.0.regularizers.weights.0.began"] == 1
    loaded = zoo_core.load("m.npz", REGISTRY)
    np.testing.assert_array_equal(loaded.network.layers[0].constraints[0].kept, arrays["layers.0.weights"] != 0)
    assert loaded.network.layers[0].penalties[0].began is True
    again = zoo_core.train(spec.model_copy(update={"name": "t"}), registry=REGISTRY, start_from="m.npz")
    assert again.network.layers[0].constraints[0].calls == 30
    assert model.history[-1]["penalty"] > 0


@pytest.mark.parametrize("point", range(1, 7))
def test_a_resumed_run_gives_the_same_bits(spec, point):
    zoo_core.train(spec, registry=REGISTRY, output="whole.npz")
    trainer = prepare(spec, registry=REGISTRY)
    points = (e for e in trainer.events(Interval.parse("1steps")) if isinstance(e, SafePoint))
    for _ in range(point):
        next(points)
    save_checkpoint(Output("m.npz"), trainer)
    zoo_core.resume("m.npz", registry=REGISTRY)
    assert Path("m.npz").read_bytes() == Path("whole.npz").read_bytes()


@pytest.mark.parametrize("wrong", [np.ones((6, 4)), np.ones((4, 6)).astype(int), None])
def test_state_of_another_form_is_refused(spec, wrong):
    zoo_core.train(spec, registry=REGISTRY, output="m.npz")
    contents = read_model_file("m.npz")
    arrays, name = dict(contents.arrays), "layers.0.regularizers.weights.1.kept"
    arrays[name] = wrong
    if wrong is None:
        del arrays[name]
    own = {k: v for k, v in contents.header.items() if k not in ("format", "version", "requires", "arrays", "sha256")}
    write_model_file("m.npz", own, arrays)
    with pytest.raises(ModelFileError, match=name):
        zoo_core.load("m.npz", REGISTRY)


@pytest.mark.parametrize("part", [Prune, Anchor])
def test_the_kit_passes_them(part):
    assert [r for r in check_part(part, REGISTRY) if r.state != "passed"] == []


def test_the_kit_finds_state_that_is_not_named():
    forgets = type("Forgets", (Prune,), {"state": ("kept",), "__doc__": Prune.__doc__})
    found = {r.check: r for r in check_part(forgets, REGISTRY)}
    assert found["state"].state == "failed"
    assert "`constrain` changes" in str(found["state"].findings[0])
    drifts = type("Drifts", (Anchor,), {"state": ("began",), "__doc__": Anchor.__doc__})
    assert {r.check: r.state for r in check_part(drifts, REGISTRY)}["state"] == "failed"


def test_the_kit_still_finds_a_constraint_that_shrinks_weights_each_time():
    def constrain(self, weights):
        self.calls += 1
        weights *= 0.9

    shrinks = type("Shrinks", (Prune,), {"constrain": constrain, "__doc__": Prune.__doc__})
    assert {r.check: r.state for r in check_part(shrinks, REGISTRY)}["projection"] == "failed"


def test_an_outer_part_starts_the_inner_one(spec):
    @dataclass
    class Twice(Constraint):
        """Applies the constraint `inner`."""

        name = "twice"
        inner: Constraint

        def start(self, shape, dtype):
            self.inner.start(shape, dtype)

        def constrain(self, weights):
            self.inner.constrain(weights)

    registry = registry_with(Prune, Twice)
    layer = "model.layers.0.regularizers=[{ name = 'twice', inner = 'prune' }]"
    model = zoo_core.train(
        read_spec("s.toml", [layer, "training.epochs=1"], registry), registry=registry, output="m.npz"
    )
    assert (model.network.parameters[:24] == 0).sum() == 5
    assert read_model_file("m.npz").arrays["layers.0.regularizers.weights.0.inner.calls"] == 5
