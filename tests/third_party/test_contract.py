"""A third party can say all that the contract must be able to say, without a change to the core.

`zoo_contract.py` is a plugin written from the pages for authors alone. Each of its parts trains, is saved, and gives
the same predictions when it is loaded. What they compute is compared with the built-in parts or with mathematics.
"""

import importlib.util
import re
import textwrap
from pathlib import Path

import annotated_types
import numpy as np
import pytest

import zoo_core
from zoo_core import parts
from zoo_core.errors import PluginError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.testing import check_part

MODULE = Path(__file__).with_name("zoo_contract.py")
SOFTMAX = {"units": 3, "activation": "softmax"}


@pytest.fixture(scope="module")
def registry():
    """The built-in parts and the plugin beside them."""
    spec = importlib.util.spec_from_file_location("zoo_contract", MODULE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    registry = zoo_core.Registry()
    registry.add(module, "zoo-contract", "0.1.0")
    return registry


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three clouds in six dimensions, as x.npy and y.npy and as one .npz."""
    folder = tmp_path_factory.mktemp("clouds")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    x = rng.normal(size=(200, 6)) + 1.5 * np.eye(3)[y].repeat(2, axis=1)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    np.savez(folder / "xy.npz", x=x, y=y)
    return folder


def layer(**keys):
    return {"layers": [{"units": 8, "activation": "tanh", **keys}, SOFTMAX]}


CASES = {
    "a trained parameter": {"model": layer(activation={"name": "my_swish", "beta": 1.5})},
    "more inputs than outputs": {"model": layer(activation={"name": "my_maxout", "pieces": 3})},
    "random in training": {"model": layer(activation="my_rrelu")},
    "running state": {"model": layer(normalizer="my_batch_norm")},
    "an inner part that is trained": {"model": layer(activation={"name": "my_twice", "inner": "my_swish"})},
    "an inner part that draws": {"model": layer(activation={"name": "my_twice", "inner": "my_rrelu"})},
    "an inner part with state": {"model": layer(normalizer={"name": "my_twice", "inner": "my_batch_norm"})},
    "noise on outputs": {"model": layer(regularizers=[{"name": "my_dropout", "rate": 0.2}])},
    "penalty and constraint": {"model": layer(regularizers=["my_group_lasso"])},
    "a changed batch": {"model": layer() | {"regularizers": ["my_jitter"]}},
    "a loss for ranks": {"model": layer() | {"loss": "my_ordinal"}},
    "a metric over all rows": {"training": {"metrics": ["my_auc"]}},
    "two gradients a step": {"optimizer": {"name": "my_sam", "base": {"name": "adam", "learning_rate": 0.01}}},
    "a norm for each layer": {"optimizer": {"name": "my_lars", "learning_rate": 0.2}},
    "a matrix": {"optimizer": {"name": "my_muon", "learning_rate": 0.03}},
    "a line search": {"optimizer": "my_line_search", "training": {"batch_size": "all"}},
    "a rate that reacts": {"optimizer": {"name": "sgd", "learning_rate": "my_bold_driver"}},
    "first values": {"model": layer(initializer="my_checker")},
    "one stream": {"generator": "my_mersenne"},
    "rows from disk": {"data": {"name": "my_stream"}},
    "a fitted scaling": {"data": {"preprocessor": "my_minmax"}},
    "a callback": {"training": {"callbacks": [{"name": "my_average", "words": ["so", "far"]}]}},
}


def train(folder, registry, changes, **more):
    data = {"name": "npz", "path": "xy.npz", "train": ":150", "test": "150:"} | changes.get("data", {})
    data["path"] = str(folder if data["name"] == "my_stream" else folder / data["path"])
    spec = {
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        **changes,
        "data": data,
        "model": {"loss": "cross_entropy"} | changes.get("model", layer()),
        "training": {"epochs": 15, "batch_size": 25} | changes.get("training", {}),
        **more,
    }
    return zoo_core.train(spec, registry=registry)


@pytest.mark.parametrize("case", CASES)
def test_it_trains_is_saved_and_loaded(case, folder, registry, tmp_path):
    model = train(folder, registry, CASES[case])
    first, last = model.history[0], model.history[-1]
    assert last["train_loss"] < 0.9 * first["train_loss"]
    model.save(tmp_path / "m.npz")
    x, y = np.load(folder / "x.npy")[150:], np.load(folder / "y.npy")[150:]
    again = zoo_core.load(tmp_path / "m.npz", registry)
    assert np.array_equal(again.predict(x), model.predict(x))
    assert again.evaluate(x, y)["loss"] == model.evaluate(x, y)["loss"]
    assert np.mean(again.predict(x) == y) > 0.6  # chance: a third
    with pytest.raises(PluginError, match=r"pip install 'zoo-contract==0\.1\.0'"):
        zoo_core.load(tmp_path / "m.npz")


def test_every_part_of_the_plugin_is_used_above(registry):
    named = repr(CASES)
    assert [e.name for e in registry.entries() if e.distribution == "zoo-contract" and e.name not in named] == []


def test_the_example_of_the_contract_page_is_a_sound_part():
    source = re.search(r"complete one:\n\n(.*?)\n\nA spec then", parts.__doc__, re.DOTALL)[1]
    names = {**vars(annotated_types), **vars(parts), "__name__": "example"}
    exec(textwrap.dedent(source), names)
    results = list(check_part(names["LeakyRelu"]))
    assert len(results) > 10
    assert [r for r in results if r.state == "failed"] == []


def test_an_inner_part_gets_weights_random_numbers_and_state_from_the_outer_one(folder, registry, tmp_path):
    trained = train(folder, registry, CASES["an inner part that is trained"]).network.state()
    assert not np.allclose(trained["layers.0.activation.inner.beta"], 1.0)
    train(folder, registry, CASES["an inner part with state"]).save(tmp_path / "m.npz")
    state = zoo_core.load(tmp_path / "m.npz", registry).network.state()
    assert not np.allclose(state["layers.0.normalizer.inner.variance"], 1)
    drawn = CASES["an inner part that draws"]
    first, second, other = (train(folder, registry, drawn, seed=seed).history[-1]["train_loss"] for seed in (1, 1, 2))
    assert first == second != other


PAIRS = {
    "rrelu without chance": (
        {"model": layer(activation={"name": "my_rrelu", "low": 0.2, "high": 0.2})},
        {"model": layer(activation={"name": "leaky_relu", "slope": 0.2})},
    ),
    "sam": (
        {"optimizer": {"name": "my_sam", "base": "sgd", "rho": 0.1}},
        {"optimizer": {"name": "sam", "base": "sgd", "rho": 0.1}},
    ),
    "min-max": ({"data": {"preprocessor": "my_minmax"}}, {"data": {"preprocessor": "min_max"}}),
    "rows from disk": ({"data": {"name": "my_stream"}}, {"data": {"preprocessor": "my_minmax"}}),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_it_computes_what_the_built_in_part_computes(pair, folder, registry):
    own, built_in = (train(folder, registry, changes, dtype="float64") for changes in PAIRS[pair])
    expected = [record["train_loss"] for record in built_in.history]
    assert [record["train_loss"] for record in own.history] == pytest.approx(expected, rel=1e-9)


def test_the_trained_parameter_moves_by_its_gradient(folder, registry):
    """One step of plain descent on all rows is the gradient, which central differences of the loss confirm."""
    trainer = zoo_core.prepare(
        {
            "data": {"name": "npz", "path": str(folder / "xy.npz")},
            "dtype": "float64",
            "model": {"loss": "cross_entropy"} | CASES["a trained parameter"]["model"],
            "optimizer": {"name": "sgd", "learning_rate": 0.5},
            "training": {"epochs": 1, "batch_size": "all"},
        },
        registry=registry,
    )
    beta = trainer.model.network.state()["layers.0.activation.beta"]
    slopes = np.empty(8)
    for unit in range(8):
        losses = []
        for step in (1e-6, -2e-6):
            beta[unit] += step
            losses.append(evaluate_table(trainer.model, trainer.splits["train"])["loss"])
        beta[unit] += 1e-6
        slopes[unit] = (losses[0] - losses[1]) / 2e-6
    before = beta.copy()
    assert np.allclose(before, 1.5)
    list(zoo_core.follow(trainer))
    np.testing.assert_allclose((before - beta) / 0.5, slopes, rtol=1e-5, atol=1e-9)


def test_a_line_search_never_climbs(folder, registry):
    model = train(folder, registry, CASES["a line search"])
    losses = [record["train_loss"] for record in model.history]
    assert losses == sorted(losses, reverse=True)


def test_what_the_running_state_learnt_is_in_the_file(folder, registry, tmp_path):
    train(folder, registry, CASES["running state"]).save(tmp_path / "m.npz")
    state = zoo_core.load(tmp_path / "m.npz", registry).network.state()
    assert not np.allclose(state["layers.0.normalizer.mean"], 0)
    assert not np.allclose(state["layers.0.normalizer.variance"], 1)


def test_what_a_callback_says_is_heard(folder, registry):
    data = {"name": "npz", "path": str(folder / "xy.npz")}
    spec = {"data": data, "model": {"loss": "cross_entropy"} | layer(), "optimizer": "adam",
            "training": {"epochs": 2, "callbacks": [{"name": "my_average", "words": ["so", "far"]}]}}  # fmt: skip
    events = list(zoo_core.follow(zoo_core.prepare(spec, registry=registry)))
    assert [e.text for e in events if hasattr(e, "text")] == ["epoch 1 averaged so far", "epoch 2 averaged so far"]
