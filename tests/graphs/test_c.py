"""Models leave the zoo as C that compiles without a warning, with the same labels and numbers."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import zoo_core
from tests.graphs.languages import (
    CC,
    EVIL,
    STRICT,
    c_outputs,
    c_texts,
    compiled,
    mnist_rows,
    needs_cc,
    strange_model,
)
from tests.graphs.networks import extreme_rows, network_with
from tests.graphs.test_activations_and_normalizers import CASES as PARTS, assert_close, expected
from tests.graphs.test_numpy import CASES as FUNCTIONS, model_with, rows as function_rows
from tests.graphs.test_outputs import CASES, X, check
from tests.graphs.test_shipped_models import FOLDER
from tests.graphs.test_tables import model_and_rows, numbers
from zoo_core.errors import PluginError, UsageError
from zoo_core.graphs import record_model

__all__ = ["model_and_rows"]
QUICK = ("texts", "labels", "values")  # of CASES; the others are slow
TASKS = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CASES]


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.npz")))
def test_labels_of_shipped_models_are_equal_on_ten_thousand_rows(name, tmp_path, mnist_dir):
    model, x = zoo_core.load(name), mnist_rows(mnist_dir)
    zoo_core.export(model, tmp_path / "m.c")
    found = c_outputs(tmp_path / "m.c", model, x, 10)
    np.testing.assert_array_equal(found["label"], model.predict(x))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), rtol=0, atol=5e-6)


@needs_cc
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", TASKS)
def test_outputs_are_those_of_the_model(name, tmp_path):
    described, y = CASES[name]
    model = zoo_core.train(described, data=(X, y))
    written = zoo_core.export(model, tmp_path / "m.c")
    assert written.note == "needs libm alone; checked on 257 rows with cc"
    assert [file.name for file in written.files] == ["m.c", "m.h"]
    width = list(record_model(model).outputs.values())[-1].width
    check(model, c_outputs(tmp_path / "m.c", model, X, width))


@needs_cc
@pytest.mark.slow
def test_a_table_is_taken_as_numbers(model_and_rows, tmp_path):
    model, frame = model_and_rows
    zoo_core.export(model, tmp_path / "m.c")
    found = c_outputs(tmp_path / "m.c", model, numbers(model, frame), 2)
    np.testing.assert_array_equal(found["label"], model.predict(frame))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(frame), rtol=0, atol=1e-6)
    port = [column.kind for column in model.about.described_columns].index("category")
    categories = model.about.described_columns[port].categories
    library = ctypes.CDLL(str(tmp_path / "m.so"))
    assert c_texts(library, f"m_categories_{port}", len(categories)) == list(categories)


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("place", ["hidden", "output"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "name", "options"), PARTS)
def test_parts_compute_the_same_for_extreme_rows(kind, name, options, dtype, place, tmp_path):
    model = network_with(kind, name, options, dtype, place)
    x = extreme_rows(model.about.inputs, dtype)
    zoo_core.export(model, tmp_path / "m.c")
    assert_close(c_outputs(tmp_path / "m.c", model, x, 6)["values"], expected(model, x), dtype)


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_numpy_compute_the_same(name, dtype, tmp_path):
    model, x = model_with(FUNCTIONS[name], dtype), function_rows(dtype)
    zoo_core.export(model, tmp_path / "m.c")
    assert_close(c_outputs(tmp_path / "m.c", model, x, 6)["values"], expected(model, x), dtype)


@needs_cc
def test_not_a_number_stays_so_through_bounds(tmp_path):
    model = network_with("activation", "clipped_linear", {}, "float32", "hidden")
    x = np.array([[np.nan] + [0.0] * 5, [0.0] * 6], np.float32)
    zoo_core.export(model, tmp_path / "m.c")
    found = c_outputs(tmp_path / "m.c", model, x, 6)["values"]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected(model, x)))
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), [True, False])


@needs_cc
def test_texts_of_strangers_stay_texts(tmp_path):
    model = strange_model()[0]
    zoo_core.export(model, tmp_path / "m.c")
    sources = [(tmp_path / name).read_text(encoding="utf-8") for name in ("m.c", "m.h")]
    assert all("??" not in source for source in sources)
    library = compiled(tmp_path / "m.c")
    assert c_texts(library, "m_labels", 2) == model.labels().tolist()
    assert EVIL in model.labels().tolist()
    (tmp_path / "user.cpp").write_text('#include "m.h"\nint main() { return m_labels[0] == 0; }\n')
    subprocess.run([CC, "-x", "c++", "-fsyntax-only", "-Wall", "user.cpp"], cwd=tmp_path, check=True)


@needs_cc
def test_threads_may_share_a_model_and_two_models_a_program(tmp_path):
    model = zoo_core.train(CASES["texts"][0], data=(X, CASES["texts"][1]))
    for name in ("one.c", "2-two.c"):
        zoo_core.export(model, tmp_path / name)
    command = [CC, *STRICT, "-shared", "-fPIC", "one.c", "2-two.c", "-o", "both.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library, rows = ctypes.CDLL(str(tmp_path / "both.so")), np.ascontiguousarray(X)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: library.one_predict(ctypes.c_void_p(row.ctypes.data)), rows))
    assert model.labels()[found].tolist() == model.predict(X).tolist()
    assert library.model_2_two_predict(ctypes.c_void_p(rows[0].ctypes.data)) == found[0]


@needs_cc
def test_what_differs_from_the_model_is_refused_with_its_size(tmp_path, monkeypatch):
    from zoo_plugins.exporters import c_language

    model = network_with("activation", "relu", {}, "float32", "hidden")
    monkeypatch.setitem(c_language.HELPERS, "relu", "static TYPE relu_E(TYPE x) { return x < 0 ? -x : x; }")
    with pytest.raises(PluginError, match=r"the export m\.c differs from the model.* in \d+ of \d+ places"):
        zoo_core.export(model, tmp_path / "m.c")
    monkeypatch.setitem(c_language.HELPERS, "relu", "static TYPE relu_E(TYPE x) { return y; }")
    with pytest.raises(PluginError, match="the written code fails"):
        zoo_core.export(model, tmp_path / "m.c")
    assert list(tmp_path.iterdir()) == []


def test_without_a_compiler_the_graph_is_checked_and_the_note_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    note = zoo_core.export("glyphs-quickstart", tmp_path / "m.c").note
    assert note.endswith("as a graph: there is no C compiler here, so the code itself was not run")
    assert (tmp_path / "m.c").stat().st_size > 1000
    with pytest.raises(UsageError, match="the name of a C file may hold"):
        zoo_core.export("glyphs-quickstart", tmp_path / 'a"b.c')


@needs_cc
def test_an_odd_and_a_large_number_of_inputs_are_all_added(tmp_path):
    x = np.random.default_rng(0).normal(0, 1, (60, 515))
    spec = CASES["one output"][0] | {"data": {"preprocessor": "none"}}
    model = zoo_core.train(spec, data=(x, x[:, 514] > 0))
    zoo_core.export(model, tmp_path / "m.c")
    found = c_outputs(tmp_path / "m.c", model, x, 2)
    np.testing.assert_array_equal(found["label"], model.predict(x))
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), rtol=0, atol=2e-6)


@pytest.mark.skipif(os.name != "posix", reason="the compiler of this test is a script of a shell")
def test_a_compiler_that_does_not_work_or_does_not_end_is_told(tmp_path, monkeypatch):
    from zoo_plugins.exporters import _running

    compiler, model = tmp_path / "cc", network_with("activation", "relu", {}, "float32", "hidden")
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    note = zoo_core.export(model, tmp_path / "m.c").note
    assert note.endswith(f"as a graph: {compiler} does not work here, so the code itself was not checked")
    compiler.write_text("#!/bin/sh\nsleep 60\n")
    monkeypatch.setattr(_running, "SECONDS", 0.1)
    began = time.monotonic()
    note = zoo_core.export(model, tmp_path / "m.c").note
    assert time.monotonic() - began < 30
    assert note.endswith("as a graph: cc took over 0.1 s, so the code itself was not checked")
