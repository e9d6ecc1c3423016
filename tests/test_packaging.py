"""The wheel carries everything, and a third-party distribution comes and goes beside it, as pip does it."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
SPEC = """name = "third"
[data]
name = "glyphs"
rows = 300
test_rows = 100
[model]
loss = "cross_entropy"
[[model.layers]]
units = 10
activation = "softmax"
[optimizer]
name = "lookahead"
base = { name = "adam", learning_rate = 0.01 }
[training]
epochs = 3
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The project's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT], check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel and zoo-lookahead; returns a function that runs a program of it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True)

    def call(program, *arguments):
        command = [str(folder / "venv" / "bin" / program), *map(str, arguments)]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    done = call("pip", "install", "-q", wheel, ROOT / "plugins/zoo-lookahead")
    assert done.returncode == 0, done.stderr
    (folder / "third.toml").write_text(SPEC)
    np.save(folder / "x.npy", np.zeros((2, 784), np.uint8))
    return call


def test_the_wheel_carries_parts_specs_weights_and_cards(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"zoo_models/{f.name}" for f in (ROOT / "models/zoo_models").iterdir() if f.suffix in (".toml", ".npz", ".md")
    }
    assert len([name for name in shipped if name.endswith(".npz")]) >= 6
    assert shipped <= names
    parts = {str(f.relative_to(ROOT / "plugins")) for f in (ROOT / "plugins/zoo_plugins").rglob("*.py")}
    assert "zoo_plugins/optimizers/wrappers.py" in parts
    assert (
        parts
        | {"zoo_plugins/py.typed", "zoo_plugins/datasets/glyphs.npz", "zoo_core/py.typed", "zoo_core/cli/__init__.py"}
        <= names
    )
    folders = {name.partition("/")[0].partition("-")[0] for name in names}
    assert folders == {"zoo_core", "zoo_plugins", "zoo_models", "mlp_zoo"}
    templates = {str(f.relative_to(ROOT)) for f in (ROOT / "zoo_core/cli/templates").rglob("*") if f.suffix != ".pyc"}
    assert "zoo_core/cli/templates/plugin/tests/test_zoo_name.py" in templates
    assert {name for name in templates if (ROOT / name).is_file()} <= names
    others = names - templates
    assert not [name for name in others if "/tests/" in name or "/test_" in name or "lookahead" in name]


def test_a_plugin_comes_and_goes(installed):
    done = installed("zoo", "train", "third.toml", "-o", "third.npz", "-q")
    assert done.returncode == 0, done.stderr
    listed = {p["name"]: p for p in json.loads(installed("zoo", "plugins", "--json").stdout)}
    assert listed["zoo-lookahead"] == {
        "name": "zoo-lookahead", "version": "0.1.0", "state": "ok", "parts": ["optimizer lookahead"], "problem": "",
    }  # fmt: skip
    before = installed("zoo", "evaluate", "third.npz", "--json")
    assert before.returncode == 0, before.stderr

    assert installed("pip", "uninstall", "-q", "-y", "zoo-lookahead").returncode == 0
    for use in (["evaluate", "third.npz"], ["predict", "third.npz", "x.npy"]):
        without = installed("zoo", *use)
        assert (without.returncode, without.stdout) == (4, "")
        assert "pip install 'zoo-lookahead==0.1.0'" in without.stderr
        assert "Traceback" not in without.stderr
    assert "lookahead" in installed("zoo", "show", "third.npz").stdout
    listed = {p["name"] for p in json.loads(installed("zoo", "plugins", "--json").stdout)}
    assert listed == {"mlp-zoo"}
    again = installed("zoo", "train", "third.toml", "-o", "again.npz")
    assert again.returncode == 4
    assert "lookahead" in again.stderr

    assert installed("pip", "install", "-q", ROOT / "plugins/zoo-lookahead").returncode == 0
    assert installed("zoo", "evaluate", "third.npz", "--json").stdout == before.stdout
    assert json.loads(before.stdout)["accuracy"] > 0.2  # chance: 0.1
    predicted = installed("zoo", "predict", "third.npz", "x.npy")
    assert (predicted.returncode, len(predicted.stdout.split())) == (0, 2), predicted.stderr
