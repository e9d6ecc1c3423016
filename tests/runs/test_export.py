"""An export is written whole or not at all, with the files beside it; a model file from anyone brings no code."""

from __future__ import annotations

import errno
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core import hookimpl
from zoo_core.errors import PluginError, ResourceError, UsageError
from zoo_core.hookspecs import Exporter
from zoo_core.registry import Registry


def registry_with(write):
    """Return a registry whose exporter for .two is a function."""
    sys.modules["two_files"] = SimpleNamespace(write=write)
    registry = Registry()
    plugin = SimpleNamespace(zoo_exporters=hookimpl(lambda: [Exporter(".two", "two_files:write")]))
    plugin.zoo_exporters.__name__ = "zoo_exporters"
    registry.add(plugin, "zoo-two", "1.0")
    return registry


def write_two(model, path):
    path.write_text("main")
    path.with_suffix(".h").write_text("beside")
    return "two files"


def test_files_beside_the_named_one_go_with_it(tmp_path):
    registry = registry_with(write_two)
    written = zoo_core.export("glyphs-quickstart", tmp_path / "m.two", registry)
    assert [file.name for file in written.files] == ["m.two", "m.h"]
    assert written.note == "two files"
    assert (tmp_path / "m.h").read_text() == "beside"
    (tmp_path / "m.two").unlink()
    with pytest.raises(UsageError, match=r"m\.h: exists"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.two", registry, overwrite=False)
    assert not (tmp_path / "m.two").exists()


def test_an_exporter_that_fails_leaves_nothing(tmp_path):
    def write(model, path):
        write_two(model, path)
        raise ValueError("half")

    with pytest.raises(PluginError, match="half"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.two", registry_with(write))
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(PluginError, match=r"needs the package onnx: pip install 'mlp-zoo\[onnx\]'"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.onnx")


def test_texts_of_a_model_file_are_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evil = 'a"""\nopen("run", "w")\n"""\\'
    x = np.random.default_rng(0).normal(0, 1, (60, 2))
    spec = small_spec(data={"preprocessor": "table"}) | {"description": evil}
    spec["data"] = {"preprocessor": "table"}
    spec["model"]["layers"][1]["units"] = 2
    frame = {'"""\nopen("run", "w")#': x[:, 0], "b": np.where(x[:, 1] > 0, '"];open("run", "w");["', "q\\")}
    y = np.where(x[:, 0] > 0, "'\n", '"""')
    model = zoo_core.train(spec, data=(frame, y))
    zoo_core.export(model, tmp_path / "m.py")
    space = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(encoding="utf-8"), space)
    rows = np.array([x[:, 0], frame["b"]], object).T
    np.testing.assert_array_equal(space["predict"](rows), model.predict(frame))
    assert [file.name for file in tmp_path.iterdir()] == ["m.py"]


PLACES = {
    "a number": (5, "an output is the path of a file, not int"),
    "bytes": (b"a.py", "an output is the path of a file, not bytes"),
    "nothing": (None, "an output is the path of a file, not NoneType"),
    "NUL": ("a\0.py", "NUL character"),
    "no name": ("", r"^'': no exporter writes such files"),
    "another ending": ("a.xyz", r"a\.xyz: no exporter writes such files"),
    "the root": ("/", "/: is the root of all folders"),
    "a folder of a new folder": ("new/folder/", "the folder above it does not exist"),
    "a file as folder": ("file/", "file: is a file; name a folder"),
    "a pipe": ("pipe.py", "is a folder or a device and not a file"),
    "a device behind a link": ("null.py", "is a folder or a device and not a file"),
}


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes")
@pytest.mark.parametrize("what", PLACES)
def test_what_names_no_place_for_an_export_is_said(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "null.py").symlink_to("/dev/null")
    with pytest.raises(UsageError, match=PLACES[what][1]):
        zoo_core.export("glyphs-quickstart", PLACES[what][0])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "null.py", "pipe.py"]


def test_what_the_system_refuses_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "none" / "a.py", tmp_path / "file" / "a.py", tmp_path / f"{'a' * 300}.py"):
        with pytest.raises(ResourceError, match="cannot be written"):
            zoo_core.export("glyphs-quickstart", place)
    (tmp_path / "file").rename(tmp_path / "m.py")
    with pytest.raises(UsageError, match=r"m\.py: exists; pass overwrite=True to replace it"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.py", overwrite=False)


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "other.py").write_text("other")
    (tmp_path / "m.py").symlink_to("other.py")
    assert zoo_core.export("glyphs-quickstart", tmp_path / "m.py").files == [tmp_path / "m.py"]
    assert not (tmp_path / "m.py").is_symlink()
    assert (tmp_path / "other.py").read_text() == "other"
    (tmp_path / "loop.py").symlink_to("loop.py")
    zoo_core.export("glyphs-quickstart", tmp_path / "loop.py")


def test_a_full_disk_is_no_fault_of_an_exporter(tmp_path):
    def write(model, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ResourceError, match=r"m\.two: cannot be written: No space left on device; check the disk"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.two", registry_with(write))
