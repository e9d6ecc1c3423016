"""`zoo plugins new`: for each kind a distribution that passes its own checks, installs, and trains."""

import json
import os
import re
import subprocess
import sys
import tomllib
import types
import venv
from pathlib import Path

import pytest

from zoo_core.cli._new_plugin import plugin_files
from zoo_core.cli.templates import template_kinds
from zoo_core.errors import UsageError
from zoo_core.parts import KINDS
from zoo_core.registry import Registry
from zoo_core.runs import prepare
from zoo_core.spec import Spec
from zoo_core.testing import check_part

ROOT = Path(__file__).parents[2]
REGULARIZERS = {"penalty", "constraint", "noise", "batch_augmentation"}


def registered(kind):
    """Return a registry with the template of a kind, and its files."""
    texts = plugin_files("zoo-mine", kind, Registry())
    module = types.ModuleType("zoo_mine")
    exec(compile(texts["zoo_mine/__init__.py"], f"template {kind}", "exec"), module.__dict__)
    registry = Registry()
    return registry, registry.add(module, "zoo-mine", "0.1.0"), texts


def test_there_is_a_template_of_each_kind():
    assert set(template_kinds()) == (set(KINDS) - {"regularizer"}) | REGULARIZERS


@pytest.mark.parametrize("kind", template_kinds())
def test_the_part_keeps_its_promises_and_stands_in_the_spec(kind):
    registry, plugin, texts = registered(kind)
    (entry,) = registry.entries(plugin=plugin)
    results = list(check_part(entry.part, registry))
    assert [r for r in results if r.state != "passed"] == []
    assert entry.kind == ("regularizer" if kind in REGULARIZERS else kind)
    spec = Spec.parse(tomllib.loads(texts["mine.toml"]), registry)
    used = prepare(spec, registry=registry).model.plugins
    assert ("zoo-mine", "mine") in {(p["distribution"], p["name"]) for p in used}
    placeholders = "part_name", "PartName", "zoo_name", "zoo-name", "part-kind", "part-use"
    assert not [text for text in texts.values() if any(word in text for word in placeholders)]


def test_what_is_there_is_kept_unless_force_says_otherwise(run_zoo):
    code, out, _ = run_zoo("plugins", "new", "zoo-mine", "--kind", "loss")
    assert code == 0
    assert "pip install -e './zoo-mine[test]'" in out
    written = {str(p.relative_to("zoo-mine")) for p in Path("zoo-mine").rglob("*") if p.is_file()}
    assert written == {
        "LICENSE", "README.md", "mine.toml", "pyproject.toml", "tests/test_zoo_mine.py", "zoo_mine/__init__.py",
    }  # fmt: skip
    assert [p.name for p in Path().iterdir()] == ["zoo-mine"]
    Path("zoo-mine/README.md").write_text("precious")
    Path("zoo-mine/notes.md").write_text("mine")
    code, out, err = run_zoo("plugins", "new", "zoo-mine", "--kind", "loss")
    assert (code, out) == (2, "")
    assert "--force" in err
    assert Path("zoo-mine/README.md").read_text() == "precious"
    assert run_zoo("plugins", "new", "zoo-mine", "--kind", "loss", "--force")[0] == 0
    assert "zoo-mine" in Path("zoo-mine/README.md").read_text()
    assert Path("zoo-mine/notes.md").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../x", "", "-x", "a\0b", "a" * 300, "Zoo_Mine", "zoo-", "json", "class", "numpy", "zoo-relu", "2x", "a/b"]
)
def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_written(run_zoo, name):
    code, out, err = run_zoo("plugins", "new", "--kind", "activation", "--", name)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert not list(Path().iterdir())
    with pytest.raises(UsageError):
        plugin_files(name, "activation", Registry())


@pytest.mark.slow
def test_a_newcomer_gets_from_the_command_to_a_trained_model_for_every_kind(tmp_path):
    """In a fresh environment, with the commands of the README that each distribution carries."""
    venv.create(tmp_path / "venv", with_pip=True)
    env = {**os.environ, "PATH": f"{tmp_path / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"}
    env.pop("PYTHONPATH", None)

    def call(*command):
        done = subprocess.run(
            [str(c) for c in command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", "wheels", ROOT)
    call("pip", "install", "-q", *(tmp_path / "wheels").glob("*.whl"))
    names = {kind: f"zoo-my-{kind.replace('_', '-')}" for kind in template_kinds()}
    for kind, name in names.items():
        call("zoo", "plugins", "new", name, "--kind", kind)
    call("pip", "install", "-q", "-e", f"./{names['activation']}[test]")
    call(
        "pip", "install", "-q", "hatchling", "editables"
    )  # once, where pip would fetch it again for each of the others
    others = [word for name in names.values() for word in ("-e", f"./{name}")]
    call("pip", "install", "-q", "--no-build-isolation", "--no-deps", *others)
    tested = call("python", "-m", "pytest", "-v", "-W", "error", *names.values())
    for name in names.values():
        assert re.search(rf"test_{name.replace('-', '_')}\.py::.+ PASSED", tested)
        (plugin,) = json.loads(call("zoo", "plugins", "check", name, "--json"))
        assert {c["state"] for c in plugin["checks"]} == {"passed"}
        spec = next(p for p in (tmp_path / name).glob("*.toml") if p.name != "pyproject.toml")
        call("zoo", "train", spec, "-o", f"{name}.npz", "-q")
        shown = json.loads(call("zoo", "show", f"{name}.npz", "--json"))
        assert name in {p["distribution"] for p in shown["plugins"]}
