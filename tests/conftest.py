"""What several test modules share: where the real MNIST files lie, if this machine has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zoo_core.data.folder import cache_folder

PARTS, KINDS = ("train", "t10k"), ("images-idx3", "labels-idx1")
MNIST_FILES = [f"{part}-{kind}-ubyte.gz" for part in PARTS for kind in KINDS]


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return a folder that holds mnist/ with its four files; without one skip, or fail where CI is "true"."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    own = os.environ.get("ZOO_DATA_DIR")
    places = [*([Path(own)] if own else []), cache_folder(), beside]
    for place in places:
        if all((place / "mnist" / name).is_file() for name in MNIST_FILES):
            return place
    reason = f"the MNIST files are in none of {', '.join(map(str, places))}; set ZOO_DATA_DIR"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
