"""What differs between two runs is listed once, and equal runs get no advice on how to find a difference."""

from __future__ import annotations

import json
import re

import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.runs import compare_models, compare_runs
from zoo_core.storage import read_model_file

CHANGES = ("data.rows=200", "data.test_rows=50", "data.train=':150'", "data.validation='150:'", "training.epochs=2")
QUICK = [word for change in CHANGES for word in ("--set", change)]


@pytest.fixture
def saved(tmp_path):
    """Train two specs, `a.npz` and `b.npz`, and return their paths."""

    def train(**changes):
        for name, spec in (("a", small_spec()), ("b", small_spec(**changes))):
            zoo_core.train(spec).save(tmp_path / f"{name}.npz")
        return tmp_path / "a.npz", tmp_path / "b.npz"

    return train


def test_runs_that_differ_in_their_names_alone_have_equal_arrays(saved, run_zoo):
    a, b = saved(name="other")
    code, out, _ = run_zoo("compare", "--exact", a, b)
    assert code == 0
    assert out.splitlines()[1:] == ["arrays and history are the same; only other parts of the headers differ"]
    assert "name: " in out.splitlines()[0]


def test_an_empty_list_beside_one_with_items_is_no_difference_of_its_own(saved):
    a, b = saved(training={"callbacks": ["stop_on_nan"]})
    setup = compare_runs(read_model_file(a), read_model_file(b)).setup
    assert [line.partition(":")[0] for line in setup if "callbacks" in line] == [
        "training.callbacks.0.name", "training.callbacks.0.restore",
    ]  # fmt: skip
    found = compare_models({"a": zoo_core.load(a), "b": zoo_core.load(b)})
    assert "training.callbacks" not in found.differences


def test_an_unknown_model_gets_the_names_of_those_there_are(run_zoo):
    with pytest.raises(zoo_core.ZooError, match="the shipped models are corrected-1-sgd, "):
        zoo_core.load("nope")
    assert "'zoo list' shows the shipped models" in run_zoo("predict", "nope", "x.npy")[2]


def test_a_plugin_without_a_kind_gets_the_kinds(run_zoo):
    code, _, err = run_zoo("plugins", "new", "zoo-mine")
    assert code == 2
    assert "--kind is missing; give one of: activation, " in err


HALVES = {"data": {"rows": 120, "test_rows": 40, "train": 0.5, "validation": 0.25, "test": 0.25}}


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (
            {"seed": 1, **HALVES},
            {"seed": 2, **HALVES},
            "other test and validation rows.*the seeds 1, 2 draw other splits",
        ),
        ({"seed": 1}, {"seed": 2}, None),  # the test rows are those of the data set
        ({"data": {"validation": 0.2}}, {"seed": 4, "data": {"validation": 0.2}}, "other validation rows"),
        ({"data": {"test": "test[:20]"}}, {"data": {"test": "test[20:]"}}, "other test rows.*their splits differ"),
        ({"data": {"train": ":50"}}, {"data": {"train": ":80"}}, None),
        ({}, {"data": {"rows": 90}}, "their data differ"),
        ({"seed": 1, **HALVES}, {"seed": 2, "data": HALVES["data"] | {"split_seed": 1}}, None),
        ({"data": {"validation": "test[:9]"}}, {}, "other test and validation rows"),
    ],
)
def test_models_that_were_tested_on_other_rows_are_said_to_be(tmp_path, run_zoo, a, b, words):
    for name, changes in (("a", a), ("b", b)):
        zoo_core.train(small_spec(**{**changes, "training": {"epochs": 1}})).save(tmp_path / f"{name}.npz")
    code, out, err = run_zoo("compare", "a.npz", "b.npz", "--json")
    warnings = json.loads(out)["warnings"]
    assert (code, [warning["key"] for warning in warnings]) == (0, ["splits_differ"] if words else [])
    assert err == "".join(f"warning: {warning['text']}\n" for warning in warnings)
    assert not words or re.search(words, err)


def test_an_activation_with_options_beside_one_without_has_a_name_too(saved, run_zoo):
    layers = [{"units": 8, "activation": {"name": "leaky_relu", "slope": 0.2}}, {"units": 10, "activation": "softmax"}]
    a, b = saved(model={"layers": layers})
    found = json.loads(run_zoo("compare", a, b, "--json")[1])["differences"]
    assert list(found["model.layers.0.activation.name"].values()) == ["relu", "leaky_relu"]
    assert list(found["model.layers.0.activation.slope"].values()) == [None, 0.2]
    assert "model.layers.0.activation.name: 'relu' and 'leaky_relu'" in run_zoo("compare", "--exact", a, b)[1]


def test_no_epoch_is_chosen_by_its_test_figures(saved, run_zoo):
    a, _ = saved(data={"validation": 0.2})
    model = zoo_core.load(a)
    results = json.loads(run_zoo("compare", a, "b.npz", "--json")[1])["models"]
    assert not [key for result in results.values() for key in result if key.startswith("best test")]
    assert "best validation_accuracy" in results["b.npz"]
    assert results[str(a)]["saved epoch"] == len(model.history)


def test_every_road_counts_epochs_from_1(run_zoo):
    made = json.loads(run_zoo("train", "glyphs-quickstart", "-o", "m.npz", "--json", "-q", *QUICK, "--seed", 1)[1])
    assert made["epoch"] == 2
    shown = json.loads(run_zoo("show", "m.npz", "--json")[1])
    assert [record["epoch"] for record in shown["history"]] == [1, 2]
    assert re.search(r"saved epoch +2\n", run_zoo("show", "m.npz")[1])
    assert json.loads(run_zoo("compare", "m.npz", "--json")[1])["models"]["m.npz"]["saved epoch"] == 2
    run_zoo("train", "glyphs-quickstart", "-o", "n.npz", "-q", *QUICK, "--seed", 2)
    assert json.loads(run_zoo("compare", "--exact", "m.npz", "n.npz", "--json")[1])["epoch"] == 1
    assert [record["epoch"] for record in zoo_core.load("m.npz").history] == [0, 1]  # in Python from 0, as in the file
