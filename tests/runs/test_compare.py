"""What differs between two runs is listed once, and equal runs get no advice on how to find a difference."""

from __future__ import annotations

import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.runs import compare_models, compare_runs
from zoo_core.storage import read_model_file


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
