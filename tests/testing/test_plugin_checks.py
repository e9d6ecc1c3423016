"""The checks of commands, plots, readers, exporters and models that a plugin brings."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from tests.helpers.plugins import SOUND, Site
from zoo_core import Registry, hookimpl
from zoo_core.hookspecs import Command, Exporter, Plot, Reader
from zoo_core.testing import plugin_checks

HERE, SHIPPED = __name__, Path(__file__).parents[2] / "models" / "zoo_models"
app = typer.Typer()
number = 3
app.command()(lambda: None)


def draw(models, figure): ...


def read(path): ...


def write(model, path, *, more): ...


def asks_for_either(names: int | str): ...


def results(**hooks):
    """Return what the checks find in a plugin with hooks that return these values."""
    registry = Registry()
    found = registry.add(SimpleNamespace(**{n: hookimpl(lambda v=v: v) for n, v in hooks.items()}), "zoo-mine")
    runs = [check.run() for check in plugin_checks(found, registry)]
    return {f"{r.part}: {r.check}": "; ".join(f.problem for f in r.findings) for r in runs}


def test_each_target_is_imported_and_takes_what_it_is_called_with():
    targets = ["app", "read", "number", "missing", "asks_for_either"]
    found = results(
        zoo_commands=[Command(name.replace("_", "-"), f"{HERE}:{name}", "Help.") for name in targets],
        zoo_plots=[Plot("good", f"{HERE}:draw", "Help."), Plot("bad", f"{HERE}:read", "Help.")],
        zoo_readers=[Reader((".good",), f"{HERE}:read"), Reader((".bad",), "no_such_module:read")],
        zoo_exporters=[Exporter(".bad", f"{HERE}:write")],
    )
    for good in ("command 'app'", "command 'read'", "plot 'good'", "reader '.good'"):
        assert found.pop(f"{good}: target") == ""
    for bad, words in {
        "command 'number'": f"has the target '{HERE}:number', which is 3; write a function",
        "command 'missing'": "has no attribute 'missing'",
        "command 'asks-for-either'": "Union types",
        "plot 'bad'": f"{HERE}:read cannot be called with (models, figure): too many",
        "reader '.bad'": "No module named 'no_such_module'",
        "exporter '.bad'": "cannot be called with (model, path): missing a required argument: 'more'",
    }.items():
        assert words in found.pop(f"{bad}: target")
    assert found == {}


def test_each_shipped_spec_is_validated_and_its_weights_are_loaded(tmp_path):
    spec = (SHIPPED / "glyphs-quickstart.toml").read_text()
    weights = (SHIPPED / "glyphs-quickstart.npz").read_bytes()
    for name, text in {
        "fine.toml": spec, "cut.toml": spec, "typo.toml": spec.replace('"adam"', '"adamm"'),
        "torn.toml": spec + "[", "README.md": "Models.",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    (tmp_path / "fine.npz").write_bytes(weights)
    (tmp_path / "lone.npz").write_bytes(weights)
    (tmp_path / "cut.npz").write_bytes(weights[:5000])
    (tmp_path / "torn.md").write_bytes(b"\xff")
    found = results(zoo_models=tmp_path)
    for good in ("fine: spec", "fine: weights", "cut: spec"):
        assert found.pop(f"model '{good.partition(':')[0]}'{good[good.index(':') :]}") == ""
    assert "lone.npz belongs to no model" in found.pop("models: folder")
    assert "cut.npz is truncated" in found.pop("model 'cut': weights")
    assert "unknown optimizer 'adamm'; did you mean 'adam'?" in found.pop("model 'typo': spec")
    assert "torn.toml:" in found.pop("model 'torn': spec")
    assert "UnicodeDecodeError" in found.pop("model 'torn': card")
    assert found == {}


PLUGIN = """
from pathlib import Path
from zoo_core import hookimpl
from zoo_core.hookspecs import Command

@hookimpl
def zoo_commands():
    return [Command("count", "zoo_more:TARGET", "Count.")]

@hookimpl
def zoo_models():
    return Path(__file__).parent / "shipped"

def count(): ...
"""


@pytest.mark.parametrize(("target", "code"), [("count", 0), ("cuont", 4)])
def test_the_command_checks_a_plugin_without_parts_and_with_what_it_requires(tmp_path, target, code):
    site = Site(tmp_path)
    site.install("zoo-wave", SOUND)
    site.install("zoo-more", PLUGIN.replace("TARGET", target), requires="zoo_wave >=0.5")
    (tmp_path / "shipped").mkdir()
    shutil.copy(SHIPPED / "glyphs-quickstart.toml", tmp_path / "shipped" / "waves.toml")
    text = (tmp_path / "shipped" / "waves.toml").read_text().replace('"relu"', '"wave"')
    assert '"wave"' in text
    (tmp_path / "shipped" / "waves.toml").write_text(text)
    done = site.zoo("plugins", "check", "zoo-more")
    assert done.returncode == code, done.stdout
    assert "passed: spec" in done.stdout
    assert "command 'count'" in done.stdout
