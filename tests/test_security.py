"""The limits in SECURITY.md are those of the code, and predictions differ as little as the pages say."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.cli._options import MAX_SIZE_MIB
from zoo_core.data import _download as download, labels
from zoo_core.data.readers import _open as opening, _text as text, npy, png
from zoo_core.nn import _network as network
from zoo_core.spec import _text as spec_text
from zoo_core.storage import DEFAULT_LIMIT

PAGE = (Path(__file__).parent.parent / "SECURITY.md").read_text("utf-8")
LIMITS = {
    "at most {} MiB of file": MAX_SIZE_MIB,
    "may expand to {} MiB": opening.FREE_BYTES // 2**20,
    "beyond that to {} times its size": opening.MAX_RATIO,
    "{:,} arrays": npy.MAX_MEMBERS,
    "{} million pixels": png.MAX_PIXELS // 10**6,
    "{} MB when decoded": png.MAX_BYTES // 10**6,
    "{:,} empty rows": npy.MAX_EMPTY,
    "may be {} times as long as what was written of it": opening.MAX_RATIO,
    "was written of it, or {} MiB": opening.FREE_BYTES // 2**20,
    "{:,} characters in a line": text.MAX_LINE,
    "{:,} in a cell": csv.field_size_limit(),
    "{:,} classes": labels.MAX_CLASSES,
    "a spec | {} KiB": spec_text.MAX_BYTES // 1024,
    "KiB, {} levels": spec_text.MAX_DEPTH,
    "evaluate | {} MiB": network.INFERENCE_BYTES // 2**20,
    "{} KiB in any": download.CHUNK // 1024,
    "KiB in any {:.0f} seconds": download.PATIENCE,
}


@pytest.mark.parametrize("phrase", LIMITS)
def test_the_page_has_the_limits_of_the_code(phrase: str) -> None:
    assert phrase.format(LIMITS[phrase]) in PAGE.replace("\n", " ")


def test_the_command_line_and_python_have_one_limit_for_model_files() -> None:
    assert DEFAULT_LIMIT == MAX_SIZE_MIB * 2**20


def test_the_number_of_rows_in_a_call_changes_the_last_bits_alone() -> None:
    model = zoo_core.load("glyphs-quickstart")
    x = np.random.default_rng(0).integers(0, 256, (600, 784))
    whole = model.outputs(x)
    for rows in (1, 2, 7, 33, 512):
        parts = [model.outputs(x[at : at + rows]) for at in range(0, 20 * rows, rows) if at < len(x)]
        found = np.concatenate(parts)
        np.testing.assert_allclose(found, whole[: len(found)], rtol=0, atol=1e-5)
