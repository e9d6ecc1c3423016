"""Plots do not depend on settings for windows, and a history may hold anything that JSON can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.robustness import environment
from tests.runs.test_stored_paths import change_header

GOLDEN = Path(__file__).parents[1] / "golden" / "models" / "golden-classes-0.1.npz"


@pytest.mark.parametrize("backend", ["no_such_backend", "module://nothing"])
@pytest.mark.slow
def test_a_backend_that_is_not_there_is_not_needed(tmp_path: Path, backend: str) -> None:
    command = [sys.executable, "-m", "zoo_core", "plot", "glyphs-quickstart", "-o", "p.png"]
    own = environment(MPLBACKEND=backend)
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "saved p.png\n"), done.stderr


@pytest.mark.parametrize("value", [None, 1e308, -1e308, 5e-324, 2**63])
@pytest.mark.parametrize("records", [slice(1), slice(None)], ids=["first", "all"])
def test_a_history_of_strange_numbers(tmp_path: Path, run_zoo: Any, value: Any, records: slice) -> None:
    file = tmp_path / "m.npz"
    file.write_bytes(GOLDEN.read_bytes())

    def change(header: dict[str, Any]) -> None:
        for key in set(header["history"][-1]) - {"epoch", "kept"}:
            for record in header["history"][records]:
                record[key] = value

    change_header(file, change)
    for command in (["show"], ["compare", file], ["compare", file, "--exact"], ["plot", "--force"]):
        code, _, err = run_zoo(command[0], file, *command[1:])
        assert code == 0, err
