"""Models leave the zoo as JavaScript that Node.js and a web page run, with the same labels and numbers."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import zoo_core
from tests.graphs.languages import EVIL, NODE, javascript, javascript_outputs, mnist_rows, needs_node, strange_model
from tests.graphs.networks import extreme_rows, network_with
from tests.graphs.test_activations_and_normalizers import CASES as PARTS, assert_close, expected
from tests.graphs.test_numpy import CASES as FUNCTIONS, model_with, rows as function_rows
from tests.graphs.test_outputs import CASES, X, check
from tests.graphs.test_shipped_models import FOLDER
from tests.graphs.test_tables import model_and_rows, numbers
from zoo_core.errors import PluginError

__all__ = ["model_and_rows"]
QUICK = ("texts", "labels", "a value")  # of CASES; the others are slow
TASKS = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CASES]
CHECKED = "needs nothing; checked on 257 rows with node"


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.npz")))
def test_labels_of_shipped_models_are_equal_on_ten_thousand_rows(name, tmp_path, mnist_dir):
    model, x = zoo_core.load(name), mnist_rows(mnist_dir)
    zoo_core.export(model, tmp_path / "m.js")
    found = javascript(tmp_path / "m.js", "[model.predict(x), model.predict_proba(x.slice(0, 500))]", x)
    np.testing.assert_array_equal(found[0], model.predict(x))
    np.testing.assert_allclose(found[1], model.predict_proba(x[:500]), rtol=0, atol=5e-6)


@needs_node
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", TASKS)
def test_outputs_are_those_of_the_model(name, tmp_path):
    described, y = CASES[name]
    model = zoo_core.train(described, data=(X, y))
    assert zoo_core.export(model, tmp_path / "m.js").note == CHECKED
    check(model, javascript_outputs(tmp_path / "m.js", X))
    several, one = javascript(tmp_path / "m.js", "[model.predict(x), model.predict(x[0])]", X)
    assert several[0] == one
    if model.about.task != "regression":
        assert several == model.predict(X).tolist()


@needs_node
@pytest.mark.slow
def test_a_table_is_taken_as_numbers_or_as_it_is(model_and_rows, tmp_path):
    model, frame = model_and_rows
    zoo_core.export(model, tmp_path / "m.js")
    found = javascript_outputs(tmp_path / "m.js", numbers(model, frame))
    np.testing.assert_array_equal(found["label"], model.predict(frame))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(frame), rtol=0, atol=1e-6)
    rows = frame.drop(columns="y").astype({"joined": str}).astype(object).where(frame.notna(), None).to_numpy()[:50]
    shown = javascript(tmp_path / "m.js", "x.map(model.predict)", rows)
    assert shown == model.predict(frame[:50]).tolist()


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("place", ["hidden", "output"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "name", "options"), PARTS)
def test_parts_compute_the_same_for_extreme_rows(kind, name, options, dtype, place, tmp_path):
    model = network_with(kind, name, options, dtype, place)
    x = extreme_rows(model.about.inputs, dtype)
    zoo_core.export(model, tmp_path / "m.js")
    found = javascript_outputs(tmp_path / "m.js", x)["values"].astype(dtype)
    assert_close(found, expected(model, x), dtype)


@needs_node
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_numpy_compute_the_same(name, dtype, tmp_path):
    model, x = model_with(FUNCTIONS[name], dtype), function_rows(dtype)
    zoo_core.export(model, tmp_path / "m.js")
    assert_close(javascript_outputs(tmp_path / "m.js", x)["values"].astype(dtype), expected(model, x), dtype)


@needs_node
def test_not_a_number_stays_so_through_bounds(tmp_path):
    model = network_with("activation", "clipped_linear", {}, "float32", "hidden")
    x = np.array([[np.nan] + [0.0] * 5, [0.0] * 6], np.float32)
    zoo_core.export(model, tmp_path / "m.js")
    found = javascript_outputs(tmp_path / "m.js", x)["values"]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected(model, x)))
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), [True, False])


@needs_node
def test_texts_of_strangers_stay_texts(tmp_path):
    model, table, rows = strange_model()
    zoo_core.export(model, tmp_path / "m.js")
    source = (tmp_path / "m.js").read_text(encoding="utf-8")
    assert "\u2028" not in source
    assert "<" + "/script" not in source
    assert "<!" + "--" not in source
    found = javascript(tmp_path / "m.js", "[model.LABELS, model.predict(x), globalThis.run]", rows)
    assert found == [model.labels().tolist(), model.predict(table).tolist(), None]
    assert EVIL in found[0]
    assert [file.name for file in tmp_path.iterdir()] == ["m.js"]


@needs_node
def test_a_web_page_has_the_model_as_a_global_and_a_wrong_row_is_refused(tmp_path):
    zoo_core.export("glyphs-quickstart", tmp_path / "my-glyphs.js")
    program = """const script = require("fs").readFileSync("my-glyphs.js", "utf8"), page = {};
require("vm").runInNewContext(script, page);
try { page.my_glyphs.predict([1, 2]); } catch (error) { console.log(error.message); }
try { page.my_glyphs.predict(Array(784).fill("a")); } catch (error) { console.log(error.message); }
console.log(Object.keys(page).join());"""
    done = subprocess.run([NODE, "-e", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    wanted = ["a row has 2 entries; give 784", 'column 0 takes numbers, not "a"', "my_glyphs"]
    assert done.stdout.splitlines() == wanted


@needs_node
def test_what_differs_from_the_model_is_refused_with_its_size(tmp_path, monkeypatch):
    from zoo_plugins.exporters import javascript_language

    monkeypatch.setitem(javascript_language.HELPERS, "relu", "function relu(x) { return Math.abs(x); }")
    with pytest.raises(PluginError, match=r"the export m\.js differs from the model.* in \d+ of \d+ places"):
        zoo_core.export(network_with("activation", "relu", {}, "float32", "hidden"), tmp_path / "m.js")
    assert list(tmp_path.iterdir()) == []


def test_without_node_the_graph_is_checked_and_the_note_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    note = zoo_core.export("glyphs-quickstart", tmp_path / "m.js").note
    assert note.endswith("checked on 257 rows as a graph: there is no node here, so the code itself was not run")
    assert (tmp_path / "m.js").stat().st_size > 1000
