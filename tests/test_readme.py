"""What the README and the pages promise about code: it runs as it stands there."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import zoo_core
from zoo_core.display.plots import new_figure
from zoo_core.hookspecs import hookimpl
from zoo_core.model import baseline_figures
from zoo_core.registry import Registry
from zoo_core.testing import check_part

ROOT = Path(__file__).parents[1]
README, PLUGINS, MODELS = ((ROOT / page).read_text() for page in ("README.md", "plugins/README.md", "models/README.md"))
SMALL = {
    "data": {"name": "glyphs", "rows": 300, "test_rows": 50},
    "model": {"loss": "cross_entropy", "layers": [{"units": 12}, {"units": 10, "activation": "softmax"}]},
    "optimizer": "adam",
    "training": {"epochs": 2},
}


def block(page: str, after: str) -> str:
    """Return the first code block of a page after a marker."""
    found = re.search(re.escape(after) + r".*?```\w*\n(.*?)```", page, re.DOTALL)
    assert found, after
    return found[1]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def test_the_plugin_trains_saves_and_loads(tmp_path):
    """Installed as a distribution would be: a module and its metadata on the path."""
    project = tomllib.loads(block(PLUGINS, "<!-- plugin-project -->"))["project"]
    (point, module), *_ = project["entry-points"]["zoo"].items()
    (tmp_path / f"{module}.py").write_text(block(README, "<!-- plugin -->"))
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
    assert checked.stdout.strip() in PLUGINS, "the tutorial shows what the command prints"
    missing = subprocess.run(
        [sys.executable, "-m", "zoo_core", "predict", str(tmp_path / "m.npz"), "x.npy"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert missing.returncode == 4
    assert "pip install 'zoo-swish==0.1.0'" in missing.stderr


def test_the_mistake_of_the_tutorial_is_found():
    right, wrong = "self.beta * a * (1 - s)", "self.beta * z * (1 - s)"
    source = block(README, "<!-- plugin -->")
    assert right in source
    (failed,) = [r for r in check_part(*_loaded(source.replace(right, wrong))) if r.state == "failed"]
    assert f"FAILED {failed.check}: {failed.promise}" in PLUGINS
    assert failed.findings[0].problem in PLUGINS


@pytest.mark.parametrize(
    ("marker", "place"),
    [
        ("nested", {"layers": [{"units": 8, "activation": {"name": "scaled", "inner": "prelu"}}, {"units": 10}]}),
        ("wrapper", None),
    ],
)
def test_a_part_around_a_part_keeps_its_promises_and_trains(marker, place, tmp_path):
    part, registry = _loaded(block(PLUGINS, f"<!-- {marker} -->"))
    assert [r for r in check_part(part, registry) if r.state == "failed"] == []
    spec = SMALL | ({"model": {"loss": "mse", **place}} if place else {"optimizer": {"name": part.name, "base": "sgd"}})
    model = zoo_core.train(spec, registry=registry)
    model.save(tmp_path / "m.npz")
    again = zoo_core.load(tmp_path / "m.npz", registry)
    x = np.zeros((2, 784), np.uint8)
    np.testing.assert_array_equal(again.outputs(x), model.outputs(x))


def test_the_callback_of_the_page_keeps_its_promises_and_logs_batches(tmp_path):
    part, registry = _loaded(block(PLUGINS, "<!-- callback -->"))
    assert [r for r in check_part(part, registry) if r.state == "failed"] == []
    training = {"epochs": 2, "batch_size": 50, "callbacks": [{"name": part.name, "every": 2, "most": 8}]}
    model = zoo_core.train(SMALL | {"training": training}, registry=registry, output=tmp_path / "m.npz")
    lines = [line.split() for line in (tmp_path / "m.log").read_text().splitlines()]
    assert [line[:2] for line in lines] == [["0", "2"], ["0", "4"], ["0", "6"], ["1", "2"]]
    assert len(model.history) == 2


def test_the_initializer_of_the_page_keeps_its_promises_and_its_formula():
    part, registry = _loaded(block(PLUGINS, "<!-- initializer -->"))
    assert [r for r in check_part(part, registry) if r.state == "failed"] == []
    layers = [{"units": 12, "initializer": {"name": part.name, "std": 2.0}}, {"units": 10, "activation": "softmax"}]
    trainer = zoo_core.prepare(SMALL | {"model": {"loss": "cross_entropy", "layers": layers}}, registry=registry)
    x = trainer.splits["train"].x / 255
    np.testing.assert_allclose(np.std(x @ trainer.network.weights(trainer.network.layers[0]), axis=0), 2, rtol=1e-4)


def test_the_preprocessor_of_columns_keeps_its_promises_and_learns_from_targets(tmp_path):
    part, registry = _loaded(block(PLUGINS, "<!-- columns -->"))
    assert [r for r in check_part(part, registry) if r.state == "failed"] == []
    rows = "".join(f"{'abc'[i % 3]},{i},{i % 3 + 0.5}\n" for i in range(60))
    (tmp_path / "t.csv").write_text(f"c,n,y\n{rows}")
    data = {"name": "csv", "path": str(tmp_path / "t.csv"), "task": "regression", "columns": {"c": "category"},
            "preprocessor": {"name": "table", "category": part.name}}  # fmt: skip
    spec = SMALL | {"data": data, "model": {"loss": "mse", "layers": [{"units": 1}]}}
    zoo_core.train(spec, registry=registry, output=tmp_path / "m.npz")
    model = zoo_core.load(tmp_path / "m.npz", registry)
    means = model.preprocessor.category.means
    deviation = (2 / 3) ** 0.5  # of 0.5, 1.5 and 2.5
    np.testing.assert_allclose(means, [20 * mean / deviation / 30 for mean in (-1, 0, 1)], atol=1e-12)
    assert len(model.predict({"c": ["a", "z", None], "n": [1, 2, None]})) == 3


def test_the_preprocessor_of_the_page_keeps_its_promises_and_drops_columns(tmp_path):
    part, registry = _loaded(block(PLUGINS, "<!-- preprocessor -->"))
    assert [r for r in check_part(part, registry) if r.state == "failed"] == []
    x = np.column_stack([np.arange(40.0), np.ones(40), np.arange(40) % 3])
    np.savez(tmp_path / "t.npz", x=x, y=np.arange(40) % 2)
    data = {"name": "npz", "path": str(tmp_path / "t.npz"), "preprocessor": part.name}
    layers = [{"units": 2, "activation": "softmax"}]
    spec = SMALL | {"data": data, "model": {"loss": "cross_entropy", "layers": layers}}
    zoo_core.train(spec, registry=registry, output=tmp_path / "m.npz")
    model = zoo_core.load(tmp_path / "m.npz", registry)
    assert (model.about.inputs, model.network.inputs) == (3, 2)
    assert model.outputs(x).shape == (40, 2)


def test_the_tools_of_the_page_work(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "zoo_mine_tools.py").write_text(block(PLUGINS, "<!-- targets -->"))
    module: dict[str, object] = {"__name__": "a_plugin"}
    exec(block(PLUGINS, "<!-- tools -->"), module)
    registry = Registry()
    registry.add(SimpleNamespace(**{name: f for name, f in module.items() if name.startswith("zoo_")}), "zoo-mine", "1")
    zoo_core.export("glyphs-quickstart", tmp_path / "m.txt", registry)
    assert (tmp_path / "m.txt").read_text().startswith("layers.0.weights (784, ")
    figure = new_figure(4, 3)
    registry.tool("plot", "norms").call([zoo_core.load("glyphs-quickstart")] * 2, figure)
    assert len(figure.axes[0].lines) == 2
    registry.tool("command", "layers").call("glyphs-quickstart")


def _loaded(source: str) -> tuple[type, Registry]:
    """Return the part of a module's source, and a registry that knows it."""
    module: dict[str, object] = {"__name__": "a_plugin"}
    sys.modules["a_plugin"] = SimpleNamespace(**module)  # dataclasses look their module up
    exec(source, module)
    registry = Registry()
    registry.add(SimpleNamespace(zoo_parts=module["zoo_parts"]), "zoo-of-the-page", "1")
    (part,) = module["zoo_parts"]()
    return part, registry


