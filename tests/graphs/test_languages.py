"""Models leave the zoo in each language with the same labels and numbers."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

import zoo_core
from tests.graphs.languages import JAVASCRIPT, ONNX, PYTHON, C, mnist_rows, module, of_languages
from tests.graphs.networks import extreme_rows, network_with
from tests.graphs.test_activations_and_normalizers import CASES as PARTS, assert_close, expected
from tests.graphs.test_numpy import CASES as FUNCTIONS, model_with, rows as function_rows
from tests.graphs.test_outputs import CASES, X, check, close
from tests.graphs.test_shipped_models import FOLDER
from tests.graphs.test_tables import model_and_rows, numbers
from zoo_core.errors import PluginError

__all__ = ["model_and_rows"]
QUICK = ("texts", "labels", "a value", "values")  # of CASES; where a language takes long, the others are slow
ABSOLUTE = {
    ".js": "function relu(x) { return Math.abs(x); }",
    ".c": "static TYPE relu_E(TYPE x) { return x < 0 ? -x : x; }",
}
BROKEN = {".js": "function relu(x) { return y; }", ".c": "static TYPE relu_E(TYPE x) { return y; }"}
HELPERS = {".js": "javascript_language", ".c": "c_helpers"}
MISSING = {".js": "there is no node here", ".c": "there is no C compiler here"}


@pytest.mark.slow
@of_languages(JAVASCRIPT, C)
@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.npz")))
def test_labels_of_shipped_models_are_equal_on_ten_thousand_rows(name, language, tmp_path, mnist_dir):
    model, x = zoo_core.load(name), mnist_rows(mnist_dir)
    found = language.run(model, x, tmp_path)
    np.testing.assert_array_equal(found["label"], model.predict(x))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), rtol=0, atol=5e-6)


def check_task(name, language, folder):
    described, y = CASES[name]
    model = zoo_core.train(described, data=(X, y))
    check(model, language.run(model, X, folder))


@pytest.mark.filterwarnings("ignore::UserWarning")
@of_languages(PYTHON, ONNX)
@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_the_model(name, language, tmp_path):
    check_task(name, language, tmp_path)
    if language is PYTHON:
        model = zoo_core.train(CASES[name][0], data=(X, CASES[name][1]))
        predicted, wanted = module(tmp_path / "m.py")["predict"](X), model.predict(X)
        assert predicted.shape == wanted.shape
        if predicted.dtype.kind == "f":
            close(model, predicted, wanted)
        else:
            np.testing.assert_array_equal(predicted, wanted)


@pytest.mark.filterwarnings("ignore::UserWarning")
@of_languages(JAVASCRIPT, C)
@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in CASES])
def test_outputs_of_programs_are_those_of_the_model(name, language, tmp_path):
    check_task(name, language, tmp_path)


@of_languages(ONNX, slow=(JAVASCRIPT, C))
def test_a_table_is_taken_as_numbers(model_and_rows, language, tmp_path):
    model, frame = model_and_rows
    found = language.run(model, numbers(model, frame), tmp_path)
    np.testing.assert_array_equal(found["label"], model.predict(frame))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(frame), rtol=0, atol=1e-6)


@pytest.mark.slow
@of_languages(ONNX, PYTHON, JAVASCRIPT, C)
@pytest.mark.parametrize("place", ["hidden", "output"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "name", "options"), PARTS)
def test_parts_compute_the_same_for_extreme_rows(kind, name, options, dtype, place, language, tmp_path):
    model = network_with(kind, name, options, dtype, place)
    x = extreme_rows(model.about.inputs, dtype)
    wanted = expected(model, x)
    assert_close(language.run(model, x, tmp_path)["values"].astype(dtype), wanted, dtype)
    if language is ONNX:
        reference = pytest.importorskip("onnx.reference").ReferenceEvaluator(str(tmp_path / "m.onnx"))
        with np.errstate(all="ignore"):
            assert_close(reference.run(None, {"input": x})[0], wanted, dtype)


@pytest.mark.slow
@of_languages(ONNX, PYTHON, JAVASCRIPT, C)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_numpy_compute_the_same(name, dtype, language, tmp_path):
    model, x = model_with(FUNCTIONS[name], dtype), function_rows(dtype)
    assert_close(language.run(model, x, tmp_path)["values"].astype(dtype), expected(model, x), dtype)


@of_languages(JAVASCRIPT, C)
def test_not_a_number_stays_so_through_bounds(language, tmp_path):
    model = network_with("activation", "clipped_linear", {}, "float32", "hidden")
    x = np.array([[np.nan] + [0.0] * 5, [0.0] * 6], np.float32)
    found = language.run(model, x, tmp_path)["values"]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected(model, x)))
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), [True, False])


@of_languages(JAVASCRIPT, C)
def test_an_odd_and_a_large_number_of_inputs_are_all_added(language, tmp_path):
    x = np.random.default_rng(0).normal(0, 1, (60, 515))
    spec = CASES["one output"][0] | {"data": {"preprocessor": "none"}}
    model = zoo_core.train(spec, data=(x, x[:, 514] > 0))
    found = language.run(model, x, tmp_path)
    np.testing.assert_array_equal(found["label"], model.predict(x))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), rtol=0, atol=2e-6)


@of_languages(JAVASCRIPT, C)
def test_what_differs_from_the_model_is_refused_with_its_size(language, tmp_path, monkeypatch):
    helpers = import_module(f"zoo_plugins.exporters.{HELPERS[language.ending]}").HELPERS
    model, file = network_with("activation", "relu", {}, "float32", "hidden"), tmp_path / f"m{language.ending}"
    monkeypatch.setitem(helpers, "relu", ABSOLUTE[language.ending])
    with pytest.raises(PluginError, match=rf"the export {file.name} differs from the model.* in \d+ of \d+ places"):
        zoo_core.export(model, file)
    monkeypatch.setitem(helpers, "relu", BROKEN[language.ending])
    with pytest.raises(PluginError, match="the written code fails"):
        zoo_core.export(model, file)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", MISSING)
def test_without_its_program_the_graph_is_checked_and_the_note_says_so(ending, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    note = zoo_core.export("glyphs-quickstart", tmp_path / f"m{ending}").note
    assert note.endswith(f"on 257 rows as a graph: {MISSING[ending]}, so the code itself was not run")
    assert (tmp_path / f"m{ending}").stat().st_size > 1000
