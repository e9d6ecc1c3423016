"""A folder is exported whole or not at all, and files that no export wrote stay as they are."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import zoo_core
from zoo_core.errors import PluginError, ResourceError, UsageError
from zoo_core.runs import _export_folder
from zoo_core.storage import temporary_file
from zoo_plugins.exporters import hub_folder

FILES = {"README.md", "config.json", "curves.png", "model.npz", "model.safetensors"}
NAME = "glyphs-quickstart"


def names(folder):
    return {file.name for file in folder.iterdir()}


@pytest.fixture
def quick(monkeypatch):
    """Let the exporter write two small files."""

    def write(model, folder):
        (folder / "README.md").write_text("new")
        (folder / "config.json").write_text(json.dumps({"files": ["config.json", "README.md"]}))

    monkeypatch.setattr(hub_folder, "write_folder", write)
    return write


def test_a_new_folder_appears_and_an_empty_one_is_filled(tmp_path, monkeypatch):
    written = zoo_core.export(NAME, f"{tmp_path / 'new'}/")
    assert names(tmp_path / "new") == {file.name for file in written.files} == FILES
    assert set(json.loads((tmp_path / "new" / "config.json").read_text())["files"]) == FILES
    assert "license" in written.note
    assert names(tmp_path) == {"new"}
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    zoo_core.export(NAME, ".", overwrite=False)
    assert names(tmp_path / "empty") == FILES


def test_a_folder_that_holds_anything_is_refused_and_force_replaces_own_files_alone(tmp_path, quick):
    folder = tmp_path / "f"
    zoo_core.export(NAME, folder.as_posix() + "/")
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"the folder is not empty; pass overwrite=True"):
        zoo_core.export(NAME, folder, overwrite=False)
    (folder / "README.md").write_text("old")
    zoo_core.export(NAME, folder)
    assert (folder / "README.md").read_text() == "new"
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("listed", ["", "[1]", '{"files": 3}', '{"files": ["config.json", "other"]}'])
def test_a_file_that_no_export_wrote_is_never_replaced(tmp_path, quick, listed):
    (tmp_path / "README.md").write_text("of a stranger")
    if listed:
        (tmp_path / "config.json").write_text(listed)
    with pytest.raises(UsageError, match=r"(README\.md|config\.json): no export wrote this file"):
        zoo_core.export(NAME, tmp_path)
    assert (tmp_path / "README.md").read_text() == "of a stranger"
    assert names(tmp_path) == ({"README.md", "config.json"} if listed else {"README.md"})


def test_an_exporter_that_fails_or_writes_nothing_leaves_nothing(tmp_path, monkeypatch, quick):
    def fail(model, folder):
        quick(model, folder)
        raise ValueError("half")

    monkeypatch.setattr(hub_folder, "write_folder", fail)
    with pytest.raises(PluginError, match="half"):
        zoo_core.export(NAME, f"{tmp_path}/a/")
    monkeypatch.setattr(hub_folder, "write_folder", lambda model, folder: None)
    with pytest.raises(PluginError, match="wrote no file"):
        zoo_core.export(NAME, f"{tmp_path}/a/")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("exists", [False, True])
def test_a_disk_that_fails_in_between_leaves_nothing(tmp_path, monkeypatch, quick, exists):
    write_file = _export_folder.write_file

    def write(path, content, **options):
        if path.name == "README.md":
            raise ResourceError("the disk is full")
        write_file(path, content, **options)

    monkeypatch.setattr(_export_folder, "write_file", write)
    folder = tmp_path / "f"
    if exists:
        folder.mkdir()
    with pytest.raises(ResourceError, match="full"):
        zoo_core.export(NAME, f"{folder}/")
    assert names(tmp_path) == ({"f"} if exists else set())
    assert not exists or names(folder) == set()


def test_what_is_no_place_for_a_folder_is_said(tmp_path, quick):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=r"file: is a file; name a folder"):
        zoo_core.export(NAME, f"{tmp_path}/file/")
    with pytest.raises(UsageError, match=r"the folder above it does not exist"):
        zoo_core.export(NAME, f"{tmp_path}/no/f/")
    with pytest.raises(UsageError, match=r"there are: .*\.safetensors, /\)"):
        zoo_core.export(NAME, tmp_path / "f")
    assert names(tmp_path) == {"file"}


def test_the_command_says_what_it_wrote(run_zoo, tmp_path, quick):
    code, out, _ = run_zoo("export", NAME, "-o", "f/", "--json")
    found = json.loads(out)
    assert (code, found["saved"], found["bytes"]) == (0, "f/", 3 + len('{"files": ["config.json", "README.md"]}'))
    assert found["files"] == ["f/README.md", "f/config.json"]
    code, _, err = run_zoo("export", NAME, "-o", "f")
    assert (code, "f: the folder is not empty; use --force to replace the files of an earlier export" in err) == (
        2,
        True,
    )
    assert run_zoo("export", NAME, "-o", "f/", "--force")[0] == 0


def test_what_a_killed_export_left_is_removed_and_what_another_writes_stays(tmp_path, quick):
    left, foreign = tmp_path / ".out.0123456789ab.tmpd", tmp_path / ".other.0123456789ab.tmpd"
    for folder in (left, foreign):
        folder.mkdir()
        (folder / "half").write_text("")
    (tmp_path / ".out.0123456789ab.tmp").write_text("")  # locked by nobody
    with temporary_file(tmp_path / "out") as (lock, _):
        busy = lock.with_name(f"{lock.name}d")
        busy.mkdir()
        zoo_core.export("glyphs-quickstart", f"{tmp_path / 'out'}/")
        assert busy.is_dir()
        busy.rmdir()
    assert names(tmp_path) == {foreign.name, "out"}


def test_a_killed_export_leaves_what_the_next_one_removes(tmp_path, quick, monkeypatch):
    program = "import os, zoo_core.runs._export_folder as f, sys; from pathlib import Path\n"
    program += "f.write_file = lambda *a, **k: os._exit(9)\nf.write_folder(Path(sys.argv[1]), {'a': b''}, False)"
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "out"]).returncode == 9
    assert len(names(tmp_path)) == 2
    zoo_core.export("glyphs-quickstart", f"{tmp_path / 'out'}/")
    assert names(tmp_path) == {"out"}
