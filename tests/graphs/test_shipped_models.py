"""Every shipped model leaves the zoo: as ONNX and as Python it gives the same labels and probabilities."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.graphs import evaluate, record_model

FOLDER = Path(__file__).parents[2] / "models/zoo_models"
FAST = ("glyphs-quickstart", "corrected-4-tanh-softmax")  # of which the fast tests take fewer rows
NAMES = [
    pytest.param(name, 1000 if name in FAST else 10_000, marks=[] if name in FAST else pytest.mark.slow)
    for name in sorted(file.stem for file in FOLDER.glob("*.npz"))
]
CLOSE = 2e-5  # of probabilities in float32; noise gives large logits, which lose digits


def pixels(rows):
    return np.random.default_rng(1).integers(0, 256, (rows, 784)).astype(np.float32)


@pytest.mark.parametrize(("name", "rows"), NAMES)
def test_python_and_the_graph_give_what_the_model_gives(name, rows, tmp_path):
    model, x = zoo_core.load(name), pixels(rows)
    labels, probabilities = model.predict(x), model.predict_proba(x)
    found = evaluate(record_model(model), x)
    np.testing.assert_array_equal(found["label"][:, 0], labels)
    np.testing.assert_allclose(found["probabilities"], probabilities, rtol=0, atol=CLOSE)
    zoo_core.export(model, tmp_path / "m.py")
    space = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(), space)
    np.testing.assert_array_equal(space["predict"](x), labels)
    np.testing.assert_allclose(space["predict_proba"](x), probabilities, rtol=0, atol=CLOSE)


@pytest.mark.parametrize(("name", "rows"), NAMES)
def test_onnx_runs_elsewhere(name, rows, tmp_path):
    onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    model, x = zoo_core.load(name), pixels(rows)
    note = zoo_core.export(model, tmp_path / "m.onnx").note
    assert note.startswith("opset 20, IR 9; checked on 257 rows with ")
    session = runtime.InferenceSession(tmp_path / "m.onnx")
    assert [output.name for output in session.get_outputs()] == ["label", "probabilities"]
    label, probabilities = session.run(None, {"input": x})
    assert (label != model.predict(x)).sum() <= rows // 5000  # of noise, a row may lie on a border
    np.testing.assert_allclose(probabilities, model.predict_proba(x), rtol=0, atol=CLOSE)
    facts = {entry.key: entry.value for entry in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert facts["model_sha256"] == model.sha256
    assert json.loads(facts["class_names"]) == model.about.class_names


def test_a_written_module_needs_numpy_alone(tmp_path):
    zoo_core.export("glyphs-quickstart", tmp_path / "glyphs.py")
    program = "import glyphs, numpy as np, sys; print(glyphs.predict(np.zeros((1, 784))), 'zoo_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(zoo_core.load("glyphs-quickstart").predict(np.zeros((1, 784)))), "False"]
    text = (tmp_path / "glyphs.py").read_text()
    compile(text, "glyphs.py", "exec")
    assert "def layer_1(x):" in text
    assert 'ARRAYS["layers.0.weights"]' in text
    with pytest.raises(ValueError, match=r"give \(rows, 784\)"):
        exec(f"{text}\npredict(np.zeros(784))", {"__name__": "glyphs"})
