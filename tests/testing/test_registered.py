"""Every registered part passes the kit, except for its expected failures."""

from pathlib import Path

import numpy as np
import pytest

from tests.helpers.builtin import ENTRIES, REGISTRY
from zoo_core.parts import Dataset
from zoo_core.registry import DISTRIBUTION
from zoo_core.testing import checks_of, pytest_checks
from zoo_core.testing._run import check_part, findings
from zoo_core.testing.harness.part_under_test import PartUnderTest

test_conformance = pytest_checks(DISTRIBUTION)


def test_only_these_have_expected_failures_and_all_can_be_made():
    declared = {e.part.__module__ for e in ENTRIES if e.part.expected_failures}
    assert declared == {f"zoo_plugins.{m}" for m in ("notebook", "optimizers.parameter_groups", "datasets.arrays")}
    for entry in ENTRIES:
        if entry.kind != "dataset":
            assert isinstance(PartUnderTest(entry.part, {}, REGISTRY).make(), entry.part)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a table, an archive and a pair of IDX files."""
    monkeypatch.chdir(tmp_path)
    x = np.arange(40, dtype=np.uint8).reshape(10, 2, 2)
    labels = np.arange(10, dtype=np.uint8) % 2
    np.savetxt(
        "t.csv", np.column_stack([x.reshape(10, 4), labels]), delimiter=",", fmt="%d", header="a,b,c,d,y", comments=""
    )
    np.savez("t.npz", x=x, y=labels)
    for name, array in (("x.idx", x), ("y.idx", labels)):
        head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
        Path(name).write_bytes(head + array.tobytes())


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("csv", {"path": "t.csv"}),
        ("csv", {"path": "t.csv", "target": ["a", "y"], "task": "regression"}),
        ("npz", {"path": "t.npz"}),
        ("idx", {"images": "x.idx", "labels": "y.idx"}),
    ],
)
def test_data_sets_from_files_pass(name, options):
    part = REGISTRY.get("dataset", name)
    assert issubclass(part, Dataset)
    assert [f for check in checks_of(part) for f in findings(check, PartUnderTest(part, options, REGISTRY))] == []


@pytest.mark.mnist
@pytest.mark.slow
def test_mnist_passes(mnist_dir, monkeypatch):
    monkeypatch.setenv("ZOO_DATA_DIR", str(mnist_dir))
    assert {r.state for r in check_part(REGISTRY.get("dataset", "mnist"), REGISTRY)} == {"passed"}
