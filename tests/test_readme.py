"""What the README promises, run as it stands."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np

import zoo_core
from zoo_core.hookspecs import zoo_models, zoo_parts
from zoo_core.parts import KINDS
from zoo_core.registry import Registry

README = (Path(__file__).parents[1] / "README.md").read_text()


def block(after: str) -> str:
    found = re.search(re.escape(after) + r".*?```\w*\n(.*?)```", README, re.DOTALL)
    assert found, after
    return found[1]


def test_the_plugin_trains_saves_and_loads(tmp_path):
    """Installed as a distribution would be: a module and its metadata on the path."""
    project = tomllib.loads(block("<!-- plugin-project -->"))["project"]
    (point, module), *_ = project["entry-points"]["zoo"].items()
    (tmp_path / f"{module}.py").write_text(block("<!-- plugin -->"))
    info = tmp_path / f"{module}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    (info / "entry_points.txt").write_text(f"[zoo]\n{point} = {module}\n")
    code = f"""
import sys; sys.path.insert(0, {str(tmp_path)!r})
import numpy as np, zoo_core
model = zoo_core.train({{
    "data": {{"name": "glyphs", "rows": 300, "test_rows": 50}},
    "model": {{"loss": "cross_entropy", "layers": [
        {{"units": 12, "activation": {{"name": "swish_beta", "beta": 1.5}}}},
    {{"units": 10, "activation": "softmax"}}]}},
    "optimizer": "adam", "training": {{"epochs": 4}}}})
assert model.history[-1]["train_loss"] < model.history[0]["train_loss"]
model.save({str(tmp_path / "m.npz")!r})
z, h = np.linspace(-3, 3, 13), 1e-6
part = zoo_core.Registry().get("activation", "swish_beta")(beta=1.5)
a, up, down, slope = (np.empty_like(z) for _ in range(4))
part.forward(z, a); part.forward(z + h, up); part.forward(z - h, down); part.derivative(z, a, slope)
np.testing.assert_allclose(slope, (up - down) / (2 * h), atol=1e-8)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    checked = subprocess.run(
        [sys.executable, "-m", "zoo_core", "plugins", "check", project["name"]],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    missing = subprocess.run(
        [sys.executable, "-m", "zoo_core", "predict", str(tmp_path / "m.npz"), "x.npy"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert missing.returncode == 4
    assert "pip install 'zoo-swish==0.1.0'" in missing.stderr


def test_the_spec_is_valid_and_the_python_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    zoo_core.Spec.parse(tomllib.loads(block("## A spec")))
    x, y = np.zeros((2, 784), np.uint8), np.array([1, 2])
    exec(block("## From Python").replace("print(event)", "break"), {"x": x, "y": y})
    assert (tmp_path / "glyphs.npz").exists()


def test_every_hook_and_kind_is_named():
    for hook in (zoo_parts, zoo_models):
        assert hook.__name__ in README
    rows = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", README, re.MULTILINE)
    named = {name for row in rows for name in row}
    bases = {base.__name__ for base in KINDS.values()} - {"Regularizer"}
    assert bases | {"Penalty", "Constraint", "Noise", "BatchAugmentation"} <= named


def test_the_figures_of_the_corrected_recipes_are_those_of_their_files():
    folder = Path(__file__).parents[1] / "models/zoo_models"
    registry = Registry()
    for name in (
        "corrected-1-sgd",
        "corrected-2-dropout",
        "corrected-3-minibatch",
        "corrected-4-tanh-softmax",
    ):
        figure = zoo_core.load(folder / f"{name}.npz", registry).history[-1]["test_accuracy"]
        assert f"{figure:.4f} |" in README.split(f"| {name[10]} ")[1].splitlines()[0]
        assert f"{figure:.4f}" in (folder / f"{name}.md").read_text()
    assert f"reaches {zoo_core.load(folder / 'mnist-mlp.npz').history[-1]['test_accuracy']:.4f}" in README
