"""Plugins are found, told apart and quarantined; a broken one stops nobody else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from zoo_core.errors import PluginError
from zoo_core.hookspecs import hookimpl
from zoo_core.parts import Activation
from zoo_core.registry import DISTRIBUTION, Registry


class Wave(Activation):
    name = "wave"


def module(*parts):
    return SimpleNamespace(zoo_parts=hookimpl(lambda: list(parts)))


@pytest.fixture
def registry():
    return Registry(discover=False)


def test_a_part_is_found_by_kind_and_name(registry):
    registry.add(module(Wave), "zoo-waves", "1.2")
    entry = registry.entry("activation", "wave")
    assert (entry.part, entry.distribution, entry.version) == (Wave, "zoo-waves", "1.2")


def test_an_unknown_name_lists_the_known_and_the_nearest(registry):
    registry.add(module(Wave), "zoo-waves")
    with pytest.raises(PluginError, match=r"unknown activation 'wav'; did you mean 'wave'\? \(known: wave\)"):
        registry.get("activation", "wav")


def test_two_distributions_with_one_name_are_named_and_can_be_chosen(registry):
    other = type("Other", (Activation,), {"name": "wave"})
    registry.add(module(Wave), "zoo-a", "1")
    registry.add(module(other), "zoo-b", "2")
    with pytest.raises(PluginError, match="zoo-a 1 and zoo-b 2; write 'zoo-a:wave' or 'zoo-b:wave'"):
        registry.get("activation", "wave")
    assert registry.get("activation", "zoo-b:wave") is other
    assert any("zoo-a 1 and zoo-b 2" in line for line in registry.warnings())


def test_a_name_of_the_core_stays_the_cores(registry):
    registry.add(module(Wave), DISTRIBUTION, "1")
    registry.add(module(type("Other", (Activation,), {"name": "wave"})), "zoo-b", "2")
    assert registry.get("activation", "wave") is Wave
    assert registry.get("activation", "zoo-b:wave") is not Wave


@dataclass
class Good(Activation):
    name = "good"


class Forgetful(Activation):
    name = "forgetful"
    slope: float = 0.1


def raising(error):
    def zoo_parts():
        raise error

    return SimpleNamespace(zoo_parts=hookimpl(zoo_parts))


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (SimpleNamespace(zoo_partz=hookimpl(lambda: [])), "zoo_partz"),
        (SimpleNamespace(zoo_parts=hookimpl(lambda speed: [])), "speed"),
        (SimpleNamespace(), "@zoo_core.hookimpl"),
        (raising(SystemExit(3)), r"sys\.exit\(3\)"),
        (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
        (raising(ValueError("no")), "ValueError: no"),
        (module(Forgetful), "slope.*@dataclass"),
        (module(Good, Good), "'good' twice"),
        (module(int), "not a class derived"),
        (module(type("Bad", (Activation,), {"name": "Bad Name"})), "lower-case"),
    ],
)
def test_an_unsound_plugin_is_refused_with_the_reason(registry, plugin, words):
    with pytest.raises(PluginError, match=words):
        registry.add(plugin, "zoo-bad")
    registry.add(module(Wave), "zoo-waves")
    assert [p.state for p in registry.plugins] == ["broken", "ok"]


@pytest.fixture
def install(tmp_path):
    """Lay a distribution on the path, and return a function that runs `zoo` with it."""

    def lay(name, source, requires=""):
        package = name.replace("-", "_")
        (tmp_path / f"{package}.py").write_text(source)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
        (info / "entry_points.txt").write_text(f"[zoo]\n{name} = {package}\n")

    def zoo(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "zoo_core", *arguments],
            env={**os.environ, "PYTHONPATH": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return lay, zoo


@pytest.mark.parametrize(
    ("source", "requires", "words"),
    [
        ("import nothing_of_that_name", "", "ModuleNotFoundError"),
        ("def broken(:", "", "SyntaxError"),
        ("import sys; sys.exit(7)", "", "sys.exit(7)"),
        ("raise KeyboardInterrupt", "", "KeyboardInterrupt"),
        ("", "mlp-zoo>=99", "needs mlp-zoo >=99"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_shown_and_stops_nobody(install, source, requires, words):
    lay, zoo = install
    lay("zoo-sick", source, requires)
    listed = zoo("plugins", "--json")
    assert listed.returncode == 0
    states = {p["name"]: p for p in json.loads(listed.stdout)}
    assert states[DISTRIBUTION]["state"] == "ok"
    assert states["zoo-sick"]["state"] == "broken"
    assert words in states["zoo-sick"]["problem"]
    models = zoo("list")
    assert models.returncode == 0
    assert models.stderr.count("zoo-sick") == 1
    needed = zoo("validate", "glyphs-quickstart", "--set", "optimizer.name=sickle")
    assert needed.returncode == 4
    assert "zoo-sick could not be loaded" in needed.stderr


def test_plugins_can_be_switched_off_and_a_hanging_one_is_found(install):
    lay, zoo = install
    lay("zoo-slow", "import time; time.sleep(60)")
    off = zoo("plugins", "--json", ZOO_PLUGINS="")
    assert {p["name"]: p["state"] for p in json.loads(off.stdout)} == {DISTRIBUTION: "ok", "zoo-slow": "off"}
    checked = zoo("plugins", "check", "zoo-slow", "--timeout", "2")
    assert checked.returncode == 4
    assert "did not load within 2 s" in checked.stdout
