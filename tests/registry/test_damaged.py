"""One damaged distribution, plugin, class or shipped spec is named, and every command goes on without it."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.helpers.plugins import SOUND, Site
from zoo_core.errors import PluginError
from zoo_core.hookspecs import hookimpl
from zoo_core.parts import Activation
from zoo_core.registry import Registry

HEAD = "from zoo_core import LazyParts, hookimpl\nfrom zoo_core.parts import *\n"
HOOK = HEAD + "@hookimpl\ndef zoo_parts():\n    "
ERROR = "class E(Exception):\n    def __str__(self):\n        {}\nraise E"
UNIMPORTED = """
from __future__ import annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from zoo_core import hookimpl
from zoo_core.parts import Activation
if TYPE_CHECKING:
    from annotated_types import Gt

@dataclass
class Own(Activation):
    "own"
    name = "own"
    slope: Annotated[float, Gt(0)] = 1.0

@hookimpl
def zoo_parts():
    return [Own]
"""
FOLDER = "import pathlib\n" + HEAD + "@hookimpl\ndef zoo_models():\n    return pathlib.Path(__file__).parent / 'models'"

BROKEN = {  # name: (source, words of the reason)
    "zoo-text-raises": (ERROR.format("raise ValueError"), "E: its text cannot be read"),
    "zoo-text-exits": (ERROR.format("raise SystemExit(3)"), "E: its text cannot be read"),
    "zoo-text-is-none": (ERROR.format("return 5"), "E: its text cannot be read"),
    "zoo-half": (HOOK + "yield from ()\n    raise RuntimeError('half')", "RuntimeError: half in "),
    "zoo-none": (HOOK + "return None", "zoo_parts returned None"),
    "zoo-number": (HOOK + "return 5", "zoo_parts returned 5; return a list of part classes"),
    "zoo-word": (HOOK + "return 'relu'", "zoo_parts returned 'relu'; return a list of part classes"),
    "zoo-deep": (HOOK + "return zoo_parts()", "RecursionError: maximum recursion depth exceeded"),
    "zoo-leaves": (HOOK + "raise SystemExit(0)", "it called sys.exit(0)"),
    "zoo-name": ("\n" + HOOK + "return [undefined]", "'undefined' is not defined in {folder}/zoo_name.py, line 6"),
    "zoo-unimported": (UNIMPORTED, "the types of the options of Own cannot be read (NameError: name 'Gt'"),
    "zoo-docstring": (HEAD + "class Own(Activation):\n    name = 'own'\n    __doc__ = 5\n"
        "@hookimpl\ndef zoo_parts():\n    return [Own]", "Own.__doc__ is int"),
    "zoo-files": (HEAD + "class Own(Dataset):\n    name = 'own'\n    files = 7\n"
        "@hookimpl\ndef zoo_parts():\n    return [Own]", "Own.files does not hold files"),
    "zoo-specs": (FOLDER, "garbled.toml:1: is not UTF-8 text"),
}  # fmt: skip
NOISY = {  # they work, whatever they do as they are imported
    "zoo-replaces": "import io, sys\nsys.stdout = sys.stderr = io.StringIO()\n" + SOUND.replace("wave", "replaces"),
    "zoo-closes": "import sys\nsys.stdout.close()\n" + SOUND.replace("wave", "closes"),
    "zoo-prints": "print('{')\n" + SOUND.replace("wave", "prints"),
    "zoo-moves": "import os\nos.chdir('/')\n" + SOUND.replace("wave", "moves"),
}
DAMAGED = {  # name: (entry_points.txt, METADATA, words of the reason); None for a distribution that is no plugin
    "unrelated-line": (b"[console_scripts]\nfoo\n", b"Name: unrelated-line\nVersion: 1\n", None),
    "unrelated-bytes": (b"\xff\xfe\x00[zo", b"Name: unrelated-bytes\nVersion: 1\n", None),
    "unrelated-metadata": (b"[console_scripts]\nfoo = a:b\n", b"\xff\xfe\x00", None),
    "zoo-bytes": (b"[zoo]\nx = x\n\xff", b"Name: zoo-bytes\nVersion: 1\n", "its entry_points.txt cannot be read"),
    "zoo-many": (
        b"[zoo]\n" + b"".join(b"zoo-%d = zoo_many\n" % i for i in range(200)),
        b"Name: zoo-many\nVersion: 1\n",
        "it has 200 entry points in the group 'zoo'; a plugin has one",
    ),
    "zoo-line": (b"[zoo]\nx\n", b"Name: zoo-line\nVersion: 1\n", "its entry_points.txt cannot be read"),
    "zoo-value": (b"[zoo]\nx = !\n", b"Name: zoo-value\nVersion: 1\n", "the value '!', which names no module"),
    "zoo-metadata": (b"[zoo]\nzoo-metadata = json\n", b"\xff\xfe\x00", "UnicodeDecodeError"),
}
COMMANDS = (
    "list", "list parts", "list datasets --json", "list plugins", "plugins", "schema", "show relu", "env", "data list",
    "validate glyphs-quickstart", "show glyphs-quickstart --json",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("damaged"))
    for name, source in {**{n: s for n, (s, _) in BROKEN.items()}, **NOISY}.items():
        site.install(name, source)
    for name, (points, metadata, _) in DAMAGED.items():
        folder = site.folder / f"{name.replace('-', '_')}-1.dist-info"
        folder.mkdir()
        (folder / "entry_points.txt").write_bytes(points)
        (folder / "METADATA").write_bytes(metadata)
    (site.folder / "models").mkdir()
    (site.folder / "models/unsound.toml").write_text("name = = 5")
    (site.folder / "models/garbled.toml").write_bytes(b'name = "\xff"')
    return site


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_works(site, command):
    done = site.zoo(*command.split())
    assert done.returncode == 0, done.stderr
    assert "{" not in done.stdout[:1] or json.loads(done.stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["list", "schema", "plugins"])
def test_a_switched_off_plugin_is_no_exception(site, command):
    done = site.zoo(command, ZOO_PLUGINS="")
    assert (done.returncode, done.stderr) == (0, "")


def test_each_is_named_with_the_reason(site):
    found = {p["name"]: p for p in json.loads(site.zoo("plugins", "--json").stdout)}
    for name, (_, words) in BROKEN.items():
        assert found[name]["state"] == "broken", name
        assert words.format(folder=site.folder) in found[name]["problem"]
    for name in NOISY:
        assert found[name]["state"] == "ok", found[name]
    for name, (_, _, words) in DAMAGED.items():
        assert (words or "") in found.get(name, {"problem": ""})["problem"]
        assert (name in found) == (words is not None)


def test_a_damaged_distribution_does_not_stop_python(site):
    """pydantic reads the entry points of every distribution, too."""
    done = site.python("import zoo_core; print(len(zoo_core.load('glyphs-quickstart').labels()))")
    assert (done.returncode, done.stdout) == (0, "10\n"), done.stderr


def test_a_shipped_spec_that_cannot_be_read_is_named_where_it_is_asked_for(site):
    assert site.zoo("show", "garbled").returncode == 3
    assert "models/garbled.toml:1: is not UTF-8 text" in site.zoo("validate", "garbled").stderr


def test_a_crash_in_compiled_code_shows_the_line_of_the_part(tmp_path):
    site = Site(tmp_path)
    site.install("zoo-crash", SOUND.replace("np.sin(x, out=out)", "import ctypes; ctypes.string_at(0)"))
    done = site.zoo("train", "glyphs-quickstart", "--set", "model.layers.0.activation=wave", "-o", tmp_path / "x.npz")
    assert done.returncode < 0, done.stderr
    assert f'File "{tmp_path / "zoo_crash.py"}", line 13 in forward' in done.stderr


def test_a_plugin_that_changes_the_working_folder_leaves_it_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Registry(discover=False).add(SimpleNamespace(zoo_parts=hookimpl(lambda: os.chdir("/") or [])), "zoo-moves")
    assert Path.cwd() == tmp_path


def test_what_a_plugin_returns_is_shown_though_its_repr_fails():
    class Silent(type):
        def __repr__(cls):
            raise ValueError

    wrong = SimpleNamespace(zoo_parts=hookimpl(lambda: [Silent("X", (), {}), Activation]))
    with pytest.raises(PluginError, match="zoo_parts returned an object of class Silent, which is not a class"):
        Registry(discover=False).add(wrong)