def test_every_spec_is_valid():
    whole = [tomllib.loads(text) for page in (README, MODELS, PLUGINS) for text in blocks(page, "toml")]
    specs = [table for table in whole if "project" not in table]
    assert len(specs) >= 2
    for table in specs:
        zoo_core.Spec.parse(SMALL | table)


def test_the_python_lines_of_the_readme_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(block(README, "## The same in Python").replace("print(event)", "break"), {})
    assert (tmp_path / "glyphs.npz").exists()


def test_the_python_lines_of_the_pages_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plugin = SimpleNamespace(zoo_parts=hookimpl(lambda: []))
    train = zoo_core.train  # training without data of the page is tried by the tests above
    monkeypatch.setattr(zoo_core, "train", lambda *_, **given: train(*_, **given) if "data" in given else None)
    for text in [*blocks(MODELS, "python"), *blocks(PLUGINS, "python")]:
        exec(text.replace('pytest_checks("zoo-swish")', 'pytest_checks("mlp-zoo")'), {"plugin": plugin})
    assert (tmp_path / "copy.npz").exists()


def test_the_first_screen_shows_what_the_first_run_prints():
    """Its figures are those of the shipped model, which the same spec has made."""
    model = zoo_core.load("glyphs-quickstart")
    last = model.history[-1]
    names = "validation_loss", "validation_accuracy", "test_loss", "test_accuracy"
    splits = zoo_core.prepare("glyphs-quickstart").splits
    baseline = {name: baseline_figures(model, splits[name.partition("_")[0]]) for name in names}
    known = {name: f" (baseline {own['accuracy']:.4f})" for name, own in baseline.items() if "accuracy" in name}
    shown = ", ".join(f"{name} {last[name]:.4f}{known.get(name, '')}" for name in names)
    assert shown in " ".join(README.split())


def test_the_figures_of_the_shipped_models_are_those_of_their_files():
    folder = ROOT / "models/zoo_models"
    registry = Registry()
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| (0\.\d{4}) \| \[card\]", MODELS, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(f.stem for f in folder.glob("*.npz"))
    for name, told in rows:
        figure = f"{zoo_core.load(folder / f'{name}.npz', registry).history[-1]['test_accuracy']:.4f}"
        assert told == figure
        assert figure in (folder / f"{name}.md").read_text()
        if name.startswith("corrected"):
            assert f"| {figure} |" in MODELS.split(f"\n| {name[10]} ")[1].splitlines()[0]
