"""Which lines and branches of the code that reads and writes files the tests never take: there must be none."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.robustness import ROOT, Result, Unavailable, environment, python

PROMISE = "statements and branches of reader and writer, each taken by the fast tests"
MODULES = (
    "storage/*", "model/_loading.py", "model/_loaded_arrays.py", "model/_header.py", "model/_description.py",
    "model/_summary.py", "model/_provenance.py",
    "model/_fingerprints.py", "model/_environment.py", "model/_array_names.py", "runs/_output.py",
    "model/_preprocessors.py", "model/_fitted_state.py", "model/run_state.py", "training/_interval.py",
    "runs/_checkpoint.py", "runs/_checkpoint_writer.py", "runs/_advice.py", "runs/_rescue.py",
    "runs/_run_state.py", "nn/_part_state.py", "nn/_random_streams.py",
)  # fmt: skip
TESTS = (
    "storage/test_model_file.py", "storage/test_model_file_refusals.py", "storage/test_model_file_writing.py",
    "storage/test_lock.py",
    "model/test_array_names.py", "model/test_golden_models.py", "model/test_predicting.py", "cli/test_bad_inputs.py",
    "runs/test_checkpoints.py", "runs/test_round_trip.py", "runs/test_checkpoint_refusals.py",
    "runs/test_nothing_is_lost.py", "nn/test_random_streams.py", "training/test_target_units.py",
    "nn/test_part_state.py", "nn/test_target_widths.py", "model/test_bytes.py", "model/test_columns.py",
    "model/test_forged_state.py", "model/test_stored_network.py",
    "runs/test_continuation.py", "runs/test_errors_with_models.py", "runs/test_multilabel.py",
)  # fmt: skip
COUNT = len(TESTS)


def main(count: int) -> Result:
    """Run the fast tests of the first `count` modules; return how many statements and branches there are."""
    if find_spec("coverage") is None:
        raise Unavailable("needs coverage (pip install -e '.[test]')")
    with tempfile.TemporaryDirectory() as folder:
        found = _report(Path(folder), TESTS[:count])
    totals = found["totals"]
    missing = [line for name, file in found["files"].items() for line in _missing(name, file)]
    return totals["num_statements"] + totals["num_branches"], missing


def _report(folder: Path, tests: tuple[str, ...]) -> dict[str, Any]:
    """Run tests and return what `coverage json` says."""
    include = "--include=" + ",".join(f"{ROOT}/zoo_core/{module}" for module in MODULES)
    files = [f"tests/{name}" for name in tests]
    own = environment(COVERAGE_FILE=str(folder / "data"))
    run = "coverage", "run", "--branch", include, "-m", "pytest", "-m", "not slow", "-p", "no:cacheprovider", *files
    json_ = "coverage", "json", "-q", "-o", str(folder / "report")
    for command in (run, json_):
        done = subprocess.run(python("-m", *command), cwd=ROOT, env=own, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    report: dict[str, Any] = json.loads((folder / "report").read_text())
    return report


def _missing(name: str, file: dict[str, Any]) -> Iterator[str]:
    for line in file["missing_lines"]:
        yield f"{os.path.relpath(name, ROOT)}:{line} is never run"
    for begin, end in file["missing_branches"]:
        yield f"{os.path.relpath(name, ROOT)}:{begin} never goes on to {end if end > 0 else 'the end'}"
