"""A part that writes outside of its folder fails its check, and the file stays as it was."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers.plugins import registry_with
from zoo_core.parts import Callback
from zoo_core.testing import check_part

PLACES = {}


@dataclass
class Writes(Callback):
    """Changes files as the test says."""

    name = "writes"

    def on_epoch_end(self, record, run):
        PLACES["now"]()


def states(change):
    PLACES["now"] = change
    return {r.state: "".join(map(str, r.findings)) for r in check_part(Writes, registry_with(Writes))}


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text("x"),
        lambda file: file.open("a").close(),
        lambda file: file.unlink(),
        lambda file: file.rename(file.with_suffix(".old")),
        lambda file: (file.parent / "new").mkdir(),
    ],
)
def test_no_file_elsewhere_is_changed(tmp_path, change):
    file = tmp_path / "precious.csv"
    file.write_text("precious")
    found = states(lambda: change(file))
    assert f"it writes to {tmp_path}" in found["failed"]
    assert re.search(r"at +test_written_files.py:\d+, in ", found["failed"])
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [("precious.csv", "precious")]


def test_its_own_folder_and_temporary_files_are_allowed(tmp_path):
    def work():
        Path("log.csv").write_text("x")
        Path("folder").mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"x")
        (tmp_path / "read.txt").read_text()

    (tmp_path / "read.txt").write_text("x")
    assert "failed" not in states(work)
    (tmp_path / "later.txt").write_text("x")  # after a check nothing is refused
